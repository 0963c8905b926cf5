// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "../data/labels.hpp"
#include "../data/modalities.hpp"
#include "../io/atomic_file.hpp"
#include "listing.hpp"

// Which files an Empatica E4 exports, and where they may lie.

namespace lifelog::inline LIFELOG_ABI::readers {

/// A sensor of the wristband and its file.
struct EmpaticaSensor {
  data::Modality modality;  ///< a series at its rate, or a mean
  std::string file;
  float scale = 1;  ///< the file's unit in the modality's
};

/// What an Empatica E4 exports: e4Acc (g), e4Bvp, e4Eda, e4Hr and e4Temp. Sensors of your own may be added.
LIFELOG_LAZY std::vector<EmpaticaSensor> empatica_sensors() {
  const auto e4 = data::empatica_e4();
  return {{e4[0], "ACC.csv", 1.0f / 64},
          {e4[1], "BVP.csv"},
          {e4[2], "EDA.csv"},
          {e4[3], "HR.csv"},
          {e4[4], "TEMP.csv"}};
}

/// The persons of a folder `DIR/<person>/{ACC,BVP,EDA,TEMP,HR}.csv`: its sub-folders but hidden ones, sorted.
/// Throws io_error when the folder cannot be read.
LIFELOG_LAZY std::vector<std::string> empatica_users(const std::filesystem::path& dir) {
  std::error_code error;
  std::vector<std::string> users;
  for (std::filesystem::directory_iterator it(dir, error), end; !error && it != end; it.increment(error)) {
    std::error_code unknown;
    const auto name = it->path().filename().string();
    if (it->is_directory(unknown) && !name.starts_with('.')) users.push_back(name);
  }
  if (error) throw io_error(dir.string(), "cannot read: " + error.message());
  std::sort(users.begin(), users.end(), data::label_less);
  return users;
}

/// One export of the wristband, wherever its files lie.
struct EmpaticaSession {
  std::string name;  ///< of the session, for notes and errors
  /// The content of a file, `ACC.csv` say. Throws io_error where there is none, format_error where it cannot
  /// be had.
  std::function<std::string(const std::string& file)> read;
  std::string failure = {};  ///< why none of its files can be had, if so
};

/// The session that lies in a folder.
LIFELOG_LAZY EmpaticaSession empatica_folder(const std::filesystem::path& folder) {
  return {folder.string(), [folder](const std::string& file) { return io::read_file(folder / file); }};
}

/// The sessions of a person: the folder itself, if it holds the file of any sensor, and each folder below that does, in the
/// order of their paths.
LIFELOG_LAZY std::vector<EmpaticaSession> empatica_sessions(
    const std::filesystem::path& person, const std::vector<EmpaticaSensor>& sensors = empatica_sensors()) {
  std::set<std::filesystem::path> folders;
  for (const auto& file : list_files(person).files) {
    const std::filesystem::path path(file.path);
    if (std::any_of(sensors.begin(), sensors.end(),
                    [&](const EmpaticaSensor& sensor) { return path.filename() == sensor.file; }))
      folders.insert(path.parent_path());
  }
  std::vector<EmpaticaSession> sessions;
  for (const auto& folder : folders)
    sessions.push_back(empatica_folder(folder.empty() ? person : person / folder));
  return sessions;
}

}  // namespace lifelog::readers
