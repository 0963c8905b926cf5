// SPDX-License-Identifier: MIT

// The report of a pipeline's folder, by the program: what is there is shown, what is not is left out.

#include <boost/test/unit_test.hpp>
#include <lifelog/data/dataset_file.hpp>
#include <lifelog/io/npy.hpp>
#include <nlohmann/json.hpp>

#include "common/quality_file.hpp"
#include "run.hpp"
#include "sample_minutes.hpp"
#include "steps/report_files.hpp"
#include "steps/report_importance.hpp"
#include "steps/report_sensors.hpp"
#include "steps/report_settings.hpp"

BOOST_AUTO_TEST_SUITE(report_files)

using namespace lifelog;
using namespace lifelog::examples;
using nlohmann::ordered_json;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

ordered_json figures(double f1) {
  const ordered_json interval{{"low", f1 - 0.1}, {"high", f1 + 0.1}};
  return {{"f1", f1}, {"accuracy", 0.7}, {"kappa", 0.2}, {"intervals", {{"f1", interval}}}};
}

ordered_json metrics_of_person() {
  auto metrics = figures(0.6);
  metrics.update(ordered_json{
      {"best_epoch", 2},
      {"train_minutes", 2},
      {"test_minutes", 2},
      {"classes", {"2", "10"}},
      {"status", "finished"},
      {"beats_baselines", true},
      {"baselines", {{"majority", figures(0.3)}, {"statistics", nullptr}}},
      {"ensemble", figures(0.65)},
      {"calibration",
       {{"before", {{"ece", 0.25}, {"nll", 0.7}}}, {"conformal", {{"level", 0.9}, {"coverage", 0.8125}}}}},
      {"evaluate", "blocked"},
      {"confusion", {{1, 1}, {0, 2}}},
      {"class_balance", {{"2", 2}, {"10", 2}}}});
  return metrics;
}

ordered_json bits(double value) {
  return {{"bits", value}, {"low", value - 0.05}, {"high", value + 0.05}};
}

ordered_json sensor(const std::string& name, double value) {
  auto json = bits(value);
  json["sensor"] = name;
  json["identified"] = value > 0.05;
  return json;
}

ordered_json information() {
  ordered_json person{
      {"user", "A"},         {"minutes", 4},
      {"replicates", 20},    {"level", 0.95},
      {"total", bits(0.25)}, {"sensors", {sensor("e4Bvp", 0.24), sensor("e4Hr", 0.01)}},
      {"identified", true},  {"agreement", {{"rank_correlation", 0.75}, {"others", nullptr}}}};
  auto cohort = person;
  cohort["people"] = 1;
  cohort["sensors"][0]["people"] = 1;
  cohort["agreement"] = {
      {"within", 0.75}, {"between", 0.25}, {"nearest", 0.8}, {"chance", 0.5}, {"identified", true}};
  return {{"level", 0.95},
          {"evaluate", "blocked"},
          {"folds", 4},
          {"seeds", 5},
          {"replicates", 20},
          {"sensors", {"e4Bvp", "e4Hr"}},
          {"people",
           {person,
            {{"user", "B"}, {"minutes", 0}, {"identified", false}, {"reason", "no minute was held out"}}}},
          {"cohort", cohort},
          {"groups", {{"k", 1}, {"p", 0.4}, {"silhouette", nullptr}, {"reason", "too few people"}}}};
}

/// A folder as a pipeline leaves it, of one person A with four minutes; without what step by step is added.
void prepare(const Sandbox& sandbox) {
  const auto out = sandbox.path() / "out";
  for (const char* folder : {"data", "mil/A", "importance/contributions", ".steps"})
    std::filesystem::create_directories(out / folder);
  data::Quality quality;
  quality.user = "A";
  for (int i = 0; i < 4; ++i) quality.keep();
  QualityOfAll all;
  all.settings = {{"layout", "empatica"}};
  write_quality(out / "data/quality.json", {quality}, all);
  data::save_dataset(out / "data/A.safetensors", person_of("A", 4, 1));
}

void add_network(const Sandbox& sandbox) {
  const auto out = sandbox.path() / "out";
  write_json(out / "mil/A/metrics.json", metrics_of_person());
  write_text(out / "mil/A/history.csv", "epoch,loss,train_f1,valid_f1\n1,0.7,0.5,0.4\n2,0.6,0.6,0.5\n");
  // Two seeds, of which the second is wrong once.
  write_text(out / "mil/A/predictions.csv",
             "timestamp,seed,fold,block,truth,network,majority\n"
             "600,1,0,0,0,0,0\n660,1,0,0,1,1,0\n720,1,1,1,0,0,0\n780,1,1,1,1,0,0\n"
             "600,2,0,0,0,0,0\n660,2,0,0,1,1,0\n720,2,1,1,0,0,0\n780,2,1,1,1,0,0\n");
}

