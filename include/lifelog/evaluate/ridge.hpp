// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "principal_axes.hpp"

namespace lifelog::inline LIFELOG_ABI::evaluate {

/// | name | type | description | default |
/// |---|---|---|---|
/// | alphas | vector of double | penalties to choose from, > 0 | ten from 10⁻³ to 10³, in equal ratios |
/// | classes | Index | number of classes; 0: the greatest label and one | 0 |
struct RidgeOptions {
  std::vector<double> alphas{
      1e-3, 4.641588833612778e-3, 2.1544346900318832e-2, 0.1, 0.46415888336127775, 2.154434690031882,
      10,   46.41588833612773,    215.44346900318823,    1000};
  Index classes = 0;
};

/// Least squares of one target a class, 1 for its rows and −1 for all others, with a penalty on squared weights that is
/// chosen by leaving out each row in turn.
struct RidgeClassifier {
  RowMatrix<double> weights;  ///< [C, F], or [C, r] in axes
  Eigen::VectorXd intercept;  ///< [C]
  double alpha = 0;           ///< the penalty chosen: the first of those with the least error
  Eigen::VectorXd errors;     ///< [alphas] mean squared error of rows left out, over rows and classes

  /// [N, C] of rows x [N, F].
  template<class T = double>
  RowMatrix<T> scores(const std::type_identity_t<RowMatrix<T>>& x) const {
    const OneThread serial;
    return (x * weights.transpose()).rowwise() + intercept.transpose();
  }
};

/// The class of the highest score in each row [N, C], the first of equals.
LIFELOG_LAZY std::vector<Index> highest(const RowMatrix<double>& scores) {
  std::vector<Index> result(static_cast<std::size_t>(scores.rows()), 0);
  for (Index i = 0; i < scores.rows(); ++i)
    for (Index c = 1; c < scores.cols(); ++c)
      if (scores(i, c) > scores(i, result[static_cast<std::size_t>(i)]))
        result[static_cast<std::size_t>(i)] = c;
  return result;
}

namespace detail {

/// Number of classes, after checking that there is a label for each of n rows, each at least 0 and below it.
LIFELOG_LAZY Index class_count(const Eigen::VectorXi& labels, Index n, Index classes) {
  lifelog::detail::require(labels.size() == n, "labels: expected ", n, ", got ", labels.size());
  const Index found = n > 0 ? labels.maxCoeff() + 1 : 0;
  lifelog::detail::require(classes == 0 || found <= classes, "labels: expected classes below ", classes,
                           ", got ", found - 1);
  return classes > 0 ? classes : found;
}

/// Errors of rows left out, from what is left over of targets and of leverage (Golub, Heath & Wahba 1979; Rifkin & Lippert
/// 2007): both as sums of what the penalty leaves of each axis, which does not cancel for small penalties.
template<class T>
class LeftOutErrors {
 public:
  LeftOutErrors(const PrincipalAxes& axes, const RowMatrix<T>& centred_targets)
      : squares_(axes.squares),
        vectors_(RowMatrix<T>(axes.train).array().rowwise() / squares_.cwiseSqrt().transpose().array()),
        along_(vectors_.transpose() * centred_targets) {
    const Index n = axes.train.rows();
    const bool spanned = axes.rank() >= n - 1;
    beside_ = spanned ? RowMatrix<T>::Zero(n, centred_targets.cols())
                      : RowMatrix<T>(centred_targets - vectors_ * along_);
    free_ =
        spanned
            ? Eigen::VectorX<T>::Zero(n)
            : Eigen::VectorX<T>(T(1) - T(1) / static_cast<T>(n) - vectors_.rowwise().squaredNorm().array());
  }

