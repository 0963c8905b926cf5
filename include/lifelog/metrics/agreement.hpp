// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "../core/points.hpp"

namespace lifelog::inline LIFELOG_ABI::metrics {

namespace detail {

using namespace lifelog::detail;

// Σ m (m − 1) over the multiplicities m of equal values.
template<class Value>
double ordered_pairs(std::vector<Value> values) {
  std::sort(values.begin(), values.end());
  double pairs = 0;
  for (auto first = values.begin(); first != values.end();) {
    const auto last = std::upper_bound(first, values.end(), *first);
    const double m = static_cast<double>(last - first);
    pairs += m * (m - 1);
    first = last;
  }
  return pairs;
}

}  // namespace detail

/// Adjusted Rand index (Hubert & Arabie, "Comparing partitions", 1985): 1 for equal partitions whatever the
/// names of the clusters, 0 on average for independent ones, at least −1/2.
///
/// a, b: [n], n ≥ 1, any integers. 1 when both put all rows in one cluster, or each row in its own.
template<Rows A, Rows B>
double adjusted_rand(const A& a, const B& b) {
  const auto lowest = std::numeric_limits<int>::min();
  const auto left = detail::labels_of(a, "a", lowest), right = detail::labels_of(b, "b", lowest);
  detail::require(left.size() == right.size(), "b: expected one for each of ", left.size(),
                  " labels of a, got ", right.size());
  detail::require(left.size() > 0, "a: expected at least one label, got none");
  std::vector<std::pair<int, int>> both;
  for (Index i = 0; i < left.size(); ++i) both.emplace_back(left[i], right[i]);

  const double n = static_cast<double>(left.size());
  const double together = detail::ordered_pairs(std::move(both));
  const double in_a = detail::ordered_pairs(std::vector<int>(left.begin(), left.end()));
  const double in_b = detail::ordered_pairs(std::vector<int>(right.begin(), right.end()));
  if (together == in_a && together == in_b) return 1;
  const double expected = in_a * in_b / (n * (n - 1));
  return (together - expected) / ((in_a + in_b) / 2 - expected);
}

}  // namespace lifelog::metrics
