// SPDX-License-Identifier: MIT
#include <lifelog/core/xtensor.hpp>
#include <lifelog/manifold/tsne.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "../support/golden.hpp"

BOOST_AUTO_TEST_SUITE(manifold_tsne)

using lifelog::Index;
using lifelog::RowMatrix;
using lifelog::manifold::approximate_neighbours;
using lifelog::manifold::first_state;
using lifelog::manifold::joint_probabilities;
using lifelog::manifold::nearest_neighbours;
using lifelog::manifold::neighbours_from_distances;
using lifelog::manifold::NeighbourSearch;
using lifelog::manifold::Repulsion;
using lifelog::manifold::tsne;
using lifelog::manifold::tsne_divergence;
using lifelog::manifold::tsne_problem;
using lifelog::manifold::TsneInit;
using lifelog::manifold::TsneOptions;
using lifelog::manifold::TsneRun;
using lifelog::manifold::TsneState;
using lifelog::manifold::TsneStatus;

namespace {

// Row i belongs to ball i % balls.
RowMatrix<double> balls(Index count, Index rows, Index cols) {
  lifelog::Random random(1);
  RowMatrix<double> middles(count, cols), points(rows, cols);
  for (double& x : middles.reshaped()) x = random.normal(0, 20);
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < cols; ++j) points(i, j) = middles(i % count, j) + random.normal();
  return points;
}

double share_with_neighbour_of_own_ball(const RowMatrix<double>& map, Index count) {
  const auto nearest = nearest_neighbours(map, 1);
  double own = 0;
  for (Index i = 0; i < map.rows(); ++i) own += nearest.index(i, 0) % count == i % count;
  return own / double(map.rows());
}

double spread(const RowMatrix<double>& map) {
  return map.rowwise().norm().maxCoeff();
}

}  // namespace

BOOST_AUTO_TEST_CASE(balls_stay_apart_from_every_start) {
  const auto points = balls(5, 300, 6);
  for (const auto init : {TsneInit::pca, TsneInit::random}) {
    const auto result = tsne(points, {.init = init});
    BOOST_TEST(share_with_neighbour_of_own_ball(result.map, 5) == 1);
    BOOST_TEST(result.map.colwise().mean().norm() < 1e-9);
    BOOST_TEST(result.iterations == 1000);
    BOOST_TEST((result.status == TsneStatus::iteration_limit));
    BOOST_TEST(!result.perplexity_reduced);
    BOOST_TEST(result.learning_rate == 300.0 / 4 / 12);
    BOOST_TEST(result.kl_divergence < 0.6);
  }
}

BOOST_AUTO_TEST_CASE(the_divergence_is_that_of_the_map_even_while_exaggerated) {
  const auto points = balls(3, 120, 4);
  const auto joint = joint_probabilities(nearest_neighbours(points, 60), 20);
  for (const int iterations : {0, 100, 400}) {
    const auto result = tsne(points, {.perplexity = 20, .iterations = iterations});
    BOOST_TEST(result.kl_divergence == tsne_divergence(joint, result.map),
               boost::test_tools::tolerance(1e-6));
    BOOST_TEST(result.iterations == iterations);
  }
}

BOOST_AUTO_TEST_CASE(bits_do_not_depend_on_threads_and_seeds_matter) {
  const RowMatrix<float> points = balls(4, 250, 5).cast<float>();
  const auto run = [&](int threads, std::uint64_t seed, TsneInit init) {
    return tsne(points, {.iterations = 300, .init = init, .seed = seed, .threads = threads}).map;
  };
  for (const auto init : {TsneInit::pca, TsneInit::random}) {
    const auto one = run(1, 0, init);
    for (const int threads : {2, 3, 0}) BOOST_TEST((run(threads, 0, init) == one));
    BOOST_TEST((run(1, 1, init) != one));
  }
}

BOOST_AUTO_TEST_CASE(pca_start_is_scaled_and_a_given_start_is_kept) {
  const auto points = balls(4, 100, 5);
  const auto start = tsne(points, {.iterations = 0}).map;
  BOOST_TEST(std::sqrt(start.col(0).squaredNorm() / 100) == 1e-4, boost::test_tools::tolerance(0.01));
  BOOST_TEST(start.col(1).norm() < start.col(0).norm());
  const RowMatrix<double> given = RowMatrix<double>::Random(100, 2);
  const auto kept = tsne(points, {.iterations = 0, .init = TsneInit::given, .start = given}).map;
  BOOST_TEST((kept - (given.rowwise() - given.colwise().mean())).cwiseAbs().maxCoeff() < 1e-15);
}

