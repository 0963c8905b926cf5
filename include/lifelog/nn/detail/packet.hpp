// SPDX-License-Identifier: MIT
#pragma once

#include "../../core/packet.hpp"

namespace lifelog::nn::detail {

using namespace lifelog::detail::simd;

/// Register block of the kernels: channels × packets. Sized so that the accumulators, one column of input and
/// a broadcast weight fit the register file without spilling.
inline constexpr int block_rows = EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS >= 32 ? 8 : 4;
inline constexpr int block_packets = 2;

/// Scalars of one block row.
template<class T>
inline constexpr Index block_width = block_packets* packet_size<T>;

/// Calls f(rows, first) for consecutive blocks of rows that cover `channels`, `rows` an integral_constant:
/// whole blocks, then one remainder block of every size that is needed.
template<class F>
EIGEN_ALWAYS_INLINE void for_row_blocks(Index channels, F&& f) {
  Index row = 0;
  for (; row + block_rows <= channels; row += block_rows) f(std::integral_constant<int, block_rows>{}, row);
  const Index rest = channels - row;
  unroll<block_rows - 1>([&](auto i) {
    if (rest == i + 1) f(std::integral_constant<int, i + 1>{}, row);
  });
}

/// Smallest multiple of `unit` that is not below `n`.
constexpr Index round_up(Index n, Index unit) {
  return (n + unit - 1) / unit * unit;
}

}  // namespace lifelog::nn::detail
