// SPDX-License-Identifier: MIT

#include "predicting.hpp"

#include <algorithm>
#include <lifelog/evaluate/baselines.hpp>
#include <lifelog/evaluate/null_test.hpp>
#include <lifelog/evaluate/without_sensors.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "../common/files.hpp"
#include "../common/table.hpp"
#include "evaluation_metrics.hpp"
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

evaluate::FoldOptions fold_options(Evaluation evaluation, const TrainingOptions& training,
                                   const EvaluationOptions& options) {
  evaluate::FoldOptions wanted;
  wanted.scheme = evaluation == Evaluation::session ? evaluate::Scheme::session : evaluate::Scheme::blocked;
  wanted.folds = options.folds;
  wanted.gap = options.gap.value_or(evaluation == Evaluation::split_file ? 0 : 1);
  const double rest = training.split.train + training.split.valid;
  wanted.valid = rest > 0 ? training.split.valid / rest : 0;
  wanted.seed = training.train.seed;
  return wanted;
}

/// Everybody's folds at once; a person whose rows cannot be split so is split as `make_folds` falls back, and told.
std::vector<evaluate::Split> folds_of(const predict::RowInputs& inputs,
                                      const std::vector<data::RowTable>& tables,
                                      const evaluate::FoldOptions& wanted,
                                      const std::function<void(const std::string&)>& tell) {
  const auto all = items_of(inputs);
  const auto rows = predict::detail::rows_by_user(inputs, tables.size());
  std::vector<evaluate::Split> folds(static_cast<std::size_t>(wanted.folds));
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
      if (!made.reason.empty()) tell(tables[u].user + ": " + made.reason);
      for (std::size_t f = 0; f < made.folds.size(); ++f) {
        append(rows[u], made.folds[f].train, folds[f].train);
        append(rows[u], made.folds[f].valid, folds[f].valid);
        append(rows[u], made.folds[f].test, folds[f].test);
      }
      for (std::size_t f = made.folds.size(); f < folds.size(); ++f)
        append(rows[u], made.folds[0].train, folds[f].train);
    } catch (const std::invalid_argument& error) {
      tell(tables[u].user + " is left out: " + error.what());
    }
  }
  std::erase_if(folds, [](const auto& fold) { return fold.test.empty() || fold.train.empty(); });
  if (folds.empty()) throw FlagError("--evaluate: expected rows that can be split, got none of anybody");
  return folds;
}

/// Everybody's folds as a file says of minutes; all rows of a minute go where it goes. Tables need not hold all minutes that
/// data sets do, nor the other way round.
std::vector<evaluate::Split> given_folds_of(const predict::RowInputs& inputs,
                                            const std::vector<data::RowTable>& tables,
                                            const evaluate::FoldOptions& options,
                                            const std::filesystem::path& file,
                                            const std::function<void(const std::string&)>& tell) {
  const auto all = items_of(inputs);
  const auto rows = predict::detail::rows_by_user(inputs, tables.size());
  std::vector<evaluate::Part> parts(all.label.size());
  Index absent = 0;
  for (std::size_t u = 0; u < tables.size(); ++u) {
    std::vector<std::int64_t> times;
    for (const Index row : rows[u]) times.push_back(all.time_of(row));
    const auto own = read_parts(file, tables[u].user, times, &absent);
    for (std::size_t k = 0; k < own.size(); ++k) parts[static_cast<std::size_t>(rows[u][k])] = own[k];
  }
  const auto left_out = std::count(parts.begin(), parts.end(), evaluate::Part{});
  if (absent > 0) tell(count(absent, "minute", "minutes") + " of " + file.string() + " have no labelled row");
  if (left_out > 0)
    tell(file.string() + " names no part of " + count(left_out, "row", "rows") + ", which take no part");
  try {
    return evaluate::given_folds(all, parts, options);
  } catch (const std::invalid_argument& error) {
    throw format_error(file.string(), error.what());
  }
}

/// The first group, from 0, and the fold that has nothing of it to train on; nothing where there is none.
std::optional<std::pair<std::size_t, std::size_t>> untrained_group(
    const predict::RowInputs& inputs, const std::vector<std::vector<std::size_t>>& groups,
    const std::vector<evaluate::Split>& folds) {
  for (std::size_t f = 0; f < folds.size(); ++f)
    for (std::size_t g = 0; g < groups.size(); ++g)
      if (predict::detail::rows_of(folds[f].train, inputs, groups[g]).empty()) return std::pair(g, f);
  return std::nullopt;
}

/// Labels that have nothing to do with the rows: those of minutes go round in their sessions (`evaluate::shifted_labels`),
/// and all rows of a minute get that of theirs.
std::vector<Index> shifted_labels_of(const predict::RowInputs& inputs, const Random& random) {
  const auto rows = items_of(inputs);
  std::map<std::pair<Index, std::int64_t>, Index> minute_of;
  evaluate::Items minutes;
  std::vector<Index> own(rows.label.size());
  for (Index n = 0; n < rows.size(); ++n) {
    const auto [found, fresh] = minute_of.try_emplace({rows.person_of(n), rows.time_of(n)}, minutes.size());
    own[static_cast<std::size_t>(n)] = found->second;
    if (!fresh) continue;
    minutes.label.push_back(rows.label_of(n));
    minutes.time.push_back(rows.time_of(n));
    minutes.person.push_back(rows.person_of(n));
  }
  const auto shifted = evaluate::shifted_labels(minutes, random);
  for (auto& label : own) label = shifted[static_cast<std::size_t>(label)];
  return own;
}

/// What everybody's predictor and the baselines say of the rows that each fold tests.
struct SaidOfRows {
  std::vector<std::vector<Index>> tested;
  std::vector<std::pair<std::string, std::vector<std::vector<Index>>>> predicted;  ///< [predictors], [folds]

