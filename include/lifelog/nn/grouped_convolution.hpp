// SPDX-License-Identifier: MIT
#pragma once

#include "convolution.hpp"

namespace lifelog::inline LIFELOG_ABI::nn {

/// A dilated causal convolution whose channels are in `groups`: outputs of one group read inputs of the same group alone.
/// Weights are PyTorch's, (out, in / groups, taps). With as many groups as inputs it is depthwise: each output reads one
/// channel.
template<class T, Index in, Index out, Index taps, Index dilation_, Index groups>
struct GroupedConv : CausalConv<T, in / groups, out, taps, dilation_> {
  static_assert(in != Eigen::Dynamic, "a convolution in groups needs a constant number of inputs: input<n>");
  static_assert(groups > 0 && in % groups == 0 && out % groups == 0,
                "groups must divide the inputs and the outputs of a convolution");
  static constexpr Index group_in = in / groups, group_out = out / groups;
  using Own =
      CausalConv<T, group_in, out, taps, dilation_>;  ///< an output's weights, and how they are visited
  static constexpr Index input_channels = in;
  static constexpr Index widest = std::max(in, out);
  using Own::bias;
  using Own::weight;
  template<Index inputs, Index count, Index distance>
  using With = GroupedConv<T, inputs, out, count, distance, groups>;

  explicit GroupedConv(Index = in) {}

  Index inputs() const { return in; }

  template<class P>
  static constexpr Index spread = 1;
  template<class P>
  static constexpr Index period = detail::block_packets;
  template<class P>
  using Chunk = NodeBase::Chunk<P>;
  template<class C>
  void begin(C&) const {}

  template<bool fresh, int Rows, int Columns, class At>
  EIGEN_ALWAYS_INLINE void block(detail::Block<T, Rows, Columns>& y,
                                 const NodeBase::Chunk<typename At::Pace>&, SignalView<T> x, Index row,
                                 At at) const {
    constexpr Index step = dilation_ * At::Pace::step;
    const T* channel[Rows];
    detail::unroll<Rows>([&](int r) LIFELOG_INLINED {
      channel[r] = x.data + first_input(row + r) * x.stride;
      const auto b = detail::broadcast(bias[row + r]);
      detail::unroll<Columns>([&](int p)
                                  LIFELOG_INLINED { y.at[r][p] = fresh ? b : detail::padd(y.at[r][p], b); });
    });
    const T* own = weight.data() + row;
    for (Index k = 0; k < taps; ++k)
      for (Index i = 0; i < group_in; ++i, own += out)
        detail::unroll<Rows>([&](int r) LIFELOG_INLINED {
          const auto w = detail::broadcast(own[r]);
          const T* const from = channel[r] + i * x.stride - (taps - 1 - k) * step;
          detail::unroll<Columns>([&](int p) LIFELOG_INLINED {
            y.at[r][p] = detail::pmadd(w, detail::load(from + at.offset(p)), y.at[r][p]);
          });
        });
  }

  /// As `detail::product`, a tap at a time.
  EIGEN_ALWAYS_INLINE void push([[maybe_unused]] typename Own::Memory& memory, const T* x, T* y) const {
    T* pending = nullptr;
    if constexpr (taps > 1) pending = memory.advance();
    for (Index later = 0; later < taps; ++later) {
      T* const to = later == 0 ? y : pending + (later - 1) * out;
      const T* const own = weight.data() + (taps - 1 - later) * group_in * out;
      for (Index o = 0; o < out; ++o) {
        T sum = later == 0 ? bias[o] : T(0);
        if (later < taps - 1) sum += pending[later * out + o];
        for (Index i = 0; i < group_in; ++i) sum += own[i * out + o] * x[first_input(o) + i];
        to[o] = sum;
      }
    }
  }

  template<class D>
  struct Tape {
    typename D::template Buffer<GroupedConv> masked;
    Eigen::Array<T, Eigen::Dynamic, 1> sums;  ///< a packet a weight, then one a bias: their gradients
  };

