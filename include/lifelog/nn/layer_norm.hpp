// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>

#include "expression.hpp"

namespace lifelog::inline LIFELOG_ABI::nn {

/// Layer normalisation (Ba, Kiros & Hinton 2016) over the channels of each instant, or the features of each vector:
/// y(c) = w(c) · (x(c) − mean) / √(variance + 1e-5) + b(c), both moments over all c, the variance biased. As PyTorch's
/// `LayerNorm(channels)` on (…, channels). It reads the present only: causal, and no memory in streams.
template<class T, Index channels_>
struct LayerNorm : NodeBase {
  using Scalar = T;
  static constexpr Index input_channels = channels_;
  static constexpr Index channels = channels_;
  static constexpr Index lookback = 0;
  static constexpr Index history = 0;
  static constexpr Index widest = channels_;
  static constexpr Index deepest = 0;
  static constexpr bool pointwise = false;
  static constexpr T eps = T(1e-5);

  using Vector = Eigen::Matrix<T, channels_, 1>;
  Vector weight, bias;

  explicit LayerNorm(Index count = channels_) {
    detail::set_zero(weight, count, 1);
    std::fill_n(weight.data(), count, T(1));
    detail::set_zero(bias, count, 1);
  }

  Index inputs() const { return weight.size(); }
  Index outputs() const { return weight.size(); }

  /// Moments of a chunk's instants, found before its blocks.
  template<class P>
  struct Chunk : NodeBase::Chunk<P> {
    alignas(64) T mean[P::length];
    alignas(64) T inverse[P::length];
  };

  template<class P>
  void prepare(Chunk<P>& chunk, SignalView<T> x, Stripes<P> stripes) const {
    for (Index i = 0; i < stripes.depth * P::lanes; i += packet) {
      const auto moments = moments_of(x.data + i, x.stride);
      detail::store<T>(chunk.mean + i, moments.mean);
      detail::store<T>(chunk.inverse + i, moments.inverse);
    }
  }

  template<bool fresh, int Rows, int Columns, class At>
  EIGEN_ALWAYS_INLINE void block(detail::Block<T, Rows, Columns>& out, const Chunk<typename At::Pace>& chunk,
                                 SignalView<T> x, Index row, At at) const {
    detail::unroll<Columns>([&](int p) LIFELOG_INLINED {
      const Index i = at.offset(p);
      const Moments moments{detail::load(chunk.mean + i), detail::load(chunk.inverse + i)};
      detail::unroll<Rows>([&](int r) LIFELOG_INLINED {
        const auto y = scaled(moments.of(x.data + (row + r) * x.stride + i), row + r);
        out.at[r][p] = fresh ? y : detail::padd(out.at[r][p], y);
      });
    });
  }

  EIGEN_ALWAYS_INLINE void push(Memory&, const T* x, T* y) const {
    const T count = static_cast<T>(outputs());
    T mean = 0, variance = 0;
    for (Index c = 0; c < outputs(); ++c) mean += x[c];
    mean /= count;
    for (Index c = 0; c < outputs(); ++c) variance += (x[c] - mean) * (x[c] - mean);
    const T inverse = 1 / std::sqrt(variance / count + eps);
    for (Index c = 0; c < outputs(); ++c) y[c] = (x[c] - mean) * inverse * weight[c] + bias[c];
  }

  template<class D>
  struct Tape {
    typename D::template Buffer<LayerNorm> masked;
    Eigen::Array<T, Eigen::Dynamic, 1>
        planes;  ///< at maxima, where each lane has but its own channel: all of them
    Eigen::Array<T, Eigen::Dynamic, 1>
        sums;  ///< a packet a channel: the gradients of the weights, then of the biases
  };

  template<class D>
  void record(const D& domain, Tape<D>& tape, const T* x, T* y) const {
    if constexpr (at_maxima<D>) {
      tape.planes.resize(outputs() * D::lanes);
      normalise(domain, x, tape.planes.data(), D::lanes);
      std::fill_n(y, D::lanes, T(0));
      for (Index l = 0; l < domain.channel_count; ++l)
        y[l] = tape.planes[(domain.first_channel + l) * D::lanes + l];
    } else {
      normalise(domain, x, y, domain.stride());
      if constexpr (requires { domain.mask(y, Index{}); }) domain.mask(y, outputs());
    }
  }

  template<class D>
  void pull(const D& domain, Tape<D>& tape, const T* x, const T*, const T* dy, T* dx,
            LayerNorm& gradient) const {
    Index stride = 0;
    if constexpr (at_maxima<D>) {
      stride = D::lanes;
      tape.planes.setZero(outputs() * stride);
      for (Index l = 0; l < domain.channel_count; ++l)
        tape.planes[(domain.first_channel + l) * stride + l] = dy[l];
      dy = tape.planes.data();
    } else {
      stride = domain.stride();
      if constexpr (requires { domain.ends; })
        if (domain.before_start(domain.reach->span() - 1)) {
          T* const own = tape.masked.resize(domain, *this);
          std::copy_n(dy, outputs() * stride, own);
          domain.mask(own, outputs());
          dy = own;
        }
    }
    tape.sums.setZero(2 * outputs() * packet);
    each_packet(domain, [&](Index in, Index out) {
      pull_packet(x + in, domain.input_stride(), dy + out, stride, dx ? dx + in : nullptr, tape.sums.data());
    });
    for (Index c = 0; c < outputs(); ++c) {
      gradient.weight[c] += detail::predux(detail::load(tape.sums.data() + c * packet));
      gradient.bias[c] += detail::predux(detail::load(tape.sums.data() + (outputs() + c) * packet));
    }
  }

