// SPDX-License-Identifier: MIT
#include <boost/test/unit_test.hpp>
#include <lifelog/readers/table.hpp>
#include <lifelog/readers/table_description_file.hpp>
#include <lifelog/readers/table_draft.hpp>

#include "../support/paths.hpp"
#include "../support/temp_dir.hpp"

BOOST_AUTO_TEST_SUITE(table_layouts)

using namespace lifelog;
using namespace lifelog::readers;

namespace {

/// 2022-02-07T10:00:00Z, a multiple of 300.
constexpr std::int64_t start = 1644228000;

/// The cohort that a shipped description makes of a folder.
TableCohort cohort_of(const TempDir& dir, const std::string& layout) {
  const auto file = std::filesystem::path(paths::golden) / "../../examples/layouts" / (layout + ".json");
  std::vector<data::Ignored> ignored;
  auto cohort = table_cohort(table_files(dir.path(), ignored), read_table_description(file));
  BOOST_TEST(cohort.ignored.empty());
  BOOST_TEST(cohort.findings.empty());
  return cohort;
}

/// header, then rows: what `row(i)` says.
template<class Row>
std::string table(const std::string& header, int rows, Row row) {
  std::string text = header + "\n";
  for (int i = 0; i < rows; ++i) text += std::string(row(i)) + "\n";
  return text;
}

std::string number(double x) {
  return std::to_string(x);
}

}  // namespace

BOOST_AUTO_TEST_CASE(embraceplus) {
  TempDir dir;
  const auto us = [](double seconds) {
    return std::to_string(start * 1'000'000 + std::llround(1e6 * seconds));
  };
  const std::string day = "P01/2022-02-07/";
  // The device's clock is not quite that of the hour.
  dir.file(day + "accelerometer.csv",
           table("unix_timestamp,x,y,z", 64 * 121, [&](int i) { return us(i / 64.02) + ",0.5,-0.25,1"; }));
  dir.file(day + "bvp.csv",
           table("unix_timestamp,bvp", 64 * 121, [&](int i) { return us(i / 64.0) + "," + number(i % 7); }));
  dir.file(day + "eda.csv", table("unix_timestamp,eda", 4 * 121,
                                  [&](int i) { return us(i / 4.0) + ",0." + std::to_string(i % 10); }));
  dir.file(day + "temperature.csv",
           table("unix_timestamp,temperature", 121, [&](int i) { return us(i) + ",33.25"; }));
  dir.file(day + "systolic_peaks.csv",
           table("systolic_peak_timestamp", 140, [&](int i) { return us(0.9 * i) + "123"; }));
  dir.file("labels.csv", "user,start,end,label\nP01," + std::to_string(start) + "," +
                             std::to_string(start + 60) + ",calm\nP01," + std::to_string(start + 60) + "," +
                             std::to_string(start + 120) + ",stress\n");
  const auto person = read_table_person(cohort_of(dir, "embraceplus"), "P01");
  BOOST_TEST(person.quality.error == "");
  BOOST_TEST_REQUIRE(person.data.size() == 2);
  const auto& sensors = person.data.modalities;
  BOOST_TEST((sensors[0].values.shape() == std::array<std::size_t, 3>{2, 3, 1920}));
  BOOST_TEST(sensors[0].values(1, 1, 1000) == -0.25f);
  BOOST_TEST(sensors[1].values(0, 0, 65) == 2.f);
  BOOST_TEST(sensors[3].values(1, 0, 0) == 33.25f);
  BOOST_TEST(sensors[4].scalar);
  BOOST_TEST(sensors[4].values(0, 0, 0) == 67.f);  // 0, 0.9, … 59.4 s
}

BOOST_AUTO_TEST_CASE(fitbit) {
  TempDir dir;
  // 5 and more minutes from 5 in the morning in New York on.
  const auto clock = [](int seconds) {
    char text[40];
    std::snprintf(text, sizeof text, "2/7/2022 5:%02d:%02d AM", seconds / 60, seconds % 60);
    return std::string(text);
  };
  dir.file("heartrate_seconds_merged.csv", table("Id,Time,Value", 240, [&](int i) {
             return (i < 120 ? "2022484408," : "4020332650,") + clock(10 * (i % 120)) + "," +
                    std::to_string(60 + i);
           }));
  dir.file("minuteStepsNarrow_merged.csv", table("Id,ActivityMinute,Steps", 40, [&](int i) {
             return (i < 20 ? "2022484408," : "4020332650,") + clock(60 * (i % 20)) + "," +
                    std::to_string(i % 20);
           }));
  dir.file("ema.csv",
           "Id,Time,Stress\n2022484408,2/7/2022 5:05:00 AM,1\n2022484408,2/7/2022 5:20:00 AM,4\n"
           "4020332650,2/7/2022 5:05:00 AM,2\n4020332650,2/7/2022 5:20:00 AM,3\n");
  if (!std::filesystem::exists("/usr/share/zoneinfo/America/New_York")) return;
  const auto cohort = cohort_of(dir, "fitbit");
  BOOST_TEST((cohort.people == std::vector<std::string>{"2022484408", "4020332650"}));
  const auto person = read_table_person(cohort, "4020332650");
  BOOST_TEST(person.quality.error == "");
  BOOST_TEST(
      (person.data.timestamp == xt::xtensor<std::int64_t, 1>{start, start + 300, start + 600, start + 900}));
  BOOST_TEST((person.data.classes == std::vector<std::string>{"2", "3"}));
  BOOST_TEST((person.data.label == xt::xtensor<std::int64_t, 1>{0, 1, 1, 1}));
  BOOST_TEST(person.data.modalities[0].values(0, 0, 0) == 194.5f);  // of 180 … 209
  BOOST_TEST(person.data.modalities[1].values(1, 0, 0) == 35.f);    // 5 + 6 + 7 + 8 + 9
}

