// SPDX-License-Identifier: MIT
#include <lifelog/cluster/detail/nearest_centres.hpp>
#include <lifelog/cluster/detail/scored_search.hpp>
#include <lifelog/cluster/detail/searched_rows.hpp>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>

#include "random_points.hpp"

using lifelog::Index;
using lifelog::RowMatrix;
using lifelog::RowMatrixView;
namespace detail = lifelog::cluster::detail;

namespace {

// Labels are those of distances by differences, and the bounds hold for distances in long double.
template<class T>
void agrees_with_distances(const RowMatrix<double>& rows, const RowMatrix<double>& middles) {
  const RowMatrix<T> points = rows.cast<T>(), centres = middles.cast<T>();
  const RowMatrixView<T> view(points.data(), points.rows(), points.cols(),
                              Eigen::OuterStride<>(points.cols()));
  const Eigen::VectorXi expected = detail::nearest_centres<T>(view, centres.template cast<double>(), 1);
  const detail::SearchedRows<T> searched(view, true);
  detail::ScoredSearch<T> search(view);
  search.set_centres(centres, searched.origin());
  auto desk = search.desk();
  constexpr Index width = detail::ScoredSearch<T>::width;
  const auto distance = [&](Index row, Index centre) {
    return (points.row(row).template cast<long double>() - centres.row(centre).template cast<long double>())
        .norm();
  };
  for (Index row = 0; row < points.rows(); row += width) {
    const Index lanes = std::min(width, points.rows() - row);
    detail::Nearest<T> found;
    const T* const block = searched.block(row / width);
    search.run(
        block, block, searched.half_norms(row), lanes, [&](int lane) { return row + lane; }, desk, found);
    for (Index lane = 0; lane < lanes; ++lane) {
      const Index label = static_cast<Index>(found.index[lane]);
      BOOST_REQUIRE_EQUAL(label, expected[row + lane]);
      BOOST_REQUIRE(!(distance(row + lane, label) > found.first[lane]));
      for (Index c = 0; c < centres.rows(); ++c)
        if (c != label) BOOST_REQUIRE(!(distance(row + lane, c) < found.second[lane]));
    }
  }
}

void agrees_with_distances(const RowMatrix<double>& rows, const RowMatrix<double>& centres) {
  agrees_with_distances<float>(rows, centres);
  agrees_with_distances<double>(rows, centres);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cluster_scored_search)

BOOST_AUTO_TEST_CASE(scores_find_what_distances_find) {
  lifelog::Random random(1);
  for (const auto& [rows, cols, clusters] :
       {std::array{333, 9, 100}, {200, 128, 17}, {50, 1, 7}, {7, 3, 1}, {64, 2, 64}})
    agrees_with_distances(random_points::normals(rows, cols, random),
                          random_points::normals(clusters, cols, random));
}

BOOST_AUTO_TEST_CASE(rows_are_centres) {
  const auto points = random_points::normals(100, 5, 2);
  agrees_with_distances(points, points);
}

BOOST_AUTO_TEST_CASE(of_equals_it_is_the_first) {
  lifelog::Random random(3);
  const RowMatrix<double> grid = random_points::normals(300, 3, random).array().round();
  const RowMatrix<double> centres = random_points::normals(40, 3, random).array().round();  // many twice
  agrees_with_distances(grid, centres);
  agrees_with_distances(RowMatrix<double>::Constant(40, 4, 0.1), RowMatrix<double>::Constant(9, 4, 0.3));
}

// Some centres differ in their last bits: scores cannot tell, for a few rows of a block or for all.
BOOST_AUTO_TEST_CASE(where_scores_cannot_tell_distances_do) {
  lifelog::Random random(4);
  const auto points = random_points::normals(500, 6, random);
  for (const double apart : {1e-17, 1e-15, 1e-9, 1e-7, 1e-5}) {
    RowMatrix<double> centres = random_points::normals(20, 6, random);
    centres.row(13) = centres.row(4) + apart * random_points::normals(1, 6, random);
    agrees_with_distances(points, centres);
    const RowMatrix<double> close =
        centres.row(4).replicate(20, 1) + apart * random_points::normals(20, 6, random);
    agrees_with_distances(points, close);
  }
}

BOOST_AUTO_TEST_CASE(rows_far_from_the_origin_and_from_each_other) {
  lifelog::Random random(5);
  RowMatrix<double> points = random_points::normals(400, 4, random);
  const RowMatrix<double> centres = random_points::normals(12, 4, random);
  agrees_with_distances(points.array() + 1e5, centres.array() + 1e5);
  points.topRows(3) *= 1e12;
  agrees_with_distances(points, centres);
  RowMatrix<double> far = centres;
  far.row(5) *= 1e9;
  agrees_with_distances(points, far);
}

BOOST_AUTO_TEST_CASE(squares_that_overflow_or_vanish) {
  lifelog::Random random(6);
  const auto points = random_points::normals(100, 4, random), centres = random_points::normals(9, 4, random);
  for (const double scale : {1e-30, 1e-22, 1e-19, 1e18, 1e19, 3e19, 1e21})
    agrees_with_distances<float>(scale * points, scale * centres);
}

BOOST_AUTO_TEST_SUITE_END()
