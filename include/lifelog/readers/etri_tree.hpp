// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
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

#include "../data/modalities.hpp"
#include "../data/quality.hpp"
#include "../io/atomic_file.hpp"
#include "csv_numbers.hpp"
#include "detail/etri_folders.hpp"
#include "etri_labels.hpp"
#include "listing.hpp"

// The ETRI lifelog as it lies on disk:
//   <user>/<session>/<session>_label.csv, <user>/<session>/<modality>/<unix second of the minute>.csv
// in folders dataset_2018, dataset_2019, dataset_2020. Users are numbers (`101`) or `user` and a number
// (`user01`); the 2020 part has them in folders of several, `user01-06/user01/…`.

namespace lifelog::inline LIFELOG_ABI::readers {

/// A recording day of one person: which minutes each modality has a file of.
struct EtriSession {
  std::string name;
  std::filesystem::path path;
  /// [M], each ascending unix seconds.
  std::vector<std::vector<std::int64_t>> minutes;

  std::filesystem::path minute_file(const data::Modality& modality, std::int64_t minute) const {
    return path / modality.name / (std::to_string(minute) + ".csv");
  }
  bool has(std::size_t modality, std::int64_t minute) const {
    return std::binary_search(minutes[modality].begin(), minutes[modality].end(), minute);
  }
};

/// The folder that holds the user folders. dir: the root of a tree with one part (`dataset_2019`, say) in it,
/// such a part itself, or any folder of user folders. io_error when it cannot be read, format_error when it
/// is laid out otherwise or holds several parts.
LIFELOG_LAZY std::filesystem::path etri_root(const std::filesystem::path& dir) {
  std::error_code error;
  if (!std::filesystem::is_directory(dir, error))
    throw io_error(dir.string(), "expected the folder of an ETRI lifelog, found no folder");
  if (detail::holds_users(dir)) return dir;
  std::vector<std::filesystem::path> parts;
  for (const auto& entry : detail::entries(dir, error))
    if (entry.folder && entry.name.starts_with("dataset_") && detail::holds_users(dir / entry.name))
      parts.push_back(dir / entry.name);
  if (parts.size() == 1) return parts.front();
  if (parts.size() > 1)
    throw format_error(dir.string(), "expected one part of an ETRI lifelog, found " +
                                         parts[0].filename().string() + " and " +
                                         parts[1].filename().string() + "; name one of them");
  throw format_error(
      dir.string(),
      "expected an ETRI lifelog, [dataset_2019/]<user>/<session>/<modality>/<unix second>.csv with "
      "numbers for <session> and numbers or user01, user02, ... for <user>; found no such user folder");
}

/// The folder of a person; io_error when there is none, format_error when two folders mean that person (`101` and `0101`,
/// `user01-06/user01` and `user07-12/user01`): they may be two people, one of them with a wrong name.
LIFELOG_LAZY std::filesystem::path etri_user_folder(const std::filesystem::path& dir,
                                                    const std::string& user) {
  const auto root = etri_root(dir);
  const auto id = detail::as_user(user);
  std::vector<std::filesystem::path> folders;
  bool named = false;
  for (auto& found : detail::users_of_part(root))
    if (id && found.id == *id) {
      named = named || found.name == user;
      folders.push_back(std::move(found.folder));
    }
  if (!named) throw io_error((root / user).string(), "expected the folder of a person, found none");
  if (folders.size() > 1)
    throw format_error((root / user).string(), "expected one folder of the person, found " +
                                                   folders[0].lexically_relative(root).string() + " and " +
                                                   folders[1].lexically_relative(root).string());
  return std::move(folders.front());
}

/// Names of all persons of a lifelog, each once, ascending by number. Errors as `etri_root`.
LIFELOG_LAZY std::vector<std::string> etri_users(const std::filesystem::path& dir) {
  std::vector<std::string> names;
  for (auto& user : detail::people_of_part(etri_root(dir))) names.push_back(std::move(user.name));
  return names;
}

/// What lies beside the persons of a lifelog and is none, from `etri_root` on: nothing in it is read. Errors as
/// `etri_root`.
LIFELOG_LAZY std::vector<std::string> etri_strays(const std::filesystem::path& dir) {
  const auto root = etri_root(dir);
  std::vector<std::string> strays;
  std::error_code error;
  const auto look = [&](const std::string& below, bool ranges) {
    for (const auto& entry : detail::entries(root / below, error)) {
      const bool known = detail::as_user(entry.name) || (ranges && detail::as_user_range(entry.name));
      if (!entry.folder || !known) strays.push_back((std::filesystem::path(below) / entry.name).string());
    }
  };
  look("", true);
  for (const auto& range : detail::folders_with_id(root, detail::as_user_range)) look(range, false);
  return strays;
}

/// All that is below `dir` and not in the folder of a person who is read, by path from `dir` on: what lies beside the part of
/// the lifelog that is read, what lies beside persons, and folders that mean a person who has one already. Errors as
/// `etri_root`. without: folders that are passed by.
LIFELOG_LAZY std::vector<data::Ignored> etri_ignored(const std::filesystem::path& dir,
                                                     const std::vector<std::filesystem::path>& without = {}) {
  const auto root = etri_root(dir);
  std::vector<data::Ignored> ignored;
  const auto add = [&](const std::filesystem::path& path, const char* reason) {
    const auto same = [&](const std::filesystem::path& other) {
      std::error_code unknown;
      return std::filesystem::equivalent(path, other, unknown);
    };
    if (std::any_of(without.begin(), without.end(), same)) return;
    ignored.push_back({path.lexically_relative(dir).string(), reason, count_files(path, without)});
  };
  std::error_code error;
  for (const auto& entry : root == dir ? std::vector<detail::Entry>() : detail::entries(dir, error)) {
    if (dir / entry.name == root) continue;
    const bool survey = entry.name.starts_with("user_info") && !entry.folder;
    add(dir / entry.name, survey ? "who took part, which is not needed" : "beside the part that is read");
  }
  for (const auto& stray : etri_strays(dir)) add(root / stray, "no folder of a person");
  const auto users = detail::users_of_part(root);
  for (std::size_t u = 0; u < users.size(); ++u) {
    const auto same = [&](const detail::EtriUser& other) { return other.id == users[u].id; };
    if (std::count_if(users.begin(), users.end(), same) > 1)
      add(users[u].folder, "two folders mean this person");
  }
  std::stable_sort(ignored.begin(), ignored.end(),
                   [](const data::Ignored& a, const data::Ignored& b) { return a.path < b.path; });
  return ignored;
}

namespace detail {

LIFELOG_LAZY void list_minutes(const std::filesystem::path& folder, std::vector<std::int64_t>& minutes,
                               data::Quality& quality) {
  std::error_code error;
  const auto found = entries(folder, error);
  if (error) quality.defect("unreadable_folder", folder.string(), 0, error.message());
  if (!error && found.empty()) quality.defect("empty_modality_folder", folder.string(), 0, "empty");
  for (const auto& entry : found) {
    const std::string_view name = entry.name;
    const auto minute = name.ends_with(".csv") ? as_id(name.substr(0, name.size() - 4), false) : std::nullopt;
    if (minute) {
      minutes.push_back(*minute);
      ++quality.files;
      continue;
    }
    const auto path = folder / entry.name;
    quality.defect("stray_file", path.string(), 0, "expected <unix second>.csv");
    quality.ignore(path.string(), "no <unix second>.csv", count_files(path));
  }
  std::sort(minutes.begin(), minutes.end());
}

}  // namespace detail

/// Unix seconds of all minutes of a session that have a label or a file.
LIFELOG_LAZY std::set<std::int64_t> etri_minutes(const EtriSession& session, const EtriLabels& labels) {
  std::set<std::int64_t> minutes(labels.ts.begin(), labels.ts.end());
  for (const auto& of_modality : session.minutes) minutes.insert(of_modality.begin(), of_modality.end());
  return minutes;
}

/// Lists a session's minutes; what does not belong there is counted in `quality` and passed by.
LIFELOG_LAZY EtriSession list_etri_session(const std::filesystem::path& path,
                                           const std::vector<data::Modality>& modalities,
                                           data::Quality& quality) {
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
  for (const auto& entry : found) {
    const auto where = path / entry.name;
    const auto of_sensor = [&](const data::Modality& m) { return entry.name == m.name; };
    if (entry.folder && std::none_of(modalities.begin(), modalities.end(), of_sensor)) {
      quality.ignore(where.string(), "no folder of a sensor that is read", count_files(where));
    } else if (!entry.folder && entry.name == session.name + "_label.csv") {
      ++quality.files;
    } else if (!entry.folder) {
      quality.defect("stray_file", where.string(), 0, "ignored: not the label file of the session");
      quality.ignore(where.string(), "not the label file of the session", count_files(where));
    }
  }
  return session;
}

/// Reads a session's label file. A file that is missing, cannot be read or lacks `ts` gives no labels and is
/// counted.
LIFELOG_LAZY EtriLabels read_etri_labels(const EtriSession& session, data::Quality& quality) {
  const auto path = session.path / (session.name + "_label.csv");
  EtriLabels none;
  none.file = path.string();
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    quality.defect("missing_label_file", none.file, 0, "no such file");
    return none;
  }
  try {
    return parse_etri_labels(io::read_file(path), none.file, quality);
  } catch (const std::runtime_error& failure) {  // format_error, io_error
    ++quality.defects["bad_label_file"];
    quality.note(failure.what());
    return none;
  }
}

