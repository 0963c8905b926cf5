// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "../core/points.hpp"
#include "detail/moderate.hpp"
#include "detail/neighbour_tree.hpp"

namespace lifelog::inline LIFELOG_ABI::manifold {

/// The k nearest of a set of rows for each of n queries, nearest first; of equally far ones, the lowest index first.
struct Neighbours {
  /// [n, k]
  RowMatrix<int> index;
  /// [n, k], Euclidean, ascending along a row.
  RowMatrix<double> squared_distance;
};

namespace detail {

LIFELOG_LAZY RowMatrixView<double> view_of(const RowMatrix<double>& rows) {
  return {rows.data(), rows.rows(), rows.cols(), Eigen::OuterStride<>(rows.cols())};
}

LIFELOG_LAZY auto store_in(Neighbours& result) {
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
  require_moderate(points, "points");
  Neighbours result{RowMatrix<int>(n, k), RowMatrix<double>(n, k)};
  if (k > 0) NeighbourTree<T>(points).search_itself(k, threads, store_in(result));
  return result;
}

template<class Q, class T>
Neighbours nearest_neighbours_among(const RowMatrixView<Q>& queries, const RowMatrixView<T>& points, Index k,
                                    int threads) {
  if constexpr (std::is_same_v<Q, T>) {
    require(queries.cols() == points.cols(), "queries: expected ", points.cols(),
            " columns, as points have, got ", queries.cols());
    require(k >= 0 && k <= points.rows(), "k: expected 0..", points.rows(), " (the number of points), got ",
            k);
    require_moderate(points, "points");
    require_within(queries, "queries");
    Neighbours result{RowMatrix<int>(queries.rows(), k), RowMatrix<double>(queries.rows(), k)};
    if (k > 0) NeighbourTree<T>(points).search(queries, k, threads, store_in(result));
    return result;
  } else {
    const RowMatrix<double> q = queries.template cast<double>(), x = points.template cast<double>();
    return nearest_neighbours_among(view_of(q), view_of(x), k, threads);
  }
}

template<class T>
Neighbours neighbours_from_distances(const RowMatrixView<T>& distances, Index k, int threads) {
  const Index n = distances.rows();
  require(distances.cols() == n, "distances: expected a square, got ", n, " x ", distances.cols());
  require(k >= 0 && k < n, "k: expected 0..", n - 1, " (one less than the number of rows), got ", k);
  double largest = 0;
  for (Index i = 0; i < n; ++i) {
    require((distances.row(i).array() >= 0).all(), "distances: expected none below 0, got one in row ", i);
    for (Index j = 0; j < n; ++j)
      if (j != i) largest = std::max(largest, static_cast<double>(distances(i, j)));
  }
  require(largest == 0 || (largest >= least_moderate<double>() && largest <= most_moderate<double>(1)),
          "distances: expected the largest to be ", least_moderate<double>(), " to ",
          most_moderate<double>(1), ", so that squares are numbers, got ", largest);
  Neighbours result{RowMatrix<int>(n, k), RowMatrix<double>(n, k)};
  const auto store = store_in(result);
  constexpr Index size = 16;
  if (k > 0)
    parallel_for(piece_count(size, n), threads, [&](Index p) {
      const auto [begin, end] = piece_of(p, size, n);
      for (Index i = begin; i < end; ++i) {
        NearestList<double> nearest(k);
        for (Index j = 0; j < n; ++j) {
          const double distance = static_cast<double>(distances(i, j));
          if (j != i) nearest.offer(distance * distance, static_cast<int>(j));
        }
        store(i, nearest.sorted());
      }
    });
  return result;
}

}  // namespace detail

/// The k nearest other rows of each row, exact: all pairs are compared a register at a time, except those that
/// the boxes of a k-d tree rule out. At most O(n² d) time; O(n log n) in few dimensions; O(n (d + k)) memory.
/// Distances are in the scalar of `points`.
///
/// points: [n, d], finite, and their squared distances numbers of that scalar; 0 ≤ k < n; threads: 0 = all there are, results do not depend on it.
template<Rows X>
Neighbours nearest_neighbours(const X& points, Index k, int threads = 0) {
  return detail::with_points(points, "points",
                             [&](const auto& view) { return detail::nearest_neighbours(view, k, threads); });
}

/// The k rows of `points` nearest to each of some other rows, exact, in the same way. Distances are in the common
/// scalar of the two.
///
/// queries: [m, d], points: [n, d], both finite; 0 ≤ k ≤ n.
template<Rows Q, Rows X>
Neighbours nearest_neighbours_among(const Q& queries, const X& points, Index k, int threads = 0) {
  return detail::with_points(points, "points", [&](const auto& view) {
    return detail::with_points(queries, "queries", [&](const auto& others) {
      return detail::nearest_neighbours_among(others, view, k, threads);
    });
  });
}

/// The k nearest other rows by distances that are known already.
///
/// distances: [n, n], of any symmetric kind, finite, ≥ 0, its diagonal unused; 0 ≤ k < n.
template<Rows D>
Neighbours neighbours_from_distances(const D& distances, Index k, int threads = 0) {
  return detail::with_points(distances, "distances", [&](const auto& view) {
    return detail::neighbours_from_distances(view, k, threads);
  });
}

}  // namespace lifelog::manifold
