// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "../data/cells.hpp"
#include "../data/quality.hpp"

namespace lifelog::inline LIFELOG_ABI::readers {

/// What one person has of one sensor.
struct TableSamples {
  /// A row that has a time, but of some channel no number.
  struct Gap {
    std::int64_t time;
    data::CellKind kind;  ///< missing or bad
  };

  std::size_t channels = 0;
  std::vector<std::int64_t> time;  ///< [n], nanoseconds of unix time
  std::vector<float> values;       ///< [n, channels], in the channel's unit
  std::vector<Gap> gaps;

  std::size_t size() const { return time.size(); }

  /// Forgets all but the first samples and gaps.
  void shrink(std::size_t samples, std::size_t first_gaps) {
    time.resize(samples);
    values.resize(samples * channels);
    gaps.resize(first_gaps, {0, data::CellKind::missing});
  }

  /// Puts samples in the order of their times; of equal times the first counts. What had to be done is counted.
  void sort(data::Quality& quality) {
    Index late = 0, twice = 0;
    for (std::size_t i = 1; i < time.size(); ++i) {
      late += time[i] < time[i - 1];
      twice += time[i] == time[i - 1];
    }
    std::stable_sort(gaps.begin(), gaps.end(), [](const Gap& a, const Gap& b) { return a.time < b.time; });
    if (late > 0) {
      quality.defects["unsorted_time"] += late;
      order();
      twice = 0;
      for (std::size_t i = 1; i < time.size(); ++i) twice += time[i] == time[i - 1];
    }
    if (twice == 0) return;
    quality.defects["double_time"] += twice;
    std::size_t kept = 1;
    for (std::size_t i = 1; i < time.size(); ++i)
      if (time[i] != time[kept - 1]) move(i, kept++);
    time.resize(kept);
    values.resize(kept * channels);
  }

 private:
  void move(std::size_t from, std::size_t to) {
    time[to] = time[from];
    std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(from * channels), channels,
                values.begin() + static_cast<std::ptrdiff_t>(to * channels));
  }

  void order() {
    std::vector<std::size_t> rank(time.size());
    for (std::size_t i = 0; i < rank.size(); ++i) rank[i] = i;
    std::stable_sort(rank.begin(), rank.end(),
                     [this](std::size_t a, std::size_t b) { return time[a] < time[b]; });
    TableSamples sorted;
    sorted.time.reserve(time.size());
    sorted.values.reserve(values.size());
    for (const auto i : rank) {
      sorted.time.push_back(time[i]);
      const auto row = values.begin() + static_cast<std::ptrdiff_t>(i * channels);
      sorted.values.insert(sorted.values.end(), row, row + static_cast<std::ptrdiff_t>(channels));
    }
    time = std::move(sorted.time);
    values = std::move(sorted.values);
  }
};

}  // namespace lifelog::readers
