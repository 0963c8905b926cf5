// SPDX-License-Identifier: MIT
#pragma once

#include <numeric>

#include "node.hpp"

namespace lifelog::inline LIFELOG_ABI::nn {

template<class A, class B>
struct Chain;

namespace detail {

/// Nodes in a row, which number their tensors' names.
template<class F>
inline constexpr Index chain_length = 1;

/// The last of nodes in a row.
template<class F>
F& last_node(F& node) {
  return node;
}
template<class A, class B>
auto& last_node(Chain<A, B>& chain) {
  return last_node(chain.second);
}

/// Whether of B nothing is left in evaluation but a change of the folded node before it.
template<class B, class A>
concept FoldsInto = requires(const B& node, A& before) {
  node.fold_into(last_node(before));
};

}  // namespace detail

/// `second` after `first`. Where `second` reads more than the present sample, `first` is materialised between
/// them.
template<class A, class B>
struct Chain : NodeBase {
  using Scalar = typename A::Scalar;
  static constexpr Index input_channels = A::input_channels;
  static constexpr Index channels = B::channels;
  static constexpr Index rate = A::rate * B::rate;
  static_assert(rate <= 512, "strides of nodes in a row multiply to 512 at most");
  static constexpr Index lookback = A::lookback + A::rate * B::lookback;
  static constexpr Index history = A::history;
  static constexpr bool pointwise = false;
  static constexpr Kind kind = A::kind == Kind::either ? B::kind : A::kind;

  A first;
  B second;

  Index inputs() const { return first.inputs(); }
  Index outputs() const { return second.outputs(); }

  // Chunks of time.
  using T = Scalar;
  static constexpr Index between_channels = A::channels == Eigen::Dynamic ? B::input_channels : A::channels;
  static constexpr Index widest =
      std::max(A::widest, detail::samples_after(A::rate, std::max(B::widest, between_channels)));
  static constexpr Index deepest = std::max(A::deepest, A::rate* B::deepest);
  template<class P>
  using Between = PaceAfter<A, P>;
  template<class P>
  struct FusedChunk {
    typename A::template Chunk<P> first;
    void reset() { first.reset(); }
    void advance(Stripes<P> stripes) { first.advance(stripes); }
    auto after(Stripes<P> stripes) const { return first.after(stripes); }
  };
  template<class P>
  struct BufferedChunk {
    using Buffer = SignalBuffer<Between<P>, between_channels, B::history>;
    typename A::template Chunk<P> first;
    Buffer between;
    typename B::template Chunk<Between<P>> second;
    void reset() { first.reset(), between.reset(), second.reset(); }
    void advance(Stripes<P> stripes) {
      const auto now = first.after(stripes);
      first.advance(stripes), between.advance(now), second.advance(now);
    }
    auto after(Stripes<P> stripes) const { return second.after(first.after(stripes)); }
  };
  template<class P>
  using Chunk = std::conditional_t<B::pointwise, FusedChunk<P>, BufferedChunk<P>>;

  template<class P>
  static constexpr Index spread = B::pointwise ? A::template spread<P> : B::template spread<Between<P>>;
  template<class P>
  static constexpr Index period = std::lcm(A::template period<P>, A::rate* B::template period<Between<P>>);

  template<class C>
  void begin(C& chunk, const Draw& draw = {}) const {
    detail::begin(first, chunk.first, draw);
    if constexpr (!B::pointwise) {
      if constexpr (between_channels == Eigen::Dynamic)
        if (chunk.between.channel_count() == 0) chunk.between = typename C::Buffer(first.outputs());
      detail::begin(second, chunk.second, draw);
    }
  }

  template<class P>
  void prepare(Chunk<P>& chunk, SignalView<T> x, Stripes<P> stripes) const {
    first.prepare(chunk.first, x, stripes);
    if constexpr (!B::pointwise) {
      const auto now = chunk.first.after(stripes);
      write_chunk<P>(first, chunk.first, x, now, chunk.between);
      chunk.between.link(now);
      second.prepare(chunk.second, chunk.between.view(), now);
    }
  }

