// SPDX-License-Identifier: MIT

// The causal encoder's signal over a minute of each modality of the study: evaluation, and the gradient.

#include <lifelog/mil/bag_network.hpp>
#include <lifelog/nn/max_over_time_gradient.hpp>
#include <memory>

#include "../study_data.hpp"
#include "report.hpp"

namespace lifelog::benchmarks {
namespace {

using Signal = decltype(mil::make_series_encoder<float>(1).signal.fold());

/// Multiply-adds of all convolutions for a sample of the input, as they are written down.
double flops_per_sample(Index channels) {
  return 2.0 *
         static_cast<double>(channels * (8 * 3 + 8) + 3 * (8 * 8 * 3) + 8 * 16 * 3 + 16 * 16 * 3 + 8 * 16);
}

struct Minute {
  StudyModality modality;
  Signal signal;
  std::vector<float> x;
  float maxima[Signal::channels];
  Index times[Signal::channels];

  explicit Minute(const StudyModality& m) : modality(m), signal(make(m.channels)) {
    Random random(2);
    x = noise(m.channels * m.length, random);
  }

  static Signal make(Index channels) {
    auto encoder = mil::make_series_encoder<float>(channels);
    Random random(1);
    encoder.initialise(random);
    return encoder.signal.fold();
  }
  nn::Series<float> series() const { return {x.data(), modality.length, modality.length}; }
  double flops() const { return flops_per_sample(modality.channels) * static_cast<double>(modality.length); }
};

/// Each series modality, or all (`only` = nullptr).
std::vector<Minute> minutes(const StudyModality* only) {
  std::vector<Minute> chosen;
  for (const auto& m : study_modalities)
    if (m.channels && (!only || only == &m)) chosen.emplace_back(m);
  return chosen;
}

void forward(benchmark::State& state, const StudyModality* only) {
  auto all = minutes(only);
  double flops = 0;
  for (const auto& m : all) flops += m.flops();
  std::vector<std::unique_ptr<nn::MaxOverTime<Signal>>> evaluators;
  for (const auto& m : all) evaluators.push_back(std::make_unique<nn::MaxOverTime<Signal>>(m.signal));
  for (auto _ : state)
    for (std::size_t i = 0; i < all.size(); ++i) {
      (*evaluators[i])(all[i].signal, all[i].series(), all[i].maxima, all[i].times);
      benchmark::DoNotOptimize(all[i].maxima);
    }
  report_flops(state, flops);
}

void backward(benchmark::State& state, const StudyModality* only) {
  using Gradient = nn::MaxOverTimeGradient<Signal>;
  auto all = minutes(only);
  std::vector<std::unique_ptr<Gradient>> pulls;
  std::vector<Signal> gradients;
  for (auto& m : all) {
    nn::MaxOverTime<Signal> evaluate(m.signal);
    evaluate(m.signal, m.series(), m.maxima, m.times);
    pulls.push_back(std::make_unique<Gradient>(m.signal));
    gradients.push_back(nn::zeros_like(m.signal));
  }
  for (auto _ : state)
    for (std::size_t i = 0; i < all.size(); ++i) {
      (*pulls[i])(all[i].signal, all[i].series(), all[i].times, all[i].maxima, gradients[i]);
      benchmark::DoNotOptimize(&gradients[i]);
    }
}

void register_all(const char* suffix, const StudyModality* only) {
  const std::string name = suffix;
  benchmark::RegisterBenchmark(("encoder_forward/" + name).c_str(), forward, only);
  benchmark::RegisterBenchmark(("encoder_backward/" + name).c_str(), backward, only);
}

const int registered = [] {
  for (const auto& m : study_modalities)
    if (m.channels) register_all(m.name, &m);
  register_all("all_seven", nullptr);
  return 0;
}();

}  // namespace
}  // namespace lifelog::benchmarks
