// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <functional>
#include <lifelog/data/rows.hpp>
#include <lifelog/evaluate/folds.hpp>
#include <lifelog/evaluate/items.hpp>
#include <lifelog/evaluate/split.hpp>
#include <lifelog/predict/row_inputs.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "evaluating.hpp"
#include "predicting.hpp"
#include "training.hpp"

namespace lifelog::examples {

/// Labelled rows as folds see them: of one minute all stand together.
evaluate::Items items_of(const predict::RowInputs& inputs);

evaluate::FoldOptions fold_options(Evaluation evaluation, const TrainingOptions& training,
                                   const EvaluationOptions& options);

/// Everybody's folds at once; a person whose rows cannot be split so is split as `make_folds` falls back, and told.
std::vector<evaluate::Split> folds_of(const predict::RowInputs& inputs,
                                      const std::vector<data::RowTable>& tables,
                                      const evaluate::FoldOptions& wanted,
                                      const std::function<void(const std::string&)>& tell);

/// Everybody's folds as a file says of minutes; all rows of a minute go where it goes. Tables need not hold all minutes that
/// data sets do, nor the other way round.
std::vector<evaluate::Split> given_folds_of(const predict::RowInputs& inputs,
                                            const std::vector<data::RowTable>& tables,
                                            const evaluate::FoldOptions& options,
                                            const std::filesystem::path& file,
                                            const std::function<void(const std::string&)>& tell);

/// The first group, from 0, and the fold that has nothing of it to train on; nothing where there is none.
std::optional<std::pair<std::size_t, std::size_t>> untrained_group(
    const predict::RowInputs& inputs, const std::vector<std::vector<std::size_t>>& groups,
    const std::vector<evaluate::Split>& folds);

/// Labels that have nothing to do with the rows: those of minutes go round in their sessions (`evaluate::shifted_labels`),
/// and all rows of a minute get that of theirs.
std::vector<Index> shifted_labels_of(const predict::RowInputs& inputs, const Random& random);

}  // namespace lifelog::examples
