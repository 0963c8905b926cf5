// SPDX-License-Identifier: MIT
#pragma once

#include "packet.hpp"

// The three loops all linear nodes stand on. Operands are planes of lanes: `x + i * x_stride` is channel i,
// and lanes are consecutive times, samples or windows. Weights lie as column-major (outputs × inputs·taps),
// column k·inputs + i holding tap k of input i.

namespace lifelog::nn::detail {

/// A register block: Rows channels × Columns packets.
template<class T, int Rows, int Columns>
struct Block {
  Packet<T> at[Rows][Columns];
};

/// block(r, p) += Σ_{k,i} weight(r, k·inputs + i) · x[i·x_stride + offset(k, p) …].
/// `weight` points at the block's first output; `offset(k, p)` says where packet p of tap k starts in a
/// channel.
template<class T, int Rows, int Columns, class Offset>
EIGEN_ALWAYS_INLINE void accumulate(Block<T, Rows, Columns>& block, const T* weight, Index weight_stride,
                                    const T* x, Index x_stride, Index inputs, Index taps, Offset offset) {
  auto sum = block;
  for (Index k = 0; k < taps; ++k) {
    const T* channel[Columns];
    unroll<Columns>([&](auto p) { channel[p] = x + offset(k, p); });
    for (Index i = 0; i < inputs; ++i, weight += weight_stride) {
      Packet<T> value[Columns];
      unroll<Columns>([&](auto p) {
        value[p] = load(channel[p]);
        channel[p] += x_stride;
      });
      unroll<Rows>([&](auto r) {
        const auto w = broadcast(weight[r]);
        unroll<Columns>([&](auto p) { sum.at[r][p] = pmadd(w, value[p], sum.at[r][p]); });
      });
    }
  }
  block = sum;
}

/// block(r, p) += Σ_o weight(o, r) · y[o·y_stride + p·packet]: the transpose of `accumulate` for one tap.
/// `weight` points at the block's first input of that tap.
template<class T, int Rows, int Columns>
EIGEN_ALWAYS_INLINE void accumulate_transposed(Block<T, Rows, Columns>& block, const T* weight,
                                               Index weight_stride, const T* y, Index y_stride,
                                               Index outputs) {
  auto sum = block;
  for (Index o = 0; o < outputs; ++o, ++weight, y += y_stride) {
    Packet<T> value[Columns];
    unroll<Columns>([&](auto p) { value[p] = load(y + p * packet_size<T>); });
    unroll<Rows>([&](auto r) {
      const auto w = broadcast(weight[r * weight_stride]);
      unroll<Columns>([&](auto p) { sum.at[r][p] = pmadd(w, value[p], sum.at[r][p]); });
    });
  }
  block = sum;
}

/// gradient(o, i) += Σ_{s<steps} Σ_lanes y[o·y_stride + y_offset(s) …] · x[i·x_stride + x_offset(s) …] for
/// all outputs and inputs, a packet of lanes at each step: the outer product that is a linear node's weight
/// gradient.
template<class T, class YOffset, class XOffset>
void accumulate_outer(T* gradient, Index gradient_stride, const T* y, Index y_stride, Index outputs,
                      const T* x, Index x_stride, Index inputs, Index steps, YOffset y_offset,
                      XOffset x_offset) {
  constexpr int tile = 4;
  const auto run = [&](auto rows, auto columns, Index o, Index i) {
    constexpr int R = decltype(rows)::value, C = decltype(columns)::value;
    Packet<T> sum[R][C];
    unroll<R>([&](auto r) { unroll<C>([&](auto c) { sum[r][c] = broadcast(T(0)); }); });
    for (Index s = 0; s < steps; ++s) {
      const T* ys = y + o * y_stride + y_offset(s);
      const T* xs = x + i * x_stride + x_offset(s);
      Packet<T> left[R];
      unroll<R>([&](auto r) { left[r] = load(ys + r * y_stride); });
      unroll<C>([&](auto c) {
        const auto right = load(xs + c * x_stride);
        unroll<R>([&](auto r) { sum[r][c] = pmadd(left[r], right, sum[r][c]); });
      });
    }
    unroll<C>([&](auto c) {
      unroll<R>([&](auto r) { gradient[(i + c) * gradient_stride + o + r] += predux(sum[r][c]); });
    });
  };
  using One = std::integral_constant<int, 1>;
  using Tile = std::integral_constant<int, tile>;
  const Index whole_outputs = outputs / tile * tile, whole_inputs = inputs / tile * tile;
  for (Index o = 0; o < whole_outputs; o += tile) {
    for (Index i = 0; i < whole_inputs; i += tile) run(Tile{}, Tile{}, o, i);
    for (Index i = whole_inputs; i < inputs; ++i) run(Tile{}, One{}, o, i);
  }
  for (Index o = whole_outputs; o < outputs; ++o)
    for (Index i = 0; i < inputs; ++i) run(One{}, One{}, o, i);
}

}  // namespace lifelog::nn::detail
