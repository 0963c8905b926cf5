// SPDX-License-Identifier: MIT
#include <lifelog/core/error.hpp>
#include <lifelog/core/shown.hpp>

#include <boost/test/unit_test.hpp>
#include <string>

#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(core_shown)

using lifelog::detail::shown;

BOOST_AUTO_TEST_CASE(printable_text_stays_as_it_is) {
  for (const std::string text :
       {"", "a b", "c:\\data\\'x' \"y\"", "ü µ 한국어 \U0001f600 \u00a0\u07ff\u0800\uffff\U0010ffff"})
    BOOST_TEST(shown(text) == text);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_seen_is_escaped) {
  BOOST_TEST(shown("a\nb\rc\td") == "a\\nb\\rc\\td");
  BOOST_TEST(shown(std::string_view("\0\x1b[31m\x7f", 7)) == "\\x00\\x1b[31m\\x7f");
  BOOST_TEST(shown("\u0085\u202e\u2028\u2066\ufeff") == "\\x85\\u202e\\u2028\\u2066\\ufeff");
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_utf8_are_escaped_one_by_one) {
  BOOST_TEST(shown("\xff"
                   "a\x80") == "\\xffa\\x80");
  BOOST_TEST(shown("\xc3") == "\\xc3");                    // cut inside a letter
  BOOST_TEST(shown("\xc3(") == "\\xc3(");                  // continued by none
  BOOST_TEST(shown("\xc0\xaf") == "\\xc0\\xaf");           // two bytes for one
  BOOST_TEST(shown("\xe0\x80\xaf") == "\\xe0\\x80\\xaf");  // three
  BOOST_TEST(shown("\xf0\x80\x80\xaf") == "\\xf0\\x80\\x80\\xaf");
  BOOST_TEST(shown("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // half of a pair
  BOOST_TEST(shown("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // past the last
}

BOOST_AUTO_TEST_CASE(long_text_is_cut_between_characters) {
  BOOST_TEST(shown(std::string(200, 'x')) == std::string(200, 'x'));
  BOOST_TEST(shown(std::string(201, 'x')) == std::string(199, 'x') + "…");
  BOOST_TEST(shown("üüü", 3) == "üüü");
  BOOST_TEST(shown("üüüü", 3) == "üü…");
  BOOST_TEST(shown("ab\x1b", 5) == "ab…");  // its escape has four characters
  BOOST_TEST(shown("ab\x1b", 6) == "ab\\x1b");
  BOOST_TEST(shown(shown("\xff\n")) == shown("\xff\n"));
}

// The last resort: whatever is quoted in an error about a file, it is one printable line of bounded length.
BOOST_AUTO_TEST_CASE(errors_about_files_are_one_bounded_line) {
  const std::string rubbish = "\n\xff" + std::string(1'000'000, 'x');
  for (const auto& text : {std::string(lifelog::format_error("a.csv:1", rubbish).what()),
                           std::string(lifelog::format_error("a: " + rubbish, "why").what()),
                           std::string(lifelog::io_error("a.csv", rubbish).what())}) {
    BOOST_TEST(text.size() < 9000u);
    BOOST_TEST(text.find('\n') == std::string::npos);
    BOOST_TEST(text.find("\\n\\xffxxx") != std::string::npos);
  }
  BOOST_TEST(lifelog::format_error("a.csv:1", "expected µS").what() == std::string("a.csv:1: expected µS"));
}

BOOST_AUTO_TEST_SUITE_END()
