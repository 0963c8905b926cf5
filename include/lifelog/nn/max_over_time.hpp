// SPDX-License-Identifier: MIT
#pragma once

#include <limits>

#include "expression.hpp"

namespace lifelog::nn {

/// A recorded series owned by somebody else: channel c at time t is `data[c·stride + t]`.
template<class T>
struct Series {
  const T* data;
  Index length;
  Index stride;
};

/// A signal reduced to a feature vector, its maximum over time, then a network on that vector: `signal |
/// max_over_time | linear<32>`. The whole series is seen, its values are not kept: memory does not grow with
/// length.
template<class S, class H>
struct OverTime {
  using Scalar = typename S::Scalar;
  using T = Scalar;
  static constexpr Index features = S::channels;
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
    return OverTime<decltype(signal.fold()), decltype(head.fold())>{signal.fold(), head.fold()};
  }

  template<class Folded>
  void unfold(const Folded& folded, OverTime& gradient) const {
    signal.unfold(folded.signal, gradient.signal);
    head.unfold(folded.head, gradient.head);
  }
};

struct MaxOverTimeMaker {
  /// Of a series; needs functional.hpp.
  template<class X>
  auto operator()(X&& x) const {
    return over(*this, std::forward<X>(x));
  }
};

/// Maximum of each channel over all time.
inline constexpr MaxOverTimeMaker max_over_time;

template<Node S>
auto operator|(S signal, MaxOverTimeMaker) {
  using T = typename S::Scalar;
  return OverTime<S, Identity<T, S::channels>>{std::move(signal), Identity<T, S::channels>()};
}

template<class S, class H, Maker M>
auto operator|(OverTime<S, H> reduced, const M& maker) {
  if constexpr (std::is_same_v<H, Identity<typename S::Scalar, S::channels>>) {
    auto head = maker.template make<typename S::Scalar, S::channels>(S::channels);
    return OverTime<S, decltype(head)>{std::move(reduced.signal), std::move(head)};
  } else {
    auto head = std::move(reduced.head) | maker;
    return OverTime<S, decltype(head)>{std::move(reduced.signal), std::move(head)};
  }
}

/// Evaluates a folded signal over series of any length, in chunks, and takes the maximum of each channel. Holds the
/// chunk buffers, a few tens of kilobytes: make one a thread and use it again.
template<class S>
class MaxOverTime {
 public:
  using T = typename S::Scalar;
  static constexpr Index channels = S::channels;
  static_assert(channels != Eigen::Dynamic, "a signal has a fixed number of channels");

  explicit MaxOverTime(const S& signal) : input_(signal.inputs()) { reset(); }

  /// values: [channels], each channel's maximum; times: [channels], when it was first reached. x.length > 0.
  void operator()(const S& signal, Series<T> x, T* values, Index* times) {
    reset();
    push(signal, x);
    std::copy_n(values_, channels, values);
    std::copy_n(times_, channels, times);
  }

  /// Forgets everything: the next sample is at time 0.
  void reset() {
    input_.reset();
    chunk_.reset();
    std::fill_n(values_, channels, -std::numeric_limits<T>::infinity());
    std::fill_n(times_, channels, Index{0});
    length_ = 0;
    finite_ = true;
  }

  /// Goes on with the series' next samples. In how many pieces a series comes changes nothing but rounding, and not
  /// even that between pieces of whole register blocks (multiples of 32 samples do on any machine).
  /// From the first sample that is not finite on, maxima are NaN, at time 0: comparisons would pass NaN over.
  void push(const S& signal, Series<T> x) {
    start_lanes();
    for (Index start = 0; start < x.length; start += chunk_length) {
      const Index count = std::min(chunk_length, x.length - start);
      for (Index c = 0; c < signal.inputs(); ++c) {
        const T* const from = x.data + c * x.stride + start;
        finite_ = finite_ && all_finite(from, count);
        std::copy_n(from, count, input_.channel(c));
      }
      signal.prepare(chunk_, input_.view(), count);
      look_for_maxima(signal, start, count);
      input_.advance(count);
      chunk_.advance(count);
    }
    reduce_lanes();
    if (!finite_) give_up();
    length_ += x.length;
  }

  /// Samples seen so far.
  Index length() const { return length_; }
  /// [channels]: the maxima so far (−∞ before the first sample), and when each was first reached.
  const T* values() const { return values_; }
  const Index* times() const { return times_; }

 private:
  static constexpr Index width = detail::block_width<T>;

  /// 0·x is NaN for an x that is not finite; the sum takes whole packets, where asking each x would not.
  static bool all_finite(const T* x, Index count) {
    return (Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>(x, count) * T(0)).sum() == T(0);
  }

  void give_up() {
    std::fill_n(values_, channels, std::numeric_limits<T>::quiet_NaN());
    std::fill_n(times_, channels, Index{0});
  }

  void start_lanes() {
    for (auto& channel : best_)
      for (auto& packet : channel) packet = detail::broadcast(-std::numeric_limits<T>::infinity());
    for (auto& channel : block_)
      for (auto& packet : channel) packet = detail::broadcast(T(0));
  }

