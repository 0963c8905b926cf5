// SPDX-License-Identifier: MIT
#include <lifelog/readers/etri_rows.hpp>
#include <lifelog/readers/rows_file.hpp>

#include <boost/test/unit_test.hpp>

#include "../support/etri_writer.hpp"
#include "../support/paths.hpp"

BOOST_AUTO_TEST_SUITE(etri_rows)

using namespace lifelog::data;
using namespace lifelog::readers;
using namespace etri_writer;

namespace {

const fs::path golden = fs::path(paths::golden) / "readers";

void adds_up(const Quality& q) {
  Eigen::Index kept = 0, dropped = 0;
  for (const auto& [why, count] : q.kept) kept += count;
  for (const auto& [why, count] : q.dropped) dropped += count;
  BOOST_TEST(kept == q.minutes_kept);
  BOOST_TEST(kept + dropped == q.minutes_seen);
}

/// One sensor `hr` with column `hr`, sessions as given.
struct TinyTree {
  TemporaryFolder folder;
  EtriRowOptions options{.modalities = {{"hr", {{"hr", "beats/min", 0, 300}}, 1, WindowKind::mean}}};

  void add(const std::string& session, const std::string& labels) {
    write(folder.path / "7" / session / (session + "_label.csv"), labels);
  }
  void add(const std::string& session, std::int64_t minute, const std::string& rows) {
    write(folder.path / "7" / session / "hr" / (std::to_string(minute) + ".csv"), "timestamp,hr\n" + rows);
  }
  EtriRows read() const { return read_etri_rows(folder.path, "7", options); }
};

}  // namespace

BOOST_AUTO_TEST_CASE(equals_pandas_on_a_dirty_tree) {
  const auto result = read_etri_rows(golden / "rows_tree", "101");
  const auto expected = read_rows(golden / "rows_expected.csv");
  const auto& table = result.table;
  BOOST_TEST(table.columns == expected.columns);
  BOOST_REQUIRE(table.time == expected.time);
  BOOST_TEST(table.size() > 20u);
  std::size_t missing = 0;
  for (std::size_t i = 0; i < table.size(); ++i)
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      const double got = table.values(i, c), want = expected.values(i, c);
      missing += std::isnan(want);
      BOOST_TEST(std::isnan(got) == std::isnan(want), table.columns[c] << " at " << table.time[i]);
      if (!std::isnan(want)) BOOST_TEST(got == want, boost::test_tools::tolerance(1e-12));
    }
  BOOST_TEST(missing > 0u);
  BOOST_REQUIRE(table.labels.size() == expected.labels.size());
  for (std::size_t l = 0; l < table.labels.size(); ++l) {
    BOOST_TEST(table.labels[l].name == expected.labels[l].name);
    BOOST_TEST(table.labels[l].cells == expected.labels[l].cells, boost::test_tools::per_element());
  }
  adds_up(result.quality);
  BOOST_TEST(result.quality.minutes_seen == 7);
  BOOST_TEST(result.quality.dropped.at(reason::missing_modality) == 4);
  BOOST_TEST(result.quality.defects.at("duplicate_label") == 2);
  BOOST_TEST(result.quality.defects.at("bad_cell") > 0);
}

BOOST_AUTO_TEST_CASE(threads_do_not_change_a_bit) {
  const auto one = read_etri_rows(golden / "rows_tree", "101", {.threads = 1});
  const auto four = read_etri_rows(golden / "rows_tree", "101", {.threads = 4});
  BOOST_TEST(to_csv(one.table) == to_csv(four.table));
  BOOST_TEST(one.quality.notes == four.quality.notes);
}

BOOST_AUTO_TEST_CASE(buckets_take_maxima_and_gaps_are_interpolated) {
  TinyTree tree;
  tree.add("1", "ts,emotionTension\n120.0,4\n180.0,5\n");
  tree.add("1", 120, "6,50\n9.999,60\n5,na\n25,90\n0,null\n30,x\n59,\n");
  const auto result = tree.read();
  const std::vector<double> expected{60, 67.5, 75, 82.5, 90, 90, 90, 90, 90, 90, 90};
  BOOST_REQUIRE(result.table.size() == 12u);
  BOOST_TEST(std::isnan(result.table.values(0, 0)));
  for (std::size_t i = 0; i < 11; ++i) BOOST_TEST(result.table.values(i + 1, 0) == expected[i]);
  BOOST_TEST(result.table.time.front() == 120);
  BOOST_TEST(result.table.time.back() == 175);
  BOOST_TEST(result.quality.defects.at("bad_cell") == 4);
}

