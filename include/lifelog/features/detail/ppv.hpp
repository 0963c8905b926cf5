// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "../windows.hpp"

namespace lifelog::inline LIFELOG_ABI::features {

/// Kernels of nine weights of which three are 2 and six −1.
inline constexpr int minirocket_kernels = 84;

namespace detail {

/// Places of the three weights 2 of each kernel, in lexicographic order.
inline constexpr auto minirocket_places = [] {
  std::array<std::array<int, 3>, minirocket_kernels> places{};
  std::size_t at = 0;
  for (int a = 0; a < 9; ++a)
    for (int b = a + 1; b < 9; ++b)
      for (int c = b + 1; c < 9; ++c) places[at++] = {a, b, c};
  return places;
}();

/// Adds how many of `count` values are above each of N biases. Loops that compilers take whole registers for.
template<int N>
void count_above(const float* values, Index count, const float* biases, std::int32_t* above) {
  std::array<std::int32_t, N> sums{};
  std::array<float, N> bias{};
  for (std::size_t b = 0; b < N; ++b) bias[b] = biases[b];
  for (Index t = 0; t < count; ++t)
    for (std::size_t b = 0; b < N; ++b) sums[b] += values[t] > bias[b] ? 1 : 0;
  for (std::size_t b = 0; b < N; ++b) above[b] += sums[b];
}

/// One window at one dilation. A kernel's sum is −Σ of nine samples + 3 · those of its three places: the first is the same
/// for all kernels, and the others are shifts of one series. Samples outside the window are 0.
LIFELOG_LAZY class PpvWindow {
 public:
  PpvWindow(Index channels, Index length)
      : channels_(channels),
        length_(length),
        samples_(static_cast<std::size_t>(channels * length)),
        minus_(samples_.size()),
        filled_(static_cast<std::size_t>(length)) {}

  /// Takes a window, gaps filled; returns how many samples were finite.
  template<class T>
  Index fill(const WindowsView<T>& view, Index window) {
    Index finite = 0;
    for (Index c = 0; c < channels_; ++c) {
      finite += fill_gaps(view.channel(window, c), length_, filled_.data());
      std::transform(filled_.begin(), filled_.end(), samples_.begin() + c * length_,
                     [](double x) { return static_cast<float>(x); });
    }
    return finite;
  }

  /// Sums the same for all kernels. The order of additions is that of the paper's code: float sums depend on it.
  void dilate(Index dilation) {
    dilation_ = dilation;
    padded_ = length_ + 8 * dilation;
    threefold_.assign(static_cast<std::size_t>(channels_ * padded_), 0);
    for (Index c = 0; c < channels_; ++c) {
      const float* x = samples_.data() + c * length_;
      float* minus = minus_.data() + c * length_;
      float* threefold = threefold_.data() + c * padded_ + 4 * dilation;
      for (Index t = 0; t < length_; ++t) {
        minus[t] = -x[t];
        threefold[t] = 3 * x[t];
      }
      for (const Index shift : {-4, -3, -2, -1, 1, 2, 3, 4}) {
        const Index by = shift * dilation, end = std::min(length_, length_ - by);
        for (Index t = std::max<Index>(0, -by); t < end; ++t) minus[t] -= x[t + by];
      }
    }
  }

  /// The kernel's sums over `channels` at `count` samples from `first` on.
  void convolve(int kernel, std::span<const Index> channels, Index first, Index count, float* out) const {
    const auto& places = minirocket_places[static_cast<std::size_t>(kernel)];
    for (std::size_t i = 0; i < channels.size(); ++i) {
      const float* minus = minus_.data() + channels[i] * length_ + first;
      const float* threefold = threefold_.data() + channels[i] * padded_ + first;
      const float* a = threefold + places[0] * dilation_;
      const float* b = threefold + places[1] * dilation_;
      const float* c = threefold + places[2] * dilation_;
      if (i == 0)
        for (Index t = 0; t < count; ++t) out[t] = minus[t] + a[t] + b[t] + c[t];
      else
        for (Index t = 0; t < count; ++t) out[t] += minus[t] + a[t] + b[t] + c[t];
    }
  }

  /// Shares of the kernel's sums above each bias: over the whole window, or where no sample is outside it.
  void shares(int kernel, std::span<const Index> channels, bool whole, std::span<const float> biases,
              float* out) {
    const Index edge = whole ? 0 : 4 * dilation_, end = length_ - edge;
    above_.assign(biases.size(), 0);
    std::array<float, block> sums;
    for (Index first = edge; first < end; first += block) {
      const Index count = std::min<Index>(block, end - first);
      convolve(kernel, channels, first, count, sums.data());
      std::size_t b = 0;
      for (; b + 4 <= biases.size(); b += 4) count_above<4>(sums.data(), count, &biases[b], &above_[b]);
      for (; b < biases.size(); ++b) count_above<1>(sums.data(), count, &biases[b], &above_[b]);
    }
    for (std::size_t b = 0; b < biases.size(); ++b)
      out[b] = static_cast<float>(static_cast<double>(above_[b]) / static_cast<double>(end - edge));
  }

 private:
  static constexpr Index block = 1024;

  Index channels_, length_, dilation_ = 1, padded_ = 0;
  std::vector<float> samples_, minus_, threefold_;
  std::vector<double> filled_;
  std::vector<std::int32_t> above_;
};

}  // namespace detail
}  // namespace lifelog::features
