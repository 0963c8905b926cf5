// SPDX-License-Identifier: MIT
#include "sections.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "../common/table.hpp"
#include "charts.hpp"
#include "page.hpp"
#include "scatter.hpp"
#include "svg.hpp"
#include "timeline.hpp"
#include "words.hpp"

namespace lifelog::examples::report {

namespace {

/// Indices of the `count` largest, largest first; of equals the first.
std::vector<std::size_t> weightiest(const std::vector<double>& importance, std::size_t count) {
  std::vector<std::size_t> order(importance.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return importance[a] > importance[b]; });
  order.resize(std::min(count, order.size()));
  return order;
}

std::string group_name(const Report& report, int group) {
  return group < 0 ? "none" : report.groups[static_cast<std::size_t>(group)].name;
}

std::vector<std::string> group_names(const Report& report) {
  std::vector<std::string> names;
  for (const auto& group : report.groups) names.push_back(group.name);
  return names;
}

/// People in the order of their groups, then as they came.
std::vector<std::size_t> by_group(const Report& report) {
  std::vector<std::size_t> order(report.people.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto rank = [&](std::size_t i) {
    return static_cast<unsigned>(report.people[i].group);
  };  // none last
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return rank(a) < rank(b); });
  return order;
}

/// A row a modality, a column a window of the minute.
std::string strip_svg(const Report& report, const Strip& strip) {
  HeatMap map;
  map.title = strip.user + ", " + minute_text(strip.minute) + " UTC";
  for (const auto& name : report.modalities) map.rows.push_back(sensor_name(report, name));
  for (std::size_t w = 0; w < strip.windows; ++w)
    map.columns.push_back(number(60.0 * static_cast<double>(w) / static_cast<double>(strip.windows), 0) +
                          " s");
  map.values = strip.weight;
  map.strongest = 1;
  return heat_svg(map);
}

std::string strips(const Report& report) {
  if (report.strips.empty()) return {};
  std::string svg;
  for (const auto& strip : report.strips) svg += wide(strip_svg(report, strip));
  return paragraph(
             "Which sensor, when: of each person the test minute in which one window weighs most, cut into "
             "windows; all "
             "of them add up to 1. Each modality's largest is in bold.") +
         svg;
}

}  // namespace

namespace {

std::string importance_table(const Report& report) {
  std::vector<std::string> header{"person", "minutes"};
  for (const auto& name : report.modalities) header.push_back(sensor_name(report, name));
  std::vector<std::vector<std::string>> rows;
  for (const auto& person : report.people) {
    rows.push_back({person.user, grouped(person.minutes)});
    for (const double value : person.importance) rows.back().push_back(fixed(value, 3));
  }
  return table_html(header, rows);
}

}  // namespace

std::string importance_section(const Report& report) {
  if (report.people.empty()) return {};
  HeatMap map;
  map.title = "Mean weight of attention, person by person";
  for (const auto& name : report.modalities) map.columns.push_back(sensor_name(report, name));
  if (report.information) map.strongest = 0;
  int last = -2;
  for (const auto i : by_group(report)) {
    const auto& person = report.people[i];
    if (report.groups_found() && person.group != last)
      map.headings.emplace_back(map.rows.size(), "group " + group_name(report, last = person.group));
    map.rows.push_back(person.user);
    map.values.insert(map.values.end(), person.importance.begin(), person.importance.end());
  }
  std::string text =
      "How much weight the network's attention gives each sensor, averaged over a person's test minutes. A "
      "row adds "
      "up to 1. This is the study's measure. It tells what one network looks at, not what sensors tell: "
      "trained "
      "anew, a network often looks elsewhere.";
  text += report.information ? " What sensors tell stands above." : " A row's three largest are in bold.";
  return paragraph(text) + wide(heat_svg(map)) + folded("The same in numbers", importance_table(report)) +
         strips(report);
}

namespace {

/// "mAcc 0.27" of each of the three weightiest, "" where there are fewer.
std::vector<std::string> top_cells(const Report& report, const Person& person) {
  std::vector<std::string> cells;
  for (const auto i : weightiest(person.importance, 3))
    cells.push_back(sensor_name(report, report.modalities[i]) + ' ' + fixed(person.importance[i], 2));
  cells.resize(3);
  return cells;
}

}  // namespace

