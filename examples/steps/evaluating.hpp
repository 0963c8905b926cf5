// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <lifelog/evaluate/bootstrap.hpp>
#include <lifelog/evaluate/folds.hpp>
#include <lifelog/evaluate/given_folds.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "measured.hpp"
#include "training.hpp"

namespace lifelog::examples {

/// In the order of files and tables.
inline constexpr std::array baseline_names = {"majority", "clock", "statistics", "minirocket"};

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

/// Who predicted which of a person's held-out minutes, and how.
struct Predictions {
  std::string name;  ///< network, or a baseline's
  evaluate::Judged judged;
  /// [nulls], mean F1 of each repetition with shifted labels.
  std::vector<double> null_f1;
};

/// Log-probabilities [n, C] of minutes, with the class of each.
struct Said {
  RowMatrix<double> log_p;
  std::vector<Index> truth;

  void add(const RowMatrix<float>& own, const std::vector<Index>& labels, const std::vector<Index>& rows);
};

/// The network's and the baselines' predictions of the same minutes of one person.
struct Judgement {
  MinutePlan plan;
  Predictions network;
  std::vector<Predictions> baselines;
  /// The same by shuffled folds, where folds are blocks or sessions: what is better there leaked.
  std::optional<Predictions> shuffled_network;
  std::vector<Predictions> shuffled_baselines;
  /// What networks say of the minutes that validate them, and of those they are tested on, of all folds and seeds.
  Said valid_said, test_said;
  /// Of all seeds' networks together, where sensors are measured.
  std::optional<Predictions> ensemble;
  std::optional<Measured> measured;
  /// Of attention and contributions; means over replicates. Null where it is not known.
  nlohmann::ordered_json faithfulness;
  /// One a fold and seed: how its training went.
  nlohmann::ordered_json replicates;
  /// timestamp,seed,fold,block,truth and the class that the network and each baseline say, and all seeds together where there is
  /// `ensemble`: one line a held-out minute.
  std::string predictions_csv;
};

/// Trains the networks of all folds but the one of `kept`, and the baselines. data: as it was recorded, not standardised.
/// seen(share): how much is done, 0 … 1. Results do not depend on the number of threads.
Judgement evaluate_person(const data::DataSet& data, const MinutePlan& plan, const Training& kept,
                          const TrainingOptions& training, const EvaluationOptions& options,
                          const std::function<void(double)>& seen);

/// Trains the network that is kept, judges it and writes all files. epoch, share: progress of the training, and of what follows.
struct Trained {
  Training training;
  MinutePlan plan;
  nlohmann::ordered_json metrics;
};
Trained train_and_judge(data::DataSet data, TrainingOptions training, const EvaluationOptions& evaluation,
                        const TrainingFiles& files, const std::function<void(const train::Epoch&)>& epoch,
                        const std::function<void(double)>& share);

}  // namespace lifelog::examples
