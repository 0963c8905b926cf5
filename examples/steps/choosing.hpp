// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "../report/report.hpp"
#include "grouping.hpp"
#include "minute_rows.hpp"

namespace lifelog::examples {

/// Minutes below which there is nothing to group or to map.
inline constexpr Index fewest_rows = 12;

/// Minutes grouped so that people are.
struct GroupChoice {
  /// [n], cluster of each minute.
  Eigen::VectorXi labels;
  /// What k was chosen from.
  report::Selection selection;
};

/// How well a grouping of people suits their mean importances: a person alone in a group counts 0; -1 where all
/// people are in one group. means: [users, M]; group: [users].
inline double people_silhouette(const RowMatrix<double>& means, const Eigen::VectorXi& group) {
  if (group.minCoeff() == group.maxCoeff()) return -1;
  return cluster::silhouette(means, group).mean;
}

/// [silhouette ks], people_silhouette of each of Ward's cuts.
inline Eigen::VectorXd people_silhouettes(const MinuteRows& rows, const cluster::Selection& tried) {
  const auto means = mean_importances(rows);
  const auto users = rows.users_of_rows();
  Eigen::VectorXd scores(tried.silhouette_k.size());
  for (Index i = 0; i < scores.size(); ++i)
    scores[i] =
        people_silhouette(means, cluster::user_groups(users, tried.tree.cut(tried.silhouette_k[i])).group);
  return scores;
}

/// Ward's clusters of all minutes; of the k tried, that of the highest people_silhouette, the lowest of equals. One
/// cluster where there are fewer than `fewest_rows` minutes, or one person.
inline GroupChoice choose_groups(const MinuteRows& rows, const cluster::SelectOptions& options) {
  if (rows.size() < fewest_rows || rows.users.size() < 2)
    return {Eigen::VectorXi::Zero(rows.size()),
            {{}, {}, 1, "Too few minutes or people to group: everybody is in one group."}};
  const auto tried = cluster::select_k(rows.importance, rows.users_of_rows(), options);
  const auto of_people = people_silhouettes(rows, tried);
  Index best = 0;
  of_people.maxCoeff(&best);
  const int k = tried.silhouette_k[best];
  const auto curve = [](std::string name, const Eigen::VectorXi& ks, const Eigen::VectorXd& scores) {
    return report::ScoreCurve{std::move(name), {ks.begin(), ks.end()}, {scores.begin(), scores.end()}};
  };
  return {
      tried.tree.cut(k),
      {{curve("k-means", tried.k, tried.kmeans_entropy), curve("Ward", tried.k, tried.ward_entropy)},
       {curve("Ward, minutes", tried.silhouette_k, tried.ward_silhouette),
        curve("Ward, people", tried.silhouette_k, of_people)},
       k,
       "k = " + std::to_string(k) +
           " has the highest silhouette of people's mean importances, each person in the cluster of Ward's "
           "that holds most of the person's minutes."}};
}

/// `selection.json`: {"k": 5, "rule": "…", "entropy": {"Ward": {"k": [2, 3], "score": [0.1, 0.2]}}, "silhouette": …}.
inline void write_selection(const std::filesystem::path& path, const report::Selection& selection) {
  const auto curves_json = [](const std::vector<report::ScoreCurve>& curves) {
    auto json = nlohmann::ordered_json::object();
    for (const auto& curve : curves)
      json[curve.name] = {{"k", std::vector<int>(curve.k.begin(), curve.k.end())}, {"score", curve.score}};
    return json;
  };
  write_json(path, {{"k", selection.chosen},
                    {"rule", selection.rule},
                    {"entropy", curves_json(selection.entropy)},
                    {"silhouette", curves_json(selection.silhouette)}});
}

/// What write_selection wrote. Throws io_error, format_error.
inline report::Selection read_selection(const std::filesystem::path& path) {
  const auto json = read_json(path);
  try {
    report::Selection selection;
    json.at("k").get_to(selection.chosen);
    json.at("rule").get_to(selection.rule);
    for (auto [kind, curves] :
         {std::pair("entropy", &selection.entropy), {"silhouette", &selection.silhouette}})
      for (const auto& [name, curve] : json.at(kind).items())
        curves->push_back({name, curve.at("k"), curve.at("score")});
    return selection;
  } catch (const nlohmann::json::exception& error) {
    throw format_error(path.string(), std::string("expected a selection.json: ") + error.what());
  }
}

}  // namespace lifelog::examples
