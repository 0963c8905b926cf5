// SPDX-License-Identifier: MIT
#pragma once

#include "convolution.hpp"

namespace lifelog::nn {

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

  Eigen::Matrix<T, out, 1> weight_g;
  detail::Weights<T, out, Plain::columns> weight_v;
  Eigen::Matrix<T, out, 1> bias;

  explicit WeightNorm(Index count = in) {
    weight_v.setZero(out, count * taps);
    weight_g.setZero();
    bias.setZero();
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
    weight_g = weight_v.rowwise().norm();
  }

  Plain fold() const {
    Plain plain(inputs());
    const Eigen::Matrix<T, out, 1> scale = weight_g.cwiseQuotient(weight_v.rowwise().norm());
    plain.weight = scale.asDiagonal() * weight_v;
    plain.bias = bias;
    return plain;
  }

  /// With n = ‖v‖: dg = ⟨dw, v⟩/n and dv = g/n · (dw − ⟨dw, v⟩/n² · v), a row at a time.
  void unfold(const Plain& folded, WeightNorm& gradient) const {
    const Eigen::Matrix<T, out, 1> norm = weight_v.rowwise().norm();
    const Eigen::Matrix<T, out, 1> along =
        folded.weight.cwiseProduct(weight_v).rowwise().sum().cwiseQuotient(norm);
    gradient.weight_g += along;
    gradient.weight_v += weight_g.cwiseQuotient(norm).asDiagonal() *
                         (folded.weight - along.cwiseQuotient(norm).asDiagonal() * weight_v);
    gradient.bias += folded.bias;
  }
};

/// A causal convolution with weight normalisation: `weight_norm_conv<8, 3>(dilation<2>)`.
template<Index out, Index taps, Index steps = 1>
constexpr auto weight_norm_conv(Dilation<steps> = {}) {
  return ConvMaker<out, taps, steps, WeightNorm>{};
}

}  // namespace lifelog::nn
