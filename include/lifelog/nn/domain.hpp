// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

#include "detail/packet.hpp"

// Where an expression is recorded for training. A node sees planes of lanes and never asks what a lane is:
//   Samples  feature vectors, one lane a sample of the batch;
//   Windows  the few instants of a series that reach one output, one lane a window;
//   Peaks    where such windows end, lane c at the maximum of channel c;
//   Frames   all of a series, one lane an instant.
// (Evaluation in chunks of time needs no record and is in `chunk.hpp`.)

namespace lifelog::nn {

/// A set of instants, as how many samples each lies before the window's end, ascending.
template<Index N>
struct Instants {
  Index size = 0;
  Index at[N] = {};

  constexpr Index find(Index back) const {
    for (Index j = 0; j < size; ++j)
      if (at[j] == back) return j;
    return -1;
  }
};

/// The window's end alone: what max over time looks at.
struct LastInstant {
  static constexpr Instants<1> set{1, {0}};
};

namespace detail {

template<Index N, class Generate>
constexpr auto sorted_instants(Generate generate) {
  Instants<N> out;
  generate([&](Index back) {
    Index j = 0;
    while (j < out.size && out.at[j] < back) ++j;
    if (j < out.size && out.at[j] == back) return;
    for (Index k = out.size; k > j; --k) out.at[k] = out.at[k - 1];
    out.at[j] = back;
    ++out.size;
  });
  return out;
}

}  // namespace detail

/// The instants a convolution must read to be known at those of `Reach`.
template<class Reach, Index taps, Index dilation>
struct ReadBy {
  static constexpr auto set = detail::sorted_instants<std::min(
      Reach::set.size* taps, Reach::set.at[Reach::set.size - 1] + (taps - 1) * dilation + 1)>(
      [](auto insert) {
        for (Index j = 0; j < Reach::set.size; ++j)
          for (Index k = 0; k < taps; ++k) insert(Reach::set.at[j] + k * dilation);
      });
};

/// Either set's instants.
template<class A, class B>
struct EitherReads {
  static constexpr auto set = detail::sorted_instants<A::set.size + B::set.size>([](auto insert) {
    for (Index j = 0; j < A::set.size; ++j) insert(A::set.at[j]);
    for (Index j = 0; j < B::set.size; ++j) insert(B::set.at[j]);
  });
};

namespace detail {

/// The output plane of F over a domain whose extent only the data knows.
template<class T, class F>
class PlaneBuffer {
 public:
  template<class D>
  T* resize(const D& domain, const F& node) {
    const Index size = node.outputs() * domain.stride();
    if (values_.size() != size) values_.resize(size);
    return values_.data();
  }
  void set_zero() { values_.setZero(); }
  T* data() { return values_.data(); }
  const T* data() const { return values_.data(); }

 private:
  Eigen::Array<T, Eigen::Dynamic, 1> values_;
};

/// The same over a domain whose extent is a constant.
template<class T, Index size>
class FixedPlane {
  static_assert(size > 0, "signals inside a network have a fixed number of channels");

 public:
  template<class D, class F>
  T* resize(const D&, const F&) {
    return values_;
  }
  void set_zero() { std::fill_n(values_, size, T(0)); }
  T* data() { return values_; }
  const T* data() const { return values_; }

 private:
  alignas(64) T values_[size];
};

}  // namespace detail

/// Training over a batch of feature vectors: planes are [feature][sample], padded to whole register blocks.
/// Values in the padding are finite and arbitrary; gradients there are zero.
template<class T>
struct Samples {
  using Scalar = T;
  Index count = 0;
  bool training = true;  ///< batch norm: normalise by the batch rather than by running statistics
  int threads = 1;       ///< 0: all there are; results do not depend on it

  Index stride() const { return detail::round_up(count, detail::block_width<T>); }
  Index input_stride() const { return stride(); }
  /// Scalars in a node's output.
  Index plane(Index channels) const { return channels * stride(); }

