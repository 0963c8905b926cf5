// SPDX-License-Identifier: MIT
#include <lifelog/cluster/groups.hpp>
#include <lifelog/core/xtensor.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdint>
#include <limits>

BOOST_AUTO_TEST_SUITE(cluster_groups)

using lifelog::Index;
using lifelog::RowMatrix;
using lifelog::cluster::select_k;
using lifelog::cluster::user_groups;

namespace {

struct Minutes {
  RowMatrix<double> points;
  Eigen::VectorXi users;
};

// Users 101 … in turn, each near the middle of its own group.
Minutes minutes(Index users, Index groups, Index each, double spread) {
  lifelog::Random random(1);
  RowMatrix<double> middles = RowMatrix<double>::Constant(5, 4, -5);
  middles.topRows(4).diagonal().setConstant(5);
  Minutes result{RowMatrix<double>(users * each, 4), Eigen::VectorXi(users * each)};
  for (Index i = 0; i < users * each; ++i) {
    result.users[i] = static_cast<int>(101 + i % users);
    for (Index j = 0; j < 4; ++j)
      result.points(i, j) = middles(i % users % groups, j) + random.normal(0, spread);
  }
  return result;
}

}  // namespace

BOOST_AUTO_TEST_CASE(entropy_is_that_of_each_users_rows) {
  const Eigen::VectorXi users = (Eigen::VectorXi(9) << 20, 7, 7, 7, 7, 20, 20, 20, -3).finished();
  const Eigen::VectorXi labels = (Eigen::VectorXi(9) << 0, 2, 2, 2, 2, 1, 1, 3, 0).finished();
  const auto table = user_groups(users, labels);
  BOOST_TEST((table.users == Eigen::Vector3i(-3, 7, 20)));
  BOOST_TEST((table.counts.row(2).array() == Eigen::Array<Index, 1, 4>(1, 2, 0, 1)).all());
  BOOST_TEST(table.entropy[0] == 0);
  BOOST_TEST(table.entropy[1] == 0);
  BOOST_TEST(table.entropy[2] == 1.5 * std::log(2), boost::test_tools::tolerance(1e-15));
  BOOST_TEST(table.score == table.entropy[2]);
  BOOST_TEST((table.group == Eigen::Vector3i(0, 2, 1)));
}

BOOST_AUTO_TEST_CASE(a_tie_goes_to_the_lowest_cluster) {
  const xt::xtensor<std::int64_t, 1> users{1, 1, 1, 1};
  BOOST_TEST(user_groups(users, Eigen::Vector4i(3, 1, 3, 1)).group[0] == 1);
}

BOOST_AUTO_TEST_CASE(labels_may_be_any_numbers) {
  const auto most = std::numeric_limits<int>::max();
  const auto table = user_groups((Eigen::VectorXi(5) << 4, 4, 4, 9, 9).finished(),
                                 (Eigen::VectorXi(5) << 0, most, most, 1, 1).finished());
  BOOST_TEST((table.clusters == Eigen::Vector3i(0, 1, most)));
  BOOST_TEST((table.counts == (RowMatrix<Index>(2, 3) << 1, 0, 2, 0, 2, 0).finished()));
  BOOST_TEST((table.group == Eigen::Vector2i(most, 1)));
}

BOOST_AUTO_TEST_CASE(planted_groups_are_found_and_k_is_chosen) {
  const auto data = minutes(12, 5, 20, 0.3);
  const auto selection = select_k(data.points, data.users);
  BOOST_TEST(selection.best == 5);
  BOOST_TEST(selection.k.size() == 9);
  BOOST_TEST(selection.k[0] == 2);
  BOOST_TEST(selection.k[8] == 10);
  BOOST_TEST(selection.silhouette_k[0] == 3);
  BOOST_TEST(selection.silhouette_k[6] == 9);
  // Up to five clusters no user is split, beyond some must be.
  BOOST_TEST(selection.ward_entropy.head(4).isZero(0));
  BOOST_TEST(selection.kmeans_entropy[3] == 0);
  BOOST_TEST(selection.ward_entropy[8] > 0.1);
  BOOST_TEST(selection.kmeans_entropy[8] > 0.1);
  const auto table = user_groups(data.users, selection.tree.cut(selection.best));
  for (Index u = 0; u < 12; ++u) BOOST_TEST(table.group[u] == static_cast<int>(u % 5));
}

BOOST_AUTO_TEST_CASE(entries_are_what_the_single_steps_give) {
  const auto data = minutes(6, 3, 15, 3);
  const auto selection = select_k(data.points, data.users, {.first = 4, .last = 6, .kmeans = {.seed = 9}});
  const auto tree = lifelog::cluster::ward(data.points);
  for (int k = 4; k <= 6; ++k) {
    const auto labels = lifelog::cluster::kmeans(data.points, {.clusters = k, .seed = 9}).labels;
    BOOST_TEST(selection.kmeans_entropy[k - 4] == user_groups(data.users, labels).score);
    BOOST_TEST(selection.ward_entropy[k - 4] == user_groups(data.users, tree.cut(k)).score);
    BOOST_TEST(selection.ward_silhouette[k - 3] ==
               lifelog::cluster::silhouette(data.points, tree.cut(k)).mean);
  }
  const auto& silhouettes = selection.ward_silhouette;
  BOOST_TEST(silhouettes[selection.best - 3] == silhouettes.maxCoeff());
}

BOOST_AUTO_TEST_CASE(without_users_only_silhouettes) {
  const auto data = minutes(6, 4, 10, 0.3);
  const auto selection = select_k(data.points);
  BOOST_TEST(selection.best == 4);
  BOOST_TEST(selection.kmeans_entropy.size() == 0);
  BOOST_TEST(selection.ward_entropy.size() == 0);
}

BOOST_AUTO_TEST_CASE(few_rows_shorten_the_ranges) {
  const Eigen::VectorXd line = (Eigen::VectorXd(4) << 0, 1, 5, 7).finished();
  const auto selection = select_k(line, Eigen::Vector4i(1, 1, 2, 2));
  BOOST_TEST((selection.k == Eigen::Vector3i(2, 3, 4)));
  BOOST_TEST((selection.silhouette_k == Eigen::Vector2i(3, 4)));
  BOOST_CHECK_THROW(select_k(line.head(2)), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(bad_arguments) {
  const auto data = minutes(3, 3, 5, 1);
  BOOST_CHECK_THROW(user_groups(Eigen::Vector2i(1, 1), Eigen::Vector3i(0, 0, 0)), std::invalid_argument);
  BOOST_CHECK_THROW(user_groups(Eigen::Vector2i(1, 1), Eigen::Vector2i(0, -1)), std::invalid_argument);
  BOOST_CHECK_THROW(user_groups(Eigen::VectorXi(), Eigen::VectorXi()), std::invalid_argument);
  BOOST_CHECK_THROW(select_k(data.points, Eigen::Vector2i(1, 1)), std::invalid_argument);
  BOOST_CHECK_THROW(select_k(data.points, data.users, {.first = 0}), std::invalid_argument);
  BOOST_CHECK_THROW(select_k(data.points, data.users, {.first = 5, .last = 4}), std::invalid_argument);
  BOOST_CHECK_THROW(select_k(data.points, {.silhouette_first = 1}), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
