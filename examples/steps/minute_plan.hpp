// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <lifelog/evaluate/folds.hpp>
#include <lifelog/evaluate/given_folds.hpp>
#include <optional>
#include <string>
#include <vector>

#include "training.hpp"

namespace lifelog::examples {

/// By which minutes networks are judged.
struct EvaluationOptions {
  /// One split by the shares of `--split`, minutes at random: the study's way.
  bool shares = false;
  evaluate::Scheme scheme = evaluate::Scheme::blocked;
  Index folds = 4;
  /// Minutes around what is tested that train nobody; none: 1 around blocks and sessions, 0 else.
  std::optional<double> gap;
  /// A split of somebody else's, in place of a scheme.
  std::filesystem::path split_file;
  /// Train a network for every fold; else for the first alone, which is the one that is kept.
  bool all_folds = false;
  /// Replicates of every fold, each from its own seed.
  Index seeds = 1;
  /// Repetitions with labels that have nothing to do with the minutes.
  Index nulls = 0;
  /// Besides, train by shuffled folds, to see what leaks.
  bool leak = true;
  /// Ask every replicate what each sensor tells of the minutes it was not trained on, and predict by all seeds together.
  bool measure = false;
};

/// A person's minutes as they are to be trained on and tested.
struct MinutePlan {
  /// None where minutes are split by shares.
  std::vector<evaluate::Split> folds;
  /// The word of `--evaluate`, or split-file.
  std::string way;
  /// Why not what was asked for; empty if it was.
  std::string reason;
  double gap = 0;
};

/// How folds of a scheme are made for these flags.
evaluate::FoldOptions fold_options(const TrainingOptions& training, const EvaluationOptions& options,
                                   evaluate::Scheme scheme);

/// The minutes of a data set as folds and baselines see them.
evaluate::Items items_of(const data::DataSet& data);

/// What a split file says of each of somebody's minutes. times: unix seconds of the minutes; of equal ones each gets the same.
/// absent: where given, minutes of the file that are not there are counted by it. Throws io_error, and format_error on a bad
/// line, a minute that is told twice, and one that is not there and not counted.
std::vector<evaluate::Part> read_parts(const std::filesystem::path& file, const std::string& user,
                                       const std::vector<std::int64_t>& times, Index* absent = nullptr);

/// Minutes that are too few for folds are split by shares. Throws io_error and format_error on a bad split file.
MinutePlan plan_minutes(const data::DataSet& data, const TrainingOptions& training,
                        const EvaluationOptions& options);

}  // namespace lifelog::examples
