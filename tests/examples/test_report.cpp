// SPDX-License-Identifier: MIT
#include <boost/test/unit_test.hpp>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "report/charts.hpp"
#include "report/page.hpp"
#include "report/scatter.hpp"
#include "report/svg.hpp"
#include "report/timeline.hpp"
#include "sample_report.hpp"

BOOST_AUTO_TEST_SUITE(report_page)

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

/// A tag whose long attribute values are empty: coordinate lists of maps are too deep for std::regex, and checked by their
/// own test.
std::string with_short_values(const std::string& tag) {
  std::string out;
  for (std::size_t at = 0; at < tag.size();) {
    const auto open = tag.find('"', at), close = open == std::string::npos ? open : tag.find('"', open + 1);
    if (close == std::string::npos) return out + tag.substr(at);
    out += close - open > 200 ? tag.substr(at, open - at) + "\"\"" : tag.substr(at, close + 1 - at);
    at = close + 1;
  }
  return out;
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
    const auto brief = std::regex_replace(with_short_values(text), std::regex("\n"), " ");
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

const std::vector<std::string> sections = {"summary",    "evaluation", "groups", "people",
                                           "predictors", "importance", "top",    "selection",
                                           "maps",       "training",   "data",   "settings"};

Judged judged_sample(const std::string& user) {
  Judged judged;
  judged.user = user;
  judged.figures = {{"network", 0.71, 0.625, 0.755, 0.8, 0.5, 0.048, 0.123},
                    {"clock", 0.333, 0.25, 0.5, 0.6, 0.1, 0.9, 0.456}};
  return judged;
}

}  // namespace

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
       {std::tuple(15, 5, 4), std::tuple(1, 1, 1), std::tuple(47, 9, 12)}) {
    const auto html = to_html(sample_report(people, modalities, groups, 20));
    BOOST_TEST_CONTEXT(people << " people") {
      BOOST_TEST(first_fault(html) == "");
    }
  }
}

BOOST_AUTO_TEST_CASE(has_the_sections_there_is_something_in) {
  const auto html = to_html(sample_report(3, 5, 2, 10));
  std::size_t last = 0;
  for (const auto& id : sections) {
    const auto at = html.find("<section id=\"" + id + "\">");
    BOOST_TEST_CONTEXT(id) {
      BOOST_TEST((at != std::string::npos && at > last));
    }
    BOOST_TEST(contains(html, "<a href=\"#" + id + "\">"));
    last = at;
  }
  const auto empty = to_html(Report{});
  BOOST_TEST(first_fault(empty) == "");
  BOOST_TEST(!contains(empty, "<section"));
  Report reasons;
  reasons.left_out = {{"Networks", "none has been <trained>."}};
  BOOST_TEST(contains(to_html(reasons), "Networks: none has been &lt;trained&gt;."));
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
  report.left_out.emplace_back(evil, evil);
  report.sensors = {{report.modalities[0], evil, evil}};
  report.information = sample_informations({evil, "b"}, {evil, report.modalities[0]}, 2);
  report.information->untold = {{evil, evil}};
  report.information->way = evil;
  report.faithfulness = {{evil, {{evil, 0.5, 0.5, 0.5}}}};
  report.timelines = {sample_timeline(evil, {evil}, 10)};
  report.timelines[0].classes = {evil, "b"};
  report.truth.people = {{evil, 0, {evil}}, {"b", 1, {}}};
  report.evaluation.push_back(report.evaluation[0]);
  auto& judged = report.evaluation.back();
  judged.ensemble = judged.figures[0];
  judged.user = judged.reason = judged.way = judged.figures[0].name = evil;
  judged.classes = {evil, "b"};
  judged.class_minutes = {1, 2};
  judged.confusion = {{1, 0}, {0, 2}};
  judged.calibration = {{evil, 0.5}};
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
        "own group for 1 of 2", "higher F1 for 1 of 2", "-0.125", "higher accuracy in"})
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(contains(html, text));
    }
}

