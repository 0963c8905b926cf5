// SPDX-License-Identifier: MIT
#pragma once

#include <limits>
#include <utility>
#include <vector>

#include "../core/parallel.hpp"
#include "../core/points.hpp"
#include "detail/nearest.hpp"

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

// Sums of distances from the rows of a block to the rows of one cluster, a few rows in T, the rest in double.
template<class T>
class DistanceSums {
 public:
  static constexpr int width = RowBlocks<T>::width;

  static void run(const T* block, const RowTiles<T>& cluster, double (&sums)[width]) {
    constexpr int height = RowTiles<T>::height;
    constexpr Index flush = 8;  // tiles
    const Index whole = cluster.rows() / height, rest = cluster.rows() % height;
    std::fill(sums, sums + width, 0);
    for (Index begin = 0; begin < whole; begin += flush) {
      P part[2] = {simd::broadcast(T(0)), simd::broadcast(T(0))};
      const Index end = std::min(whole, begin + flush);
      for (Index t = begin; t < end; ++t) add<height>(block, cluster, t, part);
      collect(part, sums);
    }
    P part[2] = {simd::broadcast(T(0)), simd::broadcast(T(0))};
    simd::unroll<height - 1>([&](auto c) {
      if (rest == c + 1) add<c + 1>(block, cluster, whole, part);
    });
    collect(part, sums);
  }

 private:
  using P = simd::Packet<T>;

  template<int count>
  EIGEN_ALWAYS_INLINE static void add(const T* block, const RowTiles<T>& cluster, Index t, P (&part)[2]) {
    P sum[count][2];
    squared_distances<T, count>(block, cluster.tile(t), cluster.cols(), sum);
    simd::unroll<count>([&](auto c) {
      simd::unroll<2>([&](auto r) { part[r] = simd::padd(part[r], simd::psqrt(sum[c][r])); });
    });
  }

  static void collect(const P (&part)[2], double (&sums)[width]) {
    T lanes[width];
    simd::store(lanes, part[0]);
    simd::store(lanes + simd::packet_size<T>, part[1]);
    for (int lane = 0; lane < width; ++lane) sums[lane] += static_cast<double>(lanes[lane]);
  }
};

// Labels without gaps, and the rows of each.
struct Members {
  Eigen::VectorXi own;
  std::vector<std::vector<Index>> rows;

  explicit Members(const Eigen::VectorXi& labels) : own(labels.size()) {
    std::vector<int> present(labels.begin(), labels.end());
    std::sort(present.begin(), present.end());
    present.erase(std::unique(present.begin(), present.end()), present.end());
    rows.resize(present.size());
    for (Index i = 0; i < labels.size(); ++i) {
      own[i] =
          static_cast<int>(std::lower_bound(present.begin(), present.end(), labels[i]) - present.begin());
      rows[static_cast<std::size_t>(own[i])].push_back(i);
    }
  }
};

inline double silhouette_of(double within, double next) {
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

inline SilhouetteResult with_mean(Eigen::VectorXd samples) {
  double sum = 0;
  for (const double sample : samples) sum += sample;
  const double mean = sum / static_cast<double>(samples.size());
  return {std::move(samples), mean};
}

template<class T>
SilhouetteResult silhouette(const RowMatrixView<T>& points, const Eigen::VectorXi& labels, int threads) {
  const Members members = checked_members(points, labels);
  std::vector<RowTiles<T>> clusters;
  for (const auto& rows : members.rows) {
    RowMatrix<T> cluster(static_cast<Index>(rows.size()), points.cols());
    for (std::size_t i = 0; i < rows.size(); ++i) cluster.row(static_cast<Index>(i)) = points.row(rows[i]);
    clusters.emplace_back(cluster);
  }
  const RowBlocks<T> blocks(points);
  constexpr Index width = RowBlocks<T>::width;
  Eigen::VectorXd samples(points.rows());
  parallel_for(piece_count(width, points.rows()), threads, [&](Index p) {
    const auto [begin, end] = piece_of(p, width, points.rows());
    double sums[width], within[width] = {}, next[width];
    std::fill(next, next + width, std::numeric_limits<double>::infinity());
    for (std::size_t c = 0; c < clusters.size(); ++c) {
      DistanceSums<T>::run(blocks.block(p), clusters[c], sums);
      const double size = static_cast<double>(clusters[c].rows());
      for (Index i = begin; i < end; ++i) {
        const Index lane = i - begin;
        if (members.own[i] == static_cast<int>(c))
          within[lane] = size > 1 ? sums[lane] / (size - 1) : -1;
        else
          next[lane] = std::min(next[lane], sums[lane] / size);
      }
    }
    for (Index i = begin; i < end; ++i)
      samples[i] = within[i - begin] < 0 ? 0 : silhouette_of(within[i - begin], next[i - begin]);
  });
  return with_mean(std::move(samples));
}

// Means of the rows of each cluster.
template<class T>
RowMatrix<double> cluster_means(const RowMatrixView<T>& points, const Members& members) {
  RowMatrix<double> means = RowMatrix<double>::Zero(static_cast<Index>(members.rows.size()), points.cols());
  for (Index c = 0; c < means.rows(); ++c) {
    const auto& rows = members.rows[static_cast<std::size_t>(c)];
    for (const Index i : rows) means.row(c) += points.row(i).template cast<double>();
    means.row(c) /= static_cast<double>(rows.size());
  }
  return means;
}

template<class T>
SilhouetteResult simplified_silhouette(const RowMatrixView<T>& points, const Eigen::VectorXi& labels,
                                       int threads) {
  const Members members = checked_members(points, labels);
  const RowMatrix<double> means = cluster_means(points, members);
  Eigen::VectorXd samples(points.rows());
  constexpr Index size = 256;
  parallel_for(piece_count(size, points.rows()), threads, [&](Index p) {
    const auto [begin, end] = piece_of(p, size, points.rows());
    for (Index i = begin; i < end; ++i) {
      double next = std::numeric_limits<double>::infinity(), within = 0;
      const Eigen::RowVectorXd row = points.row(i).template cast<double>();
      for (Index c = 0; c < means.rows(); ++c) {
        const double distance = (row - means.row(c)).norm();
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
/// points: [n, d], finite; labels: [n], ≥ 0, any of them may be unused; at least two clusters.
template<Rows X, Rows L>
SilhouetteResult silhouette(const X& points, const L& labels, const SilhouetteOptions& options = {}) {
  return detail::with_points(points, "points", [&](const auto& view) {
    return detail::silhouette(view, detail::labels_of(labels, "labels"), options.threads);
  });
}

/// The same with the distances to clusters' means instead of mean distances to their rows: O(n k d) time. By
/// Hruschka, de Castro & Campello ("Evolutionary algorithms for clustering gene-expression data", 2004). Distances
/// are in double.
template<Rows X, Rows L>
SilhouetteResult simplified_silhouette(const X& points, const L& labels,
                                       const SilhouetteOptions& options = {}) {
  return detail::with_points(points, "points", [&](const auto& view) {
    return detail::simplified_silhouette(view, detail::labels_of(labels, "labels"), options.threads);
  });
}

}  // namespace lifelog::cluster
