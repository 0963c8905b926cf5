// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>

#include "detail/packet.hpp"

// Where an expression is recorded for training. A node sees planes of lanes and never asks what a lane is:
//   Samples  feature vectors, one lane a sample of the batch;
//   Windows  the few instants of a series that reach one output, one lane a window;
//   Peaks    where such windows end, lane c at the maximum of channel c;
//   Frames   all of a series, one lane an instant.
// (Evaluation in chunks of time needs no record and is in `chunk.hpp`.)
// Where a network has strides, a domain tells what a node's output is; its input may have more samples. Between nodes A and B
// of a row lies `first` for A and `second` for B.

namespace lifelog::inline LIFELOG_ABI::nn {

/// Which of training's draws this is: dropout drops anew for each step, and for each sample of a batch.
struct Draw {
  std::uint64_t step = 0, sample = 0;
};

/// A set of instants, as how many samples each lies before the window's end, ascending. Time and memory of all of it are
/// linear in how far back it reaches and in what is inserted.
class Instants {
 public:
  /// Not known yet.
  Instants() = default;

  /// The `span` latest instants or fewer: those that `mark`, called with a function, calls it for (again, if it likes).
  template<class Mark>
  Instants(Index span, Mark mark) : place_(span) {
    place_.setConstant(-1);
    mark([&](Index back) { place_[back] = 0; });
    at_.resize((place_ == 0).count());
    for (Index back = 0, j = 0; back < span; ++back)
      if (place_[back] == 0) place_[back] = j, at_[j++] = back;
  }

  bool known() const { return at_.size() > 0; }
  Index size() const { return at_.size(); }
  /// The j-th.
  Index at(Index j) const { return at_[j]; }
  /// Up to and with the oldest.
  Index span() const { return place_.size(); }
  /// Which one lies `back` samples before the end; −1: none.
  Index find(Index back) const { return back < span() ? place_[back] : -1; }

 private:
  Eigen::Array<Index, Eigen::Dynamic, 1> at_, place_;
};

/// The window's end alone: what max over time looks at.
inline Instants last_instant() {
  return Instants(1, [](auto insert) { insert(0); });
}

/// What a convolution's taps, `distance` apart, read for its output at those of a set.
inline Instants read_by_taps(const Instants& reach, Index taps, Index distance) {
  return Instants(reach.span() + (taps - 1) * distance, [&](auto insert) {
    for (Index k = 0; k < taps; ++k)
      for (Index j = 0; j < reach.size(); ++j) insert(reach.at(j) + k * distance);
  });
}

/// Either set's instants.
inline Instants either(const Instants& a, const Instants& b) {
  return Instants(std::max(a.span(), b.span()), [&](auto insert) {
    for (Index j = 0; j < a.size(); ++j) insert(a.at(j));
    for (Index j = 0; j < b.size(); ++j) insert(b.at(j));
  });
}

namespace detail {

/// How many of `samples` samples a node of this rate leaves: the first, and each `rate`-th from there.
constexpr Index samples_after(Index rate, Index samples) {
  return (samples + rate - 1) / rate;
}

/// A node's output plane over a domain.
template<class T>
class PlaneBuffer {
 public:
  template<class D, class F>
  T* resize(const D& domain, const F& node) {
    const Index size = domain.plane(node.outputs());
    if (values_.size() != size) values_.resize(size);
    return values_.data();
  }
  void set_zero() { values_.setZero(); }
  T* data() { return values_.data(); }
  const T* data() const { return values_.data(); }

 private:
  Eigen::Array<T, Eigen::Dynamic, 1> values_;
};

}  // namespace detail

/// Training over a batch of feature vectors: planes are [feature][sample], padded to whole packets.
/// Values in the padding are finite and arbitrary; gradients there are zero.
template<class T>
struct Samples {
  using Scalar = T;
  Index count = 0;
  bool training = true;    ///< batch norm: normalise by the batch rather than by running statistics
  int threads = 1;         ///< 0: all there are; results do not depend on it
  std::uint64_t step = 0;  ///< which of training's steps this is: dropout draws anew for each

  Index stride() const { return detail::round_up(count, detail::packet_size<T>); }
  Index input_stride() const { return stride(); }
  /// Scalars in a node's output.
  Index plane(Index channels) const { return channels * stride(); }

  struct Middle {};
  template<class B>
  using First = Samples;
  template<class B>
  using Second = Samples;
  template<class A, class B>
  void find_middle(Middle&) const {}
  template<class A, class B>
  const Samples& first(const Middle&) const {
    return *this;
  }
  template<class A, class B>
  const Samples& second(const Middle&) const {
    return *this;
  }

  template<class F>
  using Buffer = detail::PlaneBuffer<T>;
};

/// Training over all of a series: planes are [channel][time], one series at a time. A channel's first sample lies at `margin`;
/// before it and after the last there is a register block at least of no samples. Before time 0 every plane is zero. After
/// the end values are finite and arbitrary, gradients zero.
template<class T>
struct Frames {
  using Scalar = T;
  static constexpr Index margin = detail::block_width<T>;
  Index length;        ///< of the output
  Index input_length;  ///< the same but for strides
  Index start = 0;     ///< the input's first sample, where the series is a piece of another
  Draw draw = {};