namespace detail {

/// Minutes in a folder that is none of the sessions are on disk too: dropped, every one.
LIFELOG_LAZY void drop_stray_minutes(const std::filesystem::path& folder,
                                     const std::vector<data::Modality>& modalities, data::Quality& quality) {
  data::Quality ignored;
  const auto session = list_etri_session(folder, modalities, ignored);
  for (const auto minute : etri_minutes(session, read_etri_labels(session, ignored)))
    quality.drop(data::reason::stray_folder, (folder / std::to_string(minute)).string());
}

}  // namespace detail

/// All sessions of a user, ascending. What else there is gets counted, the minutes in it as dropped.
LIFELOG_LAZY std::vector<EtriSession> list_etri_sessions(const std::filesystem::path& user_folder,
                                                         const std::vector<data::Modality>& modalities,
                                                         data::Quality& quality) {
  std::error_code error;
  for (const auto& entry : detail::entries(user_folder, error)) {
    if (entry.folder && detail::as_id(entry.name)) continue;
    const auto path = user_folder / entry.name;
    quality.defect(entry.folder ? "stray_folder" : "stray_file", path.string(), 0,
                   "ignored: expected session folders named by numbers");
    quality.ignore(path.string(), "no session, which is named by a number", count_files(path));
    if (entry.folder) detail::drop_stray_minutes(path, modalities, quality);
  }
  if (error) quality.defect("unreadable_folder", user_folder.string(), 0, error.message());
  std::vector<EtriSession> sessions;
  for (const auto& name : detail::numbered_folders(user_folder))
    sessions.push_back(list_etri_session(user_folder / name, modalities, quality));
  return sessions;
}

namespace detail {

/// Files of minutes, one after the other in the same memory.
struct MinuteFile {
  data::NumberTable numbers;
  std::string text;

  /// As `read_numbers`; io_error when there is no such file.
  void read(const std::filesystem::path& path, const std::vector<std::string>& names,
            std::size_t required = CsvReader::none, std::string_view ascending = {}) {
    read_numbers(io::read_file(path, text), path.filename().string(), names, numbers, required, ascending);
  }
};

}  // namespace detail

}  // namespace lifelog::readers
