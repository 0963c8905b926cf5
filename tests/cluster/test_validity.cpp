// SPDX-License-Identifier: MIT
#include <lifelog/cluster/validity.hpp>

#include <boost/test/unit_test.hpp>

#include "../support/golden.hpp"

BOOST_AUTO_TEST_SUITE(cluster_validity)

using lifelog::RowMatrix;
using lifelog::cluster::calinski_harabasz;
using lifelog::cluster::davies_bouldin;

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

// Their means differ in the last bit, or would if they were summed plainly.
BOOST_AUTO_TEST_CASE(means_that_are_equal_but_for_rounding_are_equal) {
  const Eigen::VectorXd thirds = (Eigen::VectorXd(4) << 0.1, 0.2, 0.3, 0.2).finished();
  BOOST_TEST(davies_bouldin(thirds, Eigen::Vector4i(0, 0, 0, 1)) == 0);
  BOOST_TEST(davies_bouldin(thirds.cast<float>(), Eigen::Vector4i(0, 0, 0, 1)) == 0);
  BOOST_TEST(davies_bouldin(1e-200 * thirds, Eigen::Vector4i(0, 0, 0, 1)) == 0);
  const Eigen::Vector3d halves(0.1, 0.7, 0.4);
  BOOST_TEST(davies_bouldin(halves, Eigen::Vector3i(0, 0, 1)) == 0);
  Eigen::VectorXd many = Eigen::VectorXd::Constant(30001, 0.1);
  Eigen::VectorXi labels = Eigen::VectorXi::Zero(30001);
  labels[30000] = 1;
  BOOST_TEST(calinski_harabasz(many, labels) == 1);
  BOOST_TEST(davies_bouldin(many, labels) == 0);
  labels.tail(10000).setOnes();
  BOOST_TEST(lifelog::cluster::simplified_silhouette(many, labels).samples.isZero(0));
  many.tail(10000).setConstant(0.7);
  BOOST_TEST(calinski_harabasz(many, labels) == 1);
  BOOST_TEST(davies_bouldin(many, labels) == 0);
  BOOST_TEST((lifelog::cluster::simplified_silhouette(many, labels).samples.array() == 1).all());
}

// A difference is not rounding because it is small beside something else.
BOOST_AUTO_TEST_CASE(small_differences_count) {
  const Eigen::Vector4d line(1e-9, 3e-9, 11e-9, 15e-9);
  BOOST_TEST(davies_bouldin(line, Eigen::Vector4i(0, 0, 1, 1)) == 3.0 / 11,
             boost::test_tools::tolerance(1e-12));
  const Eigen::VectorXd far = 1e6 + line.array() * 1e6;
  BOOST_TEST(davies_bouldin(far, Eigen::Vector4i(0, 0, 1, 1)) == 3.0 / 11,
             boost::test_tools::tolerance(1e-6));
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
