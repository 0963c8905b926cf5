// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

#include "../../core/parallel.hpp"
#include "nearest.hpp"

namespace lifelog::inline LIFELOG_ABI::cluster::detail {

/// Rows to a piece: at most 16 pieces, none too small to be worth a thread's while, none that shares a block of
/// lanes with another; a function of n alone.
LIFELOG_LAZY Index labelling_piece(Index rows) {
  constexpr Index lanes = 64;
  return std::max<Index>(512, (rows + 16 * lanes - 1) / (16 * lanes) * lanes);
}

/// The nearest centre of each row, the lowest of equals. centres: [k, d] → [n].
template<class T>
Eigen::VectorXi nearest_centres(const RowMatrixView<T>& points, const RowMatrix<double>& centres,
                                int threads) {
  const RowTiles<T> tiles(centres);
  Eigen::VectorXi labels(points.rows());
  const Index size = labelling_piece(points.rows());
  parallel_for(piece_count(size, points.rows()), threads, [&](Index p) {
    constexpr Index width = RowBlocks<T>::width;
    const auto [begin, end] = piece_of(p, size, points.rows());
    RowBlocks<T> block(width, points.cols());
    for (Index row = begin; row < end; row += width) {
      const Index lanes = std::min(width, end - row);
      for (Index lane = 0; lane < lanes; ++lane) block.set_row(lane, points.row(row + lane).data());
      Nearest<T> nearest;
      NearestKernel<T>::run(block.block(0), tiles, nearest);
      for (Index lane = 0; lane < lanes; ++lane) labels[row + lane] = static_cast<int>(nearest.index[lane]);
    }
  });
  return labels;
}

}  // namespace lifelog::cluster::detail
