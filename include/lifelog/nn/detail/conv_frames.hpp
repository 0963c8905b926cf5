// SPDX-License-Identifier: MIT
#pragma once

#include "../domain.hpp"
#include "kernels.hpp"
#include "storage.hpp"

namespace lifelog::inline LIFELOG_ABI::nn::detail {

/// A convolution over all of time, forward and backward: its operands rearranged so that each of the three products (outputs,
/// gradient of the inputs, gradient of the weights) reads memory in a row.
template<class T, Index in, Index out, Index taps, Index dilation>
class ConvFrames {
 public:
  template<class Conv>
  void record(const Frames<T>& frames, const Conv& conv, const T* x, T* y) {
    const Index inputs = conv.inputs(), stride = frames.stride();
    weights_.assign(conv.weight);
    for (Index t = 0; t < frames.length; t += width) {
      const Index seen = taps_within(t + width - 1);
      for_row_blocks<out>(out, [&](auto rows, Index row) {
        Block<T, rows, block_packets> block;
        unroll<rows>([&](int r) LIFELOG_INLINED {
          unroll<block_packets>([&](int p)
                                    LIFELOG_INLINED { block.at[r][p] = broadcast(conv.bias[row + r]); });
        });
        accumulate_in_chains(block, weights_.at(row) + (taps - seen) * inputs * rows, rows, x + margin + t,
                             stride, inputs, seen,
                             [&](Index k, Index p) { return p * packet - (seen - 1 - k) * dilation; });
        store_block(block, y + row * stride + margin + t, stride);
      });
    }
    frames.mask(y, out);
  }

  /// dx may be nullptr.
  template<class Conv>
  void pull(const Frames<T>& frames, const Conv& conv, const T* x, const T* dy, T* dx, Conv& gradient) {
    for (Index o = 0; o < out; ++o) {
      auto total = broadcast(T(0));
      for (Index t = 0; t < frames.padded(); t += packet)
        total = padd(total, load(dy + o * frames.stride() + margin + t));
      gradient.bias[o] += predux(total);
    }
    if constexpr (narrow)
      pull_narrow_weights(frames, conv.inputs(), x, dy, gradient);
    else
      pull_weights(frames, conv.inputs(), x, dy, gradient);
    if (dx) pull_inputs(frames, conv, dy, dx);
  }

 private:
  static constexpr Index packet = packet_size<T>, width = block_width<T>, margin = Frames<T>::margin;
  /// Instants whose gradients by outputs are rearranged at a time: what a block of outputs has then stays in the first cache.
  static constexpr Index piece = 256;

  /// Whether outputs are so few that lanes running over them would stay empty.
  static constexpr bool narrow = out < packet;

  /// How many taps reach at most `samples` samples.
  static Index taps_within(Index samples) { return std::min(taps, samples / dilation + 1); }

  template<int Rows, int Columns>
  static void store_block(const Block<T, Rows, Columns>& block, T* to, Index stride) {
    unroll<Rows>([&](int r) LIFELOG_INLINED {
      unroll<Columns>([&](int p) LIFELOG_INLINED { store<T>(to + r * stride + p * packet, block.at[r][p]); });
    });
  }
  template<int Rows, int Columns>
  static void load_block(Block<T, Rows, Columns>& block, const T* from, Index stride) {
    unroll<Rows>([&](int r) LIFELOG_INLINED {
      unroll<Columns>([&](int p) LIFELOG_INLINED { block.at[r][p] = load(from + r * stride + p * packet); });
    });
  }

  /// dx(i, t) += Σ w(o, i, k) · dy(o, t + lag of k): a convolution that looks ahead.
  template<class Conv>
  void pull_inputs(const Frames<T>& frames, const Conv& conv, const T* dy, T* dx) {
    const Index inputs = conv.inputs(), stride = frames.stride();
    ahead_.assign(inputs, taps * out, [&](Index i, Index column) {
      return conv.weight(column % out, column / out * inputs + i);
    });
    for (Index t = 0; t < frames.length; t += width) {
      const Index seen = taps_within(frames.length - 1 - t);
      for_row_blocks<in>(inputs, [&](auto rows, Index row) {
        Block<T, rows, block_packets> block;
        T* const to = dx + row * stride + margin + t;
        load_block(block, to, stride);
        accumulate_in_chains(block, ahead_.at(row) + (taps - seen) * out * rows, rows, dy + margin + t,
                             stride, out, seen,
                             [&](Index k, Index p) { return p * packet + (seen - 1 - k) * dilation; });
        store_block(block, to, stride);
      });
    }
  }

