// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "../data/label_intervals.hpp"
#include "../data/quality.hpp"
#include "table_layout.hpp"

namespace lifelog::inline LIFELOG_ABI::readers {

/// Everybody's labels of one kind.
struct TableLabelIntervals {
  struct Fault {
    std::string file;  ///< empty: the message names it
    Index line;
    std::string message;

    std::string text() const {
      return file.empty() ? message : data::Quality::place(file, line) + ": " + message;
    }
  };

  std::map<std::string, std::vector<data::LabelInterval>>
      intervals;                                     ///< a person's, ns of unix time, ascending
  std::map<std::string, std::vector<Fault>> faults;  ///< rows that say nothing usable

  /// To be called when all files were read.
  void sort() {
    for (auto& [who, list] : intervals)
      std::sort(list.begin(), list.end(), [](const data::LabelInterval& a, const data::LabelInterval& b) {
        return std::tie(a.start, a.end, a.label) < std::tie(b.start, b.end, b.label);
      });
  }
};

namespace detail {

/// A number as a class: 3 of 3.0 and 03; the shortest text that is the number.
LIFELOG_LAZY std::string number_class(double value) {
  char text[32];
  return std::string(text, std::to_chars(text, text + sizeof text, value == 0 ? 0 : value).ptr);
}

/// "2 (3 to below 5)": the part of the scale between ascending bounds that a number lies in. Parts are numbered from 1, so
/// that classes sort as the scale does.
LIFELOG_LAZY std::string bounded_class(double value, const std::vector<double>& bounds) {
  const auto at = std::upper_bound(bounds.begin(), bounds.end(), value);
  auto number = std::to_string(at - bounds.begin() + 1);
  number.insert(0, std::to_string(bounds.size() + 1).size() - number.size(), '0');
  if (at == bounds.begin()) return number + " (below " + number_class(*at) + ")";
  const auto low = number_class(*std::prev(at));
  return number + " (" + low + (at == bounds.end() ? " and above)" : " to below " + number_class(*at) + ")");
}

/// The class of a label's cell; nothing for a cell that says none.
LIFELOG_LAZY std::optional<std::string> label_class(std::string_view cell, const TableLabels& labels,
                                                    bool decimal_comma) {
  if (data::is_missing(cell)) return std::nullopt;
  if (!labels.numbers) {
    const auto text = cell_text(data::trimmed(cell));
    if (text.find(',') != std::string::npos || !lifelog::detail::is_printable(text)) return std::nullopt;
    return text;
  }
  std::string text(cell);
  if (decimal_comma && text.find('.') == std::string::npos) std::replace(text.begin(), text.end(), ',', '.');
  const auto number = data::parse_number(text);
  if (number.kind != data::CellKind::number) return std::nullopt;
  return labels.bounds.empty() ? number_class(number.value) : bounded_class(number.value, labels.bounds);
}

}  // namespace detail

/// Adds the labels of a file. text: all of it; file: its name; person: whose it is, where no column says so. Throws
/// format_error when a column is missing. Rows without a usable time or label become faults of their person.
LIFELOG_LAZY void add_table_labels(std::string_view text, const std::string& file, const TableLabels& labels,
                                   const std::string& person, TableLabelIntervals& out) {
  const auto layout = table_layout(text, file, labels.source, {labels.column});
  TableSource end_source = labels.source;
  end_source.time_columns = labels.end_columns;
  const bool instants = labels.end_columns.empty();
  const auto end_layout = instants ? layout : table_layout(text, file, end_source, {labels.column});
  TimeParser time(labels.source.time, TimeZone::named(labels.source.zone));
  detail::CsvCursor cursor(text, layout.delimiter);
  cursor.at = text.data() + layout.begin;
  cursor.line = layout.line;
  std::vector<std::string_view> cells;
  const auto cell = [&](std::size_t column) {
    return column < cells.size() ? cells[column] : std::string_view();
  };
  const auto time_of = [&](const TableLayout& at) {
    if (at.date_column == CsvReader::none) return time.parse(cell(at.time_column));
    return time.parse(std::string(cell(at.date_column)) + ' ' + std::string(cell(at.time_column)));
  };
  while (cursor.find_row()) {
    const auto line = cursor.line;
    cells.clear();
    do cells.push_back(cursor.cell());
    while (cursor.next_cell());
    cursor.end_line();
    const auto who = labels.source.person_column.empty() ? person : cell_text(cell(layout.person_column));
    const auto fault = [&](const std::string& message) { out.faults[who].push_back({file, line, message}); };
    const auto from = time_of(layout);
    const auto to = instants ? from : time_of(end_layout);
    const auto form = time_form_name(labels.source.time);
    if (!from || !to) {
      const auto& at = from ? end_layout : layout;
      fault("expected a time (" + form + "), got \"" + lifelog::detail::shown(cell(at.time_column), 40) +
            "\"");
      continue;
    }
    if (!instants && *from >= *to) {
      fault("expected a start before the end, got \"" + lifelog::detail::shown(cell(layout.time_column), 40) +
            "\" and \"" + lifelog::detail::shown(cell(end_layout.time_column), 40) + "\"");
      continue;
    }
    const auto label = detail::label_class(cell(layout.channels[0]), labels, layout.decimal_comma);
    if (!label) {
      fault(std::string(data::is_missing(cell(layout.channels[0]))
                            ? "expected a label, which no empty cell, NA or none is"
                        : labels.numbers ? "expected a number"
                                         : "expected a label in UTF-8 without commas") +
            ", got \"" + lifelog::detail::shown(cell(layout.channels[0]), 40) + "\"");
      continue;
    }
    const auto start = instants ? *from - std::llround(1e9 * labels.before) : *from;
    out.intervals[who].push_back({start, *to, *label});
  }
}

}  // namespace lifelog::readers
