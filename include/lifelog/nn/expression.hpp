// SPDX-License-Identifier: MIT
#pragma once

#include <type_traits>

#include "../core/random.hpp"
#include "chunk.hpp"
#include "detail/kernels.hpp"
#include "domain.hpp"
#include "parameters.hpp"

// How networks are composed. A node is a function of a signal (or of a feature vector) that owns its
// parameters;
// `|` feeds one node's output to the next, `sum` adds two nodes that share an input. Every node offers
//
//   input_channels, channels          constants: how many go in and come out
//   lookback, history                 constants: receptive field − 1; samples its own reads look back
//   outputs(), inputs()               the same counts at run time, where they are Eigen::Dynamic
//   Chunk, prepare, block             evaluation in chunks of time (signals)
//   Memory, push                      evaluation sample by sample
//   Tape<Domain>, record, pull        training: forward with a record, then the pull-back of a gradient
//   visit, initialise, fold, unfold   parameters; fold gives the network that is evaluated, unfold its gradient's way back
//   present, unfold_present           the same for series of length 1, as a network on feature vectors
//
// and nothing else has to know what it computes.

namespace lifelog::nn {

/// Marks node types, for `|`, and holds what most of them share: no memory between chunks or samples, reading the
/// present only.
struct NodeBase {
  struct Chunk {
    void reset() {}
    void advance(Index) {}
  };
  struct Memory {
    void reset() {}
  };
  template<class Reach>
  using Reads = Reach;
};

template<class F>
concept Node = std::is_base_of_v<NodeBase, std::remove_cvref_t<F>>;

/// A name for compile-time use.
template<std::size_t N>
struct Name {
  char text[N];
  constexpr Name(const char (&from)[N]) { std::copy_n(from, N, text); }
};

/// `F` under a tensor name of its own instead of its place in the chain.
template<Name name_, class F>
struct Named : F {
  static constexpr const char* name = name_.text;
};

namespace detail {

template<class F>
inline constexpr Index chain_length = 1;

template<class F>
concept HasName = requires {
  F::name;
};

/// Visits a child under its own name, or under `otherwise`.
template<class F, class Visitor, class Otherwise, class... Nets>
void visit_child(Visitor& visitor, const Path& path, Otherwise otherwise, Nets&... nets) {
  if constexpr (HasName<F>)
    F::visit(visitor, path / F::name, nets...);
  else
    F::visit(visitor, path / otherwise, nets...);
}

}  // namespace detail

/// `second` after `first`. Where `second` reads more than the present sample, `first` is materialised between
/// them.
template<class A, class B>
struct Chain : NodeBase {
  using Scalar = typename A::Scalar;
  static constexpr Index input_channels = A::input_channels;
  static constexpr Index channels = B::channels;
  static constexpr Index lookback = A::lookback + B::lookback;
  static constexpr Index history = A::history;
  static constexpr bool pointwise = false;

  A first;
  B second;

  Index inputs() const { return first.inputs(); }
  Index outputs() const { return second.outputs(); }

  // Chunks of time.
  using T = Scalar;
  struct FusedChunk {
    typename A::Chunk first;
    void reset() { first.reset(); }
    void advance(Index count) { first.advance(count); }
  };
  struct BufferedChunk {
    typename A::Chunk first;
    SignalBuffer<T, A::channels, B::history> between;
    typename B::Chunk second;
    void reset() { first.reset(), between.reset(), second.reset(); }
    void advance(Index count) { first.advance(count), between.advance(count), second.advance(count); }
  };
  using Chunk = std::conditional_t<B::pointwise, FusedChunk, BufferedChunk>;

  void prepare(Chunk& chunk, SignalView<T> x, Index count) const {
    first.prepare(chunk.first, x, count);
    if constexpr (!B::pointwise) {
      materialise(chunk, x, count);
      second.prepare(chunk.second, chunk.between.view(), count);
    }
  }

  template<bool fresh, int Rows, int Columns>
  EIGEN_ALWAYS_INLINE void block(detail::Block<T, Rows, Columns>& out, const Chunk& chunk, SignalView<T> x,
                                 Index row, Index time) const {
    if constexpr (!B::pointwise) {
      second.template block<fresh>(out, chunk.second, chunk.between.view(), row, time);
    } else if constexpr (fresh) {
      first.template block<true>(out, chunk.first, x, row, time);
      second.apply(out);
    } else {
      detail::Block<T, Rows, Columns> own;
      first.template block<true>(own, chunk.first, x, row, time);
      second.apply(own);
      detail::unroll<Rows>([&](auto r) {
        detail::unroll<Columns>([&](auto p) { out.at[r][p] = detail::padd(out.at[r][p], own.at[r][p]); });
      });
    }
  }

  // Sample by sample.
  struct Memory {
    typename A::Memory first;
    typename B::Memory second;
    void reset() { first.reset(), second.reset(); }
  };

  EIGEN_ALWAYS_INLINE void push(Memory& memory, const T* x, T* y) const {
    static_assert(A::channels != Eigen::Dynamic,
                  "sample by sample, the channels between two nodes must be a constant: linear<n> rather "
                  "than linear_to(n)");
    alignas(64) T between[A::channels];
    first.push(memory.first, x, between);
    second.push(memory.second, between, y);
  }

