// SPDX-License-Identifier: MIT
#include <lifelog/cluster/kmeans.hpp>
#include <lifelog/core/xtensor.hpp>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "../support/golden.hpp"
#include "random_points.hpp"

BOOST_AUTO_TEST_SUITE(cluster_kmeans)

using lifelog::Index;
using lifelog::RowMatrix;
using lifelog::cluster::kmeans;
using lifelog::cluster::KMeansInit;
using lifelog::cluster::KMeansOptions;
using lifelog::cluster::KMeansResult;
using lifelog::cluster::KMeansSearch;
using lifelog::cluster::KMeansStatus;

namespace {

// `groups` well separated balls of `each` rows, in turn.
RowMatrix<double> balls(Index groups, Index each, Index cols, std::uint64_t seed) {
  lifelog::Random random(seed);
  RowMatrix<double> middles(groups, cols), points(groups * each, cols);
  for (double& x : middles.reshaped()) x = random.normal(0, 100);
  for (Index i = 0; i < points.rows(); ++i)
    for (Index j = 0; j < cols; ++j) points(i, j) = middles(i % groups, j) + random.normal();
  return points;
}

double inertia_of(const RowMatrix<double>& points, const KMeansResult& result) {
  double sum = 0;
  for (Index i = 0; i < points.rows(); ++i)
    sum += (points.row(i) - result.centres.row(result.labels[i])).squaredNorm();
  return sum;
}

void same_as_scikit_learn(const std::string& name, double tolerance) {
  const auto points = golden::matrix("cluster/points.txt");
  const auto start = golden::matrix("cluster/" + name + "_start.txt");
  const auto numbers = golden::vector("cluster/" + name + "_inertia_iterations.txt");
  KMeansOptions options{.clusters = static_cast<int>(start.rows()), .tolerance = tolerance};
  options.init = KMeansInit::given;
  options.starts = {start};
  const auto result = kmeans(points, options);
  BOOST_TEST((result.labels == golden::labels("cluster/" + name + "_labels.txt")));
  BOOST_TEST((result.centres - golden::matrix("cluster/" + name + "_centres.txt")).cwiseAbs().maxCoeff() <
             1e-12);
  BOOST_TEST(result.inertia == numbers[0], boost::test_tools::tolerance(1e-12));
  BOOST_TEST(result.iterations == int(numbers[1]));
  BOOST_TEST((result.status == KMeansStatus::converged));
}

}  // namespace

BOOST_AUTO_TEST_CASE(from_given_centres_it_does_what_scikit_learn_does) {
  same_as_scikit_learn("kmeans", 1e-4);
  same_as_scikit_learn("kmeans_strict", 0);
}

BOOST_AUTO_TEST_CASE(empty_clusters_restart_where_scikit_learn_restarts_them) {
  same_as_scikit_learn("kmeans_empty", 1e-4);
}

BOOST_AUTO_TEST_CASE(separated_balls_are_found_from_every_start) {
  const auto points = balls(5, 40, 3, 1);
  for (const auto init : {KMeansInit::plus_plus, KMeansInit::random})
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      const auto result = kmeans(points, {.clusters = 5, .restarts = 30, .init = init, .seed = seed});
      BOOST_TEST(std::set<int>(result.labels.begin(), result.labels.begin() + 5).size() == 5u);
      for (Index i = 5; i < points.rows(); ++i) BOOST_REQUIRE(result.labels[i] == result.labels[i % 5]);
      BOOST_TEST(result.inertia == inertia_of(points, result), boost::test_tools::tolerance(1e-12));
    }
}

BOOST_AUTO_TEST_CASE(plus_plus_spreads_its_centres) {
  // One run from one start: distance-weighted draws nearly always touch each of ten balls, uniform ones
  // hardly ever.
  const auto points = balls(10, 30, 2, 2);
  int plus_plus = 0, random = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const auto good = [&](KMeansInit init) {
      const KMeansOptions options{.clusters = 10, .restarts = 1, .init = init, .seed = seed};
      return kmeans(points, options).inertia < 10 * 30 * 2 * 2;
    };
    plus_plus += good(KMeansInit::plus_plus);
    random += good(KMeansInit::random);
  }
  BOOST_TEST(plus_plus >= 36);
  BOOST_TEST(random <= 10);
}

BOOST_AUTO_TEST_CASE(bits_do_not_depend_on_threads) {
  const RowMatrix<float> points = balls(7, 400, 6, 3).cast<float>();
  const auto one = kmeans(points, {.clusters = 9, .restarts = 3, .threads = 1});
  for (const int threads : {2, 3, 0}) {
    const auto more = kmeans(points, {.clusters = 9, .restarts = 3, .threads = threads});
    BOOST_TEST((more.labels == one.labels));
    BOOST_TEST((more.centres == one.centres));
    BOOST_TEST(more.inertia == one.inertia);
    BOOST_TEST(more.iterations == one.iterations);
  }
}

