// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "../core/xtensor.hpp"
#include "atomic_file.hpp"
#include "detail/safetensors_header.hpp"

namespace lifelog::inline LIFELOG_ABI::io {

/// Named tensors and string metadata in order: the content of a safetensors file
/// (https://github.com/huggingface/safetensors, format section of its README). Elements: F32, F64, I64, I32,
/// U8; F16 and BF16 are read as F32, which holds all of their numbers, and not written.
///
///     lifelog::io::Tensors tensors;
///     tensors.add("weight", xt::xtensor<float, 2>{{1, 2}, {3, 4}});
///     tensors.metadata()["format"] = "pt";
///     tensors.save("model.safetensors");
///     auto loaded = lifelog::io::Tensors::load("model.safetensors");
///     auto weight = loaded.view<float, 2>("weight");  // no copy; lives as long as `loaded`
///
/// Copies share the bytes, which never change.
class Tensors {
 public:
  using Shape = std::vector<std::size_t>;

  struct Tensor {
    std::string name;
    DType dtype;
    Shape shape;
    std::span<const std::byte> bytes;  ///< row-major, in the machine's byte order, aligned for its type
  };

  /// Reads a file at once. Throws io_error when it cannot be read; format_error, naming the tensor where one
  /// is to blame, for a broken header, a name twice, an element type not listed above, or bytes that do not
  /// match the shape, overlap, leave holes or run past the end.
  LIFELOG_LAZY static Tensors load(const std::filesystem::path& path);

  /// The same of a file's content; source: what errors call it.
  LIFELOG_LAZY static Tensors parse(std::string content, const std::string& source);

  /// Writes atomically; equal content gives equal bytes. Larger elements come first in the data, so that each
  /// tensor is aligned for its type; the header keeps our order. Throws io_error.
  LIFELOG_LAZY void save(const std::filesystem::path& path) const;

  /// Appends a copy of `values`, row-major in `shape`. A name twice or a wrong number of values:
  /// std::invalid_argument.
  template<class T>
  void add(const std::string& name, const Shape& shape, std::span<const T> values) {
    auto copy = std::make_shared<const std::vector<T>>(values.begin(), values.end());
    append(name, shape, std::span<const T>(*copy), copy);
  }

  /// Appends `values` without a copy; the caller keeps them alive and unchanged as long as this object.
  template<class T>
  void add_view(const std::string& name, const Shape& shape, std::span<const T> values) {
    append(name, shape, values, nullptr);
  }

  /// Appends a copy of an xtensor expression, an Eigen vector (one dimension), or an Eigen matrix (two).
  template<class X>
  void add(const std::string& name, const X& x);

  /// In header order.
  const std::vector<Tensor>& tensors() const { return tensors_; }
  bool contains(const std::string& name) const { return index_.count(name) > 0; }

  /// Throws format_error naming file and tensor when there is none of that name.
  const Tensor& at(const std::string& name) const {
    const auto found = index_.find(name);
    if (found == index_.end())
      throw format_error(source_, "no tensor '" + lifelog::detail::shown(name) + "'");
    return tensors_[found->second];
  }

  /// The elements of a tensor in row-major order, without a copy; they live as long as this object or a copy
  /// of it. Throws format_error when the tensor is missing or of another type.
  template<class T>
  std::span<const T> get(const std::string& name) const {
    const auto& tensor = at(name);
    if (tensor.dtype != dtype_of<T>())
      throw format_error(where(name), std::string("expected elements of type ") + dtype_name(dtype_of<T>()) +
                                          ", got " + dtype_name(tensor.dtype));
    return {reinterpret_cast<const T*>(tensor.bytes.data()), tensor.bytes.size() / sizeof(T)};
  }

  /// The same for a tensor that must have this shape; format_error naming both shapes otherwise.
  template<class T>
  std::span<const T> get(const std::string& name, const Shape& expected) const {
    const auto values = get<T>(name);
    if (const auto& shape = at(name).shape; shape != expected)
      throw format_error(where(name), "expected shape " + detail::shape_text(expected) + ", got " +
                                          lifelog::detail::shown(detail::shape_text(shape)));
    return values;
  }

  /// The tensor as a read-only xtensor expression on our memory. Throws as get, and for another number of
  /// dimensions.
  template<class T, std::size_t N>
  auto view(const std::string& name) const {
    const auto values = get<T>(name);
    const auto& stored = at(name).shape;
    if (stored.size() != N)
      throw format_error(where(name), "expected " + std::to_string(N) + " dimensions, got shape " +
                                          lifelog::detail::shown(detail::shape_text(stored)));
    std::array<std::size_t, N> shape{};
    std::copy_n(stored.begin(), N, shape.begin());
    return xt::adapt(values.data(), values.size(), xt::no_ownership(), shape);
  }

