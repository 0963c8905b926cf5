// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <vector>

#include "held_out.hpp"

namespace lifelog::inline LIFELOG_ABI::predict {

/// `comparison.split`: its share for testing trains as well.
struct RegroupOptions {
  ComparisonOptions comparison;
  int rounds = 10;  ///< at most
};

/// Groups of people whom the same predictor tells well.
struct Regrouping {
  std::vector<std::vector<std::size_t>> groups;  ///< as many as at the start; one that nobody chose is empty
  std::vector<double> loss;  ///< [rounds], mean over people of the loss by which they chose
  bool settled = false;      ///< in the last round nobody changed
};

namespace detail {

using UserGroups = std::vector<std::vector<std::size_t>>;

struct Likeliest {
  std::size_t predictor;
  double loss;
};

/// The predictor under which some rows are likeliest, the first of equals; none where no loss is finite.
template<class T>
std::optional<Likeliest> likeliest(PredictorTrainer<T>& trainer,
                                   const std::vector<std::optional<PredictorNetwork<T>>>& networks,
                                   const std::vector<Index>& rows) {
  std::optional<Likeliest> found;
  for (std::size_t g = 0; g < networks.size() && !rows.empty(); ++g) {
    if (!networks[g]) continue;
    const double loss = trainer.loss(*networks[g], rows);
    if (lifelog::detail::is_finite(loss) && (!found || loss < found->loss)) found = Likeliest{g, loss};
  }
  return found;
}

template<class T>
class Regrouper {
 public:
  using Networks = std::vector<std::optional<PredictorNetwork<T>>>;

  /// All must outlive this.
  Regrouper(const RowInputs& inputs, std::size_t users, const RegroupOptions& options)
      : inputs_(inputs), users_(users), options_(options), trainer_(inputs, options.comparison) {
    lifelog::detail::require(options.rounds >= 1, "rounds: expected at least 1, got ", options.rounds);
    auto split = options.comparison.split;
    split.train += split.test;
    split.test = 0;
    split_ = split_by_user(inputs, users, split, options.comparison.stratified);
    // Who was trained on is told well by that: rows that train nobody choose, where there are any.
    for (std::size_t u = 0; u < users; ++u) {
      choosing_.push_back(rows_of(split_.valid, inputs, {u}));
      if (choosing_[u].empty()) choosing_[u] = rows_of(split_.train, inputs, {u});
    }
  }

  /// A predictor of some people; none where they have no rows.
  std::optional<PredictorNetwork<T>> train(const std::vector<std::size_t>& people) {
    const auto rows = rows_of(split_.train, inputs_, people);
    if (rows.empty()) return {};
    return trainer_.train(rows, rows_of(split_.valid, inputs_, people));
  }

  Networks train_all(const UserGroups& groups) {
    Networks networks;
    for (const auto& people : groups) networks.push_back(train(people));
    return networks;
  }

  Regrouping run(UserGroups groups) {
    check(groups);
    Regrouping result;
    std::set<UserGroups> seen;
    for (auto& people : groups) std::sort(people.begin(), people.end());
    for (int round = 0; round < options_.rounds && !result.settled && seen.insert(groups).second; ++round) {
      const auto networks = train_all(groups);
      UserGroups next(groups.size());
      double sum = 0;
      std::size_t choosing = 0;
      for (std::size_t g = 0; g < groups.size(); ++g)
        for (const auto user : groups[g]) {
          const auto chosen = likeliest(trainer_, networks, choosing_[user]);
          next[chosen ? chosen->predictor : g].push_back(user);
          if (chosen) sum += chosen->loss, ++choosing;
        }
      for (auto& people : next) std::sort(people.begin(), people.end());
      result.loss.push_back(choosing > 0 ? sum / static_cast<double>(choosing) : 0);
      result.settled = next == groups;
      groups = std::move(next);
    }
    result.groups = std::move(groups);
    return result;
  }

  PredictorTrainer<T>& trainer() { return trainer_; }

 private:
  void check(const UserGroups& groups) const {
    require_people_once(groups, users_);
    const bool any = std::any_of(groups.begin(), groups.end(), [&](const auto& people) {
      return std::any_of(people.begin(), people.end(), [&](auto user) { return !choosing_[user].empty(); });
    });
    lifelog::detail::require(any, "groups: expected people with labelled rows, got none");
  }

