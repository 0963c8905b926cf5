// SPDX-License-Identifier: MIT
#include <lifelog/io/json.hpp>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(io_json)

using lifelog::format_error;
using lifelog::io::for_each_member;
using lifelog::io::Json;
using lifelog::io::json_depth;
using lifelog::io::parse_json;

namespace {

void refuses(const std::string& text, const std::vector<std::string>& parts) {
  auto expected = parts;
  expected.emplace_back("f.json: ");
  check_throws<format_error>([&] { parse_json("f.json", text); }, expected);
  try {
    parse_json("f.json", text);
  } catch (const format_error& error) {
    BOOST_TEST(std::string(error.what()).size() < 600u);
  }
}

std::string nested(std::size_t levels, const std::string& open, const std::string& close,
                   const std::string& inside) {
  std::string text, end;
  for (std::size_t i = 0; i < levels; ++i) text += open, end += close;
  return text + inside + end;
}

}  // namespace

BOOST_AUTO_TEST_CASE(values_come_in_the_order_of_the_text) {
  for (const std::string text :
       {R"({"b":[1,-2,2.5,1e+300,true,false,null,"x\n"],"a":{"c":{},"d":[]},"":[[],[{}]]})", "[]", "{}", "3",
        "-0.0", "\"\"", "18446744073709551615", R"({"a":{"a":1},"b":{"a":1}})"})
    BOOST_TEST(parse_json("f", text).dump() == text);
  BOOST_TEST(parse_json("f", " [ 1 ,\n\"\\u00fc\" ] ").dump() == "[1,\"\u00fc\"]");
  BOOST_TEST(parse_json("f", "18446744073709551616").is_number_float());
  std::string many = "{";  // past what an object is made for
  for (int i = 0; i < 100; ++i)
    many += (i > 0 ? ",\"" : "\"") + std::to_string(i * 37 % 100) + "\":[" + std::to_string(i) + "]";
  many += "}";
  BOOST_TEST(parse_json("f", many).dump() == many);
}

BOOST_AUTO_TEST_CASE(members_come_one_by_one) {
  std::string seen;
  for_each_member(
      "f", R"({"b":1,"a":[{"x":2}],"c":{"y":{}}})",
      [&](const std::string& name, const Json& value) { seen += name + "=" + value.dump() + " "; });
  BOOST_TEST(seen == R"(b=1 a=[{"x":2}] c={"y":{}} )");
  for (const char* text : {"[]", "3", "null", "\"a\""})
    check_throws<format_error>([&] { for_each_member("f.json", text, [](auto&, auto&) {}); },
                               {"f.json", "object"});
  check_throws<format_error>(
      [&] { for_each_member("f.json", R"({"a":1,"b":2,"a":3})", [](auto&, auto&) {}); },
      {"f.json", "twice", "'a'"});
}

BOOST_AUTO_TEST_CASE(names_are_there_once) {
  refuses(R"({"a":1,"a":2})", {"twice", "'a'"});
  refuses(R"([{"x":{"b":1,"\u0062":2}}])", {"twice", "'b'"});
  std::string many = "{";
  for (int i = 0; i < 30; ++i) many += "\"" + std::to_string(i % 29) + "\":" + std::to_string(i) + ",";
  refuses(many + "\"z\":0}", {"twice", "'0'"});
  refuses("{\"" + std::string(100'000, 'a') + "\":1,\"" + std::string(100'000, 'a') + "\":2}",
          {"twice", "aaa…'"});
}

// Deep texts of any size are refused where the limit is reached, and the values of lesser ones can be walked.
BOOST_AUTO_TEST_CASE(depth_is_bounded) {
  for (const auto& [open, close, inside] :
       {std::tuple{"[", "]", ""}, {"{\"a\":", "}", "1"}, {"[{\"a\":", "}]", "1"}}) {
    const std::size_t each = std::string(open).size() > 5 ? 2 : 1;
    const auto most = nested(json_depth / each, open, close, inside);
    BOOST_TEST(parse_json("f", most).dump() == most);
    for (const std::size_t levels : {json_depth / each + 1, std::size_t{100'000}, std::size_t{1'000'000}}) {
      refuses(nested(levels, open, close, inside), {"deeper than 64"});
      refuses(nested(levels, open, "", inside), {"deeper than 64"});
    }
  }
}

BOOST_AUTO_TEST_CASE(what_is_behind_the_value_is_refused) {
  using namespace std::string_literals;
  refuses("{}\0rubbish"s, {"NUL", "byte 2"});
  refuses("{}\0"s, {"NUL"});
  refuses("\0{}"s, {"NUL", "byte 0"});
  refuses("{\"a\0\":1}"s, {"NUL"});
  refuses("{} {}", {"not JSON"});
  refuses("{}x", {"not JSON", "'{}x'"});
  refuses("", {"not JSON"});
  refuses("// a\n{}", {"not JSON"});
}

BOOST_AUTO_TEST_CASE(messages_are_bounded_and_printable) {
  const std::string longest(1'000'000, 'x');
  refuses("[\"" + longest, {"not JSON", "xxx…"});
  refuses("[\"" + longest + "\n", {"not JSON"});
  refuses("[1" + std::string(1'000'000, '0') + "]", {"not JSON", "…"});
  refuses("[\"\xff\"]", {"not JSON", "\\xff"});
  refuses("{\"a\":nul", {"not JSON", "line 1, column 9", "nul"});
}

// 300,000 names in about a second: where each is compared with all before it they take half an hour.
BOOST_AUTO_TEST_CASE(time_is_linear) {
  std::string text = "{";
  for (int i = 0; i < 300'000; ++i) text += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":{}";
  text += "}";
  const auto begin = std::chrono::steady_clock::now();
  BOOST_TEST(parse_json("f", text).size() == 300'000u);
  BOOST_TEST(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() < 30);
}

BOOST_AUTO_TEST_SUITE_END()
