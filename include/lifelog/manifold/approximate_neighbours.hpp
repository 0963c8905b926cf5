// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>

#include "../core/finite.hpp"
#include "detail/neighbour_graph.hpp"
#include "neighbours.hpp"

namespace lifelog::inline LIFELOG_ABI::manifold {

enum class NeighbourSearch {
  automatic,    ///< approximate from 100,000 rows of 16 columns on, where an exact search takes longer
  exact,        ///< `nearest_neighbours`
  approximate,  ///< `approximate_neighbours`
};

struct ApproximateOptions {
  /// Random-projection trees to start from.
  int trees = 6;
  /// Of a row's neighbours, how many of each kind a round looks through. 0: 500 / k, within 8 … 30; the more
  /// neighbours there are, the fewer have to be asked.
  Index candidates = 0;
  /// Rounds end when fewer than this share of links change, or after `rounds`.
  double tolerance = 0.002;
  int rounds = 12;
  std::uint64_t seed = 0;
  /// 0: all there are. Results do not depend on it.
  int threads = 0;
};

namespace detail {

template<class T>
Neighbours approximate_neighbours(const RowMatrixView<T>& points, Index k,
                                  const ApproximateOptions& options) {
  const Index n = points.rows();
  require(options.trees >= 1, "trees: expected at least 1, got ", options.trees);
  require(options.candidates >= 0, "candidates: expected at least 0, got ", options.candidates);
  require(options.rounds >= 0, "rounds: expected at least 0, got ", options.rounds);
  require(!lifelog::detail::is_nan(options.tolerance) && options.tolerance >= 0,
          "tolerance: expected at least 0, got ", options.tolerance);
  // Few rows, or many neighbours, leave nothing to be gained.
  if (n < 2000 || k < 1 || 8 * k > n) return nearest_neighbours(points, k, options.threads);
  require_moderate(points, "points");
  NeighbourGraph<T> graph(points, k, options.threads);
  const Index candidates = options.candidates > 0 ? options.candidates : std::clamp<Index>(500 / k, 8, 30);
  const Random root(options.seed);
  for (int tree = 0; tree < options.trees; ++tree) graph.plant(tree, root);
  for (int round = 0; round < options.rounds; ++round) {
    const Index changes = graph.improve(candidates, root.fork(static_cast<std::uint64_t>(1000 + round)));
    if (static_cast<double>(changes) <= options.tolerance * static_cast<double>(n * k)) break;
  }
  Neighbours result{RowMatrix<int>(n, k), RowMatrix<double>(n, k)};
  graph.each(store_in(result));
  return result;
}

template<class T>
Neighbours neighbours_by(NeighbourSearch search, const RowMatrixView<T>& points, Index k, std::uint64_t seed,
                         int threads) {
  const bool large = points.rows() >= 100000 && points.cols() >= 16;
  if (search == NeighbourSearch::approximate || (search == NeighbourSearch::automatic && large))
    return approximate_neighbours(points, k, {.seed = seed, .threads = threads});
  return nearest_neighbours(points, k, threads);
}

}  // namespace detail

/// Nearly the k nearest other rows of each row, for data of so many rows and columns that an exact search takes too
/// long: neighbours of neighbours, from random-projection trees on. Distances are exact, in the scalar of `points`; a
/// few of the neighbours may be missed for others a little farther.
///
/// points: [n, d], finite, squared distances too; 0 ≤ k < n. Below 2000 rows or 8 k the search is exact.
template<Rows X>
Neighbours approximate_neighbours(const X& points, Index k, const ApproximateOptions& options = {}) {
  return detail::with_points(
      points, "points", [&](const auto& view) { return detail::approximate_neighbours(view, k, options); });
}

}  // namespace lifelog::manifold