BOOST_AUTO_TEST_CASE(apple_watch) {
  if (!std::filesystem::exists("/usr/share/zoneinfo/Europe/Berlin")) return;
  TempDir dir;
  const auto clock = [](int seconds) {
    char text[40];
    std::snprintf(text, sizeof text, "2022-02-07 11:%02d:%02d +0100", seconds / 60, seconds % 60);
    return std::string(text);
  };
  const std::string header = "sourceName,sourceVersion,device,type,unit,creationDate,startDate,endDate,value";
  const auto row = [&](const std::string& kind, int seconds, int value) {
    return "\"Anna’s Watch\",\"8.3\",\"<<HKDevice: 0x1>, name:Apple Watch, model:Watch>\",\"" + kind +
           "\",\"count\"," + clock(seconds) + "," + clock(seconds) + "," + clock(seconds) + "," +
           std::to_string(value);
  };
  dir.file("anna/HeartRate.csv",
           table(header, 100, [&](int i) { return row("HeartRate", 11 * i, 60 + i % 2); }));
  dir.file("anna/StepCount.csv", table(header, 3, [&](int i) { return row("StepCount", 310 + i, 20); }));
  dir.file("anna/ema.csv", "date,mood\n2022-02-07 11:05,calm\n2022-02-07 11:18,tense\n");
  const auto person = read_table_person(cohort_of(dir, "apple_watch"), "anna");
  BOOST_TEST(person.quality.error == "");
  BOOST_TEST_REQUIRE(person.data.size() == 4);
  BOOST_TEST((person.data.label == xt::xtensor<std::int64_t, 1>{0, 1, 1, 1}));
  BOOST_TEST((person.data.modalities[1].values == xt::xtensor<float, 3>{{{0}}, {{60}}, {{0}}, {{0}}}));
  BOOST_TEST(person.data.present.size() == 0u);
}

BOOST_AUTO_TEST_CASE(aware) {
  TempDir dir;
  const auto ms = [](double seconds) { return std::to_string(start * 1000 + std::llround(1e3 * seconds)); };
  const std::vector<std::string> phones{"0a1b-2c", "3d4e-5f"};
  std::string acc =
      "\"_id\",\"timestamp\",\"device_id\",\"double_values_0\",\"double_values_1\",\"double_values_2\","
      "\"accuracy\",\"label\"\n";
  std::string light = "_id,timestamp,device_id,double_light_lux,accuracy,label\n",
              screen = "_id,timestamp,device_id,screen_status\n", ema = "device_id,timestamp,stress\n";
  int id = 0;
  for (const auto& phone : phones) {
    for (int i = 0; i < 5 * 1200; ++i)  // with the jitter of phones
      acc += std::to_string(++id) + "," + ms(0.2 * i + 0.03 * (i % 3)) + ",\"" + phone + "\",0.1,9.8,-0." +
             std::to_string(i % 10) + ",3,\"\"\n";
    for (int i = 0; i < 40; ++i)
      light += std::to_string(++id) + "," + ms(30 * i) + "," + phone + "," + std::to_string(i) + ",3,\n";
    screen += "7," + ms(65) + "," + phone + ",1\n8," + ms(66.5) + "," + phone + ",0\n";
    ema += phone + "," + ms(600) + ",1\n" + phone + "," + ms(1200) + ",5\n";
  }
  dir.file("accelerometer.csv", acc);
  dir.file("light.csv", light);
  dir.file("screen.csv", screen);
  dir.file("ema.csv", ema);
  const auto cohort = cohort_of(dir, "aware");
  BOOST_TEST((cohort.people == phones));
  for (const auto& phone : phones) {
    const auto person = read_table_person(cohort, phone);
    BOOST_TEST(person.quality.error == "");
    BOOST_TEST_REQUIRE(person.data.size() == 20);
    BOOST_TEST((person.data.classes == std::vector<std::string>{"1 (below 3)", "2 (3 and above)"}));
    BOOST_TEST((person.data.modalities[0].values.shape() == std::array<std::size_t, 3>{20, 3, 300}));
    BOOST_TEST(person.data.modalities[0].values(19, 1, 299) == 9.8f);
    BOOST_TEST(person.data.modalities[1].values(3, 0, 0) == 7.f);
    BOOST_TEST(person.data.modalities[2].values(0, 0, 0) == 0.f);
    BOOST_TEST(person.data.modalities[2].values(1, 0, 0) == 2.f);
  }
}

