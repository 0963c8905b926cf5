// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "../core/error.hpp"
#include "../core/parallel.hpp"
#include "dataset.hpp"

namespace lifelog::inline LIFELOG_ABI::data {

/// Mean and standard deviation of each channel of each modality: all that has to be saved to treat later data
/// alike.
struct Standardization {
  struct Scale {
    std::string modality;
    std::vector<double> mean;       ///< [channels]
    std::vector<double> deviation;  ///< [channels], never 0
  };

  std::vector<Scale> scales;  ///< in the data set's order
};

namespace detail {

LIFELOG_LAZY bool is_present(const DataSet& data, Index row, std::size_t modality) {
  return data.present.size() == 0 || data.present(static_cast<std::size_t>(row), modality) != 0;
}

/// Mean and deviation of one channel over the given rows in which the modality is present; two passes in
/// double.
LIFELOG_LAZY std::pair<double, double> channel_moments(const DataSet& data, std::span<const Index> rows,
                                                       std::size_t modality, std::size_t channel) {
  const auto& values = data.modalities[modality].values;
  const auto length = values.shape(2), stride = values.shape(1) * length;
  const auto sum_over = [&](auto term) {
    double total = 0;
    for (const auto row : rows) {
      if (!is_present(data, row, modality)) continue;
      const float* x = values.data() + static_cast<std::size_t>(row) * stride + channel * length;
      double of_row = 0;
      for (std::size_t t = 0; t < length; ++t) of_row += term(static_cast<double>(x[t]));
      total += of_row;
    }
    return total;
  };
  double low = std::numeric_limits<double>::infinity(), high = -low, count = 0;
  const double sum = sum_over([&](double x) {
    low = std::min(low, x);
    high = std::max(high, x);
    ++count;
    return x;
  });
  if (count == 0) return {0, 1};
  // Of equal values the rounded mean need not be that value, nor the deviation 0.
  if (low == high) return {low, 1};
  const double mean = sum / count;
  const double variance = sum_over([mean](double x) { return (x - mean) * (x - mean); }) / count;
  return {mean, std::sqrt(variance)};
}

/// (modality, channel) of every channel of a data set.
LIFELOG_LAZY std::vector<std::pair<std::size_t, std::size_t>> all_channels(const DataSet& data) {
  std::vector<std::pair<std::size_t, std::size_t>> channels;
  for (std::size_t m = 0; m < data.modalities.size(); ++m)
    for (std::size_t c = 0; c < data.modalities[m].values.shape(1); ++c) channels.emplace_back(m, c);
  return channels;
}

}  // namespace detail

/// Fits mean and (population) standard deviation per modality and channel over all samples of the given rows;
/// minutes in which a modality is not present do not count for it.
///
/// rows: item numbers, typically Split::train. A constant channel gets deviation 1, so that it becomes 0; a
/// channel without a value gets mean 0 and deviation 1. threads: 0 for all; the result does not depend on it.
/// Throws std::invalid_argument for a row out of range.
LIFELOG_LAZY Standardization fit_standardization(const DataSet& data, std::span<const Index> rows,
                                                 int threads = 0) {
  for (const auto row : rows)
    lifelog::detail::require(row >= 0 && row < data.size(), "rows: expected items below ", data.size(),
                             ", got ", row);
  Standardization result;
  for (const auto& modality : data.modalities) {
    const auto channels = modality.values.shape(1);
    result.scales.push_back({modality.name, std::vector<double>(channels), std::vector<double>(channels)});
  }
  const auto channels = detail::all_channels(data);
  parallel_for(static_cast<Index>(channels.size()), threads, [&](Index piece) {
    const auto [m, c] = channels[static_cast<std::size_t>(piece)];
    std::tie(result.scales[m].mean[c], result.scales[m].deviation[c]) =
        detail::channel_moments(data, rows, m, c);
  });
  return result;
}

/// Replaces every value by (value − mean) / deviation, in place; modalities that are not present in a minute
/// stay as they are. Throws std::invalid_argument when modalities or their channels differ from those fitted.
LIFELOG_LAZY void standardize(DataSet& data, const Standardization& fitted, int threads = 0) {
  lifelog::detail::require(fitted.scales.size() == data.modalities.size(), "fitted: expected ",
                           data.modalities.size(), " modalities, got ", fitted.scales.size());
  for (std::size_t m = 0; m < data.modalities.size(); ++m) {
    const auto& modality = data.modalities[m];
    const auto& scale = fitted.scales[m];
    const auto channels = modality.values.shape(1);
    lifelog::detail::require(scale.modality == modality.name && scale.mean.size() == channels &&
                                 scale.deviation.size() == channels,
                             "fitted: expected ", modality.name, " of ", channels, " channels, got ",
                             scale.modality, " of ", scale.mean.size());
  }
  const auto channels = detail::all_channels(data);
  parallel_for(static_cast<Index>(channels.size()), threads, [&](Index piece) {
    const auto [m, c] = channels[static_cast<std::size_t>(piece)];
    auto& values = data.modalities[m].values;
    const double mean = fitted.scales[m].mean[c], deviation = fitted.scales[m].deviation[c];
    const auto length = values.shape(2), stride = values.shape(1) * length;
    for (Index row = 0; row < data.size(); ++row) {
      if (!detail::is_present(data, row, m)) continue;
      float* x = values.data() + static_cast<std::size_t>(row) * stride + c * length;
      for (std::size_t t = 0; t < length; ++t)
        x[t] = static_cast<float>((static_cast<double>(x[t]) - mean) / deviation);
    }
  });
}

}  // namespace lifelog::data
