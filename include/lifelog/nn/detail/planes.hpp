// SPDX-License-Identifier: MIT
#pragma once

#include "kernels.hpp"

// What a layer does to whole planes of training. How many channels a plane has and what the layer is else are numbers here, so
// that layers of all shapes share what the compiler makes of this; only the register blocks follow from constants.

namespace lifelog::inline LIFELOG_ABI::nn::detail {

/// Σ of a row's lanes, whole packets.
template<class T>
T sum_of_row(const T* row, Index lanes) {
  auto total = broadcast(T(0));
  for (Index s = 0; s < lanes; s += packet_size<T>) total = padd(total, load(row + s));
  return predux(total);
}

/// Calls f(columns, n) for register blocks from lane n of [begin, end), whole packets: of `block_packets` packets, the last perhaps
/// of one.
template<class T, class F>
EIGEN_ALWAYS_INLINE void for_lane_blocks(Index begin, Index end, F f) {
  static_assert(block_packets == 2);
  Index n = begin;
  for (; n + block_width<T> <= end; n += block_width<T>) f(std::integral_constant<int, block_packets>{}, n);
  if (n < end) f(std::integral_constant<int, 1>{}, n);
}

/// y(o, n) = bias(o) + Σ_i weight(o, i) · x(i, n) for lanes n of [begin, end), whole packets of planes [channel][stride].
/// `out`: outputs, where that is a constant.
template<Index out, class T>
void product_planes(const T* weight, const T* bias, Index outputs, Index inputs, const T* x, T* y,
                    Index stride, Index begin, Index end) {
  for_lane_blocks<T>(begin, end, [&](auto columns, Index n) {
    for_row_blocks<out>(outputs, [&](auto rows, Index row) {
      Block<T, rows, columns> block;
      unroll<rows>([&](int r) LIFELOG_INLINED {
        unroll<columns>([&](int p) LIFELOG_INLINED { block.at[r][p] = broadcast(bias[row + r]); });
      });
      accumulate(block, weight + row, outputs, x + n, stride, inputs, 1,
                 [](Index, Index p) { return p * packet_size<T>; });
      unroll<rows>([&](int r) LIFELOG_INLINED {
        unroll<columns>([&](int p) LIFELOG_INLINED {
          store<T>(y + (row + r) * stride + n + p * packet_size<T>, block.at[r][p]);
        });
      });
    });
  });
}

/// dx(i, n) += Σ_o weight(o, i) · dy(o, n), of the same. `in`: inputs, where that is a constant.
template<Index in, class T>
void pull_planes(const T* weight, Index outputs, Index inputs, const T* dy, T* dx, Index stride, Index begin,
                 Index end) {
  for_lane_blocks<T>(begin, end, [&](auto columns, Index n) {
    for_row_blocks<in>(inputs, [&](auto rows, Index row) {
      Block<T, rows, columns> block;
      T* const to = dx + row * stride + n;
      unroll<rows>([&](int r) LIFELOG_INLINED {
        unroll<columns>([&](int p)
                            LIFELOG_INLINED { block.at[r][p] = load(to + r * stride + p * packet_size<T>); });
      });
      accumulate_transposed(block, weight + row * outputs, outputs, dy + n, stride, outputs);
      unroll<rows>([&](int r) LIFELOG_INLINED {
        unroll<columns>(
            [&](int p) LIFELOG_INLINED { store<T>(to + r * stride + p * packet_size<T>, block.at[r][p]); });
      });
    });
  });
}

/// to(n, o) = y(o, n), with outputs filled up to whole packets by zeros. to: [lanes, rounded up to a packet × outputs, too].
template<class T>
void turn_planes(const T* y, Index stride, Index outputs, Index lanes, T* to) {
  constexpr Index packet = packet_size<T>;
  const Index width = round_up(outputs, packet);
  for (Index o = 0; o < width; o += packet)
    for (Index n = 0; n < lanes; n += packet) {
      Packet<T> square[packet];
      for (Index r = 0; r < packet; ++r)
        square[r] = o + r < outputs ? load(y + (o + r) * stride + n) : broadcast(T(0));
      transpose(square);
      for (Index r = 0; r < packet; ++r) store<T>(to + (n + r) * width + o, square[r]);
    }
}

/// gradient(o, i) += Σ_n y(o, n) · x(i, n) for so few lanes n that `accumulate_outer` would do little but add up its registers:
/// a register holds outputs here. gradient: column-major; turned: room for y's transpose.
template<class T>
void accumulate_outer_of_few(T* gradient, const T* y, const T* x, Index stride, Index outputs, Index inputs,
                             Index lanes, Eigen::Array<T, Eigen::Dynamic, 1>& turned) {
  constexpr Index packet = packet_size<T>;
  constexpr int columns = block_rows == 8 ? 6 : 4, tall = block_rows == 8 ? 4 : 2;
  const Index width = round_up(outputs, packet);
  if (const Index room = round_up(lanes, packet) * width; turned.size() < room) turned.resize(room);
  T* const at = turned.data();
  turn_planes(y, stride, outputs, lanes, at);
  const auto run = [&](auto packets, auto wide, Index i, Index o, T* to, Index to_stride) LIFELOG_INLINED {
    constexpr int R = decltype(packets)::value, C = decltype(wide)::value;
    Packet<T> sum[C][R];
    unroll<C>([&](int c) LIFELOG_INLINED {
      unroll<R>([&](int r) LIFELOG_INLINED { sum[c][r] = load(to + c * to_stride + r * packet); });
    });
    const T* left = at + o;
    const T* right = x + i * stride;
    for (Index n = 0; n < lanes; ++n, left += width, ++right) {
      Packet<T> value[R];
      unroll<R>([&](int r) LIFELOG_INLINED { value[r] = load(left + r * packet); });
      unroll<C>([&](int c) LIFELOG_INLINED {
        const auto factor = broadcast(right[c * stride]);
        unroll<R>([&](int r) LIFELOG_INLINED { sum[c][r] = pmadd(factor, value[r], sum[c][r]); });
      });
    }
    unroll<C>([&](int c) LIFELOG_INLINED {
      unroll<R>([&](int r) LIFELOG_INLINED { store<T>(to + c * to_stride + r * packet, sum[c][r]); });
    });
  };
  const auto for_columns = [&](auto f) {
    Index i = 0;
    for (; i + columns <= inputs; i += columns) f(std::integral_constant<int, columns>{}, i);
    for (; i < inputs; ++i) f(std::integral_constant<int, 1>{}, i);
  };
  const auto run_columns = [&](auto packets, Index o) {
    for_columns([&](auto wide, Index i) { run(packets, wide, i, o, gradient + i * outputs + o, outputs); });
  };
  Index o = 0;
  for (; o + tall * packet <= outputs; o += tall * packet)
    run_columns(std::integral_constant<int, tall>{}, o);
  unroll_constants<tall - 1>([&](auto fewer) {
    constexpr int packets = tall - 1 - decltype(fewer)::value;
    if (o + packets * packet <= outputs)
      run_columns(std::integral_constant<int, packets>{}, o), o += packets * packet;
  });
  // Fewer outputs than a packet: their gradients lie among others' and are fetched and put back.
  if (const Index rest = outputs - o; rest > 0)
    for_columns([&](auto wide, Index i) {
      constexpr int C = decltype(wide)::value;
      T sums[C * packet] = {};
      for (int c = 0; c < C; ++c) std::copy_n(gradient + (i + c) * outputs + o, rest, sums + c * packet);
      run(std::integral_constant<int, 1>{}, wide, i, o, sums, packet);
      for (int c = 0; c < C; ++c) std::copy_n(sums + c * packet, rest, gradient + (i + c) * outputs + o);
    });
}

/// Planes [channel][instant][lane] that a convolution of windows reads and writes.
template<class T>
struct WindowPlanes {
  const T* x;
  Index x_stride, inputs, taps;
  /// [taps, instants]: where what a tap reads at an instant lies in a channel of x.
  const Index* places;
  Index instants;
  T* y;
  Index y_stride;
};

/// y(o, j …) = bias(o) + Σ_{k,i} weight(o, k·inputs + i) · x(i, places(k, j) …): `columns` packets of lanes from packet `first` of
/// instant j; they may run into the instants after it.
template<Index out, Index lanes, int columns, class T>
void convolve_windows(const T* weight, const T* bias, const WindowPlanes<T>& planes, Index j, int first) {
  constexpr Index packet = packet_size<T>;
  constexpr int packets = static_cast<int>(lanes / packet);
  for_row_blocks<out>(out, [&](auto rows, Index row) {
    Block<T, rows, columns> block;
    unroll<rows>([&](int r) LIFELOG_INLINED {
      unroll<columns>([&](int p) LIFELOG_INLINED { block.at[r][p] = broadcast(bias[row + r]); });
    });
    accumulate(block, weight + row, out, planes.x, planes.x_stride, planes.inputs, planes.taps,
               [&](Index k, Index p) {
                 return planes.places[k * planes.instants + j + (first + p) / packets] +
                        (first + p) % packets * packet;
               });
    unroll<rows>([&](int r) LIFELOG_INLINED {
      unroll<columns>([&](int p) LIFELOG_INLINED {
        store<T>(planes.y + (row + r) * planes.y_stride + j * lanes + (first + p) * packet, block.at[r][p]);
      });
    });
  });
}

/// dx(i, places(j) …) += Σ_o weight(o, i) · dy(o, j …) for one tap's weights, [outputs × inputs], and places.
template<Index in, Index lanes, class T>
void pull_windows(const T* weight, Index outputs, Index inputs, const Index* places, Index instants,
                  const T* dy, Index dy_stride, T* dx, Index dx_stride) {
  for (Index j = 0; j < instants; ++j)
    for (Index p = 0; p < lanes; p += packet_size<T>)
      for_row_blocks<in>(inputs, [&](auto rows, Index row) {
        Block<T, rows, 1> block;
        T* const to = dx + row * dx_stride + places[j] + p;
        unroll<rows>([&](int r) LIFELOG_INLINED { block.at[r][0] = load(to + r * dx_stride); });
        accumulate_transposed(block, weight + row * outputs, outputs, dy + j * lanes + p, dy_stride, outputs);
        unroll<rows>([&](int r) LIFELOG_INLINED { store<T>(to + r * dx_stride, block.at[r][0]); });
      });
}

}  // namespace lifelog::nn::detail
