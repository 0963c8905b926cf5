// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

#include "detail/packet.hpp"

namespace lifelog::nn {

/// Samples evaluated at a time: small enough that all of a network's buffers stay in the first-level cache.
inline constexpr Index chunk_length = 256;

/// A materialised signal seen by its reader: `data` is channel 0 at the chunk's first sample; earlier samples
/// lie before it, as many as the reader looks back.
template<class T>
struct SignalView {
  const T* data;
  Index stride;
};

/// One chunk of a signal, with `history` samples of the past on its left. Zero before time 0.
template<class T, Index channels, Index history>
class SignalBuffer {
 public:
  static constexpr Index margin = detail::round_up(history, detail::packet_size<T>);
  static constexpr Index stride = margin + detail::round_up(chunk_length, detail::block_width<T>);

  /// Without a number of channels where that is no constant: to be assigned one that has it.
  explicit SignalBuffer(Index channel_count = std::max<Index>(channels, 0)) : values_(channel_count, stride) {
    reset();
  }

  void reset() { values_.setZero(); }

  Index channel_count() const { return values_.rows(); }

  T* channel(Index c) { return values_.data() + c * stride + margin; }
  SignalView<T> view() const { return {values_.data() + margin, stride}; }

  /// Makes the last of the chunk's `count` samples the history of the next chunk.
  void advance(Index count) {
    if constexpr (history > 0)
      for (Index c = 0; c < values_.rows(); ++c) {
        T* const now = channel(c);
        std::copy(now + count - history, now + count, now - history);
      }
  }

 private:
  Eigen::Array<T, channels, channels == 1 ? Index(stride) : stride, Eigen::RowMajor> values_;
};

}  // namespace lifelog::nn
