// SPDX-License-Identifier: MIT
#pragma once

#include <limits>

#include "../core/finite.hpp"
#include "over_time.hpp"
#include "series.hpp"

namespace lifelog::inline LIFELOG_ABI::nn {

/// The maximum of each channel over all time, as a reduction.
struct MaxOverTimeMaker : ReductionOf<MaxOverTimeMaker> {
  static constexpr Index features(Index channels) { return channels; }

  template<class T, Index channels>
  class State {
   public:
    explicit State(Index count) : values_(count), times_(count) { reset(); }

    void reset() {
      values_.fill(-std::numeric_limits<T>::infinity());
      times_.fill(0);
      length_ = 0;
    }

    void add(const T* rows, Index stride, Index count) {
      for (Index c = 0; c < values_.count(); ++c) {
        const T* const row = rows + c * stride;
        const T largest = Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>(row, count).maxCoeff();
        if (largest > values_[c]) {
          values_[c] = largest;
          times_[c] = length_ + (std::find(row, row + count, largest) - row);
        }
      }
      length_ += count;
    }

    void features(T* to) const { std::copy_n(values_.data(), values_.count(), to); }

    TimeSpan reach() const {
      const auto [first, last] = std::minmax_element(times_.data(), times_.data() + times_.count());
      return {*first, *last + 1};
    }

    void seed(const T* slopes, TimeSpan span, T* rows, Index stride) const {
      for (Index c = 0; c < values_.count(); ++c)
        if (times_[c] >= span.begin && times_[c] < span.end)
          rows[c * stride + times_[c] - span.begin] += slopes[c];
    }

   private:
    detail::Numbers<T, channels> values_;
    detail::Numbers<Index, channels> times_;
    Index length_ = 0;
  };
};

/// Maximum of each channel over all time. Of equal maxima the first has the gradient. Before the first sample: −∞.
inline constexpr MaxOverTimeMaker max_over_time;

/// Evaluates a folded signal over series of any length, in chunks, and takes the maximum of each channel. Holds the
/// chunk buffers, some hundred kilobytes (of a wide network, on the heap): make one a thread and use it again.
template<class S>
class MaxOverTime {
 public:
  using T = typename S::Scalar;
  static constexpr Index channels = S::channels;
  static_assert(channels != Eigen::Dynamic, "a signal has a fixed number of channels");

  explicit MaxOverTime(const S& signal) : input_(signal.inputs()) { reset(); }

  /// values: [channels], each channel's maximum; times: [channels], when it was first reached, in samples of x. x.length > 0.
  void operator()(const S& signal, Series<T> x, T* values, Index* times) {
    reset();
    push(signal, x);
    std::copy_n(values_, channels, values);
    std::copy_n(times_, channels, times);
  }
  template<class U>
  requires(!std::is_same_v<U, T>) LIFELOG_REFUSED_SAMPLES void operator()(const S&, Series<U>, U*, Index*);

  /// Of a signal that drops samples (`fold_training`): which of training's draws the next push belongs to.
  void draw(Draw draw) { draw_ = draw; }

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
  /// even that between pieces of multiples of twice the largest dilation.
  /// From the first sample that is not finite on, maxima are NaN, at time 0: comparisons would pass NaN over.
  void push(const S& signal, Series<T> x) {
    detail::begin(signal, chunk_, draw_);
    for (Index start = 0; start < x.length; start += longest_piece)
      push_piece(signal, {x.data + start, std::min(longest_piece, x.length - start), x.stride});
  }

  /// Samples seen so far.
  Index length() const { return length_; }
  /// [channels]: the maxima so far (−∞ before the first sample), and when each was first reached.
  const T* values() const { return values_; }
  const Index* times() const { return times_; }

 private:
  using P = PaceOf<S>;
  static constexpr int packets = detail::block_packets;
  static constexpr Index lanes = detail::packet_size<T>;
  using Q = PaceAfter<S, P>;
  // Of so many samples, times are exact in float.
  static constexpr Index longest_piece = (Index{1} << 22) / P::length * P::length;

  void push_piece(const S& signal, Series<T> x) {
    start_lanes();
    Stripes<Q> made{};
    Index first = 0;  // of the piece's outputs, the chunk's first
    for (Index start = 0; start < x.length; start += P::length, first += made.count) {
      const auto chunk = stripes<P>(std::min(P::length, x.length - start), S::template period<P>);
      for (Index c = 0; c < signal.inputs(); ++c) {
        const T* const from = x.data + c * x.stride + start;
        finite_ = finite_ && lifelog::detail::all_finite(from, chunk.count);
        input_.write(c, from, chunk);
      }
      input_.link(chunk);
      signal.prepare(chunk_, input_.view(), chunk);
      made = chunk_.after(chunk);
      look_for_maxima(signal, first, made);
      input_.advance(chunk);
      chunk_.advance(chunk);
    }
    reduce_lanes(first - made.count, made);
    if (!finite_) give_up();
    length_ += x.length;
  }

