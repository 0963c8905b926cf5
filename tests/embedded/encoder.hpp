// SPDX-License-Identifier: MIT
#pragma once

#include <lifelog/embedded.hpp>

// The study's encoder of a series of three channels, as host and firmware spell it.
inline auto make_encoder() {
  using namespace lifelog::nn;
  return input<3> | causal_block<8>(dilation<1>) | causal_block<8>(dilation<2>) |
         causal_block<16>(dilation<4>) | max_over_time | linear<32>;
}

/// The encoder with its weight norms folded: what firmware holds.
using Encoder = decltype(make_encoder().fold());
