// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "../io/atomic_file.hpp"
#include "csv.hpp"
#include "modalities.hpp"
#include "quality.hpp"

// The ETRI lifelog as it lies on disk (2019 part):
//   <user>/<session>/<session>_label.csv, <user>/<session>/<modality>/<unix second of the minute>.csv

namespace lifelog::data {

/// A recording day of one person: which minutes each modality has a file of.
struct EtriSession {
  std::string name;
  std::filesystem::path path;
  /// [M], each ascending unix seconds.
  std::vector<std::vector<std::int64_t>> minutes;

  std::filesystem::path minute_file(const Modality& modality, std::int64_t minute) const {
    return path / modality.name / (std::to_string(minute) + ".csv");
  }
  bool has(std::size_t modality, std::int64_t minute) const {
    return std::binary_search(minutes[modality].begin(), minutes[modality].end(), minute);
  }
};

/// Rows of a session's label file, ascending by time, each time once.
struct EtriLabels {
  std::vector<std::string> columns;  ///< all of the header but `ts`
  std::vector<std::int64_t> ts;      ///< [n], unix seconds
  std::vector<Index> line;           ///< [n], in the file
  std::vector<std::string>
      cells;  ///< [n, columns], row-major; empty where the file says nothing (`na`, `null`, …)
  std::string file;

