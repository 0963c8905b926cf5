// SPDX-License-Identifier: MIT

// Nodes one by one: signals over a minute of 1786 samples (with the maximum over time that ends them), feature
// vectors over a batch of 512, forward and backward.

#include <lifelog/nn/batch_norm.hpp>
#include <lifelog/nn/causal_block.hpp>
#include <lifelog/nn/max_over_time.hpp>
#include <memory>

#include "../study_data.hpp"
#include "report.hpp"

namespace lifelog::benchmarks {
namespace {

using namespace nn;
constexpr Index length = 1786, batch = 512;

void peak(benchmark::State& state) {
  for (auto _ : state) state.counters["GFLOP/s"] = fma_peak();
}
BENCHMARK(peak)->Iterations(3);

template<class Signal>
void signal(benchmark::State& state, Signal made, double multiply_adds) {
  Random random(1);
  made.initialise(random);
  const auto node = made.fold();
  using Plain = std::remove_const_t<decltype(node)>;
  const auto x = noise(node.inputs() * length, random);
  const auto evaluate = std::make_unique<MaxOverTime<Plain>>(node);
  float maxima[Plain::channels];
  Index times[Plain::channels];
  for (auto _ : state) {
    (*evaluate)(node, {x.data(), length, length}, maxima, times);
    benchmark::DoNotOptimize(maxima);
  }
  report_flops(state, 2 * multiply_adds * static_cast<double>(length));
}
BENCHMARK_CAPTURE(signal, identity_8, input<8> | identity, 0);
BENCHMARK_CAPTURE(signal, conv_3_to_8, input<3> | causal_conv<8, 3>(dilation<1>), 72);
BENCHMARK_CAPTURE(signal, conv_8_to_8, input<8> | causal_conv<8, 3>(dilation<2>), 192);
BENCHMARK_CAPTURE(signal, conv_8_to_16, input<8> | causal_conv<16, 3>(dilation<4>), 384);
BENCHMARK_CAPTURE(signal, conv_16_to_16, input<16> | causal_conv<16, 3>(dilation<4>), 768);
BENCHMARK_CAPTURE(signal, conv_8_to_16_1x1, input<8> | causal_conv<16, 1>(), 128);
BENCHMARK_CAPTURE(signal, conv_8_to_8_leaky_relu, input<8> | causal_conv<8, 3>(dilation<2>) | leaky_relu,
                  192);
BENCHMARK_CAPTURE(signal, block_8_to_8, input<8> | causal_block<8>(dilation<2>), 384);
BENCHMARK_CAPTURE(signal, block_8_to_16, input<8> | causal_block<16>(dilation<4>), 1280);

/// A network on feature vectors, its input and everything a pass over it needs.
template<class Net>
struct Batch {
  using Domain = Samples<float>;
  using Plane = Eigen::Array<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Net net;
  Domain domain{batch, true, 1};
  Plane x, y, dx, dy;
  typename Net::template Tape<Domain> tape;

  explicit Batch(Net made) : net(std::move(made)) {
    Random random(1);
    net.initialise(random);
    x.resize(net.inputs(), domain.stride()), y.resize(net.outputs(), domain.stride());
    const auto values = noise(x.size(), random);
    std::copy(values.begin(), values.end(), x.data());
    dx.setZero(x.rows(), x.cols()), dy.setOnes(y.rows(), y.cols());
  }
  void forward() { net.record(domain, tape, x.data(), y.data()); }
  void backward(Net& gradient) { net.pull(domain, tape, x.data(), y.data(), dy.data(), dx.data(), gradient); }
};

template<class Net>
void features_forward(benchmark::State& state, Net net) {
  Batch<Net> work(std::move(net));
  for (auto _ : state) {
    work.forward();
    benchmark::DoNotOptimize(work.y.data());
  }
}

template<class Net>
void features_backward(benchmark::State& state, Net net) {
  Batch<Net> work(std::move(net));
  auto gradient = zeros_like(work.net);
  work.forward();
  for (auto _ : state) {
    work.backward(gradient);
    benchmark::DoNotOptimize(work.dx.data());
  }
}

#define LIFELOG_BENCHMARK_FEATURES(name, node)     \
  BENCHMARK_CAPTURE(features_forward, name, node); \
  BENCHMARK_CAPTURE(features_backward, name, node)

LIFELOG_BENCHMARK_FEATURES(linear_16_to_32, input<16> | linear<32>);
LIFELOG_BENCHMARK_FEATURES(linear_32_to_32, input<32> | linear<32>);
LIFELOG_BENCHMARK_FEATURES(linear_32_to_4, input<32> | linear_to(4));
LIFELOG_BENCHMARK_FEATURES(batch_norm_32, input<32> | batch_norm);
LIFELOG_BENCHMARK_FEATURES(leaky_relu_32, input<32> | leaky_relu);
LIFELOG_BENCHMARK_FEATURES(sigmoid_9, input<9> | sigmoid);
LIFELOG_BENCHMARK_FEATURES(log_softmax_4, input<4> | log_softmax);

}  // namespace
}  // namespace lifelog::benchmarks
