// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>

#include "detail/product.hpp"
#include "linear.hpp"

namespace lifelog::nn {

template<Index steps>
struct Dilation {};

/// Distance in samples between a convolution's taps.
template<Index steps>
inline constexpr Dilation<steps> dilation;

/// Dilated causal convolution: y(o, t) = b(o) + Σ_{k,i} w(o, i, k) · x(i, t − (taps−1−k)·dilation), where x
/// is zero before time 0. As in PyTorch, tap taps−1 is the present and tap 0 the oldest.
template<class T, Index in, Index out, Index taps, Index dilation_>
struct CausalConv : NodeBase {
  static_assert(out > 0 && taps > 0 && dilation_ > 0,
                "a convolution needs outputs, taps and a dilation of at least 1");
  using Scalar = T;
  static constexpr Index input_channels = in;
  static constexpr Index channels = out;
  static constexpr Index lookback = (taps - 1) * dilation_;
  static constexpr Index history = lookback;
  static constexpr bool pointwise = false;
  static constexpr Index columns = in == Eigen::Dynamic ? Eigen::Dynamic : in * taps;

  Eigen::Matrix<T, out, columns> weight;  ///< column k·in + i: tap k of input i
  Eigen::Matrix<T, out, 1> bias;

  explicit CausalConv(Index count = in) {
    weight.setZero(out, count * taps);
    bias.setZero();
  }

  Index inputs() const { return weight.cols() / taps; }
  Index outputs() const { return out; }

  /// Whether outputs `dilation` samples apart are evaluated in pairs: with three taps, where that divides a chunk.
  static constexpr bool in_pairs = taps == 3 && chunk_depth<T> % (2 * dilation_) == 0;
  static constexpr Index spread = in_pairs ? dilation_ : 1;
  static constexpr Index period = detail::block_packets * spread;

  struct PairChunk : NodeBase::Chunk {
    Eigen::Matrix<T, out, in> sum, alternating;
  };
  using Chunk = std::conditional_t<in_pairs, PairChunk, NodeBase::Chunk>;

  void begin(Chunk& chunk) const {
    if constexpr (in_pairs) {
      const auto n = inputs();
      const auto ends = (weight.leftCols(n) + weight.rightCols(n)).eval();
      chunk.sum = T(0.5) * (ends + weight.middleCols(n, n));
      chunk.alternating = T(0.5) * (ends - weight.middleCols(n, n));
    }
  }

  void prepare(Chunk&, SignalView<T>, Stripes) const {}

  template<bool fresh, int Rows, int Columns, Index at_spread>
  EIGEN_ALWAYS_INLINE void block(detail::Block<T, Rows, Columns>& y, [[maybe_unused]] const Chunk& chunk,
                                 SignalView<T> x, Index row, PacketsAt<at_spread> at) const {
    add_bias<fresh>(y, row);
    if constexpr (in_pairs && at_spread == dilation_) {
      const detail::PairWeights<T> weights{weight.data() + row, weight.data() + 2 * out * inputs() + row,
                                           chunk.sum.data() + row, chunk.alternating.data() + row};
      detail::accumulate_pair(y, weights, out, x.data + at.template offset<T>(0), x.stride, inputs(),
                              dilation_ * detail::packet_size<T>);
    } else {
      detail::accumulate(
          y, weight.data() + row, out, x.data, x.stride, inputs(), taps, [&](Index k, Index p) {
            return at.template offset<T>(p) - (taps - 1 - k) * dilation_ * detail::packet_size<T>;
          });
    }
  }

  /// What the samples so far add to the outputs to come: `lookback` · `out` numbers. Instants a dilation apart share a slot,
  /// whose row j is for the output j dilations on; a sample is not kept itself, so the state does not depend on `in`.
  struct Pending {
    alignas(detail::OutputPacket<T, out>) T slots[dilation_][taps - 1][out];
    Index next;
    Pending() { reset(); }
    void reset() {
      std::fill_n(slots[0][0], lookback * out, T(0));
      next = 0;
    }
    EIGEN_ALWAYS_INLINE T* advance() {
      T* const now = slots[next][0];
      next = next + 1 == dilation_ ? 0 : next + 1;
      return now;
    }
  };
  using Memory = std::conditional_t<(taps > 1), Pending, NodeBase::Memory>;

