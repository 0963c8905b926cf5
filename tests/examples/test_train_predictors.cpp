// SPDX-License-Identifier: MIT
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <lifelog/data/dataset_file.hpp>
#include <lifelog/readers/rows_file.hpp>
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

  const auto regrouped = sandbox.run("train_predictors", arguments + "--regroup --folds 2 --out again");
  BOOST_TEST(regrouped.status == 0, regrouped.err);
  const auto found = nlohmann::json::parse(sandbox.read("again/regrouped.json"));
  std::vector<std::string> everybody;
  for (const auto& group : found.at("groups"))
    for (const auto& user : group) everybody.push_back(user);
  std::sort(everybody.begin(), everybody.end());
  BOOST_TEST((everybody == std::vector<std::string>{"101", "102", "103", "104"}));
  const auto& new_people = found.at("people_held_out");
  BOOST_TEST(new_people.at("people").size() == 4U);
  BOOST_TEST(new_people.at("folds").size() == 2U);
  for (const char* way : {"regrouped", "general", "random", "own"}) {
    const double f1 = new_people.at(way).at("f1");
    BOOST_TEST((f1 > 0 && f1 <= 1), way);
    BOOST_TEST(new_people.at(way).at("intervals").at("f1").at("low") <= f1);
  }
  for (const auto& one : new_people.at("regrouped_less")) {
    const double by = new_people.at(one.at("by").get<std::string>()).at("f1");
    BOOST_TEST(std::abs(one.at("f1").get<double>() -
                        (new_people.at("regrouped").at("f1").get<double>() - by)) < 1e-12);
  }
  BOOST_TEST((regrouped.out.find(found.at("verdict").get<std::string>()) != std::string::npos),
             regrouped.out);

  for (const std::string how : {"split", "stratified"}) {
    const auto run = sandbox.run("train_predictors", arguments + "--evaluate " + how + " --out " + how);
    BOOST_TEST(run.status == 0, run.err);
    BOOST_TEST(nlohmann::json::parse(sandbox.read(how + "/comparison.json")).at("groups").size() == 3U);
  }
  BOOST_TEST((sandbox.read("split/comparison.json") != sandbox.read("stratified/comparison.json")));
  for (const std::string bad : {"--evaluate other", "--assign-minutes 0", "--regroup --evaluate blocked",
                                "--regroup --null 2", "--regroup --split-file groups.json"}) {
    const auto run = sandbox.run("train_predictors", arguments + bad + " --out x");
    BOOST_TEST(run.status == 2);
    BOOST_TEST(run.one_line("train_predictors"));
    BOOST_TEST((run.err.find(bad.substr(0, bad.find(' '))) != std::string::npos), run.err);
  }
}

namespace {

/// Two people of 20 minutes, each a group; tables and data sets.
struct TwoPeople : Sandbox {
  const std::string arguments = "--rows data --groups groups.json --epochs 3 --bins three ";

  TwoPeople() {
    generate_data("--users 2 --groups 2 --minutes 20 --dirt 0");
    write("groups.json", R"({"format": "lifelog-groups", "version": 1, "groups": [["101"], ["102"]]})");
  }

  nlohmann::json train(const std::string& flags, const std::string& out) const {
    const auto run = this->run("train_predictors", arguments + flags + " --out " + out);
    BOOST_REQUIRE_MESSAGE(run.status == 0, run.err);
    return nlohmann::json::parse(read(out + "/comparison.json"));
  }

