// SPDX-License-Identifier: MIT
#include "choosing.hpp"

#include <lifelog/data/labels.hpp>
#include <lifelog/metrics/agreement.hpp>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace lifelog::examples {

GroupChoice choose_groups(const MinuteRows& rows, const cluster::SelectOptions& options) {
  const auto choice = cluster::choose_by_people(rows.importance, rows.users_of_rows(), options);
  const auto& tried = choice.tried;
  if (choice.of_people.size() == 0)
    return {choice.labels, {{}, {}, 1, "Too few minutes or people to group: everybody is in one group."}};
  const auto curve = [](std::string name, const Eigen::VectorXi& ks, const Eigen::VectorXd& scores) {
    return report::ScoreCurve{std::move(name), {ks.begin(), ks.end()}, {scores.begin(), scores.end()}};
  };
  return {
      choice.labels,
      {{curve("k-means", tried.k, tried.kmeans_entropy), curve("Ward", tried.k, tried.ward_entropy)},
       {curve("Ward, minutes", tried.silhouette_k, tried.ward_silhouette),
        curve("Ward, people", tried.silhouette_k, choice.of_people)},
       choice.k,
       "k = " + std::to_string(choice.k) +
           " has the highest silhouette of people's mean importances, each person in the cluster of Ward's "
           "that holds most of the person's minutes."}};
}

cluster::Grouping group_points(const RowMatrix<double>& points, const Eigen::VectorXi& users,
                               const cluster::GroupingOptions& options,
                               const std::function<void(int, int)>& tried) {
  return cluster::group_rows(points, users, options, tried);
}

RowClusters cluster_rows(std::string name, const RowMatrix<float>& rows, const MinuteRows& minutes,
                         const cluster::KMeansOptions& options) {
  const auto encoder = data::LabelEncoder::fit(minutes.label);
  Eigen::VectorXi states(minutes.size());
  for (Index i = 0; i < states.size(); ++i)
    states[i] = static_cast<int>(encoder.encode(minutes.label[static_cast<std::size_t>(i)]));
  RowClusters clusters{std::move(name), cluster::kmeans(rows, options).labels};
  clusters.with_people = metrics::adjusted_rand(clusters.labels, minutes.users_of_rows());
  clusters.with_labels = metrics::adjusted_rand(clusters.labels, states);
  return clusters;
}

void write_selection(const std::filesystem::path& path, const report::Selection& selection) {
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

report::Selection read_selection(const std::filesystem::path& path) {
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
