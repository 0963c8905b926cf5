// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "../core/config.hpp"
#include "../io/atomic_file.hpp"
#include "listing.hpp"

// Files of a cohort: which there are, whose they are, and their rows in pieces that fit the memory.

namespace lifelog::inline LIFELOG_ABI::readers {

/// A file below a cohort's folder, or in an archive there.
struct TableFile {
  std::string path;            ///< below the folder, with `/`
  std::filesystem::path disk;  ///< where it is; empty: in an archive
  std::function<std::string()> unpack =
      {};  ///< its content, when in an archive. Throws io_error, format_error

  std::string content() const { return disk.empty() ? unpack() : io::read_file(disk); }
};

/// All files below a folder, links followed, in order of their paths. What cannot be entered goes to `ignored`; the folders
/// `without` are passed by. Throws io_error when the folder cannot be listed.
LIFELOG_LAZY std::vector<TableFile> table_files(const std::filesystem::path& root,
                                                std::vector<data::Ignored>& ignored,
                                                const std::vector<std::filesystem::path>& without = {}) {
  std::error_code error;
  const std::filesystem::directory_iterator listable(root, error);
  if (error) throw io_error(root.string(), "cannot read: " + error.message());
  auto listing = list_files(root, without);
  std::vector<TableFile> files;
  for (auto& file : listing.files) files.push_back({file.path, root / file.path});
  ignored.insert(ignored.end(), listing.not_entered.begin(), listing.not_entered.end());
  return files;
}

/// Who a path's `{person}` is: nothing when the path does not match; "" when the pattern has no `{person}`. Where several
/// ways match, `{person}` is as short as can be.
class PathPattern {
 public:
  explicit PathPattern(std::string_view pattern) {
    while (!pattern.empty()) {
      if (pattern.starts_with("{person}") || pattern.starts_with("{session}") || pattern.front() == '*') {
        const bool person = pattern.starts_with("{person}");
        parts_.push_back({person ? Part::person : Part::any, {}});
        pattern.remove_prefix(pattern.front() == '*' ? 1 : pattern.find('}') + 1);
      } else {
        const auto end = std::min(pattern.size(), std::min(pattern.find('{', 1), pattern.find('*', 1)));
        parts_.push_back({Part::text, std::string(pattern.substr(0, end))});
        pattern.remove_prefix(end);
      }
    }
  }

  std::optional<std::string> match(std::string_view path) const {
    std::optional<std::string> person;
    steps_ = 0;
    if (!match(0, path, person)) return std::nullopt;
    return person.value_or("");
  }

 private:
  struct Part {
    enum Kind { text, person, any } kind;
    std::string letters;
  };

  bool match(std::size_t part, std::string_view path, std::optional<std::string>& person) const {
    if (part == parts_.size()) return path.empty();
    const auto& [kind, letters] = parts_[part];
    if (kind == Part::text)
      return path.starts_with(letters) && match(part + 1, path.substr(letters.size()), person);
    if (kind == Part::person && person)
      return path.starts_with(*person) && match(part + 1, path.substr(person->size()), person);
    const auto longest = std::min(path.size(), path.find('/'));
    for (std::size_t n = kind == Part::person || letters.empty() ? 1 : 0; n <= longest; ++n) {
      if (++steps_ > most_steps) return false;
      if (kind == Part::person) person = std::string(path.substr(0, n));
      if (match(part + 1, path.substr(n), person)) return true;
    }
    if (kind == Part::person) person.reset();
    return false;
  }

  static constexpr std::size_t most_steps = 100'000;  // of patterns such as *a*a*a*a*a

  std::vector<Part> parts_;
  mutable std::size_t steps_ = 0;
};

/// A part of a file, in bytes.
struct ByteRange {
  std::uint64_t begin = 0, end = 0;
};

namespace detail {

/// Whole rows of a file, or of a part of one that begins and ends with a row, so many at a time as a processor keeps at hand.
class RowChunks {
 public:
  static constexpr std::size_t usual_bytes = std::size_t{1} << 17;

  RowChunks(const std::filesystem::path& path, ByteRange range, std::size_t bytes = usual_bytes)
      : path_(path),
        at_(range.begin),
        left_(range.end - range.begin),
        bytes_(bytes),
        file_(std::fopen(path.c_str(), "rb"), &std::fclose) {
    errno = 0;
    if (file_ == nullptr || ::fseeko(file_.get(), static_cast<off_t>(range.begin), SEEK_SET) != 0) fail();
    std::setvbuf(file_.get(), nullptr, _IONBF, 0);
  }

  /// The next rows, valid until the next call; nothing at the end.
  std::string_view next() {
    at_ += used_;
    // What was not shown yet goes to the front.
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(used_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(held_), buffer_.begin());
    held_ -= used_;
    used_ = 0;
    for (auto want = bytes_;; want *= 2) {
      fill(want);
      used_ = left_ == 0 ? held_ : whole_rows();
      if (used_ > 0 || held_ == 0) return std::string_view(buffer_).substr(0, used_);
    }
  }

  /// Where in the file the rows shown begin.
  std::uint64_t position() const { return at_; }

 private:
  void fill(std::size_t want) {
    if (buffer_.size() < want) buffer_.resize(want);
    const auto more = static_cast<std::size_t>(std::min<std::uint64_t>(left_, want - std::min(want, held_)));
    errno = 0;
    const auto read = std::fread(buffer_.data() + held_, 1, more, file_.get());
    if (read < more && std::ferror(file_.get()) != 0) fail();
    held_ += read;
    left_ = read < more ? 0 : left_ - read;  // shorter than it was: what is there is all
  }

  /// Bytes up to the last line end that is in no quotes; 0 without one.
  std::size_t whole_rows() const {
    const std::string_view text(buffer_.data(), held_);
    const auto last = text.rfind('\n');
    if (last == std::string_view::npos) return 0;
    if (text.find('"') == std::string_view::npos) return last + 1;
    std::size_t end = 0, quotes = 0, from = 0;
    for (auto at = text.find('\n'); at != std::string_view::npos; from = at, at = text.find('\n', at + 1)) {
      quotes += static_cast<std::size_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(from),
                                                    text.begin() + static_cast<std::ptrdiff_t>(at), '"'));
      if (quotes % 2 == 0) end = at + 1;
    }
    // A quote that is never closed is a character like others.
    return end > 0 ? end : last + 1;
  }

  [[noreturn]] void fail() const {
    throw io_error(path_.string(), "cannot read: " + io::detail::error_text(errno));
  }

  std::filesystem::path path_;
  std::uint64_t at_, left_;
  std::size_t bytes_, held_ = 0, used_ = 0;
  std::string buffer_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

}  // namespace detail
}  // namespace lifelog::readers
