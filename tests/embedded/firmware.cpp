// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>

#include "encoder.hpp"
#include "machine.hpp"
#include "model.hpp"

// The encoder on a microcontroller, sample by sample, held against what the host computed. Exit status 0: they agree.

#if !defined(LIFELOG_NO_EXCEPTIONS) || defined(__GXX_RTTI)
#error "this file is meant to be compiled with -fno-exceptions -fno-rtti"
#endif

namespace {

using namespace lifelog;

Encoder encoder;
nn::Stream<Encoder> stream;

void load_weights() {
  const float* next = model_weights;
  nn::visit(
      [&](const nn::Path&, const nn::Layout& layout, float* w) {
        std::copy_n(next, layout.size(), w);
        next += layout.size();
      },
      encoder);
}

bool agrees(const float* features) {
  float largest = 0, error = 0;
  for (int i = 0; i < 32; ++i) {
    largest = std::max(largest, std::abs(model_features[i]));
    const float difference = std::abs(features[i] - model_features[i]);
    error = difference <= error ? error : difference;  // takes NaN
  }
  machine::report("largest deviation from the host, 1e-9 of the largest feature",
                  static_cast<unsigned>(error / largest * 1e9f));
  return largest > 0 && error <= 2e-6f * largest;
}

}  // namespace

int main() {
  constexpr unsigned samples = sizeof model_series / sizeof model_series[0] / 3;
  machine::paint_stack();
  load_weights();
  bool good = true;
  for (int round = 0; round < 2; ++round) {
    stream.reset();
    const unsigned start = machine::instructions();
    for (unsigned t = 0; t < samples; ++t) stream.push(encoder, model_series + 3 * t);
    const unsigned spent = machine::instructions() - start;
    float features[32];
    stream.features(encoder, features);
    good = agrees(features) && good;
    if (round == 0) machine::report("instructions a sample", spent / samples);
  }
  machine::report("bytes of weights in RAM", sizeof encoder);
  machine::report("bytes of a stream's state", sizeof stream);
  machine::report("bytes of stack used", machine::stack_used());
  return good ? 0 : 1;
}
