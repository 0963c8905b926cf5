// SPDX-License-Identifier: MIT
#include <lifelog/core/random.hpp>
#include <lifelog/manifold/transform.hpp>
#include <lifelog/manifold/tsne.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>

BOOST_AUTO_TEST_SUITE(manifold_transform)

using lifelog::Index;
using lifelog::RowMatrix;
using lifelog::manifold::nearest_neighbours_among;
using lifelog::manifold::transform;
using lifelog::manifold::TransformOptions;
using lifelog::manifold::TransformStart;
using lifelog::manifold::tsne;

namespace {

// Row i belongs to ball i % 5.
RowMatrix<double> balls(Index rows, std::uint64_t seed) {
  lifelog::Random of_middles(1), random(seed);
  RowMatrix<double> middles(5, 6), points(rows, 6);
  for (Index i = 0; i < middles.size(); ++i) middles.data()[i] = of_middles.normal(0, 20);
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < 6; ++j) points(i, j) = middles(i % 5, j) + random.normal();
  return points;
}

struct Reference {
  RowMatrix<double> points = balls(400, 2);
  RowMatrix<double> map = tsne(points, {.iterations = 500}).map;
};

const Reference& reference() {
  static const Reference made;
  return made;
}

// KL(p ‖ q) of a place, all of it in double.
double divergence(const Eigen::VectorXd& p, const RowMatrix<int>& neighbours, const RowMatrix<double>& map,
                  const Eigen::RowVectorXd& place) {
  const Eigen::ArrayXd q = 1 / (1 + (map.rowwise() - place).rowwise().squaredNorm().array());
  double sum = 0;
  for (Index r = 0; r < p.size(); ++r)
    if (p[r] > 0) sum += p[r] * std::log(p[r] * q.sum() / q[neighbours(0, r)]);
  return sum;
}

}  // namespace

BOOST_AUTO_TEST_CASE(new_points_come_to_their_own) {
  const auto& points = reference().points;
  const auto& map = reference().map;
  const auto queries = balls(100, 3);
  for (const auto start : {TransformStart::median, TransformStart::mean}) {
    const auto result = transform(points, map, queries, {.start = start});
    BOOST_TEST(result.perplexity == 5);
    BOOST_TEST(!result.perplexity_reduced);
    const auto nearest = nearest_neighbours_among(result.map, map, 5);
    for (Index i = 0; i < 100; ++i)
      for (Index r = 0; r < 5; ++r) BOOST_TEST(nearest.index(i, r) % 5 == i % 5);
  }
}

BOOST_AUTO_TEST_CASE(places_are_least_divergent) {
  const auto& points = reference().points;
  const auto& map = reference().map;
  const auto queries = balls(20, 4);
  const auto place = [&](int iterations) {
    return transform(points, map, queries, {.iterations = iterations, .exaggeration = 1}).map;
  };
  const auto first = place(0), last = place(3000);
  const double perplexity = 5;
  for (Index i = 0; i < 20; ++i) {
    const auto neighbours = nearest_neighbours_among(queries.row(i), points, 15);
    const Eigen::VectorXd p =
        lifelog::manifold::conditional_probabilities(neighbours, std::span(&perplexity, 1)).row(0);
    const auto at = [&](const Eigen::RowVectorXd& y) { return divergence(p, neighbours.index, map, y); };
    BOOST_TEST(at(last.row(i)) < at(first.row(i)) + 1e-9);
    for (Index c = 0; c < 2; ++c)
      for (const double h : {-0.05, 0.05}) {
        Eigen::RowVectorXd beside = last.row(i);
        beside[c] += h;
        BOOST_TEST(at(beside) > at(last.row(i)) - 1e-6);
      }
  }
}

BOOST_AUTO_TEST_CASE(everyone_is_placed_for_himself) {
  const auto& points = reference().points;
  const auto& map = reference().map;
  const auto queries = balls(37, 5);
  const auto all = transform(points, map, queries, {.iterations = 30, .threads = 1}).map;
  for (const Index i : {0, 15, 16, 36}) {
    const auto alone = transform(points, map, queries.row(i), {.iterations = 30}).map;
    BOOST_TEST((alone.row(0) == all.row(i)));
  }
  for (const int threads : {2, 3, 0})
    BOOST_TEST((transform(points, map, queries, {.iterations = 30, .threads = threads}).map == all));
}

