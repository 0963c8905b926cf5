// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <lifelog/cluster/groups.hpp>
#include <lifelog/data/dataset.hpp>
#include <lifelog/data/labels.hpp>
#include <string>
#include <utility>
#include <vector>

#include "../report/report.hpp"

namespace lifelog::examples {

/// Minutes of several people, one person after another, and what mattered in each.
struct MinuteRows {
  std::vector<std::string> users;
  std::vector<std::string> modalities;
  /// [n, M].
  RowMatrix<double> importance;
  /// [n], index of `users`.
  std::vector<int> person;
  /// [n], what the label stands for.
  std::vector<std::string> label;
  /// [n], unix seconds.
  std::vector<std::int64_t> timestamp;

  Index size() const { return importance.rows(); }

  /// Appends a person. rows: minutes of the data set; importance: [rows, M] of them. Throws std::invalid_argument
  /// when modalities or lengths differ from what is there.
  void add(const data::DataSet& data, const std::vector<Index>& rows, const RowMatrix<float>& of_rows) {
    std::vector<std::string> names;
    for (const auto& modality : data.modalities) names.push_back(modality.name);
    if (users.empty()) modalities = names;
    detail::require(names == modalities, "data: expected the modalities of person ",
                    users.empty() ? data.user : users.front(), ", got others of person ", data.user);
    detail::require(of_rows.rows() == static_cast<Index>(rows.size()) &&
                        of_rows.cols() == static_cast<Index>(names.size()),
                    "importance: expected ", rows.size(), " x ", names.size(), ", got ", of_rows.rows(),
                    " x ", of_rows.cols());
    const Index before = size();
    importance.conservativeResize(before + of_rows.rows(), of_rows.cols());
    importance.bottomRows(of_rows.rows()) = of_rows.cast<double>();
    for (const Index row : rows) {
      const auto i = static_cast<std::size_t>(row);
      person.push_back(static_cast<int>(users.size()));
      label.push_back(data.classes[static_cast<std::size_t>(data.label(i))]);
      timestamp.push_back(data.timestamp(i));
    }
    users.push_back(data.user);
  }

  /// Some of the rows; `users` stay as they are.
  MinuteRows pick(const std::vector<Index>& rows) const {
    MinuteRows some{users, modalities, RowMatrix<double>(static_cast<Index>(rows.size()), importance.cols()),
                    {},    {},         {}};
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto row = static_cast<std::size_t>(rows[i]);
      some.importance.row(static_cast<Index>(i)) = importance.row(rows[i]);
      some.person.push_back(person[row]);
      some.label.push_back(label[row]);
      some.timestamp.push_back(timestamp[row]);
    }
    return some;
  }

  Eigen::VectorXi users_of_rows() const {
    return Eigen::Map<const Eigen::VectorXi>(person.data(), static_cast<Index>(person.size()));
  }
};

/// `limit` of the numbers 0..n-1, as evenly spread as can be; all when there are fewer.
inline std::vector<Index> even_sample(Index n, Index limit) {
  std::vector<Index> rows;
  const Index count = std::min(n, limit);
  for (Index i = 0; i < count; ++i) rows.push_back(i * n / count);
  return rows;
}

/// The windows of some minutes, all modalities one after another: [rows, values of a minute].
inline RowMatrix<float> raw_windows(const data::DataSet& data, const std::vector<Index>& rows) {
  Index width = 0;
  for (const auto& modality : data.modalities)
    width += static_cast<Index>(modality.values.shape(1) * modality.values.shape(2));
  RowMatrix<float> windows(static_cast<Index>(rows.size()), width);
  for (Index i = 0; i < windows.rows(); ++i) {
    float* out = windows.row(i).data();
    for (const auto& modality : data.modalities) {
      const auto size = modality.values.shape(1) * modality.values.shape(2);
      const auto row = static_cast<std::size_t>(rows[static_cast<std::size_t>(i)]);
      out = std::copy_n(modality.values.data() + row * size, size, out);
    }
  }
  return windows;
}

/// Clusters of minutes as groups of people: the clusters that any user belongs to, numbered 0, 1, ...
struct PeopleGroups {
  /// [users], group of each.
  std::vector<int> of_user;
  /// [clusters], group of each; -1: no user belongs to it.
  std::vector<int> of_cluster;
  int count = 0;
};

