// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "../core/finite.hpp"
#include "../core/points.hpp"
#include "../nn/activation.hpp"

namespace lifelog::inline LIFELOG_ABI::train {

/// | option       | default | description                                                     |
/// |--------------|---------|-----------------------------------------------------------------|
/// | gamma        | 0       | focusing exponent, finite and ≥ 0; 0 is cross-entropy           |
/// | alpha        | none    | a weight ≥ 0 per class, as in a weighted negative log-likelihood |
/// | ignore_index | −100    | samples with this label take no part                            |
struct FocalLossOptions {
  double gamma = 0;
  Eigen::VectorXd alpha = {};
  Index ignore_index = -100;

  /// As a value that a trainer or a task calls: `focal_loss` of planes, below.
  template<class T>
  double operator()(const T* log_probabilities, Index classes, Index samples, Index stride,
                    const Index* labels, T* gradient, Index divisor = 0) const;
};

/// Focal loss (Lin et al. 2017, eq. 5) of log-probabilities: the mean over samples of −α_y (1−p_y)^γ log p_y,
/// not divided by Σα; 0 when all samples are ignored. Worked in log space, so it is finite with its
/// derivative as p → 1 for any γ. Where log p = −∞ the derivative is its limit, −α_y.
///
///   log_probabilities  [classes × samples], planes `stride` apart (row-major)
///   labels             [samples], 0…classes−1 or ignore_index
///   gradient           like log_probabilities, or nullptr: set to the loss's derivative
///   divisor            what the sum is divided by, where these samples are a piece of a batch; 0: those that count
///
/// Throws std::invalid_argument on a label or α that does not fit the classes, and on γ or α that are no such numbers.
template<class T>
double focal_loss(const T* log_probabilities, Index classes, Index samples, Index stride, const Index* labels,
                  const FocalLossOptions& options, T* gradient, Index divisor = 0) {
  lifelog::detail::require(lifelog::detail::is_finite(options.gamma) && options.gamma >= 0,
                           "focal_loss: gamma must be a number of at least 0, got ", options.gamma);
  lifelog::detail::require(options.alpha.size() == 0 || options.alpha.size() == classes,
                           "focal_loss: alpha must have one weight per class, expected ", classes, ", got ",
                           options.alpha.size());
  for (Index c = 0; c < options.alpha.size(); ++c)
    lifelog::detail::require(lifelog::detail::is_finite(options.alpha[c]) && options.alpha[c] >= 0,
                             "focal_loss: alpha must be numbers of at least 0, got ", options.alpha[c],
                             " for class ", c);
  Index counted = 0;
  for (Index n = 0; n < samples; ++n) {
    if (labels[n] == options.ignore_index) continue;
    lifelog::detail::require(labels[n] >= 0 && labels[n] < classes, "focal_loss: label ", n, " must be in 0…",
                             classes - 1, ", got ", labels[n]);
    ++counted;
  }
  if (gradient) std::fill_n(gradient, classes * stride, T(0));
  if (counted == 0) return 0;
  if (divisor == 0) divisor = counted;
  double total = 0;
  for (Index n = 0; n < samples; ++n) {
    const Index y = labels[n];
    if (y == options.ignore_index) continue;
    const double weight = options.alpha.size() ? options.alpha[y] : 1;
    const double log_p = static_cast<double>(log_probabilities[y * stride + n]);
    const double rest = -std::expm1(log_p);  // 1 − p, exact for p near 1
    const double focus = options.gamma == 0 ? 1 : std::pow(rest, options.gamma);
    if (weight > 0) total -= weight * focus * log_p;  // not 0 · ∞
    if (gradient) {
      const double p = std::exp(log_p);
      const double ratio = rest > 0 ? log_p / rest : -1;          // its limit
      const double bend = p > 0 ? options.gamma * p * ratio : 0;  // p log p → 0
      gradient[y * stride + n] = static_cast<T>(-weight * focus * (1 - bend) / static_cast<double>(divisor));
    }
  }
  return total / static_cast<double>(divisor);
}

template<class T>
double FocalLossOptions::operator()(const T* log_probabilities, Index classes, Index samples, Index stride,
                                    const Index* labels, T* gradient, Index divisor) const {
  return focal_loss(log_probabilities, classes, samples, stride, labels, *this, gradient, divisor);
}

/// A loss of log-probabilities, taken of logits, as a value: `double`, and its derivative on demand. Holds what it needs
/// of both. Options: what calls as FocalLossOptions does.
///
///     const auto loss = train::focal_loss(logits, labels, {.gamma = 2});
///     step(logits - 0.1 * loss.gradient());      // and loss is the number
template<class T, class Options>
class SoftmaxLoss {
 public:
  /// logits: [samples, classes]; labels: [samples]. As `focal_loss` below.
  SoftmaxLoss(const RowMatrixView<T>& logits, std::vector<Index> labels, Options options)
      : softmax_(logits.cols()),
        domain_{logits.rows()},
        labels_(std::move(labels)),
        options_(std::move(options)) {
    Plane planes = Plane::Zero(logits.cols(), domain_.stride());
    planes.leftCols(logits.rows()) = logits.transpose();
    log_probabilities_.resize(planes.rows(), planes.cols());
    softmax_.record(domain_, tape_, planes.data(), log_probabilities_.data());
    value_ = evaluate(nullptr);
  }

