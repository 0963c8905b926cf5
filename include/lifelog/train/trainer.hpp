// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <functional>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "../core/finite.hpp"
#include "../core/random.hpp"
#include "../metrics/confusion.hpp"
#include "loss.hpp"
#include "optimizer.hpp"
#include "schedule.hpp"
#include "weight_average.hpp"

namespace lifelog::inline LIFELOG_ABI::train {

/// One line of a training history. Training figures are of the batches as they were trained on; validation figures are
/// NaN without validation rows. `train_f1` and `valid_f1` hold the score that decides, whichever that is; a task that
/// scores itself has `valid_f1` only, the rest is NaN. `valid_loss` is there where it decides between equals.
struct Epoch {
  int epoch = 0;    ///< from 1
  double loss = 0;  ///< mean over the rows that are not ignored
  double train_f1 = 0, train_accuracy = 0;
  double valid_f1 = 0, valid_accuracy = 0;
  double valid_loss = std::numeric_limits<double>::quiet_NaN();
};

/// Which of several epochs with the best validation score is kept. A few validation minutes allow few scores, so that
/// the last epochs, which have learnt the training minutes by heart, often tie with early ones; their loss tells.
enum class Ties {
  loss,  ///< that with the least validation loss, of equals the latest; the latest where a task tells no loss
  latest  ///< as the study does
};

/// The standard macro F1, or the F1 of the study (`ConfusionMatrix::study_f1`).
enum class F1 { macro, study };

/// What decides between epochs of a task of classes, higher is better: an F1, or any function of the confusion matrix.
///
///     options.score = F1::study;
///     options.score = [](const metrics::ConfusionMatrix& c) { return metrics::quadratic_weighted_kappa(c); };
class Score {
 public:
  Score(F1 f1 = F1::macro) : f1_(f1) {}
  template<std::invocable<const metrics::ConfusionMatrix&> F>
  Score(F score) : own_(std::move(score)) {}

  double operator()(const metrics::ConfusionMatrix& confusion) const {
    if (own_) return own_(confusion);
    return f1_ == F1::study ? confusion.study_f1() : confusion.macro_f1();
  }

 private:
  F1 f1_ = F1::macro;
  std::function<double(const metrics::ConfusionMatrix&)> own_ = {};
};

/// | option     | default | description                                                                       |
/// |------------|---------|-----------------------------------------------------------------------------------|
/// | epochs     | 1000    | passes over the training rows                                                     |
/// | batch      | 512     | rows a step; the last batch of an epoch may be smaller                            |
/// | optimizer  |         | AdamW's own options                                                               |
/// | sgd        | none    | stochastic gradient descent's, in place of AdamW                                  |
/// | schedule   | none    | of the learning rate (`train/schedule.hpp`); none: constant                       |
/// | average    | 0       | decay of an average of the weights (`train/weight_average.hpp`), which is then what is validated and kept; 0: none |
/// | loss       |         | the loss's own options, focal loss's unless another type of loss is named         |
/// | clip       | 0.9     | limit of the gradient's global norm; infinity: none                               |
/// | shuffle    | true    | draw a new order of the training rows each epoch                                  |
/// | seed       | 1       | of that order                                                                     |
/// | patience   | 50      | stop after so many epochs without a better one, by score and ties; 0: never. A small person's epoch is one step, and plateaus of some tens of steps are usual |
/// | ties       | loss    | which of equally good epochs is kept                                              |
/// | score      | macro   | which F1, or what else; without meaning for a task that scores itself             |
/// | on_epoch   | none    | called after every epoch; returning false stops                                   |
///
/// Loss: any copyable value that the task's `step` takes. One of this room's, or your own.
template<class Loss>
struct TrainOptionsOf {
  int epochs = 1000;
  Index batch = 512;
  train::AdamWOptions optimizer = {};
  std::optional<train::SgdOptions> sgd = {};
  train::Schedule schedule = {};
  double average = 0;
  Loss loss = {};
  double clip = 0.9;
  bool shuffle = true;
  std::uint64_t seed = 1;
  int patience = 50;
  Ties ties = Ties::loss;
  Score score = F1::macro;
  std::function<bool(const Epoch&)> on_epoch = {};

