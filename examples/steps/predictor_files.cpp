// SPDX-License-Identifier: MIT

#include <lifelog/evaluate/null_test.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "../common/files.hpp"
#include "../common/table.hpp"
#include "predicting.hpp"

namespace lifelog::examples {

namespace {

/// What chance does beside what was found; null where labels were not shifted.
nlohmann::ordered_json nulls_json(const PredictorResults& results) {
  if (results.nulls.empty()) return nullptr;
  nlohmann::ordered_json json;
  for (const auto& [name, figure] : {std::pair("mean_group_f1", &PredictorFigures::group),
                                     std::pair("mean_general_f1", &PredictorFigures::general),
                                     std::pair("difference", &PredictorFigures::difference)}) {
    const double found = results.first_seed.*figure;
    std::vector<double> nulls;
    for (const auto& null : results.nulls) nulls.push_back(null.*figure);
    json[name] = {{"first_seed", found}, {"p_value", evaluate::null_p_value(found, nulls)}, {"null", nulls}};
  }
  return json;
}

std::string history_csv(const std::vector<std::string>& names,
                        const std::vector<std::vector<train::Epoch>>& histories) {
  std::string csv = "predictor,epoch,loss,train_f1,train_accuracy,valid_f1,valid_accuracy\n";
  for (std::size_t p = 0; p < names.size(); ++p)
    for (const auto& epoch : histories[p]) {
      readers::detail::append_text(csv, names[p]);  // may hold commas
      csv += ',' + history_line(epoch) + '\n';
    }
  return csv;
}

nlohmann::ordered_json json_of(const predict::Score& score) {
  return {{"rows", score.rows}, {"f1", score.f1}, {"accuracy", score.accuracy}};
}

/// How the training of a predictor ended in its first fold, or that it diverged in any.
std::string worst_status(const PredictorResults& results, std::size_t predictor) {
  const auto& statuses = results.comparison.statuses;
  for (std::size_t p = predictor; p < statuses.size(); p += results.groups.size() + 1)
    if (statuses[p] == train::TrainStatus::diverged) return status_name(statuses[p]);
  return status_name(statuses[predictor]);
}

std::vector<std::string> left_out_names(const HeldOutResults& results) {
  std::vector<std::string> names;
  for (const auto user : results.held_out.left_out) names.push_back(results.users[user]);
  return names;
}

}  // namespace

void write_predictors(const std::filesystem::path& out, const PredictorResults& results) {
  const auto& comparison = results.comparison;
  nlohmann::ordered_json groups = nlohmann::ordered_json::array();
  for (std::size_t g = 0; g < comparison.groups.size(); ++g) {
    const auto& group = comparison.groups[g];
    groups.push_back({{"users", results.groups[g]},
                      {"status", worst_status(results, g + 1)},
                      {"group", json_of(group.group)},
                      {"general", json_of(group.general)}});
  }
  nlohmann::ordered_json told{{"status", worst_status(results, 0)},
                              {"general", json_of(comparison.general)},
                              {"groups", groups},
                              {"mean_group_f1", comparison.mean_group_f1()},
                              {"mean_general_f1", comparison.mean_general_f1()},
                              {"evaluate", results.evaluate},
                              {"folds", results.folds},
                              {"seeds", results.seeds},
                              {"judged", results.judged}};
  if (const auto nulls = nulls_json(results); !nulls.is_null()) told["nulls"] = nulls;
  nlohmann::ordered_json metrics{
      {"evaluate", results.evaluate}, {"folds", results.folds}, {"seeds", results.seeds}};
  if (results.judged.is_object()) metrics.update(results.judged);
  make_directory(out);
  write_json(out / "comparison.json", told);
  write_json(out / "metrics.json", metrics);
  write_text(out / "history.csv", history_csv(results.predictors, comparison.histories));
}

void write_held_out(const std::filesystem::path& out, const HeldOutResults& results) {
  const auto& held_out = results.held_out;
  nlohmann::ordered_json people = nlohmann::ordered_json::array(), predictors = people;
  for (const auto& person : held_out.people)
    people.push_back({{"user", results.users[person.user]},
                      {"group", person.group},
                      {"assigned", person.assigned},
                      {"assign_minutes", person.assign_minutes},
                      {"assign_loss", person.loss},
                      {"general", json_of(person.general)},
                      {"assigned_group", json_of(person.of_assigned)},
                      {"own_group", person.of_own ? json_of(*person.of_own) : nlohmann::ordered_json()}});
  std::vector<std::vector<train::Epoch>> histories;
  for (std::size_t p = 0; p < results.predictors.size(); ++p) {
    predictors.push_back(
        {{"predictor", results.predictors[p]}, {"status", status_name(held_out.predictors[p].status)}});
    histories.push_back(held_out.predictors[p].history);
  }
  make_directory(out);
  write_json(out / "held_out.json", {{"groups_from", 0},
                                     {"people", people},
                                     {"left_out", left_out_names(results)},
                                     {"predictors", predictors},
                                     {"assigned_to_own_group", held_out.assigned_to_own()},
                                     {"mean_assigned_f1", held_out.mean_assigned_f1()},
                                     {"mean_general_f1", held_out.mean_general_f1()}});
  write_text(out / "held_out_history.csv", history_csv(results.predictors, histories));
}

std::string predictor_table(const PredictorResults& results) {
  const auto& comparison = results.comparison;
  Table table({"group", "people", "test rows", "F1 group", "F1 general", "acc. group", "acc. general"});
  for (std::size_t g = 0; g < comparison.groups.size(); ++g) {
    const auto& group = comparison.groups[g];
    table.row({std::to_string(g + 1), std::to_string(group.users.size()), grouped(group.group.rows),
               fixed(group.group.f1, 4), fixed(group.general.f1, 4), fixed(group.group.accuracy, 4),
               fixed(group.general.accuracy, 4)});
  }
  std::ostringstream out;
  out << table << "mean F1: group predictors " << fixed(comparison.mean_group_f1(), 4)
      << ", general predictor " << fixed(comparison.mean_general_f1(), 4) << " on the same rows\n";
  if (const auto nulls = nulls_json(results); !nulls.is_null())
    out << "p by " << count(static_cast<long long>(results.nulls.size()), "repetition", "repetitions")
        << " with shifted labels: of groups' F1 " << fixed(nulls.at("mean_group_f1").at("p_value"), 3)
        << ", of that of everybody's " << fixed(nulls.at("mean_general_f1").at("p_value"), 3)
        << ", of the difference " << fixed(nulls.at("difference").at("p_value"), 3) << '\n';
  return out.str();
}

std::string held_out_table(const HeldOutResults& results) {
  const auto& held_out = results.held_out;
  Table table({"held out", "group", "assigned", "by minutes", "test rows", "F1 assigned", "F1 own group",
               "F1 general"});
  for (const auto& person : held_out.people)
    table.row({results.users[person.user], std::to_string(person.group + 1),
               std::to_string(person.assigned + 1), std::to_string(person.assign_minutes),
               grouped(person.general.rows), fixed(person.of_assigned.f1, 4),
               person.of_own ? fixed(person.of_own->f1, 4) : "-", fixed(person.general.f1, 4)});
  std::ostringstream out;
  out << table << held_out.assigned_to_own() << " of " << held_out.people.size()
      << " assigned to the group they are in; mean F1 of the assigned group's predictor "
      << fixed(held_out.mean_assigned_f1(), 4) << ", of everybody else's "
      << fixed(held_out.mean_general_f1(), 4) << '\n';
  if (!held_out.left_out.empty())
    out << "left out, with less than two labelled minutes: " << joined(left_out_names(results)) << '\n';
  return out.str();
}

}  // namespace lifelog::examples
