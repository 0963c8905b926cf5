// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>

#include "loss_value.hpp"

namespace lifelog::inline LIFELOG_ABI::train {

namespace detail {

/// log(1 + eˣ), of full precision for every x and never infinite.
LIFELOG_LAZY double softplus(double x) {
  return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
}

/// 1 / (1 + e⁻ˣ), of full precision for every x.
LIFELOG_LAZY double logistic(double x) {
  const double small = std::exp(-std::abs(x));
  return (x < 0 ? small : 1) / (1 + small);
}

}  // namespace detail

/// | option     | default | description                                                                          |
/// |------------|---------|--------------------------------------------------------------------------------------|
/// | pos_weight | none    | per output, how much a target of 1 weighs beside one of 0: finite, ≥ 0               |
struct BinaryLossOptions {
  Eigen::VectorXd pos_weight = {};

  /// As a value that a task calls: `bce_with_logits` of planes, below.
  template<class T>
  double operator()(const T* logits, Index count, Index samples, Index stride, const T* targets, T* gradient,
                    Index divisor = 0) const;
};

/// Binary cross-entropy of logits, as torch.nn.BCEWithLogitsLoss: one output for two classes, several for labels that go
/// together in any combination. With p = σ(x) and a positive weight w, the mean over all outputs and samples of
///
///     −w t log p − (1 − t) log(1 − p),      whose derivative is  (1 − t) p − w t (1 − p),
///
/// worked in log space: finite with its derivative for every finite logit. A target that is NaN is missing: it takes no
/// part, in the mean's divisor neither, and its derivative is 0. The loss is 0 when all are.
///
///   logits     [count × samples], planes `stride` apart (row-major)
///   targets    likewise, 0…1 or NaN
///   gradient   likewise, or nullptr: set to the loss's derivative in the logits
///   divisor    what the sum is divided by, where these are a piece of a batch; 0: the targets that are numbers
///
/// Throws std::invalid_argument on a target out of range and on weights that do not fit the outputs.
template<class T>
double bce_with_logits(const T* logits, Index count, Index samples, Index stride, const T* targets,
                       const BinaryLossOptions& options, T* gradient, Index divisor = 0) {
  using lifelog::detail::require;
  const auto& weights = options.pos_weight;
  require(weights.size() == 0 || weights.size() == count,
          "bce_with_logits: expected one pos_weight per output, ", count, ", got ", weights.size());
  for (Index c = 0; c < weights.size(); ++c)
    require(lifelog::detail::is_finite(weights[c]) && weights[c] >= 0,
            "bce_with_logits: pos_weight must be numbers of at least 0, got ", weights[c], " for output ", c);
  return detail::elementwise_loss(
      "bce_with_logits", logits, count, samples, stride, targets, gradient, divisor,
      [&](Index c, double x, double target) {
        require(target >= 0 && target <= 1, "bce_with_logits: targets must be in 0…1, got ", target,
                " for output ", c);
        const double yes = (weights.size() ? weights[c] : 1) * target, no = 1 - target;
        return detail::LossElement{yes * detail::softplus(-x) + no * detail::softplus(x),
                                   no * detail::logistic(x) - yes * detail::logistic(-x)};
      });
}

template<class T>
double BinaryLossOptions::operator()(const T* logits, Index count, Index samples, Index stride,
                                     const T* targets, T* gradient, Index divisor) const {
  return bce_with_logits(logits, count, samples, stride, targets, *this, gradient, divisor);
}

/// Binary cross-entropy of rows of logits: a number with its `.gradient()` [samples, outputs].
///
///   logits    [samples, outputs], an Eigen matrix or (with core/xtensor.hpp) an xtensor expression, float or double
///   targets   of the same shape, numbers in 0…1 (integers as well); NaN: missing
///
/// Throws std::invalid_argument on shapes that differ, targets and weights.
template<Rows X, Rows Y>
auto bce_with_logits(const X& logits, const Y& targets, const BinaryLossOptions& options = {}) {
  return detail::loss_against("bce_with_logits", logits, targets, options);
}

}  // namespace lifelog::train
