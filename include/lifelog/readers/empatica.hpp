// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../core/finite.hpp"
#include "../data/dataset.hpp"
#include "../data/labels.hpp"
#include "../data/rules.hpp"
#include "empatica_files.hpp"
#include "empatica_sessions.hpp"
#include "progress.hpp"

namespace lifelog::readers {

/// | name | type | description | default |
/// |---|---|---|---|
/// | rules | Rules | whether values out of the plausible range go; its modalities are not used | study_rules() |
/// | sensors | vector<EmpaticaSensor> | files to read, in order | empatica_sensors() |
/// | allow_missing | bool | keep minutes of which only some modalities are usable | false |
/// | label_seconds | double | least time of a minute that its label must cover | 30 |
/// | max_notes | Index | notes kept in Quality | 100 |
/// | progress | ReadProgress | told the files read | none |
struct EmpaticaOptions {
  data::Rules rules = data::study_rules();
  std::vector<EmpaticaSensor> sensors = empatica_sensors();
  bool allow_missing = false;
  double label_seconds = 30;
  Index max_notes = 100;
  ReadProgress progress = {};
};

/// One person's minutes and an account of all that was not kept.
struct EmpaticaPerson {
  data::DataSet data;
  data::Quality quality;
};

namespace detail {

constexpr std::int64_t empatica_minute = 60'000'000;  // microseconds, as all times here

/// What there is of one sensor in one session.
struct EmpaticaRecording {
  const EmpaticaSensor* sensor;
  std::optional<EmpaticaStream> stream = std::nullopt;  ///< when its file was usable
};

/// What one sensor has of one minute.
struct EmpaticaWindow {
  const char* why = nullptr;  ///< a `lifelog::data::reason`; null when usable
  Index begin = 0, end = 0;   ///< samples
  Index unreadable = 0;       ///< of them, those that are no numbers
  Index implausible = 0;      ///< values out of the plausible range, when usable or dropped for them
};

inline EmpaticaWindow find_window(const EmpaticaRecording& recording, std::int64_t from,
                                  const data::Rules& rules) {
  EmpaticaWindow window{data::reason::missing_modality};
  if (!recording.stream) {
    window.why = data::reason::bad_file;
    return window;
  }
  const auto& sensor = *recording.sensor;
  const auto& stream = *recording.stream;
  const auto to = from + empatica_minute;
  window.begin = std::clamp<Index>(stream.first_at(from), 0, stream.samples());
  window.end = std::clamp<Index>(stream.first_at(to), 0, stream.samples());
  if (window.begin == window.end) return window;
  const bool series = sensor.modality.series();
  if (series && !stream.covers(from, to)) {
    window.why = data::reason::short_minute;
    return window;
  }
  for (Index i = window.begin; i < window.end; ++i) {
    const float* sample = stream.values.data() + i * stream.channels;
    window.unreadable += lifelog::detail::is_nan(sample[0]);
    for (Index c = 0; c < stream.channels; ++c) {
      const auto& channel = sensor.modality.channels[static_cast<std::size_t>(c)];
      const auto value = static_cast<double>(sample[c] * sensor.scale);
      window.implausible += value < channel.low || value > channel.high;
    }
  }
  // A mean does without the samples that are not there; a series has no place to leave out.
  const auto allowed = series ? 0 : window.end - window.begin - 1;
  window.why = window.unreadable > allowed                        ? data::reason::bad_value
               : window.implausible > 0 && rules.drop_implausible ? data::reason::out_of_range
                                                                  : nullptr;
  return window;
}

/// Appends [channels, length] of one minute; zeros where it is not usable.
inline void append_window(const EmpaticaRecording& recording, const EmpaticaWindow& window,
                          std::vector<float>& out) {
  const auto& modality = recording.sensor->modality;
  if (window.why != nullptr) {
    out.resize(out.size() + modality.channels.size() * static_cast<std::size_t>(modality.window_length()));
    return;
  }
  const auto& stream = *recording.stream;
  const float scale = recording.sensor->scale;
  for (Index c = 0; c < stream.channels; ++c) {
    double sum = 0;
    for (Index i = window.begin; i < window.end; ++i) {
      const float value = stream.values[static_cast<std::size_t>(i * stream.channels + c)];
      if (modality.series())
        out.push_back(value * scale);
      else if (!lifelog::detail::is_nan(value))
        sum += static_cast<double>(value);
    }
    const auto count = static_cast<double>(window.end - window.begin - window.unreadable);
    if (!modality.series()) out.push_back(static_cast<float>(sum / count) * scale);
  }
}

/// Reads one session after the other; only the present one is held as it was recorded.
class EmpaticaReader {
 public:
  EmpaticaReader(const EmpaticaLabels& labels, const EmpaticaOptions& options, EmpaticaPerson& person)
      : labels_(labels), options_(options), quality_(person.quality), data_(person.data) {
    for (const auto& sensor : options.sensors)
      lifelog::detail::require(sensor.modality.series() || sensor.modality.kind == data::WindowKind::mean,
                               "sensors: expected ", sensor.modality.name, " to be a series or a mean");
    if (const auto found = labels.intervals.find(data_.user); found != labels.intervals.end())
      intervals_ = &found->second;
    values_.resize(options.sensors.size());
  }

