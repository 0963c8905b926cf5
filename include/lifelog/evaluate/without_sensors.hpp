// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "items.hpp"

namespace lifelog::inline LIFELOG_ABI::evaluate {

/// The class that most of the rows are of; of equals the lowest. What whoever looks at no sensor would always say.
/// Throws std::invalid_argument without rows.
LIFELOG_LAZY Index majority_class(const Items& items, const std::vector<Index>& rows) {
  lifelog::detail::require(!rows.empty(), "rows: expected at least one, got none");
  std::vector<Index> counts;
  for (const Index i : rows) {
    const auto label = static_cast<std::size_t>(items.label_of(i));
    if (label >= counts.size()) counts.resize(label + 1, 0);
    ++counts[label];
  }
  return std::max_element(counts.begin(), counts.end()) - counts.begin();
}

/// [tested], the majority class of the training rows, over and over.
LIFELOG_LAZY std::vector<Index> predict_majority(const Items& items, const std::vector<Index>& train,
                                                 const std::vector<Index>& tested) {
  return std::vector<Index>(tested.size(), majority_class(items, train));
}

/// Which time the clock reads.
enum class Clock {
  absolute,      ///< unix seconds, of the person's own minutes: right where neighbours in time train
  session_start  ///< seconds since the session began, of everybody's: tests whole sessions or people
};

/// [tested], the class of the training minute that is nearest in time; of two as near the earlier, of several at one time
/// the class that most of them have, of equals the lowest. No sensor is looked at: what this scores, a network may score by
/// knowing when a minute was.
///
/// Somebody of whom no minute trains is told the majority class by the absolute clock. Throws std::invalid_argument without
/// training rows.
LIFELOG_LAZY std::vector<Index> predict_clock(const Items& items, const std::vector<Index>& train,
                                              const std::vector<Index>& tested,
                                              Clock clock = Clock::absolute) {
  const Index majority = majority_class(items, train);
  std::vector<std::int64_t> time = items.time;
  if (clock == Clock::session_start) {
    std::int64_t start = 0;
    Index person = -1, session = -1;
    for (const auto& run : runs_of(items)) {
      if (run.person != person || run.session != session) start = items.time_of(run.items.front());
      person = run.person, session = run.session;
      for (const Index i : run.items) time[static_cast<std::size_t>(i)] -= start;
    }
  }
  // Of each person (or of all), ascending: time and label.
  using Known = std::vector<std::pair<std::int64_t, Index>>;
  std::map<Index, Known> known;
  const auto whose = [&](Index i) { return clock == Clock::absolute ? items.person_of(i) : 0; };
  for (const Index i : train)
    known[whose(i)].push_back({time[static_cast<std::size_t>(i)], items.label_of(i)});
  for (auto& [person, own] : known) std::sort(own.begin(), own.end());
  const auto label_at = [](const Known& own, std::int64_t when) {
    std::map<Index, Index> votes;
    for (auto k = std::lower_bound(own.begin(), own.end(), std::pair{when, Index{0}});
         k != own.end() && k->first == when; ++k)
      ++votes[k->second];
    return std::max_element(votes.begin(), votes.end(),
                            [](const auto& a, const auto& b) { return a.second < b.second; })
        ->first;
  };
  std::vector<Index> predicted;
  for (const Index i : tested) {
    const auto found = known.find(whose(i));
    if (found == known.end()) {
      predicted.push_back(majority);
      continue;
    }
    const auto& own = found->second;
    const auto now = time[static_cast<std::size_t>(i)];
    const auto after = std::lower_bound(own.begin(), own.end(), std::pair{now, Index{0}});
    const bool earlier =
        after == own.end() || (after != own.begin() && now - std::prev(after)->first <= after->first - now);
    predicted.push_back(label_at(own, earlier ? std::prev(after)->first : after->first));
  }
  return predicted;
}

}  // namespace lifelog::evaluate
