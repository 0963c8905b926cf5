// SPDX-License-Identifier: MIT
#include <boost/test/unit_test.hpp>

#include "steps/choosing.hpp"
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
