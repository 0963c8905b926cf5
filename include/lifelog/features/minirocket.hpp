// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "../core/parallel.hpp"
#include "../core/random.hpp"
#include "detail/ppv.hpp"
#include "windows.hpp"

namespace lifelog::inline LIFELOG_ABI::features {

/// | name | type | description | default |
/// |---|---|---|---|
/// | features | Index | at most; rounded down to a multiple of 84, at least 84 | 10000 |
/// | dilations | Index | of a kernel, at most | 32 |
/// | seed | uint64 | of the choice of channels and of the windows that biases are taken from | 0 |
struct MiniRocketOptions {
  Index features = 10000;
  Index dilations = 32;
  std::uint64_t seed = 0;
};

/// What is fitted: all but the 84 kernels of nine weights, three 2 and six −1, in lexicographic order of the three.
/// Combinations are a dilation's 84 kernels, dilation by dilation.
struct MiniRocket {
  Index channels = 0, length = 0;
  std::vector<Index> dilations;        ///< [D], ascending
  std::vector<Index> biases_a_kernel;  ///< [D]
  std::vector<Index> channels_of;      ///< [84 · D] how many channels a combination sums
  std::vector<Index> channel;          ///< those channels, combination by combination
  std::vector<float> biases;           ///< [F], combination by combination

