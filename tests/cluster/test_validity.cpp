// SPDX-License-Identifier: MIT
#include <lifelog/cluster/validity.hpp>

#include <boost/test/unit_test.hpp>

#include "../support/golden.hpp"

using lifelog::RowMatrix;
using lifelog::cluster::calinski_harabasz;
using lifelog::cluster::davies_bouldin;

BOOST_AUTO_TEST_SUITE(cluster_validity)

BOOST_AUTO_TEST_CASE(both_are_scikit_learns) {
  const auto points = golden::matrix("cluster/points.txt");
  const auto labels = golden::labels("cluster/silhouette_labels.txt");
  // scikit-learn 1.9.1
  BOOST_TEST(calinski_harabasz(points, labels) == 0.8765261203263172, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(davies_bouldin(points, labels) == 26.655616570074457, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(by_hand) {
  const Eigen::VectorXd line = (Eigen::VectorXd(4) << 0, 2, 10, 14).finished();
  const Eigen::Vector4i labels(0, 0, 3, 3);
  BOOST_TEST(calinski_harabasz(line, labels) == 24.2, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(davies_bouldin(line, labels) == 3.0 / 11, boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(extremes) {
  const RowMatrix<float> same = RowMatrix<float>::Ones(4, 2);
  BOOST_TEST(calinski_harabasz(same, Eigen::Vector4i(0, 0, 1, 1)) == 1);
  BOOST_TEST(davies_bouldin(same, Eigen::Vector4i(0, 0, 1, 1)) == 0);
}

BOOST_AUTO_TEST_CASE(bad_arguments) {
  const RowMatrix<double> points = RowMatrix<double>::Random(4, 2);
  BOOST_CHECK_THROW(calinski_harabasz(points, Eigen::Vector4i(1, 1, 1, 1)), std::invalid_argument);
  BOOST_CHECK_THROW(calinski_harabasz(points, Eigen::Vector4i(0, 1, 2, 3)), std::invalid_argument);
  BOOST_CHECK_THROW(calinski_harabasz(points, Eigen::Vector3i(0, 1, 1)), std::invalid_argument);
  BOOST_CHECK_THROW(davies_bouldin(points, Eigen::Vector4i(1, 1, 1, 1)), std::invalid_argument);
  BOOST_CHECK_THROW(davies_bouldin(points, Eigen::Vector4i(0, -1, 1, 1)), std::invalid_argument);
  BOOST_CHECK_THROW(davies_bouldin(RowMatrix<double>(0, 2), Eigen::VectorXi()), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
