// SPDX-License-Identifier: MIT
#include <lifelog/metrics/ordinal.hpp>
#include <lifelog/metrics/regression.hpp>
#include <lifelog/nn/activation.hpp>
#include <lifelog/nn/dropout.hpp>
#include <lifelog/nn/linear.hpp>
#include <lifelog/train/checkpoint.hpp>
#include <lifelog/train/ordinal_loss.hpp>
#include <lifelog/train/regression_loss.hpp>
#include <lifelog/train/trainer.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "../support/temp_dir.hpp"
#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(mil_trainer)

// The trainer's rules, on tasks small enough to see through. Real networks: test_bag_training.cpp.

using namespace lifelog;
using namespace lifelog::train;
using Net = nn::Linear<double, 1, 1>;

namespace {

/// A parabola to descend, and validation results to order: the n-th evaluation gets `script[n]` of its 10 rows right.
struct ScriptedTask {
  using Network = Net;
  std::vector<int> script = {};
  std::size_t evaluations = 0;
  std::vector<std::vector<Index>> batches = {};
  double loss = 1;

  Index classes() const { return 2; }
  Index label(Index row) const { return row % 2; }

  double step(const Net& net, const std::vector<Index>& rows, const lifelog::train::FocalLossOptions&,
              Net& gradient, std::vector<Index>& predicted) {
    batches.push_back(rows);
    gradient.weight(0, 0) += net.weight(0, 0) - 3;
    gradient.bias[0] += 1;
    predicted.assign(rows.size(), 0);
    for (std::size_t n = 0; n < rows.size(); ++n) predicted[n] = label(rows[n]);
    return loss;
  }

  void predict(const Net&, const std::vector<Index>& rows, std::vector<Index>& predicted) {
    predicted.clear();
    const int right = script.at(evaluations++);
    for (std::size_t n = 0; n < rows.size(); ++n)
      predicted.push_back(static_cast<int>(n) < right ? label(rows[n]) : 1 - label(rows[n]));
  }
};

const std::vector<Index> ten = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

Net start() {
  return Net(1, 1);
}

struct Run {
  TrainState<Net> state{start(), {}};
  TrainStatus status;

  template<class Task>
  Run(Task& task, const TrainOptions& options, const std::vector<Index>& valid = ten)
      : status(lifelog::train::train(task, ten, valid, options, state)) {}
};

/// The same, whose first four rows have no label.
struct PartlyLabelled : ScriptedTask {
  Index label(Index row) const { return row < 4 ? -100 : ScriptedTask::label(row); }

  double step(const Net& net, const std::vector<Index>& rows, const lifelog::train::FocalLossOptions& options,
              Net& gradient, std::vector<Index>& predicted) {
    ScriptedTask::step(net, rows, options, gradient, predicted);
    return std::all_of(rows.begin(), rows.end(), [](Index row) { return row < 4; }) ? 0 : loss;
  }
};

/// A line through 40 points, y = 2x − 1, but for two that are far off.
struct LineTask {
  using Network = Net;

  static double x(Index row) { return 0.1 * static_cast<double>(row % 20) - 1; }
  static double y(Index row) { return row == 7 || row == 24 ? 40 : 2 * x(row) - 1; }
  static double output(const Net& net, Index row) { return net.weight(0, 0) * x(row) + net.bias[0]; }

  template<class Loss>
  double step(const Net& net, const std::vector<Index>& rows, const Loss& loss, Net& gradient) {
    const auto count = static_cast<Index>(rows.size());
    std::vector<double> outputs, targets, slopes(rows.size());
    for (const Index row : rows) outputs.push_back(output(net, row)), targets.push_back(y(row));
    const double value = loss(outputs.data(), Index{1}, count, count, targets.data(), slopes.data());
    for (std::size_t n = 0; n < rows.size(); ++n) {
      gradient.weight(0, 0) += slopes[n] * x(rows[n]);
      gradient.bias[0] += slopes[n];
    }
    return value;
  }

