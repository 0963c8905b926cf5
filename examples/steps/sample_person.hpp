// SPDX-License-Identifier: MIT
#pragma once

#include <lifelog/generator/generator.hpp>

namespace lifelog::examples {

/// A person of a generated study to try programs on, small enough to train in half a minute.
inline data::DataSet sample_person(std::uint64_t seed) {
  generator::GeneratorOptions options;
  options.users = 1;
  options.groups = 1;
  options.sessions = 1;
  options.minutes = 120;
  options.seed = seed;
  return generator::generate_dataset(generator::plan_generator(options), 0);
}

/// Epochs that suffice for that person.
inline constexpr int sample_epochs = 30;

}  // namespace lifelog::examples
