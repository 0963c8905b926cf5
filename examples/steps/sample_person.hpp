// SPDX-License-Identifier: MIT
#pragma once

#include <lifelog/data/generator.hpp>

namespace lifelog::examples {

/// A person of a generated study to try programs on, small enough to train in half a minute.
inline data::DataSet sample_person(std::uint64_t seed) {
  data::GeneratorOptions options;
  options.users = 1;
  options.groups = 1;
  options.sessions = 1;
  options.minutes = 120;
  options.seed = seed;
  return data::generate_dataset(data::plan_generator(options), 0);
}

/// Epochs that suffice for that person.
inline constexpr int sample_epochs = 30;

}  // namespace lifelog::examples
