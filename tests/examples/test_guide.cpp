// SPDX-License-Identifier: MIT
#include <boost/test/unit_test.hpp>
#include <lifelog/readers/table_description_file.hpp>

#include "../support/throws.hpp"
#include "run.hpp"

BOOST_AUTO_TEST_SUITE(guide)

using namespace lifelog;
using namespace lifelog::examples;

namespace {

/// The blocks of a page that begin with ```kind.
std::vector<std::string> blocks(const std::string& page, const std::string& kind) {
  const auto text = io::read_file(std::filesystem::path(paths::golden) / "../../docs" / page);
  std::vector<std::string> found;
  const auto mark = "\n```" + kind + "\n";
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
    const auto begin = at + mark.size();
    found.push_back(text.substr(begin, text.find("\n```", begin) + 1 - begin));
  }
  return found;
}

/// Runs a block as a shell does, where `$BIN` is the programs' folder.
Run shell(const Sandbox& sandbox, const std::string& block) {
  sandbox.write("block.sh", "set -e\nBIN='" + std::string(paths::programs) + "'\n" + block);
  const auto folder = "cd '" + sandbox.path().string() + "' && ";
  const int status = std::system((folder + "sh block.sh > block.out 2> block.err").c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, sandbox.read("block.out"), sandbox.read("block.err")};
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_command_of_the_guide_to_own_recordings_works) {
  const std::string page = "your-own-recordings.md";
  const auto commands = blocks(page, "sh"), shown = blocks(page, "text"), json = blocks(page, "json");
  BOOST_TEST_REQUIRE(commands.size() == 5u);
  BOOST_TEST_REQUIRE(shown.size() == 2u);
  const Sandbox sandbox;
  for (std::size_t c = 0; c < commands.size(); ++c) {
    const auto run = shell(sandbox, commands[c]);
    BOOST_TEST_REQUIRE(run.status == 0, commands[c] << run.err);
    if (c == 1) BOOST_TEST(run.out == shown[0]);
  }
  BOOST_TEST(std::filesystem::exists(sandbox.path() / "study/report/index.html"));
  BOOST_TEST(std::filesystem::exists(sandbox.path() / "data30/anna.safetensors"));
  const auto quality = read_json(sandbox.path() / "data/quality.json");
  BOOST_TEST(quality.at("total").at("kept") == 80);
  BOOST_TEST(quality.at("ignored").empty());
  BOOST_TEST(read_json(sandbox.path() / "data30/quality.json").at("settings").at("step") == 15);

  // What is drafted is not written over.
  const auto again = shell(sandbox, commands[1]);
  BOOST_TEST(again.status == 2);
  BOOST_TEST(again.one_line("preprocess"));

  // The error it shows is the one that comes.
  auto text = sandbox.read("sensors.json");
  text.replace(text.find("\"s\"", text.find("\"sensors\"")), 3, "\"sec\"");
  sandbox.write("sensors.json", text);
  BOOST_TEST(shell(sandbox, "rm -rf data\n" + commands[2]).err == shown[1]);
  for (const auto& description : json) readers::parse_table_description(description, page);
}

BOOST_AUTO_TEST_CASE(every_command_of_the_study_step_by_step_works) {
  const auto commands = blocks("study.md", "sh");
  BOOST_TEST_REQUIRE(commands.size() == 7u);
  const Sandbox sandbox;
  for (const auto& command : commands) {
    const auto run = shell(sandbox, command);
    BOOST_TEST_REQUIRE(run.status == 0, command << run.err);
  }
  for (const char* file :
       {"bits.npy", "labels.npy", "map.svg", "study/report/index.html", "predictors/comparison.json"})
    BOOST_TEST(std::filesystem::exists(sandbox.path() / file), file);
}

BOOST_AUTO_TEST_SUITE_END()
