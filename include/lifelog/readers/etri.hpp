// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../core/parallel.hpp"
#include "../data/dataset.hpp"
#include "../data/labels.hpp"
#include "../data/rules.hpp"
#include "../data/windows.hpp"
#include "detail/etri_candidates.hpp"
#include "progress.hpp"

namespace lifelog::inline LIFELOG_ABI::readers {

/// | name | type | description | default |
/// |---|---|---|---|
/// | target | EtriTarget | which label column | tension |
/// | rules | Rules | sensors to read, and what is done where there is a choice | study_rules() |
/// | allow_missing | bool | keep minutes of which only some modalities are usable | false |
/// | threads | int | 0: all | 0 |
/// | max_notes | Index | notes kept in Quality | 100 |
/// | progress | ReadProgress | told the minutes read | none |
struct EtriOptions {
  EtriTarget target = EtriTarget::tension;
  data::Rules rules = data::study_rules();
  bool allow_missing = false;
  int threads = 0;
  Index max_notes = 100;
  ReadProgress progress = {};
};

/// One person's minutes and an account of all that was not kept.
struct EtriPerson {
  data::DataSet data;
  data::Quality quality;
};

namespace detail {

/// What reading a minute's files found: one window and the defects of one file per modality.
struct EtriMinuteResult {
  std::vector<data::Window> windows;
  std::vector<Index> bad_cells, unsorted, repeated, unsorted_line;
};

LIFELOG_LAZY data::Window read_window(const std::filesystem::path& path, const data::Modality& modality,
                                      const data::Rules& rules, MinuteFile& file, float* out) {
  try {
    file.read(path, data::window_columns(modality), CsvReader::none, "timestamp");
  } catch (const std::runtime_error& failure) {  // format_error, io_error
    file.numbers.faults.clear();
    file.numbers.unsorted = file.numbers.repeated = file.numbers.unsorted_line = 0;
    return data::rejected(data::reason::bad_file, 0, failure.what());
  }
  return data::make_window(modality, file.numbers, rules, out);
}

/// Reads all files of candidate minutes into `data.modalities`, [candidates, channels, length]: zero where
/// unusable, of no meaning in minutes that will be dropped.
class EtriWindows {
 public:
  EtriWindows(const std::vector<EtriSession>& sessions, const std::vector<EtriMinute>& minutes,
              const EtriOptions& options, data::DataSet& data)
      : sessions_(sessions), minutes_(minutes), options_(options), data_(data) {
    for (const auto& m : modalities_) {
      const std::array<std::size_t, 3> shape{minutes.size(), static_cast<std::size_t>(m.window_channels()),
                                             static_cast<std::size_t>(m.window_length())};
      data.modalities.push_back({m.name, xt::xtensor<float, 3>(shape), m.scalar()});
    }
  }

  std::vector<EtriMinuteResult> read() const {
    const auto n = static_cast<Index>(minutes_.size());
    std::vector<EtriMinuteResult> results(minutes_.size());
    constexpr Index piece_size = 8;
    ProgressCounter progress(options_.progress, n);
    parallel_for(piece_count(piece_size, n), options_.threads, [&](Index piece) {
      const auto range = piece_of(piece, piece_size, n);
      MinuteFile file;
      for (auto i = range.begin; i < range.end; ++i)
        results[static_cast<std::size_t>(i)] = read_minute(static_cast<std::size_t>(i), file);
      progress.add(range.end - range.begin);
    });
    return results;
  }

 private:
  EtriMinuteResult read_minute(std::size_t i, MinuteFile& file) const {
    EtriMinuteResult result;
    const auto& session = sessions_[minutes_[i].session];
    for (std::size_t m = 0; m < modalities_.size(); ++m) {
      auto& values = data_.modalities[m].values;
      const auto size = values.shape(1) * values.shape(2);
      float* out = values.data() + i * size;
      file.numbers.faults.clear();
      file.numbers.unsorted = file.numbers.repeated = file.numbers.unsorted_line = 0;
      result.windows.push_back(
          session.has(m, minutes_[i].ts)
              ? read_window(session.minute_file(modalities_[m], minutes_[i].ts), modalities_[m],
                            options_.rules, file, out)
              : data::rejected(data::reason::missing_modality, 0, "no file of this minute"));
      result.bad_cells.push_back(static_cast<Index>(file.numbers.faults.size()));
      result.unsorted.push_back(file.numbers.unsorted);
      result.repeated.push_back(file.numbers.repeated);
      result.unsorted_line.push_back(file.numbers.unsorted_line);
      if (result.windows.back().good()) continue;
      // One unusable modality is enough to lose the minute: the rest need not be read.
      if (!options_.allow_missing) break;
      std::fill_n(out, size, 0.0f);
    }
    return result;
  }

