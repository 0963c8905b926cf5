// SPDX-License-Identifier: MIT

// One sample at a time: samples a second, and bytes of state.

#include <lifelog/mil/bag_network.hpp>
#include <lifelog/nn/stream.hpp>

#include "../study_data.hpp"
#include "report.hpp"

namespace lifelog::benchmarks {
namespace {

using namespace nn;

template<class Net>
void report_stream(benchmark::State& state, const Stream<Net>& stream, std::size_t samples) {
  state.counters["samples/s"] =
      benchmark::Counter(static_cast<double>(samples), benchmark::Counter::kIsIterationInvariantRate);
  state.counters["state bytes"] = static_cast<double>(sizeof(stream));
}

/// 1→8→8→8→8→16→16 channels, three taps, dilations 1, 1, 2, 2, 4, 4: what other streaming libraries are timed on.
void stream_stack(benchmark::State& state) {
  auto net = input<1> | causal_conv<8, 3>(dilation<1>) | relu | causal_conv<8, 3>(dilation<1>) | relu |
             causal_conv<8, 3>(dilation<2>) | relu | causal_conv<8, 3>(dilation<2>) | relu |
             causal_conv<16, 3>(dilation<4>) | relu | causal_conv<16, 3>(dilation<4>) | relu;
  Random random(1);
  net.initialise(random);
  const auto x = noise(10'000, random);
  Stream<decltype(net)> stream;
  float y[16];
  for (auto _ : state)
    for (const float& sample : x) {
      stream.push(net, &sample, y);
      benchmark::DoNotOptimize(y);
    }
  report_stream(state, stream, x.size());
}
BENCHMARK(stream_stack);

/// The study's encoder of an accelerometer.
void stream_encoder(benchmark::State& state) {
  auto encoder = input<3> | causal_block<8>(dilation<1>) | causal_block<8>(dilation<2>) |
                 causal_block<16>(dilation<4>) | max_over_time | linear<mil::key_size>;
  Random random(1);
  encoder.initialise(random);
  const auto net = encoder.fold();
  const auto x = noise(3 * 10'000, random);
  Stream<std::remove_const_t<decltype(net)>> stream;
  float key[mil::key_size];
  for (auto _ : state) {
    for (std::size_t t = 0; t < x.size(); t += 3) stream.push(net, x.data() + t);
    stream.features(net, key);
    benchmark::DoNotOptimize(key);
  }
  report_stream(state, stream, x.size() / 3);
}
BENCHMARK(stream_encoder);

}  // namespace
}  // namespace lifelog::benchmarks
