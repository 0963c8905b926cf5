// SPDX-License-Identifier: MIT
#include <lifelog/cluster/silhouette.hpp>
#include <lifelog/core/xtensor.hpp>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdint>
#include <limits>

#include "../support/golden.hpp"

BOOST_AUTO_TEST_SUITE(cluster_silhouette)

using lifelog::Index;
using lifelog::RowMatrix;
using lifelog::cluster::silhouette;
using lifelog::cluster::simplified_silhouette;

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
  const RowMatrix<float> points = RowMatrix<float>::Random(1500, 3);
  for (const int clusters : {6, 40}) {
    Eigen::VectorXi labels(1500);
    for (int i = 0; i < 1500; ++i) labels[i] = i % clusters;
    const auto one = silhouette(points, labels, {.threads = 1});
    for (const int threads : {2, 3, 0})
      BOOST_TEST((silhouette(points, labels, {threads}).samples == one.samples));
  }
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

BOOST_AUTO_TEST_CASE(simplified_measures_to_means) {
  const Eigen::VectorXd line = (Eigen::VectorXd(4) << 0, 2, 10, 14).finished();
  const auto result = simplified_silhouette(line, Eigen::Vector4i(0, 0, 3, 3));
  const double expected[] = {11.0 / 12, 9.0 / 10, 7.0 / 9, 11.0 / 13};
  for (Index i = 0; i < 4; ++i)
    BOOST_TEST(result.samples[i] == expected[i], boost::test_tools::tolerance(1e-14));
  BOOST_TEST(result.mean == (expected[0] + expected[1] + expected[2] + expected[3]) / 4,
             boost::test_tools::tolerance(1e-14));
  BOOST_TEST(simplified_silhouette(line, Eigen::Vector4i(0, 1, 2, 3)).mean == 0);
  BOOST_CHECK_THROW(simplified_silhouette(line, Eigen::Vector4i(2, 2, 2, 2)), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(samples_are_those_of_the_definition_for_any_sizes) {
  // Clusters that end within blocks, that are smaller than one, that are many; one row alone.
  for (const auto& [n, clusters] : {std::array{3, 3},
                                    {31, 3},
                                    {32, 2},
                                    {33, 3},
                                    {130, 7},
                                    {1100, 3},
                                    {1100, 32},
                                    {600, 33},
                                    {600, 250}}) {
    const RowMatrix<double> points = RowMatrix<double>::Random(n, 3);
    Eigen::VectorXi labels(n);
    for (int i = 0; i < n; ++i) labels[i] = i * i % 7919 % clusters;
    labels[0] = clusters + 2;
    const auto result = silhouette(points, labels);
    const auto floats = silhouette(points.cast<float>().eval(), labels);
    BOOST_TEST((result.samples - floats.samples).cwiseAbs().maxCoeff() < 2e-5);
    BOOST_TEST(result.samples[0] == 0);
    for (Index i = 1; i < n; ++i) {
      Eigen::VectorXd sums = Eigen::VectorXd::Zero(clusters + 3), counts = sums;
      for (Index j = 0; j < n; ++j)
        if (j != i) sums[labels[j]] += (points.row(i) - points.row(j)).norm(), counts[labels[j]] += 1;
      double next = std::numeric_limits<double>::infinity();
      for (int c = 0; c < sums.size(); ++c)
        if (c != labels[i] && counts[c] > 0) next = std::min(next, sums[c] / counts[c]);
      const double own = counts[labels[i]] > 0 ? sums[labels[i]] / counts[labels[i]] : next;
      BOOST_REQUIRE(std::abs(result.samples[i] - (next - own) / std::max(next, own)) < 1e-12);
    }
  }
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