  /// Mean squared error; infinite where a row alone decides of its own.
  T operator()(T alpha) const {
    const Eigen::VectorX<T> left = alpha / (squares_.array() + alpha);
    const RowMatrix<T> residuals = beside_ + vectors_ * (left.asDiagonal() * along_);
    const Eigen::VectorX<T> shares = free_ + vectors_.cwiseAbs2() * left;
    T sum = 0;
    for (Index i = 0; i < residuals.rows(); ++i)
      for (Index c = 0; c < residuals.cols(); ++c)
        if (residuals(i, c) != 0) sum += std::pow(residuals(i, c) / shares[i], 2);
    const T mean = sum / static_cast<T>(residuals.size());
    return lifelog::detail::is_finite(mean) ? mean : std::numeric_limits<T>::infinity();
  }

  /// [r, C] weights in axes.
  RowMatrix<T> weights(T alpha) const {
    return (squares_.cwiseSqrt().array() / (squares_.array() + alpha)).matrix().asDiagonal() * along_;
  }

 private:
  Eigen::VectorX<T> squares_;
  RowMatrix<T> vectors_, along_, beside_;
  Eigen::VectorX<T> free_;
};

}  // namespace detail

namespace detail {

/// `fit_ridge`, compiled once whatever labels are given as.
template<class T = double>
RidgeClassifier ridge_in_axes(const PrincipalAxes& axes, const Eigen::VectorXi& labels,
                              const RidgeOptions& options) {
  const Index n = axes.train.rows(), classes = class_count(labels, n, options.classes);
  lifelog::detail::require(!options.alphas.empty(), "alphas: expected at least one");
  for (const double alpha : options.alphas)
    lifelog::detail::require(lifelog::detail::is_finite(alpha) && alpha > 0,
                             "alphas: expected numbers above 0, got ", alpha);
  RowMatrix<double> targets = RowMatrix<double>::Constant(n, classes, -1);
  for (Index i = 0; i < n; ++i) targets(i, labels[i]) = 1;
  const OneThread serial;
  RidgeClassifier result;
  result.intercept = targets.colwise().mean().transpose();
  targets.rowwise() -= result.intercept.transpose();
  const LeftOutErrors<T> errors(axes, targets);
  result.errors.resize(static_cast<Index>(options.alphas.size()));
  Index best = 0;
  for (Index a = 0; a < result.errors.size(); ++a) {
    result.errors[a] = errors(options.alphas[static_cast<std::size_t>(a)]);
    if (result.errors[a] < result.errors[best]) best = a;
  }
  result.alpha = options.alphas[static_cast<std::size_t>(best)];
  result.weights = errors.weights(result.alpha).transpose();
  return result;
}

/// Weights of features from those in axes.
template<class Model>
Model out_of_axes(Model model, const PrincipalAxes& axes) {
  model.weights = model.weights * axes.axes.transpose();
  model.intercept -= model.weights * axes.mean.transpose();
  return model;
}

/// Finite rows in double, of whatever they are given as.
template<Rows X>
RowMatrix<double> rows_in_double(const X& x) {
  return lifelog::detail::with_points(
      x, "x", [](const auto& view) { return RowMatrix<double>(view.template cast<double>()); });
}

}  // namespace detail

/// Fits in axes: weights [C, r] for coordinates. labels: [n] of the training rows, 0…C−1. Classes without a row get weights 0
/// and −1, never the highest score. Throws std::invalid_argument for labels or penalties out of range.
template<Rows Labels>
RidgeClassifier fit_ridge(const PrincipalAxes& axes, const Labels& labels, const RidgeOptions& options = {}) {
  return detail::ridge_in_axes(axes, lifelog::detail::labels_of(labels, "labels"), options);
}

/// Fits rows x [n, F] of finite numbers as they are, as scikit-learn's RidgeClassifierCV does: a penalised weight a feature
/// and a free intercept. More features than rows, constant and collinear features and a single class are all right.
///
///     const auto model = evaluate::fit_ridge_classifier(features, labels);
///     const auto predicted = evaluate::highest(model.scores(others));
template<Rows X, Rows Labels>
RidgeClassifier fit_ridge_classifier(const X& x, const Labels& labels, const RidgeOptions& options = {}) {
  const auto axes = principal_axes(detail::rows_in_double(x));
  return detail::out_of_axes(fit_ridge(axes, labels, options), axes);
}

}  // namespace lifelog::evaluate
