// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <vector>

#include "groups.hpp"

// From clusters of rows to groups of the users whose rows they are.

namespace lifelog::inline LIFELOG_ABI::cluster {

/// Users grouped by the clusters of their rows.
///
/// A cluster becomes a group when some user has most rows in it. Groups are numbered from 0 in the order of their
/// clusters' labels.
struct PeopleGroups {
  /// [U], group of each user, in the order of `UserGroups::users`.
  std::vector<int> of_user;
  /// [K], labels of the clusters, ascending, and the group of each; −1: no user belongs to it.
  std::vector<int> clusters, of_cluster;
  int count = 0;  ///< groups

  /// The group of a cluster's rows; −1 where no user belongs to it.
  int of_label(int label) const {
    const auto at = std::lower_bound(clusters.begin(), clusters.end(), label);
    return at == clusters.end() || *at != label ? -1
                                                : of_cluster[static_cast<std::size_t>(at - clusters.begin())];
  }
};

LIFELOG_LAZY PeopleGroups people_groups(const UserGroups& table) {
  PeopleGroups groups;
  groups.clusters.assign(table.clusters.begin(), table.clusters.end());
  groups.of_cluster.assign(groups.clusters.size(), -1);
  const auto group_of = [&](int cluster) -> int& {
    return groups.of_cluster[static_cast<std::size_t>(detail::place_of(cluster, table.clusters))];
  };
  for (const int cluster : table.group) group_of(cluster) = 0;
  for (int& group : groups.of_cluster)
    if (group == 0) group = groups.count++;
  for (const int cluster : table.group) groups.of_user.push_back(group_of(cluster));
  return groups;
}

/// [U, d]: the mean of each user's rows, users in ascending order of their id.
///
/// points: [n, d], finite; users: [n], ids, any integers.
template<Rows X, Rows U>
RowMatrix<double> user_means(const X& points, const U& users) {
  return detail::with_points(points, "points", [&](const auto& view) {
    const auto ids = detail::labels_of(users, "users", std::numeric_limits<int>::min());
    detail::require(ids.size() == view.rows(), "users: expected one for each of ", view.rows(), " rows, got ",
                    ids.size());
    const auto different = detail::different(ids);
    RowMatrix<double> means = RowMatrix<double>::Zero(different.size(), view.cols());
    Eigen::VectorXd rows = Eigen::VectorXd::Zero(different.size());
    for (Index i = 0; i < view.rows(); ++i) {
      const auto user = detail::place_of(ids[i], different);
      means.row(user) += view.row(i).template cast<double>();
      rows[user] += 1;
    }
    for (Index u = 0; u < means.rows(); ++u) means.row(u) /= rows[u];
    return means;
  });
}

/// How well a grouping of users suits their mean rows: the mean silhouette, in which a user alone in a group counts 0;
/// −1 where all are in one group.
///
/// means: [U, d]; group: [U], ≥ 0.
template<Rows X>
double people_silhouette(const X& means, const Eigen::VectorXi& group) {
  if (group.minCoeff() == group.maxCoeff()) return -1;
  return silhouette(means, group).mean;
}

/// What `choose_by_people` chose, and what from.
struct PeopleChoice {
  int k = 1;
  /// [n], cluster of each row.
  Eigen::VectorXi labels;
  /// What was tried; of no rows where there was nothing to choose.
  Selection tried;
  /// [tried.silhouette_k], `people_silhouette` of each.
  Eigen::VectorXd of_people;
};

/// Fewer rows than this are not worth a choice.
inline constexpr Index fewest_rows_to_group = 12;

/// Ward's clusters of all rows, as many as suit the users best: of the k tried, that of the highest
/// `people_silhouette`, each user being in the cluster that holds most of the user's rows; the lowest of equals. One
/// cluster where there are fewer than `fewest_rows_to_group` rows, or one user.
///
/// The study chose by the silhouette of rows (`Selection::best`), which says how rows fall apart, whoever they are of.
///
/// points: [n, d], finite; users: [n], ids, any integers.
template<Rows X, Rows U>
PeopleChoice choose_by_people(const X& points, const U& users, const SelectOptions& options = {}) {
  const auto ids = detail::labels_of(users, "users", std::numeric_limits<int>::min());
  PeopleChoice choice;
  if (ids.size() < fewest_rows_to_group || ids.minCoeff() == ids.maxCoeff()) {
    choice.labels.setZero(ids.size());
    return choice;
  }
  choice.tried = select_k(points, ids, options);
  const auto& ks = choice.tried.silhouette_k;
  const auto means = user_means(points, ids);
  choice.of_people.resize(ks.size());
  for (Index i = 0; i < ks.size(); ++i)
    choice.of_people[i] = people_silhouette(means, user_groups(ids, choice.tried.tree.cut(ks[i])).group);
  Index best = 0;
  choice.of_people.maxCoeff(&best);
  choice.k = ks[best];
  choice.labels = choice.tried.tree.cut(choice.k);
  return choice;
}

}  // namespace lifelog::cluster