  EIGEN_ALWAYS_INLINE void push([[maybe_unused]] Memory& memory, const T* x, T* y) const {
    T* pending = nullptr;
    if constexpr (taps > 1) pending = memory.advance();
    detail::product<out, in, taps>(y, pending, weight.data(), bias.data(), inputs(), x);
  }

  template<class Reach>
  using Reads = ReadBy<Reach, taps, dilation_>;

  template<class D>
  struct Tape {
    typename D::template Buffer<CausalConv> masked;
  };

  /// All of time: a channel of the output at a time, on whole rows.
  void record(const Frames<T>& frames, Tape<Frames<T>>&, const T* x, T* y) const {
    for (Index o = 0; o < out; ++o) {
      Row to(y + o * frames.length, frames.length);
      to.setConstant(bias[o]);
      each_read(frames.length, [&](Index column, Index i, Index count) {
        to.tail(count) += weight(o, column) * ConstRow(x + i * frames.length, frames.length).head(count);
      });
    }
  }

  void pull(const Frames<T>& frames, Tape<Frames<T>>&, const T* x, const T*, const T* dy, T* dx,
            CausalConv& gradient) const {
    for (Index o = 0; o < out; ++o) {
      const ConstRow from(dy + o * frames.length, frames.length);
      gradient.bias[o] += from.sum();
      each_read(frames.length, [&](Index column, Index i, Index count) {
        const ConstRow in_row(x + i * frames.length, frames.length);
        gradient.weight(o, column) += (from.tail(count) * in_row.head(count)).sum();
        if (dx)
          Row(dx + i * frames.length, frames.length).head(count) += weight(o, column) * from.tail(count);
      });
    }
  }

  /// At maxima over time: lane o wants output o alone, so a column of weights is one factor for each lane.
  template<class Read, Index lanes>
  void record(const Peaks<T, Read, lanes>&, Tape<Peaks<T, Read, lanes>>&, const T* x, T* y) const {
    Column total = bias.array();
    each_peak_read<Peaks<T, Read, lanes>>([&](Index column, Index at) {
      total += weight.col(column).array() * Eigen::Map<const Column>(x + at);
    });
    std::fill(std::copy_n(total.data(), out, y), y + lanes, T(0));
  }

  template<class Read, Index lanes>
  void pull(const Peaks<T, Read, lanes>&, Tape<Peaks<T, Read, lanes>>&, const T* x, const T*, const T* dy,
            T* dx, CausalConv& gradient) const {
    const Column slope = Eigen::Map<const Column>(dy);
    gradient.bias.array() += slope;
    each_peak_read<Peaks<T, Read, lanes>>([&](Index column, Index at) {
      gradient.weight.col(column).array() += slope * Eigen::Map<const Column>(x + at);
      if (dx) Eigen::Map<Column>(dx + at) += slope * weight.col(column).array();
    });
  }

  template<class D>
  void record(const D& domain, Tape<D>&, const T* x, T* y) const {
    constexpr Index lanes = D::lanes, size = D::Reach::set.size;
    // Whole register blocks: `group` neighbouring instants side by side where one has fewer packets than a
    // block.
    constexpr int packets = static_cast<int>(lanes / detail::packet_size<T>);
    constexpr int group = packets >= detail::block_packets ? 1 : detail::block_packets / packets;
    Index j = 0;
    for (; j + group <= size; j += group) record_instants<D, group>(x, y, j);
    for (; j < size; ++j) record_instants<D, 1>(x, y, j);
    domain.mask(y, out);
  }

