// SPDX-License-Identifier: MIT
#include <lifelog/core/distance.hpp>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <vector>

BOOST_AUTO_TEST_SUITE(core_distance)

using lifelog::Index;
using lifelog::RowMatrix;
using lifelog::RowMatrixView;
using lifelog::detail::RowBlocks;
using lifelog::detail::RowTiles;
using Scalars = boost::mpl::list<float, double>;

namespace {

// Distances from rows [n, d] to each other by blocks and tiles.
template<class T>
RowMatrix<T> distances(const RowMatrix<T>& points) {
  namespace simd = lifelog::detail::simd;
  constexpr Index width = RowBlocks<T>::width, height = RowTiles<T>::height;
  const Index n = points.rows(), blocks = (n + width - 1) / width, tiles = (n + height - 1) / height;
  const RowBlocks<T> lanes(
      RowMatrixView<T>(points.data(), n, points.cols(), Eigen::OuterStride<>(points.cols())));
  const RowTiles<T> rows(points);
  RowMatrix<T> all(tiles * height, blocks * width);
  for (Index b = 0; b < blocks; ++b)
    for (Index t = 0; t < tiles; ++t) {
      simd::Packet<T> sum[height][2];
      lifelog::detail::squared_distances<T, height>(lanes.block(b), rows.tile(t), points.cols(), sum);
      for (Index c = 0; c < height; ++c)
        for (Index r = 0; r < 2; ++r)
          simd::store(&all(t * height + c, b * width + r * simd::packet_size<T>), sum[c][r]);
    }
  return all.topLeftCorner(n, n);
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(distances_are_those_of_the_rows, T, Scalars) {
  for (const Index n : {1, 7, 8, 9, 32, 33, 70}) {
    const RowMatrix<T> points = RowMatrix<T>::Random(n, 5);
    const auto all = distances<T>(points);
    for (Index i = 0; i < n; ++i)
      for (Index j = 0; j < n; ++j)
        BOOST_TEST(std::abs(all(i, j) - (points.row(i) - points.row(j)).squaredNorm()) <
                   32 * std::numeric_limits<T>::epsilon());
    BOOST_TEST((all == all.transpose()));
    BOOST_TEST(all.diagonal().isZero(0));
  }
}

BOOST_AUTO_TEST_CASE(far_from_the_origin_no_digit_is_lost) {
  RowMatrix<float> points(2, 1);
  points << 1e6f, 1e6f + 1;
  BOOST_TEST(distances<float>(points)(0, 1) == 1);
}

BOOST_AUTO_TEST_SUITE_END()
