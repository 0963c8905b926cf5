// SPDX-License-Identifier: MIT
#pragma once

#include "../../core/packet.hpp"

namespace lifelog::nn::detail {

using namespace lifelog::detail::simd;

/// Register block of the kernels: channels × packets. Sized so that the accumulators, one column of input and
/// a broadcast weight fit the register file without spilling.
inline constexpr int block_rows = EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS >= 32 ? 8 : 4;
inline constexpr int block_packets = 2;

/// Rows of a register block among `channels` of them. Six keep two pipes busy where four may wait for their own last sums, but
/// leave more over of few channels.
template<Index channels>
inline constexpr int block_rows_of = block_rows == 4 && channels >= 24 ? 6 : block_rows;

/// Scalars of one block row.
template<class T>
inline constexpr Index block_width = block_packets* packet_size<T>;

/// Calls f(rows, first) for consecutive blocks of rows that cover `count`, `rows` an integral_constant: whole blocks, then
/// one remainder block. Where `channels`, which is `count`, is a constant, no other remainder is compiled.
template<Index channels = Eigen::Dynamic, class F>
EIGEN_ALWAYS_INLINE void for_row_blocks(Index count, F&& f) {
  constexpr int whole = block_rows_of<channels>;
  Index row = 0;
  for (; row + whole <= count; row += whole) f(std::integral_constant<int, whole>{}, row);
  if constexpr (channels == Eigen::Dynamic) {
    const Index rest = count - row;
    unroll_constants<whole - 1>([&](auto i) {
      if (rest == i + 1) f(std::integral_constant<int, i + 1>{}, row);
    });
  } else if constexpr (channels % whole > 0) {
    f(std::integral_constant<int, static_cast<int>(channels % whole)>{}, row);
  }
}

/// Smallest multiple of `unit` that is not below `n`.
constexpr Index round_up(Index n, Index unit) {
  return (n + unit - 1) / unit * unit;
}

}  // namespace lifelog::nn::detail
