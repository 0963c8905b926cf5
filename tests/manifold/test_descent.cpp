// SPDX-License-Identifier: MIT
#include <lifelog/manifold/descent.hpp>

#include <boost/test/unit_test.hpp>
#include <limits>

BOOST_AUTO_TEST_SUITE(manifold_descent)

using lifelog::RowMatrix;
using lifelog::manifold::Descent;

namespace {

constexpr double anywhere = std::numeric_limits<double>::infinity();

}  // namespace

BOOST_AUTO_TEST_CASE(gains_grow_while_the_direction_lasts_and_shrink_when_it_turns) {
  RowMatrix<double> map = RowMatrix<double>::Zero(2, 2), slope(2, 2);
  slope << 1, -2, -1, 2;
  Descent descent(2, 2);
  descent.move(map, slope, 0.5, 0.1, anywhere);  // nothing has a direction yet
  BOOST_TEST(descent.gain(0, 0) == 0.8);
  BOOST_TEST(descent.step(0, 1) == 0.1 * 0.8 * 2);
  BOOST_TEST(map(0, 0) == -0.1 * 0.8);
  descent.move(map, slope, 0.5, 0.1, anywhere);
  BOOST_TEST(descent.gain(0, 0) == 1.0);
  BOOST_TEST(descent.step(0, 0) == 0.5 * -0.08 - 0.1);
  descent.move(map, -slope, 0.5, 0.1, anywhere);
  BOOST_TEST(descent.gain(0, 0) == 0.8);
  slope.setZero();
  for (int i = 0; i < 50; ++i) descent.move(map, slope, 0.5, 0.1, anywhere);
  BOOST_TEST(descent.gain(1, 1) == 0.01);
}

BOOST_AUTO_TEST_CASE(steps_are_cut_to_the_longest_and_keep_their_direction) {
  RowMatrix<double> map = RowMatrix<double>::Zero(3, 3), slope = RowMatrix<double>::Zero(3, 3);
  slope.row(0) << 300, 0, 400;
  slope.row(1) << -0.3, 0, -0.4;
  Descent descent(3, 3);
  descent.move(map, slope, 0, 1, 2);
  BOOST_TEST(descent.step.row(0).norm() == 2, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(descent.step(0, 2) / descent.step(0, 0) == 4.0 / 3, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(descent.step.row(1).norm() == 0.8 * 0.5, boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(maps_stay_centred) {
  RowMatrix<double> map = RowMatrix<double>::Random(20, 2);
  Descent descent(20, 2);
  for (int i = 0; i < 5; ++i) {
    descent.move(map, RowMatrix<double>::Random(20, 2), 0.5, 1, anywhere);
    BOOST_TEST(map.colwise().mean().norm() < 1e-14);
  }
}

BOOST_AUTO_TEST_SUITE_END()
