// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

#include "detail/storage.hpp"

// How time is walked. A chunk of a signal lies striped (after Farrar 2007, "Striped Smith–Waterman speeds database
// searches"): lane l of its packets holds the samples l·depth … l·depth + depth − 1, so that packet j is the samples j,
// j + depth, j + 2·depth, … All that lies d samples before a packet is then a packet too, d places earlier: whatever the
// dilation, no load straddles two packets, and two instants of one lane can share products. The past costs a whole packet a
// sample there; a network that looks far back has its chunks in the order of time instead.

namespace lifelog::inline LIFELOG_ABI::nn {

/// Samples evaluated at a time, at most: small enough that the buffers of a network stay in the first two caches.
inline constexpr Index chunk_length = 512;

namespace detail {

/// What the input and the output of one layer may take of the second cache, in bytes.
inline constexpr Index cache_bytes = 256 << 10;

/// The largest power of two from 64 to `chunk_length` at which two signals of `channels` fit `cache_bytes`: 512 samples up to
/// 64 channels of float, 64 from 512 channels on.
template<class T>
constexpr Index chunk_length_for(Index channels) {
  Index length = chunk_length;
  while (length > 64 && 2 * channels * length * static_cast<Index>(sizeof(T)) > cache_bytes) length /= 2;
  return length;
}

}  // namespace detail

/// Chunks of `length` samples, striped or in the order of time.
template<class T, Index length_, bool striped_>
struct Pace {
  using Scalar = T;
  static constexpr Index lanes = detail::packet_size<T>;
  static constexpr bool striped = striped_;
  static constexpr Index length = length_;
  /// Packets of a channel in a whole chunk.
  static constexpr Index depth = length / lanes;
  /// From a packet to the one that is a sample later, in scalars.
  static constexpr Index step = striped ? lanes : 1;
  /// From a packet to the one that is `samples` later, in packets; 0 where that is none.
  static constexpr Index packets(Index samples) {
    return striped ? samples : samples % lanes == 0 ? samples / lanes : 0;
  }
};

namespace detail {

/// The longest chunk, by a signal's widest layer, of which every `rate`-th sample makes whole register blocks.
template<class F>
constexpr Index pace_length() {
  const Index most = chunk_length_for<typename F::Scalar>(F::widest);
  Index left = block_width<typename F::Scalar>;
  while (2 * left * F::rate <= most) left *= 2;
  return left * F::rate;
}

template<class F, class P>
struct PaceAfter {
  using Type = Pace<typename P::Scalar, P::length / F::rate, P::striped>;
};

}  // namespace detail

/// The pace that suits a signal: the chunk's length by its widest layer, striped as long as no past is longer than an eighth
/// of a chunk.
template<class F>
using PaceOf =
    Pace<typename F::Scalar, detail::pace_length<F>(), (8 * F::deepest <= detail::pace_length<F>())>;

/// That of F's output where its input is of P: chunks of as many samples as F leaves. In stripes a lane then holds the same
/// stretch of time before and after, so that each `rate`-th packet is one of the output's.
template<class F, class P>
using PaceAfter = typename detail::PaceAfter<F, P>::Type;

/// A chunk of `count` samples, in `depth` packets a channel. What lies beyond the samples is of no consequence.
template<class P>
struct Stripes {
  Index count, depth;

  /// Which sample of the chunk lane l of packet j holds.
  Index time(Index j, Index l) const { return P::striped ? l * depth + j : j * P::lanes + l; }
};

/// The fewest packets that hold `count` samples and are a multiple of `period`, which divides a whole chunk's.
template<class P>
constexpr Stripes<P> stripes(Index count, Index period) {
  return {count, detail::round_up(count, P::lanes * period) / P::lanes};
}

/// Where in time a register block lies: its p-th column is packet `first` + p·spread of the chunk.
template<class P, Index spread_>
struct PacketsAt {
  using Pace = P;
  static constexpr Index spread = spread_;
  Index first;
  constexpr Index offset(Index p) const { return (first + p * spread) * P::lanes; }
};

/// Calls f(at) for register blocks that cover `depth` packets.
template<class P, Index spread, class F>
EIGEN_ALWAYS_INLINE void for_packets(Index depth, F&& f) {
  for (Index first = 0; first < depth; first += detail::block_packets * spread)
    for (Index i = 0; i < spread; ++i) f(PacketsAt<P, spread>{first + i});
}

/// A materialised signal seen by its reader: `data` is packet 0 of channel 0; the packets of the past lie before it, as many
/// as the reader looks back.
template<class T>
struct SignalView {
  const T* data;
  Index stride;
};

/// One chunk of a signal, striped, with `history` packets of the past before it. Zero before time 0.
template<class P, Index channels, Index history>
class StripedBuffer {
  using T = typename P::Scalar;
  static constexpr Index lanes = P::lanes;

 public:
  static constexpr Index stride = (history + P::depth) * lanes;

  /// Without a number of channels where that is no constant: to be assigned one that has it.
  explicit StripedBuffer(Index channel_count = std::max<Index>(channels, 0))
      : values_(channel_count * stride), past_(channel_count * history), channel_count_(channel_count) {}

  /// The next chunk starts at time 0. (What is not past is written before it is read.)
  void reset() { std::fill_n(past_.data(), channel_count_ * history, T(0)); }

