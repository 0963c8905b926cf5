// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <functional>
#include <lifelog/cluster/group_rows.hpp>
#include <lifelog/cluster/kmeans.hpp>
#include <lifelog/cluster/people.hpp>
#include <string>

#include "../report/report.hpp"
#include "grouping.hpp"
#include "minute_rows.hpp"

namespace lifelog::examples {

/// Minutes grouped so that people are.
struct GroupChoice {
  /// [n], cluster of each minute.
  Eigen::VectorXi labels;
  /// What k was chosen from.
  report::Selection selection;
};

/// `cluster::choose_by_people` of all minutes, told in words.
GroupChoice choose_groups(const MinuteRows& rows, const cluster::SelectOptions& options);

/// `cluster::group_rows`, compiled with the other clusterings.
cluster::Grouping group_points(const RowMatrix<double>& points, const Eigen::VectorXi& users,
                               const cluster::GroupingOptions& options,
                               const std::function<void(int done, int total)>& tried);

/// Clusters of minutes by one kind of rows.
struct RowClusters {
  std::string name;        ///< of the rows
  Eigen::VectorXi labels;  ///< [n]
  /// Adjusted Rand index against whose the minutes are, and against their labels.
  double with_people = 0, with_labels = 0;
};

/// k-means of some minutes' rows [n, d], of any kind. minutes: the same n.
RowClusters cluster_rows(std::string name, const RowMatrix<float>& rows, const MinuteRows& minutes,
                         const cluster::KMeansOptions& options);

/// `selection.json`: {"k": 5, "rule": "…", "entropy": {"Ward": {"k": [2, 3], "score": [0.1, 0.2]}}, "silhouette": …}.
void write_selection(const std::filesystem::path& path, const report::Selection& selection);

/// What write_selection wrote. Throws io_error, format_error.
report::Selection read_selection(const std::filesystem::path& path);

}  // namespace lifelog::examples
