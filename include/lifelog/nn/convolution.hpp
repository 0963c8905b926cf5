// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

#include "detail/conv_frames.hpp"
#include "detail/planes.hpp"
#include "detail/product.hpp"
#include "linear.hpp"

namespace lifelog::inline LIFELOG_ABI::nn {

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
  static constexpr Index widest = std::max(in, out);
  static constexpr Index deepest = history;
  static constexpr bool pointwise = false;
  static constexpr Kind kind = Kind::signal;
  static constexpr Index columns = in == Eigen::Dynamic ? Eigen::Dynamic : in * taps;
  static constexpr Index tap_count = taps, tap_distance = dilation_;
  /// The same kind of convolution with other inputs and taps.
  template<Index inputs, Index count, Index distance>
  using With = CausalConv<T, inputs, out, count, distance>;

  detail::Weights<T, out, columns> weight;  ///< column k·in + i: tap k of input i
  Eigen::Matrix<T, out, 1> bias;

  explicit CausalConv(Index count = in) {
    detail::set_zero(weight, out, count * taps);
    detail::set_zero(bias, out, 1);
  }

  Index inputs() const { return weight.cols() / taps; }
  Index outputs() const { return out; }

  /// Whether outputs `dilation` samples apart are evaluated in pairs: with three taps, where that divides a chunk, and spares
  /// more than it costs.
  template<class P>
  static constexpr bool in_pairs = taps == 3 && out >= detail::pair_rows&& P::packets(dilation_) > 0 &&
                                   P::depth % std::max<Index>(2 * P::packets(dilation_), 1) == 0;
  template<class P>
  static constexpr Index spread = in_pairs<P> ? P::packets(dilation_) : 1;
  template<class P>
  static constexpr Index period = detail::block_packets* spread<P>;

  /// Whether weights are too many to be read where they are, a few of each column at a time.
  static constexpr bool rearranged = std::max<Index>(in, 1) * out * taps >
                                     detail::weight_bytes / static_cast<Index>(sizeof(T));

  template<class P>
  struct PairChunk : NodeBase::Chunk<P> {
    detail::Weights<T, out, in> sum, alternating;
  };
  template<class P>
  struct RearrangedChunk : NodeBase::Chunk<P> {
    detail::RowBlocks<T, out> weight, sum, alternating;
  };
  template<class P>
  using Chunk = std::conditional_t<rearranged, RearrangedChunk<P>,
                                   std::conditional_t<in_pairs<P>, PairChunk<P>, NodeBase::Chunk<P>>>;

  template<class C>
  void begin(C& chunk) const {
    const auto n = inputs();
    if constexpr (rearranged) chunk.weight.assign(weight);
    if constexpr (in_pairs<typename C::Pace>) {
      const T *const oldest = weight.data(), *const middle = oldest + out * n,
                     *const present = middle + out * n;
      set(chunk.sum, n, [&](Index i) { return T(0.5) * (oldest[i] + present[i] + middle[i]); });
      set(chunk.alternating, n, [&](Index i) { return T(0.5) * (oldest[i] + present[i] - middle[i]); });
    }
  }

