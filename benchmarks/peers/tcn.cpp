// SPDX-License-Identifier: MIT

// Our side of the temporal convolutional network of run.py, as `worker.cpp` is of the study's network: three channels of 4,096
// samples through eight residual blocks of two convolutions to 64 channels, seven taps, at dilations 1 to 128; the maximum
// over time; four classes. One thread. Task `memory` prints the KiB by which a training step raises this process's peak.
//
//     peer_tcn tcn-forward|tcn-training|memory BATCH

#include <lifelog/nn/causal_block.hpp>
#include <lifelog/nn/max_over_time_gradient.hpp>
#include <lifelog/train/optimizer.hpp>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "../micro/resident.hpp"
#include "../study_data.hpp"
#include "turns.hpp"

namespace {

using namespace lifelog;
using namespace lifelog::nn;
constexpr Index channels = 3, length = 4096, classes = 4;

template<Index steps>
constexpr auto twice() {
  return causal_conv<64, 7>(dilation<steps>) | relu | causal_conv<64, 7>(dilation<steps>) | relu;
}

template<Index steps>
constexpr auto block() {
  return sum(twice<steps>(), identity);
}

auto make_tcn() {
  return input<channels> | sum(twice<1>(), causal_conv<64, 1>()) | block<2>() | block<4>() | block<8>() |
         block<16>() | block<32>() | block<64>() | block<128>() | max_over_time | linear<classes> |
         log_softmax;
}

class Tcn {
 public:
  explicit Tcn(Index batch) : batch_(batch), net_(make_tcn()), optimizer_(net_) {
    Random random(1);
    net_.initialise(random);
    x_ = benchmarks::noise(batch * channels * length, random);
  }

  void infer() {
    for (Index n = 0; n < batch_; ++n) {
      float maxima[64], y[classes];
      Index times[64];
      (*evaluate_)(net_.signal, series(n), maxima, times);
      typename Head::Memory none;
      net_.head.push(none, maxima, y);
      predicted_ += std::max_element(y, y + classes) - y;
    }
  }

  void train() {
    auto gradient = zeros_like(net_);
    for (Index n = 0; n < batch_; ++n) {
      float maxima[64], slopes[64];
      Index times[64];
      pull_->forward(net_.signal, series(n), maxima, times);
      pull_head(n % classes, maxima, slopes, gradient.head);
      pull_->backward(net_.signal, slopes, gradient.signal);
    }
    optimizer_.step(net_, gradient);
  }

 private:
  using Net = decltype(make_tcn());
  using Signal = decltype(Net::signal);
  using Head = decltype(Net::head);

  Series<float> series(Index n) const { return {x_.data() + n * channels * length, length, length}; }

  /// The derivative of this series' part of the batch's mean cross-entropy.
  void pull_head(Index label, const float* maxima, float* slopes, Head& gradient) {
    const Samples<float> domain{1};
    const Index stride = domain.stride();
    std::vector<float> x(64 * stride), dx(64 * stride), y(classes * stride), dy(classes * stride);
    for (Index c = 0; c < 64; ++c) x[c * stride] = maxima[c];
    net_.head.record(domain, tape_, x.data(), y.data());
    dy[label * stride] = -1.0F / static_cast<float>(batch_);
    net_.head.pull(domain, tape_, x.data(), y.data(), dy.data(), dx.data(), gradient);
    for (Index c = 0; c < 64; ++c) slopes[c] = dx[c * stride];
  }

  Index batch_;
  Net net_;
  train::AdamW<Net> optimizer_;
  std::vector<float> x_;
  std::unique_ptr<MaxOverTime<Signal>> evaluate_ = std::make_unique<MaxOverTime<Signal>>(net_.signal);
  std::unique_ptr<MaxOverTimeGradient<Signal>> pull_ =
      std::make_unique<MaxOverTimeGradient<Signal>>(net_.signal);
  typename Head::template Tape<Samples<float>> tape_;
  Index predicted_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string task = argc == 3 ? argv[1] : "";
  const long batch = argc == 3 ? std::atol(argv[2]) : 0;
  if (batch < 1 || (task != "tcn-forward" && task != "tcn-training" && task != "memory")) {
    std::fputs("usage: peer_tcn tcn-forward|tcn-training|memory BATCH\n", stderr);
    return 2;
  }
  Tcn work(batch);
  if (task == "memory") {
    const long before = benchmarks::status_kib("VmHWM");
    work.train();
    std::printf("%ld\n", benchmarks::status_kib("VmHWM") - before);
  } else {
    benchmarks::take_turns([&] { task == "tcn-forward" ? work.infer() : work.train(); });
  }
}
