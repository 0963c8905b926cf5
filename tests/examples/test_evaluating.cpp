// SPDX-License-Identifier: MIT

// How train_mil judges: folds, baselines, intervals, nulls, split files.

#include <boost/test/unit_test.hpp>
#include <lifelog/core/random.hpp>
#include <lifelog/data/dataset_file.hpp>
#include <lifelog/io/npy.hpp>
#include <nlohmann/json.hpp>

#include "run.hpp"

BOOST_AUTO_TEST_SUITE(evaluating)

using namespace lifelog;
using namespace lifelog::examples;
using nlohmann::json;

namespace {

/// A data set of one session of 60 minutes. The label changes at random every few minutes; `pulse` swings as it says with
/// `strength`, `drift` tells the time and nothing else.
void write_person(const Sandbox& sandbox, float strength, std::uint64_t seed = 3) {
  constexpr std::size_t minutes = 60, length = 30;
  Random random(seed);
  data::DataSet set;
  set.user = "p";
  set.classes = {"calm", "tense"};
  set.label.resize({minutes});
  set.timestamp.resize({minutes});
  xt::xtensor<float, 3> pulse(std::array<std::size_t, 3>{minutes, 1, length});
  xt::xtensor<float, 3> drift(std::array<std::size_t, 3>{minutes, 1, 1});
  for (std::size_t n = 0; n < minutes; ++n) {
    set.label(n) = n / 5 % 2;
    set.timestamp(n) = static_cast<std::int64_t>(60 * n);
    drift(n, 0, 0) = static_cast<float>(n);
    for (std::size_t t = 0; t < length; ++t)
      pulse(n, 0, t) = static_cast<float>(random.normal()) + strength * static_cast<float>(set.label(n));
  }
  set.modalities = {{"pulse", pulse, false}, {"drift", drift, true}};
  data::save_dataset((sandbox.path() / "p.safetensors").string(), set);
}

json metrics_of(const Sandbox& sandbox, const std::string& flags, const std::string& out) {
  const auto run =
      sandbox.run("train_mil", "--data p.safetensors --epochs 15 --out " + out + "/m.safetensors " + flags);
  BOOST_REQUIRE_MESSAGE(run.status == 0, run.err);
  return json::parse(sandbox.read(out + "/metrics.json"));
}

void check_figures(const json& figures) {
  for (const char* figure : {"f1", "accuracy", "kappa"}) {
    const double value = figures.at(figure);
    const auto& interval = figures.at("intervals").at(figure);
    BOOST_TEST(interval.at("low").get<double>() <= value);
    BOOST_TEST(interval.at("high").get<double>() >= value);
    BOOST_TEST(interval.at("level") == 0.95);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_figure_has_baselines_and_intervals) {
  const Sandbox sandbox;
  write_person(sandbox, 3);
  const auto metrics = metrics_of(sandbox, "--evaluate blocked --folds 3 --null 2 --seeds 2", "a");
  check_figures(metrics);
  for (const char* name : {"majority", "clock", "statistics", "minirocket"}) {
    check_figures(metrics.at("baselines").at(name));
    BOOST_TEST(metrics.at("baselines").at(name).contains("p_value"));
    BOOST_TEST(metrics.at("leak").at("baselines").contains(name));
  }
  BOOST_TEST(metrics.at("evaluate") == "blocked");
  BOOST_TEST(metrics.at("folds") == 3);
  BOOST_TEST(metrics.at("replicates").size() == 6u);
  BOOST_TEST(metrics.at("p_value").get<double>() >= 1.0 / 3 - 1e-12);
  BOOST_TEST(metrics.at("class_balance").at("calm") == 30);
  Index judged = 0;
  for (const auto& row : metrics.at("confusion"))
    for (const Index count : row) judged += count;
  BOOST_TEST(judged == 120);  // each minute once for each seed
  BOOST_TEST(metrics.at("f1").get<double>() > 0.8);
  BOOST_TEST(metrics.at("baselines").at("statistics").at("f1").get<double>() > 0.8);
}

BOOST_AUTO_TEST_CASE(what_only_tells_the_time_leaks_and_is_marked) {
  const Sandbox sandbox;
  write_person(sandbox, 0);
  const auto run =
      sandbox.run("train_mil", "--data p.safetensors --epochs 5 --evaluate blocked --out a/m.safetensors");
  BOOST_REQUIRE(run.status == 0);
  const auto metrics = json::parse(sandbox.read("a/metrics.json"));
  BOOST_TEST(metrics.at("leak").at("baselines").at("clock").at("f1").get<double>() > 0.2);
  if (metrics.at("beats_baselines") == false)
    BOOST_TEST(run.out.find("does not beat the baselines") != std::string::npos, run.out);
}

BOOST_AUTO_TEST_CASE(threads_and_resuming_change_no_byte) {
  const Sandbox sandbox;
  write_person(sandbox, 1);
  const std::string flags = "--evaluate blocked --folds 2 --null 1 ";
  metrics_of(sandbox, flags + "--threads 1", "one");
  metrics_of(sandbox, flags + "--threads 3", "three");
  metrics_of(sandbox, flags + "--resume", "one_again");
  metrics_of(sandbox, flags + "--resume", "one");
  for (const std::string file : {"metrics.json", "predictions.csv", "m.safetensors", "history.csv"}) {
    BOOST_TEST((sandbox.read("one/" + file) == sandbox.read("three/" + file)), file);
    BOOST_TEST((sandbox.read("one/" + file) == sandbox.read("one_again/" + file)), file);
  }
}

BOOST_AUTO_TEST_CASE(the_model_knows_what_it_holds_out) {
  const Sandbox sandbox;
  write_person(sandbox, 1);
  const auto metrics = metrics_of(sandbox, "", "a");
  BOOST_TEST(metrics.at("evaluate") == "blocked");
  const auto run = sandbox.run("modal_importance",
                               "--model a/m.safetensors --data p.safetensors --subset test --out i.npy");
  BOOST_REQUIRE_MESSAGE(run.status == 0, run.err);
  const auto importances = io::load_npy<float, 2>(sandbox.path() / "i.npy");
  BOOST_TEST(importances.shape(0) == metrics.at("test_minutes").get<std::size_t>());
}

BOOST_AUTO_TEST_CASE(a_split_file_is_kept_to) {
  const Sandbox sandbox;
  write_person(sandbox, 1);
  std::string csv = "user,timestamp,part\n";
  for (int n = 0; n < 60; ++n)
    csv += "p," + std::to_string(60 * n) + (n < 30 ? ",train\n" : n < 40 ? ",valid\n" : ",test\n");
  sandbox.write("split.csv", csv + "q,17,nonsense\n");
  const auto metrics = metrics_of(sandbox, "--split-file split.csv", "a");
  BOOST_TEST(metrics.at("train_minutes") == 30);
  BOOST_TEST(metrics.at("valid_minutes") == 10);
  BOOST_TEST(metrics.at("test_minutes") == 20);
  BOOST_TEST(metrics_of(sandbox, "--split-file split.csv --gap 2", "b").at("test_minutes") == 20);
  const auto refused = [&](const std::string& text, const std::string& what) {
    sandbox.write("bad.csv", text);
    const auto run = sandbox.run(
        "train_mil", "--data p.safetensors --epochs 1 --out c/m.safetensors --split-file bad.csv");
    BOOST_TEST(run.status == 2);
    BOOST_TEST(run.err.find(what) != std::string::npos, run.err);
  };
  refused("user,timestamp,part\np,0,train\np,60,tset\n", "bad.csv:3: part: expected train, valid, test");
  refused("user,timestamp,part\np,7,train\n", "bad.csv:2: timestamp: expected that of a minute of p");
  refused("user,timestamp,part\np,0,train\np,0,test\n", "the minute is there twice");
  refused("user,timestamp,part\np,0,train\n", "expected minutes to test");
  refused("user,timestamp\np,0\n", "part");
}

// Of one person nobody can be held out.
BOOST_AUTO_TEST_CASE(people_held_out_of_one_person_are_blocks) {
  const Sandbox sandbox;
  write_person(sandbox, 1);
  auto people = metrics_of(sandbox, "--evaluate person --folds 3", "a");
  auto blocks = metrics_of(sandbox, "--evaluate blocked --folds 3", "b");
  BOOST_TEST(people.at("evaluate") == "blocked");
  BOOST_TEST(people.at("evaluate_reason") == "there is 1 person: blocks in place of people");
  people.erase("evaluate_reason");
  BOOST_TEST((people == blocks));
}

BOOST_AUTO_TEST_CASE(minutes_that_teach_nothing_are_named) {
  const Sandbox sandbox;
  write_person(sandbox, 1);
  const auto file = (sandbox.path() / "p.safetensors").string();
  const auto good = data::load_dataset(file);
  const auto refused = [&](const data::DataSet& set, const std::string& told) {
    data::save_dataset(file, set);
    const auto run = sandbox.run("train_mil", "--data p.safetensors --epochs 1 --out o/m.safetensors");
    BOOST_TEST(run.status == 2);
    BOOST_TEST(run.err.find(told) != std::string::npos, run.err);
  };
  auto set = good;
  set.classes = {"calm"};
  set.label.fill(0);
  refused(set, "--data: expected minutes of at least two classes, got one, 'calm'");
  set = good;
  set.present = xt::ones<std::uint8_t>({std::size_t{60}, std::size_t{2}});
  set.present(7, 0) = set.present(7, 1) = 0;
  refused(set, "--data: expected a modality that is present in each minute, got none in minute 7");
  const auto run = sandbox.run("pipeline", "--users 2 --groups 1 --sessions 1 --minutes 2 --out s");
  BOOST_TEST(run.status == 2);
  BOOST_TEST(run.err.find("101: 2 minutes, expected at least 3") != std::string::npos, run.err);
}

BOOST_AUTO_TEST_CASE(a_model_of_other_modalities_is_told_which) {
  const Sandbox sandbox;
  write_person(sandbox, 1);
  metrics_of(sandbox, "", "a");
  auto set = data::load_dataset((sandbox.path() / "p.safetensors").string());
  set.modalities.pop_back();
  data::save_dataset((sandbox.path() / "less.safetensors").string(), set);
  const std::string told = "expected a model of what --data has, pulse (1), got one of pulse (1), drift";
  for (const auto& [program, flags] :
       {std::pair("modal_importance", "--model a/m.safetensors --out i.npy"),
        std::pair("stream_inference", "--model a/m.safetensors"),
        std::pair("train_mil", "--init a/m.safetensors --out o/m.safetensors")}) {
    const auto run = sandbox.run(program, flags + std::string(" --data less.safetensors"));
    BOOST_TEST(run.status == 2);
    BOOST_TEST(run.err.find(told) != std::string::npos, run.err);
  }
}

// The study's way: shares of shuffled minutes, no patience, the latest of equals, values as they are.
BOOST_AUTO_TEST_CASE(the_study_s_way_stays) {
  const Sandbox sandbox;
  write_person(sandbox, 1);
  const auto study = metrics_of(sandbox, "--rules study", "a");
  BOOST_TEST(study.at("train_minutes") == 42);
  BOOST_TEST(study.at("valid_minutes") == 6);
  BOOST_TEST(study.at("test_minutes") == 12);
  BOOST_TEST(study.at("evaluate") == "shuffled");
  const auto shares = metrics_of(sandbox, "--split 0.595745,0.063830,0.340426", "b");
  BOOST_TEST(shares.at("test_minutes") == 21);
  for (const std::string bad : {"--evaluate other", "--folds 1", "--gap -1", "--null -1", "--seeds 0",
                                "--split-file no.csv", "--standardize --no-standardize"}) {
    const auto run = sandbox.run("train_mil", "--data p.safetensors --out c/m.safetensors " + bad);
    BOOST_TEST(run.status == 2, bad);
    BOOST_TEST(run.one_line("train_mil"), run.err);
  }
}

BOOST_AUTO_TEST_SUITE_END()
