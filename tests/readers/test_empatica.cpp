// SPDX-License-Identifier: MIT
#include <lifelog/readers/empatica.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "../support/paths.hpp"
#include "../support/temp_dir.hpp"
#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(data_empatica)

using lifelog::Index;
using lifelog::data::Quality;
using lifelog::readers::covering_label;
using lifelog::readers::empatica_users;
using lifelog::readers::EmpaticaInterval;
using lifelog::readers::EmpaticaPerson;
using lifelog::readers::read_empatica_labels;
using lifelog::readers::read_empatica_person;
using lifelog::readers::read_empatica_stream;

namespace {

constexpr std::int64_t minute0 = 1644227580;  // a multiple of 60

/// What a session export holds. Sample i of each file is a known function of i.
struct Recording {
  double start = minute0;
  double seconds = 180;
  std::string line_end = "\n";
  std::map<std::string, double> late = {};                         // seconds by which a file starts later
  std::map<std::pair<std::string, Index>, std::string> dirt = {};  // (file, sample) → its line
  std::vector<std::string> without = {};

  void write(const TempDir& dir, const std::string& user) const {
    const std::pair<std::string, int> files[] = {
        {"ACC", 32}, {"BVP", 64}, {"EDA", 4}, {"TEMP", 4}, {"HR", 1}};
    for (const auto& [name, rate] : files) {
      if (std::find(without.begin(), without.end(), name) != without.end()) continue;
      const auto delay = late.count(name) > 0 ? late.at(name) : 0;
      std::ostringstream text;
      text.precision(16);
      for (const double head : {start + delay, static_cast<double>(rate)})
        name == "ACC" ? text << head << ", " << head << ", " << head << line_end : text << head << line_end;
      const auto samples = static_cast<Index>((seconds - delay) * rate);
      for (Index i = 0; i < samples; ++i) {
        const auto found = dirt.find({name, i});
        text << (found == dirt.end() ? sample(name, i) : found->second) << line_end;
      }
      dir.file(user + "/" + name + ".csv", text.str());
    }
  }

