// SPDX-License-Identifier: MIT
#pragma once

#include "expression.hpp"

namespace lifelog::inline LIFELOG_ABI::nn {

/// The element-wise product of two nodes of the same input, as in a gate: first(x) ⊙ second(x).
template<class A, class B>
struct Product : Pair<Product, A, B> {
  using Both = Pair<Product, A, B>;
  using typename Both::Memory;
  using typename Both::T;

  template<bool fresh, int Rows, int Columns, class C, class At>
  EIGEN_ALWAYS_INLINE void block(detail::Block<T, Rows, Columns>& out, const C& chunk, SignalView<T> x,
                                 Index row, At at) const {
    detail::Block<T, Rows, Columns> left, right;
    this->first.template block<true>(left, chunk.first, x, row, at);
    this->second.template block<true>(right, chunk.second, x, row, at);
    detail::unroll<Rows>([&](int r) LIFELOG_INLINED {
      detail::unroll<Columns>([&](int p) LIFELOG_INLINED {
        const auto &l = left.at[r][p], &m = right.at[r][p];
        out.at[r][p] = fresh ? detail::pmul(l, m) : detail::pmadd(l, m, out.at[r][p]);
      });
    });
  }

  EIGEN_ALWAYS_INLINE bool push(Memory& memory, const T* x, T* y) const {
    alignas(64) T other[Both::channels];
    const bool made = this->push_both(memory, x, y, other);
    for (Index c = 0; made && c < Both::channels; ++c) y[c] *= other[c];
    return made;
  }

  template<class D>
  struct Tape : Both::template Tape<D> {
    typename D::template Buffer<Product> dleft, dright;
  };

  template<class D>
  void record(const D& domain, Tape<D>& tape, const T* x, T* y) const {
    this->record_both(domain, tape, x);
    const T *const left = tape.left.data(), *const right = tape.right.data();
    const Index size = domain.plane(this->outputs());
    for (Index i = 0; i < size; ++i) y[i] = left[i] * right[i];
  }

  template<class D>
  void pull(const D& domain, Tape<D>& tape, const T* x, const T*, const T* dy, T* dx,
            Product& gradient) const {
    const T *const left = tape.left.data(), *const right = tape.right.data();
    T *const dleft = tape.dleft.resize(domain, *this), *const dright = tape.dright.resize(domain, *this);
    const Index size = domain.plane(this->outputs());
    for (Index i = 0; i < size; ++i) dleft[i] = dy[i] * right[i], dright[i] = dy[i] * left[i];
    this->first.pull(domain, tape.first, x, left, dleft, dx, gradient.first);
    this->second.pull(domain, tape.second, x, right, dright, dx, gradient.second);
  }
};

/// Two nodes of the same input, multiplied element by element.
template<Maker A, Maker B>
constexpr auto product(A a, B b) {
  return PairMaker<Product, A, B>(a, b);
}

}  // namespace lifelog::nn
