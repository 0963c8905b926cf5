// SPDX-License-Identifier: MIT
#include <lifelog/readers/csv_numbers.hpp>

#include <boost/test/unit_test.hpp>

#include <lifelog/core/random.hpp>

#include <bit>
#include <charconv>
#include <clocale>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(csv_numbers)

using namespace lifelog::data;
using namespace lifelog::readers;

BOOST_AUTO_TEST_CASE(numbers_come_by_name) {
  NumberTable out;
  read_numbers("timestamp,y,skip,x\r\n0,1,text,2\r\n0.5, 3 ,\"a,b\",\"4\"", "a.csv", {"x", "y"}, out);
  BOOST_TEST(out.rows == 2);
  const std::vector<double> expected{2, 1, 4, 3};
  BOOST_TEST(out.values == expected);
  BOOST_TEST(out.faults.empty());
}

BOOST_AUTO_TEST_CASE(faults_say_where) {
  NumberTable out;
  read_numbers("x,y\n1,na\n\nfoo,2\n3\n,NaN\n5,6,7\n", "a.csv", {"x", "y"}, out);
  BOOST_TEST(out.rows == 5);
  BOOST_REQUIRE(out.faults.size() == 5u);
  const Eigen::Index rows[] = {0, 1, 2, 3, 3}, lines[] = {2, 4, 5, 6, 6};
  const std::size_t columns[] = {1, 0, 1, 0, 1};
  for (std::size_t i = 0; i < 5; ++i) {
    BOOST_TEST(out.faults[i].row == rows[i]);
    BOOST_TEST(out.faults[i].line == lines[i]);
    BOOST_TEST(out.faults[i].column == columns[i]);
    BOOST_TEST((out.faults[i].kind == (i == 1 ? CellKind::bad : CellKind::missing)));
  }
  BOOST_TEST(out.faults[1].text == "foo");
  BOOST_TEST(std::isnan(out(3, 1)));
  BOOST_TEST(out(4, 1) == 6);
}

BOOST_AUTO_TEST_CASE(plain_decimals_are_read_to_the_bits_of_from_chars) {
  std::vector<std::string> texts{"0",
                                 "-0",
                                 "-0.0",
                                 "7",
                                 "5.",
                                 ".5",
                                 "-.25",
                                 "00012.50",
                                 "0.1",
                                 "31.25",
                                 "1e3",
                                 "1.5e-7",
                                 "1e400",
                                 "1598713200",
                                 "-",
                                 ".",
                                 "+5",
                                 "--5",
                                 "1.2.3",
                                 "12-3",
                                 "nan",
                                 "-inf",
                                 "0x10",
                                 "",
                                 "9007199254740992",
                                 "9007199254740993",
                                 "9007199254740993.5",
                                 "123456789012345678",
                                 "1234567890123456789012",
                                 "0.000000000000000001",
                                 "0.0000000000000000001",
                                 "99999999999999999999999999999999999999999999999999",
                                 "0.3",
                                 "4503599627370497.5"};
  lifelog::Random random(3);
  for (int i = 0; i < 20000; ++i) {
    std::string text = random.uniform() < 0.5 ? "-" : "";
    const auto digits = 1 + random.below(20), point = random.below(digits + 2);
    for (std::uint64_t d = 0; d < digits; ++d) {
      if (d == point) text += '.';
      text += static_cast<char>('0' + random.below(10));
    }
    texts.push_back(text);
  }
  const auto expect_same_bits = [](double value, double expected, const std::string& text) {
    BOOST_TEST(std::bit_cast<std::uint64_t>(value) == std::bit_cast<std::uint64_t>(expected), text);
  };
  Eigen::Index fast = 0, faster = 0, known_to_end = 0;
  for (const auto& text : texts) {
    const char *at = text.data(), *const end = at + text.size();
    double value = 7, expected = 7;
    const auto [stop, error] = std::from_chars(at, end, expected);
    const auto followed = text + "," + std::string(lifelog::readers::detail::short_decimal_reach, '1');
    if (double cell = 7;
        lifelog::readers::detail::short_decimal(followed.data(), followed.data() + text.size(), cell)) {
      ++known_to_end;
      BOOST_TEST((stop == end && error == std::errc()), text);
      expect_same_bits(cell, expected, text);
    }
    if (!lifelog::readers::detail::plain_decimal(at, end, value)) {
      BOOST_TEST((at == text.data()));
      continue;
    }
    ++fast;
    if (at == stop && error == std::errc())
      expect_same_bits(value, expected, text);
    else  // no plain one goes on here: what follows the number sends it to from_chars
      BOOST_TEST((at != end && (*at == 'e' || *at == '.')), text);
    for (const char* behind : {",", "\n", "\r\n", " ", "e5", "-", "+", ".", "\"", "x", "\xB2"}) {
      const auto cell = text + behind + std::string(lifelog::readers::detail::short_decimal_reach, '1');
      const char* short_at = cell.data();
      double short_value = 7;
      if (!lifelog::readers::detail::short_decimal(short_at, short_value)) continue;
      ++faster;
      BOOST_TEST((short_at - cell.data() == at - text.data()), cell);
      expect_same_bits(short_value, value, cell);
    }
  }
  BOOST_TEST(fast > 15000);
  BOOST_TEST(faster > 10 * 3000);
  BOOST_TEST(known_to_end > 3000);
}