BOOST_AUTO_TEST_CASE(timestamps_out_of_the_minute_are_dropped_and_counted) {
  TinyTree tree;
  tree.add("1", "ts,emotionTension\n60.0,4\n120.0,5\n");
  tree.add("1", 60, "-1,1\n60,2\n1e30,3\nna,4\n7,5\n");
  const auto result = tree.read();
  BOOST_REQUIRE(result.table.size() == 1u);
  BOOST_TEST(result.table.time[0] == 65);
  BOOST_TEST(result.table.values(0, 0) == 5);
  BOOST_TEST(result.quality.defects.at("bad_timestamp") == 4);
}

BOOST_AUTO_TEST_CASE(timestamps_may_be_unix_seconds) {
  TinyTree tree;
  tree.add("1598713200", "ts,emotionTension\n1598713200.0,4\n1598713260.0,5\n");
  tree.add("1598713200", 1598713200, "1598713200.25,1\n1598713207.5,3\n12,5\n1598713260.0,9\n");
  const auto result = tree.read();
  BOOST_REQUIRE(result.table.size() == 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    BOOST_TEST(result.table.time[i] == 1598713200 + 5 * static_cast<std::int64_t>(i));
    BOOST_TEST(result.table.values(i, 0) == static_cast<double>(1 + 2 * i));
  }
  BOOST_TEST(result.quality.defects.at("bad_timestamp") == 1);
}

BOOST_AUTO_TEST_CASE(labels_hold_until_the_next_and_the_last_for_one_bucket) {
  TinyTree tree;
  tree.add("1", "ts,emotionTension,action\n240.0,3,walk\n60.0,1,sleep\n60.0,2,eat\n");
  for (const int minute : {0, 60, 120, 180, 240, 300}) tree.add("1", minute, "0,70\n59,70\n");
  const auto result = tree.read();
  const auto tension = label_numbers(result.table, "emotionTension");
  BOOST_REQUIRE(result.table.size() == 37u);
  for (std::size_t i = 0; i < 36; ++i) BOOST_TEST(tension(i) == 1);
  BOOST_TEST(tension(36) == 3);
  BOOST_TEST(result.table.labels[0].cells[36] == "walk");
  adds_up(result.quality);
  BOOST_TEST(result.quality.minutes_seen == 6);
  BOOST_TEST(result.quality.minutes_kept == 4);
  BOOST_TEST(result.quality.dropped.at(reason::unlabelled) == 2);
}

BOOST_AUTO_TEST_CASE(minutes_that_overlap_count_once) {
  TinyTree tree;
  tree.add("1", "ts,emotionTension\n60.0,4\n120.0,5\n");
  tree.add("1", 60, "40,1\n50,1\n");
  tree.add("1", 90, "0,2\n15,2\n25,2\n");
  const auto result = tree.read();
  const std::vector<std::int64_t> times{90, 95, 100, 105, 110, 115};
  BOOST_TEST(result.table.time == times);
  const double expected[] = {2, 2, 1, 1, 1, 2};
  for (std::size_t i = 0; i < 6; ++i) BOOST_TEST(result.table.values(i, 0) == expected[i]);
}

BOOST_AUTO_TEST_CASE(nothing_in_common_is_said_not_thrown) {
  TinyTree tree;
  tree.add("1", "ts,emotionTension\n");
  tree.add("1", 60, "0,70\n");
  tree.add("2", 600, "");
  write(tree.folder.path / "7" / "2" / "hr" / "660.csv", "time,pulse\n1,2\n");
  const auto result = tree.read();
  BOOST_TEST(result.table.size() == 0u);
  BOOST_TEST(result.table.values.shape(1) == 1u);
  BOOST_TEST(!result.quality.error.empty());
  BOOST_TEST(result.quality.defects.at("bad_file") == 1);
  adds_up(result.quality);
  BOOST_TEST(result.quality.minutes_seen == 3);
  BOOST_CHECK_THROW(read_etri_rows(tree.folder.path, "8"), lifelog::io_error);
}

BOOST_AUTO_TEST_SUITE_END()
