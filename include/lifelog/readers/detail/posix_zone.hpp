// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

// The rule at the end of a time zone's file, "CET-1CEST,M3.5.0,M10.5.0/3", which holds for all years after its list
// (RFC 8536, section 3.3; POSIX.1-2017, TZ).

#include "../../core/abi.hpp"

namespace lifelog::inline LIFELOG_ABI::readers::detail {

/// A day of every year, as the week-th (5: the last) weekday of a month, and a time of it by the clocks before.
struct YearlyChange {
  int month = 1, week = 1, weekday = 0;
  std::int64_t seconds = 7200;

  /// When clocks show it in a year, as if that were UTC.
  std::int64_t local_seconds(int year) const {
    using namespace std::chrono;
    const auto of_month = std::chrono::year(year) / std::chrono::month(static_cast<unsigned>(month));
    const auto day = std::chrono::weekday(static_cast<unsigned>(weekday));
    const sys_days date =
        week == 5 ? sys_days(of_month / day[last]) : sys_days(of_month / day[static_cast<unsigned>(week)]);
    return static_cast<std::int64_t>(date.time_since_epoch().count()) * 86400 + seconds;
  }
};

struct PosixZone {
  std::int64_t standard = 0, summer = 0;  ///< seconds east of Greenwich
  bool changes = false;
  YearlyChange begin = {}, end = {};  ///< of summer time
};

class PosixZoneParser {
 public:
  explicit PosixZoneParser(std::string_view text) : text_(text) {}

  /// Nothing for a rule of another kind.
  std::optional<PosixZone> parse() {
    PosixZone zone;
    std::int64_t west = 0;
    if (!name() || !time(west)) return std::nullopt;
    zone.standard = -west;
    if (text_.empty()) return zone;
    zone.changes = true;
    zone.summer = zone.standard + 3600;
    if (!name()) return std::nullopt;
    if (!text_.empty() && text_.front() != ',') {
      if (!time(west)) return std::nullopt;
      zone.summer = -west;
    }
    if (!date(zone.begin) || !date(zone.end) || !text_.empty()) return std::nullopt;
    return zone;
  }

 private:
  bool take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  bool name() {
    std::size_t length = 0;
    if (text_.starts_with('<')) {
      length = text_.find('>');
      if (length == std::string_view::npos) return false;
      ++length;
    } else {
      while (length < text_.size() && ((text_[length] | 32) >= 'a' && (text_[length] | 32) <= 'z')) ++length;
    }
    text_.remove_prefix(length);
    return length >= 3;
  }

  bool number(std::int64_t low, std::int64_t high, std::int64_t& out) {
    std::size_t digits = 0;
    for (out = 0; digits < text_.size() && digits < 3 && text_[digits] >= '0' && text_[digits] <= '9';
         ++digits)
      out = 10 * out + (text_[digits] - '0');
    text_.remove_prefix(digits);
    return digits > 0 && out >= low && out <= high;
  }

  /// [+-]hours[:minutes[:seconds]]
  bool time(std::int64_t& seconds) {
    const bool negative = take('-');
    if (!negative) take('+');
    std::int64_t part = 0;
    if (!number(0, 167, part)) return false;
    seconds = 3600 * part;
    for (const std::int64_t unit : {60, 1}) {
      if (!take(':')) break;
      if (!number(0, 59, part)) return false;
      seconds += unit * part;
    }
    if (negative) seconds = -seconds;
    return true;
  }

  /// ,Mmonth.week.day[/time]
  bool date(YearlyChange& out) {
    std::int64_t month = 0, week = 0, day = 0;
    if (!take(',') || !take('M') || !number(1, 12, month) || !take('.') || !number(1, 5, week) ||
        !take('.') || !number(0, 6, day))
      return false;
    out.month = static_cast<int>(month);
    out.week = static_cast<int>(week);
    out.weekday = static_cast<int>(day);
    return !take('/') || time(out.seconds);
  }

  std::string_view text_;
};

}  // namespace lifelog::readers::detail
