// SPDX-License-Identifier: MIT
#include <lifelog/core/random.hpp>
#include <lifelog/metrics/agreement.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "../support/golden.hpp"

BOOST_AUTO_TEST_SUITE(metrics_agreement)

using lifelog::Index;
using lifelog::metrics::adjusted_rand;

BOOST_AUTO_TEST_CASE(the_index_is_scikit_learns) {
  const auto pairs = golden::matrix("metrics/partitions.txt");
  const Eigen::VectorXi a = pairs.col(0).cast<int>(), b = pairs.col(1).cast<int>();
  const double expected = golden::vector("metrics/adjusted_rand.txt")[0];
  BOOST_TEST(adjusted_rand(a, b) == expected, boost::test_tools::tolerance(1e-13));
  BOOST_TEST(adjusted_rand(b, a) == adjusted_rand(a, b), boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(names_do_not_matter) {
  BOOST_TEST(adjusted_rand(Eigen::Vector4i(0, 0, 1, 2), Eigen::Vector4i(7, 7, -5, 3)) == 1);
  BOOST_TEST(adjusted_rand(Eigen::Vector4i(0, 0, 1, 1), Eigen::Vector4i(0, 1, 0, 1)) == -0.5,
             boost::test_tools::tolerance(1e-15));
}

BOOST_AUTO_TEST_CASE(trivial_partitions_agree_with_themselves_only) {
  const Eigen::Vector4i one(3, 3, 3, 3), each(0, 1, 2, 3);
  BOOST_TEST(adjusted_rand(one, one) == 1);
  BOOST_TEST(adjusted_rand(each, each) == 1);
  BOOST_TEST(adjusted_rand(one, each) == 0);
  BOOST_TEST(adjusted_rand(Eigen::Matrix<int, 1, 1>(4), Eigen::Matrix<int, 1, 1>(9)) == 1);
}

BOOST_AUTO_TEST_CASE(independent_labels_score_about_zero) {
  lifelog::Random random(5);
  Eigen::VectorXi a(20000), b(20000);
  for (Index i = 0; i < a.size(); ++i) a[i] = int(random.below(5)), b[i] = int(random.below(3));
  BOOST_TEST(std::abs(adjusted_rand(a, b)) < 0.002);
}

BOOST_AUTO_TEST_CASE(bad_arguments) {
  BOOST_CHECK_THROW(adjusted_rand(Eigen::Vector2i(0, 1), Eigen::Vector3i(0, 1, 2)), std::invalid_argument);
  BOOST_CHECK_THROW(adjusted_rand(Eigen::VectorXi(), Eigen::VectorXi()), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