  void look_for_maxima(const S& signal, Index start, Index count) {
    for (Index time = 0; time < count; time += width) {
      const auto now = detail::broadcast(static_cast<T>((start + time) / width));
      detail::for_row_blocks(channels, [&](auto rows, Index row) {
        detail::Block<T, rows, detail::block_packets> y;
        signal.template block<true>(y, chunk_, input_.view(), row, time);
        if (time + width > count) hide_tail(y, count - time);
        detail::unroll<rows>([&](auto r) {
          detail::unroll<detail::block_packets>([&](auto p) {
            auto& best = best_[row + r][p];
            auto& block = block_[row + r][p];
            block = detail::pselect(detail::pcmp_lt(best, y.at[r][p]), now, block);
            best = detail::pmax(best, y.at[r][p]);
          });
        });
      });
    }
  }

  /// What lies past the series' end must not win.
  template<int Rows>
  static void hide_tail(detail::Block<T, Rows, detail::block_packets>& y, Index valid) {
    alignas(64) T lanes[width];
    detail::unroll<Rows>([&](auto r) {
      detail::unroll<detail::block_packets>(
          [&](auto p) { detail::store<T>(lanes + p * detail::packet_size<T>, y.at[r][p]); });
      std::fill(lanes + valid, lanes + width, -std::numeric_limits<T>::infinity());
      detail::unroll<detail::block_packets>(
          [&](auto p) { y.at[r][p] = detail::load(lanes + p * detail::packet_size<T>); });
    });
  }

  /// Of equal maxima the first counts: among lanes the earliest, among pieces the one that is there already.
  void reduce_lanes() {
    for (Index c = 0; c < channels; ++c) {
      alignas(64) T best[width], block[width];
      detail::unroll<detail::block_packets>([&](auto p) {
        detail::store<T>(best + p * detail::packet_size<T>, best_[c][p]);
        detail::store<T>(block + p * detail::packet_size<T>, block_[c][p]);
      });
      T value = best[0];
      Index time = static_cast<Index>(block[0]) * width;
      for (Index l = 1; l < width; ++l) {
        const Index at = static_cast<Index>(block[l]) * width + l;
        if (best[l] > value || (best[l] == value && at < time)) value = best[l], time = at;
      }
      if (value > values_[c]) values_[c] = value, times_[c] = length_ + time;
    }
  }

  SignalBuffer<T, S::input_channels, S::history> input_;
  typename S::Chunk chunk_;
  T values_[channels];
  Index times_[channels];
  Index length_ = 0;
  bool finite_ = true;
  // Per channel and lane of the piece being pushed: the maximum and the number of the register block that held it
  // (exact up to 2²⁴ blocks in float).
  detail::Packet<T> best_[channels][detail::block_packets];
  detail::Packet<T> block_[channels][detail::block_packets];
};

/// The exact gradient of `MaxOverTime`. Each channel's maximum depends on `lookback` + 1 samples only: those
/// windows are recomputed side by side, a channel a lane, and differentiated; the rest of the series has no
/// gradient.
template<class S>
class MaxOverTimeGradient {
 public:
  using T = typename S::Scalar;
  static constexpr Index channels = S::channels;
  static constexpr Index lanes = detail::round_up(channels, detail::packet_size<T>);

  explicit MaxOverTimeGradient(const S& signal) { input_.resize(signal.inputs() * Domain::input_stride()); }

  /// times: [channels] as evaluation gave them; slopes: [channels], the loss's derivative in each maximum.
  /// Adds to `gradient`.
  void operator()(const S& signal, Series<T> x, const Index* times, const T* slopes, S& gradient) {
    WindowEnds<lanes> ends;
    for (Index l = 0; l < lanes; ++l) ends.end[l] = times[std::min(l, channels - 1)];
    ends.earliest = *std::min_element(ends.end, ends.end + lanes);
    gather(signal, x, ends);
    const Domain domain{&ends};
    signal.record(domain, tape_, input_.data(), output_);
    std::fill(std::copy_n(slopes, channels, seed_), seed_ + lanes, T(0));
    signal.pull(domain, tape_, input_.data(), output_, seed_, static_cast<T*>(nullptr), gradient);
  }

 private:
  using Read = typename S::template Reads<LastInstant>;
  using Domain = Peaks<T, Read, lanes>;

  void gather(const S& signal, Series<T> x, const WindowEnds<lanes>& ends) {
    T* to = input_.data();
    for (Index c = 0; c < signal.inputs(); ++c)
      for (Index j = 0; j < Read::set.size; ++j)
        for (Index l = 0; l < lanes; ++l) {
          const Index time = ends.end[l] - Read::set.at[j];
          *to++ = time >= 0 ? x.data[c * x.stride + time] : T(0);
        }
  }

  Eigen::Array<T, Eigen::Dynamic, 1> input_;
  typename S::template Tape<Domain> tape_;
  alignas(64) T output_[lanes];
  alignas(64) T seed_[lanes];
};

}  // namespace lifelog::nn
