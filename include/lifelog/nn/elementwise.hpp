// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>

#include "expression.hpp"

// Element-wise functions, the library's and your own. One is a class template of the scalar type:
//
//     template<class T>
//     struct Softsign {                                                       // x / (1 + |x|)
//       static T value(T x) { return x / (1 + std::abs(x)); }
//       static T slope(T x, T y) { return x == 0 ? T(1) : y / x * (y / x); }  // the derivative at x, where the value is y
//     };
//
//     auto net = input<3> | causal_conv<8, 3>() | elementwise<Softsign> | max_over_time | linear<4>;
//
// That is all of it: it is evaluated in batches and streams, and trained. Both functions must be finite for every finite x.
// What a function may say besides:
//
//     static T slope(T y)                              instead of slope(x, y), where the output tells: training then does
//                                                      not read the input again
//     static constexpr bool zero_preserving = true;    value(0) = 0. Before time 0 a signal is zero whatever value(0) is:
//                                                      for this function training need not see to it
//     static packets::Packet<T> packet(const packets::Packet<T>& x)
//     static packets::Packet<T> packet_slope(…)        of x and y, or of y alone, as slope: a register of numbers at a time
//
// What is not there is done number by number. Packets are worked on by the functions of `packets`: `padd`, `psub`, `pmul`,
// `pdiv`, `pmadd`, `pmin`, `pmax`, `pabs`, `exponential`, `broadcast`, `select_less` and the others of core/packet.hpp.

namespace lifelog::inline LIFELOG_ABI::nn {

/// Registers of numbers and what can be done with them.
namespace packets = lifelog::detail::simd;

namespace detail {

template<class F, class T>
concept SlopeOfOutput = requires(T y) {
  { F::slope(y) } -> std::same_as<T>;
};

template<class F, class T>
concept SlopeOfBoth = requires(T x, T y) {
  { F::slope(x, y) } -> std::same_as<T>;
};

template<class F>
constexpr bool zero_preserving() {
  if constexpr (requires { F::zero_preserving; })
    return F::zero_preserving;
  else
    return false;
}

/// f lane by lane, for what has no packet primitives.
template<class T, class F>
Packet<T> each_lane(const Packet<T>& x, F f) {
  alignas(64) T lanes[packet_size<T>];
  store<T>(lanes, x);
  for (T& lane : lanes) lane = f(lane);
  return load(lanes);
}

/// The same of two.
template<class T, class F>
Packet<T> each_lane(const Packet<T>& x, const Packet<T>& y, F f) {
  alignas(64) T left[packet_size<T>], right[packet_size<T>];
  store<T>(left, x);
  store<T>(right, y);
  for (Index l = 0; l < packet_size<T>; ++l) left[l] = f(left[l], right[l]);
  return load(left);
}

}  // namespace detail

/// What `elementwise` takes, for scalars T.
template<class F, class T>
concept ElementwiseFunction = requires(T x) {
  { F::value(x) } -> std::same_as<T>;
}
&&(detail::SlopeOfOutput<F, T> || detail::SlopeOfBoth<F, T>);

/// An element-wise function as a node.
template<class T, Index channels_, template<class> class Function>
struct Pointwise : Parameterless<Pointwise<T, channels_, Function>, T, channels_> {
  static_assert(
      ElementwiseFunction<Function<T>, T>,
      "an element-wise function needs static T value(T x), and static T slope(T x, T y) or slope(T y)");
  static constexpr bool pointwise = true;
  using Base = Parameterless<Pointwise<T, channels_, Function>, T, channels_>;
  using F = Function<T>;
  template<class D>
  using Tape = typename Base::template Tape<D>;

  explicit Pointwise(Index count = channels_) : Base(count) {}

  template<int Rows, int Columns>
  EIGEN_ALWAYS_INLINE void apply(detail::Block<T, Rows, Columns>& y) const {
    detail::unroll<Rows>([&](int r) LIFELOG_INLINED {
      detail::unroll<Columns>([&](int p) LIFELOG_INLINED { y.at[r][p] = packet_value(y.at[r][p]); });
    });
  }

  /// Of a materialised signal: a network's first node.
  template<bool fresh, int Rows, int Columns, class At>
  EIGEN_ALWAYS_INLINE void block(detail::Block<T, Rows, Columns>& out,
                                 const NodeBase::Chunk<typename At::Pace>&, SignalView<T> x, Index row,
                                 At at) const {
    detail::unroll<Rows>([&](int r) LIFELOG_INLINED {
      detail::unroll<Columns>([&](int p) LIFELOG_INLINED {
        const auto value = packet_value(detail::load(x.data + (row + r) * x.stride + at.offset(p)));
        out.at[r][p] = fresh ? value : detail::padd(out.at[r][p], value);
      });
    });
  }

