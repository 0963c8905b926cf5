// SPDX-License-Identifier: MIT
#include <lifelog/core/random.hpp>
#include <lifelog/core/xtensor.hpp>
#include <lifelog/manifold/neighbours.hpp>

#include <boost/test/unit_test.hpp>
#include <limits>
#include <utility>
#include <vector>

using lifelog::Index;
using lifelog::RowMatrix;
using lifelog::manifold::nearest_neighbours;

namespace {

RowMatrix<double> grid_points(Index rows, Index cols) {  // small integers: exact distances and many ties
  lifelog::Random random(1);
  RowMatrix<double> points(rows, cols);
  for (double& x : points.reshaped()) x = double(random.below(5));
  return points;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(manifold_neighbours)

BOOST_AUTO_TEST_CASE(they_are_the_first_of_all_sorted) {
  for (const Index n : {2, 16, 17, 90}) {
    const auto points = grid_points(n, 3);
    for (const Index k : {Index{0}, Index{1}, n / 2, n - 1}) {
      const auto found = nearest_neighbours(points, k);
      for (Index i = 0; i < n; ++i) {
        std::vector<std::pair<double, int>> all;
        for (Index j = 0; j < n; ++j)
          if (j != i) all.emplace_back((points.row(i) - points.row(j)).squaredNorm(), int(j));
        std::sort(all.begin(), all.end());
        for (Index r = 0; r < k; ++r) {
          BOOST_REQUIRE(found.index(i, r) == all[std::size_t(r)].second);
          BOOST_REQUIRE(found.squared_distance(i, r) == all[std::size_t(r)].first);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(bits_do_not_depend_on_threads) {
  const RowMatrix<float> points = RowMatrix<float>::Random(300, 7);
  const auto one = nearest_neighbours(points, 20, 1);
  for (const int threads : {2, 3, 0}) {
    const auto more = nearest_neighbours(points, 20, threads);
    BOOST_TEST((more.index == one.index));
    BOOST_TEST((more.squared_distance == one.squared_distance));
  }
}

BOOST_AUTO_TEST_CASE(bad_arguments) {
  auto points = grid_points(5, 2);
  BOOST_CHECK_THROW(nearest_neighbours(points, 5), std::invalid_argument);
  BOOST_CHECK_THROW(nearest_neighbours(points, -1), std::invalid_argument);
  BOOST_CHECK_THROW(nearest_neighbours(RowMatrix<double>(0, 2), 0), std::invalid_argument);
  points(1, 1) = std::numeric_limits<double>::infinity();
  BOOST_CHECK_THROW(nearest_neighbours(points, 2), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
