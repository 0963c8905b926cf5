// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace lifelog::examples {

/// A zip archive (PKWARE's APPNOTE.TXT, without what recordings do not use: several disks, zip64,
/// encryption, methods other than stored and deflated; each is an error that says so).
///
///     const ZipArchive zip("1544027337_A00204.zip");
///     const std::string text = zip.read("ACC.csv");
class ZipArchive {
 public:
  /// Whether this build can read archives at all; where zlib was not found, opening one throws format_error.
  static bool supported();

  /// Reads the list of a file's files; their content is read when it is asked for, so that an archive may be larger than
  /// memory. Throws io_error; format_error when it is no zip archive, or cut short.
  explicit ZipArchive(const std::filesystem::path& path);

  /// The same in memory. content: of the file; name: what errors call it. Throws format_error as well when its list ends early or late, or two of
  /// its files share bytes.
  ZipArchive(std::string content, std::string name);

  /// Paths of all files and folders in it, in its order; those of folders end with a slash.
  std::vector<std::string> names() const;

  /// The content of the file of that path, of several the first. Throws io_error when there is none, format_error when
  /// it cannot be unpacked, or does not have the length and checksum that the archive says.
  std::string read(const std::string& path) const;

  /// The same of the file names()[index].
  std::string read(std::size_t index) const { return unpack(entries_.at(index)); }

 private:
  struct Entry {
    std::string name;
    std::uint16_t flags, method;
    std::uint32_t checksum;
    std::size_t packed, size, header;
  };

  void list();
  Entry entry_at(const std::string& directory, std::size_t& at) const;
  void check_overlaps() const;
  std::size_t data_of(const Entry& entry) const;
  std::string unpack(const Entry& entry) const;
  std::string bytes(std::size_t at, std::size_t count) const;
  [[noreturn]] void fail(const std::string& reason) const;
  [[noreturn]] void fail(const Entry& entry, const std::string& reason) const;

  std::function<std::string(std::size_t at, std::size_t count)> source_;
  std::size_t size_;
  std::string name_;
  std::vector<Entry> entries_;
  std::size_t directory_ = 0;  // where the list of entries begins: behind all of their data
};

}  // namespace lifelog::examples
