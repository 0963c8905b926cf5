// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "binary_loss.hpp"

// Classes in an order (ratings, 1–7 scales) as cumulative logits z_k, k = 0…K−2: σ(z_k) is the probability that the class is
// above k. A network ends in K−1 outputs, which are the z_k, or in one score s, with thresholds θ in ascending order:
// z_k = s − θ_k (proportional odds: McCullagh 1980).

namespace lifelog::inline LIFELOG_ABI::train {

/// | option       | default | description                                                                        |
/// |--------------|---------|------------------------------------------------------------------------------------|
/// | thresholds   | none    | θ [K−1], finite, ascending: the one output is a score; without, there are K−1      |
/// | ignore_index | −100    | samples with this label take no part                                               |
struct OrdinalLossOptions {
  Eigen::VectorXd thresholds = {};
  Index ignore_index = -100;

  /// As a value that a trainer or a task calls: `ordinal_loss` of planes, below.
  template<class T>
  double operator()(const T* outputs, Index count, Index samples, Index stride, const Index* labels,
                    T* gradient, Index divisor = 0) const;
};

namespace detail {

/// Throws unless the thresholds and the number of outputs go together. Returns K−1.
LIFELOG_LAZY Index cumulative_logits(const Eigen::VectorXd& thresholds, Index outputs) {
  using lifelog::detail::require;
  require(outputs >= 1, "ordinal: expected at least one output, got none");
  require(thresholds.size() == 0 || outputs == 1,
          "ordinal: with thresholds, expected one output, the score, got ", outputs);
  for (Index k = 0; k < thresholds.size(); ++k)
    require(lifelog::detail::is_finite(thresholds[k]) && (k == 0 || thresholds[k - 1] < thresholds[k]),
            "ordinal: thresholds must be finite and ascending, got ", thresholds[k], " for number ", k);
  return thresholds.size() ? thresholds.size() : outputs;
}

}  // namespace detail

/// Ordinal loss of cumulative logits (CORAL: Cao, Mirjalili & Raschka 2020, all tasks weighing the same): K−1 binary
/// cross-entropies a sample, "is the class above k?", summed over k; the mean over samples.
///
///     −Σ_k [ y > k ] log σ(z_k) + [ y ≤ k ] log(1 − σ(z_k)),      whose derivative in z_k is  σ(z_k) − [ y > k ]
///
/// Worked in log space: finite with its derivative for every finite logit; 0 when all samples are ignored.
///
///   outputs     [count × samples], planes `stride` apart (row-major): K−1 logits, or with thresholds one score
///   labels      [samples], 0…K−1 or ignore_index
///   gradient    like outputs, or nullptr: set to the loss's derivative
///   divisor     what the sum is divided by, where these samples are a piece of a batch; 0: those that count
///   thresholds_gradient   [K−1], with thresholds only, or nullptr: set to the derivative in them, to train them as well
///
/// Throws std::invalid_argument on a label or thresholds that do not fit.
template<class T>
double ordinal_loss(const T* outputs, Index count, Index samples, Index stride, const Index* labels,
                    const OrdinalLossOptions& options, T* gradient, Index divisor = 0,
                    double* thresholds_gradient = nullptr) {
  const auto& thresholds = options.thresholds;
  const Index logits = detail::cumulative_logits(thresholds, count);
  const bool score = thresholds.size() > 0;
  lifelog::detail::require(score || !thresholds_gradient,
                           "ordinal_loss: there is no gradient of thresholds without thresholds");
  Index counted = 0;
  for (Index n = 0; n < samples; ++n) {
    if (labels[n] == options.ignore_index) continue;
    lifelog::detail::require(labels[n] >= 0 && labels[n] <= logits, "ordinal_loss: label ", n,
                             " must be in 0…", logits, ", got ", labels[n]);
    ++counted;
  }
  if (gradient) std::fill_n(gradient, count * stride, T(0));
  if (thresholds_gradient) std::fill_n(thresholds_gradient, logits, 0.0);
  if (counted == 0) return 0;
  const double scale = 1 / static_cast<double>(divisor == 0 ? counted : divisor);
  double total = 0;
  for (Index n = 0; n < samples; ++n) {
    if (labels[n] == options.ignore_index) continue;
    double slopes = 0;
    for (Index k = 0; k < logits; ++k) {
      const double z = score ? static_cast<double>(outputs[n]) - thresholds[k]
                             : static_cast<double>(outputs[k * stride + n]);
      const bool above = labels[n] > k;
      total += detail::softplus(above ? -z : z);
      const double slope = scale * (above ? -detail::logistic(-z) : detail::logistic(z));
      slopes += slope;
      if (gradient && !score) gradient[k * stride + n] = static_cast<T>(slope);
      if (thresholds_gradient) thresholds_gradient[k] -= slope;
    }
    if (gradient && score) gradient[n] = static_cast<T>(slopes);
  }
  return total * scale;
}

template<class T>
double OrdinalLossOptions::operator()(const T* outputs, Index count, Index samples, Index stride,
                                      const Index* labels, T* gradient, Index divisor) const {
  return ordinal_loss(outputs, count, samples, stride, labels, *this, gradient, divisor);
}

/// Ordinal loss of rows: a number with its `.gradient()`, shaped as the outputs.
///
///   outputs   [samples, K−1] logits, or with thresholds [samples, 1] scores: an Eigen matrix or (with core/xtensor.hpp)
///             an xtensor expression, float or double
///   labels    [samples] integers, 0…K−1 or ignore_index
///
/// Throws std::invalid_argument on shapes, labels or thresholds that do not fit.
template<Rows X, Rows L>
auto ordinal_loss(const X& outputs, const L& labels, const OrdinalLossOptions& options = {}) {
  return detail::loss_of_rows(outputs, [&]<class T>(const RowMatrix<T>& planes, T* gradient) {
    const auto read =
        lifelog::detail::labels_of(labels, "ordinal_loss: labels", std::numeric_limits<int>::min());
    lifelog::detail::require(read.size() == planes.cols(), "ordinal_loss: expected a label for each of ",
                             planes.cols(), " samples, got ", read.size());
    const std::vector<Index> wanted(read.begin(), read.end());
    return ordinal_loss(planes.data(), planes.rows(), planes.cols(), planes.cols(), wanted.data(), options,
                        gradient);
  });
}

/// The class of each sample of planes, as `ordinal_loss` takes them: how many logits are above 0, which is how many of the
/// questions "is it above k?" are answered with yes. Sets predicted [samples]. Throws as `ordinal_loss`.
template<class T>
void ordinal_predict(const T* outputs, Index count, Index samples, Index stride, Index* predicted,
                     const Eigen::VectorXd& thresholds = {}) {
  const Index logits = detail::cumulative_logits(thresholds, count);
  for (Index n = 0; n < samples; ++n) {
    predicted[n] = 0;
    for (Index k = 0; k < logits; ++k)
      predicted[n] += thresholds.size() ? static_cast<double>(outputs[n]) > thresholds[k]
                                        : outputs[k * stride + n] > T(0);
  }
}

/// The same of rows [samples, K−1], or with thresholds [samples, 1]. Returns [samples], classes 0…K−1.
template<Rows X>
Eigen::VectorXi ordinal_predict(const X& outputs, const Eigen::VectorXd& thresholds = {}) {
  using T = typename RowsOf<X>::Scalar;
  const RowsOf<X> rows(outputs);
  const RowMatrix<T> planes = rows.view().transpose();
  std::vector<Index> predicted(static_cast<std::size_t>(planes.cols()));
  ordinal_predict(planes.data(), planes.rows(), planes.cols(), planes.cols(), predicted.data(), thresholds);
  return Eigen::Map<const Eigen::Matrix<Index, Eigen::Dynamic, 1>>(predicted.data(), planes.cols())
      .template cast<int>();
}

}  // namespace lifelog::train
