// SPDX-License-Identifier: MIT
#include <lifelog/cluster/ward.hpp>
#include <lifelog/core/random.hpp>
#include <lifelog/core/xtensor.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "../support/golden.hpp"
#include "random_points.hpp"

BOOST_AUTO_TEST_SUITE(cluster_ward)

using lifelog::Index;
using lifelog::RowMatrix;
using lifelog::cluster::Tree;
using lifelog::cluster::ward;
using random_points::normals;

namespace {

// The definition: of all pairs merge the one that adds least to the within-cluster sum of squares; of equal ones the
// lowest by ids, an id being the highest row.
RowMatrix<double> linkage_by_definition(RowMatrix<double> centroids) {
  const Index n = centroids.rows();
  Eigen::VectorXd sizes = Eigen::VectorXd::Ones(n);
  std::vector<Index> name(static_cast<std::size_t>(n));  // SciPy's
  std::iota(name.begin(), name.end(), Index{0});
  RowMatrix<double> linkage(n - 1, 4);
  for (Index m = 0; m < n - 1; ++m) {
    double least = std::numeric_limits<double>::infinity();
    Index a = 0, b = 0;
    for (Index i = 0; i < n; ++i)
      for (Index j = i + 1; j < n; ++j) {
        if (sizes[i] == 0 || sizes[j] == 0) continue;
        const double cost = 2 * sizes[i] * sizes[j] / (sizes[i] + sizes[j]) *
                            (centroids.row(i) - centroids.row(j)).squaredNorm();
        if (cost < least * (1 - 1e-11)) least = cost, a = i, b = j;
      }
    const double total = sizes[a] + sizes[b];
    const auto left = static_cast<double>(name[static_cast<std::size_t>(a)]),
               right = static_cast<double>(name[static_cast<std::size_t>(b)]);
    linkage.row(m) << std::min(left, right), std::max(left, right), std::sqrt(least), total;
    centroids.row(b) = ((sizes[a] * centroids.row(a) + sizes[b] * centroids.row(b)) / total).eval();
    sizes[b] = total;
    sizes[a] = 0;
    name[static_cast<std::size_t>(b)] = n + m;
  }
  return linkage;
}

void well_formed(const Tree& tree) {
  BOOST_REQUIRE(static_cast<Index>(tree.merges.size()) == tree.leaves - 1);
  std::vector<int> used(tree.merges.size() + static_cast<std::size_t>(tree.leaves));
  double height = 0;
  for (std::size_t m = 0; m < tree.merges.size(); ++m) {
    const auto& merge = tree.merges[m];
    BOOST_REQUIRE(merge.left < merge.right);
    BOOST_REQUIRE(merge.right < tree.leaves + static_cast<Index>(m));
    BOOST_REQUIRE(used[static_cast<std::size_t>(merge.left)]++ == 0);
    BOOST_REQUIRE(used[static_cast<std::size_t>(merge.right)]++ == 0);
    BOOST_REQUIRE(merge.height >= height);
    height = merge.height;
  }
  BOOST_TEST(tree.merges.back().size == tree.leaves);
}

bool same(const Tree& a, const Tree& b) {
  return a.linkage() == b.linkage();
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_tree_is_scipys) {
  const auto tree = ward(golden::matrix("cluster/points.txt"));
  const auto expected = golden::matrix("cluster/ward_linkage.txt");
  const auto linkage = tree.linkage();
  BOOST_TEST((linkage.leftCols(2) == expected.leftCols(2)));
  BOOST_TEST((linkage.col(3) == expected.col(3)));
  BOOST_TEST(((linkage.col(2) - expected.col(2)).array().abs() <= 1e-12 * expected.col(2).array()).all());
  const auto cuts = golden::matrix("cluster/ward_cut.txt");
  BOOST_TEST((tree.cut(2) == cuts.col(0).cast<int>()));
  BOOST_TEST((tree.cut(5) == cuts.col(1).cast<int>()));
  BOOST_TEST((tree.cut(9) == cuts.col(2).cast<int>()));
  BOOST_TEST((tree.cut_height(6) == golden::labels("cluster/ward_cut_height.txt")));
}

BOOST_AUTO_TEST_CASE(of_equal_pairs_the_lowest_ids_go_first) {
  const auto crowd = golden::matrix("cluster/crowd_points.txt");
  RowMatrix<double> grid(144, 2);  // shifted and scaled, so that rounding has its say
  for (Index i = 0; i < 144; ++i)
    grid.row(i) << 0.1 * static_cast<double>(i % 12) + 3, 0.1 * static_cast<double>(i / 12);
  for (const auto& points : {golden::matrix("cluster/tied_points.txt"), crowd, grid, normals(100, 2, 4)}) {
    const auto tree = ward(points);
    well_formed(tree);
    const auto expected = linkage_by_definition(points);
    BOOST_TEST((tree.linkage().leftCols(2) == expected.leftCols(2)));
    BOOST_TEST((tree.linkage().col(3) == expected.col(3)));
    BOOST_TEST((tree.linkage().col(2) - expected.col(2)).cwiseAbs().maxCoeff() < 1e-12);
  }
}

BOOST_AUTO_TEST_CASE(where_no_pairs_are_equal_heights_are_scipys_whatever_the_order_of_rows) {
  const auto points = golden::matrix("cluster/points.txt");
  const auto heights = golden::matrix("cluster/ward_linkage.txt").col(2).eval();
  lifelog::Random random(5);
  for (int turn = 0; turn < 3; ++turn) {
    const auto order = lifelog::permutation(random, points.rows());
    RowMatrix<double> shuffled(points.rows(), points.cols());
    for (Index i = 0; i < points.rows(); ++i) shuffled.row(i) = points.row(order[i]);
    BOOST_TEST((ward(shuffled).linkage().col(2) - heights).cwiseAbs().maxCoeff() < 1e-10);
  }
}

BOOST_AUTO_TEST_CASE(heights_are_those_of_the_definition) {
  for (const Index n : {2, 3, 9, 17, 60, 333}) {
    const auto points = normals(n, 3, static_cast<std::uint64_t>(n));
    const auto tree = ward(points);
    well_formed(tree);
    const Eigen::VectorXd expected = linkage_by_definition(points).col(2);
    BOOST_TEST((tree.linkage().col(2) - expected).cwiseAbs().maxCoeff() < 1e-12);
  }
}

BOOST_AUTO_TEST_CASE(boxes_hide_nothing) {
  // Everything from tight balls to far outliers, so that most boxes are passed over.
  RowMatrix<double> points = normals(400, 2, 8);
  for (Index i = 0; i < points.rows(); ++i) {
    points.row(i) *= std::pow(10, double(i % 4));
    points.row(i).array() += double(i % 7) * 30;
  }
  const auto tree = ward(points);
  well_formed(tree);
  const Eigen::VectorXd expected = linkage_by_definition(points).col(2);
  BOOST_TEST(((tree.linkage().col(2) - expected).array().abs() <= 1e-9 * expected.array()).all());
}

BOOST_AUTO_TEST_CASE(costs_beyond_all_numbers_still_make_the_tree) {
  const auto points = normals(40, 2, 9);
  const auto expected = ward(points), tree = ward(RowMatrix<double>(1e160 * points));
  well_formed(tree);
  BOOST_TEST((tree.linkage().leftCols(2) == expected.linkage().leftCols(2)));
  BOOST_TEST(tree.merges.back().height == 1e160 * expected.merges.back().height,
             boost::test_tools::tolerance(1e-12));
  BOOST_TEST(tree.heights_in_range);
}

BOOST_AUTO_TEST_CASE(long_chains_survive_rebuilding_and_threads_do_not_matter) {
  // Ever wider gaps make one chain through all rows.
  RowMatrix<double> gaps = RowMatrix<double>::Zero(300, 1);
  for (Index i = 1; i < gaps.rows(); ++i) gaps(i, 0) = gaps(i - 1, 0) + std::pow(1.02, double(300 - i));
  well_formed(ward(gaps));
  BOOST_TEST((ward(gaps).linkage().col(2) - linkage_by_definition(gaps).col(2)).cwiseAbs().maxCoeff() < 1e-9);
  const auto wide = normals(300, 700, 5);
  const auto one = ward(wide, {.threads = 1});
  well_formed(one);
  for (const int threads : {2, 3, 0}) BOOST_TEST(same(ward(wide, {.threads = threads}), one));
}

BOOST_AUTO_TEST_CASE(one_chain_at_a_time_makes_the_same_tree) {
  const auto crowd = golden::matrix("cluster/crowd_points.txt");
  for (const auto& points : {crowd, normals(700, 3, 12)}) {
    const lifelog::RowsOf rows(points);
    for (const Index wide : {0, 300}) {
      lifelog::cluster::detail::ReciprocalPairs pairs(rows.view(), 1, wide);
      BOOST_TEST(same(lifelog::cluster::detail::tree_from(points.rows(), pairs.merges()), ward(points)));
    }
  }
}

BOOST_AUTO_TEST_CASE(duplicates_merge_first_at_height_zero) {
  RowMatrix<double> points = normals(20, 2, 6).replicate(3, 1);
  const auto tree = ward(points);
  well_formed(tree);
  for (std::size_t m = 0; m < 40; ++m) BOOST_TEST(tree.merges[m].height == 0);
  BOOST_TEST(tree.merges[40].height > 0);
  const auto twenty = tree.cut(20);
  for (Index i = 0; i < 60; ++i) BOOST_TEST(twenty[i] == i % 20);
  // Sums of 0.1 would drift away from it.
  const auto constant = ward(RowMatrix<double>::Constant(50, 3, 0.1));
  well_formed(constant);
  BOOST_TEST(constant.merges.back().height == 0);
}

// In time, too: of many rows on few places only the places are searched.
BOOST_AUTO_TEST_CASE(rows_on_few_places_merge_as_the_definition_has_it) {
  lifelog::Random random(10);
  RowMatrix<double> places = 0.1 * normals(7, 2, 11), points(120, 2);
  for (Index i = 0; i < points.rows(); ++i) points.row(i) = places.row(static_cast<Index>(random.below(7)));
  points.row(3).setConstant(-0.0);
  points.row(90).setConstant(0.0);
  const auto tree = ward(points);
  well_formed(tree);
  BOOST_TEST(tree.merges[111].height == 0);
  const auto expected = linkage_by_definition(points);
  BOOST_TEST((tree.linkage().col(2) - expected.col(2)).cwiseAbs().maxCoeff() < 1e-12);
  BOOST_TEST((tree.linkage().bottomRows(7).col(3) == expected.bottomRows(7).col(3)));
  BOOST_TEST(ward(RowMatrix<double>::Constant(200000, 2, 0.3)).merges.back().size == 200000);
}

BOOST_AUTO_TEST_CASE(floats_and_expressions_are_points_too) {
  const xt::xtensor<float, 2> tensor{{0, 0}, {3, 4}, {30, 40}};
  const auto tree = ward(2 * tensor);
  BOOST_TEST(tree.merges[0].height == 10);
  BOOST_TEST(tree.merges[1].left == 2);
}

BOOST_AUTO_TEST_CASE(one_row_is_a_leaf_and_bad_rows_are_named) {
  const auto tree = ward(RowMatrix<double>::Ones(1, 2));
  BOOST_TEST(tree.leaves == 1);
  BOOST_TEST(tree.merges.empty());
  BOOST_TEST((tree.cut(1).array() == 0).all());
  BOOST_TEST(tree.cut_height(0).size() == 1);
  BOOST_CHECK_THROW(ward(RowMatrix<double>(0, 2)), std::invalid_argument);
  RowMatrix<double> points = normals(4, 2, 7);
  points(2, 1) = std::numeric_limits<double>::quiet_NaN();
  BOOST_CHECK_EXCEPTION(ward(points), std::invalid_argument, [](const auto& e) {
    return std::string(e.what()).find("row 2") != std::string::npos;
  });
}

BOOST_AUTO_TEST_SUITE_END()
