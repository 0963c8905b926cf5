// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <vector>

#include "loss.hpp"

namespace lifelog::inline LIFELOG_ABI::train {

/// | option          | default | description                                                                      |
/// |-----------------|---------|----------------------------------------------------------------------------------|
/// | class_weights   | none    | a weight ≥ 0 per class                                                           |
/// | label_smoothing | 0       | ε in [0, 1]: so much of each label is spread over all classes evenly             |
/// | ignore_index    | −100    | samples with this label take no part                                             |
struct CrossEntropyOptions {
  Eigen::VectorXd class_weights = {};
  double label_smoothing = 0;
  Index ignore_index = -100;

  /// As a value that a trainer or a task calls: `cross_entropy` of planes, below.
  template<class T>
  double operator()(const T* log_probabilities, Index classes, Index samples, Index stride,
                    const Index* labels, T* gradient, double divisor = 0) const;

  /// What it divides by: the weights of the labels' classes, summed (a label of no class has none). Who works through a batch in
  /// pieces gives each piece the divisor of the batch. labels: [samples].
  double divisor(const Index* labels, Index samples) const;
};

namespace detail {

LIFELOG_LAZY void require_options(const CrossEntropyOptions& options, Index classes) {
  using lifelog::detail::is_finite;
  using lifelog::detail::require;
  require(is_finite(options.label_smoothing) && options.label_smoothing >= 0 && options.label_smoothing <= 1,
          "cross_entropy: label smoothing must be in 0…1, got ", options.label_smoothing);
  require(options.class_weights.size() == 0 || options.class_weights.size() == classes,
          "cross_entropy: expected one class weight per class, ", classes, ", got ",
          options.class_weights.size());
  for (Index c = 0; c < options.class_weights.size(); ++c)
    require(is_finite(options.class_weights[c]) && options.class_weights[c] >= 0,
            "cross_entropy: class weights must be numbers of at least 0, got ", options.class_weights[c],
            " for class ", c);
}

}  // namespace detail

inline double CrossEntropyOptions::divisor(const Index* labels, Index samples) const {
  double sum = 0;
  for (Index n = 0; n < samples; ++n) {
    const Index y = labels[n];
    if (y == ignore_index) continue;
    sum += class_weights.size() == 0 ? 1 : y >= 0 && y < class_weights.size() ? class_weights[y] : 0;
  }
  return sum;
}

/// Cross-entropy of log-probabilities with class weights w and label smoothing ε (Szegedy et al. 2016, section 7), as
/// torch.nn.CrossEntropyLoss:
///
///     Σ_n [ (1−ε) w_y (−log p_y) + ε/C Σ_c w_c (−log p_c) ]  /  Σ_n w_y
///
/// Where nothing counts (all ignored, or of classes of weight 0) the loss and its derivative are 0.
///
///   log_probabilities  [classes × samples], planes `stride` apart (row-major)
///   labels             [samples], 0…classes−1 or ignore_index
///   gradient           like log_probabilities, or nullptr: set to the loss's derivative
///   divisor            what the sum is divided by, where these samples are a piece of a batch; 0: their Σ w_y
///
/// Throws std::invalid_argument on a label or weights that do not fit the classes, and on options out of range.
template<class T>
double cross_entropy(const T* log_probabilities, Index classes, Index samples, Index stride,
                     const Index* labels, const CrossEntropyOptions& options, T* gradient,
                     double divisor = 0) {
  detail::require_options(options, classes);
  const auto weight = [&](Index c) { return options.class_weights.size() ? options.class_weights[c] : 1; };
  double weights = 0;
  for (Index n = 0; n < samples; ++n) {
    if (labels[n] == options.ignore_index) continue;
    lifelog::detail::require(labels[n] >= 0 && labels[n] < classes, "cross_entropy: label ", n,
                             " must be in 0…", classes - 1, ", got ", labels[n]);
    weights += weight(labels[n]);
  }
  if (gradient) std::fill_n(gradient, classes * stride, T(0));
  if (divisor == 0) divisor = weights;
  if (divisor == 0) return 0;
  const double spread = options.label_smoothing / static_cast<double>(classes);
  double total = 0;
  for (Index n = 0; n < samples; ++n) {
    const Index y = labels[n];
    if (y == options.ignore_index) continue;
    for (Index c = 0; c < classes; ++c) {
      const double share = weight(c) * (spread + (c == y ? 1 - options.label_smoothing : 0));
      if (share == 0) continue;  // not 0 · ∞
      total -= share * static_cast<double>(log_probabilities[c * stride + n]);
      if (gradient) gradient[c * stride + n] = static_cast<T>(-share / divisor);
    }
  }
  return total / divisor;
}

template<class T>
double CrossEntropyOptions::operator()(const T* log_probabilities, Index classes, Index samples, Index stride,
                                       const Index* labels, T* gradient, double divisor) const {
  return cross_entropy(log_probabilities, classes, samples, stride, labels, *this, gradient, divisor);
}

/// Cross-entropy of logits, of which log_softmax is taken here: a number, and `.gradient()` [samples, classes] on demand.
///
///   logits   [samples, classes], an Eigen matrix or (with core/xtensor.hpp) an xtensor expression, float or double
///   labels   [samples] integers, likewise, 0…classes−1 or ignore_index
///
/// Throws std::invalid_argument on shapes, labels or options that do not fit.
template<Rows X, Rows L>
auto cross_entropy(const X& logits, const L& labels, const CrossEntropyOptions& options = {}) {
  static_assert(lifelog::detail::real_number<typename RowsOf<X>::Scalar>,
                "cross_entropy: logits must be of float or double: cast other numbers first");
  return detail::softmax_loss("cross_entropy", logits, labels, options);
}

struct ClassWeights {
  Eigen::VectorXd weights;    ///< [classes]
  std::vector<Index> unseen;  ///< classes without a label, ascending: their weight is 0
};

/// Weights n / (k n_c) from the frequencies of labels (King & Zeng 2001; scikit-learn's "balanced"): n labels, k classes
/// that occur, n_c labels of class c. All classes that occur weigh the same together, and the mean weight of a label is 1.
///
/// labels: 0…classes−1 or ignore_index, which takes no part. Throws std::invalid_argument on others.
LIFELOG_LAZY ClassWeights balanced_class_weights(const std::vector<Index>& labels, Index classes,
                                                 Index ignore_index = -100) {
  using lifelog::detail::require;
  require(classes >= 1, "balanced_class_weights: expected at least one class, got ", classes);
  Eigen::VectorXd counts = Eigen::VectorXd::Zero(classes);
  for (std::size_t n = 0; n < labels.size(); ++n) {
    if (labels[n] == ignore_index) continue;
    require(labels[n] >= 0 && labels[n] < classes, "balanced_class_weights: label ", n, " must be in 0…",
            classes - 1, ", got ", labels[n]);
    counts[labels[n]] += 1;
  }
  const double seen = static_cast<double>((counts.array() > 0).count());
  ClassWeights result{Eigen::VectorXd::Zero(classes), {}};
  for (Index c = 0; c < classes; ++c)
    if (counts[c] > 0)
      result.weights[c] = counts.sum() / (seen * counts[c]);
    else
      result.unseen.push_back(c);
  return result;
}

/// The same of a vector of integers of Eigen's or (with core/xtensor.hpp) xtensor's.
template<Rows L>
ClassWeights balanced_class_weights(const L& labels, Index classes, Index ignore_index = -100) {
  const Eigen::VectorXi read =
      lifelog::detail::labels_of(labels, "balanced_class_weights: labels", std::numeric_limits<int>::min());
  return balanced_class_weights(std::vector<Index>(read.begin(), read.end()), classes, ignore_index);
}

}  // namespace lifelog::train
