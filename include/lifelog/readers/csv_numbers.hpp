// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "../core/finite.hpp"
#include "../data/number_table.hpp"
#include "csv.hpp"
#include "detail/plain_decimal.hpp"

namespace lifelog::inline LIFELOG_ABI::readers {

namespace detail {

LIFELOG_LAZY bool at_cell_end(const char* at, const char* end) {
  return at == end || *at == ',' || *at == '\n' || *at == '\r';
}

LIFELOG_LAZY double number_or_fault(CsvCursor& cursor, std::size_t column, data::NumberTable& out) {
  const char* at = cursor.at;
  double value = 0;
  if (plain_decimal(at, cursor.end, value) && at_cell_end(at, cursor.end)) {
    cursor.at = at;
    return value;
  }
  const auto [stop, error] = std::from_chars(cursor.at, cursor.end, value);
  if (error == std::errc() && at_cell_end(stop, cursor.end) && lifelog::detail::is_finite(value)) {
    cursor.at = stop;
    return value;
  }
  const auto line = cursor.line;
  const auto text = cursor.cell();
  const auto number = data::parse_number(text);
  if (number.kind != data::CellKind::number)
    out.faults.push_back({out.rows, line, column, number.kind, lifelog::detail::shown(text, 40)});
  return number.value;
}

/// Which columns of a file go where.
struct CsvPlan {
  /// A column of the file: its column in the table, `none`, or one more than the table has for the column that ascends: a
  /// row's place is followed by that of the next, which is not there yet.
  std::vector<std::size_t> target;
  std::vector<std::size_t> position;  ///< a column of the table: its column in the file, or `none`
  bool ascends = false;               ///< whether there is such a column, which the table has not

  bool lacks_columns() const {
    return std::find(position.begin(), position.end(), CsvReader::none) != position.end();
  }
};

LIFELOG_LAZY CsvPlan plan_columns(const CsvReader& csv, const std::vector<std::string>& names,
                                  std::size_t required, std::string_view ascending) {
  CsvPlan plan{std::vector<std::size_t>(csv.header().size(), CsvReader::none), {}};
  if (const auto at = ascending.empty() ? CsvReader::none : csv.find(ascending); at != CsvReader::none) {
    plan.target[at] = names.size();
    plan.ascends = true;
  }
  for (std::size_t c = 0; c < names.size(); ++c) {
    const auto at = c < required ? csv.column(names[c]) : csv.find(names[c]);
    plan.position.push_back(at);
    if (at != CsvReader::none) plan.target[at] = c;
  }
  return plan;
}

/// Behind a cell that is not wanted; one with a blank or a quote ends there, as no cell does.
EIGEN_DONT_INLINE inline const char* skip_cell(const char* at, const char* end) {
  for (; end - at >= 8; at += 8)
    if (const auto ends = EightBytes::below(EightBytes::load(at), '-'); ends != 0)
      return at + EightBytes::first(ends);
  while (!at_cell_end(at, end) && *at != ' ' && *at != '\t' && *at != '"') ++at;
  return at;
}

/// Behind LF or CRLF; null where there is neither.
LIFELOG_LAZY const char* skip_line_end(const char* at, const char* end) {
  if (at != end && *at == '\r') ++at;
  return at != end && *at == '\n' ? at + 1 : nullptr;
}

/// What nearly all rows are: as many cells as the header has, the wanted ones plain decimals. Where the next row
/// begins; null for any other row, and what `row`, [columns], holds is then of no meaning.
EIGEN_DONT_INLINE inline const char* read_plain_row(const char* at, const char* end, const CsvPlan& plan,
                                                    double* row) {
  const char* const far_from_end = end - std::min(short_decimal_reach, end - at);
  const std::size_t *target = plan.target.data(), *const last = target + plan.target.size() - 1;
  for (;; ++at, ++target) {
    if (*target == CsvReader::none)
      at = skip_cell(at, end);
    else if (!(at < far_from_end && short_decimal(at, row[*target])) && !plain_decimal(at, end, row[*target]))
      return nullptr;
    if (target == last) return skip_line_end(at, end);
    if (at == end || *at != ',') return nullptr;
  }
}

/// Any row, from the cursor to its line end. row: [columns], NaN where there is no number.
LIFELOG_LAZY void read_row(CsvCursor& cursor, const CsvPlan& plan, double* row, data::NumberTable& out) {
  const auto line = cursor.line;
  std::fill_n(row, out.columns + plan.ascends, data::not_a_number);
  std::size_t at = 0;
  do {
    const auto c = at < plan.target.size() ? plan.target[at] : CsvReader::none;
    ++at;
    if (c == CsvReader::none)
      cursor.cell();
    else if (c == out.columns)
      row[c] = data::parse_number(cursor.cell()).value;
    else
      row[c] = number_or_fault(cursor, c, out);
  } while (cursor.next_cell());
  if (at >= plan.target.size()) return;
  for (std::size_t c = 0; c < out.columns; ++c)
    if (plan.position[c] != CsvReader::none && plan.position[c] >= at)
      out.faults.push_back({out.rows, line, c, data::CellKind::missing, std::string()});
}

/// Whether numbers ascend, one after the other; those that are none (NaN) are passed by.
class Ascent {
 public:
  void add(double number, Index line, data::NumberTable& out) {
    if (!(number > last_)) [[unlikely]] {
      if (lifelog::detail::is_nan(number)) return;
      ++(number == last_ ? out.repeated : out.unsorted);
      if (out.unsorted_line == 0) out.unsorted_line = line;
    }
    last_ = number;
  }

