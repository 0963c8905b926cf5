// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../core/parallel.hpp"
#include "../data/rows.hpp"
#include "etri_tree.hpp"
#include "progress.hpp"
#include "resample.hpp"

namespace lifelog::inline LIFELOG_ABI::readers {

/// | name | type | description | default |
/// |---|---|---|---|
/// | modalities | vector<Modality> | sensors to join; empty: etri_2019() | empty |
/// | threads | int | 0: all | 0 |
/// | max_notes | Index | notes kept in Quality | 100 |
/// | progress | ReadProgress | told the files read of each session | none |
struct EtriRowOptions {
  std::vector<data::Modality> modalities = {};
  int threads = 0;
  Index max_notes = 100;
  ReadProgress progress = {};
};

struct EtriRows {
  data::RowTable table;
  data::Quality quality;
};

namespace detail {

/// Columns of a modality's file in a row table: all channels, then what files may have besides.
LIFELOG_LAZY std::vector<std::string> row_columns(const data::Modality& modality) {
  std::vector<std::string> names;
  for (const auto& channel : modality.channels) names.push_back(channel.name);
  names.insert(names.end(), modality.extra_columns.begin(), modality.extra_columns.end());
  return names;
}

/// Timestamps that are unix seconds of the minute become seconds from its begin.
LIFELOG_LAZY void make_relative(data::NumberTable& numbers, std::int64_t minute) {
  constexpr std::int64_t first_day = 86400;  // before it the two cannot be told apart
  const auto begin = static_cast<double>(minute);
  if (minute < first_day) return;
  for (std::size_t i = 0; i < numbers.values.size(); i += numbers.columns)
    if (auto& timestamp = numbers.values[i]; timestamp >= begin && timestamp < begin + 60) timestamp -= begin;
}

LIFELOG_LAZY ResampledFile resample_file(const std::filesystem::path& path, const data::Modality& modality,
                                         std::int64_t minute, MinuteFile& file) {
  ResampledFile result;
  auto names = row_columns(modality);
  names.insert(names.begin(), "timestamp");
  try {
    file.read(path, names, 1 + modality.channels.size());
  } catch (const std::runtime_error& failure) {  // format_error, io_error
    result.failure = failure.what();
    return result;
  }
  for (const auto& fault : file.numbers.faults) {
    result.bad_cells += fault.column > 0;
    if (result.line == 0) result.line = fault.line;
  }
  make_relative(file.numbers, minute);
  resample(file.numbers, minute, result);
  return result;
}

inline constexpr const char* label_columns[] = {"action",
                                                "actionOption",
                                                "actionSub",
                                                "actionSubOption",
                                                "condition",
                                                "conditionSub1Option",
                                                "conditionSub2Option",
                                                "place",
                                                "emotionPositive",
                                                "emotionTension",
                                                "activity"};

/// Builds one person's table session by session.
LIFELOG_LAZY class EtriRowBuilder {
 public:
  EtriRowBuilder(const std::vector<data::Modality>& modalities, const EtriRowOptions& options, EtriRows& out)
      : modalities_(modalities), options_(options), table_(out.table), quality_(out.quality) {
    for (const auto& modality : modalities)
      for (const auto& column : row_columns(modality))
        table_.columns.push_back(modality.name + "__" + column);
    for (const char* name : label_columns) table_.labels.push_back({name, {}});
  }

  void add(const EtriSession& session) {
    const auto labels = read_etri_labels(session, quality_);
    const auto joined = join(resample_session(session));
    const ForwardFill label_of(labels.ts);
    std::set<std::int64_t> begun;  // minutes of the table's new rows
    for (std::size_t i = 0; i < joined.bucket.size(); ++i) {
      const auto row = label_of(joined.bucket[i]);
      const auto time = joined.bucket[i] * bucket_seconds;
      if (row == ForwardFill::none) continue;
      if (!table_.time.empty() && time <= table_.time.back()) {
        ++quality_.defects["overlapping_session_row"];
        continue;
      }
      begun.insert(time);
      table_.time.push_back(time);
      values_.insert(values_.end(), joined.values.begin() + static_cast<std::ptrdiff_t>(i * joined.columns),
                     joined.values.begin() + static_cast<std::ptrdiff_t>((i + 1) * joined.columns));
      for (auto& column : table_.labels) {
        const auto c = labels.find(column.name);
        column.cells.push_back(c ? lifelog::detail::shown(labels.cell(row, *c)) : std::string());
      }
    }
    account(session, labels, label_of, begun);
  }

  void finish() {
    table_.values = xt::xtensor<double, 2>(std::array<std::size_t, 2>{table_.size(), table_.columns.size()});
    std::copy(values_.begin(), values_.end(), table_.values.data());
    if (table_.size() == 0) quality_.error = "no row that all modalities and a label cover";
  }

 private:
  std::vector<BucketRows> resample_session(const EtriSession& session) {
    std::vector<std::pair<std::size_t, std::int64_t>> files;  // modality, minute
    std::vector<std::size_t> first{0};
    for (std::size_t m = 0; m < modalities_.size(); ++m) {
      for (const auto minute : session.minutes[m]) files.emplace_back(m, minute);
      first.push_back(files.size());
    }
    std::vector<ResampledFile> resampled(files.size());
    constexpr Index piece_size = 32;
    const auto n = static_cast<Index>(files.size());
    ProgressCounter progress(options_.progress, n);
    parallel_for(piece_count(piece_size, n), options_.threads, [&](Index piece) {
      const auto range = piece_of(piece, piece_size, n);
      MinuteFile file;
      for (auto i = static_cast<std::size_t>(range.begin); i < static_cast<std::size_t>(range.end); ++i) {
        const auto& modality = modalities_[files[i].first];
        resampled[i] =
            resample_file(session.minute_file(modality, files[i].second), modality, files[i].second, file);
      }
      progress.add(range.end - range.begin);
    });
    std::vector<BucketRows> merged;
    for (std::size_t m = 0; m < modalities_.size(); ++m)
      merged.push_back(merge(resampled, first[m], first[m + 1], row_columns(modalities_[m]).size()));
    for (std::size_t i = 0; i < files.size(); ++i) count_defects(session, files[i], resampled[i]);
    return merged;
  }

  void count_defects(const EtriSession& session, std::pair<std::size_t, std::int64_t> file,
                     const ResampledFile& result) {
    const auto path = session.minute_file(modalities_[file.first], file.second).string();
    if (!result.failure.empty()) quality_.defect("bad_file", path, 0, result.failure);
    if (result.bad_cells > 0) quality_.defects["bad_cell"] += result.bad_cells;
    if (result.bad_times > 0) quality_.defects["bad_timestamp"] += result.bad_times;
    if (result.line > 0)
      quality_.note(path, result.line, "a cell without a number, or a timestamp not in [0, 60)");
  }

  /// Rows of the buckets that all modalities have, side by side.
  static BucketRows join(const std::vector<BucketRows>& parts) {
    BucketRows out;
    for (const auto& part : parts) out.columns += part.columns;
    std::vector<std::size_t> at(parts.size(), 0);
    for (const auto bucket : parts.front().bucket) {
      bool all = true;
      for (std::size_t m = 0; m < parts.size() && all; ++m) {
        const auto& of = parts[m].bucket;
        while (at[m] < of.size() && of[at[m]] < bucket) ++at[m];
        all = at[m] < of.size() && of[at[m]] == bucket;
      }
      if (!all) continue;
      out.bucket.push_back(bucket);
      for (std::size_t m = 0; m < parts.size(); ++m) {
        const auto row = parts[m].values.begin() + static_cast<std::ptrdiff_t>(at[m] * parts[m].columns);
        out.values.insert(out.values.end(), row, row + static_cast<std::ptrdiff_t>(parts[m].columns));
      }
    }
    return out;
  }

  /// A minute is kept when a row of the table begins in it.
  void account(const EtriSession& session, const EtriLabels& labels, const ForwardFill& label_of,
               const std::set<std::int64_t>& begun) {
    for (const auto minute : etri_minutes(session, labels)) {
      const auto row = begun.lower_bound(minute);
      if (row != begun.end() && *row < minute + 60)
        quality_.keep();
      else
        quality_.drop(label_of(floor_bucket(minute)) == ForwardFill::none ? data::reason::unlabelled
                                                                          : data::reason::missing_modality,
                      (session.path / std::to_string(minute)).string());
    }
  }

  const std::vector<data::Modality>& modalities_;
  const EtriRowOptions& options_;
  data::RowTable& table_;
  data::Quality& quality_;
  std::vector<double> values_;
};

}  // namespace detail

/// Makes one person's row table, as the study's row-wise preprocessing.
///
/// Within a minute file each column's maximum per 5 s bucket of the unix second, gaps between the file's
/// first and last bucket filled linearly (pandas: `resample("5s").max().interpolate()`); a column without a
/// value before its first stays NaN there, after its last it keeps it. Then the buckets that all modalities
/// of the session have, joined with the session's labels, each of which holds until the next begins; the last
/// holds for its own bucket only. Cells without a number are skipped, rows whose timestamp is not in [0, 60)
/// too; both are counted.
///
/// A timestamp may also be written as a unix second of the minute.
///
/// Columns: channels, then extra columns of each modality; a file that lacks an extra column has NaN there.
/// Minutes seen are those with a label or a file; one is kept when a row begins in it, else dropped as
/// unlabelled or missing_modality. dir, user, threads, errors: as `read_etri_person`.
LIFELOG_LAZY EtriRows read_etri_rows(const std::filesystem::path& dir, const std::string& user,
                                     const EtriRowOptions& options = {}) {
  const auto folder = etri_user_folder(dir, user);
  const auto modalities = options.modalities.empty() ? data::etri_2019() : options.modalities;
  EtriRows result;
  result.table.user = result.quality.user = user;
  result.quality.max_notes = options.max_notes;
  detail::EtriRowBuilder builder(modalities, options, result);
  for (const auto& session : list_etri_sessions(folder, modalities, result.quality)) builder.add(session);
  builder.finish();
  return result;
}

}  // namespace lifelog::readers
