// SPDX-License-Identifier: MIT
#include <lifelog/core/random.hpp>
#include <lifelog/manifold/quality.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "../support/golden.hpp"

BOOST_AUTO_TEST_SUITE(manifold_quality)

using lifelog::Index;
using lifelog::RowMatrix;
using lifelog::manifold::joint_probabilities;
using lifelog::manifold::map_quality;
using lifelog::manifold::nearest_neighbours;
using lifelog::manifold::neighbour_preservation;
using lifelog::manifold::trustworthiness;
using lifelog::manifold::tsne_divergence;

namespace {

RowMatrix<double> noise(Index rows, Index cols, std::uint64_t seed) {
  lifelog::Random random(seed);
  RowMatrix<double> points(rows, cols);
  for (Index i = 0; i < points.size(); ++i) points.data()[i] = random.normal();
  return points;
}

// By the definition, sorting everything.
double plain_trustworthiness(const RowMatrix<double>& points, const RowMatrix<double>& map, Index k) {
  const Index n = points.rows();
  const auto by_points = nearest_neighbours(points, n - 1).index;
  const auto by_map = nearest_neighbours(map, k).index;
  double excess = 0;
  for (Index i = 0; i < n; ++i)
    for (Index r = 0; r < k; ++r)
      for (Index rank = k; rank < n - 1; ++rank)
        if (by_points(i, rank) == by_map(i, r)) excess += double(rank + 1 - k);
  return 1 - excess * 2 / (double(n) * double(k) * double(2 * n - 3 * k - 1));
}

}  // namespace

BOOST_AUTO_TEST_CASE(it_is_scikit_learns) {
  const auto points = golden::matrix("manifold/points.txt");
  const auto map = golden::matrix("manifold/rough_map.txt");
  const auto expected = golden::vector("manifold/quality.txt");
  const auto quality = map_quality(points, map, {.perplexity = 6, .neighbours = 5});
  BOOST_TEST(quality.kl_divergence == expected[0], boost::test_tools::tolerance(1e-12));
  BOOST_TEST(quality.neighbour_preservation == expected[1], boost::test_tools::tolerance(1e-12));
  BOOST_TEST(quality.trustworthiness == expected[2], boost::test_tools::tolerance(1e-12));
  BOOST_TEST(neighbour_preservation(points, map, 5) == quality.neighbour_preservation);
  BOOST_TEST(trustworthiness(points, map, 5) == quality.trustworthiness);
}

BOOST_AUTO_TEST_CASE(ranks_are_counted_over_every_edge) {
  for (const Index n : {4, 15, 33, 131, 260}) {
    const auto points = noise(n, 3, 1), map = noise(n, 2, 2);
    const Index k = n < 20 ? 1 : 7;
    const double expected = plain_trustworthiness(points, map, k);
    BOOST_TEST(trustworthiness(points, map, k) == expected, boost::test_tools::tolerance(1e-12));
    const RowMatrix<float> single = points.cast<float>();
    BOOST_TEST(trustworthiness(single, map, k) == plain_trustworthiness(single.cast<double>(), map, k),
               boost::test_tools::tolerance(1e-12));
  }
}

BOOST_AUTO_TEST_CASE(the_points_themselves_are_a_perfect_map) {
  const auto points = noise(100, 2, 3);
  const auto quality = map_quality(points, points);
  BOOST_TEST(quality.neighbour_preservation == 1);
  BOOST_TEST(quality.trustworthiness == 1);
  BOOST_TEST(trustworthiness(points, noise(100, 2, 4), 10) < 0.6);
  BOOST_TEST(neighbour_preservation(points, noise(100, 2, 4), 10) < 0.2);
}

BOOST_AUTO_TEST_CASE(few_rows_reduce_the_perplexity) {
  const auto points = noise(31, 4, 5), map = noise(31, 2, 6);
  const double expected = tsne_divergence(joint_probabilities(nearest_neighbours(points, 30), 10), map);
  BOOST_TEST(map_quality(points, map, {.perplexity = 50}).kl_divergence == expected);
}

BOOST_AUTO_TEST_CASE(equal_rows_are_as_near_as_any) {
  const RowMatrix<double> points = RowMatrix<double>::Ones(60, 3);
  const auto quality = map_quality(points, noise(60, 2, 7), {.perplexity = 5});
  BOOST_TEST(quality.trustworthiness == 1);
  BOOST_TEST(std::isfinite(quality.kl_divergence));
}

BOOST_AUTO_TEST_CASE(bits_do_not_depend_on_threads) {
  const RowMatrix<float> points = noise(300, 6, 8).cast<float>();
  const auto map = noise(300, 2, 9);
  const auto one = map_quality(points, map, {.threads = 1});
  for (const int threads : {2, 3, 0}) {
    const auto more = map_quality(points, map, {.threads = threads});
    BOOST_TEST(more.kl_divergence == one.kl_divergence);
    BOOST_TEST(more.neighbour_preservation == one.neighbour_preservation);
    BOOST_TEST(more.trustworthiness == one.trustworthiness);
  }
}

BOOST_AUTO_TEST_CASE(bad_arguments) {
  const auto points = noise(20, 3, 1), map = noise(20, 2, 2);
  BOOST_CHECK_THROW(map_quality(points, noise(19, 2, 2)), std::invalid_argument);
  BOOST_CHECK_THROW(map_quality(points, map, {.neighbours = 10}), std::invalid_argument);
  BOOST_CHECK_THROW(map_quality(points, map, {.perplexity = 0.5, .neighbours = 5}), std::invalid_argument);
  BOOST_CHECK_THROW(trustworthiness(points, map, 0), std::invalid_argument);
  BOOST_CHECK_THROW(neighbour_preservation(points, map, 10), std::invalid_argument);
  RowMatrix<double> holes = map;
  holes(3, 1) = std::nan("");
  BOOST_CHECK_THROW(trustworthiness(points, holes, 2), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