std::string top_section(const Report& report) {
  if (report.people.empty() || report.information) return {};
  const bool groups = report.groups_found();
  std::vector<std::vector<std::string>> rows;
  for (const auto& person : report.people) {
    rows.push_back({person.user});
    if (groups) rows.back().push_back(group_name(report, person.group));
    rows.back().push_back(count(person.minutes, "minute", "minutes"));
    for (auto& cell : top_cells(report, person)) rows.back().push_back(std::move(cell));
  }
  std::vector<std::string> header{"person"};
  if (groups) header.push_back("group");
  for (const char* name : {"from", "first", "second", "third"}) header.push_back(name);
  return paragraph(
             "The three sensors that attention weighs most for each person, and how much. Whether they "
             "inform is "
             "not known: that takes information in bits, which was not measured.") +
         table_html(header, rows);
}

namespace {

std::string selection_chart(const std::vector<ScoreCurve>& curves, const std::string& title,
                            const std::vector<std::string>& methods, int chosen) {
  LineChart chart;
  chart.title = title;
  chart.x_label = "number of groups k";
  chart.dots = chart.whole_x = true;
  if (chosen > 0) {
    chart.mark = chosen;
    chart.mark_label = "k = " + std::to_string(chosen);
  }
  for (const auto& curve : curves) {
    const auto color = std::find(methods.begin(), methods.end(), curve.name) - methods.begin();
    chart.series.push_back({curve.name, curve.k, curve.score, static_cast<int>(color), false});
  }
  return line_svg(chart);
}

/// A row a curve, a column a k.
std::string selection_table(const Selection& selection) {
  std::set<double> ks;
  for (const auto* curves : {&selection.entropy, &selection.silhouette})
    for (const auto& curve : *curves) ks.insert(curve.k.begin(), curve.k.end());
  std::vector<std::string> header{"curve"};
  for (const double k : ks) header.push_back("k = " + number(k));
  std::vector<std::vector<std::string>> rows;
  for (const auto& [what, curves] :
       {std::pair{"entropy, ", &selection.entropy}, {"silhouette, ", &selection.silhouette}})
    for (const auto& curve : *curves) {
      rows.push_back({what + curve.name});
      for (const double k : ks) {
        const auto at =
            static_cast<std::size_t>(std::find(curve.k.begin(), curve.k.end(), k) - curve.k.begin());
        rows.back().push_back(at < curve.score.size() ? fixed(curve.score[at], 3) : "");
      }
    }
  return table_html(header, rows);
}

}  // namespace

std::string selection_section(const Report& report) {
  const auto& s = report.selection;
  if (s.entropy.empty() && s.silhouette.empty()) return {};
  const bool by_information = report.information.has_value();
  if (!by_information && !report.groups_found()) return {};
  std::vector<std::string> charts, methods;  // a method has one colour in both charts
  for (const auto* curves : {&s.entropy, &s.silhouette})
    for (const auto& curve : *curves)
      if (std::find(methods.begin(), methods.end(), curve.name) == methods.end())
        methods.push_back(curve.name);
  if (!s.entropy.empty())
    charts.push_back(
        selection_chart(s.entropy, "Entropy: how far people are split (lower is better)", methods, s.chosen));
  if (!s.silhouette.empty())
    charts.push_back(selection_chart(s.silhouette, "Silhouette: how clear clusters are (higher is better)",
                                     methods, s.chosen));
  const std::string how =
      by_information
          ? "People were clustered by what sensors tell, and so were made-up cohorts of people who are no "
            "groups: only a silhouette above theirs speaks for groups. "
          : "Weights of attention of all minutes were grouped into k clusters for a range of k. ";
  return paragraph(how + s.rule) + row_of(charts, 400) + folded("The same in numbers", selection_table(s));
}

