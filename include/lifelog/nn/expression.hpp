// SPDX-License-Identifier: MIT
#pragma once

#include "../core/finite.hpp"
#include "chain.hpp"
#include "sum.hpp"

// The language networks are written in: `input<3> | causal_conv<8, 3>(dilation<2>) | leaky_relu`. What stands to the
// right of `|` are makers, which know how to make a node once they are told what they get.

namespace lifelog::inline LIFELOG_ABI::nn {

template<Index steps>
struct Dilation {};

/// Distance in samples between a convolution's taps.
template<Index steps>
inline constexpr Dilation<steps> dilation;
template<Index steps>
requires(steps < 1) LIFELOG_REFUSED(
    "a dilation is a distance of at least one sample: dilation<1>, which is also what is meant where "
    "none is said")
inline constexpr Dilation<1> dilation<steps>;

/// What `|` appends: knows how to make a node once the scalar type and the number of inputs are known, as
/// `make<T, inputs>(count)`.
struct MakerBase {
  LIFELOG_REFUSED_BEGIN detail::Nothing fold() const;
  LIFELOG_REFUSED_BEGIN detail::Nothing inputs() const;
  LIFELOG_REFUSED_BEGIN detail::Nothing outputs() const;
  template<class... Arguments>
  LIFELOG_REFUSED_BEGIN detail::Nothing initialise(Arguments&&...) const;
  template<class... Arguments>
  LIFELOG_REFUSED_BEGIN detail::Nothing push(Arguments&&...) const;
};

template<class M>
concept Maker = std::is_base_of_v<MakerBase, std::remove_cvref_t<M>>;

/// The start of an expression: a signal or feature vector of `channels` scalars T.
template<Index channels, class T = float>
struct Input {
  static_assert(lifelog::detail::real_number<T>, "a network must be of float or double");
  Index count;
};

/// A signal (or feature vector) with a number of channels known at compile time.
template<Index channels, class T = float>
inline constexpr Input<channels, T> input{channels};
template<Index channels, class T>
requires(channels < 1)
    LIFELOG_REFUSED("an input has at least one channel: input<3>, or input_of(n) where n is no constant")
inline constexpr detail::Nothing input<channels, T>{};
template<Index channels, class T>
requires(channels > 0 && !lifelog::detail::real_number<T>)
    LIFELOG_REFUSED("a network is of float or double: input<3> or input<3, double>")
inline constexpr detail::Nothing input<channels, T>{};

/// A signal with a number of channels known only at run time.
template<class T = float>
constexpr Input<Eigen::Dynamic, T> input_of(Index channels) {
  return {channels};
}
/// The same as `input<channels, T>`, for functions that make a network of either.
template<class T = float, Index channels>
constexpr Input<channels, T> input_of(std::integral_constant<Index, channels>) {
  return {channels};
}

namespace detail {

/// What is wrong with `Next` after F.
template<class F, class Next>
constexpr Fault fault_after() {
  if constexpr (fault_of<F> != Fault::none) {
    return fault_of<F>;
  } else if constexpr (fault_of<Next> != Fault::none) {
    return fault_of<Next>;
  } else if constexpr (F::kind == Kind::signal) {
    if constexpr (Next::kind == Kind::folded)
      return FoldsInto<Next, decltype(std::declval<const F&>().fold())> ? Fault::none : Fault::norm_of_signal;
    else
      return Next::kind == Kind::vector ? Fault::vector_of_signal : Fault::none;
  } else {
    return F::kind != Kind::either && Next::kind == Kind::signal ? Fault::signal_of_vector : Fault::none;
  }
}

/// What `maker` makes of what F gives.
template<class F, class M>
auto make_after(const F& first, const M& maker) {
  if constexpr (fault_of<F> == Fault::none)
    return maker.template make<typename F::Scalar, F::channels>(first.outputs());
  else
    return first;
}

template<class F, class M>
inline constexpr Fault fault_with =
    fault_after<F, decltype(make_after(std::declval<const F&>(), std::declval<const M&>()))>();

/// `maker`'s node after `first`.
template<class F, class M>
auto append(F first, const M& maker) {
  constexpr Fault fault = fault_with<F, M>;
  if constexpr (fault == Fault::none) {
    auto second = make_after(first, maker);
    return Chain<F, decltype(second)>{{}, std::move(first), std::move(second)};
  } else {
    return Refused<fault>{};
  }
}

/// What may stand to the left of `|` in a network, and what is wrong with a maker to its right.
template<class L>
struct Begun {
  static constexpr bool begun = false;
  template<class M>
  static constexpr Fault fault = Fault::none;
};
template<Node F>
struct Begun<F> {
  static constexpr bool begun = true;
  template<class M>
  static constexpr Fault fault = fault_with<F, M>;
};
template<Index channels, class T>
struct Begun<Input<channels, T>> {
  static constexpr bool begun = true;
  template<class M>
  static constexpr Fault fault =
      fault_of<decltype(std::declval<const M&>().template make<T, channels>(Index{}))>;
};

template<class L, class M>
inline constexpr Fault fault_in = Begun<L>::template fault<M>;

}  // namespace detail

template<Index channels, class T, Maker M>
requires(detail::fault_in<Input<channels, T>, M> == detail::Fault::none) auto operator|(Input<channels, T> in,
                                                                                        const M& maker) {
  return maker.template make<T, channels>(in.count);
}

template<Node F, Maker M>
requires(detail::fault_in<F, M> == detail::Fault::none) auto operator|(F first, const M& maker) {
  return detail::append(std::move(first), maker);
}

template<class L, class R, class... Arguments>
LIFELOG_REFUSED("what makes a layer is called: dropout(0.2), linear_to(n)")
detail::Nothing operator|(const L&, R (*)(Arguments...));

/// Two makers in a row are a maker: `conv<8>(…) | leaky_relu`.
template<class A, class B>
struct Composed : MakerBase {
  A a;
  B b;
  constexpr Composed(A first, B second) : a(first), b(second) {}
  template<class T, Index inputs>
  auto make(Index count) const {
    return detail::append(a.template make<T, inputs>(count), b);
  }
};

template<Maker A, Maker B>
constexpr auto operator|(A a, B b) {
  return Composed<A, B>(a, b);
}

template<Name name, class M>
struct NamedMaker : MakerBase {
  M maker;
  constexpr explicit NamedMaker(M m) : maker(m) {}
  template<class T, Index inputs>
  auto make(Index count) const {
    auto node = maker.template make<T, inputs>(count);
    if constexpr (detail::fault_of<decltype(node)> == detail::Fault::none)
      return Named<name, decltype(node)>{std::move(node)};
    else
      return node;
  }
};

/// `maker`'s node under a tensor name of its own: `named<"causal">(…)`.
template<Name name, Maker M>
constexpr auto named(M maker) {
  return NamedMaker<name, M>(maker);
}

namespace detail {

/// A pointwise node that reads its input where the other nodes of that input read it, among more instants and channels than it
/// gives. (After another node it reads what that node wrote for it.)
template<class F>
struct Leading : Chain<Identity<typename F::Scalar, F::input_channels>, F> {};

/// Whether the first of nodes in a row is a pointwise one.
template<class F>
inline constexpr bool starts_pointwise = F::pointwise;
template<class A, class B>
inline constexpr bool starts_pointwise<Chain<A, B>> = starts_pointwise<A>;
template<Name name, class F>
inline constexpr bool starts_pointwise<Named<name, F>> = starts_pointwise<F>;

/// Such nodes as they can share an input with others.
template<class F>
auto sharing(F node) {
  using First = Identity<typename F::Scalar, F::input_channels>;
  const Index count = node.inputs();
  return Leading<F>{{{}, First(count), std::move(node)}};
}
template<class A, class B>
auto sharing(Chain<A, B> chain) {
  auto first = sharing(std::move(chain.first));
  return Chain<decltype(first), B>{{}, std::move(first), std::move(chain.second)};
}
template<Name name, class F>
auto sharing(Named<name, F> node) {
  auto inner = sharing(static_cast<F&&>(std::move(node)));
  return Named<name, decltype(inner)>{std::move(inner)};
}

/// What is wrong with two nodes of the same input side by side.
template<class A, class B>
constexpr Fault fault_beside() {
  if constexpr (fault_of<A> != Fault::none)
    return fault_of<A>;
  else if constexpr (fault_of<B> != Fault::none)
    return fault_of<B>;
  else if constexpr (A::channels != B::channels && A::channels != Eigen::Dynamic &&
                     B::channels != Eigen::Dynamic)
    return Fault::side_channels;
  else if constexpr (A::kind == Kind::signal)
    return B::kind == Kind::folded   ? Fault::norm_of_signal
           : B::kind == Kind::vector ? Fault::vector_of_signal
                                     : Fault::none;
  else if constexpr (B::kind == Kind::signal)
    return fault_beside<B, A>();
  else
    return Fault::none;
}

/// One of several nodes of the same input.
template<class T, Index inputs, class M>
auto make_side(const M& maker, Index count) {
  auto node = maker.template make<T, inputs>(count);
  if constexpr (fault_of<decltype(node)> != Fault::none)
    return node;
  else if constexpr (starts_pointwise<decltype(node)>)
    return sharing(std::move(node));
  else
    return node;
}

}  // namespace detail

template<template<class, class> class Both, class A, class B>
struct PairMaker : MakerBase {
  A a;
  B b;
  constexpr PairMaker(A first, B second) : a(first), b(second) {}
  template<class T, Index inputs>
  auto make(Index count) const {
    auto first = detail::make_side<T, inputs>(a, count);
    auto second = detail::make_side<T, inputs>(b, count);
    constexpr auto fault = detail::fault_beside<decltype(first), decltype(second)>();
    if constexpr (fault == detail::Fault::none)
      return Both<decltype(first), decltype(second)>{{{}, std::move(first), std::move(second)}};
    else
      return detail::Refused<fault>{};
  }
};

/// Two nodes of the same input, added.
template<Maker A, Maker B>
constexpr auto sum(A a, B b) {
  return PairMaker<Sum, A, B>(a, b);
}

struct IdentityMaker : MakerBase {
  template<class T, Index inputs>
  auto make(Index count) const {
    return Identity<T, inputs>(count);
  }
};

/// The input itself.
inline constexpr IdentityMaker identity;

}  // namespace lifelog::nn

#include "detail/refused_composition.hpp"
