// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "../data/split.hpp"
#include "../mil/trainer.hpp"
#include "row_inputs.hpp"
#include "row_task.hpp"

namespace lifelog::predict {

/// How a predictor did on test rows.
struct Score {
  Index rows = 0;
  double f1 = 0, accuracy = 0;
};

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
  std::vector<std::vector<mil::Epoch>> histories;
  std::vector<mil::TrainStatus> statuses;
};

/// `train.on_epoch` is replaced; `seen` is called instead, with the predictor's number (0: general) and the epoch.
struct ComparisonOptions {
  mil::TrainOptions train;
  data::SplitOptions split;
  int threads = 0;
  std::function<void(std::size_t predictor, const mil::Epoch&)> seen;
};

namespace detail {

/// Each person's rows split by themselves, so that every person is in training and testing of both predictors.
inline data::Split split_by_user(const RowInputs& inputs, std::size_t users,
                                 const data::SplitOptions& options) {
  data::Split all;
  std::vector<std::vector<Index>> rows(users);
  for (std::size_t n = 0; n < inputs.user.size(); ++n) rows[inputs.user[n]].push_back(static_cast<Index>(n));
  for (std::size_t u = 0; u < users; ++u) {
    auto own = options;
    own.seed += u;
    const auto split = data::split_items(static_cast<Index>(rows[u].size()), own);
    for (const Index i : split.train) all.train.push_back(rows[u][static_cast<std::size_t>(i)]);
    for (const Index i : split.valid) all.valid.push_back(rows[u][static_cast<std::size_t>(i)]);
    for (const Index i : split.test) all.test.push_back(rows[u][static_cast<std::size_t>(i)]);
  }
  return all;
}

inline std::vector<Index> rows_of(const std::vector<Index>& rows, const RowInputs& inputs,
                                  const std::vector<std::size_t>& users) {
  std::vector<Index> own;
  for (const Index row : rows)
    if (std::find(users.begin(), users.end(), inputs.user[static_cast<std::size_t>(row)]) != users.end())
      own.push_back(row);
  return own;
}

inline Score score(RowTask<float>& task, const PredictorNetwork<float>& net, const std::vector<Index>& rows,
                   mil::F1 f1) {
  std::vector<Index> predicted;
  task.predict(net, rows, predicted);
  metrics::ConfusionMatrix confusion(task.classes());
  for (std::size_t n = 0; n < rows.size(); ++n) confusion.add(task.label(rows[n]), predicted[n]);
  return {static_cast<Index>(rows.size()), mil::detail::score_of(confusion, f1), confusion.accuracy()};
}

}  // namespace detail

/// Trains a predictor on everybody and one on each group, and compares them on each group's test rows (study's § 5).
///
/// users: how many people `inputs` holds; groups: their indices, each in at most one group. Throws
/// std::invalid_argument for a group without rows.
inline Comparison compare_predictors(const RowInputs& inputs, std::size_t users,
                                     const std::vector<std::vector<std::size_t>>& groups,
                                     const ComparisonOptions& options) {
  const auto split = detail::split_by_user(inputs, users, options.split);
  PredictorNetwork<float> start(inputs.modalities, inputs.classes);
  Random random(options.train.seed);
  start.initialise(random);
  RowTask<float> task(start, inputs.rows, inputs.labels, options.threads);

  Comparison result;
  const auto trained = [&](const std::vector<Index>& train, const std::vector<Index>& valid) {
    auto own = options.train;
    const auto predictor = result.histories.size();
    own.on_epoch = [&](const mil::Epoch& epoch) {
      if (options.seen) options.seen(predictor, epoch);
      return true;
    };
    mil::TrainState<PredictorNetwork<float>> state(start, own.optimizer);
    result.statuses.push_back(mil::train(task, train, valid, own, state));
    result.histories.push_back(state.history);
    return state.best;
  };

  const auto general = trained(split.train, split.valid);
  result.general = detail::score(task, general, split.test, options.train.score);
  for (const auto& members : groups) {
    const auto train = detail::rows_of(split.train, inputs, members);
    lifelog::detail::require(!train.empty(), "groups: expected every group to have labelled rows, group ",
                             result.groups.size(), " has none");
    const auto own = trained(train, detail::rows_of(split.valid, inputs, members));
    const auto test = detail::rows_of(split.test, inputs, members);
    result.groups.push_back({members, detail::score(task, own, test, options.train.score),
                             detail::score(task, general, test, options.train.score)});
  }
  return result;
}

}  // namespace lifelog::predict
