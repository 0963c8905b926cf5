// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <filesystem>
#include <lifelog/readers/table_files.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "zip.hpp"

namespace lifelog::examples {

/// All files of a cohort of tables below a folder; those in zip archives as if each archive were a folder of its name
/// (`P01.zip` with `a.csv` is `P01/a.csv`), but of one that is called `b.csv.zip` and holds one file, that is `b.csv`. What
/// cannot be read is named in `ignored`, with the reason. Throws io_error for the folder itself.
inline std::vector<readers::TableFile> table_tree(const std::filesystem::path& root,
                                                  std::vector<std::string>& ignored) {
  std::vector<readers::TableFile> all;
  for (auto& file : readers::table_files(root, ignored)) {
    const auto extension = file.disk.extension().string();
    if (extension != ".zip" && extension != ".ZIP") {
      all.push_back(std::move(file));
      continue;
    }
    try {
      const ZipArchive archive(file.disk);
      const auto folder = file.path.substr(0, file.path.size() - extension.size());
      std::vector<std::string> names;
      for (const auto& name : archive.names())
        if (!name.ends_with('/') && !name.starts_with("__MACOSX/")) names.push_back(name);
      const bool single = names.size() == 1 && std::filesystem::path(folder).has_extension();
      for (const auto& name : names)
        all.push_back({single ? folder : folder + "/" + name, {}, [path = file.disk, name] {
                         return ZipArchive(path).read(name);
                       }});
    } catch (const std::runtime_error& error) {  // format_error, io_error
      ignored.push_back(file.path + ": " + error.what());
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return all;
}

}  // namespace lifelog::examples
