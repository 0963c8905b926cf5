// SPDX-License-Identifier: MIT
#pragma once

#include <limits>

#include "../core/finite.hpp"
#include "max_over_time.hpp"

namespace lifelog::inline LIFELOG_ABI::nn {

/// A network evaluated sample by sample: everything it remembers of the past, apart from the weights. Copies are
/// independent, and one network may serve many streams. Its size is a constant of the type, whether or not the
/// number of input channels is, and nothing is ever allocated.
///
///     auto plain = encoder.fold();          // once, after training or loading
///     nn::Stream<decltype(plain)> stream;   // zero before time 0
///     stream.push(plain, sample);           // sample: [channels]
///     stream.features(plain, key);          // at any time: what the encoder makes of all samples so far
///
/// A sample that is not finite makes the features NaN until `reset`, as it does for a whole series.
///
/// For a signal (no maximum over time), `push(signal, sample, output)` gives its output at each sample, or, of a signal with
/// strides, at the first and each `rate`-th from there.
template<class F>
class Stream {
 public:
  using T = typename F::Scalar;

  void reset() { memory_.reset(); }

  /// sample: [input_channels]; output: [channels], the signal now. Whether there is one at this sample: if not, `output` is
  /// left alone.
  bool push(const F& signal, const T* sample, T* output) {
    return detail::push(signal, memory_, sample, output);
  }
  template<class U>
  requires(!std::is_same_v<U, T>) LIFELOG_REFUSED_SAMPLES void push(const F&, const U*, U*);

 private:
  typename F::Memory memory_;
};

template<class S, class H>
class Stream<OverTime<S, H>> {
 public:
  using T = typename S::Scalar;
  using Network = OverTime<S, H>;

  Stream() { reset(); }

  void reset() {
    memory_.reset();
    std::fill_n(maxima_, S::channels, -std::numeric_limits<T>::infinity());
    finite_ = true;
  }

  /// sample: [input_channels].
  void push(const Network& net, const T* sample) {
    for (Index c = 0; c < net.inputs(); ++c) finite_ &= lifelog::detail::is_finite(sample[c]);
    alignas(64) T now[S::channels];
    if (!detail::push(net.signal, memory_, sample, now)) return;
    for (Index c = 0; c < S::channels; ++c) maxima_[c] = now[c] > maxima_[c] ? now[c] : maxima_[c];
  }
  template<class U>
  requires(!std::is_same_v<U, T>) LIFELOG_REFUSED_SAMPLES void push(const Network&, const U*);

  /// output: [channels of the head]. Before the first sample the maxima are −∞.
  void features(const Network& net, T* output) const {
    typename H::Memory none;
    if (finite_)
      net.head.push(none, maxima_, output);
    else
      std::fill_n(output, net.outputs(), std::numeric_limits<T>::quiet_NaN());
  }

 private:
  typename S::Memory memory_;
  bool finite_ = true;  // all samples so far
  alignas(64) T maxima_[S::channels];
};

/// Other reductions hold what they need of a series.
template<class S, class H, class R>
class Stream<OverTime<S, H, R>> {
 public:
  using T = typename S::Scalar;
  using Network = OverTime<S, H, R>;

  Stream() : state_(S::channels) {}

  void reset() {
    memory_.reset();
    state_.reset();
    finite_ = true;
  }

  /// sample: [input_channels].
  void push(const Network& net, const T* sample) {
    finite_ = finite_ && lifelog::detail::all_finite(sample, net.inputs());
    alignas(64) T now[S::channels];
    if (detail::push(net.signal, memory_, sample, now)) state_.add(now, 1, 1);
  }
  template<class U>
  requires(!std::is_same_v<U, T>) LIFELOG_REFUSED_SAMPLES void push(const Network&, const U*);

  /// output: [channels of the head].
  void features(const Network& net, T* output) const {
    alignas(64) T reduced[Network::features];
    if (finite_)
      state_.features(reduced);
    else
      std::fill_n(reduced, Network::features, std::numeric_limits<T>::quiet_NaN());
    typename H::Memory none;
    net.head.push(none, reduced, output);
  }

 private:
  typename S::Memory memory_;
  typename R::template State<T, S::channels> state_;
  bool finite_ = true;
};

/// No network: see `LIFELOG_REFUSED`.
template<Maker M>
class Stream<M> {
 public:
  LIFELOG_REFUSED_BEGIN Stream();
  template<class... Arguments>
  void push(const Arguments&...) {}
};

}  // namespace lifelog::nn
