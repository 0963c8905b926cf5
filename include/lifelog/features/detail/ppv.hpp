// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "../../core/packet.hpp"
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

/// What a kernel's sum at a sample consists of, channel by channel: one value of each of four series.
struct KernelTerms {
  std::array<const float*, 4> series;

  template<class Load>
  EIGEN_ALWAYS_INLINE auto sum(Index t, const Load& load) const {
    // In this order: float sums depend on it.
    return load(series[0] + t) + load(series[1] + t) + load(series[2] + t) + load(series[3] + t);
  }
};

/// Up to here a float counts samples one by one.
inline constexpr Index minirocket_longest = Index{1} << 24;

/// Adds how many of a kernel's sums at `count` samples are above each of N biases. The sums are compared while they are in
/// registers: storing them takes as long as making them.
template<int N>
void count_above(std::span<const KernelTerms> channels, Index count, const float* biases,
                 std::int32_t* above) {
  namespace simd = lifelog::detail::simd;
  using Packet = simd::Packet<float>;
  const auto sum_at = [&](Index t, const auto& load) LIFELOG_INLINED {
    auto sum = channels[0].sum(t, load);
    for (std::size_t c = 1; c < channels.size(); ++c) sum = sum + channels[c].sum(t, load);
    return sum;
  };
  constexpr Index size = simd::packet_size<float>;
  Packet sums[N], bias[N];
  simd::unroll<N>([&](int b) LIFELOG_INLINED {
    sums[b] = simd::broadcast(0.0F);
    bias[b] = simd::broadcast(biases[b]);
  });
  const Packet one = simd::broadcast(1.0F);
  const auto packet_at = [&](Index t) LIFELOG_INLINED {
    return sum_at(t, [](const float* x) LIFELOG_INLINED { return simd::load(x); });
  };
  const auto compare = [&](const Packet& value) LIFELOG_INLINED {
    simd::unroll<N>([&](int b) LIFELOG_INLINED {
      sums[b] = simd::select_less(bias[b], value, simd::padd(sums[b], one), sums[b]);
    });
  };
  Index t = 0;
  for (; t + size <= count; t += size) compare(packet_at(t));
  if (t < count && t > 0) {
    // The last register's worth; what was seen before is above nothing.
    std::array<float, size> lane;
    for (std::size_t i = 0; i < lane.size(); ++i) lane[i] = static_cast<float>(i);
    const auto seen = simd::broadcast(static_cast<float>(t + size - count));
    const auto nothing = simd::broadcast(-std::numeric_limits<float>::infinity());
    compare(simd::select_less(simd::load(lane.data()), seen, nothing, packet_at(count - size)));
    t = count;
  }
  for (int b = 0; b < N; ++b) above[b] += static_cast<std::int32_t>(simd::predux(sums[b]));
  for (; t < count; ++t) {
    const float value = sum_at(t, [](const float* x) { return *x; });
    for (int b = 0; b < N; ++b) above[b] += value > biases[b] ? 1 : 0;
  }
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

  /// The kernel's sums over `channels` at all samples.
  void convolve(int kernel, std::span<const Index> channels, float* out) {
    choose(kernel, channels, 0);
    std::fill_n(out, length_, 0.0F);
    for (const auto& terms : terms_)
      for (Index t = 0; t < length_; ++t) out[t] += terms.sum(t, [](const float* x) { return *x; });
  }

  /// Shares of the kernel's sums above each bias: over the whole window, or where no sample is outside it.
  void shares(int kernel, std::span<const Index> channels, bool whole, std::span<const float> biases,
              float* out) {
    const Index edge = whole ? 0 : 4 * dilation_, count = length_ - 2 * edge;
    choose(kernel, channels, edge);
    above_.assign(biases.size(), 0);
    for (std::size_t b = 0; b < biases.size(); b += at_once)
      count_in(std::min(at_once, biases.size() - b), count, &biases[b], &above_[b]);
    for (std::size_t b = 0; b < biases.size(); ++b)
      out[b] = static_cast<float>(static_cast<double>(above_[b]) / static_cast<double>(count));
  }

 private:
  /// Biases that registers are compared with while they are there.
  static constexpr std::size_t at_once = 8;

  void choose(int kernel, std::span<const Index> channels, Index first) {
    const auto& places = minirocket_places[static_cast<std::size_t>(kernel)];
    terms_.clear();
    for (const Index channel : channels) {
      const float* threefold = threefold_.data() + channel * padded_ + first;
      terms_.push_back({{minus_.data() + channel * length_ + first, threefold + places[0] * dilation_,
                         threefold + places[1] * dilation_, threefold + places[2] * dilation_}});
    }
  }

  template<std::size_t biases = at_once>
  void count_in(std::size_t wanted, Index count, const float* bias, std::int32_t* above) const {
    if constexpr (biases > 0) {
      if (wanted < biases) return count_in<biases - 1>(wanted, count, bias, above);
      count_above<static_cast<int>(biases)>(terms_, count, bias, above);
    }
  }

  Index channels_, length_, dilation_ = 1, padded_ = 0;
  std::vector<float> samples_, minus_, threefold_;
  std::vector<double> filled_;
  std::vector<KernelTerms> terms_;
  std::vector<std::int32_t> above_;
};

}  // namespace detail
}  // namespace lifelog::features
