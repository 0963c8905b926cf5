// SPDX-License-Identifier: MIT
#include <lifelog/cluster/tree.hpp>

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(cluster_tree)

using lifelog::cluster::Tree;

namespace {

// Leaves 0 … 4: (3, 4) at 1, (0, 2) at 1, then 1 joins {3, 4} at 2, and all at 5.
const Tree tree{5, {{3, 4, 1, 2}, {0, 2, 1, 2}, {1, 5, 2, 3}, {6, 7, 5, 5}}};

Eigen::VectorXi five(int a, int b, int c, int d, int e) {
  return (Eigen::VectorXi(5) << a, b, c, d, e).finished();
}

}  // namespace

BOOST_AUTO_TEST_CASE(cuts_number_clusters_by_first_appearance) {
  BOOST_TEST((tree.cut(1) == five(0, 0, 0, 0, 0)));
  BOOST_TEST((tree.cut(2) == five(0, 1, 0, 1, 1)));
  BOOST_TEST((tree.cut(3) == five(0, 1, 0, 2, 2)));
  BOOST_TEST((tree.cut(4) == five(0, 1, 2, 3, 3)));
  BOOST_TEST((tree.cut(5) == five(0, 1, 2, 3, 4)));
}

BOOST_AUTO_TEST_CASE(a_height_keeps_the_merges_up_to_it) {
  BOOST_TEST((tree.cut_height(0.5) == tree.cut(5)));
  BOOST_TEST((tree.cut_height(1) == tree.cut(3)));
  BOOST_TEST((tree.cut_height(4.9) == tree.cut(2)));
  BOOST_TEST((tree.cut_height(5) == tree.cut(1)));
  BOOST_TEST((tree.cut_height(-1) == tree.cut(5)));
}

BOOST_AUTO_TEST_CASE(the_linkage_matrix_holds_the_merges) {
  const auto matrix = tree.linkage();
  BOOST_TEST(matrix.rows() == 4);
  BOOST_TEST((matrix.row(2) == Eigen::RowVector4d(1, 5, 2, 3)));
}

BOOST_AUTO_TEST_CASE(leaves_stand_as_in_scipy) {
  const auto order = tree.leaf_order();
  const lifelog::Index expected[] = {0, 2, 1, 3, 4};  // scipy.cluster.hierarchy.leaves_list
  BOOST_TEST(order == expected, boost::test_tools::per_element());
  BOOST_TEST((Tree{1, {}}.leaf_order().size() == 1));
  BOOST_TEST((Tree{0, {}}.leaf_order().size() == 0));
}

BOOST_AUTO_TEST_CASE(impossible_cuts_are_refused) {
  BOOST_CHECK_THROW(tree.cut(0), std::invalid_argument);
  BOOST_CHECK_THROW(tree.cut(6), std::invalid_argument);
  BOOST_CHECK_THROW(tree.cut_height(std::numeric_limits<double>::quiet_NaN()), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(merges_in_any_order_become_a_tree) {
  const auto sorted =
      lifelog::cluster::detail::tree_from(4, {{1, 2, 3.0, 0}, {0, 1, 1.0, 0}, {3, 2, 2.0, 0}});
  BOOST_TEST((sorted.linkage().row(0) == Eigen::RowVector4d(0, 1, 1, 2)));
  BOOST_TEST((sorted.linkage().row(1) == Eigen::RowVector4d(2, 3, 2, 2)));
  BOOST_TEST((sorted.linkage().row(2) == Eigen::RowVector4d(4, 5, 3, 4)));
}

BOOST_AUTO_TEST_SUITE_END()
