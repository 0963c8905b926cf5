// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

#include "detail/packet.hpp"

// A chunk of a signal lies striped (after Farrar 2007, "Striped Smith–Waterman speeds database searches"): lane l of its
// packets holds the samples l·depth … l·depth + depth − 1, so that packet j is the samples j, j + depth, j + 2·depth, …
// All that lies d samples before a packet is then a packet too, d places earlier: whatever the dilation, no load straddles
// two packets, and two instants of one lane can share products.

namespace lifelog::nn {

/// Samples evaluated at a time: small enough that the buffers of a network stay in the first two caches.
inline constexpr Index chunk_length = 512;

/// Packets of a channel in a whole chunk.
template<class T>
inline constexpr Index chunk_depth = chunk_length / detail::packet_size<T>;

/// A chunk of `count` samples, in `depth` packets a channel. What lies beyond the samples is of no consequence.
struct Stripes {
  Index count, depth;
};

/// The fewest packets that hold `count` samples and are a multiple of `period`, which divides a whole chunk's.
template<class T>
constexpr Stripes stripes(Index count, Index period) {
  return {count, detail::round_up(count, detail::packet_size<T> * period) / detail::packet_size<T>};
}

/// Where in time a register block lies: its p-th column is packet `first` + p·spread of the chunk.
template<Index spread>
struct PacketsAt {
  Index first;
  template<class T>
  constexpr Index offset(Index p) const {
    return (first + p * spread) * detail::packet_size<T>;
  }
};

/// Calls f(at) for register blocks that cover `depth` packets.
template<Index spread, class F>
EIGEN_ALWAYS_INLINE void for_packets(Index depth, F&& f) {
  for (Index first = 0; first < depth; first += detail::block_packets * spread)
    for (Index i = 0; i < spread; ++i) f(PacketsAt<spread>{first + i});
}

/// A materialised signal seen by its reader: `data` is packet 0 of channel 0; the packets of the past lie before it, as many
/// as the reader looks back.
template<class T>
struct SignalView {
  const T* data;
  Index stride;
};

/// One chunk of a signal, striped, with `history` packets of the past before it. Zero before time 0.
template<class T, Index channels, Index history>
class SignalBuffer {
  static constexpr Index lanes = detail::packet_size<T>;

 public:
  static constexpr Index stride = (history + chunk_depth<T>)*lanes;

  /// Without a number of channels where that is no constant: to be assigned one that has it.
  explicit SignalBuffer(Index channel_count = std::max<Index>(channels, 0))
      : values_(channel_count, stride), past_(channel_count, history) {
    values_.setZero();
    reset();
  }

  /// The next chunk starts at time 0. (What is not past is written before it is read.)
  void reset() { past_.setZero(); }

  Index channel_count() const { return values_.rows(); }

  T* channel(Index c) { return values_.data() + c * stride + history * lanes; }
  SignalView<T> view() const { return {values_.data() + history * lanes, stride}; }

  /// Takes the chunk's samples of a channel, in the order of time.
  void write(Index c, const T* from, Stripes chunk) {
    T padded[chunk_length + lanes];
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
  void read(Index c, T* to, Stripes chunk) {
    const T* const now = channel(c);
    for (Index l = 0, t = 0; t < chunk.count; ++l)
      for (Index j = 0; j < chunk.depth && t < chunk.count; ++j, ++t) to[t] = now[j * lanes + l];
  }

  /// Puts the past before the chunk, once all of it is written. One lane's past is the end of the lane before it; the first
  /// lane's is that of the last chunk.
  void link(Stripes chunk) {
    for (Index c = 0; c < values_.rows(); ++c) {
      T* const now = channel(c);
      for (Index i = 1; i <= history; ++i) {
        detail::store<T>(now - i * lanes, detail::load(now + (chunk.depth - i) * lanes - 1));
        now[-i * lanes] = past_(c, history - i);
      }
    }
  }

  /// Makes the chunk's last samples the past of the next chunk.
  void advance(Stripes chunk) {
    const Index older = std::max<Index>(history - chunk.count, 0), first = chunk.count - history + older;
    for (Index c = 0; history > 0 && c < values_.rows(); ++c) {
      const T* const now = channel(c);
      for (Index i = 0; i < older; ++i) past_(c, i) = past_(c, i + chunk.count);
      Index lane = first / chunk.depth, j = first % chunk.depth;
      for (Index i = older; i < history; ++i) {
        past_(c, i) = now[j * lanes + lane];
        if (++j == chunk.depth) j = 0, ++lane;
      }
    }
  }

 private:
  template<Index columns>
  using Rows =
      Eigen::Array<T, channels, columns, columns == 1 && channels != 1 ? Eigen::ColMajor : Eigen::RowMajor>;
  Rows<stride> values_;
  Rows<history> past_;  // [channels, history], in the order of time
};

}  // namespace lifelog::nn
