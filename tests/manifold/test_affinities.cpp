// SPDX-License-Identifier: MIT
#include <lifelog/core/random.hpp>
#include <lifelog/manifold/affinities.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <span>
#include <vector>

#include "../support/golden.hpp"

BOOST_AUTO_TEST_SUITE(manifold_affinities)

using lifelog::Index;
using lifelog::RowMatrix;
using lifelog::manifold::Affinities;
using lifelog::manifold::conditional_probabilities;
using lifelog::manifold::joint_probabilities;
using lifelog::manifold::nearest_neighbours;

namespace {

RowMatrix<double> dense(const Affinities& joint) {
  RowMatrix<double> p = RowMatrix<double>::Zero(joint.rows(), joint.rows());
  for (Index i = 0; i < joint.rows(); ++i)
    for (auto e = joint.start[std::size_t(i)]; e < joint.start[std::size_t(i) + 1]; ++e) {
      BOOST_REQUIRE(p(i, joint.column[std::size_t(e)]) == 0);
      p(i, joint.column[std::size_t(e)]) = joint.value[std::size_t(e)];
    }
  return p;
}

void proper(const RowMatrix<double>& p) {
  BOOST_TEST((p == p.transpose()));
  BOOST_TEST(p.diagonal().isZero(0));
  BOOST_TEST((p.array() >= 0).all());
  BOOST_TEST(p.sum() == 1.0, boost::test_tools::tolerance(1e-12));
}

}  // namespace

BOOST_AUTO_TEST_CASE(they_are_those_of_the_paper) {
  const auto points = golden::matrix("manifold/points.txt");
  const auto some = dense(joint_probabilities(nearest_neighbours(points, 18), 6));
  const auto all = dense(joint_probabilities(nearest_neighbours(points, 49), 6));
  proper(some);
  proper(all);
  BOOST_TEST((some - golden::matrix("manifold/joint.txt")).cwiseAbs().maxCoeff() < 1e-13);
  BOOST_TEST((all - golden::matrix("manifold/joint_all.txt")).cwiseAbs().maxCoeff() < 1e-13);
}

BOOST_AUTO_TEST_CASE(units_do_not_matter) {
  const auto points = golden::matrix("manifold/points.txt");
  const auto expected = golden::matrix("manifold/joint.txt");
  for (const double unit : {1e-120, 1e-6, 1e9, 1e120}) {
    const auto p = dense(joint_probabilities(nearest_neighbours(unit * points, 18), 6));
    BOOST_TEST((p - expected).cwiseAbs().maxCoeff() < 1e-12);
  }
}

BOOST_AUTO_TEST_CASE(duplicates_and_constants_stay_finite) {
  proper(dense(joint_probabilities(nearest_neighbours(RowMatrix<double>::Ones(40, 3), 30), 10)));
  RowMatrix<double> points = RowMatrix<double>::Zero(60, 1);
  for (Index i = 50; i < 60; ++i) points(i, 0) = double(i * i);
  const auto p = dense(joint_probabilities(nearest_neighbours(points, 30), 10));
  proper(p);
  // A row that has 49 equals beside it cannot spread over ten only; it ignores what is farther.
  BOOST_TEST(p.block(0, 0, 50, 50).sum() > 0.8);
  RowMatrix<double> outlier = RowMatrix<double>::Random(40, 2);
  outlier.row(7).setConstant(1e8);
  proper(dense(joint_probabilities(nearest_neighbours(outlier, 30), 10)));
}

BOOST_AUTO_TEST_CASE(entropies_are_the_logarithm_of_the_perplexity) {
  lifelog::Random random(1);
  RowMatrix<double> points(400, 5);  // of very different densities
  for (Index i = 0; i < points.size(); ++i) points.data()[i] = random.normal() * std::exp(2 * double(i % 7));
  const auto neighbours = nearest_neighbours(points, 120);
  for (const double perplexity : {1.5, 5.0, 30.0, 100.0}) {
    const auto p = conditional_probabilities(neighbours, std::span(&perplexity, 1));
    for (Index i = 0; i < 400; ++i) {
      BOOST_TEST(std::abs(p.row(i).sum() - 1) < 1e-14);
      const double entropy =
          -(p.row(i).array() > 0).select(p.row(i).array() * p.row(i).array().log(), 0).sum();
      BOOST_TEST(std::abs(entropy - std::log(perplexity)) < 1e-11);
    }
  }
}

