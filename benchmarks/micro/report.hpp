// SPDX-License-Identifier: MIT
#pragma once

#include <benchmark/benchmark.h>

#include "peak.hpp"

namespace lifelog::benchmarks {

/// Adds what an iteration's arithmetic comes to: GFLOP/s of CPU time, and that as a share of this build's peak,
/// measured just now.
inline void report_flops(benchmark::State& state, double flops_per_iteration) {
  using benchmark::Counter;
  const double peak = fma_peak();
  state.counters["GFLOP/s"] = Counter(flops_per_iteration * 1e-9, Counter::kIsIterationInvariantRate);
  state.counters["peak"] = peak;
  state.counters["% of peak"] =
      Counter(flops_per_iteration * 1e-7 / peak, Counter::kIsIterationInvariantRate);
}

}  // namespace lifelog::benchmarks
