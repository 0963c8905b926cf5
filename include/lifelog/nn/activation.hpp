// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>

#include "../core/finite.hpp"
#include "elementwise.hpp"

namespace lifelog::inline LIFELOG_ABI::nn {

namespace detail {

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
};

template<class T>
struct Sigmoid {
  static constexpr bool zero_preserving = false;
  static T value(T x) {
    const T e = std::exp(-std::abs(x));
    return x >= 0 ? 1 / (1 + e) : e / (1 + e);
  }
  static T slope(T y) { return y * (1 - y); }
  static Packet<T> packet(const Packet<T>& x) {
    const auto one = broadcast(T(1)), e = exponential<T>(psub(broadcast(T(0)), pabs(x)));
    return numbers_of(pdiv(select_less(x, broadcast(T(0)), e, one), padd(one, e)), x);
  }
  static Packet<T> packet_slope(const Packet<T>& y) { return pmul(y, psub(broadcast(T(1)), y)); }
};

template<class T>
struct Tanh {
  static constexpr bool zero_preserving = true;
  static T value(T x) { return std::tanh(x); }
  static T slope(T y) { return 1 - y * y; }
  static Packet<T> packet(const Packet<T>& x) { return hyperbolic_tangent<T>(x); }
  static Packet<T> packet_slope(const Packet<T>& y) { return psub(broadcast(T(1)), pmul(y, y)); }
};

/// Derivatives of x · s(x), s a sigmoid of any kind: s is y/x, but where there is too little of x for that. There it is ½.
template<class T>
struct GateOf {
  static constexpr T tiny = T(1e-20);
  static T gate(T x, T y) { return std::abs(x) < tiny ? T(0.5) : y / x; }
  static Packet<T> gate(const Packet<T>& x, const Packet<T>& y) {
    return select_less(pabs(x), broadcast(tiny), broadcast(T(0.5)), pdiv(y, x));
  }
};

template<class T>
struct Gelu : GateOf<T> {
  static constexpr bool zero_preserving = true;
  static constexpr T root_half = T(0.70710678118654752440);
  static constexpr T density_at_0 = T(0.39894228040143267794);  // 1/√(2π)
  static T value(T x) { return x * (T(0.5) * std::erfc(-x * root_half)); }
  static T slope(T x, T y) { return GateOf<T>::gate(x, y) + x * density_at_0 * std::exp(T(-0.5) * x * x); }
  static Packet<T> packet_slope(const Packet<T>& x, const Packet<T>& y) {
    const auto density = pmul(broadcast(density_at_0), exponential<T>(pmul(pmul(broadcast(T(-0.5)), x), x)));
    return pmadd(x, density, GateOf<T>::gate(x, y));
  }
};

/// x · sigmoid(2 u), with 1 + tanh(u) = 2 sigmoid(2 u). Where u is held at its limit, the sigmoid is 0 or 1 to rounding.
template<class T>
struct GeluTanh : GateOf<T> {
  static constexpr bool zero_preserving = true;
  static constexpr T scale = T(1.59576912160573071176);  // 2 √(2/π)
  static constexpr T cubic = T(0.044715), limit = T(30);
  static T value(T x) {
    const T h = std::min(std::max(x, -limit), limit);
    return x / (1 + std::exp(-scale * (h + cubic * h * h * h)));
  }
  static T slope(T x, T y) {
    const T h = std::min(std::max(x, -limit), limit), s = GateOf<T>::gate(x, y);
    return s + y * (1 - s) * scale * (1 + 3 * cubic * h * h);
  }
  static Packet<T> held(const Packet<T>& x) { return pmin(pmax(x, broadcast(-limit)), broadcast(limit)); }
  static Packet<T> packet(const Packet<T>& x) {
    const auto one = broadcast(T(1)), h = held(x);
    const auto u = pmul(h, pmadd(pmul(h, h), broadcast(cubic), one));
    return pdiv(x, padd(one, exponential<T>(pmul(broadcast(-scale), u))));
  }
  static Packet<T> packet_slope(const Packet<T>& x, const Packet<T>& y) {
    const auto one = broadcast(T(1)), h = held(x), s = GateOf<T>::gate(x, y);
    const auto inner = pmul(broadcast(scale), pmadd(pmul(h, h), broadcast(3 * cubic), one));
    return pmadd(pmul(y, psub(one, s)), inner, s);
  }
};

template<class T>
struct Silu : GateOf<T> {
  static constexpr bool zero_preserving = true;
  static T value(T x) { return x / (1 + std::exp(-x)); }
  static T slope(T x, T y) {
    const T s = GateOf<T>::gate(x, y);
    return s + y * (1 - s);
  }
  static Packet<T> packet(const Packet<T>& x) {
    return pdiv(x, padd(broadcast(T(1)), exponential<T>(psub(broadcast(T(0)), x))));
  }
  static Packet<T> packet_slope(const Packet<T>& x, const Packet<T>& y) {
    const auto s = GateOf<T>::gate(x, y);
    return pmadd(y, psub(broadcast(T(1)), s), s);
  }
};

template<class T>
struct Elu {
  static constexpr bool zero_preserving = true;
  static T value(T x) { return x > 0 ? x : std::expm1(x); }
  static T slope(T y) { return y > 0 ? T(1) : y + 1; }
  static Packet<T> packet_slope(const Packet<T>& y) {
    const auto one = broadcast(T(1));
    return select_less(broadcast(T(0)), y, one, padd(y, one));
  }
};

template<class T>
struct HardSwish {
  static constexpr bool zero_preserving = true;
  static constexpr T sixth = T(1) / 6;
  static T value(T x) { return x * (std::min(std::max(x + 3, T(0)), T(6)) * sixth); }
  static T slope(T x, T) { return x <= -3 ? T(0) : x < 3 ? x / 3 + T(0.5) : T(1); }
  static Packet<T> packet(const Packet<T>& x) {
    const auto gate = pmin(pmax(padd(x, broadcast(T(3))), broadcast(T(0))), broadcast(T(6)));
    return pmul(x, pmul(gate, broadcast(sixth)));
  }
  static Packet<T> packet_slope(const Packet<T>& x, const Packet<T>&) {
    const auto within = padd(pdiv(x, broadcast(T(3))), broadcast(T(0.5)));
    return select_less(broadcast(T(-3)), x, select_less(x, broadcast(T(3)), within, broadcast(T(1))),
                       broadcast(T(0)));
  }
};

}  // namespace detail

