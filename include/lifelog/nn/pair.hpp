// SPDX-License-Identifier: MIT
#pragma once

#include <numeric>

#include "node.hpp"

namespace lifelog::inline LIFELOG_ABI::nn {

/// What two nodes of the same input have in common, whatever `Self` (a sum, a product) makes of their outputs.
template<template<class, class> class Self, class A, class B>
struct Pair : NodeBase {
  static_assert(A::channels == B::channels || A::channels == Eigen::Dynamic || B::channels == Eigen::Dynamic,
                "both sides of a pair must have the same number of channels");
  static_assert(
      A::rate == B::rate,
      "both sides of a sum or product must have the same rate: give the other side the same stride, as "
      "in sum(causal_conv<8, 3>(stride<2>), causal_conv<8, 1>(stride<2>))");
  using Scalar = typename A::Scalar;
  using T = Scalar;
  static constexpr Index input_channels = A::input_channels;
  static constexpr Index channels = A::channels == Eigen::Dynamic ? B::channels : A::channels;
  static constexpr Index rate = A::rate;
  static constexpr Index lookback = std::max(A::lookback, B::lookback);
  static constexpr Index history = std::max(A::history, B::history);
  static constexpr Index widest = std::max(A::widest, B::widest);
  static constexpr Index deepest = std::max(A::deepest, B::deepest);
  static constexpr bool pointwise = false;
  static constexpr Kind kind = A::kind == Kind::either ? B::kind : A::kind;

  A first;
  B second;

  Index inputs() const { return first.inputs(); }
  Index outputs() const { return first.outputs(); }

  template<class P>
  struct Chunk {
    typename A::template Chunk<P> first;
    typename B::template Chunk<P> second;
    void reset() { first.reset(), second.reset(); }
    void advance(Stripes<P> stripes) { first.advance(stripes), second.advance(stripes); }
    auto after(Stripes<P> stripes) const { return first.after(stripes); }
  };

  template<class P>
  static constexpr Index spread = std::max(A::template spread<P>, B::template spread<P>);
  template<class P>
  static constexpr Index period = std::lcm(A::template period<P>, B::template period<P>);

  template<class C>
  void begin(C& chunk, const Draw& draw = {}) const {
    detail::begin(first, chunk.first, draw), detail::begin(second, chunk.second, draw);
  }

  template<class P>
  void prepare(Chunk<P>& chunk, SignalView<T> x, Stripes<P> stripes) const {
    first.prepare(chunk.first, x, stripes);
    second.prepare(chunk.second, x, stripes);
  }

  struct Memory {
    typename A::Memory first;
    typename B::Memory second;
    void reset() { first.reset(), second.reset(); }
  };

  static Instants reads(const Instants& reach) { return either(A::reads(reach), B::reads(reach)); }

  template<class D>
  struct Tape {
    typename D::template Buffer<Self<A, B>> left, right;
    typename A::template Tape<D> first;
    typename B::template Tape<D> second;
  };

  template<class Visitor, class... Nets>
  static void visit(Visitor& visitor, const Path& path, Nets&... nets) {
    detail::visit_child<A>(visitor, path, "left", nets.first...);
    detail::visit_child<B>(visitor, path, "right", nets.second...);
  }

  void initialise(Random& random) { first.initialise(random), second.initialise(random); }

  auto fold() const { return with(first.fold(), second.fold()); }
  auto fold_training() const { return with(detail::fold_training(first), detail::fold_training(second)); }

  template<class Folded, class Gradient>
  void unfold(const Folded& folded, Gradient& gradient) const {
    first.unfold(folded.first, gradient.first);
    second.unfold(folded.second, gradient.second);
  }

  auto present() const { return with(first.present(), second.present()); }

  template<class Present, class Gradient>
  void unfold_present(const Present& present, Gradient& gradient) const {
    first.unfold_present(present.first, gradient.first);
    second.unfold_present(present.second, gradient.second);
  }

 protected:
  /// Both sides at one sample: `first` to y, `second` to `other`.
  EIGEN_ALWAYS_INLINE bool push_both(Memory& memory, const T* x, T* y, T* other) const {
    const bool made = detail::push(first, memory.first, x, y);
    detail::push(second, memory.second, x, other);
    return made;
  }

  template<class D>
  void record_both(const D& domain, Tape<D>& tape, const T* x) const {
    const auto& self = static_cast<const Self<A, B>&>(*this);
    first.record(domain, tape.first, x, tape.left.resize(domain, self));
    second.record(domain, tape.second, x, tape.right.resize(domain, self));
  }

 private:
  template<class First, class Second>
  static auto with(First a, Second b) {
    return Self<First, Second>{{{}, std::move(a), std::move(b)}};
  }
};

}  // namespace lifelog::nn
