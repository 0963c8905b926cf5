// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>

#include "../core/finite.hpp"
#include "expression.hpp"

namespace lifelog::nn {

/// An element-wise function. `Function` gives `value(x)`, `packet(x)`, `vector(x)` (an Eigen expression), and the derivative told from the
/// output alone, `slope(y)` and `packet_slope(y)`; and `zero_preserving`: whether f(0) = 0. Before time 0 a signal is zero whatever f(0) is.
template<class T, Index channels_, template<class> class Function>
struct Pointwise : Parameterless<Pointwise<T, channels_, Function>, T, channels_> {
  static constexpr bool pointwise = true;
  using Base = Parameterless<Pointwise<T, channels_, Function>, T, channels_>;
  template<class D>
  using Tape = typename Base::template Tape<D>;

  explicit Pointwise(Index count = channels_) : Base(count) {}

  template<int Rows, int Columns>
  EIGEN_ALWAYS_INLINE void apply(detail::Block<T, Rows, Columns>& y) const {
    detail::unroll<Rows>([&](int r) LIFELOG_INLINED {
      detail::unroll<Columns>([&](int p) LIFELOG_INLINED { y.at[r][p] = Function<T>::packet(y.at[r][p]); });
    });
  }

  EIGEN_ALWAYS_INLINE void push(typename Base::Memory&, const T* x, T* y) const {
    using Vector = Eigen::Array<T, channels_, 1>;
    Eigen::Map<Vector>(y, this->outputs()) =
        Function<T>::vector(Eigen::Map<const Vector>(x, this->outputs()));
  }

  template<class D>
  void record(const D& domain, Tape<D>&, const T* x, T* y) const {
    const Index size = domain.plane(this->outputs()), whole = size / packet * packet;
    for (Index i = 0; i < whole; i += packet)
      detail::store<T>(y + i, Function<T>::packet(detail::load(x + i)));
    for (Index i = whole; i < size; ++i) y[i] = Function<T>::value(x[i]);
    if constexpr (!Function<T>::zero_preserving && requires { domain.mask(y, size); })
      domain.mask(y, this->outputs());
  }

  template<class D>
  void pull(const D& domain, Tape<D>&, const T*, const T* y, const T* dy, T* dx, Pointwise&) const {
    if (dx) pull_to<false>(domain, y, dy, dx);
  }

  /// The gradient's way back alone: dx = dy · slope where `fresh`, else added to what is there.
  template<bool fresh, class D>
  void pull_to(const D& domain, const T* y, const T* dy, T* dx) const {
    const Index size = domain.plane(this->outputs()), whole = size / packet * packet;
    for (Index i = 0; i < whole; i += packet) {
      const auto slope = Function<T>::packet_slope(detail::load(y + i)), from = detail::load(dy + i);
      detail::store<T>(dx + i,
                       fresh ? detail::pmul(from, slope) : detail::pmadd(from, slope, detail::load(dx + i)));
    }
    for (Index i = whole; i < size; ++i) dx[i] = (fresh ? T(0) : dx[i]) + dy[i] * Function<T>::slope(y[i]);
  }

