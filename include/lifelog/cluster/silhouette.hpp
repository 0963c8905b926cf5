// SPDX-License-Identifier: MIT
#pragma once

#include <limits>
#include <vector>

#include "../core/distance.hpp"
#include "../core/parallel.hpp"
#include "../core/points.hpp"

namespace lifelog::cluster {

struct SilhouetteOptions {
  /// 0: all there are. Results do not depend on it.
  int threads = 0;
};

struct SilhouetteResult {
  /// [n], −1 … 1: how much nearer a row is to its own cluster than to the next.
  Eigen::VectorXd samples;
  /// Of `samples`.
  double mean = 0;
};

namespace detail {

using namespace lifelog::detail;

template<class T>
using PackedCluster = PackedRows<T, 16>;

// The rows of each label that occurs, by label; `own[i]` is set to the place of row i's cluster.
template<class T>
std::vector<PackedCluster<T>> pack_clusters(const RowMatrixView<T>& points, const Eigen::VectorXi& labels,
                                            std::vector<std::size_t>& own) {
  std::vector<Index> size(static_cast<std::size_t>(labels.maxCoeff()) + 1, 0);
  for (const int label : labels) ++size[static_cast<std::size_t>(label)];
  std::vector<std::size_t> place(size.size());
  std::vector<PackedCluster<T>> clusters;
  for (std::size_t label = 0; label < size.size(); ++label) {
    place[label] = clusters.size();
    if (size[label] > 0) clusters.emplace_back(size[label], points.cols());
  }
  std::vector<Index> filled(clusters.size(), 0);
  own.resize(static_cast<std::size_t>(labels.size()));
  for (Index i = 0; i < labels.size(); ++i) {
    const auto c = own[static_cast<std::size_t>(i)] = place[static_cast<std::size_t>(labels[i])];
    clusters[c].set_row(filled[c]++, points.row(i));
  }
  return clusters;
}

template<class T>
double summed_distance(const PackedCluster<T>& cluster, const T* row) {
  double sum = 0;
  for (Index panel = 0; panel < cluster.panels(); ++panel) {
    const typename PackedCluster<T>::Lanes distances = cluster.squared_distances(panel, row).sqrt();
    for (Index lane = 0; lane < cluster.valid(panel); ++lane) sum += static_cast<double>(distances[lane]);
  }
  return sum;
}

template<class T>
double silhouette_of(const std::vector<PackedCluster<T>>& clusters, std::size_t own, const T* row) {
  if (clusters[own].rows() == 1) return 0;
  double within = 0, next = std::numeric_limits<double>::infinity();
  for (std::size_t c = 0; c < clusters.size(); ++c) {
    const double sum = summed_distance(clusters[c], row);
    if (c == own)
      within = sum / static_cast<double>(clusters[c].rows() - 1);
    else
      next = std::min(next, sum / static_cast<double>(clusters[c].rows()));
  }
  const double larger = std::max(within, next);
  return larger > 0 ? (next - within) / larger : 0;
}

template<class T>
SilhouetteResult silhouette(const RowMatrixView<T>& points, const Eigen::VectorXi& labels, int threads) {
  require(labels.size() == points.rows(), "labels: expected one for each of ", points.rows(), " rows, got ",
          labels.size());
  std::vector<std::size_t> own;
  const auto clusters = pack_clusters(points, labels, own);
  require(clusters.size() > 1, "labels: expected at least two clusters, got ", clusters.size());
  SilhouetteResult result{Eigen::VectorXd(points.rows()), 0};
  constexpr Index size = 64;
  parallel_for(piece_count(size, points.rows()), threads, [&](Index p) {
    const auto [begin, end] = piece_of(p, size, points.rows());
    for (Index i = begin; i < end; ++i)
      result.samples[i] = silhouette_of(clusters, own[static_cast<std::size_t>(i)], points.row(i).data());
  });
  for (const double sample : result.samples) result.mean += sample;
  result.mean /= static_cast<double>(points.rows());
  return result;
}

}  // namespace detail

/// Silhouettes (Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster
/// analysis", 1987) with Euclidean distance: exact, O(n² d) time, O(n d) memory. Distances are in the scalar
/// of `points`, sums in double. A row alone in its cluster has 0, and so has one at distance 0 from
/// everything.
///
/// points: [n, d], finite; labels: [n], ≥ 0, any of them may be unused; at least two clusters.
template<Rows X, Rows L>
SilhouetteResult silhouette(const X& points, const L& labels, const SilhouetteOptions& options = {}) {
  return detail::with_points(points, "points", [&](const auto& view) {
    return detail::silhouette(view, detail::labels_of(labels, "labels"), options.threads);
  });
}

}  // namespace lifelog::cluster
