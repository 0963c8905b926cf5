// SPDX-License-Identifier: MIT
#include <lifelog/cluster/group_rows.hpp>
#include <lifelog/core/random.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>

BOOST_AUTO_TEST_SUITE(cluster_group_rows)

using namespace lifelog;
using namespace lifelog::cluster;

namespace {

/// Three heaps of 20 rows each.
RowMatrix<double> heaps() {
  RowMatrix<double> points(60, 2);
  Random random(5);
  for (Index i = 0; i < 60; ++i)
    points.row(i) << 10.0 * static_cast<double>(i / 20) + random.normal(), random.normal();
  return points;
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_method_finds_the_heaps) {
  const auto points = heaps();
  for (const auto method : {GroupingMethod::kmeans, GroupingMethod::ward, GroupingMethod::single,
                            GroupingMethod::complete, GroupingMethod::average}) {
    int calls = 0;
    GroupingOptions options;
    options.method = method;
    const auto grouping = group_rows(points, {}, options, [&](int done, int total) {
      BOOST_TEST(done == ++calls);
      BOOST_TEST(total == 9);
    });
    BOOST_TEST(grouping.sweep.size() == 9U);
    BOOST_TEST(grouping.chosen.k == 3);
    BOOST_TEST(grouping.chosen.silhouette > 0.7);
    BOOST_TEST(std::isnan(grouping.chosen.entropy));
    BOOST_TEST(!grouping.users.has_value());
    for (Index i = 0; i < 60; ++i)
      BOOST_TEST(grouping.chosen.labels[i] == grouping.chosen.labels[i / 20 * 20]);
  }
}

BOOST_AUTO_TEST_CASE(users_are_told_how_they_are_spread) {
  Eigen::VectorXi users(60);
  for (Index i = 0; i < 60; ++i) users[i] = static_cast<int>(i / 20 == 0 ? 7 : 3);
  GroupingOptions options;
  options.k = 3;
  options.sweep_last = 0;
  const auto grouping = group_rows(heaps(), users, options);
  BOOST_TEST(grouping.sweep.empty());
  BOOST_TEST_REQUIRE(grouping.users.has_value());
  BOOST_TEST(grouping.users->entropy[1] == 0);                             // 7: one heap
  BOOST_TEST(std::abs(grouping.users->entropy[0] - std::log(2)) < 1e-12);  // 3: two heaps alike
  BOOST_TEST(grouping.chosen.entropy == grouping.users->score);
}

BOOST_AUTO_TEST_CASE(nothing_to_choose_is_said) {
  const RowMatrix<double> same = RowMatrix<double>::Ones(8, 2);
  GroupingOptions options;
  options.method = GroupingMethod::kmeans;
  BOOST_CHECK_THROW(group_rows(same, {}, options), std::invalid_argument);
  BOOST_CHECK_THROW(group_rows(heaps(), Eigen::VectorXi{{1, 2}}), std::invalid_argument);
  options.k = 61;
  BOOST_CHECK_THROW(group_rows(heaps(), {}, options), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
