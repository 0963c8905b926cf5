// SPDX-License-Identifier: MIT
#include "zip.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <lifelog/core/error.hpp>
#include <lifelog/io/atomic_file.hpp>
#include <memory>
#include <string_view>

#ifdef LIFELOG_EXAMPLES_ZIP
#include <zlib.h>
#endif

namespace lifelog::examples {

namespace {

// Signatures and fixed lengths of the three records.
constexpr std::string_view local_mark = "PK\x03\x04", entry_mark = "PK\x01\x02", end_mark = "PK\x05\x06";
constexpr std::size_t local_size = 30, entry_size = 46, end_size = 22;
constexpr std::uint16_t encrypted = 1, sizes_behind = 8, stored = 0, deflated = 8;

#ifdef LIFELOG_EXAMPLES_ZIP

/// Unpacks to exactly out.size() bytes; false when that is not what `packed` is.
bool inflate_to(std::string_view packed, std::string& out) {
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return false;  // raw deflate, no header of zlib's
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  Bytef none;
  stream.next_out = out.empty() ? &none : reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int status = inflate(&stream, Z_FINISH);
  const bool whole = status == Z_STREAM_END && stream.avail_out == 0 && stream.avail_in == 0;
  inflateEnd(&stream);
  return whole;
}

std::uint32_t checksum_of(std::string_view text) {
  return static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size())));
}

constexpr bool have_zlib = true;

#else

bool inflate_to(std::string_view, std::string&) {
  return false;
}

std::uint32_t checksum_of(std::string_view) {
  return 0;
}

constexpr bool have_zlib = false;

#endif

}  // namespace

bool ZipArchive::supported() {
  return have_zlib;
}

namespace {

/// Little-endian; in the text, as the callers have made sure.
std::size_t number(const std::string& text, std::size_t at, int bytes) {
  std::size_t value = 0;
  for (int i = bytes; i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(text[at + static_cast<std::size_t>(i)]);
  return value;
}

/// `count` bytes of a file from `at` on, fewer where it has become shorter.
std::string part_of(const std::filesystem::path& path, std::size_t at, std::size_t count) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw io_error(path.string(), std::string("cannot read: ") + std::strerror(errno));
  std::string text(count, '\0');
  file.seekg(static_cast<std::streamoff>(at));
  file.read(text.data(), static_cast<std::streamsize>(count));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

}  // namespace

ZipArchive::ZipArchive(const std::filesystem::path& path)
    : source_([path](std::size_t at, std::size_t count) { return part_of(path, at, count); }),
      size_(0),
      name_(path.string()) {
  if (!supported()) fail("this build reads no zip archives (zlib was not found); unpack it first");
  std::error_code error;
  size_ = static_cast<std::size_t>(std::filesystem::file_size(path, error));
  if (error) throw io_error(name_, "cannot read: " + error.message());
  list();
}

ZipArchive::ZipArchive(std::string content, std::string name)
    : size_(content.size()), name_(std::move(name)) {
  if (!supported()) fail("this build reads no zip archives (zlib was not found); unpack it first");
  source_ = [text = std::make_shared<const std::string>(std::move(content))](
                std::size_t at, std::size_t count) { return text->substr(at, count); };
  list();
}

std::vector<std::string> ZipArchive::names() const {
  std::vector<std::string> names;
  for (const auto& entry : entries_) names.push_back(entry.name);
  return names;
}

std::string ZipArchive::read(const std::string& path) const {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.name == path; });
  if (found == entries_.end()) throw io_error(name_ + ": " + path, "no such file in the archive");
  return unpack(*found);
}

void ZipArchive::fail(const std::string& reason) const {
  throw format_error(name_, reason);
}

void ZipArchive::fail(const Entry& entry, const std::string& reason) const {
  throw format_error(name_ + ": " + detail::shown(entry.name), reason);
}

std::string ZipArchive::bytes(std::size_t at, std::size_t count) const {
  auto text = source_(at, count);
  if (text.size() < count) fail("has become shorter while it was read");
  return text;
}

/// Finds the record at the end, which a comment of up to 65535 bytes may follow, and reads the list it names.
void ZipArchive::list() {
  const auto tail_size = std::min(size_, end_size + 65535), tail_at = size_ - tail_size;
  const auto tail = bytes(tail_at, tail_size);
  auto end = tail_size < end_size ? std::string::npos : tail.rfind(end_mark, tail_size - end_size);
  while (end != std::string::npos && end + end_size + number(tail, end + 20, 2) != tail_size)
    end = end == 0 ? std::string::npos : tail.rfind(end_mark, end - 1);
  if (end == std::string::npos) fail("expected a zip archive, found no end of one (cut short?)");
  const auto at = [&](std::size_t offset, int count) { return number(tail, end + offset, count); };
  const auto count = at(10, 2), length = at(12, 4);
  directory_ = at(16, 4);
  if (count == 0xffff || length == 0xffffffff || directory_ == 0xffffffff)
    fail("a zip64 archive, which is not supported");
  if (at(4, 2) != 0 || at(6, 2) != 0 || at(8, 2) != count)
    fail("an archive of several parts, which is not supported");
  if (directory_ > tail_at + end || length != tail_at + end - directory_)
    fail("its list of files is not where it should be");
  const auto directory = bytes(directory_, length);
  std::size_t next = 0;
  while (entries_.size() < count) entries_.push_back(entry_at(directory, next));
  if (next != directory.size())
    fail("its list holds more than the " + std::to_string(count) + " files that it says");
  check_overlaps();
}

