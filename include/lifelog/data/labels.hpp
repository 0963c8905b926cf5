// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "../core/error.hpp"
#include "../core/xtensor.hpp"

namespace lifelog::inline LIFELOG_ABI::data {

namespace detail {

LIFELOG_LAZY std::optional<std::int64_t> whole_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace detail

/// The order of classes: integers by value, before other texts in byte order.
inline bool label_less(const std::string& a, const std::string& b) {
  const auto key = [](const std::string& label) {
    const auto integer = detail::whole_integer(label);
    return std::tuple<bool, std::int64_t, const std::string&>(!integer, integer.value_or(0), label);
  };
  return key(a) < key(b);
}

/// Numbers labels 0…C−1 in the order of `label_less`: the study's encoding, per user, of the values present.
///
///     auto encoder = lifelog::data::LabelEncoder::fit(labels);   // {"2", "10", "2"}
///     encoder.classes();                                         // {"2", "10"}
///     encoder.encode("10");                                      // 1
class LabelEncoder {
 public:
  LabelEncoder() = default;

  /// labels: values in any order and number; repeats are one class.
  static LabelEncoder fit(std::span<const std::string> labels) {
    LabelEncoder encoder;
    encoder.classes_.assign(labels.begin(), labels.end());
    std::sort(encoder.classes_.begin(), encoder.classes_.end(), label_less);
    encoder.classes_.erase(std::unique(encoder.classes_.begin(), encoder.classes_.end()),
                           encoder.classes_.end());
    return encoder;
  }

  /// [C], what 0…C−1 stand for.
  const std::vector<std::string>& classes() const { return classes_; }

  /// The class of a label; nothing when it was not among the fitted ones.
  std::optional<Index> find(const std::string& label) const {
    const auto at = std::lower_bound(classes_.begin(), classes_.end(), label, label_less);
    if (at == classes_.end() || *at != label) return std::nullopt;
    return at - classes_.begin();
  }

  /// As find, but an unknown label is a std::invalid_argument.
  Index encode(const std::string& label) const {
    const auto found = find(label);
    lifelog::detail::require(found.has_value(), "label: expected one of the ", classes_.size(),
                             " fitted classes, got '", label, "'");
    return *found;
  }

  /// The label of a class in [0, C).
  const std::string& decode(Index index) const {
    lifelog::detail::require(index >= 0 && index < static_cast<Index>(classes_.size()),
                             "index: expected a class below ", classes_.size(), ", got ", index);
    return classes_[static_cast<std::size_t>(index)];
  }

 private:
  std::vector<std::string> classes_;
};

struct EncodedLabels {
  xt::xtensor<std::int64_t, 1> label;  ///< [N], 0…C−1
  std::vector<std::string> classes;    ///< [C]
};

/// Fits a LabelEncoder on all labels and encodes them. classes: labels that are classes whether or not they
/// occur.
LIFELOG_LAZY EncodedLabels encode_labels(std::span<const std::string> labels,
                                         std::vector<std::string> classes = {}) {
  classes.insert(classes.end(), labels.begin(), labels.end());
  const auto encoder = LabelEncoder::fit(classes);
  auto result = EncodedLabels{xt::xtensor<std::int64_t, 1>::from_shape({labels.size()}), encoder.classes()};
  for (std::size_t i = 0; i < labels.size(); ++i) result.label(i) = encoder.encode(labels[i]);
  return result;
}

}  // namespace lifelog::data
