// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <lifelog/data/tension.hpp>
#include <lifelog/readers/rows_file.hpp>
#include <lifelog/train/trainer.hpp>
#include <optional>
#include <string>
#include <vector>

#include "../common/program.hpp"
#include "grouping.hpp"
#include "training.hpp"

namespace lifelog::examples {

/// What predictors are judged on: each person's own test rows, with labels as they fall or in the same shares in all
/// parts; or on people they were not trained on.
enum class Evaluation { split, stratified, leave_one_out };

/// The words of `--evaluate`.
inline const std::vector<std::string> evaluation_names = {"split", "stratified", "leave-one-out"};
Evaluation evaluation_of(const std::string& name);
const std::string& evaluation_name(Evaluation evaluation);

struct PredictorScore {
  Index rows = 0;
  double f1 = 0, accuracy = 0;
};

/// One group's predictor beside everybody's, on that group's test rows.
struct PredictorComparison {
  std::vector<std::string> users;
  PredictorScore group, general;
};

struct PredictorResults {
  PredictorScore general;  ///< on all test rows
  std::vector<PredictorComparison> groups;
  /// The general predictor, then each group's: name, how its training went, and how it ended.
  std::vector<std::string> predictors;
  std::vector<std::vector<train::Epoch>> histories;
  std::vector<train::TrainStatus> statuses;

  double mean_group_f1() const;
  double mean_general_f1() const;  ///< of the general predictor, over the same groups
};

/// Somebody held out, under predictors of other people.
struct HeldOutResult {
  std::string user;
  std::size_t group = 0, assigned = 0;  ///< from 0
  Index assign_minutes = 0;
  std::vector<double> loss;  ///< [groups], of those minutes
  PredictorScore general, of_assigned;
  std::optional<PredictorScore> of_own;
};

struct HeldOutResults {
  std::vector<HeldOutResult> people;
  std::vector<std::string> left_out;  ///< with too few labelled minutes
  /// What each predictor was trained on, how its training went and how it ended.
  std::vector<std::string> predictors;
  std::vector<std::vector<train::Epoch>> histories;
  std::vector<train::TrainStatus> statuses;

  double mean_assigned_f1() const;
  double mean_general_f1() const;
  std::size_t assigned_to_own() const;
};

/// Row tables of the users in `groups`, from `<dir>/<user>.csv`. Throws io_error, format_error.
std::vector<data::RowTable> read_row_tables(const std::filesystem::path& dir, const UserLists& groups);

/// Trains the predictors of everybody and of each group, with a progress bar; warns of those that diverge.
PredictorResults compare_predictors(const std::vector<data::RowTable>& tables, const UserLists& groups,
                                    data::TensionBins bins, const TrainingOptions& options, bool stratified,
                                    const Program& program);

/// Holds everybody out in turn, with a progress bar; warns of predictors that diverge. assign_minutes: labelled minutes
/// by which whoever is held out gets a group.
HeldOutResults hold_out_each(const std::vector<data::RowTable>& tables, const UserLists& groups,
                             data::TensionBins bins, const TrainingOptions& options, Index assign_minutes,
                             const Program& program);

/// Writes comparison.json and history.csv into a folder. Throws OutputError.
void write_predictors(const std::filesystem::path& out, const PredictorResults& results);

/// Writes held_out.json and held_out_history.csv into a folder. Throws OutputError.
void write_held_out(const std::filesystem::path& out, const HeldOutResults& results);

/// Tables for people.
std::string predictor_table(const PredictorResults& results);
std::string held_out_table(const HeldOutResults& results);

}  // namespace lifelog::examples