  double score(const Net& net, const std::vector<Index>& rows) {
    Eigen::VectorXd truth(static_cast<Index>(rows.size())), predicted = truth;
    for (std::size_t n = 0; n < rows.size(); ++n) {
      truth[static_cast<Index>(n)] = y(rows[n]);
      predicted[static_cast<Index>(n)] = output(net, rows[n]);
    }
    return metrics::r_squared(truth, predicted);
  }
};

/// A loss of one's own: the mean absolute error.
struct AbsoluteError {
  double operator()(const double* outputs, Index, Index samples, Index, const double* targets,
                    double* gradient) const {
    double total = 0;
    for (Index n = 0; n < samples; ++n) {
      const double error = outputs[n] - targets[n];
      gradient[n] = (error > 0 ? 1.0 : -1.0) / static_cast<double>(samples);
      total += std::abs(error);
    }
    return total / static_cast<double>(samples);
  }
};

auto make_dropping_network() {
  auto net = nn::input<1, double> | nn::linear<8> | nn::tanh | nn::dropout(0.5) | nn::linear<1>;
  Random random(1);
  net.initialise(random);
  return net;
}

/// The line by a network that drops half of what it knows at each step.
struct DroppingTask {
  using Network = decltype(make_dropping_network());
  std::vector<std::int64_t> begun = {};

  void begin_step(std::int64_t steps) { begun.push_back(steps); }

  double step(const Network& net, const std::vector<Index>& rows, const MseLossOptions& loss,
              Network& gradient) {
    const nn::Samples<double> domain{static_cast<Index>(rows.size()), true, 1,
                                     static_cast<std::uint64_t>(begun.back())};
    Eigen::VectorXd x = Eigen::VectorXd::Zero(domain.stride()), y = x, targets = x, dy = x;
    for (Index n = 0; n < domain.count; ++n) {
      x[n] = LineTask::x(rows[static_cast<std::size_t>(n)]);
      targets[n] = 2 * x[n] - 1;
    }
    Network::Tape<nn::Samples<double>> tape;
    net.record(domain, tape, x.data(), y.data());
    const double value = loss(y.data(), Index{1}, domain.count, domain.stride(), targets.data(), dy.data());
    net.pull(domain, tape, x.data(), y.data(), dy.data(), static_cast<double*>(nullptr), gradient);
    return value;
  }

  double score(const Network&, const std::vector<Index>&) { return 0; }
};

/// Four levels of x by its size, of which every fifth is not known.
struct LevelTask {
  using Network = nn::Linear<double, 1, 3>;

  Index classes() const { return 4; }
  Index label(Index row) const { return row % 5 == 4 ? -100 : level(row); }
  static Index level(Index row) { return row % 20 / 5; }

  Eigen::Matrix<double, 3, Eigen::Dynamic, Eigen::RowMajor> outputs(const Network& net,
                                                                    const std::vector<Index>& rows) const {
    Eigen::Matrix<double, 3, Eigen::Dynamic, Eigen::RowMajor> z(3, static_cast<Index>(rows.size()));
    for (Index n = 0; n < z.cols(); ++n)
      for (Index k = 0; k < 3; ++k)
        z(k, n) = net.weight(k, 0) * LineTask::x(rows[static_cast<std::size_t>(n)]) + net.bias[k];
    return z;
  }

  template<class Loss>
  double step(const Network& net, const std::vector<Index>& rows, const Loss& loss, Network& gradient,
              std::vector<Index>& predicted) {
    const auto z = outputs(net, rows);
    auto slopes = z;
    std::vector<Index> labels;
    for (const Index row : rows) labels.push_back(label(row));
    const double value = loss(z.data(), Index{3}, z.cols(), z.cols(), labels.data(), slopes.data());
    for (Index n = 0; n < z.cols(); ++n)
      for (Index k = 0; k < 3; ++k) {
        gradient.weight(k, 0) += slopes(k, n) * LineTask::x(rows[static_cast<std::size_t>(n)]);
        gradient.bias[k] += slopes(k, n);
      }
    predict(net, rows, predicted);
    return value;
  }

  void predict(const Network& net, const std::vector<Index>& rows, std::vector<Index>& predicted) {
    const auto z = outputs(net, rows);
    predicted.resize(rows.size());
    ordinal_predict(z.data(), 3, z.cols(), z.cols(), predicted.data());
  }
};

std::vector<Index> up_to(Index count) {
  std::vector<Index> rows;
  for (Index row = 0; row < count; ++row) rows.push_back(row);
  return rows;
}

TrainOptions epochs(int count) {
  TrainOptions options;
  options.epochs = count;
  return options;
}

}  // namespace

