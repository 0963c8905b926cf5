// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "../core/finite.hpp"
#include "../core/random.hpp"
#include "items.hpp"
#include "split.hpp"

namespace lifelog::inline LIFELOG_ABI::evaluate {

/// What a fold holds out.
enum class Scheme {
  shuffled,  ///< minutes at random: their neighbours train, so that what only tells the time scores well
  blocked,   ///< of each person, a block in time of each class
  session,   ///< of each person, whole sessions
  person     ///< whole people
};

/// The words of `--evaluate`, in the order of Scheme.
inline constexpr std::array<const char*, 4> scheme_names = {"shuffled", "blocked", "session", "person"};

LIFELOG_LAZY const char* scheme_name(Scheme scheme) {
  return scheme_names[static_cast<std::size_t>(scheme)];
}

/// | name | type | description | default |
/// |---|---|---|---|
/// | scheme | Scheme | what a fold holds out | blocked |
/// | folds | Index | at least 2; of `person`, 0 stands for each person once | 4 |
/// | gap | double | minutes before and after a test minute that train nobody | 0 |
/// | window | double | seconds of a minute's window: those that overlap a test window never train | 60 |
/// | valid | double | share of what does not test that validates, 0 … 1, 1 excluded | 0.125 |
/// | fall_back | bool | take fewer folds, or another scheme, where the one asked for cannot be had; else that throws | true |
/// | seed | uint64 | of what is drawn | 0 |
struct FoldOptions {
  Scheme scheme = Scheme::blocked;
  Index folds = 4;
  double gap = 0;
  double window = 60;
  double valid = 0.125;
  bool fall_back = true;
  std::uint64_t seed = 0;
};

/// What came of it. Parts of a fold ascend; a minute that is in none of its three lies in the gap.
struct Folds {
  std::vector<Split> folds;
  Scheme scheme = Scheme::blocked;  ///< that was taken
  std::string reason;               ///< why not what was asked for, a clause; empty if it was
};

namespace detail {

/// The items of each (person, label), ascending in time, and where runs begin among them (0 included).
struct ClassMinutes {
  std::vector<Index> items, starts;
};

LIFELOG_LAZY std::map<std::pair<Index, Index>, ClassMinutes> class_minutes(const Items& items) {
  std::map<std::pair<Index, Index>, ClassMinutes> classes;
  for (const auto& run : runs_of(items)) {
    auto& own = classes[{run.person, run.label}];
    own.starts.push_back(static_cast<Index>(own.items.size()));
    own.items.insert(own.items.end(), run.items.begin(), run.items.end());
  }
  return classes;
}

/// Cuts n minutes in time into `pieces` of nearly the same length, at the border of a run where one is near: a run that is
/// cut has minutes on both sides. Returns pieces + 1 positions.
LIFELOG_LAZY std::vector<Index> cuts_of(const ClassMinutes& minutes, Index pieces) {
  const auto n = static_cast<Index>(minutes.items.size());
  const double length = static_cast<double>(n) / static_cast<double>(pieces);
  std::vector<Index> cuts{0};
  for (Index k = 1; k < pieces; ++k) {
    const double ideal = static_cast<double>(k) * length;
    const Index first = cuts.back() + 1, last = n - (pieces - k);
    Index cut = std::clamp(static_cast<Index>(std::floor(ideal)), first, last);
    double nearest = 0.75 * length;
    for (const Index start : minutes.starts)
      if (const double off = std::abs(static_cast<double>(start) - ideal);
          start >= first && start <= last && off <= nearest)
        nearest = off, cut = start;
    cuts.push_back(cut);
  }
  cuts.push_back(n);
  return cuts;
}

/// [n], the fold that tests each minute.
LIFELOG_LAZY std::vector<Index> blocked_parts(const Items& items, Index folds) {
  std::vector<Index> parts(items.label.size());
  for (const auto& [key, minutes] : class_minutes(items)) {
    const auto cuts = cuts_of(minutes, folds);
    for (Index f = 0; f < folds; ++f)
      for (Index k = cuts[static_cast<std::size_t>(f)]; k < cuts[static_cast<std::size_t>(f) + 1]; ++k)
        parts[static_cast<std::size_t>(minutes.items[static_cast<std::size_t>(k)])] = f;
  }
  return parts;
}

/// Whether windows of neighbouring minutes overlap.
LIFELOG_LAZY bool windows_overlap(const Items& items, double window) {
  for (const auto& [key, minutes] : class_minutes(items))
    for (std::size_t k = 1; k < minutes.items.size(); ++k)
      if (static_cast<double>(items.time_of(minutes.items[k]) - items.time_of(minutes.items[k - 1])) < window)
        return true;
  return false;
}

/// Each person's minutes of each class dealt to the folds at random, one after another. Of windows that overlap, those of a
/// few windows' time go together: dealt one by one, none would be left that touches no tested one.
LIFELOG_LAZY std::vector<Index> shuffled_parts(const Items& items, Index folds, const FoldOptions& options) {
  std::vector<Index> parts(items.label.size());
  Random random(options.seed);
  const bool overlap = windows_overlap(items, options.window);
  Index next = 0;
  for (const auto& [key, minutes] : class_minutes(items)) {
    std::vector<std::vector<Index>> together;
    for (const Index i : minutes.items) {
      const bool near =
          overlap && !together.empty() &&
          static_cast<double>(items.time_of(i) - items.time_of(together.back().front())) < 5 * options.window;
      if (!near) together.emplace_back();
      together.back().push_back(i);
    }
    random.shuffle(together.begin(), together.end());
    for (const auto& few : together) {
      for (const Index i : few) parts[static_cast<std::size_t>(i)] = next % folds;
      ++next;
    }
  }
  return parts;
}

/// Whole units (sessions of a person, or people) to folds, the largest first, each to the fold with the least so far.
LIFELOG_LAZY std::vector<Index> unit_parts(const std::map<std::pair<Index, Index>, std::vector<Index>>& units,
                                           Index folds, std::size_t n, bool each_person) {
  std::vector<const std::vector<Index>*> order;
  std::vector<Index> person, parts(n), held(static_cast<std::size_t>(folds), 0);
  for (const auto& [key, items] : units) order.push_back(&items), person.push_back(key.first);
  std::vector<std::size_t> rank(order.size());
  std::iota(rank.begin(), rank.end(), std::size_t{0});
  std::stable_sort(rank.begin(), rank.end(), [&](std::size_t a, std::size_t b) {
    if (each_person && person[a] != person[b]) return person[a] < person[b];
    return order[a]->size() > order[b]->size();
  });
  Index now = -1;
  for (const std::size_t u : rank) {
    if (each_person && person[u] != now) std::fill(held.begin(), held.end(), 0), now = person[u];
    const auto fold = std::min_element(held.begin(), held.end()) - held.begin();
    held[static_cast<std::size_t>(fold)] += static_cast<Index>(order[u]->size());
    for (const Index i : *order[u]) parts[static_cast<std::size_t>(i)] = fold;
  }
  return parts;
}

LIFELOG_LAZY std::map<std::pair<Index, Index>, std::vector<Index>> units_of(const Items& items,
                                                                            bool sessions) {
  std::map<std::pair<Index, Index>, std::vector<Index>> units;
  for (const auto& run : runs_of(items)) {
    auto& own = units[{run.person, sessions ? run.session : 0}];
    own.insert(own.end(), run.items.begin(), run.items.end());
  }
  return units;
}

/// Items whose window, widened by the gap, does not touch that of a held-out minute of the same person.
LIFELOG_LAZY std::vector<Index> clear_of(const Items& items, const std::vector<Index>& candidates,
                                         const std::vector<Index>& held_out, double window, double gap) {
  std::map<Index, std::vector<std::int64_t>> times;
  for (const Index i : held_out) times[items.person_of(i)].push_back(items.time_of(i));
  for (auto& [person, own] : times) std::sort(own.begin(), own.end());
  const double apart = window + 60 * gap;
  std::vector<Index> clear;
  for (const Index i : candidates) {
    const auto own = times.find(items.person_of(i));
    bool touches = false;
    if (own != times.end()) {
      const auto after = std::lower_bound(own->second.begin(), own->second.end(), items.time_of(i));
      touches =
          (after != own->second.end() && static_cast<double>(*after - items.time_of(i)) < apart) ||
          (after != own->second.begin() && static_cast<double>(items.time_of(i) - *std::prev(after)) < apart);
    }
    if (!touches) clear.push_back(i);
  }
  return clear;
}

LIFELOG_LAZY std::vector<Index> without(const std::vector<Index>& all, const std::vector<Index>& some) {
  const std::set<Index> gone(some.begin(), some.end());
  std::vector<Index> rest;
  std::copy_if(all.begin(), all.end(), std::back_inserter(rest), [&](Index i) { return !gone.count(i); });
  return rest;
}

/// Which of the minutes that do not test validate: of each person and class a share, at random or as the block that follows
/// the tested one in the circle of time (so that validation is as far from training as testing is); of the scheme `person`,
/// whole people.
LIFELOG_LAZY std::vector<Index> validation_of(const Items& items, const std::vector<Index>& rest,
                                              Scheme scheme, double share, bool at_random,
                                              const std::vector<Index>& parts, Index fold, Random random) {
  std::vector<Index> valid;
  if (share == 0) return valid;
  if (scheme == Scheme::person) {
    std::map<Index, std::vector<Index>> people;
    for (const Index i : rest) people[items.person_of(i)].push_back(i);
    std::vector<Index> order;
    for (const auto& [person, own] : people) order.push_back(person);
    random.shuffle(order.begin(), order.end());
    const auto count = std::min<Index>(static_cast<Index>(order.size()) - 1,
                                       share_of(share, static_cast<Index>(order.size())));
    for (Index k = 0; k < count; ++k) {
      const auto& own = people[order[static_cast<std::size_t>(k)]];
      valid.insert(valid.end(), own.begin(), own.end());
    }
    std::sort(valid.begin(), valid.end());
    return valid;
  }
  const std::set<Index> left(rest.begin(), rest.end());
  for (auto [key, minutes] : class_minutes(items)) {
    auto& own = minutes.items;
    // Begin after the block that tests, and go round.
    auto begin = std::find_if(own.rbegin(), own.rend(), [&](Index i) {
                   return parts[static_cast<std::size_t>(i)] == fold;
                 }).base();
    std::rotate(own.begin(), begin == own.begin() ? own.begin() : begin, own.end());
    std::erase_if(own, [&](Index i) { return !left.count(i); });
    if (at_random) random.shuffle(own.begin(), own.end());
    const auto n = static_cast<Index>(own.size());
    const auto count = std::min(n - 1, share_of(share, n));
    if (count > 0) valid.insert(valid.end(), own.begin(), own.begin() + count);
  }
  std::sort(valid.begin(), valid.end());
  return valid;
}

/// The fold that tests where `parts` says so.
LIFELOG_LAZY Split fold_of(const Items& items, const std::vector<Index>& parts, Index fold, Scheme scheme,
                           const FoldOptions& options) {
  Split split;
  std::vector<Index> rest;
  for (Index i = 0; i < items.size(); ++i)
    (parts[static_cast<std::size_t>(i)] == fold ? split.test : rest).push_back(i);
  rest = clear_of(items, rest, split.test, options.window, options.gap);
  const bool at_random = scheme == Scheme::shuffled && !windows_overlap(items, options.window);
  split.valid = validation_of(items, rest, scheme, options.valid, at_random, parts, fold,
                              Random(options.seed).fork(static_cast<std::uint64_t>(fold) + 1));
  split.train = clear_of(items, without(rest, split.valid), split.valid, options.window, 0);
  return split;
}

LIFELOG_LAZY std::set<std::pair<Index, Index>> classes_of(const Items& items,
                                                          const std::vector<Index>& some) {
  std::set<std::pair<Index, Index>> classes;
  for (const Index i : some) classes.insert({items.person_of(i), items.label_of(i)});
  return classes;
}

/// Why minutes cannot be split so; empty if they can. `people`: classes are counted over everybody.
LIFELOG_LAZY std::string missing_from(const Items& items, const std::vector<Split>& folds, bool people) {
  std::vector<Index> all(items.label.size());
  std::iota(all.begin(), all.end(), Index{0});
  const auto classes = classes_of(items, all);
  for (std::size_t f = 0; f < folds.size(); ++f) {
    const auto number = std::to_string(f + 1);
    if (folds[f].test.empty()) return "fold " + number + " would test nothing";
    if (folds[f].train.empty()) return "fold " + number + " would train on nothing";
    if (people) continue;
    const auto trained = classes_of(items, folds[f].train);
    for (const auto& [person, label] : classes)
      if (!trained.count({person, label}))
        return "fold " + number + " would train without class " + std::to_string(label);
  }
  return {};
}

/// The fewest minutes that a person has of a class, and which class.
LIFELOG_LAZY std::pair<Index, Index> rarest_class(const Items& items) {
  std::pair<Index, Index> rarest{items.size() + 1, 0};
  for (const auto& [key, minutes] : class_minutes(items))
    rarest = std::min(rarest, {static_cast<Index>(minutes.items.size()), key.second});
  return rarest;
}

/// The fewest sessions of a person.
LIFELOG_LAZY Index fewest_sessions(const Items& items) {
  std::map<Index, Index> sessions;
  for (const auto& run : runs_of(items)) sessions[run.person] = run.session + 1;
  Index fewest = items.size();
  for (const auto& [person, count] : sessions) fewest = std::min(fewest, count);
  return fewest;
}

LIFELOG_LAZY Index people_count(const Items& items) {
  std::set<Index> people;
  for (Index i = 0; i < items.size(); ++i) people.insert(items.person_of(i));
  return static_cast<Index>(people.size());
}

/// As many of `folds` folds as a scheme can have; 0 and a reason where it cannot have two.
LIFELOG_LAZY Index possible_folds(const Items& items, Scheme scheme, Index folds, std::string& reason) {
  const auto say = [&](Index most, const std::string& what) {
    if (folds > most) reason = what;
    return most < 2 ? 0 : std::min(folds, most);
  };
  if (scheme == Scheme::blocked || scheme == Scheme::shuffled) {
    const auto [fewest, label] = rarest_class(items);
    const auto minutes = fewest == 1 ? " minute" : " minutes";
    // Shuffled minutes of a rare class are tested in the folds there are minutes for.
    if (scheme == Scheme::shuffled) return say(items.size(), "there are too few minutes");
    return say(fewest, "class " + std::to_string(label) + " has " + std::to_string(fewest) + minutes);
  }
  const Index most = scheme == Scheme::session ? fewest_sessions(items) : people_count(items);
  const std::string what = scheme == Scheme::session ? "session" : "person";
  if (folds == 0) folds = most;
  return say(most, "there " + std::string(most == 1 ? "is " : "are ") + std::to_string(most) + ' ' +
                       (most == 1                   ? what
                        : scheme == Scheme::session ? "sessions"
                                                    : "people"));
}

LIFELOG_LAZY void require_fold_options(const Items& items, const FoldOptions& options) {
  using lifelog::detail::is_finite;
  using lifelog::detail::require;
  require_items(items);
  require(items.size() >= 2, "items: expected at least two minutes to split, got ", items.size());
  require(options.folds >= 2 || (options.scheme == Scheme::person && options.folds == 0),
          "folds: expected at least 2, got ", options.folds);
  require(is_finite(options.gap) && options.gap >= 0, "gap: expected minutes of at least 0, got ",
          options.gap);
  require(is_finite(options.window) && options.window > 0, "window: expected seconds above 0, got ",
          options.window);
  require(options.valid >= 0 && options.valid < 1, "valid: expected a share of at least 0 and below 1, got ",
          options.valid);
}

LIFELOG_LAZY std::vector<Index> parts_of(const Items& items, Scheme scheme, Index folds,
                                         const FoldOptions& options) {
  if (scheme == Scheme::blocked) return blocked_parts(items, folds);
  if (scheme == Scheme::shuffled) return shuffled_parts(items, folds, options);
  const bool sessions = scheme == Scheme::session;
  return unit_parts(units_of(items, sessions), folds, items.label.size(), sessions);
}

}  // namespace detail

/// Splits minutes into folds; every minute is tested in exactly one of them.
///
///     const auto folds = evaluate::make_folds(items, {.scheme = evaluate::Scheme::blocked, .gap = 1});
///     for (const auto& fold : folds.folds) ...  // fold.train, fold.valid, fold.test
///
/// Blocked: each person's minutes of each class, in order of time, are cut into `folds` pieces of about the same length, at
/// the border between two runs of the class where one is near; fold f tests the f-th piece of each class. A minute whose
/// window overlaps a tested one, or lies within the gap of one, never trains; whoever is tested in that fold lends no
/// window that overlaps one that validates either. Every class of a person must train in every fold: where a person has
/// too few minutes of a class for that, there are fewer folds; where two are not possible, minutes are shuffled; `reason`
/// says so. Sessions fall back on blocks. People cannot be replaced: fewer than two throw.
///
/// Throws std::invalid_argument for options or items out of range, and, without fall_back, where the scheme cannot be had.
LIFELOG_LAZY Folds make_folds(const Items& items, const FoldOptions& options = {}) {
  detail::require_fold_options(items, options);
  Folds result;
  std::vector<Scheme> schemes{options.scheme};
  if (options.fall_back && options.scheme == Scheme::session) schemes.push_back(Scheme::blocked);
  if (options.fall_back && options.scheme != Scheme::person && options.scheme != Scheme::shuffled)
    schemes.push_back(Scheme::shuffled);
  const auto asked = options.folds == 0 ? detail::people_count(items) : options.folds;
  for (const Scheme scheme : schemes) {
    std::string why;
    for (Index folds = detail::possible_folds(items, scheme, options.folds, why); folds >= 2; --folds) {
      if (!options.fall_back && folds < asked) break;
      auto own = options;
      own.scheme = scheme;
      // The gap is one around blocks; around shuffled minutes there would be nothing else.
      if (scheme != options.scheme && scheme == Scheme::shuffled) own.gap = 0;
      const auto parts = detail::parts_of(items, scheme, folds, options);
      result.folds.clear();
      for (Index f = 0; f < folds; ++f) result.folds.push_back(detail::fold_of(items, parts, f, scheme, own));
      result.scheme = scheme;
      const auto missing =
          detail::missing_from(items, result.folds, scheme == Scheme::person || scheme == Scheme::shuffled);
      if (!missing.empty()) {
        if (why.empty()) why = missing;
        continue;
      }
      if (folds < asked || scheme != options.scheme) {
        if (!why.empty()) result.reason += (result.reason.empty() ? "" : "; ") + why;
        result.reason += std::string(result.reason.empty() ? "" : ": ") + std::to_string(folds) + " " +
                         scheme_name(scheme) + " folds in place of " + std::to_string(asked) + " " +
                         scheme_name(options.scheme);
      }
      return result;
    }
    result.reason += (result.reason.empty() ? "" : "; ") + why;
  }
  lifelog::detail::bad_argument("folds: expected minutes that can be split into ", asked, " ",
                                scheme_name(options.scheme), " folds, got some where ", result.reason);
}

}  // namespace lifelog::evaluate
