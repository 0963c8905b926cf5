// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "../data/dataset.hpp"
#include "../data/rules.hpp"
#include "detail/archive.hpp"
#include "detail/empatica_windows.hpp"
#include "detail/kept_windows.hpp"
#include "empatica_files.hpp"
#include "empatica_sessions.hpp"
#include "overlap.hpp"
#include "progress.hpp"

namespace lifelog::inline LIFELOG_ABI::readers {

/// | name | type | description | default |
/// |---|---|---|---|
/// | rules | Rules | whether values out of the plausible range go; its modalities are not used | study_rules() |
/// | sensors | vector<EmpaticaSensor> | files to read, in order | empatica_sensors() |
/// | allow_missing | bool | keep minutes of which only some modalities are usable | false |
/// | tags | bool | labels are not those of the label file but the events of tags.csv: "tag" in whose minute one was marked, "none" otherwise | false |
/// | label_seconds | double | least time of a minute that its label must cover | 30 |
/// | max_notes | Index | notes kept in Quality | 100 |
/// | progress | ReadProgress | told the files read | none |
struct EmpaticaOptions {
  data::Rules rules = data::study_rules();
  std::vector<EmpaticaSensor> sensors = empatica_sensors();
  bool allow_missing = false;
  bool tags = false;
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

/// Reads one session after the other; only the present one is held as it was recorded.
LIFELOG_LAZY class EmpaticaReader {
 public:
  EmpaticaReader(const EmpaticaLabels& labels, const EmpaticaOptions& options, EmpaticaPerson& person)
      : labels_(labels), options_(options), quality_(person.quality), data_(person.data) {
    for (const auto& sensor : options.sensors)
      lifelog::detail::require(sensor.modality.series() || sensor.modality.kind == data::WindowKind::mean,
                               "sensors: expected ", sensor.modality.name, " to be a series or a mean");
    if (const auto* user = labels.find(data_.user))
      if (const auto found = labels.intervals.find(*user); found != labels.intervals.end())
        intervals_ = &found->second;
    kept_.values.resize(options.sensors.size());
  }

  void read(const std::vector<EmpaticaSession>& sessions) {
    if (const auto* user = labels_.find(data_.user))
      if (const auto faults = labels_.faults.find(*user); faults != labels_.faults.end())
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
    if (!session.failure.empty()) {
      fail(session.failure);
      progress.add(static_cast<Index>(options_.sensors.size()));
      return;
    }
    for (const auto& sensor : options_.sensors) {
      auto& recording = recordings.emplace_back(EmpaticaRecording{&sensor});
      try {
        read_stream(session, recording);
      } catch (const std::runtime_error& failure) {  // format_error, io_error
        fail(failure.what());
      }
      progress.add(1);
    }
    if (options_.tags) read_tags(session);
    const auto minutes = seen_minutes(recordings);
    for (const auto start : minutes) consider(session, recordings, start);
  }

  void fail(const std::string& failure) {
    if (failure_.empty()) failure_ = failure;
    ++quality_.defects["bad_file"];
    quality_.note(failure);
  }

  void read_stream(const EmpaticaSession& session, EmpaticaRecording& recording) {
    const auto& sensor = *recording.sensor;
    const auto& modality = sensor.modality;
    const auto name = session.name + "/" + sensor.file;
    const auto text = session.read(sensor.file);
    ++quality_.files;
    Checksum sum;
    sum.add(text);
    const auto [first, is_new] = seen_.try_emplace({sensor.file, text.size(), sum.value()}, name);
    if (!is_new) quality_.defect("same_file", name, 0, "has the content of " + first->second);
    recording.stream = parse_empatica_stream(text, name, static_cast<Index>(modality.channels.size()),
                                             modality.series() ? modality.rate : 0, quality_);
    const bool in_g = sensor.scale != 1 && modality.channels.size() == 3 &&
                      modality.channels[0].unit == "g" && already_in_g(*recording.stream);
    if (!in_g) return;
    recording.scale = 1;
    quality_.defect("already_in_g", name, 0, "values are in g already; not divided again");
  }

  void read_tags(const EmpaticaSession& session) {
    tags_.reset();
    try {
      tags_ = parse_empatica_tags(session.read("tags.csv"), session.name + "/tags.csv", quality_);
      ++quality_.files;
    } catch (const std::runtime_error& failure) {
      fail(failure.what());
    }
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
    recorded_.push_back({start / 1'000'000, start / 1'000'000 + 60});
    const auto* label = label_at(start);
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
    kept_.label.push_back(*label);
    kept_.start.push_back(start / 1'000'000);
    for (std::size_t s = 0; s < recordings.size(); ++s) {
      kept_.present.push_back(windows[s].why == nullptr);
      append_window(recordings[s], windows[s], kept_.values[s]);
    }
  }

  /// Null without one.
  const std::string* label_at(std::int64_t start) const {
    static const std::string tag = "tag", none = "none";
    if (options_.tags) {
      if (!tags_) return nullptr;
      const auto first = std::lower_bound(tags_->begin(), tags_->end(), start);
      return first != tags_->end() && *first < start + empatica_minute ? &tag : &none;
    }
    if (intervals_ == nullptr) return nullptr;
    return covering_label(*intervals_, start, start + empatica_minute,
                          static_cast<std::int64_t>(std::ceil(1e6 * options_.label_seconds)));
  }

  void finish() {
    for (std::size_t s = 0; s < options_.sensors.size(); ++s) {
      const auto& modality = options_.sensors[s].modality;
      kept_.give(s, modality.name, static_cast<Index>(modality.channels.size()), modality.window_length(),
                 modality.scalar(), data_);
    }
    kept_.give_labels(data_);
    explain();
  }

  /// Why nothing of the person can be used, if so.
  void explain() {
    if (kept_.start.empty() && !failure_.empty())
      quality_.error = failure_;
    else if (intervals_ == nullptr && !options_.tags)
      quality_.error = labels_.file + ": no usable label of user \"" + data_.user + "\"";
    else if (kept_.start.empty())
      quality_.error = no_minute();
    else if (data_.classes.size() < 2)
      quality_.error = "all minutes have one label, \"" + data_.classes.front() + "\": nothing to learn";
  }

  std::string no_minute() const {
    std::vector<TimeSpan> labelled;
    if (intervals_ != nullptr && !options_.tags)
      for (const auto& interval : *intervals_)
        labelled.push_back({interval.start / 1'000'000, (interval.end + 999'999) / 1'000'000});
    const auto fault = overlap_fault(labelled, recorded_);
    return "no complete labelled minute" + (fault.empty() ? fault : ": " + fault);
  }

  using FileContent = std::tuple<std::string, std::size_t, std::uint64_t>;  // name, size, checksum

  const EmpaticaLabels& labels_;
  const EmpaticaOptions& options_;
  data::Quality& quality_;
  data::DataSet& data_;
  const std::vector<EmpaticaInterval>* intervals_ = nullptr;
  std::string failure_;
  std::map<FileContent, std::string> seen_;        // and where it was seen first
  std::optional<std::vector<std::int64_t>> tags_;  // of the present session
  std::vector<TimeSpan> recorded_;                 // minutes seen
  std::set<std::int64_t> taken_;
  KeptWindows kept_;
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
/// `quality.error`, not thrown; where labels and recordings do not overlap, with both ranges. Acceleration that is in g
/// already is noted and taken as it is, a file that was there before, byte for byte, is noted.
LIFELOG_LAZY EmpaticaPerson read_empatica_person(const std::string& user,
                                                 const std::vector<EmpaticaSession>& sessions,
                                                 const EmpaticaLabels& labels,
                                                 const EmpaticaOptions& options = {}) {
  EmpaticaPerson person;
  person.data.user = person.quality.user = user;
  person.quality.max_notes = options.max_notes;
  detail::EmpaticaReader(labels, options, person).read(sessions);
  return person;
}

/// The same of the sessions in a folder, `<user>/{ACC,BVP,EDA,TEMP,HR}.csv` or in folders below.
LIFELOG_LAZY EmpaticaPerson read_empatica_person(const std::filesystem::path& dir, const std::string& user,
                                                 const EmpaticaLabels& labels,
                                                 const EmpaticaOptions& options = {}) {
  auto sessions = empatica_sessions(dir / user, options.sensors);
  if (sessions.empty())
    sessions.push_back(empatica_folder(dir / user));  // whose files will be missed by name
  return read_empatica_person(user, sessions, labels, options);
}

}  // namespace lifelog::readers
