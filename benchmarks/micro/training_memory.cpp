// SPDX-License-Identifier: MIT

// Memory that training takes beyond the data and the network's parameters (with gradient and moments), at batch 512:
// of series as long as the study's, and ten times as long. Resident memory at its highest, as the kernel counts it.

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "../network_work.hpp"
#include "resident.hpp"

namespace {

using lifelog::benchmarks::status_kib;

/// Builds data and network, then trains: what the peak grows by in the second part.
long training_kib(int threads, lifelog::Index stretch) {
  lifelog::benchmarks::NetworkWork work(512, threads, stretch);
  const long before = status_kib("VmHWM");
  for (int step = 0; step < 3; ++step) work.train();
  return status_kib("VmHWM") - before;
}

/// Each figure in a process of its own: a peak never comes down again.
void print_in_child(int threads, lifelog::Index stretch) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    std::printf("training_memory threads=%d series x%-2d: %ld KiB\n", threads, static_cast<int>(stretch),
                training_kib(threads, stretch));
    std::fflush(stdout);
    _exit(0);
  }
  int status = 1;
  if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0) std::exit(1);
}

}  // namespace

int main() {
  if (status_kib("VmHWM") == 0) {
    std::fputs("training_memory: this kernel does not tell a process's peak (VmHWM in /proc/self/status)\n",
               stderr);
    return 1;
  }
  for (const int threads : {1, 2})
    for (const lifelog::Index stretch : {1, 10}) print_in_child(threads, stretch);
}