 private:
  double last_ = -std::numeric_limits<double>::infinity();
};

}  // namespace detail

/// Reads named columns of a CSV text as numbers, in one pass and without splitting into cells first.
///
/// text: the whole file; file: its name for errors. names: wanted columns, each once, in the wanted order; a
/// name that the header lacks is a format_error if it is one of the first `required`, and a column of NaN (no
/// faults) otherwise. A row too short has missing cells; one too long is cut. ascending: a column that is not wanted but
/// whose numbers should ascend (`out.unsorted`, `out.repeated`); none when empty, or not there.
LIFELOG_LAZY void read_numbers(std::string_view text, const std::string& file,
                               const std::vector<std::string>& names, data::NumberTable& out,
                               std::size_t required = CsvReader::none, std::string_view ascending = {}) {
  const CsvReader csv(text, file);
  const auto plan = detail::plan_columns(csv, names, required, ascending);
  out.columns = names.size();
  out.rows = 0;
  out.faults.clear();
  out.unsorted = out.repeated = out.unsorted_line = 0;
  const auto row_size = out.columns + plan.ascends;
  out.values.resize(std::max(text.size() / 8, row_size));  // near what is to come, as numbers are written
  if (plan.lacks_columns()) std::fill(out.values.begin(), out.values.end(), data::not_a_number);
  auto cursor = csv.cursor();
  detail::Ascent ascent;
  for (std::size_t used = 0; cursor.find_row(); ++out.rows, used += out.columns) {
    const auto line = cursor.line;
    if (used + row_size > out.values.size()) out.values.resize(2 * out.values.size(), data::not_a_number);
    double* const row = out.values.data() + used;
    if (const char* next = detail::read_plain_row(cursor.at, cursor.end, plan, row)) {
      cursor.at = next;
      ++cursor.line;
    } else {
      detail::read_row(cursor, plan, row, out);
      cursor.end_line();
    }
    if (!plan.ascends) continue;
    auto& number = out.values[used + out.columns];
    ascent.add(number, line, out);
    number = data::not_a_number;  // of the next row's first column, which the file may lack
  }
  out.values.resize(static_cast<std::size_t>(out.rows) * out.columns);
}

}  // namespace lifelog::readers
