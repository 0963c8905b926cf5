// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../core/finite.hpp"
#include "../io/safetensors.hpp"
#include "dataset.hpp"

namespace lifelog::inline LIFELOG_ABI::data {

namespace detail {

LIFELOG_LAZY std::string join(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) text.append(i > 0 ? "," : "").append(names[i]);
  return text;
}

/// The names of a comma list; an empty text has none.
LIFELOG_LAZY std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> names;
  if (text.empty()) return names;
  for (;;) {
    const auto comma = text.find(',');
    names.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return names;
    text.remove_prefix(comma + 1);
  }
}

/// A data set is checked by one set of rules, whether it comes from a file or goes into one.
/// `fail(tensor, reason)` must throw.
template<class Fail>
class DataSetCheck {
 public:
  DataSetCheck(const data::DataSet& data, Fail fail) : data_(data), fail_(fail) {}

  void run() const {
    check_names();
    check_labels();
    if (data_.present.size() > 0) check_present();
    for (std::size_t m = 0; m < data_.modalities.size(); ++m) check_modality(m);
  }

 private:
  void check_names() const {
    std::set<std::string> names{"label", "timestamp", "present", "__metadata__"};
    if (data_.modalities.empty()) fail_("modalities", "expected at least one modality, got none");
    for (const auto& modality : data_.modalities)
      if (modality.name.empty() || modality.name.find(',') != std::string::npos ||
          !names.insert(modality.name).second)
        fail_("modalities", "expected distinct names without commas, not label, timestamp or present; got '" +
                                lifelog::detail::shown(modality.name) + "'");
    std::set<std::string> classes;
    for (const auto& name : data_.classes)
      if (name.find(',') != std::string::npos || !classes.insert(name).second)
        fail_("classes",
              "expected distinct names without commas, got '" + lifelog::detail::shown(name) + "'");
    if (data_.classes.size() == 1 && data_.classes[0].empty()) fail_("classes", "expected a name, got ''");
  }

  void check_labels() const {
    const auto classes = static_cast<std::int64_t>(data_.classes.size());
    for (std::size_t i = 0; i < data_.label.size(); ++i)
      if (data_.label(i) < 0 || data_.label(i) >= classes)
        fail_("label", "row " + std::to_string(i) + ": expected 0 to " + std::to_string(classes - 1) + " (" +
                           std::to_string(classes) + " classes), got " + std::to_string(data_.label(i)));
    if (data_.timestamp.size() != data_.label.size())
      fail_("timestamp", "expected " + std::to_string(data_.label.size()) + " rows as label has, got " +
                             std::to_string(data_.timestamp.size()));
  }

  void check_present() const {
    const std::vector<std::size_t> expected{data_.label.size(), data_.modalities.size()};
    const std::vector<std::size_t> shape(data_.present.shape().begin(), data_.present.shape().end());
    if (shape != expected)
      fail_("present",
            "expected shape " + io::detail::shape_text(expected) + ", got " + io::detail::shape_text(shape));
    for (std::size_t i = 0; i < data_.present.size(); ++i)
      if (data_.present.data()[i] > 1)
        fail_("present", "row " + std::to_string(i / expected[1]) + ": expected 0 or 1, got " +
                             std::to_string(data_.present.data()[i]));
  }

  void check_modality(std::size_t m) const {
    const auto& [name, values, scalar] = data_.modalities[m];
    if (values.shape(0) != data_.label.size())
      fail_(name, "expected " + std::to_string(data_.label.size()) + " rows as label has, got " +
                      std::to_string(values.shape(0)));
    const auto row_size = values.shape(1) * values.shape(2);
    if (row_size == 0 || (scalar && row_size != 1))
      fail_(name, "expected " + std::string(scalar ? "one value" : "channels and length of at least 1") +
                      ", got (" + std::to_string(values.shape(1)) + ", " + std::to_string(values.shape(2)) +
                      ") a row");
    for (std::size_t i = 0; i < values.shape(0); ++i) {
      if (data_.present.size() > 0 && data_.present(i, m) == 0) continue;
      const float* row = values.data() + i * row_size;
      if (!lifelog::detail::all_finite(row, static_cast<Index>(row_size)))
        fail_(name, "row " + std::to_string(i) +
                        ": expected finite values where the modality is present, got NaN or "
                        "infinity");
    }
  }

  const data::DataSet& data_;
  Fail fail_;
};

template<class T, std::size_t N>
xt::xtensor<T, N> copy_tensor(const io::Tensors& file, const std::string& name) {
  return xt::xtensor<T, N>(file.view<T, N>(name));
}

