// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace lifelog::examples {

/// A file or folder of a program, and what people know it by: the flag that names it, or its own name.
struct NamedPath {
  std::string name;
  std::filesystem::path path;
};

/// Whether both are one file or folder, by whatever links and detours, there already or not.
bool same_file(const std::filesystem::path& a, const std::filesystem::path& b);

/// Throws FlagError where an output is an input, or two outputs are one: one would destroy the other. Empty paths are none.
void require_apart(const std::vector<NamedPath>& inputs, const std::vector<NamedPath>& outputs);

}  // namespace lifelog::examples
