// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "../core/finite.hpp"
#include "../data/cells.hpp"
#include "time_zone.hpp"

// Times as tables write them, as whole nanoseconds of unix time: no digit is lost to a double.

namespace lifelog::inline LIFELOG_ABI::readers {

/// How a table writes its times.
enum class TimeForm {
  seconds,       ///< of unix time, with or without a fraction
  milliseconds,  ///< of unix time; likewise
  microseconds,  ///< likewise
  nanoseconds,   ///< likewise
  iso,  ///< 2022-02-07T10:31:58.25+01:00; blanks for the T, slashes for the hyphens, or no zone, will do
  month_day_year,  ///< 4/12/2016 7:21:00 AM
  day_month_year,  ///< 12.04.2016 07:21:00
  start_and_rate  ///< not written at all: the file begins with a line of its start and one of its rate (Empatica E4)
};

/// The names of all forms, as descriptions write them, in the order of the enumeration.
inline constexpr std::array<const char*, 8> time_form_names{"s",   "ms",    "us",    "ns",
                                                            "iso", "m/d/y", "d/m/y", "start+rate"};

LIFELOG_LAZY std::string time_form_name(TimeForm form) {
  return time_form_names[static_cast<std::size_t>(form)];
}

namespace detail {

inline constexpr std::int64_t nanosecond = 1'000'000'000;  // a second of them
inline constexpr std::int64_t latest_second =
    4'500'000'000;  // year 2112; differences of nanoseconds do not overflow

/// Takes from `at` as many digits as there are, at most `most`, which is at most 19.
LIFELOG_LAZY int take_digits(const char*& at, const char* end, int most, std::int64_t& out) {
  int count = 0;
  std::uint64_t digits = 0;
  for (; at != end && count < most && *at >= '0' && *at <= '9'; ++at, ++count)
    digits = 10 * digits + static_cast<std::uint64_t>(*at - '0');
  constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
  out = static_cast<std::int64_t>(std::min(digits, largest));
  return count;
}

/// A fraction's digits as nanoseconds of a unit of 10^places of them; further digits are rounded.
LIFELOG_LAZY std::int64_t take_fraction(const char*& at, const char* end, int places) {
  std::int64_t value = 0;
  int count = 0;
  bool up = false;
  for (; at != end && *at >= '0' && *at <= '9'; ++at, ++count) {
    if (count < places) value = 10 * value + (*at - '0');
    if (count == places) up = *at >= '5';
  }
  for (; count < places; ++count) value *= 10;
  return value + up;
}

/// A number of units of 10^places ns.
LIFELOG_LAZY std::optional<std::int64_t> parse_epoch(std::string_view text, int places) {
  static constexpr std::int64_t powers[] = {1,       10,        100,        1'000,       10'000,
                                            100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};
  const char *at = text.data(), *const end = at + text.size();
  const bool negative = at != end && *at == '-';
  at += negative;
  std::int64_t whole = 0, part = 0;
  const auto unit = powers[places];
  const int digits = take_digits(at, end, 19, whole);
  const auto limit = latest_second * (nanosecond / unit);
  if (at != end && *at == '.' && digits > 0) part = take_fraction(++at, end, places);
  if (at == end && digits > 0 && places == 0 && whole > limit) return std::nullopt;
  if (at == end && digits > 0 && whole <= limit) {
    const auto time = whole * unit + part;
    return negative ? -time : time;
  }
  // What a spreadsheet makes of large numbers: 1.65E+12.
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || !(std::abs(value) <= static_cast<double>(limit)))
    return std::nullopt;
  return std::llround(value * static_cast<double>(unit));
}

/// Reads calendar times, and remembers the day it read last: most rows are of that one.
class CalendarTime {
 public:
  /// zone: of times that name none. in_order: whether times, as they are parsed, follow each other but for a few rows.
  CalendarTime(TimeForm form, TimeZone zone, bool in_order)
      : form_(form), zone_(std::move(zone)), in_order_(in_order) {}

  std::optional<std::int64_t> parse(std::string_view text) {
    at_ = text.data();
    end_ = at_ + text.size();
    if (!date()) return std::nullopt;
    std::int64_t hour = 0, minute = 0, second = 0, fraction = 0;
    bool zoned = false;
    std::int64_t offset = 0;
    if (at_ != end_ && (*at_ == 'T' || *at_ == 't' || *at_ == ' ' || *at_ == ',')) {
      ++at_;
      skip_blanks();
      if (!two_digits(hour, 1) || !take(':') || !two_digits(minute, 2)) return std::nullopt;
      if (take(':')) {
        if (!two_digits(second, 2)) return std::nullopt;
        if (at_ != end_ && (*at_ == '.' || *at_ == ',') && end_ - at_ > 1 && at_[1] >= '0' && at_[1] <= '9')
          fraction = take_fraction(++at_, end_, 9);
      }
      skip_blanks();
      if (!half_of_day(hour) || hour > 23 || minute > 59 || second > 60) return std::nullopt;
      skip_blanks();
      if (at_ != end_) {
        const auto found = zone_offset({at_, static_cast<std::size_t>(end_ - at_)});
        if (!found) return std::nullopt;
        zoned = true;
        offset = *found;
      }
    }
    skip_blanks();
    if (at_ != end_ && !zoned) return std::nullopt;
    const auto local = day_ * 86400 + 3600 * hour + 60 * minute + second;
    last_ = zoned ? local - offset : unix_seconds(local);
    return last_ * nanosecond + fraction;
  }

