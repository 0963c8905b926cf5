// SPDX-License-Identifier: MIT
#pragma once

#include <limits>

#include "../core/error.hpp"
#include "expression.hpp"
#include "series.hpp"

namespace lifelog::inline LIFELOG_ABI::nn {

/// The exact gradient of a folded signal in all of its outputs, where nothing like a maximum over time leaves most of
/// them without one: for losses on the signal itself, and to hold the sparse gradient against. Every intermediate signal
/// is kept: memory is the series' length times all channels of the network, twice, and used again by the next call.
///
///     nn::SignalGradient<decltype(plain)> pull;
///     const float* y = pull.forward(plain, x);      // [channels, length], until the next call
///     pull.backward(plain, dy, gradient);           // dy: the loss's derivative in y
///
/// Of a signal with strides y has `outputs(length)` samples, the first and each `rate`-th from there.
template<class S>
class SignalGradient {
 public:
  using T = typename S::Scalar;
  static_assert(S::channels != Eigen::Dynamic, "a signal has a fixed number of channels");

  /// Of a signal that drops samples (`fold_training`): which of training's draws the next `forward` belongs to.
  void draw(Draw draw) { domain_.draw = draw; }

  /// How many samples the output of so many has.
  static constexpr Index outputs(Index length) { return detail::samples_after(S::rate, length); }

  /// Evaluates x and remembers what `backward` needs. Returns the output, [channels, outputs(x.length)], row-major.
  const T* forward(const S& signal, Series<T> x) {
    record(signal, x);
    const Index length = domain_.length;
    rows_.resize(S::channels * length);
    for (Index c = 0; c < S::channels; ++c)
      std::copy_n(output_.data() + c * domain_.stride() + Domain::margin, length, rows_.data() + c * length);
    return rows_.data();
  }

  /// The same without giving the output. start: the time of x's first sample, a multiple of the rate, where x is a piece of
  /// a series.
  void record(const S& signal, Series<T> x, Index start = 0) {
    domain_.length = outputs(x.length), domain_.input_length = x.length, domain_.start = start;
    gather(x, signal.inputs(), domain_.input_stride(), input_);
    signal.record(domain_, tape_, input_.data(), output_.resize(domain_, signal));
  }

  /// Each channel's maximum of what was recorded, and when it was first reached, as `MaxOverTime` gives them (in samples of
  /// x). [channels] each.
  void maxima(T* values, Index* times) const {
    const bool finite = ((input_ * T(0)) == T(0)).all();
    for (Index c = 0; c < S::channels; ++c) {
      const T* const y = output_.data() + c * domain_.stride() + Domain::margin;
      const T* const largest = std::max_element(y, y + domain_.length);
      values[c] = finite ? *largest : std::numeric_limits<T>::quiet_NaN();
      times[c] = finite ? S::rate * (largest - y) : 0;
    }
  }

  /// dy: [channels, outputs(length)], the loss's derivative in the output of the last `forward`, of the same signal. Adds to
  /// `gradient`, and to dx, [inputs, length] row-major, where that is wanted. Throws std::invalid_argument when dy is not
  /// as long as the output.
  void backward(const S& signal, Series<T> dy, S& gradient, T* dx = nullptr) {
    lifelog::detail::require(dy.length == domain_.length,
                             "SignalGradient: dy must be as long as the output, expected ", domain_.length,
                             ", got ", dy.length);
    gather(dy, S::channels, domain_.stride(), seed_);
    const Index length = domain_.input_length, stride = domain_.input_stride();
    if (dx) dinput_.setZero(signal.inputs() * stride);
    pull(signal, gradient, dx ? dinput_.data() : nullptr);
    for (Index c = 0; dx && c < signal.inputs(); ++c)
      for (Index t = 0; t < length; ++t) dx[c * length + t] += dinput_[c * stride + Domain::margin + t];
  }

  /// The same where all of the derivative is `slopes`, [channels], of each channel at one of the `times`, [channels], in
  /// samples of x.
  void backward(const S& signal, const Index* times, const T* slopes, S& gradient) {
    seed_.setZero(domain_.plane(S::channels));
    for (Index c = 0; c < S::channels; ++c)
      seed_[c * domain_.stride() + Domain::margin + times[c] / S::rate] = slopes[c];
    pull(signal, gradient, nullptr);
  }

 private:
  using Domain = Frames<T>;
  using Plane = Eigen::Array<T, Eigen::Dynamic, 1>;

  static void gather(Series<T> from, Index channels, Index stride, Plane& to) {
    to.setZero(channels * stride);
    for (Index c = 0; c < channels; ++c)
      std::copy_n(from.data + c * from.stride, from.length, to.data() + c * stride + Domain::margin);
  }

  void pull(const S& signal, S& gradient, T* dx) {
    signal.pull(domain_, tape_, input_.data(), output_.data(), seed_.data(), dx, gradient);
  }

  Domain domain_{0, 0};
  Plane input_, seed_, dinput_, rows_;
  typename Domain::template Buffer<S> output_;
  typename S::template Tape<Domain> tape_;
};

/// No signal: see `LIFELOG_REFUSED`.
template<class S>
requires(!Node<S>) class SignalGradient<S> : public detail::Nothing {
 public:
  LIFELOG_REFUSED_SIGNAL SignalGradient();
};

}  // namespace lifelog::nn
