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

namespace lifelog::inline LIFELOG_ABI::nn {

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
  template<detail::SeriesOfOthers X>
  LIFELOG_REFUSED_NUMBERS detail::Nothing operator()(X&&) const;
  template<detail::NoSeries X>
  LIFELOG_REFUSED_SERIES detail::Nothing operator()(X&&) const;
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

  template<class... Arguments>
  LIFELOG_REFUSED(
      "a network of series is trained in two parts: its signal by OverTimeGradient, its head by "
      "head.record of Samples")
  void record(const Arguments&...) const;

  auto fold() const {
    return OverTime<decltype(signal.fold()), decltype(head.fold()), R>{signal.fold(), head.fold()};
  }

  template<class Folded>
  void unfold(const Folded& folded, OverTime& gradient) const {
    signal.unfold(folded.signal, gradient.signal);
    head.unfold(folded.head, gradient.head);
  }
};

namespace detail {

/// What is wrong with reducing L.
template<class L>
constexpr Fault fault_of_reduced() {
  if constexpr (!Node<L>)
    return Fault::none;
  else if constexpr (L::kind == Kind::folded)
    return Fault::reduced_norm;
  else if constexpr (L::kind == Kind::vector)
    return Fault::reduced_vector;
  else
    return L::channels == Eigen::Dynamic ? Fault::reduced_dynamic : Fault::none;
}

template<class S, class H, class R>
struct Begun<OverTime<S, H, R>> {
  static constexpr bool begun = true;
  template<class M>
  static constexpr Fault after_head() {
    using Next = decltype(make_after(std::declval<const H&>(), std::declval<const M&>()));
    constexpr Fault fault = fault_after<H, Next>();
    if constexpr (fault == Fault::none)
      return Next::kind == Kind::signal ? Fault::signal_of_vector : Fault::none;
    else
      return fault;
  }
  template<class M>
  static constexpr Fault fault = after_head<M>();
};

}  // namespace detail

template<Node S, Reduction R>
requires(detail::fault_of_reduced<S>() == detail::Fault::none) auto operator|(S signal, R) {
  using Start = Identity<typename S::Scalar, R::features(S::channels)>;
  return OverTime<S, Start, R>{std::move(signal), Start()};
}

// What cannot be reduced.
template<Index channels, class T, Reduction R>
LIFELOG_REFUSED(
    "there is no signal to reduce yet: input<3> | causal_conv<8, 3>() | max_over_time, or of the input "
    "as it is input<3> | identity | max_over_time")
detail::Nothing
operator|(const Input<channels, T>&, const R&);

template<Maker M, Reduction R>
LIFELOG_REFUSED_BEGIN detail::Nothing operator|(const M&, const R&);

template<Reduction R, Maker M>
LIFELOG_REFUSED_BEGIN detail::Nothing operator|(const R&, const M&);

template<class S, class H, class R, Reduction Second>
LIFELOG_REFUSED(
    "a signal is reduced once: two reductions side by side are concat(max_over_time, mean_over_time)")
detail::Nothing
operator|(const OverTime<S, H, R>&, const Second&);

template<Reduction First, Reduction Second>
LIFELOG_REFUSED(
    "a signal is reduced once: two reductions side by side are concat(max_over_time, mean_over_time)")
detail::Nothing
operator|(const First&, const Second&);

template<Node S, Reduction R>
requires(detail::fault_of_reduced<S>() == detail::Fault::reduced_norm) LIFELOG_REFUSED(
    "batch_norm of a signal must stand right after a convolution, whose weights take it in: "
    "causal_conv<8, 3>() | batch_norm | max_over_time (layer_norm may stand anywhere)")
detail::Nothing operator|(const S&, const R&);

template<Node S, Reduction R>
requires(detail::fault_of_reduced<S>() == detail::Fault::reduced_vector) LIFELOG_REFUSED(
    "a reduction takes a signal, but linear and log_softmax are of feature vectors: put them "
    "after it (a linear layer of each instant is causal_conv<n, 1>())")
detail::Nothing operator|(const S&, const R&);

template<Node S, Reduction R>
requires(detail::fault_of_reduced<S>() == detail::Fault::reduced_dynamic) LIFELOG_REFUSED(
    "a signal that is reduced over time has a constant number of channels: put a convolution before the"
    " reduction, input_of(n) | causal_conv<8, 1>() | max_over_time")
detail::Nothing operator|(const S&, const R&);

template<class S, class H, class R, Maker M>
requires(detail::fault_in<OverTime<S, H, R>, M> == detail::Fault::none) auto operator|(
    OverTime<S, H, R> reduced, const M& maker) {
  constexpr Index features = OverTime<S, H, R>::features;
  if constexpr (std::is_same_v<H, Identity<typename S::Scalar, features>>) {
    auto head = maker.template make<typename S::Scalar, features>(features);
    return OverTime<S, decltype(head), R>{std::move(reduced.signal), std::move(head)};
  } else {
    auto head = detail::append(std::move(reduced.head), maker);
    return OverTime<S, decltype(head), R>{std::move(reduced.signal), std::move(head)};
  }
}

}  // namespace lifelog::nn
