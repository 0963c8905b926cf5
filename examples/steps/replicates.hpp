// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <functional>
#include <lifelog/train/run_identity.hpp>
#include <string>
#include <vector>

#include "fold_networks.hpp"
#include "training.hpp"

// Networks of a person that are trained ahead of the rest, by other processes or on other machines. Below a folder of the person's
// each replicate has a folder of its own, and there each network the checkpoint of its training.

namespace lifelog::examples {

/// The checkpoint of one network. It counts only if it is whole, and was made of the same minutes, with the same options, by the same
/// version: then who goes on from it comes to what he would have come to alone, to the bit.
class CheckpointAhead {
 public:
  /// ahead: the folder; data: as it was recorded.
  CheckpointAhead(const std::filesystem::path& ahead, const data::DataSet& data,
                  const TrainingOptions& training, const FoldNetwork& network);

  /// Goes on from it. Says why not where it does not count; empty where it did, or is not there.
  std::string load(TrainRun& run) const;
  /// Writes it in the course of a run, and at its end. Throws OutputError.
  void keep(TrainRun& run, double seconds) const;

 private:
  std::filesystem::path checkpoint_, sum_;
  train::RunIdentity identity_;
};

/// Trains a network from its seed, or goes on from what was trained of it ahead. data: is standardised as it was trained, with its
/// labels. ignored: why not, where there is something that does not count.
Training train_fold(const FoldNetwork& network, data::DataSet& data, const TrainingOptions& training,
                    const std::filesystem::path& ahead, std::string& ignored);

/// Trains those networks of a replicate whose checkpoints are not there, and leaves their checkpoints. name: of replicate_names. seen:
/// as evaluate_person. Gives what was ignored, one sentence each. Throws as train_person.
std::vector<std::string> train_replicate(const data::DataSet& data, const TrainingOptions& training,
                                         const EvaluationOptions& evaluation,
                                         const std::filesystem::path& ahead, const std::string& name,
                                         const std::function<void(double)>& seen);

}  // namespace lifelog::examples
