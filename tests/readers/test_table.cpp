// SPDX-License-Identifier: MIT
#include <boost/test/unit_test.hpp>
#include <lifelog/data/dataset_file.hpp>
#include <lifelog/io/safetensors.hpp>
#include <lifelog/readers/empatica.hpp>
#include <lifelog/readers/table.hpp>
#include <lifelog/readers/table_description_file.hpp>

#include <cstdio>
#include <random>

#include "../support/paths.hpp"
#include "../support/temp_dir.hpp"
#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(table)

using namespace lifelog;
using namespace lifelog::readers;

namespace {

/// 2022-02-07T10:00:00Z, a multiple of 60.
constexpr std::int64_t start = 1644228000;

/// Names and keys of a description with one sensor and labels; each part can be another.
std::string description(const std::string& sensor, const std::string& labels = R"("files": "labels.csv",
    "person_column": "who", "start": {"column": "from", "unit": "s"}, "end": {"column": "to", "unit": "s"},
    "column": "mood")",
                        const std::string& beyond = "") {
  return "{" + beyond + R"("sensors": [{)" + sensor + R"(}], "labels": {)" + labels + "}}";
}

const std::string eda = R"("name": "eda", "files": "{person}/eda.csv", "columns": ["eda"], "rate": 4,
    "time": {"column": "t", "unit": "ms"})";

TableCohort cohort_of(const TempDir& dir, const std::string& json, const TableCohortOptions& options = {}) {
  std::vector<data::Ignored> ignored;
  return table_cohort(table_files(dir.path(), ignored), parse_table_description(json, "sensors.json"),
                      options);
}

/// Times in ms and values 0, 1, 2, … at a rate.
std::string ramp(double rate, int samples, const std::string& header = "t,eda\n", std::int64_t from = start) {
  std::string text = header;
  for (int i = 0; i < samples; ++i)
    text += std::to_string(from * 1000 + std::llround(1000 * i / rate)) + "," + std::to_string(i) + ".5\n";
  return text;
}

std::string labels(const std::vector<std::string>& people) {
  std::string text = "who,from,to,mood\n";
  for (const auto& who : people)
    text += who + "," + std::to_string(start) + "," + std::to_string(start + 120) + ",calm\n" + who + "," +
            std::to_string(start + 120) + "," + std::to_string(start + 240) + ",stress\n";
  return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_folder_for_each_person_becomes_data_sets) {
  TempDir dir;
  dir.file("P1/eda.csv", ramp(4, 4 * 240));
  dir.file("P2/eda.csv", ramp(4, 4 * 200));
  dir.file("P2/notes.txt", "hello");
  dir.file("labels.csv", labels({"P1", "P2", "P3"}));
  const auto cohort = cohort_of(dir, description(eda));
  BOOST_TEST((cohort.people == std::vector<std::string>{"P1", "P2"}));
  BOOST_TEST((cohort.findings == std::vector<std::string>{
                                     "labels \"label\": some are of \"P3\", of whom there is no recording"}));
  BOOST_TEST_REQUIRE(cohort.ignored.size() == 1u);
  BOOST_TEST(cohort.ignored[0].path == "P2/notes.txt");
  BOOST_TEST(cohort.ignored[0].reason == "no sensor and no labels have such files");
  BOOST_TEST(cohort.personal.at("P2") == 1);
  BOOST_TEST(cohort.shared == 1);  // of labels
  const auto one = read_table_person(cohort, "P1");
  BOOST_TEST(one.quality.error == "");
  BOOST_TEST(one.quality.minutes_kept == 4);
  BOOST_TEST((one.data.classes == std::vector<std::string>{"calm", "stress"}));
  BOOST_TEST((one.data.label == xt::xtensor<std::int64_t, 1>{0, 0, 1, 1}));
  BOOST_TEST(one.data.timestamp(3) == start + 180);
  const auto& values = one.data.modalities.at(0).values;
  BOOST_TEST((values.shape() == std::array<std::size_t, 3>{4, 1, 240}));
  for (std::size_t i = 0; i < 960; ++i)
    BOOST_TEST_REQUIRE(values(i / 240, 0, i % 240) == static_cast<float>(i) + 0.5f);
  const auto two = read_table_person(cohort, "P2");
  BOOST_TEST(two.quality.minutes_kept == 3);
  BOOST_TEST(two.quality.dropped.at("short") == 1);
}

