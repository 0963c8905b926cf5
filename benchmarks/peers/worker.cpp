// SPDX-License-Identifier: MIT

// Our side of peers/run.py: prepares one task, then, for each number read from standard input, works that many seconds
// (at least one repeat) and prints the repeats' times as one line of JSON. Waits without working in between, so that
// peers can take turns.
//
//     peer_worker inference|training|predictor BATCH THREADS

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include "../clocks.hpp"
#include "../network_work.hpp"

namespace {

using namespace lifelog::benchmarks;

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

}  // namespace

int main(int argc, char** argv) {
  const std::string task = argc == 4 ? argv[1] : "";
  const long batch = argc == 4 ? std::atol(argv[2]) : 0;
  const int threads = argc == 4 ? std::atoi(argv[3]) : 0;
  if (batch < 1 || threads < 1 || (task != "inference" && task != "training" && task != "predictor")) {
    std::fputs("usage: peer_worker inference|training|predictor BATCH THREADS\n", stderr);
    return 2;
  }
  if (task == "predictor") {
    PredictorWork work(batch, threads);
    take_turns([&] { work.train(); });
  } else {
    NetworkWork work(batch, threads);
    take_turns([&] { task == "inference" ? work.infer() : work.train(); });
  }
}
