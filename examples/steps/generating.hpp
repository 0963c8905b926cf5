// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <lifelog/generator/plan.hpp>
#include <lifelog/generator/truth.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "../common/program.hpp"

namespace lifelog::examples {

/// Writes the tree of a plan and its truth.json, whole or not at all, with a progress bar. The folder must be new, empty
/// or left by an interrupted run. Throws std::invalid_argument, OutputError.
generator::GeneratorTruth generate_tree(const std::filesystem::path& dir,
                                        const generator::GeneratorPlan& plan, const Program& program);

/// What of a generator's options is not as usual, beyond how many people, sessions, minutes and groups, dirt and strength.
nlohmann::ordered_json generator_settings(const generator::GeneratorOptions& options);

/// What a truth.json says of the people of a tree.
struct PlantedPerson {
  std::string user;
  int group = 0;
  std::vector<std::string> modalities;  ///< on which the label depends
};

/// People of a truth.json; empty when there is no such file. Throws format_error.
std::vector<PlantedPerson> read_truth(const std::filesystem::path& path);

}  // namespace lifelog::examples
