// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#if defined(__unix__) || defined(__APPLE__)
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#define LIFELOG_FILE_LOCKS
#endif

#include "../../core/abi.hpp"

namespace lifelog::inline LIFELOG_ABI::io::detail {

#ifdef LIFELOG_FILE_LOCKS

/// Says of a file that a living process writes it: a lock that ends with the process, however that ends.
class FileClaim {
 public:
  FileClaim() = default;
  /// Waits for nobody but one who just looks whether the file is abandoned.
  explicit FileClaim(std::FILE* file) : descriptor_(::fcntl(::fileno(file), F_DUPFD_CLOEXEC, 0)) {
    while (descriptor_ >= 0 && ::flock(descriptor_, LOCK_EX) != 0 && errno == EINTR) {
    }
  }
  FileClaim(FileClaim&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileClaim& operator=(FileClaim&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~FileClaim() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  /// False when somebody removed the file between its creation and the claim.
  bool holds() const {
    struct stat state {};
    return descriptor_ < 0 || ::fstat(descriptor_, &state) != 0 || state.st_nlink > 0;
  }

 private:
  int descriptor_ = -1;
};

/// Removes a file that nobody claims, as a killed process left it. True unless there is a file still.
inline bool remove_abandoned(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return errno == ENOENT;
  struct stat opened {
  }, there{};
  const bool abandoned = ::flock(descriptor, LOCK_EX | LOCK_NB) == 0 && ::fstat(descriptor, &opened) == 0 &&
                         ::lstat(path.c_str(), &there) == 0 && S_ISREG(opened.st_mode) &&
                         opened.st_dev == there.st_dev && opened.st_ino == there.st_ino;
  const bool removed = abandoned && ::unlink(path.c_str()) == 0;
  ::close(descriptor);
  return removed;
}

#else

/// Without locks whose end is that of a process nothing is known to be abandoned.
struct FileClaim {
  FileClaim() = default;
  explicit FileClaim(std::FILE*) {}
  bool holds() const { return true; }
};
inline bool remove_abandoned(const std::filesystem::path& path) {
  return !std::filesystem::exists(path);
}

#endif
#undef LIFELOG_FILE_LOCKS

}  // namespace lifelog::io::detail
