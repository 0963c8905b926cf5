// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <functional>
#include <lifelog/data/dataset.hpp>
#include <lifelog/data/standardize.hpp>
#include <lifelog/evaluate/split.hpp>
#include <lifelog/importance/faithfulness.hpp>
#include <lifelog/mil/any_instances.hpp>
#include <lifelog/train/run_identity.hpp>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "../common/program.hpp"

namespace lifelog::examples {

struct TrainingOptions {
  train::TrainOptions train;
  /// Shares by which minutes are split, unless `minutes` says which.
  evaluate::SplitOptions split;
  std::optional<evaluate::Split> minutes;
  /// How instances are weighed, unless `init` says.
  mil::Pool pool = mil::Pool::self;
  /// What makes keys of them, by name (mil/encoders.hpp), unless `init` says.
  std::string encoder = mil::StudyEncoders::name;
  /// Windows, an instance each, that a minute of a series is cut into.
  Index windows = 1;
  /// The share of minutes a modality is left out of in training.
  double sensor_dropout = 0;
  /// Standardise each channel by its moments over the training minutes; the model remembers them.
  bool standardize = false;
  /// Where there is a model to start from: treat channels as it was told to instead.
  bool standardize_as_init = false;
  /// Model to start from; empty: PyTorch's default initialisation from the seed.
  std::filesystem::path init;
  /// Go on from the checkpoint beside the model, if there is one.
  bool resume = false;
  /// Seconds between checkpoints: losing less than that is not worth a slower training.
  double checkpoint_seconds = 10;
  int threads = 0;
};

/// A person's network and what it came to on the test minutes.
struct Training {
  mil::AnyModel model;
  std::vector<train::Epoch> history;
  train::TrainStatus status = train::TrainStatus::finished;
  int best_epoch = 0;
  evaluate::Split split;
  /// [C, C] of the test minutes, truth in rows.
  metrics::ConfusionMatrix test;
  /// The class that the model gives each of split.test.
  std::vector<Index> predicted;
  /// [minutes, C], what the model says of split.valid and split.test.
  RowMatrix<float> valid_log_p, test_log_p;
};

/// Files a training leaves in its folder.
struct TrainingFiles {
  std::filesystem::path model, history, metrics, checkpoint, predictions;
  /// What replicates tell of held-out minutes (measured_file.hpp), where sensors are measured.
  std::filesystem::path measured;
  /// The folder of networks that were trained ahead of the rest (replicates.hpp); empty: none were.
  std::filesystem::path ahead = {};

  /// All of them, as people know them; the model is what `--out` says.
  std::vector<NamedPath> outputs() const {
    return {{"--out", model},
            {"history.csv", history},
            {"metrics.json", metrics},
            {"predictions.csv", predictions},
            {"checkpoint.safetensors", checkpoint}};
  }

  /// history.csv, metrics.json, predictions.csv and checkpoint.safetensors stand beside the model.
  explicit TrainingFiles(const std::filesystem::path& model_file);
};

/// Which minutes train, validate and test, as options say.
evaluate::Split split_minutes(Index minutes, const TrainingOptions& options);

/// What a run is made with, by the flags that say it; how long it goes on is not part of it. data: as it was recorded.
train::RunIdentity run_identity(const data::DataSet& data, const TrainingOptions& options);

/// A training that is about to begin: what it begins with, and what is called when it has ended.
struct TrainRun {
  train::TrainOptions options;
  /// Writes a checkpoint of where the training is, unless it has diverged; goes on from one.
  std::function<void(const std::filesystem::path&, const train::RunIdentity&)> save = {}, load = {};
  std::function<void()> end = {};
};

/// Calls save() in the course of a run, so that no more than so many seconds of it can be lost, and at its end.
void save_meanwhile(TrainRun& run, double seconds, const std::function<void()>& save);

/// Trains a network on one person's minutes and judges it on those held out, and writes nothing. `data` is standardised in
/// place if so asked. begin: may change what the training begins with. Throws as `train_person`.
Training train_network(data::DataSet& data, const TrainingOptions& options,
                       const std::function<void(TrainRun&)>& begin = {});

/// Trains a network on one person's minutes and judges it on those held out. `data` is standardised in place if so
/// asked. `seen(epoch)` is called after each epoch. A checkpoint is kept in `files` so that a run can be resumed to the
/// bit; one that was made with other data or options is refused. begin: as of `train_network`, where there is none to go on
/// from. Throws std::invalid_argument, io_error, format_error, OutputError.
Training train_person(data::DataSet& data, const TrainingOptions& options, const TrainingFiles& files,
                      const std::function<void(const train::Epoch&)>& seen,
                      const std::function<void(TrainRun&)>& begin = {});

/// What metrics.json says of a training: how it went, and figures of the minutes it held out.
nlohmann::ordered_json training_metrics(const Training& training, const TrainingOptions& options);

/// [C][C], truth in rows.
nlohmann::ordered_json counts_json(const metrics::ConfusionMatrix& confusion);

/// Writes model, history and metrics. Throws OutputError.
void write_training(const Training& training, const nlohmann::ordered_json& metrics,
                    const TrainingFiles& files);

/// epoch,loss,train_f1,train_accuracy,valid_f1,valid_accuracy; empty where there is no figure.
std::string history_line(const train::Epoch& epoch);

/// The status as a word: finished, patience, stopped, diverged.
std::string status_name(train::TrainStatus status);

/// `train::worse_than_guessing` of the loss that a metrics.json tells.
bool worse_than_guessing(const nlohmann::ordered_json& metrics);

/// Modalities with values so large that a network learns little from them as they are: a sentence about each.
std::vector<std::string> oversized_modalities(const data::DataSet& data);

/// What a trained model says of a person's minutes.
struct Importance {
  std::vector<Index> rows;             ///< minutes of the data set, ascending
  RowMatrix<float> importance;         ///< [n, M]
  RowMatrix<float> log_probabilities;  ///< [n, C]
  /// [n, M × windows], of a model of minutes cut into windows: the importance of each. Where a modality is one instance, evenly.
  RowMatrix<float> when;
};

/// How many windows a model's minutes are cut into.
Index windows_of(const mil::AnyModel& model);

/// A model of that generated person, for programs that are given none.
mil::AnyModel train_sample(data::DataSet& data, const Program& program);

/// Whether a model's attention weights tell what it goes by (`importance/faithfulness.hpp`), on those rows of data that
/// `modal_importance` has evaluated.
importance::Faithfulness judge_faithfulness(const mil::AnyModel& model, const data::DataSet& data,
                                            const std::vector<Index>& rows, std::uint64_t seed, int threads);

/// Evaluates a model on all minutes, or on those its training held out for testing. Standardises `data` in place if the
/// model was trained so. Throws format_error when model and data do not fit.
Importance modal_importance(const mil::AnyModel& model, data::DataSet& data, bool test_only, int threads);

/// Throws FlagError naming --data and the first minute where what a model says of it is no number.
void require_numbers(const RowMatrix<float>& values, const std::vector<Index>& minutes);

}  // namespace lifelog::examples
