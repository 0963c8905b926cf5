// SPDX-License-Identifier: MIT
#pragma once

#include "../core/finite.hpp"
#include "chain.hpp"
#include "sum.hpp"

// The language networks are written in: `input<3> | causal_conv<8, 3>(dilation<2>) | leaky_relu`. What stands to the
// right of `|` are makers, which know how to make a node once they are told what they get.

namespace lifelog::nn {

/// What `|` appends: knows how to make a node once the scalar type and the number of inputs are known, as
/// `make<T, inputs>(count)`.
struct MakerBase {};

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

/// A signal with a number of channels known only at run time.
template<class T = float>
constexpr Input<Eigen::Dynamic, T> input_of(Index channels) {
  return {channels};
}

template<Index channels, class T, Maker M>
auto operator|(Input<channels, T> in, const M& maker) {
  return maker.template make<T, channels>(in.count);
}

template<Node F, Maker M>
auto operator|(F first, const M& maker) {
  auto second = maker.template make<typename F::Scalar, F::channels>(first.outputs());
  return Chain<F, decltype(second)>{{}, std::move(first), std::move(second)};
}

/// Two makers in a row are a maker: `conv<8>(…) | leaky_relu`.
template<class A, class B>
struct Composed : MakerBase {
  A a;
  B b;
  constexpr Composed(A first, B second) : a(first), b(second) {}
  template<class T, Index inputs>
  auto make(Index count) const {
    return a.template make<T, inputs>(count) | b;
  }
};

template<Maker A, Maker B>
constexpr auto operator|(A a, B b) {
  return Composed<A, B>(a, b);
}

namespace detail {

/// Whether a node trains feature vectors in another way than it is evaluated, for which signals have no means.
template<class F>
inline constexpr bool of_vectors_only = false;
template<template<class, class> class Both, class A, class B>
inline constexpr bool of_vectors_only<Both<A, B>> = of_vectors_only<A> || of_vectors_only<B>;
template<Name name, class F>
inline constexpr bool of_vectors_only<Named<name, F>> = of_vectors_only<F>;

}  // namespace detail

template<Name name, class M>
struct NamedMaker : MakerBase {
  M maker;
  constexpr explicit NamedMaker(M m) : maker(m) {}
  template<class T, Index inputs>
  auto make(Index count) const {
    auto node = maker.template make<T, inputs>(count);
    return Named<name, decltype(node)>{std::move(node)};
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

/// One of several nodes of the same input.
template<class T, Index inputs, class M>
auto make_side(const M& maker, Index count) {
  auto node = maker.template make<T, inputs>(count);
  if constexpr (starts_pointwise<decltype(node)>)
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
    return Both<decltype(first), decltype(second)>{{{}, std::move(first), std::move(second)}};
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
