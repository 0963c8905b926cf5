// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "../data/utc.hpp"

// What to say of labels and recordings that have no time in common.

namespace lifelog::inline LIFELOG_ABI::readers {

/// [from, to), unix seconds.
struct TimeSpan {
  std::int64_t from, to;
};

namespace detail {

/// Ascending, and none touches the next.
inline std::vector<TimeSpan> united(std::vector<TimeSpan> spans) {
  std::sort(spans.begin(), spans.end(), [](const TimeSpan& a, const TimeSpan& b) { return a.from < b.from; });
  std::vector<TimeSpan> out;
  for (const auto& span : spans)
    if (!out.empty() && span.from <= out.back().to)
      out.back().to = std::max(out.back().to, span.to);
    else
      out.push_back(span);
  return out;
}

inline std::int64_t total(const std::vector<TimeSpan>& spans) {
  std::int64_t sum = 0;
  for (const auto& span : spans) sum += span.to - span.from;
  return sum;
}

/// Seconds that both have once `a` is `shift` later; both united.
inline std::int64_t shared(const std::vector<TimeSpan>& a, const std::vector<TimeSpan>& b,
                           std::int64_t shift) {
  std::int64_t sum = 0;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const auto from = a[i].from + shift, to = a[i].to + shift;
    sum += std::max<std::int64_t>(0, std::min(to, b[j].to) - std::max(from, b[j].from));
    to < b[j].to ? ++i : ++j;
  }
  return sum;
}

inline std::string range_text(const std::vector<TimeSpan>& spans) {
  return data::utc_text(spans.front().from) + " to " + data::utc_text(spans.back().to);
}

}  // namespace detail

/// By how many hours labels would have to be later to fit recordings: of the shifts within 26 hours the one with most time
/// in common, if that is half of the labels' or half of the recordings'; 0 when there is none.
inline int fitting_hours(const std::vector<TimeSpan>& labels, const std::vector<TimeSpan>& recorded) {
  const auto a = detail::united(labels), b = detail::united(recorded);
  int best = 0;
  std::int64_t most = 0;
  for (int step = 1; step <= 26; ++step)
    for (const int hours : {step, -step})
      if (const auto seconds = detail::shared(a, b, 3600 * hours); seconds > most) {
        most = seconds;
        best = hours;
      }
  return 2 * most >= std::min(detail::total(a), detail::total(b)) ? best : 0;
}

/// Empty when labels and recordings have time in common, or one of them is empty; otherwise when both are, and what whole
/// hours would bring them together: times of labels are often written in local time.
inline std::string overlap_fault(const std::vector<TimeSpan>& labels, const std::vector<TimeSpan>& recorded) {
  const auto a = detail::united(labels), b = detail::united(recorded);
  if (a.empty() || b.empty() || detail::shared(a, b, 0) > 0) return {};
  std::string text = "labels and recordings do not overlap: labels from " + detail::range_text(a) +
                     " UTC, recordings from " + detail::range_text(b) + " UTC";
  if (const int hours = fitting_hours(a, b); hours != 0)
    text += "; labels " + std::to_string(std::abs(hours)) + (std::abs(hours) == 1 ? " hour " : " hours ") +
            (hours > 0 ? "later" : "earlier") + " would fit: are they in local time?";
  return text;
}

}  // namespace lifelog::readers