BOOST_AUTO_TEST_CASE(several_perplexities_are_averaged) {
  const auto neighbours = nearest_neighbours(golden::matrix("manifold/points.txt"), 30);
  const std::vector<double> some = {3, 8, 25};
  RowMatrix<double> mean = RowMatrix<double>::Zero(50, 30);
  for (const double perplexity : some)
    mean += conditional_probabilities(neighbours, std::span(&perplexity, 1)) / 3;
  BOOST_TEST((conditional_probabilities(neighbours, some) - mean).cwiseAbs().maxCoeff() < 1e-15);
  proper(dense(joint_probabilities(neighbours, some)));
}

BOOST_AUTO_TEST_CASE(extreme_perplexities) {
  const auto points = golden::matrix("manifold/points.txt");
  const auto neighbours = nearest_neighbours(points, 18);
  const auto nearest = dense(joint_probabilities(neighbours, 1));
  proper(nearest);
  for (Index i = 0; i < 50; ++i) BOOST_TEST(nearest(i, neighbours.index(i, 0)) >= 0.5 / 50 * 0.99);
  const auto even = joint_probabilities(neighbours, 18);
  proper(dense(even));
  for (const double p : even.value)
    BOOST_TEST((std::abs(p - 1.0 / 1800) < 1e-8 || std::abs(p - 1.0 / 900) < 1e-8));
}

BOOST_AUTO_TEST_CASE(bits_do_not_depend_on_threads) {
  const auto neighbours = nearest_neighbours(RowMatrix<double>::Random(300, 3), 30);
  const auto one = joint_probabilities(neighbours, 10, 1);
  for (const int threads : {2, 3, 0}) {
    const auto more = joint_probabilities(neighbours, 10, threads);
    BOOST_TEST(more.value == one.value);
    BOOST_TEST(more.column == one.column);
  }
}

BOOST_AUTO_TEST_CASE(bad_arguments) {
  auto neighbours = nearest_neighbours(RowMatrix<double>::Random(10, 3), 5);
  for (const double perplexity : {0.5, 5.5, std::nan("")})
    BOOST_CHECK_THROW(joint_probabilities(neighbours, perplexity), std::invalid_argument);
  BOOST_CHECK_THROW(joint_probabilities({}, 1), std::invalid_argument);
  BOOST_CHECK_THROW(joint_probabilities(neighbours, std::span<const double>()), std::invalid_argument);
  const auto rejected = [&](auto spoil) {
    auto spoilt = neighbours;
    spoil(spoilt);
    BOOST_CHECK_THROW(joint_probabilities(spoilt, 2), std::invalid_argument);
  };
  rejected([](auto& bad) { bad.index(3, 1) = 10; });
  rejected([](auto& bad) { bad.index(3, 1) = -1; });
  rejected([](auto& bad) { bad.index(3, 1) = 3; });
  rejected([](auto& bad) { bad.squared_distance(3, 1) = std::nan(""); });
  rejected([](auto& bad) { bad.squared_distance(3, 0) = -1; });
  rejected([](auto& bad) { bad.squared_distance(3, 1) = bad.squared_distance(3, 2) + 1; });
  neighbours.squared_distance.resize(10, 4);
  BOOST_CHECK_THROW(joint_probabilities(neighbours, 2), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(distances_of_any_size_give_the_same_affinities) {
  auto neighbours = nearest_neighbours(RowMatrix<double>::Random(80, 3).eval(), 30);
  const auto expected = joint_probabilities(neighbours, 10);
  const RowMatrix<double> distances = neighbours.squared_distance;
  for (const double unit : {1e-300, 1e-150, 1e150, 1e307}) {
    neighbours.squared_distance = unit * distances;
    const auto found = joint_probabilities(neighbours, 10);
    for (std::size_t e = 0; e < found.value.size(); ++e)
      BOOST_REQUIRE(std::abs(found.value[e] - expected.value[e]) < 1e-12);
  }
  neighbours.squared_distance = distances.unaryExpr([](double) { return 5e-324; });
  proper(dense(joint_probabilities(neighbours, 10)));
}

BOOST_AUTO_TEST_SUITE_END()