  template<class D>
  void pull(const D& domain, Tape<D>& tape, const T* x, const T*, const T* dy, T* dx,
            CausalConv& gradient) const {
    using Reach = typename D::Reach;
    constexpr Index lanes = D::lanes, packet = detail::packet_size<T>, packets = lanes / packet;
    if (domain.ends->before_start(Reach::set.at[Reach::set.size - 1])) {
      T* const own = tape.masked.resize(domain, *this);
      std::copy_n(dy, out * domain.stride(), own);
      domain.mask(own, out);
      dy = own;
    }
    for (Index o = 0; o < out; ++o) {
      auto total = detail::broadcast(T(0));
      for (Index s = 0; s < domain.stride(); s += packet)
        total = detail::padd(total, detail::load(dy + o * domain.stride() + s));
      gradient.bias[o] += detail::predux(total);
    }
    for (Index k = 0; k < taps; ++k) {
      detail::accumulate_outer(
          gradient.weight.data() + k * inputs() * out, out, dy, domain.stride(), out, x,
          domain.input_stride(), inputs(), domain.stride() / packet, [](Index s) { return s * packet; },
          [&](Index s) { return read<D>(s / packets, k) + s % packets * packet; });
      if (dx) pull_tap(domain, k, dy, dx);
    }
  }

  template<class Visitor, class... Nets>
  static void visit(Visitor& visitor, const Path& path, Nets&... nets) {
    visit_weight("weight", visitor, path, (nets.weight)...);
    visitor(path / "bias", Layout{Role::parameter, 1, {out}, {1}}, nets.bias.data()...);
  }

  void initialise(Random& random) {
    detail::initialise_uniform(weight, weight.cols(), random);
    detail::initialise_uniform(bias, weight.cols(), random);
  }

  CausalConv fold() const { return *this; }
  void unfold(const CausalConv& folded, CausalConv& gradient) const {
    gradient.weight += folded.weight;
    gradient.bias += folded.bias;
  }

  /// What this is on series of length 1, where all taps but the present one see zeros; and its gradient's way back.
  Linear<T, in, out> present() const {
    Linear<T, in, out> linear(inputs());
    linear.weight = weight.rightCols(inputs());
    linear.bias = bias;
    return linear;
  }
  void unfold_present(const Linear<T, in, out>& present, CausalConv& gradient) const {
    gradient.weight.rightCols(inputs()) += present.weight;
    gradient.bias += present.bias;
  }

  /// Visits one or more weight arrays of this shape as PyTorch's (out, in, taps).
  template<class Visitor, class First, class... Rest>
  static void visit_weight(const char* name, Visitor& visitor, const Path& path, First& first,
                           Rest&... rest) {
    const Index count = first.cols() / taps;
    visitor(path / name, Layout{Role::parameter, 3, {out, count, taps}, {1, out, count * out}}, first.data(),
            rest.data()...);
  }

 private:
  using Column = Eigen::Array<T, out, 1>;
  using Row = Eigen::Map<Eigen::Array<T, Eigen::Dynamic, 1>>;
  using ConstRow = Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>;

  /// Calls f(column of the weights, input, count) for every tap and input of a series: the tap carries the input's
  /// first `count` samples to the output's last. A tap that is later than the series is long carries none.
  template<class F>
  void each_read(Index length, F f) const {
    for (Index k = 0; k < taps; ++k) {
      const Index count = length - (taps - 1 - k) * dilation_;
      for (Index i = 0; count > 0 && i < inputs(); ++i) f(k * inputs() + i, i, count);
    }
  }

  /// Calls f(column of the weights, where its input's lanes lie) for every tap and input of the last instant.
  template<class D, class F>
  void each_peak_read(F f) const {
    for (Index k = 0; k < taps; ++k)
      for (Index i = 0; i < inputs(); ++i) f(k * inputs() + i, i * D::input_stride() + read<D>(0, k));
  }