  template<class Visitor, class... Nets>
  static void visit(Visitor& visitor, const Path& path, Nets&... nets) {
    visit_tensors(visitor, path, nets...);
  }

  void initialise(Random&) { *this = LayerNorm(outputs()); }

  LayerNorm fold() const { return *this; }
  void unfold(const LayerNorm& folded, LayerNorm& gradient) const {
    gradient.weight += folded.weight;
    gradient.bias += folded.bias;
  }
  LayerNorm present() const { return *this; }
  void unfold_present(const LayerNorm& present, LayerNorm& gradient) const { unfold(present, gradient); }

 private:
  using Packet = detail::Packet<T>;
  static constexpr Index packet = detail::packet_size<T>;
  template<class D>
  static constexpr bool at_maxima = requires(const D& domain) {
    domain.first_channel;
  };

  struct Moments {
    Packet mean, inverse;
    EIGEN_ALWAYS_INLINE Packet of(const T* x) const {
      return detail::pmul(detail::psub(detail::load(x), mean), inverse);
    }
  };

  Packet per_channel(const Packet& total) const {
    return detail::pmul(total, detail::broadcast(1 / static_cast<T>(outputs())));
  }

  Moments moments_of(const T* x, Index stride) const {
    auto total = detail::broadcast(T(0)), squares = total;
    for (Index c = 0; c < outputs(); ++c) total = detail::padd(total, detail::load(x + c * stride));
    const auto mean = per_channel(total);
    for (Index c = 0; c < outputs(); ++c) {
      const auto apart = detail::psub(detail::load(x + c * stride), mean);
      squares = detail::pmadd(apart, apart, squares);
    }
    const auto deviation = detail::psqrt(detail::padd(per_channel(squares), detail::broadcast(eps)));
    return {mean, detail::pdiv(detail::broadcast(T(1)), deviation)};
  }

  EIGEN_ALWAYS_INLINE Packet scaled(const Packet& normal, Index c) const {
    return detail::pmadd(normal, detail::broadcast(weight[c]), detail::broadcast(bias[c]));
  }

  /// Calls f(where a packet of lanes lies in a channel of the input, where in one of the output).
  template<class D, class F>
  static void each_packet(const D& domain, F f) {
    if constexpr (requires { domain.reach; }) {
      for (Index j = 0; j < domain.reach->size(); ++j)
        for (Index s = 0; s < D::lanes; s += packet)
          f(domain.read->find(domain.reach->at(j)) * D::lanes + s, j * D::lanes + s);
    } else {
      for (Index i = 0; i < domain.stride(); i += packet) f(i, i);
    }
  }

  template<class D>
  void normalise(const D& domain, const T* x, T* y, Index stride) const {
    const Index in_stride = domain.input_stride();
    each_packet(domain, [&](Index in, Index out) {
      const auto moments = moments_of(x + in, in_stride);
      for (Index c = 0; c < outputs(); ++c)
        detail::store<T>(y + c * stride + out, scaled(moments.of(x + c * in_stride + in), c));
    });
  }

  /// With n the normalised x and g = w · dy: dx = (g − mean g − n · mean(g · n)) / √(variance + eps), means over channels.
  void pull_packet(const T* x, Index x_stride, const T* dy, Index dy_stride, T* dx, T* sums) const {
    const auto moments = moments_of(x, x_stride);
    T* const bias_sums = sums + outputs() * packet;
    auto total = detail::broadcast(T(0)), along = total;
    const auto add_to = [](T* to, const Packet& value) {
      detail::store<T>(to, detail::padd(detail::load(to), value));
    };
    for (Index c = 0; c < outputs(); ++c) {
      const auto normal = moments.of(x + c * x_stride), slope = detail::load(dy + c * dy_stride);
      const auto g = detail::pmul(slope, detail::broadcast(weight[c]));
      add_to(sums + c * packet, detail::pmul(slope, normal));
      add_to(bias_sums + c * packet, slope);
      total = detail::padd(total, g);
      along = detail::pmadd(g, normal, along);
    }
    if (!dx) return;
    total = per_channel(total), along = per_channel(along);
    for (Index c = 0; c < outputs(); ++c) {
      const auto normal = moments.of(x + c * x_stride), slope = detail::load(dy + c * dy_stride);
      const auto g = detail::psub(detail::pmul(slope, detail::broadcast(weight[c])), total);
      add_to(dx + c * x_stride, detail::pmul(moments.inverse, detail::psub(g, detail::pmul(normal, along))));
    }
  }

  template<class Visitor, class First, class... Rest>
  static void visit_tensors(Visitor& visitor, const Path& path, First& first, Rest&... rest) {
    const Layout vector{Role::parameter, 1, {first.outputs()}, {1}};
    visitor(path / "weight", vector, first.weight.data(), rest.weight.data()...);
    visitor(path / "bias", vector, first.bias.data(), rest.bias.data()...);
  }
};

struct LayerNormMaker : MakerBase {
  template<class T, Index channels>
  auto make(Index count) const {
    return LayerNorm<T, channels>(count);
  }
};

/// Layer normalisation over channels, at each instant by itself: `causal_conv<8, 3>() | layer_norm | relu`.
inline constexpr LayerNormMaker layer_norm;

}  // namespace lifelog::nn
