// SPDX-License-Identifier: MIT
#pragma once

#include <utility>

#include "../../core/config.hpp"

// The only place that names Eigen's packet primitives: one SIMD register of scalars, whatever the instruction
// set (a plain scalar where there is none). Multiply-adds are spelled out, so that results do not hang on a
// compiler's taste in contraction.

namespace lifelog::nn::detail {

template<class T>
using Packet = typename Eigen::internal::packet_traits<T>::type;

template<class T>
inline constexpr int packet_size = Eigen::internal::unpacket_traits<Packet<T>>::size;

template<class T>
EIGEN_ALWAYS_INLINE Packet<T> load(const T* from) {
  return Eigen::internal::ploadu<Packet<T>>(from);
}

template<class T>
EIGEN_ALWAYS_INLINE Packet<T> broadcast(T value) {
  return Eigen::internal::pset1<Packet<T>>(value);
}

template<class T>
EIGEN_ALWAYS_INLINE void store(T* to, const Packet<T>& value) {
  Eigen::internal::pstoreu(to, value);
}

using Eigen::internal::padd;
using Eigen::internal::pcmp_lt;
using Eigen::internal::pmadd;
using Eigen::internal::pmax;
using Eigen::internal::pmin;
using Eigen::internal::pmul;
using Eigen::internal::predux;
using Eigen::internal::pselect;

// A lambda that must dissolve into its caller: what it indexes by constants then stays in registers.
#if defined(__GNUC__)
#define LIFELOG_INLINE_LAMBDA __attribute__((always_inline))
#else
#define LIFELOG_INLINE_LAMBDA
#endif

/// Calls f(integral_constant<int, 0>), …, f(integral_constant<int, N−1>).
template<int N, class F>
EIGEN_ALWAYS_INLINE void unroll(F&& f) {
  [&]<int... i>(std::integer_sequence<int, i...>) LIFELOG_INLINE_LAMBDA {
    (f(std::integral_constant<int, i>{}), ...);
  }
  (std::make_integer_sequence<int, N>{});
}

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
