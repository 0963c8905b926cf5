// SPDX-License-Identifier: MIT
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "run.hpp"

BOOST_AUTO_TEST_SUITE(train_predictors_)

using namespace lifelog;
using namespace lifelog::examples;

BOOST_AUTO_TEST_CASE(judges_as_it_is_told) {
  const Sandbox sandbox;
  sandbox.generate_data("--users 4 --groups 2 --minutes 20 --dirt 0");
  sandbox.write(
      "groups.json",
      R"({"format": "lifelog-groups", "version": 1, "groups": [["101", "103"], ["102"], ["104"]]})");
  const std::string arguments = "--rows data --groups groups.json --epochs 3 --bins three ";
  const auto held_out =
      sandbox.run("train_predictors", arguments + "--evaluate leave-one-out --assign-minutes 5 --out held");
  BOOST_TEST(held_out.status == 0, held_out.err);
  for (const char* word : {"held out", "assigned to the group they are in", "everybody else's"})
    BOOST_TEST((held_out.out.find(word) != std::string::npos), word);
  const auto json = nlohmann::json::parse(sandbox.read("held/held_out.json"));
  BOOST_TEST(json.at("people").size() == 4U);
  for (const auto& person : json.at("people")) {
    const auto alone = person.at("user") == "102" || person.at("user") == "104";
    BOOST_TEST(person.at("own_group").is_null() == alone);
    BOOST_TEST(person.at("assign_loss").size() == 3U);
    if (alone) BOOST_TEST(person.at("assigned") != person.at("group"));
    BOOST_TEST(person.at("assign_minutes") == 5);
    BOOST_TEST(person.at("general").at("rows").get<int>() > 20);
  }
  BOOST_TEST(json.at("predictors").size() == 3U + 4U + 2U);
  BOOST_TEST((sandbox.read("held/held_out_history.csv").find("general without 103,3,") != std::string::npos));

  for (const std::string how : {"split", "stratified"}) {
    const auto run = sandbox.run("train_predictors", arguments + "--evaluate " + how + " --out " + how);
    BOOST_TEST(run.status == 0, run.err);
    BOOST_TEST(nlohmann::json::parse(sandbox.read(how + "/comparison.json")).at("groups").size() == 3U);
  }
  BOOST_TEST((sandbox.read("split/comparison.json") != sandbox.read("stratified/comparison.json")));
  for (const std::string bad : {"--evaluate other", "--assign-minutes 0"}) {
    const auto run = sandbox.run("train_predictors", arguments + bad + " --out x");
    BOOST_TEST(run.status == 2);
    BOOST_TEST(run.one_line("train_predictors"));
    BOOST_TEST((run.err.find(bad.substr(0, bad.find(' '))) != std::string::npos), run.err);
  }
}

BOOST_AUTO_TEST_SUITE_END()
