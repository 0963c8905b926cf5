// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../data/quality.hpp"
#include "../data/rules.hpp"
#include "csv.hpp"

// Label files of the ETRI lifelog: a row a minute, what the person reported of it.

namespace lifelog::inline LIFELOG_ABI::readers {

/// What a data set's labels say: tension or positive emotion (1–7, self-reported), the action of the minute
/// (`sleep`, `meal`, …), or its option, a code of two or three digits from the data set's own description
/// (111 is sleep, 121 a meal).
enum class EtriTarget { tension, positive, action, action_option };

/// Name of the label file's column for a target.
LIFELOG_LAZY const char* etri_label_column(EtriTarget target) {
  switch (target) {
    case EtriTarget::positive:
      return "emotionPositive";
    case EtriTarget::action:
      return "action";
    case EtriTarget::action_option:
      return "actionOption";
    default:
      return "emotionTension";
  }
}

/// Rows of a session's label file, ascending by time, each time once.
struct EtriLabels {
  std::vector<std::string> columns;  ///< all of the header but `ts`
  std::vector<std::int64_t> ts;      ///< [n], unix seconds
  std::vector<Index> line;           ///< [n], in the file
  std::vector<std::string>
      cells;  ///< [n, columns], row-major; empty where the file says nothing (`na`, `null`, …)
  std::vector<char> repeated;  ///< [n], whether more rows of that time followed, which do not count
  std::vector<char> misspelt;  ///< [n], whether a cell was put into the usual spelling
  std::string file;

  const std::string& cell(std::size_t row, std::size_t column) const {
    return cells[row * columns.size() + column];
  }
  std::optional<std::size_t> find(std::string_view column) const {
    const auto it = std::find(columns.begin(), columns.end(), column);
    return it == columns.end() ? std::nullopt : std::optional(static_cast<std::size_t>(it - columns.begin()));
  }
  /// The row of a minute.
  std::optional<std::size_t> find(std::int64_t minute) const {
    const auto it = std::lower_bound(ts.begin(), ts.end(), minute);
    return it == ts.end() || *it != minute ? std::nullopt
                                           : std::optional(static_cast<std::size_t>(it - ts.begin()));
  }
};

namespace detail {

/// Label text as it is meant: nothing for the spellings of nothing, one spelling of an action that has two.
LIFELOG_LAZY std::string clean_label(std::string_view cell, bool& misspelt) {
  if (data::is_missing(cell)) return {};
  auto text = cell_text(cell);
  if (text != "communitiy_interaction") return text;
  misspelt = true;
  return "community_interaction";
}

LIFELOG_LAZY void sort_labels(EtriLabels& labels, data::Quality& quality) {
  std::vector<std::size_t> order(labels.ts.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return labels.ts[a] < labels.ts[b]; });
  EtriLabels sorted;
  sorted.columns = labels.columns;
  sorted.file = labels.file;
  for (const auto i : order) {
    if (!sorted.ts.empty() && sorted.ts.back() == labels.ts[i]) {
      sorted.repeated.back() = 1;
      quality.defect("duplicate_label", labels.file, labels.line[i], "ts seen before; the first counts");
      continue;
    }
    sorted.ts.push_back(labels.ts[i]);
    sorted.line.push_back(labels.line[i]);
    sorted.repeated.push_back(0);
    sorted.misspelt.push_back(labels.misspelt[i]);
    for (std::size_t c = 0; c < labels.columns.size(); ++c) sorted.cells.push_back(labels.cell(i, c));
  }
  labels = std::move(sorted);
}

LIFELOG_LAZY void read_label_rows(CsvReader& csv, EtriLabels& labels, data::Quality& quality) {
  const auto ts_column = csv.column("ts");
  for (const auto& name : csv.header())
    if (name != "ts") labels.columns.emplace_back(name);
  while (csv.next()) {
    const auto ts = data::parse_number(csv.cell(ts_column));
    if (ts.kind != data::CellKind::number || std::abs(ts.value) > 1e15) {
      quality.defect(
          "bad_label_time", labels.file, csv.line(),
          "ts: expected unix seconds, got \"" + lifelog::detail::shown(csv.cell(ts_column), 40) + "\"");
      continue;
    }
    labels.ts.push_back(std::llround(ts.value));
    labels.line.push_back(csv.line());
    bool misspelt = false;
    for (std::size_t c = 0; c < csv.header().size(); ++c) {
      if (csv.header()[c] == "ts") continue;
      const auto& cell = labels.cells.emplace_back(clean_label(csv.cell(c), misspelt));
      if (!lifelog::detail::is_printable(cell))
        quality.defect("bad_text", labels.file, csv.line(),
                       lifelog::detail::shown(csv.header()[c], 40) + ": expected text in UTF-8, got \"" +
                           lifelog::detail::shown(cell, 40) + "\"");
    }
    labels.misspelt.push_back(misspelt);
    if (misspelt) ++quality.defects["misspelt_action"];
  }
}

}  // namespace detail

/// Reads the text of a label file. file: its name, for errors and notes. `ts` may be written as a float. Of
/// rows with the same `ts` the first counts, the others are counted as defects. Throws format_error when
/// there is no column `ts`.
LIFELOG_LAZY EtriLabels parse_etri_labels(std::string_view text, const std::string& file,
                                          data::Quality& quality) {
  EtriLabels labels;
  labels.file = file;
  CsvReader csv(text, file);
  detail::read_label_rows(csv, labels, quality);
  if (labels.ts.empty()) quality.defect("empty_label_file", file, 0, "no label rows");
  detail::sort_labels(labels, quality);
  return labels;
}

/// A label that can be used, or why it cannot.
struct UsableLabel {
  std::string text;           ///< in one spelling: "3.0" is "3"
  const char* why = nullptr;  ///< a `lifelog::data::reason`; null when it can
};

/// Whether a text can be the name of a class: data sets list their classes with commas between.
LIFELOG_LAZY bool names_class(std::string_view text) {
  return !text.empty() && text.find(',') == std::string_view::npos && lifelog::detail::is_printable(text);
}

/// What a cell of a label file says of a target. Self-reports are whole numbers on the rules' scale; options
/// of actions are codes; actions are any text in UTF-8 without a comma.
LIFELOG_LAZY UsableLabel usable_label(const std::string& cell, EtriTarget target, const data::Rules& rules) {
  if (cell.empty()) return {{}, data::reason::empty_label};
  if (!names_class(cell)) return {{}, data::reason::bad_label};
  if (target == EtriTarget::action) return {cell};
  const auto number = data::parse_number(cell);
  const bool whole = number.kind == data::CellKind::number && number.value == std::floor(number.value);
  if (target == EtriTarget::action_option) {
    if (whole && std::abs(number.value) < 1e9)
      return {std::to_string(static_cast<std::int64_t>(number.value))};
    return {cell};
  }
  if (number.kind != data::CellKind::number) return {{}, data::reason::bad_label};
  if (!whole || number.value < rules.lowest_label || number.value > rules.highest_label)
    return {{}, data::reason::label_out_of_range};
  return {std::to_string(static_cast<int>(number.value))};
}

}  // namespace lifelog::readers
