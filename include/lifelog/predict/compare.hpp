// SPDX-License-Identifier: MIT
#pragma once

#include "predictor_training.hpp"

namespace lifelog::predict {

/// The predictor trained on a group's people, and the one trained on everybody, on the same test rows.
struct GroupComparison {
  std::vector<std::size_t> users;  ///< indices of the tables
  Score group, general;
};

struct Comparison {
  Score general;  ///< on everybody's test rows
  std::vector<GroupComparison> groups;
  /// Of the general predictor, then of each group's: its history, and how its training ended. One that diverged is
  /// scored with its best weights before that.
  std::vector<std::vector<train::Epoch>> histories;
  std::vector<train::TrainStatus> statuses;

  /// Means over groups: of their own predictors, and of the general one on the same rows.
  double mean_group_f1() const { return detail::mean_f1(groups, &GroupComparison::group); }
  double mean_general_f1() const { return detail::mean_f1(groups, &GroupComparison::general); }
};

/// Trains a predictor on everybody and one on each group, and compares them on each group's test rows (study's § 5).
///
/// users: how many people `inputs` holds; groups: their indices, each in at most one group. Throws
/// std::invalid_argument for a group without rows. T: what the networks compute in.
template<class T = float>
Comparison compare_predictors(const RowInputs& inputs, std::size_t users,
                              const std::vector<std::vector<std::size_t>>& groups,
                              const ComparisonOptions& options) {
  const auto split = detail::split_by_user(inputs, users, options.split, options.stratified);
  detail::PredictorTrainer<T> trainer(inputs, options);
  Comparison result;
  const auto general = trainer.train(split.train, split.valid);
  result.general = trainer.score(general, split.test);
  for (const auto& members : groups) {
    const auto train = detail::rows_of(split.train, inputs, members);
    lifelog::detail::require(!train.empty(), "groups: expected every group to have labelled rows, group ",
                             result.groups.size(), " has none (counted from 0)");
    const auto own = trainer.train(train, detail::rows_of(split.valid, inputs, members));
    const auto test = detail::rows_of(split.test, inputs, members);
    result.groups.push_back({members, trainer.score(own, test), trainer.score(general, test)});
  }
  result.histories = std::move(trainer.histories);
  result.statuses = std::move(trainer.statuses);
  return result;
}

}  // namespace lifelog::predict
