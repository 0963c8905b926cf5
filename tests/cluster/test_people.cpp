// SPDX-License-Identifier: MIT
#include <lifelog/cluster/people.hpp>
#include <lifelog/core/random.hpp>

#include <boost/test/unit_test.hpp>
#include <limits>

BOOST_AUTO_TEST_SUITE(cluster_people)

using namespace lifelog;
using namespace lifelog::cluster;

namespace {

/// Rows of `people` people in `groups` groups, ten each, around centres far apart; ids of no order.
struct People {
  RowMatrix<double> points;
  Eigen::VectorXi users;

  People(Index people, Index groups) : points(people * 10, 4), users(people * 10) {
    Random random(3);
    for (Index i = 0; i < points.rows(); ++i) {
      const Index person = i / 10, group = person % groups;
      users[i] = static_cast<int>(person * 7919 % 1009);
      for (Index c = 0; c < 4; ++c)
        points(i, c) =
            (c == group % 4 ? 5.0 * static_cast<double>(1 + group / 4) : 0.0) + 0.3 * random.normal();
    }
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(clusters_without_users_are_no_groups) {
  // 7 has most rows in cluster 5, 9 in 2; cluster 4 has a row of 9 only.
  const Eigen::VectorXi users{{9, 9, 9, 7, 7, 7}}, labels{{2, 2, 4, 5, 5, 2}};
  const auto groups = people_groups(user_groups(users, labels));
  BOOST_TEST((groups.of_user == std::vector<int>{1, 0}));
  BOOST_TEST((groups.clusters == std::vector<int>{2, 4, 5}));
  BOOST_TEST((groups.of_cluster == std::vector<int>{0, -1, 1}));
  BOOST_TEST(groups.count == 2);
  BOOST_TEST(groups.of_label(5) == 1);
  BOOST_TEST(groups.of_label(4) == -1);
  BOOST_TEST(groups.of_label(3) == -1);
}

BOOST_AUTO_TEST_CASE(labels_may_be_any_numbers) {
  const Eigen::VectorXi users{{-5, 1, 2}}, labels{{0, 1, std::numeric_limits<int>::max()}};
  const auto groups = people_groups(user_groups(users, labels));
  BOOST_TEST(groups.count == 3);
  BOOST_TEST(groups.of_label(std::numeric_limits<int>::max()) == 2);
}

BOOST_AUTO_TEST_CASE(users_have_mean_rows) {
  const RowMatrix<float> points{{1.0f, 0.0f}, {0.5f, 0.5f}, {0.0f, 1.0f}, {0.75f, 0.25f}};
  const auto means = user_means(points, Eigen::VectorXi{{4, 4, -1, 9}});
  BOOST_TEST((means == RowMatrix<double>{{0.0, 1.0}, {0.75, 0.25}, {0.75, 0.25}}));
  BOOST_CHECK_THROW(user_means(points, Eigen::VectorXi{{4, 4, 1}}), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(people_alone_or_all_together_suit_nobody) {
  const RowMatrix<double> means{{0.0}, {0.1}, {1.0}, {1.1}};
  BOOST_TEST(people_silhouette(means, Eigen::VectorXi{{2, 2, 2, 2}}) == -1);
  BOOST_TEST(people_silhouette(means, Eigen::VectorXi{{0, 1, 2, 3}}) == 0);
  const double pairs = people_silhouette(means, Eigen::VectorXi{{0, 0, 3, 3}});
  BOOST_TEST(pairs > 0.85);
  BOOST_TEST(people_silhouette(means, Eigen::VectorXi{{0, 0, 1, 3}}) < pairs);
}

BOOST_AUTO_TEST_CASE(as_many_groups_as_were_planted) {
  for (const Index planted : {3, 4, 5}) {
    const People people(20, planted);
    const auto choice = choose_by_people(people.points, people.users);
    BOOST_TEST(choice.k == planted);
    BOOST_TEST((choice.labels == choice.tried.tree.cut(choice.k)));
    BOOST_TEST(choice.of_people.size() == choice.tried.silhouette_k.size());
    BOOST_TEST(people_groups(user_groups(people.users, choice.labels)).count == planted);
    for (Index i = 0; i < people.points.rows(); ++i)
      BOOST_TEST(choice.labels[i] == choice.labels[i % (10 * planted) / 10 * 10]);
  }
}

BOOST_AUTO_TEST_CASE(few_rows_or_one_user_are_one_cluster) {
  const People one(1, 1), two(2, 2);
  const auto alone = choose_by_people(one.points, one.users);
  BOOST_TEST(alone.k == 1);
  BOOST_TEST((alone.labels == Eigen::VectorXi::Zero(10)));
  const RowMatrix<double> few = two.points.topRows(11);
  const auto short_choice = choose_by_people(few, Eigen::VectorXi(two.users.head(11)));
  BOOST_TEST(short_choice.k == 1);
  BOOST_TEST(short_choice.labels.size() == 11);
  BOOST_TEST(short_choice.of_people.size() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
