// SPDX-License-Identifier: MIT
#include <lifelog/core/matrix.hpp>
#include <lifelog/core/random.hpp>
#include <lifelog/manifold/detail/exact_repulsion.hpp>
#include <lifelog/manifold/detail/interpolated_repulsion.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>

BOOST_AUTO_TEST_SUITE(manifold_repulsion)

using lifelog::Index;
using lifelog::RowMatrix;
using namespace lifelog::manifold::detail;

namespace {

struct Sums {
  RowMatrix<double> push;
  double z;
};

Sums by_definition(const RowMatrix<double>& map) {
  Sums sums{RowMatrix<double>::Zero(map.rows(), map.cols()), 0};
  for (Index i = 0; i < map.rows(); ++i)
    for (Index j = 0; j < map.rows(); ++j) {
      if (i == j) continue;
      const double q = 1 / (1 + (map.row(i) - map.row(j)).squaredNorm());
      sums.z += q;
      sums.push.row(i) += q * q * (map.row(i) - map.row(j));
    }
  return sums;
}

template<class T>
Columns<T> columns(const RowMatrix<double>& map) {
  Columns<T> result = Columns<T>::Zero(padded_rows<T>(map.rows()), map.cols());
  result.topRows(map.rows()) = map.array().cast<T>();
  return result;
}

template<class T, int dims>
Sums exact(const RowMatrix<double>& map, int threads = 1) {
  ExactRepulsion<T, dims> repulsion;
  Columns<T> push(padded_rows<T>(map.rows()), dims);
  const double z = repulsion(columns<T>(map), map.rows(), threads, push);
  return {push.topRows(map.rows()).matrix().template cast<double>(), z};
}

template<class T>
Sums interpolated(const RowMatrix<double>& map, double spacing, int threads = 1) {
  InterpolatedRepulsion<T> repulsion;
  const auto positions = columns<T>(map);
  Columns<T> push(positions.rows(), 2);
  const double z =
      repulsion(positions, map.rows(), repulsion.layout(positions, map.rows(), spacing), threads, push);
  return {push.topRows(map.rows()).matrix().template cast<double>(), z};
}

// Of the repulsive gradient, push / Z.
double error_of(const Sums& sums, const Sums& truth) {
  return (sums.push / sums.z - truth.push / truth.z).norm() / (truth.push / truth.z).norm();
}

// Balls of points, as maps are made of.
RowMatrix<double> balls(Index n, Index dims, double extent, double radius) {
  lifelog::Random random(7);
  RowMatrix<double> middles(10, dims), map(n, dims);
  for (double& x : middles.reshaped()) x = random.normal(0, extent / 4);
  for (Index i = 0; i < n; ++i)
    for (Index c = 0; c < dims; ++c) map(i, c) = middles(i % 10, c) + random.normal(0, radius);
  return map;
}

}  // namespace

// Packets, several of them together, blocks of 128: all edges.
BOOST_AUTO_TEST_CASE(exact_sums_are_the_definition) {
  for (const Index n : {2, 3, 15, 16, 17, 31, 64, 65, 127, 128, 129, 200, 257, 600}) {
    const auto plane = balls(n, 2, 20, 2), space = balls(n, 3, 20, 2);
    const auto flat = by_definition(plane), deep = by_definition(space);
    BOOST_TEST((exact<double, 2>(plane).push - flat.push).norm() <= 1e-13 * flat.push.norm());
    BOOST_TEST((exact<double, 3>(space).push - deep.push).norm() <= 1e-13 * deep.push.norm());
    BOOST_TEST((exact<float, 2>(plane).push - flat.push).norm() <= 2e-6 * flat.push.norm());
    BOOST_TEST((exact<float, 3>(space).push - deep.push).norm() <= 2e-6 * deep.push.norm());
    BOOST_TEST(std::abs(exact<double, 2>(plane).z - flat.z) <= 1e-13 * flat.z);
    BOOST_TEST(std::abs(exact<float, 3>(space).z - deep.z) <= 1e-6 * deep.z);
  }
}

