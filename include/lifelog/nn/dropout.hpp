// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "../core/error.hpp"
#include "expression.hpp"

namespace lifelog::inline LIFELOG_ABI::nn {

namespace detail {

/// Which elements of one sample are dropped in one step: a function of channel and instant, so that any part of a series can be
/// drawn again by itself. A counter that is mixed (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3") by the
/// two rounds of Wellons' 32-bit hash with the least bias.
class DropoutMask {
 public:
  DropoutMask() = default;
  DropoutMask(std::uint64_t seed, const Draw& draw) {
    const auto bits = Random(seed).fork(draw.step).fork(draw.sample)();
    early_ = static_cast<std::uint32_t>(bits), late_ = static_cast<std::uint32_t>(bits >> 32);
  }

  /// Of one channel: whether an instant is below `limit` in 2³².
  auto of_channel(Index channel) const {
    const std::uint32_t own = mix(early_ + static_cast<std::uint32_t>(channel) * 0x9e3779b9u, late_);
    return [own, late = late_](Index instant, std::uint32_t limit) LIFELOG_INLINED {
      return mix(own + static_cast<std::uint32_t>(instant) * 0x9e3779b1u, late) < limit;
    };
  }

 private:
  static std::uint32_t mix(std::uint32_t x, std::uint32_t late) {
    x ^= x >> 16;
    x *= 0x21f0aaadu;
    x ^= x >> 15;
    x += late;
    x *= 0x735a2d97u;
    return x ^ x >> 15;
  }

  std::uint32_t early_ = 0, late_ = 0;
};

}  // namespace detail

/// Dropout (Srivastava et al. 2014): in training each feature of each sample, or each channel at each instant of a signal, is
/// zero with probability `share`, and the others are scaled by 1/(1 − share). `spatial` (Tompson et al. 2015, "Efficient object
/// localization using convolutional networks"): whole channels of a signal. In evaluation, and in streams, it is the
/// identity: `fold` leaves it out, `fold_training` does not.
///
/// What is dropped of vectors follows from `seed`, `Samples::step` and the sample's place in the batch; of signals from `seed`
/// and the `Draw` that the evaluator and the gradient are told. Not from threads or pieces, and the same in `record` and `pull`.
/// Who trains counts steps up.
template<class T, Index channels_, bool spatial = false>
struct Dropout : Parameterless<Dropout<T, channels_, spatial>, T, channels_> {
  static constexpr bool pointwise = false;
  using Base = Parameterless<Dropout<T, channels_, spatial>, T, channels_>;
  template<class D>
  using Tape = typename Base::template Tape<D>;

  double share;
  std::uint64_t seed = 0;  ///< drawn by `initialise`, so that no two nodes of a network drop alike

  explicit Dropout(Index count = channels_, double dropped = 0.5) : Base(count), share(dropped) {}

  void initialise(Random& random) { seed = random(); }

  template<class P>
  struct Chunk : NodeBase::Chunk<P> {
    detail::DropoutMask mask;
    Index time = 0;  ///< of the chunk's first sample
    Stripes<P> now{};
    void reset() { time = 0; }
    void advance(Stripes<P> stripes) { time += stripes.count; }
  };

  template<class C>
  void begin(C& chunk, const Draw& draw = {}) const {
    chunk.mask = {seed, draw};
  }
  template<class P>
  void prepare(Chunk<P>& chunk, SignalView<T>, Stripes<P> stripes) const {
    chunk.now = stripes;
  }

  template<bool fresh, int Rows, int Columns, class At>
  EIGEN_ALWAYS_INLINE void block(detail::Block<T, Rows, Columns>& out, const Chunk<typename At::Pace>& chunk,
                                 SignalView<T> x, Index row, At at) const {
    using P = typename At::Pace;
    detail::unroll<Rows>([&](int r) LIFELOG_INLINED {
      const auto factor = factor_of(chunk.mask, row + r);
      detail::unroll<Columns>([&](int p) LIFELOG_INLINED {
        const Index packet = at.offset(p) / P::lanes;
        alignas(64) T factors[P::lanes];
        for (Index l = 0; l < P::lanes; ++l) factors[l] = factor(chunk.time + chunk.now.time(packet, l));
        const auto value =
            detail::pmul(detail::load(factors), detail::load(x.data + (row + r) * x.stride + at.offset(p)));
        out.at[r][p] = fresh ? value : detail::padd(out.at[r][p], value);
      });
    });
  }

  EIGEN_ALWAYS_INLINE void push(typename Base::Memory&, const T* x, T* y) const {
    std::copy_n(x, this->outputs(), y);
  }

  void record(const Samples<T>& domain, Tape<Samples<T>>&, const T* x, T* y) const {
    std::copy_n(x, domain.plane(this->outputs()), y);
    if (domain.training) each_factor(domain, [&](Index i, T factor) { y[i] *= factor; });
  }

  void pull(const Samples<T>& domain, Tape<Samples<T>>&, const T*, const T*, const T* dy, T* dx,
            Dropout&) const {
    if (!dx) return;
    if (domain.training)
      each_factor(domain, [&](Index i, T factor) { dx[i] += factor * dy[i]; });
    else
      for (Index i = 0; i < domain.plane(this->outputs()); ++i) dx[i] += dy[i];
  }

