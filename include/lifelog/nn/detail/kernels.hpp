// SPDX-License-Identifier: MIT
#pragma once

#include "packet.hpp"

// The loops all linear nodes stand on. Operands are planes of lanes: `x + i * x_stride` is channel i,
// and lanes are consecutive times, samples or windows. Weights lie as column-major (outputs × inputs·taps),
// column k·inputs + i holding tap k of input i.

namespace lifelog::inline LIFELOG_ABI::nn::detail {

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
    unroll<Columns>([&](int p) LIFELOG_INLINED { channel[p] = x + offset(k, p); });
    for (Index i = 0; i < inputs; ++i, weight += weight_stride) {
      Packet<T> value[Columns];
      unroll<Columns>([&](int p) LIFELOG_INLINED {
        value[p] = load(channel[p]);
        channel[p] += x_stride;
      });
      unroll<Rows>([&](int r) LIFELOG_INLINED {
        const auto w = broadcast(weight[r]);
        unroll<Columns>([&](int p) LIFELOG_INLINED { sum.at[r][p] = pmadd(w, value[p], sum.at[r][p]); });
      });
    }
  }
  block = sum;
}

/// The same as `accumulate`, in another order where a block is so small that its sums would wait for themselves: inputs, or taps
/// where there are fewer inputs, are then summed in several chains.
template<class T, int Rows, int Columns, class Offset>
EIGEN_ALWAYS_INLINE void accumulate_in_chains(Block<T, Rows, Columns>& block, const T* weight,
                                              Index weight_stride, const T* x, Index x_stride, Index inputs,
                                              Index taps, Offset offset) {
  constexpr int chains = 8 / (Rows * Columns);
  if constexpr (chains < 2) {
    accumulate(block, weight, weight_stride, x, x_stride, inputs, taps, offset);
  } else {
    Block<T, Rows, Columns> sum[chains];
    unroll<chains>([&](int c) LIFELOG_INLINED {
      unroll<Rows>([&](int r) LIFELOG_INLINED {
        unroll<Columns>([&](int p)
                            LIFELOG_INLINED { sum[c].at[r][p] = c == 0 ? block.at[r][p] : broadcast(T(0)); });
      });
    });
    const auto add = [&](Block<T, Rows, Columns>& to, const T* w, const T*(&channel)[Columns])
                         LIFELOG_INLINED {
                           unroll<Columns>([&](int p) LIFELOG_INLINED {
                             const auto value = load(channel[p]);
                             unroll<Rows>([&](int r) LIFELOG_INLINED {
                               to.at[r][p] = pmadd(broadcast(w[r]), value, to.at[r][p]);
                             });
                           });
                         };
    const T* channel[Columns];
    const auto at = [&](Index k, Index i) LIFELOG_INLINED {
      unroll<Columns>([&](int p) LIFELOG_INLINED { channel[p] = x + i * x_stride + offset(k, p); });
    };
    if (inputs >= chains) {
      for (Index k = 0; k < taps; ++k) {
        at(k, 0);
        const auto next = [&](Block<T, Rows, Columns>& to) LIFELOG_INLINED {
          add(to, weight, channel);
          weight += weight_stride;
          unroll<Columns>([&](int p) LIFELOG_INLINED { channel[p] += x_stride; });
        };
        Index i = 0;
        for (; i + chains <= inputs; i += chains)
          unroll<chains>([&](int c) LIFELOG_INLINED { next(sum[c]); });
        for (; i < inputs; ++i) next(sum[0]);
      }
    } else {
      for (Index i = 0; i < inputs; ++i) {
        const auto tap = [&](Block<T, Rows, Columns>& to, Index k) LIFELOG_INLINED {
          at(k, i);
          add(to, weight + (k * inputs + i) * weight_stride, channel);
        };
        Index k = 0;
        for (; k + chains <= taps; k += chains)
          unroll<chains>([&](int c) LIFELOG_INLINED { tap(sum[c], k + c); });
        for (; k < taps; ++k) tap(sum[0], k);
      }
    }
    unroll<Rows>([&](int r) LIFELOG_INLINED {
      unroll<Columns>([&](int p) LIFELOG_INLINED {
        block.at[r][p] = sum[0].at[r][p];
        unroll<chains - 1>(
            [&](int c) LIFELOG_INLINED { block.at[r][p] = padd(block.at[r][p], sum[c + 1].at[r][p]); });
      });
    });
  }
}

/// Of fewer rows than these `accumulate_pair` is no less arithmetic than three taps.
inline constexpr int pair_rows = 3;

