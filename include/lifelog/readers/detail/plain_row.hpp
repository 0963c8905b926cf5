// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "../table_layout.hpp"
#include "../table_time.hpp"
#include "cell_ends.hpp"
#include "plain_decimal.hpp"

namespace lifelog::inline LIFELOG_ABI::readers::detail {

/// What nearly all rows of a table are: a time in one cell, and plain decimals.
class PlainRow {
 public:
  /// layout, time: must outlive this.
  PlainRow(const TableLayout& layout, TimeForm form, TimeParser& time)
      : layout_(layout),
        time_(time),
        more_(layout.needed < layout.roles.size()),
        places_(form == TimeForm::seconds        ? 9
                : form == TimeForm::milliseconds ? 6
                : form == TimeForm::microseconds ? 3
                : form == TimeForm::nanoseconds  ? 0
                                                 : -1) {
    for (int i = 0; i < places_; ++i) unit_ *= 10;
    latest_ = latest_second * (nanosecond / unit_);
  }

  /// values: [channels], of no meaning after null. Where the next row begins; null for a row that takes more than a look, and
  /// near the text's end.
  const char* read(const char* at, const char* end, double* values, std::int64_t& time) {
    if (layout_.date_column != CsvReader::none || layout_.repeated) return nullptr;
    const int *role_at = layout_.roles.data(), *const last = role_at + layout_.needed - 1;
    const char delimiter = layout_.delimiter;
    CellEnds ends(end, delimiter);
    for (;; ++role_at) {
      const char* stop = ends.next(at);
      if (stop != nullptr && *stop == '"') stop = behind_quotes(ends, at, stop);
      if (stop == nullptr) return nullptr;
      const int role = *role_at;
      if (role >= 0) {
        if (!short_decimal(at, stop, values[role]) && !other_decimal(at, stop, values[role])) return nullptr;
      } else if (role == TableLayout::time) {
        if (!epoch_as_before(at, stop, time) && !any_time(at, stop, time)) return nullptr;
      }
      if (role_at == last) return end_of_row(stop, end);
      if (*stop != delimiter) return nullptr;
      at = stop + 1;
    }
  }

 private:
  /// Behind a cell in quotes without anything in it that might end it; null for any other.
  EIGEN_DONT_INLINE static const char* behind_quotes(CellEnds& ends, const char* at, const char* quote) {
    const char* const closing = quote == at ? ends.next(at + 1) : nullptr;
    if (closing == nullptr || *closing != '"') return nullptr;
    const char* const stop = ends.next(closing + 1);
    return stop == closing + 1 && *stop != '"' ? stop : nullptr;
  }

  EIGEN_DONT_INLINE static bool other_decimal(const char* at, const char* stop, double& value) {
    return plain_decimal(at, stop, value) && at == stop;
  }

  /// A whole number of 8 to 15 digits that begins as the time before, as times of rows that follow each other do.
  bool epoch_as_before(const char* at, const char* stop, std::int64_t& time) const {
    const auto more = stop - at - 8;
    if (more < 0 || more > 7 || EightBytes::load(at) != begin_) return false;
    // What stands behind the digits drops out at the word's high end.
    const auto rest = more == 0 ? 0 : (EightBytes::load(at + 8) ^ zeros) << (64 - 8 * more);
    const auto whole = number_ * powers[more] + static_cast<std::int64_t>(EightBytes::number(rest));
    if (!EightBytes::digits(rest) || whole > latest_) return false;
    time = whole * unit_;
    return true;
  }

  EIGEN_DONT_INLINE bool any_time(const char* at, const char* stop, std::int64_t& time) {
    const std::string_view cell(at, static_cast<std::size_t>(stop - at));
    if (places_ >= 0 && cell.size() >= 8 && EightBytes::digits(EightBytes::load(at) ^ zeros)) {
      begin_ = EightBytes::load(at);
      number_ = static_cast<std::int64_t>(EightBytes::number(begin_ ^ zeros));
    }
    const auto parsed = time_.parse(cell);
    if (parsed) time = *parsed;
    return parsed.has_value();
  }

  /// Behind the line's end; cells that are not wanted are looked at for quotes, which may hold line ends.
  const char* end_of_row(const char* at, const char* end) const {
    if (*at == '\n') return at + 1;
    if (*at == layout_.delimiter && more_) return end_of_line(at, end);
    return *at == '\r' && at[1] == '\n' ? at + 2 : nullptr;
  }

  EIGEN_DONT_INLINE static const char* end_of_line(const char* at, const char* end) {
    const char* const begin = at;
    at = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
    if (at == nullptr) return nullptr;
    const auto length = static_cast<std::size_t>(at - begin);
    if (std::memchr(begin, '"', length) != nullptr) return nullptr;
    const auto* carriage = static_cast<const char*>(std::memchr(begin, '\r', length));
    return carriage == nullptr || carriage + 1 == at ? at + 1 : nullptr;
  }

  static constexpr auto zeros = '0' * EightBytes::ones;
  static constexpr std::int64_t powers[] = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000};

  const TableLayout& layout_;
  TimeParser& time_;
  bool more_;                       ///< whether there are cells behind the last that is wanted
  int places_;                      ///< a unit of times is 10^places ns; less than 0 for calendar times
  std::int64_t unit_ = 1, latest_;  ///< such a unit in ns; the latest time in such units
  std::uint64_t begin_ = zeros;     ///< the first eight digits of the time before, as text
  std::int64_t number_ = 0;         ///< which they spell
};

}  // namespace lifelog::readers::detail
