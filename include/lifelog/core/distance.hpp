// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

#include "matrix.hpp"

namespace lifelog::detail {

/// A copy of rows laid out so that the distances from one query to `Width` of them are computed side by side,
/// one in each SIMD lane: panel p holds rows [p·Width, (p+1)·Width), column by column. Differences are
/// squared and summed in column order (no ‖a‖² − 2ab + ‖b‖²), so close points lose no digits, d(a, b) = d(b,
/// a) to the bit and d(a, a) = 0.
template<class T, int Width>
class PackedRows {
 public:
  using Lanes = Eigen::Array<T, Width, 1>;
  static constexpr int width = Width;

  /// Room for `rows` × `cols`, all zero.
  PackedRows(Index rows, Index cols)
      : rows_(rows),
        cols_(cols),
        values_(decltype(values_)::Zero(Width, (rows + Width - 1) / Width * cols)) {}

  template<class Derived>
  explicit PackedRows(const Eigen::MatrixBase<Derived>& rows) : PackedRows(rows.rows(), rows.cols()) {
    for (Index i = 0; i < rows_; ++i) set_row(i, rows.row(i));
  }

  Index rows() const { return rows_; }
  Index panels() const { return (rows_ + Width - 1) / Width; }

  /// How many lanes of a panel are rows; the others are padding and hold nothing of meaning.
  Index valid(Index panel) const { return std::min<Index>(Width, rows_ - panel * Width); }

  template<class Derived>
  void set_row(Index row, const Eigen::MatrixBase<Derived>& values) {
    for (Index j = 0; j < cols_; ++j) (*this)(row, j) = static_cast<T>(values.coeff(0, j));
  }

  T& operator()(Index row, Index col) { return values_(row % Width, row / Width * cols_ + col); }
  T operator()(Index row, Index col) const { return values_(row % Width, row / Width * cols_ + col); }

  /// Squared distances from `query` (cols numbers) to the rows of a panel.
  Lanes squared_distances(Index panel, const T* query) const {
    Lanes sum = Lanes::Zero();
    for (Index j = 0; j < cols_; ++j) sum += (values_.col(panel * cols_ + j) - query[j]).square();
    return sum;
  }

 private:
  Index rows_, cols_;
  Eigen::Array<T, Width, Eigen::Dynamic> values_;
};

}  // namespace lifelog::detail
