// SPDX-License-Identifier: MIT
#pragma once

#include "../core/points.hpp"

// How near predicted numbers come.

namespace lifelog::inline LIFELOG_ABI::metrics {

namespace detail {

using namespace lifelog::detail;

/// Calls work(truth, predicted) with both as columns of double, checked: vectors of finite numbers of one length.
template<Rows T, Rows P, class Work>
double with_predictions(const T& truth, const P& predicted, Work work) {
  const auto column_of = [](const auto& x, const char* name) {
    return with_points(x, name, [&](const auto& view) -> Eigen::VectorXd {
      require(view.rows() == 1 || view.cols() == 1, name, ": expected a vector, got ", view.rows(), " x ",
              view.cols());
      if (view.rows() == 1) return view.row(0).transpose().template cast<double>();
      return view.col(0).template cast<double>();
    });
  };
  const Eigen::VectorXd t = column_of(truth, "truth"), p = column_of(predicted, "predicted");
  require(t.size() == p.size(), "predicted: expected one for each of ", t.size(), " truths, got ", p.size());
  return work(t, p);
}

}  // namespace detail

/// Mean of |truth − predicted|. Lower is better: a score to train by is its negative.
///
/// truth, predicted: [n], n ≥ 1, finite numbers (Eigen or xtensor; integers as well).
template<Rows T, Rows P>
double mean_absolute_error(const T& truth, const P& predicted) {
  return detail::with_predictions(truth, predicted,
                                  [](const auto& t, const auto& p) { return (t - p).cwiseAbs().mean(); });
}

/// Coefficient of determination, 1 − Σ (truth − predicted)² / Σ (truth − mean)²: 1 for a perfect prediction, 0 for the
/// truth's mean, without a lowest value. As scikit-learn's r2_score: of a constant truth 1 when it is met, else 0.
///
/// truth, predicted: [n], n ≥ 1, finite numbers (Eigen or xtensor; integers as well).
template<Rows T, Rows P>
double r_squared(const T& truth, const P& predicted) {
  return detail::with_predictions(truth, predicted, [](const auto& t, const auto& p) {
    const double error = (t - p).squaredNorm();
    if (t.minCoeff() == t.maxCoeff()) return error == 0 ? 1.0 : 0.0;
    return 1 - error / (t.array() - t.mean()).square().sum();
  });
}

}  // namespace lifelog::metrics