 private:
  // Written out in packets: compilers do not all see that a choice between two slopes can be one.
  static constexpr Index packet = detail::packet_size<T>;
};

namespace detail {

/// f lane by lane, for what has no packet primitives.
template<class T, class F>
Packet<T> each_lane(const Packet<T>& x, F f) {
  alignas(64) T lanes[packet_size<T>];
  store<T>(lanes, x);
  for (T& lane : lanes) lane = f(lane);
  return load(lanes);
}

template<class T>
struct LeakyRelu {
  static constexpr bool zero_preserving = true;
  static constexpr T negative_slope = T(0.01);
  static T value(T x) { return x > 0 ? x : negative_slope * x; }
  static T slope(T y) { return y > 0 ? T(1) : negative_slope; }
  static Packet<T> packet(const Packet<T>& x) { return pmax(x, pmul(x, broadcast(negative_slope))); }
  static Packet<T> packet_slope(const Packet<T>& y) {
    return select_less(broadcast(T(0)), y, broadcast(T(1)), broadcast(negative_slope));
  }
  static auto vector(const auto& x) { return x.max(x * negative_slope); }
};

template<class T>
struct Relu {
  static constexpr bool zero_preserving = true;
  static T value(T x) { return x > 0 ? x : T(0); }
  static T slope(T y) { return y > 0 ? T(1) : T(0); }
  static Packet<T> packet(const Packet<T>& x) { return pmax(x, broadcast(T(0))); }
  static Packet<T> packet_slope(const Packet<T>& y) {
    return select_less(broadcast(T(0)), y, broadcast(T(1)), broadcast(T(0)));
  }
  static auto vector(const auto& x) { return x.max(T(0)); }
};

template<class T>
struct Sigmoid {
  static constexpr bool zero_preserving = false;
  static T value(T x) {
    const T e = std::exp(-std::abs(x));
    return x >= 0 ? 1 / (1 + e) : e / (1 + e);
  }
  static T slope(T y) { return y * (1 - y); }
  static Packet<T> packet(const Packet<T>& x) { return each_lane<T>(x, value); }
  static Packet<T> packet_slope(const Packet<T>& y) { return pmul(y, psub(broadcast(T(1)), y)); }
  static auto vector(const auto& x) {
    return x.unaryExpr([](T v) { return value(v); });
  }
};

template<class T>
struct Tanh {
  static constexpr bool zero_preserving = true;
  static T value(T x) { return std::tanh(x); }
  static T slope(T y) { return 1 - y * y; }
  static Packet<T> packet(const Packet<T>& x) { return each_lane<T>(x, value); }
  static Packet<T> packet_slope(const Packet<T>& y) { return psub(broadcast(T(1)), pmul(y, y)); }
  static auto vector(const auto& x) {
    return x.unaryExpr([](T v) { return value(v); });
  }
};

}  // namespace detail

/// Normalised log-probabilities over the features of each sample: y = x − log Σ exp(x). Of finite x they are finite: what
/// T is too short for, PyTorch's −∞, is the lowest number there is, so that 0 · log 0 is 0 where pools mix them.
template<class T, Index channels_>
struct LogSoftmax : Parameterless<LogSoftmax<T, channels_>, T, channels_> {
  static constexpr bool pointwise = false;
  using Base = Parameterless<LogSoftmax<T, channels_>, T, channels_>;
  template<class D>
  using Tape = typename Base::template Tape<D>;

  explicit LogSoftmax(Index count = channels_) : Base(count) {}

  void push(typename Base::Memory&, const T* x, T* y) const { normalise(x, y, 1); }

  template<class D>
  void record(const D& domain, Tape<D>&, const T* x, T* y) const {
    for (Index n = 0; n < domain.stride(); ++n) normalise(x + n, y + n, domain.stride());
  }

  template<class D>
  void pull(const D& domain, Tape<D>&, const T*, const T* y, const T* dy, T* dx, LogSoftmax&) const {
    if (!dx) return;
    const Index stride = domain.stride(), count = this->outputs();
    for (Index n = 0; n < stride; ++n) {
      T total = 0;
      for (Index c = 0; c < count; ++c) total += dy[c * stride + n];
      for (Index c = 0; c < count; ++c)
        dx[c * stride + n] += dy[c * stride + n] - std::exp(y[c * stride + n]) * total;
    }
  }

 private:
  void normalise(const T* x, T* y, Index stride) const {
    const Index count = this->outputs();
    T largest = x[0], total = 0;
    for (Index c = 1; c < count; ++c) largest = std::max(largest, x[c * stride]);
    for (Index c = 0; c < count; ++c) total += std::exp(x[c * stride] - largest);
    const T log_total = std::log(total);
    for (Index c = 0; c < count; ++c)
      y[c * stride] = lifelog::detail::finite_log<T>(x[c * stride] - largest - log_total);
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
};

struct LogSoftmaxMaker : MakerBase {
  template<class T, Index channels>
  auto make(Index count) const {
    return LogSoftmax<T, channels>(count);
  }
};

/// max(x, x/100), PyTorch's default slope.
inline constexpr PointwiseMaker<detail::LeakyRelu> leaky_relu;
/// max(x, 0).
inline constexpr PointwiseMaker<detail::Relu> relu;
/// 1/(1 + exp(−x)).
inline constexpr PointwiseMaker<detail::Sigmoid> sigmoid;
/// Hyperbolic tangent.
inline constexpr PointwiseMaker<detail::Tanh> tanh;
/// Log-probabilities over features.
inline constexpr LogSoftmaxMaker log_softmax;

}  // namespace lifelog::nn
