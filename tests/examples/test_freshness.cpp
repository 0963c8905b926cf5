// SPDX-License-Identifier: MIT
#include "steps/freshness.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>

#include "../support/temp_dir.hpp"

BOOST_AUTO_TEST_SUITE(freshness)

using namespace lifelog::examples;
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

Json state(const fs::path& path, const StateRule& rule = results_rule) {
  return FileStates().of(path, rule);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_state_is_that_of_paths_sizes_and_content) {
  const TempDir dir;
  dir.file("a.csv", "12");
  dir.file("b/c.csv", "34");
  const auto before = state(dir.path());
  BOOST_TEST(before.size() == 2u);
  BOOST_TEST(difference(before, state(dir.path())) == "");
  dir.file("a.csv", "21");
  BOOST_TEST(difference(before, state(dir.path())) == "a.csv changed");
  dir.file("d", "");
  fs::remove(dir / "b/c.csv");
  BOOST_TEST(difference(before, state(dir.path())) == "a.csv changed, d is new, b/c.csv is gone");
  dir.file("a.csv", "12");
  fs::remove(dir / "d");
  dir.file("b/c.csv", "34");
  dir.file(".hidden", "x");
  dir.file("mil/checkpoint.safetensors", "x");
  BOOST_TEST(difference(before, state(dir.path())) == "");
  BOOST_TEST(state(dir / "a.csv").dump() == Json({{"a.csv", before.at("a.csv")}}).dump());
  BOOST_TEST(state(dir / "none").empty());
}

BOOST_AUTO_TEST_CASE(times_count_where_content_is_not_read) {
  const TempDir dir;
  const auto file = dir.file("a", "1234"), small = dir.file("b", "1");
  const StateRule rule{2, 2, true};
  const auto before = state(dir.path(), rule);
  for (const auto& touched : {file, small})
    fs::last_write_time(touched, fs::last_write_time(touched) + std::chrono::seconds(1));
  BOOST_TEST(difference(before, state(dir.path(), rule)) == "a changed");
  const auto time = fs::last_write_time(small);
  dir.file("b", "2");  // whose content is read: no time can hide it
  fs::last_write_time(small, time);
  BOOST_TEST(difference(before, state(dir.path(), rule)) == "a changed, b changed");
  // The smallest first, until they are too many.
  dir.file("c", "3");
  dir.file("d", "4");
  const auto limited = state(dir.path(), rule);
  BOOST_TEST(limited.at("c").get<std::string>().find("sum") != std::string::npos);
  BOOST_TEST(limited.at("d").get<std::string>().find("time") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(folders_stand_for_many_files) {
  const TempDir dir;
  for (int person = 0; person < 3; ++person)
    for (int i = 0; i < 800; ++i) dir.file("x/" + std::to_string(person) + "/s/" + std::to_string(i), "1");
  const auto before = state(dir.path());
  BOOST_TEST(before.size() == 3u);
  BOOST_TEST(before.contains("x/1/s/"));
  dir.file("x/1/s/7", "2");
  BOOST_TEST(difference(before, state(dir.path())) == "x/1/s/ changed");
}

BOOST_AUTO_TEST_CASE(a_stamp_that_is_not_whole_is_none) {
  const TempDir dir;
  BOOST_TEST(!read_stamp(dir / "none").has_value());
  for (const char* text : {"", " ", "{\"settings\": {", "[]", "1", "\xff"})
    BOOST_TEST(!read_stamp(dir.file("s", text)).has_value());
  BOOST_TEST(read_stamp(dir.file("s", "{}")).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
