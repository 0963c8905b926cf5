// SPDX-License-Identifier: MIT
#include "output_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "files.hpp"

namespace lifelog::examples {

OutputLock::OutputLock(const std::filesystem::path& folder, Sharing sharing)
    : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  const int kind = sharing == Sharing::shared ? LOCK_SH : LOCK_EX;
  if (descriptor_ < 0 || ::flock(descriptor_, kind | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
  ::close(descriptor_);
  throw OutputError(folder.string() + ": another run writes to this folder; expected one at a time");
}

OutputLock::~OutputLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace lifelog::examples
