// SPDX-License-Identifier: MIT
#include <lifelog/core/random.hpp>
#include <lifelog/core/xtensor.hpp>
#include <lifelog/manifold/neighbours.hpp>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>
#include <limits>
#include <utility>
#include <vector>

BOOST_AUTO_TEST_SUITE(manifold_neighbours)

using lifelog::Index;
using lifelog::RowMatrix;
using lifelog::manifold::nearest_neighbours;
using lifelog::manifold::nearest_neighbours_among;
using lifelog::manifold::neighbours_from_distances;
using Scalars = boost::mpl::list<float, double>;

namespace {

template<class T>
RowMatrix<T> grid_points(Index rows, Index cols) {  // small integers: exact distances and many ties
  lifelog::Random random(1);
  RowMatrix<T> points(rows, cols);
  for (Index i = 0; i < points.size(); ++i) points.data()[i] = T(random.below(5));
  return points;
}

// Whether they are the first k of all, sorted by distance and index.
template<class T>
bool are_nearest(const lifelog::manifold::Neighbours& found, const RowMatrix<T>& queries,
                 const RowMatrix<T>& points, Index k, bool with_itself) {
  for (Index i = 0; i < queries.rows(); ++i) {
    std::vector<std::pair<double, int>> all;
    for (Index j = 0; j < points.rows(); ++j)
      if (with_itself || j != i)
        all.emplace_back(double((queries.row(i) - points.row(j)).squaredNorm()), int(j));
    std::sort(all.begin(), all.end());
    for (Index r = 0; r < k; ++r)
      if (found.index(i, r) != all[std::size_t(r)].second ||
          found.squared_distance(i, r) != all[std::size_t(r)].first)
        return false;
  }
  return true;
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(they_are_the_first_of_all_sorted, T, Scalars) {
  for (const Index d : {1, 3, 20})
    for (const Index n : {2, 4, 16, 33, 150, 700}) {
      const auto points = grid_points<T>(n, d);
      for (const Index k : {Index{0}, Index{1}, std::min<Index>(n / 2, 40), std::min<Index>(n - 1, 200)}) {
        const auto found = nearest_neighbours(points, k);
        BOOST_TEST(found.index.rows() == n);
        BOOST_TEST(found.index.cols() == k);
        BOOST_TEST(are_nearest<T>(found, points, points, k, false));
      }
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(no_box_hides_a_neighbour, T, Scalars) {
  lifelog::Random random(2);
  RowMatrix<T> points(1500, 4);  // tight groups far apart, and loners
  for (Index i = 0; i < 1500; ++i)
    for (Index j = 0; j < 4; ++j)
      points(i, j) = i % 50 == 0 ? T(random.below(2000)) : T(300 * (i % 7) + Index(random.below(20)));
  BOOST_TEST(are_nearest<T>(nearest_neighbours(points, 25), points, points, 25, false));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(queries_may_be_others, T, Scalars) {
  for (const Index m : {1, 40, 333}) {
    const RowMatrix<T> points = grid_points<T>(500, 3), queries = grid_points<T>(600, 3).bottomRows(m);
    for (const Index k : {1, 30, 500}) {
      const auto found = nearest_neighbours_among(queries, points, k);
      BOOST_TEST(found.index.rows() == m);
      BOOST_TEST(are_nearest<T>(found, queries, points, k, true));
    }
    const RowMatrix<double> precise = points.template cast<double>();
    BOOST_TEST((nearest_neighbours_among(queries, precise, 30).index ==
                nearest_neighbours_among(queries, points, 30).index));
  }
}

BOOST_AUTO_TEST_CASE(distances_will_do) {
  const auto points = grid_points<double>(70, 4);
  RowMatrix<double> distances(70, 70);
  for (Index i = 0; i < 70; ++i) distances.col(i) = (points.rowwise() - points.row(i)).rowwise().norm();
  distances.diagonal().setConstant(3);  // of no meaning
  const auto found = neighbours_from_distances(distances, 12), expected = nearest_neighbours(points, 12);
  BOOST_TEST((found.squared_distance - expected.squared_distance).cwiseAbs().maxCoeff() < 1e-12);
  for (Index i = 0; i < 70; ++i)
    for (Index r = 0; r < 12; ++r) {
      BOOST_TEST(found.index(i, r) != i);
      BOOST_TEST(distances(i, found.index(i, r)) * distances(i, found.index(i, r)) ==
                 found.squared_distance(i, r));
    }
}

BOOST_AUTO_TEST_CASE(equal_rows_come_in_order) {
  const auto found = nearest_neighbours(RowMatrix<float>::Constant(300, 5, 7), 8);
  for (Index i = 0; i < 300; ++i)
    for (int r = 0; r < 8; ++r) BOOST_REQUIRE(found.index(i, r) == (r < i ? r : r + 1));
  BOOST_TEST(found.squared_distance.isZero(0));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(as_far_as_numbers_go, T, Scalars) {
  RowMatrix<T> points = grid_points<T>(400, 20);
  const auto expected = nearest_neighbours(points, 9).index;
  for (const T unit : {T(0x1p-50), T(0x1p+50)})
    BOOST_TEST((nearest_neighbours((unit * points).eval(), 9).index == expected));
}

BOOST_AUTO_TEST_CASE(bits_do_not_depend_on_threads) {
  const RowMatrix<float> points = RowMatrix<float>::Random(700, 7);
  const auto one = nearest_neighbours(points, 20, 1);
  for (const int threads : {2, 3, 0}) {
    const auto more = nearest_neighbours(points, 20, threads);
    BOOST_TEST((more.index == one.index));
    BOOST_TEST((more.squared_distance == one.squared_distance));
  }
}

BOOST_AUTO_TEST_CASE(bad_arguments) {
  auto points = grid_points<double>(5, 2);
  BOOST_CHECK_THROW(nearest_neighbours(points, 5), std::invalid_argument);
  BOOST_CHECK_THROW(nearest_neighbours(points, -1), std::invalid_argument);
  BOOST_CHECK_THROW(nearest_neighbours(RowMatrix<double>(0, 2), 0), std::invalid_argument);
  BOOST_CHECK_THROW(nearest_neighbours_among(points, points, 6), std::invalid_argument);
  BOOST_CHECK_THROW(nearest_neighbours_among(grid_points<double>(5, 3), points, 2), std::invalid_argument);
  BOOST_CHECK_THROW(neighbours_from_distances(points, 2), std::invalid_argument);
  BOOST_CHECK_THROW(neighbours_from_distances(RowMatrix<double>::Ones(3, 3), 3), std::invalid_argument);
  BOOST_CHECK_THROW(neighbours_from_distances(-RowMatrix<double>::Ones(3, 3), 2), std::invalid_argument);
  BOOST_CHECK_THROW(nearest_neighbours((1e20 * points).cast<float>().eval(), 2), std::invalid_argument);
  BOOST_CHECK_NO_THROW(nearest_neighbours((1e20 * points).eval(), 2));
  BOOST_CHECK_THROW(nearest_neighbours((1e160 * points).eval(), 2), std::invalid_argument);
  points(1, 1) = std::numeric_limits<double>::infinity();
  BOOST_CHECK_THROW(nearest_neighbours(points, 2), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(squares_that_vanish_are_refused) {
  const RowMatrix<double> points = RowMatrix<double>::Random(20, 3);
  BOOST_CHECK_THROW(nearest_neighbours((1e-170 * points).eval(), 2), std::invalid_argument);
  BOOST_CHECK_THROW(nearest_neighbours((1e-25f * points.cast<float>()).eval(), 2), std::invalid_argument);
  BOOST_TEST((nearest_neighbours((1e-100 * points).eval(), 2).index == nearest_neighbours(points, 2).index));
  BOOST_TEST(nearest_neighbours(RowMatrix<double>::Constant(4, 2, 1e-300), 1).squared_distance.isZero(0));
  RowMatrix<double> distances = RowMatrix<double>::Constant(4, 4, 1e-170);
  distances.diagonal().setConstant(1);
  BOOST_CHECK_THROW(neighbours_from_distances(distances, 2), std::invalid_argument);
  distances.setConstant(1e160);
  BOOST_CHECK_THROW(neighbours_from_distances(distances, 2), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