BOOST_AUTO_TEST_CASE(windows_have_any_length_and_step) {
  TempDir dir;
  dir.file("P1/eda.csv", ramp(4, 4 * 240));
  dir.file("labels.csv", labels({"P1"}));
  const auto cohort =
      cohort_of(dir, description(eda, R"("files": "labels.csv", "person_column": "who", "cover": 1,
      "start": {"column": "from", "unit": "s"}, "end": {"column": "to", "unit": "s"}, "column": "mood")",
                                 R"("window": 30, "step": 10, )"));
  const auto person = read_table_person(cohort, "P1");
  // 0, 10, … 90 in calm, likewise in stress; 100 and 110 lie in both.
  BOOST_TEST(person.data.size() == 20);
  const auto& values = person.data.modalities[0].values;
  for (std::size_t w = 0; w < 20; ++w) {
    const auto from = person.data.timestamp(w) - start;
    BOOST_TEST(from == static_cast<std::int64_t>(10 * w + (w >= 10 ? 20 : 0)));
    BOOST_TEST(values(w, 0, 0) == static_cast<float>(4 * from) + 0.5f);
  }
  check_throws<std::invalid_argument>(
      [&] {
        cohort_of(dir, description(eda,
                                   "\"files\": \"labels.csv\", \"person_column\": \"who\", \"time\": "
                                   "{\"column\": \"from\", \"unit\": \"s\"}, \"before\": 60, \"column\": "
                                   "\"mood\"",
                                   R"("window": 30.5, )"));
      },
      {"window", "30.5"});
}

BOOST_AUTO_TEST_CASE(gaps_are_filled_as_far_as_the_description_says) {
  TempDir dir;
  auto text = ramp(4, 4 * 240);
  const auto lose = [&](int i) {
    const auto at = text.find("," + std::to_string(i) + ".5");
    const auto begin = text.rfind('\n', at) + 1;
    text.erase(begin, text.find('\n', at) + 1 - begin);
  };
  lose(10);
  for (int i = 300; i < 304; ++i) lose(i);
  dir.file("P1/eda.csv", text);
  dir.file("labels.csv", labels({"P1"}));
  const auto person = read_table_person(cohort_of(dir, description(eda)), "P1");
  BOOST_TEST(person.data.size() == 3);  // a quarter of a second is filled by itself, a second is not
  BOOST_TEST(person.data.modalities[0].values(0, 0, 10) == 10.5f);
  BOOST_TEST(person.quality.dropped.at("short") == 1);
  const auto with = [&](const std::string& window) {
    return read_table_person(
        cohort_of(dir, description(eda + R"(, "window": {"as": "series", )" + window + "}")), "P1");
  };
  BOOST_TEST(with(R"("gaps": "drop")").data.size() == 2);
  const auto held = with(R"("gaps": "hold", "max_gap": 1)");
  BOOST_TEST(held.data.size() == 4);
  BOOST_TEST(held.data.modalities[0].values(1, 0, 63) == 299.5f);
  BOOST_TEST(with(R"("gaps": "linear", "max_gap": 1)").data.modalities[0].values(1, 0, 63) == 303.5f);
  const auto slow = with(R"("gaps": "linear", "max_gap": 2, "rate": 1)");
  BOOST_TEST(slow.data.modalities[0].values.shape(2) == 60u);
}

