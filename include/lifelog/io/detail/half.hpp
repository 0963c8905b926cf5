// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <cstdint>

#include "../../core/abi.hpp"

namespace lifelog::inline LIFELOG_ABI::io::detail {

/// How numbers are stored: as they are in memory, or a float as 16 bits (IEEE 754 binary16; bfloat16, its upper half).
enum class Coding { plain, f16, bf16 };

/// The number that 16 bits stand for. Eigen's conversions are exact.
inline float half_to_float(Coding coding, std::uint16_t bits) {
  return coding == Coding::f16 ? static_cast<float>(Eigen::numext::bit_cast<Eigen::half>(bits))
                               : static_cast<float>(Eigen::numext::bit_cast<Eigen::bfloat16>(bits));
}

}  // namespace lifelog::io::detail
