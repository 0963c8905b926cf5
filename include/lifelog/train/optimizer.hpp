// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <variant>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "../core/packet.hpp"
#include "../nn/parameters.hpp"

namespace lifelog::inline LIFELOG_ABI::train {

namespace detail {

/// Σ x². In eight sums, so that one addition need not wait for another.
template<class T>
double sum_of_squares(const T* x, Index size) {
  constexpr Index chains = 8;
  double sums[chains] = {};
  const Index whole = size / chains * chains;
  for (Index i = 0; i < whole; i += chains)
    for (Index c = 0; c < chains; ++c)
      sums[c] += static_cast<double>(x[i + c]) * static_cast<double>(x[i + c]);
  for (Index i = whole; i < size; ++i) sums[0] += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

}  // namespace detail

/// Euclidean norm of all trained tensors of a gradient together.
template<class Net>
double global_norm(const Net& gradient) {
  double total = 0;
  nn::visit(
      [&](const nn::Path&, const nn::Layout& layout, const auto* g) {
        if (layout.role == nn::Role::parameter) total += detail::sum_of_squares(g, layout.size());
      },
      gradient);
  return std::sqrt(total);
}

/// Scales a gradient down to a global norm of at most `limit`, as PyTorch's clip_grad_norm_ (which divides by
/// norm + 1e-6). Returns the norm before.
template<class Net>
double clip_global_norm(Net& gradient, double limit) {
  const double norm = global_norm(gradient);
  const double factor = limit / (norm + 1e-6);
  if (factor < 1)
    nn::visit(
        [&]<lifelog::detail::real_number T>(const nn::Path&, const nn::Layout& layout, T* g) {
          if (layout.role != nn::Role::parameter) return;
          for (Index i = 0; i < layout.size(); ++i) g[i] *= static_cast<T>(factor);
        },
        gradient);
  return norm;
}

/// | option        | default | description                                      |
/// |---------------|---------|--------------------------------------------------|
/// | learning_rate | 1e-2    | step size                                        |
/// | beta1, beta2  | 0.9, 0.999 | decay of the first and second moment          |
/// | eps           | 1e-8    | added to the root of the second moment           |
/// | weight_decay  | 1e-2    | decoupled decay                                  |
struct AdamWOptions {
  double learning_rate = 1e-2;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 1e-2;
};

/// | option        | default | description                                                       |
/// |---------------|---------|-------------------------------------------------------------------|
/// | learning_rate | 1e-2    | step size                                                         |
/// | momentum      | 0       | share of the last step's direction that goes on, in [0, 1)        |
/// | nesterov      | false   | look ahead along the momentum (Sutskever et al. 2013)             |
/// | weight_decay  | 0       | λ: λw is added to the gradient, so it goes through the momentum   |
struct SgdOptions {
  double learning_rate = 1e-2;
  double momentum = 0;
  bool nesterov = false;
  double weight_decay = 0;
};

using OptimizerOptions = std::variant<AdamWOptions, SgdOptions>;

namespace detail {

LIFELOG_LAZY void require_options(const OptimizerOptions& options) {
  using lifelog::detail::is_finite;
  using lifelog::detail::require;
  std::visit(
      [](const auto& o) {
        require(is_finite(o.learning_rate) && o.learning_rate > 0,
                "optimizer: learning rate must be above 0, got ", o.learning_rate);
        require(is_finite(o.weight_decay) && o.weight_decay >= 0,
                "optimizer: weight decay must be at least 0, got ", o.weight_decay);
      },
      options);
  if (const auto* sgd = std::get_if<SgdOptions>(&options)) {
    require(is_finite(sgd->momentum) && sgd->momentum >= 0 && sgd->momentum < 1,
            "optimizer: momentum must be at least 0 and below 1, got ", sgd->momentum);
    require(!sgd->nesterov || sgd->momentum > 0, "optimizer: nesterov needs a momentum above 0");
  }
}

}  // namespace detail

/// A rule by which weights follow gradients, chosen at run time so that a network is walked by one code for all rules.
/// Its state are two networks of the same type; running statistics take the change their gradient holds.
///
///   AdamW   Loshchilov & Hutter 2019, algorithm 2, in PyTorch's arrangement; the state are the moments
///   SGD     PyTorch's, without dampening: v ← μv + g + λw; w ← w − ηv, with Nesterov's momentum w ← w − η(g + λw + μv).
///           The state is v, the first moment; the second stays 0
template<class Net>
class Optimizer {
 public:
  explicit Optimizer(const Net& net, const OptimizerOptions& options = {})
      : options_(options), first_(nn::zeros_like(net)), second_(nn::zeros_like(net)) {}

  const OptimizerOptions& options() const { return options_; }

  /// Steps taken so far.
  std::int64_t steps() const { return steps_; }

  /// The state, for a checkpoint: first and second moments.
  const Net& first_moment() const { return first_; }
  const Net& second_moment() const { return second_; }
  void restore(std::int64_t steps, const Net& first, const Net& second) {
    steps_ = steps;
    first_ = first;
    second_ = second;
  }

