// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <utility>

#include "../core/finite.hpp"
#include "../core/points.hpp"

namespace lifelog::inline LIFELOG_ABI::train {

/// A loss of outputs as a value: `double`, with its derivative.
///
///     const auto loss = train::huber_loss(outputs, targets, {.delta = 0.5});
///     step(outputs - 0.1 * loss.gradient());      // and loss is the number
template<class T>
class LossValue {
 public:
  LossValue(double value, RowMatrix<T> gradient) : value_(value), gradient_(std::move(gradient)) {}

  double value() const { return value_; }
  operator double() const { return value_; }

  /// [samples, outputs], like what the loss was taken of.
  const RowMatrix<T>& gradient() const { return gradient_; }

 private:
  double value_;
  RowMatrix<T> gradient_;
};

namespace detail {

/// What one output of one sample adds to a loss, and the derivative of that in the output.
struct LossElement {
  double value, slope;
};

/// Mean of element(output, x, target) over all outputs and samples whose target is a number; 0 when there are none.
/// Shapes as `mse_loss`. name: of the loss, for errors. divisor: 0: the elements that count.
template<class T, class Element>
double elementwise_loss(const char* name, const T* outputs, Index count, Index samples, Index stride,
                        const T* targets, T* gradient, Index divisor, Element element) {
  Index counted = 0;
  for (Index c = 0; c < count; ++c)
    for (Index n = 0; n < samples; ++n) {
      const T& target = targets[c * stride + n];
      if (lifelog::detail::is_nan(target)) continue;
      lifelog::detail::require(
          lifelog::detail::is_finite(target), name,
          ": targets must be finite, or NaN where there is none, got infinity for output ", c, " of sample ",
          n);
      ++counted;
    }
  if (gradient) std::fill_n(gradient, count * stride, T(0));
  if (counted == 0) return 0;
  const double scale = 1 / static_cast<double>(divisor == 0 ? counted : divisor);
  double total = 0;
  for (Index c = 0; c < count; ++c)
    for (Index n = 0; n < samples; ++n) {
      const Index at = c * stride + n;
      if (lifelog::detail::is_nan(targets[at])) continue;
      const LossElement one = element(c, static_cast<double>(outputs[at]), static_cast<double>(targets[at]));
      total += one.value;
      if (gradient) gradient[at] = static_cast<T>(one.slope * scale);
    }
  return total * scale;
}

/// A loss of rows [samples, outputs]: `evaluate(planes, gradient)` works it out of their planes [outputs × samples] and
/// sets the gradient.
template<Rows X, class Evaluate>
auto loss_of_rows(const X& outputs, Evaluate evaluate) {
  using T = typename RowsOf<X>::Scalar;
  static_assert(lifelog::detail::real_number<T>,
                "loss: outputs must be of float or double: cast other numbers first");
  const RowsOf<X> rows(outputs);
  const RowMatrix<T> planes = rows.view().transpose();
  RowMatrix<T> gradient(planes.rows(), planes.cols());
  const double value = evaluate(planes, gradient.data());
  return LossValue<T>(value, gradient.transpose());
}

/// An elementwise loss of rows against targets of the same shape (any numbers, cast to the outputs' type).
template<Rows X, Rows Y, class Options>
auto loss_against(const char* name, const X& outputs, const Y& targets, const Options& options) {
  return loss_of_rows(outputs, [&]<class T>(const RowMatrix<T>& planes, T* gradient) {
    const RowsOf<Y> rows(targets);
    const RowMatrix<T> wanted = rows.view().template cast<T>().transpose();
    lifelog::detail::require(wanted.rows() == planes.rows() && wanted.cols() == planes.cols(), name,
                             ": expected targets ", planes.cols(), " x ", planes.rows(), ", got ",
                             wanted.cols(), " x ", wanted.rows());
    return options(planes.data(), planes.rows(), planes.cols(), planes.cols(), wanted.data(), gradient);
  });
}

}  // namespace detail
}  // namespace lifelog::train
