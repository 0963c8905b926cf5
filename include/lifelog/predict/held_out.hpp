// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <vector>

#include "../core/finite.hpp"
#include "predictor_training.hpp"

namespace lifelog::inline LIFELOG_ABI::predict {

/// `comparison.split`: its share for testing trains as well, since whoever is held out is the test.
struct HeldOutOptions {
  ComparisonOptions comparison;
  /// Labelled minutes of the person held out that choose a group; at most half of those there are.
  Index assign_minutes = 10;
};

/// Somebody whose rows no predictor was trained on.
struct HeldOutPerson {
  std::size_t user = 0;      ///< index of the table
  std::size_t group = 0;     ///< whose member the person is
  std::size_t assigned = 0;  ///< that some of the person's labelled minutes chose
  Index assign_minutes = 0;
  /// [groups], mean cross-entropy of those minutes under each group's predictor; NaN where nobody else is in the group.
  std::vector<double> loss;
  /// On all other minutes: the predictor of everybody else; of the assigned group; of the own group's other members, if
  /// there are any with rows.
  Score general, of_assigned;
  std::optional<Score> of_own;
};

/// What a predictor was trained on: everybody or one group, without `user`, if there is one.
struct HeldOutPredictor {
  std::optional<std::size_t> group, user;
  train::TrainStatus status = train::TrainStatus::finished;
  std::vector<train::Epoch> history;
};

struct HeldOut {
  std::vector<HeldOutPerson> people;
  /// Members of groups with less than two labelled minutes: one to choose by, one to be judged by.
  std::vector<std::size_t> left_out;
  /// In the order they were trained in: of each group; then for each person of everybody else, and of the rest of the
  /// person's group. One that diverged is used with its best weights before that.
  std::vector<HeldOutPredictor> predictors;

  /// Means over people: of the assigned group's predictor, and of everybody else's.
  double mean_assigned_f1() const { return detail::mean_f1(people, &HeldOutPerson::of_assigned); }
  double mean_general_f1() const { return detail::mean_f1(people, &HeldOutPerson::general); }
  /// How many were assigned to the group they are in.
  std::size_t assigned_to_own() const {
    return static_cast<std::size_t>(
        std::count_if(people.begin(), people.end(), [](const auto& p) { return p.assigned == p.group; }));
  }
};

namespace detail {

/// A person's rows in minutes, as those asked for a label and the rest.
struct MinuteChoice {
  std::vector<Index> asked, rest;
  Index minutes = 0;
};

/// Minutes spread evenly over all that have a label: a diary asks now and then, and one hour seldom shows more than one
/// state. rows: of one person, in order of time.
LIFELOG_LAZY MinuteChoice choose_minutes(const RowInputs& inputs, const std::vector<Index>& rows,
                                         Index wanted) {
  std::vector<std::vector<Index>> minutes;
  std::int64_t last = 0;
  for (const Index row : rows) {
    const auto time = inputs.time[static_cast<std::size_t>(row)];
    const auto minute = (time - (time % 60 + 60) % 60) / 60;
    if (minutes.empty() || minute != last) minutes.emplace_back();
    last = minute;
    minutes.back().push_back(row);
  }
  const auto count = static_cast<Index>(minutes.size());
  MinuteChoice choice;
  choice.minutes = std::min(wanted, count / 2);
  Index asked = 0;
  for (Index m = 0; m < count; ++m) {
    const bool ask = asked < choice.minutes && m == (2 * asked + 1) * count / (2 * choice.minutes);
    asked += ask;
    const auto& own = minutes[static_cast<std::size_t>(m)];
    auto& to = ask ? choice.asked : choice.rest;
    to.insert(to.end(), own.begin(), own.end());
  }
  return choice;
}

template<class T>
class LeaveOneOut {
 public:
  using Users = std::vector<std::size_t>;
  using Network = typename PredictorTrainer<T>::Network;

  /// All must outlive this.
  LeaveOneOut(const RowInputs& inputs, std::size_t users, const std::vector<Users>& groups,
              const HeldOutOptions& options)
      : inputs_(inputs),
        groups_(groups),
        options_(options),
        rows_(rows_by_user(inputs, users)),
        trainer_(inputs, options.comparison) {
    check(users);
    auto split = options.comparison.split;
    split.train += split.test;
    split.test = 0;
    split_ = split_by_user(inputs, users, split, options.comparison.stratified);
  }