void add_importance(const Sandbox& sandbox) {
  const auto folder = sandbox.path() / "out/importance";
  write_json(folder / "information.json", information());
  write_json(
      folder / "faithfulness.json",
      {{"people",
        {{{"user", "A"},
          {"attention", {{"rank_correlation", 0.1}, {"aopcr", 0.2}, {"polarity", 0.3}}},
          {"contributions", {{"rank_correlation", 0.9}, {"aopcr", 0.4}, {"polarity", 0.0}}}}}},
       {"cohort", {{"attention", {{"rank_correlation", 0.1}, {"aopcr", 0.2}, {"polarity", nullptr}}}}}});
  xt::xtensor<float, 3> contributions(std::array<std::size_t, 3>{4, 2, 2}, 0.0f);
  contributions(0, 0, 0) = 2;
  contributions(1, 1, 1) = -1;
  contributions(3, 0, 0) = std::numeric_limits<float>::quiet_NaN();
  io::save_npy(folder / "contributions/A.npy", contributions);
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_not_there_is_left_out_and_told) {
  const Sandbox sandbox;
  prepare(sandbox);
  auto run = sandbox.run("report", "--in out");
  BOOST_TEST(run.status == 0, run.err);
  BOOST_TEST(contains(run.out, "report: out/report/index.html"));
  BOOST_TEST(contains(run.out, "not shown: Networks"));
  auto html = sandbox.read("out/report/index.html");
  BOOST_TEST(contains(html, "4 of 4 minutes (100.0%)"));
  BOOST_TEST(contains(html, "What sensors tell: information in bits was not measured"));
  BOOST_TEST(!contains(html, "<section id=\"evaluation\""));
  BOOST_TEST(!contains(html, "<section id=\"information\""));

  add_network(sandbox);
  run = sandbox.run("report", "--in out");
  BOOST_TEST(run.status == 0, run.err);
  html = sandbox.read("out/report/index.html");
  BOOST_TEST(contains(html, "<section id=\"evaluation\""));
  BOOST_TEST(contains(html, "beats every baseline for the one person"));
  BOOST_TEST(contains(html, "0.812"));
  BOOST_TEST(contains(html, "calibration error"));
  BOOST_TEST(!contains(run.out, "not shown: Networks"));

  add_importance(sandbox);
  run = sandbox.run("report", "--in out --quiet");
  BOOST_TEST(run.status == 0, run.err);
  BOOST_TEST(run.out + run.err == "");
  html = sandbox.read("out/report/index.html");
  for (const char* part :
       {"of B: no minute was held out", "<section id=\"information\"", "Blood volume pulse (nW)",
        "0.240 (0.190 to 0.290)", "Identified: Blood volume pulse.", "against the prediction",
        "rank correlation", "No groups of people were found (p = 0.400): too few people."})
    BOOST_TEST(contains(html, part), part);
  BOOST_TEST(!contains(html, "was not measured"));
  // The same files, the same page.
  BOOST_TEST(sandbox.run("report", "--in out --seed 3 --threads 1").status == 0);
  BOOST_TEST((sandbox.read("out/report/index.html") == html));
}

BOOST_AUTO_TEST_CASE(shifted_labels_are_shown_beside_the_true_ones) {
  const Sandbox sandbox;
  prepare(sandbox);
  add_network(sandbox);
  const auto out = sandbox.path() / "out";
  auto metrics = metrics_of_person();
  metrics["null_f1"] = {0.25, 0.5, 0.625};
  metrics["first_seed_f1"] = 0.5;
  metrics["p_value"] = 0.75;
  write_json(out / "mil/A/metrics.json", metrics);
  BOOST_TEST(!read_report(out).nulls);  // one person's alone
  write_json(out / "metrics.json", metrics);
  const auto nulls = read_report(out).nulls;
  BOOST_TEST_REQUIRE(nulls.has_value());
  BOOST_TEST((nulls->f1 == std::vector<double>{0.25, 0.5, 0.625}));
  BOOST_TEST(sandbox.run("report", "--in out").status == 0);
  const auto html = sandbox.read("out/report/index.html");
  for (const char* part :
       {"trained 3 times more", "2 of them came to the F1 of the true labels, 0.500, or above: p = 0.750",
        "between 0.250 and 0.625", "shifted labels: 0.625"})
    BOOST_TEST(contains(html, part), part);
}

