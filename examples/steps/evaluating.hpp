// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <lifelog/evaluate/bootstrap.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "measured.hpp"
#include "minute_plan.hpp"

namespace lifelog::examples {

/// In the order of files and tables.
inline constexpr std::array baseline_names = {"majority", "clock", "statistics", "minirocket"};

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
  /// Why networks that were trained ahead did not count.
  std::vector<std::string> ignored;
};

/// Trains the networks of all folds but the one of `kept`, where they were not trained ahead, and the baselines. data: as it was
/// recorded, not standardised. ahead: the folder of those that were (replicates.hpp), or empty. seen(share): how much is done,
/// 0 … 1. Results do not depend on the number of threads.
Judgement evaluate_person(const data::DataSet& data, const MinutePlan& plan, const Training& kept,
                          const TrainingOptions& training, const EvaluationOptions& options,
                          const std::filesystem::path& ahead, const std::function<void(double)>& seen);

/// Trains the network that is kept, judges it and writes all files. epoch, share: progress of the training, and of what follows.
struct Trained {
  Training training;
  MinutePlan plan;
  nlohmann::ordered_json metrics;
  /// Why networks that were trained ahead did not count.
  std::vector<std::string> ignored = {};
};
Trained train_and_judge(data::DataSet data, TrainingOptions training, const EvaluationOptions& evaluation,
                        const TrainingFiles& files, const std::function<void(const train::Epoch&)>& epoch,
                        const std::function<void(double)>& share);

}  // namespace lifelog::examples
