// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "../../core/error.hpp"

// What array files have in common.

namespace lifelog::io::detail {

static_assert(std::endian::native == std::endian::little,
              "lifelog::io reads and writes little-endian memory as it is");

/// (3,), (2, 3): as Python writes it.
inline std::string shape_text(const std::vector<std::size_t>& shape) {
  std::string text = "(";
  for (const auto extent : shape) text += std::to_string(extent) + (shape.size() == 1 ? "," : ", ");
  if (shape.size() > 1) text.resize(text.size() - 2);
  return text + ")";
}

/// Bytes of a shape; format_error when no address reaches that far.
inline std::size_t checked_bytes(const std::string& where, const std::vector<std::size_t>& shape,
                                 std::size_t element_bytes) {
  const bool empty = std::find(shape.begin(), shape.end(), std::size_t{0}) != shape.end();
  std::size_t bytes = empty ? 0 : element_bytes;
  if (!empty)
    for (const auto extent : shape) {
      if (bytes > std::numeric_limits<std::size_t>::max() / 2 / extent)
        throw format_error(where, "shape " + shape_text(shape) + " is larger than any memory");
      bytes *= extent;
    }
  return bytes;
}

}  // namespace lifelog::io::detail