  Index channel_count() const { return channel_count_; }

  T* channel(Index c) { return values_.data() + c * stride + history * lanes; }
  SignalView<T> view() const { return {values_.data() + history * lanes, stride}; }

  /// Takes the chunk's samples of a channel, in the order of time.
  void write(Index c, const T* from, Stripes<P> chunk) {
    T padded[P::length + lanes];
    if (chunk.count < chunk.depth * lanes || chunk.depth % lanes > 0) {
      std::fill(std::copy_n(from, chunk.count, padded), padded + chunk.depth * lanes + lanes, T(0));
      from = padded;
    }
    T* const now = channel(c);
    for (Index j = 0; j < chunk.depth; j += lanes) {
      detail::Packet<T> square[lanes];
      for (Index l = 0; l < lanes; ++l) square[l] = detail::load(from + l * chunk.depth + j);
      detail::transpose(square);
      for (Index i = 0; i < std::min(lanes, chunk.depth - j); ++i)
        detail::store<T>(now + (j + i) * lanes, square[i]);
    }
  }

  /// Gives the chunk's samples of a channel, in the order of time.
  void read(Index c, T* to, Stripes<P> chunk) {
    const T* const now = channel(c);
    for (Index l = 0, t = 0; t < chunk.count; ++l)
      for (Index j = 0; j < chunk.depth && t < chunk.count; ++j, ++t) to[t] = now[j * lanes + l];
  }

  /// Puts the past before the chunk, once all of it is written. One lane's past is the end of the lane before it; the first
  /// lane's is that of the last chunk.
  void link(Stripes<P> chunk) {
    for (Index c = 0; c < channel_count_; ++c) {
      T* const now = channel(c);
      const T* const past = past_.data() + c * history;
      for (Index i = 1; i <= history; ++i) {
        detail::store<T>(now - i * lanes, detail::load(now + (chunk.depth - i) * lanes - 1));
        now[-i * lanes] = past[history - i];
      }
    }
  }

  /// Makes the chunk's last samples the past of the next chunk.
  void advance(Stripes<P> chunk) {
    const Index older = std::max<Index>(history - chunk.count, 0), first = chunk.count - history + older;
    for (Index c = 0; history > 0 && c < channel_count_; ++c) {
      const T* const now = channel(c);
      T* const past = past_.data() + c * history;
      for (Index i = 0; i < older; ++i) past[i] = past[i + chunk.count];
      Index lane = first / chunk.depth, j = first % chunk.depth;
      for (Index i = older; i < history; ++i) {
        past[i] = now[j * lanes + lane];
        if (++j == chunk.depth) j = 0, ++lane;
      }
    }
  }

 private:
  template<Index columns>
  using Rows = detail::Numbers<T, channels == Eigen::Dynamic ? Eigen::Dynamic : channels * columns>;
  Rows<stride> values_;
  Rows<history> past_;  // [channels, history], in the order of time
  Index channel_count_;
};

/// One chunk of a signal in the order of time, the past before it. Each chunk is written after the last one; when there is no
/// more room, the past moves to the front.
template<class P, Index channels, Index history>
class OrderedBuffer {
  using T = typename P::Scalar;
  static constexpr Index line = std::max<Index>(64 / sizeof(T), P::lanes);
  static constexpr Index past = detail::round_up(history, line);
  static constexpr Index room = detail::round_up(std::max(2 * P::length, past), line);

 public:
  // An odd number of cache lines: rows a power of two apart would all want the same place in the first cache.
  static constexpr Index stride = ((past + room) / line | 1) * line;

  explicit OrderedBuffer(Index channel_count = std::max<Index>(channels, 0))
      : values_(channel_count * stride), channel_count_(channel_count) {
    std::fill_n(values_.data(), values_.size(), T(0));
    reset();
  }

  void reset() {
    now_ = past;
    for (Index c = 0; c < channel_count_; ++c) std::fill_n(channel(c) - history, history, T(0));
  }

  Index channel_count() const { return channel_count_; }

  T* channel(Index c) { return values_.data() + c * stride + now_; }
  SignalView<T> view() const { return {values_.data() + now_, stride}; }

  void write(Index c, const T* from, Stripes<P> chunk) {
    T* const to = channel(c);
    std::fill(std::copy_n(from, chunk.count, to), to + chunk.depth * P::lanes, T(0));
  }
  void read(Index c, T* to, Stripes<P> chunk) { std::copy_n(channel(c), chunk.count, to); }
  void link(Stripes<P>) {}

  void advance(Stripes<P> chunk) {
    now_ += chunk.count;
    if (now_ + P::length <= stride) return;
    for (Index c = 0; c < channel_count_; ++c) {
      T* const row = values_.data() + c * stride;
      std::copy(row + now_ - history, row + now_, row + past - history);
    }
    now_ = past;
  }

 private:
  Eigen::Array<T, Eigen::Dynamic, 1> values_;
  Index channel_count_, now_ = past;
};

template<class P, Index channels, Index history>
using SignalBuffer =
    std::conditional_t<P::striped, StripedBuffer<P, channels, history>, OrderedBuffer<P, channels, history>>;

}  // namespace lifelog::nn
