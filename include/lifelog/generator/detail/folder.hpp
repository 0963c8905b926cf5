// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "../../core/error.hpp"

namespace lifelog::inline LIFELOG_ABI::generator::detail {

/// Calls an operation of std::filesystem that takes an error code; a failure becomes an io_error "cannot <what>".
template<class Operation>
auto on_disk(const std::filesystem::path& path, const char* what, Operation&& operation) {
  std::error_code error;
  const auto result = operation(error);
  if (error) throw io_error(path.string(), std::string("cannot ") + what + ": " + error.message());
  return result;
}

LIFELOG_LAZY void make_folder(const std::filesystem::path& path) {
  on_disk(path, "create folder",
          [&](auto& error) { return std::filesystem::create_directories(path, error); });
}

/// Writes a file with one call, or leaves none. Throws io_error.
LIFELOG_LAZY void write_whole(const std::filesystem::path& path, std::string_view text) {
  const auto fail = [&path](int code) {
    throw io_error(path.string(), "cannot write: " + std::generic_category().message(code));
  };
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) fail(errno);
  std::setvbuf(file, nullptr, _IONBF, 0);
  errno = 0;
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const int write_code = errno;
  const bool closed = std::fclose(file) == 0;
  if (written && closed) return;
  const int code = written ? errno : write_code;
  std::error_code ignored;  // a device that is full stays
  if (std::filesystem::is_regular_file(path, ignored)) std::filesystem::remove(path, ignored);
  fail(code);
}

/// A folder that is filled in its own subfolder `.unfinished`, whose content moves out when it is complete. As long as
/// there is a `.unfinished`, what stands beside it is of an interrupted run and not to be trusted; the next run removes
/// it. Moving within a file system is one step a name, so nothing half-written ever stands in the folder itself.
class UnfinishedFolder {
 public:
  /// folder: new, empty, or left by an interrupted run; else std::invalid_argument. Throws io_error.
  explicit UnfinishedFolder(std::filesystem::path folder)
      : folder_(std::move(folder)), inner_(folder_ / ".unfinished") {
    claim();
    make_folder(inner_);
  }

  UnfinishedFolder(const UnfinishedFolder&) = delete;
  UnfinishedFolder& operator=(const UnfinishedFolder&) = delete;

  /// What was not completed is removed: a full disk is given back.
  ~UnfinishedFolder() {
    std::error_code ignored;
    if (!complete_) std::filesystem::remove_all(inner_, ignored);
  }

  /// Where to write.
  const std::filesystem::path& path() const { return inner_; }

  /// Moves everything to its place. To be called once, last.
  void complete() {
    for (const auto& name : names(inner_)) move(inner_ / name, folder_ / name);
    on_disk(inner_, "remove folder", [&](auto& error) { return std::filesystem::remove(inner_, error); });
    complete_ = true;
  }

 private:
  static void move(const std::filesystem::path& from, const std::filesystem::path& to) {
    on_disk(to, "rename into place", [&](auto& error) {
      std::filesystem::rename(from, to, error);
      return 0;
    });
  }

  static std::vector<std::filesystem::path> names(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> found;
    auto at = on_disk(folder, "read folder",
                      [&](auto& error) { return std::filesystem::directory_iterator(folder, error); });
    for (; at != std::filesystem::directory_iterator(); ++at) found.push_back(at->path().filename());
    std::sort(found.begin(), found.end());
    return found;
  }

  void claim() {
    std::error_code error;
    const auto status = std::filesystem::status(folder_, error);
    const bool there = std::filesystem::exists(status), is_folder = std::filesystem::is_directory(status);
    lifelog::detail::require(!there || is_folder, "dir: expected a new or an empty folder, got the file ",
                             folder_.string());
    if (!is_folder) return;
    if (std::filesystem::exists(inner_, error)) clear();
    lifelog::detail::require(names(folder_).empty(), "dir: expected a new or an empty folder, got ",
                             folder_.string(), " with content");
  }

  /// Takes back what an interrupted run had moved out already, then removes it all; in this order, so that an
  /// interruption here is no different.
  void clear() {
    for (const auto* name : {"dataset_2019", "truth.json", "user_info_2019_2018_updated.csv"}) {
      std::error_code ignored;
      if (std::filesystem::exists(folder_ / name, ignored)) move(folder_ / name, inner_ / name);
    }
    on_disk(inner_, "remove folder", [&](auto& error) { return std::filesystem::remove_all(inner_, error); });
  }

  std::filesystem::path folder_, inner_;
  bool complete_ = false;
};

}  // namespace lifelog::generator::detail
