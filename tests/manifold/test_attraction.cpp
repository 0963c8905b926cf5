// SPDX-License-Identifier: MIT
#include <lifelog/core/random.hpp>
#include <lifelog/manifold/detail/attraction.hpp>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <vector>

BOOST_AUTO_TEST_SUITE(manifold_attraction)

using lifelog::Index;
using lifelog::RowMatrix;
using namespace lifelog::manifold;
using detail::Attraction;
using detail::Columns;

namespace {

Affinities affinities(Index n) {
  lifelog::Random random(3);
  RowMatrix<double> points(n, 4);
  for (double& x : points.reshaped()) x = random.normal();
  const Index k = std::min<Index>(12, n - 1);
  return joint_probabilities(nearest_neighbours(points, k), 1 + double(k - 1) / 3);
}

template<class T, int dims>
void check(Index n, double tolerance) {
  const auto joint = affinities(n);
  const Attraction<T> attraction(joint);
  const auto& order = attraction.order();
  lifelog::Random random(4);
  RowMatrix<double> map(n, dims);
  for (double& x : map.reshaped()) x = random.normal(0, 3);
  Columns<T> positions = Columns<T>::Zero(detail::padded_rows<T>(n), dims);
  for (Index s = 0; s < n; ++s) positions.row(s) = map.row(order[std::size_t(s)]).array().template cast<T>();
  constexpr Index lanes = detail::simd::packet_size<T>;
  for (Index packet = 0; packet < attraction.packets(); ++packet) {
    detail::simd::Packet<T> pull[dims];
    attraction.pull(packet, positions, pull);
    for (Index s = packet * lanes; s < std::min(n, (packet + 1) * lanes); ++s) {
      const Index i = order[std::size_t(s)];
      Eigen::RowVectorXd sum = Eigen::RowVectorXd::Zero(dims);
      double size = 0;
      for (Index e = joint.start[std::size_t(i)]; e < joint.start[std::size_t(i) + 1]; ++e) {
        const Eigen::RowVectorXd offset = map.row(i) - map.row(joint.column[std::size_t(e)]);
        sum += joint.value[std::size_t(e)] / (1 + offset.squaredNorm()) * offset;
        size += joint.value[std::size_t(e)];
      }
      for (int c = 0; c < dims; ++c) {
        T values[lanes];
        detail::simd::store(values, pull[c]);
        BOOST_REQUIRE(std::abs(double(values[s - packet * lanes]) - sum[c]) <= tolerance * size);
      }
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(it_is_the_sum_over_entries) {
  for (const Index n : {2, 5, 16, 17, 100, 301}) {
    check<double, 2>(n, 1e-14);
    check<double, 3>(n, 1e-14);
    check<float, 2>(n, 3e-6);
    check<float, 3>(n, 3e-6);
  }
}

BOOST_AUTO_TEST_CASE(every_point_has_one_place) {
  for (const Index n : {1, 2, 40, 333}) {
    Affinities nothing;
    nothing.start.assign(std::size_t(n) + 1, 0);
    for (auto order :
         {Attraction<float>(n > 1 ? affinities(n) : nothing).order(), Attraction<float>(nothing).order()}) {
      std::sort(order.begin(), order.end());
      BOOST_REQUIRE(Index(order.size()) == n);
      for (Index i = 0; i < n; ++i) BOOST_REQUIRE(order[std::size_t(i)] == i);
    }
  }
}

// Points that belong together in chains of equals end up side by side, however they are numbered.
BOOST_AUTO_TEST_CASE(neighbours_lie_side_by_side) {
  constexpr Index lanes = detail::simd::packet_size<float>, groups = 7, n = lanes * groups;
  RowMatrix<double> points(n, 1);
  for (Index i = 0; i < n; ++i) points(i, 0) = 1000 * double(i % groups) + double(i) / double(n);
  const auto joint = joint_probabilities(nearest_neighbours(points, lanes - 1), 1 + double(lanes - 2) / 3);
  const Attraction<float> attraction(joint);
  for (Index s = 0; s < n; ++s)
    BOOST_TEST(attraction.order()[std::size_t(s)] % groups ==
               attraction.order()[std::size_t(s / lanes * lanes)] % groups);
}

BOOST_AUTO_TEST_SUITE_END()