  template<class D>
  void record(const D& domain, Tape<D>&, const T* x, T* y) const {
    const Index stride = domain.stride(), in_stride = domain.input_stride();
    each_packet(domain, [&](Index to, Index shift, const Index* from, Index first_tap) {
      for (Index o = 0; o < out; ++o) {
        auto sum = detail::broadcast(bias[o]);
        const T* const channel = x + first_input(o) * in_stride + shift;
        for (Index k = first_tap; k < taps; ++k)
          for (Index i = 0; i < group_in; ++i)
            sum = detail::pmadd(detail::broadcast(weight(o, k * group_in + i)),
                                detail::load(channel + i * in_stride + from[k]), sum);
        detail::store<T>(y + o * stride + to, sum);
      }
    });
    domain.mask(y, out);
  }

  template<class D>
  void pull(const D& domain, Tape<D>& tape, const T* x, const T*, const T* dy, T* dx,
            GroupedConv& gradient) const {
    dy = masked(domain, tape, dy);
    tape.sums.setZero((out * Own::columns + out) * packet);
    each_packet(domain, [&](Index to, Index shift, const Index* from, Index first_tap) {
      pull_packet(domain, x + shift, dy + to, dx ? dx + shift : nullptr, from, first_tap, tape.sums.data());
    });
    const T* sum = tape.sums.data();
    for (Index w = 0; w < weight.size(); ++w, sum += packet)
      gradient.weight.data()[w] += detail::predux(detail::load(sum));
    for (Index o = 0; o < out; ++o, sum += packet) gradient.bias[o] += detail::predux(detail::load(sum));
    if constexpr (!requires { domain.reach; })  // packets that straddle time 0 leave something before it
      for (Index c = 0; dx && c < in; ++c) std::fill_n(dx + c * domain.stride(), D::margin, T(0));
  }

  /// At maxima over time each lane wants one output alone.
  template<Index lanes>
  void record(const Peaks<T, lanes>& domain, Tape<Peaks<T, lanes>>&, const T* x, T* y) const {
    std::fill_n(y, lanes, T(0));
    for (Index l = 0; l < domain.channel_count; ++l) y[l] = bias[domain.first_channel + l];
    each_peak_read(domain, [&](Index l, Index w, Index at) { y[l] += weight.data()[w] * x[at]; });
  }
  template<Index lanes>
  void pull(const Peaks<T, lanes>& domain, Tape<Peaks<T, lanes>>&, const T* x, const T*, const T* dy, T* dx,
            GroupedConv& gradient) const {
    for (Index l = 0; l < domain.channel_count; ++l) gradient.bias[domain.first_channel + l] += dy[l];
    each_peak_read(domain, [&](Index l, Index w, Index at) {
      gradient.weight.data()[w] += dy[l] * x[at];
      if (dx) dx[at] += dy[l] * weight.data()[w];
    });
  }

  GroupedConv fold() const { return *this; }
  void unfold(const GroupedConv& folded, GroupedConv& gradient) const {
    gradient.weight += folded.weight;
    gradient.bias += folded.bias;
  }

  Linear<T, in, out> present() const {
    Linear<T, in, out> linear;
    for (Index o = 0; o < out; ++o)
      linear.weight.row(o).segment(first_input(o), group_in) = weight.row(o).tail(group_in);
    linear.bias = bias;
    return linear;
  }
  void unfold_present(const Linear<T, in, out>& present, GroupedConv& gradient) const {
    for (Index o = 0; o < out; ++o)
      gradient.weight.row(o).tail(group_in) += present.weight.row(o).segment(first_input(o), group_in);
    gradient.bias += present.bias;
  }

 private:
  static constexpr Index packet = detail::packet_size<T>;

  /// The first input of an output's group.
  static constexpr Index first_input(Index o) { return o / group_out * group_in; }

  /// Calls f(where a packet of lanes lies in a channel of the output, `shift`, `from`, the first tap that reads any sample): tap k
  /// reads at shift + from[k] in a channel of the input.
  template<class D, class F>
  static void each_packet(const D& domain, F f) {
    Index from[taps];
    if constexpr (requires { domain.reach; }) {
      for (Index j = 0; j < domain.reach->size(); ++j) {
        for (Index k = 0; k < taps; ++k)
          from[k] = domain.read->find(domain.reach->at(j) + (taps - 1 - k) * dilation_) * D::lanes;
        for (Index s = 0; s < D::lanes; s += packet) f(j * D::lanes + s, s, from, Index{0});
      }
    } else {
      for (Index k = 0; k < taps; ++k) from[k] = D::margin - (taps - 1 - k) * dilation_;
      for (Index t = 0; t < domain.padded(); t += packet)
        f(D::margin + t, t, from, taps - std::min(taps, (t + packet - 1) / dilation_ + 1));
    }
  }