  // Training.
  template<class Reach>
  using Reads = typename A::template Reads<typename B::template Reads<Reach>>;

  template<class D>
  struct Tape {
    typename D::template First<B>::template Buffer<A> between, gradient;
    typename A::template Tape<typename D::template First<B>> first;
    typename B::template Tape<typename D::template Second<B>> second;
  };

  template<class D>
  void record(const D& domain, Tape<D>& tape, const T* x, T* y) const {
    T* const between = tape.between.resize(domain.template first<B>(), first);
    first.record(domain.template first<B>(), tape.first, x, between);
    second.record(domain.template second<B>(), tape.second, between, y);
  }

  template<class D>
  void pull(const D& domain, Tape<D>& tape, const T* x, const T* y, const T* dy, T* dx,
            Chain& gradient) const {
    T* const between = tape.gradient.resize(domain.template first<B>(), first);
    tape.gradient.set_zero();
    second.pull(domain.template second<B>(), tape.second, tape.between.data(), y, dy, between,
                gradient.second);
    first.pull(domain.template first<B>(), tape.first, x, tape.between.data(), between, dx, gradient.first);
  }

  // Parameters.
  template<class Visitor, class... Nets>
  static void visit(Visitor& visitor, const Path& path, Nets&... nets) {
    if constexpr (detail::chain_length < A >> 1 && !detail::HasName<A>)
      A::visit(visitor, path, nets.first...);
    else
      detail::visit_child<A>(visitor, path, Index{0}, nets.first...);
    detail::visit_child<B>(visitor, path, detail::chain_length<A>, nets.second...);
  }

  void initialise(Random& random) { first.initialise(random), second.initialise(random); }

  auto fold() const {
    return Chain<decltype(first.fold()), decltype(second.fold())>{{}, first.fold(), second.fold()};
  }

  template<class Folded>
  void unfold(const Folded& folded, Chain& gradient) const {
    first.unfold(folded.first, gradient.first);
    second.unfold(folded.second, gradient.second);
  }

  auto present() const {
    return Chain<decltype(first.present()), decltype(second.present())>{
        {}, first.present(), second.present()};
  }

  template<class Present>
  void unfold_present(const Present& present, Chain& gradient) const {
    first.unfold_present(present.first, gradient.first);
    second.unfold_present(present.second, gradient.second);
  }

 private:
  void materialise(Chunk& chunk, SignalView<T> x, Index count) const {
    constexpr Index width = detail::block_width<T>;
    for (Index time = 0; time < count; time += width)
      detail::for_row_blocks(A::channels, [&](auto rows, Index row) {
        detail::Block<T, rows, detail::block_packets> out;
        first.template block<true>(out, chunk.first, x, row, time);
        detail::unroll<rows>([&](auto r) {
          T* const to = chunk.between.channel(row + r) + time;
          detail::unroll<detail::block_packets>(
              [&](auto p) { detail::store<T>(to + p * detail::packet_size<T>, out.at[r][p]); });
        });
      });
  }
};

namespace detail {
template<class A, class B>
inline constexpr Index chain_length<Chain<A, B>> = chain_length<A> + 1;
}

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

/// A node without parameters that keeps the number of channels: what most of the interface comes to for it.
template<class Self, class T, Index channels_>
struct Parameterless : NodeBase {
  using Scalar = T;
  static constexpr Index input_channels = channels_;
  static constexpr Index channels = channels_;
  static constexpr Index lookback = 0;
  static constexpr Index history = 0;

  explicit Parameterless(Index count) : count_(count) {}

  Index inputs() const { return count_.value(); }
  Index outputs() const { return count_.value(); }

  template<class D>
  struct Tape {};

  template<class Visitor, class... Nets>
  static void visit(Visitor&, const Path&, Nets&...) {}
  void initialise(Random&) {}
  Self fold() const { return static_cast<const Self&>(*this); }
  void unfold(const Self&, Self&) const {}
  Self present() const { return static_cast<const Self&>(*this); }
  void unfold_present(const Self&, Self&) const {}

 private:
  Eigen::internal::variable_if_dynamic<Index, channels_> count_;
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

/// What `|` appends: knows how to make a node once the scalar type and the number of inputs are known, as
/// `make<T, inputs>(count)`.
struct MakerBase {};

template<class M>
concept Maker = std::is_base_of_v<MakerBase, std::remove_cvref_t<M>>;

/// The start of an expression: a signal or feature vector of `channels` scalars T.
template<Index channels, class T = float>
struct Input {
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

template<class A, class B>
struct SumMaker : MakerBase {
  A a;
  B b;
  constexpr SumMaker(A first, B second) : a(first), b(second) {}
  template<class T, Index inputs>
  auto make(Index count) const {
    auto first = a.template make<T, inputs>(count);
    auto second = b.template make<T, inputs>(count);
    return Sum<decltype(first), decltype(second)>{{}, std::move(first), std::move(second)};
  }
};

/// Two nodes of the same input, added.
template<Maker A, Maker B>
constexpr auto sum(A a, B b) {
  return SumMaker<A, B>(a, b);
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
