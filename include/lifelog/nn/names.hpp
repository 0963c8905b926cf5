// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "parameters.hpp"

namespace lifelog::inline LIFELOG_ABI::nn {

/// A tensor's full name, dots between its parts, as in a PyTorch `state_dict`.
inline std::string to_string(const Path& path) {
  if (!path.parent) return {};
  auto name = to_string(*path.parent);
  if (!name.empty()) name += '.';
  return name + (path.name ? std::string(path.name) : std::to_string(path.index));
}

}  // namespace lifelog::nn
