// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "../core/finite.hpp"
#include "../core/xtensor.hpp"
#include "fixed_rate.hpp"

namespace lifelog::inline LIFELOG_ABI::data {

/// | option      | default | description                                                                       |
/// |-------------|---------|-----------------------------------------------------------------------------------|
/// | clock       |         | rate, and how gaps are filled                                                     |
/// | length      | 60      | ticks a window, at least 1                                                        |
/// | hop         | 30      | ticks from one window's begin to the next one's, at least 1; below length they overlap |
/// | max_missing | 0       | share of missing ticks, in [0, 1), up to which a window is kept; they are NaN in it |
struct SlidingWindowOptions {
  FixedRateOptions clock = {};
  Index length = 60;
  Index hop = 30;
  double max_missing = 0;
};

/// Cuts a stream of irregular samples into windows of a fixed rate, sample by sample, in the memory of two windows.
///
/// Window j holds the ticks j · hop … j · hop + length − 1 of `FixedRate`'s clock. Windows are counted from time 0, not
/// from the first sample, so those of several sensors begin at the same times if hop / rate is the same for all; only
/// windows that lie between the first and the last sample are. `sink(start, values)` takes each as it is complete; start:
/// seconds at its first tick, values: [channels, length], row-major, valid during the call.
class WindowStream {
 public:
  /// Throws std::invalid_argument for an option out of its range.
  WindowStream(Index channels, const SlidingWindowOptions& options)
      : clock_(channels, options.clock), options_(options) {
    using lifelog::detail::require;
    require(options.length >= 1, "length: expected at least 1 tick, got ", options.length);
    require(options.hop >= 1, "hop: expected at least 1 tick, got ", options.hop);
    require(
        !lifelog::detail::is_nan(options.max_missing) && options.max_missing >= 0 && options.max_missing < 1,
        "max_missing: expected a share in [0, 1), got ", options.max_missing);
    allowed_ =
        options.max_missing * static_cast<double>(options.length) * (1 + 1e-9);  // a share is seldom exact
    window_.resize(static_cast<std::size_t>(channels * options.length));
  }

  /// Windows that had too many missing ticks, and samples left out (see `FixedRate`).
  Index dropped() const { return dropped_; }
  Index bad() const { return clock_.bad(); }
  Index late() const { return clock_.late(); }

  /// time: seconds; values: [channels].
  template<class Sink>
  void push(double time, const double* values, Sink&& sink) {
    clock_.push(time, values, [&](std::int64_t tick, std::int64_t count, const double* at) {
      take(tick, count, at, sink);
    });
  }

  /// The last sample has come. What follows is another recording.
  template<class Sink>
  void finish(Sink&& sink) {
    clock_.finish(
        [&](std::int64_t tick, std::int64_t count, const double* at) { take(tick, count, at, sink); });
    begun_ = false;
    ticks_.clear();
  }

 private:
  std::size_t width() const { return static_cast<std::size_t>(clock_.channels()); }

  template<class Sink>
  void take(std::int64_t tick, std::int64_t count, const double* values, Sink& sink) {
    if (!begun_) {
      begun_ = true;
      first_ = end_ = tick;
      const auto past = tick % options_.hop;  // the first window begins at the next multiple of hop
      next_ = tick + (past == 0 ? 0 : past > 0 ? options_.hop - past : -past);
    }
    if (values != nullptr) {
      append(values);
      emit(sink);
      return;
    }
    // Windows that began before the gap end in it; those that begin in it and end in it are never stored.
    for (const auto gap = end_; count > 0 && next_ < gap; --count) {
      append(nullptr);
      emit(sink);
    }
    if (count == 0) return;
    end_ += count;
    if (end_ - next_ >= options_.length) {
      const auto lost = (end_ - next_ - options_.length) / options_.hop + 1;
      dropped_ += lost;
      next_ += lost * options_.hop;
    }
    first_ = std::min(next_, end_);
    ticks_.assign(static_cast<std::size_t>(end_ - first_) * width(),
                  std::numeric_limits<double>::quiet_NaN());
  }

  void append(const double* values) {
    if (values != nullptr)
      ticks_.insert(ticks_.end(), values, values + width());
    else
      ticks_.insert(ticks_.end(), width(), std::numeric_limits<double>::quiet_NaN());
    ++end_;
  }

  /// Passes on the window that the last tick completed, if one, and forgets what none needs.
  template<class Sink>
  void emit(Sink& sink) {
    if (end_ - next_ == options_.length) {
      if (fill_window() <= allowed_)
        sink(static_cast<double>(next_) / options_.clock.rate, static_cast<const double*>(window_.data()));
      else
        ++dropped_;
      next_ += options_.hop;
    }
    // Ticks are forgotten a window's worth at a time, so that each is moved about once.
    const auto needless = std::min(next_, end_) - first_;
    if (needless < options_.length) return;
    ticks_.erase(ticks_.begin(), ticks_.begin() + static_cast<std::ptrdiff_t>(needless) * clock_.channels());
    first_ += needless;
  }

  /// Transposes the ticks of the window at `next_`, and returns how many of them are missing.
  double fill_window() {
    const auto length = static_cast<std::size_t>(options_.length);
    const double* tick = ticks_.data() + static_cast<std::size_t>(next_ - first_) * width();
    double missing = 0;
    for (std::size_t t = 0; t < length; ++t, tick += width()) {
      missing += lifelog::detail::is_nan(tick[0]);
      for (std::size_t c = 0; c < width(); ++c) window_[c * length + t] = tick[c];
    }
    return missing;
  }

  FixedRate clock_;
  SlidingWindowOptions options_;
  double allowed_ = 0;         ///< missing ticks a window may have
  std::vector<double> ticks_;  ///< [end_ − first_, channels]
  std::vector<double> window_;
  std::int64_t first_ = 0, end_ = 0;  ///< ticks at hand
  std::int64_t next_ = 0;             ///< first tick of the window to come
  bool begun_ = false;
  Index dropped_ = 0;
};

/// Windows of a whole recording.
struct SlidingWindows {
  /// [n], seconds at each window's first tick, ascending.
  std::vector<double> start;
  /// [n, channels, length], in the sensor's unit; NaN where a tick is missing.
  xt::xtensor<float, 3> values;
  /// Windows with too many missing ticks; samples that were not finite; samples that came too late.
  Index dropped = 0, bad = 0, late = 0;
};

/// What `WindowStream` makes of a whole recording. times: [n], seconds; values: [n, channels].
LIFELOG_LAZY SlidingWindows sliding_windows(std::span<const double> times,
                                            const xt::xtensor<double, 2>& values,
                                            const SlidingWindowOptions& options) {
  lifelog::detail::require(values.shape(0) == times.size(), "values: expected a row for each of ",
                           times.size(), " times, got ", values.shape(0));
  const auto channels = static_cast<Index>(values.shape(1));
  WindowStream stream(channels, options);
  SlidingWindows result;
  std::vector<float> all;
  const auto keep = [&](double start, const double* window) {
    result.start.push_back(start);
    for (Index i = 0; i < channels * options.length; ++i) all.push_back(static_cast<float>(window[i]));
  };
  for (std::size_t i = 0; i < times.size(); ++i)
    stream.push(times[i], values.data() + i * values.shape(1), keep);
  stream.finish(keep);
  result.values.resize(std::array<std::size_t, 3>{result.start.size(), values.shape(1),
                                                  static_cast<std::size_t>(options.length)});
  std::copy(all.begin(), all.end(), result.values.data());
  result.dropped = stream.dropped();
  result.bad = stream.bad();
  result.late = stream.late();
  return result;
}

}  // namespace lifelog::data
