// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../core/error.hpp"
#include "../io/atomic_file.hpp"
#include "detail/posix_zone.hpp"

// What a clock on a wall showed, as unix time.

namespace lifelog::inline LIFELOG_ABI::readers {

namespace detail {

/// "Z", "UTC", "GMT", "+09", "+0900", "+09:00": seconds east of Greenwich; nothing for any other text.
LIFELOG_LAZY std::optional<std::int64_t> zone_offset(std::string_view text) {
  if (text == "Z" || text == "z" || text == "UTC" || text == "GMT") return 0;
  if (text.size() < 3 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  std::string digits;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == ':' && i == 3 && text.size() == 6) continue;
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    digits += text[i];
  }
  if (digits.size() != 2 && digits.size() != 4) return std::nullopt;
  digits.resize(4, '0');
  const std::int64_t hours = 10 * (digits[0] - '0') + digits[1] - '0';
  const std::int64_t minutes = 10 * (digits[2] - '0') + digits[3] - '0';
  if (hours > 18 || minutes > 59) return std::nullopt;
  return (text[0] == '-' ? -60 : 60) * (60 * hours + minutes);
}

}  // namespace detail

/// Turns the time that clocks of a place show into unix time.
///
///     const auto berlin = TimeZone::named("Europe/Berlin");
///     berlin.unix_seconds(1656669600);   // 2022-07-01 10:00:00 there: 1656662400
///
/// Of an hour that clocks show twice in autumn the first is meant (`repeated` says of the second); of one that they leave out in
/// spring, the time that would have been, had they been changed later.
class TimeZone {
 public:
  /// UTC.
  TimeZone() = default;

  static TimeZone fixed(std::int64_t seconds_east) {
    TimeZone zone;
    zone.before_ = seconds_east;
    return zone;
  }

  /// name: "UTC", an offset such as "+09:00", or a name of the time zone database such as "Asia/Seoul", read from
  /// `database`. Throws std::invalid_argument for a name of which neither is known.
  static TimeZone named(const std::string& name,
                        const std::filesystem::path& database = "/usr/share/zoneinfo") {
    if (const auto offset = detail::zone_offset(name)) return fixed(*offset);
    const bool plausible = !name.empty() && name.front() != '/' && name.find("..") == std::string::npos &&
                           std::all_of(name.begin(), name.end(), [](char c) {
                             return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                                    (c >= '0' && c <= '9') || c == '/' || c == '_' || c == '-' || c == '+';
                           });
    std::error_code unknown;
    if (!plausible || !std::filesystem::is_regular_file(database / name, unknown))
      lifelog::detail::bad_argument("expected UTC, an offset such as +09:00, or a name that ",
                                    database.string(), " knows, such as Asia/Seoul; got '",
                                    lifelog::detail::shown(name, 60), "'");
    return parse(io::read_file(database / name), (database / name).string());
  }

  /// The content of a file of the time zone database (RFC 8536, version 2 or later). Throws format_error.
  static TimeZone parse(std::string_view text, const std::string& file) {
    const auto fail = [&]() -> void { throw format_error(file, "expected a time zone (TZif, version 2)"); };
    if (text.size() < 44 || !text.starts_with("TZif") || text[4] < '2') fail();
    const auto first = header(text);
    text.remove_prefix(std::min(text.size(), 44 + first.bytes(4)));
    if (text.size() < 44 || !text.starts_with("TZif")) fail();
    const auto counts = header(text);
    text.remove_prefix(44);
    if (counts.types == 0 || text.size() < counts.bytes(8)) fail();
    const auto types = text.substr(9 * counts.changes);
    TimeZone zone;
    const auto offset_of = [&](std::size_t type) {
      if (type >= counts.types) fail();
      return static_cast<std::int64_t>(static_cast<std::int32_t>(big_endian(types.substr(6 * type), 4)));
    };
    zone.before_ = offset_of(0);
    for (std::size_t i = 0; i < counts.changes; ++i)
      zone.changes_.push_back({static_cast<std::int64_t>(big_endian(text.substr(8 * i), 8)),
                               offset_of(static_cast<unsigned char>(text[8 * counts.changes + i]))});
    const bool ascending = std::is_sorted(zone.changes_.begin(), zone.changes_.end(),
                                          [](const Change& a, const Change& b) { return a.time < b.time; });
    text.remove_prefix(counts.bytes(8));
    if (!ascending || text.size() < 2 || text.front() != '\n' || text.back() != '\n') fail();
    if (text.size() > 2 && !zone.add_rule(text.substr(1, text.size() - 2))) fail();
    return zone;
  }