  void read(const std::vector<EmpaticaSession>& sessions) {
    if (const auto faults = labels_.faults.find(data_.user); faults != labels_.faults.end())
      for (const auto& fault : faults->second)
        quality_.defect("bad_label", labels_.file, fault.line, fault.message);
    ProgressCounter progress(options_.progress,
                             static_cast<Index>(sessions.size() * options_.sensors.size()));
    for (const auto& session : sessions) read_session(session, progress);
    finish();
  }

 private:
  void read_session(const EmpaticaSession& session, ProgressCounter& progress) {
    std::vector<EmpaticaRecording> recordings;
    for (const auto& sensor : options_.sensors) {
      const auto& modality = sensor.modality;
      auto& recording = recordings.emplace_back(EmpaticaRecording{&sensor});
      try {
        recording.stream = parse_empatica_stream(session.read(sensor.file), session.name + "/" + sensor.file,
                                                 static_cast<Index>(modality.channels.size()),
                                                 modality.series() ? modality.rate : 0, quality_);
      } catch (const std::runtime_error& failure) {  // format_error, io_error
        if (failure_.empty()) failure_ = failure.what();
        ++quality_.defects["bad_file"];
        quality_.note(failure.what());
      }
      progress.add(1);
    }
    for (const auto start : seen_minutes(recordings)) consider(session, recordings, start);
  }

  /// Starts of all minutes in which any of the series was recorded; the files' sizes bound their number.
  static std::vector<std::int64_t> seen_minutes(const std::vector<EmpaticaRecording>& recordings) {
    std::vector<std::int64_t> minutes;
    for (const auto& recording : recordings)
      if (recording.stream && recording.sensor->modality.series())
        for (auto m = recording.stream->start / empatica_minute * empatica_minute;
             m < recording.stream->end(); m += empatica_minute)
          minutes.push_back(m);
    std::sort(minutes.begin(), minutes.end());
    minutes.erase(std::unique(minutes.begin(), minutes.end()), minutes.end());
    return minutes;
  }

  void consider(const EmpaticaSession& session, const std::vector<EmpaticaRecording>& recordings,
                std::int64_t start) {
    const auto drop = [&](const char* reason) {
      quality_.drop(reason, session.name + ": minute " + std::to_string(start / 1'000'000));
    };
    const auto* label =
        intervals_ == nullptr
            ? nullptr
            : covering_label(*intervals_, start, start + empatica_minute,
                             static_cast<std::int64_t>(std::ceil(1e6 * options_.label_seconds)));
    if (label == nullptr) return drop(data::reason::unlabelled);
    if (taken_.contains(start)) return drop(data::reason::duplicate);
    std::vector<EmpaticaWindow> windows;
    const char* why = nullptr;
    bool any = false;
    Index implausible = 0, unreadable = 0;
    for (const auto& recording : recordings) {
      const auto& window = windows.emplace_back(find_window(recording, start, options_.rules));
      any = any || window.why == nullptr;
      if (why == nullptr) why = window.why;
      implausible += window.implausible;
      unreadable += window.unreadable;
    }
    if (implausible > 0) quality_.defects["implausible"] += implausible;
    if (why != nullptr && !(options_.allow_missing && any)) return drop(why);
    if (why != nullptr)
      quality_.keep(data::reason::partial);
    else if (unreadable > 0)
      quality_.repair(data::reason::skipped_sample);
    else
      quality_.keep(implausible > 0 ? data::reason::implausible : data::reason::complete);
    taken_.insert(start);
    label_of_.push_back(*label);
    starts_.push_back(start);
    for (std::size_t s = 0; s < recordings.size(); ++s) {
      present_.push_back(windows[s].why == nullptr);
      append_window(recordings[s], windows[s], values_[s]);
    }
  }

