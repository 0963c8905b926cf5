// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "../core/distance.hpp"
#include "../core/parallel.hpp"
#include "../core/points.hpp"

namespace lifelog::manifold {

/// The k nearest other rows of each of n rows, nearest first; of equally far ones, the lowest index first.
struct Neighbours {
  /// [n, k]
  RowMatrix<int> index;
  /// [n, k], Euclidean, ascending along a row.
  RowMatrix<double> squared_distance;
};

namespace detail {

using namespace lifelog::detail;

template<class T>
Neighbours nearest_neighbours(const RowMatrixView<T>& points, Index k, int threads) {
  const Index n = points.rows();
  require(k >= 0 && k < n, "k: expected 0..", n - 1, " (one less than the number of rows), got ", k);
  using Packed = PackedRows<T, 16>;
  const Packed packed(points);
  Neighbours result{RowMatrix<int>(n, k), RowMatrix<double>(n, k)};
  constexpr Index size = 32;
  parallel_for(piece_count(size, n), threads, [&](Index p) {
    std::vector<std::pair<T, int>> others(static_cast<std::size_t>(n));
    const auto [begin, end] = piece_of(p, size, n);
    for (Index i = begin; i < end; ++i) {
      others.clear();
      for (Index panel = 0; panel < packed.panels(); ++panel) {
        const auto distances = packed.squared_distances(panel, points.row(i).data());
        for (Index lane = 0; lane < packed.valid(panel); ++lane)
          if (const Index j = panel * Packed::width + lane; j != i)
            others.emplace_back(distances[lane], static_cast<int>(j));
      }
      const auto last = others.begin() + k;
      if (k < n - 1) std::nth_element(others.begin(), last, others.end());
      std::sort(others.begin(), last);
      for (Index r = 0; r < k; ++r) {
        result.index(i, r) = others[static_cast<std::size_t>(r)].second;
        result.squared_distance(i, r) = static_cast<double>(others[static_cast<std::size_t>(r)].first);
      }
    }
  });
  return result;
}

}  // namespace detail

/// Exact nearest neighbours by comparing all pairs: O(n² d) time, O(n (d + k)) memory. Distances are in the
/// scalar of `points`.
///
/// points: [n, d], finite; 0 ≤ k < n; threads: 0 = all there are, results do not depend on it.
template<Rows X>
Neighbours nearest_neighbours(const X& points, Index k, int threads = 0) {
  return detail::with_points(points, "points",
                             [&](const auto& view) { return detail::nearest_neighbours(view, k, threads); });
}

}  // namespace lifelog::manifold
