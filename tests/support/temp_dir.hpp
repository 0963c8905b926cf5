// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

/// A folder of one test case, removed with everything in it when the case ends.
class TempDir {
 public:
  TempDir() {
    auto name = (std::filesystem::temp_directory_path() / "lifelog-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a folder " + name);
    path_ = name;
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

  /// Writes a file, with the folders it needs, by other means than the library's; gives its path.
  std::filesystem::path file(const std::string& name, std::string_view content) const {
    const auto target = path_ / name;
    std::filesystem::create_directories(target.parent_path());
    std::ofstream(target, std::ios::binary)
        .write(content.data(), static_cast<std::streamsize>(content.size()));
    return target;
  }

  /// Number of entries, hidden ones too.
  long entries() const {
    const auto all = std::filesystem::directory_iterator(path_);
    return std::distance(begin(all), end(all));
  }

 private:
  std::filesystem::path path_;
};
