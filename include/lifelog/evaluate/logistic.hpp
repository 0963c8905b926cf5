// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <type_traits>
#include <vector>

#include "principal_axes.hpp"
#include "ridge.hpp"

namespace lifelog::inline LIFELOG_ABI::evaluate {

/// | name | type | description | default |
/// |---|---|---|---|
/// | inverse_penalty | double | C of Σ −log p · C + ½ ‖weights‖², > 0: scikit-learn's | 1 |
/// | tolerance | double | stops where the gradient is this share of the first, > 0 | 1e-6 |
/// | iterations | int | at most | 500 |
/// | classes | Index | number of classes; 0: the greatest label and one | 0 |
struct LogisticOptions {
  double inverse_penalty = 1;
  double tolerance = 1e-6;
  int iterations = 500;
  Index classes = 0;
};

enum class LogisticStatus { converged, iteration_limit };

/// Softmax of linear scores.
struct LogisticRegression {
  RowMatrix<double> weights;  ///< [C, F], or [C, r] in axes
  Eigen::VectorXd intercept;  ///< [C]; of a class without a training row its log-probability, whatever x
  std::vector<bool> seen;     ///< [C] whether a training row had the class
  LogisticStatus status = LogisticStatus::converged;
  int iterations = 0;
  double loss = 0;  ///< what was minimised, ÷ C

  /// [N, C] natural logarithms of probabilities of rows x [N, F].
  template<class T = double>
  RowMatrix<T> log_probabilities(const std::type_identity_t<RowMatrix<T>>& x) const {
    const OneThread serial;
    RowMatrix<double> scores = (x * weights.transpose()).rowwise() + intercept.transpose();
    const Index classes = scores.cols();
    double unseen = 0;
    for (Index c = 0; c < classes; ++c)
      unseen += seen[static_cast<std::size_t>(c)] ? 0 : std::exp(intercept[c]);
    for (Index i = 0; i < scores.rows(); ++i) {
      double most = -std::numeric_limits<double>::infinity(), sum = 0;
      for (Index c = 0; c < classes; ++c)
        if (seen[static_cast<std::size_t>(c)]) most = std::max(most, scores(i, c));
      for (Index c = 0; c < classes; ++c)
        if (seen[static_cast<std::size_t>(c)]) sum += std::exp(scores(i, c) - most);
      const double norm = most + std::log(sum) - std::log1p(-unseen);
      for (Index c = 0; c < classes; ++c)
        if (seen[static_cast<std::size_t>(c)]) scores(i, c) -= norm;
    }
    return scores;
  }
};

namespace detail {

/// Σ −log p + ½ ‖w‖² / C of training rows in axes, with weights scaled so that its curvature is at most 1 in every direction
/// (Böhning 1992: that of a softmax is at most half the scatter, of two classes a quarter).
template<class T>
class LogisticLoss {
 public:
  /// labels: 0…K−1, each of which occurs. Two classes have one score, more have one each.
  LogisticLoss(const PrincipalAxes& axes, const Eigen::VectorXi& labels, Index classes, T inverse_penalty)
      : rows_(axes.train), labels_(labels), outputs_(classes == 2 ? 1 : classes) {
    const T bound = outputs_ == 1 ? T(0.25) : T(0.5);
    scale_ = (bound * axes.squares.array() + 1 / inverse_penalty).rsqrt();
    penalty_ = scale_.array().square() / inverse_penalty;
    free_scale_ = 1 / std::sqrt(bound * static_cast<T>(rows_.rows()));
    rows_.array().rowwise() *= scale_.transpose().array();
  }

  Index size() const { return (rows_.cols() + 1) * outputs_; }

  /// x: [r + 1, K], row r the intercepts. gradient: of the same shape.
  T operator()(const Eigen::VectorX<T>& x, Eigen::VectorX<T>& gradient) const {
    const Index r = rows_.cols();
    const Eigen::Map<const RowMatrix<T>> weights(x.data(), r, outputs_);
    const Eigen::RowVectorX<T> free = x.tail(outputs_).transpose() * free_scale_;
    RowMatrix<T> errors = (rows_ * weights).rowwise() + free;
    T loss = (weights.cwiseAbs2().transpose() * penalty_).sum() / 2;
    for (Index i = 0; i < errors.rows(); ++i)
      loss += outputs_ == 1 ? one_score(errors, i) : scores(errors, i);
    gradient.resize(size());
    Eigen::Map<RowMatrix<T>>(gradient.data(), r, outputs_).noalias() =
        rows_.transpose() * errors + penalty_.asDiagonal() * weights;
    gradient.tail(outputs_) = errors.colwise().sum().transpose() * free_scale_;
    return loss;
  }

