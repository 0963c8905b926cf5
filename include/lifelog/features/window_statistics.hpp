// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "../core/parallel.hpp"
#include "windows.hpp"

namespace lifelog::inline LIFELOG_ABI::features {

/// | name | type | description | default |
/// |---|---|---|---|
/// | name | string | what the names of the features begin with | none |
/// | rate | double | samples a second, > 0: slopes are a second | 1 |
/// | threads | int | 0: all; results do not depend on it | 0 |
struct StatisticsOptions {
  std::string name{};
  double rate = 1;
  int threads = 0;
};

/// What is told of each channel, in this order; of windows of one sample the first two only.
///
/// finite: share of samples that are finite; all others are of these. deviation, skewness and kurtosis (in excess of 3) are
/// those of the population; of constant samples 0. Quantiles are linear between order statistics. slope: of the straight
/// line of least squares, a second. difference: mean size of the step between neighbouring samples; crossings: share of
/// these steps that cross the mean; both 0 without neighbours.
inline constexpr std::array<const char*, 15> statistic_names{
    "mean",        "finite",   "deviation",   "minimum",     "quantile_05",
    "quantile_25", "median",   "quantile_75", "quantile_95", "maximum",
    "skewness",    "kurtosis", "slope",       "difference",  "crossings"};

namespace detail {

/// Values at shares 0.05, 0.25, 0.5, 0.75, 0.95 of the way from the least to the greatest. values: reordered.
template<class T>
void window_quantiles(std::vector<T>& values, double* out) {
  constexpr std::array<double, 5> shares{0.05, 0.25, 0.5, 0.75, 0.95};
  auto from = values.begin();
  for (const double share : shares) {
    const double place = share * static_cast<double>(values.size() - 1);
    const auto below = values.begin() + static_cast<std::ptrdiff_t>(place);
    std::nth_element(from, below, values.end());
    const double rest = place - std::floor(place);
    const auto low = static_cast<double>(*below);
    const double high = rest > 0 ? static_cast<double>(*std::min_element(below + 1, values.end())) : low;
    *out++ = low + rest * (high - low);
    from = below;
  }
}

/// Moments, slope and steps of finite samples about their mean, in units of the largest distance from it, so that no square
/// overflows.
LIFELOG_LAZY struct WindowMoments {
  double deviation = 0, skewness = 0, kurtosis = 0, slope = 0, difference = 0, crossings = 0;

  template<class T>
  WindowMoments(const T* x, Index length, double count, double mean, double reach, double mean_time) {
    double squares = 0, cubes = 0, fourths = 0, times = 0, products = 0, steps = 0, crossed = 0, pairs = 0;
    double before = 0;
    bool neighbour = false;
    for (Index t = 0; t < length; ++t) {
      const bool there = lifelog::detail::is_finite(x[t]);
      if (there) {
        const double u = (static_cast<double>(x[t]) - mean) / reach, square = u * u;
        const double time = static_cast<double>(t) - mean_time;
        squares += square;
        cubes += square * u;
        fourths += square * square;
        times += time * time;
        products += time * u;
        if (neighbour) {
          ++pairs;
          steps += std::abs(u - before);
          crossed += (u > 0) != (before > 0) ? 1 : 0;
        }
        before = u;
      }
      neighbour = there;
    }
    const double variance = squares / count;
    deviation = reach * std::sqrt(variance);
    skewness = cubes / count / (variance * std::sqrt(variance));
    kurtosis = fourths / count / (variance * variance) - 3;
    slope = times > 0 ? reach * (products / times) : 0;
    difference = pairs > 0 ? reach * (steps / pairs) : 0;
    crossings = pairs > 0 ? crossed / pairs : 0;
  }
};

/// The first `wanted` statistics of one channel of one window, 2 or all. scratch: kept for its memory.
template<class T>
void channel_statistics(const T* x, Index length, double rate, std::vector<T>& scratch, Index wanted,
                        double* out) {
  std::fill(out, out + wanted, std::numeric_limits<double>::quiet_NaN());
  scratch.clear();
  double sum = 0, times = 0;
  for (Index t = 0; t < length; ++t) {
    if (!lifelog::detail::is_finite(x[t])) continue;
    scratch.push_back(x[t]);
    sum += static_cast<double>(x[t]);
    times += static_cast<double>(t);
  }
  const auto count = static_cast<double>(scratch.size());
  out[1] = length > 0 ? count / static_cast<double>(length) : 0;
  if (scratch.empty()) return;
  const auto [least, greatest] = std::minmax_element(scratch.begin(), scratch.end());
  const auto low = static_cast<double>(*least), high = static_cast<double>(*greatest);
  const double mean = std::clamp(sum / count, low, high);
  out[0] = mean;
  if (wanted == 2) return;
  out[3] = low;
  out[9] = high;
  window_quantiles(scratch, out + 4);
  if (low == high) {
    for (const Index i : {2, 10, 11, 12, 13, 14}) out[i] = 0;
    return;
  }
  const WindowMoments moments(x, length, count, mean, std::max(high - mean, mean - low), times / count);
  out[2] = moments.deviation;
  out[10] = moments.skewness;
  out[11] = moments.kurtosis;
  out[12] = moments.slope * rate;
  out[13] = moments.difference;
  out[14] = moments.crossings;
}

}  // namespace detail

/// Statistics of every channel of every window, in double.
///
/// windows: WindowsView or xtensor expression [N, channels, length], any unit. Returns [N, channels · 15], or
/// [N, channels · 2] for windows of one sample; the features of a channel together, named "<name>.<channel>.<statistic>"
/// (no number where there is one channel). A window that is not present, or without a finite sample, gets NaN, but 0 for
/// `finite`. Throws std::invalid_argument for a rate that is not above 0.
///
///     const auto table = features::window_statistics(person.modalities[0].values, {.name = "e4Acc", .rate = 32});
template<class X>
FeatureTable<double> window_statistics(const X& windows, const StatisticsOptions& options = {}) {
  lifelog::detail::require(lifelog::detail::is_finite(options.rate) && options.rate > 0,
                           "rate: expected a number above 0, got ", options.rate);
  const WindowsOf<X> held(windows);
  const auto& view = held.view();
  using T = typename WindowsOf<X>::Scalar;
  const auto each = static_cast<Index>(view.length == 1 ? 2 : statistic_names.size());
  FeatureTable<double> table;
  for (Index c = 0; c < view.channels; ++c)
    for (Index s = 0; s < each; ++s)
      table.names.push_back(detail::channel_prefix(options.name, c, view.channels) +
                            statistic_names[static_cast<std::size_t>(s)]);
  table.values.resize(view.count, view.channels * each);
  constexpr Index size = 16;
  parallel_for(piece_count(size, view.count), options.threads, [&](Index piece) {
    const auto range = piece_of(piece, size, view.count);
    std::vector<T> scratch;
    for (Index i = range.begin; i < range.end; ++i)
      for (Index c = 0; c < view.channels; ++c)
        detail::channel_statistics(view.channel(i, c), view.is_present(i) ? view.length : 0, options.rate,
                                   scratch, each, table.values.data() + (i * view.channels + c) * each);
  });
  return table;
}

}  // namespace lifelog::features