/// What `accumulate_pair` knows a convolution of three taps by, each (outputs × inputs) and pointing at the block's first
/// output: the oldest tap and the present one as they are, half the sum of all three, and half their alternating sum.
template<class T>
struct PairWeights {
  const T *oldest, *present, *sum, *alternating;
};

/// Adds three taps, `step` apart, at two instants that are as far from each other, in four multiply-adds instead of six:
/// minimal filtering F(2, 3) (Winograd 1980, "Arithmetic Complexity of Computations"). With x₋₂ … x₁ the samples around the
/// earlier instant, and w₀, w₁, w₂ the taps,
///
///   block(r, 0) += s + d + w₀ (x₋₂ − x₀)      s = (w₀ + w₁ + w₂)/2 · (x₀ + x₋₁)
///   block(r, 1) += s − d + w₂ (x₁ − x₋₁)      d = (w₀ − w₁ + w₂)/2 · (x₀ − x₋₁)
///
/// summed over inputs. The earlier output never sees x₁.
template<class T, int Rows>
EIGEN_ALWAYS_INLINE void accumulate_pair(Block<T, Rows, 2>& block, PairWeights<T> w, Index weight_stride,
                                         const T* x, Index x_stride, Index inputs, Index step) {
  Packet<T> y[Rows][2], z[Rows][2];
  const auto run = [&](const T* first, const T* second, auto& sum, auto read) LIFELOG_INLINED {
    const T* channel = x;
    for (Index i = 0; i < inputs; ++i, first += weight_stride, second += weight_stride, channel += x_stride) {
      Packet<T> value[2];
      read(channel, value);
      unroll<Rows>([&](int r) LIFELOG_INLINED {
        sum[r][0] = pmadd(broadcast(first[r]), value[0], sum[r][0]);
        sum[r][1] = pmadd(broadcast(second[r]), value[1], sum[r][1]);
      });
    }
  };
  unroll<Rows>([&](int r) LIFELOG_INLINED { y[r][0] = y[r][1] = broadcast(T(0)); });
  run(w.sum, w.alternating, y, [&](const T* channel, Packet<T>(&value)[2]) LIFELOG_INLINED {
    const auto before = load(channel - step), now = load(channel);
    value[0] = padd(now, before), value[1] = psub(now, before);
  });
  unroll<Rows>([&](int r) LIFELOG_INLINED {
    z[r][0] = padd(block.at[r][0], padd(y[r][0], y[r][1]));
    z[r][1] = padd(block.at[r][1], psub(y[r][0], y[r][1]));
  });
  run(w.oldest, w.present, z, [&](const T* channel, Packet<T>(&value)[2]) LIFELOG_INLINED {
    value[0] = psub(load(channel - 2 * step), load(channel));
    value[1] = psub(load(channel + step), load(channel - step));
  });
  unroll<Rows>([&](int r) LIFELOG_INLINED { block.at[r][0] = z[r][0], block.at[r][1] = z[r][1]; });
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
    unroll<Columns>([&](int p) LIFELOG_INLINED { value[p] = load(y + p * packet_size<T>); });
    unroll<Rows>([&](int r) LIFELOG_INLINED {
      const auto w = broadcast(weight[r * weight_stride]);
      unroll<Columns>([&](int p) LIFELOG_INLINED { sum.at[r][p] = pmadd(w, value[p], sum.at[r][p]); });
    });
  }
  block = sum;
}

/// block(r, p) += Σ_{t<length} x[r·x_stride + t] · y[t·y_stride + p·packet …]: what a series' samples have to do with others
/// that lie side by side.
template<class T, int Rows, int Columns>
EIGEN_ALWAYS_INLINE void accumulate_correlation(Block<T, Rows, Columns>& block, const T* x, Index x_stride,
                                                const T* y, Index y_stride, Index length) {
  auto sum = block;
  for (Index t = 0; t < length; ++t, ++x, y += y_stride) {
    Packet<T> value[Columns];
    unroll<Columns>([&](int p) LIFELOG_INLINED { value[p] = load(y + p * packet_size<T>); });
    unroll<Rows>([&](int r) LIFELOG_INLINED {
      const auto w = broadcast(x[r * x_stride]);
      unroll<Columns>([&](int p) LIFELOG_INLINED { sum.at[r][p] = pmadd(w, value[p], sum.at[r][p]); });
    });
  }
  block = sum;
}

/// Packets one after the other, as an offset of `accumulate_outer`.
template<class T>
struct InARow {
  Index operator()(Index s) const { return s * packet_size<T>; }
};

