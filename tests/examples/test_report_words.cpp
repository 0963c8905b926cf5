// SPDX-License-Identifier: MIT

// What the report says in words: every sentence is the numbers'.

#include "common/table.hpp"

#include <boost/test/unit_test.hpp>

#include "report/sections.hpp"
#include "report/words.hpp"
#include "sample_report.hpp"

BOOST_AUTO_TEST_SUITE(report_words)

using namespace lifelog::examples::report;

namespace {

bool says(const Report& report, const std::string& words) {
  return summary_section(report).find(words) != std::string::npos;
}

Figures figures(const std::string& name, double f1, double low, double high) {
  Figures of;
  of.name = name;
  of.f1 = f1;
  of.low = low;
  of.high = high;
  return of;
}

Judged judged(const std::string& user, const Figures& network) {
  Judged one;
  one.user = user;
  one.figures = {network, figures("majority", 0.3, 0.3, 0.3), figures("clock", 0.35, 0.3, 0.4),
                 figures("statistics", 0.5, 0.4, 0.6)};
  one.beats_baselines = network.f1 > 0.5;
  return one;
}

Judged judged_person(const std::string& user, const Figures& network) {
  auto one = judged(user, network);
  one.classes = {"a", "b"};
  one.way = "blocked";
  return one;
}

Report cohort(const Figures& network) {
  Report report;
  report.evaluation = {judged("everybody", network)};
  return report;
}

}  // namespace

BOOST_AUTO_TEST_CASE(verdicts_follow_from_the_intervals) {
  BOOST_TEST(
      says(cohort(figures("network", 0.6, 0.52, 0.7)), "Even the lower end of that interval is above"));
  BOOST_TEST(says(cohort(figures("network", 0.6, 0.4, 0.7)), "ahead, but their interval includes"));
  BOOST_TEST(says(cohort(figures("network", 0.45, 0.4, 0.55)), "do not beat the best of them"));
  BOOST_TEST(says(cohort(figures("network", 0.4, 0.3, 0.45)), "their whole interval is below"));
  BOOST_TEST(
      says(cohort(figures("network", 0.6, 0.52, 0.7)),
           "Always guessing the commonest state reaches 0.300, going by the clock alone 0.350 and the best "
           "baseline, statistics, 0.500."));
}

BOOST_AUTO_TEST_CASE(for_whom_is_counted) {
  auto report = cohort(figures("network", 0.6, 0.52, 0.7));
  report.evaluation.push_back(judged_person("101", figures("network", 0.8, 0.7, 0.9)));
  report.evaluation.push_back(judged_person("102", figures("network", 0.4, 0.2, 0.6)));
  BOOST_TEST(says(report, "beats every baseline for 1 of 2 people: 101."));
  BOOST_TEST(says(report, "cannot be told from guessing the commonest state for 1 person: 102."));
  BOOST_TEST(says(report, "held out in blocks of time"));
  report.evaluation[2].beats_baselines = true;
  BOOST_TEST(says(report, "for all 2 people."));
  report.evaluation[1].beats_baselines = report.evaluation[2].beats_baselines = false;
  BOOST_TEST(says(report, "for nobody."));
}

