// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <lifelog/data/tension.hpp>
#include <lifelog/predict/instances.hpp>
#include <lifelog/readers/rows_file.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "../common/program.hpp"
#include "evaluating.hpp"
#include "grouping.hpp"
#include "training.hpp"

namespace lifelog::examples {

/// What predictors are judged on: each person's own test rows, with labels as they fall or in the same shares in all
/// parts; on people they were not trained on; on blocks in time, or sessions, of everybody in turn; or as a split file says.
enum class Evaluation { split, stratified, leave_one_out, blocked, session, split_file };

/// The words of `--evaluate` that predictors alone have.
inline const std::vector<std::string> evaluation_names = {"split", "stratified", "leave-one-out"};
/// Throws std::invalid_argument on a word that is none, nor blocked or session.
Evaluation evaluation_of(const std::string& name);
std::string evaluation_name(Evaluation evaluation);

struct PredictorFigures {
  double group = 0, general = 0;  ///< means over groups, as `mean_group_f1` and `mean_general_f1`
  double difference = 0;          ///< the former less the latter
};

/// How group predictors and everybody's did, with the words that files and tables call them by.
struct PredictorResults {
  /// Scores are means over seeds; histories, statuses and predictions follow one another, seed by seed.
  predict::Comparison comparison;
  UserLists groups;
  std::vector<std::string> predictors;  ///< seed by seed and fold by fold the general one, then each group's
  std::string evaluate;                 ///< the word of `--evaluate`, or split-file
  std::size_t folds = 1;
  Index seeds = 1;
  PredictorFigures first_seed;  ///< what `nulls` are comparable with
  std::vector<PredictorFigures>
      nulls;  ///< with labels that have nothing to do with the rows: what chance does
  /// Everybody's predictor beside the baselines on the same rows: figures, intervals, whether it beats them.
  nlohmann::ordered_json judged;
};

struct HeldOutResults {
  predict::HeldOut held_out;
  std::vector<std::string> users;       ///< of the tables
  std::vector<std::string> predictors;  ///< what each was trained on
};

/// Row tables of the users in `groups`, from `<dir>/<user>.csv`. Throws io_error, format_error.
std::vector<data::RowTable> read_row_tables(const std::filesystem::path& dir, const UserLists& groups);

/// Indices of tables as `read_row_tables` reads them, group by group.
std::vector<std::vector<std::size_t>> table_numbers(const UserLists& groups);

predict::ComparisonOptions comparison_options(const TrainingOptions& options, bool stratified);

/// Trains the predictors of everybody and of each group, with a progress bar; warns of those that diverge. Blocks and
/// sessions are held out fold by fold, of everybody at once. folds: also how many seeds, and how many repetitions with labels
/// that go round in their sessions; its split file, where there is one, is read. Throws FlagError, io_error, format_error.
PredictorResults compare_predictors(const std::vector<data::RowTable>& tables, const UserLists& groups,
                                    data::TensionBins bins, const TrainingOptions& options,
                                    Evaluation evaluation, const EvaluationOptions& folds,
                                    const Program& program);

/// Holds everybody out in turn, with a progress bar; warns of predictors that diverge. assign_minutes: labelled minutes
/// by which whoever is held out gets a group.
HeldOutResults hold_out_each(const std::vector<data::RowTable>& tables, const UserLists& groups,
                             data::TensionBins bins, const TrainingOptions& options, Index assign_minutes,
                             const Program& program);

/// Writes comparison.json, metrics.json (what of it is of everybody's predictor) and history.csv into a folder. Throws OutputError.
void write_predictors(const std::filesystem::path& out, const PredictorResults& results);

/// Writes held_out.json and held_out_history.csv into a folder. Throws OutputError.
void write_held_out(const std::filesystem::path& out, const HeldOutResults& results);

/// Tables for people.
std::string predictor_table(const PredictorResults& results);
std::string held_out_table(const HeldOutResults& results);

}  // namespace lifelog::examples
