// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <filesystem>
#include <lifelog/readers/empatica_sessions.hpp>
#include <string>
#include <vector>

#include "zip.hpp"

// Wristband exports as they are downloaded: DIR/<person>.zip, or any zip archives in DIR/<person>/.

namespace lifelog::examples {

/// The archive that stands for a person without a folder.
inline std::filesystem::path zip_beside(std::filesystem::path person) {
  return person += ".zip";
}

/// An archive as a session. It is opened for each file anew, so that no more than one is in memory.
inline readers::EmpaticaSession zipped_session(const std::filesystem::path& path) {
  return {path.string(), [path](const std::string& file) { return ZipArchive(path).read(file); }};
}

/// Zip archives of a folder, sorted.
inline std::vector<std::filesystem::path> archives_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code unknown;
    const auto& path = it->path();
    if (path.extension() == ".zip" && !path.filename().string().starts_with('.') &&
        it->is_regular_file(unknown))
      found.push_back(path);
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// As readers::empatica_users, and the names of the archives in the folder. Throws io_error.
inline std::vector<std::string> empatica_people(const std::filesystem::path& dir) {
  auto people = readers::empatica_users(dir);
  for (const auto& archive : archives_in(dir)) people.push_back(archive.stem().string());
  std::sort(people.begin(), people.end(), data::label_less);
  people.erase(std::unique(people.begin(), people.end()), people.end());
  return people;
}

/// All sessions of a person: in folders, then in archives.
inline std::vector<readers::EmpaticaSession> person_sessions(const std::filesystem::path& dir,
                                                             const std::string& user) {
  const auto folder = dir / user;
  auto sessions = readers::empatica_sessions(folder);
  for (const auto& archive : archives_in(folder)) sessions.push_back(zipped_session(archive));
  std::error_code unknown;
  if (const auto archive = zip_beside(folder); std::filesystem::is_regular_file(archive, unknown))
    sessions.push_back(zipped_session(archive));
  if (sessions.empty()) sessions.push_back(readers::empatica_folder(folder));
  return sessions;
}

}  // namespace lifelog::examples
