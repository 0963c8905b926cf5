// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <limits>

#include "silhouette.hpp"

namespace lifelog::inline LIFELOG_ABI::cluster {

namespace detail {

template<class T>
double calinski_harabasz(const RowMatrixView<T>& points, const Eigen::VectorXi& labels) {
  const Members members = checked_members(points, labels);
  const ClusterMeans clusters(points, members);
  const auto& means = clusters.means;
  const double n = static_cast<double>(points.rows()), k = static_cast<double>(means.rows());
  require(points.rows() > means.rows(), "labels: expected fewer clusters than the ", points.rows(),
          " rows, got ", means.rows());
  Eigen::RowVectorXd centre = Eigen::RowVectorXd::Zero(points.cols());
  for (Index i = 0; i < points.rows(); ++i) centre += points.row(i).template cast<double>();
  centre /= n;
  double within = 0, between = 0, rounding = 0;
  for (Index i = 0; i < points.rows(); ++i) {
    rounding += clusters.rounding[members.own[i]] * clusters.rounding[members.own[i]];
    within += (points.row(i).template cast<double>() - means.row(members.own[i])).squaredNorm();
  }
  for (Index c = 0; c < means.rows(); ++c)
    between += static_cast<double>(members.rows[static_cast<std::size_t>(c)].size()) *
               (means.row(c) - centre).squaredNorm();
  if (within <= rounding) return 1;
  return std::min(between / within * ((n - k) / (k - 1)), std::numeric_limits<double>::max());
}

template<class T>
double davies_bouldin(const RowMatrixView<T>& points, const Eigen::VectorXi& labels) {
  const Members members = checked_members(points, labels);
  const ClusterMeans clusters(points, members);
  const auto& means = clusters.means;
  Eigen::VectorXd spread = Eigen::VectorXd::Zero(means.rows());
  for (Index i = 0; i < points.rows(); ++i)
    spread[members.own[i]] += (points.row(i).template cast<double>() - means.row(members.own[i])).norm();
  for (Index c = 0; c < means.rows(); ++c)
    spread[c] /= static_cast<double>(members.rows[static_cast<std::size_t>(c)].size());
  double sum = 0;
  for (Index a = 0; a < means.rows(); ++a) {
    double worst = 0;
    for (Index b = 0; b < means.rows(); ++b) {
      const double apart = (means.row(a) - means.row(b)).norm();
      if (apart > clusters.rounding[a] + clusters.rounding[b])
        worst = std::max(worst, (spread[a] + spread[b]) / apart);
    }
    sum += worst;
  }
  return sum / static_cast<double>(means.rows());
}

}  // namespace detail

/// Variance between clusters over variance within (Calinski & Harabasz, "A dendrite method for cluster analysis",
/// 1974): higher is better, at most the largest number; 1 when all rows lie on their clusters' means, as in
/// scikit-learn, as far as rounding tells: no farther than the scalar's epsilon times the mean norm of the cluster's rows.
///
/// points: [n, d], finite, of any size; labels: [n], ≥ 0, at least two clusters and fewer than n.
template<Rows X, Rows L>
double calinski_harabasz(const X& points, const L& labels) {
  return detail::with_scaled_points(points, "points", [&](const auto& view, int) {
    return detail::calinski_harabasz(view, detail::labels_of(labels, "labels"));
  });
}

/// Mean over clusters of the worst ratio of spreads to the distance between means (Davies & Bouldin, "A cluster
/// separation measure", 1979): lower is better. Clusters of equal means are left out of each other's ratios, as in
/// scikit-learn; means are equal when they are no farther apart than the scalar's epsilon times the mean norm of the rows of
/// either, both added up: rounding the rows may do that.
///
/// points: [n, d], finite, of any size; labels: [n], ≥ 0, at least two clusters.
template<Rows X, Rows L>
double davies_bouldin(const X& points, const L& labels) {
  return detail::with_scaled_points(points, "points", [&](const auto& view, int) {
    return detail::davies_bouldin(view, detail::labels_of(labels, "labels"));
  });
}

}  // namespace lifelog::cluster
