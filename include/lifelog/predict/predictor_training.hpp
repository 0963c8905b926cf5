// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "../evaluate/split.hpp"
#include "../train/trainer.hpp"
#include "row_inputs.hpp"
#include "row_task.hpp"

namespace lifelog::inline LIFELOG_ABI::predict {

/// How a predictor did on test rows.
struct Score {
  Index rows = 0;
  double f1 = 0, accuracy = 0;
};

/// | option     | default | description                                                                             |
/// |------------|---------|-----------------------------------------------------------------------------------------|
/// | train      |         | of every predictor; `on_epoch` is replaced by `seen`                                    |
/// | split      |         | of each person's rows                                                                   |
/// | folds      | none    | of rows, in place of one split: each is trained on and tested in turn (`compare_predictors`)  |
/// | stratified | false   | whether each part of a split has the person's labels in the same shares                 |
/// | threads    | 0       | 0: all; no influence on results                                                         |
/// | seen       | none    | called with a predictor's number, in the order they are trained in, after each epoch    |
struct ComparisonOptions {
  train::TrainOptions train;
  evaluate::SplitOptions split;
  std::vector<evaluate::Split> folds = {};
  bool stratified = false;
  int threads = 0;
  std::function<void(std::size_t predictor, const train::Epoch&)> seen;
};

namespace detail {

/// Mean F1 of one of the scores of each entry; 0 without entries.
template<class Entries, class Entry>
double mean_f1(const Entries& entries, Score Entry::*which) {
  double total = 0;
  for (const auto& entry : entries) total += (entry.*which).f1;
  return entries.empty() ? 0 : total / static_cast<double>(entries.size());
}

/// Throws std::invalid_argument for a person in two groups, or one who is not there.
LIFELOG_LAZY void require_people_once(const std::vector<std::vector<std::size_t>>& groups,
                                      std::size_t users) {
  std::vector<char> seen(users, 0);
  for (const auto& group : groups)
    for (const auto user : group) {
      lifelog::detail::require(user < users, "groups: expected people below ", users, ", got ", user);
      lifelog::detail::require(!seen[user], "groups: expected each person once, got ", user, " twice");
      seen[user] = 1;
    }
}

/// [users], the rows of each, in order.
LIFELOG_LAZY std::vector<std::vector<Index>> rows_by_user(const RowInputs& inputs, std::size_t users) {
  std::vector<std::vector<Index>> rows(users);
  for (std::size_t n = 0; n < inputs.user.size(); ++n) rows[inputs.user[n]].push_back(static_cast<Index>(n));
  return rows;
}

LIFELOG_LAZY evaluate::Split split_rows(const RowInputs& inputs, const std::vector<Index>& rows,
                                        const evaluate::SplitOptions& options, bool stratified) {
  if (!stratified) return evaluate::split_items(static_cast<Index>(rows.size()), options);
  std::vector<std::int64_t> labels;
  for (const Index row : rows) labels.push_back(inputs.labels[static_cast<std::size_t>(row)]);
  return evaluate::split_stratified(labels, options);
}

/// Each person's rows split by themselves, so that every person is in every part.
LIFELOG_LAZY evaluate::Split split_by_user(const RowInputs& inputs, std::size_t users,
                                           const evaluate::SplitOptions& options, bool stratified) {
  evaluate::Split all;
  const auto rows = rows_by_user(inputs, users);
  for (std::size_t u = 0; u < users; ++u) {
    auto own = options;
    own.seed += u;
    const auto split = split_rows(inputs, rows[u], own, stratified);
    for (const Index i : split.train) all.train.push_back(rows[u][static_cast<std::size_t>(i)]);
    for (const Index i : split.valid) all.valid.push_back(rows[u][static_cast<std::size_t>(i)]);
    for (const Index i : split.test) all.test.push_back(rows[u][static_cast<std::size_t>(i)]);
  }
  return all;
}

LIFELOG_LAZY std::vector<Index> rows_of(const std::vector<Index>& rows, const RowInputs& inputs,
                                        const std::vector<std::size_t>& users) {
  std::vector<Index> own;
  for (const Index row : rows)
    if (std::find(users.begin(), users.end(), inputs.user[static_cast<std::size_t>(row)]) != users.end())
      own.push_back(row);
  return own;
}

/// Trains one predictor after another from the same start, and judges them.
template<class T>
class PredictorTrainer {
 public:
  using Network = PredictorNetwork<T>;
  using RowNumbers = std::vector<Index>;

  /// options must outlive this.
  PredictorTrainer(const RowInputs& inputs, const ComparisonOptions& options)
      : options_(options),
        start_(initialised(inputs, options.train.seed)),
        task_(start_, inputs.rows.template cast<T>(), inputs.labels, options.threads) {}

  Network train(const RowNumbers& train, const RowNumbers& valid) {
    auto own = options_.train;
    own.on_epoch = [this](const train::Epoch& epoch) {
      if (options_.seen) options_.seen(histories.size(), epoch);
      return true;
    };
    train::TrainState<Network> state(start_, own);
    statuses.push_back(train::train(task_, train, valid, own, state));
    histories.push_back(std::move(state.history));
    return std::move(state.best);
  }

  /// [rows], the class of each; adds them to a confusion.
  RowNumbers judge(const Network& net, const RowNumbers& rows, metrics::ConfusionMatrix& confusion) {
    RowNumbers predicted;
    task_.predict(net, rows, predicted);
    for (std::size_t n = 0; n < rows.size(); ++n) confusion.add(task_.label(rows[n]), predicted[n]);
    return predicted;
  }

  Score score_of(const metrics::ConfusionMatrix& confusion) const {
    return {confusion.total(), options_.train.score(confusion), confusion.accuracy()};
  }

  Score score(const Network& net, const RowNumbers& rows) {
    metrics::ConfusionMatrix confusion(task_.classes());
    judge(net, rows, confusion);
    return score_of(confusion);
  }

  /// Mean cross-entropy of the rows.
  double loss(const Network& net, const RowNumbers& rows) {
    auto unused = nn::zeros_like(net);
    RowNumbers predicted;
    return task_.step(net, rows, {}, unused, predicted);
  }

  /// Of all that were trained, in order.
  std::vector<std::vector<train::Epoch>> histories;
  std::vector<train::TrainStatus> statuses;

 private:
  static Network initialised(const RowInputs& inputs, std::uint64_t seed) {
    Network net(inputs.modalities, inputs.classes);
    Random random(seed);
    net.initialise(random);
    return net;
  }

  const ComparisonOptions& options_;
  Network start_;
  RowTask<T> task_;
};

}  // namespace detail
}  // namespace lifelog::predict
