// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include "../core/error.hpp"
#include "../core/matrix.hpp"

namespace lifelog::inline LIFELOG_ABI::importance {

/// How likely Student's t of `freedom` degrees lies above `t` (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4). Throws
/// std::invalid_argument for fewer than 1.
LIFELOG_LAZY double student_tail(double t, Index freedom) {
  lifelog::detail::require(freedom >= 1, "freedom: expected at least 1, got ", freedom);
  if (t != t) return t;
  const double size = std::abs(t), angle = std::atan2(size, std::sqrt(static_cast<double>(freedom)));
  const double cosine = std::cos(angle), sine = std::sin(angle);
  const bool odd = freedom % 2 == 1;
  double term = odd ? cosine : 1, sum = freedom == 1 ? 0 : term;
  for (Index k = odd ? 3 : 2; k <= freedom - 2; k += 2) {
    term *= cosine * cosine * static_cast<double>(k - 1) / static_cast<double>(k);
    sum += term;
  }
  const double within = odd ? 2 / std::numbers::pi * (angle + sine * sum) : sine * sum;
  const double tail = std::max((1 - within) / 2, 0.0);
  return t >= 0 ? tail : 1 - tail;
}

}  // namespace lifelog::importance