BOOST_AUTO_TEST_CASE(labels_of_somebody_new_help_where_paired_differences_say_so) {
  Report report;
  BOOST_TEST(across_section(report) == "");
  report.across = Across{};
  BOOST_TEST(across_section(report) == "");
  report.across->people = 15;
  report.across->rows = {{0,
                          {figures("general", 0.6, 0.5, 0.7), figures("tuned", 0.6, 0.5, 0.7),
                           figures("logistic", 0.65, 0.6, 0.7)}},
                         {10,
                          {figures("general", 0.6, 0.5, 0.7), figures("tuned", 0.7, 0.62, 0.8),
                           figures("logistic", 0.55, 0.5, 0.6)}}};
  report.across->gains = {{"tuned", 5, -0.1, -0.2, -0.05}, {"tuned", 10, 0.1, -0.01, 0.2}};
  report.across->over_regression = {{"tuned", 0, -0.05, -0.09, -0.01}, {"tuned", 10, 0.15, 0.1, 0.2}};
  BOOST_TEST(says(report,
                  "(15 people, each held out in turn), F1 without any label: networks of the others "
                  "0.600 (0.500 to 0.700), logistic regression 0.650 (0.600 to 0.700)."));
  BOOST_TEST(says(report,
                  "What 10 labelled minutes add to the F1 of networks tuned by the labelled minutes is "
                  "0.100 (-0.010 to 0.200): whether they help is open."));
  BOOST_TEST(says(report,
                  "With 0 labelled minutes the F1 of networks less that of logistic regression is "
                  "-0.050 (-0.090 to -0.010): networks are worse."));
  BOOST_TEST(says(report, "0.150 (0.100 to 0.200): networks are better."));
  const auto html = across_section(report);
  BOOST_TEST(html.find("<td>0.650 (0.600 to 0.700)</td>") != std::string::npos, html);
  BOOST_TEST(html.find("likeliest group") == std::string::npos);
  report.across->gains[1].low = 0.01;
  BOOST_TEST(says(report, ": they help."));
  report.across->gains[1].high = -0.01;
  report.across->gains[1].low = -0.1;
  BOOST_TEST(says(report, ": they do harm."));
  report.across->gains.clear();
  report.across->over_regression.resize(1);
  BOOST_TEST(!says(report, "labelled minutes add"));
  BOOST_TEST(!says(report, "With 10"));
}

BOOST_AUTO_TEST_CASE(leaks_are_told_by_their_sign) {
  auto report = cohort(figures("network", 0.6, 0.52, 0.7));
  BOOST_TEST(!says(report, "Shuffling"));
  report.evaluation[0].figures[0].leak = 0.125;
  BOOST_TEST(says(report, "F1 higher by 0.125"));
  report.evaluation[0].figures[0].leak = -0.01;
  BOOST_TEST(says(report, "would not have shown a higher F1"));
}

BOOST_AUTO_TEST_CASE(one_split_at_random_is_called_that) {
  Report report;
  report.training = {{"101", {}, {}, {}, {}, 0, 0.9, 0.9, 10, 10, 2, false}};
  BOOST_TEST(says(report, "mean F1 of 0.900 over 1 person"));
  BOOST_TEST(says(report, "is not known"));
}

BOOST_AUTO_TEST_CASE(sensors_are_named_only_where_they_are_identified) {
  Report report;
  report.sensors = {{"e4Eda", "Skin conductance", "\u00b5S"}};
  report.information = sample_informations({"101", "102"}, {"e4Eda", "e4Hr"}, 1);
  BOOST_TEST(says(report, "Skin conductance, 0.200 bits (0.140 to 0.260)"));
  BOOST_TEST(says(report, "A sensor is identified for 2 of 2 people: 101 (Skin conductance) and 102"));
  BOOST_TEST(says(report, "sensors tell 0.200 bits (0.150 to 0.250)"));
  BOOST_TEST(!says(report, "e4Hr"));
  for (auto* person :
       {&report.information->people[0], &report.information->people[1], &*report.information->everybody})
    for (auto& sensor : person->sensors) sensor.identified = false;
  report.information->everybody->total = {0.01, -0.02, 0.03};
  BOOST_TEST(says(report, "no single sensor is identified"));
  BOOST_TEST(says(report, "Of none of 2 people"));
  BOOST_TEST(says(report, "Whether sensors tell anything"));
  BOOST_TEST(!says(report, "Skin conductance"));
  report.information->everybody->total = {-0.1, -0.2, -0.01};
  BOOST_TEST(says(report, "sensors mislead"));
}

BOOST_AUTO_TEST_CASE(agreement_is_told_by_its_verdict) {
  Report report;
  report.information = sample_informations({"101", "102"}, {"a"}, 1);
  BOOST_TEST(says(report, "differences between people are identified"));
  report.information->agreement->identified = false;
  BOOST_TEST(says(report, "differences between people are not identified"));
}

