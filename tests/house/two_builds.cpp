// SPDX-License-Identifier: MIT
// A program of two files with other flags: neither takes the other's functions, whichever comes first for the linker.
#include "two_builds.hpp"

#include <cmath>
#include <iostream>

Told tell_other();

int main() {
  const Told here = tell(), there = tell_other();
  for (const auto& told : {here, there})
    std::cout << told.built << ": " << told.threads << " threads, " << told.inertia << '\n';
#ifdef LIFELOG_USE_OPENMP
  const int threads = omp_get_max_threads();
#else
  const int threads = 1;
#endif
  const bool good = here.built != there.built && here.threads == threads && there.threads == 1 &&
                    here.refused && !there.refused &&
                    std::abs(here.inertia - there.inertia) < 1e-9 * here.inertia;
  return good ? 0 : 1;
}
