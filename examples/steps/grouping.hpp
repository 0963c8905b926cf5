// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <lifelog/cluster/groups.hpp>
#include <lifelog/cluster/linkage.hpp>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "../common/files.hpp"

namespace lifelog::examples {

enum class GroupingMethod { kmeans, ward, single, complete, average };

/// All but k-means make a tree of merges.
inline cluster::Tree grouping_tree(const RowMatrix<double>& points, GroupingMethod method, int threads) {
  using cluster::LinkageMethod;
  switch (method) {
    case GroupingMethod::kmeans:
      return {};
    case GroupingMethod::ward:
      return cluster::ward(points, {threads});
    case GroupingMethod::single:
      return cluster::linkage(points, {LinkageMethod::single, threads});
    case GroupingMethod::complete:
      return cluster::linkage(points, {LinkageMethod::complete, threads});
    case GroupingMethod::average:
      return cluster::linkage(points, {LinkageMethod::average, threads});
  }
  return {};
}

struct GroupingOptions {
  GroupingMethod method = GroupingMethod::ward;
  /// Number of groups; 0: the one of `sweep_first`..`sweep_last` with the highest silhouette.
  int k = 0;
  int restarts = 10;
  /// Numbers of groups that are tried and scored; none when `sweep_last` is 0. Those above n are left out.
  int sweep_first = 2, sweep_last = 10;
  std::uint64_t seed = 1;
  int threads = 0;
};

/// One number of groups and what came of it.
struct GroupingTrial {
  int k = 0;
  /// Within-cluster sum of squares (k-means), or the height of the last merge done (0 when none was).
  double fit = 0;
  /// False: `fit` is beyond the numbers there are, and the nearest of them stands for it.
  bool fit_in_range = true;
  /// NaN when fewer than two groups came out.
  double silhouette = std::numeric_limits<double>::quiet_NaN();
  /// Sum of users' entropies in nats; NaN without users.
  double entropy = std::numeric_limits<double>::quiet_NaN();
  Eigen::VectorXi labels;
};

struct Grouping {
  GroupingTrial chosen;
  std::vector<GroupingTrial> sweep;
  /// Of `chosen`, when there are users.
  std::optional<cluster::UserGroups> users;
};

/// Groups rows for one k after another; a tree is built once.
class RowGrouper {
 public:
  /// points: [n, d] and users: [n] or empty, both must outlive this.
  RowGrouper(const RowMatrix<double>& points, const Eigen::VectorXi& users, const GroupingOptions& options)
      : points_(points),
        users_(users),
        options_(options),
        tree_(grouping_tree(points, options.method, options.threads)) {}

  GroupingTrial run(int k) const {
    GroupingTrial trial;
    trial.k = k;
    if (options_.method != GroupingMethod::kmeans) {
      trial.labels = tree_.cut(k);
      const auto merges = static_cast<std::size_t>(points_.rows() - k);
      trial.fit = merges > 0 ? tree_.merges[merges - 1].height : 0;
      trial.fit_in_range = tree_.heights_in_range || trial.fit < std::numeric_limits<double>::max();
    } else {
      const auto result = cluster::kmeans(points_, kmeans_options(k));
      trial.labels = result.labels;
      trial.fit = result.inertia;
      trial.fit_in_range = result.inertia_in_range;
    }
    if (trial.labels.minCoeff() != trial.labels.maxCoeff())
      trial.silhouette = cluster::silhouette(points_, trial.labels, {options_.threads}).mean;
    if (users_.size() > 0) trial.entropy = cluster::user_groups(users_, trial.labels).score;
    return trial;
  }

 private:
  cluster::KMeansOptions kmeans_options(int k) const {
    cluster::KMeansOptions options;
    options.clusters = k;
    options.restarts = options_.restarts;
    options.seed = options_.seed;
    options.threads = options_.threads;
    return options;
  }