  /// [K, r] plain weights and [K] intercepts of x; of two classes half the score each way.
  void unscaled(const Eigen::VectorX<T>& x, RowMatrix<T>& weights, Eigen::VectorX<T>& intercept) const {
    const Eigen::Map<const RowMatrix<T>> scaled(x.data(), rows_.cols(), outputs_);
    const RowMatrix<T> plain = (scale_.asDiagonal() * scaled).transpose();
    const Eigen::VectorX<T> free = x.tail(outputs_) * free_scale_;
    if (outputs_ > 1) {
      weights = plain;
      intercept = free;
      return;
    }
    weights.resize(2, plain.cols());
    weights.row(0) = -plain.row(0) / 2;
    weights.row(1) = plain.row(0) / 2;
    intercept.resize(2);
    intercept << -free[0] / 2, free[0] / 2;
  }

 private:
  // Both replace a row's scores by p − target, and return −log p.
  T one_score(RowMatrix<T>& rows, Index i) const {
    const T sign = labels_[i] == 1 ? T(1) : T(-1), margin = sign * rows(i, 0);
    const T small = std::exp(-std::abs(margin));
    rows(i, 0) = -sign * (margin > 0 ? small : T(1)) / (1 + small);
    return std::max(-margin, T(0)) + std::log1p(small);
  }
  T scores(RowMatrix<T>& rows, Index i) const {
    auto row = rows.row(i);
    const T most = row.maxCoeff(), own = row[labels_[i]];
    row = (row.array() - most).exp().matrix();
    const T sum = row.sum();
    row /= sum;
    row[labels_[i]] -= 1;
    return most + std::log(sum) - own;
  }

  RowMatrix<T> rows_;
  Eigen::VectorXi labels_;
  Index outputs_;
  Eigen::VectorX<T> scale_, penalty_;
  T free_scale_ = 1;
};

/// The direction of L-BFGS (Nocedal & Wright, "Numerical optimization", 2006, algorithm 7.4) from the last steps.
template<class T>
class LimitedMemory {
 public:
  Eigen::VectorX<T> direction(const Eigen::VectorX<T>& gradient) const {
    Eigen::VectorX<T> q = -gradient;
    std::vector<T> alpha(steps_.size());
    for (std::size_t i = steps_.size(); i-- > 0;) {
      alpha[i] = steps_[i].rho * steps_[i].s.dot(q);
      q -= alpha[i] * steps_[i].y;
    }
    if (!steps_.empty()) q /= steps_.back().rho * steps_.back().y.squaredNorm();
    for (std::size_t i = 0; i < steps_.size(); ++i)
      q += (alpha[i] - steps_[i].rho * steps_[i].y.dot(q)) * steps_[i].s;
    return q;
  }

  void remember(const Eigen::VectorX<T>& s, const Eigen::VectorX<T>& y) {
    const T curvature = s.dot(y);
    if (!(curvature > std::numeric_limits<T>::epsilon() * y.squaredNorm())) return;
    if (steps_.size() == 12) steps_.pop_front();
    steps_.push_back({s, y, 1 / curvature});
  }

