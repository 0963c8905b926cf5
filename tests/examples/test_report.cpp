// SPDX-License-Identifier: MIT
#include <boost/test/unit_test.hpp>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "report/charts.hpp"
#include "report/scatter.hpp"
#include "report/svg.hpp"
#include "sample_report.hpp"

using namespace lifelog::examples::report;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++n;
  return n;
}

/// What is wrong with the nesting of tags and with attributes, or nothing. Knows no entities, skips style and
/// script.
std::string first_fault(const std::string& html) {
  static const std::regex tag(R"re(^<(/?)([a-zA-Z][a-zA-Z0-9]*)((?: [a-zA-Z0-9:-]+(?:="[^"<]*")?)*)(/?)>)re");
  std::vector<std::string> open;
  for (auto at = html.find('<'); at != std::string::npos; at = html.find('<', at)) {
    if (html.compare(at, 9, "<!DOCTYPE") == 0) {
      at = html.find('>', at);
      continue;
    }
    const auto end = html.find('>', at);
    const auto text = html.substr(at, end == std::string::npos ? 60 : end - at + 1);
    std::smatch match;
    // The long coordinate lists of maps are too deep for std::regex; they are checked by their own test.
    const auto brief =
        std::regex_replace(text.size() > 2000 ? text.substr(0, 40) + "\"/>" : text, std::regex("\n"), " ");
    if (!std::regex_search(brief, match, tag)) return "not a tag: " + brief.substr(0, 80);
    if (match[1].length() > 0) {
      if (open.empty() || open.back() != match[2]) return "closes what is not open: " + brief;
      open.pop_back();
    } else if (match[4].length() == 0) {
      open.push_back(match[2]);
    }
    at = end;
    if (match[1].length() == 0 && (match[2] == "style" || match[2] == "script"))
      at = html.find("</" + match[2].str(), end);
  }
  return open.empty() ? "" : "left open: " + open.back();
}

const std::vector<std::string> sections = {"data", "training", "evaluation", "importance", "selection",
                                           "maps", "groups",   "top",        "predictors", "settings"};

}  // namespace

BOOST_AUTO_TEST_SUITE(report)

BOOST_AUTO_TEST_CASE(checker_sees_faults) {
  BOOST_TEST(first_fault("<p>a<b>c</b></p>") == "");
  BOOST_TEST(first_fault("<p><b></p></b>") != "");
  BOOST_TEST(first_fault("<p>1 < 2</p>") != "");
  BOOST_TEST(first_fault("<p>") != "");
  BOOST_TEST(first_fault("<a b=\"c\"d\"/>") != "");
}

