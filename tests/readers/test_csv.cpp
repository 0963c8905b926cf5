// SPDX-License-Identifier: MIT
#include <lifelog/readers/csv.hpp>

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <string>

BOOST_AUTO_TEST_SUITE(csv)

using namespace lifelog::data;
using namespace lifelog::readers;

BOOST_AUTO_TEST_CASE(numbers_are_whole_cells) {
  BOOST_TEST(parse_number("1.5").value == 1.5);
  BOOST_TEST(parse_number(" -2e-3\t").value == -2e-3);
  BOOST_TEST(parse_number("+7").value == 7);
  BOOST_TEST(parse_number("1598713200.0").value == 1598713200.0);
  for (const char* bad : {"1,5", "1.5x", "abc", "--1", "+-1", "inf", "-Infinity", "1e999", "0x10", "+", "."})
    BOOST_TEST((parse_number(bad).kind == CellKind::bad), bad);
  for (const char* missing : {"", " ", "na", "NA", "null", "NaN", "nan", "None", "N/A"}) {
    BOOST_TEST((parse_number(missing).kind == CellKind::missing), missing);
    BOOST_TEST(std::isnan(parse_number(missing).value));
  }
}

BOOST_AUTO_TEST_CASE(reader_splits_quotes_line_ends_and_blank_lines) {
  CsvReader csv(
      "\xEF\xBB\xBF"
      "a, b ,\"c\"\r\n\r\n1,\"x, \"\"y\"\"\nz\",\r\n\n4,5,6,7\r8",
      "t.csv");
  BOOST_TEST(csv.header().size() == 3u);
  BOOST_TEST(csv.column("b") == 1u);
  BOOST_TEST(csv.find("d") == CsvReader::none);
  BOOST_REQUIRE(csv.next());
  BOOST_TEST(csv.line() == 3);
  BOOST_TEST(cell_text(csv.cell(1)) == "x, \"y\"\nz");
  BOOST_TEST(csv.cell(2).empty());
  BOOST_REQUIRE(csv.next());
  BOOST_TEST(csv.line() == 6);
  BOOST_TEST(csv.cells() == 4u);
  BOOST_REQUIRE(csv.next());
  BOOST_TEST(csv.line() == 7);
  BOOST_TEST(csv.cell(0) == "8");
  BOOST_TEST(csv.cell(2).empty());
  BOOST_TEST(!csv.next());
}

BOOST_AUTO_TEST_CASE(an_open_quote_does_not_swallow_the_file) {
  CsvReader csv("a,b\n\"1,2\n3,4\n");
  BOOST_REQUIRE(csv.next());
  BOOST_TEST(csv.cell(0) == "\"1");
  BOOST_TEST(csv.cell(1) == "2");
  BOOST_REQUIRE(csv.next());
  BOOST_TEST(csv.cell(1) == "4");
}

BOOST_AUTO_TEST_CASE(absent_column_names_file_and_what_was_found) {
  const CsvReader csv("x,y\n", "minute.csv");
  BOOST_CHECK_EXCEPTION(csv.column("z"), lifelog::format_error, [](const auto& e) {
    return std::string(e.what()) == "minute.csv:1: expected a column \"z\", got x,y";
  });
  BOOST_CHECK_THROW(CsvReader("").column("z"), lifelog::format_error);
}

BOOST_AUTO_TEST_SUITE_END()