  /// Of signals.
  template<class D>
  void record(const D& domain, Tape<D>&, const T* x, T* y) const {
    each_sample(domain, [&](Index in, Index out, T factor) { y[out] = factor * x[in]; });
  }
  template<class D>
  void pull(const D& domain, Tape<D>&, const T*, const T*, const T* dy, T* dx, Dropout&) const {
    if (dx) each_sample(domain, [&](Index in, Index out, T factor) { dx[in] += factor * dy[out]; });
  }

  Identity<T, channels_> fold() const { return Identity<T, channels_>(this->outputs()); }
  void unfold(const Identity<T, channels_>&, Dropout&) const {}
  template<class F>
  void fold_into(F&) const {}
  template<class F>
  void unfold_from(const F&, F&, Dropout&) const {}
  Dropout fold_training() const { return *this; }
  void unfold(const Dropout&, Dropout&) const {}

 private:
  T kept() const { return static_cast<T>(1 / (1 - share)); }

  template<class F>
  void each_factor(const Samples<T>& domain, F f) const {
    const Random step = Random(seed).fork(domain.step);
    for (Index n = 0; n < domain.count; ++n) {
      Random random = step.fork(static_cast<std::uint64_t>(n));
      for (Index c = 0; c < this->outputs(); ++c)
        f(c * domain.stride() + n, random.uniform() < share ? T(0) : kept());
    }
  }

  /// What a channel of a signal is multiplied by, as a function of the instant.
  auto factor_of(const detail::DropoutMask& mask, Index channel) const {
    const auto limit = static_cast<std::uint32_t>(share * 0x1p32);
    return [own = mask.of_channel(channel), limit, factor = kept()](Index instant)
               LIFELOG_INLINED { return own(spatial ? 0 : instant, limit) ? T(0) : factor; };
  }

  /// Calls f(where a sample lies in the input, where in the output, its factor).
  template<class D, class F>
  void each_sample(const D& domain, F f) const {
    if constexpr (requires { domain.first_channel; }) {
      const detail::DropoutMask mask(seed, domain.ends->draw);
      for (Index l = 0; l < domain.channel_count; ++l) {
        const Index c = domain.first_channel + l;
        f(c * domain.input_stride() + domain.read->find(0) * D::lanes + l, l,
          factor_of(mask, c)(domain.ends->end[l] / domain.rate));
      }
    } else if constexpr (requires { domain.reach; }) {
      const detail::DropoutMask mask(seed, domain.ends->draw);
      for (Index c = 0; c < this->outputs(); ++c) {
        const auto factor = factor_of(mask, c);
        for (Index j = 0; j < domain.reach->size(); ++j) {
          const Index in = c * domain.input_stride() + domain.read->find(domain.reach->at(j)) * D::lanes;
          const Index out = c * domain.stride() + j * D::lanes;
          for (Index l = 0; l < D::lanes; ++l)
            f(in + l, out + l, factor(domain.ends->end[l] / domain.rate - domain.reach->at(j)));
        }
      }
    } else {
      const detail::DropoutMask mask(seed, domain.draw);
      for (Index c = 0; c < this->outputs(); ++c) {
        const auto factor = factor_of(mask, c);
        for (Index t = 0; t < domain.stride(); ++t)
          f(c * domain.stride() + t, c * domain.stride() + t, factor(domain.start + t - D::margin));
      }
    }
  }
};

template<bool spatial>
struct DropoutMaker : MakerBase {
  double share;
  explicit DropoutMaker(double dropped) : share(dropped) {}
  template<class T, Index channels>
  auto make(Index count) const {
    return Dropout<T, channels, spatial>(count, share);
  }
};

namespace detail {

template<bool spatial>
DropoutMaker<spatial> dropout(const char* name, double rate) {
  lifelog::detail::require(rate >= 0 && rate < 1, name, ": rate must be from 0 to below 1, got ", rate);
  return DropoutMaker<spatial>(rate);
}

}  // namespace detail

/// Dropout of a share of the features of a vector, or of the samples of a signal, in training: `linear<64> | relu |
/// dropout(0.2) | linear<4>`, `causal_conv<8, 3>() | relu | dropout(0.1)`. Throws std::invalid_argument unless 0 ≤ rate < 1.
inline DropoutMaker<false> dropout(double rate) {
  return detail::dropout<false>("dropout", rate);
}

/// Dropout of whole channels of a signal, in training, PyTorch's `Dropout1d`: `causal_conv<8, 3>() | relu |
/// spatial_dropout(0.1)`. Of a vector it is `dropout`. Throws as that does.
///
/// How a signal that drops is trained: the folded network is that of training, and each series has its draw.
///
///     auto plain = net.signal.fold_training();
///     nn::OverTimeGradient<decltype(plain), decltype(net)::Reduced> pull(plain);
///     pull.draw({step, n});                         // n: the series' place in the batch
///     pull.forward(plain, x, features);
///     pull.backward(plain, slopes, plain_gradient); // net.signal.unfold(plain_gradient, gradient.signal), as ever
inline DropoutMaker<true> spatial_dropout(double rate) {
  return detail::dropout<true>("spatial_dropout", rate);
}

}  // namespace lifelog::nn
