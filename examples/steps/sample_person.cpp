// SPDX-License-Identifier: MIT
#include "sample_person.hpp"

#include <lifelog/data/dataset_file.hpp>
#include <lifelog/generator/generator.hpp>

namespace lifelog::examples {

data::DataSet sample_person(std::uint64_t seed) {
  generator::GeneratorOptions options;
  options.users = 1;
  options.groups = 1;
  options.sessions = 1;
  options.minutes = 120;
  options.seed = seed;
  return generator::generate_dataset(generator::plan_generator(options), 0);
}

data::DataSet load_or_sample(const std::string& file, std::uint64_t seed) {
  return file.empty() ? sample_person(seed) : data::load_dataset(file);
}

}  // namespace lifelog::examples