  double value() const { return value_; }
  operator double() const { return value_; }

  /// [samples, classes]: the derivative in the logits.
  RowMatrix<T> gradient() const {
    const Plane& y = log_probabilities_;
    Plane dy = Plane::Zero(y.rows(), y.cols()), dx = dy;
    evaluate(dy.data());
    auto tape = tape_;
    auto none = softmax_;
    softmax_.pull(domain_, tape, nullptr, y.data(), dy.data(), dx.data(), none);
    return dx.leftCols(domain_.count).transpose();
  }

 private:
  using Plane = RowMatrix<T>;
  using Softmax = nn::LogSoftmax<T, Eigen::Dynamic>;

  double evaluate(T* gradient) const {
    return options_(log_probabilities_.data(), log_probabilities_.rows(), domain_.count, domain_.stride(),
                    labels_.data(), gradient);
  }

  Softmax softmax_;
  nn::Samples<T> domain_;
  typename Softmax::template Tape<nn::Samples<T>> tape_;
  Plane log_probabilities_;
  std::vector<Index> labels_;
  Options options_;
  double value_;
};

template<class T>
using FocalLoss = SoftmaxLoss<T, FocalLossOptions>;

namespace detail {

/// Checks the shapes of logits and labels (name: of the loss) and makes a SoftmaxLoss of them.
template<Rows X, Rows L, class Options>
auto softmax_loss(const char* name, const X& logits, const L& labels, const Options& options) {
  const RowsOf<X> rows(logits);
  const auto read = lifelog::detail::labels_of(labels, (std::string(name) + ": labels").c_str(),
                                               std::numeric_limits<int>::min());
  lifelog::detail::require(rows.view().cols() > 0, name, ": expected at least one class, got none");
  lifelog::detail::require(read.size() == rows.view().rows(), name, ": expected a label for each of ",
                           rows.view().rows(), " samples, got ", read.size());
  return SoftmaxLoss<typename RowsOf<X>::Scalar, Options>(rows.view(), {read.begin(), read.end()}, options);
}

}  // namespace detail

/// Focal loss of logits, of which log_softmax is taken here.
///
///   logits   [samples, classes], an Eigen matrix or (with core/xtensor.hpp) an xtensor expression, float or double
///   labels   [samples] integers, likewise, 0…classes−1 or ignore_index
///
/// Throws std::invalid_argument on shapes, a label or an α that do not fit.
template<Rows X, Rows L>
auto focal_loss(const X& logits, const L& labels, const FocalLossOptions& options = {}) {
  static_assert(lifelog::detail::real_number<typename RowsOf<X>::Scalar>,
                "focal_loss: logits must be of float or double: cast other numbers first");
  return detail::softmax_loss("focal_loss", logits, labels, options);
}

}  // namespace lifelog::train
