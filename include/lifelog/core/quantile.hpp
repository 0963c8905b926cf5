// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "../core/abi.hpp"

namespace lifelog::inline LIFELOG_ABI::detail {

/// The value below which a share 0…1 of sorted values lies, linear between two of them: numpy's `quantile`. At least one value.
inline double quantile(const std::vector<double>& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const auto above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace lifelog::detail
