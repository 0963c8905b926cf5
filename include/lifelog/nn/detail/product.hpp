// SPDX-License-Identifier: MIT
#pragma once

#include "packet.hpp"

// One sample at a time: lanes run over the outputs. A sample is used once, for all outputs that hear it, now and later.

namespace lifelog::inline LIFELOG_ABI::nn::detail {

/// What `out` outputs are computed in: the widest packet they fill (a plain scalar where there is none).
template<class T, Index out>
using OutputPacket = typename Eigen::internal::find_best_packet<T, static_cast<int>(out)>::type;

/// Calls f(i, c) for every input i, where c is i modulo `chains`, a constant to the optimiser. Unrolled where `inputs` is a small constant.
template<Index inputs, int chains, class F>
EIGEN_ALWAYS_INLINE void for_inputs(Index count, F f) {
  if constexpr (inputs != Eigen::Dynamic && inputs <= 32) {
    unroll<static_cast<int>(inputs)>([&](int i) LIFELOG_INLINED { f(Index{i}, i % chains); });
  } else {
    for (Index i = 0; i < count; i += chains)
      unroll<chains>([&](int c) LIFELOG_INLINED {
        if (i + c < count) f(i + c, c);
      });
  }
}

/// A packet of outputs, see `product`.
template<class P, Index out, Index in, int taps, class T>
EIGEN_ALWAYS_INLINE void product_packet(T* y, T* pending, const T* weight, const T* bias, Index inputs,
                                        const T* x) {
  using Eigen::internal::ploadu;
  using Eigen::internal::pset1;
  // Independent sums for the present output, which the next node waits for, so that multiply-adds do not wait for each
  // other. Later outputs have time.
  constexpr int chains = 4;
  P now[chains], later[taps];
  now[0] = ploadu<P>(bias);
  if constexpr (taps > 1) now[0] = padd(now[0], ploadu<P>(pending));
  unroll<chains - 1>([&](int c) LIFELOG_INLINED { now[c + 1] = pset1<P>(T(0)); });
  unroll<taps - 1>([&](int k) LIFELOG_INLINED {
    later[k] = k == taps - 2 ? pset1<P>(T(0)) : ploadu<P>(pending + (k + 1) * out);
  });
  for_inputs<(in * taps <= 96 ? in : Eigen::Dynamic), chains>(inputs, [&](Index i, int c) LIFELOG_INLINED {
    const P value = pset1<P>(x[i]);
    const auto tap = [&](Index k) LIFELOG_INLINED { return ploadu<P>(weight + (k * inputs + i) * out); };
    now[c] = pmadd(tap(taps - 1), value, now[c]);
    unroll<taps - 1>([&](int k) LIFELOG_INLINED { later[k] = pmadd(tap(taps - 2 - k), value, later[k]); });
  });
  Eigen::internal::pstoreu(y, padd(padd(now[0], now[1]), padd(now[2], now[3])));
  unroll<taps - 1>([&](int k) LIFELOG_INLINED { Eigen::internal::pstoreu(pending + k * out, later[k]); });
}

/// `rows` outputs side by side where there are no packets: each input is loaded once for all of them.
template<int rows, Index out, int taps, class T>
EIGEN_ALWAYS_INLINE void product_rows(T* y, T* pending, const T* weight, const T* bias, Index inputs,
                                      const T* x) {
  T sum[rows];
  unroll<rows>([&](int r) LIFELOG_INLINED { sum[r] = taps > 1 ? bias[r] + pending[r] : bias[r]; });
  for (Index k = taps - 1; k >= 0; --k) {
    const T* column = weight + k * inputs * out;
    for (Index i = 0; i < inputs; ++i, column += out) {
      const T value = x[i];
      unroll<rows>([&](int r) LIFELOG_INLINED { sum[r] = pmadd(column[r], value, sum[r]); });
    }
    unroll<rows>([&](int r) LIFELOG_INLINED { y[r] = sum[r], sum[r] = T(0); });
    if (k > 1) unroll<rows>([&](int r) LIFELOG_INLINED { sum[r] = pending[out + r]; });
    if (k > 0) y = pending, pending += out;
  }
}

/// to = start + W x for one tap's weights W and a packet of outputs.
template<class P, Index out, class T>
EIGEN_ALWAYS_INLINE void product_tap(T* to, const P& start, const T* weight, Index inputs, const T* x) {
  constexpr int chains = 4;
  P sum[chains] = {start};
  unroll<chains - 1>([&](int c) LIFELOG_INLINED { sum[c + 1] = Eigen::internal::pset1<P>(T(0)); });
  for_inputs<Eigen::Dynamic, chains>(inputs, [&](Index i, int c) LIFELOG_INLINED {
    sum[c] = pmadd(Eigen::internal::ploadu<P>(weight + i * out), Eigen::internal::pset1<P>(x[i]), sum[c]);
  });
  Eigen::internal::pstoreu(to, padd(padd(sum[0], sum[1]), padd(sum[2], sum[3])));
}

/// `product` for so many taps that their sums would not stay in registers: one tap after the other.
template<Index out, int taps, class T>
void product_by_taps(T* y, T* pending, const T* weight, const T* bias, Index inputs, const T* x) {
  using P = OutputPacket<T, out>;
  constexpr Index lanes = Eigen::internal::unpacket_traits<P>::size, whole = out / lanes * lanes;
  const auto from = [&]<class Q>(Q, Index k, Index r) LIFELOG_INLINED {
    using Eigen::internal::ploadu;
    if (k == 0) return padd(ploadu<Q>(bias + r), ploadu<Q>(pending + r));
    return k < taps - 1 ? ploadu<Q>(pending + k * out + r) : Eigen::internal::pset1<Q>(T(0));
  };
  for (Index k = 0; k < taps; ++k) {
    T* const to = k == 0 ? y : pending + (k - 1) * out;
    const T* const w = weight + (taps - 1 - k) * inputs * out;
    for (Index r = 0; r < whole; r += lanes) product_tap<P, out>(to + r, from(P{}, k, r), w + r, inputs, x);
    for (Index r = whole; r < out; ++r) product_tap<T, out>(to + r, from(T{}, k, r), w + r, inputs, x);
  }
}

/// What a sample x adds to the present output and, by the earlier ones of `taps` taps, to outputs to come:
///
///   y = bias + pending_0 + W_{taps−1} x
///   pending_j = pending_{j+1} + W_{taps−2−j} x       j = 0 … taps − 2, where pending_{taps−1} is zero
///
/// weight: `taps` matrices W of (out × inputs); pending: [taps − 1, out], not used with one tap. `in` may be Eigen::Dynamic.
template<Index out, Index in, int taps, class T>
EIGEN_ALWAYS_INLINE void product(T* y, T* pending, const T* weight, const T* bias, Index inputs, const T* x) {
  if constexpr (taps > 8) {
    product_by_taps<out, taps>(y, pending, weight, bias, inputs, x);
  } else {
    using P = OutputPacket<T, out>;
    constexpr Index lanes = Eigen::internal::unpacket_traits<P>::size, side_by_side = lanes > 1 ? lanes : 4;
    constexpr Index whole = out / side_by_side * side_by_side;
    const auto from = [&](Index r) LIFELOG_INLINED { return taps > 1 ? pending + r : nullptr; };
    for (Index r = 0; r < whole; r += side_by_side)
      if constexpr (lanes > 1)
        product_packet<P, out, in, taps>(y + r, from(r), weight + r, bias + r, inputs, x);
      else
        product_rows<4, out, taps>(y + r, from(r), weight + r, bias + r, inputs, x);
    for (Index r = whole; r < out; ++r)
      product_rows<1, out, taps>(y + r, from(r), weight + r, bias + r, inputs, x);
  }
}

}  // namespace lifelog::nn::detail
