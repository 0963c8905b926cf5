// SPDX-License-Identifier: MIT
#include <boost/test/unit_test.hpp>

#include "report/report.hpp"
#include "steps/grouping.hpp"
#include "steps/preprocessing.hpp"
#include "steps/reporting.hpp"

using namespace lifelog;
using namespace lifelog::examples;

namespace {

/// `minutes` minutes of two modalities, a series [1, 3] and a scalar; labels alternate.
data::DataSet person_of(const std::string& user, std::size_t minutes, float value) {
  data::DataSet set;
  set.user = user;
  set.classes = {"2", "10"};
  set.modalities.push_back(
      {"e4Bvp", xt::xtensor<float, 3>(std::array<std::size_t, 3>{minutes, 1, 3}, value)});
  set.modalities.push_back(
      {"e4Hr", xt::xtensor<float, 3>(std::array<std::size_t, 3>{minutes, 1, 1}, -value), true});
  set.label.resize({minutes});
  set.timestamp.resize({minutes});
  for (std::size_t i = 0; i < minutes; ++i) {
    set.label(i) = static_cast<std::int64_t>(i % 2);
    set.timestamp(i) = static_cast<std::int64_t>(600 + 60 * i);
  }
  return set;
}

RowMatrix<float> rows_of(std::initializer_list<float> first_column) {
  RowMatrix<float> rows(static_cast<Index>(first_column.size()), 2);
  Index i = 0;
  for (const float value : first_column) rows.row(i++) << value, 1 - value;
  return rows;
}

/// A and C care for the first modality, B for the second.
MinuteRows three_people() {
  MinuteRows rows;
  rows.add(person_of("A", 4, 1), {0, 3}, rows_of({1, 0.5}));
  rows.add(person_of("B", 4, 2), {1}, rows_of({0}));
  rows.add(person_of("C", 4, 3), {2}, rows_of({0.75}));
  return rows;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(reporting)

BOOST_AUTO_TEST_CASE(minutes_keep_person_label_and_time) {
  const auto rows = three_people();
  BOOST_TEST(rows.size() == 4);
  const std::vector<int> person = {0, 0, 1, 2};
  const std::vector<std::string> label = {"2", "10", "10", "2"};
  const std::vector<std::int64_t> time = {600, 780, 660, 720};
  BOOST_TEST(rows.person == person);
  BOOST_TEST(rows.label == label);
  BOOST_TEST(rows.timestamp == time);
  const auto some = rows.pick({3, 1});
  BOOST_TEST(some.importance(0, 0) == 0.75);
  BOOST_TEST(some.importance(1, 0) == 0.5);
  BOOST_TEST(some.person.front() == 2);
}

BOOST_AUTO_TEST_CASE(other_modalities_or_lengths_are_refused) {
  auto rows = three_people();
  auto other = person_of("D", 2, 1);
  BOOST_CHECK_THROW(rows.add(other, {0, 1}, rows_of({1})), std::invalid_argument);
  other.modalities.pop_back();
  BOOST_CHECK_THROW(rows.add(other, {0}, rows_of({1})), std::invalid_argument);
  BOOST_TEST(rows.users.size() == 3U);
}

BOOST_AUTO_TEST_CASE(groups_without_people_are_left_out) {
  // Cluster 0 has minutes but nobody's majority.
  const Eigen::VectorXi users{{0, 0, 0, 1, 1, 2, 2}}, labels{{2, 2, 0, 1, 1, 2, 2}};
  const auto groups = people_groups(cluster::user_groups(users, labels));
  BOOST_TEST(groups.count == 2);
  const std::vector<int> of_user = {1, 0, 1}, of_cluster = {-1, 0, 1};
  BOOST_TEST(groups.of_user == of_user);
  BOOST_TEST(groups.of_cluster == of_cluster);
}

BOOST_AUTO_TEST_CASE(importances_are_averaged_for_people_and_summed_for_groups) {
  const auto rows = three_people();
  report::Report report;
  report_groups(rows, {{0, 1, 0}, {0, 1}, 2}, report);
  BOOST_TEST(report.people.size() == 3U);
  BOOST_TEST(report.people[0].minutes == 2);
  BOOST_TEST(report.people[0].importance[0] == 0.75);
  BOOST_TEST(report.people[1].importance[1] == 1);
  const std::vector<std::string> first = {"A", "C"};
  BOOST_TEST(report.groups[0].users == first);
  BOOST_TEST(report.groups[0].importance[0] == (1 + 0.5 + 0.75) / 2);
  BOOST_TEST(report.groups[1].importance[1] == 1);
  BOOST_TEST(report::to_html(report).size() > 1000U);
}

BOOST_AUTO_TEST_CASE(maps_know_group_and_label_of_each_minute) {
  const auto rows = three_people();
  const PeopleGroups groups{{0, 1, 0}, {-1, 0, 1}, 2};
  const RowMatrix<double> map = RowMatrix<double>::Random(4, 2);
  const auto by_person = minute_map(rows, map, 0.5, groups);
  const std::vector<int> of_person = {0, 0, 1, 0}, of_cluster = {0, -1, 1, 1}, label = {0, 1, 1, 0};
  BOOST_TEST(by_person.group == of_person);
  BOOST_TEST(by_person.label == label);  // "2" before "10"
  const auto by_cluster = minute_map(rows, map, 0.5, groups, Eigen::VectorXi{{1, 0, 2, 2}});
  BOOST_TEST(by_cluster.group == of_cluster);
}

BOOST_AUTO_TEST_CASE(windows_lie_side_by_side) {
  const auto windows = raw_windows(person_of("A", 4, 7), {0, 2});
  BOOST_TEST(windows.rows() == 2);
  BOOST_TEST(windows.cols() == 4);
  BOOST_TEST(windows(1, 2) == 7);
  BOOST_TEST(windows(1, 3) == -7);
}

BOOST_AUTO_TEST_CASE(samples_are_even) {
  const std::vector<Index> three = {0, 3, 6}, all = {0, 1};
  BOOST_TEST(even_sample(10, 3) == three);
  BOOST_TEST(even_sample(2, 5) == all);
  BOOST_TEST(even_sample(0, 5).empty());
}

BOOST_AUTO_TEST_CASE(group_files_come_back) {
  const TemporaryDirectory temporary;
  const auto file = temporary.path() / "groups.json";
  const UserLists groups = {{"101", "104"}, {"102"}};
  write_groups(file, groups);
  BOOST_TEST((read_groups(file) == groups));
  write_text(file, R"({"format": "lifelog-groups", "version": 1, "groups": [["101"], ["101"]]})");
  BOOST_CHECK_THROW(read_groups(file), format_error);
  write_text(file, R"({"format": "lifelog-groups", "version": 1, "groups": [101]})");
  BOOST_CHECK_THROW(read_groups(file), format_error);
  write_text(file, "[]");
  BOOST_CHECK_THROW(read_groups(file), format_error);
  BOOST_CHECK_THROW(read_groups(temporary.path() / "nowhere"), io_error);
}

BOOST_AUTO_TEST_CASE(quality_files_come_back) {
  const TemporaryDirectory temporary;
  const auto file = temporary.path() / "quality.json";
  data::Quality quality;
  quality.user = "101";
  quality.keep();
  quality.drop(data::reason::short_minute);
  quality.defect("bad_cell", "a.csv", 3, "\"na\"");
  write_quality(file, {quality, quality}, {}, {{"layout", "etri"}});
  const auto back = read_quality(file);
  BOOST_TEST_REQUIRE(back.size() == 2U);
  BOOST_TEST(back[1].user == "101");
  BOOST_TEST(back[1].minutes_seen == 2);
  BOOST_TEST((back[1].dropped == quality.dropped));
  BOOST_TEST(back[1].notes == quality.notes);
  write_text(file, "{}");
  BOOST_CHECK_THROW(read_quality(file), format_error);
}

BOOST_AUTO_TEST_SUITE_END()
