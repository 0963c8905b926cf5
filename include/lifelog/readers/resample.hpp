// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "../core/finite.hpp"
#include "../data/number_table.hpp"

// Irregular rows onto a grid of 5 s, as the row tables want them.

namespace lifelog::inline LIFELOG_ABI::readers::detail {

inline constexpr std::int64_t bucket_seconds = 5;

LIFELOG_LAZY std::int64_t floor_bucket(std::int64_t second) {
  return (second >= 0 ? second : second - (bucket_seconds - 1)) / bucket_seconds;
}

/// Rows on a grid of buckets: bucket `b` begins at unix second 5 b.
struct BucketRows {
  std::size_t columns = 0;
  std::vector<std::int64_t> bucket;  ///< [n]
  std::vector<double> values;        ///< [n, columns]

  void append(const BucketRows& more) {
    bucket.insert(bucket.end(), more.bucket.begin(), more.bucket.end());
    values.insert(values.end(), more.values.begin(), more.values.end());
  }
};

/// A minute file resampled, and what was wrong with it.
struct ResampledFile {
  BucketRows rows;
  Index bad_cells = 0, bad_times = 0;
  Index line = 0;  ///< of the first fault
  std::string failure;
};

/// Fills gaps of a column of [n, stride] linearly, and repeats the last value at the end, as pandas'
/// interpolate() does by default; what comes before the first value stays NaN.
LIFELOG_LAZY void interpolate(double* values, std::size_t n, std::size_t stride) {
  std::size_t last = n;
  for (std::size_t i = 0; i < n; ++i) {
    if (lifelog::detail::is_nan(values[i * stride])) continue;
    if (last != n && i - last > 1) {
      const double from = values[last * stride];
      const double step = (values[i * stride] - from) / static_cast<double>(i - last);
      for (auto j = last + 1; j < i; ++j) values[j * stride] = from + step * static_cast<double>(j - last);
    }
    last = i;
  }
  if (last != n)
    for (auto j = last + 1; j < n; ++j) values[j * stride] = values[last * stride];
}

/// numbers: [rows, 1 + columns], timestamp first. Maximum of each column per bucket, gaps between the first
/// and the last bucket interpolated.
LIFELOG_LAZY void resample(const data::NumberTable& numbers, std::int64_t minute, ResampledFile& out) {
  const auto columns = numbers.columns - 1;
  const auto base = floor_bucket(minute);
  const double offset = static_cast<double>(minute - base * bucket_seconds);
  std::vector<std::int64_t> bucket(static_cast<std::size_t>(numbers.rows));
  std::int64_t first = 0, last = -1;
  for (Index row = 0; row < numbers.rows; ++row) {
    const double timestamp = numbers(row, 0);
    auto& b = bucket[static_cast<std::size_t>(row)];
    b = -1;
    if (lifelog::detail::is_nan(timestamp) || !(timestamp >= 0 && timestamp < 60)) {
      ++out.bad_times;
      if (out.line == 0) out.line = row + 2;
      continue;
    }
    b = static_cast<std::int64_t>((offset + timestamp) / static_cast<double>(bucket_seconds));
    first = last < 0 ? b : std::min(first, b);
    last = std::max(last, b);
  }
  if (last < 0) return;
  const auto n = static_cast<std::size_t>(last - first + 1);
  out.rows.columns = columns;
  out.rows.values.assign(n * columns, data::not_a_number);
  for (std::size_t i = 0; i < n; ++i) out.rows.bucket.push_back(base + first + static_cast<std::int64_t>(i));
  for (Index row = 0; row < numbers.rows; ++row) {
    const auto b = bucket[static_cast<std::size_t>(row)];
    if (b < 0) continue;
    double* at = out.rows.values.data() + static_cast<std::size_t>(b - first) * columns;
    for (std::size_t c = 0; c < columns; ++c) at[c] = std::fmax(at[c], numbers(row, c + 1));
  }
  for (std::size_t c = 0; c < columns; ++c) interpolate(out.rows.values.data() + c, n, columns);
}

/// All minute files of a modality of a session on one grid; of a bucket in two files the earlier file's
/// counts.
LIFELOG_LAZY BucketRows merge(const std::vector<ResampledFile>& files, std::size_t begin, std::size_t end,
                              std::size_t columns) {
  BucketRows all;
  all.columns = columns;
  for (auto f = begin; f < end; ++f) all.append(files[f].rows);
  if (std::is_sorted(all.bucket.begin(), all.bucket.end(), std::less_equal<>())) return all;
  std::vector<std::size_t> order(all.bucket.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return all.bucket[a] < all.bucket[b]; });
  BucketRows sorted;
  sorted.columns = columns;
  for (const auto i : order) {
    if (!sorted.bucket.empty() && sorted.bucket.back() == all.bucket[i]) continue;
    sorted.bucket.push_back(all.bucket[i]);
    const auto row = all.values.begin() + static_cast<std::ptrdiff_t>(i * columns);
    sorted.values.insert(sorted.values.end(), row, row + static_cast<std::ptrdiff_t>(columns));
  }
  return sorted;
}

/// The label row that counts in each bucket: the last one begun, as long as there is a later or equal one.
/// `none` outside of the labels.
class ForwardFill {
 public:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  explicit ForwardFill(const std::vector<std::int64_t>& ts) : ts_(ts) {}

  std::size_t operator()(std::int64_t bucket) const {
    if (ts_.empty() || bucket > floor_bucket(ts_.back())) return none;
    const auto after = std::upper_bound(ts_.begin(), ts_.end(), bucket * bucket_seconds);
    return after == ts_.begin() ? none : static_cast<std::size_t>(after - ts_.begin()) - 1;
  }

 private:
  const std::vector<std::int64_t>& ts_;
};

}  // namespace lifelog::readers::detail