  const std::string& cell(std::size_t row, std::size_t column) const {
    return cells[row * columns.size() + column];
  }
  std::optional<std::size_t> find(std::string_view column) const {
    const auto it = std::find(columns.begin(), columns.end(), column);
    return it == columns.end() ? std::nullopt : std::optional(static_cast<std::size_t>(it - columns.begin()));
  }
};

namespace detail {

/// Digits and nothing else, as names of users, sessions and minutes are; leading zeros only where `padded`.
inline std::optional<std::int64_t> as_id(std::string_view name, bool padded = true) {
  std::int64_t id = 0;
  const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  if (error != std::errc() || stop != name.data() + name.size() || name.front() == '-') return std::nullopt;
  if (!padded && name.size() > 1 && name.front() == '0') return std::nullopt;
  return id;
}

struct Entry {
  std::string name;
  bool folder;
};

/// What a folder holds, by name; nothing when it cannot be read (`error` says why).
inline std::vector<Entry> entries(const std::filesystem::path& path, std::error_code& error) {
  std::vector<Entry> found;
  for (std::filesystem::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
    std::error_code unknown;
    found.push_back({it->path().filename().string(), it->is_directory(unknown)});
  }
  std::sort(found.begin(), found.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return found;
}

/// Names of sub-folders that are numbers, ascending by number.
inline std::vector<std::string> numbered_folders(const std::filesystem::path& path) {
  std::error_code error;
  std::vector<std::pair<std::int64_t, std::string>> numbered;
  for (auto& entry : entries(path, error))
    if (const auto id = as_id(entry.name); id && entry.folder)
      numbered.emplace_back(*id, std::move(entry.name));
  std::sort(numbered.begin(), numbered.end());
  std::vector<std::string> names;
  for (auto& [id, name] : numbered) names.push_back(std::move(name));
  return names;
}

inline bool holds_users(const std::filesystem::path& path) {
  for (const auto& user : numbered_folders(path))
    if (!numbered_folders(path / user).empty()) return true;
  return false;
}

}  // namespace detail

/// The folder that holds the user folders. dir: the tree's root (with `dataset_2019` in it), `dataset_2019`
/// itself, or any folder of user folders. io_error when it cannot be read, format_error when it is laid out
/// otherwise.
inline std::filesystem::path etri_root(const std::filesystem::path& dir) {
  std::error_code error;
  if (!std::filesystem::is_directory(dir, error))
    throw io_error(dir.string(), "expected the folder of an ETRI lifelog, found no folder");
  for (const auto& candidate : {dir / "dataset_2019", dir})
    if (detail::holds_users(candidate)) return candidate;
  throw format_error(
      dir.string(),
      "expected an ETRI lifelog, [dataset_2019/]<user>/<session>/<modality>/<unix second>.csv with "
      "numbers for <user> and <session>; found no such user folder");
}

/// The folder of a person; io_error when there is none.
inline std::filesystem::path etri_user_folder(const std::filesystem::path& dir, const std::string& user) {
  auto folder = etri_root(dir) / user;
  std::error_code error;
  if (!detail::as_id(user) || !std::filesystem::is_directory(folder, error))
    throw io_error(folder.string(), "expected the folder of a person, found none");
  return folder;
}

/// Ids of all persons of a lifelog, ascending. Folders whose names are not numbers are none. Errors as
/// `etri_root`.
inline std::vector<std::string> etri_users(const std::filesystem::path& dir) {
  return detail::numbered_folders(etri_root(dir));
}

namespace detail {

inline void list_minutes(const std::filesystem::path& folder, std::vector<std::int64_t>& minutes,
                         Quality& quality) {
  std::error_code error;
  const auto found = entries(folder, error);
  if (error) quality.defect("unreadable_folder", folder.string(), 0, error.message());
  if (!error && found.empty()) quality.defect("empty_modality_folder", folder.string(), 0, "empty");
  for (const auto& entry : found) {
    const std::string_view name = entry.name;
    const auto minute = name.ends_with(".csv") ? as_id(name.substr(0, name.size() - 4), false) : std::nullopt;
    if (minute)
      minutes.push_back(*minute);
    else
      quality.defect("stray_file", (folder / entry.name).string(), 0, "expected <unix second>.csv");
  }
  std::sort(minutes.begin(), minutes.end());
}

}  // namespace detail

/// Unix seconds of all minutes of a session that have a label or a file.
inline std::set<std::int64_t> etri_minutes(const EtriSession& session, const EtriLabels& labels) {
  std::set<std::int64_t> minutes(labels.ts.begin(), labels.ts.end());
  for (const auto& of_modality : session.minutes) minutes.insert(of_modality.begin(), of_modality.end());
  return minutes;
}

/// Lists a session's minutes; what does not belong there is counted in `quality` and passed by.
inline EtriSession list_etri_session(const std::filesystem::path& path,
                                     const std::vector<Modality>& modalities, Quality& quality) {
  EtriSession session{path.filename().string(), path, {}};
  session.minutes.resize(modalities.size());
  std::error_code error;
  const auto found = detail::entries(path, error);
  if (error) quality.defect("unreadable_folder", path.string(), 0, error.message());
  for (std::size_t m = 0; m < modalities.size(); ++m) {
    const auto is_folder = [&](const detail::Entry& e) { return e.folder && e.name == modalities[m].name; };
    if (std::any_of(found.begin(), found.end(), is_folder))
      detail::list_minutes(path / modalities[m].name, session.minutes[m], quality);
    else
      quality.defect("missing_modality_folder", (path / modalities[m].name).string(), 0, "no such folder");
  }
  for (const auto& entry : found)
    if (!entry.folder && entry.name != session.name + "_label.csv")
      quality.defect("stray_file", (path / entry.name).string(), 0,
                     "ignored: not the label file of the session");
  return session;
}

/// All sessions of a user, ascending; folders whose names are not numbers are counted and passed by.
inline std::vector<EtriSession> list_etri_sessions(const std::filesystem::path& user_folder,
                                                   const std::vector<Modality>& modalities,
                                                   Quality& quality) {
  std::error_code error;
  for (const auto& entry : detail::entries(user_folder, error))
    if (!entry.folder || !detail::as_id(entry.name))
      quality.defect(entry.folder ? "stray_folder" : "stray_file", (user_folder / entry.name).string(), 0,
                     "ignored: expected session folders named by numbers");
  if (error) quality.defect("unreadable_folder", user_folder.string(), 0, error.message());
  std::vector<EtriSession> sessions;
  for (const auto& name : detail::numbered_folders(user_folder))
    sessions.push_back(list_etri_session(user_folder / name, modalities, quality));
  return sessions;
}

namespace detail {

/// Label text as it is meant: nothing for the spellings of nothing, one spelling of an action that has two.
inline std::string clean_label(std::string_view cell, Quality& quality) {
  if (is_missing(cell)) return {};
  auto text = cell_text(cell);
  if (text == "communitiy_interaction") {
    ++quality.defects["misspelt_action"];
    text = "community_interaction";
  }
  return text;
}

inline void sort_labels(EtriLabels& labels, Quality& quality) {
  std::vector<std::size_t> order(labels.ts.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return labels.ts[a] < labels.ts[b]; });
  EtriLabels sorted{labels.columns, {}, {}, {}, labels.file};
  for (const auto i : order) {
    if (!sorted.ts.empty() && sorted.ts.back() == labels.ts[i]) {
      quality.defect("duplicate_label", labels.file, labels.line[i], "ts seen before; the first counts");
      continue;
    }
    sorted.ts.push_back(labels.ts[i]);
    sorted.line.push_back(labels.line[i]);
    for (std::size_t c = 0; c < labels.columns.size(); ++c) sorted.cells.push_back(labels.cell(i, c));
  }
  labels = std::move(sorted);
}

inline void read_label_rows(CsvReader& csv, EtriLabels& labels, Quality& quality) {
  const auto ts_column = csv.column("ts");
  for (const auto& name : csv.header())
    if (name != "ts") labels.columns.emplace_back(name);
  while (csv.next()) {
    const auto ts = parse_number(csv.cell(ts_column));
    if (ts.kind != CellKind::number || std::abs(ts.value) > 1e15) {
      quality.defect(
          "bad_label_time", labels.file, csv.line(),
          "ts: expected unix seconds, got \"" + std::string(csv.cell(ts_column).substr(0, 40)) + "\"");
      continue;
    }
    labels.ts.push_back(std::llround(ts.value));
    labels.line.push_back(csv.line());
    for (std::size_t c = 0; c < csv.header().size(); ++c)
      if (csv.header()[c] != "ts") labels.cells.push_back(clean_label(csv.cell(c), quality));
  }
}

}  // namespace detail

/// Reads a session's label file. A file that is missing, cannot be read or lacks `ts` gives no labels and is
/// counted. Of rows with the same `ts` the first counts.
inline EtriLabels read_etri_labels(const EtriSession& session, Quality& quality) {
  const auto path = session.path / (session.name + "_label.csv");
  EtriLabels labels;
  labels.file = path.string();
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    quality.defect("missing_label_file", labels.file, 0, "no such file");
    return labels;
  }
  try {
    const auto text = io::read_file(path);
    CsvReader csv(text, labels.file);
    detail::read_label_rows(csv, labels, quality);
    if (labels.ts.empty()) quality.defect("empty_label_file", labels.file, 0, "no label rows");
    detail::sort_labels(labels, quality);
  } catch (const std::runtime_error& failure) {  // format_error, io_error
    ++quality.defects["bad_label_file"];
    ++quality.notes_total;
    if (static_cast<Index>(quality.notes.size()) < quality.max_notes)
      quality.notes.emplace_back(failure.what());
  }
  return labels;
}

}  // namespace lifelog::data