BOOST_AUTO_TEST_CASE(keeps_the_latest_of_the_best_epochs) {
  ScriptedTask task{{4, 8, 6, 8, 2}};
  std::vector<double> weights;
  TrainState<Net> state(start(), {});
  auto options = epochs(5);
  options.on_epoch = [&](const Epoch& epoch) {
    weights.push_back(state.network.weight(0, 0));
    BOOST_TEST(epoch.epoch == static_cast<int>(weights.size()));
    return true;
  };
  BOOST_TEST((lifelog::train::train(task, ten, ten, options, state) == TrainStatus::finished));
  BOOST_TEST(state.best_epoch == 4);
  BOOST_TEST(std::abs(state.best_f1 - 0.8) < 0.01);
  BOOST_TEST(state.best_f1 == state.history[3].valid_f1);
  BOOST_TEST(state.best.weight(0, 0) == weights[3]);
  BOOST_TEST(state.network.weight(0, 0) == weights[4]);
  BOOST_TEST(weights[3] != weights[4]);
  BOOST_TEST(state.history.size() == 5u);
  BOOST_TEST(state.history[1].valid_accuracy == 0.8);
  BOOST_TEST(state.history[1].train_accuracy == 1);
  BOOST_TEST(state.history[1].train_f1 == 1);
  BOOST_TEST(state.history[1].loss == 1);
}

BOOST_AUTO_TEST_CASE(without_validation_the_latest_weights_are_the_best) {
  ScriptedTask task;
  const Run run(task, epochs(3), {});
  BOOST_TEST((run.status == TrainStatus::finished));
  BOOST_TEST(run.state.best_epoch == 3);
  BOOST_TEST((run.state.best.weight == run.state.network.weight));
  BOOST_TEST(std::isnan(run.state.history[0].valid_f1));
  BOOST_TEST(std::isnan(run.state.history[0].valid_accuracy));
}

/// A scripted task that tells a validation loss for each epoch.
struct LossTask : ScriptedTask {
  std::vector<double> losses;
  double evaluate(const Net& net, const std::vector<Index>& rows, const FocalLossOptions&,
                  std::vector<Index>& predicted) {
    predict(net, rows, predicted);
    return losses.at(evaluated++);
  }
  std::size_t evaluated = 0;
};

BOOST_AUTO_TEST_CASE(of_equals_the_one_with_the_least_validation_loss_is_kept) {
  const auto best = [](const std::vector<double>& losses, Ties ties) {
    LossTask task;
    task.script = {4, 8, 8, 8, 8};
    task.losses = losses;
    auto options = epochs(5);
    options.ties = ties;
    const Run run(task, options);
    BOOST_TEST(std::isnan(run.state.history[1].valid_loss) == (ties == Ties::latest));
    return run.state.best_epoch;
  };
  const std::vector<double> losses{0.1, 0.7, 0.4, 0.4, 0.5};
  BOOST_TEST(best(losses, Ties::loss) ==
             4);  // of equal losses the latest; a better score comes before any loss
  BOOST_TEST(best(losses, Ties::latest) == 5);
}

BOOST_AUTO_TEST_CASE(a_tie_with_more_loss_is_no_improvement_to_patience) {
  LossTask task;
  task.script = {8, 8, 8, 8, 8, 8};
  task.losses = {0.5, 0.4, 0.6, 0.7, 0.8, 0.9};
  auto options = epochs(6);
  options.patience = 2;
  const Run run(task, options);
  BOOST_TEST((run.status == TrainStatus::patience));
  BOOST_TEST(run.state.best_epoch == 2);
  BOOST_TEST(run.state.history.size() == 4u);
}

BOOST_AUTO_TEST_CASE(the_study_never_tires_and_keeps_the_latest) {
  BOOST_TEST(lifelog::train::study_training().patience == 0);
  BOOST_TEST((lifelog::train::study_training().ties == Ties::latest));
}

// As good as the best counts as an improvement.
BOOST_AUTO_TEST_CASE(patience) {
  ScriptedTask task{{2, 6, 6, 5, 4, 9, 9}};
  auto options = epochs(7);
  options.patience = 2;
  const Run run(task, options);
  BOOST_TEST((run.status == TrainStatus::patience));
  BOOST_TEST(run.state.best_epoch == 3);
  BOOST_TEST(run.state.history.size() == 5u);
}

// Options in braces are those of focal loss.
BOOST_AUTO_TEST_CASE(options_in_braces) {
  ScriptedTask task{{5}};
  TrainState state(start(), {});
  BOOST_TEST((lifelog::train::train(task, ten, ten, {.epochs = 1}, state) == TrainStatus::finished));
}

