// SPDX-License-Identifier: MIT
#include <boost/test/unit_test.hpp>

#include "common/files.hpp"
#include "common/quality_file.hpp"
#include "report/report.hpp"
#include "sample_minutes.hpp"
#include "steps/grouping.hpp"
#include "steps/preprocessing.hpp"
#include "steps/reporting.hpp"

BOOST_AUTO_TEST_SUITE(reporting)

using namespace lifelog;
using namespace lifelog::examples;

BOOST_AUTO_TEST_CASE(groups_without_people_are_left_out) {
  // Cluster 0 has minutes but nobody's majority.
  const Eigen::VectorXi users{{0, 0, 0, 1, 1, 2, 2}}, labels{{2, 2, 0, 1, 1, 2, 2}};
  const auto groups = cluster::people_groups(cluster::user_groups(users, labels));
  BOOST_TEST(groups.count == 2);
  const std::vector<int> of_user = {1, 0, 1}, of_cluster = {-1, 0, 1};
  BOOST_TEST(groups.of_user == of_user);
  BOOST_TEST(groups.of_cluster == of_cluster);
  BOOST_TEST((user_lists(groups, {"A", "B", "C"}) == UserLists{{"B"}, {"A", "C"}}));
}

BOOST_AUTO_TEST_CASE(importances_are_averaged_for_people_and_groups) {
  const auto rows = three_people();
  report::Report report;
  report_groups(rows, {{0, 1, 0}, {0, 1}, {0, 1}, 2}, report);
  BOOST_TEST(report.people.size() == 3U);
  BOOST_TEST(report.people[0].minutes == 2);
  BOOST_TEST(report.people[0].importance[0] == 0.75);
  BOOST_TEST(report.people[1].importance[1] == 1);
  const std::vector<std::string> first = {"A", "C"};
  BOOST_TEST(report.groups[0].users == first);
  BOOST_TEST(report.groups[0].importance[0] == 0.75);
  BOOST_TEST(report.groups[1].importance[1] == 1);
  BOOST_TEST(report::to_html(report).size() > 1000U);
}

BOOST_AUTO_TEST_CASE(maps_know_group_and_label_of_each_minute) {
  const auto rows = three_people();
  const cluster::PeopleGroups groups{{0, 1, 0}, {0, 1, 2}, {-1, 0, 1}, 2};
  const RowMatrix<double> map = RowMatrix<double>::Random(4, 2);
  const auto result = minute_map(rows, map, 0.5, groups, Eigen::VectorXi{{1, 0, 2, 2}});
  const std::vector<int> of_cluster = {0, -1, 1, 1}, label = {0, 1, 1, 0};
  BOOST_TEST(result.group == of_cluster);
  BOOST_TEST(result.label == label);  // "2" before "10"
  BOOST_TEST(result.person == rows.person);
  BOOST_TEST(result.minute == rows.timestamp);
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
  QualityOfAll all;
  all.settings = {{"layout", "etri"}};
  write_quality(file, {quality, quality}, all);
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