template<class T>
void bounds_change_nothing(const RowMatrix<T>& points, int clusters) {
  KMeansOptions options{.clusters = clusters, .restarts = 2, .tolerance = 0, .threads = 1};
  options.search = KMeansSearch::all;
  const auto all = kmeans(points, options);
  options.search = KMeansSearch::bounds;
  for (const int threads : {1, 2, 3}) {
    options.threads = threads;
    const auto bounds = kmeans(points, options);
    BOOST_TEST((bounds.labels == all.labels));
    BOOST_TEST((bounds.centres == all.centres));
    BOOST_TEST(bounds.inertia == all.inertia);
    BOOST_TEST(bounds.iterations == all.iterations);
  }
}

BOOST_AUTO_TEST_CASE(bounds_change_nothing_to_the_bit) {
  lifelog::Random random(11);
  for (const auto& [rows, cols, clusters] :
       {std::array{1500, 2, 3}, {1500, 9, 40}, {700, 70, 9}, {300, 1, 299}, {60, 4, 60}, {90, 3, 1}}) {
    const RowMatrix<double> points = random_points::normals(rows, cols, random);
    const RowMatrix<double> grid = (2 * points).array().round();  // ties and duplicates
    RowMatrix<double> uneven = points;
    uneven.col(0).array() = (3 * points.col(0).array()).exp();
    for (const auto& data : {points, grid, uneven, RowMatrix<double>(points.array() + 1e6)}) {
      bounds_change_nothing<double>(data, clusters);
      bounds_change_nothing<float>(data.cast<float>(), clusters);
    }
    bounds_change_nothing<float>((1e-21 * points).cast<float>(), clusters);  // squares underflow
    bounds_change_nothing<float>((1e21 * points).cast<float>(), clusters);   // and overflow
  }
}

BOOST_AUTO_TEST_CASE(inertia_never_rises) {
  const auto points = golden::matrix("cluster/points.txt");
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    double before = std::numeric_limits<double>::infinity();
    for (int iterations = 1; iterations < 15; ++iterations) {
      const auto result =
          kmeans(points, {.clusters = 12, .restarts = 1, .max_iterations = iterations, .seed = seed});
      BOOST_TEST(result.inertia <= before * (1 + 1e-14));
      before = result.inertia;
    }
  }
}

BOOST_AUTO_TEST_CASE(a_weight_is_so_many_rows) {
  const auto points = golden::matrix("cluster/points.txt");
  lifelog::Random random(3);
  Eigen::VectorXd weights(points.rows());
  for (double& w : weights) w = static_cast<double>(random.below(4));
  RowMatrix<double> repeated(static_cast<Index>(weights.sum()), points.cols());
  Index next = 0;
  for (Index i = 0; i < points.rows(); ++i)
    for (int w = 0; w < weights[i]; ++w) repeated.row(next++) = points.row(i);
  KMeansOptions options{
      .clusters = 6, .tolerance = 0, .init = KMeansInit::given, .starts = {points.topRows(6)}};
  const auto expected = kmeans(repeated, options);
  for (const auto search : {KMeansSearch::all, KMeansSearch::bounds}) {
    options.weights = weights;
    options.search = search;
    const auto result = kmeans(points, options);
    BOOST_TEST((result.centres - expected.centres).cwiseAbs().maxCoeff() < 1e-12);
    BOOST_TEST(result.inertia == expected.inertia, boost::test_tools::tolerance(1e-12));
  }
  options = {.clusters = 6, .restarts = 3};
  const auto plain = kmeans(points, options);
  options.weights = Eigen::VectorXd::Ones(points.rows());
  BOOST_TEST((kmeans(points, options).labels == plain.labels));
  // Rows without weight draw no centre and no start.
  options.clusters = 2;
  options.weights = Eigen::VectorXd::Zero(points.rows());
  options.weights[3] = options.weights[8] = 0.5;
  const auto two = kmeans(points, options);
  BOOST_TEST(two.inertia < 1e-20);
  BOOST_TEST(two.labels[3] != two.labels[8]);
}

BOOST_AUTO_TEST_CASE(constant_columns_do_not_matter) {
  const auto points = golden::matrix("cluster/points.txt");
  RowMatrix<double> wider(points.rows(), points.cols() + 2);
  wider << points, RowMatrix<double>::Constant(points.rows(), 2, 7);
  BOOST_TEST((kmeans(wider, {.clusters = 5, .tolerance = 0}).labels ==
              kmeans(points, {.clusters = 5, .tolerance = 0}).labels));
}

