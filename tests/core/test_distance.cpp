// SPDX-License-Identifier: MIT
#include <lifelog/core/distance.hpp>

#include <boost/test/unit_test.hpp>

using lifelog::Index;
using lifelog::RowMatrix;
using lifelog::detail::PackedRows;

BOOST_AUTO_TEST_SUITE(core_distance)

BOOST_AUTO_TEST_CASE(distances_are_those_of_the_rows) {
  for (const Index n : {1, 7, 8, 9, 30}) {
    const RowMatrix<double> points = RowMatrix<double>::Random(n, 5);
    const PackedRows<double, 8> packed(points);
    BOOST_TEST(packed.panels() == (n + 7) / 8);
    Index seen = 0;
    for (Index panel = 0; panel < packed.panels(); ++panel)
      for (Index lane = 0; lane < packed.valid(panel); ++lane, ++seen) {
        const double expected = (points.row(seen) - points.row(0)).squaredNorm();
        BOOST_TEST(std::abs(packed.squared_distances(panel, points.row(0).data())[lane] - expected) < 1e-14);
      }
    BOOST_TEST(seen == n);
  }
}

BOOST_AUTO_TEST_CASE(far_from_the_origin_no_digit_is_lost_and_equal_rows_are_at_zero) {
  RowMatrix<float> points(2, 1);
  points << 1e6f, 1e6f + 1;
  const PackedRows<float, 4> packed(points);
  const auto distances = packed.squared_distances(0, points.data());
  BOOST_TEST(distances[0] == 0);
  BOOST_TEST(distances[1] == 1);
}

BOOST_AUTO_TEST_SUITE_END()
