// SPDX-License-Identifier: MIT
#include <boost/test/unit_test.hpp>

#include "steps/choosing.hpp"
#include "steps/measured.hpp"
#include "steps/sample_points.hpp"

BOOST_AUTO_TEST_SUITE(choosing)

using namespace lifelog;
using namespace lifelog::examples;

namespace {

/// `people` people in `groups` groups, ten minutes each.
MinuteRows sample_rows(Index people, Index groups) {
  const auto sample = sample_points(3, people, groups, 10);
  MinuteRows rows;
  rows.importance = sample.points;
  for (Index p = 0; p < people; ++p) rows.users.push_back(std::to_string(101 + p));
  for (const int user : sample.users) rows.person.push_back(user - 101);
  rows.label.assign(rows.person.size(), "1");
  rows.timestamp.assign(rows.person.size(), 0);
  return rows;
}

}  // namespace

BOOST_AUTO_TEST_CASE(finds_as_many_groups_as_were_planted) {
  for (const Index planted : {3, 4, 5}) {
    const auto rows = sample_rows(20, planted);
    const auto choice = choose_groups(rows, {});
    BOOST_TEST(choice.selection.chosen == planted);
    const auto groups = cluster::people_groups(cluster::user_groups(rows.users_of_rows(), choice.labels));
    BOOST_TEST(groups.count == planted);
    for (std::size_t u = 0; u < 20; ++u)
      BOOST_TEST(groups.of_user[u] == groups.of_user[u % static_cast<std::size_t>(planted)]);
    BOOST_TEST(choice.selection.entropy.size() == 2U);
    BOOST_TEST(choice.selection.silhouette.size() == 2U);
  }
}

BOOST_AUTO_TEST_CASE(few_minutes_or_one_person_are_one_group) {
  for (const auto& rows : {sample_rows(1, 1), sample_rows(2, 2).pick({0, 1, 2, 10, 11, 12})}) {
    const auto choice = choose_groups(rows, {});
    BOOST_TEST(choice.selection.chosen == 1);
    BOOST_TEST(choice.labels.size() == rows.size());
    BOOST_TEST(choice.labels.maxCoeff() == 0);
    BOOST_TEST(choice.selection.silhouette.empty());
  }
}

BOOST_AUTO_TEST_CASE(clusters_of_minutes_are_compared_with_people_and_labels) {
  auto rows = sample_rows(4, 2);
  RowMatrix<float> of_people(40, 2), of_labels(40, 2);
  for (Index i = 0; i < 40; ++i) {
    rows.label[static_cast<std::size_t>(i)] = i % 2 == 0 ? "calm" : "tense";
    of_people.row(i).setConstant(static_cast<float>(10 * rows.person[static_cast<std::size_t>(i)]));
    of_labels.row(i).setConstant(static_cast<float>(i % 2));
  }
  cluster::KMeansOptions options;
  options.clusters = 4;
  const auto people = cluster_rows("a", of_people, rows, options);
  BOOST_TEST(people.with_people == 1);
  BOOST_TEST(std::abs(people.with_labels) < 0.1);
  options.clusters = 2;
  const auto labels = cluster_rows("b", of_labels, rows, options);
  BOOST_TEST(labels.name == "b");
  BOOST_TEST(labels.with_labels == 1);
  BOOST_TEST(std::abs(labels.with_people) < 0.1);
}

BOOST_AUTO_TEST_CASE(rows_of_what_is_told) {
  Measured measured;
  measured.modalities = {"a", "b"};
  measured.bits.assign(2, RowMatrix<double>::Zero(3, 2));
  measured.bits[0].row(2) << 1, 2;
  measured.bits[1].row(2) << 3, -2;
  // Two classes: sensor a says 1 and −1, b −3 and 3, so that the second is said.
  measured.contributions.setZero(3, 4);
  measured.contributions.row(1) << 1, -1, -3, 3;
  BOOST_TEST((measured.mean_bits({2, 0}) == (RowMatrix<double>(2, 2) << 2, 0, 0, 0).finished()));
  BOOST_TEST((measured.for_said({1}) == Eigen::RowVector2f(-1, 3)));
}

BOOST_AUTO_TEST_CASE(selection_files_come_back) {
  const TemporaryDirectory temporary;
  const auto file = temporary.path() / "selection.json";
  const auto selection = choose_groups(sample_rows(6, 3), {}).selection;
  write_selection(file, selection);
  const auto back = read_selection(file);
  BOOST_TEST(back.chosen == selection.chosen);
  BOOST_TEST(back.rule == selection.rule);
  for (auto [a, b] :
       {std::pair(&back.entropy, &selection.entropy), {&back.silhouette, &selection.silhouette}}) {
    BOOST_TEST_REQUIRE(a->size() == b->size());
    for (std::size_t c = 0; c < a->size(); ++c) {
      BOOST_TEST((*a)[c].name == (*b)[c].name);
      BOOST_TEST((*a)[c].k == (*b)[c].k);
      BOOST_TEST((*a)[c].score == (*b)[c].score);
    }
  }
  write_text(file, "{\"k\": 3}");
  BOOST_CHECK_THROW(read_selection(file), format_error);
  BOOST_CHECK_THROW(read_selection(temporary.path() / "nowhere"), io_error);
}

BOOST_AUTO_TEST_SUITE_END()