BOOST_AUTO_TEST_CASE(more_restarts_are_never_worse_and_seeds_matter) {
  const auto points = golden::matrix("cluster/points.txt");
  const auto inertia = [&](int restarts, std::uint64_t seed) {
    return kmeans(points, {.clusters = 8, .restarts = restarts, .seed = seed}).inertia;
  };
  BOOST_TEST(inertia(20, 1) <= inertia(1, 1));
  std::set<double> different;
  for (std::uint64_t seed = 0; seed < 10; ++seed) different.insert(inertia(1, seed));
  BOOST_TEST(different.size() > 1u);
}

BOOST_AUTO_TEST_CASE(of_several_given_starts_the_best_counts) {
  const auto points = golden::matrix("cluster/points.txt");
  KMeansOptions options{.clusters = 6, .init = KMeansInit::given};
  std::vector<KMeansResult> alone;
  std::vector<RowMatrix<double>> starts;
  for (Index first : {0, 30, 60, 90, 30}) {
    starts.push_back(points.middleRows(first, 6));
    options.starts = {starts.back()};
    alone.push_back(kmeans(points, options));
  }
  options.starts = starts;
  const auto best = kmeans(points, options);
  const auto expected = std::min_element(alone.begin(), alone.end(),
                                         [](const auto& a, const auto& b) { return a.inertia < b.inertia; });
  BOOST_TEST(best.inertia == expected->inertia);
  BOOST_TEST((best.centres == expected->centres));
  BOOST_TEST((best.labels == expected->labels));
  BOOST_TEST(
      std::any_of(alone.begin(), alone.end(), [&](const auto& a) { return a.inertia > best.inertia; }));
}

// An outlier that comes and goes must leave nothing behind in a sum of small numbers.
BOOST_AUTO_TEST_CASE(rows_leave_no_trace_in_the_sums_they_were_in) {
  RowMatrix<double> points = random_points::normals(1200, 3, 21);
  points.row(7) *= 1e14;
  for (const auto search : {KMeansSearch::all, KMeansSearch::bounds}) {
    KMeansOptions options{.clusters = 5, .tolerance = 0, .init = KMeansInit::given, .search = search};
    options.starts = {points.topRows(5)};
    const auto result = kmeans(points, options);
    BOOST_TEST((result.status == KMeansStatus::converged));
    for (int c = 0; c < 5; ++c) {
      Eigen::RowVectorXd sum = Eigen::RowVectorXd::Zero(3);
      double rows = 0;
      for (Index i = 0; i < points.rows(); ++i)
        if (result.labels[i] == c) sum += points.row(i), ++rows;
      BOOST_REQUIRE(rows > 0);
      BOOST_TEST((result.centres.row(c) - sum / rows).cwiseAbs().maxCoeff() <=
                 1e-13 * (1 + (sum / rows).norm()));
    }
  }
}

BOOST_AUTO_TEST_CASE(one_cluster_is_the_mean_and_n_clusters_are_the_rows) {
  const auto points = balls(3, 4, 2, 4);
  const auto one = kmeans(points, {.clusters = 1});
  BOOST_TEST((one.labels.array() == 0).all());
  BOOST_TEST((one.centres.row(0) - points.colwise().mean()).norm() < 1e-12);
  const auto all = kmeans(points, {.clusters = 12});
  BOOST_TEST(std::set<int>(all.labels.begin(), all.labels.end()).size() == 12u);
  BOOST_TEST(all.inertia < 1e-20);
}

BOOST_AUTO_TEST_CASE(duplicates_leave_surplus_clusters_empty_and_all_finite) {
  RowMatrix<double> points = RowMatrix<double>::Constant(10, 3, 2.5);
  for (const auto init : {KMeansInit::plus_plus, KMeansInit::random}) {
    const auto result = kmeans(points, {.clusters = 4, .init = init});
    BOOST_TEST((result.labels.array() == 0).all());
    BOOST_TEST((result.centres.array() == 2.5).all());
    BOOST_TEST(result.inertia == 0);
    BOOST_TEST((result.status == KMeansStatus::converged));
  }
  points.bottomRows(5).setConstant(-1);
  BOOST_TEST(kmeans(points, {.clusters = 4}).inertia == 0);
}

// Means of equal rows need not be those rows to the last bit; that must not look like rows worth a cluster.
BOOST_AUTO_TEST_CASE(more_clusters_than_different_rows_converge_without_a_tolerance) {
  lifelog::Random random(17);
  RowMatrix<double> different(7, 3), points(300, 3);
  for (double& x : different.reshaped()) x = random.normal() / 3;
  for (Index i = 0; i < points.rows(); ++i) points.row(i) = different.row(Index(random.below(7)));
  for (const int clusters : {8, 12, 40})
    for (const auto init : {KMeansInit::plus_plus, KMeansInit::random})
      for (std::uint64_t seed = 0; seed < 5; ++seed) {
        const KMeansOptions options{.clusters = clusters, .tolerance = 0, .init = init, .seed = seed};
        const auto result = kmeans(points, options);
        BOOST_TEST((result.status == KMeansStatus::converged));
        BOOST_TEST(result.iterations < 30);
        BOOST_TEST(result.inertia < 1e-28);
        BOOST_TEST((kmeans(points.cast<float>().eval(), options).status == KMeansStatus::converged));
      }
}

