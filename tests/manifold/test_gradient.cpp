// SPDX-License-Identifier: MIT
#include <lifelog/core/random.hpp>
#include <lifelog/manifold/descent.hpp>
#include <lifelog/manifold/gradient.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "../support/golden.hpp"

BOOST_AUTO_TEST_SUITE(manifold_gradient)

using lifelog::Index;
using lifelog::RowMatrix;
using lifelog::manifold::Affinities;
using lifelog::manifold::Gradient;
using lifelog::manifold::GradientOptions;
using lifelog::manifold::joint_probabilities;
using lifelog::manifold::nearest_neighbours;
using lifelog::manifold::Repulsion;
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

BOOST_AUTO_TEST_CASE(the_gradient_is_that_of_the_divergence_in_space_too) {
  const auto joint = golden_affinities();
  RowMatrix<double> map = RowMatrix<double>::Random(50, 3);
  const auto gradient = tsne_gradient<double>(joint, map);
  for (Index i = 0; i < map.size(); i += 7) {
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

// Of the whole gradient's norm, at stages of a real run; at the end, where attraction and repulsion cancel, of that of
// repulsion.
BOOST_AUTO_TEST_CASE(interpolated_gradients_are_within_a_thousandth) {
  lifelog::Random random(5);
  RowMatrix<double> points(900, 5);
  for (Index i = 0; i < points.rows(); ++i)
    for (Index c = 0; c < 5; ++c) points(i, c) = double((i % 6) * (c + 1) % 5) * 4 + random.normal();
  const auto joint = joint_probabilities(nearest_neighbours(points, 60), 20);
  RowMatrix<double> map = 1e-4 * points.leftCols(2), slope, exact, approximate;
  Gradient<double> truth(joint, {.repulsion = Repulsion::exact});
  Gradient<> fast(joint, {.repulsion = Repulsion::interpolated}), chosen(joint);
  lifelog::manifold::Descent descent(900, 2);
  for (int iteration = 0; iteration <= 500; ++iteration) {
    const double exaggeration = iteration < 150 ? 12 : 1;
    if (iteration % 50 == 0) {
      truth(map, exaggeration, exact);
      fast(map, exaggeration, approximate);
      const double push = tsne_gradient<double>(joint, map, 0).norm();
      const double scale = iteration <= 150 ? exact.norm() : push;
      BOOST_TEST((approximate - exact).norm() < 1e-3 * scale);
      BOOST_TEST(fast.divergence(map) == truth.divergence(map), boost::test_tools::tolerance(1e-4));
    }
    chosen(map, exaggeration, slope);
    descent.move(map, slope, iteration < 150 ? 0.5 : 0.8, 50, 5);
  }
}

BOOST_AUTO_TEST_CASE(the_sooner_method_is_chosen_and_theta_zero_is_exact) {
  const auto joint = joint_probabilities(nearest_neighbours(RowMatrix<double>::Random(2000, 4), 30), 10);
  const auto gradient = [&](const RowMatrix<double>& map, const GradientOptions& options) {
    RowMatrix<double> result;
    Gradient<>(joint, options)(map, 1, result);
    return result;
  };
  const RowMatrix<double> small = RowMatrix<double>::Random(2000, 2), large = 300 * small;
  const auto exact = [&](const auto& map) { return gradient(map, {.repulsion = Repulsion::exact}); };
  const auto fast = [&](const auto& map) { return gradient(map, {.repulsion = Repulsion::interpolated}); };
  BOOST_TEST((exact(small) != fast(small)));
  BOOST_TEST((gradient(small, {}) == fast(small)));
  BOOST_TEST((exact(large) != fast(large)));
  BOOST_TEST((gradient(large, {}) == exact(large)));
  BOOST_TEST((gradient(small, {.theta = 0}) == exact(small)));
  const double coarse = (gradient(small, {.theta = 4}) - exact(small)).norm();
  BOOST_TEST((fast(small) - exact(small)).norm() <= coarse);
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
  for (const double theta : {-1.0, std::nan(""), HUGE_VAL})
    BOOST_CHECK_THROW(Gradient<>(joint, {.theta = theta}), std::invalid_argument);
  Gradient<> fast(joint, {.repulsion = Repulsion::interpolated});
  RowMatrix<double> gradient;
  BOOST_CHECK_THROW(fast(RowMatrix<double>::Zero(50, 3), 1, gradient), std::invalid_argument);
}

namespace {

// By the definition, in long double, for maps of every size.
RowMatrix<double> by_definition(const Affinities& joint, const RowMatrix<double>& map) {
  using Long = long double;
  const Index n = map.rows();
  const auto square = [&](Index i, Index j) {
    Long sum = 0;
    for (Index c = 0; c < map.cols(); ++c)
      sum += (Long(map(i, c)) - map(j, c)) * (Long(map(i, c)) - map(j, c));
    return sum;
  };
  Long z = 0;
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < n; ++j)
      if (i != j) z += 1 / (1 + square(i, j));
  Eigen::Matrix<Long, Eigen::Dynamic, Eigen::Dynamic> sum(n, map.cols());
  sum.setZero();
  const auto add = [&](Index i, Index j, Long force) {
    for (Index c = 0; c < map.cols(); ++c) sum(i, c) += force * (Long(map(i, c)) - map(j, c));
  };
  for (Index i = 0; i < n; ++i) {
    for (Index e = joint.start[std::size_t(i)]; e < joint.start[std::size_t(i) + 1]; ++e) {
      const Index j = joint.column[std::size_t(e)];
      add(i, j, 4 * Long(joint.value[std::size_t(e)]) / (1 + square(i, j)));
    }
    for (Index j = 0; j < n; ++j) {
      const Long q = 1 / (1 + square(i, j));
      if (i != j) add(i, j, -4 * q * q / z);
    }
  }
  return sum.cast<double>();
}

}  // namespace

BOOST_AUTO_TEST_CASE(maps_of_every_size_have_their_gradient) {
  lifelog::Random random(5);
  RowMatrix<double> points(300, 4), shape(300, 2);
  for (double& x : points.reshaped()) x = random.normal();
  for (double& x : shape.reshaped()) x = random.normal();
  const auto joint = joint_probabilities(nearest_neighbours(points, 45), 15);
  const auto check = [&](const RowMatrix<double>& map, const GradientOptions& options, double tolerance) {
    RowMatrix<double> found;
    Gradient<float> gradient(joint, options);
    gradient(map, 1, found);
    const auto expected = by_definition(joint, map);
    const double size = expected.cwiseAbs().maxCoeff();
    BOOST_TEST_CONTEXT("extent " << map.cwiseAbs().maxCoeff()) {
      BOOST_TEST(size > 0);
      BOOST_TEST(((found - expected) / size).cwiseAbs().maxCoeff() < tolerance);
      BOOST_TEST(std::isfinite(gradient.divergence(map)));
    }
  };
  for (const double size : {1e-305, 1e-200, 1e-100, 1e-45, 1e-38, 1e-27, 1e-18, 1e-12, 1e-8, 1e-5, 1e-3,
                            3e-3,   1e-2,   0.03,   0.1,   1.0,   10.0,  100.0, 1e3,   1e4,  1e6,  1e9}) {
    check(size * shape, {.repulsion = Repulsion::exact}, size > 1e3 ? 1e-4 : 3e-5);
    // On a grid forces are off by a thousandth of their norm; where they nearly cancel that is more of the rest.
    for (const auto repulsion : {Repulsion::interpolated, Repulsion::automatic})
      check(size * shape, {.repulsion = repulsion}, size > 2e-3 ? 1e-2 : 3e-5);
  }
  // Far from 0, of which float would leave nothing.
  for (const auto repulsion : {Repulsion::exact, Repulsion::interpolated})
    check((1e-3 * shape.array() + 1e5).matrix(), {.repulsion = repulsion}, 3e-5);
  RowMatrix<double> deep(300, 3);
  deep << shape, points.col(0);
  for (const double size : {1e-200, 1e-27, 1e-3, 1.0, 1e3}) check(size * deep, {}, 3e-5);
}

BOOST_AUTO_TEST_CASE(points_in_one_place_neither_push_nor_pull) {
  const auto joint = joint_probabilities(nearest_neighbours(RowMatrix<double>::Random(100, 3).eval(), 15), 5);
  RowMatrix<double> map = RowMatrix<double>::Constant(100, 2, 7), gradient;
  for (const auto repulsion : {Repulsion::exact, Repulsion::interpolated, Repulsion::automatic}) {
    Gradient<float> at(joint, {.repulsion = repulsion});
    at(map, 12, gradient);
    BOOST_TEST(gradient.isZero(0));
    RowMatrix<double> two = 10 * RowMatrix<double>::Random(100, 2);
    two.row(4) = two.row(9);
    at(two, 1, gradient);
    BOOST_TEST(gradient.allFinite());
    BOOST_TEST((gradient - by_definition(joint, two)).norm() < 1e-2 * gradient.norm());
    two.row(3).setConstant(2e10);
    BOOST_CHECK_THROW(at(two, 1, gradient), std::invalid_argument);
  }
}

BOOST_AUTO_TEST_SUITE_END()
