// SPDX-License-Identifier: MIT
#include <boost/test/unit_test.hpp>
#include <lifelog/readers/table_time.hpp>

#include "../support/temp_dir.hpp"
#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(table_time)

using namespace lifelog;
using namespace lifelog::readers;

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t never = -1;

std::int64_t parsed(TimeForm form, const std::string& text, const std::string& zone = "UTC") {
  return TimeParser(form, TimeZone::named(zone)).parse(text).value_or(never);
}

}  // namespace

BOOST_AUTO_TEST_CASE(epochs_keep_every_digit) {
  BOOST_TEST(parsed(TimeForm::seconds, "1644227574.015625") == 1'644'227'574'015'625'000);
  BOOST_TEST(parsed(TimeForm::seconds, "1644227574.0156250004") == 1'644'227'574'015'625'000);
  BOOST_TEST(parsed(TimeForm::seconds, "1644227574.9999999999") == 1'644'227'575 * second);
  BOOST_TEST(parsed(TimeForm::seconds, " 0 ") == 0);
  BOOST_TEST(parsed(TimeForm::milliseconds, "1644227574015") == 1'644'227'574'015'000'000);
  BOOST_TEST(parsed(TimeForm::milliseconds, "1644227574015.625") == 1'644'227'574'015'625'000);
  BOOST_TEST(parsed(TimeForm::microseconds, "1644227574015625") == 1'644'227'574'015'625'000);
  BOOST_TEST(parsed(TimeForm::nanoseconds, "1644227574015625001") == 1'644'227'574'015'625'001);
  BOOST_TEST(parsed(TimeForm::milliseconds, "1.65E+12") == 1'650'000'000 * second);
}

BOOST_AUTO_TEST_CASE(what_is_no_time_is_none) {
  for (const auto* text :
       {"", "x", "1e30", "12345678901234567890", "1644227574x", "nan", "1.2.3", "99999999999"})
    BOOST_TEST(parsed(TimeForm::seconds, text) == never, text);
  for (const auto* text :
       {"", "2022-02-30", "2022-13-01", "2022-02-07T25:00", "2022-02-07T10:61", "2022-02-07 10", "1644227574",
        "2022-02-07T10:31:58 nowhere", "2022-02/07", "07.02.2022", "2022-02-07T10:31:58+99:00"})
    BOOST_TEST(parsed(TimeForm::iso, text) == never, text);
}

BOOST_AUTO_TEST_CASE(iso_times_come_with_and_without_zone) {
  const auto expected = 1'644'229'918 * second;  // date -u -d 2022-02-07T10:31:58 +%s
  for (const auto* text : {"2022-02-07T10:31:58Z", "2022-02-07 10:31:58", "2022/02/07 10:31:58.000",
                           "2022-02-07T11:31:58+01:00", "2022-02-07T11:31:58+0100",
                           "2022-02-07 05:31:58 -0500", "2022-02-07T19:31:58+09", "2022-2-7 10:31:58 UTC"})
    BOOST_TEST(parsed(TimeForm::iso, text) == expected, text);
  BOOST_TEST(parsed(TimeForm::iso, "2022-02-07T10:31:58.015625") == expected + 15'625'000);
  BOOST_TEST(parsed(TimeForm::iso, "2022-02-07T10:31:58,25Z") == expected + 250'000'000);
  BOOST_TEST(parsed(TimeForm::iso, "2022-02-07T10:31") == expected - 58 * second);
  BOOST_TEST(parsed(TimeForm::iso, "2022-02-07") == 1'644'192'000 * second);
  BOOST_TEST(parsed(TimeForm::iso, "2022-02-07T19:31:58", "+09:00") == expected);
  BOOST_TEST(parsed(TimeForm::iso, "2022-02-07T10:31:58Z", "+09:00") == expected);
}

BOOST_AUTO_TEST_CASE(days_of_calendars_in_other_orders) {
  const auto expected = 1'460'445'660 * second;  // 2016-04-12T07:21:00Z
  BOOST_TEST(parsed(TimeForm::month_day_year, "4/12/2016 7:21:00 AM") == expected);
  BOOST_TEST(parsed(TimeForm::month_day_year, "04/12/16 07:21:00") == expected);
  BOOST_TEST(parsed(TimeForm::month_day_year, "4/12/2016 7:21:00 PM") == expected + 43200 * second);
  BOOST_TEST(parsed(TimeForm::month_day_year, "4/12/2016 12:00:00 AM") == expected - 26460 * second);
  BOOST_TEST(parsed(TimeForm::day_month_year, "12.04.2016 07:21") == expected);
  BOOST_TEST(parsed(TimeForm::month_day_year, "13/12/2016 7:21:00 AM") == never);
  BOOST_TEST(parsed(TimeForm::month_day_year, "4/12/2016 13:21:00 PM") == never);
}

/// The day that was read last is remembered: no other may be taken for it.
BOOST_AUTO_TEST_CASE(a_remembered_day_is_that_of_the_text) {
  TimeParser parser(TimeForm::iso);
  const auto day = *parser.parse("2022-02-08");
  BOOST_TEST(*parser.parse("2022-2-7") == day - 86400 * second);
  BOOST_TEST(*parser.parse("2022-02-08") == day);
  BOOST_TEST(!parser.parse("2022-02-30"));
  BOOST_TEST(*parser.parse("2022-02-08T00:00:01") == day + second);
}

/// A file of the time zone database with no listed change, only a rule: what there is of years to come.
BOOST_AUTO_TEST_CASE(zones_follow_their_rule) {
  std::string text = "TZif2" + std::string(15, '\0');
  const std::string counts("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4", 24);
  const std::string type("\0\0\x0e\x10\0\0CET\0", 10);
  text += counts + type;
  text += "TZif2" + std::string(15, '\0') + counts + type + "\nCET-1CEST,M3.5.0,M10.5.0/3\n";
  const auto berlin = TimeZone::parse(text, "Berlin");
  const auto clock = [&](const char* shown) {
    return *TimeParser(TimeForm::iso, berlin).parse(shown) / second -
           *TimeParser(TimeForm::iso).parse(shown) / second;
  };
  BOOST_TEST(clock("2022-02-07T10:00:00") == -3600);
  BOOST_TEST(clock("2022-07-01T10:00:00") == -7200);
  BOOST_TEST(clock("2022-03-27T01:59:59") == -3600);
  BOOST_TEST(clock("2022-03-27T02:30:00") == -3600);  // left out
  BOOST_TEST(clock("2022-03-27T03:00:00") == -7200);
  BOOST_TEST(clock("2022-10-30T02:30:00") == -7200);  // shown twice
  BOOST_TEST(clock("2022-10-30T03:00:00") == -3600);
  BOOST_TEST(clock("2045-07-01T10:00:00") == -7200);
  // Of rows one after the other, those after clocks went back.
  TimeParser rows(TimeForm::iso, berlin, true);
  const auto at = [&](const char* shown) { return *rows.parse(shown) / second - 1667088000; };
  BOOST_TEST(at("2022-10-30 02:00:00") == 0);
  BOOST_TEST(at("2022-10-30 02:59:59") == 3599);
  BOOST_TEST(at("2022-10-30 02:59:01") == 3541);  // a row out of order
  BOOST_TEST(at("2022-10-30 02:00:00") == 3600);
  BOOST_TEST(at("2022-10-30 02:30:00") == 5400);
  BOOST_TEST(at("2022-10-30 02:29:58") == 5398);
  BOOST_TEST(at("2022-10-30 02:30:00+02:00") == 1800);
  BOOST_TEST(at("2022-10-30 03:00:00") == 7200);
  BOOST_TEST(at("2022-10-30 02:30:00") == 5400);
  BOOST_TEST(at("2022-10-30 01:30:00") == -1800);
  for (std::size_t cut = 0; cut < text.size(); ++cut)
    check_throws<format_error>([&] { TimeZone::parse(text.substr(0, cut), "cut"); }, {"cut", "time zone"});
  check_throws<std::invalid_argument>([] { TimeZone::named("Europe/Nowhere"); },
                                      {"Europe/Nowhere", "+09:00"});
  check_throws<std::invalid_argument>([] { TimeZone::named("../etc/passwd"); }, {"../etc/passwd"});
}

BOOST_AUTO_TEST_SUITE_END()
