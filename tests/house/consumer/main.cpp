// SPDX-License-Identifier: MIT
// A program of somebody else: lifelog is only a dependency here.
#include <iostream>
#include <lifelog/core/parallel.hpp>
#include <lifelog/core/version.hpp>
#include <lifelog/lifelog.hpp>

int main() {
  lifelog::Random random(1);
  const auto order = lifelog::permutation(random, 5);
  std::cout << "lifelog " << LIFELOG_VERSION << ", " << lifelog::default_threads() << " threads\n";
  return order.sum() == 10 ? 0 : 1;
}
