// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "../core/finite.hpp"
#include "groups.hpp"
#include "linkage.hpp"

namespace lifelog::inline LIFELOG_ABI::cluster {

enum class GroupingMethod { kmeans, ward, single, complete, average };

namespace detail {

/// All but k-means make a tree of merges.
template<class T>
Tree grouping_tree(const RowMatrixView<T>& points, GroupingMethod method, int threads) {
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

}  // namespace detail

/// | option      | default | description                                                                        |
/// |-------------|---------|------------------------------------------------------------------------------------|
/// | method      | ward    | k-means, or a tree of merges that is cut                                           |
/// | k           | 0       | number of groups; 0: the one of the sweep with the highest silhouette              |
/// | restarts    | 10      | starts of k-means, the best counts                                                 |
/// | sweep_first | 2       | numbers of groups that are tried and scored, both included; those above n are left |
/// | sweep_last  | 10      | out; none when `sweep_last` is 0                                                   |
/// | seed        | 1       | of k-means                                                                         |
/// | threads     | 0       | 0: all there are; results do not depend on them                                    |
struct GroupingOptions {
  GroupingMethod method = GroupingMethod::ward;
  int k = 0;
  int restarts = 10;
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
  std::optional<UserGroups> users;
};

namespace detail {

/// Groups rows for one k after another; a tree is built once.
template<class T>
class RowGrouper {
 public:
  /// points: [n, d] and users: [n] or empty, both must outlive this.
  RowGrouper(const RowMatrixView<T>& points, const Eigen::VectorXi& users, const GroupingOptions& options)
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
  KMeansOptions kmeans_options(int k) const {
    KMeansOptions options;
    options.clusters = k;
    options.restarts = options_.restarts;
    options.seed = options_.seed;
    options.threads = options_.threads;
    return options;
  }

  const RowMatrixView<T>& points_;
  const Eigen::VectorXi& users_;
  GroupingOptions options_;
  Tree tree_;
};

/// The trial of the highest silhouette, the first of equals. Throws std::invalid_argument when none has one.
LIFELOG_LAZY const GroupingTrial& best_trial(const std::vector<GroupingTrial>& trials) {
  const GroupingTrial* best = nullptr;
  for (const auto& trial : trials)
    if (lifelog::detail::is_finite(trial.silhouette) &&
        (best == nullptr || trial.silhouette > best->silhouette))
      best = &trial;
  lifelog::detail::require(best != nullptr,
                           "k: expected rows that fall into at least two groups, got none that do");
  return *best;
}

}  // namespace detail

/// Groups rows, by one method and for several k, and says how well each suits the rows and the users they are of.
///
///     const auto grouping = cluster::group_rows(points, users, {.method = cluster::GroupingMethod::average});
///     grouping.chosen.labels;    // of the k with the highest silhouette
///
/// points: [n, d], finite; users: [n] ids, or empty. `tried(done, total)` is called after each k of the sweep. Throws
/// std::invalid_argument for options out of range, and where no k of the sweep makes two groups.
template<Rows X, class Tried>
Grouping group_rows(const X& points, const Eigen::VectorXi& users, const GroupingOptions& options,
                    Tried&& tried) {
  return detail::with_points(points, "points", [&](const auto& view) {
    lifelog::detail::require(users.size() == 0 || users.size() == view.rows(),
                             "users: expected one for each of ", view.rows(), " rows, got ", users.size());
    const detail::RowGrouper grouper(view, users, options);
    Grouping grouping;
    const int last = static_cast<int>(std::min<Index>(options.sweep_last, view.rows()));
    for (int k = options.sweep_first; k <= last; ++k) {
      grouping.sweep.push_back(grouper.run(k));
      tried(k - options.sweep_first + 1, last - options.sweep_first + 1);
    }
    grouping.chosen = options.k > 0 ? grouper.run(options.k) : detail::best_trial(grouping.sweep);
    if (users.size() > 0) grouping.users = cluster::user_groups(users, grouping.chosen.labels);
    return grouping;
  });
}

template<Rows X>
Grouping group_rows(const X& points, const Eigen::VectorXi& users = {}, const GroupingOptions& options = {}) {
  return group_rows(points, users, options, [](int, int) {});
}

}  // namespace lifelog::cluster