  /// The minutes of a person's data set.
  std::vector<std::int64_t> minutes_of(const std::string& user) const {
    const auto set = data::load_dataset((path() / "data" / (user + ".safetensors")).string());
    return {set.timestamp.begin(), set.timestamp.end()};
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(seeds_are_averaged_and_shifted_labels_tell_chance, TwoPeople) {
  const auto one = train("--folds 2 --seed 7", "one"), other = train("--folds 2 --seed 8", "other"),
             both = train("--folds 2 --seed 7 --seeds 2 --null 3", "both");
  BOOST_TEST(both.at("seeds") == 2);
  for (const char* figure : {"mean_group_f1", "mean_general_f1"})
    BOOST_TEST(std::abs(both.at(figure).get<double>() -
                        (one.at(figure).get<double>() + other.at(figure).get<double>()) / 2) < 0.35);
  // The first seed is the run with one seed; folds are those of the first.
  BOOST_TEST(both.at("nulls").at("mean_group_f1").at("first_seed") == one.at("mean_group_f1"));
  for (const char* figure : {"mean_group_f1", "mean_general_f1", "difference"}) {
    const auto& nulls = both.at("nulls").at(figure);
    BOOST_TEST(nulls.at("null").size() == 3U);
    BOOST_TEST(nulls.at("p_value").get<double>() >= 0.25);
  }
  BOOST_TEST(!one.contains("nulls"));
  const auto metrics = nlohmann::json::parse(read("both/metrics.json"));
  for (const char* name : {"majority", "clock", "statistics"}) {
    BOOST_TEST(metrics.at("baselines").at(name).at("intervals").at("f1").at("level") == 0.95);
    BOOST_TEST(metrics.at("baselines").at(name).at("null_f1").size() == 3U);
  }
  BOOST_TEST(metrics.at("baselines").at("minirocket").is_null());
  BOOST_TEST(metrics.at("f1") == both.at("judged").at("f1"));
  // 3 predictors, 2 folds, 2 seeds, 3 epochs.
  const auto history = read("both/history.csv");
  BOOST_TEST(std::count(history.begin(), history.end(), '\n') == 1 + 3 * 2 * 2 * 3);
  BOOST_TEST(history.find("\"group 2, fold 2, seed 2\",3,") != std::string::npos);
  const auto again = train("--folds 2 --seed 7 --seeds 2 --null 3 --threads 3", "again");
  BOOST_TEST((again == both));
}

BOOST_FIXTURE_TEST_CASE(a_split_file_says_what_is_tested, TwoPeople) {
  std::string split = "user,timestamp,part\n";
  Index tested = 0;
  for (const std::string user : {"101", "102"}) {
    const auto minutes = minutes_of(user);
    for (std::size_t m = 0; m < minutes.size(); ++m)
      split += user + ',' + std::to_string(minutes[m]) +
               (m < 5   ? ",test"
                : m < 8 ? ",valid"
                        : ",train") +
               '\n';
    for (const auto time : readers::read_rows(path() / "data" / (user + ".csv")).time)
      tested += time >= minutes[0] && time < minutes[5];
  }
  write("split.csv", split + "101,60,train\n");
  const auto told = train("--split-file split.csv", "given");
  BOOST_TEST(told.at("evaluate") == "split-file");
  BOOST_TEST(told.at("folds") == 1);
  BOOST_TEST(told.at("general").at("rows") == tested);
  write("bad.csv", split + "101,60,sometimes\n");
  for (const auto& [bad, word] : {std::pair("--split-file bad.csv", "bad.csv:"),
                                  std::pair("--split-file split.csv --evaluate split", "--split-file"),
                                  std::pair("--split-file split.csv --folds 3", "--folds"),
                                  std::pair("--evaluate person --null 2", "--null"),
                                  std::pair("--evaluate leave-one-out --seeds 2", "--seeds")}) {
    const auto run = this->run("train_predictors", arguments + bad + " --out x");
    BOOST_TEST(run.status == 2);
    BOOST_TEST(run.one_line("train_predictors"), run.err);
    BOOST_TEST(run.err.find(word) != std::string::npos, run.err);
  }
}

// Minutes without a sensor are trained on; rows are not made of them.
BOOST_AUTO_TEST_CASE(a_pipeline_passes_over_people_without_rows) {
  const Sandbox sandbox;
  sandbox.generate("--users 2 --groups 1 --minutes 12 --dirt 0");
  for (const auto& file : sandbox.files())
    if (file.find("/101/") != std::string::npos && file.find("/e4Eda/") != std::string::npos)
      std::filesystem::remove(sandbox.path() / file);
  const std::string flags = "--data raw --epochs 1 --predictor-epochs 1 --seeds 1 --folds 2 --threads 1 ";
  const auto run = sandbox.run("pipeline", flags + "--allow-missing --out kept");
  BOOST_TEST(run.status == 0, run.err);
  BOOST_TEST((run.out.find("no predictors of people without a table of rows: 101") != std::string::npos),
             run.out);
  const auto set = data::load_dataset((sandbox.path() / "kept/data/101.safetensors").string());
  BOOST_TEST(set.size() == 12);
  BOOST_TEST(set.present(0, 2) == 0);
  // Without a table of anybody's nothing is compared.
  std::filesystem::remove(sandbox.path() / "kept/data/102.csv");
  std::filesystem::remove(sandbox.path() / "kept/.steps/predictors.json");
  const auto again = sandbox.run("pipeline", flags + "--allow-missing --out kept --only predictors");
  BOOST_TEST(again.status == 0, again.err);
  BOOST_TEST((again.out.find("none can be compared: nobody of group 1") != std::string::npos), again.out);
  BOOST_TEST(!std::filesystem::exists(sandbox.path() / "kept/predictors/comparison.json"));
}

BOOST_AUTO_TEST_SUITE_END()
