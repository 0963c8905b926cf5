// SPDX-License-Identifier: MIT
#include <lifelog/nn/batch_norm.hpp>
#include <lifelog/nn/linear.hpp>
#include <lifelog/train/weight_average.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "../support/golden_losses.hpp"
#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(train_weight_average)

using namespace lifelog;
using namespace lifelog::train;
using Net = nn::Linear<double, 6, 1>;

namespace {

Net made_of(const Eigen::VectorXd& weights) {
  Net net(6, 1);
  net.weight.row(0) = weights.transpose();
  return net;
}

}  // namespace

BOOST_AUTO_TEST_CASE(fifty_updates_are_pytorchs) {
  const auto file = golden::training("optimizers");
  const auto weights = golden::rows(file, "adamw");
  for (const std::string decay : {"0.9", "0.99"}) {
    WeightAverage<Net> average(made_of(Eigen::VectorXd::Constant(6, 77)), std::stod(decay));
    const auto expected = golden::rows(file, "ema" + decay);
    double off = 0;
    for (Index t = 0; t < 50; ++t) {
      average.update(made_of(weights.row(t)));
      off = std::max(off, (average.network().weight.row(0) - expected.row(t)).cwiseAbs().maxCoeff());
    }
    BOOST_TEST(off < 1e-14, decay << " is off by " << off);
    BOOST_TEST((expected.row(49) - weights.row(49)).norm() > 1e-3);
    BOOST_TEST(average.updates() == 50);
  }
}

BOOST_AUTO_TEST_CASE(statistics_and_counters_are_the_newest) {
  auto net = nn::input<2, double> | nn::linear<3> | nn::batch_norm;
  WeightAverage average(net, 0.75);
  average.update(net);
  const auto before = net.first.weight(0, 0);
  net.first.weight(0, 0) += 4;
  net.second.running_mean << 1, 2, 3;
  net.second.num_batches_tracked = 7;
  average.update(net);
  BOOST_TEST(average.network().first.weight(0, 0) == before + 1);
  BOOST_TEST((average.network().second.running_mean == Eigen::Vector3d(1, 2, 3)));
  BOOST_TEST(average.network().second.num_batches_tracked == 7);
}

BOOST_AUTO_TEST_CASE(restored_averages_go_on_to_the_bit) {
  WeightAverage<Net> one(Net(6, 1), 0.9), two = one;
  const Eigen::VectorXd first = Eigen::VectorXd::LinSpaced(6, 1, 2), second = first.array().square();
  one.update(made_of(first));
  two.restore(one.updates(), one.network());
  one.update(made_of(second));
  two.update(made_of(second));
  BOOST_TEST((one.network().weight == two.network().weight));
  BOOST_TEST(one.network().weight(0, 5) != 4);
}

BOOST_AUTO_TEST_CASE(bad_arguments) {
  for (const double bad : {-0.1, 1.0, std::numeric_limits<double>::quiet_NaN()})
    check_throws<std::invalid_argument>([&] { WeightAverage<Net>(Net(6, 1), bad); }, {"decay"});
}

BOOST_AUTO_TEST_SUITE_END()
