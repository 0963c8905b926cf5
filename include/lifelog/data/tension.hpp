// SPDX-License-Identifier: MIT
#pragma once

#include "../core/abi.hpp"

namespace lifelog::inline LIFELOG_ABI::data {

/// How the study's predictors see tension: `three` is {0, 1} {2, 3, 4} {rest}, as was meant; `study` is what
/// the original's expression computes, {0, 1} and {rest}.
enum class TensionBins { study, three };

/// The bin 0…C−1 of a tension as people report it.
inline int tension_bin(int tension, TensionBins bins) {
  if (tension == 0 || tension == 1) return 0;
  if (bins == TensionBins::study) return 1;
  return tension >= 2 && tension <= 4 ? 1 : 2;
}

/// Number of bins.
inline int tension_bin_count(TensionBins bins) {
  return bins == TensionBins::study ? 2 : 3;
}

}  // namespace lifelog::data
