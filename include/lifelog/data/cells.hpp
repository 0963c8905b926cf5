// SPDX-License-Identifier: MIT
#pragma once

#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string_view>
#include <system_error>

#include "../core/config.hpp"
#include "../core/error.hpp"
#include "../core/finite.hpp"

// What people and tools mean by the text in a cell of a table, whatever file the table is in.

namespace lifelog::data {

/// What a cell holds: a finite number; nothing (empty, `na`, `n/a`, `null`, `none`, `nan`, in any case);
/// other text.
enum class CellKind { number, missing, bad };

struct CellNumber {
  CellKind kind;
  double value;  ///< NaN unless `kind` is number
};

namespace detail {

using lifelog::detail::bad_argument;
using lifelog::detail::require;

}  // namespace detail

inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// The text without blanks and tabs around it.
inline std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

/// True for an empty cell and the spellings of "nothing" that data tools write.
inline bool is_missing(std::string_view cell) {
  cell = trimmed(cell);
  if (cell.empty()) return true;
  if (cell.size() > 4) return false;
  char lower[4] = {};
  for (std::size_t i = 0; i < cell.size(); ++i)
    lower[i] = cell[i] >= 'A' && cell[i] <= 'Z' ? static_cast<char>(cell[i] + ('a' - 'A')) : cell[i];
  const std::string_view word(lower, cell.size());
  return word == "na" || word == "nan" || word == "null" || word == "none" || word == "n/a";
}

/// Reads a whole cell as a decimal number with a point, whatever the locale. Infinities are bad, NaN is
/// missing.
inline CellNumber parse_number(std::string_view cell) {
  cell = trimmed(cell);
  if (is_missing(cell)) return {CellKind::missing, not_a_number};
  if (cell.size() > 1 && cell.front() == '+' && cell[1] != '-') cell.remove_prefix(1);
  double value = 0;
  const auto [stop, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error != std::errc() || stop != cell.data() + cell.size() || !lifelog::detail::is_finite(value))
    return {CellKind::bad, not_a_number};
  return {CellKind::number, value};
}

}  // namespace lifelog::data
