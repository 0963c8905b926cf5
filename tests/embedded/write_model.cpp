// SPDX-License-Identifier: MIT
#include <lifelog/core/random.hpp>

#include <cstdio>
#include <vector>

#include "encoder.hpp"

// usage: write_model > model.hpp
// Draws an encoder and a series, evaluates the series as a whole, and writes all of it as C++ constants.

namespace {

constexpr lifelog::Index samples = 240;

void write_array(const char* name, const std::vector<float>& values) {
  std::printf("constexpr float %s[] = {", name);
  for (std::size_t i = 0; i < values.size(); ++i)
    std::printf("%s%af,", i % 8 ? " " : "\n    ", static_cast<double>(values[i]));
  std::printf("\n};\n");
}

}  // namespace

int main() {
  using namespace lifelog;
  Random random(1);
  auto encoder = make_encoder();
  encoder.initialise(random);
  const Encoder plain = encoder.fold();

  std::vector<float> weights, series;  // series: [samples, channels]
  nn::visit([&](const nn::Path&, const nn::Layout& layout,
                const float* w) { weights.insert(weights.end(), w, w + layout.size()); },
            plain);
  for (Index i = 0; i < 3 * samples; ++i) series.push_back(static_cast<float>(random.normal()));

  const Eigen::Matrix<float, samples, 3> channels =
      Eigen::Map<Eigen::Matrix<float, 3, samples>>(series.data()).transpose();
  float maxima[16];
  Index times[16];
  nn::MaxOverTime(plain.signal)(plain.signal, {channels.data(), samples, samples}, maxima, times);
  std::vector<float> features(32);
  nn::NodeBase::Memory none;
  plain.head.push(none, maxima, features.data());

  std::printf(
      "#pragma once\n\n// Tensors in the order in which nn::visit meets them, as they lie in memory.\n");
  write_array("model_weights", weights);
  std::printf("\n// [sample][channel]\n");
  write_array("model_series", series);
  std::printf("\n// What the encoder makes of the series.\n");
  write_array("model_features", features);
}
