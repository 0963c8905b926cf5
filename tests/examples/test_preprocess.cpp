// SPDX-License-Identifier: MIT
#include <boost/test/unit_test.hpp>
#include <lifelog/generator/generator.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "common/files.hpp"
#include "common/quality_file.hpp"
#include "run.hpp"
#include "steps/preprocessing.hpp"

BOOST_AUTO_TEST_SUITE(preprocess)

using namespace lifelog;
using namespace lifelog::examples;

namespace {

/// A tree of two people in `raw`, of ten minutes each.
struct Tree : Sandbox {
  explicit Tree(double dirt) {
    generator::GeneratorOptions options;
    options.users = 2;
    options.sessions = 1;
    options.minutes = 10;
    options.groups = 1;
    options.dirt = dirt;
    options.seed = 6;
    generator::write_etri_tree(path() / "raw", options);
  }

  std::map<std::string, std::string> contents(const std::string& folder) const {
    std::map<std::string, std::string> found;
    for (const auto& file : files())
      if (file.starts_with(folder + "/")) found[file.substr(folder.size())] = read(file);
    return found;
  }
};

struct CleanTree : Tree {
  CleanTree() : Tree(0) {}
};
struct DirtyTree : Tree {
  DirtyTree() : Tree(1) {}
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(the_table_adds_up_to_the_minutes_seen, DirtyTree) {
  BOOST_TEST(run("preprocess", "--in raw --out data").status == 0);
  std::istringstream table(read("data/quality.csv"));
  std::string line;
  std::getline(table, line);
  BOOST_TEST(line == "user,outcome,reason,minutes");
  std::map<std::string, Index> seen;
  std::map<std::string, std::map<std::string, Index>> by_outcome;
  while (std::getline(table, line)) {
    std::istringstream cells(line);
    std::string user, outcome, why, minutes;
    for (auto* cell : {&user, &outcome, &why, &minutes}) std::getline(cells, *cell, ',');
    seen[user] += std::stol(minutes);
    by_outcome[user][outcome] += std::stol(minutes);
  }
  Index repaired = 0;
  for (const auto& quality : read_quality(path() / "data" / "quality.json")) {
    BOOST_TEST(seen.at(quality.user) == quality.minutes_seen);
    BOOST_TEST(by_outcome[quality.user]["dropped"] == quality.minutes_dropped());
    BOOST_TEST(by_outcome[quality.user]["repaired"] == quality.minutes_repaired());
    repaired += quality.minutes_repaired();
  }
  BOOST_TEST(seen.size() == 2u);
  BOOST_TEST(repaired > 0);

  std::filesystem::create_directories(path() / "raw" / "dataset_2019" / "lost+found");
  write("raw/dataset_2019/lost+found/a", "");
  BOOST_TEST(run("preprocess", "--in raw --out few --notes 1").status == 0);
  const auto json = read_json(path() / "few" / "quality.json");
  const nlohmann::ordered_json stray{
      {"path", "dataset_2019/lost+found"}, {"reason", "no folder of a person"}, {"files", 1}};
  const auto& ignored = json.at("ignored");
  BOOST_TEST((std::find(ignored.begin(), ignored.end(), stray) != ignored.end()), ignored.dump());
  for (const auto& person : json.at("people")) {
    BOOST_TEST(person.at("notes").size() == 1u);
    BOOST_TEST(person.at("notes_total").get<int>() > 1);
  }
}

BOOST_FIXTURE_TEST_CASE(strict_names_the_first_minute_dropped, DirtyTree) {
  const auto failed = run("preprocess", "--in raw --out data --strict");
  BOOST_TEST(failed.status == 2);
  BOOST_TEST(failed.one_line("preprocess"));
  BOOST_TEST((failed.err.find("person 101: dataset_2019/101/") != std::string::npos), failed.err);
  BOOST_TEST((failed.err.find("minutes would be dropped") != std::string::npos), failed.err);
  BOOST_TEST(contents("data").empty());
}

BOOST_FIXTURE_TEST_CASE(strict_has_nothing_against_a_clean_tree, CleanTree) {
  BOOST_TEST(run("preprocess", "--in raw --out data --strict").status == 0);
  BOOST_TEST(contents("data").size() == 4u);
  const auto session =
      readers::etri_user_folder(path() / "raw", "102") /
      generator::plan_generator({.users = 2, .sessions = 1, .minutes = 10, .groups = 1, .dirt = 0, .seed = 6})
          .people[1]
          .sessions[0]
          .folder;
  const auto files =
      readers::list_etri_session(session, data::etri_2019(), *std::make_unique<data::Quality>());
  const auto hurt = files.minute_file(data::etri_2019()[2], files.minutes[2][4]);
  auto text = io::read_file(hurt);
  io::write_text(hurt,
                 text.substr(0, text.find('\n') + 1) + "0,what\n" + text.substr(text.find('\n', 20) + 1));
  const auto failed = run("preprocess", "--in raw --out strict --strict");
  BOOST_TEST(failed.status == 2);
  BOOST_TEST((failed.err.find("/e4Eda/" + std::to_string(files.minutes[2][4]) + ".csv") != std::string::npos),
             failed.err);
}

BOOST_FIXTURE_TEST_CASE(a_second_run_from_the_cache_leaves_the_same_files, DirtyTree) {
  const std::string flags = "--in raw --rows --cache cache --out ";
  BOOST_TEST(run("preprocess", "--in raw --rows --out plain").status == 0);
  BOOST_TEST(run("preprocess", flags + "first").status == 0);
  const auto expected = contents("plain");
  BOOST_TEST((contents("first") == expected));
  BOOST_TEST(contents("cache").size() == 4u);

  // Files that change behind their size and time show that they are not read again.
  const auto file = [this] {
    for (const auto& name : files())
      if (name.find("/e4Temp/") != std::string::npos) return path() / name;
    return path();
  }();
  const auto time = std::filesystem::last_write_time(file);
  io::write_text(file, std::string(std::filesystem::file_size(file), 'x'));
  std::filesystem::last_write_time(file, time);
  BOOST_TEST(run("preprocess", flags + "second").status == 0);
  BOOST_TEST((contents("second") == expected));

  // A spoilt cache is read again: now the spoilt file shows.
  for (auto& [name, text] : contents("cache")) {
    text[text.size() / 2] = static_cast<char>(text[text.size() / 2] ^ 1);
    write("cache" + name, text);
  }
  BOOST_TEST(run("preprocess", flags + "third").status == 0);
  BOOST_TEST((contents("third") != expected));
  BOOST_TEST(run("preprocess", "--in raw --rows --out plain").status == 0);
  BOOST_TEST((contents("third") == contents("plain")));
}

BOOST_AUTO_TEST_SUITE_END()