  template<bool fresh, int Rows, int Columns>
  EIGEN_ALWAYS_INLINE void add_bias(detail::Block<T, Rows, Columns>& y, Index row) const {
    detail::unroll<Rows>([&](auto r) {
      const auto b = detail::broadcast(bias[row + r]);
      detail::unroll<Columns>([&](auto p) { y.at[r][p] = fresh ? b : detail::padd(y.at[r][p], b); });
    });
  }

  /// Where tap k of the j-th instant lies in a channel of the input.
  template<class D>
  static Index read(Index j, Index k) {
    static constexpr auto table = [] {
      std::array<Index, D::Reach::set.size * taps> offsets{};
      for (Index i = 0; i < D::Reach::set.size; ++i)
        for (Index tap = 0; tap < taps; ++tap)
          offsets[static_cast<std::size_t>(i * taps + tap)] =
              D::Read::set.find(D::Reach::set.at[i] + (taps - 1 - tap) * dilation_) * D::lanes;
      return offsets;
    }();
    return table[static_cast<std::size_t>(j * taps + k)];
  }

  template<class D, int group>
  void record_instants(const T* x, T* y, Index j) const {
    constexpr int packets = group * static_cast<int>(D::lanes / detail::packet_size<T>);
    constexpr int rest = packets % detail::block_packets;
    for (int first = 0; first < packets - rest; first += detail::block_packets)
      record_packets<D, detail::block_packets>(x, y, j, first);
    if constexpr (rest > 0) record_packets<D, rest>(x, y, j, packets - rest);
  }

  /// `columns` packets of lanes from packet `first` of instant j; they may run into the instants after it.
  template<class D, int columns>
  void record_packets(const T* x, T* y, Index j, int first) const {
    constexpr Index packet = detail::packet_size<T>;
    constexpr int packets = static_cast<int>(D::lanes / packet);
    detail::for_row_blocks(out, [&](auto rows, Index row) {
      detail::Block<T, rows, columns> block;
      add_bias<true>(block, row);
      detail::accumulate(block, weight.data() + row, out, x, D::input_stride(), inputs(), taps,
                         [&](Index k, Index p) {
                           return read<D>(j + (first + p) / packets, k) + (first + p) % packets * packet;
                         });
      detail::unroll<rows>([&](auto r) {
        detail::unroll<columns>([&](auto p) {
          detail::store<T>(y + (row + r) * D::stride() + j * D::lanes + (first + p) * packet, block.at[r][p]);
        });
      });
    });
  }

  /// dx += wᵀ dy for one tap.
  template<class D>
  void pull_tap(const D& domain, Index k, const T* dy, T* dx) const {
    constexpr Index packet = detail::packet_size<T>;
    const T* const w = weight.data() + k * inputs() * out;
    for (Index j = 0; j < D::Reach::set.size; ++j)
      for (Index p = 0; p < D::lanes; p += packet)
        detail::for_row_blocks(inputs(), [&](auto rows, Index row) {
          detail::Block<T, rows, 1> block;
          T* const to = dx + row * domain.input_stride() + read<D>(j, k) + p;
          detail::unroll<rows>(
              [&](auto r) { block.at[r][0] = detail::load(to + r * domain.input_stride()); });
          detail::accumulate_transposed(block, w + row * out, out, dy + j * D::lanes + p, domain.stride(),
                                        out);
          detail::unroll<rows>(
              [&](auto r) { detail::store<T>(to + r * domain.input_stride(), block.at[r][0]); });
        });
  }
};

template<Index out, Index taps, Index dilation_, template<class> class Parametrisation>
struct ConvMaker : MakerBase {
  template<class T, Index in>
  auto make(Index count) const {
    return Parametrisation<CausalConv<T, in, out, taps, dilation_>>(count);
  }
};

namespace detail {

template<class Conv>
using Plainly = Conv;

}  // namespace detail

/// A causal convolution to `out` channels: `causal_conv<8, 3>(dilation<2>)`.
template<Index out, Index taps, Index steps = 1>
constexpr auto causal_conv(Dilation<steps> = {}) {
  return ConvMaker<out, taps, steps, detail::Plainly>{};
}

}  // namespace lifelog::nn
