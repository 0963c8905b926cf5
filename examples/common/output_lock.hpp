// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

namespace lifelog::examples {

/// Whether others that say so too may hold the folder at the same time.
enum class Sharing { alone, shared };

/// One writer per folder, or several that keep to parts of their own in it: held from construction to destruction, and by no
/// process that has ended, however it did. Nothing is left in the folder.
class OutputLock {
 public:
  /// Throws OutputError when another process, or another lock of this one, holds the folder. Where the file system has no
  /// locks, nobody is kept out. folder: which is there.
  explicit OutputLock(const std::filesystem::path& folder, Sharing sharing = Sharing::alone);
  ~OutputLock();
  OutputLock(const OutputLock&) = delete;
  OutputLock& operator=(const OutputLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace lifelog::examples
