// SPDX-License-Identifier: MIT
#include <lifelog/core/random.hpp>
#include <lifelog/manifold/approximate_neighbours.hpp>

#include <boost/test/unit_test.hpp>
#include <limits>
#include <set>

BOOST_AUTO_TEST_SUITE(manifold_approximate_neighbours)

using lifelog::Index;
using lifelog::RowMatrix;
using lifelog::manifold::approximate_neighbours;
using lifelog::manifold::nearest_neighbours;

namespace {

RowMatrix<float> clusters(Index rows, Index cols, double apart) {
  lifelog::Random random(1);
  RowMatrix<float> middles(20, cols), points(rows, cols);
  for (Index i = 0; i < middles.size(); ++i) middles.data()[i] = float(random.normal(0, apart));
  for (Index i = 0; i < rows; ++i) {
    const auto own = Index(random.below(20));
    for (Index j = 0; j < cols; ++j) points(i, j) = middles(own, j) + float(random.normal());
  }
  return points;
}

double recall(const RowMatrix<int>& found, const RowMatrix<int>& exact) {
  double hits = 0;
  for (Index i = 0; i < found.rows(); ++i) {
    const std::set<int> row(exact.row(i).begin(), exact.row(i).end());
    for (const int j : found.row(i)) hits += double(row.count(j));
  }
  return hits / double(found.size());
}

}  // namespace

BOOST_AUTO_TEST_CASE(nearly_all_are_found) {
  for (const double apart : {1.5, 10.0}) {
    const auto points = clusters(6000, 30, apart);
    for (const Index k : {15, 60}) {
      const double found =
          recall(approximate_neighbours(points, k).index, nearest_neighbours(points, k).index);
      BOOST_TEST(found > 0.95);
      BOOST_TEST(recall(approximate_neighbours(points, k, {.trees = 1, .rounds = 0}).index,
                        nearest_neighbours(points, k).index) < found);
    }
  }
}

BOOST_AUTO_TEST_CASE(they_are_others_in_order_with_their_distances) {
  const RowMatrix<double> points = clusters(3000, 7, 3).cast<double>();
  const auto found = approximate_neighbours(points, 20);
  for (Index i = 0; i < 3000; ++i) {
    std::set<int> different;
    for (Index r = 0; r < 20; ++r) {
      const int j = found.index(i, r);
      BOOST_REQUIRE((j >= 0 && j < 3000 && j != i));
      different.insert(j);
      const double expected = (points.row(i) - points.row(j)).squaredNorm();
      BOOST_REQUIRE(std::abs(found.squared_distance(i, r) - expected) < 1e-12 * expected);
      if (r > 0) BOOST_REQUIRE(found.squared_distance(i, r) >= found.squared_distance(i, r - 1));
    }
    BOOST_REQUIRE(different.size() == 20);
  }
}

BOOST_AUTO_TEST_CASE(bits_do_not_depend_on_threads_and_seeds_matter) {
  const auto points = clusters(5000, 20, 2);
  const auto one = approximate_neighbours(points, 15, {.trees = 3, .rounds = 3, .threads = 1});
  for (const int threads : {2, 3, 0}) {
    const auto more = approximate_neighbours(points, 15, {.trees = 3, .rounds = 3, .threads = threads});
    BOOST_TEST((more.index == one.index));
    BOOST_TEST((more.squared_distance == one.squared_distance));
  }
  const auto other = approximate_neighbours(points, 15, {.trees = 3, .rounds = 3, .seed = 1});
  BOOST_TEST((other.index != one.index));
}

BOOST_AUTO_TEST_CASE(equal_rows_are_no_trouble) {
  const auto found = approximate_neighbours(RowMatrix<float>::Ones(3000, 4), 10);
  BOOST_TEST(found.squared_distance.isZero(0));
  BOOST_TEST((found.index.array() >= 0).all());
  RowMatrix<float> points = clusters(3000, 4, 3);
  points.topRows(1500) = points.bottomRows(1500).eval();
  const auto pairs = approximate_neighbours(points, 10);
  BOOST_TEST((pairs.squared_distance.col(0).array() == 0).count() > 2900);
}

BOOST_AUTO_TEST_CASE(many_neighbours_are_found_in_one_tree) {
  for (const Index n : {2049, 2440}) {
    const auto found = approximate_neighbours(clusters(n, 5, 3), 250, {.trees = 1, .rounds = 0});
    BOOST_TEST((found.index.array() >= 0).all());
    for (Index i = 0; i < n; ++i)
      BOOST_REQUIRE((std::set<int>(found.index.row(i).begin(), found.index.row(i).end()).size() == 250));
  }
}

BOOST_AUTO_TEST_CASE(few_rows_are_searched_exactly) {
  const auto points = clusters(500, 5, 3);
  BOOST_TEST((approximate_neighbours(points, 12).index == nearest_neighbours(points, 12).index));
  BOOST_TEST(approximate_neighbours(points, 0).index.cols() == 0);
}

BOOST_AUTO_TEST_CASE(bad_arguments) {
  auto points = clusters(2500, 3, 1);
  BOOST_CHECK_THROW(approximate_neighbours(points, 2500), std::invalid_argument);
  BOOST_CHECK_THROW(approximate_neighbours(points, -1), std::invalid_argument);
  BOOST_CHECK_THROW(approximate_neighbours(points, 5, {.trees = 0}), std::invalid_argument);
  BOOST_CHECK_THROW(approximate_neighbours(points, 5, {.candidates = -1}), std::invalid_argument);
  BOOST_CHECK_THROW(approximate_neighbours(points, 5, {.tolerance = -1}), std::invalid_argument);
  BOOST_CHECK_THROW(approximate_neighbours(points, 5, {.rounds = -1}), std::invalid_argument);
  points(1234, 1) = std::numeric_limits<float>::quiet_NaN();
  BOOST_CHECK_THROW(approximate_neighbours(points, 5), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
