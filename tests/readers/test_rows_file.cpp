// SPDX-License-Identifier: MIT
#include <lifelog/readers/rows_file.hpp>

#include <boost/test/unit_test.hpp>

#include <limits>

#include "../support/etri_writer.hpp"

BOOST_AUTO_TEST_SUITE(rows)

using namespace lifelog::data;
using namespace lifelog::readers;
using namespace etri_writer;

namespace {

RowTable small_table() {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  RowTable table;
  table.user = "101";
  table.columns = {"e4Acc__x", "mGps__lat"};
  table.time = {-5, 0, 1598713205};
  table.values = {{0.1, nan}, {-1e-300, 36.123456789012345}, {1.0 / 3, 1e22}};
  table.labels = {{"action", {"sleep", "a, \"b\"\nc", ""}}, {"emotionTension", {"3", "", "7"}}};
  return table;
}

void rejects(const std::string& text, const std::string& where, const std::string& what) {
  TemporaryFolder folder;
  write(folder.path / "1.csv", text);
  BOOST_CHECK_EXCEPTION(read_rows(folder.path / "1.csv"), lifelog::format_error, [&](const auto& e) {
    const std::string message = e.what();
    return message.find("1.csv:" + where) != std::string::npos && message.find(what) != std::string::npos;
  });
}

}  // namespace

BOOST_AUTO_TEST_CASE(csv_text_is_as_documented) {
  BOOST_TEST(to_csv(small_table()) ==
             "datetime,e4Acc__x,mGps__lat,action,emotionTension\n"
             "1969-12-31 23:59:55,0.1,,sleep,3\n"
             "1970-01-01 00:00:00,-1e-300,36.123456789012344,\"a, \"\"b\"\"\nc\",\n"
             "2020-08-29 15:00:05,0.3333333333333333,1e+22,,7\n");
}

BOOST_AUTO_TEST_CASE(tables_survive_the_file_bit_for_bit) {
  TemporaryFolder folder;
  const auto table = small_table();
  write_rows(folder.path / "101.csv", table);
  const auto read = read_rows(folder.path / "101.csv");
  BOOST_TEST(read.user == "101");
  BOOST_TEST(read.columns == table.columns);
  BOOST_TEST(read.time == table.time);
  BOOST_REQUIRE(read.values.shape() == table.values.shape());
  for (std::size_t i = 0; i < table.values.size(); ++i) {
    const double a = table.values.data()[i], b = read.values.data()[i];
    BOOST_TEST((a == b || (std::isnan(a) && std::isnan(b))));
  }
  BOOST_REQUIRE(read.labels.size() == 2u);
  for (std::size_t l = 0; l < 2; ++l) {
    BOOST_TEST(read.labels[l].name == table.labels[l].name);
    BOOST_TEST(read.labels[l].cells == table.labels[l].cells);
  }
}

BOOST_AUTO_TEST_CASE(empty_tables_survive_too) {
  TemporaryFolder folder;
  RowTable table;
  table.columns = {"a__b"};
  table.values = xt::xtensor<double, 2>(std::array<std::size_t, 2>{0, 1});
  write_rows(folder.path / "1.csv", table);
  const auto read = read_rows(folder.path / "1.csv");
  BOOST_TEST(read.size() == 0u);
  BOOST_TEST(read.columns == table.columns);
}

BOOST_AUTO_TEST_CASE(bad_files_are_named_with_line) {
  rejects("time,a__b\n", "1", "datetime");
  rejects("datetime,a__b\n2020-08-29 15:00:05,1\n2020-08-29 15:00:10,x\n", "3", "a__b");
  rejects("datetime,a__b\n2020-08-29 15:00:05\n", "2", "expected 2 cells, got 1");
  for (const char* when :
       {"2020-02-30 00:00:00", "2020-08-29T15:00:05", "2020-08-29 24:00:00", "1598713205", ""})
    rejects(std::string("datetime,a__b\n") + when + ",1\n", "2", "YYYY-MM-DD");
  BOOST_CHECK_THROW(read_rows("/nowhere/1.csv"), lifelog::io_error);
}

BOOST_AUTO_TEST_CASE(labels_as_numbers) {
  const auto tension = label_numbers(small_table(), "emotionTension");
  BOOST_TEST(tension(0) == 3);
  BOOST_TEST(std::isnan(tension(1)));
  BOOST_TEST(tension(2) == 7);
  BOOST_CHECK_THROW(label_numbers(small_table(), "mood"), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