namespace {

Scatter scatter_of(const Report& report, const MinuteMap& map, std::string title) {
  Scatter scatter;
  scatter.title = std::move(title);
  scatter.x = map.x;
  scatter.y = map.y;
  scatter.minute = map.minute;
  std::vector<std::string> users;
  for (const auto& person : report.people) users.push_back(person.user);
  scatter.colorings.push_back({"person", map.person, users});
  if (!map.group.empty() && report.groups_found())
    scatter.colorings.push_back({"group", map.group, group_names(report)});
  if (!map.label.empty()) scatter.colorings.push_back({"label", map.label, map.label_names});
  if (report.clusters && !map.cluster.empty()) {
    std::vector<std::string> names;
    for (int k = 1; k <= report.clusters->k; ++k) names.push_back(std::to_string(k));
    scatter.colorings.push_back({"cluster", map.cluster, std::move(names)});
  }
  return scatter;
}

std::string rows_words(const std::string& name) {
  if (name == "raw") return "raw sensor windows";
  if (name == "attention") return "weights of attention";
  if (name == "contributions") return "contributions to what is said";
  return name == "information" ? "bits of information" : name;
}

std::string clusters_part(const Report& report) {
  if (!report.clusters || report.clusters->rows.empty()) return {};
  const auto& clusters = *report.clusters;
  std::vector<std::vector<std::string>> rows;
  for (const auto& row : clusters.rows)
    rows.push_back({rows_words(row.name), fixed(row.people, 3), fixed(row.labels, 3)});
  return paragraph(
             "The same " + count(static_cast<long long>(clusters.minutes), "minute", "minutes") + " in " +
             count(static_cast<long long>(clusters.k), "cluster", "clusters") +
             " by k-means, whose adjusted Rand index against people and states is 1 where clusters are just "
             "these, and 0 where they have no more in common than by chance:") +
         table_html({"clusters of", "against people", "against states"}, rows);
}

}  // namespace

std::string maps_section(const Report& report) {
  std::vector<std::string> figures;
  const auto add = [&](const MinuteMap& map, const std::string& what) {
    if (map.x.empty()) return;
    const auto n = grouped(static_cast<long long>(map.x.size()));
    figures.push_back(scatter_figure(
        scatter_of(report, map, what + ": " + n + " minutes, KL divergence " + fixed(map.kl_divergence, 2))));
  };
  add(report.importance_map, "Weights of attention");
  add(report.raw_map, "Raw sensor windows");
  if (figures.empty()) return {};
  return paragraph(
             "Minutes as t-SNE sees them: close in the map means alike in many dimensions. Weights come from "
             "one "
             "network a person, so that people may stand apart only because their networks do. Point at a "
             "minute, or "
             "go from one to the next by arrow keys, to see whose it is, in the other map too; switch names "
             "off and "
             "on below the map.") +
         row_of(figures, 400) + clusters_part(report);
}

std::string groups_section(const Report& report) {
  if (!report.groups_found()) return {};
  double most = 0;
  for (const auto& group : report.groups)
    for (const double value : group.importance) most = std::max(most, value);
  std::vector<std::string> charts;
  std::vector<std::vector<std::string>> rows;
  int color = 0;
  for (const auto& group : report.groups) {
    rows.push_back({group.name, std::to_string(group.users.size()), joined(group.users)});
    BarChart chart;
    chart.title =
        "Group " + group.name + ": " + count(static_cast<long long>(group.users.size()), "person", "people");
    for (const auto& name : report.modalities) chart.names.push_back(sensor_name(report, name));
    chart.parts = {{"weight of attention", group.importance, color_of(color++)}};
    chart.maximum = most;
    chart.digits = 2;
    charts.push_back(bars_html(chart));
  }
  const auto bars =
      paragraph(
          "Mean weight of attention of each group's people, sensor by sensor; all bars are on one "
          "scale, and a group's add up to 1.") +
      row_of(charts, 300);
  if (report.information) return information_groups(report) + bars;
  return paragraph("A person belongs to the group that holds most of the person's minutes.") +
         table_html({"group", "size", "people"}, rows) + bars;
}

