// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

#include "../core/error.hpp"

namespace lifelog::inline LIFELOG_ABI::evaluate {

/// What must be known of labelled minutes to judge a prediction of them honestly. All lists are [n], in any order.
///
///     Items items{.label = {0, 0, 1, 1}, .time = {0, 60, 120, 180}};
struct Items {
  std::vector<Index> label;         ///< classes, at least 0
  std::vector<std::int64_t> time;   ///< unix seconds of each minute's start
  std::vector<Index> person = {};   ///< empty: all of one person
  std::vector<Index> session = {};  ///< of a person; empty: a new one begins after `session_pause`

  Index size() const { return static_cast<Index>(label.size()); }
  Index person_of(Index i) const { return person.empty() ? 0 : person[static_cast<std::size_t>(i)]; }
  Index label_of(Index i) const { return label[static_cast<std::size_t>(i)]; }
  std::int64_t time_of(Index i) const { return time[static_cast<std::size_t>(i)]; }
};

/// Seconds without a minute after which a new session begins, where nobody says so.
inline constexpr std::int64_t session_pause = 3600;

/// Throws std::invalid_argument where lists differ in length or a label is below 0.
LIFELOG_LAZY void require_items(const Items& items) {
  using lifelog::detail::require;
  const auto n = items.label.size();
  require(items.time.size() == n, "items: expected a time for each of ", n, " labels, got ",
          items.time.size());
  require(items.person.empty() || items.person.size() == n, "items: expected a person for each of ", n,
          " labels, got ", items.person.size());
  require(items.session.empty() || items.session.size() == n, "items: expected a session for each of ", n,
          " labels, got ", items.session.size());
  for (const Index label : items.label)
    require(label >= 0, "items: expected labels of at least 0, got ", label);
}

/// Consecutive minutes of one person, one session and one label: what of a recording is least likely to be independent
/// of itself.
struct Run {
  Index person = 0, session = 0, label = 0;
  std::vector<Index> items;  ///< ascending in time
};

/// All minutes as runs: person by person, ascending in time. Sessions are numbered from 0 in each person.
LIFELOG_LAZY std::vector<Run> runs_of(const Items& items) {
  require_items(items);
  std::vector<Index> order(items.label.size());
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) {
    return std::pair(items.person_of(a), items.time_of(a)) < std::pair(items.person_of(b), items.time_of(b));
  });
  std::vector<Run> runs;
  Index session = 0;
  for (std::size_t k = 0; k < order.size(); ++k) {
    const Index i = order[k];
    const bool same_person = k > 0 && items.person_of(order[k - 1]) == items.person_of(i);
    bool same_session = same_person;
    if (same_person) {
      const Index before = order[k - 1];
      same_session = items.session.empty() ? items.time_of(i) - items.time_of(before) <= session_pause
                                           : items.session[static_cast<std::size_t>(i)] ==
                                                 items.session[static_cast<std::size_t>(before)];
    }
    if (!same_person)
      session = 0;
    else if (!same_session)
      ++session;
    if (!same_session || runs.back().label != items.label_of(i))
      runs.push_back({items.person_of(i), session, items.label_of(i), {}});
    runs.back().items.push_back(i);
  }
  return runs;
}

/// [n], the number of each minute's session in its person, from 0.
LIFELOG_LAZY std::vector<Index> sessions_of(const Items& items) {
  std::vector<Index> sessions(items.label.size());
  for (const auto& run : runs_of(items))
    for (const Index i : run.items) sessions[static_cast<std::size_t>(i)] = run.session;
  return sessions;
}

/// [n], the number of each minute's block, from 0: a run, but that long runs are halved until a person's label has
/// `at_least` blocks, or as many as it has minutes.
LIFELOG_LAZY std::vector<Index> blocks_of(const Items& items, Index at_least = 4) {
  std::map<std::pair<Index, Index>, std::vector<std::vector<Index>>> of_class;
  for (auto& run : runs_of(items)) of_class[{run.person, run.label}].push_back(std::move(run.items));
  std::vector<Index> blocks(items.label.size());
  Index next = 0;
  for (auto& [key, parts] : of_class) {
    for (;;) {
      const auto longest =
          std::max_element(parts.begin(), parts.end(), [](auto& a, auto& b) { return a.size() < b.size(); });
      if (static_cast<Index>(parts.size()) >= at_least || longest->size() < 2) break;
      std::vector<Index> half(longest->begin() + static_cast<Index>((longest->size() + 1) / 2),
                              longest->end());
      longest->resize(longest->size() - half.size());
      parts.insert(longest + 1, std::move(half));
    }
    for (const auto& part : parts) {
      for (const Index i : part) blocks[static_cast<std::size_t>(i)] = next;
      ++next;
    }
  }
  return blocks;
}

}  // namespace lifelog::evaluate
