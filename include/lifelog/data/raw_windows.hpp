// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <vector>

#include "../core/matrix.hpp"
#include "dataset.hpp"

namespace lifelog::inline LIFELOG_ABI::data {

/// The windows of some minutes as points, all modalities one after another: [rows, values of a minute], modality by
/// modality as in the data set, each [channels, length] row-major, in the sensors' units. Values beyond ±1e9, which no
/// sensor reports, are cut off there: their squares still add up in float.
///
/// rows: numbers of minutes, each below data.size(); else std::invalid_argument.
LIFELOG_LAZY RowMatrix<float> raw_windows(const DataSet& data, const std::vector<Index>& rows) {
  for (const Index row : rows)
    lifelog::detail::require(row >= 0 && row < data.size(), "rows: expected minutes below ", data.size(),
                             ", got ", row);
  Index width = 0;
  for (const auto& modality : data.modalities)
    width += static_cast<Index>(modality.values.shape(1) * modality.values.shape(2));
  RowMatrix<float> windows(static_cast<Index>(rows.size()), width);
  for (Index i = 0; i < windows.rows(); ++i) {
    float* out = windows.row(i).data();
    for (const auto& modality : data.modalities) {
      const auto size = modality.values.shape(1) * modality.values.shape(2);
      const auto row = static_cast<std::size_t>(rows[static_cast<std::size_t>(i)]);
      out = std::transform(modality.values.data() + row * size, modality.values.data() + (row + 1) * size,
                           out, [](float value) { return std::clamp(value, -1e9f, 1e9f); });
    }
  }
  return windows;
}

}  // namespace lifelog::data
