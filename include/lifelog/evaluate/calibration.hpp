// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "../core/points.hpp"

namespace lifelog::inline LIFELOG_ABI::evaluate {

/// | name | type | description | default |
/// |---|---|---|---|
/// | least, greatest | double | bounds of the temperature, 0 < least < greatest | 0.01, 100 |
struct TemperatureOptions {
  double least = 0.01;
  double greatest = 100;
};

/// How far probabilities can be taken at their word.
struct CalibrationScores {
  /// Mean −log p of the true class; infinite where a true class had probability 0.
  double log_loss = 0;
  /// Mean of Σ_c (p_c − [c is true])², 0…2.
  double brier = 0;
  /// Expected calibration error: mean distance between confidence and accuracy of bins of equal width of the confidence
  /// (the highest probability), each by its share of the rows (Naeini, Cooper & Hauskrecht 2015; Guo et al. 2017).
  double calibration_error = 0;
  double accuracy = 0, confidence = 0;  ///< means
};

namespace detail {

/// Log-probabilities [n, C] that may be −∞, not NaN or ∞, with a label 0…C−1 for each row.
struct LabelledRows {
  RowMatrix<double> rows;
  Eigen::VectorXi labels;

  template<Rows X, Rows Labels>
  LabelledRows(const X& x, const Labels& given) {
    const RowsOf<X> held(x);
    rows = held.view().template cast<double>();
    lifelog::detail::require(rows.rows() > 0 && rows.cols() > 0,
                             "log_probabilities: expected at least one row and one class, got ", rows.rows(),
                             " x ", rows.cols());
    labels = lifelog::detail::labels_of(given, "labels", 0, static_cast<int>(rows.cols()) - 1);
    lifelog::detail::require(labels.size() == rows.rows(), "labels: expected ", rows.rows(), ", got ",
                             labels.size());
    check(rows);
  }

