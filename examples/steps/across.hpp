// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <lifelog/data/dataset.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "training.hpp"

namespace lifelog::examples {

/// How people are held out whole.
struct AcrossOptions {
  TrainingOptions training;
  /// Networks of others, whose mean counts.
  Index networks = 5;
  /// [people], −1: of none; empty where there are no groups.
  std::vector<Index> groups;
  /// Labelled minutes of who is held out.
  std::vector<Index> minutes{0, 5, 10, 20};
};

/// Holds everybody out in turn (`predict/across_people.hpp`). What across.json says: figures by labelled minutes, of
/// everybody and of each. Throws std::invalid_argument for people that cannot be pooled.
nlohmann::ordered_json hold_people_out(const std::vector<data::DataSet>& people, const AcrossOptions& options,
                                       const std::function<void(double)>& seen);

/// The figures of an across.json as a table.
std::string across_table(const nlohmann::ordered_json& across);

}  // namespace lifelog::examples
