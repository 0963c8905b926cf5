// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <lifelog/data/rows.hpp>
#include <lifelog/mil/trainer.hpp>
#include <string>
#include <vector>

#include "../common/program.hpp"
#include "grouping.hpp"
#include "training.hpp"

namespace lifelog::examples {

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
  /// Of the general predictor, then of each group's.
  std::vector<std::vector<mil::Epoch>> histories;
  std::vector<mil::TrainStatus> statuses;

  double mean_group_f1() const;
  double mean_general_f1() const;  ///< of the general predictor, over the same groups
};

/// Row tables of the users in `groups`, from `<dir>/<user>.csv`. Throws io_error, format_error.
std::vector<data::RowTable> read_row_tables(const std::filesystem::path& dir, const UserLists& groups);

/// Trains the predictors of everybody and of each group, with a progress bar; warns of those that diverge.
PredictorResults compare_predictors(const std::vector<data::RowTable>& tables, const UserLists& groups,
                                    data::TensionBins bins, const TrainingOptions& options,
                                    const Program& program);

/// Writes comparison.json and history.csv into a folder. Throws OutputError.
void write_predictors(const std::filesystem::path& out, const PredictorResults& results);

/// A table for people.
std::string predictor_table(const PredictorResults& results);

}  // namespace lifelog::examples
