// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "../core/error.hpp"
#include "../core/finite.hpp"

namespace lifelog::inline LIFELOG_ABI::data {

/// What becomes of ticks that no sample is near to.
enum class GapPolicy {
  drop,  ///< they are missing
  hold,  ///< they repeat the tick before, for at most `max_gap` seconds; beyond, they are missing
  linear  ///< on a straight line between the ticks on both sides, if there are no more than `max_gap` seconds of them
};

/// What several samples near one tick come to.
enum class Reduction { mean, maximum };

/// | option    | default | description                                            |
/// |-----------|---------|--------------------------------------------------------|
/// | rate      | 1       | ticks a second, above 0                                |
/// | reduction | mean    | of the samples of a tick, channel by channel           |
/// | gaps      | linear  | what fills ticks without a sample                      |
/// | max_gap   | 1       | seconds without a tick that are filled, 0 or more      |
struct FixedRateOptions {
  double rate = 1;
  Reduction reduction = Reduction::mean;
  GapPolicy gaps = GapPolicy::linear;
  double max_gap = 1;
};

/// Puts samples that come at irregular times onto a clock of fixed rate, one after another, in fixed memory.
///
/// Tick k is at k / rate seconds and takes the samples nearest to it, those in [k − ½, k + ½) / rate: whatever the first
/// sample, ticks of two sensors with the same rate coincide, and samples that are regular already pass unchanged. What is
/// on the clock is passed to `sink(tick, count, values)` in ascending order without holes, from the first tick with a
/// sample to the last: either one tick, values: [channels], or with values = nullptr `count` missing ticks from `tick`
/// on. A tick is passed on when a later one has a sample; `finish` passes on the last.
///
///     FixedRate clock(3, {.rate = 32, .max_gap = 0.25});
///     for (const auto& sample : recording) clock.push(sample.seconds, sample.xyz, sink);
///     clock.finish(sink);
class FixedRate {
 public:
  /// channels: values of a sample, at least 1. Throws std::invalid_argument for an option out of its range.
  FixedRate(Index channels, const FixedRateOptions& options) : options_(options) {
    using lifelog::detail::require;
    require(channels >= 1, "channels: expected at least 1, got ", channels);
    require(options.rate > 0 && lifelog::detail::is_finite(options.rate),
            "rate: expected a number above 0, got ", options.rate);
    require(!lifelog::detail::is_nan(options.max_gap) && options.max_gap >= 0,
            "max_gap: expected at least 0 seconds, got ", options.max_gap);
    // A hair more, so that a gap of just as many seconds as allowed is not lost to rounding.
    fill_ = std::min(options.max_gap * options.rate * (1 + 1e-9), 1e15);
    sum_.resize(static_cast<std::size_t>(channels));
    before_ = between_ = sum_;
  }

  Index channels() const { return static_cast<Index>(sum_.size()); }

  /// Samples left out: without a finite time or with a value that is not finite; and those of a tick that had been
  /// passed on when they came. Order matters between ticks only.
  Index bad() const { return bad_; }
  Index late() const { return late_; }

  /// time: seconds. values: [channels], read before this returns.
  template<class Sink>
  void push(double time, const double* values, Sink&& sink) {
    const double at = std::floor(time * options_.rate + 0.5);
    if (!lifelog::detail::is_finite(at) || !(std::abs(at) < 0x1p53) ||
        !lifelog::detail::all_finite(values, channels())) {
      ++bad_;
      return;
    }
    const auto tick = static_cast<std::int64_t>(at);
    if (count_ > 0 && tick < tick_) {
      ++late_;
      return;
    }
    if (count_ > 0 && tick > tick_) close(sink);
    if (count_ == 0) tick_ = tick;
    add(values);
  }

  /// Passes on the last tick; after it the clock is as new, but for what it counted.
  template<class Sink>
  void finish(Sink&& sink) {
    if (count_ > 0) close(sink);
    begun_ = false;
  }

 private:
  void add(const double* values) {
    for (std::size_t c = 0; c < sum_.size(); ++c) {
      if (count_ == 0)
        sum_[c] = values[c];
      else
        sum_[c] = options_.reduction == Reduction::mean ? sum_[c] + values[c] : std::max(sum_[c], values[c]);
    }
    ++count_;
  }

  /// The tick at hand is complete: passes on the gap before it and itself.
  template<class Sink>
  void close(Sink& sink) {
    if (options_.reduction == Reduction::mean)
      for (auto& value : sum_) value /= static_cast<double>(count_);
    if (begun_ && tick_ > last_ + 1) close_gap(sink);
    sink(tick_, std::int64_t{1}, static_cast<const double*>(sum_.data()));
    std::swap(before_, sum_);
    last_ = tick_;
    begun_ = true;
    count_ = 0;
  }

  template<class Sink>
  void close_gap(Sink& sink) {
    const auto gap = tick_ - last_ - 1;
    std::int64_t filled = 0;
    if (options_.gaps == GapPolicy::hold)
      filled = std::min(gap, static_cast<std::int64_t>(fill_));
    else if (options_.gaps == GapPolicy::linear && static_cast<double>(gap) <= fill_)
      filled = gap;
    for (std::int64_t i = 1; i <= filled; ++i) {
      const bool line = options_.gaps == GapPolicy::linear;
      const double share = line ? static_cast<double>(i) / static_cast<double>(gap + 1) : 0;
      for (std::size_t c = 0; c < sum_.size(); ++c) between_[c] = before_[c] + share * (sum_[c] - before_[c]);
      sink(last_ + i, std::int64_t{1}, static_cast<const double*>(between_.data()));
    }
    if (gap > filled) sink(last_ + 1 + filled, gap - filled, static_cast<const double*>(nullptr));
  }

  FixedRateOptions options_;
  double fill_ = 0;  ///< ticks a gap may have
  std::vector<double> sum_, before_,
      between_;  ///< the tick at hand; the last that was passed on; one of a gap
  std::int64_t tick_ = 0, last_ = 0, count_ = 0;
  bool begun_ = false;
  Index bad_ = 0, late_ = 0;
};

}  // namespace lifelog::data