  template<class F>
  using First = Samples;
  template<class F>
  using Second = Samples;
  template<class F>
  const Samples& first() const {
    return *this;
  }
  template<class F>
  const Samples& second() const {
    return *this;
  }

  template<class F>
  using Buffer = detail::PlaneBuffer<T, F>;
};

/// Training over all of a series: planes are [channel][time], one series at a time. Before time 0 every plane is zero.
template<class T>
struct Frames {
  using Scalar = T;
  Index length;

  Index stride() const { return length; }
  Index input_stride() const { return length; }
  /// Scalars in a node's output.
  Index plane(Index channels) const { return channels * stride(); }

  template<class F>
  using First = Frames;
  template<class F>
  using Second = Frames;
  template<class F>
  const Frames& first() const {
    return *this;
  }
  template<class F>
  const Frames& second() const {
    return *this;
  }

  template<class F>
  using Buffer = detail::PlaneBuffer<T, F>;
};

/// Which windows the lanes hold: `end[l]` is the time of lane l's last instant.
template<Index lanes>
struct WindowEnds {
  Index end[lanes];
  Index earliest;  ///< smallest of them

  /// Whether some lane's instant lies before time 0, where every intermediate value is zero.
  bool before_start(Index back) const { return earliest < back; }
};

/// Training over windows: planes are [channel][instant of Reach][lane]; inputs hold the instants of `Read`.
template<class T, class Reach_, class Read_, Index lanes_>
struct Windows {
  using Scalar = T;
  using Reach = Reach_;
  using Read = Read_;
  static constexpr Index lanes = lanes_;
  const WindowEnds<lanes>* ends;

  static constexpr Index stride() { return Reach::set.size * lanes; }
  static constexpr Index input_stride() { return Read::set.size * lanes; }
  /// Scalars in a node's output.
  static constexpr Index plane(Index channels) { return channels * stride(); }

  /// Zeroes what lies before time 0 in a node's output: every signal is zero there, whatever a node makes of zeros.
  void mask(T* y, Index channels) const {
    for (Index j = 0; j < Reach::set.size; ++j) {
      const Index back = Reach::set.at[j];
      if (!ends->before_start(back)) continue;
      for (Index l = 0; l < lanes; ++l)
        if (ends->end[l] < back)
          for (Index c = 0; c < channels; ++c) y[c * stride() + j * lanes + l] = 0;
    }
  }

  template<class F>
  using First = Windows<T, typename F::template Reads<Reach>, Read, lanes>;
  template<class F>
  using Second = Windows<T, Reach, typename F::template Reads<Reach>, lanes>;
  template<class F>
  First<F> first() const {
    return {ends};
  }
  template<class F>
  Second<F> second() const {
    return {ends};
  }

  template<class F>
  using Buffer = detail::FixedPlane<T, plane(F::channels)>;
};

/// Training at maxima over time: lane c is the window that ends where channel c was greatest. Of what a node gives there,
/// channel c in lane c is all that matters, so its output is one row [lane] (zero past the channels); inputs are planes
/// [channel][instant of Read][lane] as of `Windows`, or one row where a pointwise node reads.
template<class T, class Read_, Index lanes_>
struct Peaks {
  using Scalar = T;
  using Reach = LastInstant;
  using Read = Read_;
  static constexpr Index lanes = lanes_;
  const WindowEnds<lanes>* ends;

  static constexpr Index input_stride() { return Read::set.size * lanes; }
  static constexpr Index plane(Index) { return lanes; }

  template<class F>
  using First =
      std::conditional_t<F::pointwise, Peaks, Windows<T, typename F::template Reads<Reach>, Read, lanes>>;
  template<class F>
  using Second = Peaks<T, typename F::template Reads<Reach>, lanes>;
  template<class F>
  First<F> first() const {
    return {ends};
  }
  template<class F>
  Second<F> second() const {
    return {ends};
  }

  template<class F>
  using Buffer = detail::FixedPlane<T, plane(F::channels)>;
};

}  // namespace lifelog::nn
