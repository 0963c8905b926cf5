// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <iterator>

#include "../../core/finite.hpp"
#include "../../core/matrix.hpp"
#include "../convolution.hpp"

// A convolution's weights, in whichever of several types a user has them.

namespace lifelog::inline LIFELOG_ABI::nn::detail {

/// out, in and taps where the type of a convolution's weights tells them.
template<std::size_t out, std::size_t in, std::size_t taps>
struct KernelShape {};

template<template<std::size_t...> class Shape, std::size_t out, std::size_t in, std::size_t taps>
KernelShape<out, in, taps> shape_of(const Shape<out, in, taps>*);

/// A convolution's weights as an array [out][in][taps], a tensor (out, in, taps), or a matrix out × taps·in.
template<class W>
struct Kernel {
  using Scalar = typename W::value_type;
  static std::array<Index, 3> shape(const W& w, Index) {
    lifelog::detail::require(w.dimension() == 3, "causal_conv: expected weights of three dimensions, got ",
                             w.dimension());
    return {static_cast<Index>(w.shape()[0]), static_cast<Index>(w.shape()[1]),
            static_cast<Index>(w.shape()[2])};
  }
  static Scalar at(const W& w, Index o, Index i, Index k, Index) {
    return w(static_cast<std::size_t>(o), static_cast<std::size_t>(i), static_cast<std::size_t>(k));
  }
};

template<class W>
requires requires {
  shape_of(static_cast<const typename W::shape_type*>(nullptr));
}
auto constant_shape(const W&) -> decltype(shape_of(static_cast<const typename W::shape_type*>(nullptr)));

template<class T, std::size_t out, std::size_t in, std::size_t taps>
KernelShape<out, in, taps> constant_shape(const T (&)[out][in][taps]);

template<class T, std::size_t out, std::size_t in, std::size_t taps>
struct Kernel<T[out][in][taps]> {
  using Scalar = T;
  static std::array<Index, 3> shape(const T(&)[out][in][taps], Index) {
    return {out, in, taps};
  }
  static T at(const T(&w)[out][in][taps], Index o, Index i, Index k, Index) {
    return w[o][i][k];
  }
};

template<lifelog::detail::EigenExpression W>
struct Kernel<W> {
  using Scalar = typename W::Scalar;
  static std::array<Index, 3> shape(const W& w, Index inputs) {
    return {w.rows(), inputs, inputs > 0 && w.cols() % inputs == 0 ? w.cols() / inputs : 0};
  }
  static Scalar at(const W& w, Index o, Index i, Index k, Index inputs) { return w(o, k * inputs + i); }
};

/// A convolution's node, its weights and bias copied.
template<Index out, Index in, Index taps, Index steps, class W, class B>
auto make_conv(const W& w, const B& b, Index inputs) {
  using lifelog::detail::require;
  using Access = Kernel<W>;
  static_assert(lifelog::detail::real_number<typename Access::Scalar>,
                "the weights of a convolution must be of float or double: cast other numbers first");
  const auto [outs, ins, tap_count] = Access::shape(w, inputs);
  require(outs == out && ins == inputs && tap_count == taps, "causal_conv: expected weights of ", out,
          " outputs, ", inputs, " inputs and ", taps, " taps, got ", outs, ", ", ins, " and ", tap_count);
  require(std::size(b) == out, "causal_conv: expected ", out, " biases, got ", std::size(b));
  CausalConv<typename Access::Scalar, in, out, taps, steps> conv(inputs);
  for (Index o = 0; o < out; ++o) {
    conv.bias[o] = b[static_cast<decltype(std::size(b))>(o)];
    for (Index i = 0; i < inputs; ++i)
      for (Index k = 0; k < taps; ++k) conv.weight(o, k * inputs + i) = Access::at(w, o, i, k, inputs);
  }
  return conv;
}

}  // namespace lifelog::nn::detail
