// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "../core/finite.hpp"
#include "../data/rows.hpp"
#include "../data/utc.hpp"
#include "../io/atomic_file.hpp"
#include "csv.hpp"

// Row tables as CSV files.

namespace lifelog::inline LIFELOG_ABI::readers {

namespace detail {

LIFELOG_LAZY bool parse_datetime(std::string_view text, std::int64_t& unix_second) {
  constexpr std::string_view shape = "dddd-dd-dd dd:dd:dd";
  if (text.size() != shape.size()) return false;
  std::array<int, 6> field{};
  std::size_t f = 0;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const char c = text[i];
    if (shape[i] != 'd') {
      if (c != shape[i]) return false;
      ++f;
    } else if (c < '0' || c > '9') {
      return false;
    } else {
      field[f] = 10 * field[f] + (c - '0');
    }
  }
  using namespace std::chrono;
  const year_month_day date{year(field[0]), month(static_cast<unsigned>(field[1])),
                            day(static_cast<unsigned>(field[2]))};
  if (!date.ok() || field[3] > 23 || field[4] > 59 || field[5] > 59) return false;
  const auto when = sys_days(date) + hours(field[3]) + minutes(field[4]) + seconds(field[5]);
  unix_second = when.time_since_epoch().count();
  return true;
}

LIFELOG_LAZY void append_number(std::string& out, double value) {
  if (lifelog::detail::is_nan(value)) return;
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

LIFELOG_LAZY void append_text(std::string& out, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out.append(text);
    return;
  }
  out += '"';
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  out += '"';
}

LIFELOG_LAZY bool is_value_column(std::string_view name) {
  return name.find("__") != std::string_view::npos;
}

}  // namespace detail

/// The table as CSV text: header `datetime,<modality>__<column>,…,<label columns>`, `datetime` as
/// `YYYY-MM-DD HH:MM:SS` in UTC, numbers in the shortest form that reads back the same, nothing for NaN.
LIFELOG_LAZY std::string to_csv(const data::RowTable& table) {
  std::string out = "datetime";
  for (const auto& name : table.columns) detail::append_text(out.append(1, ','), name);
  for (const auto& label : table.labels) detail::append_text(out.append(1, ','), label.name);
  out += '\n';
  for (std::size_t i = 0; i < table.size(); ++i) {
    data::append_datetime(out, table.time[i]);
    for (std::size_t c = 0; c < table.columns.size(); ++c)
      detail::append_number(out.append(1, ','), table.values(i, c));
    for (const auto& label : table.labels) detail::append_text(out.append(1, ','), label.cells[i]);
    out += '\n';
  }
  return out;
}

/// Writes `to_csv(table)` to a file, by convention `<user>.csv`, whole or not at all. Throws io_error.
LIFELOG_LAZY void write_rows(const std::filesystem::path& path, const data::RowTable& table) {
  io::write_text(path, to_csv(table));
}

namespace detail {

LIFELOG_LAZY data::RowTable parse_rows(std::string_view text, const std::string& file) {
  CsvReader csv(text, file);
  const auto time = csv.column("datetime");
  data::RowTable table;
  std::vector<std::size_t> values_at, labels_at;
  for (std::size_t c = 0; c < csv.header().size(); ++c) {
    if (c == time) continue;
    const bool value = is_value_column(csv.header()[c]);
    (value ? values_at : labels_at).push_back(c);
    if (value)
      table.columns.push_back(cell_text(csv.header()[c]));
    else
      table.labels.push_back({cell_text(csv.header()[c]), {}});
  }
  const auto place = [&] { return file + ":" + std::to_string(csv.line()); };
  std::vector<double> values;
  while (csv.next()) {
    if (csv.cells() != csv.header().size())
      throw format_error(place(), "expected " + std::to_string(csv.header().size()) + " cells, got " +
                                      std::to_string(csv.cells()));
    if (!parse_datetime(csv.cell(time), table.time.emplace_back()))
      throw format_error(place(),
                         "datetime: expected YYYY-MM-DD HH:MM:SS, got \"" + cell_text(csv.cell(time)) + "\"");
    for (const auto c : values_at) {
      const auto number = data::parse_number(csv.cell(c));
      if (number.kind == data::CellKind::bad)
        throw format_error(place(), cell_text(csv.header()[c]) + ": expected a number or nothing, got \"" +
                                        cell_text(csv.cell(c)) + "\"");
      values.push_back(number.value);
    }
    for (std::size_t l = 0; l < labels_at.size(); ++l)
      table.labels[l].cells.push_back(cell_text(csv.cell(labels_at[l])));
  }
  table.values = xt::xtensor<double, 2>(std::array<std::size_t, 2>{table.size(), values_at.size()});
  std::copy(values.begin(), values.end(), table.values.data());
  return table;
}

}  // namespace detail

/// Reads a table as `write_rows` writes it: columns with `__` in their names are values, all others labels;
/// the user is the file's name without `.csv`. A cell that is no number (and not empty, `nan`, …) is a
/// format_error with its line.
LIFELOG_LAZY data::RowTable read_rows(const std::filesystem::path& path) {
  auto table = detail::parse_rows(io::read_file(path), path.string());
  table.user = path.stem().string();
  return table;
}

}  // namespace lifelog::readers