BOOST_AUTO_TEST_CASE(wesad) {
  TempDir dir;
  const auto file = [](int rate, int channels) {
    std::string first, second;
    for (int c = 0; c < channels; ++c) {
      first += (c ? "," : "") + std::to_string(start) + ".00";
      second += (c ? "," : "") + std::to_string(rate) + ".000000";
    }
    return table(first + "\n" + second, rate * 120, [&](int i) {
      std::string row = std::to_string(i);
      for (int c = 1; c < channels; ++c) row += "," + std::to_string(c);
      return row;
    });
  };
  const std::string folder = "S2/S2_E4_Data/";
  dir.file(folder + "ACC.csv", file(32, 3));
  dir.file(folder + "BVP.csv", file(64, 1));
  dir.file(folder + "EDA.csv", file(4, 1));
  dir.file(folder + "TEMP.csv", file(4, 1));
  dir.file("S2/S2_labels.csv", "start;end;condition\n" + std::to_string(start) + ";" +
                                   std::to_string(start + 60) + ";baseline\n" + std::to_string(start + 60) +
                                   ";" + std::to_string(start + 130) + ";stress\n");
  const auto person = read_table_person(cohort_of(dir, "wesad"), "S2");
  BOOST_TEST_REQUIRE(person.data.size() == 3);  // every half minute
  BOOST_TEST((person.data.timestamp == xt::xtensor<std::int64_t, 1>{start, start + 30, start + 60}));
  BOOST_TEST(person.data.modalities[0].values(1, 0, 0) == 32 * 30 / 64.f);
  BOOST_TEST(person.data.modalities[0].values(1, 2, 5) == 2 / 64.f);
  BOOST_TEST(person.data.modalities[1].values(2, 0, 0) == 64 * 60.f);
}

/// What is drafted of a folder is read, and says what is in it.
BOOST_AUTO_TEST_CASE(drafts_describe_what_is_there) {
  TempDir dir;
  const auto ms = [](double seconds) { return std::to_string(start * 1000 + std::llround(1e3 * seconds)); };
  for (const std::string who : {"A", "B"}) {
    dir.file(who + "/acc.csv",
             table("t;x;y", 500, [&](int i) { return ms(i / 50.0) + ";0,5;" + std::to_string(i); }));
    dir.file(who + "/hr.csv", table("time,bpm", 50, [&](int i) {
               return "2022-02-07T10:" + std::to_string(10 + i) + ":0" + std::to_string(i * i % 10) + ",70";
             }));
    dir.file(who + "/TEMP.csv",
             table(std::to_string(start) + ".00\n4.000000", 50, [&](int) { return "33.1"; }));
  }
  dir.file("screen.csv", table("device_id,timestamp", 90,
                               [&](int i) { return std::string(i % 2 ? "A," : "B,") + ms(i * i); }));
  dir.file("labels.csv",
           "user,start,end,label\nA,1644228000,1644228060,calm\nB,1644228000,1644228060,calm\n");
  dir.file("readme.txt", "Hello.\nWorld.\n");
  std::vector<data::Ignored> ignored;
  const auto draft = draft_table_description(table_files(dir.path(), ignored));
  const auto read = parse_table_description(draft.json.dump(), "draft");
  BOOST_TEST_REQUIRE(read.sensors.size() == 4u);
  const auto sensor = [&](const std::string& name) {
    return *std::find_if(read.sensors.begin(), read.sensors.end(),
                         [&](const auto& s) { return s.name == name; });
  };
  BOOST_TEST(sensor("acc").rate == 50);
  BOOST_TEST((sensor("acc").source.time == TimeForm::milliseconds));
  BOOST_TEST(sensor("acc").columns.size() == 2u);
  BOOST_TEST(sensor("acc").source.files == "{person}/acc.csv");
  BOOST_TEST((sensor("hr").source.time == TimeForm::iso));
  BOOST_TEST((sensor("hr").window == TableWindow::mean));
  BOOST_TEST(sensor("TEMP").rate == 4);
  BOOST_TEST((sensor("TEMP").source.time == TimeForm::start_and_rate));
  BOOST_TEST(sensor("screen").source.person_column == "device_id");
  BOOST_TEST((sensor("screen").window == TableWindow::count));
  BOOST_TEST(read.labels.at(0).source.person_column == "user");
  BOOST_TEST((read.labels.at(0).end_columns == std::vector<std::string>{"end"}));
  std::string all;
  for (const auto& sentence : draft.why) all += sentence + "\n";
  for (const auto* part :
       {"0.02 s from one row to the next (median)", "written as ms", "taken for labels", "readme.txt"})
    BOOST_TEST((all.find(part) != std::string::npos), part << " in " << all);
  const auto files = table_files(dir.path(), ignored);
  BOOST_TEST(table_cohort(files, read, {"", dir / "sorted"}).people.size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
