// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "../core/error.hpp"
#include "expression.hpp"

namespace lifelog::nn {

/// Dropout (Srivastava et al. 2014) of feature vectors: in training each feature of each sample is zero with probability
/// `share`, and the others are scaled by 1/(1 − share). In evaluation, and in streams, it is the identity; `fold` leaves it out.
/// What is dropped follows from `seed`, the domain's step and the sample's place in the batch: not from threads, and the
/// same in `record` and `pull`. Who trains counts `Samples::step` up.
template<class T, Index channels_>
struct Dropout : Parameterless<Dropout<T, channels_>, T, channels_> {
  static constexpr bool pointwise = false;
  using Base = Parameterless<Dropout<T, channels_>, T, channels_>;
  template<class D>
  using Tape = typename Base::template Tape<D>;

  double share;
  std::uint64_t seed = 0;  ///< drawn by `initialise`, so that no two nodes of a network drop alike

  explicit Dropout(Index count = channels_, double dropped = 0.5) : Base(count), share(dropped) {}

  void initialise(Random& random) { seed = random(); }

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

  Identity<T, channels_> fold() const { return Identity<T, channels_>(this->outputs()); }
  void unfold(const Identity<T, channels_>&, Dropout&) const {}
  template<class F>
  void fold_into(F&) const {}
  template<class F>
  void unfold_from(const F&, F&, Dropout&) const {}

 private:
  template<class F>
  void each_factor(const Samples<T>& domain, F f) const {
    const T kept = static_cast<T>(1 / (1 - share));
    const Random step = Random(seed).fork(domain.step);
    for (Index n = 0; n < domain.count; ++n) {
      Random random = step.fork(static_cast<std::uint64_t>(n));
      for (Index c = 0; c < this->outputs(); ++c)
        f(c * domain.stride() + n, random.uniform() < share ? T(0) : kept);
    }
  }
};

namespace detail {
template<class T, Index channels>
inline constexpr bool of_vectors_only<Dropout<T, channels>> = true;
}

struct DropoutMaker : MakerBase {
  double rate;
  explicit DropoutMaker(double share) : rate(share) {}
  template<class T, Index channels>
  auto make(Index count) const {
    return Dropout<T, channels>(count, rate);
  }
};

/// Dropout of a share of the features, in training: `linear<64> | relu | dropout(0.2) | linear<4>`. Throws
/// std::invalid_argument unless 0 ≤ rate < 1.
inline DropoutMaker dropout(double rate) {
  lifelog::detail::require(rate >= 0 && rate < 1, "dropout: rate must be from 0 to below 1, got ", rate);
  return DropoutMaker(rate);
}

}  // namespace lifelog::nn