  void finish() {
    const auto n = starts_.size(), m = options_.sensors.size();
    data_.timestamp = xt::xtensor<std::int64_t, 1>::from_shape({n});
    for (std::size_t i = 0; i < n; ++i) data_.timestamp(i) = starts_[i] / 1'000'000;
    for (std::size_t s = 0; s < m; ++s) {
      const auto& modality = options_.sensors[s].modality;
      const std::array<std::size_t, 3> shape{n, modality.channels.size(),
                                             static_cast<std::size_t>(modality.window_length())};
      xt::xtensor<float, 3> values(shape);
      std::copy(values_[s].begin(), values_[s].end(), values.data());
      values_[s] = {};
      data_.modalities.push_back({modality.name, std::move(values), modality.scalar()});
    }
    if (std::find(present_.begin(), present_.end(), 0) != present_.end()) {
      data_.present = xt::xtensor<std::uint8_t, 2>(std::array<std::size_t, 2>{n, m});
      std::copy(present_.begin(), present_.end(), data_.present.data());
    }
    auto encoded = data::encode_labels(label_of_);
    data_.label = std::move(encoded.label);
    data_.classes = std::move(encoded.classes);
    explain();
  }

  /// Why nothing of the person can be used, if so.
  void explain() {
    if (starts_.empty() && !failure_.empty())
      quality_.error = failure_;
    else if (intervals_ == nullptr)
      quality_.error = labels_.file + ": no usable label of user \"" + data_.user + "\"";
    else if (starts_.empty())
      quality_.error = "no complete labelled minute";
    else if (data_.classes.size() < 2)
      quality_.error = "all minutes have one label, \"" + data_.classes.front() + "\": nothing to learn";
  }

  const EmpaticaLabels& labels_;
  const EmpaticaOptions& options_;
  data::Quality& quality_;
  data::DataSet& data_;
  const std::vector<EmpaticaInterval>* intervals_ = nullptr;
  std::string failure_;
  std::set<std::int64_t> taken_;
  std::vector<std::int64_t> starts_;        // [n]
  std::vector<std::string> label_of_;       // [n]
  std::vector<std::uint8_t> present_;       // [n, sensors]
  std::vector<std::vector<float>> values_;  // a sensor: [n, channels, length]
};

}  // namespace detail

/// Reads the labelled minutes of one person.
///
/// sessions: exports of the wristband, from folders (`empatica_sessions`) or elsewhere. labels: of
/// `read_empatica_labels`. The data set has the sensors of the options in their order, in the unit of their
/// modality.
///
/// Minutes seen are, session by session, those in which any of the series was recorded at all. Each is kept or
/// dropped for one reason: no label covers enough of it (unlabelled), kept from an earlier session (duplicate);
/// then, of the first sensor with one: its file missing or broken (bad_file), no sample in the minute
/// (missing_modality), not recorded from start to end (short), a line that is not a number (bad_value; of a
/// mean such samples are left out, and the minute counts as repaired, skipped_sample), a value out of range,
/// where the rules drop those (out_of_range). With `allow_missing` a minute is kept while one sensor is usable;
/// the others are zero in `values` and in `present`. Labels become 0…C−1 in sorted order of those kept.
///
/// What makes a person unusable (files missing or broken, no label, no minute, a single class) is said in
/// `quality.error`, not thrown.
inline EmpaticaPerson read_empatica_person(const std::string& user,
                                           const std::vector<EmpaticaSession>& sessions,
                                           const EmpaticaLabels& labels,
                                           const EmpaticaOptions& options = {}) {
  EmpaticaPerson person;
  person.data.user = person.quality.user = user;
  person.quality.max_notes = options.max_notes;
  detail::EmpaticaReader(labels, options, person).read(sessions);
  return person;
}

/// The same of the sessions in a folder, <user>/{ACC,BVP,EDA,TEMP,HR}.csv or <user>/<session>/….
inline EmpaticaPerson read_empatica_person(const std::filesystem::path& dir, const std::string& user,
                                           const EmpaticaLabels& labels,
                                           const EmpaticaOptions& options = {}) {
  auto sessions = empatica_sessions(dir / user, options.sensors);
  if (sessions.empty())
    sessions.push_back(empatica_folder(dir / user));  // whose files will be missed by name
  return read_empatica_person(user, sessions, labels, options);
}

}  // namespace lifelog::readers
