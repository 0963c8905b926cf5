// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "dataset.hpp"
#include "empatica_files.hpp"
#include "labels.hpp"
#include "windows.hpp"

namespace lifelog::data {

/// | name | type | description | default |
/// |---|---|---|---|
/// | rules | Rules | what happens to values out of the plausible range | study: kept, counted |
/// | allow_missing | bool | keep minutes of which only some modalities are usable | false |
/// | label_seconds | double | least time of a minute that its label must cover | 30 |
/// | max_notes | Index | notes kept in Quality | 100 |
struct EmpaticaOptions {
  Rules rules = Rules::study;
  bool allow_missing = false;
  double label_seconds = 30;
  Index max_notes = 100;
};

/// One person's minutes and an account of all that was not kept.
struct EmpaticaPerson {
  DataSet data;
  Quality quality;
};

/// The persons of a folder DIR/<person>/{ACC,BVP,EDA,TEMP,HR}.csv: its sub-folders but hidden ones, sorted.
/// Throws io_error when the folder cannot be read.
inline std::vector<std::string> empatica_users(const std::filesystem::path& dir) {
  std::error_code error;
  std::vector<std::string> users;
  for (std::filesystem::directory_iterator it(dir, error), end; !error && it != end; it.increment(error)) {
    std::error_code unknown;
    const auto name = it->path().filename().string();
    if (it->is_directory(unknown) && !name.starts_with('.')) users.push_back(name);
  }
  if (error) throw io_error(dir.string(), "cannot read: " + error.message());
  std::sort(users.begin(), users.end(), label_less);
  return users;
}

namespace detail {

constexpr std::int64_t empatica_minute = 60'000'000;  // microseconds, as all times here

/// A sensor of the wristband and its file, when there was a usable one.
struct EmpaticaSensor {
  Modality modality;
  std::string file;
  float scale;  ///< the file's unit in ours
  std::optional<EmpaticaStream> stream;
};

inline std::vector<EmpaticaSensor> empatica_sensors() {
  struct File {
    const char *modality, *name;
    float scale;
  };
  constexpr File files[] = {{"e4Acc", "ACC.csv", 1.0f / 64},
                            {"e4Bvp", "BVP.csv", 1},
                            {"e4Eda", "EDA.csv", 1},
                            {"e4Hr", "HR.csv", 1},
                            {"e4Temp", "TEMP.csv", 1}};
  std::vector<EmpaticaSensor> sensors;
  for (const auto& modality : empatica_e4())
    for (const auto& file : files)
      if (modality.name == file.modality) sensors.push_back({modality, file.name, file.scale, std::nullopt});
  return sensors;
}

/// What one sensor has of one minute.
struct EmpaticaWindow {
  const char* why = nullptr;  ///< a `lifelog::data::reason`; null when usable
  Index begin = 0, end = 0;   ///< samples
  Index implausible = 0;      ///< values out of the plausible range, when usable or dropped for them
};

inline EmpaticaWindow find_window(const EmpaticaSensor& sensor, std::int64_t from, Rules rules) {
  EmpaticaWindow window{reason::missing_modality, 0, 0, 0};
  if (!sensor.stream) return window;
  const auto& stream = *sensor.stream;
  const auto to = from + empatica_minute;
  window.begin = std::clamp<Index>(stream.first_at(from), 0, stream.samples());
  window.end = std::clamp<Index>(stream.first_at(to), 0, stream.samples());
  if (window.begin == window.end) return window;
  const bool series = sensor.modality.series();
  if (series && !stream.covers(from, to)) {
    window.why = reason::short_minute;
    return window;
  }
  Index readable = 0;
  for (Index i = window.begin; i < window.end; ++i) {
    const float* sample = stream.values.data() + i * stream.channels;
    readable += !std::isnan(sample[0]);
    for (Index c = 0; c < stream.channels; ++c) {
      const auto& channel = sensor.modality.channels[static_cast<std::size_t>(c)];
      const auto value = static_cast<double>(sample[c] * sensor.scale);
      window.implausible += value < channel.low || value > channel.high;
    }
  }
  // A mean does without the samples that are not there; a series has no place to leave out.
  const bool usable = series ? readable == window.end - window.begin : readable > 0;
  window.why = !usable                                              ? reason::bad_value
               : window.implausible > 0 && drops_implausible(rules) ? reason::out_of_range
                                                                    : nullptr;
  return window;
}

/// out: [channels, length] of one minute.
inline void copy_window(const EmpaticaSensor& sensor, const EmpaticaWindow& window, float* out) {
  const auto& stream = *sensor.stream;
  if (sensor.modality.series()) {
    for (Index c = 0; c < stream.channels; ++c)
      for (Index i = window.begin; i < window.end; ++i)
        *out++ = stream.values[static_cast<std::size_t>(i * stream.channels + c)] * sensor.scale;
    return;
  }
  double sum = 0;
  Index count = 0;
  for (Index i = window.begin; i < window.end; ++i)
    if (const float value = stream.values[static_cast<std::size_t>(i)]; !std::isnan(value)) {
      sum += static_cast<double>(value);
      ++count;
    }
  *out = static_cast<float>(sum / static_cast<double>(count));
}

/// A minute that is kept.
struct EmpaticaMinute {
  std::int64_t start;
  const std::string* label;
  std::vector<EmpaticaWindow> windows;
};

class EmpaticaReader {
 public:
  EmpaticaReader(const std::filesystem::path& folder, const EmpaticaOptions& options, EmpaticaPerson& person)
      : folder_(folder), options_(options), quality_(person.quality), data_(person.data) {}

