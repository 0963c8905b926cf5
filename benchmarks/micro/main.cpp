// SPDX-License-Identifier: MIT
#include <benchmark/benchmark.h>

#include <lifelog/core/build_info.hpp>

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::AddCustomContext("built as", lifelog::to_string(lifelog::build_info()));
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