  static void check(const RowMatrix<double>& rows) {
    for (Index i = 0; i < rows.rows(); ++i) {
      bool possible = false;
      for (Index c = 0; c < rows.cols(); ++c) {
        const double x = rows(i, c);
        const bool minus_infinity = !lifelog::detail::is_nan(x) && lifelog::detail::finite_log(x) != x;
        lifelog::detail::require(lifelog::detail::is_finite(x) || minus_infinity,
                                 "log_probabilities: expected numbers or -inf, got ", x, " in row ", i);
        possible |= lifelog::detail::is_finite(x);
      }
      lifelog::detail::require(possible, "log_probabilities: expected a possible class in row ", i,
                               ", got -inf throughout");
    }
  }
};

/// Replaces scores by their log-softmax after division by the temperature.
LIFELOG_LAZY void soften(RowMatrix<double>& rows, double temperature) {
  for (Index i = 0; i < rows.rows(); ++i) {
    const double most = rows.row(i).maxCoeff();
    double sum = 0;
    for (Index c = 0; c < rows.cols(); ++c) {
      rows(i, c) = (rows(i, c) - most) / temperature;
      sum += std::exp(rows(i, c));
    }
    const double log_sum = std::log(sum);
    for (Index c = 0; c < rows.cols(); ++c) rows(i, c) -= log_sum;
  }
}

/// Slope of Σ −log p of the true classes along the inverse temperature, which grows with it: the loss is convex.
LIFELOG_LAZY double temperature_slope(const LabelledRows& data, double inverse) {
  double slope = 0;
  for (Index i = 0; i < data.rows.rows(); ++i) {
    const double most = data.rows.row(i).maxCoeff();
    double sum = 0, mean = 0;
    for (Index c = 0; c < data.rows.cols(); ++c) {
      // Of an impossible class the probability is 0, its score of any size.
      const double score = std::max(data.rows(i, c) - most, -1e300), p = std::exp(inverse * score);
      sum += p;
      mean += p > 0 ? p * score : 0;
    }
    slope += mean / sum - std::max(data.rows(i, data.labels[i]) - most, -1e300);
  }
  return slope;
}

}  // namespace detail

/// [n, C] log-probabilities of scores (logits or log-probabilities, [n, C], of finite numbers and −∞) at a temperature.
/// std::invalid_argument: a temperature that is not above 0, a row without a possible class.
template<Rows X>
RowMatrix<double> at_temperature(const X& scores, double temperature) {
  lifelog::detail::require(lifelog::detail::is_finite(temperature) && temperature > 0,
                           "temperature: expected a number above 0, got ", temperature);
  const RowsOf<X> held(scores);
  RowMatrix<double> rows = held.view().template cast<double>();
  detail::LabelledRows::check(rows);
  detail::soften(rows, temperature);
  return rows;
}

/// The temperature at which rows that neither trained nor test are likeliest (Guo, Pleiss, Sun & Weinberger 2017): above 1
/// where the network is too sure of itself. The order of classes stays as it is.
///
/// scores: [n, C] logits or log-probabilities; labels: [n], 0…C−1. By bisection, within the bounds: rows that are all right
/// ask for the least, scores no better than chance for the greatest. Throws std::invalid_argument.
///
///     const double temperature = evaluate::fit_temperature(valid_log_p, valid_labels);
///     const auto calibrated = evaluate::at_temperature(test_log_p, temperature);
template<Rows X, Rows Labels>
double fit_temperature(const X& scores, const Labels& labels, const TemperatureOptions& options = {}) {
  lifelog::detail::require(
      options.least > 0 && options.least < options.greatest && lifelog::detail::is_finite(options.greatest),
      "least, greatest: expected 0 < least < greatest, got ", options.least, ", ", options.greatest);
  const detail::LabelledRows data(scores, labels);
  double low = std::log(1 / options.greatest), high = std::log(1 / options.least);
  const auto slope = [&](double log_inverse) {
    return detail::temperature_slope(data, std::exp(log_inverse));
  };
  // Scores that tell nothing are as likely at any temperature: as they are.
  if (slope(low) == 0 && slope(high) == 0 &&
      (data.rows.rowwise().maxCoeff() - data.rows.rowwise().minCoeff()).isZero(0))
    return std::clamp(1.0, options.least, options.greatest);
  if (slope(high) <= 0) return options.least;
  if (slope(low) >= 0) return options.greatest;
  while (high - low > 1e-13) {
    const double middle = low + (high - low) / 2;
    if (middle == low || middle == high) break;
    (slope(middle) < 0 ? low : high) = middle;
  }
  return std::exp(-(low + high) / 2);
}

/// Scores of log-probabilities [n, C] that are normalised, with labels [n]. bins: of the calibration error, at least 1; the
/// upper bound belongs to a bin. Throws std::invalid_argument.
template<Rows X, Rows Labels>
CalibrationScores calibration_scores(const X& log_probabilities, const Labels& given, Index bins = 15) {
  lifelog::detail::require(bins >= 1, "bins: expected at least 1, got ", bins);
  const detail::LabelledRows data(log_probabilities, given);
  const auto n = static_cast<double>(data.rows.rows());
  CalibrationScores result;
  std::vector<double> excess(static_cast<std::size_t>(bins), 0);
  for (Index i = 0; i < data.rows.rows(); ++i) {
    const auto row = data.rows.row(i);
    Index chosen = 0;
    const double confidence = std::exp(row.maxCoeff(&chosen));
    const double right = chosen == data.labels[i] ? 1 : 0;
    result.log_loss -= row[data.labels[i]] / n;
    for (Index c = 0; c < row.size(); ++c) {
      const double off = std::exp(row[c]) - (c == data.labels[i] ? 1 : 0);
      result.brier += off * off / n;
    }
    result.accuracy += right / n;
    result.confidence += confidence / n;
    const auto bin = std::clamp(static_cast<Index>(std::ceil(confidence * static_cast<double>(bins))) - 1,
                                Index{0}, bins - 1);
    excess[static_cast<std::size_t>(bin)] += (confidence - right) / n;
  }
  for (const double x : excess) result.calibration_error += std::abs(x);
  return result;
}

}  // namespace lifelog::evaluate
