// SPDX-License-Identifier: MIT

// The sections on what was recorded, trained and set; those on people and groups are in sections.cpp.

#include <algorithm>

#include "../common/quality_file.hpp"
#include "../common/table.hpp"
#include "charts.hpp"
#include "page.hpp"
#include "sections.hpp"
#include "svg.hpp"

namespace lifelog::examples::report {

namespace {

std::string percent(double part, double whole) {
  return whole > 0 ? fixed(100 * part / whole, 1) + "%" : "-";
}

/// All reasons for which anybody's minutes were dropped, most frequent first.
std::vector<std::string> drop_reasons(const Report& report) {
  auto total = total_quality(report.quality).dropped;
  std::vector<std::string> reasons;
  for (const auto& [why, n] : total) reasons.push_back(why);
  std::stable_sort(reasons.begin(), reasons.end(), [&](auto& a, auto& b) { return total[a] > total[b]; });
  return reasons;
}

Index dropped_for(const data::Quality& quality, const std::string& why) {
  const auto found = quality.dropped.find(why);
  return found == quality.dropped.end() ? 0 : found->second;
}

std::string minutes_chart(const Report& report, const std::vector<std::string>& reasons) {
  BarChart chart;
  chart.title = "Minutes of each person, kept and dropped";
  BarChart::Part kept{"kept", {}, color_of(0)};
  for (const auto& q : report.quality) {
    chart.names.push_back(q.user);
    kept.values.push_back(static_cast<double>(q.minutes_kept));
  }
  chart.parts.push_back(kept);
  int color = 1;
  for (const auto& why : reasons) {
    BarChart::Part part{spoken(why), {}, color_of(color++)};
    for (const auto& q : report.quality) part.values.push_back(static_cast<double>(dropped_for(q, why)));
    chart.parts.push_back(part);
  }
  return bars_html(chart);
}

std::string minutes_table(const Report& report, const std::vector<std::string>& reasons) {
  std::vector<std::string> header = {"person", "seen", "kept", "share"};
  for (const auto& why : reasons) header.push_back(spoken(why));
  header.push_back("remarks");
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](const std::string& name, const data::Quality& q, const std::string& remark) {
    std::vector<std::string> row = {name, grouped(q.minutes_seen), grouped(q.minutes_kept),
                                    percent(double(q.minutes_kept), double(q.minutes_seen))};
    for (const auto& why : reasons) row.push_back(grouped(dropped_for(q, why)));
    row.push_back(remark);
    rows.push_back(std::move(row));
  };
  const auto notes = [](const data::Quality& q) {
    return q.notes_total > 0 ? count(q.notes_total, "note", "notes") : "";
  };
  for (const auto& q : report.quality) add(q.user, q, q.error.empty() ? notes(q) : q.error);
  const auto all = total_quality(report.quality);
  add(all.user, all, notes(all));
  return table_html(header, rows);
}

std::string defects_table(const Report& report) {
  const auto total = total_quality(report.quality).defects;
  if (total.empty()) return {};
  std::vector<std::vector<std::string>> rows;
  for (const auto& [kind, n] : total) rows.push_back({spoken(kind), grouped(n)});
  return paragraph("Dirt found on the way and survived:") + table_html({"kind", "times"}, rows);
}

}  // namespace

std::string spoken(std::string key) {
  std::replace(key.begin(), key.end(), '_', ' ');
  return key;
}

std::string data_section(const Report& report) {
  if (report.quality.empty()) return {};
  const auto reasons = drop_reasons(report);
  return paragraph(
             "Every minute that was seen is counted once: kept, or dropped for the first reason found.") +
         minutes_chart(report, reasons) +
         folded("The same in numbers", minutes_table(report, reasons) + defects_table(report));
}

namespace {

std::string training_chart(const Training& t) {
  LineChart chart;
  chart.title = t.user + ", test F1 " + fixed(t.test_f1, 3) + (t.diverged ? ", diverged" : "");
  chart.x_label = "epoch";
  chart.series = {{"training F1", t.epoch, t.train_f1, 9, false},
                  {"validation F1", t.epoch, t.valid_f1, 0, false}};
  chart.range = {0, 1};
  chart.mark = t.best_epoch;
  chart.mark_label = "kept";
  chart.legend = false;
  chart.width = 270;
  chart.height = 160;
  return line_svg(chart);
}

std::string loss_chart(const Report& report) {
  LineChart chart;
  chart.title = "Training loss of each person";
  chart.x_label = "epoch";
  chart.legend = false;
  chart.width = 900;
  chart.height = 230;
  int color = 0;
  std::vector<std::pair<std::string, std::string>> key;
  for (const auto& t : report.training) {
    key.emplace_back(t.user, color_of(color));
    chart.series.push_back({t.user, t.epoch, t.loss, color++, false});
  }
  return wide(line_svg(chart)) + key_html(key);
}

}  // namespace

std::string training_section(const Report& report) {
  if (report.training.empty()) return {};
  std::vector<std::string> charts;
  std::vector<std::vector<std::string>> rows;
  double f1 = 0, accuracy = 0;
  for (const auto& t : report.training) {
    if (!t.epoch.empty()) charts.push_back(training_chart(t));
    rows.push_back({t.user, std::to_string(t.classes), grouped(t.train_minutes), grouped(t.test_minutes),
                    number(t.best_epoch, 0) + (t.diverged ? ", then diverged" : ""), fixed(t.test_f1, 3),
                    fixed(t.test_accuracy, 3)});
    f1 += t.test_f1;
    accuracy += t.test_accuracy;
  }
  const auto n = static_cast<double>(report.training.size());
  rows.push_back({"mean", "", "", "", "", fixed(f1 / n, 3), fixed(accuracy / n, 3)});
  std::string out = paragraph(
      "One network a person, learning to tell the person's own state from all sensors of a minute: the "
      "network that "
      "is kept. Grey: F1 on the training minutes; blue: F1 on the validation minutes; dashed: the epoch "
      "whose "
      "weights were kept. Test figures are of its own test minutes alone.");
  if (!charts.empty()) out += row_of(charts, 240) + loss_chart(report);
  const auto numbers = table_html(
      {"person", "classes", "training minutes", "test minutes", "kept epoch", "test F1", "test accuracy"},
      rows);
  return out + folded("The same in numbers", numbers);
}

std::string settings_section(const Report& report) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& setting : report.settings) rows.push_back({setting.step, setting.name, setting.value});
  std::string out;
  if (!rows.empty())
    out += paragraph("What it takes to get the same numbers again.") +
           table_html({"step", "setting", "value"}, rows);
  if (report.left_out.empty()) return out;
  out += "<h3>What is not shown</h3>\n<ul>\n";
  for (const auto& [part, why] : report.left_out) out += "<li>" + escape(part + ": " + why) + "</li>\n";
  return out + "</ul>\n";
}

}  // namespace lifelog::examples::report
