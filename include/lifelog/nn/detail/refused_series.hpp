// SPDX-License-Identifier: MIT
#pragma once

#include <tuple>

#include "../over_time.hpp"
#include "conv_weights.hpp"

// What the functions of series (functional.hpp) do not take, by what is wrong with it.

namespace lifelog::inline LIFELOG_ABI::nn {

namespace detail {

/// What may be wrong with what a function of series is given.
enum class GivenFault { none, no_series, numbers, mix, no_biases, shape, node };

template<class... Xs>
inline constexpr bool alike =
    (std::is_same_v<NumberIn<Xs>, NumberIn<std::tuple_element_t<0, std::tuple<Xs...>>>> && ...);

/// Of series that are put together.
template<class... Xs>
constexpr GivenFault fault_of_series() {
  if constexpr (!(Channels<Xs> && ...))
    return GivenFault::no_series;
  else if constexpr (!(lifelog::detail::real_number<NumberIn<Xs>> && ...))
    return GivenFault::numbers;
  else
    return alike<Xs...> ? GivenFault::none : GivenFault::mix;
}

/// Of a convolution's series, weights and biases.
template<bool sized, class X, class W, class B>
constexpr GivenFault fault_of_conv() {
  if constexpr (fault_of_series<X>() != GivenFault::none)
    return fault_of_series<X>();
  else if constexpr (!lifelog::detail::real_number<NumberIn<W>> || !lifelog::detail::real_number<NumberIn<B>>)
    return GivenFault::numbers;
  else if constexpr (!requires(const B& b) { std::size(b); })
    return GivenFault::no_biases;
  else if constexpr (!alike<X, W, B>)
    return GivenFault::mix;
  else if constexpr (sized || requires(const W& w) { constant_shape(w); })
    return GivenFault::none;
  else
    return GivenFault::shape;
}

/// Of a node over a series.
template<class F, class X>
constexpr GivenFault fault_of_node() {
  if constexpr (fault_of_series<X>() != GivenFault::none)
    return fault_of_series<X>();
  else if constexpr (F::kind == Kind::vector || F::kind == Kind::folded)
    return GivenFault::node;
  else
    return std::is_same_v<typename F::Scalar, NumberIn<X>> ? GivenFault::none : GivenFault::mix;
}

}  // namespace detail

template<Index... sizes, class X, class W, class B, Index steps = 1>
requires(detail::fault_of_conv<sizeof...(sizes) == 2, X, W, B>() ==
         detail::GivenFault::no_series) LIFELOG_REFUSED_SERIES detail::Nothing
    causal_conv(X&&, const W&, const B&, Dilation<steps> = {});
template<Index... sizes, class X, class W, class B, Index steps = 1>
requires(detail::fault_of_conv<sizeof...(sizes) == 2, X, W, B>() ==
         detail::GivenFault::numbers) LIFELOG_REFUSED_NUMBERS detail::Nothing
    causal_conv(X&&, const W&, const B&, Dilation<steps> = {});
template<Index... sizes, class X, class W, class B, Index steps = 1>
requires(detail::fault_of_conv<sizeof...(sizes) == 2, X, W, B>() ==
         detail::GivenFault::mix) LIFELOG_REFUSED_MIX detail::Nothing
    causal_conv(X&&, const W&, const B&, Dilation<steps> = {});
template<Index... sizes, class X, class W, class B, Index steps = 1>
requires(detail::fault_of_conv<sizeof...(sizes) == 2, X, W, B>() == detail::GivenFault::no_biases)
    LIFELOG_REFUSED(
        "a convolution takes a bias for each output: an array float b[out], a std::vector or an Eigen "
        "vector")
detail::Nothing causal_conv(X&&, const W&, const B&, Dilation<steps> = {});
template<Index... sizes, class X, class W, class B, Index steps = 1>
requires(detail::fault_of_conv<sizeof...(sizes) == 2, X, W, B>() == detail::GivenFault::shape)
    LIFELOG_REFUSED(
        "the type of these weights does not tell their shape: write causal_conv<out, taps>(x, w, b)")
detail::Nothing causal_conv(X&&, const W&, const B&, Dilation<steps> = {});

template<Node F, class X>
requires(detail::fault_of_node<F, X>() ==
         detail::GivenFault::no_series) LIFELOG_REFUSED_SERIES detail::Nothing over(const F&, X&&);
template<Node F, class X>
requires(detail::fault_of_node<F, X>() == detail::GivenFault::numbers) LIFELOG_REFUSED_NUMBERS detail::Nothing
    over(const F&, X&&);
template<Node F, class X>
requires(detail::fault_of_node<F, X>() == detail::GivenFault::mix) LIFELOG_REFUSED_MIX detail::Nothing
    over(const F&, X&&);
template<Node F, class X>
requires(detail::fault_of_node<F, X>() == detail::GivenFault::node) LIFELOG_REFUSED(
    "over takes a signal, but linear, batch_norm and log_softmax are of feature vectors: "
    "over(causal_conv<n, 1>(), x)")
detail::Nothing over(const F&, X&&);
template<class S, class H, class R, class X>
LIFELOG_REFUSED("over takes a signal: of a network that ends in features, over(net.signal, x)")
detail::Nothing over(const OverTime<S, H, R>&, X&&);

template<class A, class B>
requires(!Maker<A> && !Maker<B> &&
         detail::fault_of_series<A, B>() ==
             detail::GivenFault::no_series) LIFELOG_REFUSED_SERIES detail::Nothing product(A&&, B&&);
template<class A, class B>
requires(detail::fault_of_series<A, B>() ==
         detail::GivenFault::numbers) LIFELOG_REFUSED_NUMBERS detail::Nothing product(A&&, B&&);
template<class A, class B>
requires(detail::fault_of_series<A, B>() == detail::GivenFault::mix) LIFELOG_REFUSED_MIX detail::Nothing
    product(A&&, B&&);

}  // namespace lifelog::nn