  static std::string sample(const std::string& name, Index i) {
    if (name == "ACC") return std::to_string(i % 100) + "," + std::to_string(-(i % 50)) + ",64";
    return std::to_string(i % 90 + (name == "HR" ? 40 : 0)) + ".5";
  }
};

std::string row(const std::string& user, std::int64_t from, std::int64_t to, const std::string& label) {
  return user + "," + std::to_string(minute0 + from) + "," + std::to_string(minute0 + to) + ",phase," +
         label + "\n";
}

const std::string label_header = "user,start,end,phase,label\n";
const std::string two_labels = label_header + row("P1", 0, 60, "stress") + row("P1", 60, 1800, "calm");

EmpaticaPerson read(const TempDir& dir, const std::string& labels = two_labels,
                    const lifelog::readers::EmpaticaOptions& options = {}) {
  return read_empatica_person(dir.path(), "P1", read_empatica_labels(dir.file("labels.csv", labels)),
                              options);
}

EmpaticaPerson read(const Recording& recording, const std::string& labels = two_labels,
                    const lifelog::readers::EmpaticaOptions& options = {}) {
  const TempDir dir;
  recording.write(dir, "P1");
  return read(dir, labels, options);
}

using Counts = std::map<std::string, Index>;

bool has_note(const Quality& quality, const std::string& part) {
  for (const auto& note : quality.notes)
    if (note.find(part) != std::string::npos) return true;
  return false;
}

boost::test_tools::assertion_result has_recordings(boost::unit_test::test_unit_id) {
  return std::filesystem::exists(std::string(paths::e4) + "/labels.csv");
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_clean_recording_becomes_a_data_set) {
  const auto [data, quality] = read(Recording{});
  BOOST_TEST(quality.error == "");
  BOOST_TEST(quality.minutes_seen == 3);
  BOOST_TEST((quality.kept == Counts{{"complete", 3}}));
  BOOST_TEST(quality.dropped.empty());
  BOOST_TEST(quality.notes_total == 0);
  BOOST_TEST(data.user == "P1");
  BOOST_TEST((data.timestamp == xt::xtensor<std::int64_t, 1>{minute0, minute0 + 60, minute0 + 120}));
  BOOST_TEST((data.label == xt::xtensor<std::int64_t, 1>{1, 0, 0}));
  BOOST_TEST(data.classes == (std::vector<std::string>{"calm", "stress"}), boost::test_tools::per_element());
  BOOST_TEST(data.present.size() == 0u);

  const std::pair<std::string, std::array<std::size_t, 3>> expected[] = {{"e4Acc", {3, 3, 1920}},
                                                                         {"e4Bvp", {3, 1, 3840}},
                                                                         {"e4Eda", {3, 1, 240}},
                                                                         {"e4Hr", {3, 1, 1}},
                                                                         {"e4Temp", {3, 1, 240}}};
  BOOST_TEST(data.modalities.size() == 5u);
  for (std::size_t m = 0; m < 5; ++m) {
    BOOST_TEST(data.modalities[m].name == expected[m].first);
    BOOST_TEST((data.modalities[m].values.shape() == expected[m].second));
    BOOST_TEST(data.modalities[m].scalar == (m == 3));
  }
  const auto& acc = data.modalities[0].values;
  const auto& bvp = data.modalities[1].values;
  for (const Index t : {0, 1, 777, 1919}) {
    const auto i = 1920 + t;
    BOOST_TEST(acc(1, 0, static_cast<std::size_t>(t)) == static_cast<float>(i % 100) / 64);
    BOOST_TEST(acc(1, 1, static_cast<std::size_t>(t)) == -static_cast<float>(i % 50) / 64);
    BOOST_TEST(acc(1, 2, static_cast<std::size_t>(t)) == 1);
    BOOST_TEST(bvp(2, 0, static_cast<std::size_t>(t)) == static_cast<float>((7680 + t) % 90) + 0.5f);
  }
  BOOST_TEST(data.modalities[3].values(0, 0, 0) == 70.0f);  // mean of 40.5, 41.5, … 99.5
}

BOOST_AUTO_TEST_CASE(only_minutes_wholly_in_the_common_time_count) {
  Recording recording;
  recording.start = minute0 - 30;
  recording.seconds = 240;  // [-30, 210)
  const auto labels = label_header + row("P1", -600, 60, "a") + row("P1", 60, 600, "b");
  auto person = read(recording, labels);
  BOOST_TEST((person.quality.kept == Counts{{"complete", 3}}));
  BOOST_TEST((person.quality.dropped == Counts{{"short", 2}}));
  recording.late["TEMP"] = 30.25;  // one sample too late for the minute at 0
  person = read(recording, labels);
  BOOST_TEST((person.data.timestamp == xt::xtensor<std::int64_t, 1>{minute0 + 60, minute0 + 120}));
  BOOST_TEST((person.quality.dropped == Counts{{"short", 3}}));
  BOOST_TEST(person.quality.minutes_seen == 5);
}

// A recording that starts between two samples of the grid of seconds: sample i belongs where start + i / rate
// falls.
BOOST_AUTO_TEST_CASE(samples_go_by_their_time) {
  Recording recording;
  recording.start = minute0 - 10.28;
  recording.seconds = 140;
  const auto data = read(recording, label_header + row("P1", 0, 60, "a") + row("P1", 60, 120, "b")).data;
  BOOST_TEST(data.size() == 2);
  for (std::size_t k = 0; k < 2; ++k) {
    const auto from = 10.28 + 60 * static_cast<double>(k);
    const auto bvp = static_cast<Index>(std::ceil(from * 64)), eda = static_cast<Index>(std::ceil(from * 4));
    BOOST_TEST(data.modalities[1].values(k, 0, 0) == static_cast<float>(bvp % 90) + 0.5f);
    BOOST_TEST(data.modalities[1].values(k, 0, 3839) == static_cast<float>((bvp + 3839) % 90) + 0.5f);
    BOOST_TEST(data.modalities[2].values(k, 0, 0) == static_cast<float>(eda % 90) + 0.5f);
  }
  // 10 Hz from a start that no double holds exactly: the sample at the minute itself is its first, not its
  // second.
  const TempDir dir;
  Quality quality;
  const auto stream = read_empatica_stream(dir.file("a.csv", "1644227579.9\n10\n1\n2\n3\n"), 1, 10, quality);
  BOOST_TEST(stream.first_at(minute0 * 1'000'000) == 1);
  BOOST_TEST(stream.covers(minute0 * 1'000'000, minute0 * 1'000'000 + 200'000));
  BOOST_TEST(!stream.covers(minute0 * 1'000'000, minute0 * 1'000'000 + 200'001));
  BOOST_TEST(!stream.covers(minute0 * 1'000'000 - 100'001, minute0 * 1'000'000));
}

BOOST_AUTO_TEST_CASE(a_minute_needs_a_heart_rate) {
  Recording recording;
  recording.late["HR"] = 60;  // none in the first minute
  auto person = read(recording, label_header + row("P1", 0, 120, "a") + row("P1", 120, 600, "b"));
  BOOST_TEST((person.quality.dropped == Counts{{"missing_modality", 1}}));
  BOOST_TEST(person.data.timestamp(0) == minute0 + 60);
  recording.late["HR"] = 59;  // one is enough
  person = read(recording);
  BOOST_TEST((person.quality.kept == Counts{{"complete", 3}}));
  BOOST_TEST(person.data.modalities[3].values(0, 0, 0) == 40.5f);
}

BOOST_AUTO_TEST_CASE(bad_cells_cost_their_minute_and_are_named) {
  Recording recording;
  recording.dirt = {{{"ACC", 5}, "1,2"},  {{"BVP", 3840 + 7}, "na"},  {{"EDA", 240 + 1}, ""},
                    {{"HR", 125}, "inf"}, {{"HR", 126}, "999999e99"}, {{"TEMP", 600}, "36,5"}};
  for (const auto* line_end : {"\n", "\r\n"}) {
    recording.line_end = line_end;
    recording.seconds = 240;
    const auto [data, quality] =
        read(recording, label_header + row("P1", 0, 180, "a") + row("P1", 180, 240, "b"));
    BOOST_TEST((quality.dropped == Counts{{"bad_value", 3}}));
    BOOST_TEST((quality.defects == Counts{{"bad_cell", 6}}));
    BOOST_TEST(has_note(quality, "ACC.csv:8: expected 3 numbers, got \"1,2\""));
    BOOST_TEST(has_note(quality, "BVP.csv:3850: expected 1 number, got \"na\""));
    BOOST_TEST(has_note(quality, "TEMP.csv:603: expected 1 number, got \"36,5\""));
    BOOST_TEST(data.size() == 1);
    BOOST_TEST(quality.error == "all minutes have one label, \"b\": nothing to learn");
  }
}

BOOST_AUTO_TEST_CASE(an_unreadable_heart_rate_is_left_out_of_the_mean) {
  Recording recording;
  recording.dirt = {{{"HR", 0}, "x"}, {{"HR", 59}, "nan"}};
  auto person = read(recording);
  BOOST_TEST((person.quality.kept == Counts{{"complete", 2}}));
  BOOST_TEST((person.quality.repaired == Counts{{"skipped_sample", 1}}));
  BOOST_TEST(person.data.modalities[3].values(0, 0, 0) == 70.0f);  // 41.5 … 98.5
  BOOST_TEST((person.quality.defects == Counts{{"bad_cell", 2}}));
  for (Index i = 0; i < 60; ++i) recording.dirt[{"HR", i}] = "-";
  person = read(recording, label_header + row("P1", 0, 120, "a") + row("P1", 120, 600, "b"));
  BOOST_TEST((person.quality.dropped == Counts{{"bad_value", 1}}));
}

BOOST_AUTO_TEST_CASE(implausible_values_follow_the_rules) {
  Recording recording;
  recording.dirt = {{{"ACC", 3}, "100000,0,0"}};
  auto person = read(recording);
  BOOST_TEST((person.quality.defects == Counts{{"implausible", 1}}));
  BOOST_TEST(person.quality.minutes_kept == 3);
  person = read(recording, two_labels, {.rules = lifelog::data::sensible_rules()});
  BOOST_TEST((person.quality.dropped == Counts{{"out_of_range", 1}}));
}

BOOST_AUTO_TEST_CASE(missing_modalities_may_be_allowed) {
  Recording recording;
  recording.late = {{"HR", 60}, {"EDA", 90}};
  recording.dirt = {{{"TEMP", 3}, "x"}};
  const auto [data, quality] = read(recording, two_labels, {.allow_missing = true});
  BOOST_TEST(quality.error == "");
  BOOST_TEST((quality.kept == Counts{{"partial", 2}, {"complete", 1}}));
  BOOST_TEST(
      (data.present == xt::xtensor<std::uint8_t, 2>{{1, 1, 0, 0, 0}, {1, 1, 0, 1, 1}, {1, 1, 1, 1, 1}}));
  BOOST_TEST(data.modalities[2].values(1, 0, 200) == 0);
  BOOST_TEST(data.modalities[4].values(0, 0, 0) == 0);
  recording.without = {"BVP"};
  const auto person = read(recording, two_labels, {.allow_missing = true});
  BOOST_TEST((person.quality.kept == Counts{{"partial", 3}}));
  BOOST_TEST(person.data.present(2, 1) == 0);
  BOOST_TEST(person.data.modalities[1].values.shape(2) == 3840u);
}

BOOST_AUTO_TEST_CASE(unusable_persons_are_explained) {
  const auto error = [](const Recording& recording, const std::string& labels = two_labels) {
    const auto person = read(recording, labels);
    BOOST_TEST(!person.quality.usable());
    return person.quality.error;
  };
  const auto has = [](const std::string& text, const std::string& part) {
    BOOST_TEST((text.find(part) != std::string::npos), text << " lacks " << part);
  };
  for (const std::string name : {"ACC", "BVP", "EDA", "TEMP", "HR"}) {
    Recording recording;
    recording.without = {name};
    has(error(recording), name + ".csv: cannot read: No such file");
  }
  has(error({}, label_header), "no usable label of user \"P1\"");
  has(error({}, label_header + row("P2", 0, 600, "a")), "no usable label of user \"P1\"");
  has(error({}, label_header + row("P1", 6000, 6600, "a")), "no complete labelled minute");
  has(error({}, label_header + row("P1", 0, 600, "a")), "one label, \"a\"");
  const TempDir dir;
  has(read(dir).quality.error, "ACC.csv: cannot read");
  Recording{}.write(dir, "P1");
  for (const std::string text :
       {"", "\n", "x\n4\n1\n", "1644227580\n", "1644227580\n4\n", "1644227580\n0\n1\n", "1644227580\n8\n1\n",
        "-5\n4\n1\n", "1e300\n4\n1\n", "1644227580\n4\n\n\n"}) {
    dir.file("P1/EDA.csv", text);
    has(read(dir).quality.error, "EDA.csv");
  }
}

BOOST_AUTO_TEST_CASE(the_label_that_covers_most_of_a_minute_is_its_label) {
  using List = std::vector<EmpaticaInterval>;
  const auto of = [](const List& intervals) {
    const auto* label = covering_label(intervals, 60, 120, 30);
    return label == nullptr ? std::string("none") : *label;
  };
  BOOST_TEST(of({}) == "none");
  BOOST_TEST(of({{0, 60, "a"}, {120, 180, "b"}}) == "none");
  BOOST_TEST(of({{0, 90, "a"}}) == "a");
  BOOST_TEST(of({{0, 89, "a"}}) == "none");
  BOOST_TEST(of({{0, 89, "a"}, {89, 200, "b"}}) == "b");
  BOOST_TEST(of({{0, 90, "b"}, {90, 120, "a"}}) == "b");                    // equal: the first
  BOOST_TEST(of({{60, 80, "a"}, {80, 101, "b"}, {101, 120, "a"}}) == "a");  // together 39
  BOOST_TEST(of({{60, 85, "a"}, {70, 85, "a"}}) == "none");                 // shared time counts once
  BOOST_TEST(of({{60, 85, "a"}, {85, 113, "b"}}) == "none");                // neither has 30
}

BOOST_AUTO_TEST_CASE(unlabelled_minutes_are_dropped_first) {
  Recording recording;
  recording.without = {};
  recording.dirt = {{{"ACC", 5}, "x"}};
  const auto labels = label_header + row("P1", 60, 120, "10") + row("P1", 120, 155, "9");
  const auto [data, quality] = read(recording, labels);
  BOOST_TEST((quality.dropped == Counts{{"unlabelled", 1}}));
  BOOST_TEST(data.classes == (std::vector<std::string>{"9", "10"}), boost::test_tools::per_element());
  BOOST_TEST((data.label == xt::xtensor<std::int64_t, 1>{1, 0}));
}

BOOST_AUTO_TEST_CASE(label_files_are_read_by_column_and_their_faults_counted) {
  const TempDir dir;
  Recording{}.write(dir, "P1");
  const auto text = "\xEF\xBB\xBFlabel,more,end,user,start\r\n\"low\",,1644227640.0,P1,1644227580\r\n" +
                    std::string("high,x,1644227760,P1,1644227640\r\nhigh,x,oops,P1,1644227640\r\n") +
                    "high,x,1644227640,P1,1644227640\r\n,x,1644227700,P1,1644227640\r\n\"a,b\",x,1644227700,"
                    "P1,1644227640\r\n";
  const auto [data, quality] = read(dir, text);
  BOOST_TEST(data.classes == (std::vector<std::string>{"high", "low"}), boost::test_tools::per_element());
  BOOST_TEST((data.label == xt::xtensor<std::int64_t, 1>{1, 0, 0}));
  BOOST_TEST((quality.defects == Counts{{"bad_label", 4}}));
  for (const std::string line : {"4", "5", "6", "7"})
    BOOST_TEST(has_note(quality, "labels.csv:" + line + ": expected"));
  check_throws<lifelog::format_error>([&] { read(dir, "user,start,stop,label\n"); },
                                      {"labels.csv:1", "\"end\""});
  check_throws<lifelog::format_error>([&] { read(dir, "user,start,end,label,label\n"); },
                                      {"labels.csv:1", "expected one column \"label\""});
  BOOST_CHECK_THROW(read_empatica_labels(dir / "none.csv"), lifelog::io_error);
  const auto other = read_empatica_labels(dir.file("o.csv", "user,start,end,mood\nP1,1,2,fine\n"), "mood");
  BOOST_TEST(other.intervals.at("P1")[0].label == "fine");
}

BOOST_AUTO_TEST_CASE(sessions_follow_one_another) {
  const TempDir dir;
  Recording first, second, third;
  first.seconds = 120;
  second.start = minute0 + 60;  // overlaps the first by a minute
  third.start = minute0 + 600;
  third.seconds = 60;
  third.without = {"EDA"};
  first.write(dir, "P1/1_A001");
  second.write(dir, "P1/2_A001");
  third.write(dir, "P1/3_A001");
  dir.file("P1/notes/read.me", "");
  const auto [data, quality] = read(dir, label_header + row("P1", 0, 60, "a") + row("P1", 60, 900, "b"));
  BOOST_TEST(quality.error == "");
  BOOST_TEST(
      (data.timestamp == xt::xtensor<std::int64_t, 1>{minute0, minute0 + 60, minute0 + 120, minute0 + 180}));
  BOOST_TEST((quality.kept == Counts{{"complete", 4}}));
  BOOST_TEST((quality.dropped == Counts{{"duplicate", 1}, {"bad_file", 1}}));
  BOOST_TEST(quality.minutes_seen == 6);
  BOOST_TEST(quality.first_drop.find("2_A001: minute " + std::to_string(minute0 + 60) + ": duplicate") !=
             std::string::npos);
  // The second session's samples begin anew: its third minute is at its sample 120 · 64.
  BOOST_TEST(data.modalities[1].values(3, 0, 0) == static_cast<float>(120 * 64 % 90) + 0.5f);
}

BOOST_AUTO_TEST_CASE(progress_is_told_file_by_file) {
  const TempDir dir;
  Recording{}.write(dir, "P1/first");
  Recording{.start = minute0 + 600, .without = {"EDA"}}.write(dir, "P1/second");
  std::vector<std::pair<Index, Index>> told, expected;
  read(dir, two_labels, {.progress = [&](Index done, Index total) { told.emplace_back(done, total); }});
  for (Index i = 1; i <= 10; ++i) expected.emplace_back(i, 10);  // the missing one too
  BOOST_TEST((told == expected));
}

BOOST_AUTO_TEST_CASE(sensors_may_be_added) {
  const TempDir dir;
  Recording{}.write(dir, "P1");
  std::string text = std::to_string(minute0) + "\n2\n";
  for (int i = 0; i < 360; ++i) text += std::to_string(i) + "\n";
  dir.file("P1/BREATH.csv", text);
  lifelog::readers::EmpaticaOptions options;
  options.sensors.push_back(
      {{"breath", {{"volume", "l"}}, 2, lifelog::data::WindowKind::exact, 120}, "BREATH.csv", 0.5f});
  const auto [data, quality] = read(dir, two_labels, options);
  BOOST_TEST(quality.minutes_kept == 3);
  BOOST_REQUIRE(data.modalities.size() == 6u);
  BOOST_TEST(data.modalities[5].name == "breath");
  BOOST_TEST(data.modalities[5].values(1, 0, 7) == 127 * 0.5f);
  options.sensors.back().modality.kind = lifelog::data::WindowKind::pooled;
  BOOST_CHECK_THROW(read(dir, two_labels, options), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(users_are_the_folders) {
  const TempDir dir;
  for (const auto* name : {"10/ACC.csv", "9/ACC.csv", "S02/ACC.csv", ".hidden/ACC.csv", "labels.csv"})
    dir.file(name, "");
  BOOST_TEST(empatica_users(dir.path()) == (std::vector<std::string>{"9", "10", "S02"}),
             boost::test_tools::per_element());
  BOOST_CHECK_THROW(empatica_users(dir / "none"), lifelog::io_error);
}

BOOST_AUTO_TEST_CASE(numbers_are_read_as_people_write_them) {
  const TempDir dir;
  Quality quality;
  const auto values = [&](const std::string& lines) {
    return read_empatica_stream(dir.file("x.csv", "1644227580.0\n4\n" + lines), 1, 4, quality).values;
  };
  const auto read = values("+0.5\n1e-50\n-1e-50\n1e-400\n0." + std::string(400, '0') + "1\n1e-40\n+1e1\n");
  BOOST_TEST(quality.defects.empty());
  BOOST_TEST(read == (std::vector<float>{0.5f, 0, 0, 0, 0, 1e-40f, 10}), boost::test_tools::per_element());
  BOOST_TEST(std::signbit(read[2]));
  for (const float x : values("+-1\n++1\n+\n1e39\n-1e39\n1e400\n0x1\n1e\n1 2\n")) BOOST_TEST(std::isnan(x));
  BOOST_TEST(quality.defects.at("bad_cell") == 9);
}

BOOST_AUTO_TEST_CASE(headers_say_one_number_once_or_for_every_column) {
  const TempDir dir;
  Quality quality;
  const auto reads = [&](const std::string& header, Index channels) {
    const std::string row = channels == 3 ? "1,2,3\n" : "1\n";
    try {
      return read_empatica_stream(dir.file("x.csv", header + row), channels, 0, quality).samples() == 1;
    } catch (const lifelog::format_error&) {
      return false;
    }
  };
  BOOST_TEST(reads("1600000020.0\n4.0\n", 1));
  BOOST_TEST(reads("+1600000020\n4\n", 1));
  BOOST_TEST(reads("1600000020.0, 1600000020.0, 1600000020.0\n32, 32, 32\n", 3));
  BOOST_TEST(reads("1600000020.0\n32\n", 3));
  BOOST_TEST(!reads("1600000020.0, banana\n4\n", 1));
  BOOST_TEST(!reads("1600000020.0, banana, 1600000020.0\n32\n", 3));
  BOOST_TEST(!reads("1600000020.0, 1600000020.0, 1600000021.0\n32\n", 3));
  BOOST_TEST(!reads("1600000020.0, 1600000020.0\n32\n", 3));
  BOOST_TEST(!reads("1600000020.0\n4, 5\n", 1));
}

// Half of the minutes at rest is enough to know the unit.
BOOST_AUTO_TEST_CASE(acceleration_in_g_is_not_divided_again) {
  const auto expected = read(Recording{}).data.modalities[0].values;
  Recording in_g;
  for (Index i = 0; i < 180 * 32; ++i) {
    std::ostringstream line;
    line.precision(9);
    line << static_cast<double>(i % 4) / 64 << ',' << static_cast<double>(i % 5) / 64 << ','
         << (i % 3 == 0 ? 4.0 : 1.0);
    in_g.dirt[{"ACC", i}] = line.str();
  }
  auto [data, quality] = read(in_g);
  BOOST_TEST((quality.defects == Counts{{"already_in_g", 1}}));
  BOOST_TEST(has_note(quality, "ACC.csv: values are in g already"));
  BOOST_TEST(data.modalities[0].values(1, 2, 1) == 1.0f);
  BOOST_TEST(data.modalities[0].values(1, 0, 3) == 3.0f / 64);
  // A sensor that hangs at 0 says nothing.
  Recording dead;
  for (Index i = 0; i < 180 * 32; ++i) dead.dirt[{"ACC", i}] = "0,0,0";
  BOOST_TEST(read(dead).quality.defects.empty());
  BOOST_TEST(expected(0, 2, 0) == 1.0f);
}

BOOST_AUTO_TEST_CASE(the_same_file_twice_is_noted) {
  const TempDir dir;
  Recording{}.write(dir, "P1/a");
  Recording{}.write(dir, "P1/b");
  const auto quality = read(dir).quality;
  BOOST_TEST((quality.defects == Counts{{"same_file", 5}}));
  BOOST_TEST(has_note(quality, "b/HR.csv: has the content of"));
  BOOST_TEST((quality.dropped == Counts{{"duplicate", 3}}));
}

BOOST_AUTO_TEST_CASE(events_are_labels_if_asked) {
  const TempDir dir;
  Recording{}.write(dir, "P1");
  dir.file("P1/tags.csv", "1644227700.50\r\nwhat\n\n" + std::to_string(minute0 + 60) + "\n");
  const auto [data, quality] = read(dir, label_header, {.tags = true});
  BOOST_TEST(quality.error == "");
  BOOST_TEST(data.classes == (std::vector<std::string>{"none", "tag"}), boost::test_tools::per_element());
  BOOST_TEST((data.label == xt::xtensor<std::int64_t, 1>{0, 1, 1}));
  BOOST_TEST((quality.defects == Counts{{"bad_tag", 1}}));
  std::filesystem::remove(dir / "P1/tags.csv");
  const auto without = read(dir, label_header, {.tags = true}).quality;
  BOOST_TEST((without.dropped == Counts{{"unlabelled", 3}}));
  BOOST_TEST(without.error.find("tags.csv") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(labels_in_local_time_are_found_out) {
  const auto error = read(Recording{}, label_header + row("P1", 9 * 3600, 9 * 3600 + 60, "a") +
                                           row("P1", 9 * 3600 + 60, 9 * 3600 + 180, "b"))
                         .quality.error;
  for (const char* part : {"2022-02-07 18:53:00 to 2022-02-07 18:56:00 UTC",
                           "2022-02-07 09:53:00 to 2022-02-07 09:56:00 UTC", "9 hours earlier would fit"})
    BOOST_TEST((error.find(part) != std::string::npos), error);
}

BOOST_AUTO_TEST_CASE(text_that_is_no_utf8_is_a_finding) {
  const TempDir dir;
  Recording recording;
  recording.dirt = {{{"TEMP", 3},
                     "36.5\xb0"
                     "C"},
                    {{"TEMP", 4}, std::string(39, 'x') + "\uac00"}};
  recording.write(dir, "P1");
  const auto [data, quality] = read(
      dir, two_labels + "Zo\xeb,1,2,x,y\n" + row("P1", 60, 120, "\xc7\xd1") + row("P1", 60, 120, "a\tb"));
  BOOST_TEST(quality.minutes_kept == 2);
  BOOST_TEST(has_note(quality, "36.5\\xb0C"));
  BOOST_TEST(has_note(quality, "xxx\uac00"));
  BOOST_TEST(has_note(quality, "labels.csv:5: expected a label in UTF-8"));
  BOOST_TEST((quality.defects == Counts{{"bad_cell", 2}, {"bad_label", 2}}));
  const auto labels = read_empatica_labels(dir / "labels.csv");
  BOOST_REQUIRE(labels.other_faults.size() == 1u);
  BOOST_TEST(labels.other_faults[0].line == 4);
  BOOST_TEST(labels.other_faults[0].message.find("\"Zo\\xeb\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(labels_of_a_name_in_two_spellings_are_one_persons) {
  const TempDir dir;
  Recording{}.write(dir, "Zo\u00eb");
  const auto labels = read_empatica_labels(
      dir.file("labels.csv", label_header + row("Zoe\u0308", 0, 60, "a") + row("Zo\u00eb", 60, 180, "b")));
  BOOST_TEST(labels.intervals.size() == 1u);
  BOOST_TEST(labels.other_faults.size() == 1u);
  const auto person = read_empatica_person(dir.path(), "Zo\u00eb", labels);
  BOOST_TEST(person.quality.minutes_kept == 3);
}

namespace {

/// Start, rate and number of samples, by the plainest means.
struct Span {
  double start = 0, rate = 0;
  long samples = 0;

  explicit Span(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    start = std::stod(line);
    std::getline(file, line);
    rate = std::stod(line);
    while (std::getline(file, line)) ++samples;
  }
  double end() const { return start + static_cast<double>(samples) / rate; }
};

/// Labelled minutes of a person of the real recordings, second by second.
std::map<std::int64_t, std::string> expected_minutes(const std::string& root, const std::string& user) {
  std::map<std::string, Span> spans;
  for (const std::string name : {"ACC", "BVP", "EDA", "TEMP", "HR"})
    spans.emplace(name, Span(root + "/recordings/" + user + "/" + name + ".csv"));
  std::map<std::int64_t, std::map<std::string, int>> seconds;
  std::ifstream labels(root + "/labels.csv");
  std::string line;
  for (std::getline(labels, line); std::getline(labels, line);) {
    std::istringstream cells(line);
    std::string who, start, end, phase, label;
    for (auto* cell : {&who, &start, &end, &phase, &label}) std::getline(cells, *cell, ',');
    while (label.ends_with('\r')) label.pop_back();
    if (who == user)
      for (auto s = std::stoll(start); s < std::stoll(end); ++s) ++seconds[s / 60 * 60][label];
  }
  std::map<std::int64_t, std::string> minutes;
  for (const auto& [m, counts] : seconds) {
    const auto from = static_cast<double>(m);
    bool inside = true;
    for (const std::string name : {"ACC", "BVP", "EDA", "TEMP"})
      inside = inside && spans.at(name).start <= from && from + 60 <= spans.at(name).end();
    bool beats = false;
    const auto& hr = spans.at("HR");
    for (long i = 0; i < hr.samples; ++i) {
      const double at = hr.start + static_cast<double>(i) / hr.rate;
      beats = beats || (at >= from && at < from + 60);
    }
    for (const auto& [label, covered] : counts)
      if (inside && beats && covered >= 30) minutes[m] = label;
  }
  return minutes;
}

}  // namespace

BOOST_AUTO_TEST_CASE(real_recordings_keep_the_minutes_that_plain_counting_finds,
                     *boost::unit_test::precondition(has_recordings)) {
  const std::string root = paths::e4;
  const auto labels = read_empatica_labels(root + "/labels.csv");
  const auto users = empatica_users(root + "/recordings");
  BOOST_TEST(users.size() >= 15u);
  for (const auto& user : users) BOOST_TEST_CONTEXT(user) {
      const auto [data, quality] = read_empatica_person(root + "/recordings", user, labels);
      const auto expected = expected_minutes(root, user);
      BOOST_TEST(quality.error == "");
      BOOST_TEST(quality.minutes_kept == static_cast<Index>(expected.size()));
      BOOST_TEST(data.size() == quality.minutes_kept);
      std::map<std::int64_t, std::string> found;
      for (std::size_t i = 0; i < data.label.size(); ++i)
        found[data.timestamp(i)] = data.classes[static_cast<std::size_t>(data.label(i))];
      BOOST_TEST((found == expected));
      Index counted = quality.minutes_kept;
      for (const auto& [why, n] : quality.dropped) counted += n;
      BOOST_TEST(quality.minutes_repaired() == 0);
      BOOST_TEST(counted == quality.minutes_seen);
      // The wrist carries gravity: the acceleration's mean length is near 1 g.
      double length = 0;
      const auto& acc = data.modalities[0].values;
      for (std::size_t i = 0; i < acc.shape(0); ++i)
        for (std::size_t t = 0; t < 1920; ++t) length += std::hypot(acc(i, 0, t), acc(i, 1, t), acc(i, 2, t));
      BOOST_TEST(length / static_cast<double>(acc.shape(0) * 1920) == 1, boost::test_tools::tolerance(0.1));
    }
}

BOOST_AUTO_TEST_SUITE_END()
