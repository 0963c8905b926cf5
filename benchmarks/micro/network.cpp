// SPDX-License-Identifier: MIT

// The study's whole network on its full shapes: nine modalities, four classes. Arguments: windows a batch, threads.

#include <benchmark/benchmark.h>

#include "../network_work.hpp"

namespace lifelog::benchmarks {
namespace {

/// Wall time a window. (The column CPU is that of all threads together.)
void report_windows(benchmark::State& state) {
  using benchmark::Counter;
  state.counters["a_window"] =
      Counter(static_cast<double>(state.range(0)), Counter::kIsIterationInvariantRate | Counter::kInvert);
}

void network_inference(benchmark::State& state) {
  NetworkWork work(state.range(0), static_cast<int>(state.range(1)));
  for (auto _ : state) work.infer();
  report_windows(state);
}

void network_training_step(benchmark::State& state) {
  NetworkWork work(state.range(0), static_cast<int>(state.range(1)));
  for (auto _ : state) work.train();
  report_windows(state);
}

void predictor_training_step(benchmark::State& state) {
  PredictorWork work(state.range(0), static_cast<int>(state.range(1)));
  for (auto _ : state) work.train();
}

void as_wall_time(benchmark::internal::Benchmark* b) {
  b->ArgNames({"batch", "threads"})->UseRealTime()->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
}

BENCHMARK(network_inference)->ArgsProduct({{128}, {1, 2}})->Apply(as_wall_time);
BENCHMARK(network_training_step)->ArgsProduct({{128, 512}, {1, 2}})->Apply(as_wall_time);
BENCHMARK(predictor_training_step)->ArgsProduct({{52'400}, {1, 2}})->Apply(as_wall_time);

}  // namespace
}  // namespace lifelog::benchmarks