BOOST_AUTO_TEST_CASE(people_held_out_are_shown_where_they_were) {
  const Sandbox sandbox;
  prepare(sandbox);
  std::filesystem::create_directories(sandbox.path() / "out/across");
  const auto file = sandbox.path() / "out/across/across.json";
  write_json(
      file,
      {{"people", 2},
       {"classes", {"a", "b"}},
       {"figures",
        {{{"minutes", 0}, {"general", figures(0.5)}, {"group", nullptr}},
         {{"minutes", 5}, {"general", figures(0.75)}, {"group", nullptr}}}},
       {"gains", {{{"predictor", "tuned"}, {"minutes", 5}, {"f1", 0.25}, {"low", 0.125}, {"high", 0.5}}}}});
  BOOST_TEST(sandbox.run("report", "--in out").status == 0);
  const auto html = sandbox.read("out/report/index.html");
  for (const char* part : {"<section id=\"across\"", "0.500 (0.400 to 0.600)", "0.750 (0.650 to 0.850)",
                           "5 labelled minutes add", "0.250 (0.125 to 0.500): they help."})
    BOOST_TEST(contains(html, part), part);
  BOOST_TEST(!contains(html, "likeliest group"));
  write_text(file, "{\"people\": 2}");
  const auto run = sandbox.run("report", "--in out");
  BOOST_TEST(run.status == 2);
  BOOST_TEST(contains(run.err, "across.json"), run.err);
}

BOOST_AUTO_TEST_CASE(minutes_are_told_as_most_seeds_do) {
  const Sandbox sandbox;
  prepare(sandbox);
  add_network(sandbox);
  add_importance(sandbox);
  const auto report = read_report(sandbox.path() / "out");
  BOOST_TEST_REQUIRE(report.timelines.size() == 1U);
  const auto& timeline = report.timelines[0];
  BOOST_TEST((timeline.minute == std::vector<std::int64_t>{600, 660, 720, 780}));
  BOOST_TEST((timeline.truth == std::vector<int>{0, 1, 0, 1}));
  BOOST_TEST((timeline.said == std::vector<int>{0, 1, 0, 0}));
  BOOST_TEST(timeline.argument[0] == 2);
  BOOST_TEST(timeline.argument[3] == -1);
  BOOST_TEST(std::isnan(timeline.argument[6]));
  // Every line counts, of all seeds.
  BOOST_TEST((report.evaluation.back().confusion == std::vector<std::vector<Index>>{{4, 0}, {2, 2}}));
  BOOST_TEST(report.information->people[0].agreement.value() == 0.75);
  BOOST_TEST(!report.information->people[0].others);
  BOOST_TEST(!report.groups_found());
  // Where there is a column of all networks together, that counts.
  write_text(sandbox.path() / "out/mil/A/predictions.csv",
             "timestamp,seed,truth,network,ensemble\n600,1,0,0,1\n660,1,1,1,1\n");
  const auto together = read_report(sandbox.path() / "out");
  BOOST_TEST((together.timelines.at(0).said == std::vector<int>{1, 1}));
}

BOOST_AUTO_TEST_CASE(what_compares_groups_goes_with_them) {
  report::Report report;
  report.groups = {{"1", {"A"}, {}}};
  report.comparison = {{"1", 10, 0.5, 0.5, 0.5, 0.5}};
  report.held_out = {{"A", 0, 0, 10, 0.5, 0.5}};
  group_by_information(report);
  BOOST_TEST(report.comparison.empty());
  BOOST_TEST(report.held_out.empty());
  BOOST_TEST(report::to_html(report).size() > 1000U);
}

BOOST_AUTO_TEST_CASE(what_is_no_pipelines_folder_is_refused) {
  const Sandbox sandbox;
  for (const std::string arguments : {"--in nowhere", "", "--in ."}) {
    const auto run = sandbox.run("report", arguments);
    BOOST_TEST(run.status == 2, arguments);
    BOOST_TEST(run.one_line("report"), run.err);
  }
  BOOST_TEST(contains(sandbox.run("report", "--in .").err, "data/quality.json"));
  BOOST_TEST(sandbox.files().empty());
  prepare(sandbox);
  for (const std::string flags : {"--no-such-flag", "--seed one", "--threads 99999"})
    BOOST_TEST(sandbox.run("report", "--in out " + flags).status == 2, flags);
  const auto help = sandbox.run("report", "--help");
  BOOST_TEST(help.status == 0);
  for (const char* flag : {"--in", "--seed", "--threads", "--quiet"}) BOOST_TEST(contains(help.out, flag));
  // A file where the page's folder should be: not to be written.
  sandbox.write("out/report", "");
  const auto run = sandbox.run("report", "--in out");
  BOOST_TEST(run.status == 1);
  BOOST_TEST(run.one_line("report"), run.err);
}