  const RowMatrix<double>& points_;
  const Eigen::VectorXi& users_;
  GroupingOptions options_;
  cluster::Tree tree_;
};

/// The trial of the highest silhouette, the first of equals. Throws std::invalid_argument when none has one.
inline const GroupingTrial& best_trial(const std::vector<GroupingTrial>& trials) {
  const GroupingTrial* best = nullptr;
  for (const auto& trial : trials)
    if (std::isfinite(trial.silhouette) && (best == nullptr || trial.silhouette > best->silhouette))
      best = &trial;
  detail::require(best != nullptr, "k: expected rows that fall into at least two groups, got none that do");
  return *best;
}

/// points: [n, d]; users: [n] ids, or empty. `tried(done, total)` is called after each k of the sweep.
template<class Tried>
Grouping group_rows(const RowMatrix<double>& points, const Eigen::VectorXi& users,
                    const GroupingOptions& options, Tried&& tried) {
  detail::require(users.size() == 0 || users.size() == points.rows(), "users: expected one for each of ",
                  points.rows(), " rows, got ", users.size());
  const RowGrouper grouper(points, users, options);
  Grouping grouping;
  const int last = static_cast<int>(std::min<Index>(options.sweep_last, points.rows()));
  for (int k = options.sweep_first; k <= last; ++k) {
    grouping.sweep.push_back(grouper.run(k));
    tried(k - options.sweep_first + 1, last - options.sweep_first + 1);
  }
  grouping.chosen = options.k > 0 ? grouper.run(options.k) : best_trial(grouping.sweep);
  if (users.size() > 0) grouping.users = cluster::user_groups(users, grouping.chosen.labels);
  return grouping;
}

/// Who belongs together: [groups], each the users of one.
using UserLists = std::vector<std::vector<std::string>>;

/// Clusters of rows as groups of people: the clusters that any user belongs to, numbered 0, 1, ...
struct PeopleGroups {
  /// [users], group of each.
  std::vector<int> of_user;
  /// [clusters], group of each; -1: no user belongs to it.
  std::vector<int> of_cluster;
  int count = 0;
};

inline PeopleGroups people_groups(const cluster::UserGroups& groups) {
  PeopleGroups result;
  result.of_cluster.assign(static_cast<std::size_t>(groups.clusters.maxCoeff()) + 1, -1);
  for (const int cluster : groups.group) result.of_cluster[static_cast<std::size_t>(cluster)] = 0;
  for (int& group : result.of_cluster)
    if (group == 0) group = result.count++;
  for (const int cluster : groups.group)
    result.of_user.push_back(result.of_cluster[static_cast<std::size_t>(cluster)]);
  return result;
}

/// Users of each group. names: [users], in the order of `groups.of_user`.
inline UserLists user_lists(const PeopleGroups& groups, const std::vector<std::string>& names) {
  UserLists lists(static_cast<std::size_t>(groups.count));
  for (std::size_t u = 0; u < names.size(); ++u)
    lists[static_cast<std::size_t>(groups.of_user[u])].push_back(names[u]);
  return lists;
}

/// `groups.json`: {"format": "lifelog-groups", "version": 1, "groups": [["101", "104"], ["102"]]}.
inline void write_groups(const std::filesystem::path& path, const UserLists& groups) {
  write_json(path, {{"format", "lifelog-groups"}, {"version", 1}, {"groups", groups}});
}

/// Throws io_error; format_error for anything but what write_groups writes, or a user in two groups.
inline UserLists read_groups(const std::filesystem::path& path) {
  const auto json = read_json(path);
  if (!json.is_object() || json.value("format", "") != "lifelog-groups" || !json.contains("groups"))
    throw format_error(path.string(), "expected an object of format \"lifelog-groups\" with \"groups\"");
  UserLists groups;
  try {
    groups = json.at("groups").get<UserLists>();
  } catch (const nlohmann::json::exception&) {
    throw format_error(path.string(), "groups: expected lists of users as strings");
  }
  std::vector<std::string> all;
  for (const auto& group : groups) all.insert(all.end(), group.begin(), group.end());
  std::sort(all.begin(), all.end());
  if (const auto twice = std::adjacent_find(all.begin(), all.end()); twice != all.end())
    throw format_error(path.string(), "groups: expected each user once, got " + *twice + " twice");
  return groups;
}

}  // namespace lifelog::examples