  std::map<std::string, std::string>& metadata() { return metadata_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

  /// One metadata value; format_error when the file lacks it.
  const std::string& metadata(const std::string& key) const {
    const auto found = metadata_.find(key);
    if (found == metadata_.end())
      throw format_error(source_, "no metadata '" + lifelog::detail::shown(key) + "'");
    return found->second;
  }

  /// What errors call this object: the path it was loaded from.
  const std::string& source() const { return source_; }

  /// "file: tensor", for errors about a tensor's content.
  std::string where(const std::string& name) const { return detail::tensor_place(source_, name); }

 private:
  template<class T>
  void append(const std::string& name, const Shape& shape, std::span<const T> values,
              std::shared_ptr<const void> owner) {
    lifelog::detail::require(!contains(name) && name != "__metadata__", "name: expected a new one, got '",
                             name, "'");
    const auto bytes = detail::checked_bytes(name, shape, sizeof(T));
    lifelog::detail::require(bytes == values.size_bytes(), "values: expected ", bytes / sizeof(T),
                             " for shape ", detail::shape_text(shape), " of '", name, "', got ",
                             values.size());
    push({name, dtype_of<T>(), shape, std::as_bytes(values)}, std::move(owner));
  }

  void push(Tensor tensor, std::shared_ptr<const void> owner) {
    index_.emplace(tensor.name, tensors_.size());
    tensors_.push_back(std::move(tensor));
    if (owner) owners_.push_back(std::move(owner));
  }

  std::string source_ = "tensors";
  std::vector<Tensor> tensors_;
  std::map<std::string, std::size_t> index_;
  std::map<std::string, std::string> metadata_;
  std::vector<std::shared_ptr<const void>> owners_;
};

template<class X>
void Tensors::add(const std::string& name, const X& x) {
  if constexpr (std::is_base_of_v<Eigen::EigenBase<X>, X>) {
    const RowMatrix<typename X::Scalar> rows = x;
    Shape shape{static_cast<std::size_t>(rows.rows()), static_cast<std::size_t>(rows.cols())};
    if constexpr (X::IsVectorAtCompileTime) shape = {static_cast<std::size_t>(rows.size())};
    add(name, shape, std::span<const typename X::Scalar>(rows.data(), static_cast<std::size_t>(rows.size())));
  } else {
    static_assert(xt::is_xexpression<X>::value,
                  "Tensors::add: expected an Eigen object or an xtensor expression");
    using T = std::remove_const_t<typename X::value_type>;
    const xt::xarray<T, xt::layout_type::row_major> values = x;
    add(name, Shape(values.shape().begin(), values.shape().end()),
        std::span<const T>(values.data(), values.size()));
  }
}

namespace detail {

LIFELOG_LAZY std::shared_ptr<const std::vector<float>> halves_to_floats(Coding coding, const char* data,
                                                                        std::size_t count) {
  auto floats = std::make_shared<std::vector<float>>(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint16_t bits;
    std::memcpy(&bits, data + 2 * i, 2);
    if constexpr (big_endian_machine) turn_elements(&bits, 2, 2);
    (*floats)[i] = half_to_float(coding, bits);
  }
  return floats;
}

}  // namespace detail

template<class Lazy>
Tensors Tensors::load(const std::filesystem::path& path) {
  return parse(read_file(path), path.string());
}

template<class Lazy>
Tensors Tensors::parse(std::string content, const std::string& source) {
  const auto file = std::make_shared<const std::string>(std::move(content));
  auto header = detail::parse_safetensors(source, *file);
  Tensors result;
  result.source_ = source;
  result.metadata_ = std::move(header.metadata);
  result.owners_.push_back(file);
  result.tensors_.reserve(header.entries.size());
  for (auto& entry : header.entries) {
    const auto size = entry.end - entry.begin;
    const auto* const stored = file->data() + header.data_offset + entry.begin;
    std::span<const std::byte> bytes{reinterpret_cast<const std::byte*>(stored), size};
    std::shared_ptr<const void> owner;
    if (entry.coding != detail::Coding::plain) {
      const auto floats = detail::halves_to_floats(entry.coding, stored, size / 2);
      bytes = std::as_bytes(std::span(*floats));
      owner = floats;
    } else if (detail::big_endian_machine ||
               reinterpret_cast<std::uintptr_t>(stored) % dtype_bytes(entry.dtype) != 0) {
      // Foreign writers need not align; only then, or where bytes must be turned round, a tensor is copied.
      auto aligned = std::make_shared<std::vector<std::uint64_t>>(size / 8 + 1);
      std::memcpy(aligned->data(), stored, size);
      if constexpr (detail::big_endian_machine)
        detail::turn_elements(aligned->data(), size, dtype_bytes(entry.dtype));
      bytes = std::as_bytes(std::span(*aligned)).first(size);
      owner = std::move(aligned);
    }
    result.push({std::move(entry.name), entry.dtype, std::move(entry.shape), bytes}, std::move(owner));
  }
  return result;
}

template<class Lazy>
void Tensors::save(const std::filesystem::path& path) const {
  std::vector<const Tensor*> order;
  for (const auto& tensor : tensors_) order.push_back(&tensor);
  std::stable_sort(order.begin(), order.end(), [](const Tensor* a, const Tensor* b) {
    return dtype_bytes(a->dtype) > dtype_bytes(b->dtype);
  });
  std::map<const Tensor*, std::size_t> begin;
  std::size_t end = 0;
  for (const auto* tensor : order) begin[tensor] = std::exchange(end, end + tensor->bytes.size());

  std::vector<detail::SafetensorsEntry> entries;
  for (const auto& tensor : tensors_)
    entries.push_back(
        {tensor.name, tensor.dtype, tensor.shape, begin[&tensor], begin[&tensor] + tensor.bytes.size()});
  const auto header = detail::format_safetensors(entries, metadata_);

  AtomicFile file(path);
  file.write(header.data(), header.size());
  for (const auto* tensor : order)
    detail::write_elements(tensor->bytes.data(), tensor->bytes.size(), dtype_bytes(tensor->dtype),
                           [&](const void* bytes, std::size_t size) { file.write(bytes, size); });
  file.commit();
}

}  // namespace lifelog::io
