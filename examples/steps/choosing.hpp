// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <functional>
#include <lifelog/cluster/group_rows.hpp>
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

/// `selection.json`: {"k": 5, "rule": "…", "entropy": {"Ward": {"k": [2, 3], "score": [0.1, 0.2]}}, "silhouette": …}.
void write_selection(const std::filesystem::path& path, const report::Selection& selection);

/// What write_selection wrote. Throws io_error, format_error.
report::Selection read_selection(const std::filesystem::path& path);

}  // namespace lifelog::examples
