// SPDX-License-Identifier: MIT
#pragma once

#include "expression.hpp"

namespace lifelog::nn {

/// The element-wise product of two nodes of the same feature vector, as in a gate: first(x) ⊙ second(x).
template<class A, class B>
struct Product : NodeBase {
  static_assert(A::channels == B::channels, "both sides of a product must have the same number of channels");
  using Scalar = typename A::Scalar;
  using T = Scalar;
  static constexpr Index input_channels = A::input_channels;
  static constexpr Index channels = A::channels;
  static constexpr Index lookback = std::max(A::lookback, B::lookback);
  static constexpr Index history = std::max(A::history, B::history);
  static constexpr bool pointwise = false;

  A first;
  B second;

  Index inputs() const { return first.inputs(); }
  Index outputs() const { return first.outputs(); }

  template<class D>
  struct Tape {
    typename D::template Buffer<Product> left, right, dleft, dright;
    typename A::template Tape<D> first;
    typename B::template Tape<D> second;
  };

  template<class D>
  void record(const D& domain, Tape<D>& tape, const T* x, T* y) const {
    T* const left = tape.left.resize(domain, *this);
    T* const right = tape.right.resize(domain, *this);
    first.record(domain, tape.first, x, left);
    second.record(domain, tape.second, x, right);
    const Index size = outputs() * domain.stride();
    for (Index i = 0; i < size; ++i) y[i] = left[i] * right[i];
  }

  template<class D>
  void pull(const D& domain, Tape<D>& tape, const T* x, const T*, const T* dy, T* dx,
            Product& gradient) const {
    const T *const left = tape.left.data(), *const right = tape.right.data();
    T *const dleft = tape.dleft.resize(domain, *this), *const dright = tape.dright.resize(domain, *this);
    const Index size = outputs() * domain.stride();
    for (Index i = 0; i < size; ++i) dleft[i] = dy[i] * right[i], dright[i] = dy[i] * left[i];
    first.pull(domain, tape.first, x, left, dleft, dx, gradient.first);
    second.pull(domain, tape.second, x, right, dright, dx, gradient.second);
  }

  template<class Visitor, class... Nets>
  static void visit(Visitor& visitor, const Path& path, Nets&... nets) {
    detail::visit_child<A>(visitor, path, "left", nets.first...);
    detail::visit_child<B>(visitor, path, "right", nets.second...);
  }

  void initialise(Random& random) { first.initialise(random), second.initialise(random); }
};

/// Two nodes of the same input, multiplied element by element.
template<Maker A, Maker B>
constexpr auto product(A a, B b) {
  return PairMaker<Product, A, B>(a, b);
}

}  // namespace lifelog::nn
