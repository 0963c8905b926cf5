// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>

#include "config.hpp"

namespace lifelog::inline LIFELOG_ABI {

/// Portable random numbers: xoshiro256++ (Blackman & Vigna, "Scrambled linear pseudorandom number generators",
/// 2021) seeded through splitmix64, with our own distributions, because the standard ones differ between libraries.
/// The same seed gives the same sequence everywhere (`normal` up to the platform's log, sin and cos).
///
///     lifelog::Random random(42);
///     double x = random.uniform(-1, 1);
///     std::vector<int> order(10);
///     std::iota(order.begin(), order.end(), 0);
///     random.shuffle(order.begin(), order.end());
class Random {
 public:
  using result_type = std::uint64_t;

  explicit Random(std::uint64_t seed = 0) {
    for (auto& word : state_) {
      seed += 0x9e3779b97f4a7c15u;
      word = mix(seed);
    }
  }

  /// An independent generator for sub-task `stream`, so that work done in pieces does not depend on their order.
  Random fork(std::uint64_t stream) const { return Random(state_[0] ^ mix(stream + 0x632be59bd9b4e019u)); }

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return ~result_type{0}; }

  /// 64 uniform bits.
  result_type operator()() {
    const auto result = rotate(state_[0] + state_[3], 23) + state_[0];
    const auto t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  /// Uniform in [0, 1), a multiple of 2⁻⁵³.
  double uniform() { return static_cast<double>((*this)() >> 11) * 0x1p-53; }

  /// Uniform in [low, high).
  double uniform(double low, double high) { return low + (high - low) * uniform(); }

  /// Uniform integer in [0, n), without modulo bias. n > 0.
  std::uint64_t below(std::uint64_t n) {
    const std::uint64_t reject = (0 - n) % n;  // 2⁶⁴ mod n
    for (;;) {
      const auto bits = (*this)();
      if (bits >= reject) return bits % n;
    }
  }

  /// Standard normal (Box–Muller; both values of a pair are used).
  double normal() {
    if (has_spare_) {
      has_spare_ = false;
      return spare_;
    }
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    const double angle = 6.283185307179586 * uniform();
    spare_ = radius * std::sin(angle);
    has_spare_ = true;
    return radius * std::cos(angle);
  }

  double normal(double mean, double deviation) { return mean + deviation * normal(); }

  /// Fisher–Yates shuffle of a random-access range.
  template<class Iterator>
  void shuffle(Iterator first, Iterator last) {
    for (auto n = last - first; n > 1; --n) {
      const auto j = static_cast<decltype(n)>(below(static_cast<std::uint64_t>(n)));
      auto held = first[n - 1];
      first[n - 1] = first[j];
      first[j] = held;
    }
  }

 private:
  static std::uint64_t rotate(std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  std::uint64_t state_[4];
  double spare_ = 0;
  bool has_spare_ = false;
};

/// A uniformly random order of 0…n−1 as an Eigen column of `Index`.
inline Eigen::Matrix<Index, Eigen::Dynamic, 1> permutation(Random& random, Index n) {
  auto order = Eigen::Matrix<Index, Eigen::Dynamic, 1>(n);
  for (Index i = 0; i < n; ++i) order[i] = i;
  random.shuffle(order.data(), order.data() + n);
  return order;
}

}  // namespace lifelog
