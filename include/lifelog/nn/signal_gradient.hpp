// SPDX-License-Identifier: MIT
#pragma once

#include "../core/error.hpp"
#include "max_over_time.hpp"

namespace lifelog::nn {

/// The exact gradient of a folded signal in all of its outputs, where nothing like a maximum over time leaves most of
/// them without one: for losses on the signal itself, and to hold the sparse gradient against. Every intermediate signal
/// is kept: memory is the series' length times all channels of the network, twice, and used again by the next call.
///
///     nn::SignalGradient<decltype(plain)> pull;
///     const float* y = pull.forward(plain, x);      // [channels, length], until the next call
///     pull.backward(plain, dy, gradient);           // dy: the loss's derivative in y
template<class S>
class SignalGradient {
 public:
  using T = typename S::Scalar;
  static_assert(S::channels != Eigen::Dynamic, "a signal has a fixed number of channels");

  /// Evaluates x and remembers what `backward` needs. Returns the output, [channels, x.length], row-major.
  const T* forward(const S& signal, Series<T> x) {
    domain_.length = x.length;
    gather(x, signal.inputs(), input_);
    T* const y = output_.resize(domain_, signal);
    signal.record(domain_, tape_, input_.data(), y);
    return y;
  }

  /// dy: [channels, length], the loss's derivative in the output of the last `forward`, of the same signal. Adds to
  /// `gradient`, and to dx, [inputs, length] row-major, where that is wanted. Throws std::invalid_argument when dy is not
  /// as long as x was.
  void backward(const S& signal, Series<T> dy, S& gradient, T* dx = nullptr) {
    lifelog::detail::require(dy.length == domain_.length,
                             "SignalGradient: dy must be as long as the series, expected ", domain_.length,
                             ", got ", dy.length);
    gather(dy, S::channels, seed_);
    signal.pull(domain_, tape_, input_.data(), output_.data(), seed_.data(), dx, gradient);
  }

 private:
  using Domain = Frames<T>;
  using Plane = Eigen::Array<T, Eigen::Dynamic, 1>;

  static void gather(Series<T> from, Index channels, Plane& to) {
    to.resize(channels * from.length);
    for (Index c = 0; c < channels; ++c)
      std::copy_n(from.data + c * from.stride, from.length, to.data() + c * from.length);
  }

  Domain domain_{0};
  Plane input_, seed_;
  typename Domain::template Buffer<S> output_;
  typename S::template Tape<Domain> tape_;
};

}  // namespace lifelog::nn