  /// Macro F1 over all folds.
  double f1(std::size_t predictor, const predict::RowInputs& inputs) const {
    metrics::ConfusionMatrix confusion(inputs.classes);
    for (std::size_t f = 0; f < tested.size(); ++f)
      for (std::size_t k = 0; k < tested[f].size(); ++k)
        confusion.add(inputs.labels[static_cast<std::size_t>(tested[f][k])],
                      predicted[predictor].second[f][k]);
    return confusion.macro_f1();
  }
};

/// general: of the folds, what a predictor of everybody says.
SaidOfRows said_of_rows(const predict::RowInputs& inputs, const std::vector<evaluate::Split>& folds,
                        std::vector<std::vector<Index>> general) {
  const auto items = items_of(inputs);
  SaidOfRows said;
  std::vector<std::vector<Index>> majority, clock, statistics;
  const Eigen::Map<const Eigen::Matrix<Index, Eigen::Dynamic, 1>> labels(
      inputs.labels.data(), static_cast<Index>(inputs.labels.size()));
  evaluate::LogisticOptions logistic;
  logistic.classes = inputs.classes;
  for (const auto& fold : folds) {
    said.tested.push_back(fold.test);
    majority.push_back(evaluate::predict_majority(items, fold.train, fold.test));
    clock.push_back(evaluate::predict_clock(items, fold.train, fold.test));
    const auto all =
        evaluate::statistics_baseline(inputs.rows, labels.cast<int>().eval(), fold.train, logistic).classes;
    auto& own = statistics.emplace_back();
    for (const Index row : fold.test) own.push_back(all[static_cast<std::size_t>(row)]);
  }
  said.predicted = {{"general", std::move(general)},
                    {"majority", std::move(majority)},
                    {"clock", std::move(clock)},
                    {"statistics", std::move(statistics)}};
  return said;
}

/// Everybody's predictor beside the baselines, with intervals and, where labels were shifted, p-values.
class JudgedRows {
 public:
  JudgedRows(const predict::RowInputs& inputs, const TrainingOptions& options)
      : inputs_(inputs), options_(options), items_(items_of(inputs)), blocks_(evaluate::blocks_of(items_)) {}

  void add(const SaidOfRows& said, Index seed) {
    judged_.resize(said.predicted.size());
    names_.clear();
    for (std::size_t p = 0; p < said.predicted.size(); ++p) {
      names_.push_back(said.predicted[p].first);
      for (std::size_t f = 0; f < said.tested.size(); ++f)
        for (std::size_t k = 0; k < said.tested[f].size(); ++k) {
          const Index row = said.tested[f][k];
          judged_[p].add(items_.label_of(row), said.predicted[p].second[f][k], items_.person_of(row),
                         blocks_[static_cast<std::size_t>(row)], seed);
        }
    }
    if (seed != 0) return;
    for (std::size_t p = 0; p < names_.size(); ++p) first_f1_.push_back(said.f1(p, inputs_));
  }

  /// inputs: with labels shifted.
  void add_null(const SaidOfRows& said, const predict::RowInputs& inputs) {
    nulls_.resize(said.predicted.size());
    for (std::size_t p = 0; p < nulls_.size(); ++p) nulls_[p].push_back(said.f1(p, inputs));
  }

  /// Null where nothing was tested.
  nlohmann::ordered_json json() const {
    if (judged_.empty() || judged_.front().truth.empty()) return nullptr;
    auto json = figures(0);
    // Of MiniRocket nothing: a row is one sample.
    for (std::size_t p = 1; p < names_.size(); ++p) json["baselines"][names_[p]] = figures(p);
    json["baselines"]["minirocket"] = nullptr;
    json["beats_baselines"] = json.at("f1").get<double>() > best_baseline(json).second;
    return json;
  }

 private:
  nlohmann::ordered_json figures(std::size_t p) const {
    auto json = figures_json(judged_[p], inputs_.classes, options_.train.seed, options_.threads);
    if (nulls_.empty()) return json;
    json["first_seed_f1"] = first_f1_[p];
    json["p_value"] = evaluate::null_p_value(first_f1_[p], nulls_[p]);
    json["null_f1"] = nulls_[p];
    return json;
  }

  const predict::RowInputs& inputs_;
  const TrainingOptions& options_;
  evaluate::Items items_;
  std::vector<Index> blocks_;
  std::vector<std::string> names_;
  std::vector<evaluate::Judged> judged_;
  std::vector<double> first_f1_;
  std::vector<std::vector<double>> nulls_;
};

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

void add_figures(const predict::Comparison& comparison, PredictorNulls& to) {
  to.group.push_back(comparison.mean_group_f1());
  to.general.push_back(comparison.mean_general_f1());
  to.difference.push_back(to.group.back() - to.general.back());
}

/// What chance does beside what was found; null where labels were not shifted.
nlohmann::ordered_json nulls_json(const PredictorResults& results) {
  if (results.nulls.group.empty()) return nullptr;
  nlohmann::ordered_json json;
  for (const auto& [name, found, nulls] :
       {std::tuple("mean_group_f1", &results.first_seed.group, &results.nulls.group),
        std::tuple("mean_general_f1", &results.first_seed.general, &results.nulls.general),
        std::tuple("difference", &results.first_seed.difference, &results.nulls.difference)})
    json[name] = {{"first_seed", found->front()},
                  {"p_value", evaluate::null_p_value(found->front(), *nulls)},
                  {"null", *nulls}};
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
      add_figures(comparison, results.first_seed);
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
    add_figures(comparison, results.nulls);
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
    out << "p by " << count(static_cast<long long>(results.nulls.group.size()), "repetition", "repetitions")
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
