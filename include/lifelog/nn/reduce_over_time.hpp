// SPDX-License-Identifier: MIT
#pragma once

#include "../core/matrix.hpp"
#include "reductions.hpp"

namespace lifelog::inline LIFELOG_ABI::nn {

/// Evaluates a folded signal over series of any length, in chunks, and reduces it by R. Holds the chunk buffers, some hundred
/// kilobytes (of a wide network, on the heap): make one a thread and use it again. (For the maximum, and when it was reached,
/// `MaxOverTime` is the faster way.)
///
///     nn::ReduceOverTime<decltype(plain), nn::MeanOverTime> evaluate(plain);
///     evaluate(plain, x, features);
template<class S, class R>
class ReduceOverTime {
 public:
  using T = typename S::Scalar;
  using State = typename R::template State<T, S::channels>;
  static constexpr Index features_count = R::features(S::channels);

  explicit ReduceOverTime(const S& signal) : input_(signal.inputs()), state_(S::channels) { reset(); }

  /// features: [R's of S's channels]. x.length > 0.
  void operator()(const S& signal, Series<T> x, T* features) {
    reset();
    push(signal, x);
    this->features(features);
  }
  template<class U>
  requires(!std::is_same_v<U, T>) LIFELOG_REFUSED_SAMPLES void operator()(const S&, Series<U>, U*);

  /// Of a signal that drops samples (`fold_training`): which of training's draws the next push belongs to.
  void draw(Draw draw) { draw_ = draw; }

  /// Forgets everything: the next sample is at time 0.
  void reset() {
    input_.reset();
    chunk_.reset();
    state_.reset();
    finite_ = true;
  }

  /// Goes on with the series' next samples; in how many pieces it comes changes nothing but rounding.
  void push(const S& signal, Series<T> x) {
    detail::begin(signal, chunk_, draw_);
    for (Index start = 0; start < x.length; start += P::length) {
      const auto now = stripes<P>(std::min(P::length, x.length - start), S::template period<P>);
      for (Index c = 0; c < signal.inputs(); ++c) {
        const T* const from = x.data + c * x.stride + start;
        finite_ = finite_ && lifelog::detail::all_finite(from, now.count);
        input_.write(c, from, now);
      }
      input_.link(now);
      signal.prepare(chunk_, input_.view(), now);
      if (const auto made = chunk_.after(now); made.count > 0) {
        write_chunk<P>(signal, chunk_, input_.view(), made, output_);
        for (Index c = 0; c < S::channels; ++c) output_.read(c, &rows_(c, 0), made);
        state_.add(rows_.data(), Q::length, made.count);
      }
      input_.advance(now);
      chunk_.advance(now);
    }
  }

  /// What R makes of the samples so far; NaN from the first sample on that is not finite.
  void features(T* to) const {
    if (finite_)
      state_.features(to);
    else
      std::fill_n(to, features_count, std::numeric_limits<T>::quiet_NaN());
  }

  /// What R holds of the samples so far.
  const State& state() const { return state_; }

 private:
  using P = PaceOf<S>;
  using Q = PaceAfter<S, P>;

  SignalBuffer<P, S::input_channels, S::history> input_;
  SignalBuffer<Q, S::channels, 0> output_;
  typename S::template Chunk<P> chunk_;
  RowMatrix<T> rows_{S::channels, Q::length};
  State state_;
  Draw draw_;
  bool finite_ = true;
};

/// No signal: see `LIFELOG_REFUSED`.
template<class S, class R>
requires(!Node<S>) class ReduceOverTime<S, R> : public detail::Nothing {
 public:
  template<class Net>
  LIFELOG_REFUSED_SIGNAL explicit ReduceOverTime(const Net&);
};

}  // namespace lifelog::nn