BOOST_AUTO_TEST_CASE(one_value_a_window_is_what_the_description_says) {
  TempDir dir;
  dir.file("P1/eda.csv", ramp(1, 240) + "oops,1\n" + std::to_string(1000 * (start + 5)) + "000,NA\n");
  dir.file("labels.csv", labels({"P1"}));
  const auto value = [&](const std::string& window) {
    const auto person = read_table_person(
        cohort_of(dir,
                  description(R"("name": "hr", "files": "{person}/eda.csv", "columns": ["eda"], "scale": 2,
            "offset": 1, "rate": "irregular", "time": {"column": "t", "unit": "ms"}, "window": )" +
                              window)),
        "P1");
    BOOST_TEST(person.quality.defects.at("bad_time") == 2);
    BOOST_TEST(person.data.modalities[0].scalar);
    return person.data.modalities[0].values(1, 0, 0);
  };
  BOOST_TEST(value(R"({"as": "mean"})") == 2 * 90.f + 1);  // of 60.5 … 119.5
  BOOST_TEST(value(R"({"as": "last"})") == 2 * 119.5f + 1);
  BOOST_TEST(value(R"({"as": "sum"})") == 60 * (2 * 90.f + 1));
  BOOST_TEST(value(R"({"as": "count"})") == 60.f);
}

BOOST_AUTO_TEST_CASE(cells_come_quoted_with_other_delimiters_and_commas) {
  TempDir dir;
  dir.file("labels.csv", labels({"P1"}));
  const std::string sensor = R"("name": "acc", "files": "{person}.csv", "columns": ["x", "y"], "rate": 1,
      "time": {"column": "t", "unit": "s"})";
  const auto read = [&](const std::string& text) {
    dir.file("P1.csv", text);
    return read_table_person(cohort_of(dir, description(sensor)), "P1");
  };
  const auto rows = [](const std::string& header, const std::string& format) {
    std::string text = header;
    for (int i = 0; i < 240; ++i) {
      char row[100];
      std::snprintf(row, sizeof row, format.c_str(), static_cast<long long>(start + i), i, i);
      text += row;
    }
    return text;
  };
  const auto plain = read(rows("t,x,y\n", "%lld,%d.25,-%d.5\n"));
  BOOST_TEST(plain.data.size() == 4);
  BOOST_TEST(plain.data.modalities[0].values(0, 1, 7) == -7.5f);
  const std::vector<std::string> others{
      rows("\xEF\xBB\xBFt;x;y\r\n", "%lld;%d,25;-%d,5\r\n"),
      rows("\"t\",\"x\",\"y\"\n", "\"%lld\",\"%d.25\",\"-%d.5\"\n"),
      rows("t\tnote\tx\ty\tend\n", "%lld\t\"a\tb\"\t%d.25\t-%d.5\tz\n"),
      rows("t,note,x,y,end\n", "%lld,\"two\nlines\",%d.25,-%d.5,\"\"\n"),
      rows("t , x , y\n", "%lld , %d.25 , -%d.5\n"),
      rows("t,x,y\r", "%lld,%d.25,-%d.5\r"),
  };
  for (const auto& text : others) {
    const auto other = read(text);
    BOOST_TEST_CONTEXT(text.substr(0, 60)) {
      BOOST_TEST_REQUIRE(other.data.size() == 4);
      BOOST_TEST((other.data.modalities[0].values == plain.data.modalities[0].values));
    }
  }
  const auto bad = read("a,x,y\n1,2,3\n");
  BOOST_TEST(bad.quality.error.find("expected one column \"t\", got a, x, y") != std::string::npos);
  const auto sick =
      read(rows("t,x,y\n", "%lld,%d.25,-%d.5\n") + "x\n" + std::to_string(start + 241) + ",?,1\n");
  BOOST_TEST(sick.quality.defects.at("bad_cell") == 1);
  BOOST_TEST(sick.quality.notes.at(0).find("P1.csv:242: expected a time (s), got \"x\"") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(one_table_holds_everybody_sorted_or_not) {
  TempDir dir;
  dir.file("labels.csv", labels({"P1", "P2", "P3"}));
  const std::string sensor = R"("name": "eda", "files": "long.csv", "person_column": "id", "columns": ["eda"],
      "rate": 4, "time": {"column": "t", "unit": "ms"})";
  std::vector<std::string> rows;
  for (const auto* who : {"P1", "P2", "P3"})
    for (int i = 0; i < 960; ++i)
      rows.push_back(std::string(who) + "," + std::to_string(start * 1000 + 250 * i) + "," +
                     std::to_string(i) + "\n");
  const auto read = [&](const std::string& quote) {
    std::string text = "id,t,eda\n";
    for (const auto& row : rows) text += quote + row.substr(0, 2) + quote + row.substr(2);
    dir.file("long.csv", text + ",1,2\n");
    const auto cohort = cohort_of(dir, description(sensor), {"", dir / "sorted"});
    BOOST_TEST((cohort.people == std::vector<std::string>{"P1", "P2", "P3"}));
    BOOST_TEST(cohort.findings.back() == "long.csv: rows without a person: 1");
    std::vector<TablePerson> people;
    for (const auto& who : cohort.people) people.push_back(read_table_person(cohort, who));
    std::filesystem::remove_all(dir / "sorted");
    return people;
  };
  const auto sorted = read("");
  BOOST_TEST(sorted[1].data.size() == 4);
  std::mt19937 random(1);
  std::shuffle(rows.begin(), rows.end(), random);
  for (const auto* quote : {"", "\""}) {
    const auto mixed = read(quote);
    for (std::size_t p = 0; p < 3; ++p) {
      BOOST_TEST((mixed[p].data.modalities[0].values == sorted[p].data.modalities[0].values));
      BOOST_TEST(mixed[p].quality.defects.at("unsorted_time") > 0);
    }
  }
  check_throws<format_error>([&] { cohort_of(dir, description(sensor)); }, {"long.csv", "sorted by person"});
}

