// SPDX-License-Identifier: MIT
#include <lifelog/nn/linear.hpp>
#include <lifelog/train/checkpoint.hpp>
#include <lifelog/train/trainer.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "../support/temp_dir.hpp"
#include "../support/throws.hpp"

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

  Run(ScriptedTask& task, const TrainOptions& options, const std::vector<Index>& valid = ten)
      : status(lifelog::train::train(task, ten, valid, options, state)) {}
};

TrainOptions epochs(int count) {
  TrainOptions options;
  options.epochs = count;
  return options;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mil_trainer)

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