BOOST_AUTO_TEST_CASE(exact_sums_survive_equal_and_distant_points) {
  RowMatrix<double> map = RowMatrix<double>::Zero(40, 2);
  auto sums = exact<float, 2>(map);
  BOOST_TEST(sums.push.isZero(0));
  BOOST_TEST(sums.z == 40 * 39, boost::test_tools::tolerance(1e-6));
  map.row(3).setConstant(1e6);
  sums = exact<float, 2>(map);
  const auto alone = exact<float, 2>(RowMatrix<double>::Zero(1, 2));
  BOOST_TEST(alone.push.norm() < 1e-30);  // what fills up its packet is far
  BOOST_TEST(sums.push.allFinite());
  BOOST_TEST(sums.z == 39 * 38, boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(interpolation_is_within_a_thousandth) {
  for (const double extent : {4.0, 30.0, 80.0, 150.0}) {
    const auto map = balls(1500, 2, extent, extent / 20);
    const auto truth = by_definition(map);
    const auto sums = interpolated<float>(map, 0.3);
    BOOST_TEST(error_of(sums, truth) < 1e-3);
    BOOST_TEST(std::abs(sums.z / truth.z - 1) < 1e-4);
  }
}

BOOST_AUTO_TEST_CASE(finer_grids_converge_to_exact_sums) {
  const auto map = balls(800, 2, 40, 3);
  const auto truth = by_definition(map);
  double before = 1;
  for (const double spacing : {1.0, 0.5, 0.25, 0.125, 0.0625}) {
    const double error = error_of(interpolated<double>(map, spacing), truth);
    BOOST_TEST(error < before / (spacing < 1 ? 6 : 1));
    before = error;
  }
  BOOST_TEST(before < 1e-6);
  BOOST_TEST(error_of(interpolated<float>(map, 0.0625), truth) < 1e-5);
}

// Grids shrink with the map, and what is subtracted from the kernel keeps the digits.
BOOST_AUTO_TEST_CASE(small_maps_lose_no_digits) {
  for (const double extent : {1e-4, 1e-2, 1.0}) {
    const auto map = balls(700, 2, extent, extent / 5);
    const auto truth = by_definition(map);
    BOOST_TEST(error_of(interpolated<float>(map, 0.3), truth) < 1e-4);
    BOOST_TEST(error_of(interpolated<double>(map, 0.3), truth) < 2e-5);
    BOOST_TEST(interpolated<float>(map, 0.3).z == truth.z, boost::test_tools::tolerance(1e-6));
  }
}

BOOST_AUTO_TEST_CASE(odd_shapes_of_maps) {
  RowMatrix<double> line = balls(500, 2, 60, 4);
  line.col(1).setZero();
  BOOST_TEST(error_of(interpolated<float>(line, 0.3), by_definition(line)) < 1e-3);
  RowMatrix<double> two(2, 2);
  two << 0, 0, 3, 4;
  BOOST_TEST(error_of(interpolated<float>(two, 0.3), by_definition(two)) < 5e-3);
  const RowMatrix<double> one_place = RowMatrix<double>::Constant(50, 2, 7);
  const auto sums = interpolated<float>(one_place, 0.3);
  BOOST_TEST(sums.push.cwiseAbs().maxCoeff() < 1e-3);
  BOOST_TEST(sums.z == 50 * 49, boost::test_tools::tolerance(1e-3));
  RowMatrix<double> outlier = balls(300, 2, 10, 1);
  outlier.row(5) << 1e5, -1e5;  // a coarse grid, but one that fits into memory
  BOOST_TEST(interpolated<float>(outlier, 0.3).push.allFinite());
}

BOOST_AUTO_TEST_CASE(bits_do_not_depend_on_threads) {
  const auto map = balls(3000, 2, 60, 4), space = balls(900, 3, 20, 2);
  const auto pairs = exact<float, 2>(map), deep = exact<float, 3>(space),
             grid = interpolated<float>(map, 0.3);
  for (const int threads : {2, 3, 0}) {
    BOOST_TEST((exact<float, 2>(map, threads).push == pairs.push));
    BOOST_TEST((exact<float, 2>(map, threads).z == pairs.z));
    BOOST_TEST((exact<float, 3>(space, threads).push == deep.push));
    BOOST_TEST((interpolated<float>(map, 0.3, threads).push == grid.push));
    BOOST_TEST((interpolated<float>(map, 0.3, threads).z == grid.z));
  }
}

BOOST_AUTO_TEST_SUITE_END()
