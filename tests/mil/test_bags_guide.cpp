// SPDX-License-Identifier: MIT
// What docs/bags.md shows, run.
#include <lifelog/mil/bag_stream.hpp>
#include <lifelog/mil/firmware_file.hpp>
#include <lifelog/mil/fixed_bag.hpp>
#include <lifelog/mil/modal_importance.hpp>
#include <lifelog/train/trainer.hpp>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <vector>

#include "../support/temp_dir.hpp"
#include "bags.hpp"

BOOST_AUTO_TEST_SUITE(mil_bags_guide)

namespace {

// Bags of vectors of eight numbers, some of which are not noise where the label is 1.
struct Planted {
  std::vector<float> values;
  std::vector<lifelog::Index> start{0}, label;
  std::vector<bool> positive;

  Planted() {
    lifelog::Random random(2);
    for (int bag = 0; bag < 240; ++bag) {
      label.push_back(bag % 2);
      const auto count = static_cast<lifelog::Index>(4 + random.below(5)),
                 planted = static_cast<lifelog::Index>(random.below(static_cast<std::uint64_t>(count)));
      for (lifelog::Index i = 0; i < count; ++i) {
        positive.push_back(label.back() == 1 && i == planted);
        for (int c = 0; c < 8; ++c)
          values.push_back(static_cast<float>(random.normal() + (positive.back() && c < 2 ? 3 : 0)));
      }
      start.push_back(static_cast<lifelog::Index>(positive.size()));
    }
  }
};

struct VectorEncoders {
  template<class T>
  static auto vector(lifelog::Index) {
    using namespace lifelog::nn;
    return input<8, T> | linear<32> | relu | linear<16> | relu;  // a vector of 8 numbers → a key of 16
  }
};

struct WideEncoders : lifelog::mil::StudyEncoders {  // scalars stay the study's
  static constexpr const char* name = "wide";        // in model files
  template<class T>
  static auto series(auto channels) {  // a constant for firmware, else a number
    using namespace lifelog::nn;
    return input_of<T>(channels) | causal_conv<16, 9>() | relu | max_over_time |
           linear<lifelog::mil::key_size>;
  }
};

/// Martins, Astudillo 2016, "From softmax to sparsemax": the nearest weights that sum to 1, many of them 0.
struct Sparsemax {
  static constexpr bool sums_to_one = true;
  template<class T>
  static void weigh(T* a, lifelog::Index count) {  // scores → weights
    std::vector<T> sorted(a, a + count);
    std::sort(sorted.rbegin(), sorted.rend());
    T sum = 0, threshold = 0, number = 0;
    for (const T score : sorted)
      if (1 + (number + 1) * score > sum + score) sum += score, number += 1, threshold = (sum - 1) / number;
    for (lifelog::Index m = 0; m < count; ++m) a[m] = std::max(a[m] - threshold, T(0));
  }
  template<class T>
  static void pull(const T* a, T* slope, lifelog::Index count) {  // derivatives in weights → in scores
    T sum = 0, number = 0;
    for (lifelog::Index m = 0; m < count; ++m)
      if (a[m] > 0) sum += slope[m], number += 1;
    for (lifelog::Index m = 0; m < count; ++m) slope[m] = a[m] > 0 ? slope[m] - sum / number : 0;
  }
};

struct SparseEncoders : VectorEncoders {
  template<class T, lifelog::Index keys>
  using Pool = lifelog::mil::ScorePool<lifelog::mil::GatedScoreHead<T, keys>, Sparsemax>;
};

}  // namespace

BOOST_AUTO_TEST_CASE(classic_multiple_instance_learning) {
  const Planted planted;
  const auto& [values, start, label, positive] = planted;
  using namespace lifelog;
  std::vector<Index> train_bags, test_bags;
  for (Index bag = 0; bag < 240; ++bag) (bag < 160 ? train_bags : test_bags).push_back(bag);

  // 240 bags; the instances of bag n are start[n] … start[n + 1] − 1.
  const mil::Bags<float> bags{240, {{"instance", values.data(), 0, 8, start}}};
  const auto net =
      mil::make_bag_network<float, VectorEncoders>(bags.shapes(), 2, 1, mil::Pool::embedding_gated);
  mil::BagTask<float, VectorEncoders> task(net, bags, label);
  train::TrainOptions options;
  options.epochs = 40;
  options.batch = 16;
  train::TrainState<mil::BagNetwork<float, VectorEncoders>> state(net, options);
  train::train(task, train_bags, {}, options, state);

  mil::BagPass<float, VectorEncoders> pass(state.best, bags, 0);
  pass.forward(state.best, test_bags, false);
  for (const auto& one : pass.instances(0))  // of the first of these bags
    BOOST_TEST((one.weight >= 0 && one.weight <= 1));

  Index right = 0, found = 0, positives = 0;
  for (Index n = 0; n < 80; ++n) {
    const Index truth = label[static_cast<std::size_t>(test_bags[static_cast<std::size_t>(n)])];
    right += mil::predicted_class(pass.log_probabilities(), n) == truth;
    if (truth == 0) continue;
    const auto instances = pass.instances(n);
    std::size_t heaviest = 0;
    for (std::size_t i = 1; i < instances.size(); ++i)
      if (instances[i].weight > instances[heaviest].weight) heaviest = i;
    ++positives;
    found += positive[static_cast<std::size_t>(instances[heaviest].instance)];
  }
  // Guessing gets 40 of 80, and one of six on average.
  BOOST_TEST(right >= 68);
  BOOST_TEST(found >= positives * 3 / 4);
}

