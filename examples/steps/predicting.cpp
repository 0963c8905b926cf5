// SPDX-License-Identifier: MIT

#include "predicting.hpp"

#include <algorithm>

#include "../common/files.hpp"
#include "../common/table.hpp"
#include "judged_rows.hpp"
#include "predictor_folds.hpp"
#include "preprocessing.hpp"

namespace lifelog::examples {

namespace {

/// predictor: counted seed by seed and fold by fold, everybody's first.
std::string predictor_name(std::size_t predictor, std::size_t groups, std::size_t folds) {
  const auto run = predictor / (groups + 1), own = predictor % (groups + 1);
  const auto fold = run % folds, seed = run / folds;
  return (own == 0 ? "general" : "group " + std::to_string(own)) +
         (fold == 0 ? "" : ", fold " + std::to_string(fold + 1)) +
         (seed == 0 ? "" : ", seed " + std::to_string(seed + 1));
}

std::string predictor_name(const predict::HeldOutPredictor& predictor,
                           const std::vector<std::string>& users) {
  return (predictor.group ? "group " + std::to_string(*predictor.group + 1) : "general") +
         (predictor.user ? " without " + users[*predictor.user] : "");
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

/// Scores become sums of both, what is told of trainings follows.
void append(predict::Comparison more, predict::Comparison& to) {
  const auto add = [](const predict::Score& from, predict::Score& sum) {
    sum.f1 += from.f1, sum.accuracy += from.accuracy;
  };
  const auto follow = [](auto& from, auto& all) {
    all.insert(all.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  add(more.general, to.general);
  for (std::size_t g = 0; g < to.groups.size(); ++g) {
    add(more.groups[g].group, to.groups[g].group);
    add(more.groups[g].general, to.groups[g].general);
  }
  follow(more.histories, to.histories);
  follow(more.statuses, to.statuses);
  follow(more.tested, to.tested);
  follow(more.predicted, to.predicted);
}

void divide_scores(double by, predict::Comparison& comparison) {
  const auto divide = [by](predict::Score& score) { score.f1 /= by, score.accuracy /= by; };
  divide(comparison.general);
  for (auto& group : comparison.groups) divide(group.group), divide(group.general);
}

PredictorFigures figures_of(const predict::Comparison& comparison) {
  const double group = comparison.mean_group_f1(), general = comparison.mean_general_f1();
  return {group, general, group - general};
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
  if (evaluation == Evaluation::split_file) return "split-file";
  return evaluation_names[static_cast<std::size_t>(evaluation)];
}

std::vector<data::RowTable> read_row_tables(const std::filesystem::path& dir, const UserLists& groups) {
  require_directory(dir);
  std::vector<data::RowTable> tables;
  for (const auto& group : groups)
    for (const auto& user : group) tables.push_back(readers::read_rows(rows_file(dir, user)));
  return tables;
}

std::vector<std::vector<std::size_t>> table_numbers(const UserLists& groups) {
  std::vector<std::vector<std::size_t>> members(groups.size());
  std::size_t table = 0;
  for (std::size_t g = 0; g < groups.size(); ++g)
    for (std::size_t u = 0; u < groups[g].size(); ++u) members[g].push_back(table++);
  return members;
}

predict::ComparisonOptions comparison_options(const TrainingOptions& options, bool stratified) {
  predict::ComparisonOptions comparison;
  comparison.train = options.train;
  comparison.split = options.split;
  comparison.stratified = stratified;
  comparison.threads = options.threads;
  return comparison;
}

PredictorResults compare_predictors(const std::vector<data::RowTable>& tables, const UserLists& groups,
                                    data::TensionBins bins, const TrainingOptions& options,
                                    Evaluation evaluation, const EvaluationOptions& folds,
                                    const Program& program) {
  const double epochs = options.train.epochs;
  const auto inputs = predict::row_inputs(tables, bins);
  const auto members = table_numbers(groups);
  require_labelled(inputs, members);
  auto comparing = comparison_options(options, evaluation == Evaluation::stratified);
  const bool by_folds = evaluation == Evaluation::blocked || evaluation == Evaluation::session;
  auto wanted = fold_options(evaluation, options, folds);
  const auto split = [&](const predict::RowInputs& rows,
                         const std::function<void(const std::string&)>& tell) {
    if (evaluation == Evaluation::split_file)
      return given_folds_of(rows, tables, wanted, folds.split_file, tell);
    if (by_folds) return folds_of(rows, tables, wanted, tell);
    return std::vector<evaluate::Split>{
        predict::detail::split_by_user(rows, tables.size(), options.split, comparing.stratified)};
  };
  comparing.folds = split(inputs, [&](const std::string& text) { program.out() << text << '\n'; });

  if (const auto untrained = untrained_group(inputs, members, comparing.folds))
    throw std::invalid_argument("groups: expected people of every group to train on in every fold, group " +
                                std::to_string(untrained->first + 1) + " has none in fold " +
                                std::to_string(untrained->second + 1));
  const auto true_folds = comparing.folds;

  PredictorResults results{{}, groups, {}, evaluation_name(evaluation), comparing.folds.size(), folds.seeds,
                           {}, {},     {}};
  const auto of_run = (groups.size() + 1) * results.folds;
  const auto runs = static_cast<double>(folds.seeds + folds.nulls);
  auto progress = program.progress("predictors", runs * static_cast<double>(of_run) * epochs);
  const auto train = [&](const predict::RowInputs& rows, Index run) {
    comparing.seen = [&, run](std::size_t predictor, const train::Epoch& epoch) {
      const auto before = static_cast<double>(static_cast<std::size_t>(run) * of_run + predictor);
      progress.at(before * epochs + epoch.epoch, predictor_name(predictor, groups.size(), results.folds));
    };
    return predict::compare_predictors(rows, tables.size(), members, comparing);
  };
  JudgedRows judged(inputs, options);
  for (Index seed = 0; seed < folds.seeds; ++seed) {
    comparing.train.seed = options.train.seed + static_cast<std::uint64_t>(seed);
    auto comparison = train(inputs, seed);
    judged.add(said_of_rows(inputs, comparing.folds, comparison.predicted), seed);
    if (seed == 0) {
      results.first_seed = figures_of(comparison);
      results.comparison = std::move(comparison);
    } else {
      append(std::move(comparison), results.comparison);
    }
  }
  divide_scores(static_cast<double>(folds.seeds), results.comparison);
  comparing.train.seed = options.train.seed;
  wanted.folds = static_cast<Index>(std::max<std::size_t>(results.folds, 2));
  for (Index null = 0; null < folds.nulls; ++null) {
    auto shifted = inputs;
    shifted.labels =
        shifted_labels_of(inputs, Random(options.train.seed).fork(1000 + static_cast<std::uint64_t>(null)));
    // Folds are made of labels anew, unless some people cannot be split by them.
    comparing.folds = split(shifted, [](const std::string&) {});
    if (comparing.folds.size() != true_folds.size() || untrained_group(shifted, members, comparing.folds))
      comparing.folds = true_folds;
    const auto comparison = train(shifted, folds.seeds + null);
    results.nulls.push_back(figures_of(comparison));
    judged.add_null(said_of_rows(shifted, comparing.folds, comparison.predicted), shifted);
  }
  progress.finish();
  results.judged = judged.json();
  for (std::size_t p = 0; p < results.comparison.statuses.size(); ++p)
    results.predictors.push_back(predictor_name(p, groups.size(), results.folds));
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

}  // namespace lifelog::examples
