// SPDX-License-Identifier: MIT
#pragma once

#include "../../core/packet.hpp"

namespace lifelog::inline LIFELOG_ABI::nn::detail {

using namespace lifelog::detail::simd;

/// Register block of the kernels: channels × packets. Sized so that the accumulators, one column of input and
/// a broadcast weight fit the register file without spilling.
inline constexpr int block_rows = EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS >= 32 ? 8 : 4;
inline constexpr int block_packets = 2;

/// Rows of a register block among `channels` of them, at most. Six keep two pipes busy where four may wait for their own last
/// sums, but leave more over of few channels that four divide.
template<Index channels>
inline constexpr int block_rows_of = block_rows == 4 && (channels >= 24 || (channels > 0 && channels % 4 > 0))
                                         ? 6
                                         : block_rows;

/// Scalars of one block row.
template<class T>
inline constexpr Index block_width = block_packets* packet_size<T>;

/// Smallest multiple of `unit` that is not below `n`.
constexpr Index round_up(Index n, Index unit) {
  return (n + unit - 1) / unit * unit;
}

/// Calls f(rows, first) for consecutive blocks of rows that cover `count`, `rows` an integral_constant. Where `channels`, which
/// is `count`, is a constant, blocks are as few as can be and of one size or two next to each other, since a small block at the end
/// would wait for its loads and sums: 13 rows of at most 8 are 7 + 6. Else they are whole blocks, then one remainder block.
template<Index channels = Eigen::Dynamic, class F>
EIGEN_ALWAYS_INLINE void for_row_blocks(Index count, F&& f) {
  constexpr int most = block_rows_of<channels>;
  Index row = 0;
  if constexpr (channels == Eigen::Dynamic) {
    for (; row + most <= count; row += most) f(std::integral_constant<int, most>{}, row);
    const Index rest = count - row;
    unroll_constants<most - 1>([&](auto i) {
      if (rest == i + 1) f(std::integral_constant<int, i + 1>{}, row);
    });
  } else {
    constexpr Index blocks = round_up(channels, most) / most, larger = channels % blocks;
    constexpr int rows = static_cast<int>(channels / blocks);
    if constexpr (larger > 0)
      for (; row < larger * (rows + 1); row += rows + 1) f(std::integral_constant<int, rows + 1>{}, row);
    for (; row < channels; row += rows) f(std::integral_constant<int, rows>{}, row);
  }
}

}  // namespace lifelog::nn::detail