BOOST_AUTO_TEST_CASE(the_study_with_another_encoder) {
  const PlantedBags planted(60);
  const auto& bags = planted.owned.bags;
  const auto& labels = planted.labels;
  const TempDir dir;
  const auto file = (dir / "wide.safetensors").string();
  using namespace lifelog;
  std::vector<Index> rows;
  for (Index n = 0; n < 60; ++n) rows.push_back(n);

  const auto net = mil::make_bag_network<float, WideEncoders>(bags.shapes(), 2, 1);
  mil::BagTask<float, WideEncoders> task(net, bags, labels);
  train::TrainOptions options;
  options.epochs = 20;
  options.batch = 16;
  train::TrainState<mil::BagNetwork<float, WideEncoders>> state(net, options.optimizer);
  train::train(task, rows, {}, options, state);
  const mil::BasicModel<float, WideEncoders> model{state.best, {"calm", "tense"}, {}};
  mil::save_model(file, model);
  const auto loaded = mil::load_model<float, WideEncoders>(file);
  const auto out = mil::evaluate(loaded.network, bags);  // importance [60, 3], log_probabilities [60, 2]

  Index right = 0;
  for (Index n = 0; n < 60; ++n) {
    const bool second = out.log_probabilities(n, 1) > out.log_probabilities(n, 0);
    right += second == (labels[static_cast<std::size_t>(n)] == 1);
  }
  BOOST_TEST(right >= 54);
}

BOOST_AUTO_TEST_CASE(a_pool_of_your_own) {
  const Planted planted;
  const auto& [values, start, label, positive] = planted;
  using namespace lifelog;
  std::vector<Index> rows;
  for (Index bag = 0; bag < 240; ++bag) rows.push_back(bag);

  const mil::Bags<float> bags{240, {{"instance", values.data(), 0, 8, start}}};
  const auto net = mil::make_bag_network<float, SparseEncoders>(bags.shapes(), 2, 1);
  mil::BagTask<float, SparseEncoders> task(net, bags, label);
  train::TrainOptions options;
  options.epochs = 40;
  options.batch = 16;
  train::TrainState<mil::BagNetwork<float, SparseEncoders>> state(net, options);
  train::train(task, rows, {}, options, state);

  mil::BagPass<float, SparseEncoders> pass(state.best, bags, 0);
  pass.forward(state.best, rows, false);
  Index right = 0, zeros = 0;
  for (Index n = 0; n < 240; ++n) {
    right += mil::predicted_class(pass.log_probabilities(), n) == n % 2;
    float sum = 0;
    for (const auto& one : pass.instances(n)) sum += one.weight, zeros += one.weight == 0;
    BOOST_TEST(std::abs(sum - 1) < 1e-5f);
  }
  BOOST_TEST(right >= 204);
  BOOST_TEST(zeros > 240);  // of about 1,440

  // Its pull is the derivative of its weights.
  const double scores[] = {0.3, -1, 0.7, 0.1}, up[] = {1, -2, 0.5, 3};
  std::vector<double> a(scores, scores + 4), slope(up, up + 4);
  Sparsemax::weigh(a.data(), 4);
  BOOST_TEST(a[1] == 0);
  Sparsemax::pull(a.data(), slope.data(), 4);
  for (std::size_t i = 0; i < 4; ++i) {
    double difference = 0;
    for (const double step : {1e-6, -1e-6}) {
      std::vector<double> moved(scores, scores + 4);
      moved[i] += step;
      Sparsemax::weigh(moved.data(), 4);
      for (std::size_t m = 0; m < 4; ++m) difference += up[m] * moved[m] / (2 * step);
    }
    BOOST_TEST(std::abs(slope[i] - difference) < 1e-8);
  }
}

BOOST_AUTO_TEST_CASE(a_fixed_network_for_firmware) {
  using namespace lifelog;
  const std::vector<mil::ModalityShape> shapes{{"acc", 3}, {"hr", 0}};
  const auto net = mil::make_bag_network<float, WideEncoders>(shapes, 2, 1, mil::Pool::gated);
  const auto weights = mil::fixed_weights(net);  // on the host; export_firmware writes them as a header

  // On the device: two classes, a series of three channels, a scalar. No heap, sizes are constants.
  using Network = mil::FixedBagNetworkOf<float, WideEncoders, 2, mil::Pool::gated, 3, 0>;
  static Network network;
  network.load(weights.data(), static_cast<Index>(weights.size()));
  mil::FixedBagStream<Network> stream;
  stream.reset();  // a bag begins
  const float acceleration[] = {0.1f, -0.2f, 0.9f}, heart_rate = 0.3f;
  for (int t = 0; t < 60; ++t) stream.push(network, 0, acceleration);
  stream.push(network, 1, &heart_rate);
  float importance[2], log_probabilities[2];
  if (!stream.evaluate(network, importance, log_probabilities)) return;  // nothing was pushed

  mil::BagStream<float, WideEncoders> host(net);
  for (int t = 0; t < 60; ++t) host.push(0, acceleration);
  host.push(1, &heart_rate);
  host.evaluate();
  BOOST_TEST(std::abs(host.importance()[0] - importance[0]) < 1e-5f);
  BOOST_TEST(std::abs(host.log_probabilities()[1] - log_probabilities[1]) < 1e-5f);
}

BOOST_AUTO_TEST_SUITE_END()
