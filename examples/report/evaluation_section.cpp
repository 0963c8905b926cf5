// SPDX-License-Identifier: MIT

// The section on what test figures are worth: baselines, intervals, confusion, and what leaks.

#include "../common/table.hpp"
#include "page.hpp"
#include "sections.hpp"
#include "words.hpp"

namespace lifelog::examples::report {

namespace {

using Cells = std::vector<std::string>;

std::string interval(const Figures& figures) {
  return fixed(figures.low, 2) + " to " + fixed(figures.high, 2);
}

/// Network and baselines on average of everybody, row by row; columns that nobody has are left out.
std::string figures_table(const Judged& judged) {
  bool p = false, leak = false;
  for (const auto& figures : judged.figures) {
    p = p || figures.p_value.has_value();
    leak = leak || figures.leak.has_value();
  }
  Cells header{"who", "F1", "95 %", "accuracy", "kappa"};
  if (p) header.push_back("p");
  if (leak) header.push_back("leak of F1");
  std::vector<Cells> rows;
  for (const auto& figures : judged.figures) {
    rows.push_back({figures.name, fixed(figures.f1, 3), interval(figures), fixed(figures.accuracy, 3),
                    fixed(figures.kappa, 3)});
    if (p) rows.back().push_back(figures.p_value ? fixed(*figures.p_value, 3) : "");
    if (leak) rows.back().push_back(figures.leak ? fixed(*figures.leak, 3) : "");
  }
  if (judged.ensemble) {
    const auto& all = *judged.ensemble;
    rows.insert(rows.begin() + 1, {"all networks together", fixed(all.f1, 3), interval(all),
                                   fixed(all.accuracy, 3), fixed(all.kappa, 3)});
    rows[1].resize(header.size());
  }
  return table_html(header, rows);
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

/// How far what the networks say of their own certainty holds.
std::string calibration_part(const std::vector<Judged>& evaluation) {
  Cells header{"person"};
  std::vector<Cells> rows;
  for (const auto& judged : evaluation) {
    if (judged.calibration.empty()) continue;
    Cells cells{judged.user};
    if (header.size() == 1)
      for (const auto& [name, value] : judged.calibration) header.push_back(spoken(name));
    for (const auto& [name, value] : judged.calibration) cells.push_back(fixed(value, 3));
    cells.resize(header.size());
    rows.push_back(std::move(cells));
  }
  if (rows.empty()) return {};
  return "<h3>Can their probabilities be taken at their word?</h3>\n" +
         paragraph(
             "Of minutes that were held out: how far the networks' certainty is from their accuracy, as they "
             "say it "
             "and adjusted (one temperature) to validation minutes; and sets of classes that should hold the "
             "true one "
             "so often, how often they do, and how many classes they have.") +
         table_html(header, rows);
}

}  // namespace

std::string evaluation_section(const Report& report) {
  if (report.evaluation.empty()) return {};
  const auto& evaluation = report.evaluation;
  std::string reasons;
  bool leak = false, p = false;
  for (const auto& judged : evaluation) {
    if (!judged.reason.empty()) reasons += paragraph("Person " + judged.user + ": " + judged.reason + '.');
    for (const auto& figures : judged.figures) {
      leak = leak || figures.leak.has_value();
      p = p || figures.p_value.has_value();
    }
  }
  std::string how =
      "The same minutes, told by whoever looks at no sensor: \"majority\" always says the commonest "
      "class, \"clock\" what was true at the nearest time; \"statistics\" and \"minirocket\" are "
      "linear models of the sensors. Intervals come from drawing blocks of minutes and people anew.";
  if (p) how += " p: how often labels shifted in time do as well.";
  if (leak)
    how +=
        " Leak: how much better it looks when minutes are shuffled, so that neighbours of those tested are "
        "trained on.";
  const auto* everybody = judged_everybody(report);
  return paragraph(how) + (everybody ? figures_table(*everybody) : "") + people_table(evaluation) + reasons +
         calibration_part(evaluation);
}

}  // namespace lifelog::examples::report
