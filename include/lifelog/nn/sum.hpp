// SPDX-License-Identifier: MIT
#pragma once

#include "node.hpp"

namespace lifelog::nn {

/// The sum of two nodes of the same input: `first(x) + second(x)`, as in a residual block.
template<class A, class B>
struct Sum : NodeBase {
  static_assert(A::channels == B::channels, "both sides of a sum must have the same number of channels");
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

  struct Chunk {
    typename A::Chunk first;
    typename B::Chunk second;
    void reset() { first.reset(), second.reset(); }
    void advance(Index count) { first.advance(count), second.advance(count); }
  };

  void prepare(Chunk& chunk, SignalView<T> x, Index count) const {
    first.prepare(chunk.first, x, count);
    second.prepare(chunk.second, x, count);
  }

  template<bool fresh, int Rows, int Columns>
  EIGEN_ALWAYS_INLINE void block(detail::Block<T, Rows, Columns>& out, const Chunk& chunk, SignalView<T> x,
                                 Index row, Index time) const {
    first.template block<fresh>(out, chunk.first, x, row, time);
    second.template block<false>(out, chunk.second, x, row, time);
  }

  struct Memory {
    typename A::Memory first;
    typename B::Memory second;
    void reset() { first.reset(), second.reset(); }
  };

  EIGEN_ALWAYS_INLINE void push(Memory& memory, const T* x, T* y) const {
    alignas(64) T other[channels];
    first.push(memory.first, x, y);
    second.push(memory.second, x, other);
    using Vector = Eigen::Array<T, channels, 1>;
    Eigen::Map<Vector>(y, channels) += Eigen::Map<const Vector>(other);
  }

  template<class Reach>
  using Reads = EitherReads<typename A::template Reads<Reach>, typename B::template Reads<Reach>>;

  template<class D>
  struct Tape {
    typename D::template Buffer<Sum> left, right;
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
    for (Index i = 0; i < size; ++i) y[i] = left[i] + right[i];
  }

  template<class D>
  void pull(const D& domain, Tape<D>& tape, const T* x, const T*, const T* dy, T* dx, Sum& gradient) const {
    first.pull(domain, tape.first, x, tape.left.data(), dy, dx, gradient.first);
    second.pull(domain, tape.second, x, tape.right.data(), dy, dx, gradient.second);
  }

  template<class Visitor, class... Nets>
  static void visit(Visitor& visitor, const Path& path, Nets&... nets) {
    detail::visit_child<A>(visitor, path, "left", nets.first...);
    detail::visit_child<B>(visitor, path, "right", nets.second...);
  }

  void initialise(Random& random) { first.initialise(random), second.initialise(random); }

  auto fold() const {
    return Sum<decltype(first.fold()), decltype(second.fold())>{{}, first.fold(), second.fold()};
  }

  template<class Folded>
  void unfold(const Folded& folded, Sum& gradient) const {
    first.unfold(folded.first, gradient.first);
    second.unfold(folded.second, gradient.second);
  }

  auto present() const {
    return Sum<decltype(first.present()), decltype(second.present())>{{}, first.present(), second.present()};
  }

  template<class Present>
  void unfold_present(const Present& present, Sum& gradient) const {
    first.unfold_present(present.first, gradient.first);
    second.unfold_present(present.second, gradient.second);
  }
};

/// The input itself: the shortcut of a residual block whose channel counts agree.
template<class T, Index channels_>
struct Identity : Parameterless<Identity<T, channels_>, T, channels_> {
  static constexpr bool pointwise = false;
  using Base = Parameterless<Identity<T, channels_>, T, channels_>;
  using Chunk = NodeBase::Chunk;

  explicit Identity(Index count = channels_) : Base(count) {}

  void prepare(Chunk&, SignalView<T>, Index) const {}

  template<bool fresh, int Rows, int Columns>
  EIGEN_ALWAYS_INLINE void block(detail::Block<T, Rows, Columns>& out, const Chunk&, SignalView<T> x,
                                 Index row, Index time) const {
    detail::unroll<Rows>([&](auto r) {
      detail::unroll<Columns>([&](auto p) {
        const auto value = detail::load(x.data + (row + r) * x.stride + time + p * detail::packet_size<T>);
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
    for (Index c = 0; c < this->outputs(); ++c)
      if constexpr (requires { typename D::Reach; }) {
        for (Index j = 0; j < D::Reach::set.size; ++j) {
          const Index in = c * domain.input_stride() + D::Read::set.find(D::Reach::set.at[j]) * D::lanes;
          const Index out = c * domain.stride() + j * D::lanes;
          for (Index l = 0; l < D::lanes; ++l) f(in + l, out + l);
        }
      } else {
        for (Index l = 0; l < domain.stride(); ++l) f(c * domain.stride() + l, c * domain.stride() + l);
      }
  }
};

}  // namespace lifelog::nn