  void give_up() {
    std::fill_n(values_, channels, std::numeric_limits<T>::quiet_NaN());
    std::fill_n(times_, channels, Index{0});
  }

  void start_lanes() {
    for (auto& channel : best_)
      for (auto& packet : channel) packet = detail::broadcast(-std::numeric_limits<T>::infinity());
    for (auto& channel : start_)
      for (auto& packet : channel) packet = detail::broadcast(T(0));
  }

  /// `start`: outputs of the piece before this chunk.
  void look_for_maxima(const S& signal, Index start, Stripes<Q> chunk) {
    const bool ragged = chunk.count < chunk.depth * lanes;
    if (ragged) hide_tail(chunk);
    for_packets<Q, S::template spread<P>>(chunk.depth, [&](auto at) {
      detail::Packet<T> now[packets];
      for (Index p = 0; p < packets; ++p)
        now[p] = detail::broadcast(static_cast<T>(start + at.offset(p) / lanes * packet_time));
      detail::for_row_blocks<channels>(channels, [&](auto rows, Index row) {
        detail::Block<T, rows, packets> y;
        signal.template block<true>(y, chunk_, input_.view(), row, at);
        detail::unroll<rows>([&](int r) LIFELOG_INLINED {
          detail::unroll<packets>([&](int p) LIFELOG_INLINED {
            auto value = y.at[r][p];
            if (ragged) value = detail::pmin(value, detail::load(limits_ + at.offset(p)));
            auto& best = best_[row + r][p];
            auto& held = start_[row + r][p];
            held = detail::select_less(best, value, now[p], held);
            best = detail::pmax(best, value);
          });
        });
      });
    });
  }

  /// What lies past the series' end must not win.
  void hide_tail(Stripes<Q> chunk) {
    for (Index j = 0; j < chunk.depth; ++j)
      for (Index l = 0; l < lanes; ++l)
        limits_[j * lanes + l] =
            (chunk.time(j, l) < chunk.count ? 1 : -1) * std::numeric_limits<T>::infinity();
  }

  /// Of equal maxima the first counts: among lanes the earliest, among pieces the one that is there already. Only the `last`
  /// chunk, from output `start` of the piece on, can have fewer packets than the others.
  void reduce_lanes(Index start, Stripes<Q> last_chunk) {
    const auto last_start = detail::broadcast(static_cast<T>(start));
    const Index before = detail::samples_after(S::rate, length_);
    const auto never = detail::broadcast(std::numeric_limits<T>::infinity());
    alignas(64) T whole[lanes], last[lanes];
    for (Index l = 0; l < lanes; ++l) {
      whole[l] = static_cast<T>(Stripes<Q>{Q::length, Q::depth}.time(0, l));
      last[l] = static_cast<T>(last_chunk.time(0, l));
    }
    for (Index c = 0; c < channels; ++c) {
      auto best = best_[c][0];
      for (Index p = 1; p < packets; ++p) best = detail::pmax(best, best_[c][p]);
      const T value = detail::predux_max(best);
      auto first = never;
      for (Index p = 0; p < packets; ++p) {
        const auto lane_start =
            detail::select_less(start_[c][p], last_start, detail::load(whole), detail::load(last));
        const auto time = detail::padd(start_[c][p], lane_start);
        first = detail::pmin(first, detail::select_less(best_[c][p], detail::broadcast(value), never, time));
      }
      if (value > values_[c]) {
        values_[c] = value;
        times_[c] = S::rate * (before + static_cast<Index>(detail::predux_min(first)));
      }
    }
  }

  /// Samples between a packet's first lane and the next's.
  static constexpr Index packet_time = P::striped ? 1 : lanes;

  SignalBuffer<P, S::input_channels, S::history> input_;
  typename S::template Chunk<P> chunk_;
  T values_[channels];
  Index times_[channels];
  Index length_ = 0;
  Draw draw_;
  bool finite_ = true;
  // Per channel and lane of the piece being pushed: the maximum, and the time in the first lane of the packet that held it.
  detail::Packet<T> best_[channels][packets];
  detail::Packet<T> start_[channels][packets];
  alignas(64) T limits_[Q::length];
};

/// No signal: see `LIFELOG_REFUSED`.
template<class S>
requires(!Node<S>) class MaxOverTime<S> : public detail::Nothing {
 public:
  template<class Net>
  LIFELOG_REFUSED_SIGNAL explicit MaxOverTime(const Net&);
};

}  // namespace lifelog::nn