  /// Lanes run over time. What lies before the series is zero. A few inputs are read for all taps while they are in the first cache.
  template<class Conv>
  void pull_narrow_weights(const Frames<T>& frames, Index inputs, const T* x, const T* dy, Conv& gradient) {
    constexpr Index at_once = 4, longest = 4 * piece;
    const Index stride = frames.stride();
    for (Index start = 0; start < frames.padded(); start += longest)
      for (Index i = 0; i < inputs; i += at_once)
        for (Index k = 0; k < taps; ++k) {
          const Index lag = (taps - 1 - k) * dilation, begin = std::max(start, lag - lag % packet);
          const Index end = std::min(start + longest, frames.padded());
          if (begin >= end) continue;
          const auto offset = [&](Index s) { return margin + begin + s * packet; };
          accumulate_outer<out>(gradient.weight.data() + (k * inputs + i) * out, out, dy, stride, out,
                                x + i * stride, stride, std::min(at_once, inputs - i), (end - begin) / packet,
                                offset, [&](Index s) { return offset(s) - lag; });
        }
  }

  /// Lanes run over outputs, which is how the gradient lies.
  template<class Conv>
  void pull_weights(const Frames<T>& frames, Index inputs, const T* x, const T* dy, Conv& gradient) {
    const Index columns = inputs * taps;
    by_time_.resize(piece * width);
    sums_.setZero(round_up(out, width) * columns);
    for (Index start = 0; start < frames.length; start += piece)
      for (Index o = 0; o < out; o += width) {
        const Index count = std::min(piece, frames.length - start);
        const T* const from = dy + o * frames.stride() + margin + start;
        arrange(from, frames.stride(), std::min(width, out - o), count);
        T* const sums = sums_.data() + o * columns;
        if (out - o > packet)
          correlate<block_packets>(frames.stride(), inputs, x + margin, start, count, sums);
        else
          correlate<1>(frames.stride(), inputs, x + margin, start, count, sums);
      }
    for (Index o = 0; o < out; ++o)
      for (Index c = 0; c < columns; ++c)
        gradient.weight(o, c) += sums_[o / width * width * columns + c * width + o % width];
  }

  /// by_time_[t][output] from dy of `outputs` outputs, zero for those past them.
  void arrange(const T* dy, Index stride, Index outputs, Index count) {
    for (Index t = 0; t < count; t += packet)
      for (Index first = 0; first < width; first += packet) {
        Packet<T> square[packet];
        for (Index l = 0; l < packet; ++l)
          square[l] = first + l < outputs ? load(dy + (first + l) * stride + t) : broadcast(T(0));
        transpose(square);
        for (Index l = 0; l < packet; ++l) store<T>(by_time_.data() + (t + l) * width + first, square[l]);
      }
  }

  /// sums[k·inputs + i][output] += Σ_t x(i, t − lag of k) · by_time_[t][output]
  template<int Columns>
  void correlate(Index stride, Index inputs, const T* x, Index start, Index count, T* sums) {
    for (Index k = 0; k < taps; ++k) {
      const Index lag = (taps - 1 - k) * dilation, begin = std::max<Index>(0, lag - start);
      if (begin >= count) continue;
      for_row_blocks<in>(inputs, [&](auto rows, Index row) {
        Block<T, rows, Columns> block;
        T* const to = sums + (k * inputs + row) * width;
        load_block(block, to, width);
        accumulate_correlation(block, x + row * stride + start + begin - lag, stride,
                               by_time_.data() + begin * width, width, count - begin);
        store_block(block, to, width);
      });
    }
  }

  RowBlocks<T, out> weights_;
  RowBlocks<T, in> ahead_;
  Eigen::Array<T, Eigen::Dynamic, 1> by_time_, sums_;
};

}  // namespace lifelog::nn::detail
