// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "max_over_time_gradient.hpp"
#include "reduce_over_time.hpp"

namespace lifelog::inline LIFELOG_ABI::nn {

/// The exact gradient of a signal reduced over time by R. Where the reduction has one, the signal is recomputed in pieces of
/// time, each with `lookback` samples before it so that its values are the series' own, and differentiated: memory grows with
/// the lookback, not with the series. A series of one piece is kept from `forward`.
///
///     nn::OverTimeGradient<decltype(plain), nn::MeanOverTime> pull(plain);
///     pull.forward(plain, x, features);
///     pull.backward(plain, slopes, gradient);       // slopes: the loss's derivative in each feature
template<class S, class R = MaxOverTimeMaker>
class OverTimeGradient {
 public:
  using T = typename S::Scalar;
  static constexpr Index features_count = R::features(S::channels);
  /// Samples differentiated at a time.
  static constexpr Index piece = std::max<Index>(1024, 4 * S::lookback);

  explicit OverTimeGradient(const S&) : state_(S::channels) {}

  /// Of a signal that drops samples (`fold_training`): which of training's draws the next `forward` belongs to.
  void draw(Draw draw) {
    draw_ = draw;
    pull_.draw(draw);
  }

  /// features: [R's of S's channels], as `ReduceOverTime` makes them. x must stay until `backward`; x.length > 0.
  void forward(const S& signal, Series<T> x, T* features) {
    series_ = x;
    recorded_ = x.length <= piece;
    if (recorded_) {
      state_.reset();
      const Index length = SignalGradient<S>::outputs(x.length);
      state_.add(pull_.forward(signal, x), length, length);
      state_.features(features);
      for (Index c = 0; c < signal.inputs(); ++c)
        if (!lifelog::detail::all_finite(x.data + c * x.stride, x.length))
          std::fill_n(features, features_count, std::numeric_limits<T>::quiet_NaN());
    } else {
      if (!evaluate_) evaluate_ = std::make_unique<ReduceOverTime<S, R>>(signal);
      evaluate_->draw(draw_);
      (*evaluate_)(signal, x, features);
      state_ = evaluate_->state();
    }
  }

  /// The gradient of the last `forward`, of the same signal; slopes: [features]. Adds to `gradient`.
  void backward(const S& signal, const T* slopes, S& gradient) {
    constexpr Index rate = S::rate;
    const auto reach = state_.reach();
    if (recorded_ && 2 * (rate * (reach.end - reach.begin) + S::lookback) >= series_.length) {
      seed(slopes, {0, SignalGradient<S>::outputs(series_.length)}, 0);
      return pull(signal, gradient);
    }
    recorded_ = false;
    for (Index begin = reach.begin; begin < reach.end; begin += piece / rate) {
      const TimeSpan span{begin, std::min(begin + piece / rate, reach.end)};
      // Of the outputs the first that is recorded: a piece begins where all strides do.
      const Index first = std::max<Index>(rate * begin - S::lookback, 0) / rate, start = rate * first;
      if (!seed(slopes, span, begin - first)) continue;
      pull_.record(signal, {series_.data + start, rate * (span.end - 1) + 1 - start, series_.stride}, start);
      pull(signal, gradient);
    }
  }

 private:
  /// The derivatives in the signal's samples, after `warm` of which none has one. Whether any is not zero.
  bool seed(const T* slopes, TimeSpan span, Index warm) {
    seed_.setZero(S::channels, warm + span.end - span.begin);
    state_.seed(slopes, span, seed_.data() + warm, seed_.cols());
    return !(seed_.array() == 0).all();
  }

  void pull(const S& signal, S& gradient) {
    pull_.backward(signal, Series<T>{seed_.data(), seed_.cols(), seed_.cols()}, gradient);
  }

  SignalGradient<S> pull_;
  std::unique_ptr<ReduceOverTime<S, R>> evaluate_;
  typename R::template State<T, S::channels> state_;
  RowMatrix<T> seed_;
  Series<T> series_{nullptr, 0, 0};
  Draw draw_;
  bool recorded_ = false;
};

/// The same of maxima, whose gradient is that of a few windows.
template<Node S>
class OverTimeGradient<S, MaxOverTimeMaker> {
 public:
  using T = typename S::Scalar;
  static constexpr Index features_count = S::channels;

  explicit OverTimeGradient(const S& signal) : pull_(signal) {}

  void draw(Draw draw) { pull_.draw(draw); }

  void forward(const S& signal, Series<T> x, T* features) { pull_.forward(signal, x, features, times_); }
  void backward(const S& signal, const T* slopes, S& gradient) { pull_.backward(signal, slopes, gradient); }

 private:
  MaxOverTimeGradient<S> pull_;
  Index times_[S::channels];
};

/// No signal: see `LIFELOG_REFUSED`.
template<class S, class R>
requires(!Node<S>) class OverTimeGradient<S, R> : public detail::Nothing {
 public:
  template<class Net>
  LIFELOG_REFUSED_SIGNAL explicit OverTimeGradient(const Net&);
};

}  // namespace lifelog::nn
