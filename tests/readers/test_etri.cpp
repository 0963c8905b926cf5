// SPDX-License-Identifier: MIT
#include <lifelog/readers/etri.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "../support/etri_writer.hpp"

BOOST_AUTO_TEST_SUITE(etri)

using namespace lifelog::data;
using namespace lifelog::readers;
using namespace etri_writer;
using Counts = std::map<std::string, Eigen::Index>;

namespace {

constexpr std::int64_t start = 1598713200;

std::int64_t minute(int i) {
  return start + 60 * i;
}

std::string name(int i) {
  return std::to_string(minute(i)) + ".csv";
}

void adds_up(const Quality& q) {
  Eigen::Index kept = 0, dropped = 0;
  for (const auto& [why, count] : q.kept) kept += count;
  for (const auto& [why, count] : q.repaired) kept += count;
  for (const auto& [why, count] : q.dropped) dropped += count;
  BOOST_TEST(kept == q.minutes_kept);
  BOOST_TEST(kept + dropped == q.minutes_seen);
}

bool noted(const Quality& q, const std::string& part) {
  return std::any_of(q.notes.begin(), q.notes.end(),
                     [&](const std::string& note) { return note.find(part) != std::string::npos; });
}

Rules rules_of(std::vector<Modality> modalities) {
  auto rules = study_rules();
  rules.modalities = std::move(modalities);
  return rules;
}

/// Seventeen minutes: 0–3 are fine, every later one has a defect of its own.
void write_dirty_session(const fs::path& session) {
  std::string labels = label_header();
  for (int i = 0; i < 16; ++i) {
    write_minute(session, minute(i), i == 1 ? "\r\n" : "\n");
    if (i == 11) continue;  // 11: unlabelled
    labels += label_row(minute(i), "4",
                        i == 12   ? ""
                        : i == 13 ? "0"
                        : i == 14 ? "9"
                        : i == 3  ? "5.0"
                                  : "3",
                        i % 2 ? "communitiy_interaction" : "community_interaction");
    if (i == 0) labels += label_row(minute(0), "4", "7");  // a second row of the same ts
  }
  labels += label_row(minute(16), "4", "3");  // 16: a label and no file at all
  labels += "null,sleep,,,,,,,,3,3,1\n";
  write(session / (session.filename().string() + "_label.csv"), labels);
  fs::remove(session / "mGps" / name(4));
  write(session / "e4Hr" / name(5), "timestamp,hr\n");
  write(session / "e4Acc" / name(6), series("timestamp,x,y,z", 3, 1919, 32));
  write(session / "e4Bvp" / name(7), series("timestamp,value", 1, 3841, 64));
  write(session / "e4Eda" / name(8), series("timestamp,eda", 1, 239, 4) + "59.75,null\n");
  write(session / "mMag" / name(9), "t,u,v,w\n0,1,2,3\n");
  write(session / "e4Temp" / name(10), series("timestamp,temp", 1, 239, 4) + "59.75,1e9\n");
  write(session / "mGyr" / name(15), "");
  write(session / "e4Acc" / "readme.txt", "not a minute");
  write(session / "e4Acc.csv", "left by preprocessing");
  write(session / "notes" / "x.csv", "");
}

struct DirtyTree {
  TemporaryFolder folder;
  fs::path root = folder.path / "tree";

