// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "../core/parallel.hpp"
#include "detail/distance_sums.hpp"
#include "detail/scaled_points.hpp"
#include "detail/sums.hpp"

namespace lifelog::inline LIFELOG_ABI::cluster {

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

// Those that occur, ascending.
LIFELOG_LAZY Eigen::VectorXi different(const Eigen::VectorXi& values) {
  std::vector<int> all(values.begin(), values.end());
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return Eigen::Map<const Eigen::VectorXi>(all.data(), static_cast<Index>(all.size()));
}

LIFELOG_LAZY Index place_of(int value, const Eigen::VectorXi& ascending) {
  return std::lower_bound(ascending.begin(), ascending.end(), value) - ascending.begin();
}

// Labels without gaps, and the rows of each.
struct Members {
  Eigen::VectorXi own;
  std::vector<std::vector<Index>> rows;

  explicit Members(const Eigen::VectorXi& labels) : own(labels.size()) {
    const auto present = different(labels);
    rows.resize(static_cast<std::size_t>(present.size()));
    for (Index i = 0; i < labels.size(); ++i) {
      own[i] = static_cast<int>(place_of(labels[i], present));
      rows[static_cast<std::size_t>(own[i])].push_back(i);
    }
  }
};

LIFELOG_LAZY double silhouette_of(double within, double next) {
  const double larger = std::max(within, next);
  return larger > 0 ? (next - within) / larger : 0;
}

template<class T>
Members checked_members(const RowMatrixView<T>& points, const Eigen::VectorXi& labels) {
  require(labels.size() == points.rows(), "labels: expected one for each of ", points.rows(), " rows, got ",
          labels.size());
  Members members(labels);
  require(members.rows.size() > 1, "labels: expected at least two clusters, got ", members.rows.size());
  return members;
}

LIFELOG_LAZY SilhouetteResult with_mean(Eigen::VectorXd samples) {
  double sum = 0;
  for (const double sample : samples) sum += sample;
  const double mean = sum / static_cast<double>(samples.size());
  return {std::move(samples), mean};
}

template<class T>
SilhouetteResult silhouette(const RowMatrixView<T>& points, const Eigen::VectorXi& labels, int threads) {
  const Members members = checked_members(points, labels);
  Eigen::VectorXd samples(points.rows());
  DistanceSums<T>(points, members.rows).each(threads, [&](Index row, const auto& sums) {
    const auto own = static_cast<Index>(members.own[row]);
    double within = 0, next = std::numeric_limits<double>::infinity();
    for (Index c = 0; c < sums.size(); ++c) {
      const auto size = static_cast<double>(members.rows[static_cast<std::size_t>(c)].size());
      if (c != own)
        next = std::min(next, sums[c] / size);
      else if (size > 1)
        within = sums[c] / (size - 1);
    }
    samples[row] = members.rows[static_cast<std::size_t>(own)].size() > 1 ? silhouette_of(within, next) : 0;
  });
  return with_mean(std::move(samples));
}

// Means of the rows of each cluster, and how far from them what is equal but for rounding may lie.
struct ClusterMeans {
  RowMatrix<double> means;   // [clusters, d]
  Eigen::VectorXd rounding;  // [clusters]

  template<class T>
  ClusterMeans(const RowMatrixView<T>& points, const Members& members) {
    const auto count = static_cast<Index>(members.rows.size());
    // Long sums of equal rows must not drift away from them.
    const Eigen::VectorXd unweighted;
    ClusterSums<T> sums(points, unweighted, count, 1);
    std::vector<Change> all;
    for (Index i = 0; i < points.rows(); ++i) all.push_back({i, -1, members.own[i]});
    sums.apply(0, all);
    const auto totals = sums.totals();
    means = totals.sum.array().colwise() / totals.weight.array();
    rounding = Eigen::VectorXd::Zero(count);
    for (Index i = 0; i < points.rows(); ++i)
      rounding[members.own[i]] += points.row(i).template cast<double>().norm();
    rounding.array() *= static_cast<double>(std::numeric_limits<T>::epsilon()) / totals.weight.array();
  }

  Index count() const { return means.rows(); }
};

template<class T>
SilhouetteResult simplified_silhouette(const RowMatrixView<T>& points, const Eigen::VectorXi& labels,
                                       int threads) {
  const Members members = checked_members(points, labels);
  const ClusterMeans clusters(points, members);
  Eigen::VectorXd samples(points.rows());
  constexpr Index size = 256;
  parallel_for(piece_count(size, points.rows()), threads, [&](Index p) {
    const auto [begin, end] = piece_of(p, size, points.rows());
    for (Index i = begin; i < end; ++i) {
      double next = std::numeric_limits<double>::infinity(), within = 0;
      const Eigen::RowVectorXd row = points.row(i).template cast<double>();
      for (Index c = 0; c < clusters.count(); ++c) {
        double distance = (row - clusters.means.row(c)).norm();
        if (distance <= clusters.rounding[c]) distance = 0;
        c == members.own[i] ? within = distance : next = std::min(next, distance);
      }
      samples[i] =
          members.rows[static_cast<std::size_t>(members.own[i])].size() > 1 ? silhouette_of(within, next) : 0;
    }
  });
  return with_mean(std::move(samples));
}

}  // namespace detail

/// Silhouettes (Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster
/// analysis", 1987) with Euclidean distance: exact, O(n² d) time, O(n d) memory. Distances are in the scalar
/// of `points`, sums in double. A row alone in its cluster has 0, and so has one at distance 0 from
/// everything.
///
/// points: [n, d], finite, of any size; labels: [n], ≥ 0, any of them may be unused; at least two clusters.
template<Rows X, Rows L>
SilhouetteResult silhouette(const X& points, const L& labels, const SilhouetteOptions& options = {}) {
  return detail::with_scaled_points(points, "points", [&](const auto& view, int) {
    return detail::silhouette(view, detail::labels_of(labels, "labels"), options.threads);
  });
}

/// The same with the distances to clusters' means instead of mean distances to their rows: O(n k d) time. By
/// Hruschka, de Castro & Campello ("Evolutionary algorithms for clustering gene-expression data", 2004). Distances
/// are in double; one that rounding the rows of the cluster explains (the scalar's epsilon times their mean norm) is 0.
template<Rows X, Rows L>
SilhouetteResult simplified_silhouette(const X& points, const L& labels,
                                       const SilhouetteOptions& options = {}) {
  return detail::with_scaled_points(points, "points", [&](const auto& view, int) {
    return detail::simplified_silhouette(view, detail::labels_of(labels, "labels"), options.threads);
  });
}

}  // namespace lifelog::cluster
