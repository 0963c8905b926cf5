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

namespace lifelog::inline LIFELOG_ABI::data {

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
LIFELOG_LAZY std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

/// True for an empty cell and the spellings of "nothing" that data tools write.
LIFELOG_LAZY bool is_missing(std::string_view cell) {
  cell = trimmed(cell);
  if (cell.empty()) return true;
  if (cell.size() > 4) return false;
  char lower[4] = {};
  for (std::size_t i = 0; i < cell.size(); ++i)
    lower[i] = cell[i] >= 'A' && cell[i] <= 'Z' ? static_cast<char>(cell[i] + ('a' - 'A')) : cell[i];
  const std::string_view word(lower, cell.size());
  return word == "na" || word == "nan" || word == "null" || word == "none" || word == "n/a";
}

namespace detail {

/// As std::from_chars, but for what is too small for `Number`: that is 0, of its sign, where it is an error there. A number
/// may begin with a plus.
template<class Number>
std::from_chars_result read_number(const char* at, const char* end, Number& value) {
  if (end - at > 1 && *at == '+' && at[1] != '-' && at[1] != '+') ++at;
  const auto result = std::from_chars(at, end, value);
  if (result.ec != std::errc::result_out_of_range) return result;
  if constexpr (sizeof(Number) < sizeof(double)) {
    double wide = 0;
    const auto again = read_number(at, end, wide);
    value = static_cast<Number>(wide);
    return std::abs(wide) < 1 ? again : result;
  }
  const bool negative = at != end && *at == '-';
  const std::string_view text(at, static_cast<std::size_t>(result.ptr - at));
  const auto exponent = text.find_first_of("eE");
  const bool tiny = exponent == std::string_view::npos ? text.find_first_of("123456789") > text.find('.')
                                                       : text[exponent + 1] == '-';
  if (!tiny) return result;
  value = negative ? Number(-0.0) : Number(0);
  return {result.ptr, std::errc()};
}

}  // namespace detail

/// Reads a whole cell as a decimal number with a point, whatever the locale; what is too small for a double is 0.
/// Infinities are bad, NaN is missing.
LIFELOG_LAZY CellNumber parse_number(std::string_view cell) {
  cell = trimmed(cell);
  if (is_missing(cell)) return {CellKind::missing, not_a_number};
  double value = 0;
  const auto [stop, error] = detail::read_number(cell.data(), cell.data() + cell.size(), value);
  if (error != std::errc() || stop != cell.data() + cell.size() || !lifelog::detail::is_finite(value))
    return {CellKind::bad, not_a_number};
  return {CellKind::number, value};
}

}  // namespace lifelog::data
