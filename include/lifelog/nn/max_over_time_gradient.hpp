// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "max_over_time.hpp"
#include "signal_gradient.hpp"

namespace lifelog::inline LIFELOG_ABI::nn {

/// The exact gradient of `MaxOverTime`. Each channel's maximum depends on `lookback` + 1 samples at most: those windows are
/// recomputed side by side, a channel a lane, at the instants that reach the maximum, and differentiated; the rest of the
/// series has no gradient. Time and memory grow with what the windows read, not with the series.
///
/// Where the windows of all channels together read more samples than the series has, all of the series is recomputed instead
/// (`SignalGradient`): the same result to rounding, from less work. Windows that cannot come to more than a chunk are always
/// taken as they are.
template<class S>
class MaxOverTimeGradient {
 public:
  using T = typename S::Scalar;
  static constexpr Index channels = S::channels;
  static constexpr Index packet = detail::packet_size<T>;
  /// Windows side by side. Those of a wide network take their turns, so that memory grows with its channels, not their square.
  static constexpr Index lanes = detail::round_up(std::min<Index>(channels, 64), packet);

  explicit MaxOverTimeGradient(const S& signal) : reach_(last_instant()), read_(S::reads(reach_)) {
    static_cast<void>(signal);
  }

  /// Of a signal that drops samples (`fold_training`): which of training's draws the next `forward` belongs to, and what
  /// it is the gradient of.
  void draw(Draw draw) { draw_ = draw; }

  /// Whether a series of this length is recomputed whole.
  bool takes_all(Index length) const { return may_take_all && channels * read_.size() > length; }

  /// Evaluates x as `MaxOverTime` does, for `backward`, which need not compute again what this keeps where the series is
  /// recomputed whole. x must stay until then. values, times: [channels].
  void forward(const S& signal, Series<T> x, T* values, Index* times) {
    series_ = x;
    if constexpr (may_take_all) {
      if (takes_all(x.length)) {
        whole().record(signal, x);
        whole().maxima(values, times_);
        std::copy_n(times_, channels, times);
        return;
      }
    }
    if (!evaluate_) evaluate_ = std::make_unique<MaxOverTime<S>>(signal);
    evaluate_->draw(draw_);
    (*evaluate_)(signal, x, values, times_);
    std::copy_n(times_, channels, times);
  }

  /// The gradient of the last `forward`, of the same signal; slopes: [channels], the loss's derivative in each maximum. Adds to
  /// `gradient`.
  void backward(const S& signal, const T* slopes, S& gradient) {
    if constexpr (may_take_all) {
      if (takes_all(series_.length)) return whole().backward(signal, times_, slopes, gradient);
    }
    (*this)(signal, series_, times_, slopes, gradient);
  }

  /// times: [channels] as evaluation gave them, in samples of x; slopes: [channels], the loss's derivative in each maximum.
  /// Adds to `gradient`.
  void operator()(const S& signal, Series<T> x, const Index* times, const T* slopes, S& gradient) {
    if constexpr (may_take_all) {
      if (takes_all(x.length)) {
        whole().record(signal, x);
        return whole().backward(signal, times, slopes, gradient);
      }
    }
    input_.resize(signal.inputs() * read_.size() * lanes);
    for (Index first = 0; first < channels; first += lanes)
      pull_group(signal, x, first, std::min(lanes, channels - first), times + first, slopes + first,
                 gradient);
  }

 private:
  using Domain = Peaks<T, lanes>;
  static constexpr bool may_take_all = channels * (S::lookback + 1) > chunk_length;

  SignalGradient<S>& whole() {
    if (!whole_) whole_ = std::make_unique<SignalGradient<S>>();
    whole_->draw(draw_);
    return *whole_;
  }

  void pull_group(const S& signal, Series<T> x, Index first, Index count, const Index* times, const T* slopes,
                  S& gradient) {
    WindowEnds<lanes> ends;
    for (Index l = 0; l < lanes; ++l) ends.end[l] = times[std::min(l, count - 1)];
    ends.earliest = *std::min_element(ends.end, ends.end + lanes);
    ends.draw = draw_;
    gather(signal, x, ends);
    const Domain domain{&ends, &reach_, &read_, first, count, S::rate};
    signal.record(domain, tape_, input_.data(), output_);
    std::fill(std::copy_n(slopes, count, seed_), seed_ + lanes, T(0));
    signal.pull(domain, tape_, input_.data(), output_, seed_, static_cast<T*>(nullptr), gradient);
  }

  void gather(const S& signal, Series<T> x, const WindowEnds<lanes>& ends) {
    for (Index c = 0; c < signal.inputs(); ++c) {
      const T* const from = x.data + c * x.stride;
      T* const to = input_.data() + c * read_.size() * lanes;
      for (Index j = 0; j < read_.size();) {
        const Index oldest = read_.at(j) + packet - 1;
        if (oldest <= ends.earliest)
          gather_square(from, ends, oldest, to);
        else
          gather_one_by_one(from, ends, oldest, to);
        while (j < read_.size() && read_.at(j) <= oldest) ++j;
      }
    }
  }

  /// The samples from `oldest` before the windows' ends on, as many as a packet holds: read along time, written along lanes.
  void gather_square(const T* from, const WindowEnds<lanes>& ends, Index oldest, T* to) {
    for (Index first = 0; first < lanes; first += packet) {
      detail::Packet<T> square[packet];
      detail::unroll<packet>(
          [&](int l) LIFELOG_INLINED { square[l] = detail::load(from + ends.end[first + l] - oldest); });
      detail::transpose(square);
      detail::unroll<packet>([&](int i) LIFELOG_INLINED {
        if (const Index j = read_.find(oldest - i); j >= 0)
          detail::store<T>(to + j * lanes + first, square[i]);
      });
    }
  }

  /// The same where some of them lie before time 0.
  void gather_one_by_one(const T* from, const WindowEnds<lanes>& ends, Index oldest, T* to) {
    for (Index i = 0; i < packet; ++i)
      if (const Index j = read_.find(oldest - i); j >= 0)
        for (Index l = 0; l < lanes; ++l) {
          const Index time = ends.end[l] - (oldest - i);
          to[j * lanes + l] = time >= 0 ? from[time] : T(0);
        }
  }

  Instants reach_, read_;
  Eigen::Array<T, Eigen::Dynamic, 1> input_;
  typename S::template Tape<Domain> tape_;
  std::unique_ptr<SignalGradient<S>> whole_;
  std::unique_ptr<MaxOverTime<S>> evaluate_;
  Series<T> series_{nullptr, 0, 0};
  Draw draw_;
  Index times_[channels];
  alignas(64) T output_[lanes];
  alignas(64) T seed_[lanes];
};

/// No signal: see `LIFELOG_REFUSED`.
template<class S>
requires(!Node<S>) class MaxOverTimeGradient<S> : public detail::Nothing {
 public:
  template<class Net>
  LIFELOG_REFUSED_SIGNAL explicit MaxOverTimeGradient(const Net&);
};

}  // namespace lifelog::nn
