// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>

#include "expression.hpp"

// Reductions: what makes a feature vector of a signal of any length. The library's are max_over_time.hpp and reductions.hpp;
// here is what one is, for who writes another. It is a type without data:
//
//     struct Sums : nn::ReductionOf<Sums> {                          // Σ_t y(c, t)
//       static constexpr Index features(Index channels) { return channels; }   // how many it makes of so many channels
//
//       template<class T, Index channels>                            // what it holds of a series so far, a plain object
//       struct State {
//         explicit State(Index count);                               // count: the channels, where `channels` is Eigen::Dynamic
//         void reset();                                              // the next sample is at time 0
//         void add(const T* rows, Index stride, Index count);        // the next `count` samples: channel c at rows[c·stride …]
//         void features(T* to) const;                                // [features]: what it makes of all samples so far
//         TimeSpan reach() const;                                    // training: the times whose samples have a gradient, and
//         void seed(const T* slopes, TimeSpan span, T* rows,         //   that of the samples in `span`, added to zeros:
//                   Index stride) const;                             //   channel c at time span.begin + t to rows[c·stride + t]
//       };                                                           //   slopes: [features], the loss's derivative in each
//     };
//     auto net = input<3> | causal_conv<8, 3>() | Sums() | linear<4>;
//
// A gradient that needs the samples' values must keep what it needs of them: `seed` sees none. In how many pieces a series
// comes to `add` may change nothing but rounding; samples are finite.

namespace lifelog::nn {

/// The times `begin` … `end` − 1.
struct TimeSpan {
  Index begin, end;
};

/// What reductions derive from, for `|` and to be called: `mean_over_time(x)`.
template<class Self>
struct ReductionOf {
  /// Of a series, [features]; needs functional.hpp.
  template<class X>
  auto operator()(X&& x) const {
    return over(static_cast<const Self&>(*this), std::forward<X>(x));
  }
};

template<class R>
concept Reduction = std::is_base_of_v<ReductionOf<std::remove_cvref_t<R>>, std::remove_cvref_t<R>>;

/// What a reduction's `State` offers; see the top of this header.
template<class State, class T>
concept ReductionState = std::is_copy_assignable_v<State> && std::is_constructible_v<State, Index> &&
    requires(State state, const State& done, const T* in, T* out, Index n, TimeSpan span) {
  state.reset();
  state.add(in, n, n);
  done.features(out);
  { done.reach() } -> std::same_as<TimeSpan>;
  done.seed(in, span, out, n);
};

struct MaxOverTimeMaker;

/// A signal reduced to a feature vector, by its maximum over time unless R says otherwise, then a network on that vector:
/// `signal | max_over_time | linear<32>`. The whole series is seen, its values are not kept: memory does not grow with length.
template<class S, class H, class R = MaxOverTimeMaker>
struct OverTime {
  using Scalar = typename S::Scalar;
  using T = Scalar;
  using Reduced = R;
  static_assert(ReductionState<typename R::template State<T, S::channels>, T>,
                "a reduction's State must offer what over_time.hpp says");
  static constexpr Index features = R::features(S::channels);
  static constexpr Index channels = H::channels;
  static constexpr Index lookback = S::lookback;

  S signal;
  H head;

  Index inputs() const { return signal.inputs(); }
  Index outputs() const { return head.outputs(); }

  template<class Visitor, class... Nets>
  static void visit(Visitor& visitor, const Path& path, Nets&... nets) {
    detail::visit_child<S>(visitor, path, "signal", nets.signal...);
    detail::visit_child<H>(visitor, path, "head", nets.head...);
  }

  void initialise(Random& random) { signal.initialise(random), head.initialise(random); }

  auto fold() const {
    return OverTime<decltype(signal.fold()), decltype(head.fold()), R>{signal.fold(), head.fold()};
  }

  template<class Folded>
  void unfold(const Folded& folded, OverTime& gradient) const {
    signal.unfold(folded.signal, gradient.signal);
    head.unfold(folded.head, gradient.head);
  }
};

template<Node S, Reduction R>
auto operator|(S signal, R) {
  static_assert(S::channels != Eigen::Dynamic,
                "a signal that is reduced over time has a constant number of channels: put a convolution "
                "before the reduction");
  static_assert(!detail::of_vectors_only<S>,
                "dropout is of feature vectors: put it after the reduction, between linear layers");
  using Start = Identity<typename S::Scalar, R::features(S::channels)>;
  return OverTime<S, Start, R>{std::move(signal), Start()};
}

template<class S, class H, class R, Maker M>
auto operator|(OverTime<S, H, R> reduced, const M& maker) {
  constexpr Index features = OverTime<S, H, R>::features;
  if constexpr (std::is_same_v<H, Identity<typename S::Scalar, features>>) {
    auto head = maker.template make<typename S::Scalar, features>(features);
    return OverTime<S, decltype(head), R>{std::move(reduced.signal), std::move(head)};
  } else {
    auto head = std::move(reduced.head) | maker;
    return OverTime<S, decltype(head), R>{std::move(reduced.signal), std::move(head)};
  }
}

}  // namespace lifelog::nn
