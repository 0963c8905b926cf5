// SPDX-License-Identifier: MIT

#include "regrouping.hpp"

#include <lifelog/evaluate/bootstrap.hpp>
#include <lifelog/evaluate/without_sensors.hpp>
#include <sstream>

#include "../common/files.hpp"
#include "../common/table.hpp"
#include "evaluation_metrics.hpp"
#include "predictor_folds.hpp"

namespace lifelog::examples {

namespace {

/// What each way says of everybody's rows, with the blocks they lie in.
std::vector<evaluate::Judged> judged_ways(const predict::RegroupComparison& comparison,
                                          const predict::RowInputs& inputs) {
  const auto items = items_of(inputs);
  const auto blocks = evaluate::blocks_of(items);
  std::vector<evaluate::Judged> ways(predict::regroup_ways.size());
  for (const auto& person : comparison.people)
    for (std::size_t way = 0; way < ways.size(); ++way)
      for (std::size_t k = 0; k < person.rows.size(); ++k)
        ways[way].add(items.label_of(person.rows[k]), person.predicted[way][k],
                      static_cast<Index>(person.user), blocks[static_cast<std::size_t>(person.rows[k])], 0);
  return ways;
}

/// Groups help where they tell people better than everybody's predictor does, and than random groups chosen from just so do.
std::string verdict_of(const nlohmann::ordered_json& differences) {
  const auto by = [&](const char* way) -> const nlohmann::ordered_json& {
    for (const auto& one : differences)
      if (one.at("by") == way) return one;
    throw std::logic_error("no such way");
  };
  const auto told = [](const nlohmann::ordered_json& one) {
    const auto number = [&](const char* key) { return fixed(one.at(key).get<double>(), 3); };
    return number("f1") + " (" + number("low") + " to " + number("high") + ")";
  };
  const auto& general = by("general");
  const auto& random = by("random");
  const bool over_general = general.at("low").get<double>() > 0,
             over_random = random.at("low").get<double>() > 0;
  const std::string figures = "F1 over everybody's predictor " + told(general) + ", over random groups " +
                              told(random) + ", over what their few minutes train " + told(by("own"));
  if (over_general && over_random) return "groups help to predict people who are new: " + figures;
  if (over_general)
    return "choosing among predictors helps, but random groups do as well as these: " + figures;
  return "groups are not known to help to predict people who are new: " + figures;
}

UserLists named(const std::vector<std::vector<std::size_t>>& groups, const std::vector<std::string>& users) {
  UserLists lists;
  for (const auto& group : groups) {
    auto& list = lists.emplace_back();
    for (const auto user : group) list.push_back(users[user]);
  }
  return lists;
}

}  // namespace

RegroupResults regroup_people(const std::vector<data::RowTable>& tables, const UserLists& groups,
                              data::TensionBins bins, const TrainingOptions& options, Index folds,
                              Index assign_minutes, const Program& program) {
  const auto inputs = predict::row_inputs(tables, bins);
  predict::RegroupOptions regrouping{comparison_options(options, false)};
  // How many rounds there will be nobody knows.
  auto progress = program.progress("regrouping", static_cast<double>(folds + 1));
  double begun = 0;
  regrouping.comparison.seen = [&](std::size_t predictor, const train::Epoch& epoch) {
    if (epoch.epoch == 1) progress.at(begun, "predictor " + std::to_string(predictor + 1));
  };
  const auto members = table_numbers(groups);
  RegroupResults results;
  for (const auto& table : tables) results.users.push_back(table.user);
  results.classes = inputs.classes;
  results.everybody = predict::regroup(inputs, tables.size(), members, regrouping);
  begun = 1;
  results.comparison =
      predict::compare_regrouping(inputs, tables.size(), members, folds, assign_minutes, regrouping);
  progress.finish();
  const auto ways = judged_ways(results.comparison, inputs);
  results.differences = nlohmann::ordered_json::array();
  evaluate::BootstrapOptions bootstrap;
  bootstrap.seed = options.train.seed;
  bootstrap.threads = options.threads;
  for (std::size_t way = 0; way < ways.size(); ++way) {
    results.figures.push_back(figures_json(ways[way], inputs.classes, options.train.seed, options.threads));
    if (way == 0) continue;
    const auto f1 = evaluate::judge_difference(ways[0], ways[way], inputs.classes, bootstrap).f1;
    results.differences.push_back(
        {{"by", predict::regroup_ways[way]}, {"f1", f1.value}, {"low", f1.low}, {"high", f1.high}});
  }
  results.verdict = verdict_of(results.differences);
  return results;
}

void write_regrouped(const std::filesystem::path& out, const RegroupResults& results) {
  const auto regrouping_json = [&](const predict::Regrouping& one) {
    return nlohmann::ordered_json{{"groups", named(one.groups, results.users)},
                                  {"settled", one.settled},
                                  {"rounds", one.loss.size()},
                                  {"loss", one.loss}};
  };
  auto json = regrouping_json(results.everybody);
  auto folds = nlohmann::ordered_json::array(), people = folds, left_out = folds;
  for (const auto& fold : results.comparison.folds) folds.push_back(regrouping_json(fold));
  for (const auto& person : results.comparison.people)
    people.push_back({{"user", results.users[person.user]},
                      {"fold", person.fold + 1},
                      {"assign_minutes", person.assign_minutes},
                      {"rows", person.rows.size()}});
  for (const auto user : results.comparison.left_out) left_out.push_back(results.users[user]);
  json["people_held_out"] = {{"folds", folds}, {"people", people}, {"left_out", left_out}};
  for (std::size_t way = 0; way < results.figures.size(); ++way)
    json["people_held_out"][predict::regroup_ways[way]] = results.figures[way];
  json["people_held_out"]["regrouped_less"] = results.differences;
  json["verdict"] = results.verdict;
  make_directory(out);
  write_json(out / "regrouped.json", json);
}

std::string regroup_table(const RegroupResults& results) {
  std::ostringstream out;
  out << "groups after " << count(static_cast<long long>(results.everybody.loss.size()), "round", "rounds")
      << (results.everybody.settled ? "" : ", not settled") << ":\n";
  const auto groups = named(results.everybody.groups, results.users);
  for (std::size_t g = 0; g < groups.size(); ++g)
    out << "  " << g + 1 << ": " << (groups[g].empty() ? "nobody" : joined(groups[g])) << '\n';
  Table table({"people held out", "F1", "95 %", "accuracy"});
  const char* const names[] = {"regrouped", "everybody else's", "random groups", "their few minutes"};
  for (std::size_t way = 0; way < results.figures.size(); ++way) {
    const auto number = [](const nlohmann::ordered_json& figure, int digits) {
      return fixed(figure.get<double>(), digits);
    };
    const auto& figures = results.figures[way];
    const auto& interval = figures.at("intervals").at("f1");
    table.row({names[way], number(figures.at("f1"), 3),
               number(interval.at("low"), 2) + "-" + number(interval.at("high"), 2),
               number(figures.at("accuracy"), 3)});
  }
  out << table << results.verdict << '\n';
  return out.str();
}

}  // namespace lifelog::examples