  Index size() const { return static_cast<Index>(biases.size()); }
};

namespace detail {

/// Dilations from 1 to the longest that fits, in equal ratios, whole and without repeats, and how many biases each has.
LIFELOG_LAZY void fit_dilations(const MiniRocketOptions& options, MiniRocket& fitted) {
  const Index a_kernel = std::max<Index>(1, options.features / minirocket_kernels);
  const Index count = std::min(a_kernel, options.dilations);
  const double exponent = std::log2(static_cast<double>(fitted.length - 1) / 8);
  std::vector<Index> repeats;
  for (Index i = 0; i < count; ++i) {
    const double share = count > 1 ? static_cast<double>(i) / static_cast<double>(count - 1) : 0;
    // The last is a whole number where the length allows it, whatever rounding makes of the power.
    const bool longest = count > 1 && i + 1 == count;
    const Index dilation =
        longest ? (fitted.length - 1) / 8 : static_cast<Index>(std::exp2(share * exponent));
    if (fitted.dilations.empty() || fitted.dilations.back() != dilation) {
      fitted.dilations.push_back(dilation);
      repeats.push_back(0);
    }
    ++repeats.back();
  }
  const double multiplier = static_cast<double>(a_kernel) / static_cast<double>(count);
  Index left = a_kernel;
  for (const Index repeat : repeats) {
    fitted.biases_a_kernel.push_back(static_cast<Index>(static_cast<double>(repeat) * multiplier));
    left -= fitted.biases_a_kernel.back();
  }
  for (std::size_t i = 0; left > 0; --left, i = (i + 1) % repeats.size()) ++fitted.biases_a_kernel[i];
}

/// Between one and all of the channels (nine at most) for each combination, in equal ratios of chance, without repeats.
LIFELOG_LAZY void draw_channels(Random& random, MiniRocket& fitted) {
  const auto most = static_cast<double>(std::min<Index>(fitted.channels, 9));
  std::vector<Index> order(static_cast<std::size_t>(fitted.channels));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<Index>(i);
  for (std::size_t i = 0; i < fitted.dilations.size() * minirocket_kernels; ++i) {
    const auto count = static_cast<std::size_t>(std::exp2(random.uniform(0, std::log2(most + 1))));
    for (std::size_t c = 0; c < count; ++c) {
      std::swap(order[c], order[c + static_cast<std::size_t>(random.below(order.size() - c))]);
      fitted.channel.push_back(order[c]);
    }
    fitted.channels_of.push_back(static_cast<Index>(count));
  }
}

/// The value `share` of the way from the least to the greatest; values: ascending.
LIFELOG_LAZY float quantile_of(const std::vector<float>& values, double share) {
  const double place = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const auto low = static_cast<double>(values[below]);
  const auto high = static_cast<double>(values[std::min(below + 1, values.size() - 1)]);
  return static_cast<float>(low + (place - static_cast<double>(below)) * (high - low));
}

LIFELOG_LAZY void require_length(Index length) {
  lifelog::detail::require(
      length >= 9, "windows: expected at least 9 samples, as many as a kernel has weights, got ", length);
  lifelog::detail::require(length <= minirocket_longest, "windows: expected at most ", minirocket_longest,
                           " samples, got ", length);
}

/// Windows that have a finite sample, among `rows`, or among all where that is empty.
template<class T>
std::vector<Index> usable_windows(const WindowsView<T>& view, std::span<const Index> rows) {
  std::vector<Index> usable;
  const Index count = rows.empty() ? view.count : static_cast<Index>(rows.size());
  for (Index i = 0; i < count; ++i) {
    const Index row = rows.empty() ? i : rows[static_cast<std::size_t>(i)];
    lifelog::detail::require(row >= 0 && row < view.count, "rows: expected windows below ", view.count,
                             ", got ", row);
    const T* x = view.channel(row, 0);
    if (view.is_present(row) && std::any_of(x, x + view.channels * view.length,
                                            [](const T& value) { return lifelog::detail::is_finite(value); }))
      usable.push_back(row);
  }
  return usable;
}

}  // namespace detail

/// MiniRocket's dilations, channels and biases (Dempster, Schmidt & Webb, "MiniRocket", KDD 2021, section 3): biases are
/// quantiles, along a golden-ratio sequence, of what the kernel makes of a window drawn at random. No label is looked at.
///
/// windows: WindowsView or xtensor expression [N, channels, length]; rows: those to draw from, none for all. Gaps are filled
/// by straight lines; windows without a finite sample are not drawn, and without any other all biases are 0. Throws
/// std::invalid_argument for series of fewer than 9 samples or of more than 2²⁴, no channel, and options out of range.
template<class X>
MiniRocket fit_minirocket(const X& windows, std::span<const Index> rows = {},
                          const MiniRocketOptions& options = {}) {
  using lifelog::detail::require;
  const WindowsOf<X> held(windows);
  const auto& view = held.view();
  detail::require_length(view.length);
  require(view.channels > 0, "windows: expected at least one channel");
  require(options.features > 0, "features: expected at least 1, got ", options.features);
  require(options.dilations > 0, "dilations: expected at least 1, got ", options.dilations);
  MiniRocket fitted;
  fitted.channels = view.channels;
  fitted.length = view.length;
  detail::fit_dilations(options, fitted);
  const Random random(options.seed);
  auto of_channels = random.fork(0), of_windows = random.fork(1);
  detail::draw_channels(of_channels, fitted);

  const auto usable = detail::usable_windows(view, rows);
  detail::PpvWindow window(view.channels, view.length);
  std::vector<float> convolved(static_cast<std::size_t>(view.length));
  const double golden = (std::sqrt(5.0) + 1) / 2;
  const Index* channel = fitted.channel.data();
  std::size_t combination = 0;
  for (std::size_t d = 0; d < fitted.dilations.size(); ++d)
    for (int kernel = 0; kernel < minirocket_kernels;
         ++kernel, channel += fitted.channels_of[combination++]) {
      if (!usable.empty()) {
        window.fill(view, usable[static_cast<std::size_t>(of_windows.below(usable.size()))]);
        window.dilate(fitted.dilations[d]);
        window.convolve(kernel, {channel, static_cast<std::size_t>(fitted.channels_of[combination])},
                        convolved.data());
        std::sort(convolved.begin(), convolved.end());
      }
      for (Index b = 0; b < fitted.biases_a_kernel[d]; ++b)
        fitted.biases.push_back(detail::quantile_of(
            convolved, std::fmod(static_cast<double>(fitted.biases.size() + 1) * golden, 1.0)));
    }
  return fitted;
}

/// MiniRocket's features: for every bias, the share of samples at which the kernel's sum is above it. The same as aeon's
/// for the same parameters.
///
/// windows: [N, channels, length] as fitted. Returns [N, F] within 0…1; a window that is not present, or without a finite
/// sample, gets NaN. threads: 0 for all; results do not depend on it. Throws std::invalid_argument for windows of another
/// shape than those fitted.
///
///     const auto fitted = features::fit_minirocket(person.modalities[0].values, split.train);
///     const auto shares = features::minirocket_features(person.modalities[0].values, fitted);
template<class X>
RowMatrix<float> minirocket_features(const X& windows, const MiniRocket& fitted, int threads = 0) {
  const WindowsOf<X> held(windows);
  const auto& view = held.view();
  detail::require_length(view.length);
  lifelog::detail::require(view.channels == fitted.channels && view.length == fitted.length,
                           "windows: expected ", fitted.channels, " x ", fitted.length, " as fitted, got ",
                           view.channels, " x ", view.length);
  RowMatrix<float> result(view.count, fitted.size());
  constexpr Index size = 8;
  parallel_for(piece_count(size, view.count), threads, [&](Index piece) {
    const auto range = piece_of(piece, size, view.count);
    detail::PpvWindow window(view.channels, view.length);
    for (Index i = range.begin; i < range.end; ++i) {
      float* out = result.data() + i * fitted.size();
      if (!view.is_present(i) || window.fill(view, i) == 0) {
        std::fill(out, out + fitted.size(), std::numeric_limits<float>::quiet_NaN());
        continue;
      }
      const Index* channel = fitted.channel.data();
      const float* bias = fitted.biases.data();
      std::size_t combination = 0;
      for (std::size_t d = 0; d < fitted.dilations.size(); ++d) {
        window.dilate(fitted.dilations[d]);
        const Index biases = fitted.biases_a_kernel[d];
        for (int kernel = 0; kernel < minirocket_kernels; ++kernel, bias += biases, out += biases) {
          const std::span<const Index> some(channel,
                                            static_cast<std::size_t>(fitted.channels_of[combination++]));
          const bool whole = (static_cast<int>(d % 2) + kernel) % 2 == 0;
          window.shares(kernel, some, whole, {bias, static_cast<std::size_t>(biases)}, out);
          channel += some.size();
        }
      }
    }
  });
  return result;
}

}  // namespace lifelog::features