BOOST_AUTO_TEST_CASE(labels_are_instants_numbers_and_bounds) {
  TempDir dir;
  dir.file("P1/eda.csv", ramp(1, 600));
  dir.file("P1/ema.csv",
           "when;stress;mood\n2022-02-07 11:05;2,0;good\n2022-02-07 11:10;7;bad\n2022-02-07 11:11;;bad\n");
  const std::string sensor = R"("name": "eda", "files": "{person}/eda.csv", "columns": ["eda"], "rate": 1,
      "time": {"column": "t", "unit": "ms"})";
  const std::string ema =
      R"("files": "{person}/ema.csv", "time": {"column": "when", "unit": "iso"}, "zone": "+01:00",
      "before": 180, "column": "stress", "type": "number")";
  const auto plain = read_table_person(cohort_of(dir, description(sensor, ema)), "P1");
  BOOST_TEST((plain.data.classes == std::vector<std::string>{"2", "7"}));
  BOOST_TEST((plain.data.timestamp == xt::xtensor<std::int64_t, 1>{start + 120, start + 180, start + 240,
                                                                   start + 420, start + 480, start + 540}));
  BOOST_TEST(plain.quality.defects.at("bad_label") == 1);
  BOOST_TEST(plain.quality.dropped.at("unlabelled") == 4);
  const auto bounded =
      read_table_person(cohort_of(dir, description(sensor, ema + R"(, "bounds": [3, 5])")), "P1");
  BOOST_TEST((bounded.data.classes == std::vector<std::string>{"1 (below 3)", "3 (5 and above)"}));
}

BOOST_AUTO_TEST_CASE(a_person_of_a_table_has_one_name_however_it_is_spelt) {
  TempDir dir;
  dir.file("Zo\u00eb/eda.csv", ramp(4, 4 * 240));
  dir.file("p1/eda.csv", ramp(4, 4 * 240));
  dir.file("P1/eda.csv", ramp(4, 4 * 240));
  dir.file("labels.csv", labels({"Zoe\u0308", "P1", "p1"}));
  const auto cohort = cohort_of(dir, description(eda));
  BOOST_TEST_REQUIRE(cohort.people.size() == 3u);  // P1 and p1 are two
  BOOST_TEST(cohort.findings.empty());
  const auto person = read_table_person(cohort, "Zo\u00eb");
  BOOST_TEST(person.quality.minutes_kept == 4);
  BOOST_TEST(person.quality.notes.at(0).find("U+0065 U+0308") != std::string::npos);
  BOOST_TEST(read_table_person(cohort, "p1").quality.notes_total == 0);
}