  const std::vector<EtriSession>& sessions_;
  const std::vector<EtriMinute>& minutes_;
  const EtriOptions& options_;
  const std::vector<data::Modality>& modalities_ = options_.rules.modalities;
  data::DataSet& data_;
};

/// Counts a minute and its defects; true when it is kept. taken: minutes kept so far.
LIFELOG_LAZY bool account(const EtriMinute& minute, const EtriMinuteResult& result,
                          const EtriSession& session, const EtriOptions& options,
                          std::set<std::int64_t>& taken, data::Quality& quality) {
  const char* why = nullptr;
  std::string where;
  std::size_t good = 0;
  Index implausible = 0;
  for (std::size_t m = 0; m < result.windows.size(); ++m) {
    const auto& window = result.windows[m];
    const auto file = session.minute_file(options.rules.modalities[m], minute.ts).string();
    good += window.good();
    implausible += window.implausible;
    if (result.bad_cells[m] > 0) quality.defects["bad_cell"] += result.bad_cells[m];
    if (result.unsorted[m] > 0) quality.defects["unsorted_timestamp"] += result.unsorted[m];
    if (result.repeated[m] > 0) quality.defects["repeated_timestamp"] += result.repeated[m];
    if (result.unsorted_line[m] > 0)
      quality.note(file, result.unsorted_line[m], "timestamp: expected more than in the row before");
    if (window.good() && window.implausible == 0) continue;
    const auto line = window.good() ? window.implausible_line : window.line;
    quality.note(file, line, window.message);
    if (window.good() || why != nullptr) continue;
    why = window.why;
    where = data::Quality::place(file, line) + ": " + window.message;
  }
  if (implausible > 0) quality.defects["implausible"] += implausible;
  if (why != nullptr && !(options.allow_missing && good > 0)) {
    quality.drop(why, where);
    return false;
  }
  if (!taken.insert(minute.ts).second) {
    quality.drop(data::reason::duplicate, (session.path / std::to_string(minute.ts)).string());
    return false;
  }
  if (why != nullptr)
    quality.keep(data::reason::partial);
  else if (minute.repair != nullptr)
    quality.repair(minute.repair);
  else
    quality.keep(implausible > 0 ? data::reason::implausible : data::reason::complete);
  return true;
}

/// Leaves only the kept minutes in a [n, channels, length] array.
LIFELOG_LAZY void compact(xt::xtensor<float, 3>& values, const std::vector<std::size_t>& kept, int threads) {
  if (kept.size() == values.shape(0)) return;
  const auto size = values.shape(1) * values.shape(2);
  xt::xtensor<float, 3> smaller(std::array<std::size_t, 3>{kept.size(), values.shape(1), values.shape(2)});
  const auto n = static_cast<Index>(kept.size());
  constexpr Index piece_size = 64;
  parallel_for(piece_count(piece_size, n), threads, [&](Index piece) {
    const auto range = piece_of(piece, piece_size, n);
    for (auto i = static_cast<std::size_t>(range.begin); i < static_cast<std::size_t>(range.end); ++i)
      std::copy_n(values.data() + kept[i] * size, size, smaller.data() + i * size);
  });
  values = std::move(smaller);
}

LIFELOG_LAZY void fill_present(const std::vector<EtriMinuteResult>& results,
                               const std::vector<std::size_t>& kept, data::DataSet& data) {
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

/// The classes that there are whether or not they occur: those of the scale, where the rules want it.
LIFELOG_LAZY std::vector<std::string> etri_scale(const EtriOptions& options) {
  std::vector<std::string> classes;
  const bool scaled = options.target == EtriTarget::tension || options.target == EtriTarget::positive;
  if (scaled && options.rules.encoding == data::LabelEncoding::scale)
    for (int label = options.rules.lowest_label; label <= options.rules.highest_label; ++label)
      classes.push_back(std::to_string(label));
  return classes;
}

LIFELOG_LAZY void finish(const std::vector<EtriMinute>& minutes, const std::vector<std::size_t>& kept,
                         const EtriOptions& options, EtriPerson& person) {
  auto& data = person.data;
  for (auto& modality : data.modalities) compact(modality.values, kept, options.threads);
  std::vector<std::string> labels;
  data.timestamp = xt::xtensor<std::int64_t, 1>(std::array<std::size_t, 1>{kept.size()});
  for (std::size_t i = 0; i < kept.size(); ++i) {
    labels.push_back(minutes[kept[i]].label);
    data.timestamp(i) = minutes[kept[i]].ts;
  }
  auto encoded = data::encode_labels(labels, etri_scale(options));
  data.label = std::move(encoded.label);
  data.classes = std::move(encoded.classes);
  if (kept.empty())
    person.quality.error = "no usable minute";
  else if (std::adjacent_find(labels.begin(), labels.end(), std::not_equal_to<>()) == labels.end())
    person.quality.error = "all minutes have one label, \"" + labels.front() + "\": nothing to learn";
}

}  // namespace detail

/// Reads the labelled minutes of one person.
///
/// dir: as `etri_root` takes it. user: one of `etri_users(dir)`; errors as `etri_user_folder`. Sensor files
/// are read in parallel, the result does not depend on the number of threads; one person's minutes are held
/// in memory.
///
/// Minutes seen are those with a label row or a file of any modality. Each is kept or dropped for one reason.
/// Dropped: in a folder that is no session (stray_folder); no label row (unlabelled), one that is empty
/// (empty_label), no number (bad_label) or not on the scale (label_out_of_range); no file or no row of a
/// modality (missing_modality), too few or too many rows (short, long), a cell of nothing (missing_value) or of
/// something else than a number (bad_value), an unreadable file (bad_file), a value out of range, where the
/// rules drop those (out_of_range); kept from an earlier session (duplicate); of several, the first in this
/// order, then of the first modality. Kept: repaired when of several label rows the first was taken
/// (duplicate_label) or its action was misspelt (misspelt_action); with a value out of range (implausible);
/// complete otherwise. With `allow_missing` a minute is kept while one modality is usable (partial); the
/// others are zero in `values` and in `present`.
///
/// Labels become 0…C−1 in sorted order of those kept, or of the whole scale, as the rules say. What makes a
/// person unusable (no minute, a single class) is said in `quality.error`, not thrown; where labels and recordings do not
/// overlap, with both ranges. Rows whose timestamp is not above that of the row before are counted and stay where they are.
LIFELOG_LAZY EtriPerson read_etri_person(const std::filesystem::path& dir, const std::string& user,
                                         const EtriOptions& options = {}) {
  const auto folder = etri_user_folder(dir, user);
  EtriPerson person;
  person.data.user = person.quality.user = user;
  person.quality.max_notes = options.max_notes;
  const auto sessions = list_etri_sessions(folder, options.rules.modalities, person.quality);
  detail::EtriCandidates candidates(sessions, options.target, options.rules, options.allow_missing,
                                    person.quality);
  const auto minutes = candidates.take();
  const auto results = detail::EtriWindows(sessions, minutes, options, person.data).read();
  std::vector<std::size_t> kept;
  std::set<std::int64_t> taken;
  for (std::size_t i = 0; i < minutes.size(); ++i)
    if (detail::account(minutes[i], results[i], sessions[minutes[i].session], options, taken, person.quality))
      kept.push_back(i);
  if (options.allow_missing) detail::fill_present(results, kept, person.data);
  detail::finish(minutes, kept, options, person);
  if (kept.empty())
    if (const auto fault = candidates.overlap(); !fault.empty()) person.quality.error += ": " + fault;
  return person;
}

}  // namespace lifelog::readers