BOOST_AUTO_TEST_CASE(broken_files_are_named) {
  const Sandbox sandbox;
  prepare(sandbox);
  add_network(sandbox);
  add_importance(sandbox);
  const auto folder = sandbox.path() / "out/importance";
  for (const std::string text : {"", "[]", "{\"people\": 3}", "{\"people\": [{\"user\": 3}]}"}) {
    write_text(folder / "information.json", text);
    const auto run = sandbox.run("report", "--in out");
    BOOST_TEST(run.status == 2, text);
    BOOST_TEST(contains(run.err, "information.json"), run.err);
    BOOST_TEST(run.one_line("report"), run.err);
  }
  write_json(folder / "information.json", information());
  // One person's minutes that cannot be read stop nobody.
  io::save_npy(folder / "contributions/A.npy",
               xt::xtensor<float, 3>(std::array<std::size_t, 3>{3, 2, 2}, 0.0f));
  auto run = sandbox.run("report", "--in out");
  BOOST_TEST(run.status == 0, run.err);
  BOOST_TEST(contains(run.out, "not shown: Minutes of A"), run.out);
  BOOST_TEST(contains(run.out, "expected 4 x 2 x 2 numbers"), run.out);
  write_text(sandbox.path() / "out/mil/A/predictions.csv", "timestamp,truth,network\n600,0,7\n");
  run = sandbox.run("report", "--in out");
  BOOST_TEST(run.status == 0, run.err);
  BOOST_TEST(contains(run.out, "line 2"), run.out);
}

BOOST_AUTO_TEST_CASE(groups_by_information_take_the_place_of_those_by_attention) {
  report::Report report;
  report.modalities = {"a", "b"};
  report.people = {{"A", 0, 1, {1, 0}}, {"B", 1, 1, {0, 1}}, {"C", 0, 1, {0.5, 0.5}}};
  report.groups = {{"1", {"A", "C"}, {0.75, 0.25}}, {"2", {"B"}, {0, 1}}};
  report.importance_map.person = {0, 1, 2};
  report.importance_map.group = {0, 1, 0};
  auto same = report;
  group_by_information(same);
  BOOST_TEST(same.groups_found());
  report.information = report::Informations{};
  report.information->groups = report::InformationGroups{};
  auto none = report;
  group_by_information(none);
  BOOST_TEST(!none.groups_found());
  BOOST_TEST(none.groups.empty());
  BOOST_TEST(none.importance_map.group.empty());
  auto& groups = *report.information->groups;
  groups.k = 2;
  groups.users = {"A", "B", "C"};
  groups.group = {1, 0, 0};
  groups.membership.resize(3);
  group_by_information(report);
  BOOST_TEST((report.groups[0].users == std::vector<std::string>{"B", "C"}));
  BOOST_TEST(report.groups[0].importance[1] == 0.75);
  BOOST_TEST((report.importance_map.group == std::vector<int>{1, 0, 0}));
}

BOOST_AUTO_TEST_CASE(sensors_have_names_and_units) {
  const auto fixed = named_sensors({{"layout", "etri"}});
  BOOST_TEST_REQUIRE(fixed.size() == 9U);
  BOOST_TEST(fixed[2].full_name == "Skin conductance");
  BOOST_TEST(fixed[2].unit == "\u00b5S");
  const auto own =
      named_sensors({{"sensors",
                      {{{"name", "acc"}, {"full_name", "Acceleration"}, {"units", {"m/s^2", "m/s^2"}}},
                       {{"name", "gps"}, {"full_name", "Place"}, {"units", {"degree", "m"}}}}}});
  BOOST_TEST_REQUIRE(own.size() == 2U);
  BOOST_TEST(own[0].unit == "m/s\u00b2");
  BOOST_TEST(own[1].unit == "");
}

BOOST_AUTO_TEST_CASE(settings_are_those_of_the_steps) {
  const Sandbox sandbox;
  prepare(sandbox);
  const auto steps = sandbox.path() / "out/.steps";
  write_json(steps / "networks.json",
             {{"settings", {{"seed", 7}, {"data", {{"layout", "x"}}}, {"networks", {{"split", {0.7, 0.3}}}}}},
              {"minutes", 3}});
  write_json(steps / "data.json", {{"settings", {{"seed", 7}, {"data", {{"layout", "x"}}}}}, {"minutes", 0}});
  write_text(steps / "maps.json", "{");
  const auto rows = read_settings(sandbox.path() / "out", "empatica");
  std::string text;
  for (const auto& row : rows) text += row.step + ',' + row.name + ',' + row.value + ';';
  BOOST_TEST(contains(text,
                      "all,seed,7;data,layout,x;data,took,under a minute;networks,split,0.7, 0.3;"
                      "networks,took,3 minutes;"),
             text);
}

BOOST_AUTO_TEST_SUITE_END()
