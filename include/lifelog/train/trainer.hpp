// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "../core/finite.hpp"
#include "../core/random.hpp"
#include "../metrics/confusion.hpp"
#include "loss.hpp"
#include "optimizer.hpp"

namespace lifelog::train {

/// One line of a training history. Training figures are of the batches as they were trained on; validation figures are
/// NaN without validation rows.
struct Epoch {
  int epoch = 0;  ///< from 1
  double loss = 0;
  double train_f1 = 0, train_accuracy = 0;
  double valid_f1 = 0, valid_accuracy = 0;
};

/// What decides between epochs: the standard macro F1, or the F1 of the study (`ConfusionMatrix::study_f1`).
enum class F1 { macro, study };

/// | option     | default | description                                                                       |
/// |------------|---------|-----------------------------------------------------------------------------------|
/// | epochs     | 1000    | passes over the training rows                                                     |
/// | batch      | 512     | rows a step; the last batch of an epoch may be smaller                            |
/// | optimizer  |         | AdamW's own options                                                               |
/// | loss       |         | focal loss's own options                                                          |
/// | clip       | 0.9     | limit of the gradient's global norm; infinity: none                               |
/// | shuffle    | true    | draw a new order of the training rows each epoch                                  |
/// | seed       | 1       | of that order                                                                     |
/// | patience   | 0       | stop after so many epochs without a validation F1 at least as good; 0: never      |
/// | score      | macro   | which F1                                                                          |
/// | on_epoch   | none    | called after every epoch; returning false stops                                   |
struct TrainOptions {
  int epochs = 1000;
  Index batch = 512;
  train::AdamWOptions optimizer = {};
  train::FocalLossOptions loss = {};
  double clip = 0.9;
  bool shuffle = true;
  std::uint64_t seed = 1;
  int patience = 0;
  F1 score = F1::macro;
  std::function<bool(const Epoch&)> on_epoch = {};
};

enum class TrainStatus {
  finished,  ///< all epochs done
  patience,  ///< the validation F1 stopped improving
  stopped,   ///< on_epoch said so
  diverged   ///< the loss or the gradient was not finite; the best weights before that are kept
};

/// What trains: a network type and the data it is trained on. Rows are numbers of labelled items.
///
///   step      adds the derivative of the rows' mean loss to `gradient`, sets each row's predicted class, returns the
///             loss
///   predict   sets each row's predicted class, evaluating
template<class Task>
concept TrainingTask = requires(Task task, const typename Task::Network net, typename Task::Network gradient,
                                const std::vector<Index> rows, const train::FocalLossOptions loss,
                                std::vector<Index> predicted) {
  { task.step(net, rows, loss, gradient, predicted) } -> std::convertible_to<double>;
  task.predict(net, rows, predicted);
  { task.label(Index{}) } -> std::convertible_to<Index>;
  { task.classes() } -> std::convertible_to<Index>;
};

/// Everything a training run is after some epochs: what to save to go on later as if it had never stopped.
template<class Network>
struct TrainState {
  Network network;  ///< as last stepped
  train::AdamW<Network> optimizer;
  Network best;  ///< with the best validation F1, the latest of equals; without validation, the latest
  int best_epoch = 0;
  double best_f1 = -std::numeric_limits<double>::infinity();
  std::vector<Epoch> history;

