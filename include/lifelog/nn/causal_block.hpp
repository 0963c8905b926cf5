// SPDX-License-Identifier: MIT
#pragma once

#include "activation.hpp"
#include "weight_norm.hpp"

namespace lifelog::inline LIFELOG_ABI::nn {

/// The shortcut of a residual block whose number of inputs is known only at run time: a 1×1 convolution, except where
/// there are as many inputs as outputs. There it is the input itself: weights fixed at the identity, no parameters and no
/// tensors.
template<class Conv>
struct Shortcut : Conv {
  static_assert(Conv::lookback == 0, "a shortcut sees the present only");

  explicit Shortcut(Index count) : Conv(count) {
    if (is_identity()) this->weight.setIdentity();
  }

  bool is_identity() const { return this->inputs() == this->outputs(); }

  template<class Visitor, class First, class... Rest>
  static void visit(Visitor& visitor, const Path& path, First& first, Rest&... rest) {
    if (!first.is_identity()) Conv::visit(visitor, path, first, rest...);
  }

  void initialise(Random& random) {
    if (!is_identity()) Conv::initialise(random);
  }

  Shortcut fold() const { return *this; }
};

template<Index out, Index steps>
struct CausalBlockMaker : MakerBase {
  template<class T, Index in>
  auto make(Index count) const {
    constexpr auto conv = weight_norm_conv<out, 3>(dilation<steps>);
    constexpr auto causal = named<"causal">(named<"0">(conv) | leaky_relu | named<"3">(conv) | leaky_relu);
    if constexpr (in == out)
      return sum(causal, identity).template make<T, in>(count);
    else if constexpr (in == Eigen::Dynamic)
      return sum(causal, named<"upordownsample">(ConvMaker<out, 1, 1, Shortcut>{}))
          .template make<T, in>(count);
    else
      return sum(causal, named<"upordownsample">(causal_conv<out, 1>())).template make<T, in>(count);
  }
};

/// The study's residual block (after Bai et al. 2018, "An empirical evaluation of generic convolutional and
/// recurrent networks for sequence modeling"): twice weight-normalised convolution of three taps and leaky
/// ReLU, plus the block's input, through a 1×1 convolution where channel counts differ. Tensors are named as
/// PyTorch's original.
template<Index out, Index steps>
constexpr auto causal_block(Dilation<steps>) {
  return CausalBlockMaker<out, steps>{};
}

}  // namespace lifelog::nn