BOOST_AUTO_TEST_CASE(three_dimensions) {
  const auto& points = reference().points;
  lifelog::manifold::TsneOptions options{.iterations = 300};
  options.dims = 3;
  const auto map = tsne(points, options).map;
  const RowMatrix<float> queries = balls(30, 6).cast<float>();
  const auto placed = transform(points, map, queries).map;
  BOOST_TEST(placed.cols() == 3);
  const auto nearest = nearest_neighbours_among(placed, map, 1);
  for (Index i = 0; i < 30; ++i) BOOST_TEST(nearest.index(i, 0) % 5 == i % 5);
}

BOOST_AUTO_TEST_CASE(few_points_and_equal_points_will_do) {
  const auto queries = balls(10, 7);
  for (const Index n : {1, 2, 3, 7}) {
    const auto points = balls(n, 8);
    const RowMatrix<double> map = 10 * points.leftCols(2);
    const auto result = transform(points, map, queries);
    BOOST_TEST(result.map.allFinite());
    BOOST_TEST(result.perplexity_reduced);
    BOOST_TEST(result.perplexity == std::max(1.0, double(n) / 3));
  }
  const RowMatrix<double> same = RowMatrix<double>::Ones(60, 6);
  BOOST_TEST(transform(same, RowMatrix<double>::Random(60, 2), same).map.allFinite());
  BOOST_TEST(transform(same, RowMatrix<double>::Zero(60, 2), queries).map.isZero(0));
}

BOOST_AUTO_TEST_CASE(bad_arguments_are_named) {
  const auto& points = reference().points;
  const auto& map = reference().map;
  auto queries = balls(10, 9);
  const auto rejected = [&](const auto& p, const auto& m, const TransformOptions& options,
                            const std::string& name) {
    BOOST_CHECK_EXCEPTION(transform(p, m, queries, options), std::invalid_argument,
                          [&](const auto& e) { return std::string(e.what()).starts_with(name); });
  };
  rejected(points, map, {.perplexity = 0}, "perplexity");
  rejected(points, map, {.iterations = -1}, "iterations");
  rejected(points, map, {.exaggeration = 0}, "exaggeration");
  rejected(points, map, {.learning_rate = 0}, "learning_rate");
  rejected(points, map, {.momentum = 1}, "momentum");
  rejected(points, map, {.longest_step = 0}, "longest_step");
  rejected(points, map.topRows(399).eval(), {}, "map");
  rejected(points, RowMatrix<double>::Zero(400, 4).eval(), {}, "map");
  rejected(points.leftCols(5).eval(), map, {}, "queries");
  queries(7, 1) = std::nan("");
  rejected(points, map, {}, "queries: expected finite numbers, got nan in row 7");
}

// One place, hardly any room, very much, and far from 0.
BOOST_AUTO_TEST_CASE(odd_maps_get_places_within_them) {
  const RowMatrix<double> points = RowMatrix<double>::Random(200, 3),
                          queries = RowMatrix<double>::Random(30, 3);
  const RowMatrix<double> shape = 10 * points.leftCols(2);
  const auto usual = transform(points, shape, queries).map;
  for (const double size : {0.0, 1e-300, 1e-30, 1e-10, 1e-3, 1.0, 1e3, 1e5}) {
    const auto places = transform(points, (size * shape).eval(), queries).map;
    BOOST_TEST(places.allFinite());
    BOOST_TEST(places.cwiseAbs().maxCoeff() <= 3 * size * shape.cwiseAbs().maxCoeff());
    if (size > 0 && size < 1e-9)
      BOOST_TEST((places / size - transform(points, (1e-9 * shape).eval(), queries).map / 1e-9).norm() <
                 1e-3);
  }
  const auto moved = transform(points, (shape.array() + 1e5).matrix().eval(), queries).map;
  BOOST_TEST((moved.array() - 1e5 - usual.array()).abs().maxCoeff() < 1e-3);
}

BOOST_AUTO_TEST_SUITE_END()
