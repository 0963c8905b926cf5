// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "../../core/error.hpp"

// What array files have in common.

namespace lifelog::inline LIFELOG_ABI::io::detail {

static_assert(std::endian::native == std::endian::little || std::endian::native == std::endian::big,
              "lifelog::io needs bytes of a number that go up or down in memory");

/// Files are written with the lowest byte first. Where memory has the highest first, each element is turned round on its way.
constexpr bool big_endian_machine = std::endian::native == std::endian::big;

/// Turns each element's bytes round.
LIFELOG_LAZY void turn_elements(void* elements, std::size_t bytes, std::size_t element_bytes) {
  auto* const data = static_cast<std::byte*>(elements);
  for (std::size_t at = 0; at + element_bytes <= bytes; at += element_bytes)
    std::reverse(data + at, data + at + element_bytes);
}

/// Writes elements as files have them: write(data, bytes), once.
template<class Write>
void write_elements(const void* elements, std::size_t bytes, std::size_t element_bytes, const Write& write) {
  if (bytes == 0) return;
  if constexpr (big_endian_machine) {
    const auto* const data = static_cast<const std::byte*>(elements);
    std::vector<std::byte> turned(data, data + bytes);
    turn_elements(turned.data(), bytes, element_bytes);
    write(turned.data(), bytes);
  } else {
    write(elements, bytes);
  }
}

/// (3,), (2, 3): as Python writes it.
LIFELOG_LAZY std::string shape_text(const std::vector<std::size_t>& shape) {
  std::string text = "(";
  for (const auto extent : shape) text += std::to_string(extent) + (shape.size() == 1 ? "," : ", ");
  if (shape.size() > 1) text.resize(text.size() - 2);
  return text + ")";
}

/// Bytes of a shape; nothing when no address reaches that far.
LIFELOG_LAZY std::optional<std::size_t> shape_bytes(const std::vector<std::size_t>& shape,
                                                    std::size_t element_bytes) {
  if (std::find(shape.begin(), shape.end(), std::size_t{0}) != shape.end()) return 0;
  std::size_t bytes = element_bytes;
  for (const auto extent : shape) {
    if (bytes > std::numeric_limits<std::size_t>::max() / 2 / extent) return std::nullopt;
    bytes *= extent;
  }
  return bytes;
}

LIFELOG_LAZY std::string too_large(const std::vector<std::size_t>& shape) {
  return "shape " + lifelog::detail::shown(shape_text(shape)) + " is larger than any memory";
}

/// The same; format_error instead of nothing.
LIFELOG_LAZY std::size_t checked_bytes(const std::string& where, const std::vector<std::size_t>& shape,
                                       std::size_t element_bytes) {
  const auto bytes = shape_bytes(shape, element_bytes);
  if (!bytes) throw format_error(where, too_large(shape));
  return *bytes;
}

}  // namespace lifelog::io::detail