BOOST_AUTO_TEST_CASE(every_short_decimal_is_taken_by_the_short_cut) {
  for (int whole = 1; whole <= 7; ++whole)
    for (int decimals = 0; whole + decimals <= 8; ++decimals)
      for (const bool negative : {false, true}) {
        if (whole + negative > 7) continue;  // the point must be among the first eight characters
        const auto text = std::string(negative ? "-" : "") +
                          std::string("9876543").substr(0, static_cast<std::size_t>(whole)) + "." +
                          std::string("1234567").substr(0, static_cast<std::size_t>(decimals));
        const auto cell = text + ",5.5,5.5,5.5,5.5,5.5,5.5,5.5";
        const char* at = cell.data();
        double value = 0;
        BOOST_TEST(lifelog::readers::detail::short_decimal(at, value), text);
        BOOST_TEST((at - cell.data() == static_cast<std::ptrdiff_t>(text.size())), text);
        BOOST_TEST(value == parse_number(text).value, text);
        value = 0;
        BOOST_TEST(lifelog::readers::detail::short_decimal(cell.data(), cell.data() + text.size(), value),
                   text);
        BOOST_TEST(value == parse_number(text).value, text);
      }
}

BOOST_AUTO_TEST_CASE(rows_of_any_kind_are_read_as_cell_by_cell) {
  const char* const cells[] = {"1.5",   "-0.25", "12",      "-3",      "1e3",   "0.1234567890123456789",
                               " 7.25", "8.5 ",  "\"9.5\"", "\"a,b\"", "",      "na",
                               "x\"y",  "-",     "31.25\t", "+2.5",    "1.5.5", "123456789.125"};
  const char* const line_ends[] = {"\n", "\r\n", "\r", "\n\n"};
  lifelog::Random random(5);
  for (int file = 0; file < 300; ++file) {
    std::string text = "timestamp,x,skipped,y\n";
    const auto plain_share = 0.5 + 0.5 * random.uniform();
    const auto* line_end = line_ends[random.below(4)];
    for (int row = 0; row < 20; ++row) {
      const auto count = random.uniform() < plain_share ? 4 : random.below(6);
      for (std::uint64_t c = 0; c < count; ++c) {
        if (c > 0) text += ',';
        text += random.uniform() < plain_share ? std::to_string(random.uniform() * 100 - 50)
                                               : cells[random.below(std::size(cells))];
      }
      text += line_end;
    }
    NumberTable out;
    read_numbers(text, "a.csv", {"y", "x", "absent", "timestamp"}, out, 2);
    CsvReader csv(text);
    const std::size_t columns[] = {csv.column("y"), csv.column("x"), CsvReader::none,
                                   csv.column("timestamp")};
    std::size_t faults = 0;
    lifelog::Index rows = 0;
    for (; csv.next(); ++rows) {
      BOOST_REQUIRE(rows < out.rows);
      for (std::size_t c = 0; c < 4; ++c) {
        const auto number = columns[c] == CsvReader::none ? CellNumber{CellKind::missing, std::nan("")}
                                                          : parse_number(csv.cell(columns[c]));
        BOOST_TEST((std::isnan(number.value) ? std::isnan(out(rows, c)) : number.value == out(rows, c)),
                   text);
        faults += columns[c] != CsvReader::none && number.kind != CellKind::number;
      }
    }
    BOOST_TEST(rows == out.rows);
    BOOST_TEST(faults == out.faults.size());
  }
}

BOOST_AUTO_TEST_CASE(lines_that_end_in_carriage_returns_alone_are_rows) {
  NumberTable out;
  std::string text = "x,y";
  for (int i = 0; i < 100; ++i) text += "\r" + std::to_string(i) + ",2";
  read_numbers(text, "a.csv", {"y", "x"}, out);
  BOOST_REQUIRE(out.rows == 100);
  BOOST_TEST(out.values.size() == 200u);
  BOOST_TEST(out(99, 1) == 99);
  BOOST_TEST(out(63, 0) == 2);
  BOOST_TEST(out.faults.empty());
}

BOOST_AUTO_TEST_CASE(only_required_columns_must_be_there) {
  NumberTable out;
  BOOST_CHECK_THROW(read_numbers("x\n1\n", "a.csv", {"x", "roll"}, out), lifelog::format_error);
  read_numbers("x\n1\n2\n", "a.csv", {"x", "roll"}, out, 1);
  BOOST_TEST(out.rows == 2);
  BOOST_TEST(std::isnan(out(1, 1)));
  BOOST_TEST(out.faults.empty());
  read_numbers("x\n", "a.csv", {"x"}, out);
  BOOST_TEST(out.rows == 0);
  BOOST_CHECK_THROW(read_numbers("", "a.csv", {"x"}, out), lifelog::format_error);
}

BOOST_AUTO_TEST_CASE(the_locale_does_not_matter) {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  // Where no locale with a decimal comma is installed this checks the classic one, as the other cases do.
  for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8"})
    if (std::setlocale(LC_ALL, name) != nullptr) break;
  NumberTable out;
  read_numbers("x\n1.25\n", "a.csv", {"x"}, out);
  std::setlocale(LC_ALL, before.c_str());
  BOOST_TEST(out(0, 0) == 1.25);
}

BOOST_AUTO_TEST_SUITE_END()
