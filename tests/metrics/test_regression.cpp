// SPDX-License-Identifier: MIT
#include <lifelog/core/xtensor.hpp>
#include <lifelog/metrics/regression.hpp>

#include <boost/test/unit_test.hpp>
#include <limits>

#include "../support/golden.hpp"
#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(metrics_regression)

using lifelog::metrics::mean_absolute_error;
using lifelog::metrics::r_squared;

BOOST_AUTO_TEST_CASE(are_scikit_learns) {
  const auto pairs = golden::matrix("metrics/numbers.txt");
  const auto expected = golden::vector("metrics/regression.txt");
  BOOST_TEST(mean_absolute_error(pairs.col(0), pairs.col(1)) == expected[0],
             boost::test_tools::tolerance(1e-14));
  BOOST_TEST(r_squared(pairs.col(0), pairs.col(1)) == expected[1], boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(known_values) {
  const Eigen::Vector3d truth(1, 2, 3);
  BOOST_TEST(r_squared(truth, truth) == 1);
  BOOST_TEST(r_squared(truth, Eigen::Vector3d(2, 2, 2)) == 0);
  BOOST_TEST(r_squared(truth, Eigen::Vector3d(3, 2, 1)) == -3);
  BOOST_TEST(r_squared(Eigen::Vector2d(4, 4), Eigen::Vector2d(4, 4)) == 1);
  BOOST_TEST(r_squared(Eigen::Vector2d(4, 4), Eigen::Vector2d(4, 5)) == 0);
  // A mean that rounds makes no spread of its own.
  const Eigen::Vector3d tenths(0.1, 0.1, 0.1);
  BOOST_TEST(r_squared(tenths, Eigen::Vector3d(0.1, 0.1, 0.2)) == 0);
  BOOST_TEST(mean_absolute_error(truth, Eigen::Vector3d(2, 0, 3)) == 1);
}

BOOST_AUTO_TEST_CASE(of_tensors_and_integers) {
  const xt::xtensor<int, 1> truth = {1, 2, 3};
  const xt::xtensor<float, 1> predicted = {1, 2, 1.5f};
  BOOST_TEST(mean_absolute_error(truth, predicted) == 0.5);
  BOOST_TEST(mean_absolute_error(Eigen::RowVector3i(1, 2, 3), predicted) == 0.5);
}

BOOST_AUTO_TEST_CASE(bad_arguments) {
  using Error = std::invalid_argument;
  const Eigen::Vector2d two(1, 2);
  check_throws<Error>([&] { r_squared(two, Eigen::Vector3d(1, 2, 3)); }, {"predicted", "2", "got 3"});
  check_throws<Error>([&] { r_squared(Eigen::VectorXd(), Eigen::VectorXd()); }, {"truth"});
  check_throws<Error>([&] { mean_absolute_error(Eigen::Matrix2d::Zero().eval(), two); }, {"vector", "2 x 2"});
  check_throws<Error>([&] { r_squared(two, Eigen::Vector2d(1, std::numeric_limits<double>::quiet_NaN())); },
                      {"predicted"});
}

BOOST_AUTO_TEST_SUITE_END()
