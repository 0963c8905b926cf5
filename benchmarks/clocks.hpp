// SPDX-License-Identifier: MIT
#pragma once

#include <ctime>

namespace lifelog::benchmarks {

inline double seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

inline double wall_seconds() {
  return seconds(CLOCK_MONOTONIC);
}

/// Of all threads together. Unlike wall time it hardly notices what else the machine is doing.
inline double process_seconds() {
  return seconds(CLOCK_PROCESS_CPUTIME_ID);
}

inline double thread_seconds() {
  return seconds(CLOCK_THREAD_CPUTIME_ID);
}

}  // namespace lifelog::benchmarks