BOOST_AUTO_TEST_CASE(the_callback_sees_the_divergence_fall_and_may_stop) {
  const auto points = balls(4, 200, 5);
  std::vector<int> at;
  std::vector<double> kl;
  TsneOptions options;
  options.callback_every = 100;
  options.callback = [&](int iteration, double divergence, const RowMatrix<double>& map) {
    BOOST_TEST(map.rows() == 200);
    at.push_back(iteration);
    kl.push_back(divergence);
    return iteration < 600;
  };
  const auto result = tsne(points, options);
  BOOST_TEST((at == std::vector<int>{100, 200, 300, 400, 500, 600}));
  BOOST_TEST(kl[5] < kl[2]);
  BOOST_TEST(kl[2] < kl[0]);
  BOOST_TEST(result.kl_divergence == kl[5]);
  BOOST_TEST(result.iterations == 600);
  BOOST_TEST((result.status == TsneStatus::stopped));
}

BOOST_AUTO_TEST_CASE(it_stops_where_nothing_moves) {
  const auto points = balls(2, 60, 3);
  const auto result = tsne(points, {.min_gradient = 1e-3});
  BOOST_TEST((result.status == TsneStatus::converged));
  BOOST_TEST(result.iterations >= 250);
  BOOST_TEST(result.iterations < 1000);
  const auto whole = tsne(points, {.min_gradient = 0});
  BOOST_TEST((whole.status == TsneStatus::iteration_limit));
  BOOST_TEST(whole.iterations == 1000);
  BOOST_TEST(std::abs(result.kl_divergence - whole.kl_divergence) < 1e-2);
}

// A map's gradient vanishes with its size, and where points no longer feel each other: neither is an end.
BOOST_AUTO_TEST_CASE(neither_tiny_nor_huge_maps_have_converged) {
  const auto points = balls(1, 200, 6);
  const double expected = tsne(points).kl_divergence;
  RowMatrix<double> start = tsne_problem(points).start;
  for (const double size : {1e-296, 1e-150, 1e-20, 1e-4}) {
    const auto result = tsne(points, {.init = TsneInit::given, .start = start * (size / 1e-4)});
    BOOST_TEST(result.kl_divergence < 1.1 * expected);
    BOOST_TEST(spread(result.map) > 5);
    BOOST_TEST(spread(result.map) < 100);
  }
  const auto wide = tsne(points, {.iterations = 300, .init = TsneInit::given, .start = start * 1e9});
  BOOST_TEST((wide.status == TsneStatus::iteration_limit));
  BOOST_TEST(wide.map.allFinite());
}

BOOST_AUTO_TEST_CASE(points_without_structure_do_not_collapse) {
  for (const Index cols : {6, 40})
    for (const double exaggeration : {1.0, 12.0, 1000.0}) {
      const auto result = tsne(balls(1, 400, cols), {.exaggeration = exaggeration});
      BOOST_TEST(spread(result.map) > 5);
      BOOST_TEST(spread(result.map) < 100);
      BOOST_TEST(result.kl_divergence < 2);
    }
  // However long it contracts.
  TsneOptions options{.exaggeration_iterations = 900};
  options.exaggeration = 100;
  BOOST_TEST(spread(tsne(balls(1, 150, 6), options).map) > 3);
}

BOOST_AUTO_TEST_CASE(a_rate_that_is_too_long_is_told) {
  const auto result = tsne(balls(2, 60, 3), {.learning_rate = 1e15});
  BOOST_TEST((result.status == TsneStatus::diverged));
  BOOST_TEST(result.map.allFinite());
  BOOST_TEST(std::isfinite(result.kl_divergence));
  BOOST_TEST(result.iterations < 1000);
}

