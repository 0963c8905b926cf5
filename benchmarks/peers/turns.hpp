// SPDX-License-Identifier: MIT
#pragma once

#include <cstdio>
#include <iostream>
#include <string>

#include "../clocks.hpp"

namespace lifelog::benchmarks {

/// Says "ready", then, for each number read from standard input, works that many seconds (at least one repeat) and prints the
/// repeats' times as one line of JSON.
template<class Step>
void take_turns(Step step) {
  step();  // allocations stay outside
  std::puts("ready");
  std::fflush(stdout);
  for (double turn; std::cin >> turn;) {
    std::string wall, cpu;
    const double start = wall_seconds();
    do {
      const double wall_before = wall_seconds(), cpu_before = process_seconds();
      step();
      const double cpu_after = process_seconds(), wall_after = wall_seconds();
      wall += (wall.empty() ? "" : ",") + std::to_string(1e3 * (wall_after - wall_before));
      cpu += (cpu.empty() ? "" : ",") + std::to_string(1e3 * (cpu_after - cpu_before));
    } while (wall_seconds() - start < turn);
    std::printf("{\"wall_ms\": [%s], \"cpu_ms\": [%s]}\n", wall.c_str(), cpu.c_str());
    std::fflush(stdout);
  }
}

}  // namespace lifelog::benchmarks
