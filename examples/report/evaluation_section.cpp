// SPDX-License-Identifier: MIT

// The section on what test figures are worth: baselines, intervals, confusion, and what leaks.

#include "../common/table.hpp"
#include "page.hpp"
#include "sections.hpp"

namespace lifelog::examples::report {

namespace {

using Cells = std::vector<std::string>;

std::string interval(const Figures& figures) {
  return fixed(figures.low, 2) + " to " + fixed(figures.high, 2);
}

/// Network and baselines of one person, or of everybody, row by row.
std::string figures_table(const Judged& judged) {
  std::vector<Cells> rows;
  for (const auto& figures : judged.figures)
    rows.push_back({figures.name, fixed(figures.f1, 3), interval(figures), fixed(figures.accuracy, 3),
                    fixed(figures.kappa, 3), figures.p_value ? fixed(*figures.p_value, 3) : "",
                    figures.leak ? fixed(*figures.leak, 3) : ""});
  return table_html({"who", "F1", "95 %", "accuracy", "kappa", "p", "leak of F1"}, rows);
}

/// Everybody's F1, person by person: the network's, its interval, and each baseline's.
std::string people_table(const std::vector<Judged>& evaluation) {
  Cells header{"person", "held out", "network", "95 %"};
  for (std::size_t b = 1; b < evaluation.front().figures.size(); ++b)
    header.push_back(evaluation.front().figures[b].name);
  header.push_back("beats them");
  std::vector<Cells> rows;
  for (const auto& judged : evaluation) {
    Cells cells{judged.user, judged.way, fixed(judged.figures[0].f1, 3), interval(judged.figures[0])};
    for (std::size_t b = 1; b < judged.figures.size(); ++b) cells.push_back(fixed(judged.figures[b].f1, 3));
    cells.resize(header.size() - 1);
    cells.push_back(judged.beats_baselines ? "yes" : "no");
    rows.push_back(std::move(cells));
  }
  return table_html(header, rows);
}

std::string confusion_table(const Judged& judged) {
  Cells header{"true class", "minutes"};
  for (const auto& name : judged.classes) header.push_back("called " + name);
  std::vector<Cells> rows;
  for (std::size_t t = 0; t < judged.confusion.size(); ++t) {
    Cells cells{judged.classes.at(t), grouped(judged.class_minutes.at(t))};
    for (const Index count : judged.confusion[t]) cells.push_back(grouped(count));
    rows.push_back(std::move(cells));
  }
  return table_html(header, rows);
}

}  // namespace

std::string evaluation_section(const Report& report) {
  if (report.evaluation.empty()) return not_run;
  const auto& evaluation = report.evaluation;
  std::string confusions, reasons;
  std::size_t better = 0, people = 0;
  for (const auto& judged : evaluation) {
    if (judged.classes.empty()) continue;  // everybody's means
    ++people;
    better += judged.beats_baselines;
    confusions += paragraph("Person " + judged.user) + confusion_table(judged);
    if (!judged.reason.empty()) reasons += paragraph("Person " + judged.user + ": " + judged.reason + '.');
  }
  return paragraph(
             "The same minutes, told by whoever looks at no sensor: \"majority\" always says the commonest "
             "class, "
             "\"clock\" what was true at the nearest time. Intervals come from drawing blocks of minutes and "
             "people "
             "anew. p: how often labels shifted in time do as well. Leak: how much better it looks when "
             "minutes are "
             "shuffled, so that neighbours of those tested are trained on.") +
         paragraph("The network beats every baseline for " + std::to_string(better) + " of " +
                   count(static_cast<long long>(people), "person", "people") + '.') +
         figures_table(evaluation.front()) + people_table(evaluation) + reasons +
         folded("Classes and what they were taken for", confusions);
}

}  // namespace lifelog::examples::report