LIFELOG_LAZY data::ModalityValues read_modality(const io::Tensors& file, const std::string& name) {
  const auto values = file.get<float>(name);
  const auto& shape = file.at(name).shape;
  if (shape.size() != 1 && shape.size() != 3)
    throw format_error(file.where(name), "expected shape [N, channels, length] or [N], got " +
                                             lifelog::detail::shown(io::detail::shape_text(shape)));
  const bool scalar = shape.size() == 1;
  const std::array<std::size_t, 3> extents{shape[0], scalar ? 1 : shape[1], scalar ? 1 : shape[2]};
  data::ModalityValues result{name, xt::xtensor<float, 3>::from_shape(extents), scalar};
  std::copy(values.begin(), values.end(), result.values.data());
  return result;
}

LIFELOG_LAZY void expect_metadata(const io::Tensors& file, const std::string& key,
                                  const std::string& expected) {
  if (const auto& got = file.metadata(key); got != expected)
    throw format_error(file.source(), "metadata '" + key + "': expected '" + expected + "', got '" +
                                          lifelog::detail::shown(got) + "'");
}

}  // namespace detail

/// Writes a data set as a safetensors file, atomically: per modality a tensor F32 [N, channels, length]
/// (series) or [N] (scalar), `label` and `timestamp` I64 [N], `present` U8 [N, M] unless empty; metadata
/// `format` = `lifelog-dataset`, `version` = `1`, `user`, `modalities`, `classes` (comma lists). about: more metadata, say
/// the rules by which it was made; none of these names.
///
/// Throws io_error; std::invalid_argument for a data set that load_dataset would not take, naming tensor and
/// row.
LIFELOG_LAZY void save_dataset(const std::filesystem::path& path, const data::DataSet& data,
                               const std::map<std::string, std::string>& about = {}) {
  detail::DataSetCheck(data, [](const std::string& tensor, const std::string& reason) {
    lifelog::detail::bad_argument("data: ", tensor, ": ", reason);
  }).run();
  io::Tensors file;
  std::vector<std::string> names;
  const auto add = [&file](const std::string& name, const auto& values, const io::Tensors::Shape& shape) {
    using T = typename std::decay_t<decltype(values)>::value_type;
    file.add_view(name, shape, std::span<const T>(values.data(), values.size()));
  };
  for (const auto& [name, values, scalar] : data.modalities) {
    names.push_back(name);
    add(name, values,
        scalar ? io::Tensors::Shape{values.shape(0)}
               : io::Tensors::Shape(values.shape().begin(), values.shape().end()));
  }
  add("label", data.label, {data.label.size()});
  add("timestamp", data.timestamp, {data.timestamp.size()});
  if (data.present.size() > 0) add("present", data.present, {data.label.size(), data.modalities.size()});
  file.metadata() = {{"format", "lifelog-dataset"},
                     {"version", "1"},
                     {"user", data.user},
                     {"modalities", detail::join(names)},
                     {"classes", detail::join(data.classes)}};
  for (const auto& [key, text] : about)
    lifelog::detail::require(file.metadata().emplace(key, text).second, "about: expected other names than '",
                             key, "'");
  file.save(path);
}

/// Reads what save_dataset writes. Throws io_error; format_error, naming the tensor and where there is one
/// the row, for another format or version, a missing, mistyped, misshaped or unknown tensor, numbers of rows
/// that differ, a label that is no class, or a value that is not finite although its modality is present.
LIFELOG_LAZY data::DataSet load_dataset(const std::filesystem::path& path) {
  const auto file = io::Tensors::load(path);
  detail::expect_metadata(file, "format", "lifelog-dataset");
  detail::expect_metadata(file, "version", "1");
  data::DataSet data;
  data.user = file.metadata("user");
  data.classes = detail::split_list(file.metadata("classes"));
  const auto names = detail::split_list(file.metadata("modalities"));

  std::set<std::string> known(names.begin(), names.end());
  known.insert({"label", "timestamp", "present"});
  for (const auto& tensor : file.tensors())
    if (!known.contains(tensor.name))
      throw format_error(file.where(tensor.name), "unknown tensor; expected " +
                                                      lifelog::detail::shown(detail::join(names)) +
                                                      ", label, timestamp or present");
  for (const auto& name : names) data.modalities.push_back(detail::read_modality(file, name));
  data.label = detail::copy_tensor<std::int64_t, 1>(file, "label");
  data.timestamp = detail::copy_tensor<std::int64_t, 1>(file, "timestamp");
  if (file.contains("present")) data.present = detail::copy_tensor<std::uint8_t, 2>(file, "present");
  detail::DataSetCheck(data, [&file](const std::string& tensor, const std::string& reason) {
    throw format_error(file.where(tensor), reason);
  }).run();
  return data;
}

}  // namespace lifelog::data
