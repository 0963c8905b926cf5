// SPDX-License-Identifier: MIT
#pragma once

#include "activation.hpp"
#include "weight_norm.hpp"

namespace lifelog::nn {

template<Index out, Index steps>
struct CausalBlockMaker : MakerBase {
  template<class T, Index in>
  auto make(Index count) const {
    constexpr auto conv = weight_norm_conv<out, 3>(dilation<steps>);
    constexpr auto causal = named<"causal">(named<"0">(conv) | leaky_relu | named<"3">(conv) | leaky_relu);
    if constexpr (in == out)
      return sum(causal, identity).template make<T, in>(count);
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