  /// local: what the clocks show, as if it were UTC, in seconds.
  std::int64_t unix_seconds(std::int64_t local) const {
    // The first time, in order, at which clocks show it; a change is met when they have passed it by the offset before.
    std::int64_t offset = before_;
    const auto from = std::partition_point(changes_.begin(), changes_.end(), [&](const Change& change) {
      return change.time + largest_offset < local;
    });
    auto at = from;
    if (at != changes_.begin()) offset = std::prev(at)->offset;
    for (; at != changes_.end() && local - offset >= at->time; ++at) offset = at->offset_or(offset, local);
    return local - offset;
  }

  /// Seconds after which clocks show the same once more; 0: they do not.
  std::int64_t repeated(std::int64_t local) const {
    const auto first = unix_seconds(local);
    for (auto at = std::upper_bound(changes_.begin(), changes_.end(), first,
                                    [](std::int64_t time, const auto&change) { return time < change.time; });
         at != changes_.end() && at->time <= first + largest_offset; ++at)
      if (const auto second = local - at->offset; second > first && second >= at->time) return second - first;
    return 0;
  }

 private:
  static constexpr std::int64_t largest_offset = 26 * 3600;

  struct Change {
    std::int64_t time, offset;

    /// Clocks that are put forward leave out what lies in between: there the offset before still holds.
    std::int64_t offset_or(std::int64_t before, std::int64_t local) const {
      return local - offset >= time || offset <= before ? offset : before;
    }
  };

  struct Counts {
    std::size_t leaps, changes, types, letters, standard, universal;

    std::size_t bytes(std::size_t width) const {
      return changes * (width + 1) + types * 6 + letters + leaps * (width + 4) + standard + universal;
    }
  };

  /// The changes after the listed ones, to the year 2100.
  bool add_rule(std::string_view text) {
    const auto rule = detail::PosixZoneParser(text).parse();
    if (!rule) return false;
    if (!rule->changes) return true;
    const auto listed = changes_.empty() ? std::int64_t{0} : changes_.back().time;
    std::vector<Change> more;
    for (int year = 1970; year <= 2100; ++year) {
      more.push_back({rule->begin.local_seconds(year) - rule->standard, rule->summer});
      more.push_back({rule->end.local_seconds(year) - rule->summer, rule->standard});
    }
    std::sort(more.begin(), more.end(), [](const Change& a, const Change& b) { return a.time < b.time; });
    for (const auto& change : more)
      if (change.time > listed) changes_.push_back(change);
    return true;
  }

  static std::uint64_t big_endian(std::string_view text, std::size_t bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | static_cast<unsigned char>(text[i]);
    return value;
  }

  static Counts header(std::string_view text) {
    const auto count = [&](std::size_t i) {
      return static_cast<std::size_t>(
          std::min<std::uint64_t>(big_endian(text.substr(20 + 4 * i), 4), 1u << 20));
    };
    return {count(2), count(3), count(4), count(5), count(1), count(0)};
  }

  std::int64_t before_ = 0;      ///< seconds east of Greenwich, before the first change
  std::vector<Change> changes_;  ///< ascending
};

}  // namespace lifelog::readers
