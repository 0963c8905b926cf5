// SPDX-License-Identifier: MIT
#pragma once

#include <lifelog/predict/regroup.hpp>
#include <nlohmann/json.hpp>

#include "predicting.hpp"

namespace lifelog::examples {

/// Groups found by predicting, and what they are worth to people held out.
struct RegroupResults {
  predict::Regrouping everybody;
  predict::RegroupComparison comparison;
  std::vector<std::string> users;  ///< of the tables
  Index classes = 0;
  /// [regroup_ways]: figures over all people held out, with intervals.
  std::vector<nlohmann::ordered_json> figures;
  /// By how much F1 of `regrouped` is higher than that of each other way, on the same rows: by, f1, low, high.
  nlohmann::ordered_json differences;
  std::string verdict;
};

/// Regroups everybody from `groups` on, and the same without the people of each part of `folds`, who are then predicted; with a
/// progress bar. assign_minutes: labelled minutes of somebody held out that choose a group. Throws FlagError.
RegroupResults regroup_people(const std::vector<data::RowTable>& tables, const UserLists& groups,
                              data::TensionBins bins, const TrainingOptions& options, Index folds,
                              Index assign_minutes, const Program& program);

/// Writes regrouped.json into a folder. Throws OutputError.
void write_regrouped(const std::filesystem::path& out, const RegroupResults& results);

/// A table for people, and the verdict.
std::string regroup_table(const RegroupResults& results);

}  // namespace lifelog::examples
