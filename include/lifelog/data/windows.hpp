// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "../core/finite.hpp"
#include "modalities.hpp"
#include "number_table.hpp"
#include "quality.hpp"
#include "rules.hpp"

namespace lifelog::inline LIFELOG_ABI::data {

/// What became of one modality of one minute.
struct Window {
  const char* why = nullptr;  ///< a `lifelog::data::reason`; null when the minute's value is good
  Index line = 0;             ///< where, 0: the file as a whole
  std::string message;        ///< what was found and expected
  Index implausible = 0;      ///< values out of their channel's plausible range that went into it
  Index implausible_line = 0;

  bool good() const { return why == nullptr; }
};

/// A window that is not good: why (a `lifelog::data::reason`), on which line of its file (0: the file as a whole), and a
/// message of what was found and expected.
LIFELOG_LAZY Window rejected(const char* why, Index line, std::string message) {
  Window window;
  window.why = why;
  window.line = line;
  window.message = std::move(message);
  return window;
}

/// The columns `make_window` wants of a file, in order.
LIFELOG_LAZY std::vector<std::string> window_columns(const Modality& modality) {
  std::vector<std::string> names;
  for (const auto& channel : modality.channels) names.push_back(channel.name);
  return names;
}

namespace detail {

/// Rows of a file that go into the minute's value.
LIFELOG_LAZY Index rows_used(const Modality& m, Index rows) {
  return m.series() ? std::min(rows, m.rows) : rows;
}

LIFELOG_LAZY Window check_rows(const Modality& m, Index rows) {
  if (rows == 0) return rejected(reason::missing_modality, 0, "no rows");
  if (!m.series() || rows == m.rows || (m.kind == WindowKind::at_least && rows > m.rows)) return {};
  const char* expected = m.kind == WindowKind::exact ? " rows, expected " : " rows, expected at least ";
  return rejected(rows < m.rows ? reason::short_minute : reason::long_minute, 0,
                  std::to_string(rows) + expected + std::to_string(m.rows));
}

LIFELOG_LAZY Window check_cells(const Modality& m, const NumberTable& file, Index used) {
  for (const auto& fault : file.faults)
    if (fault.row < used)
      return rejected(fault.kind == CellKind::missing ? reason::missing_value : reason::bad_value, fault.line,
                      m.channels[fault.column].name + ": expected a number, got \"" + fault.text + "\"");
  constexpr double limit = static_cast<double>(std::numeric_limits<float>::max());
  Window window;
  for (Index row = 0; row < used; ++row)
    for (std::size_t c = 0; c < file.columns; ++c) {
      const double value = file(row, c);
      const bool absent = lifelog::detail::is_nan(value);
      if (!absent && std::abs(value) > limit)
        return rejected(reason::bad_value, row + 2, m.channels[c].name + ": beyond what a float holds");
      if (!absent && value >= m.channels[c].low && value <= m.channels[c].high) continue;
      if (window.implausible++ == 0) {
        window.implausible_line = row + 2;
        window.message = m.channels[c].name + ": out of the plausible range";
      }
    }
  return window;
}

LIFELOG_LAZY bool all_finite(const Modality& m, const float* out) {
  return lifelog::detail::all_finite(out, m.window_channels() * m.window_length());
}

/// out: [window_channels, window_length], row-major.
LIFELOG_LAZY void fill_window(const Modality& m, const NumberTable& file, Index used, float* out) {
  if (m.kind == WindowKind::pooled) {
    double sum = 0;
    for (const double value : file.values) sum += value;
    *out = static_cast<float>(sum / static_cast<double>(file.values.size()));
    return;
  }
  if (m.kind == WindowKind::custom) return m.reduction.make(file, out);
  for (std::size_t c = 0; c < file.columns; ++c) {
    if (m.series()) {
      for (Index row = 0; row < used; ++row) *out++ = static_cast<float>(file(row, c));
    } else {
      double sum = 0;
      for (Index row = 0; row < used; ++row) sum += file(row, c);
      *out++ = static_cast<float>(sum / static_cast<double>(used));
    }
  }
}

}  // namespace detail

/// Makes a modality's value of a minute out of the rows of its file.
///
/// file: [rows, channels] as `read_numbers` reads `window_columns(modality)`. out: [window_channels,
/// window_length] floats owned by the caller, row-major (all x, then all y, …); of no meaning when the result
/// is not good. Values go in as they are, in the sensor's unit. The minute is rejected when it has no row, too
/// few or (where exact) too many, or a cell without a number in a row that would go in; where the rules say
/// so, also when a value is out of its channel's plausible range. Lines of implausible values assume a file
/// without blank lines.
LIFELOG_LAZY Window make_window(const Modality& modality, const NumberTable& file, const Rules& rules,
                                float* out) {
  detail::require(file.columns == modality.channels.size(), "file: expected ", modality.channels.size(),
                  " columns of ", modality.name, ", got ", file.columns);
  auto window = detail::check_rows(modality, file.rows);
  if (!window.good()) return window;
  const auto used = detail::rows_used(modality, file.rows);
  window = detail::check_cells(modality, file, used);
  if (!window.good()) return window;
  if (window.implausible > 0 && rules.drop_implausible) {
    window.why = reason::out_of_range;
    window.line = window.implausible_line;
    return window;
  }
  detail::fill_window(modality, file, used, out);
  if (modality.kind == WindowKind::custom && !detail::all_finite(modality, out))
    return rejected(reason::bad_value, 0, modality.reduction.name + ": not a finite value");
  return window;
}

}  // namespace lifelog::data
