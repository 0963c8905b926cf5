// SPDX-License-Identifier: MIT
#include <cstdio>

#include "model.hpp"

// What export_firmware writes, compiled for the host as for a device. Exit status 0: its self-test passes.

static model::Network network;
static model::Stream stream;

int main() {
  network.load(model::weights);
  const float deviation = model::self_test(network, stream);
  std::printf("largest deviation from whole series at once: %g; bytes of weights %zu, of state %zu\n",
              static_cast<double>(deviation), sizeof network, sizeof stream);
  return deviation < 2e-5f ? 0 : 1;
}