  void read(const EmpaticaLabels& labels) {
    if (!read_streams()) return;
    const auto found = labels.intervals.find(data_.user);
    if (const auto faults = labels.faults.find(data_.user); faults != labels.faults.end())
      for (const auto& fault : faults->second)
        quality_.defect("bad_label", labels.file, fault.line, fault.message);
    const std::vector<EmpaticaInterval> none;
    choose_minutes(found == labels.intervals.end() ? none : found->second);
    if (found == labels.intervals.end())
      quality_.error = labels.file + ": no usable label of user \"" + data_.user + "\"";
    fill();
    if (quality_.error.empty() && kept_.empty())
      quality_.error = "no complete labelled minute";
    else if (quality_.error.empty() && data_.classes.size() < 2)
      quality_.error = "all minutes have one label, \"" + data_.classes.front() + "\": nothing to learn";
  }

 private:
  bool read_streams() {
    for (auto& sensor : sensors_) {
      const double rate = sensor.modality.series() ? sensor.modality.rate : 0;
      const auto channels = static_cast<Index>(sensor.modality.channels.size());
      try {
        sensor.stream = read_empatica_stream(folder_ / sensor.file, channels, rate, quality_);
      } catch (const std::runtime_error& failure) {  // format_error, io_error
        if (!options_.allow_missing && quality_.error.empty()) quality_.error = failure.what();
        ++quality_.defects["bad_file"];
        quality_.note(failure.what());
      }
    }
    return quality_.error.empty();
  }

  /// Starts of all minutes in which any of the series was recorded; the files' sizes bound their number.
  std::vector<std::int64_t> seen_minutes() const {
    std::vector<std::int64_t> minutes;
    for (const auto& sensor : sensors_)
      if (sensor.stream && sensor.modality.series())
        for (auto m = sensor.stream->start / empatica_minute * empatica_minute; m < sensor.stream->end();
             m += empatica_minute)
          minutes.push_back(m);
    std::sort(minutes.begin(), minutes.end());
    minutes.erase(std::unique(minutes.begin(), minutes.end()), minutes.end());
    return minutes;
  }

