// SPDX-License-Identifier: MIT
#include <lifelog/importance/faithfulness.hpp>
#include <lifelog/mil/instances.hpp>
#include <lifelog/train/trainer.hpp>

#include <algorithm>
#include <bit>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "../mil/bags.hpp"

BOOST_AUTO_TEST_SUITE(importance_faithfulness)

using namespace lifelog;
using namespace lifelog::importance;

namespace {

std::vector<Index> range(Index begin, Index end) {
  std::vector<Index> rows(static_cast<std::size_t>(end - begin));
  std::iota(rows.begin(), rows.end(), begin);
  return rows;
}

}  // namespace

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

// A modality is judged by the bags that have it: masked equals removed, to the bit, and what stands in its place is not read.
BOOST_AUTO_TEST_CASE(bags_that_lack_a_modality_say_nothing_of_it) {
  constexpr Index count = 24;
  auto owned = noisy_bags<float>(count, 7);  // acc, bvp, hr, temp
  auto& kinds = owned.bags.modalities;
  std::vector<Index> labels;
  for (Index n = 0; n < count; ++n) labels.push_back(n % 3);
  const auto net = mil::make_bag_network<float>(owned.bags.shapes(), 3, 4);
  // acc lacks every third bag, hr all but one, temp all.
  std::vector<std::vector<std::uint8_t>> there(4, std::vector<std::uint8_t>(count, 1));
  for (Index n = 0; n < count; ++n) {
    const auto at = static_cast<std::size_t>(n);
    there[0][at] = n % 3 != 0, there[2][at] = n == 5, there[3][at] = 0;
  }
  auto removed = owned.bags;
  std::vector<std::vector<float>> left(4);
  for (std::size_t m = 0; m < 4; ++m) {
    kinds[m].present = there[m].data();
    removed.modalities[m].start.assign(1, 0);
    for (Index n = 0; n < count; ++n) {
      const float* const from = kinds[m].instance(n);
      const bool has = there[m][static_cast<std::size_t>(n)] != 0;
      if (has)
        left[m].insert(left[m].end(), from, from + kinds[m].size());
      else
        std::fill_n(owned.values[m].data() + n * kinds[m].size(), kinds[m].size(),
                    std::numeric_limits<float>::quiet_NaN());
      removed.modalities[m].start.push_back(removed.modalities[m].start.back() + (has ? 1 : 0));
    }
    removed.modalities[m].values = left[m].data();
  }
  const auto rows = range(0, count);
  const auto faith = faithfulness(net, owned.bags, labels, rows);
  const auto other = faithfulness(net, removed, labels, rows);
  std::vector<Index> having;
  for (const Index n : rows)
    if (n % 3 != 0) having.push_back(n);
  const auto weight = mil::evaluate(net, owned.bags, having).importance.col(0).cast<double>().mean();
  BOOST_TEST(faith.importance[0] == weight);
  for (const Index m : {0, 1}) {
    BOOST_TEST(std::isfinite(faith.drop[m]));
    BOOST_TEST(faith.drop[m] != 0);
    BOOST_TEST(faith.drop[m] == other.drop[m]);
    BOOST_TEST(faith.importance[m] == other.importance[m]);
  }
  BOOST_TEST(faith.importance[2] > 0);    // where it is
  BOOST_TEST(std::isnan(faith.drop[2]));  // one bag has nobody to exchange with
  BOOST_TEST(std::isnan(faith.importance[3]));
  BOOST_TEST(std::isnan(faith.drop[3]));
  BOOST_TEST(std::isfinite(faith.correlation));
}

BOOST_AUTO_TEST_CASE(rank_correlation_is_spearmans) {
  const Eigen::Vector4d a(1, 5, 2, 9), b(10, 30, 20, 400), c(4, 1, 3, 0), ties(1, 1, 2, 2);
  BOOST_TEST(std::abs(rank_correlation(a, b) - 1) < 1e-15);
  BOOST_TEST(std::abs(rank_correlation(a, c) + 1) < 1e-15);
  BOOST_TEST(std::abs(rank_correlation(a, ties) - 0.44721359549995793) < 1e-12);  // scipy.stats.spearmanr
  BOOST_TEST(rank_correlation(a, Eigen::Vector4d::Ones()) == 0);
}

// Against taking sensors away one by one, by hand.
BOOST_AUTO_TEST_CASE(sensors_are_taken_away_in_the_order_of_a_measure) {
  constexpr Index count = 10;
  auto owned = noisy_bags<float>(count, 7);  // acc, bvp, hr, temp
  const auto net = mil::make_bag_network<float>(owned.bags.shapes(), 3, 4);
  const auto rows = range(0, count);
  Random random(2);
  RowMatrix<double> measure(count, 4);
  for (auto& value : measure.reshaped()) value = random.normal();
  const std::vector<RowMatrix<double>> both{measure, -measure};
  const auto judged = removal_faithfulness(net, owned.bags, rows, both);

  const auto whole = mil::evaluate(net, owned.bags, rows).log_probabilities;
  const auto without = [&](Index bag, unsigned gone, Index of_class) {
    auto some = owned.bags;
    std::vector<std::vector<std::uint8_t>> there(4, std::vector<std::uint8_t>(count, 1));
    for (std::size_t m = 0; m < 4; ++m) {
      there[m].assign(count, (gone >> m & 1) == 0);
      some.modalities[m].present = there[m].data();
    }
    return static_cast<double>(
        mil::evaluate(net, some, std::vector<Index>{bag}).log_probabilities(0, of_class));
  };
  for (std::size_t k = 0; k < 2; ++k) {
    double area = 0, against = 0;
    for (Index n = 0; n < count; ++n) {
      const Index predicted = mil::predicted_class(whole.row(n).transpose().eval(), 0);
      std::vector<Index> order{0, 1, 2, 3};
      std::sort(order.begin(), order.end(), [&](Index a, Index b) { return both[k](n, a) > both[k](n, b); });
      unsigned gone = 0;
      for (std::size_t step = 0; step < 3; ++step) {
        gone |= 1u << order[step];
        double others = 0, cases = 0;
        for (unsigned other = 1; other < 15; ++other)
          if (std::popcount(other) == static_cast<int>(step) + 1)
            others += without(n, other, predicted), ++cases;
        area += (others / cases - without(n, gone, predicted)) / 3 / count;
        if (step == 0)
          against += without(n, gone, predicted) > static_cast<double>(whole(n, predicted)) ? 1.0 / count : 0;
      }
    }
    BOOST_TEST(judged[k].bags == count);
    BOOST_TEST(std::abs(judged[k].aopcr - area) < 1e-5);
    BOOST_TEST(std::abs(judged[k].polarity - against) < 1e-9);
  }
  BOOST_CHECK_THROW(removal_faithfulness(net, owned.bags, rows, {measure.topRows(2)}), std::invalid_argument);
  BOOST_TEST(removal_faithfulness(net, owned.bags, {}, {measure.topRows(0)})[0].bags == 0);
}

BOOST_AUTO_TEST_SUITE_END()