  template<bool fresh, int Rows, int Columns, class C, class At>
  EIGEN_ALWAYS_INLINE void block(detail::Block<T, Rows, Columns>& out, const C& chunk, SignalView<T> x,
                                 Index row, At at) const {
    if constexpr (!B::pointwise) {
      second.template block<fresh>(out, chunk.second, chunk.between.view(), row, at);
    } else if constexpr (fresh) {
      first.template block<true>(out, chunk.first, x, row, at);
      second.apply(out);
    } else {
      detail::Block<T, Rows, Columns> own;
      first.template block<true>(own, chunk.first, x, row, at);
      second.apply(own);
      detail::unroll<Rows>([&](int r) LIFELOG_INLINED {
        detail::unroll<Columns>(
            [&](int p) LIFELOG_INLINED { out.at[r][p] = detail::padd(out.at[r][p], own.at[r][p]); });
      });
    }
  }

  // Sample by sample.
  struct Memory {
    typename A::Memory first;
    typename B::Memory second;
    void reset() { first.reset(), second.reset(); }
  };

  EIGEN_ALWAYS_INLINE bool push(Memory& memory, const T* x, T* y) const {
    static_assert(A::channels != Eigen::Dynamic,
                  "sample by sample, the channels between two nodes must be a constant: linear<n> rather "
                  "than linear_to(n)");
    alignas(64) T between[A::channels];
    return detail::push(first, memory.first, x, between) && detail::push(second, memory.second, between, y);
  }

  // Training.
  static Instants reads(const Instants& reach) { return A::reads(B::reads(reach)); }

  template<class D>
  struct Tape {
    typename D::Middle middle;
    typename D::template First<B>::template Buffer<A> between, gradient;
    typename A::template Tape<typename D::template First<B>> first;
    typename B::template Tape<typename D::template Second<B>> second;
  };

  template<class D>
  void record(const D& domain, Tape<D>& tape, const T* x, T* y) const {
    domain.template find_middle<A, B>(tape.middle);
    const auto before = domain.template first<A, B>(tape.middle);
    T* const between = tape.between.resize(before, first);
    first.record(before, tape.first, x, between);
    second.record(domain.template second<A, B>(tape.middle), tape.second, between, y);
  }

  template<class U>
  requires(kind == Kind::signal) LIFELOG_REFUSED(
      "Samples are feature vectors, and this network ends in a signal: put a reduction and a head after "
      "it, as in signal | max_over_time | linear<4>, and train the signal by OverTimeGradient, or a loss "
      "on all of it by SignalGradient")
  void record(const Samples<U>&, Tape<Samples<U>>&, const T*, T*) const;

  template<class D>
  void pull(const D& domain, Tape<D>& tape, const T* x, const T* y, const T* dy, T* dx,
            Chain& gradient) const {
    const auto before = domain.template first<A, B>(tape.middle);
    T* const between = tape.gradient.resize(before, first);
    if constexpr (B::pointwise) {
      second.template pull_to<true>(domain, tape.between.data(), y, dy, between);
    } else {
      tape.gradient.set_zero();
      second.pull(domain.template second<A, B>(tape.middle), tape.second, tape.between.data(), y, dy, between,
                  gradient.second);
    }
    first.pull(before, tape.first, x, tape.between.data(), between, dx, gradient.first);
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
    auto before = first.fold();
    if constexpr (detail::FoldsInto<B, decltype(before)>) {
      second.fold_into(detail::last_node(before));
      return before;
    } else {
      return Chain<decltype(before), decltype(second.fold())>{{}, std::move(before), second.fold()};
    }
  }

  /// As `fold`, for training.
  auto fold_training() const {
    auto before = detail::fold_training(first);
    if constexpr (detail::FoldsInto<B, decltype(before)> && !detail::ActsInTraining<B>) {
      second.fold_into(detail::last_node(before));
      return before;
    } else {
      auto after = detail::fold_training(second);
      return Chain<decltype(before), decltype(after)>{{}, std::move(before), std::move(after)};
    }
  }

  /// folded: the gradient of what either of them made.
  template<class Folded>
  void unfold(const Folded& folded, Chain& gradient) const {
    constexpr bool training = !std::is_same_v<Folded, decltype(this->fold())>;
    const auto fold_first = [&] {
      if constexpr (training)
        return detail::fold_training(first);
      else
        return first.fold();
    };
    if constexpr (detail::FoldsInto<B, decltype(fold_first())> && !(training && detail::ActsInTraining<B>)) {
      auto before = fold_first();
      auto own = folded;
      second.unfold_from(detail::last_node(before), detail::last_node(own), gradient.second);
      first.unfold(own, gradient.first);
    } else {
      first.unfold(folded.first, gradient.first);
      second.unfold(folded.second, gradient.second);
    }
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
};

namespace detail {
template<class A, class B>
inline constexpr Index chain_length<Chain<A, B>> = chain_length<A> + 1;
}

}  // namespace lifelog::nn