BOOST_AUTO_TEST_CASE(the_callback_stops) {
  ScriptedTask task{{1, 1, 1, 1}};
  auto options = epochs(4);
  options.on_epoch = [](const Epoch& epoch) { return epoch.epoch < 2; };
  const Run run(task, options);
  BOOST_TEST((run.status == TrainStatus::stopped));
  BOOST_TEST(run.state.history.size() == 2u);
}

BOOST_AUTO_TEST_CASE(divergence_keeps_the_best) {
  ScriptedTask task{{5, 5, 5}};
  auto options = epochs(3);
  options.on_epoch = [&](const Epoch& epoch) {
    if (epoch.epoch == 2) task.loss = std::numeric_limits<double>::quiet_NaN();
    return true;
  };
  const Run run(task, options);
  BOOST_TEST((run.status == TrainStatus::diverged));
  BOOST_TEST(run.state.history.size() == 2u);
  BOOST_TEST(run.state.best_epoch == 2);
  BOOST_TEST(run.state.optimizer.steps() == 2);  // the step that would have spoilt it was not taken
}

BOOST_AUTO_TEST_CASE(which_f1_decides) {
  // 10 rows, 5 of each class, of which the first 7 are right: the two scores differ.
  ScriptedTask macro{{7}}, study{{7}};
  auto options = epochs(1);
  const Run first(macro, options);
  options.score = F1::study;
  const Run second(study, options);
  metrics::ConfusionMatrix confusion(2);
  for (Index n = 0; n < 10; ++n) confusion.add(n % 2, n < 7 ? n % 2 : 1 - n % 2);
  BOOST_TEST(first.state.best_f1 == confusion.macro_f1());
  BOOST_TEST(second.state.best_f1 == confusion.study_f1());
  BOOST_TEST(confusion.macro_f1() != confusion.study_f1());
}

BOOST_AUTO_TEST_CASE(batches_cover_every_row_once_an_epoch) {
  ScriptedTask task{{1, 1, 1}};
  auto options = epochs(3);
  options.batch = 4;
  const Run run(task, options);
  BOOST_REQUIRE(task.batches.size() == 9u);
  std::vector<std::vector<Index>> orders(3);
  for (std::size_t b = 0; b < 9; ++b) {
    BOOST_TEST(task.batches[b].size() == (b % 3 == 2 ? 2u : 4u));
    orders[b / 3].insert(orders[b / 3].end(), task.batches[b].begin(), task.batches[b].end());
  }
  BOOST_TEST((orders[0] != orders[1]));
  BOOST_TEST((orders[0] != ten));
  for (auto order : orders) {
    std::sort(order.begin(), order.end());
    BOOST_TEST((order == ten));
  }
  ScriptedTask again{{1, 1, 1}}, other{{1, 1, 1}}, straight{{1, 1, 1}};
  Run{again, options};
  BOOST_TEST((again.batches == task.batches));
  options.seed = 2;
  Run{other, options};
  BOOST_TEST((other.batches != task.batches));
  options.shuffle = false;
  options.batch = 512;
  Run{straight, options};
  BOOST_TEST((straight.batches == std::vector<std::vector<Index>>(3, ten)));
}

BOOST_AUTO_TEST_CASE(any_score_decides) {
  ScriptedTask task{{4, 8, 6}};
  auto options = epochs(3);
  options.score = [](const metrics::ConfusionMatrix& confusion) {
    return -metrics::mean_absolute_error(confusion);
  };
  const Run run(task, options);
  BOOST_TEST(run.state.best_epoch == 2);
  BOOST_TEST(run.state.best_f1 == -0.2);
  BOOST_TEST(run.state.history[0].valid_f1 == -0.6);
  BOOST_TEST(run.state.history[0].train_f1 == 0);
}

BOOST_AUTO_TEST_CASE(a_score_that_is_no_number_is_never_the_best) {
  ScriptedTask task{{4, 8, 6, 9}};
  auto options = epochs(4);
  options.score = [](const metrics::ConfusionMatrix& confusion) {
    const double accuracy = confusion.accuracy();
    return accuracy == 0.4 || accuracy == 0.9 ? std::numeric_limits<double>::quiet_NaN() : accuracy;
  };
  const Run run(task, options);
  BOOST_TEST(run.state.best_epoch == 2);
  BOOST_TEST(run.state.best_f1 == 0.8);
  BOOST_TEST(std::isnan(run.state.history[3].valid_f1));
}

