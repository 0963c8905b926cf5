// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <limits>
#include <mutex>
#include <numeric>
#include <vector>

#include "../core/parallel.hpp"
#include "../evaluate/split.hpp"
#include "cohort_network.hpp"

namespace lifelog::inline LIFELOG_ABI::predict {

/// What networks of a cohort say of minutes that they were not trained on, in the order of the people and their minutes.
struct CohortFolds {
  std::vector<std::string> classes;
  std::vector<Index> person, label;  ///< [N]
  RowMatrix<double> common,
      personal;  ///< [N, C], mean probabilities over seeds; NaN of minutes that no fold tests
  std::vector<double> strengths;  ///< [rounds × seeds], of the pull towards the common heads
};

namespace detail {

/// Which of its folds a person's minutes are split by in a round, by turns: people who did the same things in the same order
/// would else all have the same part of it held out, and nobody could learn it from another. −1: he has none.
LIFELOG_LAZY Index fold_in_round(Index person, Index round, std::size_t folds) {
  return folds == 0 ? -1 : (person + round) % static_cast<Index>(folds);
}

/// One network for everybody, and what it says of everybody's minutes that a round holds out.
template<class T, class Encoders>
class CohortRound {
 public:
  using Splits = std::vector<std::vector<evaluate::Split>>;

  CohortRound(const std::vector<data::DataSet>& people, const Splits& folds, Index round,
              const CohortOptions& options) {
    std::vector<std::vector<Index>> scale;
    std::vector<Index> train, valid;
    Index first = 0;
    for (std::size_t p = 0; p < people.size(); ++p) {
      const auto fold = fold_in_round(static_cast<Index>(p), round, folds[p].size());
      evaluate::Split split;
      if (fold >= 0) {
        split = folds[p][static_cast<std::size_t>(fold)];
        // Who has fewer folds than there are rounds is tested once all the same.
        if (round >= static_cast<Index>(folds[p].size())) split.test.clear();
      } else {
        split.train.resize(people[p].label.size());
        std::iota(split.train.begin(), split.train.end(), Index{0});
      }
      scale.push_back(split.train);
      for (const Index row : split.train) train.push_back(first + row);
      for (const Index row : split.valid) valid.push_back(first + row);
      for (const Index row : split.test) tested.push_back(first + row);
      first += people[p].size();
    }
    const auto pooled = pool_people(people, options.threads, scale);
    const auto cohort = train_cohort<T, Encoders>(pooled, train, valid, options);
    strength = cohort.strength;
    const auto keys = keys_of(cohort.common, bags_of(pooled.data), tested, options.threads);
    common = probabilities_of(heads_of(cohort.common), keys.bags, tested);
    personal = common;
    for (Index person = 0; person < pooled.people(); ++person) {
      std::vector<Index> own, at;
      for (std::size_t n = 0; n < tested.size(); ++n)
        if (pooled.person[static_cast<std::size_t>(tested[n])] == person)
          own.push_back(tested[n]), at.push_back(static_cast<Index>(n));
      const auto said = probabilities_of(cohort.heads[static_cast<std::size_t>(person)], keys.bags, own);
      for (std::size_t n = 0; n < own.size(); ++n) personal.row(at[n]) = said.row(static_cast<Index>(n));
    }
  }

  std::vector<Index> tested;           ///< rows of all people's minutes
  RowMatrix<double> common, personal;  ///< [tested, C]
  double strength;
};

}  // namespace detail

/// One network for a cohort, judged as networks of each person's own are: by folds of everybody's minutes. A round trains one
/// on everybody's training minutes of a fold, in turns: while the first person's fold 1 is tested, the second's fold 2 is.
/// Each person stands in the scale of his training minutes.
///
/// folds: [people], e.g. `evaluate::make_folds(…).folds`; a person with none trains with all minutes and is not tested.
/// seeds: networks whose mean probability counts, ≥ 1. seen(share): called after each training, on any thread, one at a time.
/// Rounds and seeds are trained side by side; results do not depend on the threads. Throws std::invalid_argument.
template<class T, class Encoders = mil::StudyEncoders, class Seen>
CohortFolds cohort_folds(const std::vector<data::DataSet>& people,
                         const std::vector<std::vector<evaluate::Split>>& folds, const CohortOptions& options,
                         Index seeds, Seen&& seen) {
  using lifelog::detail::require;
  require(folds.size() == people.size(), "folds: expected those of each of ", people.size(), " people, got ",
          folds.size());
  require(seeds >= 1, "seeds: expected at least 1, got ", seeds);
  Index rounds = 0;
  for (const auto& own : folds) rounds = std::max(rounds, static_cast<Index>(own.size()));
  require(rounds >= 1, "folds: expected some of somebody, got none");
  using Round = detail::CohortRound<T, Encoders>;
  const Index pieces = rounds * seeds;
  std::vector<std::vector<Round>> said(static_cast<std::size_t>(pieces));
  std::mutex one_at_a_time;
  double done = 0;
  parallel_for(pieces, options.threads, [&](Index piece) {
    auto own = options;
    own.threads = 1;
    own.train.seed += static_cast<std::uint64_t>(piece % seeds);
    said[static_cast<std::size_t>(piece)].emplace_back(people, folds, piece / seeds, own);
    const std::lock_guard lock(one_at_a_time);
    seen(++done / static_cast<double>(pieces));
  });
  CohortFolds result;
  result.classes = detail::classes_of_all(people);
  for (std::size_t p = 0; p < people.size(); ++p)
    for (const auto label : people[p].label) {
      const auto& name = people[p].classes[static_cast<std::size_t>(label)];
      result.person.push_back(static_cast<Index>(p));
      result.label.push_back(std::find(result.classes.begin(), result.classes.end(), name) -
                             result.classes.begin());
    }
  result.common.setConstant(static_cast<Index>(result.person.size()),
                            static_cast<Index>(result.classes.size()),
                            std::numeric_limits<double>::quiet_NaN());
  result.personal = result.common;
  for (Index piece = 0; piece < pieces; ++piece) {
    const auto& round = said[static_cast<std::size_t>(piece)].front();
    result.strengths.push_back(round.strength);
    for (std::size_t n = 0; n < round.tested.size(); ++n) {
      const Index row = round.tested[n];
      if (piece % seeds == 0) result.common.row(row).setZero(), result.personal.row(row).setZero();
      result.common.row(row) += round.common.row(static_cast<Index>(n)) / static_cast<double>(seeds);
      result.personal.row(row) += round.personal.row(static_cast<Index>(n)) / static_cast<double>(seeds);
    }
  }
  return result;
}

}  // namespace lifelog::predict
