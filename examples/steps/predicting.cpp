// SPDX-License-Identifier: MIT

#include "predicting.hpp"

#include <lifelog/predict/compare.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "../common/files.hpp"
#include "../common/table.hpp"
#include "preprocessing.hpp"

namespace lifelog::examples {

namespace {

double mean_over_groups(const PredictorResults& results, PredictorScore PredictorComparison::*which) {
  double total = 0;
  for (const auto& group : results.groups) total += (group.*which).f1;
  return results.groups.empty() ? 0 : total / static_cast<double>(results.groups.size());
}

PredictorScore score_of(const predict::Score& score) {
  return {score.rows, score.f1, score.accuracy};
}

std::string predictor_name(std::size_t predictor) {
  return predictor == 0 ? "the general predictor" : "the predictor of group " + std::to_string(predictor);
}

nlohmann::ordered_json json_of(const PredictorScore& score) {
  return {{"rows", score.rows}, {"f1", score.f1}, {"accuracy", score.accuracy}};
}

}  // namespace

double PredictorResults::mean_group_f1() const {
  return mean_over_groups(*this, &PredictorComparison::group);
}
double PredictorResults::mean_general_f1() const {
  return mean_over_groups(*this, &PredictorComparison::general);
}

std::vector<data::RowTable> read_row_tables(const std::filesystem::path& dir, const UserLists& groups) {
  require_directory(dir);
  std::vector<data::RowTable> tables;
  for (const auto& group : groups)
    for (const auto& user : group) tables.push_back(data::read_rows(rows_file(dir, user)));
  return tables;
}

PredictorResults compare_predictors(const std::vector<data::RowTable>& tables, const UserLists& groups,
                                    data::TensionBins bins, const TrainingOptions& options,
                                    const Program& program) {
  const auto inputs = predict::row_inputs(tables, bins);
  std::vector<std::vector<std::size_t>> members(groups.size());
  std::size_t table = 0;
  for (std::size_t g = 0; g < groups.size(); ++g)
    for (std::size_t u = 0; u < groups[g].size(); ++u) members[g].push_back(table++);
  const double epochs = options.train.epochs;
  auto progress = program.progress("predictors", static_cast<double>(groups.size() + 1) * epochs);
  const auto comparison = predict::compare_predictors(
      inputs, tables.size(), members,
      {options.train, options.split, options.threads, [&](std::size_t predictor, const mil::Epoch& epoch) {
         progress.at(static_cast<double>(predictor) * epochs + epoch.epoch,
                     predictor == 0 ? "everybody" : "group " + std::to_string(predictor));
       }});
  progress.finish();
  PredictorResults results{score_of(comparison.general), {}, comparison.histories, comparison.statuses};
  for (std::size_t p = 0; p < results.statuses.size(); ++p)
    if (results.statuses[p] == mil::TrainStatus::diverged)
      program.warn("the training of " + predictor_name(p) +
                   " diverged; its best weights before that are scored");
  for (std::size_t g = 0; g < groups.size(); ++g)
    results.groups.push_back(
        {groups[g], score_of(comparison.groups[g].group), score_of(comparison.groups[g].general)});
  return results;
}

void write_predictors(const std::filesystem::path& out, const PredictorResults& results) {
  nlohmann::ordered_json groups = nlohmann::ordered_json::array();
  for (std::size_t g = 0; g < results.groups.size(); ++g) {
    const auto& group = results.groups[g];
    groups.push_back({{"users", group.users},
                      {"status", status_name(results.statuses[g + 1])},
                      {"group", json_of(group.group)},
                      {"general", json_of(group.general)}});
  }
  make_directory(out);
  write_json(out / "comparison.json", {{"status", status_name(results.statuses.front())},
                                       {"general", json_of(results.general)},
                                       {"groups", groups},
                                       {"mean_group_f1", results.mean_group_f1()},
                                       {"mean_general_f1", results.mean_general_f1()}});
  std::string csv = "predictor,epoch,loss,train_f1,train_accuracy,valid_f1,valid_accuracy\n";
  for (std::size_t p = 0; p < results.histories.size(); ++p)
    for (const auto& e : results.histories[p]) {
      csv += p == 0 ? "general" : "group " + std::to_string(p);
      csv += ',' + history_line(e) + '\n';
    }
  write_text(out / "history.csv", csv);
}

std::string predictor_table(const PredictorResults& results) {
  Table table({"group", "people", "test rows", "F1 group", "F1 general", "acc. group", "acc. general"});
  for (std::size_t g = 0; g < results.groups.size(); ++g) {
    const auto& group = results.groups[g];
    table.row({std::to_string(g + 1), std::to_string(group.users.size()), grouped(group.group.rows),
               fixed(group.group.f1, 4), fixed(group.general.f1, 4), fixed(group.group.accuracy, 4),
               fixed(group.general.accuracy, 4)});
  }
  std::ostringstream out;
  out << table << "mean F1: group predictors " << fixed(results.mean_group_f1(), 4) << ", general predictor "
      << fixed(results.mean_general_f1(), 4) << " on the same rows\n";
  return out.str();
}

}  // namespace lifelog::examples