  TrainState(const Network& start, const train::AdamWOptions& options)
      : network(start), optimizer(start, options), best(start) {}
};

namespace detail {

inline void require_options(const TrainOptions& options, std::size_t training_rows) {
  using lifelog::detail::require;
  require(training_rows > 0, "train: expected at least one training row, got none");
  require(options.epochs >= 1, "train: epochs must be at least 1, got ", options.epochs);
  require(options.batch >= 1, "train: batch must be at least 1, got ", options.batch);
  require(!lifelog::detail::is_nan(options.clip) && options.clip > 0, "train: clip must be above 0, got ",
          options.clip);
  require(lifelog::detail::is_finite(options.optimizer.learning_rate) && options.optimizer.learning_rate > 0,
          "train: learning rate must be above 0, got ", options.optimizer.learning_rate);
  require(lifelog::detail::is_finite(options.optimizer.weight_decay) && options.optimizer.weight_decay >= 0,
          "train: weight decay must be at least 0, got ", options.optimizer.weight_decay);
  require(options.patience >= 0, "train: patience must be at least 0, got ", options.patience);
}

inline double score_of(const metrics::ConfusionMatrix& confusion, F1 score) {
  return score == F1::study ? confusion.study_f1() : confusion.macro_f1();
}

/// Of a loss and all tensors of a network or a gradient, running statistics as well.
template<class Network>
bool is_finite(const Network& values, double loss) {
  bool finite = lifelog::detail::is_finite(loss);
  nn::visit(
      [&]<lifelog::detail::real_number T>(const nn::Path&, const nn::Layout& layout, const T* x) {
        finite = finite && lifelog::detail::all_finite(x, layout.size());
      },
      values);
  return finite && lifelog::detail::is_finite(train::global_norm(values));
}

/// One pass over the training rows. False when it diverged.
template<TrainingTask Task>
bool train_epoch(Task& task, const std::vector<Index>& train, const TrainOptions& options,
                 TrainState<typename Task::Network>& state, Epoch& epoch) {
  auto order = train;
  if (options.shuffle) {
    auto random = Random(options.seed).fork(static_cast<std::uint64_t>(epoch.epoch));
    random.shuffle(order.begin(), order.end());
  }
  metrics::ConfusionMatrix confusion(task.classes());
  std::vector<Index> predicted;
  for (std::size_t begin = 0; begin < order.size(); begin += static_cast<std::size_t>(options.batch)) {
    const auto end = std::min(order.size(), begin + static_cast<std::size_t>(options.batch));
    const std::vector<Index> rows(order.begin() + static_cast<std::ptrdiff_t>(begin),
                                  order.begin() + static_cast<std::ptrdiff_t>(end));
    auto gradient = nn::zeros_like(state.network);
    const double loss = task.step(state.network, rows, options.loss, gradient, predicted);
    if (!is_finite(gradient, loss)) return false;
    train::clip_global_norm(gradient, options.clip);
    state.optimizer.step(state.network, gradient);
    epoch.loss += loss * static_cast<double>(rows.size()) / static_cast<double>(order.size());
    for (std::size_t n = 0; n < rows.size(); ++n)
      if (task.label(rows[n]) != options.loss.ignore_index) confusion.add(task.label(rows[n]), predicted[n]);
  }
  if (!is_finite(state.network, epoch.loss)) return false;
  epoch.train_f1 = score_of(confusion, options.score);
  epoch.train_accuracy = confusion.accuracy();
  return true;
}

template<TrainingTask Task>
void validate(Task& task, const std::vector<Index>& valid, const TrainOptions& options,
              TrainState<typename Task::Network>& state, Epoch& epoch) {
  epoch.valid_f1 = epoch.valid_accuracy = std::numeric_limits<double>::quiet_NaN();
  if (!valid.empty()) {
    std::vector<Index> predicted;
    task.predict(state.network, valid, predicted);
    metrics::ConfusionMatrix confusion(task.classes());
    for (std::size_t n = 0; n < valid.size(); ++n)
      if (task.label(valid[n]) != options.loss.ignore_index)
        confusion.add(task.label(valid[n]), predicted[n]);
    epoch.valid_f1 = score_of(confusion, options.score);
    epoch.valid_accuracy = confusion.accuracy();
  }
  if (valid.empty() || epoch.valid_f1 >= state.best_f1) {
    if (!valid.empty()) state.best_f1 = epoch.valid_f1;
    state.best_epoch = epoch.epoch;
    state.best = state.network;
  }
}

template<class Network>
bool out_of_patience(const TrainOptions& options, const TrainState<Network>& state) {
  return options.patience > 0 && !state.history.empty() &&
         state.history.back().epoch - state.best_epoch >= options.patience;
}

}  // namespace detail

/// Whether a cross-entropy is so far above that of guessing, ln C, that the network's inputs are beyond what it can
/// weigh, and what it says is of no meaning. loss: mean over samples, nats; C: classes ≥ 2.
inline bool worse_than_guessing(double loss, Index classes) {
  constexpr double far = 1000;
  return loss > far * std::log(static_cast<double>(classes));
}

/// Trains as the study does: shuffled batches, focal loss, clipped gradient, AdamW, and the weights of the best
/// validation F1 kept. Goes on from `state`, whose history tells how many epochs are behind it, to `options.epochs`:
/// in one run or in several the result is the same to the bit. Throws std::invalid_argument on options out of range.
template<TrainingTask Task>
TrainStatus train(Task& task, const std::vector<Index>& train_rows, const std::vector<Index>& valid_rows,
                  const TrainOptions& options, TrainState<typename Task::Network>& state) {
  detail::require_options(options, train_rows.size());
  while (static_cast<int>(state.history.size()) < options.epochs) {
    if (detail::out_of_patience(options, state)) return TrainStatus::patience;
    Epoch epoch;
    epoch.epoch = static_cast<int>(state.history.size()) + 1;
    if (!detail::train_epoch(task, train_rows, options, state, epoch)) return TrainStatus::diverged;
    detail::validate(task, valid_rows, options, state, epoch);
    state.history.push_back(epoch);
    if (options.on_epoch && !options.on_epoch(epoch)) return TrainStatus::stopped;
  }
  return detail::out_of_patience(options, state) ? TrainStatus::patience : TrainStatus::finished;
}

}  // namespace lifelog::train