  void choose_minutes(const std::vector<EmpaticaInterval>& intervals) {
    const auto minimum = static_cast<std::int64_t>(std::ceil(1e6 * options_.label_seconds));
    for (const auto start : seen_minutes()) {
      const auto* label = covering_label(intervals, start, start + empatica_minute, minimum);
      if (label == nullptr) {
        quality_.drop(reason::unlabelled);
        continue;
      }
      EmpaticaMinute minute{start, label, {}};
      const char* why = nullptr;
      bool any = false;
      for (const auto& sensor : sensors_) {
        const auto& window = minute.windows.emplace_back(find_window(sensor, start, options_.rules));
        any = any || window.why == nullptr;
        if (why == nullptr) why = window.why;
        if (window.implausible > 0) quality_.defects["implausible"] += window.implausible;
      }
      if (why != nullptr && !(options_.allow_missing && any)) {
        quality_.drop(why);
        continue;
      }
      quality_.keep(why == nullptr ? reason::complete : reason::partial);
      kept_.push_back(std::move(minute));
    }
  }

  void fill() {
    const auto n = kept_.size(), m = sensors_.size();
    std::vector<std::string> labels;
    data_.timestamp = xt::xtensor<std::int64_t, 1>::from_shape({n});
    xt::xtensor<std::uint8_t, 2> present(std::array<std::size_t, 2>{n, m}, std::uint8_t{1});
    bool all = true;
    for (std::size_t i = 0; i < n; ++i) {
      labels.push_back(*kept_[i].label);
      data_.timestamp(i) = kept_[i].start / 1'000'000;
    }
    for (std::size_t s = 0; s < m; ++s) {
      const auto& modality = sensors_[s].modality;
      const std::array<std::size_t, 3> shape{n, modality.channels.size(),
                                             static_cast<std::size_t>(modality.window_length())};
      xt::xtensor<float, 3> values(shape, 0.0f);
      for (std::size_t i = 0; i < n; ++i) {
        present(i, s) = kept_[i].windows[s].why == nullptr;
        all = all && present(i, s) == 1;
        if (present(i, s) == 1)
          copy_window(sensors_[s], kept_[i].windows[s], values.data() + i * shape[1] * shape[2]);
      }
      data_.modalities.push_back({modality.name, std::move(values), modality.scalar()});
    }
    if (!all) data_.present = std::move(present);
    auto encoded = encode_labels(labels);
    data_.label = std::move(encoded.label);
    data_.classes = std::move(encoded.classes);
  }

  std::filesystem::path folder_;
  const EmpaticaOptions& options_;
  Quality& quality_;
  DataSet& data_;
  std::vector<EmpaticaSensor> sensors_ = empatica_sensors();
  std::vector<EmpaticaMinute> kept_;
};

}  // namespace detail

/// Reads the labelled minutes of one person of a folder in the Empatica layout.
///
/// dir: holds <user>/{ACC,BVP,EDA,TEMP,HR}.csv. labels: of `read_empatica_labels`. The data set has e4Acc
/// (g), e4Bvp, e4Eda, e4Hr and e4Temp, in this order; e4Hr is the mean of the minute's samples.
///
/// Minutes seen are those in which ACC, BVP, EDA or TEMP was recorded at all. Each is kept or dropped for one
/// reason: no label covers enough of it (unlabelled); then, of the first modality with one: no sample
/// (missing_modality), not recorded from start to end (short), a line that is not a number (bad_value; an
/// unreadable heart rate is left out of the mean instead), under `sensible` values out of range
/// (out_of_range). With `allow_missing` a minute is kept while one modality is usable; the others are zero in
/// `values` and in `present`. Labels become 0…C−1 in sorted order of those kept.
///
/// What makes a person unusable (a file missing or broken, no label, no minute, a single class) is said in
/// `quality.error`, not thrown.
inline EmpaticaPerson read_empatica_person(const std::filesystem::path& dir, const std::string& user,
                                           const EmpaticaLabels& labels,
                                           const EmpaticaOptions& options = {}) {
  EmpaticaPerson person;
  person.data.user = person.quality.user = user;
  person.quality.max_notes = options.max_notes;
  detail::EmpaticaReader(dir / user, options, person).read(labels);
  return person;
}

}  // namespace lifelog::data
