// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "../core/points.hpp"
#include "detail/neighbour_tree.hpp"

namespace lifelog::manifold {

/// The k nearest of a set of rows for each of n queries, nearest first; of equally far ones, the lowest index first.
struct Neighbours {
  /// [n, k]
  RowMatrix<int> index;
  /// [n, k], Euclidean, ascending along a row.
  RowMatrix<double> squared_distance;
};

namespace detail {

inline auto store_in(Neighbours& result) {
  return [&](Index row, const auto& entries) {
    for (Index r = 0; r < result.index.cols(); ++r) {
      result.index(row, r) = entries[static_cast<std::size_t>(r)].row;
      result.squared_distance(row, r) = static_cast<double>(entries[static_cast<std::size_t>(r)].distance);
    }
  };
}

template<class T>
Neighbours nearest_neighbours(const RowMatrixView<T>& points, Index k, int threads) {
  const Index n = points.rows();
  require(k >= 0 && k < n, "k: expected 0..", n - 1, " (one less than the number of rows), got ", k);
  Neighbours result{RowMatrix<int>(n, k), RowMatrix<double>(n, k)};
  if (k > 0) NeighbourTree<T>(points).search_itself(k, threads, store_in(result));
  return result;
}

}  // namespace detail

/// The k nearest other rows of each row, exact: all pairs are compared a register at a time, except those that
/// the boxes of a k-d tree rule out. At most O(n² d) time; O(n log n) in few dimensions; O(n (d + k)) memory.
/// Distances are in the scalar of `points`.
///
/// points: [n, d], finite; 0 ≤ k < n; threads: 0 = all there are, results do not depend on it.
template<Rows X>
Neighbours nearest_neighbours(const X& points, Index k, int threads = 0) {
  return detail::with_points(points, "points",
                             [&](const auto& view) { return detail::nearest_neighbours(view, k, threads); });
}

}  // namespace lifelog::manifold
