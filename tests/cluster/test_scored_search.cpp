// SPDX-License-Identifier: MIT
#include <lifelog/cluster/detail/nearest_centres.hpp>
#include <lifelog/cluster/detail/scored_search.hpp>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <vector>

#include "random_points.hpp"

BOOST_AUTO_TEST_SUITE(cluster_scored_search)

using lifelog::Index;
using lifelog::RowMatrix;
using lifelog::RowMatrixView;
namespace detail = lifelog::cluster::detail;

namespace {

template<class T>
RowMatrixView<T> view_of(const RowMatrix<T>& points) {
  return {points.data(), points.rows(), points.cols(), Eigen::OuterStride<>(points.cols())};
}

// Labels are those of distances by differences, and other centres are no closer than said in long double; of blocks as they
// are and of gathered ones.
template<class T>
void agrees_with_distances(const RowMatrix<double>& rows, const RowMatrix<double>& middles) {
  const RowMatrix<T> points = rows.cast<T>(), centres = middles.cast<T>();
  const auto view = view_of(points);
  const Eigen::VectorXi expected = detail::nearest_centres<T>(view, centres.template cast<double>(), 1);
  const detail::QuantizedRows quantized(view, 1);
  detail::ScoredSearch<T> search(view, quantized);
  search.set_centres(centres);
  constexpr Index width = detail::ScoredSearch<T>::width;
  typename detail::ScoredSearch<T>::Found found;
  const auto distance = [&](Index row, Index centre) {
    return (points.row(row).template cast<long double>() - centres.row(centre).template cast<long double>())
        .norm();
  };
  const auto check = [&](Index row, Index lane) {
    const Index label = found.label[lane];
    BOOST_REQUIRE_EQUAL(label, expected[row]);
    const long double own = distance(row, label);
    for (Index c = 0; c < centres.rows(); ++c)
      if (c != label)
        BOOST_REQUIRE(!(distance(row, c) - own < static_cast<long double>(found.gap[lane]) *
                                                     static_cast<long double>(quantized.radius())));
  };
  std::vector<std::int32_t> block(static_cast<std::size_t>(width * quantized.pairs()));
  float norms[width];
  for (Index row = 0; row < points.rows(); row += width) {
    const Index lanes = std::min(width, points.rows() - row);
    search.run(
        quantized.block(row / width), quantized.norms(row), lanes, [&](int lane) { return row + lane; },
        found);
    for (Index lane = 0; lane < lanes; ++lane) check(row + lane, lane);
    const auto other = [&](Index lane) { return (row + lane) * 7 % points.rows(); };
    for (Index lane = 0; lane < lanes; ++lane)
      quantized.gather(other(lane), block.data() + lane, norms[lane]);
    search.run(block.data(), norms, lanes, other, found);
    for (Index lane = 0; lane < lanes; ++lane) check(other(lane), lane);
  }
}

void agrees_with_distances(const RowMatrix<double>& rows, const RowMatrix<double>& centres) {
  agrees_with_distances<float>(rows, centres);
  agrees_with_distances<double>(rows, centres);
}

}  // namespace

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

// In units of the rows' radius: scores leave out what is beyond 3, unless there is nothing within 1.
BOOST_AUTO_TEST_CASE(centres_far_from_the_rows) {
  const auto points = random_points::normals(400, 3, 7);
  const detail::QuantizedRows rows(view_of(points), 1);
  using Places = std::vector<double>;
  for (const auto& places : {Places{0.95, 50},
                             {50, 0.95, 3.1},
                             {0.99, 3.01, -3.01},
                             {2.9, 3.1},
                             {3.1, -2.9},
                             {1.01, 3.01, -3.05},
                             {2.99, 3, 3.01},
                             {5, 6, -5},
                             {-1e6, 0.1, 1e9}}) {
    RowMatrix<double> centres = rows.origin().replicate(static_cast<Index>(places.size()), 1);
    for (std::size_t c = 0; c < places.size(); ++c)
      centres(static_cast<Index>(c), 1) += places[c] * rows.radius();
    agrees_with_distances(points, centres);
  }
}

// Those that choose the units do not know of them.
BOOST_AUTO_TEST_CASE(rows_beyond_the_radius) {
  RowMatrix<double> points = random_points::normals(5000, 3, 8);
  for (Index i = 1; i < points.rows(); i += 4) points.row(i) *= 10 * static_cast<double>(i);
  agrees_with_distances(points, random_points::normals(30, 3, 9));
}

// All but a few rows are told apart by scores alone: these are within what they may be wrong by, and that is little.
BOOST_AUTO_TEST_CASE(scores_are_nearly_right) {
  lifelog::Random random(10);
  for (const auto& [cols, clusters] : {std::array{9, 100}, {128, 64}, {1, 5}}) {
    const RowMatrix<float> points = random_points::normals(320, cols, random).cast<float>(),
                           centres = random_points::normals(clusters, cols, random).cast<float>();
    const detail::QuantizedRows rows(view_of(points), 1);
    const detail::QuantizedCentres quantized(centres, rows);
    BOOST_TEST(quantized.trusted());
    constexpr Index width = detail::QuantizedRows::width;
    std::int32_t first[width], second[width];
    for (Index row = 0; row < points.rows(); row += width) {
      quantized.search(rows.block(row / width), first, second);
      for (Index lane = 0; lane < width; ++lane) {
        const Eigen::RowVectorXd x = (points.row(row + lane).cast<double>() - rows.origin()) / rows.radius();
        std::vector<double> scores;
        for (Index c = 0; c < centres.rows(); ++c) {
          const Eigen::RowVectorXd centre = (centres.row(c).cast<double>() - rows.origin()) / rows.radius();
          scores.push_back(centre.squaredNorm() / 2 - x.dot(centre));
        }
        std::nth_element(scores.begin(), scores.begin() + 1, scores.end());
        const double error = quantized.error() + x.norm() * quantized.error_per_norm();
        BOOST_TEST(error < 1e-3);
        BOOST_TEST(std::abs(first[lane] / quantized.steps() - scores[0]) <= error);
        BOOST_TEST(std::abs(second[lane] / quantized.steps() - scores[1]) <= error);
        BOOST_TEST(*rows.norms(row + lane) == x.norm(), boost::test_tools::tolerance(1e-6));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(squares_that_overflow_or_vanish) {
  lifelog::Random random(6);
  const auto points = random_points::normals(100, 4, random), centres = random_points::normals(9, 4, random);
  for (const double scale : {1e-30, 1e-22, 1e-19, 1e18, 1e19, 3e19, 1e21})
    agrees_with_distances<float>(scale * points, scale * centres);
}

BOOST_AUTO_TEST_SUITE_END()
