// SPDX-License-Identifier: MIT

#include "predicting.hpp"

#include <algorithm>
#include <lifelog/evaluate/without_sensors.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "../common/files.hpp"
#include "../common/table.hpp"
#include "evaluation_metrics.hpp"
#include "preprocessing.hpp"

namespace lifelog::examples {

namespace {

/// predictor: counted fold by fold, everybody's first.
std::string predictor_name(std::size_t predictor, std::size_t groups) {
  const auto fold = predictor / (groups + 1), own = predictor % (groups + 1);
  return (own == 0 ? "general" : "group " + std::to_string(own)) +
         (fold == 0 ? "" : ", fold " + std::to_string(fold + 1));
}

std::string predictor_name(const predict::HeldOutPredictor& predictor,
                           const std::vector<std::string>& users) {
  return (predictor.group ? "group " + std::to_string(*predictor.group + 1) : "general") +
         (predictor.user ? " without " + users[*predictor.user] : "");
}

/// Indices of tables as `read_row_tables` reads them, group by group.
std::vector<std::vector<std::size_t>> table_numbers(const UserLists& groups) {
  std::vector<std::vector<std::size_t>> members(groups.size());
  std::size_t table = 0;
  for (std::size_t g = 0; g < groups.size(); ++g)
    for (std::size_t u = 0; u < groups[g].size(); ++u) members[g].push_back(table++);
  return members;
}

/// Throws FlagError where a group has no labelled row; groups are numbered from 1, as people see them.
void require_labelled(const predict::RowInputs& inputs, const std::vector<std::vector<std::size_t>>& groups) {
  std::vector<Index> rows(
      inputs.user.empty() ? 0 : *std::max_element(inputs.user.begin(), inputs.user.end()) + 1);
  for (const auto user : inputs.user) ++rows[user];
  for (std::size_t g = 0; g < groups.size(); ++g)
    if (std::none_of(groups[g].begin(), groups[g].end(),
                     [&](std::size_t user) { return user < rows.size() && rows[user] > 0; }))
      throw FlagError("--groups: expected people with labelled rows in every group, group " +
                      std::to_string(g + 1) + " has none");
}

predict::ComparisonOptions comparison_options(const TrainingOptions& options, bool stratified) {
  predict::ComparisonOptions comparison;
  comparison.train = options.train;
  comparison.split = options.split;
  comparison.stratified = stratified;
  comparison.threads = options.threads;
  return comparison;
}

/// Labelled rows as folds see them: of one minute all stand together.
evaluate::Items items_of(const predict::RowInputs& inputs) {
  evaluate::Items items;
  items.label = inputs.labels;
  for (std::size_t n = 0; n < inputs.time.size(); ++n) {
    items.time.push_back(inputs.time[n] - (inputs.time[n] % 60 + 60) % 60);
    items.person.push_back(static_cast<Index>(inputs.user[n]));
  }
  return items;
}

/// Everybody's folds at once; a person whose rows cannot be split so is split as `make_folds` falls back, and told.
std::vector<evaluate::Split> folds_of(const predict::RowInputs& inputs,
                                      const std::vector<data::RowTable>& tables, Evaluation evaluation,
                                      const TrainingOptions& training, const EvaluationOptions& options,
                                      const Program& program) {
  evaluate::FoldOptions wanted;
  wanted.scheme = evaluation == Evaluation::session ? evaluate::Scheme::session : evaluate::Scheme::blocked;
  wanted.folds = options.folds;
  wanted.gap = options.gap.value_or(1);
  const double rest = training.split.train + training.split.valid;
  wanted.valid = rest > 0 ? training.split.valid / rest : 0;
  wanted.seed = training.train.seed;
  const auto all = items_of(inputs);
  const auto rows = predict::detail::rows_by_user(inputs, tables.size());
  std::vector<evaluate::Split> folds(static_cast<std::size_t>(options.folds));
  const auto append = [](const std::vector<Index>& from, const std::vector<Index>& own,
                         std::vector<Index>& to) {
    for (const Index i : own) to.push_back(from[static_cast<std::size_t>(i)]);
  };
  for (std::size_t u = 0; u < tables.size(); ++u) {
    evaluate::Items own;
    for (const Index row : rows[u]) {
      own.label.push_back(all.label_of(row));
      own.time.push_back(all.time_of(row));
    }
    if (own.size() < 2) continue;
    try {
      const auto made = evaluate::make_folds(own, wanted);
      if (!made.reason.empty()) program.out() << tables[u].user << ": " << made.reason << '\n';
      for (std::size_t f = 0; f < made.folds.size(); ++f) {
        append(rows[u], made.folds[f].train, folds[f].train);
        append(rows[u], made.folds[f].valid, folds[f].valid);
        append(rows[u], made.folds[f].test, folds[f].test);
      }
      for (std::size_t f = made.folds.size(); f < folds.size(); ++f)
        append(rows[u], made.folds[0].train, folds[f].train);
    } catch (const std::invalid_argument& error) {
      program.out() << tables[u].user << " is left out: " << error.what() << '\n';
    }
  }
  std::erase_if(folds, [](const auto& fold) { return fold.test.empty() || fold.train.empty(); });
  if (folds.empty()) throw FlagError("--evaluate: expected rows that can be split, got none of anybody");
  return folds;
}

/// The baselines on the rows that predictors were tested on, and everybody's predictor, all with intervals.
nlohmann::ordered_json judged_rows(const predict::RowInputs& inputs, const predict::Comparison& comparison,
                                   const std::vector<std::vector<Index>>& trained,
                                   const TrainingOptions& options) {
  const auto items = items_of(inputs);
  const auto blocks = evaluate::blocks_of(items);
  evaluate::Judged general, majority, clock;
  for (std::size_t f = 0; f < comparison.tested.size(); ++f) {
    const auto& rows = comparison.tested[f];
    if (rows.empty()) continue;
    const auto most = evaluate::predict_majority(items, trained[f], rows);
    const auto nearest = evaluate::predict_clock(items, trained[f], rows);
    for (std::size_t k = 0; k < rows.size(); ++k) {
      const Index truth = items.label_of(rows[k]), person = items.person_of(rows[k]),
                  block = blocks[static_cast<std::size_t>(rows[k])];
      general.add(truth, comparison.predicted[f][k], person, block, 0);
      majority.add(truth, most[k], person, block, 0);
      clock.add(truth, nearest[k], person, block, 0);
    }
  }
  if (general.truth.empty()) return nullptr;
  const auto figures = [&](const evaluate::Judged& judged) {
    return figures_json(judged, inputs.classes, options.train.seed, options.threads);
  };
  auto json = figures(general);
  json["baselines"] = {{"majority", figures(majority)}, {"clock", figures(clock)}};
  json["beats_baselines"] = json.at("f1").get<double>() > best_baseline(json).second;
  return json;
}

void warn_of_diverged(const std::vector<std::string>& names, const std::vector<train::TrainStatus>& statuses,
                      const Program& program) {
  std::vector<std::string> diverged;
  for (std::size_t p = 0; p < names.size(); ++p)
    if (statuses[p] == train::TrainStatus::diverged) diverged.push_back(names[p]);
  if (!diverged.empty())
    program.warn("training of these predictors diverged, their best weights before that are scored: " +
                 joined(diverged));
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

Evaluation evaluation_of(const std::string& name) {
  if (name == "blocked") return Evaluation::blocked;
  if (name == "session") return Evaluation::session;
  const auto found = std::find(evaluation_names.begin(), evaluation_names.end(), name);
  detail::require(found != evaluation_names.end(), "evaluate: expected a way to evaluate, got ", name);
  return static_cast<Evaluation>(found - evaluation_names.begin());
}
std::string evaluation_name(Evaluation evaluation) {
  if (evaluation == Evaluation::blocked) return "blocked";
  if (evaluation == Evaluation::session) return "session";
  return evaluation_names[static_cast<std::size_t>(evaluation)];
}

std::vector<data::RowTable> read_row_tables(const std::filesystem::path& dir, const UserLists& groups) {
  require_directory(dir);
  std::vector<data::RowTable> tables;
  for (const auto& group : groups)
    for (const auto& user : group) tables.push_back(readers::read_rows(rows_file(dir, user)));
  return tables;
}

PredictorResults compare_predictors(const std::vector<data::RowTable>& tables, const UserLists& groups,
                                    data::TensionBins bins, const TrainingOptions& options,
                                    Evaluation evaluation, const EvaluationOptions& folds,
                                    const Program& program) {
  const double epochs = options.train.epochs;
  const auto inputs = predict::row_inputs(tables, bins);
  require_labelled(inputs, table_numbers(groups));
  auto comparing = comparison_options(options, evaluation == Evaluation::stratified);
  if (evaluation == Evaluation::blocked || evaluation == Evaluation::session)
    comparing.folds = folds_of(inputs, tables, evaluation, options, folds, program);
  else
    comparing.folds = {
        predict::detail::split_by_user(inputs, tables.size(), options.split, comparing.stratified)};
  const auto predictors = (groups.size() + 1) * comparing.folds.size();
  auto progress = program.progress("predictors", static_cast<double>(predictors) * epochs);
  comparing.seen = [&](std::size_t predictor, const train::Epoch& epoch) {
    progress.at(static_cast<double>(predictor) * epochs + epoch.epoch,
                predictor_name(predictor, groups.size()));
  };
  auto comparison = predict::compare_predictors(inputs, tables.size(), table_numbers(groups), comparing);
  progress.finish();
  std::vector<std::vector<Index>> trained;
  for (const auto& fold : comparing.folds) trained.push_back(fold.train);
  PredictorResults results{std::move(comparison), groups, {}, evaluation_name(evaluation), {}};
  results.judged = judged_rows(inputs, results.comparison, trained, options);
  for (std::size_t p = 0; p < predictors; ++p) results.predictors.push_back(predictor_name(p, groups.size()));
  warn_of_diverged(results.predictors, results.comparison.statuses, program);
  return results;
}

HeldOutResults hold_out_each(const std::vector<data::RowTable>& tables, const UserLists& groups,
                             data::TensionBins bins, const TrainingOptions& options, Index assign_minutes,
                             const Program& program) {
  const double epochs = options.train.epochs;
  const auto predictors = static_cast<double>(groups.size() + 2 * tables.size());
  auto progress = program.progress("held out", predictors * epochs);
  predict::HeldOutOptions holding{comparison_options(options, false), assign_minutes};
  holding.comparison.seen = [&](std::size_t predictor, const train::Epoch& epoch) {
    progress.at(static_cast<double>(predictor) * epochs + epoch.epoch);
  };
  auto held_out = predict::leave_one_out(predict::row_inputs(tables, bins), tables.size(),
                                         table_numbers(groups), holding);
  progress.finish();
  HeldOutResults results{std::move(held_out), {}, {}};
  for (const auto& table : tables) results.users.push_back(table.user);
  std::vector<train::TrainStatus> statuses;
  for (const auto& predictor : results.held_out.predictors) {
    results.predictors.push_back(predictor_name(predictor, results.users));
    statuses.push_back(predictor.status);
  }
  warn_of_diverged(results.predictors, statuses, program);
  return results;
}

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
  make_directory(out);
  write_json(out / "comparison.json", {{"status", worst_status(results, 0)},
                                       {"general", json_of(comparison.general)},
                                       {"groups", groups},
                                       {"mean_group_f1", comparison.mean_group_f1()},
                                       {"mean_general_f1", comparison.mean_general_f1()},
                                       {"evaluate", results.evaluate},
                                       {"folds", comparison.tested.size()},
                                       {"judged", results.judged}});
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
