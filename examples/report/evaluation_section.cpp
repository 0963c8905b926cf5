// SPDX-License-Identifier: MIT

// The section on what test figures are worth: baselines, intervals, confusion, and what leaks.

#include <algorithm>

#include "../common/table.hpp"
#include "page.hpp"
#include "sections.hpp"
#include "svg.hpp"
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

/// Repetitions as a strip of dots, the true labels as a line across it.
std::string nulls_part(const Nulls& nulls) {
  constexpr double width = 520, top = 26, bottom = 56;
  auto values = nulls.f1;
  values.push_back(nulls.observed);
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const double pad = std::max(0.01, 0.05 * (*high - *low));
  const Scale x{*low - pad, *high + pad, 10, width - 10};
  Svg svg(width, bottom + 22, "F1 with shifted labels (dots) and with the true ones (line)");
  svg.text(0, 13, "F1 with shifted labels (dots) and with the true ones (line)", "head");
  svg.line(10, bottom, width - 10, bottom, "axis");
  const auto marks = ticks(x.from, x.to, 6);
  for (const double mark : marks)
    svg.text(x(mark), bottom + 15, fixed(mark, tick_digits(marks)), "", "middle");
  for (const double f1 : nulls.f1)
    svg.circle(x(f1), (top + bottom) / 2, 4.5, "hollow", "", "shifted labels: " + fixed(f1, 3));
  svg.line(x(nulls.observed), top - 6, x(nulls.observed), bottom, "mark");
  const auto better =
      std::count_if(nulls.f1.begin(), nulls.f1.end(), [&](double f1) { return f1 >= nulls.observed; });
  return "<h3>Would labels that mean nothing do as well?</h3>\n" +
         paragraph(
             "Networks of one seed were trained " +
             count(static_cast<long long>(nulls.f1.size()), "time", "times") +
             " more on labels shifted in time, which have nothing to do with the minutes. On average of "
             "everybody, " +
             std::to_string(better) + " of them came to the F1 of the true labels, " +
             fixed(nulls.observed, 3) + ", or above: p = " + fixed(nulls.p_value, 3) +
             ". Theirs lie between " + fixed(*std::min_element(nulls.f1.begin(), nulls.f1.end()), 3) +
             " and " + fixed(*std::max_element(nulls.f1.begin(), nulls.f1.end()), 3) + '.') +
         "<figure>" + svg.finish() + "</figure>\n";
}

/// As the table's columns and sentences call who predicts.
std::string predictor_words(const std::string& name) {
  if (name == "general") return "networks of the others";
  if (name == "tuned") return "networks tuned by the labelled minutes";
  if (name == "group") return "networks of the likeliest group";
  if (name == "logistic") return "logistic regression";
  return name == "both" ? "tuned networks and logistic regression together" : name;
}

std::string f1_words(const Figures& figures) {
  return with_interval(figures.f1, figures.low, figures.high, 3);
}

/// A difference of F1, and what follows if it is above 0, below, or not to be told from 0.
std::string difference_words(const Across::Difference& one, const char* above, const char* below,
                             const char* open) {
  return with_interval(one.f1, one.low, one.high, 3) + ": " +
         (one.low > 0    ? above
          : one.high < 0 ? below
                         : open) +
         ".";
}

std::string labels_of(Index minutes) {
  return count(static_cast<long long>(minutes), "labelled minute", "labelled minutes");
}

/// Whether labelled minutes of somebody new help: each predictor beside itself without any, with the most that were given.
void add_labels_words(const Across& across, std::vector<std::string>& words) {
  Index most = 0;
  for (const auto& gain : across.gains) most = std::max(most, gain.minutes);
  for (const auto& gain : across.gains)
    if (gain.minutes == most)
      words.push_back("What " + labels_of(most) + " add to the F1 of " + predictor_words(gain.predictor) +
                      " is " +
                      difference_words(gain, "they help", "they do harm", "whether they help is open"));
}

/// Whether tuned networks are better than logistic regression, with the fewest and the most labels.
void add_networks_words(const Across& across, std::vector<std::string>& words) {
  const auto& differences = across.over_regression;
  for (std::size_t i = 0; i < differences.size(); ++i)
    if (i == 0 || i + 1 == differences.size())
      words.push_back("With " + labels_of(differences[i].minutes) +
                      " the F1 of networks less that of logistic regression is " +
                      difference_words(differences[i], "networks are better", "networks are worse",
                                       "which of them is better is open"));
}

/// A row for each number of labelled minutes, a column for each who predicts at any of them.
std::string across_table_html(const Across& across) {
  Cells names;
  for (const auto& row : across.rows)
    for (const auto& figures : row.figures)
      if (std::find(names.begin(), names.end(), figures.name) == names.end()) names.push_back(figures.name);
  Cells header{"labelled minutes"};
  for (const auto& name : names) header.push_back(predictor_words(name));
  std::vector<Cells> rows;
  for (const auto& row : across.rows) {
    Cells cells{std::to_string(row.minutes)};
    for (const auto& name : names) {
      const auto found = std::find_if(row.figures.begin(), row.figures.end(),
                                      [&](const Figures& figures) { return figures.name == name; });
      cells.push_back(found == row.figures.end() ? "" : f1_words(*found));
    }
    rows.push_back(std::move(cells));
  }
  return table_html(header, rows);
}

}  // namespace

std::vector<std::string> across_words(const Report& report) {
  if (!report.across) return {};
  const auto& across = *report.across;
  std::vector<std::string> words;
  std::string without;
  for (const auto& row : across.rows)
    for (const auto& figures : row.figures)
      if (row.minutes == 0 && figures.name != "tuned")
        without += (without.empty() ? "" : ", ") + predictor_words(figures.name) + " " + f1_words(figures);
  if (!without.empty())
    words.push_back("Of somebody new, whom nothing was trained on (" +
                    count(static_cast<long long>(across.people), "person", "people") +
                    ", each held out in turn), F1 without any label: " + without + ".");
  add_labels_words(across, words);
  add_networks_words(across, words);
  return words;
}

std::string across_section(const Report& report) {
  const auto words = across_words(report);
  if (words.empty()) return {};
  std::string text;
  for (const auto& sentence : words) text += (sentence.empty() || text.empty() ? "" : " ") + sentence;
  return paragraph(text) +
         paragraph(
             "Everybody is held out in turn and gives some labelled minutes, the first of each class; the "
             "same "
             "later minutes are tested, however many were given. Macro F1 with its 95 % interval:") +
         across_table_html(*report.across);
}

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
         (report.nulls && !report.nulls->f1.empty() ? nulls_part(*report.nulls) : "") +
         calibration_part(evaluation);
}

}  // namespace lifelog::examples::report
