// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <vector>

#include "../../core/distance.hpp"
#include "../../core/parallel.hpp"

namespace lifelog::cluster::detail {

using namespace lifelog::detail;

/// Rows in SIMD order: as they are, for their distances, or relative to a point among them, for their scores.
template<class T>
class SearchedRows {
 public:
  static constexpr int width = RowBlocks<T>::width;

  SearchedRows(const RowMatrixView<T>& points, bool scored)
      : rows_(points.rows()),
        blocks_(points.rows(), points.cols()),
        origin_(Eigen::RowVectorX<T>::Zero(points.cols())) {
    if (scored) origin_ = rough_mean(points);
    half_norms_.resize(scored ? static_cast<std::size_t>(blocks() * width) : 0);
    Eigen::RowVectorX<T> row(points.cols());
    for (Index i = 0; i < points.rows(); ++i) {
      row = points.row(i) - origin_;
      blocks_.set_row(i, row.data());
      if (scored) half_norms_[static_cast<std::size_t>(i)] = row.squaredNorm() / 2;
    }
  }

  const T* block(Index b) const { return blocks_.block(b); }

  Index blocks() const { return piece_count(width, rows_); }

  /// What the rows of blocks are relative to.
  const Eigen::RowVectorX<T>& origin() const { return origin_; }

  bool scored() const { return !half_norms_.empty(); }

  /// ‖x‖²/2 of the i-th row and those after it, to whole blocks; only where they are scored.
  const T* half_norms(Index i) const { return half_norms_.data() + i; }

 private:
  static Eigen::RowVectorX<T> rough_mean(const RowMatrixView<T>& points) {
    const Index step = std::max<Index>(1, points.rows() / 1024);
    Eigen::RowVectorXd sum = Eigen::RowVectorXd::Zero(points.cols());
    Index rows = 0;
    for (Index i = 0; i < points.rows(); i += step, ++rows) sum += points.row(i).template cast<double>();
    return (sum / static_cast<double>(rows)).template cast<T>();
  }

  Index rows_;
  RowBlocks<T> blocks_;
  Eigen::RowVectorX<T> origin_;
  std::vector<T> half_norms_;
};

}  // namespace lifelog::cluster::detail
