// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../core/xtensor.hpp"

namespace lifelog::inline LIFELOG_ABI::data {

/// One sensor over all minutes of a data set.
struct ModalityValues {
  std::string name;
  /// [N, channels, length], row-major, in the sensor's unit; a scalar modality is [N, 1, 1].
  xt::xtensor<float, 3> values;
  /// One number a minute, not a series: no time axis, whatever the length of other modalities.
  bool scalar = false;
};

/// The labelled minutes of one person: N bags of M instances.
struct DataSet {
  std::string user;
  std::vector<ModalityValues> modalities;
  /// [N], 0…C−1.
  xt::xtensor<std::int64_t, 1> label;
  /// [N], unix seconds of each minute's start.
  xt::xtensor<std::int64_t, 1> timestamp;
  /// What 0…C−1 stand for.
  std::vector<std::string> classes;
  /// [N, M], 1 = that modality was recorded; empty when all of them were.
  xt::xtensor<std::uint8_t, 2> present;

  Index size() const { return static_cast<Index>(label.size()); }
};

}  // namespace lifelog::data
