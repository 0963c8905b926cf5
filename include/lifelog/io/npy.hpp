// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <sstream>
#include <type_traits>
#include <utility>
#include <vector>

#include "../core/xtensor.hpp"
#include "atomic_file.hpp"
#include "detail/half.hpp"
#include "detail/npy_header.hpp"

namespace lifelog::inline LIFELOG_ABI::io {

namespace detail {

/// Whether `from` survives as a T: everything becomes a floating-point number (rounded), an integer must be
/// exact.
template<class T, class From>
bool representable(From from) {
  if constexpr (std::is_floating_point_v<T> || std::is_same_v<T, From>) {
    return true;
  } else if constexpr (std::is_same_v<T, bool>) {
    return from == From{0} || from == From{1};
  } else if constexpr (std::is_floating_point_v<From>) {
    const auto low = static_cast<double>(std::numeric_limits<T>::min());
    const auto past = 2 * static_cast<double>(std::numeric_limits<T>::max() / 2 + 1);
    const auto value = static_cast<double>(from);
    return value >= low && value < past && value == std::trunc(value);
  } else if constexpr (std::is_same_v<From, bool>) {
    return true;
  } else {
    return std::in_range<T>(from);
  }
}

/// Calls `visit(offset)` with the element offset in the file of each element in C order.
template<class Visit>
void for_each_offset(const NpyHeader& header, std::size_t count, Visit visit) {
  if (!header.fortran || header.shape.size() < 2) {
    for (std::size_t i = 0; i < count; ++i) visit(i);
    return;
  }
  const auto rank = header.shape.size();
  std::vector<std::size_t> stride(rank, 1), at(rank, 0);
  for (std::size_t d = 1; d < rank; ++d) stride[d] = stride[d - 1] * header.shape[d - 1];
  std::size_t offset = 0;
  for (std::size_t i = 0; i < count; ++i) {
    visit(offset);
    for (std::size_t d = rank; d-- > 0;) {
      offset += stride[d];
      if (++at[d] < header.shape[d]) break;
      offset -= stride[d] * header.shape[d];
      at[d] = 0;
    }
  }
}

/// An element as bytes, turned round where the file's order is not the machine's.
template<class Stored>
Stored stored_npy(const char* data, bool turned) {
  Stored stored;
  std::memcpy(&stored, data, sizeof stored);
  if (turned) turn_elements(&stored, sizeof stored, sizeof stored);
  return stored;
}

/// read(stored): the element's value, which then becomes a T.
template<class Stored, class T, class Read>
void convert_npy(const std::string& path, const std::string& file, const NpyHeader& header, T* out,
                 std::size_t count, Read read) {
  const char* data = file.data() + header.data_offset;
  const bool turned = header.big_endian != big_endian_machine;
  if constexpr (std::is_same_v<Stored, T> && std::is_same_v<decltype(read(Stored{})), T>) {
    if (!header.fortran && (!turned || sizeof(T) == 1)) {
      if (count > 0) std::memcpy(out, data, count * sizeof(T));
      return;
    }
  }
  std::size_t index = 0;
  for_each_offset(header, count, [&](std::size_t offset) {
    const auto value = read(stored_npy<Stored>(data + offset * sizeof(Stored), turned));
    if (!representable<T>(value)) {
      std::ostringstream text;
      text.imbue(std::locale::classic());
      text << "element " << index << " is " << +value << ", which does not fit '" << npy_type<T>() << "'";
      throw format_error(path, text.str());
    }
    out[index++] = static_cast<T>(value);
  });
}

template<class T>
void read_npy_data(const std::string& path, const std::string& file, const NpyHeader& header, T* out,
                   std::size_t count) {
  const auto try_type = [&](auto from) {
    using From = decltype(from);
    using Stored = std::conditional_t<std::is_same_v<From, bool>, unsigned char, From>;
    if (header.type != npy_type<From>()) return false;
    convert_npy<Stored>(path, file, header, out, count, [](Stored x) { return static_cast<From>(x); });
    return true;
  };
  const auto try_types = [&](auto... from) { return (try_type(from) || ...); };
  if (header.type == "f2")
    convert_npy<std::uint16_t>(path, file, header, out, count,
                               [](std::uint16_t bits) { return half_to_float(Coding::f16, bits); });
  try_types(float{}, double{}, std::int64_t{}, std::int32_t{}, std::uint8_t{}, bool{}, std::int8_t{},
            std::int16_t{}, std::uint16_t{}, std::uint32_t{}, std::uint64_t{});
}

template<class T>
void write_npy(const std::filesystem::path& path, const std::vector<std::size_t>& shape, const T* data) {
  const std::string order = sizeof(T) == 1 ? "|" : "<";
  auto header = "{'descr': '" + order + npy_type<T>() +
                "', 'fortran_order': False, 'shape': " + shape_text(shape) + ", }";
  header.resize((10 + header.size() + 1 + 63) / 64 * 64 - 11, ' ');
  header += '\n';
  auto prefix = std::string("\x93NUMPY\x01\x00", 8);
  prefix += static_cast<char>(header.size() & 0xff);
  prefix += static_cast<char>(header.size() >> 8);
  std::size_t count = 1;
  for (const auto extent : shape) count *= extent;
  AtomicFile file(path);
  file.write(prefix.data(), prefix.size());
  file.write(header.data(), header.size());
  write_elements(data, count * sizeof(T), sizeof(T),
                 [&](const void* bytes, std::size_t size) { file.write(bytes, size); });
  file.commit();
}

}  // namespace detail

/// Writes an array as `.npy` (version 1.0, C order, little-endian), atomically. Throws io_error.
///
/// x: any xtensor expression (its shape is kept), or an Eigen vector (one dimension), matrix or expression
/// (two). Elements: bool, integers, float, double.
template<class X>
void save_npy(const std::filesystem::path& path, const X& x) {
  if constexpr (std::is_base_of_v<Eigen::EigenBase<X>, X>) {
    const RowMatrix<typename X::Scalar> rows = x;
    std::vector<std::size_t> shape{static_cast<std::size_t>(rows.rows()),
                                   static_cast<std::size_t>(rows.cols())};
    if constexpr (X::IsVectorAtCompileTime) shape = {static_cast<std::size_t>(rows.size())};
    detail::write_npy(path, shape, rows.data());
  } else {
    static_assert(xt::is_xexpression<X>::value,
                  "save_npy: expected an Eigen object or an xtensor expression");
    using T = std::remove_const_t<typename X::value_type>;
    const std::vector<std::size_t> shape(x.shape().begin(), x.shape().end());
    if constexpr (requires {
                    x.data();
                    x.data_offset();
                  } &&
                  X::static_layout == xt::layout_type::row_major) {
      detail::write_npy(path, shape, x.data() + x.data_offset());
    } else {
      const xt::xarray<T, xt::layout_type::row_major> values = x;
      detail::write_npy(path, shape, values.data());
    }
  }
}

/// Reads a `.npy` file (versions 1 to 3, C or Fortran order, either byte order; bool, integers, float16, float32,
/// float64) into a row-major array of any number of dimensions.
///
/// Elements are converted to T. To floating point everything converts, rounding to nearest; to integers and
/// bool only what is exact. Throws io_error for an unreadable file, and format_error naming the file for
/// anything that is not such a file to the byte, or the first element that T cannot hold.
template<class T>
xt::xarray<T> load_npy(const std::filesystem::path& path) {
  const auto file = read_file(path);
  const auto header = detail::read_npy_header(path.string(), file);
  auto result = xt::xarray<T>::from_shape(header.shape);
  detail::read_npy_data(path.string(), file, header, result.data(), result.size());
  return result;
}

/// The same for an array that must have exactly N dimensions (format_error otherwise).
template<class T, std::size_t N>
xt::xtensor<T, N> load_npy(const std::filesystem::path& path) {
  const auto file = read_file(path);
  const auto header = detail::read_npy_header(path.string(), file);
  if (header.shape.size() != N)
    throw format_error(path.string(), "expected an array of " + std::to_string(N) +
                                          " dimensions, got shape " + detail::shape_text(header.shape));
  std::array<std::size_t, N> shape{};
  std::copy_n(header.shape.begin(), N, shape.begin());
  auto result = xt::xtensor<T, N>::from_shape(shape);
  detail::read_npy_data(path.string(), file, header, result.data(), result.size());
  return result;
}

}  // namespace lifelog::io
