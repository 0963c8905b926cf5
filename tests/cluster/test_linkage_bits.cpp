// SPDX-License-Identifier: MIT
// Trees of rows in tenths, where distances tie but for rounding. Compiled once as all tests are, and once with all the
// contraction there is: neither may show.
#include <lifelog/cluster/linkage.hpp>

#include <boost/test/unit_test.hpp>
#include <string>

#include "../support/golden.hpp"

BOOST_AUTO_TEST_SUITE(cluster_linkage_bits)

using lifelog::Index;
using lifelog::RowMatrix;
using lifelog::cluster::LinkageMethod;

BOOST_AUTO_TEST_CASE(trees_of_tenths_are_scipys_to_the_bit) {
  const auto points = golden::matrix("cluster/tenths_points.txt");  // columns: set, coordinates
  const char* const names[] = {"single", "complete", "average"};
  for (const auto method : {LinkageMethod::single, LinkageMethod::complete, LinkageMethod::average}) {
    const std::string name = names[static_cast<int>(method)];
    const auto expected =
        golden::matrix("cluster/tenths_" + name + "_linkage.txt");  // set, left, right, height
    Index compared = 0;
    for (Index begin = 0, end = 0; begin < points.rows(); begin = end) {
      while (end < points.rows() && points(end, 0) == points(begin, 0)) ++end;
      const RowMatrix<double> rows = points.block(begin, 1, end - begin, points.cols() - 1);
      const auto tree = lifelog::cluster::linkage(rows, {.method = method}).linkage();
      BOOST_TEST_CONTEXT(name << ", set " << points(begin, 0))
      BOOST_TEST((tree.leftCols(3) == expected.block(compared, 1, tree.rows(), 3)));
      compared += tree.rows();
    }
    BOOST_TEST(compared == expected.rows());
    BOOST_TEST(compared > 150);
  }
}

BOOST_AUTO_TEST_SUITE_END()
