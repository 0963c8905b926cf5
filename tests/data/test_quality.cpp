// SPDX-License-Identifier: MIT
#include <lifelog/data/quality.hpp>

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(data_quality)

using lifelog::data::Quality;
namespace reason = lifelog::data::reason;

BOOST_AUTO_TEST_CASE(every_minute_is_counted_once) {
  Quality quality;
  BOOST_TEST(!quality.usable());
  quality.keep();
  quality.keep(reason::partial);
  quality.drop(reason::unlabelled);
  quality.drop(reason::unlabelled);
  quality.drop("of my own");
  quality.repair(reason::duplicate_label);
  BOOST_TEST(quality.minutes_seen == 6);
  BOOST_TEST(quality.minutes_kept == 3);
  BOOST_TEST(quality.minutes_repaired() == 1);
  BOOST_TEST(quality.repaired["duplicate_label"] == 1);
  BOOST_TEST(quality.minutes_dropped() == 3);
  BOOST_TEST(quality.kept["complete"] == 1);
  BOOST_TEST(quality.kept["partial"] == 1);
  BOOST_TEST(quality.dropped["unlabelled"] == 2);
  BOOST_TEST(quality.dropped["of my own"] == 1);
  BOOST_TEST(quality.usable());
  quality.error = "one class";
  BOOST_TEST(!quality.usable());
}

BOOST_AUTO_TEST_CASE(the_first_drop_is_remembered) {
  Quality quality;
  quality.keep();
  BOOST_TEST(quality.first_drop == "");
  quality.drop(reason::short_minute, Quality::place("a.csv", 3));
  quality.drop(reason::long_minute, "b.csv");
  BOOST_TEST(quality.first_drop == "a.csv:3: short");
}

BOOST_AUTO_TEST_CASE(notes_are_capped_and_defects_are_not) {
  Quality quality;
  quality.max_notes = 2;
  quality.note("ACC.csv", 0, "empty");
  for (int line = 3; line < 10; ++line) quality.defect("bad_cell", "EDA.csv", line, "got \"x\"");
  BOOST_TEST(quality.notes == (std::vector<std::string>{"ACC.csv: empty", "EDA.csv:3: got \"x\""}),
             boost::test_tools::per_element());
  BOOST_TEST(quality.notes_total == 8);
  BOOST_TEST(quality.defects["bad_cell"] == 7);
  BOOST_TEST(quality.minutes_seen == 0);
}

BOOST_AUTO_TEST_SUITE_END()