  /// Whole register blocks of a channel.
  Index padded() const { return detail::round_up(length, margin); }
  Index stride() const { return stride_of(length); }
  Index input_stride() const { return stride_of(input_length); }
  /// Scalars in a node's output.
  Index plane(Index channels) const { return channels * stride(); }

  /// Zeroes what lies outside of time in a node's output.
  void mask(T* y, Index channels) const {
    for (Index c = 0; c < channels; ++c, y += stride()) {
      std::fill_n(y, margin, T(0));
      std::fill(y + margin + length, y + stride(), T(0));
    }
  }

  /// How many samples the signal between two nodes has.
  using Middle = Index;
  template<class B>
  using First = Frames;
  template<class B>
  using Second = Frames;
  template<class A, class B>
  void find_middle(Middle& middle) const {
    middle = detail::samples_after(A::rate, input_length);
  }
  template<class A, class B>
  Frames first(Middle middle) const {
    return {middle, input_length, start, draw};
  }
  template<class A, class B>
  Frames second(Middle middle) const {
    return {length, middle, start / A::rate, draw};
  }

  template<class F>
  using Buffer = detail::PlaneBuffer<T>;

 private:
  /// An odd number of cache lines, as in `OrderedBuffer`.
  static Index stride_of(Index samples) {
    constexpr Index line = std::max<Index>(64 / sizeof(T), detail::packet_size<T>);
    return (detail::round_up(detail::round_up(samples, margin) + 2 * margin, line) / line | 1) * line;
  }
};

/// Which windows the lanes hold: `end[l]` is the time of lane l's last instant, in samples of the series.
template<Index lanes>
struct WindowEnds {
  Index end[lanes];
  Index earliest;  ///< smallest of them
  Draw draw = {};
};

/// Training over windows: planes are [channel][instant of `reach`][lane]; inputs hold the instants of `read`.
template<class T, Index lanes_>
struct Windows {
  using Scalar = T;
  static constexpr Index lanes = lanes_;
  const WindowEnds<lanes>* ends;
  const Instants *reach, *read;
  Index rate = 1;  ///< samples of the series from one sample of the output to the next

  Index stride() const { return reach->size() * lanes; }
  Index input_stride() const { return read->size() * lanes; }
  /// Scalars in a node's output.
  Index plane(Index channels) const { return channels * stride(); }

  /// Whether some lane's instant lies before time 0, where every intermediate value is zero.
  bool before_start(Index back) const { return ends->earliest < back * rate; }

  /// Zeroes what lies before time 0 in a node's output: every signal is zero there, whatever a node makes of zeros.
  void mask(T* y, Index channels) const {
    for (Index j = 0; j < reach->size(); ++j) {
      const Index back = reach->at(j);
      if (!before_start(back)) continue;
      for (Index l = 0; l < lanes; ++l)
        if (ends->end[l] < back * rate)
          for (Index c = 0; c < channels; ++c) y[c * stride() + j * lanes + l] = 0;
    }
  }

  /// The instants at which a node before F must be known.
  using Middle = Instants;
  template<class B>
  using First = Windows;
  template<class B>
  using Second = Windows;
  template<class A, class B>
  void find_middle(Middle& middle) const {
    if (!middle.known()) middle = B::reads(*reach);
  }
  template<class A, class B>
  First<B> first(const Middle& middle) const {
    return {ends, &middle, read, rate / B::rate};
  }
  template<class A, class B>
  Second<B> second(const Middle& middle) const {
    return {ends, reach, &middle, rate};
  }

  template<class F>
  using Buffer = detail::PlaneBuffer<T>;
};

/// Training at maxima over time: lane l is the window that ends where channel first_channel + l was greatest, of
/// `channel_count` channels. Of what a node gives there, each lane's own channel is all that matters, so its output is one
/// row [lane]; inputs are planes [channel][instant of `read`][lane] as of `Windows`, or one row where a pointwise node reads.
template<class T, Index lanes_>
struct Peaks {
  using Scalar = T;
  static constexpr Index lanes = lanes_;
  const WindowEnds<lanes>* ends;
  const Instants *reach, *read;
  Index first_channel, channel_count;
  Index rate = 1;  ///< as of `Windows`

  Index input_stride() const { return read->size() * lanes; }
  static constexpr Index plane(Index) { return lanes; }

  using Middle = Instants;
  template<class B>
  using First = std::conditional_t<B::pointwise, Peaks, Windows<T, lanes>>;
  template<class B>
  using Second = Peaks;
  template<class A, class B>
  void find_middle(Middle& middle) const {
    if (!middle.known()) middle = B::reads(*reach);
  }
  template<class A, class B>
  First<B> first(const Middle& middle) const {
    if constexpr (B::pointwise)
      return *this;
    else
      return {ends, &middle, read, rate / B::rate};
  }
  template<class A, class B>
  Second<B> second(const Middle& middle) const {
    return {ends, reach, &middle, first_channel, channel_count, rate};
  }

  template<class F>
  using Buffer = detail::PlaneBuffer<T>;
};

}  // namespace lifelog::nn