// Forces cannot part what lies in one place or on one line.
BOOST_AUTO_TEST_CASE(starts_without_room_get_some) {
  const auto points = balls(3, 150, 4);
  const double expected = tsne(points).kl_divergence;
  RowMatrix<double> line(150, 2), twice = tsne_problem(points).start;
  for (Index i = 0; i < 150; ++i) line.row(i) << double(i % 7), 2 * double(i % 7);
  twice.bottomRows(75) = twice.topRows(75);
  const RowMatrix<double> nothing = RowMatrix<double>::Zero(150, 2), away = nothing.array() + 1e6;
  for (const RowMatrix<double>& start : {nothing, away, RowMatrix<double>(1e-4 * line), line, twice}) {
    const TsneOptions options{.init = TsneInit::given, .start = start};
    const auto result = tsne(points, options);
    BOOST_TEST(result.kl_divergence < 1.2 * expected);
    BOOST_TEST(result.map.colwise().norm().minCoeff() > 5);
    BOOST_TEST((tsne(points, options).map == result.map));
    const auto nearest = nearest_neighbours(result.map, 1);
    BOOST_TEST((nearest.squared_distance.array() > 0).all());
  }
  const RowMatrix<double> flat = RowMatrix<double>::Random(150, 2);
  RowMatrix<double> plane(150, 3);
  plane << flat, flat.rowwise().sum();
  const auto deep = tsne(points, {.init = TsneInit::given, .start = plane, .dims = 3}).map;
  const RowMatrix<double> off = deep.col(2) - deep.leftCols(2).rowwise().sum();
  BOOST_TEST(off.norm() > 0.1 * deep.norm());
  TsneState state = first_state(nothing);
  BOOST_TEST(state.map.norm() > 0);
  BOOST_TEST(state.map.norm() < 1e-2);
  state.map.setZero();
  const auto joint = tsne_problem(points).joint;
  BOOST_CHECK_THROW(TsneRun(joint, state), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(starts_do_not_depend_on_where_zero_is) {
  const auto points = balls(4, 200, 5);
  const auto start_of = [](const auto& rows) { return tsne_problem(rows); };
  const auto near = start_of(points);
  BOOST_TEST(near.random_columns == 0);
  RowMatrix<double> far(200, 6);
  far << (points.array() + 1e9).matrix(), Eigen::VectorXd::Constant(200, -1e12);
  const auto moved = start_of(far);
  BOOST_TEST(moved.random_columns == 0);
  BOOST_TEST((moved.start - near.start).norm() < 1e-6 * near.start.norm());
  const RowMatrix<float> single = (points.array() + 1e4).cast<float>(), back = single.array() - 1e4f;
  BOOST_TEST(start_of(single).random_columns == 0);
  BOOST_TEST((start_of(single).start - start_of(back).start).norm() < 1e-6 * near.start.norm());
  BOOST_TEST(start_of(RowMatrix<double>::Constant(60, 3, 1e9)).random_columns == 2);
  BOOST_TEST(start_of(Eigen::VectorXd::LinSpaced(60, 1e9, 1e9 + 1)).random_columns == 1);
  BOOST_TEST(tsne(points, {.iterations = 1, .init = TsneInit::random}).random_columns == 2);
}

BOOST_AUTO_TEST_CASE(units_of_the_data_do_not_matter) {
  const auto points = balls(3, 120, 4);
  const auto expected = tsne_problem(points);
  const auto same = [&](const auto& rows, double tolerance) {
    const auto found = tsne_problem(rows);
    BOOST_TEST((found.joint.column == expected.joint.column));
    for (std::size_t e = 0; e < found.joint.value.size(); ++e)
      BOOST_REQUIRE(std::abs(found.joint.value[e] - expected.joint.value[e]) < tolerance);
    BOOST_TEST((found.start - expected.start).norm() < 1e3 * tolerance * expected.start.norm());
  };
  for (const int exponent : {-1000, -600, -200, 200, 600, 1000}) same(points * std::exp2(exponent), 1e-12);
  const RowMatrix<float> single = points.cast<float>();
  for (const int exponent : {-120, -60, 60, 118}) same(single * std::exp2(float(exponent)), 1e-6);
  RowMatrix<double> ends(40, 2);
  for (Index i = 0; i < 40; ++i) ends.row(i) << (i % 2 ? 1.7e308 : -1.7e308), double(i);
  const auto result = tsne(ends);
  BOOST_TEST(share_with_neighbour_of_own_ball(result.map, 2) == 1);
  for (const double tiny : {5e-324, 1e-310}) BOOST_TEST(tsne(points * tiny).map.allFinite());
}

BOOST_AUTO_TEST_CASE(few_rows_reduce_the_perplexity) {
  for (const Index n : {1, 2, 3, 4, 5, 8, 20, 60, 90}) {
    const auto result = tsne(balls(2, n, 3));
    BOOST_TEST(result.perplexity_reduced);
    BOOST_TEST(result.perplexity == std::max(1.0, double(n - 1) / 3));
    BOOST_TEST(result.map.rows() == n);
    BOOST_TEST(result.map.allFinite());
    BOOST_TEST(std::isfinite(result.kl_divergence));
    BOOST_TEST(spread(result.map) < 1e4);
    if (n > 1) BOOST_TEST(spread(result.map) > 1e-2);
    if (n >= 20) BOOST_TEST(share_with_neighbour_of_own_ball(result.map, 2) == 1);
  }
  BOOST_TEST(!tsne(balls(2, 91, 3), {.iterations = 1}).perplexity_reduced);
}

BOOST_AUTO_TEST_CASE(duplicates_and_constants_spread_and_stay_finite) {
  const auto sound = [](const RowMatrix<double>& points) {
    const auto result = tsne(points, {.perplexity = 10});
    BOOST_TEST(result.map.allFinite());
    BOOST_TEST(std::isfinite(result.kl_divergence));
    BOOST_TEST(spread(result.map) > 0.1);
    BOOST_TEST(spread(result.map) < 1e4);
    const auto nearest = nearest_neighbours(result.map, 1);
    BOOST_TEST((nearest.squared_distance.array() > 0).all());
  };
  sound(RowMatrix<double>::Constant(80, 3, 1e6));
  sound(balls(4, 30, 3).replicate(4, 1));
  RowMatrix<double> mostly = RowMatrix<double>::Zero(100, 2);
  mostly.bottomRows(10).setRandom();
  sound(mostly);
  sound(Eigen::VectorXd::LinSpaced(70, 0, 1));
}

BOOST_AUTO_TEST_CASE(xtensor_points_are_points) {
  const auto points = balls(3, 50, 3);
  xt::xtensor<double, 2> tensor = xt::zeros<double>({50, 3});
  lifelog::as_eigen(tensor) = points;
  BOOST_TEST((tsne(tensor, {.iterations = 50}).map == tsne(points, {.iterations = 50}).map));
}

// make.py's steps know nothing of ours. From a start of 1e-4 and from far apart.
BOOST_AUTO_TEST_CASE(ten_steps_are_those_of_the_formulas) {
  const auto joint = joint_probabilities(nearest_neighbours(golden::matrix("manifold/points.txt"), 18), 6);
  const auto check = [&](const RowMatrix<double>& start, const std::string& expected, double exaggeration) {
    const auto map = golden::matrix("manifold/" + expected);
    TsneOptions options{.iterations = 10, .exaggeration = std::max(1.0, exaggeration)};
    options.exaggeration_iterations = exaggeration > 1 ? 10 : 0;
    options.learning_rate = 50;
    options.repulsion = Repulsion::exact;
    const auto error = [&](const RowMatrix<double>& found) {
      return (found - map).cwiseAbs().maxCoeff() / map.cwiseAbs().maxCoeff();
    };
    BOOST_TEST(error(TsneRun<double>(joint, start, options).run().map) < 1e-6);
    BOOST_TEST(error(TsneRun<float>(joint, start, options).run().map) < 1e-3);
  };
  check(golden::matrix("manifold/start.txt"), "ten_steps.txt", 12);
  check(2 * golden::matrix("manifold/points.txt").leftCols(2), "ten_steps_rough.txt", 1);
}

BOOST_AUTO_TEST_CASE(a_run_laid_aside_goes_on_to_the_bit) {
  const auto points = balls(4, 400, 5);
  for (const auto repulsion : {Repulsion::exact, Repulsion::interpolated}) {
    const TsneOptions options{.iterations = 400, .repulsion = repulsion};
    const auto whole = tsne(points, options);
    for (const int pause : {0, 1, 250, 333}) {
      const auto problem = tsne_problem(points, options);
      TsneRun first(problem.joint, problem.start, options);
      for (int i = 0; i < pause; ++i) BOOST_REQUIRE(first.step());
      const TsneState saved = first.state();
      BOOST_TEST(saved.iterations == pause);
      TsneRun second(tsne_problem(points, options).joint, saved, options);
      const auto resumed = second.run();
      BOOST_TEST((resumed.map == whole.map));
      BOOST_TEST(resumed.kl_divergence == whole.kl_divergence);
      BOOST_TEST(resumed.iterations == 400);
      BOOST_TEST(!second.step());
    }
  }
}

BOOST_AUTO_TEST_CASE(theta_trades_exactness_for_speed) {
  const auto points = balls(4, 400, 5);
  const auto run = [&](Repulsion repulsion, double theta) {
    return tsne(points, {.iterations = 60, .repulsion = repulsion, .theta = theta}).map;
  };
  const auto exact = run(Repulsion::exact, 0.5);
  BOOST_TEST((run(Repulsion::automatic, 0) == exact));
  BOOST_TEST((run(Repulsion::interpolated, 0.5) != exact));
}

BOOST_AUTO_TEST_CASE(neighbours_will_do) {
  const auto points = balls(4, 200, 5);
  const TsneOptions options{.iterations = 100, .init = TsneInit::random};
  const auto expected = tsne(points, options);
  const auto neighbours = nearest_neighbours(points, 90);
  BOOST_TEST((tsne(neighbours, options).map == expected.map));
  RowMatrix<double> distances(200, 200);
  for (Index i = 0; i < 200; ++i) distances.col(i) = (points.rowwise() - points.row(i)).rowwise().norm();
  const auto by_distances = tsne(neighbours_from_distances(distances, 90), options);
  BOOST_TEST(by_distances.kl_divergence == expected.kl_divergence, boost::test_tools::tolerance(1e-3));
  const auto few = tsne(nearest_neighbours(points, 12), options);
  BOOST_TEST(few.perplexity == 4);
  BOOST_TEST(few.perplexity_reduced);
}

BOOST_AUTO_TEST_CASE(several_perplexities_are_several) {
  const auto points = balls(4, 200, 5);
  TsneOptions options{.perplexity = 10, .iterations = 300};
  options.more_perplexities = {40};
  const auto problem = tsne_problem(points, options);
  const std::vector<double> both = {10, 40};
  BOOST_TEST((problem.joint.value == joint_probabilities(nearest_neighbours(points, 120), both).value));
  BOOST_TEST(problem.perplexity == 10);
  BOOST_TEST(!problem.perplexity_reduced);
  BOOST_TEST(share_with_neighbour_of_own_ball(tsne(points, options).map, 4) > 0.95);
  options.more_perplexities = {100};
  BOOST_TEST(tsne_problem(points, options).perplexity_reduced);
}

BOOST_AUTO_TEST_CASE(neighbours_may_be_approximate) {
  const auto points = balls(1, 3000, 40);  // nothing but noise, where some are missed
  TsneOptions options{.perplexity = 10, .seed = 7};
  const auto exact = tsne_problem(points, options).joint;
  options.search = NeighbourSearch::approximate;
  const auto found = tsne_problem(points, options).joint;
  const auto expected = joint_probabilities(approximate_neighbours(points, 30, {.seed = 7}), 10);
  BOOST_TEST((found.column == expected.column));
  BOOST_TEST((found.value == expected.value));
  BOOST_TEST((found.column != exact.column));
}

BOOST_AUTO_TEST_CASE(three_dimensions_have_room_for_more) {
  const auto points = balls(6, 300, 8);
  TsneOptions options{.perplexity = 15};
  const auto flat = tsne(points, options);
  options.dims = 3;
  const auto deep = tsne(points, options);
  BOOST_TEST(deep.map.cols() == 3);
  BOOST_TEST(share_with_neighbour_of_own_ball(deep.map, 6) == 1);
  BOOST_TEST(deep.kl_divergence < flat.kl_divergence);
  BOOST_TEST(deep.map.colwise().norm().minCoeff() > 1);
}

BOOST_AUTO_TEST_CASE(bad_arguments_are_named) {
  auto points = balls(2, 20, 3);
  const auto rejected = [&](const TsneOptions& options, const std::string& name) {
    BOOST_CHECK_EXCEPTION(tsne(points, options), std::invalid_argument,
                          [&](const auto& e) { return std::string(e.what()).starts_with(name); });
  };
  rejected({.perplexity = 0.5}, "perplexity");
  rejected({.perplexity = std::nan("")}, "perplexity");
  rejected({.iterations = -1}, "iterations");
  rejected({.exaggeration = 0}, "exaggeration");
  rejected({.learning_rate = -1}, "learning_rate");
  rejected({.final_momentum = 1}, "momentum");
  rejected({.init = TsneInit::given, .start = RowMatrix<double>::Zero(19, 2)}, "start");
  rejected({.init = TsneInit::given, .start = RowMatrix<double>::Constant(20, 2, std::nan(""))}, "start");
  rejected({.callback_every = 0}, "callback_every");
  rejected({.theta = -1}, "theta");
  rejected({.dims = 4}, "dims");
  rejected({.init = TsneInit::given, .start = RowMatrix<double>::Zero(20, 2), .dims = 3}, "start");
  rejected({.more_perplexities = {30, 0.5}}, "more_perplexities");
  BOOST_CHECK_THROW(tsne(nearest_neighbours(points, 5)), std::invalid_argument);
  const auto problem = tsne_problem(points);
  BOOST_CHECK_THROW(TsneRun(problem.joint, RowMatrix<double>::Zero(19, 2)), std::invalid_argument);
  TsneState state = TsneRun(problem.joint, problem.start).state();
  state.descent.gain.resize(20, 3);
  BOOST_CHECK_THROW(TsneRun(problem.joint, state), std::invalid_argument);
  BOOST_CHECK_THROW(tsne(RowMatrix<double>(0, 3)), std::invalid_argument);
  points(11, 2) = std::nan("");
  rejected({}, "points: expected finite numbers, got nan in row 11");
}

BOOST_AUTO_TEST_SUITE_END()
