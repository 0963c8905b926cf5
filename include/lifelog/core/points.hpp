// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include "finite.hpp"
#include "matrix.hpp"

namespace lifelog::inline LIFELOG_ABI::detail {

/// Throws unless every coordinate is finite; the message names the first row and column that are not.
template<class T>
void require_finite(const RowMatrixView<T>& points, const char* name) {
  // Rows that lie end to end are one long row.
  const bool end_to_end = points.outerStride() == points.cols() || points.rows() == 1;
  if (end_to_end && all_finite(points.data(), points.size())) return;
  for (Index i = 0; i < points.rows(); ++i) {
    if (all_finite(points.data() + i * points.outerStride(), points.cols())) continue;
    for (Index j = 0; j < points.cols(); ++j)
      require(is_finite(points(i, j)), name, ": expected finite numbers, got ", points(i, j), " in row ", i,
              ", column ", j);
  }
}

/// Calls `work(view)` with `x` seen as rows of float or double (other scalars are converted to double once),
/// after checking that there is a row and a column and that all is finite. Returns what `work` returns.
template<Rows X, class Work>
auto with_points(const X& x, const char* name, Work&& work) {
  const RowsOf<X> rows(x);
  using T = typename RowsOf<X>::Scalar;
  const auto checked = [&](const auto& view) {
    require(view.rows() > 0 && view.cols() > 0, name, ": expected at least one row and one column, got ",
            view.rows(), " x ", view.cols());
    require_finite(view, name);
    return work(view);
  };
  if constexpr (std::is_same_v<T, float> || std::is_same_v<T, double>) {
    return checked(rows.view());
  } else {
    const RowMatrix<double> converted = rows.view().template cast<double>();
    return checked(RowMatrixView<double>(converted.data(), converted.rows(), converted.cols(),
                                         Eigen::OuterStride<>(converted.cols())));
  }
}

/// A vector of integers (Eigen or xtensor, any integral scalar) as Eigen's, each within [lowest, highest].
template<Rows X>
Eigen::VectorXi labels_of(const X& x, const char* name, int lowest = 0,
                          int highest = std::numeric_limits<int>::max()) {
  static_assert(std::is_integral_v<typename RowsOf<X>::Scalar>, "labels are integers");
  const RowsOf<X> rows(x);
  const auto& view = rows.view();
  require(view.rows() == 1 || view.cols() == 1 || view.size() == 0, name, ": expected a vector, got ",
          view.rows(), " x ", view.cols());
  Eigen::VectorXi labels(view.size());
  for (Index i = 0; i < labels.size(); ++i) {
    const auto value = static_cast<std::int64_t>(view.cols() == 1 ? view(i, 0) : view(0, i));
    require(value >= lowest && value <= highest, name, ": expected ", lowest, "..", highest, ", got ", value,
            " at ", i);
    labels[i] = static_cast<int>(value);
  }
  return labels;
}

}  // namespace lifelog::detail
