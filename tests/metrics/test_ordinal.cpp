// SPDX-License-Identifier: MIT
#include <lifelog/core/random.hpp>
#include <lifelog/metrics/ordinal.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "../support/golden.hpp"

BOOST_AUTO_TEST_SUITE(metrics_ordinal)

using lifelog::Index;
using lifelog::metrics::ConfusionMatrix;
using lifelog::metrics::mean_absolute_error;
using lifelog::metrics::quadratic_weighted_kappa;

// Ratings 0…6, of which one is never true.
BOOST_AUTO_TEST_CASE(are_scikit_learns) {
  const auto pairs = golden::matrix("metrics/ratings.txt");
  const Eigen::VectorXi truth = pairs.col(0).cast<int>(), predicted = pairs.col(1).cast<int>();
  const auto expected = golden::vector("metrics/ordinal.txt");
  const ConfusionMatrix confusion(truth, predicted, 7), turned(predicted, truth, 7);
  BOOST_TEST(quadratic_weighted_kappa(confusion) == expected[0], boost::test_tools::tolerance(1e-14));
  BOOST_TEST(mean_absolute_error(confusion) == expected[1], boost::test_tools::tolerance(1e-14));
  BOOST_TEST(quadratic_weighted_kappa(turned) == expected[0], boost::test_tools::tolerance(1e-14));
  BOOST_TEST(mean_absolute_error(turned) == expected[1], boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(the_ends_of_the_scale) {
  const Eigen::Vector4i up(0, 1, 2, 3), down(3, 2, 1, 0);
  BOOST_TEST(quadratic_weighted_kappa({up, up, 4}) == 1);
  BOOST_TEST(mean_absolute_error({up, up, 4}) == 0);
  BOOST_TEST(quadratic_weighted_kappa({up, down, 4}) == -1);
  BOOST_TEST(mean_absolute_error({up, down, 4}) == 2);
  // Far off weighs more than near, where accuracy sees no difference.
  BOOST_TEST(quadratic_weighted_kappa({up, Eigen::Vector4i(1, 1, 2, 3), 4}) >
             quadratic_weighted_kappa({up, Eigen::Vector4i(3, 1, 2, 3), 4}));
}

BOOST_AUTO_TEST_CASE(chance_is_about_zero) {
  lifelog::Random random(5);
  ConfusionMatrix confusion(5);
  for (int i = 0; i < 50000; ++i)
    confusion.add(static_cast<Index>(random.below(5)), static_cast<Index>(random.below(3)));
  BOOST_TEST(std::abs(quadratic_weighted_kappa(confusion)) < 0.01);
}

BOOST_AUTO_TEST_CASE(one_class_and_nothing) {
  ConfusionMatrix confusion(3);
  BOOST_TEST(quadratic_weighted_kappa(confusion) == 0);
  BOOST_TEST(mean_absolute_error(confusion) == 0);
  confusion.add(1, 1);
  BOOST_TEST(quadratic_weighted_kappa(confusion) == 1);
  ConfusionMatrix beside(3);
  beside.add(1, 2);
  BOOST_TEST(quadratic_weighted_kappa(beside) == 0);
  BOOST_TEST(mean_absolute_error(beside) == 1);
}

BOOST_AUTO_TEST_SUITE_END()
