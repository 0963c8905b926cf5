// SPDX-License-Identifier: MIT
#include <lifelog/core/random.hpp>
#include <lifelog/io/c_header.hpp>

#include <bit>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <limits>

#include "../support/temp_dir.hpp"
#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(io_c_header)

using namespace lifelog;
using io::CHeader;

BOOST_AUTO_TEST_CASE(literals_come_back_to_the_bit) {
  const auto check = [](float value) {
    const auto text = CHeader::literal(value);
    BOOST_REQUIRE(text.back() == 'f');
    BOOST_TEST((text.find_first_of(".e") != std::string::npos), text);  // `1f` would be no literal
    char* end = nullptr;
    const float back = std::strtof(text.c_str(), &end);
    BOOST_TEST((std::bit_cast<std::uint32_t>(back) == std::bit_cast<std::uint32_t>(value)), text);
    BOOST_TEST(std::string(end) == "f");
  };
  using Limits = std::numeric_limits<float>;
  for (const float value : {0.0f, -0.0f, 1.0f, -3.0f, 0.1f, 1e20f, 16777216.0f, Limits::max(),
                            Limits::lowest(), Limits::min(), Limits::denorm_min()})
    check(value);
  Random random(1);
  for (int i = 0; i < 10000; ++i)
    if (const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random.uniform() * 4294967296.0));
        std::isfinite(value))
      check(value);
}

BOOST_AUTO_TEST_CASE(the_text_is_what_was_asked_for) {
  CHeader header("model", {"<lifelog/embedded.hpp>"});
  header.comment("First\nand second \\");
  header.array("weights", {{"a\nb", {1, 0.5f}}, {"", {-2}}});
  header.strings("names", {"plain", "\"quoted\\\"", "line\nbreak", "ten\0010", "what?\?/"});
  header.constant("count", 3);
  BOOST_TEST(header.text() ==
             "#pragma once\n\n#include <lifelog/embedded.hpp>\n\nnamespace model {\n"
             "\n// First and second  \n"
             "constexpr float weights[] = {\n    // a b\n    1.0f, 0.5f,\n    -2.0f,\n};\n"
             "constexpr const char* names[] = {\"plain\", \"\\\"quoted\\\\\\\"\", \"line\\012break\", "
             "\"ten\\0010\", \"what\\?\\?/\"};\n"
             "constexpr long count = 3;\n\n}  // namespace model\n");
}

BOOST_AUTO_TEST_CASE(saving_is_all_or_nothing) {
  const TempDir dir;
  CHeader header("model");
  header.constant("count", 3);
  header.save(dir / "m.hpp");
  BOOST_TEST(io::read_file(dir / "m.hpp") == header.text());
  check_throws<io_error>([&] { header.save(dir / "missing" / "m.hpp"); }, {"missing"});
}

BOOST_AUTO_TEST_CASE(what_is_no_header) {
  using Error = std::invalid_argument;
  for (const std::string name : {"", "1st", "a-b", "a b", "ä"})
    check_throws<Error>([&] { CHeader{name}; }, {"'" + name + "'"});
  CHeader header("m");
  check_throws<Error>([&] { header.array("w x", {{"", {1}}}); }, {"'w x'"});
  check_throws<Error>([&] { header.array("w", {}); }, {"w", "at least one"});
  check_throws<Error>([&] { header.strings("s", {}); }, {"s", "at least one"});
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    check_throws<Error>([&] { header.array("w", {{"gain", {1, bad}}}); }, {"w", "finite", "at 1", "'gain'"});
}

BOOST_AUTO_TEST_SUITE_END()