/// The same for `packets` of them at each of some places.
template<class T, Index packets>
struct AtPlaces {
  const Index* places;
  Index operator()(Index s) const { return places[s / packets] + s % packets * packet_size<T>; }
};

/// gradient(o, i) += Σ_{s<steps} Σ_lanes y[o·y_stride + y_offset(s) …] · x[i·x_stride + x_offset(s) …] for
/// all outputs and inputs, a packet of lanes at each step: the outer product that is a linear node's weight
/// gradient. count: `outputs` where that is a constant.
template<Index count = Eigen::Dynamic, class T, class YOffset, class XOffset>
void accumulate_outer(T* gradient, Index gradient_stride, const T* y, Index y_stride, Index outputs,
                      const T* x, Index x_stride, Index inputs, Index steps, YOffset y_offset,
                      XOffset x_offset) {
  constexpr int tile = 4;
  const auto run = [&](auto rows, auto columns, Index o, Index i) {
    constexpr int R = decltype(rows)::value, C = decltype(columns)::value;
    // Sums of one row would wait for themselves: two sets of them take their turns.
    constexpr int sets = R == 1 && C > 1 ? 2 : 1;
    Packet<T> sums[sets][R][C];
    unroll<sets * R>([&](int r) LIFELOG_INLINED {
      unroll<C>([&](int c) LIFELOG_INLINED { sums[r / R][r % R][c] = broadcast(T(0)); });
    });
    const auto step = [&](Packet<T>(&to)[R][C], Index at) LIFELOG_INLINED {
      const T* ys = y + o * y_stride + y_offset(at);
      const T* xs = x + i * x_stride + x_offset(at);
      Packet<T> left[R];
      unroll<R>([&](int r) LIFELOG_INLINED { left[r] = kept(load(ys + r * y_stride)); });
      unroll<C>([&](int c) LIFELOG_INLINED {
        const auto right = load(xs + c * x_stride);
        unroll<R>([&](int r) LIFELOG_INLINED { to[r][c] = pmadd(left[r], right, to[r][c]); });
      });
    };
    Index s = 0;
    for (; s + sets <= steps; s += sets)
      unroll<sets>([&](int set) LIFELOG_INLINED { step(sums[set], s + set); });
    if constexpr (sets > 1)
      if (s < steps) step(sums[0], s);
    auto& sum = sums[0];
    unroll<(sets - 1) * C>([&](int c) LIFELOG_INLINED { sum[0][c] = padd(sum[0][c], sums[sets - 1][0][c]); });
    const auto add = [&](int at, T value)
                         LIFELOG_INLINED { gradient[(i + at / R) * gradient_stride + o + at % R] += value; };
    constexpr int size = packet_size<T>;
    if constexpr (C * R % size == 0) {
      alignas(64) T total[C * R];
      unroll<C * R / size>([&](int group) LIFELOG_INLINED {
        Packet<T> packets[size];
        unroll<size>([&](int l) LIFELOG_INLINED {
          const int at = group * size + l;
          packets[l] = sum[at % R][at / R];
        });
        store<T>(total + group * size, sums_of_lanes(packets));
      });
      unroll<C * R>([&](int at) LIFELOG_INLINED { add(at, total[at]); });
    } else {
      unroll<C * R>([&](int at) LIFELOG_INLINED { add(at, predux(sum[at % R][at / R])); });
    }
  };
  using One = std::integral_constant<int, 1>;
  using Tile = std::integral_constant<int, tile>;
  const Index whole_inputs = inputs / tile * tile;
  const auto run_rows = [&](auto rows, Index o) {
    for (Index i = 0; i < whole_inputs; i += tile) run(rows, Tile{}, o, i);
    for (Index i = whole_inputs; i < inputs; ++i) run(rows, One{}, o, i);
  };
  if constexpr (count == Eigen::Dynamic) {
    const Index whole_outputs = outputs / tile * tile;
    for (Index o = 0; o < whole_outputs; o += tile) run_rows(Tile{}, o);
    for (Index o = whole_outputs; o < outputs; ++o) run_rows(One{}, o);
  } else {
    constexpr int rest = static_cast<int>(count % tile);
    if constexpr (count >= tile)
      for (Index o = 0; o < count - rest; o += tile) run_rows(Tile{}, o);
    if constexpr (rest > 0) run_rows(std::integral_constant<int, rest>{}, count - rest);
  }
}

}  // namespace lifelog::nn::detail
