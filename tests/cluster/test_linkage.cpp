// SPDX-License-Identifier: MIT
#include <lifelog/cluster/linkage.hpp>
#include <lifelog/cluster/ward.hpp>
#include <lifelog/core/xtensor.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "../support/golden.hpp"
#include "random_points.hpp"

BOOST_AUTO_TEST_SUITE(cluster_linkage)

using lifelog::Index;
using lifelog::RowMatrix;
using lifelog::cluster::linkage;
using lifelog::cluster::LinkageMethod;
using lifelog::cluster::LinkageOptions;
using random_points::normals;

namespace {

constexpr LinkageMethod all_methods[] = {LinkageMethod::single, LinkageMethod::complete,
                                         LinkageMethod::average, LinkageMethod::ward};
const char* const names[] = {"single", "complete", "average", "ward"};

// The definition: of all pairs merge the nearest, by distances between all their rows. Heights only.
Eigen::VectorXd heights_by_definition(const RowMatrix<double>& points, LinkageMethod method) {
  std::vector<std::vector<Index>> clusters;
  for (Index i = 0; i < points.rows(); ++i) clusters.push_back({i});
  const auto distance = [&](const auto& a, const auto& b) {
    double least = std::numeric_limits<double>::infinity(), greatest = 0, sum = 0;
    for (const Index i : a)
      for (const Index j : b) {
        const double d = (points.row(i) - points.row(j)).norm();
        least = std::min(least, d), greatest = std::max(greatest, d), sum += d;
      }
    if (method == LinkageMethod::single) return least;
    return method == LinkageMethod::complete ? greatest : sum / static_cast<double>(a.size() * b.size());
  };
  Eigen::VectorXd heights(points.rows() - 1);
  for (double& height : heights) {
    height = std::numeric_limits<double>::infinity();
    std::size_t a = 0, b = 0;
    for (std::size_t i = 0; i < clusters.size(); ++i)
      for (std::size_t j = i + 1; j < clusters.size(); ++j)
        if (const double d = distance(clusters[i], clusters[j]); d < height) height = d, a = i, b = j;
    clusters[a].insert(clusters[a].end(), clusters[b].begin(), clusters[b].end());
    clusters.erase(clusters.begin() + static_cast<std::ptrdiff_t>(b));
  }
  return heights;
}

}  // namespace

// Ties included: `tied` is a grid with duplicates, `crowd` has 200 rows on 64 places.
BOOST_AUTO_TEST_CASE(trees_are_scipys) {
  for (const auto method : all_methods) {
    const std::string name = names[static_cast<int>(method)];
    for (const std::string set : {"", "tied_", "crowd_"}) {
      BOOST_TEST_CONTEXT(set << name) {
        const auto points = golden::matrix("cluster/" + set + "points.txt");
        const std::string file = method == LinkageMethod::ward && set == "tied_" ? "tied" : set + name;
        const auto expected = golden::matrix("cluster/" + file + "_linkage.txt");
        const auto found = linkage(points, {.method = method}).linkage();
        BOOST_TEST((found.leftCols(2) == expected.leftCols(2)));
        BOOST_TEST((found.col(3) == expected.col(3)));
        BOOST_TEST((found.col(2) - expected.col(2)).cwiseAbs().maxCoeff() < 1e-12);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(heights_are_those_of_the_definition) {
  for (const auto method : {LinkageMethod::single, LinkageMethod::complete, LinkageMethod::average})
    for (const Index n : {2, 3, 15, 16, 17, 70}) {
      const auto points = normals(n, 3, static_cast<std::uint64_t>(n));
      const Eigen::VectorXd found = linkage(points, {.method = method}).linkage().col(2);
      BOOST_TEST((found - heights_by_definition(points, method)).cwiseAbs().maxCoeff() < 1e-12);
    }
}

BOOST_AUTO_TEST_CASE(wards_by_distances_is_wards_by_centroids) {
  const auto points = normals(300, 4, 1);
  const auto expected = lifelog::cluster::ward(points).linkage();
  const auto found = linkage(points, {.method = LinkageMethod::ward}).linkage();
  BOOST_TEST((found.leftCols(2) == expected.leftCols(2)));
  BOOST_TEST((found.col(2) - expected.col(2)).cwiseAbs().maxCoeff() < 1e-12);
}

BOOST_AUTO_TEST_CASE(heights_ascend_and_threads_do_not_matter) {
  const auto points = normals(400, 2, 2);
  for (const auto method : all_methods) {
    const auto one = linkage(points, {method, 1}).linkage();
    for (Index m = 1; m < one.rows(); ++m) BOOST_REQUIRE(one(m, 2) >= one(m - 1, 2));
    for (const int threads : {2, 3, 0}) BOOST_TEST((linkage(points, {method, threads}).linkage() == one));
  }
}

BOOST_AUTO_TEST_CASE(duplicates_one_row_and_one_column) {
  for (const auto method : all_methods) {
    const auto constant = linkage(RowMatrix<double>::Constant(40, 3, 7), {.method = method});
    BOOST_TEST(constant.merges.size() == 39u);
    BOOST_TEST(constant.merges.back().height == 0);
    BOOST_TEST(constant.merges.back().size == 40);
    BOOST_TEST(linkage(RowMatrix<double>::Ones(1, 2), {.method = method}).leaves == 1);
    const xt::xtensor<float, 1> line{0, 1, 5};
    BOOST_TEST(linkage(line, {.method = method}).merges[0].height == 1);
  }
  const Eigen::Vector3d line(0, 1, 5);
  BOOST_TEST(linkage(line, {.method = LinkageMethod::single}).merges[1].height == 4);
  BOOST_TEST(linkage(line, {.method = LinkageMethod::complete}).merges[1].height == 5);
  BOOST_TEST(linkage(line).merges[1].height == 4.5);
}

BOOST_AUTO_TEST_CASE(bad_rows_are_named) {
  RowMatrix<double> points = normals(4, 2, 7);
  BOOST_CHECK_THROW(linkage(RowMatrix<double>(0, 2)), std::invalid_argument);
  points(2, 1) = std::numeric_limits<double>::quiet_NaN();
  BOOST_CHECK_EXCEPTION(linkage(points), std::invalid_argument, [](const auto& e) {
    return std::string(e.what()).find("row 2") != std::string::npos;
  });
}

// Squares that differ may have one root: rows are then equally near, and the first goes first.
BOOST_AUTO_TEST_CASE(single_linkage_compares_distances_not_their_squares) {
  RowMatrix<double> points(3, 2);
  points << 0, 0, 0.1, 1.8, -0.6, -1.7;
  const auto squared = [&](Index row) {
    volatile const double x = points(row, 0) * points(row, 0), y = points(row, 1) * points(row, 1);
    return x + y;
  };
  BOOST_REQUIRE(squared(1) > squared(2));
  BOOST_REQUIRE(std::sqrt(squared(1)) == std::sqrt(squared(2)));
  BOOST_TEST(linkage(points, {.method = LinkageMethod::single}).merges[0].right == 1);
}

BOOST_AUTO_TEST_SUITE_END()