  HeldOut run() {
    for (std::size_t g = 0; g < groups_.size(); ++g) whole_.push_back(train(groups_[g], g, {}));
    for (std::size_t g = 0; g < groups_.size(); ++g)
      for (const auto user : groups_[g]) {
        const auto minutes = choose_minutes(inputs_, rows_[user], options_.assign_minutes);
        if (minutes.minutes > 0)
          result_.people.push_back(judge(user, g, minutes));
        else
          result_.left_out.push_back(user);
      }
    return std::move(result_);
  }

 private:
  void check(std::size_t users) const {
    using lifelog::detail::require;
    require(options_.assign_minutes >= 1, "assign_minutes: expected at least 1, got ",
            options_.assign_minutes);
    require(inputs_.time.size() == inputs_.user.size(), "inputs: expected a time for each of ",
            inputs_.user.size(), " rows, got ", inputs_.time.size());
    require_people_once(groups_, users);
    std::size_t with_rows = 0;
    for (const auto& group : groups_)
      for (const auto user : group) with_rows += !rows_[user].empty();
    require(with_rows >= 2, "groups: expected at least two people with labelled rows, got ", with_rows);
  }

  /// A predictor of some people; none when they have no rows.
  std::optional<Network> train(const Users& users, std::optional<std::size_t> group,
                               std::optional<std::size_t> user) {
    const auto rows = rows_of(split_.train, inputs_, users);
    if (rows.empty()) return {};
    auto net = trainer_.train(rows, rows_of(split_.valid, inputs_, users));
    result_.predictors.push_back(
        {group, user, trainer_.statuses.back(), std::move(trainer_.histories.back())});
    return net;
  }

  HeldOutPerson judge(std::size_t user, std::size_t group, const MinuteChoice& minutes) {
    Users others, rest;
    for (const auto& members : groups_) others.insert(others.end(), members.begin(), members.end());
    std::erase(others, user);
    std::copy_if(groups_[group].begin(), groups_[group].end(), std::back_inserter(rest),
                 [user](std::size_t member) { return member != user; });
    const auto general = train(others, {}, user);
    const auto own = train(rest, group, user);

    HeldOutPerson person;
    person.user = user;
    person.group = group;
    person.assign_minutes = minutes.minutes;
    const auto predictor_of = [&](std::size_t g) -> const std::optional<Network>& {
      return g == group ? own : whole_[g];
    };
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      const auto& net = predictor_of(g);
      person.loss.push_back(net ? trainer_.loss(*net, minutes.asked)
                                : std::numeric_limits<double>::quiet_NaN());
      if (lifelog::detail::is_finite(person.loss[g]) && person.loss[g] < least)
        least = person.loss[g], person.assigned = g;
    }
    person.general = trainer_.score(*general, minutes.rest);
    // Where no group has a finite loss, nothing speaks against everybody's predictor.
    person.of_assigned = lifelog::detail::is_finite(least)
                             ? trainer_.score(*predictor_of(person.assigned), minutes.rest)
                             : person.general;
    if (own) person.of_own = trainer_.score(*own, minutes.rest);
    return person;
  }

  const RowInputs& inputs_;
  const std::vector<Users>& groups_;
  const HeldOutOptions& options_;
  std::vector<std::vector<Index>> rows_;  ///< of each person
  PredictorTrainer<T> trainer_;
  evaluate::Split split_;
  std::vector<std::optional<Network>> whole_;  ///< predictor of each group
  HeldOut result_;
};

}  // namespace detail

/// What a group's predictor is worth to somebody new: everyone is held out in turn, assigned to a group by a few
/// labelled minutes, and predicted by that group's predictor and by the one of everybody else.
///
/// The group is the one whose predictor, trained without the person, has the least mean cross-entropy on those minutes.
/// (The distance of modal importances to those of the groups would need a network trained on the person, and so many
/// more minutes than these.) Column means that replace missing values are those of all people; they know no label.
///
/// users: how many people `inputs` holds; groups: their indices, each in at most one group; who is in none neither
/// trains nor is held out. A group whose predictors all have no finite loss is never chosen. Throws std::invalid_argument
/// for a person in two groups, or fewer than two people with labelled rows. T: what the networks compute in.
template<class T = float>
HeldOut leave_one_out(const RowInputs& inputs, std::size_t users,
                      const std::vector<std::vector<std::size_t>>& groups, const HeldOutOptions& options) {
  return detail::LeaveOneOut<T>(inputs, users, groups, options).run();
}

}  // namespace lifelog::predict
