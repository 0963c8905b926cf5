// SPDX-License-Identifier: MIT
#include <lifelog/importance/faithfulness.hpp>
#include <lifelog/mil/instances.hpp>
#include <lifelog/train/trainer.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numeric>

#include "../mil/bags.hpp"

using namespace lifelog;
using namespace lifelog::importance;

namespace {

std::vector<Index> range(Index begin, Index end) {
  std::vector<Index> rows(static_cast<std::size_t>(end - begin));
  std::iota(rows.begin(), rows.end(), begin);
  return rows;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(importance_faithfulness)

// Without the informative modality the labels cannot be told; without the others they can.
BOOST_AUTO_TEST_CASE(the_modality_that_matters_is_missed) {
  const PlantedBags planted(240);
  const auto& bags = planted.owned.bags;
  const auto net = mil::make_bag_network<float>(bags.shapes(), 2, 4);
  mil::BagTask<float> task(net, bags, planted.labels);
  train::TrainOptions options;
  options.epochs = 60;
  options.batch = 64;
  train::TrainState<mil::BagNetwork<float>> state(net, options.optimizer);
  train::train(task, range(0, 140), range(140, 180), options, state);
  const auto test = range(180, 240);
  const Eigen::RowVectorXf mean = mil::evaluate(state.best, bags, test).importance.colwise().mean();

  FaithfulnessOptions judge;
  const auto faith = faithfulness(state.best, bags, planted.labels, test, judge);
  BOOST_TEST((faith.importance.transpose().cast<float>() - mean).norm() < 1e-5);
  BOOST_TEST(faith.drop[1] > 0.5);
  BOOST_TEST(std::abs(faith.drop[0]) < 0.1 * faith.drop[1]);
  BOOST_TEST(std::abs(faith.drop[2]) < 0.1 * faith.drop[1]);
  BOOST_TEST(faith.correlation >= 0.5);
  judge.threads = 1;
  BOOST_TEST((faithfulness(state.best, bags, planted.labels, test, judge).drop == faith.drop));
  judge.repeats = 0;
  BOOST_CHECK_THROW(faithfulness(state.best, bags, planted.labels, test, judge), std::invalid_argument);
  BOOST_CHECK_THROW(faithfulness(state.best, bags, planted.labels, {3}, {}), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(rank_correlation_is_spearmans) {
  const Eigen::Vector4d a(1, 5, 2, 9), b(10, 30, 20, 400), c(4, 1, 3, 0), ties(1, 1, 2, 2);
  BOOST_TEST(std::abs(rank_correlation(a, b) - 1) < 1e-15);
  BOOST_TEST(std::abs(rank_correlation(a, c) + 1) < 1e-15);
  BOOST_TEST(std::abs(rank_correlation(a, ties) - 0.44721359549995793) < 1e-12);  // scipy.stats.spearmanr
  BOOST_TEST(rank_correlation(a, Eigen::Vector4d::Ones()) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
