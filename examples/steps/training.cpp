// SPDX-License-Identifier: MIT

#include "training.hpp"

#include <algorithm>
#include <cmath>
#include <lifelog/mil/modal_importance.hpp>
#include <lifelog/predict/dataset_bags.hpp>
#include <lifelog/predict/model_notes.hpp>
#include <lifelog/train/checkpoint.hpp>
#include <nlohmann/json.hpp>
#include <numeric>

#include "../common/files.hpp"
#include "sample_person.hpp"

namespace lifelog::examples {

namespace {

mil::BagNetwork<float> start_network(const data::DataSet& data, const mil::Bags<float>& bags,
                                     const TrainingOptions& options) {
  const auto classes = static_cast<Index>(data.classes.size());
  if (options.init.empty())
    return mil::make_bag_network<float>(bags.shapes(), classes, options.train.seed, options.pool);
  auto model = mil::load_model(options.init.string());
  if (model.network.classes() != classes)
    throw format_error(options.init.string(), "expected a model of " + std::to_string(classes) +
                                                  " classes, got " + std::to_string(model.network.classes()));
  return std::move(model.network);
}

std::vector<Index> test_rows(const mil::Model& model, Index minutes) {
  const auto split = predict::split_of(model);
  if (!split)
    throw format_error("model",
                       "expected to be told how minutes were split for testing (metadata 'split'), as "
                       "train_mil writes it");
  auto rows = evaluate::split_items(minutes, *split).test;
  std::sort(rows.begin(), rows.end());
  return rows;
}

std::string number(double value) {
  return std::isnan(value) ? "" : nlohmann::json(value).dump();
}

}  // namespace

TrainingFiles::TrainingFiles(const std::filesystem::path& model_file)
    : model(model_file),
      history(model_file.parent_path() / "history.csv"),
      metrics(model_file.parent_path() / "metrics.json"),
      checkpoint(model_file.parent_path() / "checkpoint.safetensors") {}

std::string status_name(train::TrainStatus status) {
  switch (status) {
    case train::TrainStatus::finished:
      return "finished";
    case train::TrainStatus::patience:
      return "patience";
    case train::TrainStatus::stopped:
      return "stopped";
    case train::TrainStatus::diverged:
      return "diverged";
  }
  return "unknown";
}

Training train_person(data::DataSet& data, const TrainingOptions& options, const TrainingFiles& files,
                      const std::function<void(const train::Epoch&)>& seen) {
  const auto split = evaluate::split_items(data.size(), options.split);
  std::map<std::string, std::string> notes{{"split", predict::split_note(options.split)},
                                           {"user", data.user}};
  if (options.standardize) {
    const auto fitted = data::fit_standardization(data, split.train, options.threads);
    data::standardize(data, fitted, options.threads);
    notes["standardize"] = predict::standardization_note(fitted);
  }
  const auto bags = predict::bags_of(data);
  const auto start = start_network(data, bags, options);
  mil::BagTask<float> task(start, bags, predict::labels_of(data), options.threads);
  train::TrainState<mil::BagNetwork<float>> state(start, options.train.optimizer);
  if (options.resume && std::filesystem::exists(files.checkpoint))
    train::load_checkpoint(files.checkpoint.string(), state);

  auto train = options.train;
  double saved = 0;
  const Stopwatch watch;
  const auto save = [&] {
    writing([&] { train::save_checkpoint(files.checkpoint.string(), state); });
    saved = watch.seconds();
  };
  train.on_epoch = [&](const train::Epoch& epoch) {
    if (watch.seconds() - saved > options.checkpoint_seconds) save();
    if (seen) seen(epoch);
    return !options.train.on_epoch || options.train.on_epoch(epoch);
  };
  const auto status = train::train(task, split.train, split.valid, train, state);
  save();

  metrics::ConfusionMatrix test(task.classes());
  std::vector<Index> predicted;
  task.predict(state.best, split.test, predicted);
  for (std::size_t n = 0; n < split.test.size(); ++n) test.add(task.label(split.test[n]), predicted[n]);
  return {{state.best, data.classes, std::move(notes)},
          state.history,
          status,
          state.best_epoch,
          split,
          std::move(test)};
}

std::string history_line(const train::Epoch& e) {
  return std::to_string(e.epoch) + ',' + number(e.loss) + ',' + number(e.train_f1) + ',' +
         number(e.train_accuracy) + ',' + number(e.valid_f1) + ',' + number(e.valid_accuracy);
}

bool worse_than_guessing(const nlohmann::ordered_json& metrics) {
  const auto loss = metrics.value("loss", nlohmann::ordered_json());
  return loss.is_number() &&
         train::worse_than_guessing(loss.get<double>(), static_cast<Index>(metrics.at("classes").size()));
}

nlohmann::ordered_json write_training(const Training& training, const TrainingOptions& options,
                                      const TrainingFiles& files) {
  std::string history = "epoch,loss,train_f1,train_accuracy,valid_f1,valid_accuracy\n";
  for (const auto& epoch : training.history) history += history_line(epoch) + '\n';
  const auto& test = training.test;
  nlohmann::ordered_json confusion = nlohmann::ordered_json::array();
  for (Index t = 0; t < test.classes(); ++t) {
    std::vector<Index> row(test.counts().row(t).begin(), test.counts().row(t).end());
    confusion.push_back(row);
  }
  nlohmann::ordered_json metrics{{"status", status_name(training.status)},
                                 {"epochs", training.history.size()},
                                 {"best_epoch", training.best_epoch},
                                 {"loss", nullptr},
                                 {"train_minutes", training.split.train.size()},
                                 {"valid_minutes", training.split.valid.size()},
                                 {"test_minutes", training.split.test.size()},
                                 {"classes", training.model.classes},
                                 {"confusion", confusion}};
  if (!training.history.empty()) metrics["loss"] = training.history.back().loss;
  if (!training.split.test.empty()) {
    metrics["f1"] = test.macro_f1();
    metrics["study_f1"] = test.study_f1();
    metrics["accuracy"] = test.accuracy();
  }
  metrics["seed"] = options.train.seed;
  writing([&] { mil::save_model(files.model.string(), training.model); });
  write_text(files.history, history);
  write_json(files.metrics, metrics);
  return metrics;
}

mil::Model train_sample(data::DataSet& data, const Program& program) {
  TrainingOptions options;
  options.train.epochs = sample_epochs;
  options.train.seed = options.split.seed = program.seed;
  options.threads = program.threads;
  auto progress = program.progress("training", options.train.epochs);
  const TemporaryDirectory temporary;
  return train_person(data, options, TrainingFiles(temporary.path() / "model.safetensors"),
                      [&](const train::Epoch& epoch) { progress.at(epoch.epoch); })
      .model;
}

importance::Faithfulness judge_faithfulness(const mil::Model& model, const data::DataSet& data,
                                            const std::vector<Index>& rows, std::uint64_t seed, int threads) {
  importance::FaithfulnessOptions options;
  options.seed = seed;
  options.threads = threads;
  return importance::faithfulness(model.network, predict::bags_of(data), predict::labels_of(data), rows,
                                  options);
}

Importance modal_importance(const mil::Model& model, data::DataSet& data, bool test_only, int threads) {
  if (const auto fitted = predict::standardization_of(model)) data::standardize(data, *fitted, threads);
  Importance result;
  if (test_only) {
    result.rows = test_rows(model, data.size());
  } else {
    result.rows.resize(static_cast<std::size_t>(data.size()));
    std::iota(result.rows.begin(), result.rows.end(), Index{0});
  }
  auto outputs = mil::evaluate(model.network, predict::bags_of(data), result.rows, threads);
  result.importance = std::move(outputs.importance);
  result.log_probabilities = std::move(outputs.log_probabilities);
  return result;
}

}  // namespace lifelog::examples