BOOST_AUTO_TEST_CASE(escapes_everything_that_is_markup) {
  BOOST_TEST(escape("<a href=\"x\">&'") == "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
  BOOST_TEST(escape(std::string("a\0b\x1b", 4)) == "a b ");
  BOOST_TEST(escape("na\xc3\xafve") == "na\xc3\xafve");
}

BOOST_AUTO_TEST_CASE(numbers_are_short) {
  BOOST_TEST(number(1.25, 1) == "1.2");
  BOOST_TEST(number(100) == "100");
  BOOST_TEST(number(-0.01) == "0");
  BOOST_TEST(number(0.5, 3) == "0.5");
  BOOST_TEST(number(NAN) == "0");
}

BOOST_AUTO_TEST_CASE(ticks_are_round_and_inside) {
  const auto at = ticks(0.13, 0.97, 4);
  BOOST_TEST(at.size() >= 3U);
  BOOST_TEST(at.front() >= 0.13);
  BOOST_TEST(at.back() <= 0.97);
  BOOST_TEST(at.front() == 0.2, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(tick_digits(at) == 1);
  BOOST_TEST(ticks(3, 3, 4).size() == 1U);
}

BOOST_AUTO_TEST_CASE(is_well_formed_with_any_number_of_people) {
  for (const auto& [people, modalities, groups] :
       {std::tuple(15, 5, 4), std::tuple(20, 9, 5), std::tuple(1, 1, 1), std::tuple(47, 9, 12)}) {
    const auto html = to_html(sample_report(people, modalities, groups, 20));
    BOOST_TEST_CONTEXT(people << " people") {
      BOOST_TEST(first_fault(html) == "");
      BOOST_TEST(occurrences(html, "Nothing to show") == 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(has_all_sections_in_order_even_when_empty) {
  for (const auto& report : {Report{}, sample_report(3, 5, 2, 10)}) {
    const auto html = to_html(report);
    BOOST_TEST(first_fault(html) == "");
    std::size_t last = 0;
    for (const auto& id : sections) {
      const auto at = html.find("<section id=\"" + id + "\">");
      BOOST_TEST_CONTEXT(id) {
        BOOST_TEST((at != std::string::npos && at > last));
      }
      BOOST_TEST(contains(html, "<a href=\"#" + id + "\">"));
      last = at;
    }
  }
  BOOST_TEST(occurrences(to_html(Report{}), "Nothing to show") == 9U);
}

BOOST_AUTO_TEST_CASE(loads_nothing) {
  auto html = to_html(sample_report(4, 9, 2, 30));
  html = std::regex_replace(html, std::regex(R"(xmlns="http://www\.w3\.org/2000/svg")"), "");
  for (const char* trace : {"http", "url(", "@import", " src=", "<link", "<img", "<iframe", "fetch("})
    BOOST_TEST_CONTEXT(trace) {
      BOOST_TEST(!contains(html, trace));
    }
}

BOOST_AUTO_TEST_CASE(text_of_others_cannot_become_markup) {
  const std::string evil = "</title><script>alert(\"1\")</script>&";
  auto report = sample_report(2, 3, 2, 5);
  report.title = report.subtitle = report.modalities[1] = report.groups[0].name = evil;
  report.people[0].user = report.quality[0].user = report.quality[0].error = report.training[0].user = evil;
  report.quality[0].dropped[evil] = 3;
  report.quality[0].defects[evil] = 1;
  report.comparison[0].group = report.selection.rule = report.selection.entropy[0].name = evil;
  report.importance_map.label_names[0] = evil;
  report.held_out[0].user = evil;
  report.settings.push_back({evil, evil, evil});
  const auto html = to_html(report);
  BOOST_TEST(first_fault(html) == "");
  BOOST_TEST(occurrences(html, "<script>") == 1U);
  BOOST_TEST(occurrences(html, "alert(\"") == 0U);
}

BOOST_AUTO_TEST_CASE(says_what_it_was_given) {
  auto report = sample_report(3, 5, 3, 10);
  report.quality[1].minutes_seen = 123456;
  report.training[2].test_f1 = 0.8514;
  report.comparison[0] = {"A", 40, 0.5, 0.75, 0.6, 0.8};
  report.held_out = {{"101", 0, 0, 70, 0.25, 0.5}, {"102", 1, 2, 70, 0.5, 0.375}};
  report.strips = {{"102", 1598713200, 2, std::vector<double>(2 * report.modalities.size(), 0.0625)}};
  const auto html = to_html(report);
  for (const char* text :
       {"102, 2020-08-29 15:00 UTC", "30 s", "123,456", "0.851", "+0.250", "KL divergence 1.25",
        "k = 5 has the best silhouette.", "missing modality", "<td>epochs</td><td>1000</td>",
        "own group for 1 of 2", "higher F1 for 1 of 2", "-0.125"})
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(contains(html, text));
    }
}

BOOST_AUTO_TEST_CASE(baselines_stand_beside_the_network) {
  auto report = sample_report(2, 3, 2, 5);
  Judged everybody, one;
  everybody.user = "everybody";
  everybody.figures = {{"network", 0.71, 0.625, 0.755, 0.8, 0.5, 0.048, 0.123},
                       {"clock", 0.333, 0.25, 0.5, 0.6, 0.1, 0.9, 0.456}};
  one = everybody;
  one.user = "101";
  one.way = "blocked";
  one.reason = "class 2 has 3 minutes";
  one.beats_baselines = true;
  one.classes = {"calm", "<tense>"};
  one.class_minutes = {26, 21};
  one.confusion = {{20, 6}, {4, 1717}};
  report.evaluation = {everybody, one};
  const auto html = to_html(report);
  for (const char* text : {"0.710", "0.62 to 0.76", "0.048", "0.123", "0.456", "class 2 has 3 minutes",
                           "for 1 of 1 person", "1,717", "&lt;tense&gt;"})
    BOOST_TEST(contains(html, text), text);
  BOOST_TEST(first_fault(html) == "");
}

BOOST_AUTO_TEST_CASE(names_the_weightiest_first) {
  const std::vector<std::string> expected = {"c", "a", "b"};
  BOOST_TEST(top_modalities({0.2, 0.2, 0.5, 0.1}, {"a", "b", "c", "d"}) == expected);
  BOOST_TEST(top_modalities({1}, {"a"}).size() == 1U);
}

BOOST_AUTO_TEST_CASE(wrong_lengths_are_refused) {
  auto report = sample_report(2, 3, 2, 5);
  report.people[1].importance.pop_back();
  BOOST_CHECK_THROW(to_html(report), std::invalid_argument);
  report = sample_report(2, 3, 2, 5);
  report.people[1].group = 7;
  BOOST_CHECK_THROW(to_html(report), std::invalid_argument);
  report = sample_report(2, 3, 2, 5);
  report.strips = {{"101", 0, 12, {1, 2, 3}}};
  BOOST_CHECK_THROW(to_html(report), std::invalid_argument);
  report = sample_report(2, 3, 2, 5);
  report.raw_map.person.pop_back();
  BOOST_CHECK_THROW(to_html(report), std::invalid_argument);
  BOOST_CHECK_THROW(bar_svg({"t", {"a", "b"}, {{"p", {1}, "red"}}}), std::invalid_argument);
  BOOST_CHECK_THROW(heat_svg({"t", {"a"}, {"x", "y"}, {1}, {}}), std::invalid_argument);
  BOOST_CHECK_THROW(pair_svg({"t", "b", "a", {"x"}, {}, {1}}), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(map_is_compact) {
  const auto map = sample_report(20, 9, 5, 500).importance_map;
  Scatter scatter{"map", map.x, map.y, {{"label", map.label, map.label_names}}, {}};
  BOOST_TEST(scatter_svg(scatter).size() < 17 * map.x.size());
}

BOOST_AUTO_TEST_CASE(map_draws_each_finite_point_once) {
  const Scatter scatter{
      "<map>", {0, 1, NAN, 2, 3}, {0, 1, 2, INFINITY, 1}, {{"by", {0, 1, 0, 1, -1}, {"a", "b"}}}, {}};
  const auto svg = scatter_svg(scatter);
  BOOST_TEST(first_fault(svg) == "");
  BOOST_TEST(occurrences(svg, "h0") == 3U);
  BOOST_TEST(contains(svg, "<title>&lt;map&gt;</title>"));
  BOOST_TEST(occurrences(svg, "<path class=\"ax\"") == 1U);
  // One scale for both axes: x spans 3, y spans 1, so y keeps to the middle third.
  std::smatch first;
  BOOST_TEST_REQUIRE(std::regex_search(svg, first, std::regex(R"(class="a0" d="M(\S+) (\S+?)h0)")));
  BOOST_TEST(std::stod(first[1]) == 14, boost::test_tools::tolerance(1e-3));
  BOOST_TEST(std::stod(first[2]) == 280 + 532.0 / 6, boost::test_tools::tolerance(1e-3));
}

BOOST_AUTO_TEST_CASE(map_of_one_place_or_nothing_is_drawn) {
  const Scatter same{"same", {5, 5}, {5, 5}, {{"by", {0, 0}, {"a"}}}, {}};
  BOOST_TEST(contains(scatter_svg(same), "M280 280h0M280 280h0"));
  BOOST_TEST(first_fault(scatter_svg({"none", {}, {}, {{"by", {}, {}}}, {}})) == "");
}

BOOST_AUTO_TEST_CASE(map_refuses_what_does_not_fit) {
  BOOST_CHECK_THROW(scatter_svg({"t", {1, 2}, {1}, {{"by", {0, 0}, {"a"}}}, {}}), std::invalid_argument);
  BOOST_CHECK_THROW(scatter_svg({"t", {1}, {1}, {{"by", {1}, {"a"}}}, {}}), std::invalid_argument);
  BOOST_CHECK_THROW(scatter_svg({"t", {1}, {1}, {}, {}}), std::invalid_argument);
  BOOST_CHECK_THROW(scatter_figure({"t", {1}, {1}, {{"by", {0}, {"a"}}}, {1, 2}}), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(curves_leave_gaps_and_are_thinned) {
  LineChart chart;
  chart.series = {{"s", {1, 2, 3, 4}, {1, NAN, 2, 3}, 0, false}};
  const auto gap = line_svg(chart);
  std::smatch path;
  BOOST_TEST_REQUIRE(std::regex_search(gap, path, std::regex(R"re(class="curve"[^>]* d="([^"]*)")re")));
  BOOST_TEST(occurrences(path[1], "M") == 2U);
  BOOST_TEST(occurrences(path[1], "L") == 1U);
  std::vector<double> many(10000);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<double>(i);
  chart.series = {{"s", many, many, 0, false}};
  BOOST_TEST(line_svg(chart).size() < 10000U);
}

BOOST_AUTO_TEST_SUITE_END()
