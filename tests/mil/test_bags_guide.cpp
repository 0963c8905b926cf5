// SPDX-License-Identifier: MIT
// What docs/bags.md shows, run.
#include <lifelog/mil/modal_importance.hpp>
#include <lifelog/train/trainer.hpp>

#include <boost/test/unit_test.hpp>
#include <vector>

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

}  // namespace

BOOST_AUTO_TEST_SUITE(mil_bags_guide)

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

BOOST_AUTO_TEST_SUITE_END()
