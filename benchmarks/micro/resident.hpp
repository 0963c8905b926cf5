// SPDX-License-Identifier: MIT
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace lifelog::benchmarks {

/// KiB of a line of /proc/self/status; 0 when there is none.
inline long status_kib(const char* name) {
  long kib = 0;
  if (std::FILE* file = std::fopen("/proc/self/status", "r")) {
    char line[256];
    while (std::fgets(line, sizeof line, file))
      if (std::strncmp(line, name, std::strlen(name)) == 0) kib = std::atol(line + std::strlen(name) + 1);
    std::fclose(file);
  }
  return kib;
}

}  // namespace lifelog::benchmarks
