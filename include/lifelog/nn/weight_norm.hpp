// SPDX-License-Identifier: MIT
#pragma once

#include "convolution.hpp"

namespace lifelog::inline LIFELOG_ABI::nn {

/// Weight normalisation (Salimans & Kingma 2016) of a convolution: w = g·v/‖v‖, the norm over all but the
/// output channel. A parametrisation: `fold` makes the plain convolution that is evaluated, `unfold` carries
/// its gradient back to g and v.
template<class Conv>
struct WeightNorm;

template<class T, Index in, Index out, Index taps, Index dilation_>
struct WeightNorm<CausalConv<T, in, out, taps, dilation_>> : NodeBase {
  using Plain = CausalConv<T, in, out, taps, dilation_>;
  using Scalar = T;
  static constexpr Index input_channels = in;
  static constexpr Index channels = out;
  static constexpr Index lookback = Plain::lookback;
  static constexpr Index history = Plain::history;
  static constexpr bool pointwise = false;
  static constexpr Kind kind = Kind::signal;

  Eigen::Matrix<T, out, 1> weight_g;
  detail::Weights<T, out, Plain::columns> weight_v;
  Eigen::Matrix<T, out, 1> bias;

  explicit WeightNorm(Index count = in) {
    detail::set_zero(weight_v, out, count * taps);
    detail::set_zero(weight_g, out, 1);
    detail::set_zero(bias, out, 1);
  }

  Index inputs() const { return weight_v.cols() / taps; }
  Index outputs() const { return out; }

  template<class Visitor, class... Nets>
  static void visit(Visitor& visitor, const Path& path, Nets&... nets) {
    visitor(path / "bias", Layout{Role::parameter, 1, {out}, {1}}, nets.bias.data()...);
    visitor(path / "weight_g", Layout{Role::parameter, 3, {out, 1, 1}, {1, 1, 1}}, nets.weight_g.data()...);
    Plain::visit_weight("weight_v", visitor, path, (nets.weight_v)...);
  }

  void initialise(Random& random) {
    detail::initialise_uniform(weight_v, weight_v.cols(), random);
    detail::initialise_uniform(bias, weight_v.cols(), random);
    for (Index o = 0; o < out; ++o) weight_g[o] = norm(o);
  }

  Plain fold() const {
    Plain plain(inputs());
    for (Index o = 0; o < out; ++o) {
      const T scale = weight_g[o] / norm(o);
      for (Index i = o; i < weight_v.size(); i += out) plain.weight.data()[i] = scale * weight_v.data()[i];
    }
    std::copy_n(bias.data(), out, plain.bias.data());
    return plain;
  }

  /// With n = ‖v‖: dg = ⟨dw, v⟩/n and dv = g/n · (dw − ⟨dw, v⟩/n² · v), a row at a time.
  void unfold(const Plain& folded, WeightNorm& gradient) const {
    for (Index o = 0; o < out; ++o) {
      const T *const dw = folded.weight.data() + o, *const v = weight_v.data() + o;
      const T n = norm(o), along = product(dw, v) / n, scale = weight_g[o] / n;
      gradient.weight_g[o] += along;
      for (Index i = 0; i < weight_v.size() - o; i += out)
        gradient.weight_v.data()[o + i] += scale * (dw[i] - along / n * v[i]);
    }
    detail::add(gradient.bias.data(), folded.bias.data(), out);
  }

 private:
  /// Of two outputs' weights, in one order on every machine.
  T product(const T* a, const T* b) const {
    T total = 0;
    for (Index i = 0; i < out * weight_v.cols(); i += out) total = detail::pmadd(a[i], b[i], total);
    return total;
  }
  T norm(Index o) const { return std::sqrt(product(weight_v.data() + o, weight_v.data() + o)); }
};

/// A causal convolution with weight normalisation: `weight_norm_conv<8, 3>(dilation<2>)`.
template<Index out, Index taps, Index steps = 1>
constexpr auto weight_norm_conv(Dilation<steps> = {}) {
  return ConvMaker<out, taps, steps, WeightNorm>{};
}
template<Index out, Index taps, Index steps = 1>
requires(out < 1 || taps < 1) LIFELOG_REFUSED_SIZES detail::Nothing weight_norm_conv(Dilation<steps> = {});
template<Index... sizes>
requires(sizeof...(sizes) < 2) LIFELOG_REFUSED_UNSIZED detail::Nothing weight_norm_conv();
template<Index... sizes, class D>
LIFELOG_REFUSED_UNSIZED detail::Nothing weight_norm_conv(D);

}  // namespace lifelog::nn
