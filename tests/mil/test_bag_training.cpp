// SPDX-License-Identifier: MIT
#include <lifelog/mil/instances.hpp>
#include <lifelog/mil/modal_importance.hpp>
#include <lifelog/train/checkpoint.hpp>
#include <lifelog/train/cross_entropy.hpp>
#include <lifelog/train/trainer.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "../support/golden_tensors.hpp"
#include "../support/temp_dir.hpp"
#include "bags.hpp"

BOOST_AUTO_TEST_SUITE(mil_bag_training)

using namespace lifelog;
using namespace lifelog::mil;
using namespace lifelog::train;

namespace {

std::vector<Index> range(Index begin, Index end) {
  std::vector<Index> rows(static_cast<std::size_t>(end - begin));
  std::iota(rows.begin(), rows.end(), begin);
  return rows;
}

std::vector<float> bits_of(const TrainState<BagNetwork<float>>& state) {
  std::vector<float> bits;
  for (const auto* net :
       {&state.network, &state.best, &state.optimizer.first_moment(), &state.optimizer.second_moment()})
    nn::visit([&](const nn::Path&, const nn::Layout& layout,
                  const float* w) { bits.insert(bits.end(), w, w + layout.size()); },
              *net);
  return bits;
}

bool same_history(const std::vector<Epoch>& a, const std::vector<Epoch>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Epoch& x, const Epoch& y) {
    return x.epoch == y.epoch && x.loss == y.loss && x.train_f1 == y.train_f1 &&
           x.train_accuracy == y.train_accuracy && x.valid_f1 == y.valid_f1 &&
           x.valid_accuracy == y.valid_accuracy;
  });
}

/// 90 bags of noise with labels of no meaning, in batches that leave a small rest: 70 rows of training in 40 + 30.
struct Noise {
  OwnedBags<float> owned = noisy_bags<float>(90, 1);
  std::vector<Index> labels;
  BagNetwork<float> net = make_bag_network<float>(owned.bags.shapes(), 3, 2);
  TrainOptions options;

  Noise() {
    for (Index n = 0; n < 90; ++n) labels.push_back(n * n % 3);
    options.epochs = 4;
    options.batch = 40;
  }

  TrainState<BagNetwork<float>> fresh() const { return {net, options.optimizer}; }