  DirtyTree() {
    const auto data = root / "dataset_2019";
    write_dirty_session(data / "101" / "1598713000");
    fs::create_directories(data / "101" / "backup" / "e4Acc");
    const auto empty = data / "101" / "1598800000";
    write(empty / "1598800000_label.csv", label_header());
    fs::create_directories(empty / "e4Acc");
    write(data / "102" / "1598713000" / "1598713000_label.csv",
          label_header() + label_row(minute(0), "1", "2"));
    write_minute(data / "102" / "1598713000", minute(0));
    fs::create_directories(data / "9" / "1");
    fs::create_directories(data / "lost+found");
    write(root / "user_info_2019_2018_updated.csv", "userId,gender\r\n101,M\r\n");
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(users_are_found_from_any_level, DirtyTree) {
  const std::vector<std::string> users{"9", "101", "102"};
  BOOST_TEST(etri_users(root) == users);
  BOOST_TEST(etri_users(root / "dataset_2019") == users);
}

BOOST_FIXTURE_TEST_CASE(wrong_places_are_told_apart, DirtyTree) {
  BOOST_CHECK_THROW(etri_users(root / "nowhere"), lifelog::io_error);
  BOOST_CHECK_THROW(etri_users(root / "user_info_2019_2018_updated.csv"), lifelog::io_error);
  BOOST_CHECK_THROW(etri_users(root / "dataset_2019" / "101" / "1598713000"), lifelog::format_error);
  BOOST_CHECK_THROW(read_etri_person(root, "103"), lifelog::io_error);
  BOOST_CHECK_THROW(read_etri_person(root, "lost+found"), lifelog::io_error);
  BOOST_CHECK_THROW(read_etri_person(root, "../dataset_2019/101"), lifelog::io_error);
  BOOST_CHECK_EXCEPTION(etri_users(root / "dataset_2019" / "101"), lifelog::format_error, [](const auto& e) {
    return std::string(e.what()).find("<user>/<session>/<modality>") != std::string::npos;
  });
}

BOOST_FIXTURE_TEST_CASE(every_dirty_minute_has_its_reason, DirtyTree) {
  const auto person = read_etri_person(root, "101");
  const auto& q = person.quality;
  adds_up(q);
  BOOST_TEST(q.minutes_seen == 17);
  BOOST_TEST((q.kept == Counts{{reason::complete, 3}, {reason::implausible, 1}}));
  BOOST_TEST((q.repaired == Counts{{reason::duplicate_label, 1}}));
  BOOST_TEST((q.dropped == Counts{{reason::unlabelled, 1},
                                  {reason::empty_label, 1},
                                  {reason::label_out_of_range, 2},
                                  {reason::missing_modality, 3},
                                  {reason::short_minute, 1},
                                  {reason::long_minute, 1},
                                  {reason::missing_value, 1},
                                  {reason::bad_file, 2}}));
  BOOST_TEST(q.first_drop.ends_with(std::to_string(minute(4)) + ": missing_modality"));
  BOOST_TEST(q.error.empty());
  BOOST_TEST(q.defects.at("duplicate_label") == 1);
  BOOST_TEST(q.defects.at("bad_label_time") == 1);
  BOOST_TEST(q.defects.at("bad_cell") == 1);
  BOOST_TEST(q.defects.at("implausible") == 1);
  BOOST_TEST(q.defects.at("stray_file") == 2);
  BOOST_TEST(q.defects.at("stray_folder") == 1);
  BOOST_TEST(q.defects.at("empty_label_file") == 1);
  BOOST_TEST(q.defects.at("empty_modality_folder") == 1);
  BOOST_TEST(q.defects.at("missing_modality_folder") == 8);
  BOOST_TEST(q.defects.at("misspelt_action") == 7);
  BOOST_TEST(noted(q, "e4Eda/" + name(8) + ":241: eda: expected a number, got \"null\""));
  BOOST_TEST(noted(q, "e4Acc/" + name(6) + ": 1919 rows, expected 1920"));
}

BOOST_FIXTURE_TEST_CASE(values_lie_where_the_data_set_says, DirtyTree) {
  const auto data = read_etri_person(root, "101").data;
  BOOST_TEST(data.user == "101");
  BOOST_TEST((data.classes == std::vector<std::string>{"3", "5"}));
  BOOST_REQUIRE(data.size() == 5);
  const std::int64_t minutes[] = {0, 1, 2, 3, 10}, classes[] = {0, 0, 0, 1, 0};
  for (std::size_t i = 0; i < 5; ++i) {
    BOOST_TEST(data.timestamp(i) == start + 60 * minutes[i]);
    BOOST_TEST(data.label(i) == classes[i]);
  }
  BOOST_TEST(data.present.size() == 0u);
  BOOST_REQUIRE(data.modalities.size() == 9u);
  const auto table = etri_2019();
  for (std::size_t m = 0; m < 9; ++m) {
    BOOST_TEST(data.modalities[m].name == table[m].name);
    BOOST_TEST(data.modalities[m].values.shape(0) == 5u);
    BOOST_TEST(data.modalities[m].values.shape(1) == static_cast<std::size_t>(table[m].window_channels()));
    BOOST_TEST(data.modalities[m].values.shape(2) == static_cast<std::size_t>(table[m].window_length()));
    BOOST_TEST(data.modalities[m].scalar == (m == 3 || m == 6));
  }
  for (std::size_t i = 0; i < 5; ++i) {
    BOOST_TEST(data.modalities[0].values(i, 2, 1919) == 2 + 1919 / 1024.0f,
               boost::test_tools::tolerance(1e-6f));
    BOOST_TEST(data.modalities[3].values(i, 0, 0) == 75);
    BOOST_TEST(data.modalities[5].values(i, 1, 1785) == 1 + 1785 / 1024.0f,
               boost::test_tools::tolerance(1e-6f));
    BOOST_TEST(data.modalities[6].values(i, 0, 0) == 60);  // (36 + 127 + 20 + 38 + 129 + 10) / 6
    BOOST_TEST(data.modalities[7].values(i, 2, 0) == 2);
  }
  BOOST_TEST(data.modalities[4].values(4, 0, 239) == 1e9f);
}

BOOST_FIXTURE_TEST_CASE(sensible_rules_keep_places_and_drop_the_absurd, DirtyTree) {
  const auto person = read_etri_person(root, "101", {.rules = sensible_rules()});
  adds_up(person.quality);
  BOOST_TEST(person.quality.minutes_kept == 4);
  BOOST_TEST(person.quality.dropped.at(reason::out_of_range) == 1);
  const auto& gps = person.data.modalities[6];
  BOOST_TEST(!gps.scalar);
  BOOST_TEST(gps.values.shape(1) == 2u);
  BOOST_TEST(gps.values(0, 0, 0) == 37);
  BOOST_TEST(gps.values(0, 1, 0) == 128);
}

BOOST_FIXTURE_TEST_CASE(missing_modalities_may_be_allowed, DirtyTree) {
  const auto person = read_etri_person(root, "101", {.allow_missing = true});
  const auto& q = person.quality;
  adds_up(q);
  BOOST_TEST(q.minutes_seen == 17);
  BOOST_TEST((q.kept == Counts{{reason::complete, 3}, {reason::implausible, 1}, {reason::partial, 7}}));
  BOOST_TEST((q.dropped == Counts{{reason::unlabelled, 1},
                                  {reason::empty_label, 1},
                                  {reason::label_out_of_range, 2},
                                  {reason::missing_modality, 1}}));
  const auto& data = person.data;
  BOOST_REQUIRE(data.present.shape(0) == 12u);
  BOOST_REQUIRE(data.present.shape(1) == 9u);
  // Minute by minute, the modality that write_dirty_session spoils.
  const std::map<int, std::size_t> spoilt{{4, 6}, {5, 3}, {6, 0}, {7, 1}, {8, 2}, {9, 8}, {15, 7}};
  for (std::size_t i = 0; i < 12; ++i) {
    const auto at = spoilt.find(static_cast<int>((data.timestamp(i) - start) / 60));
    for (std::size_t m = 0; m < 9; ++m) {
      const bool good = at == spoilt.end() || at->second != m;
      BOOST_TEST(data.present(i, m) == (good ? 1 : 0));
      const auto& values = data.modalities[m].values;
      const float* begin = values.data() + i * values.shape(1) * values.shape(2);
      const float sum = std::accumulate(begin, begin + values.shape(1) * values.shape(2), 0.0f);
      BOOST_TEST((sum != 0) == good);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(threads_do_not_change_a_bit, DirtyTree) {
  const auto one = read_etri_person(root, "101", {.allow_missing = true, .threads = 1});
  const auto four = read_etri_person(root, "101", {.allow_missing = true, .threads = 4});
  BOOST_TEST((one.data.label == four.data.label));
  BOOST_TEST((one.data.present == four.data.present));
  for (std::size_t m = 0; m < 9; ++m)
    BOOST_TEST((one.data.modalities[m].values == four.data.modalities[m].values));
  BOOST_TEST(one.quality.notes == four.quality.notes);
}

BOOST_FIXTURE_TEST_CASE(other_labels_can_be_asked_for, DirtyTree) {
  const auto positive = read_etri_person(root, "101", {.target = EtriTarget::positive});
  adds_up(positive.quality);
  BOOST_TEST(positive.quality.minutes_kept == 8);  // the three minutes with bad tension are fine here
  BOOST_TEST(positive.quality.error.find("one label") != std::string::npos);
  const auto action = read_etri_person(root, "101", {.target = EtriTarget::action});
  BOOST_TEST((action.data.classes == std::vector<std::string>{"community_interaction"}));
  adds_up(action.quality);
  // Odd minutes are misspelt; of the eight kept, the first had a second row.
  BOOST_TEST((action.quality.repaired == Counts{{reason::duplicate_label, 1}, {reason::misspelt_action, 3}}));
}

BOOST_FIXTURE_TEST_CASE(a_person_who_fails_says_why, DirtyTree) {
  const auto single = read_etri_person(root, "102");
  BOOST_TEST(single.quality.error == "all minutes have one label, \"2\": nothing to learn");
  BOOST_TEST(!single.quality.usable());
  const auto nothing = read_etri_person(root, "9");
  BOOST_TEST(nothing.quality.error == "no usable minute");
  BOOST_TEST(nothing.quality.minutes_seen == 0);
  BOOST_TEST(nothing.quality.defects.at("missing_label_file") == 1);
  BOOST_TEST(nothing.data.size() == 0);
  BOOST_TEST(nothing.data.modalities[0].values.shape(0) == 0u);
}

BOOST_AUTO_TEST_CASE(the_same_minute_in_two_sessions_counts_once) {
  TemporaryFolder folder;
  const std::vector<Modality> tiny{{"hr", {{"hr", "beats/min", 0, 300}}, 1, WindowKind::mean}};
  for (const char* session : {"1", "2"}) {
    const auto path = folder.path / "7" / session;
    write(path / (std::string(session) + "_label.csv"), "emotionTension,ts\n2,60\n3,120.0\n");
    write(path / "hr" / "60.csv", "hr\n" + std::string(session) + "\n");
    write(path / "hr" / "120.csv", "hr\nna\n");
  }
  fs::remove(folder.path / "7" / "1" / "hr" / "120.csv");
  write(folder.path / "7" / "2" / "hr" / "120.csv", "hr\n9\n");
  const auto person = read_etri_person(folder.path, "7", {.rules = rules_of(tiny)});
  adds_up(person.quality);
  BOOST_TEST(person.quality.minutes_seen == 4);
  BOOST_TEST(person.quality.dropped.at(reason::duplicate) == 1);
  BOOST_TEST(person.quality.dropped.at(reason::missing_modality) == 1);
  BOOST_REQUIRE(person.data.size() == 2);
  BOOST_TEST(person.data.modalities[0].values(0, 0, 0) == 1);
  BOOST_TEST(person.data.modalities[0].values(1, 0, 0) == 9);
}

BOOST_AUTO_TEST_CASE(a_whole_copy_of_a_minute_makes_up_for_a_spoilt_one) {
  TemporaryFolder folder;
  for (const char* session : {"1", "2", "3"}) {
    const auto path = folder.path / "7" / session;
    write(path / (std::string(session) + "_label.csv"), "emotionTension,ts\n2,60\n3,120.0\n");
    for (const char* file : {"60.csv", "120.csv"})
      write(path / "hr" / file, "hr\n" + std::string(*session == '1' ? "na" : session) + "\n");
  }
  const std::vector<Modality> hr{{"hr", {{"hr", "beats/min", 0, 300}}, 1, WindowKind::mean}};
  const auto person = read_etri_person(folder.path, "7", {.rules = rules_of(hr)});
  adds_up(person.quality);
  BOOST_TEST((person.quality.kept == Counts{{reason::complete, 2}}));
  BOOST_TEST((person.quality.dropped == Counts{{reason::missing_value, 2}, {reason::duplicate, 2}}));
  BOOST_TEST(person.data.modalities[0].values(0, 0, 0) == 2);
}

BOOST_AUTO_TEST_CASE(label_files_of_any_shape_are_survived) {
  TemporaryFolder folder;
  const std::vector<Modality> tiny{{"hr", {{"hr", "beats/min", 0, 300}}, 1, WindowKind::mean}};
  const auto write_session = [&](const std::string& session, const std::string& labels) {
    const auto path = folder.path / "7" / session;
    write(path / (session + "_label.csv"), labels);
    write(path / "hr" / (session + "0.csv"), "hr\n1\n");
  };
  write_session("1", "");
  write_session("2", "time,emotionTension\n20,1\n");
  write_session("3", "ts,action\n30,sleep\n");
  write_session("4", "\r\nts,emotionTension\r\n40.0,6\r\n");
  write_session("5", "ts,emotionTension\n50,2.5\n");
  fs::remove(folder.path / "7" / "5" / "5_label.csv");
  fs::create_directories(folder.path / "7" / "5" / "5_label.csv");
  const auto person = read_etri_person(folder.path, "7", {.rules = rules_of(tiny)});
  adds_up(person.quality);
  BOOST_TEST(person.quality.minutes_seen == 5);
  BOOST_TEST(person.quality.minutes_kept == 1);
  BOOST_TEST(person.quality.dropped.at(reason::unlabelled) == 3);
  BOOST_TEST(person.quality.dropped.at(reason::bad_label) == 1);  // a file without the column
  BOOST_TEST(person.quality.defects.at("bad_label_file") == 4);
}

// ---------------------------------------------------------------------------------------------------------

namespace {

/// Two minutes of one sensor, labelled 2 and 5.
void write_tiny_user(const fs::path& user, const std::string& session = "1598713200") {
  write(user / session / (session + "_label.csv"),
        "ts,action,actionOption,emotionTension\n" + session + ".0,sleep,111,2\n" +
            std::to_string(std::stoll(session) + 60) + ".000,meal,121.0,5\n");
  write(user / session / "hr" / (session + ".csv"), "timestamp,hr\n0.5,60\n31.25,70\n");
  write(user / session / "hr" / (std::to_string(std::stoll(session) + 60) + ".csv"), "timestamp,hr\n1,80\n");
}

const std::vector<Modality> heart{{"hr", {{"hr", "beats/min", 10, 300}}, 1, WindowKind::mean}};

}  // namespace

BOOST_AUTO_TEST_CASE(parts_of_2018_and_2020_are_read_too) {
  TemporaryFolder folder;
  const auto root = folder.path;
  for (const char* user : {"user02", "user01", "user10"}) write_tiny_user(root / "dataset_2018" / user);
  BOOST_TEST(etri_users(root) == (std::vector<std::string>{"user01", "user02", "user10"}));
  for (const char* user : {"user07-10/user07", "user07-10/user10", "user01-06/user06", "user11-12/user12"})
    write_tiny_user(root / "dataset_2020" / user);
  write(root / "dataset_2020" / "user_survey_2020.csv", "userId\n");
  fs::create_directories(root / "dataset_2020" / "user-notes");
  BOOST_TEST(etri_users(root / "dataset_2020") ==
             (std::vector<std::string>{"user06", "user07", "user10", "user12"}));
  BOOST_CHECK_EXCEPTION(etri_users(root), lifelog::format_error, [](const auto& e) {
    return std::string(e.what()).find("dataset_2018 and dataset_2020") != std::string::npos;
  });
  fs::create_directories(root / "dataset_2020" / "user01-06" / "old");
  BOOST_TEST(etri_strays(root / "dataset_2020") ==
             (std::vector<std::string>{"user-notes", "user_survey_2020.csv", "user01-06/old"}));
  const auto person = read_etri_person(root / "dataset_2020", "user07", {.rules = rules_of(heart)});
  BOOST_TEST(person.quality.minutes_kept == 2);
  BOOST_TEST(person.data.modalities[0].values(0, 0, 0) == 65);
  BOOST_CHECK_THROW(read_etri_person(root / "dataset_2020", "user01"), lifelog::io_error);
}

BOOST_AUTO_TEST_CASE(codes_of_actions_are_labels_in_one_spelling) {
  TemporaryFolder folder;
  write_tiny_user(folder.path / "user01");
  const auto person = read_etri_person(folder.path, "user01",
                                       {.target = EtriTarget::action_option, .rules = rules_of(heart)});
  BOOST_TEST(person.data.classes == (std::vector<std::string>{"111", "121"}));
}

// Rules that neither set of habits has, and a sensor that the library does not know.
BOOST_AUTO_TEST_CASE(rules_and_sensors_may_be_the_caller_s_own) {
  TemporaryFolder folder;
  const std::string session = "1598713200";
  const auto path = folder.path / "7" / session;
  write_tiny_user(folder.path / "7");
  write(path / "breath" / (session + ".csv"), "timestamp,volume,flow\n0,1,-1\n20,3,1\n40,2,2\n");
  write(path / "breath" / "1598713260.csv", "timestamp,volume,flow\n0,1,-1\n20,300,1\n40,2,2\n");
  const MinuteReduction range{"range", 2, 1, [](const NumberTable& rows, float* out) {
                                for (std::size_t c = 0; c < 2; ++c) {
                                  double least = rows(0, c), most = least;
                                  for (Eigen::Index r = 0; r < rows.rows; ++r)
                                    least = std::min(least, rows(r, c)), most = std::max(most, rows(r, c));
                                  out[c] = static_cast<float>(most - least);
                                }
                              }};
  Rules mine{.name = "mine",
             .modalities = {heart.front(),
                            {.name = "breath",
                             .channels = {{"volume", "l", 0, 10}, {"flow", "l/s", -10, 10}},
                             .kind = WindowKind::custom,
                             .reduction = range}},
             .lowest_label = 0,
             .highest_label = 5,
             .encoding = LabelEncoding::scale};
  auto person = read_etri_person(folder.path, "7", {.rules = mine});
  BOOST_TEST(person.data.classes == (std::vector<std::string>{"0", "1", "2", "3", "4", "5"}));
  BOOST_REQUIRE(person.data.size() == 2);
  BOOST_TEST(person.data.label(0) == 2);
  BOOST_TEST(person.data.label(1) == 5);
  BOOST_TEST(person.quality.error.empty());
  const auto& breath = person.data.modalities[1];
  BOOST_TEST(breath.name == "breath");
  BOOST_TEST((breath.values.shape() == std::array<std::size_t, 3>{2, 2, 1}));
  BOOST_TEST(breath.values(0, 0, 0) == 2);
  BOOST_TEST(breath.values(0, 1, 0) == 3);
  BOOST_TEST(breath.values(1, 0, 0) == 299);
  BOOST_TEST((person.quality.kept == Counts{{reason::complete, 1}, {reason::implausible, 1}}));
  mine.drop_implausible = true;
  mine.highest_label = 1;
  person = read_etri_person(folder.path, "7", {.rules = mine});
  BOOST_TEST((person.quality.dropped == Counts{{reason::label_out_of_range, 2}}));
}

BOOST_AUTO_TEST_CASE(progress_is_told_to_the_end) {
  TemporaryFolder folder;
  write_tiny_user(folder.path / "7");
  std::vector<Eigen::Index> told;
  const auto progress = [&](Eigen::Index done, Eigen::Index total) {
    BOOST_TEST(total == 2);
    told.push_back(done);
  };
  read_etri_person(folder.path, "7", {.rules = rules_of(heart), .progress = progress});
  BOOST_REQUIRE(!told.empty());
  BOOST_TEST(told.back() == 2);
  BOOST_TEST(std::is_sorted(told.begin(), told.end()));
}

BOOST_AUTO_TEST_CASE(timestamps_that_do_not_ascend_are_counted) {
  TemporaryFolder folder;
  write_tiny_user(folder.path / "7");
  const auto file = folder.path / "7" / "1598713200" / "hr" / "1598713200.csv";
  write(file, "timestamp,hr\n0.5,60\n0.5,70\n31.25,80\n2,90\n\"40\",90\n,90\n40.0,90\n");
  const auto [data, quality] = read_etri_person(folder.path, "7", {.rules = rules_of(heart)});
  BOOST_TEST((quality.defects == Counts{{"unsorted_timestamp", 1}, {"repeated_timestamp", 2}}));
  BOOST_TEST(noted(quality, "1598713200.csv:3: timestamp"));
  BOOST_TEST(data.modalities[0].values(0, 0, 0) == 570.0f / 7);  // they stay where they are
  // The same numbers, whatever is looked at besides; also of a file that lacks a column.
  NumberTable plain, watched;
  const std::string text = "timestamp,x,z\n1,2,3\n0,5,6\n" + std::string("2,7,8\n");
  read_numbers(text, "t", {"y", "z", "x"}, plain, 0);
  read_numbers(text, "t", {"y", "z", "x"}, watched, 0, "timestamp");
  BOOST_TEST(watched.unsorted == 1);
  BOOST_TEST(watched.unsorted_line == 3);
  BOOST_REQUIRE(plain.values.size() == watched.values.size());
  for (std::size_t i = 0; i < plain.values.size(); ++i)
    BOOST_TEST((plain.values[i] == watched.values[i] || (i % 3 == 0 && std::isnan(watched.values[i]))));
  read_numbers(text, "t", {"x"}, watched, 1, "none");
  BOOST_TEST(watched.unsorted == 0);
}

BOOST_AUTO_TEST_CASE(two_folders_of_one_person_are_neither_read) {
  TemporaryFolder folder;
  const auto root = folder.path;
  for (const char* user :
       {"user01-06/user01", "user07-12/user01", "user07-12/user07", "user01-06/user2", "user02"})
    write_tiny_user(root / user);
  BOOST_TEST(etri_users(root) == (std::vector<std::string>{"user01", "user02", "user07"}));
  BOOST_CHECK_EXCEPTION(etri_user_folder(root, "user01"), lifelog::format_error, [](const auto& e) {
    const std::string text = e.what();
    return text.find("user01-06/user01 and user07-12/user01") != std::string::npos;
  });
  BOOST_CHECK_THROW(read_etri_person(root, "user02"), lifelog::format_error);
  BOOST_CHECK_THROW(etri_user_folder(root, "user08"), lifelog::io_error);
  BOOST_TEST(read_etri_person(root, "user07", {.rules = rules_of(heart)}).quality.minutes_kept == 2);
  Eigen::Index files = 0;
  for (const auto& ignored : etri_ignored(root)) files += ignored.files;
  BOOST_TEST(files == 4 * 3);
}

BOOST_AUTO_TEST_CASE(all_files_are_read_or_ignored) {
  TemporaryFolder folder;
  const auto root = folder.path, session = root / "dataset_2019" / "7" / "1598713200";
  write_tiny_user(root / "dataset_2019" / "7");
  write(root / "user_info_2019_2018_updated.csv", "");
  write(root / "dataset_2019" / "readme.txt", "");
  write(root / "more" / "a", "");
  write(root / "more" / "b" / "c", "");
  write(session / "hr.csv", "");
  write(session / "hr" / "x.txt", "");
  write(session / "other" / "1598713200.csv", "");
  write(root / "dataset_2019" / "7" / "old" / "hr" / "1598713200.csv", "");
  auto quality = read_etri_person(root, "7", {.rules = rules_of(heart)}).quality;
  BOOST_TEST(quality.files == 3);
  auto ignored = etri_ignored(root);
  std::map<std::string, Eigen::Index> files;
  for (const auto& i : ignored) files[i.path] += i.files;
  BOOST_TEST(
      (files == Counts{{"user_info_2019_2018_updated.csv", 1}, {"dataset_2019/readme.txt", 1}, {"more", 2}}));
  Eigen::Index of_person = 0;
  for (const auto& i : quality.ignored) of_person += i.files;
  BOOST_TEST(of_person == 4);
  BOOST_TEST(quality.dropped.at(reason::stray_folder) == 1);
}

BOOST_AUTO_TEST_CASE(labels_in_local_time_are_found_out) {
  TemporaryFolder folder;
  write_tiny_user(folder.path / "7");
  write(folder.path / "7" / "1598713200" / "1598713200_label.csv",
        "ts,emotionTension\n1598745600,2\n1598745660,3\n");  // nine hours later
  const auto quality = read_etri_person(folder.path, "7", {.rules = rules_of(heart)}).quality;
  for (const char* part : {"2020-08-30 00:00:00 to 2020-08-30 00:02:00 UTC",
                           "2020-08-29 15:00:00 to 2020-08-29 15:02:00 UTC", "9 hours earlier would fit"})
    BOOST_TEST((quality.error.find(part) != std::string::npos), quality.error);
}

BOOST_AUTO_TEST_CASE(actions_that_are_no_names_cost_their_minute) {
  TemporaryFolder folder;
  const auto session = folder.path / "7" / "1598713200";
  std::string labels = "ts,action\n";
  const char* actions[] = {"sleep", "\"eat, drink\"", "\xbd\xc4\xbb\xe7", "\uc2dd\uc0ac", "sleep"};
  for (int i = 0; i < 5; ++i) {
    labels += std::to_string(minute(i)) + ',' + actions[i] + '\n';
    write(session / "hr" / name(i), "timestamp,hr\n1,80\n");
  }
  write(session / "1598713200_label.csv", labels);
  const auto [data, quality] =
      read_etri_person(folder.path, "7", {.target = EtriTarget::action, .rules = rules_of(heart)});
  BOOST_TEST(data.classes == (std::vector<std::string>{"sleep", "\uc2dd\uc0ac"}));
  BOOST_TEST((quality.dropped == Counts{{reason::bad_label, 2}}));
  BOOST_TEST((quality.defects == Counts{{"bad_text", 1}}));
  BOOST_TEST(noted(quality, "\\xbd\u013b\\xe7"));  // of which two bytes happen to be a letter
}

BOOST_AUTO_TEST_SUITE_END()
