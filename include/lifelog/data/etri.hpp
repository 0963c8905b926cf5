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

#include "../core/parallel.hpp"
#include "dataset.hpp"
#include "etri_tree.hpp"
#include "labels.hpp"
#include "windows.hpp"

namespace lifelog::data {

/// What a data set's labels say: tension or positive emotion (1–7, self-reported), or the action of the
/// minute.
enum class EtriTarget { tension, positive, action };

/// | name | type | description | default |
/// |---|---|---|---|
/// | target | EtriTarget | which label column | tension |
/// | rules | Rules | the study's habits or sensible ones | study |
/// | allow_missing | bool | keep minutes of which only some modalities are usable | false |
/// | modalities | vector<Modality> | sensors to read, in order; empty: etri_2019(rules) | empty |
/// | threads | int | 0: all | 0 |
/// | max_notes | Index | notes kept in Quality | 100 |
struct EtriOptions {
  EtriTarget target = EtriTarget::tension;
  Rules rules = Rules::study;
  bool allow_missing = false;
  std::vector<Modality> modalities = {};
  int threads = 0;
  Index max_notes = 100;
};

/// One person's minutes and an account of all that was not kept.
struct EtriPerson {
  DataSet data;
  Quality quality;
};

/// Name of the label file's column for a target.
inline const char* etri_label_column(EtriTarget target) {
  switch (target) {
    case EtriTarget::positive:
      return "emotionPositive";
    case EtriTarget::action:
      return "action";
    default:
      return "emotionTension";
  }
}

namespace detail {

/// A labelled minute that may become a bag.
struct EtriMinute {
  std::size_t session;
  std::int64_t ts;
  std::string label;
};

/// What reading a minute's files found: one window and the defects of one file per modality.
struct EtriMinuteResult {
  std::vector<Window> windows;
  std::vector<Index> bad_cells;
};

/// A label in one spelling ("3.0" is "3"), or nothing when it is empty or not on the scale.
inline std::string usable_label(const std::string& cell, EtriTarget target) {
  if (target == EtriTarget::action) return cell;
  const auto number = parse_number(cell);
  if (number.kind != CellKind::number || number.value != std::floor(number.value)) return {};
  if (number.value < 1 || number.value > 7) return {};
  return std::to_string(static_cast<int>(number.value));
}

/// Minutes worth reading; accounts for all others of the person at once.
class EtriCandidates {
 public:
  EtriCandidates(const std::vector<EtriSession>& sessions, const EtriOptions& options, Quality& quality)
      : options_(options), quality_(quality) {
    for (std::size_t s = 0; s < sessions.size(); ++s) {
      const auto labels = read_etri_labels(sessions[s], quality);
      const auto column = labels.find(etri_label_column(options.target));
      if (!column && !labels.ts.empty())
        quality.defect("bad_label_file", labels.file, 1,
                       "expected a column \"" + std::string(etri_label_column(options.target)) + "\"");
      for (const auto ts : etri_minutes(sessions[s], labels)) consider(s, ts, sessions[s], labels, column);
    }
  }

  std::vector<EtriMinute> take() { return std::move(minutes_); }

 private:
  void consider(std::size_t s, std::int64_t ts, const EtriSession& session, const EtriLabels& labels,
                std::optional<std::size_t> column) {
    const auto row = std::lower_bound(labels.ts.begin(), labels.ts.end(), ts) - labels.ts.begin();
    const auto r = static_cast<std::size_t>(row);
    if (r == labels.ts.size() || labels.ts[r] != ts) return quality_.drop(reason::unlabelled);
    auto label = column ? usable_label(labels.cell(r, *column), options_.target) : std::string();
    if (label.empty()) {
      if (column)
        quality_.note(labels.file, labels.line[r], "label \"" + labels.cell(r, *column) + "\" is not usable");
      return quality_.drop(reason::bad_label);
    }
    if (taken_.contains(ts)) return quality_.drop(reason::duplicate);
    std::size_t recorded = 0;
    for (std::size_t m = 0; m < session.minutes.size(); ++m) recorded += session.has(m, ts);
    if (recorded == 0 || (recorded < session.minutes.size() && !options_.allow_missing))
      return quality_.drop(reason::missing_modality);
    taken_.insert(ts);
    minutes_.push_back({s, ts, std::move(label)});
  }