  TrainStatus run(TrainState<BagNetwork<float>>& state, int threads) const {
    BagTask<float> task(net, owned.bags, labels, threads);
    return train::train(task, range(0, 70), range(70, 90), options, state);
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(threads_change_no_bit) {
  const Noise noise;
  auto one = noise.fresh();
  BOOST_TEST((noise.run(one, 1) == TrainStatus::finished));
  const auto bits = bits_of(one);
  BOOST_TEST((bits != bits_of(noise.fresh())));
  for (const int threads : {2, 3, 4, 0}) {
    auto other = noise.fresh();
    noise.run(other, threads);
    BOOST_TEST((bits_of(other) == bits), threads << " threads");
    BOOST_TEST(same_history(other.history, one.history));
  }
  const auto out = evaluate(one.best, noise.owned.bags, 1);
  for (const int threads : {2, 3}) {
    const auto other = evaluate(one.best, noise.owned.bags, threads);
    BOOST_TEST((other.importance == out.importance));
    BOOST_TEST((other.log_probabilities == out.log_probabilities));
  }
}

BOOST_AUTO_TEST_CASE(a_run_in_pieces_is_the_run_in_one) {
  const TempDir dir;
  const auto path = (dir / "run.safetensors").string();
  Noise noise;
  auto whole = noise.fresh();
  noise.run(whole, 2);
  for (const int epochs : {1, 3, 4}) {  // a new state each time, as a new process would have
    noise.options.epochs = epochs;
    auto part = noise.fresh();
    if (epochs > 1) load_checkpoint(path, part);
    noise.run(part, 2);
    save_checkpoint(path, part);
    if (epochs < 4) continue;
    BOOST_TEST((bits_of(part) == bits_of(whole)));
    BOOST_TEST(same_history(part.history, whole.history));
    BOOST_TEST(part.best_epoch == whole.best_epoch);
    BOOST_TEST(part.best_f1 == whole.best_f1);
  }
}

// Dropout draws anew for each step, and goes on where a run was left.
BOOST_AUTO_TEST_CASE(steps_are_counted) {
  Noise noise;
  auto state = noise.fresh();
  BagTask<float> task(noise.net, noise.owned.bags, noise.labels, 1);
  for (int epochs = 1; epochs <= 3; ++epochs) {
    noise.options.epochs = epochs;
    train::train(task, range(0, 70), {}, noise.options, state);
    BOOST_TEST(task.domain().training);
    BOOST_TEST(task.domain().step == static_cast<std::uint64_t>(2 * epochs - 1));
  }
}

// What a batch's loss and gradient are is shared out by labels: those of some bags and those of the others, each with the
// rest ignored, make up the whole.
BOOST_AUTO_TEST_CASE(ignored_bags_take_no_part) {
  const Noise noise;
  const auto rows = range(0, 30);
  std::vector<Index> predicted;
  const auto step = [&](auto known, BagNetwork<float>& gradient) {
    auto labels = noise.labels;
    for (const Index row : rows)
      if (!known(row)) labels[static_cast<std::size_t>(row)] = -100;
    BagTask<float> task(noise.net, noise.owned.bags, labels, 1);
    return task.step(noise.net, rows, FocalLossOptions{.gamma = 2}, gradient, predicted);
  };
  auto whole = nn::zeros_like(noise.net), some = whole, others = whole, none = whole;
  const double loss = step([](Index) { return true; }, whole);
  const double of_some = step([](Index row) { return row % 3 == 0; }, some);
  const double of_others = step([](Index row) { return row % 3 != 0; }, others);
  BOOST_TEST(std::abs(loss - (of_some + 2 * of_others) / 3) < 1e-6 * loss);
  BOOST_TEST(of_some != of_others);
  double error = 0;
  nn::visit(
      [&]<class T>(const nn::Path&, const nn::Layout& layout, const T* w, const T* s, const T* o) {
        if (layout.role == nn::Role::parameter)
          for (Index i = 0; i < layout.size(); ++i)
            error += std::pow(static_cast<double>(w[i] - (s[i] + 2 * o[i]) / 3), 2);
      },
      whole, some, others);
  BOOST_TEST(global_norm(whole) > 1e-3);
  BOOST_TEST(std::sqrt(error) < 1e-5 * global_norm(whole));
  BOOST_TEST(step([](Index) { return false; }, none) == 0);
  BOOST_TEST(global_norm(none) == 0);
}

BOOST_AUTO_TEST_CASE(ignored_bags_are_not_judged) {
  Noise noise;
  for (std::size_t n = 0; n < 90; ++n)
    if (n % 10 != 3) noise.labels[n] = -100;  // 7 of training, 2 of validation are left
  noise.options.epochs = 1;
  auto state = noise.fresh();
  BOOST_TEST((noise.run(state, 1) == TrainStatus::finished));
  const auto& epoch = state.history[0];
  for (const double count : {epoch.train_accuracy * 7, epoch.valid_accuracy * 2})
    BOOST_TEST(std::abs(count - std::round(count)) < 1e-12);
  BOOST_TEST((epoch.loss > 0.1 && epoch.loss < 10));
  noise.labels[5] = -7;
  BOOST_CHECK_THROW(noise.run(state, 1), std::invalid_argument);
}

// Cross-entropy by either name trains the same bits; smoothed, others.
BOOST_AUTO_TEST_CASE(another_loss_of_log_probabilities) {
  Noise noise;
  noise.options.epochs = 2;
  auto focal = noise.fresh();
  noise.run(focal, 1);
  const auto with = [&](const CrossEntropyOptions& loss) {
    TrainOptionsOf<CrossEntropyOptions> options;
    options.epochs = 2;
    options.batch = noise.options.batch;
    options.loss = loss;
    TrainState<BagNetwork<float>> state(noise.net, options);
    BagTask<float> task(noise.net, noise.owned.bags, noise.labels, 1);
    BOOST_TEST((train::train(task, range(0, 70), range(70, 90), options, state) == TrainStatus::finished));
    return bits_of(state);
  };
  BOOST_TEST((with({}) == bits_of(focal)));
  BOOST_TEST((with({.label_smoothing = 0.1}) != bits_of(focal)));
}

BOOST_AUTO_TEST_CASE(divergence_is_told_and_the_best_kept) {
  Noise noise;
  noise.options.optimizer.learning_rate = 1e30;
  auto state = noise.fresh();
  BOOST_TEST((noise.run(state, 1) == TrainStatus::diverged));
  nn::visit(
      [](const nn::Path&, const nn::Layout& layout, const float* w) {
        for (Index i = 0; i < layout.size(); ++i) BOOST_REQUIRE(std::isfinite(w[i]));
      },
      state.best);
}

BOOST_AUTO_TEST_CASE(broken_input_diverges_at_once) {
  for (const float bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()})
    for (const std::size_t modality : {0u, 1u, 2u}) {
      Noise noise;
      noise.owned.values[modality][5] = bad;
      auto state = noise.fresh();
      BOOST_TEST((noise.run(state, 1) == TrainStatus::diverged));
      BOOST_TEST(state.history.empty());
    }
}

// The last batch of an epoch may hold a single bag, which has no variance.
// What decides between equally good epochs: −log p of the label as the network is evaluated, not as it is trained.
BOOST_AUTO_TEST_CASE(evaluation_tells_the_mean_loss) {
  Noise noise;
  noise.labels[3] = -100;
  BagTask<float> task(noise.net, noise.owned.bags, noise.labels);
  const auto rows = range(0, 90);
  std::vector<Index> evaluated, predicted;
  const double loss = task.evaluate(noise.net, rows, FocalLossOptions{}, evaluated);
  task.predict(noise.net, rows, predicted);
  BOOST_TEST(evaluated == predicted, boost::test_tools::per_element());
  const auto outputs = evaluate(noise.net, noise.owned.bags, rows);
  double expected = 0;
  for (Index n = 0; n < 90; ++n)
    if (n != 3)
      expected -=
          static_cast<double>(outputs.log_probabilities(n, noise.labels[static_cast<std::size_t>(n)])) / 89;
  BOOST_TEST(loss == expected, boost::test_tools::tolerance(1e-6));
  BOOST_TEST(task.evaluate(noise.net, {3}, FocalLossOptions{}, evaluated) == 0);
}

BOOST_AUTO_TEST_CASE(a_rest_of_one) {
  Noise noise;
  noise.options.batch = 69;
  noise.options.epochs = 2;
  auto state = noise.fresh();
  BOOST_TEST((noise.run(state, 1) == TrainStatus::finished));
  const auto& scalar = std::get<ScalarEncoder<float>>(state.network.branches[2].encoder);
  BOOST_TEST(scalar.second.num_batches_tracked == 2.0f);
  BOOST_TEST(scalar.second.running_var.array().isFinite().all());
}

BOOST_AUTO_TEST_CASE(twenty_losses_are_near_pytorchs) {
  const auto start = golden::tensors("network.safetensors"),
             expected = golden::tensors("losses20.safetensors");
  BagNetwork<float> net({{"A", 3}, {"B", 1}, {"H", 0}, {"C", 1}}, 3);
  assign_tensors(net, start, "", train::Others::ignored);
  OwnedBags<float> owned;
  owned.bags.count = 6;
  owned.add({"A", nullptr, 3, 40}, golden::values<float>(start, "input.A"));
  owned.add({"B", nullptr, 1, 64}, golden::values<float>(start, "input.B"));
  owned.add({"H", nullptr, 0, 1}, golden::values<float>(start, "input.H"));
  owned.add({"C", nullptr, 1, 17}, golden::values<float>(start, "input.C"));
  const auto stored = start.get<std::int64_t>("label");
  BagTask<float> task(net, owned.bags, {stored.begin(), stored.end()}, 1);
  TrainOptions options;
  options.epochs = 20;
  options.shuffle = false;
  TrainState<BagNetwork<float>> state(net, options.optimizer);
  BOOST_TEST((train::train(task, range(0, 6), {}, options, state) == TrainStatus::finished));
  for (std::size_t e = 0; e < 20; ++e) {
    const double loss = expected.get<double>("loss")[e];
    BOOST_TEST(std::abs(state.history[e].loss - loss) < 1e-3 * loss, "epoch " << e);
  }
}

// What the whole library is for: the network learns, and its attention points at the sensor that tells.
BOOST_AUTO_TEST_CASE(finds_the_modality_that_matters) {
  const PlantedBags planted(240);
  const auto net = make_bag_network<float>(planted.owned.bags.shapes(), 2, 4);
  BagTask<float> task(net, planted.owned.bags, planted.labels);
  TrainOptions options;
  options.epochs = 60;
  options.batch = 64;
  TrainState<BagNetwork<float>> state(net, options.optimizer);
  BOOST_TEST((train::train(task, range(0, 140), range(140, 180), options, state) == TrainStatus::finished));
  const auto test = range(180, 240);
  std::vector<Index> predicted;
  task.predict(state.best, test, predicted);
  metrics::ConfusionMatrix confusion(2);
  for (std::size_t n = 0; n < test.size(); ++n) confusion.add(task.label(test[n]), predicted[n]);
  BOOST_TEST(confusion.macro_f1() > 0.9);
  BOOST_TEST(state.history.back().loss < 0.5 * state.history.front().loss);
  const Eigen::RowVectorXf mean = evaluate(state.best, planted.owned.bags, test).importance.colwise().mean();
  BOOST_TEST(mean[1] > mean[0]);
  BOOST_TEST(mean[1] > mean[2]);
  BOOST_TEST_MESSAGE("F1 " << confusion.macro_f1() << ", importance " << mean);
}

BOOST_AUTO_TEST_SUITE_END()
