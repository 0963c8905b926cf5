// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>
#include <system_error>

#include "../core/error.hpp"
#include "detail/file_claim.hpp"

namespace lifelog::inline LIFELOG_ABI::io {

namespace detail {

LIFELOG_LAZY std::string error_text(int code) {
  return std::generic_category().message(code);
}

/// A C file as a stream buffer; buffering is the C library's. Remembers the first error.
class FileBuffer : public std::streambuf {
 public:
  std::FILE* file = nullptr;
  int error = 0;

  bool put(const char* data, std::size_t bytes) {
    errno = 0;
    if (bytes == 0 || std::fwrite(data, 1, bytes, file) == bytes) return true;
    if (error == 0) error = errno != 0 ? errno : EIO;
    return false;
  }

 protected:
  int_type overflow(int_type c) override {
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    const char byte = traits_type::to_char_type(c);
    return put(&byte, 1) ? c : traits_type::eof();
  }
  std::streamsize xsputn(const char* data, std::streamsize bytes) override {
    return put(data, static_cast<std::size_t>(bytes)) ? bytes : 0;
  }
};

}  // namespace detail

/// A file that appears complete or not at all: written as a hidden temporary beside the target, renamed over
/// it by `commit()`, removed by the destructor without one.
///
///     lifelog::io::AtomicFile file("result.csv");
///     file.stream() << "epoch,loss\n";
///     file.commit();
///
/// A symbolic link is followed and stays; an existing file's permissions are kept. What is not a regular file
/// (a pipe, `/dev/stdout`) cannot be renamed over and is written directly. Every failure throws io_error with
/// path and reason; one that happened in `stream()` does so at commit.
///
/// A process that is killed leaves its temporary behind; the next AtomicFile of the same target removes it, and none that
/// a living process (here or elsewhere) still writes.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& path) : path_(path), stream_(&buffer_) {
    namespace fs = std::filesystem;
    std::error_code ignored;
    target_ = fs::is_symlink(path, ignored) ? fs::weakly_canonical(path, ignored) : path;
    if (target_.empty()) target_ = path;
    const auto status = fs::status(target_, ignored);
    if (fs::is_directory(status)) fail(EISDIR);
    if (fs::exists(status) && !fs::is_regular_file(status)) {
      buffer_.file = std::fopen(target_.c_str(), "wb");
      if (buffer_.file == nullptr) fail(errno);
    } else {
      open_temporary();
      if (fs::exists(status)) fs::permissions(temporary_, status.permissions(), ignored);
    }
    stream_.imbue(std::locale::classic());
  }

  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  ~AtomicFile() {
    if (buffer_.file != nullptr) std::fclose(buffer_.file);
    remove_temporary();
  }

  void write(const void* data, std::size_t bytes) {
    if (!buffer_.put(static_cast<const char*>(data), bytes)) fail(buffer_.error);
  }

  /// Writes go through the classic locale.
  std::ostream& stream() { return stream_; }

  /// Ends the file and puts it in its place. To be called once, last.
  void commit() {
    lifelog::detail::require(buffer_.file != nullptr, "AtomicFile: expected one commit, got a second of ",
                             path_.string());
    stream_.flush();
    if (buffer_.error != 0) fail(buffer_.error);
    if (!stream_) fail(EIO);
    errno = 0;
    const bool flushed = std::fflush(buffer_.file) == 0;
    const int flush_error = errno;
    const bool closed = std::fclose(buffer_.file) == 0;
    buffer_.file = nullptr;
    if (!flushed || !closed) fail(flushed ? errno : flush_error);
    if (temporary_.empty()) return;
    std::error_code error;
    std::filesystem::rename(temporary_, target_, error);
    if (error) throw io_error(path_.string(), "cannot rename into place: " + error.message());
    temporary_.clear();
    claim_ = {};
  }

 private:
  std::filesystem::path temporary_name(int number) const {
    return target_.parent_path() /
           ("." + target_.filename().string() + "." + std::to_string(number) + ".tmp");
  }

  // Exclusive creation makes the name ours without process ids or random numbers.
  void open_temporary() {
    constexpr int looked_at = 4;  // of abandoned ones there is seldom a second
    for (int number = 0; number < looked_at; ++number) detail::remove_abandoned(temporary_name(number));
    for (int number = 0; number < 1000; ++number) {
      auto candidate = temporary_name(number);
      buffer_.file = std::fopen(candidate.c_str(), "wbx");
      if (buffer_.file == nullptr) {
        if (errno != EEXIST) fail(errno);
        continue;
      }
      claim_ = detail::FileClaim(buffer_.file);
      if (claim_.holds()) {
        temporary_ = std::move(candidate);
        return;
      }
      std::fclose(buffer_.file);  // and the next number
    }
    buffer_.file = nullptr;
    fail(EEXIST);
  }

  void remove_temporary() {
    std::error_code ignored;
    if (!temporary_.empty()) std::filesystem::remove(temporary_, ignored);
  }

  [[noreturn]] void fail(int code) const {
    throw io_error(path_.string(), "cannot write: " + detail::error_text(code));
  }

  std::filesystem::path path_, target_, temporary_;
  detail::FileBuffer buffer_;
  detail::FileClaim claim_;  ///< beyond the closing of the file, until it is in its place
  std::ostream stream_;
};

/// Writes `text` as the whole content of a file, atomically. Throws io_error.
LIFELOG_LAZY void write_text(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text.data(), text.size());
  file.commit();
}

/// The whole content of a file, in a buffer that the caller keeps for the next one: it grows where it must, and its
/// size says nothing. Throws io_error when the file is missing, unreadable or a directory.
LIFELOG_LAZY std::string_view read_file(const std::filesystem::path& path, std::string& buffer) {
  const auto fail = [&path](int code) {
    throw io_error(path.string(), "cannot read: " + detail::error_text(code));
  };
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) fail(errno);
  std::setvbuf(file, nullptr, _IONBF, 0);  // straight into ours
  if (buffer.empty()) buffer.resize(std::size_t{1} << 16);
  std::size_t used = 0;
  for (;;) {
    used += std::fread(buffer.data() + used, 1, buffer.size() - used, file);
    if (used < buffer.size()) break;
    buffer.resize(2 * buffer.size());
  }
  const int code = std::ferror(file) != 0 ? errno : 0;
  std::fclose(file);
  if (code != 0) fail(code);
  return std::string_view(buffer).substr(0, used);
}

/// The same in a string of its own.
LIFELOG_LAZY std::string read_file(const std::filesystem::path& path) {
  std::error_code unsized;
  const auto expected = std::filesystem::file_size(path, unsized);
  // One byte more than expected, so that the end is seen without growing; pipes and the like grow as they come.
  std::string content(unsized ? 0 : static_cast<std::size_t>(expected) + 1, '\0');
  content.resize(read_file(path, content).size());
  return content;
}

}  // namespace lifelog::io