BOOST_AUTO_TEST_CASE(bad_text_is_a_finding_about_its_row_or_file) {
  TempDir dir;
  dir.file("P1/eda.csv", ramp(4, 4 * 240));
  dir.file("P2/eda.csv", "\xFF\xFEt\0,\0e\0");
  dir.file("P3/eda.csv", "t,\xc7\xd1\n1,2\n");
  dir.file("Zo\xeb/eda.csv", ramp(4, 10));
  dir.file("labels.csv", labels({"P1", "P2", "P3"}) +
                             "P1,1,2,\xc7\xd1\nP1,1,2,\"a,b\"\nP1,1,2,\"a\nb\"\n\xeb,1,2,x\n\xeb,2,1,x\n");
  const auto cohort = cohort_of(dir, description(eda));
  BOOST_TEST((cohort.people == std::vector<std::string>{"P1", "P2", "P3"}));
  const auto one = read_table_person(cohort, "P1");
  BOOST_TEST(one.quality.error == "");
  BOOST_TEST(one.quality.minutes_kept == 4);
  BOOST_TEST(one.quality.defects.at("bad_label") == 3);
  BOOST_TEST(one.quality.notes.at(0) ==
             "labels.csv:8: expected a label in UTF-8 without commas, got \"\\xc7\\xd1\"");
  BOOST_TEST(read_table_person(cohort, "P2").quality.error ==
             "P2/eda.csv: expected text in UTF-8, got UTF-16");
  BOOST_TEST(read_table_person(cohort, "P3").quality.error.find("got t, \\xc7\\xd1") != std::string::npos);
  std::string found;
  for (const auto& finding : cohort.findings) found += finding + "\n";
  for (const char* part :
       {"Zo\\xeb/eda.csv: expected a name in UTF-8", "labels \"label\": expected a name in UTF-8",
        "labels.csv:13: expected a start before the end"})
    BOOST_TEST((found.find(part) != std::string::npos), part << " in " << found);
  BOOST_TEST_REQUIRE(cohort.ignored.size() == 1u);
  BOOST_TEST(cohort.ignored[0].path == "Zo\xeb/");
}

BOOST_AUTO_TEST_CASE(one_of_several_files_that_cannot_be_read_ends_nothing) {
  TempDir dir;
  dir.file("long1.csv", "id,t,eda\nP1," + ramp(4, 2).substr(6, 13) + ",1\n");
  const std::string sensor =
      R"("name": "eda", "files": "long*.csv", "person_column": "id", "columns": ["eda"],
      "rate": "irregular", "time": {"column": "t", "unit": "ms"})";
  dir.file("long2.csv", "who,t,eda\nP1,1,1\n");
  dir.file("P1/ema.csv", "from,to,mood\n1644228000,1644228060,calm\n");
  dir.file("P2/ema.csv", "from,to\n1644228000,1644228060\n");
  dir.file("P2.csv", ramp(4, 400));
  const std::string personal = R"("files": "{person}/ema.csv", "start": {"column": "from", "unit": "s"},
      "end": {"column": "to", "unit": "s"}, "column": "mood")";
  const std::string own = R"("name": "own", "files": "{person}.csv", "columns": ["eda"], "rate": 4,
      "time": {"column": "t", "unit": "ms"})";
  const auto cohort = cohort_of(dir, description(sensor + "}, {" + own, personal));
  BOOST_TEST((cohort.people == std::vector<std::string>{"P1", "P2", "long1", "long2"}));
  BOOST_TEST_REQUIRE(cohort.findings.size() == 1u);
  BOOST_TEST(cohort.findings[0].find("long2.csv:1: expected one column \"id\"") != std::string::npos);
  const auto two = read_table_person(cohort, "P2");
  BOOST_TEST(
      two.quality.error.find("no usable label of \"P2\": P2/ema.csv:1: expected one column \"mood\"") !=
      std::string::npos);
  dir.file("long1.csv", "x\n1\n");
  check_throws<format_error>([&] { cohort_of(dir, description(sensor, personal)); },
                             {"long1.csv:1", "expected one column"});
}