  const EtriOptions& options_;
  Quality& quality_;
  std::set<std::int64_t> taken_;
  std::vector<EtriMinute> minutes_;
};

inline Window read_window(const std::filesystem::path& path, const Modality& modality, Rules rules,
                          CsvNumbers& numbers, float* out) {
  try {
    read_numbers(io::read_file(path), path.filename().string(), window_columns(modality), numbers);
  } catch (const std::runtime_error& failure) {  // format_error, io_error
    numbers.faults.clear();
    return rejected(reason::bad_file, 0, failure.what());
  }
  return make_window(modality, numbers, rules, out);
}

/// Reads all files of candidate minutes into `data.modalities` ([candidates, channels, length], zero where
/// unusable).
class EtriWindows {
 public:
  EtriWindows(const std::vector<EtriSession>& sessions, const std::vector<Modality>& modalities,
              const std::vector<EtriMinute>& minutes, const EtriOptions& options, DataSet& data)
      : sessions_(sessions), modalities_(modalities), minutes_(minutes), options_(options), data_(data) {
    for (const auto& m : modalities) {
      const std::array<std::size_t, 3> shape{minutes.size(), static_cast<std::size_t>(m.window_channels()),
                                             static_cast<std::size_t>(m.window_length())};
      data.modalities.push_back({m.name, xt::xtensor<float, 3>(shape, 0.0f), m.scalar()});
    }
  }

  std::vector<EtriMinuteResult> read() const {
    const auto n = static_cast<Index>(minutes_.size());
    std::vector<EtriMinuteResult> results(minutes_.size());
    constexpr Index piece_size = 8;
    parallel_for(piece_count(piece_size, n), options_.threads, [&](Index piece) {
      const auto range = piece_of(piece, piece_size, n);
      CsvNumbers numbers;
      for (auto i = range.begin; i < range.end; ++i)
        results[static_cast<std::size_t>(i)] = read_minute(static_cast<std::size_t>(i), numbers);
    });
    return results;
  }

 private:
  EtriMinuteResult read_minute(std::size_t i, CsvNumbers& numbers) const {
    EtriMinuteResult result;
    const auto& session = sessions_[minutes_[i].session];
    for (std::size_t m = 0; m < modalities_.size(); ++m) {
      if (!session.has(m, minutes_[i].ts)) {
        result.windows.push_back(rejected(reason::missing_modality, 0, "no file of this minute"));
        result.bad_cells.push_back(0);
        continue;
      }
      auto& values = data_.modalities[m].values;
      float* out = values.data() + i * values.shape(1) * values.shape(2);
      const auto path = session.minute_file(modalities_[m], minutes_[i].ts);
      result.windows.push_back(read_window(path, modalities_[m], options_.rules, numbers, out));
      result.bad_cells.push_back(static_cast<Index>(numbers.faults.size()));
      // One unusable modality is enough to lose the minute: the rest need not be read.
      if (!result.windows.back().good() && !options_.allow_missing) break;
    }
    return result;
  }

