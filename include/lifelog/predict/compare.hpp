// SPDX-License-Identifier: MIT
#pragma once

#include "predictor_training.hpp"

namespace lifelog::inline LIFELOG_ABI::predict {

/// The predictor trained on a group's people, and the one trained on everybody, on the same test rows.
struct GroupComparison {
  std::vector<std::size_t> users;  ///< indices of the tables
  Score group, general;
};

struct Comparison {
  Score general;  ///< on everybody's test rows
  std::vector<GroupComparison> groups;
  /// Fold by fold, of the general predictor, then of each group's: its history, and how its training ended. One that
  /// diverged is scored with its best weights before that.
  std::vector<std::vector<train::Epoch>> histories;
  std::vector<train::TrainStatus> statuses;
  /// Fold by fold, the rows that were tested, and the class that everybody's predictor says of each.
  std::vector<std::vector<Index>> tested, predicted;

  /// Means over groups: of their own predictors, and of the general one on the same rows.
  double mean_group_f1() const { return detail::mean_f1(groups, &GroupComparison::group); }
  double mean_general_f1() const { return detail::mean_f1(groups, &GroupComparison::general); }
};

/// Trains a predictor on everybody and one on each group, and compares them on each group's test rows (study's § 5).
///
/// users: how many people `inputs` holds; groups: their indices, each in at most one group. By folds, where options have
/// some, figures are of the rows of all folds together. Throws std::invalid_argument for a group without training rows. T:
/// what the networks compute in.
template<class T = float>
Comparison compare_predictors(const RowInputs& inputs, std::size_t users,
                              const std::vector<std::vector<std::size_t>>& groups,
                              const ComparisonOptions& options) {
  auto folds = options.folds;
  if (folds.empty()) folds.push_back(detail::split_by_user(inputs, users, options.split, options.stratified));
  detail::PredictorTrainer<T> trainer(inputs, options);
  Comparison result;
  const metrics::ConfusionMatrix none(inputs.classes);
  metrics::ConfusionMatrix everybody = none;
  std::vector<metrics::ConfusionMatrix> own_counts(groups.size(), none), general_counts(groups.size(), none);
  for (const auto& split : folds) {
    const auto general = trainer.train(split.train, split.valid);
    result.tested.push_back(split.test);
    result.predicted.push_back(trainer.judge(general, split.test, everybody));
    for (std::size_t g = 0; g < groups.size(); ++g) {
      const auto train = detail::rows_of(split.train, inputs, groups[g]);
      lifelog::detail::require(!train.empty(), "groups: expected every group to have labelled rows, group ",
                               g, " has none (counted from 0)");
      const auto own = trainer.train(train, detail::rows_of(split.valid, inputs, groups[g]));
      const auto test = detail::rows_of(split.test, inputs, groups[g]);
      trainer.judge(own, test, own_counts[g]);
      trainer.judge(general, test, general_counts[g]);
    }
  }
  result.general = trainer.score_of(everybody);
  for (std::size_t g = 0; g < groups.size(); ++g)
    result.groups.push_back(
        {groups[g], trainer.score_of(own_counts[g]), trainer.score_of(general_counts[g])});
  result.histories = std::move(trainer.histories);
  result.statuses = std::move(trainer.statuses);
  return result;
}

}  // namespace lifelog::predict
