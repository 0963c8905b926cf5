// SPDX-License-Identifier: MIT
#include "paths.hpp"

#include "program.hpp"

namespace lifelog::examples {

namespace {

namespace fs = std::filesystem;

/// Where writing to `path` ends up: links followed, even those that lead to nothing yet.
fs::path destination(fs::path path) {
  std::error_code error;
  path = fs::absolute(path, error);
  for (int links = 0; links < 40 && fs::is_symlink(fs::symlink_status(path, error)); ++links) {
    const auto target = fs::read_symlink(path, error);
    if (error) break;
    path = path.parent_path() / target;
  }
  auto whole = fs::weakly_canonical(path, error);
  if (error) whole = path.lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();  // "out/" is "out"
}

/// /dev/null and its like take whatever comes.
bool takes_anything(const fs::path& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  return fs::is_character_file(status) || fs::is_fifo(status);
}

}  // namespace

bool same_file(const fs::path& a, const fs::path& b) {
  std::error_code error;
  if (fs::equivalent(a, b, error) && !error) return true;
  return destination(a) == destination(b);
}

void require_apart(const std::vector<NamedPath>& inputs, const std::vector<NamedPath>& outputs) {
  for (std::size_t o = 0; o < outputs.size(); ++o) {
    const auto& out = outputs[o];
    if (out.path.empty() || takes_anything(out.path)) continue;
    for (const auto& in : inputs)
      if (!in.path.empty() && same_file(in.path, out.path))
        throw FlagError(out.name + ": expected another path than that of " + in.name + ", got '" +
                        out.path.string() + "', which would be overwritten");
    for (std::size_t other = 0; other < o; ++other)
      if (!outputs[other].path.empty() && same_file(outputs[other].path, out.path))
        throw FlagError(out.name + ": expected another path than that of " + outputs[other].name + ", got '" +
                        out.path.string() + "' for both");
  }
}

}  // namespace lifelog::examples
