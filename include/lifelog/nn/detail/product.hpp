// SPDX-License-Identifier: MIT
#pragma once

#include "packet.hpp"

// One sample at a time: lanes run over the outputs.

namespace lifelog::nn::detail {

/// sum[c] += Σ weight(·, i) · x(i) over the inputs i ≡ c modulo `chains`: independent sums, so that multiply-adds do not
/// wait for each other. Unrolled where `inputs` is a small constant.
template<Index inputs, class P, int chains, class T>
EIGEN_ALWAYS_INLINE void accumulate_outputs(P (&sum)[chains], const T* weight, Index weight_stride,
                                            const T* x, Index count) {
  using Eigen::internal::ploadu;
  using Eigen::internal::pset1;
  if constexpr (inputs != Eigen::Dynamic && inputs <= 32) {
    unroll<static_cast<int>(inputs)>([&](auto i) LIFELOG_INLINED {
      sum[i % chains] = pmadd(pset1<P>(x[i]), ploadu<P>(weight + i * weight_stride), sum[i % chains]);
    });
  } else {
    for (Index i = 0; i < count; i += chains)
      unroll<chains>([&](auto c) LIFELOG_INLINED {
        if (i + c < count)
          sum[c] = pmadd(pset1<P>(x[i + c]), ploadu<P>(weight + (i + c) * weight_stride), sum[c]);
      });
  }
}

/// The same for `rows` outputs side by side where there are no packets: each input is loaded once for all of them.
template<int rows, Index out, int taps, class T, class Tap>
EIGEN_ALWAYS_INLINE void product_rows(T* y, const T* weight, const T* bias, Index inputs, Tap tap) {
  T sum[rows];
  unroll<rows>([&](auto r) LIFELOG_INLINED { sum[r] = bias[r]; });
  for (Index k = 0; k < taps; ++k) {
    const T* const x = tap(k);
    for (Index i = 0; i < inputs; ++i, weight += out) {
      const T value = x[i];
      unroll<rows>([&](auto r) LIFELOG_INLINED { sum[r] = pmadd(weight[r], value, sum[r]); });
    }
  }
  unroll<rows>([&](auto r) LIFELOG_INLINED { y[r] = sum[r]; });
}

/// y(r) = bias(r) + Σ_k Σ_i weight(r, k·inputs + i) · x_k(i), where `tap(k)` is the address of x_k; `in` may be
/// Eigen::Dynamic. Taps are taken in order, so that all but the last wait for nothing computed just now.
template<Index out, Index in, int taps, class T, class Tap>
EIGEN_ALWAYS_INLINE void product(T* y, const T* weight, const T* bias, Index inputs, Tap tap) {
  using P = typename Eigen::internal::find_best_packet<T, static_cast<int>(out)>::type;
  constexpr Index lanes = Eigen::internal::unpacket_traits<P>::size;
  if constexpr (lanes > 1) {
    constexpr int chains = 4;
    constexpr Index whole = out / lanes * lanes;
    for (Index r = 0; r < whole; r += lanes) {
      P sum[chains];
      sum[0] = Eigen::internal::ploadu<P>(bias + r);
      unroll<chains - 1>([&](auto c) LIFELOG_INLINED { sum[c + 1] = Eigen::internal::pset1<P>(T(0)); });
      unroll<taps>([&](auto k) LIFELOG_INLINED {
        accumulate_outputs<in>(sum, weight + k * inputs * out + r, out, tap(k), inputs);
      });
      Eigen::internal::pstoreu(y + r, padd(padd(sum[0], sum[1]), padd(sum[2], sum[3])));
    }
    for (Index r = whole; r < out; ++r) product_rows<1, out, taps>(y + r, weight + r, bias + r, inputs, tap);
  } else {
    constexpr Index whole = out / 4 * 4;
    for (Index r = 0; r < whole; r += 4) product_rows<4, out, taps>(y + r, weight + r, bias + r, inputs, tap);
    for (Index r = whole; r < out; ++r) product_rows<1, out, taps>(y + r, weight + r, bias + r, inputs, tap);
  }
}

}  // namespace lifelog::nn::detail
