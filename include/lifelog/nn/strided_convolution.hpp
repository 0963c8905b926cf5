// SPDX-License-Identifier: MIT
#pragma once

#include <numeric>

#include "grouped_convolution.hpp"
#include "weight_norm.hpp"

// A convolution that gives each s-th output alone is, evaluated, two nodes: `Phases` puts each s-th sample side by side with the
// samples before it that the taps read, and a plain convolution reads those as channels of their own, at the lower rate. So
// nothing is computed that is not given, and all that convolutions have (register blocks, both gradients, streams) is there.

namespace lifelog::inline LIFELOG_ABI::nn {

/// Each `stride`-th sample of a signal, from the first on, and `count` − 1 samples of its past, `distance` apart: channel i
/// becomes the channels i·count + p, y(τ) = x(τ·stride − p·distance). (Of a filter bank: its polyphase components, Crochiere &
/// Rabiner 1983, "Multirate digital signal processing".)
template<class T, Index in, Index stride, Index count, Index distance>
struct Phases : NodeBase {
  using Scalar = T;
  static constexpr Index input_channels = in;
  static constexpr Index channels = in * count;
  static constexpr Index rate = stride;
  static constexpr Index lookback = (count - 1) * distance;
  static constexpr Index history = lookback;
  static constexpr Index widest = std::max(in, detail::samples_after(stride, channels));
  static constexpr Index deepest = history;
  static constexpr bool pointwise = false;

  static constexpr Index inputs() { return in; }
  static constexpr Index outputs() { return channels; }

  template<class P>
  static constexpr Index period = stride* detail::block_packets;

  template<class P>
  struct Chunk : NodeBase::Chunk<P> {
    Index wait = 0;  ///< samples before the next that is kept

    void reset() { wait = 0; }
    Stripes<PaceAfter<Phases, P>> after(Stripes<P> stripes) const {
      return {detail::samples_after(stride, std::max<Index>(stripes.count - wait, 0)),
              stripes.depth / stride};
    }
    void advance(Stripes<P> stripes) { wait += stride * after(stripes).count - stripes.count; }
  };

  template<bool fresh, int Rows, int Columns, class C, class At>
  EIGEN_ALWAYS_INLINE void block(detail::Block<T, Rows, Columns>& y, const C& chunk, SignalView<T> x,
                                 Index row, At at) const {
    using P = typename C::Pace;
    detail::unroll<Rows>([&](int r) LIFELOG_INLINED {
      const T* const channel =
          x.data + (row + r) / count * x.stride + (chunk.wait - (row + r) % count * distance) * P::step;
      detail::unroll<Columns>([&](int p) LIFELOG_INLINED {
        const auto value = load<P>(channel + stride * at.offset(p));
        y.at[r][p] = fresh ? value : detail::padd(y.at[r][p], value);
      });
    });
  }

  /// The samples that may still be read.
  struct Memory {
    alignas(64) T past[lookback + 1][in];
    Index next, wait;
    Memory() { reset(); }
    void reset() {
      std::fill_n(past[0], (lookback + 1) * in, T(0));
      next = wait = 0;
    }
  };

  EIGEN_ALWAYS_INLINE bool push(Memory& memory, const T* x, T* y) const {
    const Index now = memory.next;
    std::copy_n(x, in, memory.past[now]);
    memory.next = now < lookback ? now + 1 : 0;
    if (memory.wait-- > 0) return false;
    memory.wait = stride - 1;
    for (Index p = 0; p < count; ++p) {
      const Index back = p * distance;
      const T* const from = memory.past[back <= now ? now - back : now - back + lookback + 1];
      for (Index i = 0; i < in; ++i) y[i * count + p] = from[i];
    }
    return true;
  }

  static Instants reads(const Instants& reach) {
    return Instants(stride * (reach.span() - 1) + lookback + 1, [&](auto insert) {
      for (Index p = 0; p < count; ++p)
        for (Index j = 0; j < reach.size(); ++j) insert(stride * reach.at(j) + p * distance);
    });
  }

  template<class D>
  struct Tape {};

  template<class D>
  void record(const D& domain, Tape<D>&, const T* x, T* y) const {
    std::fill_n(y, domain.plane(channels), T(0));
    each_sample(domain, [&](Index from, Index to) { y[to] = x[from]; });
  }
  template<class D>
  void pull(const D& domain, Tape<D>&, const T*, const T*, const T* dy, T* dx, Phases&) const {
    if (dx) each_sample(domain, [&](Index from, Index to) { dx[from] += dy[to]; });
  }

  template<class Visitor, class... Nets>
  static void visit(Visitor&, const Path&, Nets&...) {}
  void initialise(Random&) {}
  Phases fold() const { return *this; }
  void unfold(const Phases&, Phases&) const {}

  /// Of series of length 1 all that was before is zero.
  Linear<T, in, channels> present() const {
    Linear<T, in, channels> linear;
    for (Index i = 0; i < in; ++i) linear.weight(i * count, i) = 1;
    return linear;
  }
  void unfold_present(const Linear<T, in, channels>&, Phases&) const {}

 private:
  /// In stripes each `stride`-th packet; in the order of time each `stride`-th sample.
  template<class P>
  static EIGEN_ALWAYS_INLINE detail::Packet<T> load(const T* from) {
    if constexpr (P::striped) {
      return detail::load(from);
    } else {
      alignas(64) T lanes[P::lanes];
      for (Index l = 0; l < P::lanes; ++l) lanes[l] = from[l * stride];
      return detail::load(lanes);
    }
  }