BOOST_AUTO_TEST_CASE(times_that_no_clock_shows_are_refused) {
  TempDir dir;
  dir.file("labels.csv", labels({"P1"}));
  const std::string sensor =
      R"("name": "hr", "files": "{person}.csv", "columns": ["x"], "rate": 1, "scale": 1e30,
      "time": {"unit": "start+rate"})";
  const auto read = [&](const std::string& text) {
    dir.file("P1.csv", text);
    return read_table_person(cohort_of(dir, description(sensor)), "P1").quality;
  };
  for (const char* text : {"99999999999\n1\n5\n", "4499999999\n0.001\n5\n5\n"})
    BOOST_TEST(read(text).error.find("before the year 2112") != std::string::npos, text);
  const auto beyond = read("1644228000\n1\n5e10\n1\n");  // beyond what a float holds
  BOOST_TEST(beyond.dropped.at("bad_value") == 1);
}

BOOST_AUTO_TEST_CASE(labels_in_local_time_are_found_out_in_tables) {
  TempDir dir;
  dir.file("P1/eda.csv", ramp(4, 4 * 240, "t,eda\n", start - 9 * 3600));
  dir.file("labels.csv", labels({"P1"}));
  const auto person = read_table_person(cohort_of(dir, description(eda)), "P1");
  BOOST_TEST(
      person.quality.error ==
      "no complete labelled window: labels and recordings do not overlap: labels from 2022-02-07 10:00:00 to "
      "2022-02-07 10:04:00 UTC, recordings from 2022-02-07 01:00:00 to 2022-02-07 01:04:00 UTC; labels 9 "
      "hours "
      "earlier would fit: are they in local time?");
}

BOOST_AUTO_TEST_CASE(all_files_beside_tables_are_accounted_for) {
  TempDir dir;
  dir.file("P1/eda.csv", ramp(4, 4 * 240));
  dir.file("P1/._eda.csv", "x");
  dir.file("P1/eda.csv.gz", "x");
  dir.file("__MACOSX/P1/eda.csv", "x");
  dir.file(".cache/eda.csv", "x");
  dir.file("photos/a/1.jpg", "x");
  dir.file("photos/2.jpg", "x");
  dir.file("labels.csv", labels({"P1"}));
  dir.file("P1/mood.csv", "x");
  std::filesystem::create_directories(dir / "empty");
  std::filesystem::create_directory_symlink(dir.path(), dir / "P1/loop");
  dir.file("elsewhere/x", "x");
  std::filesystem::create_directory_symlink(dir / "P1", dir / "P2");  // whatever it is called: a person
  std::vector<data::Ignored> entered;
  const auto files = table_files(dir.path(), entered);
  const std::string second = R"("files": "labels.csv", "person_column": "who", "start": {"column": "from",
      "unit": "s"}, "end": {"column": "to", "unit": "s"}, "column": "mood"}, {"name": "mood", "files":
      "{person}/mood.csv", "time": {"column": "t", "unit": "s"}, "before": 60, "column": "mood")";
  auto json = description(eda, second);
  json.replace(json.find("\"labels\": {"), 11, "\"labels\": [{");
  json.insert(json.rfind('}'), "]");
  const auto cohort = table_cohort(files, parse_table_description(json, "s"));
  std::map<std::string, data::Ignored> why;
  Index sum = cohort.shared + cohort.personal.at("P1") + cohort.personal.at("P2");
  BOOST_TEST(sum == 3);
  for (const auto& ignored : cohort.ignored) {
    why[ignored.path] = ignored;
    sum += ignored.files;
  }
  BOOST_TEST(sum == static_cast<Index>(files.size()));
  const auto expect = [&](const std::string& path, const std::string& reason, Index count = 1) {
    BOOST_TEST_CONTEXT(path) {
      BOOST_TEST(why[path].reason.find(reason) != std::string::npos);
      BOOST_TEST(why[path].files == count);
    }
  };
  expect("P1/._eda.csv", "a hidden file");
  expect("P1/eda.csv.gz", "an archive of a kind that is not read");
  expect("P1/mood.csv", "of other labels, \"mood\"");
  expect("__MACOSX/", "macOS");
  expect(".cache/", "in a hidden folder");
  expect("photos/", "no sensor and no labels have such files", 2);
  BOOST_TEST(std::any_of(entered.begin(), entered.end(), [](const auto& i) { return i.path == "empty"; }));
  BOOST_TEST(std::any_of(entered.begin(), entered.end(), [](const auto& i) { return i.path == "P1/loop"; }));
}

