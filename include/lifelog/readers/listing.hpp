// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "../data/quality.hpp"

// All files of a folder, links followed.

namespace lifelog::inline LIFELOG_ABI::readers {

/// A file below a folder.
struct ListedFile {
  std::string path;  ///< from the folder on, with slashes; empty when it is the "folder" itself
  std::uint64_t size = 0;
  std::int64_t time = 0;  ///< of its last change, on the file system's clock
};

/// What is below a folder.
struct Listing {
  std::vector<ListedFile> files;  ///< by path
  std::vector<data::Ignored>
      not_entered;  ///< by path: folders and links in which nothing could be looked for, and why
};

namespace detail {

/// Goes through folders, into links too, but not into one that leads back to where it comes from.
LIFELOG_LAZY class TreeWalk {
 public:
  TreeWalk(std::filesystem::path root, const std::vector<std::filesystem::path>& without, Listing& out)
      : root_(std::move(root)), without_(without), out_(out) {}

  void run() {
    std::error_code error;
    if (std::filesystem::is_directory(root_, error))
      enter(root_, "");
    else if (std::filesystem::is_regular_file(root_, error))
      add(std::filesystem::directory_entry(root_, error), "");
    const auto by_path = [](const auto& a, const auto& b) { return a.path < b.path; };
    std::sort(out_.files.begin(), out_.files.end(), by_path);
    std::sort(out_.not_entered.begin(), out_.not_entered.end(), by_path);
  }

 private:
  void enter(const std::filesystem::path& folder, const std::string& below) {
    std::error_code error;
    bool empty = true;
    above_.push_back(folder);
    for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
         it.increment(error)) {
      empty = false;
      look_at(*it,
              below.empty() ? it->path().filename().string() : below + '/' + it->path().filename().string());
    }
    above_.pop_back();
    if (error)
      skip(below, "cannot be listed: " + error.message());
    else if (empty)
      skip(below, "an empty folder");
  }

  void look_at(const std::filesystem::directory_entry& entry, std::string path) {
    std::error_code error;
    if (entry.is_directory(error)) {
      const auto same = [&](const std::filesystem::path& other) {
        std::error_code unknown;
        return std::filesystem::equivalent(entry.path(), other, unknown);
      };
      if (entry.is_symlink(error) && std::any_of(above_.begin(), above_.end(), same))
        skip(path, "a link to a folder that it lies in");
      else if (std::none_of(without_.begin(), without_.end(), same))
        enter(entry.path(), path);
    } else if (entry.is_regular_file(error)) {
      add(entry, std::move(path));
    } else {
      skip(path, entry.is_symlink(error) && !entry.exists(error) ? "a link to nothing" : "no regular file");
    }
  }

  void add(const std::filesystem::directory_entry& entry, std::string path) {
    std::error_code error;
    ListedFile file{std::move(path), entry.file_size(error), 0};
    file.time = static_cast<std::int64_t>(entry.last_write_time(error).time_since_epoch().count());
    out_.files.push_back(std::move(file));
  }

  void skip(std::string path, std::string reason) {
    out_.not_entered.push_back({std::move(path), std::move(reason), 0});
  }

  std::filesystem::path root_;
  const std::vector<std::filesystem::path>& without_;
  Listing& out_;
  std::vector<std::filesystem::path> above_;  // the folders that the present one lies in
};

}  // namespace detail

/// All files below a folder, or the file itself; none where there is neither. without: folders that are passed by.
LIFELOG_LAZY Listing list_files(const std::filesystem::path& path,
                                const std::vector<std::filesystem::path>& without = {}) {
  Listing listing;
  detail::TreeWalk(path, without, listing).run();
  return listing;
}

/// How many files there are below a folder; 1 for a file.
LIFELOG_LAZY Index count_files(const std::filesystem::path& path,
                               const std::vector<std::filesystem::path>& without = {}) {
  return static_cast<Index>(list_files(path, without).files.size());
}

}  // namespace lifelog::readers
