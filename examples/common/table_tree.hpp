// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <filesystem>
#include <lifelog/readers/table_files.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "zip.hpp"

namespace lifelog::examples {

/// All files of a cohort of tables below a folder; those in zip archives as if each archive were a folder of its name
/// (`P01.zip` with `a.csv` is `P01/a.csv`), but of one that is called `b.csv.zip` and holds one file, that is `b.csv`. What
/// cannot be read goes to `ignored`; the folders `without` are passed by. Throws io_error for the folder itself.
inline std::vector<readers::TableFile> table_tree(const std::filesystem::path& root,
                                                  std::vector<data::Ignored>& ignored,
                                                  const std::vector<std::filesystem::path>& without = {}) {
  std::vector<readers::TableFile> all;
  for (auto& file : readers::table_files(root, ignored, without)) {
    auto extension = file.disk.extension().string();
    for (char& c : extension) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    if (extension != ".zip") {
      all.push_back(std::move(file));
      continue;
    }
    try {
      const auto archive = std::make_shared<const ZipArchive>(file.disk);
      const auto folder = file.path.substr(0, file.path.size() - extension.size());
      auto names = archive->names();
      // Backslashes are what some writers on Windows take for slashes.
      for (auto& name : names)
        if (name.find('/') == std::string::npos) std::replace(name.begin(), name.end(), '\\', '/');
      const auto counts = [](const std::string& name) {
        return !name.ends_with('/') && readers::passed_by(name) == nullptr;
      };
      const bool single = std::count_if(names.begin(), names.end(), counts) == 1 &&
                          std::filesystem::path(folder).has_extension();
      for (std::size_t i = 0; i < names.size(); ++i)
        if (!names[i].ends_with('/'))
          all.push_back({single && counts(names[i]) ? folder : folder + "/" + names[i], {}, [archive, i] {
                           return archive->read(i);
                         }});
    } catch (const std::runtime_error& error) {  // format_error, io_error
      ignored.push_back({file.path, error.what()});
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return all;
}

}  // namespace lifelog::examples
