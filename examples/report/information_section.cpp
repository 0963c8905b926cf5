// SPDX-License-Identifier: MIT

// What sensors tell of everybody, whether it can be believed, and the groups that come of it.

#include <algorithm>
#include <cmath>

#include "../common/table.hpp"
#include "charts.hpp"
#include "page.hpp"
#include "sections.hpp"
#include "words.hpp"

namespace lifelog::examples::report {

namespace {

using Cells = std::vector<std::string>;

const SensorBits* bits_of(const Information& person, const std::string& sensor) {
  for (const auto& bits : person.sensors)
    if (bits.sensor == sensor) return &bits;
  return nullptr;
}

void add_row(HeatMap& map, const Informations& all, const Information& person, const std::string& name) {
  map.rows.push_back(name);
  for (const auto& sensor : all.sensors) {
    const auto* bits = bits_of(person, sensor);
    map.values.push_back(bits ? bits->of.bits : std::nan(""));
    map.known.push_back(bits && bits->identified);
  }
}

std::string heat_map(const Report& report) {
  const auto& all = *report.information;
  HeatMap map;
  map.title = "Bits a minute that each sensor tells, person by person";
  map.strongest = 0;
  map.digits = 3;
  for (const auto& sensor : all.sensors) map.columns.push_back(sensor_name(report, sensor));
  for (const auto& person : all.people) add_row(map, all, person, person.user);
  if (all.everybody) {
    map.headings.emplace_back(map.rows.size(), "on average");
    add_row(map, all, *all.everybody, "everybody");
  }
  return heat_svg(map);
}

std::string numbers_table(const Report& report) {
  const auto& all = *report.information;
  Cells header{"person", "minutes", "all sensors"};
  for (const auto& sensor : all.sensors) header.push_back(sensor_name(report, sensor));
  std::vector<Cells> rows;
  const auto add = [&](const Information& person, const std::string& name) {
    Cells cells{name, person.minutes > 0 ? grouped(person.minutes) : "",
                with_interval(person.total.bits, person.total.low, person.total.high, 3)};
    for (const auto& sensor : all.sensors) {
      const auto* bits = bits_of(person, sensor);
      cells.push_back(bits ? with_interval(bits->of.bits, bits->of.low, bits->of.high, 3) +
                                 (bits->identified ? ", identified" : "")
                           : "");
    }
    rows.push_back(std::move(cells));
  };
  for (const auto& person : all.people) add(person, person.user);
  if (all.everybody) add(*all.everybody, "everybody");
  return table_html(header, rows, "Bits a minute and their intervals");
}

std::string cohort_chart(const Report& report) {
  const auto& everybody = *report.information->everybody;
  IntervalChart chart;
  chart.title =
      "On average of " + count(static_cast<long long>(report.information->people.size()), "person", "people");
  chart.x_label = "bits a minute";
  Cells header{"sensor", "bits", "from", "to", "identified", "identified in"};
  std::vector<Cells> rows;
  for (const auto& sensor : everybody.sensors) {
    rows.push_back(add_sensor(chart, report, sensor, sensor_name(report, sensor.sensor)));
    rows.back().push_back(count(sensor.people, "person", "people"));
  }
  return wide(interval_svg(chart)) + table_html(header, rows);
}

std::string agreement_table(const Report& report) {
  const auto& all = *report.information;
  std::string out;
  if (all.agreement) {
    const auto& a = *all.agreement;
    out += table_html({"replicates", "of one person", "of different people", "verdict"},
                      {{"rank correlation of sensors", fixed(a.within, 2), fixed(a.between, 2),
                        a.identified ? "identified" : "not identified"},
                       {"nearest neighbour is the same person's", fixed(100 * a.nearest, 0) + "%",
                        "by chance " + fixed(100 * a.chance, 0) + "%", ""}});
  }
  std::vector<Cells> rows;
  for (const auto& person : all.people)
    if (person.agreement)
      rows.push_back({person.user, fixed(*person.agreement, 2), person.others ? fixed(*person.others, 2) : "",
                      person.identified ? "identified" : "not identified"});
  if (!rows.empty())
    out +=
        folded("Person by person", table_html({"person", "own replicates", "with others'", "sensors"}, rows));
  if (out.empty()) return out;
  return "<h3>Do networks that are trained anew agree?</h3>\n" +
         paragraph(
             "Rank correlation of what sensors tell, between replicates: other folds, other seeds. Where "
             "replicates of one person are no more alike than those of several, the differences are of "
             "networks, not of people.") +
         out;
}

std::string faithfulness_table(const Report& report) {
  if (report.faithfulness.empty()) return {};
  std::vector<Cells> everybody, people;
  for (const auto& person : report.faithfulness)
    for (const auto& measure : person.measures)
      (person.user == "everybody" ? everybody : people)
          .push_back({person.user, measure.measure, fixed(measure.rank_correlation, 2),
                      fixed(measure.aopcr, 3), fixed(measure.polarity, 2)});
  const Cells header{"person", "measure", "rank correlation", "AOPCR", "polarity"};
  return "<h3>Which measure is what the networks go by?</h3>\n" +
         paragraph(
             "On minutes that were held out. Rank correlation: with what it costs to exchange a sensor's "
             "minutes. AOPCR: how fast the prediction falls as sensors are taken away, the weightiest first, "
             "against any order. Polarity: how often the weightiest sensor argues against the prediction.") +
         (everybody.empty() ? "" : table_html(header, everybody)) +
         (people.empty() ? "" : folded("Person by person", table_html(header, people)));
}

}  // namespace

std::vector<std::string> add_sensor(IntervalChart& chart, const Report& report, const SensorBits& sensor,
                                    const std::string& name) {
  chart.names.push_back(name);
  chart.value.push_back(sensor.of.bits);
  chart.low.push_back(sensor.of.low);
  chart.high.push_back(sensor.of.high);
  chart.known.push_back(sensor.identified);
  return {sensor_and_unit(report, sensor.sensor), fixed(sensor.of.bits, 3), fixed(sensor.of.low, 3),
          fixed(sensor.of.high, 3), sensor.identified ? "yes" : "no"};
}

std::string information_section(const Report& report) {
  if (!report.information) return {};
  const auto& all = *report.information;
  std::string how =
      "How many bits a minute each sensor tells of the state, in minutes that were held out: its "
      "share (Shapley value) of what the networks tell beyond the shares of the states. Negative: "
      "it misleads.";
  if (all.replicates > 0)
    how += " Intervals (" + fixed(100 * all.level, 0) + "%) come from " +
           count(all.replicates, "replicate", "replicates") + " a person and blocks of minutes.";
  how += " Shaded: identified; the others' numbers may be chance.";
  std::string out = paragraph(how);
  if (!all.people.empty())
    out += wide(heat_map(report)) + folded("The same in numbers", numbers_table(report));
  if (all.everybody) out += cohort_chart(report);
  for (const auto& [user, why] : all.untold) out += paragraph("Not told of " + user + ": " + why + ".");
  return out + agreement_table(report) + faithfulness_table(report);
}

namespace {

/// How often two people are in one group, in the order in which groups stand out.
std::string together_map(const InformationGroups& groups) {
  HeatMap map;
  map.title = "How often two people are in one group";
  map.rows = map.columns = groups.order;
  for (const auto& row : groups.together) map.values.insert(map.values.end(), row.begin(), row.end());
  map.strongest = 0;
  return map.values.size() == map.rows.size() * map.columns.size() ? wide(heat_svg(map)) : "";
}

}  // namespace

std::string information_groups(const Report& report) {
  const auto& groups = *report.information->groups;
  Cells header{"person", "group"};
  for (int g = 0; g < groups.k; ++g) header.push_back("in group " + std::to_string(g + 1));
  std::vector<Cells> rows;
  for (std::size_t i = 0; i < groups.users.size(); ++i) {
    Cells cells{groups.users[i], groups.group[i] < 0 ? "none" : std::to_string(groups.group[i] + 1)};
    for (const double share : groups.membership[i]) cells.push_back(fixed(100 * share, 0) + "%");
    cells.resize(header.size());
    rows.push_back(std::move(cells));
  }
  std::string text = "People clustered by what sensors tell of them, as far as that is known.";
  if (groups.p) text += " p = " + fixed(*groups.p, 3) + ": how often data without groups look as grouped.";
  if (groups.silhouette) text += " Silhouette " + fixed(*groups.silhouette, 2) + ".";
  Cells stable;
  for (std::size_t g = 0; g < groups.stability.size(); ++g)
    stable.push_back("group " + std::to_string(g + 1) + " " + fixed(groups.stability[g], 2));
  if (!stable.empty())
    text += " Stability (1: found again whenever people and minutes are drawn anew): " + listed(stable) + ".";
  return paragraph(text) + table_html(header, rows) + together_map(groups);
}

}  // namespace lifelog::examples::report