 private:
  struct Step {
    Eigen::VectorX<T> s, y;
    T rho;
  };
  std::deque<Step> steps_;
};

template<class T>
struct Minimum {
  Eigen::VectorX<T> x;
  T value = 0;
  int iterations = 0;
  bool converged = false;
};

/// Least value of a smooth convex loss from 0, with halved steps where one goes too far.
template<class T, class Loss>
Minimum<T> minimise(const Loss& loss, T tolerance, int iterations) {
  Minimum<T> at;
  Eigen::VectorX<T> gradient, next_gradient;
  at.x = Eigen::VectorX<T>::Zero(loss.size());
  at.value = loss(at.x, gradient);
  const T enough = tolerance * gradient.norm();
  LimitedMemory<T> memory;
  for (; at.iterations < iterations && !(gradient.norm() <= enough); ++at.iterations) {
    const Eigen::VectorX<T> direction = memory.direction(gradient);
    const T slope = gradient.dot(direction);
    const T rounding = 16 * std::numeric_limits<T>::epsilon() * std::abs(at.value);
    T step = 1, value = 0;
    Eigen::VectorX<T> x;
    bool lower = false;
    for (int halvings = 0; halvings < 40 && !lower; ++halvings, step /= 2) {
      x = at.x + step * direction;
      value = loss(x, next_gradient);
      lower = value <= at.value + T(1e-4) * step * slope + rounding;
    }
    if (!lower) break;
    memory.remember(x - at.x, next_gradient - gradient);
    at.x.swap(x);
    gradient.swap(next_gradient);
    at.value = value;
  }
  at.converged = gradient.norm() <= std::max(enough, T(1e-7) * tolerance);
  return at;
}

}  // namespace detail

namespace detail {

/// `fit_logistic`, compiled once whatever labels are given as.
template<class T = double>
LogisticRegression logistic_in_axes(const PrincipalAxes& axes, Eigen::VectorXi labels,
                                    const LogisticOptions& options) {
  using lifelog::detail::is_finite, lifelog::detail::require;
  require(is_finite(options.inverse_penalty) && options.inverse_penalty > 0,
          "inverse_penalty: expected a number above 0, got ", options.inverse_penalty);
  require(is_finite(options.tolerance) && options.tolerance > 0, "tolerance: expected a number above 0, got ",
          options.tolerance);
  const Index n = axes.train.rows(), classes = class_count(labels, n, options.classes);
  const OneThread serial;
  LogisticRegression result;
  result.seen.assign(static_cast<std::size_t>(classes), false);
  for (Index i = 0; i < n; ++i) result.seen[static_cast<std::size_t>(labels[i])] = true;
  std::vector<Index> present;
  std::vector<int> place(static_cast<std::size_t>(classes));
  for (Index c = 0; c < classes; ++c)
    if (result.seen[static_cast<std::size_t>(c)]) {
      place[static_cast<std::size_t>(c)] = static_cast<int>(present.size());
      present.push_back(c);
    }
  for (Index i = 0; i < n; ++i) labels[i] = place[static_cast<std::size_t>(labels[i])];

  const auto count = static_cast<Index>(present.size()), absent = classes - count;
  result.weights = RowMatrix<double>::Zero(classes, axes.rank());
  result.intercept = Eigen::VectorXd::Constant(classes, -std::log(static_cast<double>(n + absent)));
  if (count == 1) {
    result.intercept[present[0]] = 0;
    return result;
  }
  const LogisticLoss<T> loss(axes, labels, count, options.inverse_penalty);
  const auto minimum = minimise<T>(loss, options.tolerance, options.iterations);
  RowMatrix<double> weights;
  Eigen::VectorXd intercept;
  loss.unscaled(minimum.x, weights, intercept);
  for (Index k = 0; k < count; ++k) {
    result.weights.row(present[static_cast<std::size_t>(k)]) = weights.row(k);
    result.intercept[present[static_cast<std::size_t>(k)]] = intercept[k];
  }
  result.status = minimum.converged ? LogisticStatus::converged : LogisticStatus::iteration_limit;
  result.iterations = minimum.iterations;
  result.loss = minimum.value;
  return result;
}

}  // namespace detail

/// Fits in axes: weights [C, r] for coordinates. labels: [n] of the training rows, 0…C−1.
///
/// Classes without a row share, with the others, one row more than there is: each gets probability 1 / (n + their number)
/// everywhere. Throws std::invalid_argument for labels or options out of range.
template<Rows Labels>
LogisticRegression fit_logistic(const PrincipalAxes& axes, const Labels& labels,
                                const LogisticOptions& options = {}) {
  return detail::logistic_in_axes(axes, lifelog::detail::labels_of(labels, "labels"), options);
}

/// Multinomial logistic regression with an L2 penalty of rows x [n, F] of finite numbers as they are (standardise first:
/// FeatureScale), as scikit-learn's LogisticRegression: two classes have one penalised score, more have one each; the
/// intercept is free. More features than rows, constant and collinear features and a single class are all right.
///
///     const auto scale = evaluate::fit_feature_scale(features, split.train);
///     const auto model = evaluate::fit_logistic_regression(train, labels);
///     const auto log_p = model.log_probabilities(scale.scaled(others));
template<Rows X, Rows Labels>
LogisticRegression fit_logistic_regression(const X& x, const Labels& labels,
                                           const LogisticOptions& options = {}) {
  const auto axes = principal_axes(detail::rows_in_double(x));
  return detail::out_of_axes(fit_logistic(axes, labels, options), axes);
}

}  // namespace lifelog::evaluate
