// SPDX-License-Identifier: MIT
#pragma once

#include <lifelog/data/labels.hpp>
#include <string>
#include <vector>

#include "../report/report.hpp"
#include "grouping.hpp"
#include "minute_rows.hpp"

namespace lifelog::examples {

/// People with mean importances, and groups with the means of their people's.
inline void report_groups(const MinuteRows& rows, const cluster::PeopleGroups& groups,
                          report::Report& report) {
  const auto modalities = static_cast<std::size_t>(rows.importance.cols());
  const auto means = cluster::user_means(rows.importance, rows.users_of_rows());
  const auto minutes = rows.minutes_of_users();
  report.modalities = rows.modalities;
  report.people.clear();
  report.groups.clear();
  for (int g = 0; g < groups.count; ++g)
    report.groups.push_back({std::to_string(g + 1), {}, std::vector<double>(modalities, 0.0)});
  for (std::size_t u = 0; u < rows.users.size(); ++u) {
    const auto mean = means.row(static_cast<Index>(u));
    report.people.push_back({rows.users[u], groups.of_user[u], minutes[u], {mean.begin(), mean.end()}});
    auto& group = report.groups[static_cast<std::size_t>(groups.of_user[u])];
    group.users.push_back(rows.users[u]);
    for (std::size_t m = 0; m < modalities; ++m) group.importance[m] += mean[static_cast<Index>(m)];
  }
  for (auto& group : report.groups)
    for (double& value : group.importance) value /= static_cast<double>(group.users.size());
}

/// A t-SNE map of minutes. map: [n, 2]; clusters: [n], of each minute.
inline report::MinuteMap minute_map(const MinuteRows& rows, const RowMatrix<double>& map,
                                    double kl_divergence, const cluster::PeopleGroups& groups,
                                    const Eigen::VectorXi& clusters) {
  const auto labels = data::LabelEncoder::fit(rows.label);
  report::MinuteMap result;
  result.kl_divergence = kl_divergence;
  result.label_names = labels.classes();
  result.person = rows.person;
  result.minute = rows.timestamp;
  for (Index i = 0; i < rows.size(); ++i) {
    result.x.push_back(static_cast<float>(map(i, 0)));
    result.y.push_back(static_cast<float>(map(i, 1)));
    result.group.push_back(groups.of_label(clusters[i]));
    result.label.push_back(static_cast<int>(labels.encode(rows.label[static_cast<std::size_t>(i)])));
  }
  return result;
}

}  // namespace lifelog::examples