  train::OptimizerOptions rule() const {
    return sgd ? train::OptimizerOptions(*sgd) : train::OptimizerOptions(optimizer);
  }
};

using TrainOptions = TrainOptionsOf<train::FocalLossOptions>;

/// As the study trains: all epochs, and the latest of equals.
LIFELOG_LAZY TrainOptions study_training() {
  TrainOptions options;
  options.patience = 0;
  options.ties = Ties::latest;
  return options;
}

enum class TrainStatus {
  finished,  ///< all epochs done
  patience,  ///< the validation score stopped improving
  stopped,   ///< on_epoch said so
  diverged   ///< the loss or the gradient was not finite; the best weights before that are kept
};

/// A network type and the labelled items it is trained on, each of one of some classes. Rows are numbers of items.
///
///   step      adds the derivative of the rows' mean loss to `gradient`, sets each row's predicted class, returns the
///             loss
///   predict   sets each row's predicted class, evaluating
///   label     the class of a row, or the loss's `ignore_index`, where it has one: such a row is not judged
///
/// A task, of classes or not, may have besides:
///
///   begin_step  called before each `step` with the number of steps behind it, also before the training was resumed: what is
///               drawn in training, as by dropout, follows from it (`nn::Samples::step`, `nn::Draw::step`)
///   evaluate    (of classes) as `predict`, and returns the mean loss of the rows that are not ignored
template<class Task, class Loss = train::FocalLossOptions>
concept ClassTask = requires(Task task, const typename Task::Network net, typename Task::Network gradient,
                             const std::vector<Index> rows, const Loss loss, std::vector<Index> predicted) {
  { task.step(net, rows, loss, gradient, predicted) } -> std::convertible_to<double>;
  task.predict(net, rows, predicted);
  { task.label(Index{}) } -> std::convertible_to<Index>;
  { task.classes() } -> std::convertible_to<Index>;
};

/// A network type and items it is trained on towards anything else: numbers, several labels at once.
///
///   step      adds the derivative of the rows' mean loss to `gradient`, returns the loss
///   score     of rows, evaluating; higher is better, and decides between epochs
template<class Task, class Loss = train::FocalLossOptions>
concept ScoredTask = requires(Task task, const typename Task::Network net, typename Task::Network gradient,
                              const std::vector<Index> rows, const Loss loss) {
  { task.step(net, rows, loss, gradient) } -> std::convertible_to<double>;
  { task.score(net, rows) } -> std::convertible_to<double>;
};

template<class Task, class Loss = train::FocalLossOptions>
concept TrainingTask = ClassTask<Task, Loss> || ScoredTask<Task, Loss>;

/// Everything a training run is after some epochs: what to save to go on later as if it had never stopped.
template<class Network>
struct TrainState {
  Network network;  ///< as last stepped
  train::Optimizer<Network> optimizer;
  std::optional<train::WeightAverage<Network>> average;  ///< where the options ask for one
  Network best;  ///< with the best validation score, of equals by `Ties`; without validation, the latest
  int best_epoch = 0;
  double best_f1 = -std::numeric_limits<double>::infinity();  ///< the score, as `Epoch::valid_f1`
  std::vector<Epoch> history;

  /// With AdamW.
  TrainState(const Network& start, const train::AdamWOptions& options)
      : network(start), optimizer(start, options), best(start) {}

  /// As the options of a training say.
  template<class Loss>
  TrainState(const Network& start, const TrainOptionsOf<Loss>& options)
      : network(start), optimizer(start, options.rule()), best(start) {
    if (options.average != 0) average.emplace(start, options.average);
  }