namespace {

std::string held_out_part(const Report& report) {
  if (report.held_out.empty()) return {};
  PairChart f1{"F1 of people held out", "everybody else's", "the assigned group's", {}, {}, {}, {{0, 1}}};
  std::vector<std::vector<std::string>> rows;
  std::size_t better = 0, same = 0;
  for (const auto& person : report.held_out) {
    f1.names.push_back(person.user);
    f1.from.push_back(person.general_f1);
    f1.to.push_back(person.assigned_f1);
    const double gain = person.assigned_f1 - person.general_f1;
    better += gain > 0;
    same += person.group == person.assigned;
    rows.push_back({person.user, group_name(report, person.group), group_name(report, person.assigned),
                    grouped(person.rows), fixed(person.general_f1, 3), fixed(person.assigned_f1, 3),
                    (gain > 0 ? "+" : "") + fixed(gain, 3)});
  }
  const auto of_all = " of " + std::to_string(rows.size());
  return paragraph(
             "Each person once held out: a few labelled minutes choose the group whose predictor, trained "
             "without "
             "the person, fits them best. They chose the person's own group for " +
             std::to_string(same) + of_all + ", and its predictor has the higher F1 for " +
             std::to_string(better) + of_all + ".") +
         row_of({pair_svg(f1)}, 400) +
         table_html({"person", "group", "assigned", "test rows", "F1 general", "F1 assigned", "gain"}, rows);
}

/// What groups by which predictor tells whom best are worth to people who are new.
std::string regrouped_part(const Report& report) {
  if (!report.regrouped) return {};
  const auto named = [](const std::string& way) -> std::string {
    if (way == "regrouped") return "the group that a few labelled minutes choose";
    if (way == "general") return "everybody else's predictor";
    if (way == "random") return "a random group, chosen in the same way";
    return "these minutes alone";
  };
  std::vector<std::vector<std::string>> rows;
  for (const auto& way : report.regrouped->ways)
    rows.push_back({named(way.name), fixed(way.f1, 3), fixed(way.low, 2) + " to " + fixed(way.high, 2),
                    fixed(way.accuracy, 3)});
  std::vector<std::vector<std::string>> members;
  for (const auto& group : report.regrouped->groups)
    members.push_back({std::to_string(members.size() + 1), group.empty() ? "nobody" : joined(group)});
  return paragraph(
             "Groups found by predicting: people move to the group whose predictor fits them best, and "
             "predictors are trained again, until nobody moves. People who took no part were then "
             "predicted. Verdict: " +
             report.regrouped->verdict + ".") +
         table_html({"people held out, predicted by", "F1", "95 %", "accuracy"}, rows) +
         table_html({"group", "people"}, members);
}

}  // namespace

std::string comparison_section(const Report& report) {
  if (report.comparison.empty() || !report.groups_found()) return {};
  PairChart f1{"F1 on each group's test rows", "one for everybody", "the group's own", {}, {}, {}, {{0, 1}}};
  PairChart accuracy = f1;
  accuracy.title = "Accuracy on each group's test rows";
  std::vector<std::vector<std::string>> rows;
  std::size_t better = 0, right = 0, both = 0;
  const auto signed_gain = [](double gain) { return (gain > 0 ? "+" : "") + fixed(gain, 3); };
  for (const auto& c : report.comparison) {
    const auto name = "group " + c.group;
    f1.names.push_back(name);
    f1.from.push_back(c.general_f1);
    f1.to.push_back(c.group_f1);
    accuracy.names.push_back(name);
    accuracy.from.push_back(c.general_accuracy);
    accuracy.to.push_back(c.group_accuracy);
    const double gain = c.group_f1 - c.general_f1, more = c.group_accuracy - c.general_accuracy;
    better += gain > 0;
    right += more > 0;
    both += gain > 0 && more > 0;
    rows.push_back({c.group, grouped(c.rows), fixed(c.general_f1, 3), fixed(c.group_f1, 3), signed_gain(gain),
                    fixed(c.general_accuracy, 3), fixed(c.group_accuracy, 3), signed_gain(more)});
  }
  const auto of_all = " of " + count(static_cast<long long>(rows.size()), "group", "groups");
  return paragraph(
             "A predictor trained on one group's people beside one trained on everybody, on the same rows. "
             "The "
             "group's own has the higher F1 in " +
             std::to_string(better) + of_all + ", the higher accuracy in " + std::to_string(right) +
             ", both in " + std::to_string(both) + ".") +
         row_of({pair_svg(f1), pair_svg(accuracy)}, 400) +
         table_html({"group", "test rows", "F1 general", "F1 group", "gain", "accuracy general",
                     "accuracy group", "gain of accuracy"},
                    rows) +
         held_out_part(report) + regrouped_part(report);
}

std::vector<std::string> top_modalities(const std::vector<double>& importance,
                                        const std::vector<std::string>& modalities, std::size_t count) {
  std::vector<std::string> names;
  for (const auto i : weightiest(importance, count)) names.push_back(modalities.at(i));
  return names;
}

}  // namespace lifelog::examples::report
