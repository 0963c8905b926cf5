// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <type_traits>

#include "../core/random.hpp"
#include "chunk.hpp"
#include "detail/kernels.hpp"
#include "detail/refused.hpp"
#include "domain.hpp"
#include "parameters.hpp"

// How networks are composed. A node is a function of a signal (or of a feature vector) that owns its parameters; `|`
// feeds one node's output to the next, `sum` adds two nodes that share an input. Every node offers
//
//   input_channels, channels          constants: how many go in and come out
//   kind                              constant: whether it is of signals, of vectors, or of either
//   lookback, history                 constants: receptive field − 1; samples its own reads look back
//   rate                              constant: samples of the input from one of the output to the next; 1 but for strides
//   outputs(), inputs()               the same counts at run time, where they are Eigen::Dynamic
//   widest, deepest                   constants: most channels (a `rate`-th of those after a stride) and longest past, in
//                                     samples of the input, of the signals read: the pace of evaluation follows (`PaceOf`)
//   Chunk<Pace>, begin, prepare, block
//                                     evaluation in chunks of time (signals): what is made of the weights once for all
//                                     chunks (of dropout: of a `Draw` too), once a chunk, and a register block of the
//                                     output, which is of PaceAfter
//   spread<Pace>, period<Pace>        how far apart a block's packets are best, and what a chunk's must be a multiple of
//   Memory, push                      evaluation sample by sample; with a rate above 1 push tells whether it made an output
//   Tape<Domain>, record, pull        training: forward with a record, then the pull-back of a gradient
//   reads                             which instants must be known for the output to be known at those of a set
//   visit, initialise, fold, unfold   parameters; fold gives the network that is evaluated, unfold its gradient's way back
//   fold_into, unfold_from            instead, of a node that evaluation merges with the one before it
//   fold_training                     as fold, of a node that is there in training only
//   present, unfold_present           the same for series of length 1, as a network on feature vectors
//
// and nothing else has to know what it computes. Nodes of signals (convolution, activations, sum, product, identity) have
// all of it; nodes of feature vectors alone (linear, batch norm, log softmax) have no chunks: a vector is one sample.

namespace lifelog::inline LIFELOG_ABI::nn {

/// Marks node types, for `|`, and holds what most of them share: no memory between chunks or samples, reading the
/// present only.
struct NodeBase {
  static constexpr Kind kind = Kind::either;
  static constexpr Index rate = 1;
  template<class P>
  static constexpr Index spread = 1;
  template<class P>
  static constexpr Index period = detail::block_packets;
  template<class P>
  struct Chunk {
    using Pace = P;
    void reset() {}
    void advance(Stripes<P>) {}
    /// What of a chunk the output has.
    Stripes<P> after(Stripes<P> stripes) const { return stripes; }
  };
  template<class C>
  void begin(C&) const {}
  template<class C, class P>
  void prepare(C&, SignalView<typename P::Scalar>, Stripes<P>) const {}
  struct Memory {
    void reset() {}
  };
  static Instants reads(const Instants& reach) { return reach; }
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
concept HasName = requires {
  F::name;
};

/// Visits a child under its own name, or under `otherwise`.
template<class F, class Visitor, class Otherwise, class... Nets>
LIFELOG_COLD void visit_child(Visitor& visitor, const Path& path, Otherwise otherwise, Nets&... nets) {
  if constexpr (HasName<F>)
    F::visit(visitor, path / F::name, nets...);
  else
    F::visit(visitor, path / otherwise, nets...);
}

template<class F>
concept ActsInTraining = requires(const F& node) {
  node.fold_training();
};

/// What of a node is trained: what is evaluated, and what acts in training only.
template<class F>
auto fold_training(const F& node) {
  if constexpr (ActsInTraining<F>)
    return node.fold_training();
  else
    return node.fold();
}

template<class F, class C>
void begin(const F& node, C& chunk, const Draw& draw) {
  if constexpr (requires { node.begin(chunk, draw); })
    node.begin(chunk, draw);
  else
    node.begin(chunk);
}

/// One sample into a node. Whether that made an output.
template<class F>
EIGEN_ALWAYS_INLINE bool push(const F& node, typename F::Memory& memory, const typename F::Scalar* x,
                              typename F::Scalar* y) {
  if constexpr (F::rate > 1) {
    return node.push(memory, x, y);
  } else {
    node.push(memory, x, y);
    return true;
  }
}

}  // namespace detail

/// Evaluates a chunk that `signal` was prepared for at pace P, block by block, into a buffer. stripes: of the output.
template<class P, class F, class Buffer>
void write_chunk(const F& signal, const typename F::template Chunk<P>& chunk,
                 SignalView<typename F::Scalar> x, Stripes<PaceAfter<F, P>> stripes, Buffer& to) {
  using T = typename F::Scalar;
  for_packets<PaceAfter<F, P>, F::template spread<P>>(stripes.depth, [&](auto at) {
    detail::for_row_blocks<F::channels>(signal.outputs(), [&](auto rows, Index row) {
      detail::Block<T, rows, detail::block_packets> out;
      signal.template block<true>(out, chunk, x, row, at);
      detail::unroll<rows>([&](int r) LIFELOG_INLINED {
        detail::unroll<detail::block_packets>([&](int p) LIFELOG_INLINED {
          detail::store<T>(to.channel(row + r) + at.offset(p), out.at[r][p]);
        });
      });
    });
  });
}

/// A node without parameters that keeps the number of channels: what most of the interface comes to for it.
template<class Self, class T, Index channels_>
struct Parameterless : NodeBase {
  using Scalar = T;
  static constexpr Index input_channels = channels_;
  static constexpr Index channels = channels_;
  static constexpr Index lookback = 0;
  static constexpr Index history = 0;
  static constexpr Index widest = channels_;
  static constexpr Index deepest = 0;

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

}  // namespace lifelog::nn