BOOST_AUTO_TEST_CASE(groups_are_told_when_found) {
  Report report;
  report.information = sample_informations({"101", "102", "103"}, {"a"}, 1);
  BOOST_TEST(says(report, "No groups of people were found (p = 0.600)."));
  report.information = sample_informations({"101", "102", "103"}, {"a"}, 2);
  report.groups = {{"1", {"101", "103"}, {}}, {"2", {"102"}, {}}};
  BOOST_TEST(says(report, "People form 2 groups: group 1: 101 and 103; group 2: 102."));
  BOOST_TEST(says(report, "p = 0.010"));
  report.information.reset();
  BOOST_TEST(says(report, "has not been tried"));
}

BOOST_AUTO_TEST_CASE(measures_are_compared_as_they_are) {
  Report report;
  report.faithfulness = {{"everybody", {{"attention", 0.2, 0, 0}, {"contributions", 0.9, 0, 0}}}};
  BOOST_TEST(says(report, "told better by contributions than by attention"));
  BOOST_TEST(says(report, "0.90 and 0.20"));
  report.faithfulness[0].measures[1].rank_correlation = 0.1;
  BOOST_TEST(says(report, "told no better by contributions"));
}

BOOST_AUTO_TEST_CASE(warns_where_attention_weighs_something_else) {
  Report report;
  report.modalities = {"a", "b"};
  report.people = {{"101", -1, 10, {0.4, 0.6}}, {"102", -1, 10, {0.7, 0.3}}};
  report.information = sample_informations({"101", "102"}, {"a", "b"}, 1);
  BOOST_TEST(says(report, "for 1 of the 2 people with one that is: 101."));
  report.people[0].importance = {0.6, 0.4};
  BOOST_TEST(!says(report, "Warning"));
}

BOOST_AUTO_TEST_CASE(what_was_planted_is_counted) {
  Report report;
  report.modalities = {"a", "b", "c"};
  report.people = {{"101", -1, 10, {0.5, 0.3, 0.2}}, {"102", -1, 10, {0.2, 0.3, 0.5}}};
  report.truth.people = {{"101", 0, {"a"}}, {"102", 1, {"a", "c"}}};
  // 102's two weightiest are b and c, of two planted.
  BOOST_TEST(says(report, "2 of 3 were planted"));
  BOOST_TEST(says(report, "2 groups were planted and not found"));
  report.information = sample_informations({"101", "102"}, {"a", "b", "c"}, 1);
  BOOST_TEST(says(report, "Of 3 planted sensors, 2 are identified; 0 others are too."));
}

BOOST_AUTO_TEST_CASE(minutes_are_counted) {
  Report report;
  lifelog::data::Quality quality;
  quality.user = "101";
  for (int i = 0; i < 3; ++i) quality.keep();
  quality.drop(lifelog::data::reason::short_minute);
  report.quality = {quality, {}};
  report.quality[1].user = "102";
  BOOST_TEST(says(report, "3 of 4 minutes (75.0%) could be used"));
  BOOST_TEST(says(report, "(1). Nothing of 102 could be used."));
  BOOST_TEST(summary_section(Report{}) == "");
}

BOOST_AUTO_TEST_CASE(lists_are_written_as_people_write_them) {
  BOOST_TEST(listed({}) == "");
  BOOST_TEST(listed({"a"}) == "a");
  BOOST_TEST(listed({"a", "b"}) == "a and b");
  BOOST_TEST(listed({"a", "b", "c"}) == "a, b and c");
  BOOST_TEST(listed({"a", "b", "c", "d"}, 2) == "a, b and 2 more");
}

BOOST_AUTO_TEST_CASE(what_rounds_to_nothing_has_no_minus) {
  BOOST_TEST(lifelog::examples::fixed(-1e-9, 4) == "0.0000");
  BOOST_TEST(lifelog::examples::fixed(-0.4, 0) == "0");
  BOOST_TEST(lifelog::examples::fixed(-0.0002, 4) == "-0.0002");
}

BOOST_AUTO_TEST_SUITE_END()