  template<class D>
  const T* masked(const D& domain, Tape<D>& tape, const T* dy) const {
    if constexpr (requires { domain.ends; })
      if (domain.before_start(domain.reach->span() - 1)) {
        T* const own = tape.masked.resize(domain, *this);
        std::copy_n(dy, out * domain.stride(), own);
        domain.mask(own, out);
        return own;
      }
    return dy;
  }

  template<class D>
  void pull_packet(const D& domain, const T* x, const T* dy, T* dx, const Index* from, Index first_tap,
                   T* sums) const {
    const auto add_to = [](T* to, const auto& a, const auto& b) {
      detail::store<T>(to, detail::pmadd(a, b, detail::load(to)));
    };
    const auto one = detail::broadcast(T(1));
    for (Index o = 0; o < out; ++o) {
      const auto slope = detail::load(dy + o * domain.stride());
      add_to(sums + (weight.size() + o) * packet, slope, one);
      for (Index k = first_tap; k < taps; ++k)
        for (Index i = 0; i < group_in; ++i) {
          const Index w = (k * group_in + i) * out + o;
          const Index at = (first_input(o) + i) * domain.input_stride() + from[k];
          add_to(sums + w * packet, slope, detail::load(x + at));
          if (dx) add_to(dx + at, slope, detail::broadcast(weight.data()[w]));
        }
    }
  }

  /// Calls f(lane, weight, where its input lies) for all that is read at maxima.
  template<class D, class F>
  static void each_peak_read(const D& domain, F f) {
    for (Index l = 0; l < domain.channel_count; ++l)
      for (Index k = 0; k < taps; ++k)
        for (Index i = 0; i < group_in; ++i) {
          const Index o = domain.first_channel + l;
          const Index at = domain.read->find((taps - 1 - k) * dilation_) * D::lanes + l;
          f(l, (k * group_in + i) * out + o, (first_input(o) + i) * domain.input_stride() + at);
        }
  }
};

template<Index out, Index taps, Index groups, Index dilation_>
struct GroupedConvMaker : MakerBase {
  template<class T, Index in>
  auto make([[maybe_unused]] Index count) const {
    if constexpr (in == Eigen::Dynamic)
      return detail::Refused<detail::Fault::group_inputs>{};
    else if constexpr (in % groups != 0 || out % groups != 0)
      return detail::Refused<detail::Fault::groups>{};
    else
      return GroupedConv<T, in, out, taps, dilation_, groups>(count);
  }
};

template<Index taps, Index dilation_>
struct DepthwiseConvMaker : MakerBase {
  template<class T, Index in>
  auto make([[maybe_unused]] Index count) const {
    if constexpr (in == Eigen::Dynamic)
      return detail::Refused<detail::Fault::group_inputs>{};
    else
      return GroupedConv<T, in, in, taps, dilation_, in>(count);
  }
};

/// A causal convolution to `out` channels in `groups`, PyTorch's `groups=`: `grouped_conv<16, 3, 4>(dilation<2>)`. It does a
/// `groups`-th of the multiply-adds of `causal_conv`, without that one's sharing of loads.
template<Index out, Index taps, Index groups, Index steps = 1>
constexpr auto grouped_conv(Dilation<steps> = {}) {
  return GroupedConvMaker<out, taps, groups, steps>{};
}
template<Index out, Index taps, Index groups, Index steps = 1>
requires(out < 1 || taps < 1 || groups < 1) LIFELOG_REFUSED_SIZES detail::Nothing
    grouped_conv(Dilation<steps> = {});

/// A causal convolution of each channel by itself: `depthwise_conv<3>() | causal_conv<16, 1>()`.
template<Index taps, Index steps = 1>
constexpr auto depthwise_conv(Dilation<steps> = {}) {
  return DepthwiseConvMaker<taps, steps>{};
}
template<Index taps, Index steps = 1>
requires(taps < 1) LIFELOG_REFUSED_SIZES detail::Nothing depthwise_conv(Dilation<steps> = {});

}  // namespace lifelog::nn
