// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>

#include "loss_value.hpp"

namespace lifelog::inline LIFELOG_ABI::train {

/// Mean squared error has no options.
struct MseLossOptions {
  /// As a value that a task calls: `mse_loss` of planes, below.
  template<class T>
  double operator()(const T* outputs, Index count, Index samples, Index stride, const T* targets, T* gradient,
                    Index divisor = 0) const;
};

/// | option | default | description                                                              |
/// |--------|---------|--------------------------------------------------------------------------|
/// | delta  | 1       | finite, above 0: errors up to it count by their square, larger by their size |
struct HuberLossOptions {
  double delta = 1;

  /// As a value that a task calls: `huber_loss` of planes, below.
  template<class T>
  double operator()(const T* outputs, Index count, Index samples, Index stride, const T* targets, T* gradient,
                    Index divisor = 0) const;
};

/// Mean squared error over all outputs and samples, as torch.nn.MSELoss. A target that is NaN is missing: it takes no
/// part, in the mean's divisor neither, and its derivative is 0. The loss is 0 when all are.
///
///   outputs    [count × samples], planes `stride` apart (row-major)
///   targets    likewise, finite or NaN
///   gradient   likewise, or nullptr: set to the loss's derivative in the outputs, 2 (x − t) / divisor
///   divisor    what the sum is divided by, where these are a piece of a batch; 0: the targets that are numbers
///
/// Throws std::invalid_argument on an infinite target.
template<class T>
double mse_loss(const T* outputs, Index count, Index samples, Index stride, const T* targets,
                const MseLossOptions&, T* gradient, Index divisor = 0) {
  return detail::elementwise_loss("mse_loss", outputs, count, samples, stride, targets, gradient, divisor,
                                  [](Index, double x, double target) {
                                    const double error = x - target;
                                    return detail::LossElement{error * error, 2 * error};
                                  });
}

/// Huber's loss (Huber 1964), as torch.nn.HuberLoss: ½e² for errors |e| ≤ δ, δ(|e| − ½δ) beyond. Shapes, missing targets
/// and the mean as `mse_loss`; the derivative is e, and ±δ beyond. Throws std::invalid_argument on δ and targets.
template<class T>
double huber_loss(const T* outputs, Index count, Index samples, Index stride, const T* targets,
                  const HuberLossOptions& options, T* gradient, Index divisor = 0) {
  const double delta = options.delta;
  lifelog::detail::require(lifelog::detail::is_finite(delta) && delta > 0,
                           "huber_loss: delta must be a number above 0, got ", delta);
  return detail::elementwise_loss(
      "huber_loss", outputs, count, samples, stride, targets, gradient, divisor,
      [delta](Index, double x, double target) {
        const double error = x - target, size = std::abs(error);
        if (size <= delta) return detail::LossElement{error * error / 2, error};
        return detail::LossElement{delta * (size - delta / 2), std::copysign(delta, error)};
      });
}

template<class T>
double MseLossOptions::operator()(const T* outputs, Index count, Index samples, Index stride,
                                  const T* targets, T* gradient, Index divisor) const {
  return mse_loss(outputs, count, samples, stride, targets, *this, gradient, divisor);
}

template<class T>
double HuberLossOptions::operator()(const T* outputs, Index count, Index samples, Index stride,
                                    const T* targets, T* gradient, Index divisor) const {
  return huber_loss(outputs, count, samples, stride, targets, *this, gradient, divisor);
}

/// Mean squared error of rows: a number with its `.gradient()` [samples, outputs].
///
///   outputs   [samples, outputs], an Eigen matrix or (with core/xtensor.hpp) an xtensor expression, float or double
///   targets   of the same shape, any numbers; NaN: missing
///
/// Throws std::invalid_argument on shapes that differ and on infinite targets.
template<Rows X, Rows Y>
auto mse_loss(const X& outputs, const Y& targets, const MseLossOptions& options = {}) {
  return detail::loss_against("mse_loss", outputs, targets, options);
}

/// Huber's loss of rows, shaped as `mse_loss` of rows.
template<Rows X, Rows Y>
auto huber_loss(const X& outputs, const Y& targets, const HuberLossOptions& options = {}) {
  return detail::loss_against("huber_loss", outputs, targets, options);
}

}  // namespace lifelog::train
