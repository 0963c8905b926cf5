// SPDX-License-Identifier: MIT
// Whatever the size of numbers: everything ends, and is what it is for the same numbers of ordinary size.
#include <lifelog/cluster/groups.hpp>
#include <lifelog/cluster/linkage.hpp>
#include <lifelog/cluster/mini_batch.hpp>
#include <lifelog/cluster/validity.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <tuple>
#include <vector>

#include "random_points.hpp"

BOOST_AUTO_TEST_SUITE(cluster_scaled_points)

using lifelog::Index;
using lifelog::RowMatrix;
using lifelog::RowMatrixView;
using namespace lifelog::cluster;

namespace {

using Scalars = std::tuple<float, double>;

template<class T>
RowMatrix<T> times_two_to(const RowMatrix<T>& x, int exponent) {
  return x.unaryExpr([exponent](T value) { return std::ldexp(value, exponent); });
}

// All that can be asked of some rows.
template<class T>
struct Answers {
  std::vector<Tree> trees;
  KMeansResult kmeans;
  Eigen::VectorXi labels, predicted;
  RowMatrix<double> stream;
  Eigen::VectorXd silhouettes, simplified;
  double calinski_harabasz, davies_bouldin;
  int best;

  explicit Answers(const RowMatrix<T>& points) {
    namespace cluster = lifelog::cluster;
    trees.push_back(ward(points));
    for (const auto method :
         {LinkageMethod::single, LinkageMethod::complete, LinkageMethod::average, LinkageMethod::ward})
      trees.push_back(linkage(points, {.method = method}));
    kmeans = cluster::kmeans(points, {.clusters = 4, .restarts = 3});
    predicted = predict(points, kmeans.centres);
    MiniBatchKMeans batches({.clusters = 3});
    for (int half = 0; half < 2; ++half) batches.update(points.middleRows(half * points.rows() / 2, 5));
    stream = batches.centres();
    labels = trees[0].cut(std::min<Index>(4, points.rows()));
    silhouettes = silhouette(points, labels).samples;
    simplified = simplified_silhouette(points, labels).samples;
    calinski_harabasz = cluster::calinski_harabasz(points, labels);
    davies_bouldin = cluster::davies_bouldin(points, labels);
    best = select_k(points).best;
  }
};

// `scaled` are those of rows 2^exponent times as large.
template<class T>
void same(const Answers<T>& plain, const Answers<T>& scaled, int exponent) {
  for (std::size_t t = 0; t < plain.trees.size(); ++t) {
    const auto expected = plain.trees[t].linkage(), found = scaled.trees[t].linkage();
    BOOST_TEST((found.leftCols(2) == expected.leftCols(2)));
    for (Index m = 0; m < found.rows(); ++m) {
      const double height = std::ldexp(expected(m, 2), exponent);
      BOOST_TEST(found(m, 2) == std::min(height, std::numeric_limits<double>::max()));
      if (std::isinf(height)) BOOST_TEST(!scaled.trees[t].heights_in_range);
    }
  }
  BOOST_TEST((scaled.labels == plain.labels));
  BOOST_TEST((scaled.kmeans.labels == plain.kmeans.labels));
  BOOST_TEST((scaled.kmeans.centres == times_two_to(plain.kmeans.centres, exponent)));
  BOOST_TEST(scaled.kmeans.iterations == plain.kmeans.iterations);
  const double inertia = std::ldexp(plain.kmeans.inertia, 2 * exponent);
  BOOST_TEST(scaled.kmeans.inertia_in_range == (inertia > 0 && std::isfinite(inertia)));
  if (scaled.kmeans.inertia_in_range) BOOST_TEST(scaled.kmeans.inertia == inertia);
  BOOST_TEST((scaled.predicted == plain.predicted));
  BOOST_TEST((scaled.stream == times_two_to(plain.stream, exponent)));
  BOOST_TEST((scaled.silhouettes == plain.silhouettes));
  BOOST_TEST((scaled.simplified == plain.simplified));
  BOOST_TEST(scaled.calinski_harabasz == plain.calinski_harabasz);
  BOOST_TEST(scaled.davies_bouldin == plain.davies_bouldin);
  BOOST_TEST(scaled.best == plain.best);
}

template<class T>
void sane(const RowMatrix<T>& points) {
  const Answers<T> answers(points);
  for (const auto& tree : answers.trees) {
    BOOST_REQUIRE(static_cast<Index>(tree.merges.size()) == points.rows() - 1);
    double height = 0;
    for (const auto& merge : tree.merges) {
      BOOST_REQUIRE(merge.height >= height);
      BOOST_REQUIRE(std::isfinite(merge.height));
      height = merge.height;
    }
    BOOST_TEST(tree.cut(3).maxCoeff() == 2);
  }
  BOOST_TEST(answers.kmeans.labels.minCoeff() >= 0);
  BOOST_TEST(answers.kmeans.labels.maxCoeff() < 4);
  BOOST_TEST(answers.kmeans.centres.allFinite());
  BOOST_TEST(std::isfinite(answers.kmeans.inertia));
  BOOST_TEST(answers.stream.allFinite());
  for (const auto* samples : {&answers.silhouettes, &answers.simplified})
    BOOST_TEST((samples->array().abs() <= 1).all());
  BOOST_TEST((answers.calinski_harabasz >= 0 && std::isfinite(answers.calinski_harabasz)));
  BOOST_TEST((answers.davies_bouldin >= 0 && std::isfinite(answers.davies_bouldin)));
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(powers_of_two_change_nothing_but_the_unit, T, Scalars) {
  using Limits = std::numeric_limits<T>;
  RowMatrix<T> points = random_points::normals(40, 3, 1).cast<T>();
  for (Index i = 0; i < points.rows(); ++i) points.row(i).array() += T(4 * (i % 4));
  const Answers<T> plain(points);
  const int lowest = Limits::min_exponent + 20 + Limits::digits, highest = Limits::max_exponent - 6;
  for (const int exponent :
       {lowest, lowest / 2 - 10, lowest / 2, lowest / 4, -3, 1, highest / 4, highest / 2, highest})
    BOOST_TEST_CONTEXT("2^" << exponent) same(plain, Answers<T>(times_two_to(points, exponent)), exponent);
}

// Up to the largest number, and down to the smallest, where there are no fractions left.
BOOST_AUTO_TEST_CASE_TEMPLATE(so_they_do_at_the_ends_of_the_range, T, Scalars) {
  using Limits = std::numeric_limits<T>;
  RowMatrix<T> points = (random_points::normals(30, 2, 2) * 3).array().round().cast<T>();
  points.array() = points.array().max(T(-15)).min(T(15));
  for (Index i = 0; i < points.rows(); ++i) points(i, 0) += T(16 * (i % 3) - 16);
  const Answers<T> plain(points);
  const int subnormal = Limits::min_exponent - Limits::digits, largest = Limits::max_exponent - 5;
  const auto up = times_two_to(points, largest);
  BOOST_TEST(up.allFinite());
  same(plain, Answers<T>(up), largest);
  // Means of such numbers are no numbers of the type any more: what is not made of means.
  const Answers<T> down(times_two_to(points, subnormal));
  BOOST_TEST((down.silhouettes == plain.silhouettes));
  BOOST_TEST((down.kmeans.labels == plain.kmeans.labels));
  BOOST_TEST(down.best == plain.best);
  for (std::size_t t = 0; t < plain.trees.size(); ++t)
    BOOST_TEST((down.trees[t].linkage().leftCols(2) == plain.trees[t].linkage().leftCols(2)));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(rows_of_all_sizes_side_by_side_give_sane_answers, T, Scalars) {
  using Limits = std::numeric_limits<T>;
  lifelog::Random random(3);
  for (int turn = 0; turn < 40; ++turn) {
    const Index cols = 1 + turn % 3;
    RowMatrix<T> points(12 + turn % 7, cols);
    for (T& x : points.reshaped()) {
      const auto below =
          static_cast<std::uint64_t>(Limits::max_exponent - Limits::min_exponent + Limits::digits);
      const int exponent = Limits::max_exponent - static_cast<int>(random.below(below));
      x = std::ldexp(static_cast<T>(random.uniform() - 0.5), exponent);
      switch (random.below(8)) {
        case 0:
          x = 0;
          break;
        case 1:
          x = turn % 2 ? Limits::max() : -Limits::denorm_min();
          break;
        case 2:
          x = points(0, 0);
          break;
        default:
          break;
      }
    }
    BOOST_TEST_CONTEXT("turn " << turn) sane(points);
  }
}

BOOST_AUTO_TEST_CASE(nine_rows_at_the_ends_of_the_range_are_two_groups) {
  RowMatrix<double> points(9, 2);
  Eigen::VectorXi expected(9);
  for (Index i = 0; i < 9; ++i) {
    points.row(i).setConstant(i % 2 ? -1.7e308 : 1.7e308);
    expected[i] = static_cast<int>(i % 2);
  }
  const Answers<double> answers(points);
  for (const auto& tree : answers.trees) {
    BOOST_TEST((tree.cut(2) == expected));
    BOOST_TEST(tree.merges[6].height == 0);
    BOOST_TEST(tree.merges[7].height == std::numeric_limits<double>::max());
    BOOST_TEST(!tree.heights_in_range);
  }
  BOOST_TEST((silhouette(points, expected).samples.array() == 1).all());
}

BOOST_AUTO_TEST_CASE(one_huge_cell_hides_nothing_of_the_others) {
  RowMatrix<double> points = random_points::normals(30, 2, 4);
  for (Index i = 0; i < 30; ++i) points(i, 0) += i % 2 ? 20 : 0;
  Eigen::VectorXi labels(30);
  for (Index i = 0; i < 30; ++i) labels[i] = static_cast<int>(i % 2);
  const Eigen::VectorXd without = silhouette(points.topRows(29), labels.head(29)).samples;
  points(29, 1) = 1e200;
  labels[29] = 2;
  BOOST_TEST((silhouette(points, labels).samples.head(29) - without).cwiseAbs().maxCoeff() < 1e-12);
  BOOST_TEST((ward(points).cut(3) == labels));
  const auto three = kmeans(points, {.clusters = 3, .tolerance = 0}).labels;
  for (Index i = 0; i < 29; ++i) BOOST_TEST(three[i] == three[i % 2]);
  BOOST_TEST(three[0] != three[1]);
  const auto two = kmeans(points, {.clusters = 2});
  BOOST_TEST((two.labels.head(29).array() == two.labels[0]).all());
  BOOST_TEST(two.labels[29] != two.labels[0]);
}

// The range of float is too small for their squares, that of double is not.
BOOST_AUTO_TEST_CASE(floats_of_both_ends_of_their_range_are_told_apart) {
  const Eigen::VectorXf line = (Eigen::VectorXf(6) << 0, 1e-38F, 3e-38F, 3e38F, 2e38F, 1e-44F).finished();
  const auto tree = ward(line);
  BOOST_TEST(tree.merges[0].height == static_cast<double>(1e-44F));
  BOOST_TEST((tree.cut(2) == (Eigen::VectorXi(6) << 0, 0, 0, 1, 1, 0).finished()));
  BOOST_TEST((tree.cut(5) == (Eigen::VectorXi(6) << 0, 1, 2, 3, 4, 0).finished()));
  KMeansOptions options{.clusters = 2, .init = KMeansInit::given};
  options.starts = {(RowMatrix<double>(2, 1) << 0, 3e-38).finished()};
  const auto near = kmeans(Eigen::VectorXf(line(Eigen::seq(0, 2))), options);
  BOOST_TEST((near.labels == Eigen::Vector3i(0, 0, 1)));
  BOOST_TEST((predict(line, (RowMatrix<double>(3, 1) << 3e-38, 0, 1e200).finished()).head(3) ==
              Eigen::Vector3i(1, 1, 0)));
}

BOOST_AUTO_TEST_CASE(floats_times_powers_of_ten_keep_their_groups_and_silhouettes) {
  RowMatrix<float> points = random_points::normals(200, 3, 5).cast<float>();
  for (Index i = 0; i < 200; ++i) points(i, 0) += 10 * static_cast<float>(i % 4);
  const auto plain = kmeans(points, {.clusters = 4});
  const double mean = silhouette(points, plain.labels).mean;
  for (const float unit : {1e20F, 1e-22F, 1e-36F, 1e36F}) {
    const RowMatrix<float> other = points * unit;
    BOOST_TEST((kmeans(other, {.clusters = 4}).labels == plain.labels));
    BOOST_TEST(silhouette(other, plain.labels).mean == mean, boost::test_tools::tolerance(1e-5));
  }
}

BOOST_AUTO_TEST_CASE(weights_of_any_size_are_relative) {
  const auto points = random_points::normals(50, 2, 6);
  KMeansOptions options{.clusters = 3};
  options.weights = random_points::normals(50, 1, 7).cwiseAbs();
  const auto plain = kmeans(points, options);
  for (const int exponent : {-1000, 1000}) {
    auto other = options;
    other.weights = options.weights.unaryExpr([&](double w) { return std::ldexp(w, exponent); });
    const auto found = kmeans(points, other);
    BOOST_TEST((found.labels == plain.labels));
    BOOST_TEST((found.centres == plain.centres));
    BOOST_TEST(found.inertia == std::ldexp(plain.inertia, exponent));
  }
}

BOOST_AUTO_TEST_CASE(ordinary_rows_are_not_copied) {
  const auto points = random_points::normals(5, 2, 8);
  detail::with_scaled_points(points, "points", [&](const auto& view, int exponent) {
    BOOST_TEST(exponent == 0);
    BOOST_TEST((static_cast<const void*>(view.data()) == points.data()));
  });
}

BOOST_AUTO_TEST_SUITE_END()
