// SPDX-License-Identifier: MIT
#pragma once

#include "../../core/channels.hpp"
#include "../../core/finite.hpp"

// What is no network is refused where it is written, by a sentence that says what to write instead. A refused function takes
// exactly the arguments that are wrong; whoever calls it reads its sentence first, at the line of the call. (A static_assert
// comes after a line for each header and each function on the way to it.)

#define LIFELOG_REFUSED(sentence) __attribute__((unavailable(sentence)))
#define LIFELOG_REFUSED_SAMPLES                                                                  \
  LIFELOG_REFUSED(                                                                               \
      "float and double do not mix: samples and results are of the network's own scalar, which " \
      "input<3> makes float and input<3, double> double")
#define LIFELOG_REFUSED_BEGIN \
  LIFELOG_REFUSED(            \
      "a network begins with its input: input<3> | causal_conv<8, 3>() | max_over_time | linear<4>")
#define LIFELOG_REFUSED_SIGNAL                                                                       \
  LIFELOG_REFUSED(                                                                                   \
      "expected a folded signal: of a network that ends in features write net.signal.fold(), and a " \
      "network begins with its input, as in input<3> | causal_conv<8, 3>()")
#define LIFELOG_REFUSED_SIZES \
  LIFELOG_REFUSED("a convolution has at least one output, one tap and one group: causal_conv<8, 3>()")
#define LIFELOG_REFUSED_UNSIZED                                                             \
  LIFELOG_REFUSED(                                                                          \
      "a convolution is told its outputs and its taps, and called: causal_conv<8, 3>() or " \
      "causal_conv<8, 3>(dilation<2>)")
#define LIFELOG_REFUSED_NUMBERS                                                        \
  LIFELOG_REFUSED(                                                                     \
      "series and weights must be of float or double: cast other numbers first, with " \
      "x.cast<float>() or xt::cast<float>(x)")
#define LIFELOG_REFUSED_SERIES                                                                     \
  LIFELOG_REFUSED(                                                                                 \
      "a series is channels x time: an Eigen matrix or expression, or an xtensor expression, for " \
      "which lifelog/core/xtensor.hpp must be included first")
#define LIFELOG_REFUSED_MIX                                                            \
  LIFELOG_REFUSED(                                                                     \
      "float and double do not mix: cast one of them first, with x.cast<double>() or " \
      "xt::cast<double>(x)")

namespace lifelog::inline LIFELOG_ABI::nn {

/// What a node reads and gives: a signal or a vector, either, or vectors and such signals as a convolution gives, whose
/// weights take it in.
enum class Kind { either, signal, vector, folded };

namespace detail {

/// What may be wrong with what one appends to a network.
enum class Fault {
  none,
  vector_of_signal,
  signal_of_vector,
  norm_of_signal,
  side_channels,
  groups,
  group_inputs,
  no_bias,
  reduced_vector,
  reduced_norm,
  reduced_dynamic
};

/// What a maker makes of what it cannot be of.
template<Fault>
struct Refused {};

template<class F>
inline constexpr Fault fault_of = Fault::none;
template<Fault fault>
inline constexpr Fault fault_of<Refused<fault>> = fault;

/// What a refused function gives. Whatever is done with it, nothing more is said.
struct Nothing {
  template<class... Arguments>
  constexpr Nothing operator()(const Arguments&...) const {
    return {};
  }
};
template<class F>
constexpr Nothing operator|(Nothing, const F&) {
  return {};
}
template<class F>
requires(!std::is_same_v<F, Nothing>) constexpr Nothing operator|(const F&, Nothing) {
  return {};
}

/// What an array-like X holds; X itself where it is no array.
template<class X>
struct NumbersIn {
  using Type = std::remove_all_extents_t<X>;
};
template<class X>
requires requires {
  typename X::Scalar;
}
struct NumbersIn<X> {
  using Type = std::remove_const_t<typename X::Scalar>;
};
template<class X>
requires(
    requires { typename X::value_type; } && !requires { typename X::Scalar; }) struct NumbersIn<X> {
  using Type = std::remove_const_t<typename X::value_type>;
};
template<class X>
using NumberIn = typename NumbersIn<std::remove_cvref_t<X>>::Type;

/// A series, but of whole numbers or the like.
template<class X>
concept SeriesOfOthers = Channels<X> && !lifelog::detail::real_number<NumberIn<X>>;

template<class X>
concept NoSeries = !Channels<X>;

}  // namespace detail

}  // namespace lifelog::nn
