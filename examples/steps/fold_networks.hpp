// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "minute_plan.hpp"

namespace lifelog::examples {

/// A network that is trained for a person: of one fold, from one seed, with these labels.
struct FoldNetwork {
  evaluate::Split split;
  std::vector<Index> labels;  ///< of all minutes
  std::uint64_t seed = 0;
  Index replicate = 0;  ///< seed, from 0
  int fold = 0;
  int null = -1;          ///< which repetition with shifted labels
  bool shuffled = false;  ///< for the leak

  bool of_truth() const { return null < 0 && !shuffled; }
  /// It is the person's model; all others judge.
  bool is_model() const { return of_truth() && replicate == 0 && fold == 0; }
};

/// The replicate that a network is of, as the plan of jobs and `--only` call it: all folds of `seed1`, …, of `shuffled`, or of
/// `null1`, ….
std::string replicate_name(const FoldNetwork& network);

/// All replicates of everybody, by the options alone. Of few minutes there may be none of `shuffled`.
std::vector<std::string> replicate_names(const EvaluationOptions& options);

/// The networks of a person, the model first. One where no minute is held out.
std::vector<FoldNetwork> list_fold_networks(const data::DataSet& data, const MinutePlan& plan,
                                            const TrainingOptions& training,
                                            const EvaluationOptions& options);

/// What a network is trained with, and on: the person's minutes by its labels.
TrainingOptions options_of(const FoldNetwork& network, TrainingOptions options);
data::DataSet data_of(const FoldNetwork& network, data::DataSet data);

}  // namespace lifelog::examples
