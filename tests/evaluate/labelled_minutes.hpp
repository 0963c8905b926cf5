// SPDX-License-Identifier: MIT
#pragma once

#include <lifelog/core/random.hpp>
#include <lifelog/evaluate/items.hpp>

namespace lifelog::inline LIFELOG_ABI::evaluate {

/// Minutes of people whose label changes at random: each minute with probability 1 / `run`, to any class.
inline Items changing_labels(Index people, Index minutes, Index classes, double run, std::uint64_t seed) {
  Items items;
  Random random(seed);
  for (Index p = 0; p < people; ++p) {
    Index label = 0;
    for (Index i = 0; i < minutes; ++i) {
      if (i == 0 || random.uniform() < 1 / run)
        label = static_cast<Index>(random.below(static_cast<std::uint64_t>(classes)));
      items.label.push_back(label);
      items.time.push_back(60 * i);
      items.person.push_back(p);
    }
  }
  return items;
}

}  // namespace lifelog::evaluate
