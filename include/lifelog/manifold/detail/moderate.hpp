// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "../../core/points.hpp"

namespace lifelog::inline LIFELOG_ABI::manifold::detail {

using namespace lifelog::detail;

/// Coordinates whose squared differences, `cols` of them summed, T can hold; half of them, that is, and a fourth of
/// the sums there are, because boxes add up what no two rows have between them.
template<class T>
T most_moderate(Index cols) {
  return std::sqrt(std::numeric_limits<T>::max() / static_cast<T>(4 * cols)) / 2;
}

/// What the widest column must span at least, so that squares of all but the least differences are numbers of T with
/// all their digits.
template<class T>
T least_moderate() {
  return std::sqrt(std::numeric_limits<T>::min() / std::numeric_limits<T>::epsilon());
}

template<class T>
T widest_span(const RowMatrixView<T>& points) {
  return (points.colwise().maxCoeff() - points.colwise().minCoeff()).maxCoeff();
}

/// Throws if a squared distance between rows, or to those of others, might be more than T can hold.
template<class T>
void require_within(const RowMatrixView<T>& points, const char* name) {
  const T most = most_moderate<T>(points.cols());
  for (Index i = 0; i < points.rows(); ++i)
    require((points.row(i).array().abs() <= most).all(), name, ": expected coordinates within ±", most,
            ", so that squared distances are numbers, got more in row ", i);
}

/// The same, and if nearly all squared distances might be 0.
template<class T>
void require_moderate(const RowMatrixView<T>& points, const char* name) {
  require_within(points, name);
  const T span = widest_span(points);
  require(span == 0 || span >= least_moderate<T>(), name, ": expected a column that spans at least ",
          least_moderate<T>(), ", so that squared distances are not 0, got ", span, " at most");
}

/// The rows from the middle of each column, in units of a power of two of the widest: distances are the same but for
/// that unit.
template<class T>
RowMatrix<double> to_scale(const RowMatrixView<T>& points) {
  RowMatrix<double> rows = points.template cast<double>();
  const Eigen::RowVectorXd low = rows.colwise().minCoeff(), high = rows.colwise().maxCoeff();
  rows.rowwise() -= low / 2 + high / 2;
  // A constant column is 0, whatever rounding makes of its middle.
  for (Index c = 0; c < rows.cols(); ++c)
    if (low[c] == high[c]) rows.col(c).setZero();
  const double most = rows.cwiseAbs().maxCoeff();
  if (!(most > 0)) return rows;
  const int exponent = std::ilogb(most);
  return rows.unaryExpr([exponent](double x) { return std::ldexp(x, -exponent); });
}

/// Calls `work` with the rows as they are where T can hold their squared distances, or else brought to scale in
/// double: for what does not depend on units, nor on where 0 is. Returns what `work` returns.
template<class T, class Work>
auto with_moderate(const RowMatrixView<T>& points, const Work& work) {
  // In float a neighbour's distance, too, keeps its digits when it is a millionth of the span.
  constexpr T slack = 1000000;
  if (points.cwiseAbs().maxCoeff() <= most_moderate<T>(points.cols())) {
    const T span = widest_span(points);
    if (span == 0 || span >= slack * least_moderate<T>()) return work(points);
  }
  const RowMatrix<double> rows = to_scale(points);
  return work(
      RowMatrixView<double>(rows.data(), rows.rows(), rows.cols(), Eigen::OuterStride<>(rows.cols())));
}

/// The same for whatever rows there are, checked as in `with_points`.
template<Rows X, class Work>
auto with_moderate_points(const X& points, const char* name, const Work& work) {
  return with_points(points, name, [&](const auto& view) { return with_moderate(view, work); });
}

}  // namespace lifelog::manifold::detail