  const std::vector<EtriSession>& sessions_;
  const std::vector<Modality>& modalities_;
  const std::vector<EtriMinute>& minutes_;
  const EtriOptions& options_;
  DataSet& data_;
};

/// Counts a minute and its defects; true when it is kept.
inline bool account(const EtriMinuteResult& result, const EtriSession& session,
                    const std::vector<Modality>& modalities, std::int64_t ts, bool allow_missing,
                    Quality& quality) {
  const char* why = nullptr;
  std::size_t good = 0;
  for (std::size_t m = 0; m < result.windows.size(); ++m) {
    const auto& window = result.windows[m];
    good += window.good();
    if (!window.good() && why == nullptr) why = window.why;
    if (result.bad_cells[m] > 0) quality.defects["bad_cell"] += result.bad_cells[m];
    if (window.implausible > 0) quality.defects["implausible"] += window.implausible;
    if (window.good() && window.implausible == 0) continue;
    quality.note(session.minute_file(modalities[m], ts).string(),
                 window.good() ? window.implausible_line : window.line, window.message);
  }
  const bool kept = why == nullptr || (allow_missing && good > 0);
  if (kept)
    quality.keep(why == nullptr ? reason::complete : reason::partial);
  else
    quality.drop(why);
  return kept;
}

/// Moves the kept minutes of a [n, channels, length] array to its front and cuts it there.
inline void compact(xt::xtensor<float, 3>& values, const std::vector<std::size_t>& kept) {
  if (kept.size() == values.shape(0)) return;
  const auto size = values.shape(1) * values.shape(2);
  xt::xtensor<float, 3> smaller(std::array<std::size_t, 3>{kept.size(), values.shape(1), values.shape(2)});
  for (std::size_t i = 0; i < kept.size(); ++i)
    std::copy_n(values.data() + kept[i] * size, size, smaller.data() + i * size);
  values = std::move(smaller);
}

inline void fill_present(const std::vector<EtriMinuteResult>& results, const std::vector<std::size_t>& kept,
                         DataSet& data) {
  const auto modalities = data.modalities.size();
  data.present =
      xt::xtensor<std::uint8_t, 2>(std::array<std::size_t, 2>{kept.size(), modalities}, std::uint8_t{0});
  bool all = true;
  for (std::size_t i = 0; i < kept.size(); ++i)
    for (std::size_t m = 0; m < modalities; ++m) {
      data.present(i, m) = results[kept[i]].windows[m].good();
      all = all && data.present(i, m) == 1;
    }
  if (all) data.present = xt::xtensor<std::uint8_t, 2>();
}

inline void finish(const std::vector<EtriMinute>& minutes, const std::vector<std::size_t>& kept,
                   EtriPerson& person) {
  auto& data = person.data;
  for (auto& modality : data.modalities) compact(modality.values, kept);
  std::vector<std::string> labels;
  data.timestamp = xt::xtensor<std::int64_t, 1>(std::array<std::size_t, 1>{kept.size()});
  for (std::size_t i = 0; i < kept.size(); ++i) {
    labels.push_back(minutes[kept[i]].label);
    data.timestamp(i) = minutes[kept[i]].ts;
  }
  auto encoded = encode_labels(labels);
  data.label = std::move(encoded.label);
  data.classes = std::move(encoded.classes);
  if (kept.empty())
    person.quality.error = "no usable minute";
  else if (data.classes.size() < 2)
    person.quality.error = "all minutes have one label, \"" + data.classes.front() + "\": nothing to learn";
}

}  // namespace detail

/// Reads the labelled minutes of one person.
///
/// dir: as `etri_root` takes it. user: one of `etri_users(dir)`; io_error when it has no folder. Sensor files
/// are read in parallel, the result does not depend on the number of threads; one person's minutes are held
/// in memory.
///
/// Minutes seen are those with a label row or a file of any modality. Each is kept or dropped for one reason:
/// no label row (unlabelled), a label that is empty or not on the scale (bad_label), seen in an earlier
/// session (duplicate), no file or no row of a modality (missing_modality), too few or too many rows (short,
/// long), a cell without a number (bad_value), an unreadable file (bad_file), under `sensible` values out of
/// range (out_of_range); of several, the first in this order, then of the first modality. With
/// `allow_missing` a minute is kept while one modality is usable; the others are zero in `values` and in
/// `present`. Labels become 0…C−1 in sorted order of those kept.
///
/// What makes a person unusable (no minute, a single class) is said in `quality.error`, not thrown.
inline EtriPerson read_etri_person(const std::filesystem::path& dir, const std::string& user,
                                   const EtriOptions& options = {}) {
  const auto folder = etri_user_folder(dir, user);
  const auto modalities = options.modalities.empty() ? etri_2019(options.rules) : options.modalities;
  EtriPerson person;
  person.data.user = person.quality.user = user;
  person.quality.max_notes = options.max_notes;
  const auto sessions = list_etri_sessions(folder, modalities, person.quality);
  const auto minutes = detail::EtriCandidates(sessions, options, person.quality).take();
  const auto results = detail::EtriWindows(sessions, modalities, minutes, options, person.data).read();
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < minutes.size(); ++i)
    if (detail::account(results[i], sessions[minutes[i].session], modalities, minutes[i].ts,
                        options.allow_missing, person.quality))
      kept.push_back(i);
  if (options.allow_missing) detail::fill_present(results, kept, person.data);
  detail::finish(minutes, kept, person);
  return person;
}

}  // namespace lifelog::data
