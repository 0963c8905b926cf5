// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <mutex>

#include "../core/config.hpp"

namespace lifelog::inline LIFELOG_ABI::readers {

/// Told how far a reader has come with one person, in steps (minutes, files) done and in all. Called from the
/// threads that read, one call at a time, `done` ascending; it must not throw.
using ReadProgress = std::function<void(Index done, Index total)>;

namespace detail {

/// Adds up what several threads have done.
class ProgressCounter {
 public:
  ProgressCounter(const ReadProgress& progress, Index total) : progress_(progress), total_(total) {}

  void add(Index steps) {
    if (!progress_) return;
    const std::lock_guard lock(mutex_);
    progress_(done_ += steps, total_);
  }

 private:
  const ReadProgress& progress_;
  Index total_, done_ = 0;
  std::mutex mutex_;
};

}  // namespace detail

}  // namespace lifelog::readers