BOOST_AUTO_TEST_CASE(baselines_stand_beside_the_network) {
  auto report = sample_report(2, 3, 2, 5);
  report.evaluation = {judged_sample("everybody"), judged_sample("101")};
  auto& one = report.evaluation[1];
  one.way = "blocked";
  one.reason = "class 2 has 3 minutes";
  one.beats_baselines = true;
  one.classes = {"calm", "<tense>"};
  one.class_minutes = {26, 21};
  one.confusion = {{20, 6}, {4, 1717}};
  const auto html = to_html(report);
  for (const char* text : {"0.710", "0.62 to 0.76", "0.048", "0.123", "0.456", "class 2 has 3 minutes",
                           "for the one person", "1,717", "&lt;tense&gt;"})
    BOOST_TEST(contains(html, text), text);
  BOOST_TEST(first_fault(html) == "");
  // No column of what nobody has.
  for (auto& judged : report.evaluation)
    for (auto& figures : judged.figures) {
      figures.p_value.reset();
      figures.leak.reset();
    }
  BOOST_TEST(!contains(to_html(report), "leak of F1"));
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
  report = sample_report(2, 3, 2, 5);
  report.information = sample_informations({"101"}, {"a"}, 2);
  report.information->groups->group = {2};
  BOOST_CHECK_THROW(to_html(report), std::invalid_argument);
  report = sample_report(2, 3, 2, 5);
  report.evaluation[0].figures.clear();
  BOOST_CHECK_THROW(to_html(report), std::invalid_argument);
  auto timeline = sample_timeline("101", {"a"}, 5);
  timeline.said.back() = 2;
  BOOST_CHECK_THROW(timeline_svg(timeline, {"a"}), std::invalid_argument);
  BOOST_CHECK_THROW(timeline_svg(sample_timeline("101", {"a"}, 5), {}), std::invalid_argument);
  BOOST_CHECK_THROW(bars_html({"t", {"a", "b"}, {{"p", {1}, "red"}}}), std::invalid_argument);
  BOOST_CHECK_THROW(heat_svg({"t", {"a"}, {"x", "y"}, {1}}), std::invalid_argument);
  BOOST_CHECK_THROW(heat_svg({"t", {"a"}, {"x"}, {1}, {true, false}}), std::invalid_argument);
  BOOST_CHECK_THROW(interval_svg({"t", "", {"a"}, {1}, {0}, {2}, {}}), std::invalid_argument);
  BOOST_CHECK_THROW(pair_svg({"t", "b", "a", {"x"}, {}, {1}, {}}), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(minutes_are_coloured_by_clusters_of_their_windows) {
  auto report = sample_report(2, 3, 2, 5);
  BOOST_TEST(!contains(to_html(report), ">cluster</button>"));
  report.clusters = MinuteClusters{7, 10, {{"raw", 0.125, 0.25}, {"information", 0.5, 0.0}}};
  report.raw_map.cluster.assign(report.raw_map.x.size(), 6);
  const auto html = to_html(report);
  for (const char* part : {">cluster</button>", "The same 10 minutes in 7 clusters", "raw sensor windows",
                           "0.125", "bits of information", "0.500"})
    BOOST_TEST(contains(html, part), part);
  report.raw_map.cluster.back() = 7;
  BOOST_CHECK_THROW(to_html(report), std::invalid_argument);
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
  BOOST_TEST(occurrences(svg, "h0M") + occurrences(svg, "h0\"") == 3U);
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

BOOST_AUTO_TEST_CASE(words_and_marks_read_on_what_is_below_them) {
  for (const auto& theme : {light_theme(), dark_theme()}) {
    for (const auto& ink : {theme.ink, theme.soft, theme.accent})
      BOOST_TEST(contrast(ink, theme.paper) >= 4.5);
    for (int step = -heat_steps; step <= heat_steps; ++step)
      BOOST_TEST(contrast(heat_ink(step, theme), heat_color(step, theme)) >= 4.5, "step " << step);
    BOOST_TEST(contrast(theme.none, theme.paper) >= 3);
    for (int i = 0; i < palette_size; ++i)
      BOOST_TEST(contrast(mixed(theme.paper, palette_color(i, theme), point_opacity), theme.paper) >= 3, i);
  }
  BOOST_TEST(contrast({0, 0, 0}, {1, 1, 1}) == 21, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(contrast(color_from("#777777"), {1, 1, 1}) == 4.478, boost::test_tools::tolerance(1e-3));
  BOOST_TEST(hex_of(color_from("#0a5b8f")) == "#0a5b8f");
}

BOOST_AUTO_TEST_CASE(heat_maps_are_as_wide_as_their_title_and_shade_only_what_is_known) {
  HeatMap map{"A long title of a heat map with one column only", {"r"}, {"c"}, {0.5}};
  std::smatch width;
  const auto svg = heat_svg(map);
  BOOST_TEST_REQUIRE(std::regex_search(svg, width, std::regex(R"(viewBox="0 0 (\S+) )")));
  BOOST_TEST(std::stod(width[1]) >= text_width(map.title));
  BOOST_TEST(contains(svg, "class=\"h6\""));
  map = {"t", {"r"}, {"a", "b", "c"}, {0.5, -0.25, 4}, {true, true, false}};
  const auto some = heat_svg(map);
  for (const char* part : {"class=\"h6\"", "class=\"hm3\"", "c: 4, not identified"})
    BOOST_TEST(contains(some, part), part);
  BOOST_TEST(occurrences(some, "strong") == 2U);  // the unknown one is no strongest
}

BOOST_AUTO_TEST_CASE(counts_have_whole_ticks) {
  LineChart chart;
  chart.whole_x = true;
  chart.series = {{"s", {2, 3, 4}, {10, 20, 30}, 0, false}};
  const auto svg = line_svg(chart);
  BOOST_TEST(contains(svg, ">3</text>"));
  BOOST_TEST(!contains(svg, ">2.5</text>"));
  BOOST_TEST(!contains(svg, ">3.5</text>"));
}

BOOST_AUTO_TEST_CASE(tables_have_heads_for_rows_and_columns) {
  const auto html = table_html({"who", "n"}, {{"a", "1"}, {"b", ""}}, "caption");
  BOOST_TEST(occurrences(html, "<th scope=\"col\"") == 2U);
  BOOST_TEST(occurrences(html, "<th scope=\"row\"") == 2U);
  BOOST_TEST(contains(html, "<td class=\"n\">1</td>"));
  const auto page = to_html(sample_report(3, 5, 2, 10));
  BOOST_TEST(occurrences(page, "<th>") + occurrences(page, "<th class") == 0U);
}

BOOST_AUTO_TEST_CASE(pairs_are_on_one_axis) {
  auto report = sample_report(3, 5, 2, 10);
  report.comparison = {{"1", 10, 0.55, 0.6, 0.9, 0.8}, {"2", 10, 0.56, 0.57, 0.91, 0.92}};
  const auto html = to_html(report);
  BOOST_TEST(contains(html, "higher F1 in 2 of 2 groups, the higher accuracy in 1, both in 1."));
  std::smatch chart;
  for (const char* title : {"F1 on each group", "Accuracy on each group"}) {
    const auto at = html.find(std::string("<title>") + title);
    const auto svg = html.substr(at, html.find("</svg>", at) - at);
    BOOST_TEST(contains(svg, ">0</text>"), title);
    BOOST_TEST(contains(svg, ">1</text>"), title);
  }
}

BOOST_AUTO_TEST_CASE(nothing_speaks_of_groups_where_there_are_none) {
  auto report = sample_report(3, 4, 1, 10);
  std::vector<std::string> users;
  for (const auto& person : report.people) users.push_back(person.user);
  report.information = sample_informations(users, report.modalities, 1);
  report.groups.clear();
  for (auto& person : report.people) person.group = -1;
  report.importance_map.group.clear();
  report.raw_map.group.clear();
  report.selection = {};
  report.held_out.clear();
  const auto html = to_html(report);
  BOOST_TEST(contains(html, "No groups of people were found (p = 0.600)."));
  auto rest = std::regex_replace(html, std::regex("No groups of people were found"), "");
  rest = std::regex_replace(rest, std::regex("role=\"group\""), "");
  BOOST_TEST(!contains(rest, "group"));
  BOOST_TEST(!contains(rest, "Group"));
}

BOOST_AUTO_TEST_CASE(timelines_have_a_cell_a_minute_and_gaps) {
  const auto timeline = sample_timeline("101", {"a", "b"}, 40);
  const auto figure = timeline_figure(timeline, {"Sensor A", "Sensor B"});
  BOOST_TEST(first_fault(figure) == "");
  BOOST_TEST(contains(figure, "data-gaps=\"21\""));
  for (const char* part : {"state: calm", "prediction: tense", "Sensor A: for the prediction",
                           "Sensor B: against the prediction", "2020-08-29 15:00", ">wrong<"})
    BOOST_TEST(contains(figure, part), part);
  // No finite argument, no row of it; no minute, no fault.
  auto unknown = timeline;
  for (float& value : unknown.argument) value = NAN;
  BOOST_TEST(!contains(timeline_svg(unknown, {"A", "B"}), "for the prediction"));
  BOOST_TEST(first_fault(timeline_svg(Timeline{}, {})) == "");
  // Long ones stay small.
  BOOST_TEST(minutes_a_cell(720) == 1U);
  BOOST_TEST(minutes_a_cell(10000) == 14U);
  BOOST_TEST(timeline_figure(sample_timeline("101", {"a", "b"}, 20000), {"A", "B"}).size() < 60000U);
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