/// The entry at `at` of the list, which moves behind it.
ZipArchive::Entry ZipArchive::entry_at(const std::string& directory, std::size_t& at) const {
  const auto broken = [&] { fail("its list of files is broken at byte " + std::to_string(directory_ + at)); };
  if (directory.size() - at < entry_size || directory.compare(at, 4, entry_mark) != 0) broken();
  const auto field = [&](std::size_t offset, int count) { return number(directory, at + offset, count); };
  const auto name = field(28, 2), rest = field(30, 2) + field(32, 2);
  if (directory.size() - at - entry_size < name + rest) broken();
  Entry entry{directory.substr(at + entry_size, name),
              static_cast<std::uint16_t>(field(8, 2)),
              static_cast<std::uint16_t>(field(10, 2)),
              static_cast<std::uint32_t>(field(16, 4)),
              field(20, 4),
              field(24, 4),
              field(42, 4)};
  at += entry_size + name + rest;
  return entry;
}

/// Files that share bytes are how a small archive unpacks to more than any disk holds.
void ZipArchive::check_overlaps() const {
  std::vector<const Entry*> order;
  for (const auto& entry : entries_) order.push_back(&entry);
  std::sort(order.begin(), order.end(), [](const Entry* a, const Entry* b) { return a->header < b->header; });
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto& entry = *order[i];
    const auto end = i + 1 < order.size() ? order[i + 1]->header : directory_;
    if (entry.header > end || end - entry.header < local_size + entry.name.size() ||
        end - entry.header - local_size - entry.name.size() < entry.packed)
      fail(entry, "shares its bytes with what is behind it, or is cut short");
  }
}

/// Where an entry's bytes begin. The header before them must say what the archive's list says: a reader that goes by the
/// one and a reader that goes by the other would find different files.
std::size_t ZipArchive::data_of(const Entry& entry) const {
  const auto header =
      bytes(entry.header, local_size + entry.name.size());  // there is room, as check_overlaps saw
  if (header.compare(0, 4, local_mark) != 0) fail(entry, "is not where the archive's list says");
  const auto at = [&](std::size_t offset, int count) { return number(header, offset, count); };
  const auto flags = at(6, 2);
  bool same = header.compare(local_size, entry.name.size(), entry.name) == 0 &&
              at(26, 2) == entry.name.size() && at(8, 2) == entry.method &&
              ((flags ^ entry.flags) & (encrypted | sizes_behind)) == 0;
  const auto agrees = [&](std::size_t offset, std::size_t listed) {
    const auto here = at(offset, 4);
    return here == listed || (here == 0 && (flags & sizes_behind) != 0);
  };
  same = same && agrees(14, entry.checksum) && agrees(18, entry.packed) && agrees(22, entry.size);
  if (!same) fail(entry, "its own header says something else than the archive's list");
  return entry.header + local_size + entry.name.size() + at(28, 2);
}

std::string ZipArchive::unpack(const Entry& entry) const {
  const auto wrong = [&](const std::string& reason) { fail(entry, reason); };
  if ((entry.flags & encrypted) != 0) wrong("encrypted, which is not supported");
  if (entry.method != stored && entry.method != deflated)
    wrong("packed by method " + std::to_string(entry.method) + ", expected 0 (stored) or 8 (deflated)");
  const auto begin = data_of(entry);
  if (begin > directory_ || directory_ - begin < entry.packed) wrong("cut short");
  // Deflate packs at most 1032 to 1: what claims more is no text but an attempt to fill the memory.
  const auto possible = entry.method == stored ? entry.packed : 1032 * entry.packed + 64;
  if (entry.size > possible) wrong("its length is not that of what is in it");
  auto packed = bytes(begin, entry.packed);
  std::string text(entry.size, '\0');
  if (entry.method == deflated ? !inflate_to(packed, text) : packed.size() != text.size())
    wrong("cannot be unpacked: broken, or of another length than the archive says");
  if (entry.method == stored) text = std::move(packed);
  if (checksum_of(text) != entry.checksum) wrong("its checksum is wrong: broken");
  return text;
}

}  // namespace lifelog::examples
