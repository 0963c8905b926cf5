// SPDX-License-Identifier: MIT
// Bags of digits, as in Ilse, Tomczak, Welling, "Attention-based deep multiple instance learning" (2018), section 4.2: positive
// when they hold the chosen digit.
#include <lifelog/core/xtensor.hpp>
#include <lifelog/io/npy.hpp>
#include <lifelog/metrics/roc.hpp>
#include <lifelog/mil/modal_importance.hpp>
#include <lifelog/train/trainer.hpp>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numeric>
#include <vector>

#include "../support/paths.hpp"

BOOST_AUTO_TEST_SUITE(mil_digit_bags)

using namespace lifelog;

namespace {

struct DigitEncoders {
  template<class T>
  static auto vector(Index) {
    using namespace nn;
    return input<64, T> | linear<64> | relu | linear<32> | relu;
  }
};

constexpr std::uint8_t chosen = 9;

/// Bags of ten digits, give or take two, every other one positive. Training and test bags are of different images.
struct DigitBags {
  static constexpr Index training = 200, testing = 100, images = 1000;
  std::vector<float> values;
  std::vector<Index> start{0}, label;
  std::vector<bool> positive;

  DigitBags() {
    const auto digits = io::load_npy<std::uint8_t, 2>(std::string(paths::golden) + "/mil/digits.npy");
    Random random(3);
    for (Index bag = 0; bag < training + testing; ++bag) {
      const Index first = bag < training ? 0 : 700, last = bag < training ? 700 : images;
      const auto draw = [&](auto wanted) {
        for (;;) {
          const auto i =
              static_cast<std::size_t>(first) + random.below(static_cast<std::uint64_t>(last - first));
          if (wanted(digits(i, 64))) return i;
        }
      };
      label.push_back(bag % 2);
      const auto length = static_cast<Index>(std::lround(std::max(1.0, random.normal(10, 2))));
      for (Index n = 0; n < length; ++n) {
        const auto i = draw([&](std::uint8_t digit) {
          return label.back() == 1 ? n > 0 || digit == chosen : digit != chosen;
        });
        for (std::size_t p = 0; p < 64; ++p) values.push_back(static_cast<float>(digits(i, p)) / 16);
        positive.push_back(digits(i, 64) == chosen);
      }
      start.push_back(static_cast<Index>(positive.size()));
    }
  }
};

double auc(const std::vector<double>& score, const std::vector<int>& truth) {
  const auto size = static_cast<Index>(score.size());
  return metrics::roc_auc(Eigen::Map<const Eigen::VectorXi>(truth.data(), size).eval(),
                          Eigen::Map<const Eigen::VectorXd>(score.data(), size).eval());
}

}  // namespace

BOOST_AUTO_TEST_CASE(gated_attention_on_embeddings_finds_the_digit) {
  const DigitBags digits;
  const auto& [values, start, label, positive] = digits;
  const Index count = DigitBags::training + DigitBags::testing;
  const mil::Bags<float> bags{count, {{"digit", values.data(), 0, 64, start}}};
  using Network = mil::BagNetwork<float, DigitEncoders>;
  const auto net =
      mil::make_bag_network<float, DigitEncoders>(bags.shapes(), 2, 1, mil::Pool::embedding_gated);
  mil::BagTask<float, DigitEncoders> task(net, bags, label, 1);
  std::vector<Index> training(DigitBags::training), testing(DigitBags::testing);
  std::iota(training.begin(), training.end(), Index{0});
  std::iota(testing.begin(), testing.end(), DigitBags::training);
  train::TrainOptions options;
  options.epochs = 15;
  options.batch = 4;
  options.loss.gamma = 0;
  options.optimizer.learning_rate = 2e-3;
  train::TrainState<Network> state(net, options.optimizer);
  train::train(task, training, {}, options, state);

  mil::BagPass<float, DigitEncoders> pass(state.network, bags, 1);
  pass.forward(state.network, testing, false);
  std::vector<double> of_bag;
  std::vector<int> is_positive;
  double of_instances = 0, judged = 0;
  for (Index n = 0; n < DigitBags::testing; ++n) {
    of_bag.push_back(pass.log_probabilities()(1, n));
    is_positive.push_back(label[static_cast<std::size_t>(testing[static_cast<std::size_t>(n)])] == 1);
    std::vector<double> weight;
    std::vector<int> holds;
    for (const auto& one : pass.instances(n))
      weight.push_back(one.weight), holds.push_back(positive[static_cast<std::size_t>(one.instance)]);
    const auto found = std::count(holds.begin(), holds.end(), 1);
    if (found == 0 || found == static_cast<std::ptrdiff_t>(holds.size())) continue;
    of_instances += auc(weight, holds), ++judged;
  }
  BOOST_TEST_MESSAGE("AUC of bags " << auc(of_bag, is_positive) << ", of instances "
                                    << of_instances / judged);
  BOOST_TEST(auc(of_bag, is_positive) >= 0.9);
  BOOST_TEST(of_instances / judged >= 0.9);
}

BOOST_AUTO_TEST_SUITE_END()
