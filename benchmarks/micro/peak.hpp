// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <lifelog/nn/detail/packet.hpp>

#include "../clocks.hpp"

namespace lifelog::benchmarks {

namespace detail {

// Enough independent chains to hide a multiply-add's latency on two pipes (8 to 10), few enough that they and a
// constant stay in the 16 registers of AVX2.
inline constexpr int peak_chains = 12;

template<class T>
__attribute__((noinline)) T multiply_add(long rounds, T factor) {
  using nn::detail::unroll, nn::detail::broadcast, nn::detail::pmadd;
  nn::detail::Packet<T> sum[peak_chains];
  unroll<peak_chains>([&](int i) LIFELOG_INLINED { sum[i] = broadcast(static_cast<T>(i)); });
  const auto f = broadcast(factor);
  // Accumulating as the kernels do; each factor is new, so that no multiplication moves out of the loop.
  for (long round = 0; round < rounds; ++round)
    unroll<peak_chains>([&](int i)
                            LIFELOG_INLINED { sum[i] = pmadd(f, sum[(i + 1) % peak_chains], sum[i]); });
  unroll<peak_chains - 1>([&](int i) LIFELOG_INLINED { sum[0] = nn::detail::padd(sum[0], sum[i + 1]); });
  return nn::detail::predux(sum[0]);
}

}  // namespace detail

/// Multiply-adds a thread of this build can do at best, in GFLOP/s of thread time (a multiply-add counts two): the
/// fastest of several short runs. Measured anew at each call, since clock rates change.
template<class T = float>
double fma_peak() {
  constexpr long rounds = 400'000;
  constexpr double flops = 2.0 * rounds * detail::peak_chains * nn::detail::packet_size<T>;
  double best = 0;
  for (int run = 0; run < 10; ++run) {
    const double start = thread_seconds();
    volatile T kept = detail::multiply_add<T>(rounds, T(1e-9));
    static_cast<void>(kept);
    best = std::max(best, flops / (thread_seconds() - start));
  }
  return best * 1e-9;
}

}  // namespace lifelog::benchmarks
