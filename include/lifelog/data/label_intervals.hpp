// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

// Labels that hold for a time, and the one that a window takes.

#include "../core/abi.hpp"

namespace lifelog::inline LIFELOG_ABI::data {

/// A label holds for [start, end); times of all in one unit, whichever.
struct LabelInterval {
  std::int64_t start, end;
  std::string label;
};

/// The label that covers most of [from, to) (of equals, the one that begins first), if that is at least
/// `minimum`; null otherwise. Intervals ascending by start. Time that two intervals of one label share counts once.
inline const std::string* covering_label(std::span<const LabelInterval> intervals, std::int64_t from,
                                         std::int64_t to, std::int64_t minimum) {
  struct Cover {
    const std::string* label;
    std::int64_t covered, until;
  };
  std::vector<Cover> covers;
  for (const auto& interval : intervals) {
    if (interval.start >= to) break;
    if (interval.end <= from) continue;
    auto cover = std::find_if(covers.begin(), covers.end(),
                              [&](const Cover& c) { return *c.label == interval.label; });
    if (cover == covers.end()) cover = covers.insert(covers.end(), {&interval.label, 0, from});
    const auto until = std::min(interval.end, to);
    cover->covered += std::max<std::int64_t>(0, until - std::max(interval.start, cover->until));
    cover->until = std::max(cover->until, until);
  }
  const Cover* best = nullptr;
  for (const auto& cover : covers)
    if (best == nullptr || cover.covered > best->covered) best = &cover;
  return best != nullptr && best->covered >= minimum ? best->label : nullptr;
}

}  // namespace lifelog::data