  /// What is evaluated: the average of the weights, where there is one.
  const Network& evaluated() const { return average ? average->network() : network; }
};

namespace detail {

template<class Loss, class Network>
void require_options(const TrainOptionsOf<Loss>& options, std::size_t training_rows,
                     const TrainState<Network>& state) {
  using lifelog::detail::require;
  require(training_rows > 0, "train: expected at least one training row, got none");
  require(options.epochs >= 1, "train: epochs must be at least 1, got ", options.epochs);
  require(options.batch >= 1, "train: batch must be at least 1, got ", options.batch);
  require(!lifelog::detail::is_nan(options.clip) && options.clip > 0, "train: clip must be above 0, got ",
          options.clip);
  require_options(options.rule());
  require(options.rule().index() == state.optimizer.options().index(),
          "train: the options ask for another optimizer than the state was made with");
  require((options.average != 0) == state.average.has_value(),
          "train: the options and the state must both have an average of weights, or neither");
  require(options.patience >= 0, "train: patience must be at least 0, got ", options.patience);
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

/// The same of a step, whose gradient has this norm: where that is finite, so is all of the gradient but statistics.
template<class Network>
bool is_finite_step(const Network& gradient, double norm, double loss) {
  bool finite = lifelog::detail::is_finite(norm) && lifelog::detail::is_finite(loss);
  nn::visit(
      [&]<lifelog::detail::real_number T>(const nn::Path&, const nn::Layout& layout, const T* x) {
        if (layout.role != nn::Role::parameter)
          finite = finite && lifelog::detail::all_finite(x, layout.size());
      },
      gradient);
  return finite;
}

/// Whether a row of a task takes part in a loss and is judged: all do, unless the loss ignores a label.
template<class Task, class Loss>
bool takes_part(const Task& task, const Loss& loss, Index row) {
  if constexpr (requires { task.label(row) != loss.ignore_index; })
    return task.label(row) != loss.ignore_index;
  else
    return true;
}

template<class Task, class Loss>
double count_of_part(const Task& task, const Loss& loss, const std::vector<Index>& rows) {
  Index count = 0;
  for (const Index row : rows) count += takes_part(task, loss, row);
  return static_cast<double>(count);
}

template<class Task, class Loss>
void judge(const Task& task, const Loss& loss, const std::vector<Index>& rows,
           const std::vector<Index>& predicted, metrics::ConfusionMatrix& confusion) {
  for (std::size_t n = 0; n < rows.size(); ++n)
    if (takes_part(task, loss, rows[n])) confusion.add(task.label(rows[n]), predicted[n]);
}

/// The rows of an epoch in the order they are trained in.
template<class Loss>
std::vector<Index> order_of(const std::vector<Index>& train, const TrainOptionsOf<Loss>& options, int epoch) {
  auto order = train;
  if (options.shuffle) {
    auto random = Random(options.seed).fork(static_cast<std::uint64_t>(epoch));
    random.shuffle(order.begin(), order.end());
  }
  return order;
}

LIFELOG_LAZY std::vector<double> scores_of(const std::vector<Epoch>& history) {
  std::vector<double> scores;
  for (const Epoch& e : history) scores.push_back(lifelog::detail::is_nan(e.valid_f1) ? -e.loss : e.valid_f1);
  return scores;
}

LIFELOG_LAZY double rate_of(const Schedule& schedule, const Progress& at) {
  if (!schedule) return 1;
  const double rate = schedule(at);
  lifelog::detail::require(lifelog::detail::is_finite(rate) && rate >= 0,
                           "train: schedule must give numbers of at least 0, got ", rate);
  return rate;
}

/// One pass over the training rows. False when it diverged.
template<class Loss, TrainingTask<Loss> Task>
bool train_epoch(Task& task, const std::vector<Index>& train, const TrainOptionsOf<Loss>& options,
                 TrainState<typename Task::Network>& state, Epoch& epoch) {
  const auto order = order_of(train, options, epoch.epoch);
  const auto scores = scores_of(state.history);
  const double counted = count_of_part(task, options.loss, order);
  std::optional<metrics::ConfusionMatrix> confusion;
  if constexpr (ClassTask<Task, Loss>) confusion.emplace(task.classes());
  std::vector<Index> predicted;
  auto gradient = nn::zeros_like(state.network);
  const Index count = static_cast<Index>(order.size()), batches = (count + options.batch - 1) / options.batch;
  for (Index batch = 0; batch < batches; ++batch) {
    const Index begin = batch * options.batch, end = std::min(count, begin + options.batch);
    const std::vector<Index> rows(order.begin() + begin, order.begin() + end);
    nn::visit([](const nn::Path&, const nn::Layout& layout,
                 auto* g) { std::fill_n(g, layout.size(), std::remove_pointer_t<decltype(g)>(0)); },
              gradient);
    if constexpr (requires { task.begin_step(state.optimizer.steps()); })
      task.begin_step(state.optimizer.steps());
    double loss;
    if constexpr (ClassTask<Task, Loss>) {
      loss = task.step(state.network, rows, options.loss, gradient, predicted);
      judge(task, options.loss, rows, predicted, *confusion);
    } else {
      loss = task.step(state.network, rows, options.loss, gradient);
    }
    const double norm = train::clip_global_norm(gradient, options.clip);
    if (!is_finite_step(gradient, norm, loss)) return false;
    const double behind = epoch.epoch - 1 + static_cast<double>(batch) / static_cast<double>(batches);
    state.optimizer.step(state.network, gradient, rate_of(options.schedule, {behind, scores}));
    if (state.average) state.average->update(state.network);
    if (counted > 0) epoch.loss += loss * count_of_part(task, options.loss, rows) / counted;
  }
  if (!is_finite(state.network, epoch.loss)) return false;
  epoch.train_f1 = epoch.train_accuracy = std::numeric_limits<double>::quiet_NaN();
  if (confusion) epoch.train_f1 = options.score(*confusion), epoch.train_accuracy = confusion->accuracy();
  return true;
}

/// Of the epoch that is kept; NaN where it has none.
template<class Network>
double best_loss(const TrainState<Network>& state) {
  for (const Epoch& e : state.history)
    if (e.epoch == state.best_epoch) return e.valid_loss;
  return std::numeric_limits<double>::quiet_NaN();
}

/// Whether an epoch is to be kept in place of the one that is.
template<class Network>
bool is_better(const Epoch& epoch, const TrainState<Network>& state) {
  if (lifelog::detail::is_nan(epoch.valid_f1) || epoch.valid_f1 < state.best_f1) return false;
  if (epoch.valid_f1 > state.best_f1) return true;
  const double kept = best_loss(state);
  return lifelog::detail::is_nan(kept) || lifelog::detail::is_nan(epoch.valid_loss) ||
         epoch.valid_loss <= kept;
}

/// Predicts, and sets the epoch's loss where it decides and the task tells it.
template<class Loss, ClassTask<Loss> Task>
void predict_validation(Task& task, const std::vector<Index>& valid, const TrainOptionsOf<Loss>& options,
                        const typename Task::Network& net, Epoch& epoch, std::vector<Index>& predicted) {
  if constexpr (requires { task.evaluate(net, valid, options.loss, predicted); }) {
    if (options.ties == Ties::loss) {
      epoch.valid_loss = task.evaluate(net, valid, options.loss, predicted);
      return;
    }
  }
  task.predict(net, valid, predicted);
}

template<class Loss, TrainingTask<Loss> Task>
void validate(Task& task, const std::vector<Index>& valid, const TrainOptionsOf<Loss>& options,
              TrainState<typename Task::Network>& state, Epoch& epoch) {
  epoch.valid_f1 = epoch.valid_accuracy = std::numeric_limits<double>::quiet_NaN();
  if (!valid.empty()) {
    if constexpr (ClassTask<Task, Loss>) {
      std::vector<Index> predicted;
      predict_validation(task, valid, options, state.evaluated(), epoch, predicted);
      metrics::ConfusionMatrix confusion(task.classes());
      judge(task, options.loss, valid, predicted, confusion);
      epoch.valid_f1 = options.score(confusion);
      epoch.valid_accuracy = confusion.accuracy();
    } else {
      epoch.valid_f1 = task.score(state.evaluated(), valid);
    }
  }
  if (valid.empty() || is_better(epoch, state)) {
    if (!valid.empty()) state.best_f1 = epoch.valid_f1;
    state.best_epoch = epoch.epoch;
    state.best = state.evaluated();
  }
}

template<class Loss, class Network>
bool out_of_patience(const TrainOptionsOf<Loss>& options, const TrainState<Network>& state) {
  return options.patience > 0 && !state.history.empty() &&
         state.history.back().epoch - state.best_epoch >= options.patience;
}

}  // namespace detail

/// Whether a cross-entropy is so far above that of guessing, ln C, that the network's inputs are beyond what it can
/// weigh, and what it says is of no meaning. loss: mean over samples, nats; C: classes ≥ 2.
LIFELOG_LAZY bool worse_than_guessing(double loss, Index classes) {
  constexpr double far = 1000;
  return loss > far * std::log(static_cast<double>(classes));
}

/// Trains a network: shuffled batches, focal loss, clipped gradient, AdamW, and the weights of the best validation score
/// kept, all as the study does unless the options say otherwise (`study_training` for its patience and ties too). Rows that
/// a network is to be judged by are neither training nor validation rows: both choose. Goes on from `state`, whose history tells how many epochs are behind it, to `options.epochs`:
/// in one run or in several the result is the same to the bit. Throws std::invalid_argument on options out of range.
template<class Loss = train::FocalLossOptions, TrainingTask<Loss> Task>
TrainStatus train(Task& task, const std::vector<Index>& train_rows, const std::vector<Index>& valid_rows,
                  const TrainOptionsOf<Loss>& options, TrainState<typename Task::Network>& state) {
  detail::require_options(options, train_rows.size(), state);
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
