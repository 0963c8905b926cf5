// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>

#include "../core/finite.hpp"
#include "../nn/parameters.hpp"

namespace lifelog::train {

/// Euclidean norm of all trained tensors of a gradient together.
template<class Net>
double global_norm(const Net& gradient) {
  double total = 0;
  nn::visit(
      [&](const nn::Path&, const nn::Layout& layout, const auto* g) {
        if (layout.role != nn::Role::parameter) return;
        for (Index i = 0; i < layout.size(); ++i)
          total += static_cast<double>(g[i]) * static_cast<double>(g[i]);
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

/// AdamW (Loshchilov & Hutter 2019, algorithm 2), in PyTorch's arrangement. The moments are networks of the
/// same type; running statistics take the change their gradient holds.
template<class Net>
class AdamW {
 public:
  explicit AdamW(const Net& net, const AdamWOptions& options = {})
      : options_(options), first_(nn::zeros_like(net)), second_(nn::zeros_like(net)) {}

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

  /// One step of `net` along `gradient`.
  void step(Net& net, const Net& gradient) {
    ++steps_;
    const double correction1 = 1 - std::pow(options_.beta1, static_cast<double>(steps_));
    const double correction2 = std::sqrt(1 - std::pow(options_.beta2, static_cast<double>(steps_)));
    nn::visit(
        [&]<class T>(const nn::Path&, const nn::Layout& layout, T* w, const T* g, T* m, T* v) {
          if constexpr (lifelog::detail::real_number<T>)
            if (layout.role == nn::Role::parameter)
              return step(layout.size(), w, g, m, v, correction1, correction2);
          for (Index i = 0; i < layout.size(); ++i) w[i] += g[i];
        },
        net, gradient, first_, second_);
  }

 private:
  template<class T>
  void step(Index size, T* w, const T* g, T* m, T* v, double correction1, double correction2) const {
    const T keep = static_cast<T>(1 - options_.learning_rate * options_.weight_decay);
    const T b1 = static_cast<T>(options_.beta1), b2 = static_cast<T>(options_.beta2);
    // Not 1 - b2: in float that is off by a hundred-thousandth of itself, which twenty steps make visible.
    const T new1 = static_cast<T>(1 - options_.beta1), new2 = static_cast<T>(1 - options_.beta2);
    const T rate = static_cast<T>(options_.learning_rate / correction1), root = static_cast<T>(correction2);
    const T eps = static_cast<T>(options_.eps);
    for (Index i = 0; i < size; ++i) {
      m[i] = b1 * m[i] + new1 * g[i];
      v[i] = b2 * v[i] + new2 * g[i] * g[i];
      w[i] = keep * w[i] - rate * m[i] / (std::sqrt(v[i]) / root + eps);
    }
  }

  AdamWOptions options_;
  std::int64_t steps_ = 0;
  Net first_, second_;
};

}  // namespace lifelog::train