// The first batch has no label that counts, the second two, the last two.
BOOST_AUTO_TEST_CASE(ignored_rows_are_not_judged) {
  PartlyLabelled task{{{0, 7}}};
  auto options = epochs(2);
  options.batch = 4;
  options.shuffle = false;
  TrainState<Net> state(start(), options);
  lifelog::train::train(task, ten, ten, options, state);
  BOOST_TEST(state.history[0].loss == 1, boost::test_tools::tolerance(1e-15));
  BOOST_TEST(state.history[0].train_accuracy == 1);
  BOOST_TEST(state.history[1].valid_accuracy == 0.5);  // 4, 5 and 6 of 4 … 9
  task.script = {3, 5, 5};
  options.epochs = 3;
  const std::vector<Index> unlabelled = {0, 1, 2, 3};
  lifelog::train::train(task, unlabelled, unlabelled, options, state);
  BOOST_TEST(state.history[2].loss == 0);
  BOOST_TEST(state.history[2].valid_f1 == 0);
}

BOOST_AUTO_TEST_CASE(any_loss_trains) {
  const auto rows = up_to(40);
  const auto trained_with = [&](const auto& loss) {
    TrainOptionsOf<std::decay_t<decltype(loss)>> options;
    options.loss = loss;
    options.epochs = 400;
    options.patience = 0;
    options.batch = 16;
    options.optimizer = {.learning_rate = 0.05, .weight_decay = 0};
    LineTask task;
    TrainState<Net> state(start(), options);
    BOOST_TEST((lifelog::train::train(task, rows, rows, options, state) == TrainStatus::finished));
    BOOST_TEST(state.best_f1 == task.score(state.best, rows));
    BOOST_TEST(state.history.back().loss < state.history.front().loss);
    BOOST_TEST(std::isnan(state.history[9].train_f1));
    BOOST_TEST(std::isnan(state.history[9].valid_accuracy));
    return state.network;
  };
  const auto robust = trained_with(HuberLossOptions{.delta = 0.5});
  BOOST_TEST(std::abs(robust.weight(0, 0) - 2) < 0.3);
  BOOST_TEST(std::abs(robust.bias[0] + 1) < 0.3);
  const auto own = trained_with(AbsoluteError{});
  BOOST_TEST(std::abs(own.weight(0, 0) - 2) < 0.3);
  const auto squares = trained_with(MseLossOptions{});  // is drawn to the two that are far off
  BOOST_TEST(squares.bias[0] > 0);
}

BOOST_AUTO_TEST_CASE(levels_are_learnt_by_an_ordinal_loss_and_kappa) {
  TrainOptionsOf<OrdinalLossOptions> options;
  options.epochs = 300;
  options.batch = 16;
  options.optimizer.learning_rate = 0.1;
  options.schedule = CosineSchedule{.total = 300, .warm_up = 5};
  options.score = [](const metrics::ConfusionMatrix& c) { return metrics::quadratic_weighted_kappa(c); };
  LevelTask task;
  TrainState<LevelTask::Network> state(LevelTask::Network(1, 3), options);
  lifelog::train::train(task, up_to(60), up_to(20), options, state);
  BOOST_TEST(state.best_f1 > 0.95);
  BOOST_TEST(state.history.back().loss < 0.5 * state.history.front().loss);
}