  /// One step of `net` along `gradient`, with the learning rate times `rate` (`train/schedule.hpp`).
  void step(Net& net, const Net& gradient, double rate = 1) {
    ++steps_;
    const auto* adam = std::get_if<AdamWOptions>(&options_);
    const double correction1 = adam ? 1 - std::pow(adam->beta1, static_cast<double>(steps_)) : 1;
    const double correction2 = adam ? std::sqrt(1 - std::pow(adam->beta2, static_cast<double>(steps_))) : 1;
    nn::visit(
        [&]<class T>(const nn::Path&, const nn::Layout& layout, T* w, const T* g, T* m, T* v) {
          if constexpr (lifelog::detail::real_number<T>)
            if (layout.role == nn::Role::parameter)
              return adam ? step(*adam, rate, layout.size(), w, g, m, v, correction1, correction2)
                          : step(std::get<SgdOptions>(options_), rate, layout.size(), w, g, m);
          for (Index i = 0; i < layout.size(); ++i) w[i] += g[i];
        },
        net, gradient, first_, second_);
  }

 private:
  /// AdamW of a register of weights, or of one.
  template<class T>
  struct AdamWStep {
    T keep, b1, new1, b2, new2, rate, eps;

    AdamWStep(const AdamWOptions& options, double rate_factor, double correction1, double correction2)
        : keep(static_cast<T>(1 - options.learning_rate * rate_factor * options.weight_decay)),
          b1(static_cast<T>(options.beta1)),
          // Not 1 - b1: in float that is off by a hundred-thousandth of itself, which twenty steps make visible.
          new1(static_cast<T>(1 - options.beta1)),
          b2(static_cast<T>(options.beta2)),
          new2(static_cast<T>(1 - options.beta2)),
          // The root's correction multiplies both sides of the fraction: one division instead of two.
          rate(static_cast<T>(options.learning_rate * rate_factor / correction1 * correction2)),
          eps(static_cast<T>(options.eps * correction2)) {}

    template<class P>
    EIGEN_ALWAYS_INLINE void at(T* w, const T* g, T* m, T* v) const {
      using namespace lifelog::detail::simd;
      using Eigen::internal::ploadu;
      const auto all = [](T value) LIFELOG_INLINED { return Eigen::internal::pset1<P>(value); };
      const P slope = ploadu<P>(g);
      const P first = at_least(least, pmadd(all(b1), ploadu<P>(m), pmul(all(new1), slope)));
      const P second = at_least(std::numeric_limits<T>::min(),
                                pmadd(all(b2), ploadu<P>(v), pmul(pmul(all(new2), slope), slope)));
      Eigen::internal::pstoreu(m, first);
      Eigen::internal::pstoreu(v, second);
      const P deviation = padd(psqrt(second), all(eps));
      Eigen::internal::pstoreu(w,
                               psub(pmul(all(keep), ploadu<P>(w)), pdiv(pmul(all(rate), first), deviation)));
    }

    // Moments of what no longer has a gradient decay to numbers too small for arithmetic at full speed: they become 0. The first
    // does so while its products with the rates are still large enough, for it spends many steps on that way.
    static constexpr T least = std::numeric_limits<T>::min() * T(1 << 26);

    template<class P>
    static EIGEN_ALWAYS_INLINE P at_least(T smallest, const P& x) {
      using Eigen::internal::pset1;
      return lifelog::detail::simd::select_less(lifelog::detail::simd::pabs(x), pset1<P>(smallest),
                                                pset1<P>(T(0)), x);
    }
  };

  template<class T>
  static void step(const AdamWOptions& options, double rate_factor, Index size, T* w, const T* g, T* m, T* v,
                   double correction1, double correction2) {
    using namespace lifelog::detail::simd;
    const AdamWStep<T> step(options, rate_factor, correction1, correction2);
    const Index whole = size / packet_size<T> * packet_size<T>;
    for (Index i = 0; i < whole; i += packet_size<T>) step.template at<Packet<T>>(w + i, g + i, m + i, v + i);
    for (Index i = whole; i < size; ++i) step.template at<T>(w + i, g + i, m + i, v + i);
  }

  template<class T>
  static void step(const SgdOptions& options, double rate_factor, Index size, T* w, const T* g, T* v) {
    const T rate = static_cast<T>(options.learning_rate * rate_factor);
    const T decay = static_cast<T>(options.weight_decay), momentum = static_cast<T>(options.momentum);
    for (Index i = 0; i < size; ++i) {
      const T slope = g[i] + decay * w[i];
      v[i] = momentum * v[i] + slope;
      w[i] -= rate * (options.nesterov ? slope + momentum * v[i] : v[i]);
    }
  }

  OptimizerOptions options_;
  std::int64_t steps_ = 0;
  Net first_, second_;
};

/// An optimizer that is AdamW.
template<class Net>
class AdamW : public Optimizer<Net> {
 public:
  explicit AdamW(const Net& net, const AdamWOptions& options = {}) : Optimizer<Net>(net, options) {}
};

/// An optimizer that is stochastic gradient descent.
template<class Net>
class Sgd : public Optimizer<Net> {
 public:
  explicit Sgd(const Net& net, const SgdOptions& options = {}) : Optimizer<Net>(net, options) {}
};

}  // namespace lifelog::train