  template<bool fresh, int Rows, int Columns, class At>
  EIGEN_ALWAYS_INLINE void block(detail::Block<T, Rows, Columns>& y,
                                 [[maybe_unused]] const Chunk<typename At::Pace>& chunk, SignalView<T> x,
                                 Index row, At at) const {
    using P = typename At::Pace;
    constexpr Index step = dilation_ * P::step;
    const T* const own = rearranged_at(chunk, row);
    constexpr Index stride = rearranged ? Rows : out;
    add_bias<fresh>(y, row);
    if constexpr (in_pairs<P> && At::spread == spread<P>) {
      const detail::PairWeights<T> weights{own, own + 2 * stride * inputs(), at_row(chunk.sum, row),
                                           at_row(chunk.alternating, row)};
      detail::accumulate_pair(y, weights, stride, x.data + at.offset(0), x.stride, inputs(), step);
    } else {
      detail::accumulate_in_chains(y, own, stride, x.data, x.stride, inputs(), taps,
                                   [&](Index k, Index p) { return at.offset(p) - (taps - 1 - k) * step; });
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

  static Instants reads(const Instants& reach) { return read_by_taps(reach, taps, dilation_); }

  template<class D>
  struct WindowTape {
    typename D::template Buffer<CausalConv> masked;
    /// [instants of `reach`, taps]: where what a tap reads lies in a channel of the input.
    Eigen::Array<Index, Eigen::Dynamic, taps> places;

    void find_places(const D& domain) {
      if (places.rows() > 0) return;  // a tape is of one set of instants
      places.resize(domain.reach->size(), taps);
      for (Index j = 0; j < places.rows(); ++j)
        for (Index k = 0; k < taps; ++k) places(j, k) = read(domain, j, k);
    }
    const Index* of_tap(Index k) const { return places.data() + k * places.rows(); }
  };
  template<class D>
  using Tape = std::conditional_t<std::is_same_v<D, Frames<T>>,
                                  detail::ConvFrames<T, in, out, taps, dilation_>, WindowTape<D>>;

  /// All of time.
  void record(const Frames<T>& frames, Tape<Frames<T>>& tape, const T* x, T* y) const {
    tape.record(frames, *this, x, y);
  }
  void pull(const Frames<T>& frames, Tape<Frames<T>>& tape, const T* x, const T*, const T* dy, T* dx,
            CausalConv& gradient) const {
    tape.pull(frames, *this, x, dy, dx, gradient);
  }

  /// At maxima over time: lane l wants one output alone, so a column of weights is one factor for each lane.
  template<Index lanes>
  void record(const Peaks<T, lanes>& domain, Tape<Peaks<T, lanes>>&, const T* x, T* y) const {
    const Index count = peak_count(domain);
    std::fill(std::copy_n(bias.data() + domain.first_channel, count, y), y + lanes, T(0));
    each_peak_read(domain,
                   [&](Index w, Index at) { detail::add_product(y, weight.data() + w, x + at, count); });
  }

  template<Index lanes>
  void pull(const Peaks<T, lanes>& domain, Tape<Peaks<T, lanes>>&, const T* x, const T*, const T* dy, T* dx,
            CausalConv& gradient) const {
    const Index count = peak_count(domain);
    detail::add(gradient.bias.data() + domain.first_channel, dy, count);
    each_peak_read(domain, [&](Index w, Index at) {
      detail::add_product(gradient.weight.data() + w, dy, x + at, count);
      if (dx) detail::add_product(dx + at, dy, weight.data() + w, count);
    });
  }

  template<class D>
  void record(const D& domain, Tape<D>& tape, const T* x, T* y) const {
    constexpr Index lanes = D::lanes;
    tape.find_places(domain);
    const Index size = domain.reach->size();
    // Whole register blocks: `group` neighbouring instants side by side where one has fewer packets than a
    // block.
    constexpr int packets = static_cast<int>(lanes / detail::packet_size<T>);
    constexpr int group = packets >= detail::block_packets ? 1 : detail::block_packets / packets;
    const detail::WindowPlanes<T> planes{x, domain.input_stride(), inputs(), taps, tape.places.data(), size,
                                         y, domain.stride()};
    Index j = 0;
    for (; j + group <= size; j += group) record_instants<group, lanes>(planes, j);
    for (; j < size; ++j) record_instants<1, lanes>(planes, j);
    domain.mask(y, out);
  }

  template<class D>
  void pull(const D& domain, Tape<D>& tape, const T* x, const T*, const T* dy, T* dx,
            CausalConv& gradient) const {
    constexpr Index lanes = D::lanes, packet = detail::packet_size<T>, packets = lanes / packet;
    if (domain.before_start(domain.reach->span() - 1)) {
      T* const own = tape.masked.resize(domain, *this);
      std::copy_n(dy, out * domain.stride(), own);
      domain.mask(own, out);
      dy = own;
    }
    const Index stride = domain.stride();
    for (Index o = 0; o < out; ++o) gradient.bias[o] += detail::sum_of_row(dy + o * stride, stride);
    for (Index k = 0; k < taps; ++k) {
      const Index* const at = tape.of_tap(k);
      const Index first = k * inputs() * out;
      detail::accumulate_outer<out>(gradient.weight.data() + first, out, dy, stride, out, x,
                                    domain.input_stride(), inputs(), stride / packet, detail::InARow<T>{},
                                    detail::AtPlaces<T, packets>{at});
      if (dx)
        detail::pull_windows<in, lanes>(weight.data() + first, out, inputs(), at, domain.reach->size(), dy,
                                        stride, dx, domain.input_stride());
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
    detail::add(gradient.weight.data(), folded.weight.data(), weight.size());
    detail::add(gradient.bias.data(), folded.bias.data(), out);
  }

  /// What this is on series of length 1, where all taps but the present one see zeros; and its gradient's way back.
  Linear<T, in, out> present() const {
    Linear<T, in, out> linear(inputs());
    std::copy_n(present_tap(weight), out * inputs(), linear.weight.data());
    std::copy_n(bias.data(), out, linear.bias.data());
    return linear;
  }
  void unfold_present(const Linear<T, in, out>& present, CausalConv& gradient) const {
    detail::add(present_tap(gradient.weight), present.weight.data(), out * inputs());
    detail::add(gradient.bias.data(), present.bias.data(), out);
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
  template<class M>
  auto present_tap(M& weights) const {
    return weights.data() + (taps - 1) * out * inputs();
  }

  /// Elements by their places in a matrix of `out` rows.
  template<class M, class Value>
  static void set(M& to, Index count, Value value) {
    if constexpr (rearranged) {
      to.assign(out, count, [&](Index r, Index c) { return value(c * out + r); });
    } else {
      to.resize(out, count);
      for (Index i = 0; i < out * count; ++i) to.data()[i] = value(i);
    }
  }
  template<class M>
  static const T* at_row(const M& from, Index row) {
    if constexpr (rearranged)
      return from.at(row);
    else
      return from.data() + row;
  }
  template<class C>
  EIGEN_ALWAYS_INLINE const T* rearranged_at([[maybe_unused]] const C& chunk, Index row) const {
    if constexpr (rearranged)
      return chunk.weight.at(row);
    else
      return weight.data() + row;
  }

  /// How many lanes at peaks stand for outputs: all of them, a constant, or a group of many.
  template<Index lanes>
  static constexpr Index peak_count(const Peaks<T, lanes>& domain) {
    return out <= lanes ? out : domain.channel_count;
  }

  /// Calls f(where the weights of the lanes' outputs lie, where the input's lanes lie) for every tap and input of the last instant.
  template<class D, class F>
  void each_peak_read(const D& domain, F f) const {
    for (Index k = 0; k < taps; ++k)
      for (Index i = 0; i < inputs(); ++i)
        f((k * inputs() + i) * out + domain.first_channel, i * domain.input_stride() + read(domain, 0, k));
  }

  template<bool fresh, int Rows, int Columns>
  EIGEN_ALWAYS_INLINE void add_bias(detail::Block<T, Rows, Columns>& y, Index row) const {
    detail::unroll<Rows>([&](int r) LIFELOG_INLINED {
      const auto b = detail::broadcast(bias[row + r]);
      detail::unroll<Columns>([&](int p)
                                  LIFELOG_INLINED { y.at[r][p] = fresh ? b : detail::padd(y.at[r][p], b); });
    });
  }

  /// Where tap k of the j-th instant lies in a channel of the input.
  template<class D>
  static Index read(const D& domain, Index j, Index k) {
    return domain.read->find(domain.reach->at(j) + (taps - 1 - k) * dilation_) * D::lanes;
  }

  template<int group, Index lanes>
  void record_instants(const detail::WindowPlanes<T>& planes, Index j) const {
    constexpr int packets = group * static_cast<int>(lanes / detail::packet_size<T>);
    constexpr int rest = packets % detail::block_packets;
    for (int first = 0; first < packets - rest; first += detail::block_packets)
      detail::convolve_windows<out, lanes, detail::block_packets>(weight.data(), bias.data(), planes, j,
                                                                  first);
    if constexpr (rest > 0)
      detail::convolve_windows<out, lanes, rest>(weight.data(), bias.data(), planes, j, packets - rest);
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
template<Index out, Index taps, Index steps = 1>
requires(out < 1 || taps < 1) LIFELOG_REFUSED_SIZES detail::Nothing causal_conv(Dilation<steps> = {});
template<Index... sizes>
requires(sizeof...(sizes) < 2) LIFELOG_REFUSED_UNSIZED detail::Nothing causal_conv();
template<Index... sizes, class D>
LIFELOG_REFUSED_UNSIZED detail::Nothing causal_conv(D);

}  // namespace lifelog::nn
