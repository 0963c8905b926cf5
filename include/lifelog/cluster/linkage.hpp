// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "detail/distance_matrix.hpp"
#include "detail/spanning_chain.hpp"
#include "tree.hpp"

namespace lifelog::inline LIFELOG_ABI::cluster {

/// What the distance between two clusters is, made of the Euclidean distances between their rows.
enum class LinkageMethod {
  single,    ///< the least; O(n d) memory
  complete,  ///< the greatest; n(n − 1)/2 distances in memory
  average,   ///< the mean (UPGMA); n(n − 1)/2 distances in memory
  /// Ward's, as `ward` has it, but by Lance and Williams's recurrence on n(n − 1)/2 distances in memory: slower, and
  /// equal to SciPy where many distances are equal, too.
  ward,
};

struct LinkageOptions {
  LinkageMethod method = LinkageMethod::average;
  /// 0: all there are. Results do not depend on it.
  int threads = 0;
};

namespace detail {

using namespace lifelog::detail;

// Distance of cluster i to x and y together (Lance & Williams, "A general theory of classificatory sorting strategies",
// 1967). Products are rounded before they are summed, as SciPy's are.
struct LanceWilliams {
  LinkageMethod method;

  double operator()(double to_x, double to_y, double between, double x, double y, double i) const {
    if (method == LinkageMethod::complete) return std::max(to_x, to_y);
    if (method == LinkageMethod::average)
      return (simd::rounded(x * to_x) + simd::rounded(y * to_y)) / (x + y);
    const double t = 1 / (x + y + i);
    return std::sqrt(simd::rounded((i + x) * t * to_x * to_x) + simd::rounded((i + y) * t * to_y * to_y) -
                     simd::rounded(i * t * between * between));
  }
};

// Nearest-neighbour chain on a matrix of distances. A cluster is known by its highest leaf.
LIFELOG_LAZY std::vector<Merge> chain_merges(DistanceMatrix<>& distances, LanceWilliams together) {
  std::vector<Index> living(static_cast<std::size_t>(distances.rows())), chain;
  std::iota(living.begin(), living.end(), Index{0});
  std::vector<double> size(living.size(), 1);
  std::vector<Merge> merges;
  const auto gone = [&](Index i) { return size[static_cast<std::size_t>(i)] == 0; };
  while (living.size() > 1) {
    // A mean may round to less than what it is of: a chain may then have come back to a cluster that it had passed.
    if (std::any_of(chain.end() - std::min<std::ptrdiff_t>(2, std::ssize(chain)), chain.end(), gone))
      chain.clear();
    if (chain.empty()) chain.push_back(living.front());
    const Index last = chain.back(), before = chain.size() > 1 ? chain[chain.size() - 2] : -1;
    double least = before >= 0 ? distances(last, before) : std::numeric_limits<double>::infinity();
    Index nearest = before;
    for (const Index i : living)
      if (i != last && distances(last, i) < least) least = distances(last, nearest = i);
    if (nearest != before) {
      chain.push_back(nearest);
      continue;
    }
    chain.resize(chain.size() - 2);
    const Index low = std::min(last, before), high = std::max(last, before);
    double &low_size = size[static_cast<std::size_t>(low)], &high_size = size[static_cast<std::size_t>(high)];
    living.erase(std::lower_bound(living.begin(), living.end(), low));
    for (const Index i : living)
      if (i != high)
        distances(i, high) = together(distances(i, low), distances(i, high), least, low_size, high_size,
                                      size[static_cast<std::size_t>(i)]);
    high_size += low_size;
    low_size = 0;
    merges.push_back({low, high, least, 0});
  }
  return merges;
}

template<class T>
std::vector<Merge> linkage_merges(const RowMatrixView<T>& points, const LinkageOptions& options) {
  if (options.method == LinkageMethod::single) return SpanningChain(points).merges();
  DistanceMatrix distances(points, options.threads);
  return chain_merges(distances, {options.method});
}

}  // namespace detail

/// Hierarchical clustering by single, complete or average linkage, or Ward's on distances: O(n²) distances and at most
/// 3 n searches of O(n). Single linkage is Prim's minimum spanning tree (Rohlf, "Hierarchical clustering using the
/// minimum spanning tree", 1973), the others the nearest-neighbour chain (Murtagh, "A survey of recent advances in
/// hierarchical clustering algorithms", 1983).
///
/// points: [n, d], finite, n ≥ 1, of any size (see Tree::heights_in_range). The tree is SciPy's, ties included: of
/// equally near clusters the chain takes its own predecessor, then the one with the lowest highest leaf. Merges and heights
/// of single, complete and average linkage are SciPy's to the bit (of its builds without fused multiply-adds, such as
/// those for x86-64), and the same on every machine; compilers that may reorder sums (-ffast-math) are free to break that.
/// Throws std::invalid_argument for anything else.
///
///     Eigen::MatrixXf points = Eigen::MatrixXf::Random(100, 3);
///     auto tree = lifelog::cluster::linkage(points, {.method = lifelog::cluster::LinkageMethod::complete});
///     Eigen::VectorXi near = tree.cut_height(0.5);  // no two rows of a cluster farther apart than that
template<Rows X>
Tree linkage(const X& points, const LinkageOptions& options = {}) {
  return detail::with_scaled_points(points, "points", [&](const auto& view, int exponent) {
    return detail::unscaled(detail::tree_from(view.rows(), detail::linkage_merges(view, options)), exponent);
  });
}

}  // namespace lifelog::cluster
