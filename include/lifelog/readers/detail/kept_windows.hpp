// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "../../data/dataset.hpp"
#include "../../data/labels.hpp"

namespace lifelog::inline LIFELOG_ABI::readers::detail {

/// Windows that were kept, one after the other, on their way into a data set.
struct KeptWindows {
  std::vector<std::int64_t> start;  ///< unix seconds
  std::vector<std::string> label;
  std::vector<std::uint8_t> present;       ///< [windows, sensors]
  std::vector<std::vector<float>> values;  ///< a sensor's: [windows, channels, samples]

  /// Appends a sensor to the data set and forgets its values.
  void give(std::size_t sensor, const std::string& name, Index channels, Index samples, bool scalar,
            data::DataSet& out) {
    const std::array<std::size_t, 3> shape{start.size(), static_cast<std::size_t>(channels),
                                           static_cast<std::size_t>(samples)};
    xt::xtensor<float, 3> tensor(shape);
    std::copy(values[sensor].begin(), values[sensor].end(), tensor.data());
    values[sensor] = {};
    out.modalities.push_back({name, std::move(tensor), scalar});
  }

  /// Gives all the rest.
  void give_labels(data::DataSet& out) const {
    out.timestamp = xt::xtensor<std::int64_t, 1>::from_shape({start.size()});
    std::copy(start.begin(), start.end(), out.timestamp.begin());
    if (std::find(present.begin(), present.end(), 0) != present.end()) {
      out.present = xt::xtensor<std::uint8_t, 2>(std::array<std::size_t, 2>{start.size(), values.size()});
      std::copy(present.begin(), present.end(), out.present.data());
    }
    auto encoded = data::encode_labels(label);
    out.label = std::move(encoded.label);
    out.classes = std::move(encoded.classes);
  }
};

}  // namespace lifelog::readers::detail