/// Normalised log-probabilities over the features of each sample: y = x − log Σ exp(x). Of finite x they are finite: what
/// T is too short for, PyTorch's −∞, is the lowest number there is, so that 0 · log 0 is 0 where pools mix them.
template<class T, Index channels_>
struct LogSoftmax : Parameterless<LogSoftmax<T, channels_>, T, channels_> {
  static constexpr bool pointwise = false;
  static constexpr Kind kind = Kind::vector;
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
/// x · Φ(x), Φ the normal distribution's: the exact form (Hendrycks & Gimpel 2016, "Gaussian error linear units"), PyTorch's
/// default. By `std::erfc`, number by number.
inline constexpr PointwiseMaker<detail::Gelu> gelu;
/// The same by its approximation x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))), PyTorch's `approximate="tanh"`: up to 5e-4 from
/// the exact form, and much faster.
inline constexpr PointwiseMaker<detail::GeluTanh> gelu_tanh;
/// x · sigmoid(x), also called swish.
inline constexpr PointwiseMaker<detail::Silu> silu;
/// x above 0, exp(x) − 1 below (Clevert et al. 2015 with α = 1).
inline constexpr PointwiseMaker<detail::Elu> elu;
/// x · min(max(x + 3, 0), 6) / 6 (Howard et al. 2019, "Searching for MobileNetV3"). Its slope at −3 is 0, at 3 it is 1.
inline constexpr PointwiseMaker<detail::HardSwish> hard_swish;
/// Log-probabilities over features.
inline constexpr LogSoftmaxMaker log_softmax;

}  // namespace lifelog::nn
