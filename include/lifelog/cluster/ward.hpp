// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "../core/points.hpp"
#include "detail/centroid_search.hpp"
#include "tree.hpp"

namespace lifelog::cluster {

struct WardOptions {
  /// 0: all there are. Results do not depend on it.
  int threads = 0;
};

namespace detail {

using namespace lifelog::detail;

// Nearest-neighbour chain on centroids. A cluster is known by its highest leaf, as in SciPy, so that ties fall
// alike.
template<class T>
std::vector<Merge> ward_merges(const RowMatrixView<T>& points, int threads) {
  CentroidSearch search(points, threads);
  std::vector<Merge> merges;
  std::vector<Index> chain;
  Index first = 0;
  while (search.clusters() > 1) {
    if (chain.empty()) {
      while (!search.lives(first)) ++first;
      chain.push_back(first);
    }
    const Index last = chain.back(), before = chain.size() > 1 ? chain[chain.size() - 2] : -1;
    const auto [cost, nearest] = search.cheapest(last, before);
    if (nearest != before) {
      chain.push_back(nearest);
      continue;
    }
    chain.resize(chain.size() - 2);
    const Index low = std::min(last, before), high = std::max(last, before);
    search.merge(low, high);
    merges.push_back({low, high, std::sqrt(2 * cost), 0});
  }
  return merges;
}

}  // namespace detail

/// Ward's hierarchical clustering ("Hierarchical grouping to optimize an objective function", 1963) by the
/// nearest-neighbour chain (Murtagh, "A survey of recent advances in hierarchical clustering algorithms",
/// 1983) on centroids: O(n d) memory; at most O(n² d) time, less where rows fill space unevenly or are of
/// few dimensions, because neighbours are searched by boxes.
///
/// points: [n, d], finite, n ≥ 1. Heights are SciPy's, √(2ab/(a+b)) ‖centroid − centroid‖ for clusters of a
/// and b rows, in double; they ascend. Of equally near clusters the chain takes its own predecessor, then the
/// one with the lowest highest leaf, as SciPy does (whose rounding may tell apart what is equal here).
///
///     Eigen::MatrixXf points = Eigen::MatrixXf::Random(100, 3);
///     auto tree = lifelog::cluster::ward(points);
///     Eigen::VectorXi five = tree.cut(5), six = tree.cut(6);  // one tree serves all
template<Rows X>
Tree ward(const X& points, const WardOptions& options = {}) {
  return detail::with_points(points, "points", [&](const auto& view) {
    return detail::tree_from(view.rows(), detail::ward_merges(view, options.threads));
  });
}

}  // namespace lifelog::cluster
