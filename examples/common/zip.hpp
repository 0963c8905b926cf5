// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace lifelog::examples {

/// A zip archive in memory (PKWARE's APPNOTE.TXT, without what recordings do not use: several disks, zip64,
/// encryption, methods other than stored and deflated; each is an error that says so).
///
///     const ZipArchive zip("1544027337_A00204.zip");
///     const std::string text = zip.read("ACC.csv");
class ZipArchive {
 public:
  /// Whether this build can read archives at all; where zlib was not found, opening one throws format_error.
  static bool supported();

  /// Reads a file. Throws io_error; format_error when it is no zip archive, or cut short.
  explicit ZipArchive(const std::filesystem::path& path);

  /// content: of the file; name: what errors call it. Throws format_error as well when its list ends early or late, or two of
  /// its files share bytes.
  ZipArchive(std::string content, std::string name);

  /// Paths of all files in it, in its order.
  std::vector<std::string> names() const;

  /// The content of the file of that name, in whichever folder of the archive (of several, the one least deep;
  /// what macOS adds under `__MACOSX/` does not count). Throws io_error when there is none, format_error when
  /// it cannot be unpacked, or does not have the length and checksum that the archive says.
  std::string read(const std::string& name) const;

  /// The content of the file of exactly that path, one of names().
  std::string read_path(const std::string& path) const;

 private:
  struct Entry {
    std::string name;
    std::uint16_t flags, method;
    std::uint32_t checksum;
    std::size_t packed, size, header;
  };

  void list();
  Entry entry_at(std::size_t& at, std::size_t end) const;
  void check_overlaps() const;
  std::size_t data_of(const Entry& entry) const;
  const Entry* find(const std::string& name) const;
  std::string unpack(const Entry& entry) const;
  std::size_t number(std::size_t at, int bytes) const;
  [[noreturn]] void fail(const std::string& reason) const;
  [[noreturn]] void fail(const Entry& entry, const std::string& reason) const;

  std::string content_, name_;
  std::vector<Entry> entries_;
  std::size_t directory_ = 0;  // where the list of entries begins: behind all of their data
};

}  // namespace lifelog::examples