BOOST_AUTO_TEST_CASE(schedules_see_every_step) {
  ScriptedTask task{{1, 2, 3}};
  auto options = epochs(3);
  options.batch = 4;
  options.sgd = SgdOptions{.learning_rate = 0.5};
  std::vector<double> seen;
  std::vector<std::size_t> scores;
  options.schedule = [&](const Progress& at) {
    seen.push_back(at.epochs);
    scores.push_back(at.scores.size());
    return at.epochs == 0 ? 1.0 : 0.0;
  };
  TrainState<Net> state(start(), options);
  lifelog::train::train(task, ten, ten, options, state);
  BOOST_TEST(
      seen == (std::vector<double>{0, 1. / 3, 2. / 3, 1, 1 + 1. / 3, 1 + 2. / 3, 2, 2 + 1. / 3, 2 + 2. / 3}),
      boost::test_tools::per_element());
  BOOST_TEST(scores == (std::vector<std::size_t>{0, 0, 0, 1, 1, 1, 2, 2, 2}),
             boost::test_tools::per_element());
  // One step at the whole rate along a gradient of norm √10, clipped; none after.
  BOOST_TEST(state.network.weight(0, 0) == start().weight(0, 0) + 0.5 * 3 * 0.9 / std::sqrt(10.0),
             boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(an_average_of_the_weights_is_what_is_kept) {
  LineTask task;
  TrainOptionsOf<HuberLossOptions> options;
  options.epochs = 5;
  options.batch = 8;
  options.average = 0.9;
  TrainState<Net> state(start(), options);
  lifelog::train::train(task, up_to(40), {}, options, state);
  BOOST_TEST(state.average->updates() == 25);
  BOOST_TEST((state.best.weight == state.average->network().weight));
  BOOST_TEST((state.best.weight != state.network.weight));
}

// With all that has a state: momentum, an average, and a rate that falls by what the scores did.
BOOST_AUTO_TEST_CASE(a_run_of_choices_in_pieces_is_the_run_in_one) {
  const TempDir dir;
  const auto path = (dir / "run.safetensors").string();
  TrainOptionsOf<HuberLossOptions> options;
  options.epochs = 12;
  options.batch = 8;
  options.sgd = SgdOptions{.learning_rate = 0.2, .momentum = 0.9, .nesterov = true, .weight_decay = 1e-3};
  options.average = 0.8;
  options.schedule = PlateauSchedule{.factor = 0.5, .patience = 1};
  LineTask task;
  TrainState<Net> whole(start(), options);
  lifelog::train::train(task, up_to(40), up_to(20), options, whole);
  for (const int until : {1, 5, 6, 12}) {
    options.epochs = until;
    TrainState<Net> part(start(), options);
    if (until > 1) load_checkpoint(path, part);
    lifelog::train::train(task, up_to(40), up_to(20), options, part);
    save_checkpoint(path, part);
    if (until < 12) continue;
    BOOST_TEST((part.network.weight == whole.network.weight));
    BOOST_TEST((part.best.weight == whole.best.weight));
    BOOST_TEST((part.average->network().bias == whole.average->network().bias));
    BOOST_TEST(part.average->updates() == 60);
  }
  BOOST_TEST(options.schedule({12, lifelog::train::detail::scores_of(whole.history)}) < 1);
  TrainState<Net> adam(start(), {}), other(start(), options);
  check_throws<format_error>([&] { load_checkpoint(path, adam); }, {"run.safetensors", "AdamW", "'SGD'"});
  save_checkpoint(path, adam);
  check_throws<format_error>([&] { load_checkpoint(path, other); }, {"'AdamW'", "SGD"});
}

BOOST_AUTO_TEST_CASE(a_checkpoint_keeps_everything) {
  const TempDir dir;
  const auto path = (dir / "run.safetensors").string();
  ScriptedTask task{{4, 8, 6}};
  const Run run(task, epochs(3));
  save_checkpoint(path, run.state);
  TrainState<Net> loaded(start(), {});
  load_checkpoint(path, loaded);
  BOOST_TEST((loaded.network.weight == run.state.network.weight));
  BOOST_TEST((loaded.best.weight == run.state.best.weight));
  BOOST_TEST((loaded.best.weight != loaded.network.weight));
  BOOST_TEST(loaded.best_epoch == 2);
  BOOST_TEST(loaded.best_f1 == run.state.best_f1);
  BOOST_TEST(loaded.optimizer.steps() == 3);
  BOOST_TEST((loaded.optimizer.first_moment().weight == run.state.optimizer.first_moment().weight));
  BOOST_TEST((loaded.optimizer.second_moment().bias == run.state.optimizer.second_moment().bias));
  BOOST_REQUIRE(loaded.history.size() == 3u);
  for (std::size_t e = 0; e < 3; ++e) {
    BOOST_TEST(loaded.history[e].epoch == run.state.history[e].epoch);
    BOOST_TEST(loaded.history[e].loss == run.state.history[e].loss);
    BOOST_TEST(loaded.history[e].train_f1 == run.state.history[e].train_f1);
    BOOST_TEST(loaded.history[e].train_accuracy == run.state.history[e].train_accuracy);
    BOOST_TEST(loaded.history[e].valid_f1 == run.state.history[e].valid_f1);
    BOOST_TEST(loaded.history[e].valid_accuracy == run.state.history[e].valid_accuracy);
  }
}

BOOST_AUTO_TEST_CASE(a_checkpoint_knows_what_it_was_made_with) {
  const TempDir dir;
  const auto path = (dir / "run.safetensors").string();
  TrainState<Net> state(start(), {});
  const RunIdentity made{{"data", "17ab"}, {"batch size", "512"}, {"learning rate", "0.01"}};
  save_checkpoint(path, state, made);
  load_checkpoint(path, state, made);
  const auto refused = [&](const RunIdentity& other, const std::vector<std::string>& parts) {
    state.network.bias[0] = 7;
    check_throws<format_error>([&] { load_checkpoint(path, state, other); }, parts);
    BOOST_TEST(state.network.bias[0] == 7);
  };
  auto other = made;
  other["data"] = "17ac";
  refused(other, {"run.safetensors", "data (17ab then, 17ac now)"});
  other["batch size"] = "64";
  refused(other, {"data", "batch size (512 then, 64 now)"});
  other = made;
  other["alpha"] = "1,2";
  refused(other, {"alpha (none then, 1,2 now)"});
  other = made;
  other.erase("learning rate");
  refused(other, {"learning rate (0.01 then, none now)"});
  refused({}, {"data", "batch size"});
  save_checkpoint(path, state);
  refused(made, {"does not say", "data"});
  load_checkpoint(path, state);
}

// Which of equals is kept depends on the losses before, also those before a run was resumed.
BOOST_AUTO_TEST_CASE(checkpoints_hold_validation_losses) {
  const TempDir dir;
  const auto path = (dir / "run.safetensors").string();
  const auto task_at = [](std::size_t epoch) {
    LossTask task;
    task.script = {8, 8, 8, 8};
    task.losses = {0.5, 0.3, 0.4, 0.3};
    task.evaluations = task.evaluated = epoch;
    return task;
  };
  auto first = task_at(0);
  const Run run(first, epochs(2));
  save_checkpoint(path, run.state);
  TrainState<Net> resumed(start(), {});
  load_checkpoint(path, resumed);
  BOOST_TEST(resumed.history[1].valid_loss == 0.3);
  auto rest = task_at(2);
  lifelog::train::train(rest, ten, ten, epochs(3), resumed);
  BOOST_TEST(resumed.best_epoch == 2);
  lifelog::train::train(rest, ten, ten, epochs(4), resumed);
  BOOST_TEST(resumed.best_epoch == 4);
}

// Before the first epoch, and without validation, whose figures are not numbers.
BOOST_AUTO_TEST_CASE(checkpoints_of_young_runs) {
  const TempDir dir;
  const auto path = (dir / "run.safetensors").string();
  TrainState<Net> fresh(start(), {}), loaded(start(), {});
  save_checkpoint(path, fresh);
  loaded.best_epoch = 5;
  loaded.history.resize(2);
  load_checkpoint(path, loaded);
  BOOST_TEST(loaded.history.empty());
  BOOST_TEST(loaded.best_epoch == 0);
  BOOST_TEST(loaded.best_f1 == -std::numeric_limits<double>::infinity());
  ScriptedTask task;
  const Run run(task, epochs(1), {});
  save_checkpoint(path, run.state);
  load_checkpoint(path, loaded);
  BOOST_TEST(std::isnan(loaded.history.at(0).valid_f1));
}

BOOST_AUTO_TEST_CASE(what_is_not_a_checkpoint_changes_nothing) {
  const TempDir dir;
  const auto path = (dir / "run.safetensors").string();
  TrainState<Net> state(start(), {});
  state.network.bias[0] = 7;
  check_throws<io_error>([&] { load_checkpoint(path, state); }, {"run.safetensors"});
  dir.file("run.safetensors", "nonsense");
  check_throws<format_error>([&] { load_checkpoint(path, state); }, {"run.safetensors"});
  io::Tensors tensors;
  tensors.metadata()["format"] = "lifelog-model";
  tensors.save(path);
  check_throws<format_error>([&] { load_checkpoint(path, state); }, {"lifelog-checkpoint", "lifelog-model"});
  TrainState<nn::Linear<double, 2, 1>> wider(nn::Linear<double, 2, 1>(2, 1), {});
  save_checkpoint(path, wider);
  check_throws<format_error>([&] { load_checkpoint(path, state); }, {"network.weight", "1, 1", "1, 2"});
  save_checkpoint(path, state);
  auto more = io::Tensors::load(path);
  const double stray[] = {1};
  more.add("best.other", {1}, std::span<const double>(stray));
  more.save(path);
  check_throws<format_error>([&] { load_checkpoint(path, state); }, {"best.other", "unknown tensor"});
  BOOST_TEST(state.network.bias[0] == 7);
}

// What dropout draws follows from the steps behind a run, also those before it was resumed.
BOOST_AUTO_TEST_CASE(a_network_that_drops_goes_on_to_the_bit) {
  const TempDir dir;
  const auto path = (dir / "run.safetensors").string();
  TrainOptionsOf<MseLossOptions> options;
  options.batch = 4;
  const auto state_after = [&](int epochs, DroppingTask& task, bool resumed) {
    options.epochs = epochs;
    TrainState<DroppingTask::Network> state(make_dropping_network(), options);
    if (resumed) load_checkpoint(path, state);
    lifelog::train::train(task, ten, {}, options, state);
    save_checkpoint(path, state);
    std::vector<double> bits;
    nn::visit([&](const nn::Path&, const nn::Layout& layout,
                  const double* w) { bits.insert(bits.end(), w, w + layout.size()); },
              state.network);
    return bits;
  };
  DroppingTask whole, parts, other;
  const auto bits = state_after(4, whole, false);
  state_after(1, parts, false);
  state_after(3, parts, true);
  BOOST_TEST((state_after(4, parts, true) == bits));
  std::vector<std::int64_t> expected(12);
  std::iota(expected.begin(), expected.end(), 0);
  BOOST_TEST(whole.begun == expected);
  BOOST_TEST(parts.begun == expected);
  // Steps drop differently: the same rows twice have two losses.
  other.begun = {0};
  auto gradient = nn::zeros_like(make_dropping_network());
  const double first = other.step(make_dropping_network(), ten, {}, gradient);
  BOOST_TEST(other.step(make_dropping_network(), ten, {}, gradient) == first);
  other.begin_step(1);
  BOOST_TEST(other.step(make_dropping_network(), ten, {}, gradient) != first);
}

BOOST_AUTO_TEST_CASE(bad_options) {
  ScriptedTask task{{1}};
  const auto refuses = [&](auto change, const char* name) {
    auto options = epochs(1);
    change(options);
    TrainState<Net> state(start(), {});
    check_throws<std::invalid_argument>([&] { lifelog::train::train(task, ten, ten, options, state); },
                                        {name});
    BOOST_TEST(state.history.empty());
  };
  refuses([](TrainOptions& o) { o.epochs = 0; }, "epochs");
  refuses([](TrainOptions& o) { o.batch = 0; }, "batch");
  refuses([](TrainOptions& o) { o.clip = 0; }, "clip");
  refuses([](TrainOptions& o) { o.clip = std::numeric_limits<double>::quiet_NaN(); }, "clip");
  refuses([](TrainOptions& o) { o.patience = -1; }, "patience");
  refuses([](TrainOptions& o) { o.optimizer.learning_rate = 0; }, "learning rate");
  refuses([](TrainOptions& o) { o.optimizer.weight_decay = -1; }, "weight decay");
  refuses([](TrainOptions& o) { o.sgd = SgdOptions{}; }, "another optimizer");
  refuses([](TrainOptions& o) { o.sgd = SgdOptions{.momentum = 1}; }, "momentum");
  refuses([](TrainOptions& o) { o.sgd = SgdOptions{.nesterov = true}; }, "nesterov");
  refuses([](TrainOptions& o) { o.average = 0.5; }, "average");
  refuses([](TrainOptions& o) { o.schedule = [](const Progress&) { return -1.0; }; }, "schedule");
  TrainState<Net> state(start(), {});
  check_throws<std::invalid_argument>([&] { lifelog::train::train(task, {}, ten, epochs(1), state); },
                                      {"training row"});
}

BOOST_AUTO_TEST_CASE(a_loss_of_no_meaning) {
  BOOST_TEST(!worse_than_guessing(std::log(4.0), 4));
  BOOST_TEST(!worse_than_guessing(999 * std::log(4.0), 4));
  BOOST_TEST(worse_than_guessing(1001 * std::log(4.0), 4));
}

BOOST_AUTO_TEST_SUITE_END()
