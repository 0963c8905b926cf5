// SPDX-License-Identifier: MIT
#include <lifelog/metrics/roc.hpp>

#include <boost/test/unit_test.hpp>
#include <limits>

#include "../support/golden.hpp"

BOOST_AUTO_TEST_SUITE(metrics_roc)

using lifelog::metrics::roc_auc;

BOOST_AUTO_TEST_CASE(the_area_is_scikit_learns_with_ties) {
  const auto pairs = golden::matrix("metrics/roc.txt");
  const Eigen::VectorXi truth = pairs.col(0).cast<int>();
  const double expected = golden::vector("metrics/roc_auc.txt")[0];
  BOOST_TEST(roc_auc(truth, pairs.col(1)) == expected, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(roc_auc(truth, (-pairs.col(1)).eval()) == 1 - expected, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(roc_auc(truth, pairs.col(1).array().exp().matrix().eval()) == expected,
             boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(extremes) {
  const Eigen::Vector4i truth(0, 0, 1, 1);
  BOOST_TEST(roc_auc(truth, Eigen::Vector4d(1, 2, 3, 4)) == 1);
  BOOST_TEST(roc_auc(truth, Eigen::Vector4d(4, 3, 2, 1)) == 0);
  BOOST_TEST(roc_auc(truth, Eigen::Vector4d(5, 5, 5, 5)) == 0.5);
  BOOST_TEST(roc_auc(truth, Eigen::RowVector4f(1, 3, 2, 4)) == 0.75);
}

BOOST_AUTO_TEST_CASE(bad_arguments) {
  const Eigen::Vector3d scores(1, 2, 3);
  BOOST_CHECK_THROW(roc_auc(Eigen::Vector3i(1, 1, 1), scores), std::invalid_argument);
  BOOST_CHECK_THROW(roc_auc(Eigen::Vector3i(0, 0, 0), scores), std::invalid_argument);
  BOOST_CHECK_THROW(roc_auc(Eigen::Vector3i(0, 1, 2), scores), std::invalid_argument);
  BOOST_CHECK_THROW(roc_auc(Eigen::Vector2i(0, 1), scores), std::invalid_argument);
  const Eigen::Vector3d holes(1, std::numeric_limits<double>::quiet_NaN(), 3);
  BOOST_CHECK_THROW(roc_auc(Eigen::Vector3i(0, 1, 1), holes), std::invalid_argument);
  BOOST_CHECK_THROW(roc_auc(Eigen::Vector4i(0, 1, 1, 0), Eigen::MatrixXd::Zero(2, 2)), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
