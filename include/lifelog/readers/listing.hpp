// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "../data/quality.hpp"

// All files of a folder, links followed, and what to say of those that are not read.

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

/// Why a file is passed by whatever is in it: it is hidden, by its own name or a folder's, or macOS added it; null for others.
/// path: with slashes.
LIFELOG_LAZY const char* passed_by(std::string_view path) {
  for (std::size_t at = 0; at < path.size();) {
    const auto end = std::min(path.find('/', at), path.size());
    const auto part = path.substr(at, end - at);
    const bool folder = end < path.size();
    if (folder && part == "__MACOSX") return "what macOS adds to archives";
    if (part.starts_with('.')) return folder ? "in a hidden folder" : "a hidden file";
    at = end + 1;
  }
  return nullptr;
}

/// Whether a name is that of an archive of a kind that no reader opens.
LIFELOG_LAZY bool is_foreign_archive(std::string_view name) {
  const auto endings = {".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst"};
  return std::any_of(endings.begin(), endings.end(), [&](const char* end) { return name.ends_with(end); });
}

inline constexpr const char* foreign_archive_reason =
    "an archive of a kind that is not read; unpack it, or zip it";

/// Lists the files that were not read, by path; a folder of which nothing was read stands for those in it that share a reason.
/// paths: of all files, with slashes; one that ends with a slash is an archive that cannot be opened, and stands for itself.
/// was_read(i), reason(i): of each.
template<class WasRead, class Reason>
std::vector<data::Ignored> ignored_files(const std::vector<std::string>& paths, WasRead&& was_read,
                                         Reason&& reason) {
  std::set<std::string, std::less<>> read;  // folders
  for (std::size_t i = 0; i < paths.size(); ++i)
    if (was_read(i)) {
      read.insert("");
      for (auto at = paths[i].find('/'); at != std::string::npos; at = paths[i].find('/', at + 1))
        read.insert(paths[i].substr(0, at + 1));
    }
  std::map<std::pair<std::string, std::string>, Index> ignored;  // path and reason
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (was_read(i)) continue;
    const std::string_view path = paths[i];
    std::size_t length = 0;  // of the outermost folder of which nothing was read
    while (length != std::string_view::npos && read.contains(path.substr(0, length))) {
      const auto slash = path.find('/', length);
      length = slash == std::string_view::npos ? slash : slash + 1;
    }
    const bool itself = length == std::string_view::npos || path.ends_with('/');
    ++ignored[{std::string(itself ? path : path.substr(0, length)), reason(i)}];
  }
  std::vector<data::Ignored> list;
  for (const auto& [what, count] : ignored) list.push_back({what.first, what.second, count});
  return list;
}

}  // namespace lifelog::readers
