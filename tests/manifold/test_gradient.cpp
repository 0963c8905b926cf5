// SPDX-License-Identifier: MIT
#include <lifelog/manifold/gradient.hpp>

#include <boost/test/unit_test.hpp>

#include "../support/golden.hpp"

using lifelog::Index;
using lifelog::RowMatrix;
using lifelog::manifold::Affinities;
using lifelog::manifold::joint_probabilities;
using lifelog::manifold::nearest_neighbours;
using lifelog::manifold::tsne_divergence;
using lifelog::manifold::tsne_gradient;

namespace {

Affinities golden_affinities() {
  return joint_probabilities(nearest_neighbours(golden::matrix("manifold/points.txt"), 18), 6);
}

double largest(const RowMatrix<double>& x) {
  return x.cwiseAbs().maxCoeff();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(manifold_gradient)

BOOST_AUTO_TEST_CASE(divergence_and_gradient_are_the_formulas) {
  const auto joint = golden_affinities();
  const auto map = golden::matrix("manifold/map.txt");
  const auto expected = golden::matrix("manifold/gradient.txt");
  BOOST_TEST(tsne_divergence(joint, map) == golden::vector("manifold/kl.txt")[0],
             boost::test_tools::tolerance(1e-12));
  BOOST_TEST(largest(tsne_gradient<double>(joint, map) - expected) < 1e-14);
  BOOST_TEST(largest(tsne_gradient<float>(joint, map) - expected) < 1e-6 * largest(expected));
  BOOST_TEST(tsne_divergence<float>(joint, map) == tsne_divergence(joint, map),
             boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(the_gradient_is_that_of_the_divergence) {
  const auto joint = golden_affinities();
  auto map = golden::matrix("manifold/map.txt");
  const auto gradient = tsne_gradient<double>(joint, map);
  BOOST_REQUIRE(largest(gradient) > 1e-3);
  for (Index i = 0; i < map.size(); ++i) {
    double& x = map.data()[i];
    const double here = x, h = 1e-5;
    x = here + h;
    const double above = tsne_divergence(joint, map);
    x = here - h;
    const double below = tsne_divergence(joint, map);
    x = here;
    BOOST_TEST(std::abs((above - below) / (2 * h) - gradient.data()[i]) < 1e-9);
  }
}

// Sums in float go over stretches of 512 points, tiles of 16 and their own points: all edges.
BOOST_AUTO_TEST_CASE(every_pair_counts_once) {
  for (const Index n : {2, 3, 15, 16, 17, 33, 600, 1100}) {
    const RowMatrix<double> map = 3 * RowMatrix<double>::Random(n, 2);
    Affinities nothing;
    nothing.start.assign(std::size_t(n) + 1, 0);
    RowMatrix<double> push = RowMatrix<double>::Zero(n, 2);
    double z = 0;
    for (Index i = 0; i < n; ++i)
      for (Index j = 0; j < n; ++j) {
        if (i == j) continue;
        const double q = 1 / (1 + (map.row(i) - map.row(j)).squaredNorm());
        z += q;
        push.row(i) -= 4 * q * q * (map.row(i) - map.row(j));
      }
    push /= z;
    BOOST_TEST(largest(tsne_gradient<double>(nothing, map) - push) < 1e-12 * largest(push));
    BOOST_TEST(largest(tsne_gradient<float>(nothing, map) - push) < 3e-6 * largest(push));
  }
}

BOOST_AUTO_TEST_CASE(exaggeration_scales_attraction_alone) {
  const auto joint = golden_affinities();
  const auto map = golden::matrix("manifold/map.txt");
  const RowMatrix<double> push = tsne_gradient<double>(joint, map, 0);
  const RowMatrix<double> pull = tsne_gradient<double>(joint, map, 1) - push;
  BOOST_TEST(largest(tsne_gradient<double>(joint, map, 12) - push - 12 * pull) < 1e-13);
}

BOOST_AUTO_TEST_CASE(bits_do_not_depend_on_threads) {
  const auto joint = joint_probabilities(nearest_neighbours(RowMatrix<double>::Random(700, 4), 30), 10);
  const RowMatrix<double> map = RowMatrix<double>::Random(700, 2);
  const auto one = tsne_gradient(joint, map, 12, 1);
  for (const int threads : {2, 3, 0}) {
    BOOST_TEST((tsne_gradient(joint, map, 12, threads) == one));
    BOOST_TEST(tsne_divergence(joint, map, threads) == tsne_divergence(joint, map, 1));
  }
}

BOOST_AUTO_TEST_CASE(bad_arguments) {
  const auto joint = golden_affinities();
  BOOST_CHECK_THROW(tsne_gradient(joint, RowMatrix<double>::Zero(49, 2)), std::invalid_argument);
  BOOST_CHECK_THROW(tsne_divergence(joint, RowMatrix<double>::Zero(50, 4)), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