BOOST_AUTO_TEST_CASE(one_row_and_one_column) {
  const auto single = kmeans(RowMatrix<double>::Constant(1, 2, 3), {.clusters = 1});
  BOOST_TEST(single.labels.size() == 1);
  BOOST_TEST(single.centres(0, 1) == 3);
  const Eigen::VectorXf line = (Eigen::VectorXf(6) << 0, 1, 2, 10, 11, 12).finished();
  const auto two = kmeans(line, {.clusters = 2});
  BOOST_TEST(two.inertia == 4);
  BOOST_TEST(two.labels[0] != two.labels[5]);
}

BOOST_AUTO_TEST_CASE(an_iteration_limit_is_reported_and_labels_still_fit_the_centres) {
  const auto points = golden::matrix("cluster/points.txt");
  const auto result = kmeans(points, {.clusters = 8, .restarts = 1, .max_iterations = 1});
  BOOST_TEST((result.status == KMeansStatus::iteration_limit));
  BOOST_TEST(result.iterations == 1);
  BOOST_TEST((result.labels == lifelog::cluster::predict(points, result.centres)));
  BOOST_TEST(result.inertia == inertia_of(points, result), boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(new_rows_go_to_the_nearest_centre_the_lowest_of_equals) {
  RowMatrix<double> centres(3, 1);
  centres << 0, 10, 20;
  const Eigen::VectorXd rows = (Eigen::VectorXd(4) << -3, 5, 9, 100).finished();
  BOOST_TEST((lifelog::cluster::predict(rows, centres) == Eigen::Vector4i(0, 0, 1, 2)));
  BOOST_CHECK_THROW(lifelog::cluster::predict(RowMatrix<double>::Zero(2, 2), centres), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(xtensor_points_and_integers_are_points_too) {
  const xt::xtensor<float, 2> tensor{{0, 0}, {0, 1}, {9, 9}, {9, 8}};
  const xt::xtensor<int, 2> integers{{0, 0}, {0, 1}, {9, 9}, {9, 8}};
  const auto result = kmeans(tensor, {.clusters = 2});
  BOOST_TEST(result.inertia == 1);
  BOOST_TEST((kmeans(integers, {.clusters = 2}).labels == result.labels));
  BOOST_TEST(kmeans(2 * tensor, {.clusters = 2}).inertia == 4);
}

BOOST_AUTO_TEST_CASE(bad_arguments_are_named) {
  RowMatrix<double> points = RowMatrix<double>::Random(5, 2);
  const auto rejected = [&](const KMeansOptions& options, const std::string& name) {
    BOOST_CHECK_EXCEPTION(kmeans(points, options), std::invalid_argument,
                          [&](const auto& e) { return std::string(e.what()).starts_with(name); });
  };
  rejected({.clusters = 6}, "clusters: expected 1..5");
  rejected({.clusters = 0}, "clusters");
  rejected({.clusters = 2, .restarts = 0}, "restarts");
  rejected({.clusters = 2, .max_iterations = 0}, "max_iterations");
  rejected({.clusters = 2, .tolerance = std::nan("")}, "tolerance");
  const RowMatrix<double> right = RowMatrix<double>::Zero(2, 2), wrong = RowMatrix<double>::Zero(2, 3);
  rejected({.clusters = 2, .init = KMeansInit::given}, "starts: expected at least one");
  rejected({.clusters = 2, .init = KMeansInit::given, .starts = {right, wrong}},
           "starts: expected 2 x 2, got 2 x 3");
  rejected({.clusters = 2, .init = KMeansInit::given, .starts = {right / 0.0}}, "starts: expected finite");
  KMeansOptions weighted{.clusters = 2};
  for (const double weight : {-1.0, std::nan(""), 0.0}) {
    weighted.weights = Eigen::VectorXd::Constant(5, weight);
    rejected(weighted, "weights");
  }
  weighted.weights = Eigen::VectorXd::Ones(4);
  rejected(weighted, "weights: expected one for each of 5 rows, got 4");
  points(4, 0) = std::numeric_limits<double>::infinity();
  rejected({.clusters = 2}, "points: expected finite numbers, got inf in row 4");
  points.resize(0, 2);
  rejected({.clusters = 1}, "points");
}

BOOST_AUTO_TEST_SUITE_END()
