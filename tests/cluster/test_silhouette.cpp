// SPDX-License-Identifier: MIT
#include <lifelog/cluster/silhouette.hpp>
#include <lifelog/core/xtensor.hpp>

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <limits>

#include "../support/golden.hpp"

using lifelog::Index;
using lifelog::RowMatrix;
using lifelog::cluster::silhouette;

BOOST_AUTO_TEST_SUITE(cluster_silhouette)

BOOST_AUTO_TEST_CASE(samples_are_scikit_learns_with_a_singleton_at_zero) {
  const auto points = golden::matrix("cluster/points.txt");
  const auto labels = golden::labels("cluster/silhouette_labels.txt");
  const auto expected = golden::vector("cluster/silhouette_samples.txt");
  const auto result = silhouette(points, labels);
  BOOST_TEST((result.samples - expected).cwiseAbs().maxCoeff() < 1e-13);
  BOOST_TEST(result.mean == expected.mean(), boost::test_tools::tolerance(1e-13));
  BOOST_TEST(result.samples[17] == 0);
  const auto floats = silhouette(points.cast<float>().eval(), labels);
  BOOST_TEST((floats.samples - expected).cwiseAbs().maxCoeff() < 1e-6);
}

BOOST_AUTO_TEST_CASE(bits_do_not_depend_on_threads) {
  const RowMatrix<float> points = RowMatrix<float>::Random(500, 3);
  Eigen::VectorXi labels(500);
  for (Index i = 0; i < 500; ++i) labels[i] = static_cast<int>(i % 6);
  const auto one = silhouette(points, labels, {.threads = 1});
  for (const int threads : {2, 3, 0})
    BOOST_TEST((silhouette(points, labels, {threads}).samples == one.samples));
}

BOOST_AUTO_TEST_CASE(extremes) {
  const Eigen::VectorXd line = (Eigen::VectorXd(4) << 0, 0, 5, 5).finished();
  BOOST_TEST(silhouette(line, Eigen::Vector4i(0, 0, 1, 1)).mean == 1);
  BOOST_TEST(silhouette(line, Eigen::Vector4i(0, 1, 1, 0)).mean < 0);
  // All rows equal: no distance to speak of.
  BOOST_TEST(silhouette(RowMatrix<double>::Ones(4, 2), Eigen::Vector4i(0, 0, 1, 1)).mean == 0);
  BOOST_TEST(silhouette(line, Eigen::Vector4i(0, 1, 2, 3)).mean == 0);
}

BOOST_AUTO_TEST_CASE(unused_labels_change_nothing_and_xtensor_labels_do) {
  const Eigen::VectorXd line = (Eigen::VectorXd(4) << 0, 1, 5, 7).finished();
  const xt::xtensor<std::int64_t, 1> labels{2, 2, 90, 90};
  BOOST_TEST(silhouette(line, labels).mean == silhouette(line, Eigen::Vector4i(0, 0, 1, 1)).mean);
}

BOOST_AUTO_TEST_CASE(bad_arguments) {
  RowMatrix<double> points = RowMatrix<double>::Random(4, 2);
  BOOST_CHECK_THROW(silhouette(points, Eigen::Vector4i(3, 3, 3, 3)), std::invalid_argument);
  BOOST_CHECK_THROW(silhouette(points, Eigen::Vector3i(0, 1, 0)), std::invalid_argument);
  BOOST_CHECK_THROW(silhouette(points, Eigen::Vector4i(0, 1, -1, 0)), std::invalid_argument);
  BOOST_CHECK_THROW(silhouette(RowMatrix<double>(0, 2), Eigen::VectorXi()), std::invalid_argument);
  points(0, 0) = std::numeric_limits<double>::quiet_NaN();
  BOOST_CHECK_THROW(silhouette(points, Eigen::Vector4i(0, 1, 1, 0)), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
