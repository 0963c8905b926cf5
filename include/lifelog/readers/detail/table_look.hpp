// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../csv.hpp"
#include "../table_labels.hpp"
#include "../table_layout.hpp"
#include "../table_time.hpp"

// What columns of a table seem to hold.

namespace lifelog::inline LIFELOG_ABI::readers::detail {

/// The first rows of a file, looked at.
struct TableLook {
  std::vector<std::string> names;               ///< columns
  std::vector<std::vector<std::string>> cells;  ///< [rows][columns]
  char delimiter = ',';
  bool start_and_rate = false;

  std::vector<std::string> column(std::size_t c) const {
    std::vector<std::string> all;
    for (const auto& row : cells)
      if (c < row.size() && !data::is_missing(row[c])) all.push_back(row[c]);
    return all;
  }
};

LIFELOG_LAZY TableLook look_at(std::string_view text, const std::string& name) {
  constexpr std::size_t most_rows = 2000;
  TableLook look;
  look.delimiter = most_frequent_delimiter(text.substr(text.starts_with("\xEF\xBB\xBF") ? 3 : 0));
  CsvReader csv(text, name, look.delimiter);
  for (const auto cell : csv.header()) look.names.push_back(cell_text(cell));
  while (look.cells.size() < most_rows && csv.next()) {
    auto& row = look.cells.emplace_back();
    for (std::size_t c = 0; c < csv.cells(); ++c) row.push_back(cell_text(csv.cell(c)));
  }
  // A wristband's file has no header, but two lines of numbers: when it began, and how fast it was.
  const auto first =
      look.names.empty() ? data::CellNumber{data::CellKind::bad, 0} : data::parse_number(look.names[0]);
  const auto second = look.cells.empty() || look.cells[0].empty() ? data::CellNumber{data::CellKind::bad, 0}
                                                                  : data::parse_number(look.cells[0][0]);
  look.start_and_rate = first.kind == data::CellKind::number && first.value > 1e8 && first.value < 1e10 &&
                        second.kind == data::CellKind::number && second.value > 0 && second.value <= 1000;
  return look;
}

LIFELOG_LAZY std::string lower_case(std::string text) {
  for (auto& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return text;
}

LIFELOG_LAZY bool contains_any(const std::string& text, std::initializer_list<const char*> parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](const char* part) { return text.find(part) != std::string::npos; });
}

LIFELOG_LAZY double share_of_numbers(const std::vector<std::string>& cells) {
  if (cells.empty()) return 0;
  const auto numbers = std::count_if(cells.begin(), cells.end(), [](const std::string& cell) {
    std::string text = cell;
    if (text.find('.') == std::string::npos) std::replace(text.begin(), text.end(), ',', '.');
    return data::parse_number(text).kind == data::CellKind::number;
  });
  return static_cast<double>(numbers) / static_cast<double>(cells.size());
}

/// How cells write times, if most of them are times between 2000 and 2100.
LIFELOG_LAZY std::optional<TimeForm> guess_time(const std::vector<std::string>& cells) {
  constexpr auto oldest = 946'684'800 * nanosecond, newest = 4'102'444'800 * nanosecond;
  if (cells.empty()) return std::nullopt;
  for (const auto form : {TimeForm::iso, TimeForm::seconds, TimeForm::milliseconds, TimeForm::microseconds,
                          TimeForm::nanoseconds, TimeForm::month_day_year, TimeForm::day_month_year}) {
    TimeParser parser(form);
    const auto good = std::count_if(cells.begin(), cells.end(), [&](const std::string& cell) {
      const auto time = parser.parse(cell);
      return time && *time >= oldest && *time <= newest;
    });
    if (10 * good >= 9 * static_cast<std::ptrdiff_t>(cells.size())) return form;
  }
  return std::nullopt;
}

/// Samples a second; nothing when they come irregularly. text: what the times say.
LIFELOG_LAZY std::optional<double> guess_rate(const std::vector<std::string>& cells, TimeForm form,
                                              std::string& text) {
  TimeParser parser(form);
  std::vector<std::int64_t> times, apart;
  for (const auto& cell : cells)
    if (const auto time = parser.parse(cell)) times.push_back(*time);
  for (std::size_t i = 1; i < times.size(); ++i)
    if (times[i] > times[i - 1]) apart.push_back(times[i] - times[i - 1]);
  if (apart.size() < 8) {
    text = "too few rows to see a rate";
    return std::nullopt;
  }
  std::sort(apart.begin(), apart.end());
  const auto at = [&](double share) {
    return static_cast<double>(
        apart[static_cast<std::size_t>(share * static_cast<double>(apart.size() - 1))]);
  };
  const double span =
      static_cast<double>(times.back() - times.front()) / static_cast<double>(times.size() - 1);
  // Times with few digits come in bunches: then the mean tells more than the median.
  const double usual = at(0.5) > 1.5 * span || at(0.5) < span / 1.5 ? span : at(0.5);
  text = number_class(std::round(at(0.5) / 1e6) / 1e3) + " s from one row to the next (median), " +
         number_class(std::round(at(0.1) / 1e6) / 1e3) + " to " +
         number_class(std::round(at(0.9) / 1e6) / 1e3) + " s in 8 of 10";
  if (usual <= 0 || at(0.9) > 2 * at(0.1)) return std::nullopt;
  const double rate = 1e9 / usual;
  const double whole = std::round(rate);
  if (whole >= 1 && std::abs(rate - whole) < 0.02 * whole) return whole;
  const double seconds = std::round(usual / 1e9);
  if (seconds >= 1 && std::abs(usual / 1e9 - seconds) < 0.02 * seconds) return 1 / seconds;
  return std::round(rate * 100) / 100;
}

}  // namespace lifelog::readers::detail
