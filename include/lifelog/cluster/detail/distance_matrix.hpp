// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "../../core/distance.hpp"
#include "../../core/parallel.hpp"

namespace lifelog::inline LIFELOG_ABI::cluster::detail {

using namespace lifelog::detail;

/// Euclidean distances between all pairs of rows, each once: n(n − 1)/2 numbers, the same bits on all machines.
LIFELOG_LAZY class DistanceMatrix {
 public:
  template<class T>
  DistanceMatrix(const RowMatrixView<T>& points, int threads)
      : rows_(points.rows()), values_(static_cast<std::size_t>(rows_ * (rows_ - 1) / 2)) {
    constexpr Index width = RowBlocks<double>::width, height = RowTiles<double>::height;
    const RowMatrix<double> exact = points.template cast<double>();
    const RowBlocks<double> blocks(
        RowMatrixView<double>(exact.data(), rows_, exact.cols(), Eigen::OuterStride<>(exact.cols())));
    const RowTiles<double> tiles(exact);
    parallel_for(piece_count(height, rows_), threads, [&](Index t) {
      const auto [begin, end] = piece_of(t, height, rows_);
      for (Index block = begin / width; block * width < rows_; ++block) {
        simd::Packet<double> sum[height][2];
        squared_distances<double, height, RoundedSquares>(blocks.block(block), tiles.tile(t), exact.cols(),
                                                          sum);
        const Index last = std::min(rows_, (block + 1) * width);
        for (Index i = begin; i < end; ++i) {
          double squared[width];
          simd::store(squared, sum[i - begin][0]);
          simd::store(squared + width / 2, sum[i - begin][1]);
          for (Index j = std::max(i + 1, block * width); j < last; ++j)
            (*this)(i, j) = std::sqrt(squared[j - block * width]);
        }
      }
    });
  }

  Index rows() const { return rows_; }

  /// i and j differ; their order does not matter.
  double& operator()(Index i, Index j) {
    if (i > j) std::swap(i, j);
    return values_[static_cast<std::size_t>(i * (2 * rows_ - i - 3) / 2 + j - 1)];
  }

 private:
  Index rows_;
  std::vector<double> values_;
};

}  // namespace lifelog::cluster::detail