  EIGEN_ALWAYS_INLINE void push(typename Base::Memory&, const T* x, T* y) const {
    const Index count = this->outputs(), whole = count / packet * packet;
    for (Index c = 0; c < whole; c += packet) detail::store<T>(y + c, packet_value(detail::load(x + c)));
    for (Index c = whole; c < count; ++c) y[c] = F::value(x[c]);
  }

  template<class D>
  void record(const D& domain, Tape<D>&, const T* x, T* y) const {
    const Index size = domain.plane(this->outputs()), whole = size / packet * packet;
    for (Index i = 0; i < whole; i += packet) detail::store<T>(y + i, packet_value(detail::load(x + i)));
    for (Index i = whole; i < size; ++i) y[i] = F::value(x[i]);
    if constexpr (!detail::zero_preserving<F>() && requires { domain.mask(y, size); })
      domain.mask(y, this->outputs());
  }

  template<class D>
  void pull(const D& domain, Tape<D>&, const T* x, const T* y, const T* dy, T* dx, Pointwise&) const {
    if (dx) pull_to<false>(domain, x, y, dy, dx);
  }

  /// The gradient's way back alone: dx = dy · slope where `fresh`, else added to what is there.
  template<bool fresh, class D>
  void pull_to(const D& domain, const T* x, const T* y, const T* dy, T* dx) const {
    const Index size = domain.plane(this->outputs()), whole = size / packet * packet;
    for (Index i = 0; i < whole; i += packet) {
      const auto slope = packet_slope(x + i, detail::load(y + i)), from = detail::load(dy + i);
      detail::store<T>(dx + i,
                       fresh ? detail::pmul(from, slope) : detail::pmadd(from, slope, detail::load(dx + i)));
    }
    for (Index i = whole; i < size; ++i) dx[i] = (fresh ? T(0) : dx[i]) + dy[i] * slope(x[i], y[i]);
  }

  static T slope([[maybe_unused]] T x, T y) {
    if constexpr (detail::SlopeOfOutput<F, T>)
      return F::slope(y);
    else
      return F::slope(x, y);
  }

 private:
  // Written out in packets: compilers do not all see that a choice between two slopes can be one.
  using Packet = detail::Packet<T>;
  static constexpr Index packet = detail::packet_size<T>;

  static EIGEN_ALWAYS_INLINE Packet packet_value(const Packet& x) {
    if constexpr (requires { F::packet(x); })
      return F::packet(x);
    else
      return detail::each_lane<T>(x, [](T v) { return F::value(v); });
  }

  static EIGEN_ALWAYS_INLINE Packet packet_slope([[maybe_unused]] const T* x, const Packet& y) {
    if constexpr (requires { F::packet_slope(y); })
      return F::packet_slope(y);
    else if constexpr (requires { F::packet_slope(y, y); })
      return F::packet_slope(detail::load(x), y);
    else if constexpr (detail::SlopeOfOutput<F, T>)
      return detail::each_lane<T>(y, [](T v) { return F::slope(v); });
    else
      return detail::each_lane<T>(detail::load(x), y, [](T v, T w) { return F::slope(v, w); });
  }
};

template<template<class> class Function>
struct PointwiseMaker : MakerBase {
  template<class T, Index channels>
  auto make(Index count) const {
    return Pointwise<T, channels, Function>(count);
  }
  /// Of a series, lazily; needs functional.hpp.
  template<class X>
  auto operator()(X&& x) const {
    return over(*this, std::forward<X>(x));
  }
  template<detail::SeriesOfOthers X>
  LIFELOG_REFUSED_NUMBERS detail::Nothing operator()(X&&) const;
  template<detail::NoSeries X>
  LIFELOG_REFUSED_SERIES detail::Nothing operator()(X&&) const;
};

/// Your own element-wise function: `elementwise<Softsign>`, or under a name, `inline constexpr auto softsign =
/// elementwise<Softsign>`. What `Function` must and may say stands at the top of this header.
template<template<class> class Function>
inline constexpr PointwiseMaker<Function> elementwise;
template<template<class> class Function>
requires(!ElementwiseFunction<Function<float>, float> && !ElementwiseFunction<Function<double>, double>)
    LIFELOG_REFUSED(
        "an element-wise function needs static T value(T x), and static T slope(T x, T y) or slope(T y), "
        "the derivative at x where the value is y")
inline constexpr detail::Nothing elementwise<Function>{};

}  // namespace lifelog::nn