  const RowInputs& inputs_;
  std::size_t users_;
  const RegroupOptions& options_;
  PredictorTrainer<T> trainer_;
  evaluate::Split split_;
  std::vector<std::vector<Index>> choosing_;  ///< [users]
};

}  // namespace detail

/// Groups that help prediction, found by predicting: each group's predictor is trained on its people, then everybody goes to
/// the group whose predictor has the least mean cross-entropy on rows of theirs that validated it, and so on in turns until
/// nobody moves (IFCA with models trained to their end: Ghosh, Chung, Yin, Ramchandran, "An efficient framework for clustered
/// federated learning", NeurIPS 2020). As k-means does, it ends in a place that hangs on the start.
///
/// users: how many people `inputs` holds; start: their indices, each in at most one group; who is in none takes no part. Ends
/// after `rounds`, or when groups come back that were there before. Throws std::invalid_argument for a person in two groups, and
/// for people without labelled rows. T: what the networks compute in.
///
///     const auto found = predict::regroup(inputs, tables.size(), groups, {.comparison = options});
template<class T = float>
Regrouping regroup(const RowInputs& inputs, std::size_t users,
                   const std::vector<std::vector<std::size_t>>& start, const RegroupOptions& options) {
  return detail::Regrouper<T>(inputs, users, options).run(start);
}

/// Ways to predict somebody new, in the order of `RegroupedPerson`.
inline constexpr std::array regroup_ways = {"regrouped", "general", "random", "own"};

/// What somebody whose rows took no part in grouping and training is told by.
struct RegroupedPerson {
  std::size_t user = 0, fold = 0;
  Index assign_minutes = 0;
  std::vector<Index> rows;  ///< all but those of the minutes that chose
  /// [regroup_ways], the class of each of these rows by: the predictor of the group that a few labelled minutes chose; that of
  /// all others; that of a group chosen just so among random ones of the same sizes; one trained on these minutes alone.
  std::array<std::vector<Index>, regroup_ways.size()> predicted;
};

struct RegroupComparison {
  std::vector<RegroupedPerson> people;
  std::vector<Regrouping> folds;      ///< groups of the people who are not held out
  std::vector<std::size_t> left_out;  ///< members with less than two labelled minutes
};

/// What `regroup` is worth to somebody new: people are held out in `folds` parts, the others are regrouped, and each person held
/// out is predicted in four ways (`RegroupedPerson`). Random groups tell what choosing among predictors gets by itself.
///
/// assign_minutes: labelled minutes of a person held out that choose, at most half of those there are. Throws
/// std::invalid_argument as `regroup`, and for fewer people with labelled rows than folds, or fewer than two of these.
template<class T = float>
RegroupComparison compare_regrouping(const RowInputs& inputs, std::size_t users,
                                     const std::vector<std::vector<std::size_t>>& start, Index folds,
                                     Index assign_minutes, const RegroupOptions& options) {
  using lifelog::detail::require;
  require(folds >= 2, "folds: expected at least 2, got ", folds);
  require(assign_minutes >= 1, "assign_minutes: expected at least 1, got ", assign_minutes);
  require(inputs.time.size() == inputs.user.size(), "inputs: expected a time for each of ",
          inputs.user.size(), " rows, got ", inputs.time.size());
  detail::require_people_once(start, users);
  const auto rows = detail::rows_by_user(inputs, users);
  std::vector<std::size_t> people;
  RegroupComparison result;
  for (const auto& group : start)
    for (const auto user : group)
      (detail::choose_minutes(inputs, rows[user], 1).minutes > 0 ? people : result.left_out).push_back(user);
  std::sort(people.begin(), people.end());
  require(static_cast<Index>(people.size()) >= folds, "folds: expected at most one for each of ",
          people.size(), " people with labelled minutes, got ", folds);
  Random random(options.comparison.train.seed);
  random.shuffle(people.begin(), people.end());
  detail::Regrouper<T> regrouper(inputs, users, options);
  auto& trainer = regrouper.trainer();
  for (Index fold = 0; fold < folds; ++fold) {
    const auto is_out = [&](std::size_t user) {
      const auto place = std::find(people.begin(), people.end(), user) - people.begin();
      return place < static_cast<std::ptrdiff_t>(people.size()) && place % folds == fold;
    };
    auto groups = start;
    for (auto& group : groups) std::erase_if(group, is_out);
    result.folds.push_back(regrouper.run(groups));
    std::vector<std::size_t> others;
    for (const auto& group : result.folds.back().groups)
      others.insert(others.end(), group.begin(), group.end());
    std::sort(others.begin(), others.end());
    const auto general = regrouper.train(others);
    auto shuffled = others;
    random.shuffle(shuffled.begin(), shuffled.end());
    detail::UserGroups drawn;
    for (auto next = shuffled.begin(); const auto& group : result.folds.back().groups) {
      drawn.emplace_back(next, next + static_cast<std::ptrdiff_t>(group.size()));
      next += static_cast<std::ptrdiff_t>(group.size());
    }
    const auto of_groups = regrouper.train_all(result.folds.back().groups),
               of_random = regrouper.train_all(drawn);
    for (const auto user : people) {
      if (!is_out(user)) continue;
      const auto minutes = detail::choose_minutes(inputs, rows[user], assign_minutes);
      RegroupedPerson person{user, static_cast<std::size_t>(fold), minutes.minutes, minutes.rest, {}};
      const auto chosen_of = [&](const auto& networks) -> const auto& {
        const auto chosen = detail::likeliest(trainer, networks, minutes.asked);
        // Where no loss is finite, nothing speaks against everybody's predictor.
        return chosen ? *networks[chosen->predictor] : *general;
      };
      metrics::ConfusionMatrix unused(inputs.classes);
      person.predicted = {trainer.judge(chosen_of(of_groups), person.rows, unused),
                          trainer.judge(*general, person.rows, unused),
                          trainer.judge(chosen_of(of_random), person.rows, unused),
                          trainer.judge(trainer.train(minutes.asked, {}), person.rows, unused)};
      result.people.push_back(std::move(person));
    }
  }
  std::sort(result.people.begin(), result.people.end(),
            [](const auto& a, const auto& b) { return a.user < b.user; });
  return result;
}

}  // namespace lifelog::predict