/// groups: of `MinuteRows::users_of_rows()`, so that users are 0..U-1.
inline PeopleGroups people_groups(const cluster::UserGroups& groups) {
  PeopleGroups result;
  result.of_cluster.assign(static_cast<std::size_t>(groups.counts.cols()), -1);
  for (const int cluster : groups.group) result.of_cluster[static_cast<std::size_t>(cluster)] = 0;
  for (int& group : result.of_cluster)
    if (group == 0) group = result.count++;
  for (const int cluster : groups.group)
    result.of_user.push_back(result.of_cluster[static_cast<std::size_t>(cluster)]);
  return result;
}

/// People with mean importances, and groups with the sums of their people's minutes divided by their number.
inline void report_groups(const MinuteRows& rows, const PeopleGroups& groups, report::Report& report) {
  const auto modalities = static_cast<std::size_t>(rows.importance.cols());
  report.modalities = rows.modalities;
  report.people.clear();
  report.groups.clear();
  for (int g = 0; g < groups.count; ++g)
    report.groups.push_back({std::to_string(g + 1), {}, std::vector<double>(modalities, 0.0)});
  for (std::size_t u = 0; u < rows.users.size(); ++u)
    report.people.push_back({rows.users[u], groups.of_user[u], 0, std::vector<double>(modalities, 0.0)});
  for (Index i = 0; i < rows.size(); ++i) {
    auto& person = report.people[static_cast<std::size_t>(rows.person[static_cast<std::size_t>(i)])];
    ++person.minutes;
    for (std::size_t m = 0; m < modalities; ++m)
      person.importance[m] += rows.importance(i, static_cast<Index>(m));
  }
  for (auto& person : report.people) {
    auto& group = report.groups[static_cast<std::size_t>(person.group)];
    group.users.push_back(person.user);
    for (std::size_t m = 0; m < modalities; ++m) {
      group.importance[m] += person.importance[m];
      if (person.minutes > 0) person.importance[m] /= static_cast<double>(person.minutes);
    }
  }
  for (auto& group : report.groups)
    for (double& value : group.importance) value /= static_cast<double>(group.users.size());
}

/// A t-SNE map of minutes. map: [n, 2]; clusters: [n], of each minute, or empty.
inline report::MinuteMap minute_map(const MinuteRows& rows, const RowMatrix<double>& map,
                                    double kl_divergence, const PeopleGroups& groups,
                                    const Eigen::VectorXi& clusters = {}) {
  report::MinuteMap result;
  result.kl_divergence = kl_divergence;
  result.label_names = rows.label;
  std::sort(result.label_names.begin(), result.label_names.end(), data::label_less);
  result.label_names.erase(std::unique(result.label_names.begin(), result.label_names.end()),
                           result.label_names.end());
  result.person = rows.person;
  result.minute = rows.timestamp;
  for (Index i = 0; i < rows.size(); ++i) {
    const auto row = static_cast<std::size_t>(i);
    result.x.push_back(static_cast<float>(map(i, 0)));
    result.y.push_back(static_cast<float>(map(i, 1)));
    result.group.push_back(clusters.size() > 0 ? groups.of_cluster[static_cast<std::size_t>(clusters[i])]
                                               : groups.of_user[static_cast<std::size_t>(rows.person[row])]);
    result.label.push_back(
        static_cast<int>(std::lower_bound(result.label_names.begin(), result.label_names.end(),
                                          rows.label[row], data::label_less) -
                         result.label_names.begin()));
  }
  return result;
}

/// How k was chosen, as curves.
inline report::Selection selection_of(const cluster::Selection& selection, int chosen, std::string rule) {
  const auto curve = [](std::string name, const Eigen::VectorXi& k, const Eigen::VectorXd& score) {
    report::ScoreCurve result{std::move(name), {}, {score.begin(), score.end()}};
    for (const int each : k) result.k.push_back(each);
    return result;
  };
  report::Selection result;
  result.chosen = chosen;
  result.rule = std::move(rule);
  if (selection.kmeans_entropy.size() > 0)
    result.entropy = {curve("k-means", selection.k, selection.kmeans_entropy),
                      curve("Ward", selection.k, selection.ward_entropy)};
  result.silhouette = {curve("Ward", selection.silhouette_k, selection.ward_silhouette)};
  return result;
}

}  // namespace lifelog::examples
