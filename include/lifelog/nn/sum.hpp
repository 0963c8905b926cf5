// SPDX-License-Identifier: MIT
#pragma once

#include "pair.hpp"

namespace lifelog::inline LIFELOG_ABI::nn {

/// The sum of two nodes of the same input: `first(x) + second(x)`, as in a residual block.
template<class A, class B>
struct Sum : Pair<Sum, A, B> {
  using Both = Pair<Sum, A, B>;
  using typename Both::Memory;
  using typename Both::T;
  template<class D>
  using Tape = typename Both::template Tape<D>;

  template<bool fresh, int Rows, int Columns, class C, class At>
  EIGEN_ALWAYS_INLINE void block(detail::Block<T, Rows, Columns>& out, const C& chunk, SignalView<T> x,
                                 Index row, At at) const {
    this->first.template block<fresh>(out, chunk.first, x, row, at);
    this->second.template block<false>(out, chunk.second, x, row, at);
  }

  EIGEN_ALWAYS_INLINE bool push(Memory& memory, const T* x, T* y) const {
    alignas(64) T other[Both::channels];
    const bool made = this->push_both(memory, x, y, other);
    for (Index c = 0; made && c < Both::channels; ++c) y[c] += other[c];
    return made;
  }

  template<class D>
  void record(const D& domain, Tape<D>& tape, const T* x, T* y) const {
    this->record_both(domain, tape, x);
    const T *const left = tape.left.data(), *const right = tape.right.data();
    const Index size = domain.plane(this->outputs());
    for (Index i = 0; i < size; ++i) y[i] = left[i] + right[i];
  }

  template<class D>
  void pull(const D& domain, Tape<D>& tape, const T* x, const T*, const T* dy, T* dx, Sum& gradient) const {
    this->first.pull(domain, tape.first, x, tape.left.data(), dy, dx, gradient.first);
    this->second.pull(domain, tape.second, x, tape.right.data(), dy, dx, gradient.second);
  }
};

/// The input itself: the shortcut of a residual block whose channel counts agree.
template<class T, Index channels_>
struct Identity : Parameterless<Identity<T, channels_>, T, channels_> {
  static constexpr bool pointwise = false;
  using Base = Parameterless<Identity<T, channels_>, T, channels_>;

  explicit Identity(Index count = channels_) : Base(count) {}

  template<bool fresh, int Rows, int Columns, class At>
  EIGEN_ALWAYS_INLINE void block(detail::Block<T, Rows, Columns>& out,
                                 const NodeBase::Chunk<typename At::Pace>&, SignalView<T> x, Index row,
                                 At at) const {
    detail::unroll<Rows>([&](int r) LIFELOG_INLINED {
      detail::unroll<Columns>([&](int p) LIFELOG_INLINED {
        const auto value = detail::load(x.data + (row + r) * x.stride + at.offset(p));
        out.at[r][p] = fresh ? value : detail::padd(out.at[r][p], value);
      });
    });
  }

  EIGEN_ALWAYS_INLINE void push(typename Base::Memory&, const T* x, T* y) const {
    for (Index c = 0; c < this->outputs(); ++c) y[c] = x[c];
  }

  template<class D>
  void record(const D& domain, typename Base::template Tape<D>&, const T* x, T* y) const {
    each_plane(domain, [&](Index in, Index out) { y[out] = x[in]; });
  }

  template<class D>
  void pull(const D& domain, typename Base::template Tape<D>&, const T*, const T*, const T* dy, T* dx,
            Identity&) const {
    if (dx) each_plane(domain, [&](Index in, Index out) { dx[in] += dy[out]; });
  }

 private:
  template<class D, class F>
  void each_plane(const D& domain, F f) const {
    if constexpr (requires { domain.first_channel; }) {
      for (Index l = 0; l < domain.channel_count; ++l)
        f((domain.first_channel + l) * domain.input_stride() + domain.read->find(0) * D::lanes + l, l);
    } else if constexpr (requires { domain.reach; }) {
      for (Index c = 0; c < this->outputs(); ++c)
        for (Index j = 0; j < domain.reach->size(); ++j) {
          const Index in = c * domain.input_stride() + domain.read->find(domain.reach->at(j)) * D::lanes;
          const Index out = c * domain.stride() + j * D::lanes;
          for (Index l = 0; l < D::lanes; ++l) f(in + l, out + l);
        }
    } else {
      for (Index i = 0; i < domain.plane(this->outputs()); ++i) f(i, i);
    }
  }
};

}  // namespace lifelog::nn
