// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "../core/finite.hpp"
#include "../core/random.hpp"
#include "items.hpp"

namespace lifelog::inline LIFELOG_ABI::evaluate {

/// [n], labels that have nothing to do with the minutes, but go on in time as the true ones do: in each session of each
/// person they are shifted in a circle, by a number of minutes drawn from 1 … (minutes − 1). An analysis of them, repeated,
/// tells what chance does (Efron & Tibshirani, "An Introduction to the Bootstrap", 1993, ch. 15; circular shifts: Harris,
/// "Nonsense correlations in neuroscience", 2021). A session of one minute keeps its label.
///
///     for (Index k = 0; k < 20; ++k) scores.push_back(analyse(shifted_labels(items, Random(seed).fork(k))));
///     const double p = null_p_value(analyse(items.label), scores);
LIFELOG_LAZY std::vector<Index> shifted_labels(const Items& items, Random random) {
  std::map<std::pair<Index, Index>, std::vector<Index>> sessions;
  for (const auto& run : runs_of(items)) {
    auto& own = sessions[{run.person, run.session}];
    own.insert(own.end(), run.items.begin(), run.items.end());
  }
  auto labels = items.label;
  for (const auto& [key, own] : sessions) {
    if (own.size() < 2) continue;
    const auto shift = 1 + static_cast<std::size_t>(random.below(own.size() - 1));
    for (std::size_t k = 0; k < own.size(); ++k)
      labels[static_cast<std::size_t>(own[(k + shift) % own.size()])] = items.label_of(own[k]);
  }
  return labels;
}

/// (1 + how many of the null scores are at least the observed one) / (nulls + 1): how likely chance does as well (Phipson &
/// Smyth, "Permutation p-values should never be zero", 2010). A null score that is no number counts as at least as good.
/// Throws std::invalid_argument without null scores, or where the observed one is no number.
LIFELOG_LAZY double null_p_value(double observed, const std::vector<double>& nulls) {
  lifelog::detail::require(!nulls.empty(), "nulls: expected at least one score, got none");
  lifelog::detail::require(!lifelog::detail::is_nan(observed), "observed: expected a number, got none");
  const auto as_good = std::count_if(nulls.begin(), nulls.end(), [&](double null) {
    return lifelog::detail::is_nan(null) || null >= observed;
  });
  return static_cast<double>(1 + as_good) / static_cast<double>(nulls.size() + 1);
}

}  // namespace lifelog::evaluate
