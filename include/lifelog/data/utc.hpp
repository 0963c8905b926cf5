// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

// Unix seconds as people read them.

#include "../core/abi.hpp"

namespace lifelog::inline LIFELOG_ABI::data {

namespace detail {

inline void append_padded(std::string& out, std::int64_t value, std::size_t digits) {
  const auto text = std::to_string(value);
  out.append(digits > text.size() ? digits - text.size() : 0, '0').append(text);
}

}  // namespace detail

/// Appends `YYYY-MM-DD HH:MM:SS`, UTC.
inline void append_datetime(std::string& out, std::int64_t unix_second) {
  using namespace std::chrono;
  const sys_seconds when{seconds{unix_second}};
  const auto day = floor<days>(when);
  const year_month_day date(day);
  const auto second = (when - day).count();
  detail::append_padded(out, static_cast<int>(date.year()), 4);
  detail::append_padded(out.append(1, '-'), static_cast<unsigned>(date.month()), 2);
  detail::append_padded(out.append(1, '-'), static_cast<unsigned>(date.day()), 2);
  detail::append_padded(out.append(1, ' '), second / 3600, 2);
  detail::append_padded(out.append(1, ':'), second / 60 % 60, 2);
  detail::append_padded(out.append(1, ':'), second % 60, 2);
}

/// The same; a number where that is no year from 0 to 9999.
inline std::string utc_text(std::int64_t unix_second) {
  if (unix_second < -62'167'219'200 || unix_second > 253'402'300'799)
    return "second " + std::to_string(unix_second);
  std::string text;
  append_datetime(text, unix_second);
  return text;
}

}  // namespace lifelog::data