 private:
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  void skip_blanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t')) ++at_;
  }

  bool two_digits(std::int64_t& out, int least) { return take_digits(at_, end_, 2, out) >= least; }

  bool half_of_day(std::int64_t& hour) {
    if (end_ - at_ < 2 || (at_[1] != 'M' && at_[1] != 'm')) return true;
    const char letter = static_cast<char>(*at_ | 32);
    if (letter != 'a' && letter != 'p') return true;
    if (hour < 1 || hour > 12) return false;
    hour = hour % 12 + (letter == 'p' ? 12 : 0);
    at_ += 2;
    return true;
  }

  bool date() {
    if (form_ == TimeForm::iso && end_ - at_ >= 10 && std::memcmp(at_, text_, 10) == 0) {
      at_ += 10;
      return true;
    }
    const char* const begin = at_;
    std::int64_t part[3] = {};
    int digits[3] = {};
    char between = 0;
    for (int i = 0; i < 3; ++i) {
      if (i > 0 && (at_ == end_ || (*at_ != '-' && *at_ != '/' && *at_ != '.'))) return false;
      if (i == 1) between = *at_;
      if (i == 2 && *at_ != between) return false;
      if (i > 0) ++at_;
      digits[i] = take_digits(at_, end_, 4, part[i]);
      if (digits[i] == 0) return false;
    }
    const int y = form_ == TimeForm::iso ? 0 : 2;
    const int m = form_ == TimeForm::iso ? 1 : form_ == TimeForm::month_day_year ? 0 : 1;
    const int d = 3 - y - m;
    if (digits[m] > 2 || digits[d] > 2 || (digits[y] != 4 && !(digits[y] == 2 && y == 2))) return false;
    const auto year = static_cast<int>(part[y]) + (digits[y] == 2 ? 2000 : 0);
    const std::chrono::year_month_day calendar(std::chrono::year(year),
                                               std::chrono::month(static_cast<unsigned>(part[m])),
                                               std::chrono::day(static_cast<unsigned>(part[d])));
    if (!calendar.ok() || year < 1900 || year > 2110) return false;
    day_ = std::chrono::sys_days(calendar).time_since_epoch().count();
    if (at_ - begin == 10)
      std::memcpy(text_, begin, 10);
    else
      text_[0] = 0;
    return true;
  }

  /// The zone is asked once for a quarter of an hour: no clock has been changed within one since there are files of this
  /// kind.
  std::int64_t unix_seconds(std::int64_t local) {
    constexpr std::int64_t quarter = 900;
    const auto of = local >= 0 ? local / quarter : (local - quarter + 1) / quarter;
    if (of != quarter_ || !asked_) {
      shift_ = of * quarter - zone_.unix_seconds(of * quarter);
      repeated_ = in_order_ ? zone_.repeated(of * quarter) : 0;
      quarter_ = of;
      asked_ = true;
    }
    const auto first = local - shift_;
    // Clocks that went back since the time before, by more than rows are out of order, show this the second time.
    constexpr std::int64_t out_of_order = 300;
    return repeated_ > 0 && first < last_ - out_of_order ? first + repeated_ : first;
  }

  TimeForm form_;
  TimeZone zone_;
  bool in_order_;
  const char *at_ = nullptr, *end_ = nullptr;
  char text_[10] = {};  ///< the date that `day_` is
  std::int64_t day_ = 0, quarter_ = 0, shift_ = 0, repeated_ = 0;
  std::int64_t last_ = std::numeric_limits<std::int64_t>::min() / 2;  ///< the time before
  bool asked_ = false;
};

}  // namespace detail

/// Reads the cells of a time column.
class TimeParser {
 public:
  /// zone: of calendar times that name none. in_order: whether times follow each other as they are parsed, but for a few rows;
  /// then an hour that clocks show twice in autumn is read twice. Without it the first is meant.
  explicit TimeParser(TimeForm form, TimeZone zone = {}, bool in_order = false)
      : form_(form), calendar_(form, std::move(zone), in_order) {}

  /// Nanoseconds of unix time, between the years 1900 and 2110; nothing for any other text.
  std::optional<std::int64_t> parse(std::string_view cell) {
    cell = data::trimmed(cell);
    switch (form_) {
      case TimeForm::seconds:
        return detail::parse_epoch(cell, 9);
      case TimeForm::milliseconds:
        return detail::parse_epoch(cell, 6);
      case TimeForm::microseconds:
        return detail::parse_epoch(cell, 3);
      case TimeForm::nanoseconds:
        return detail::parse_epoch(cell, 0);
      case TimeForm::iso:
      case TimeForm::month_day_year:
      case TimeForm::day_month_year:
        return calendar_.parse(cell);
      case TimeForm::start_and_rate:
        break;
    }
    return std::nullopt;
  }

 private:
  TimeForm form_;
  detail::CalendarTime calendar_;
};

}  // namespace lifelog::readers
