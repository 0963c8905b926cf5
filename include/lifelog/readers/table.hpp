// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../data/dataset.hpp"
#include "detail/kept_windows.hpp"
#include "overlap.hpp"
#include "progress.hpp"
#include "table_cohort.hpp"
#include "table_windows.hpp"

// Plain tables of any sensors, as a TableDescription says they are.

namespace lifelog::inline LIFELOG_ABI::readers {

/// | name             | description                                       | default |
/// |------------------|---------------------------------------------------|---------|
/// | drop_implausible | windows with a value out of its range go          | false   |
/// | allow_missing    | keep windows of which only some sensors are usable | false   |
/// | max_notes        | notes kept in Quality                             | 100     |
/// | progress         | told the sensors read                             | none    |
struct TableOptions {
  bool drop_implausible = false;
  bool allow_missing = false;
  Index max_notes = 100;
  ReadProgress progress = {};
};

/// One person's windows and an account of all that was not kept.
struct TablePerson {
  data::DataSet data;
  data::Quality quality;
};

namespace detail {

/// Reads one sensor after the other; of none but the present one are samples held.
LIFELOG_LAZY class TablePersonReader {
 public:
  TablePersonReader(const TableCohort& cohort, const TableOptions& options, TablePerson& person)
      : cohort_(cohort),
        description_(cohort.description),
        options_(options),
        quality_(person.quality),
        data_(person.data),
        length_(std::llround(1e9 * description_.seconds)),
        step_(std::llround(1e9 * description_.step)) {
    if (const auto found = cohort.labels.intervals.find(data_.user); found != cohort.labels.intervals.end())
      intervals_ = found->second;
  }

  void read() {
    if (const auto files = cohort_.personal.find(data_.user); files != cohort_.personal.end())
      quality_.files = files->second;
    if (const auto notes = cohort_.notes.find(data_.user); notes != cohort_.notes.end())
      for (const auto& note : notes->second) quality_.note(note);
    if (const auto faults = cohort_.labels.faults.find(data_.user); faults != cohort_.labels.faults.end())
      for (const auto& fault : faults->second) {
        if (label_failure_.empty()) label_failure_ = fault.text();
        ++quality_.defects["bad_label"];
        quality_.note(fault.text());
      }
    const auto& sensors = description_.sensors;
    ProgressCounter progress(options_.progress, static_cast<Index>(sensors.size()));
    static const std::vector<std::vector<TableCohort::Part>> nothing;
    const auto found = cohort_.parts.find(data_.user);
    const auto& parts = found == cohort_.parts.end() ? nothing : found->second;
    for (std::size_t s = 0; s < sensors.size(); ++s) {
      read_sensor(sensors[s], s < parts.size() ? parts[s] : std::vector<TableCohort::Part>());
      progress.add(1);
    }
    for (const auto& [start, label] : seen_) consider(start, label);
    finish();
  }

 private:
  void read_sensor(const TableSensor& sensor, const std::vector<TableCohort::Part>& parts) {
    TableSamples samples;
    samples.channels = sensor.columns.size();
    const char* without = data::reason::missing_modality;
    for (const auto& part : parts) {
      const auto before = samples.size(), gaps = samples.gaps.size();
      const auto& file = cohort_.files[part.file];
      try {
        if (!part.table) read_table_file(file, sensor, samples, quality_);
        for (const auto& rows : part.rows)
          read_table_rows(rows, cohort_.layouts[*part.table], sensor, file.path, samples, quality_);
      } catch (const std::runtime_error& failure) {  // format_error, io_error
        samples.shrink(before, gaps);
        without = data::reason::bad_file;
        if (failure_.empty()) failure_ = failure.what();
        ++quality_.defects["bad_file"];
        quality_.note(failure.what());
      }
    }
    samples.sort(quality_);
    check_rate(sensor, samples);
    without_.push_back(without);
    windows_.push_back(table_windows(samples, sensor, description_.seconds, description_.step,
                                     touched(samples), options_.drop_implausible));
  }

  /// Labelled windows in which there are samples; all that there are become seen.
  std::vector<std::int64_t> touched(const TableSamples& samples) {
    std::vector<std::int64_t> starts, gaps;
    add_touched_windows(samples.time, length_, step_, starts);
    if (!samples.gaps.empty()) {
      std::vector<std::int64_t> times;
      for (const auto& gap : samples.gaps) times.push_back(gap.time);
      add_touched_windows(times, length_, step_, starts);
      std::sort(starts.begin(), starts.end());
      starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
    }
    std::vector<std::int64_t> labelled;
    std::span<const data::LabelInterval> intervals(intervals_);
    const auto minimum = static_cast<std::int64_t>(std::ceil(cohort_.cover * static_cast<double>(length_)));
    for (const auto start : starts) {
      while (!intervals.empty() && intervals.front().end <= start) intervals = intervals.subspan(1);
      const auto [at, added] = seen_.try_emplace(start, nullptr);
      if (added) at->second = data::covering_label(intervals, start, start + length_, minimum);
      if (at->second != nullptr) labelled.push_back(start);
    }
    return labelled;
  }

  /// Whether the files are as fast as the description says.
  void check_rate(const TableSensor& sensor, const TableSamples& samples) {
    constexpr std::size_t looked_at = 10'000;
    if (sensor.rate <= 0 || samples.size() < 10) return;
    std::vector<std::int64_t> apart;
    const auto stride = std::max<std::size_t>(1, samples.size() / looked_at);
    for (std::size_t i = 1; i < samples.size(); i += stride)
      apart.push_back(samples.time[i] - samples.time[i - 1]);
    const auto middle = apart.begin() + static_cast<std::ptrdiff_t>(apart.size() / 2);
    std::nth_element(apart.begin(), middle, apart.end());
    const double rate = 1e9 / static_cast<double>(std::max<std::int64_t>(*middle, 1));
    if (rate > 0.9 * sensor.rate && rate < 1.1 * sensor.rate) return;
    ++quality_.defects["unexpected_rate"];
    quality_.note(sensor.name + ": expected " + number_class(sensor.rate) + " samples a second, got " +
                  number_class(std::round(1000 * rate) / 1000) + " (median)");
  }

  /// What a sensor has of a window, and where among its windows.
  struct Found {
    TableWindows::Window window;
    std::size_t at = 0;
    bool filled = false;  ///< with the value of windows without a sample
  };

  Found find(std::size_t s, std::int64_t start) {
    auto& windows = windows_[s];
    auto& at = next_[s];
    while (at < windows.start.size() && windows.start[at] < start) ++at;
    Found found;
    found.at = at;
    if (at < windows.start.size() && windows.start[at] == start)
      found.window = windows.windows[at];
    else
      found.window.why = without_[s];
    if (description_.sensors[s].empty && found.window.why == data::reason::missing_modality) {
      found.filled = true;
      found.window.why = nullptr;
    }
    return found;
  }

  void consider(std::int64_t start, const std::string* label) {
    const auto drop = [&](const char* reason) {
      quality_.drop(reason, "window " + std::to_string(start / nanosecond));
    };
    if (label == nullptr) return drop(data::reason::unlabelled);
    next_.resize(windows_.size());
    std::vector<Found> found;
    const char* why = nullptr;
    bool any = false, skipped = false;
    Index implausible = 0;
    for (std::size_t s = 0; s < windows_.size(); ++s) {
      const auto& window = found.emplace_back(find(s, start)).window;
      any = any || window.why == nullptr;
      if (why == nullptr) why = window.why;
      implausible += window.implausible;
      skipped = skipped || window.skipped;
    }
    if (implausible > 0) quality_.defects["implausible"] += implausible;
    if (why != nullptr && !(options_.allow_missing && any)) return drop(why);
    if (why != nullptr)
      quality_.keep(data::reason::partial);
    else if (skipped)
      quality_.repair(data::reason::skipped_sample);
    else
      quality_.keep(implausible > 0 ? data::reason::implausible : data::reason::complete);
    kept_.start.push_back(start / nanosecond);
    kept_.label.push_back(*label);
    for (std::size_t s = 0; s < found.size(); ++s) {
      kept_.present.push_back(found[s].window.why == nullptr);
      append(s, found[s]);
    }
  }

  void append(std::size_t s, const Found& found) {
    const auto size = window_size(s);
    kept_.values.resize(windows_.size());
    auto& out = kept_.values[s];
    if (found.window.why != nullptr || found.filled) {
      const auto value = found.filled ? static_cast<float>(*description_.sensors[s].empty) : 0.0f;
      out.insert(out.end(), size, value);
      return;
    }
    const auto from = windows_[s].values.begin() + static_cast<std::ptrdiff_t>(found.at * size);
    out.insert(out.end(), from, from + static_cast<std::ptrdiff_t>(size));
  }

  std::size_t window_size(std::size_t s) const {
    const auto& sensor = description_.sensors[s];
    return static_cast<std::size_t>(sensor.channels() * sensor.samples(description_.seconds));
  }

  void finish() {
    kept_.values.resize(windows_.size());
    for (std::size_t s = 0; s < windows_.size(); ++s) {
      const auto& sensor = description_.sensors[s];
      windows_[s] = {};
      kept_.give(s, sensor.name, sensor.channels(), sensor.samples(description_.seconds), sensor.scalar(),
                 data_);
    }
    kept_.give_labels(data_);
    explain();
  }

  /// Why nothing of the person can be used, if so.
  void explain() {
    if (kept_.start.empty() && !failure_.empty())
      quality_.error = failure_;
    else if (intervals_.empty())
      quality_.error =
          "no usable label of \"" + data_.user + "\"" + (label_failure_.empty() ? "" : ": " + label_failure_);
    else if (kept_.start.empty())
      quality_.error = no_window();
    else if (data_.classes.size() < 2)
      quality_.error = "all windows have one label, \"" + data_.classes.front() + "\": nothing to learn";
  }

  std::string no_window() const {
    if (seen_.empty()) return "no sample of any sensor";
    std::vector<TimeSpan> labelled, recorded;
    for (const auto& interval : intervals_)
      labelled.push_back(
          {interval.start / nanosecond, interval.end / nanosecond + (interval.end % nanosecond > 0)});
    for (const auto& [start, label] : seen_)
      recorded.push_back({start / nanosecond, (start + length_) / nanosecond});
    const auto fault = overlap_fault(labelled, recorded);
    return "no complete labelled window" + (fault.empty() ? fault : ": " + fault);
  }

  const TableCohort& cohort_;
  const TableDescription& description_;
  const TableOptions& options_;
  data::Quality& quality_;
  data::DataSet& data_;
  std::int64_t length_, step_;
  std::vector<data::LabelInterval> intervals_;
  std::string failure_, label_failure_;
  std::map<std::int64_t, const std::string*> seen_;  ///< windows with any sample, and their labels
  std::vector<TableWindows> windows_;                ///< a sensor's
  std::vector<const char*> without_;                 ///< why a sensor's other windows are not usable
  std::vector<std::size_t> next_;
  KeptWindows kept_;
};

}  // namespace detail

/// Reads the labelled windows of one person.
///
/// cohort: of `table_cohort`. The data set has the description's sensors in order, in the units of their channels, after
/// scale and offset.
///
/// A window is [k · step, k · step + seconds) of unix time. Those seen are those in which any sensor has a sample. Each is
/// kept or dropped for one reason: no label covers enough of it (unlabelled); then, of the first sensor with one: no file of
/// its could be read (bad_file), no sample (missing_modality), too few or a gap too long to fill (short), cells without a
/// number where they cannot be left out or filled (missing_value, bad_value), a value out of range, where those are dropped
/// (out_of_range). With `allow_missing` a window is kept while one sensor is usable; the others are zero in `values` and in
/// `present`. Labels become 0…C−1 in sorted order of those kept.
///
/// What makes a person unusable (files missing or broken, no label, no window, a single class) is said in `quality.error`,
/// not thrown.
LIFELOG_LAZY TablePerson read_table_person(const TableCohort& cohort, const std::string& user,
                                           const TableOptions& options = {}) {
  TablePerson person;
  person.data.user = person.quality.user = user;
  person.quality.max_notes = options.max_notes;
  detail::TablePersonReader(cohort, options, person).read();
  return person;
}

}  // namespace lifelog::readers
