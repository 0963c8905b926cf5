// SPDX-License-Identifier: MIT
#include <boost/test/unit_test.hpp>
#include <lifelog/core/random.hpp>
#include <lifelog/readers/table_rows.hpp>

#include "../support/temp_dir.hpp"

BOOST_AUTO_TEST_SUITE(table_rows)

using namespace lifelog;
using namespace lifelog::readers;

namespace {

TableSensor sensor_of(TimeForm form, const std::vector<TableColumn>& columns) {
  TableSensor sensor;
  sensor.name = "acc";
  sensor.source.person_column = "id";
  sensor.source.time = form;
  sensor.source.time_columns = {"t"};
  sensor.columns = columns;
  return sensor;
}

const std::vector<TableColumn> x_and_y{{"x", {"x", "g"}}, {"y", {"y", "g"}}};

struct Read {
  TableSamples samples;
  data::Quality quality;
};

Read read_text(const std::string& header, const std::string& rows, const TableSensor& sensor) {
  Read read;
  const auto layout = table_layout(header, "a.csv", sensor.source, readers::detail::column_names(sensor));
  read_table_rows(rows, layout, sensor, "a.csv", 0, read.samples, read.quality);
  return read;
}

void expect_same(const Read& a, const Read& b, const std::string& text) {
  BOOST_TEST((a.samples.time == b.samples.time), text);
  BOOST_TEST((a.samples.values == b.samples.values), text);
  BOOST_TEST(a.samples.gaps.size() == b.samples.gaps.size(), text);
  BOOST_TEST((a.quality.defects == b.quality.defects), text);
  BOOST_TEST((a.quality.notes == b.quality.notes), text);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_row_is_the_same_amid_others_and_alone) {
  const char* const times[] = {"1644228000000",
                               "1644228000020",
                               "16442280",
                               "99999999",
                               "1644228000.5",
                               "-1644228000000",
                               "1.65E+12",
                               "164422800000000000000",
                               "",
                               "x",
                               "1644228000x0",
                               "4500000000001",
                               "4500000000000",
                               " 1644228000000",
                               "\"1644228000000\""};
  const char* const cells[] = {"1.5",  "-0.25", "12",      "-3",    "1e3",       "0.1234567890123456789",
                               " 7.5", "8.5 ",  "\"9.5\"", "",      "na",        "x\"y",
                               "-",    "+2.5",  "1.5.5",   ".5",    "5.",        "123456789.125",
                               "1e39", "-.5",   "-0.0",    "1-5.5", "12345.678", "-12345.678"};
  const char* const names[] = {"P1",     "",
                               "\"P1\"", "\"P,1\"",
                               "P\"1",   "a name that is longer than what is looked at once, by far it is"};
  const auto sensor = sensor_of(TimeForm::milliseconds, x_and_y);
  Random random(3);
  const auto any = [&](const auto& list) { return std::string(list[random.below(std::size(list))]); };
  std::string others;
  for (int i = 0; i < 5; ++i) others += "P1,1644228000040,1.5,2.5,z\n";
  std::size_t whole = 0;
  for (int n = 0; n < 20'000; ++n) {
    auto row = any(names);
    row += "," + any(times) + "," + any(cells) + "," + any(cells);
    if (n % 3 > 0) row += n % 3 == 1 ? ",z" : ",\"z\"";
    row += n % 5 == 0 ? "\r\n" : "\n";
    const std::string header = "id,t,x,y,z\n";
    const auto alone = read_text(header, row, sensor);
    auto amid = read_text(header, others + row + others, sensor);
    BOOST_TEST_REQUIRE(amid.samples.size() == alone.samples.size() + 10, row);
    whole += alone.samples.size();
    auto& [samples, quality] = amid;
    const auto from = static_cast<std::ptrdiff_t>(5),
               to = from + static_cast<std::ptrdiff_t>(alone.samples.size());
    samples.time = {samples.time.begin() + from, samples.time.begin() + to};
    samples.values = {samples.values.begin() + 2 * from, samples.values.begin() + 2 * to};
    expect_same(amid, alone, row);
  }
  BOOST_TEST(whole > 1000u);
}

BOOST_AUTO_TEST_CASE(a_column_may_be_wanted_twice) {
  std::string rows;
  for (int i = 0; i < 20; ++i) rows += "P1," + std::to_string(1644228000 + i) + ",60.5,2.5\n";
  const auto sensor = sensor_of(TimeForm::seconds,
                                {{"x", {"bpm", "1/min"}}, {"x", {"hertz", "Hz"}, 0.5, 1}, {"t", {"t", "s"}}});
  const auto read = read_text("id,t,x,y\n", rows, sensor);
  BOOST_TEST_REQUIRE(read.samples.size() == 20u);
  for (std::size_t i = 0; i < 20; ++i) {
    BOOST_TEST(read.samples.values[3 * i] == 60.5f);
    BOOST_TEST(read.samples.values[3 * i + 1] == 31.25f);
    BOOST_TEST(read.samples.values[3 * i + 2] == static_cast<float>(1644228000 + static_cast<int>(i)));
  }
}

BOOST_AUTO_TEST_CASE(mixed_rows_of_a_person_are_read_as_if_they_were_alone) {
  TempDir dir;
  Random random(4);
  std::vector<std::string> names;
  for (std::size_t size = 1; size <= 40; ++size) {
    names.push_back(std::string(size, 'a'));
    names.push_back(std::string(size - 1, 'a') + "b");
    names.push_back("b" + std::string(size, 'a'));
  }
  for (const bool first : {true, false})
    for (const bool quotes : {false, true}) {
      const std::string header = first ? "id,t,x,y\n" : "t,id,x,y\n";
      std::map<std::string, std::string> expected;
      std::string text = header;
      Index nameless = 0;
      for (int i = 0; i < 30'000; ++i) {
        const auto& name = names[random.below(names.size())];
        const auto time = std::to_string(1644228000 + i);
        std::string shown = i % 97 == 0 ? " " + name + " " : name;
        if (quotes && i % 5 == 0) shown = "\"" + name + "\"";
        std::string row = first ? shown + "," + time : time + "," + shown;
        row += i % 31 == 0 ? ",bad,1.5" : "," + std::to_string(i % 100) + ".25,-" + std::to_string(i) + ".5";
        if (i % 41 == 0) row = first ? shown : "," + shown;
        row += i % 7 == 0 ? "\r\n" : "\n";
        if (i % 53 == 0) text += (first ? "na," + time : time + ",na") + ",1.5,1.5\n", ++nameless;
        text += row;
        expected[name] += row;
      }
      text += first ? "a,1644300000,1.5,2.5" : "1644300000,a,1.5,2.5";  // without a line's end
      expected["a"] += first ? "a,1644300000,1.5,2.5\n" : "1644300000,a,1.5,2.5\n";
      dir.file("mixed.csv", text);
      const auto sensor = sensor_of(TimeForm::seconds, x_and_y);
      const auto layout = table_layout(header, "a.csv", sensor.source, {"x", "y"});
      const auto people = table_people({"mixed.csv", dir / "mixed.csv"}, layout, dir / "sorted");
      BOOST_TEST(people.nameless == nameless);
      BOOST_TEST_REQUIRE(people.rows.size() == names.size());
      for (const auto& [name, parts] : people.rows) {
        Read mixed;
        for (const auto& part : parts) {
          BOOST_TEST((part.disk != dir / "mixed.csv"));
          read_table_rows(part, layout, sensor, "a.csv", mixed.samples, mixed.quality);
        }
        const auto alone = read_text(header, expected[name], sensor);
        BOOST_TEST(alone.samples.size() > 100u);
        BOOST_TEST(alone.quality.defects.at("bad_time") > 0);
        expect_same(mixed, alone, name);
      }
      std::filesystem::remove_all(dir / "sorted");
    }
}

BOOST_AUTO_TEST_SUITE_END()
