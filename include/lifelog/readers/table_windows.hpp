// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "../data/quality.hpp"
#include "../data/sliding_windows.hpp"
#include "table_description.hpp"
#include "table_samples.hpp"

namespace lifelog::inline LIFELOG_ABI::readers {

/// What a sensor has of some windows.
struct TableWindows {
  struct Window {
    const char* why = nullptr;  ///< a `lifelog::data::reason`; null when usable
    Index implausible = 0;      ///< values out of their channel's plausible range
    bool skipped = false;       ///< usable without samples that are no numbers
  };

  std::vector<std::int64_t> start;  ///< ascending, ns of unix time
  std::vector<Window> windows;
  std::vector<float> values;  ///< [windows, channels, samples]; zeros where not usable
};

/// Starts of all windows in which the sensor has a sample, or a row without its numbers: multiples of `step`, ascending. times:
/// ascending; all in ns.
LIFELOG_LAZY void add_touched_windows(std::span<const std::int64_t> times, std::int64_t seconds,
                                      std::int64_t step, std::vector<std::int64_t>& out) {
  const auto floor = [step](std::int64_t time) {
    return (time >= 0 ? time / step : (time - (step - 1)) / step) * step;
  };
  bool any = false;
  std::int64_t next = 0;
  for (const auto time : times) {
    const auto last = floor(time);
    if (any && last < next) continue;
    auto first = floor(time - seconds) + step;
    if (any) first = std::max(first, next);
    for (; first <= last; first += step) out.push_back(first);
    next = last + step;
    any = true;
  }
}

namespace detail {

/// Makes the windows of one sensor.
LIFELOG_LAZY class WindowMaker {
 public:
  WindowMaker(const TableSamples& samples, const TableSensor& sensor, double seconds, double step,
              bool drop_implausible, TableWindows& out)
      : samples_(samples),
        sensor_(sensor),
        seconds_(seconds),
        step_(step),
        drop_implausible_(drop_implausible),
        out_(out),
        size_(static_cast<std::size_t>(sensor.channels() * sensor.samples(seconds))) {}

  /// Of out.start.
  void run() {
    out_.windows.assign(out_.start.size(), {});
    out_.values.assign(out_.start.size() * size_, 0.0f);
    if (sensor_.window == TableWindow::series) resample();
    std::size_t begin = 0, gap = 0;
    const std::int64_t length = std::llround(1e9 * seconds_);
    const auto& times = samples_.time;
    for (std::size_t w = 0; w < out_.start.size(); ++w) {
      const auto from = out_.start[w], to = from + length;
      begin = static_cast<std::size_t>(
          std::lower_bound(times.begin() + static_cast<std::ptrdiff_t>(begin), times.end(), from) -
          times.begin());
      const auto end = static_cast<std::size_t>(
          std::lower_bound(times.begin() + static_cast<std::ptrdiff_t>(begin), times.end(), to) -
          times.begin());
      while (gap < samples_.gaps.size() && samples_.gaps[gap].time < from) ++gap;
      const bool gapped = gap < samples_.gaps.size() && samples_.gaps[gap].time < to;
      const char* lost = !gapped                                              ? nullptr
                         : samples_.gaps[gap].kind == data::CellKind::missing ? data::reason::missing_value
                                                                              : data::reason::bad_value;
      finish(w, begin, end, lost);
    }
  }

 private:
  float* values(std::size_t w) { return out_.values.data() + w * size_; }

  /// lost: why rows of the window have no numbers; null when all have.
  void finish(std::size_t w, std::size_t begin, std::size_t end, const char* lost) {
    auto& window = out_.windows[w];
    if (sensor_.window == TableWindow::series) {
      if (window.why != nullptr && lost != nullptr) window.why = lost;
      if (window.why != nullptr && begin == end && lost == nullptr)
        window.why = data::reason::missing_modality;
    } else if (sensor_.window == TableWindow::cut) {
      if (lost != nullptr)
        window.why = lost;
      else if (static_cast<Index>(end - begin) < sensor_.length)
        window.why = begin == end ? data::reason::missing_modality : data::reason::short_minute;
      else
        cut(values(w), begin);
    } else if (begin == end) {
      window.why = lost != nullptr ? lost : data::reason::missing_modality;
    } else {
      reduce(values(w), begin, end);
      if (!lifelog::detail::all_finite(values(w), static_cast<Index>(size_)))
        window.why = data::reason::bad_value;
    }
    if (window.why != nullptr) return void(std::fill_n(values(w), size_, 0.0f));
    window.skipped = lost != nullptr;
    window.implausible = implausible(begin, end);
    if (window.implausible == 0 || !drop_implausible_) return;
    window.why = data::reason::out_of_range;
    std::fill_n(values(w), size_, 0.0f);
  }

  Index implausible(std::size_t begin, std::size_t end) const {
    Index count = 0;
    for (std::size_t c = 0; c < samples_.channels; ++c) {
      const auto& channel = sensor_.columns[c].channel;
      if (channel.low == -std::numeric_limits<double>::infinity() &&
          channel.high == std::numeric_limits<double>::infinity())
        continue;
      for (auto i = begin; i < end; ++i) {
        const auto value = static_cast<double>(samples_.values[i * samples_.channels + c]);
        count += value < channel.low || value > channel.high;
      }
    }
    return count;
  }

  void cut(float* out, std::size_t begin) const {
    const auto length = static_cast<std::size_t>(sensor_.length);
    for (std::size_t c = 0; c < samples_.channels; ++c)
      for (std::size_t i = 0; i < length; ++i) *out++ = samples_.values[(begin + i) * samples_.channels + c];
  }

  void reduce(float* out, std::size_t begin, std::size_t end) const {
    if (sensor_.window == TableWindow::count) {
      *out = static_cast<float>(end - begin);
      return;
    }
    for (std::size_t c = 0; c < samples_.channels; ++c) {
      double sum = 0;
      for (auto i = begin; i < end; ++i)
        sum += static_cast<double>(samples_.values[i * samples_.channels + c]);
      const auto n = static_cast<double>(end - begin);
      out[c] = sensor_.window == TableWindow::last   ? samples_.values[(end - 1) * samples_.channels + c]
               : sensor_.window == TableWindow::mean ? static_cast<float>(sum / n)
                                                     : static_cast<float>(sum);
    }
  }

  /// All windows are short, but those that the clock completes.
  void resample() {
    for (auto& window : out_.windows) window.why = data::reason::short_minute;
    if (samples_.time.empty() || out_.start.empty()) return;
    data::SlidingWindowOptions options;
    options.clock.rate = sensor_.clock_rate;
    options.clock.gaps = sensor_.gaps;
    options.clock.max_gap = sensor_.max_gap;
    options.length = sensor_.samples(seconds_);
    options.hop = static_cast<Index>(std::llround(sensor_.clock_rate * step_));
    const auto channels = samples_.channels;
    data::WindowStream stream(static_cast<Index>(channels), options);
    // Times from a window's start on, so that ticks fall as they would from time 0, and doubles have digits to spare.
    const auto base = out_.start.front();
    std::size_t at = 0;
    const auto keep = [&](double start, const double* window) {
      const auto time = base + std::llround(1e9 * start);
      while (at < out_.start.size() && out_.start[at] < time) ++at;
      if (at == out_.start.size() || out_.start[at] != time) return;
      out_.windows[at].why = nullptr;
      float* out = values(at);
      for (std::size_t i = 0; i < size_; ++i) out[i] = static_cast<float>(window[i]);
    };
    std::vector<double> sample(channels);
    for (std::size_t i = 0; i < samples_.size(); ++i) {
      for (std::size_t c = 0; c < channels; ++c)
        sample[c] = static_cast<double>(samples_.values[i * channels + c]);
      stream.push(1e-9 * static_cast<double>(samples_.time[i] - base), sample.data(), keep);
    }
    stream.finish(keep);
  }

  const TableSamples& samples_;
  const TableSensor& sensor_;
  double seconds_, step_;
  bool drop_implausible_;
  TableWindows& out_;
  std::size_t size_;
};

}  // namespace detail

/// Makes the windows that begin at `starts` (ascending, ns, multiples of `step`) out of a sensor's samples, in order of
/// time. seconds, step: of the windows; see check_windows. drop_implausible: a window with a value out of range is not usable.
LIFELOG_LAZY TableWindows table_windows(const TableSamples& samples, const TableSensor& sensor,
                                        double seconds, double step, std::vector<std::int64_t> starts,
                                        bool drop_implausible) {
  TableWindows result;
  result.start = std::move(starts);
  detail::WindowMaker(samples, sensor, seconds, step, drop_implausible, result).run();
  return result;
}

}  // namespace lifelog::readers