BOOST_AUTO_TEST_CASE(descriptions_name_what_is_wrong_with_them) {
  const auto refused = [](const std::string& json, const std::vector<std::string>& parts) {
    check_throws<format_error>([&] { parse_table_description(json, "s.json"); }, parts);
  };
  const auto without = [](std::string text, const std::string& from, const std::string& to) {
    text.replace(text.find(from), from.size(), to);
    return description(text);
  };
  parse_table_description(description(eda), "s.json");
  refused("[]", {"s.json", "expected an object"});
  refused("{}", {"sensors", "a list of objects", "nothing"});
  refused(without(eda, "\"ms\"", "\"hours\""), {"sensors[0].time.unit", "one of s, ms, us", "\"hours\""});
  refused(without(eda, "\"rate\": 4", "\"rate\": \"fast\""), {"sensors[0].rate", "irregular", "\"fast\""});
  refused(without(eda, "\"rate\": 4,", ""), {"sensors[0].rate", "got nothing"});
  refused(without(eda, "{person}/eda.csv", "eda.csv"), {"sensors[0].files", "{person}", "person_column"});
  refused(without(eda, "{person}/eda.csv", "{persn}/eda.csv"), {"sensors[0].files"});
  refused(without(eda, "{person}/eda.csv", "../{person}.csv"), {"sensors[0].files", "below"});
  refused(without(eda, "\"name\": \"eda\"", "\"name\": \"label\""), {"sensors[0].name", "\"label\""});
  refused(without(eda, "\"rate\"", "\"zone\": \"Mars\", \"rate\""), {"sensors[0].zone", "Mars"});
  refused(without(eda, "\"rate\"", "\"range\": [2, 1], \"rate\""), {"sensors[0].range"});
  refused(without(eda, "\"rate\"", "\"colums\": [], \"rate\""),
          {"sensors[0].colums", "not a key", "columns"});
  refused(without(eda, "[\"eda\"]", "[]"), {"sensors[0].columns", "at least one"});
  refused(without(eda, "[\"eda\"]", "[{\"column\": 3}]"), {"sensors[0].columns[0].column", "a text", "3"});
  refused(description(eda + R"(, "window": {"as": "cut"})"), {"sensors[0].window.length"});
  refused(description(eda, R"("files": "{person}.csv", "column": "x")"), {"labels", "intervals"});
}

