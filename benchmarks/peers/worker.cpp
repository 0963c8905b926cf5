// SPDX-License-Identifier: MIT

// Our side of peers/run.py: prepares one task, then, for each number read from standard input, works that many seconds
// (at least one repeat) and prints the repeats' times as one line of JSON. Waits without working in between, so that
// peers can take turns.
//
//     peer_worker inference|training|predictor BATCH THREADS

#include <cstdio>
#include <cstdlib>
#include <string>

#include "../network_work.hpp"
#include "turns.hpp"

namespace {

using namespace lifelog::benchmarks;

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
