// SPDX-License-Identifier: MIT
#pragma once

#include "../core/points.hpp"

namespace lifelog::inline LIFELOG_ABI::metrics {

/// Counts of (true class, predicted class), and what follows from them. Every ratio with a zero denominator
/// is 0.
///
///     lifelog::metrics::ConfusionMatrix confusion(truth, predicted, 3);
///     double f1 = confusion.macro_f1();
class ConfusionMatrix {
 public:
  /// Empty, for `classes` ≥ 1 classes.
  explicit ConfusionMatrix(Index classes) {
    detail::require(classes >= 1, "classes: expected at least 1, got ", classes);
    counts_ = RowMatrix<Index>::Zero(classes, classes);
  }

  /// truth, predicted: [n], 0 … classes − 1, integers (Eigen or xtensor).
  template<Rows T, Rows P>
  ConfusionMatrix(const T& truth, const P& predicted, Index classes) : ConfusionMatrix(classes) {
    const auto t = detail::labels_of(truth, "truth", 0, static_cast<int>(classes) - 1);
    const auto p = detail::labels_of(predicted, "predicted", 0, static_cast<int>(classes) - 1);
    detail::require(t.size() == p.size(), "predicted: expected one for each of ", t.size(), " truths, got ",
                    p.size());
    for (Index i = 0; i < t.size(); ++i) ++counts_(t[i], p[i]);
  }

  /// counts: [classes, classes], at least 0, truth in rows.
  static ConfusionMatrix of_counts(const RowMatrix<Index>& counts) {
    ConfusionMatrix confusion(counts.rows());
    detail::require(counts.cols() == counts.rows() && (counts.array() >= 0).all(),
                    "counts: expected a square of numbers of at least 0, got ", counts.rows(), " x ",
                    counts.cols(), ", the least ", counts.minCoeff());
    confusion.counts_ = counts;
    return confusion;
  }

  /// Adds another matrix of as many classes.
  void add(const ConfusionMatrix& other) {
    detail::require(other.classes() == classes(), "other: expected ", classes(), " classes, got ",
                    other.classes());
    counts_ += other.counts_;
  }

  void add(Index truth, Index predicted) {
    detail::require(truth >= 0 && truth < classes(), "truth: expected 0..", classes() - 1, ", got ", truth);
    detail::require(predicted >= 0 && predicted < classes(), "predicted: expected 0..", classes() - 1,
                    ", got ", predicted);
    ++counts_(truth, predicted);
  }

  Index classes() const { return counts_.rows(); }
  Index total() const { return counts_.sum(); }

  /// [classes, classes]: rows are the truth, columns the prediction.
  const RowMatrix<Index>& counts() const { return counts_; }

  double accuracy() const { return ratio(counts_.trace(), total()); }

  /// Cohen's kappa (1960): (accuracy − that expected of independent labels with the same frequencies) / (1 − that). 1 for
  /// equal labels, 0 for chance; scikit-learn's cohen_kappa_score, but 1 where truth and prediction name one and the same
  /// class only, and 0 where there is nothing.
  double kappa() const {
    const double n = static_cast<double>(total());
    if (n == 0) return 0;
    double expected = 0;
    for (Index c = 0; c < classes(); ++c)
      expected += static_cast<double>(counts_.row(c).sum()) * static_cast<double>(counts_.col(c).sum());
    expected /= n * n;
    return expected < 1 ? (accuracy() - expected) / (1 - expected) : 1;
  }

  /// [classes]: the share of what was called c that is c.
  Eigen::VectorXd precision() const {
    return per_class([&](Index c) { return ratio(counts_(c, c), counts_.col(c).sum()); });
  }

  /// [classes]: the share of what is c that was called c.
  Eigen::VectorXd recall() const {
    return per_class([&](Index c) { return ratio(counts_(c, c), counts_.row(c).sum()); });
  }

  /// [classes]: harmonic mean of precision and recall.
  Eigen::VectorXd f1() const {
    return per_class(
        [&](Index c) { return ratio(2 * counts_(c, c), counts_.row(c).sum() + counts_.col(c).sum()); });
  }

  /// Means over the classes that occur in truth or prediction: scikit-learn's `average="macro"`,
  /// `zero_division=0`.
  double macro_precision() const { return mean_of_occurring(precision()); }
  double macro_recall() const { return mean_of_occurring(recall()); }
  double macro_f1() const { return mean_of_occurring(f1()); }

  /// The F1 of the study, for comparison with its figures; not a macro F1. For class i the study judges the
  /// indicators "is c" of *all* classes c ≤ i together (it appends to one list and never clears it):
  ///
  ///     P_i = Σ_{c≤i} TP_c / Σ_{c≤i} (TP_c + FP_c)      R_i = Σ_{c≤i} TP_c / Σ_{c≤i} (TP_c + FN_c)
  ///
  /// P and R are the means of P_i and R_i over all classes 0 … C−1 (occurring or not), and the result is
  /// 2PR / (P + R). It depends on the order of the classes, and the last pair (P, R) is the accuracy.
  double study_f1() const {
    Index hits = 0, called = 0, actual = 0;
    double precision = 0, recall = 0;
    for (Index c = 0; c < classes(); ++c) {
      hits += counts_(c, c);
      called += counts_.col(c).sum();
      actual += counts_.row(c).sum();
      precision += ratio(hits, called);
      recall += ratio(hits, actual);
    }
    precision /= static_cast<double>(classes());
    recall /= static_cast<double>(classes());
    return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
  }

 private:
  static double ratio(Index part, Index whole) {
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
  }

  template<class F>
  Eigen::VectorXd per_class(F&& value) const {
    Eigen::VectorXd values(classes());
    for (Index c = 0; c < classes(); ++c) values[c] = value(c);
    return values;
  }

  double mean_of_occurring(const Eigen::VectorXd& values) const {
    double sum = 0;
    Index occurring = 0;
    for (Index c = 0; c < classes(); ++c) {
      if (counts_.row(c).sum() + counts_.col(c).sum() == 0) continue;
      sum += values[c];
      ++occurring;
    }
    return occurring > 0 ? sum / static_cast<double>(occurring) : 0;
  }

  RowMatrix<Index> counts_;
};

}  // namespace lifelog::metrics