namespace {

/// 2022-02-07T09:52:54.015625Z
std::string iso(std::int64_t microseconds) {
  const auto time = static_cast<std::time_t>(microseconds / 1'000'000);
  std::tm parts{};
  gmtime_r(&time, &parts);
  char text[64], fraction[16];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(fraction, sizeof fraction, ".%06dZ", static_cast<int>(microseconds % 1'000'000));
  return std::string(text) + fraction;
}

/// A wristband's file as a plain table.
std::string as_table(const EmpaticaSensor& sensor, const std::string& text) {
  std::string_view rest = text;
  const auto channels = sensor.modality.channels.size();
  std::string out = "time";
  for (const auto& channel : sensor.modality.channels) out += "," + channel.name;
  const auto first = readers::detail::take_line(rest);
  const auto at = std::llround(1e6 * std::stod(std::string(first.substr(0, first.find(',')))));
  const auto rate = std::stod(std::string(readers::detail::take_line(rest)));
  for (std::int64_t i = 0; !rest.empty(); ++i) {
    const auto line = readers::detail::take_line(rest);
    if (line.empty()) continue;
    out += "\n" + iso(at + std::llround(1e6 * static_cast<double>(i) / rate)) + "," + std::string(line);
  }
  BOOST_TEST(std::count(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(out.find('\n')), ',') ==
             static_cast<std::ptrdiff_t>(channels));
  return out + "\n";
}

}  // namespace

/// Real recordings, once as the wristband exports them and once as plain tables with ISO times: the same bytes.
BOOST_AUTO_TEST_CASE(wristbands_written_as_tables_give_the_same_data_sets) {
  const std::filesystem::path real = paths::e4;
  std::error_code absent;
  if (!std::filesystem::is_directory(real / "recordings", absent)) return;
  const auto label_file = read_empatica_labels(real / "labels.csv");
  const std::string json = R"({"sensors": [
    {"name": "e4Acc", "files": "{person}/ACC.csv", "columns": ["x", "y", "z"], "scale": 0.015625, "unit": "g",
     "range": [-8, 8], "rate": 32, "time": {"column": "time", "unit": "iso"}, "window": {"as": "series", "gaps": "drop"}},
    {"name": "e4Bvp", "files": "{person}/BVP.csv", "columns": ["value"], "rate": 64, "range": [-1e5, 1e5],
     "time": {"column": "time", "unit": "iso"}},
    {"name": "e4Eda", "files": "{person}/EDA.csv", "columns": ["eda"], "rate": 4, "range": [-1, 200],
     "time": {"column": "time", "unit": "iso"}, "window": {"as": "cut", "length": 240}},
    {"name": "e4Hr", "files": "{person}/HR.csv", "columns": ["hr"], "rate": 1, "range": [10, 300],
     "time": {"column": "time", "unit": "iso"}, "window": {"as": "mean"}},
    {"name": "e4Temp", "files": "{person}/TEMP.csv", "columns": ["temp"], "rate": 4, "range": [-40, 115],
     "time": {"column": "time", "unit": "iso"}}],
    "labels": {"files": "labels.csv", "person_column": "user", "start": {"column": "start", "unit": "s"},
               "end": {"column": "end", "unit": "s"}, "column": "label"}})";
  Index minutes = 0;
  for (const auto& user : empatica_users(real / "recordings")) {
    TempDir dir;
    dir.file("labels.csv", io::read_file(real / "labels.csv"));
    for (const auto& sensor : empatica_sensors())
      dir.file(user + "/" + sensor.file,
               as_table(sensor, io::read_file(real / "recordings" / user / sensor.file)));
    const auto wristband = read_empatica_person(real / "recordings", user, label_file);
    const auto table = read_table_person(cohort_of(dir, json), user);
    BOOST_TEST_CONTEXT(user) {
      BOOST_TEST(table.quality.error == wristband.quality.error);
      BOOST_TEST(table.quality.minutes_kept == wristband.quality.minutes_kept);
      if (!wristband.quality.usable()) continue;
      data::save_dataset(dir / "a", wristband.data);
      data::save_dataset(dir / "b", table.data);
      BOOST_TEST((io::read_file(dir / "a") == io::read_file(dir / "b")));
      minutes += wristband.quality.minutes_kept;
    }
  }
  BOOST_TEST(minutes > 100);
}

BOOST_AUTO_TEST_SUITE_END()
