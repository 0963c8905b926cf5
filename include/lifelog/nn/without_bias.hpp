// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "expression.hpp"

namespace lifelog::inline LIFELOG_ABI::nn {

/// A convolution or linear layer whose bias is zero and stays zero: no parameter, no tensor.
template<class F>
struct WithoutBias : F {
  static_assert(
      requires(F node) { node.bias; },
      "without_bias takes a node that has one: a convolution or a linear layer");

  template<class Visitor, class... Nets>
  static void visit(Visitor& visitor, const Path& path, Nets&... nets) {
    auto others = [&](const Path& at, const Layout& layout, auto*... data) {
      if (!at.name || std::string_view(at.name) != "bias") visitor(at, layout, data...);
    };
    F::visit(others, path, nets...);
  }

  void initialise(Random& random) {
    F::initialise(random);
    this->bias.setZero();
  }
};

template<class M>
struct WithoutBiasMaker : MakerBase {
  M maker;
  constexpr explicit WithoutBiasMaker(M m) : maker(m) {}
  template<class T, Index inputs>
  auto make(Index count) const {
    auto node = maker.template make<T, inputs>(count);
    if constexpr (detail::fault_of<decltype(node)> != detail::Fault::none)
      return node;
    else if constexpr (requires { node.bias; })
      return WithoutBias<decltype(node)>{std::move(node)};
    else
      return detail::Refused<detail::Fault::no_bias>{};
  }
};

/// `maker`'s node without its bias, PyTorch's `bias=False`: `without_bias(causal_conv<8, 3>())`.
template<Maker M>
constexpr auto without_bias(M maker) {
  return WithoutBiasMaker<M>(maker);
}

}  // namespace lifelog::nn
