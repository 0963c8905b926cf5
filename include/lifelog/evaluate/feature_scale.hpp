// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "../core/finite.hpp"
#include "../core/matrix.hpp"

namespace lifelog::inline LIFELOG_ABI::evaluate {

/// Mean and (population) deviation of each feature over the rows it was fitted on.
template<class T = double>
struct FeatureScale {
  Eigen::RowVector<T, Eigen::Dynamic> mean;       ///< [F]
  Eigen::RowVector<T, Eigen::Dynamic> deviation;  ///< [F], > 0

  /// Rows with every feature less its mean, by its deviation. What is not finite becomes 0: the mean of those fitted.
  template<Rows X>
  RowMatrix<T> scaled(const X& x) const {
    const RowsOf<X> rows(x);
    const auto& view = rows.view();
    lifelog::detail::require(view.cols() == mean.size(), "x: expected ", mean.size(), " features, got ",
                             view.cols());
    RowMatrix<T> result(view.rows(), view.cols());
    for (Index i = 0; i < view.rows(); ++i)
      for (Index j = 0; j < view.cols(); ++j)
        result(i, j) = lifelog::detail::is_finite(view(i, j))
                           ? (static_cast<T>(view(i, j)) - mean[j]) / deviation[j]
                           : T(0);
    return result;
  }
};

/// Fits on `rows` of x [N, F] alone, typically those that train. Numbers that are not finite do not count. A feature that
/// is constant but for rounding, or has no value, gets deviation 1. Throws std::invalid_argument for a row out of range.
template<Rows X>
FeatureScale<double> fit_feature_scale(const X& x, std::span<const Index> rows) {
  const RowsOf<X> held(x);
  const auto& view = held.view();
  for (const Index row : rows)
    lifelog::detail::require(row >= 0 && row < view.rows(), "rows: expected rows below ", view.rows(),
                             ", got ", row);
  FeatureScale<double> result{Eigen::RowVectorXd::Zero(view.cols()), Eigen::RowVectorXd::Ones(view.cols())};
  for (Index j = 0; j < view.cols(); ++j) {
    double mean = 0, squares = 0, count = 0, largest = 0;
    for (const Index row : rows) {
      if (!lifelog::detail::is_finite(view(row, j))) continue;
      // Welford's: sums of squares about the mean so far.
      const auto value = static_cast<double>(view(row, j));
      const double step = value - mean;
      mean += step / ++count;
      squares += step * (value - mean);
      largest = std::max(largest, std::abs(value));
    }
    result.mean[j] = mean;
    const double deviation = count > 0 ? std::sqrt(squares / count) : 0;
    if (lifelog::detail::is_finite(deviation) && deviation > 1e-12 * largest) result.deviation[j] = deviation;
  }
  return result;
}

}  // namespace lifelog::evaluate