  /// Calls f(where a sample lies in the input, where in the output) for all that lie in the series.
  template<class D, class F>
  static void each_sample(const D& domain, F f) {
    for (Index c = 0; c < channels; ++c) {
      const Index in_channel = c / count * domain.input_stride(), out_channel = c * domain.stride(),
                  back = c % count * distance;
      if constexpr (requires { domain.reach; }) {
        for (Index j = 0; j < domain.reach->size(); ++j) {
          const Index at = domain.read->find(stride * domain.reach->at(j) + back) * D::lanes;
          for (Index l = 0; l < D::lanes; ++l) f(in_channel + at + l, out_channel + j * D::lanes + l);
        }
      } else {
        for (Index t = detail::samples_after(stride, back); t < domain.length; ++t)
          f(in_channel + D::margin + t * stride - back, out_channel + D::margin + t);
      }
    }
  }
};

/// A convolution F that gives its first output and each `stride`-th from there, as PyTorch's `stride=` after padding (taps − 1) ·
/// dilation zeros on the left: output j is that of the instant j · stride. Parameters are F's. It is evaluated and trained folded.
template<class F, Index stride>
struct Strided : F {
  using T = typename F::Scalar;
  using Plain = decltype(std::declval<const F&>().fold());
  static constexpr Index rate = stride;
  static constexpr Index taps = Plain::tap_count, distance = Plain::tap_distance;
  /// How many taps become channels. Where they are not all of them, those that lie whole strides apart stay taps of one
  /// channel; zeros make the number whole.
  static constexpr Index phases =
      taps <= 2 * stride ? taps : std::min(taps, stride / std::gcd(stride, distance));
  static constexpr Index later_taps = detail::samples_after(phases, taps);
  using Kept = Phases<T, Plain::input_channels, stride, phases, distance>;
  using Conv = typename Plain::template With<Plain::input_channels * phases, later_taps,
                                             later_taps == 1 ? 1 : phases * distance / stride>;
  using Folded = Chain<Kept, Conv>;

  using F::F;
  Strided(F plain) : F(std::move(plain)) {}

  Folded fold() const {
    const Plain plain = F::fold();
    Folded folded{{}, Kept(), Conv()};
    std::copy_n(plain.bias.data(), Plain::channels, folded.second.bias.data());
    each_column([&](Index own, Index of_folded) {
      std::copy_n(plain.weight.data() + own, Plain::channels, folded.second.weight.data() + of_folded);
    });
    return folded;
  }

  void unfold(const Folded& folded, Strided& gradient) const {
    Plain plain(F::fold());
    std::copy_n(folded.second.bias.data(), Plain::channels, plain.bias.data());
    each_column([&](Index own, Index of_folded) {
      std::copy_n(folded.second.weight.data() + of_folded, Plain::channels, plain.weight.data() + own);
    });
    F::unfold(plain, gradient);
  }

  // What F does at each instant is none of this one's.
  void begin() const = delete;
  void prepare() const = delete;
  void block() const = delete;
  void push() const = delete;
  void record() const = delete;
  void pull() const = delete;

 private:
  /// Calls f(where a column of F's weights begins, where the same in the folded ones).
  template<class Each>
  void each_column(Each f) const {
    const Index inputs = Plain::columns / taps;
    for (Index back = 0; back < taps; ++back)
      for (Index i = 0; i < inputs; ++i)
        f(((taps - 1 - back) * inputs + i) * Plain::channels,
          (((later_taps - 1 - back / phases) * inputs + i) * phases + back % phases) * Plain::channels);
  }
};

template<Index steps>
struct Stride {
  static_assert(steps >= 1, "a stride is of at least 1 sample");
};

/// Samples from one output of a convolution to the next.
template<Index steps>
inline constexpr Stride<steps> stride;

template<class M, Index steps>
struct StridedMaker : MakerBase {
  M maker;
  constexpr explicit StridedMaker(M m) : maker(m) {}
  template<class T, Index inputs>
  auto make(Index count) const {
    static_assert(inputs != Eigen::Dynamic,
                  "a strided convolution needs a constant number of inputs: input<n>");
    auto node = maker.template make<T, inputs>(count);
    if constexpr (steps == 1)
      return node;
    else
      return Strided<decltype(node), steps>(std::move(node));
  }
};

namespace detail {

template<Index steps, class M>
constexpr auto strided(M maker) {
  return StridedMaker<M, steps>(maker);
}

}  // namespace detail

/// A causal convolution that gives each s-th output: `causal_conv<8, 5>(stride<2>, dilation<3>)`. What comes after it has
/// a `1/s`-th of the samples, and costs as much less.
template<Index out, Index taps, Index every, Index steps = 1>
constexpr auto causal_conv(Stride<every>, Dilation<steps> spacing = {}) {
  return detail::strided<every>(causal_conv<out, taps>(spacing));
}

/// The same with weight normalisation.
template<Index out, Index taps, Index every, Index steps = 1>
constexpr auto weight_norm_conv(Stride<every>, Dilation<steps> spacing = {}) {
  return detail::strided<every>(weight_norm_conv<out, taps>(spacing));
}

/// The same in groups of channels.
template<Index out, Index taps, Index groups, Index every, Index steps = 1>
constexpr auto grouped_conv(Stride<every>, Dilation<steps> spacing = {}) {
  return detail::strided<every>(grouped_conv<out, taps, groups>(spacing));
}

/// The same of each channel by itself.
template<Index taps, Index every, Index steps = 1>
constexpr auto depthwise_conv(Stride<every>, Dilation<steps> spacing = {}) {
  return detail::strided<every>(depthwise_conv<taps>(spacing));
}

}  // namespace lifelog::nn
