// SPDX-License-Identifier: MIT
#include "machine.hpp"
#include "model.hpp"

// What export_firmware writes, on a microcontroller: a bag sample by sample, held against what the host computed. Exit
// status 0: they agree.

#if !defined(LIFELOG_NO_EXCEPTIONS) || defined(__GXX_RTTI)
#error "this file is meant to be compiled with -fno-exceptions -fno-rtti"
#endif

namespace {

model::Network network;
model::Stream stream;

/// Instructions that a sample of modality 0 takes.
unsigned instructions_a_sample() {
  const float sample[] = {0.5f, -1.0f, 2.0f};
  constexpr unsigned samples = 64;
  const unsigned start = machine::instructions();
  for (unsigned t = 0; t < samples; ++t) stream.push(network, 0, sample);
  return (machine::instructions() - start) / samples;
}

}  // namespace

int main() {
  machine::paint_stack();
  network.load(model::weights);
  bool good = true;
  for (int round = 0; round < 2; ++round) {
    const float deviation = model::self_test(network, stream);
    machine::report("largest deviation from the host, 1e-9", static_cast<unsigned>(deviation * 1e9f));
    good = good && deviation < 2e-5f;
  }
  float importance[model::Network::modalities], log_probabilities[model::Network::classes];
  stream.reset();
  good = good && !stream.evaluate(network, importance, log_probabilities);  // nothing has been heard yet
  machine::report("instructions a sample of modality 0", instructions_a_sample());
  machine::report("bytes of weights in RAM", sizeof network);
  machine::report("bytes of a stream's state", sizeof stream);
  machine::report("bytes of stack used", machine::stack_used());
  return good ? 0 : 1;
}
