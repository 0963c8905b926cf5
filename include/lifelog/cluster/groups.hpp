// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "kmeans.hpp"
#include "silhouette.hpp"
#include "ward.hpp"

namespace lifelog::inline LIFELOG_ABI::cluster {

/// How each user's rows are spread over clusters. U users in ascending order of their id, K clusters that have rows.
struct UserGroups {
  /// [U], ids.
  Eigen::VectorXi users;
  /// [K], labels that occur, ascending: what the columns of `counts` stand for.
  Eigen::VectorXi clusters;
  /// [U, K], rows of a user in a cluster.
  RowMatrix<Index> counts;
  /// [U], nats: −Σ p ln p over the shares p of a user's rows in each cluster. 0 = all in one.
  Eigen::VectorXd entropy;
  /// [U], the label of the cluster that holds most of a user's rows, the lowest of equals.
  Eigen::VectorXi group;
  /// Sum of `entropy`: lower = users are split less.
  double score = 0;
};

struct SelectOptions {
  /// Numbers of clusters for the entropies, both included; those above the number of rows are left out.
  int first = 2, last = 10;
  /// Numbers of clusters the choice is made among; those above the number of rows are left out.
  int silhouette_first = 3, silhouette_last = 9;
  /// For the k-means runs; `clusters` is set here, and `threads` is for everything.
  KMeansOptions kmeans = {};
};

/// One entry of `Selection`'s vectors for each k in first … last, as far as there are rows.
struct Selection {
  /// [ks]
  Eigen::VectorXi k;
  /// [ks], `UserGroups::score` of k-means and of Ward; empty without users.
  Eigen::VectorXd kmeans_entropy, ward_entropy;
  /// [silhouette_ks]
  Eigen::VectorXi silhouette_k;
  /// [silhouette_ks], mean silhouette of Ward's clusters.
  Eigen::VectorXd ward_silhouette;
  /// The k of the highest silhouette, the lowest of equals: how the study chose.
  int best = 0;
  /// Ward's tree of all rows; `tree.cut(best)` are the labels.
  Tree tree;
};

namespace detail {

using namespace lifelog::detail;

LIFELOG_LAZY double entropy(const Eigen::Ref<const Eigen::Matrix<Index, 1, Eigen::Dynamic>>& counts) {
  const double total = static_cast<double>(counts.sum());
  double sum = 0;
  for (const Index count : counts)
    if (count > 0) sum += static_cast<double>(count) * std::log(total / static_cast<double>(count));
  return sum / total;
}

LIFELOG_LAZY UserGroups user_groups(const Eigen::VectorXi& users, const Eigen::VectorXi& labels) {
  require(users.size() == labels.size(), "users: expected one for each of ", labels.size(), " labels, got ",
          users.size());
  require(users.size() > 0, "users: expected at least one row, got none");
  UserGroups table;
  table.users = different(users);
  table.clusters = different(labels);
  const Index count = table.users.size();
  table.counts = RowMatrix<Index>::Zero(count, table.clusters.size());
  for (Index i = 0; i < users.size(); ++i)
    ++table.counts(place_of(users[i], table.users), place_of(labels[i], table.clusters));
  table.entropy.resize(count);
  table.group.resize(count);
  for (Index u = 0; u < count; ++u) {
    const auto row = table.counts.row(u);
    table.entropy[u] = entropy(row);
    table.group[u] = table.clusters[std::max_element(row.begin(), row.end()) - row.begin()];
    table.score += table.entropy[u];
  }
  return table;
}

// first … last without those above `rows`.
LIFELOG_LAZY Eigen::VectorXi numbers_of_clusters(int first, int last, int lowest, Index rows,
                                                 const char* name) {
  require(first >= lowest && first <= last, name, ": expected ", lowest, " <= first <= last, got ", first,
          "..", last);
  const int top = static_cast<int>(std::min<Index>(last, rows));
  require(top >= first, name, ": expected at least ", first, " rows, got ", rows);
  return Eigen::VectorXi::LinSpaced(top - first + 1, first, top);
}

template<class T>
Selection select_k(const RowMatrixView<T>& points, const Eigen::VectorXi& users,
                   const SelectOptions& options) {
  Selection result;
  result.k = numbers_of_clusters(options.first, options.last, 1, points.rows(), "k");
  result.silhouette_k = numbers_of_clusters(options.silhouette_first, options.silhouette_last, 2,
                                            points.rows(), "silhouette k");
  result.tree = cluster::ward(points, {options.kmeans.threads});
  if (users.size() > 0) {
    result.kmeans_entropy.resize(result.k.size());
    result.ward_entropy.resize(result.k.size());
    for (Index i = 0; i < result.k.size(); ++i) {
      auto kmeans_options = options.kmeans;
      kmeans_options.clusters = result.k[i];
      result.kmeans_entropy[i] = user_groups(users, cluster::kmeans(points, kmeans_options).labels).score;
      result.ward_entropy[i] = user_groups(users, result.tree.cut(result.k[i])).score;
    }
  }
  result.ward_silhouette.resize(result.silhouette_k.size());
  for (Index i = 0; i < result.silhouette_k.size(); ++i)
    result.ward_silhouette[i] =
        cluster::silhouette(points, result.tree.cut(result.silhouette_k[i]), {options.kmeans.threads}).mean;
  const auto& values = result.ward_silhouette;
  result.best = result.silhouette_k[std::max_element(values.begin(), values.end()) - values.begin()];
  return result;
}

}  // namespace detail

/// The spread of users over clusters and the group of each user. users: [n], ids, any integers; labels: [n],
/// ≥ 0, any of them may be unused.
template<Rows U, Rows L>
UserGroups user_groups(const U& users, const L& labels) {
  return detail::user_groups(detail::labels_of(users, "users", std::numeric_limits<int>::min()),
                             detail::labels_of(labels, "labels"));
}

/// What there is to know for choosing the number of clusters: Ward's silhouette for a range of k, and how
/// much k-means and Ward split users (the sum of users' entropies) for another. One tree serves every k of
/// Ward.
///
/// points: [n, d], finite, of any size, n ≥ the first k of both ranges; users: [n], ids.
template<Rows X, Rows U>
Selection select_k(const X& points, const U& users, const SelectOptions& options = {}) {
  return detail::with_points(points, "points", [&](const auto& view) {
    const auto ids = detail::labels_of(users, "users", std::numeric_limits<int>::min());
    detail::require(ids.size() == view.rows(), "users: expected one for each of ", view.rows(), " rows, got ",
                    ids.size());
    return detail::select_k(view, ids, options);
  });
}

/// The same without users: no entropies (and no k-means), only silhouettes and the choice.
template<Rows X>
Selection select_k(const X& points, const SelectOptions& options = {}) {
  return detail::with_points(
      points, "points", [&](const auto& view) { return detail::select_k(view, Eigen::VectorXi(), options); });
}

}  // namespace lifelog::cluster
