// SPDX-License-Identifier: MIT
#pragma once

#include "../expression.hpp"

// What may not follow in a network, by what is wrong with it.

namespace lifelog::inline LIFELOG_ABI::nn {

template<class L, Maker M>
requires(detail::fault_in<L, M> == detail::Fault::vector_of_signal) LIFELOG_REFUSED(
    "linear and log_softmax are of feature vectors: put a reduction such as max_over_time "
    "before them (a linear layer of each instant is causal_conv<n, 1>())")
detail::Nothing operator|(const L&, const M&);

template<class L, Maker M>
requires(detail::fault_in<L, M> == detail::Fault::signal_of_vector) LIFELOG_REFUSED(
    "a convolution reads a signal, but after a reduction, a linear layer or batch_norm of the input "
    "there are feature vectors: write the convolution before them")
detail::Nothing operator|(const L&, const M&);

template<class L, Maker M>
requires(detail::fault_in<L, M> == detail::Fault::norm_of_signal) LIFELOG_REFUSED(
    "batch_norm of a signal must stand right after a convolution, whose weights take it in: "
    "causal_conv<8, 3>() | batch_norm | relu (layer_norm may stand anywhere)")
detail::Nothing operator|(const L&, const M&);

template<class L, Maker M>
requires(detail::fault_in<L, M> == detail::Fault::side_channels) LIFELOG_REFUSED(
    "both sides of sum and product must give the same number of channels: where identity gives another,"
    " write causal_conv<n, 1>(), of vectors linear<n>")
detail::Nothing operator|(const L&, const M&);

template<class L, Maker M>
requires(detail::fault_in<L, M> == detail::Fault::groups) LIFELOG_REFUSED(
    "groups must divide the inputs and the outputs of a convolution: after 6 channels, grouped_conv<8, "
    "3, 2>()")
detail::Nothing operator|(const L&, const M&);

template<class L, Maker M>
requires(detail::fault_in<L, M> == detail::Fault::group_inputs) LIFELOG_REFUSED(
    "a convolution in groups needs a constant number of inputs: begin with input<n>, or put a "
    "causal_conv before it")
detail::Nothing operator|(const L&, const M&);

template<class L, Maker M>
requires(detail::fault_in<L, M> == detail::Fault::no_bias) LIFELOG_REFUSED(
    "without_bias takes what has a bias: a convolution or a linear layer, as in "
    "without_bias(causal_conv<8, 3>())")
detail::Nothing operator|(const L&, const M&);

template<class L, class Second>
requires(detail::Begun<L>::begun&& detail::Begun<Second>::begun) LIFELOG_REFUSED(
    "what is appended to a network has no input of its own: write input<n> once, and causal_conv<8, "
    "3>() | relu after it")
detail::Nothing operator|(const L&, const Second&);

template<class L>
requires(detail::Begun<L>::begun || Maker<L>) LIFELOG_REFUSED_UNSIZED detail::Nothing operator|(
    const L&, detail::Nothing (*)(Dilation<1>));

}  // namespace lifelog::nn
