// SPDX-License-Identifier: MIT

#include "training.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <lifelog/core/shown.hpp>
#include <lifelog/io/atomic_file.hpp>
#include <lifelog/predict/dataset_bags.hpp>
#include <lifelog/predict/model_notes.hpp>
#include <lifelog/readers/detail/archive.hpp>
#include <nlohmann/json.hpp>
#include <numeric>

#include "../common/files.hpp"
#include "sample_person.hpp"

namespace lifelog::examples {

namespace {

template<class Encoders>
using Network = mil::BagNetwork<float, Encoders>;

/// "pulse (1), acc (3), hr": with channels, but of scalars.
std::string modalities_text(const std::vector<mil::ModalityShape>& shapes) {
  std::string text;
  for (const auto& shape : shapes)
    text += (text.empty() ? "" : ", ") + shape.name +
            (shape.scalar() ? std::string() : " (" + std::to_string(shape.channels) + ')');
  return lifelog::detail::shown(text, 200);
}

/// Throws format_error where a model is not of the modalities of a data set. from: what the model is from.
void require_modalities(const mil::AnyModel& model, const data::DataSet& data, const std::string& from) {
  std::vector<mil::ModalityShape> wanted;
  for (const auto& modality : data.modalities)
    wanted.push_back(
        {modality.name, modality.scalar ? Index{0} : static_cast<Index>(modality.values.shape(1))});
  const auto got = mil::shapes_of(model);
  const auto alike = [](const auto& a, const auto& b) {
    return a.name == b.name && a.channels == b.channels;
  };
  if (!std::equal(wanted.begin(), wanted.end(), got.begin(), got.end(), alike))
    throw format_error(from, "expected a model of what --data has, " + modalities_text(wanted) +
                                 ", got one of " + modalities_text(got));
}

/// The model to start from, if there is one.
std::optional<mil::AnyModel> init_model(const data::DataSet& data, const TrainingOptions& options) {
  if (options.init.empty()) return std::nullopt;
  auto model = mil::load_any_model(options.init.string());
  const auto classes = static_cast<Index>(data.classes.size());
  if (mil::classes_of(model) != classes)
    throw format_error(options.init.string(), "expected a model of " + std::to_string(classes) +
                                                  " classes, got " + std::to_string(mil::classes_of(model)));
  require_modalities(model, data, options.init.string());
  return model;
}

template<class Encoders>
Network<Encoders> start_network(const std::optional<mil::AnyModel>& init, const data::DataSet& data,
                                const mil::Bags<float>& bags, const TrainingOptions& options) {
  if (init) return std::get<mil::BasicModel<float, Encoders>>(*init).network;
  return mil::make_bag_network<float, Encoders>(bags.shapes(), static_cast<Index>(data.classes.size()),
                                                options.train.seed, options.pool);
}

/// How channels are standardised, if they are.
std::optional<data::Standardization> standardization(const data::DataSet& data,
                                                     const std::optional<mil::AnyModel>& init,
                                                     const std::vector<Index>& train,
                                                     const TrainingOptions& options) {
  if (init && options.standardize_as_init)
    return std::visit([](const auto& model) { return predict::standardization_of(model); }, *init);
  if (!options.standardize) return std::nullopt;
  return data::fit_standardization(data, train, options.threads);
}

std::vector<Index> test_rows(const mil::AnyModel& any, Index minutes) {
  const auto tested = std::visit([](const auto& model) { return predict::tested_of(model); }, any);
  if (tested) {
    if (tested->minutes != minutes)
      throw format_error("model", "expected the data set of " + std::to_string(tested->minutes) +
                                      " minutes that it was trained on, got one of " +
                                      std::to_string(minutes));
    return tested->rows;
  }
  const auto split = std::visit([](const auto& model) { return predict::split_of(model); }, any);
  if (!split)
    throw format_error(
        "model",
        "expected to be told how minutes were split for testing (metadata 'split' or 'tested'), "
        "as train_mil writes it");
  auto rows = evaluate::split_items(minutes, *split).test;
  std::sort(rows.begin(), rows.end());
  return rows;
}

std::string number(double value) {
  return std::isfinite(value) ? nlohmann::json(value).dump() : "";
}

/// A checksum over all that is in a data set.
std::string checksum(const data::DataSet& data) {
  readers::detail::Checksum sum;
  const auto add = [&](const auto& array) {
    for (const auto extent : array.shape()) sum.add(&extent, sizeof extent);
    sum.add(array.data(), array.size() * sizeof *array.data());
  };
  const auto add_text = [&](const std::string& text) { sum.add(text.c_str(), text.size() + 1); };
  add_text(data.user);
  for (const auto& name : data.classes) add_text(name);
  for (const auto& modality : data.modalities) {
    add_text(modality.name + (modality.scalar ? " scalar" : " series"));
    add(modality.values);
  }
  add(data.label);
  add(data.timestamp);
  add(data.present);
  return std::to_string(sum.value());
}

std::string checksum(const evaluate::Split& split) {
  readers::detail::Checksum sum;
  for (const auto* part : {&split.train, &split.valid, &split.test}) {
    const auto size = part->size();
    sum.add(&size, sizeof size);
    sum.add(part->data(), size * sizeof(Index));
  }
  return std::to_string(sum.value());
}

std::string checksum(const std::filesystem::path& file) {
  readers::detail::Checksum sum;
  sum.add(io::read_file(file));
  return std::to_string(sum.value());
}

/// The shortest text that is this number, and no other.
std::string exactly(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

template<class Net>
bool can_go_on(const train::TrainState<Net>& state) {
  return train::detail::is_finite(state.network, 0) &&
         train::detail::is_finite(state.optimizer.first_moment(), 0) &&
         train::detail::is_finite(state.optimizer.second_moment(), 0);
}

}  // namespace

TrainingFiles::TrainingFiles(const std::filesystem::path& model_file)
    : model(model_file),
      history(model_file.parent_path() / "history.csv"),
      metrics(model_file.parent_path() / "metrics.json"),
      checkpoint(model_file.parent_path() / "checkpoint.safetensors"),
      predictions(model_file.parent_path() / "predictions.csv"),
      measured(model_file.parent_path() / "replicates.safetensors") {}

train::RunIdentity run_identity(const data::DataSet& data, const TrainingOptions& options) {
  const auto& train = options.train;
  std::string alpha;
  for (const double weight : train.loss.alpha) alpha += (alpha.empty() ? "" : ",") + exactly(weight);
  const auto yes_or_no = [](bool yes) { return std::string(yes ? "yes" : "no"); };
  train::RunIdentity identity{{"--data", checksum(data)},
                              {"--split", exactly(options.split.train) + ',' + exactly(options.split.valid) +
                                              ',' + exactly(options.split.test)},
                              {"--no-shuffle", yes_or_no(!train.shuffle)},
                              {"--seed", std::to_string(train.seed)},
                              {"--batch", std::to_string(train.batch)},
                              {"--lr", exactly(train.optimizer.learning_rate)},
                              {"--weight-decay", exactly(train.optimizer.weight_decay)},
                              {"--gamma", exactly(train.loss.gamma)},
                              {"--alpha", alpha.empty() ? "none" : alpha},
                              {"--clip", exactly(train.clip)},
                              {"--standardize", yes_or_no(options.standardize)},
                              {"--pool", mil::pool_name(options.pool)},
                              {"--init", options.init.empty() ? "none" : checksum(options.init)}};
  if (options.encoder != mil::StudyEncoders::name) identity["--encoder"] = options.encoder;
  if (options.windows > 1) identity["--windows"] = std::to_string(options.windows);
  if (options.sensor_dropout > 0) identity["--sensor-dropout"] = exactly(options.sensor_dropout);
  if (train.ties != train::Ties::latest) identity["--rules"] = "sensible";
  if (options.minutes) {
    identity.erase("--split");
    identity["--evaluate"] = checksum(*options.minutes);
  }
  return identity;
}

evaluate::Split split_minutes(Index minutes, const TrainingOptions& options) {
  return options.minutes ? *options.minutes : evaluate::split_items(minutes, options.split);
}

std::vector<std::string> oversized_modalities(const data::DataSet& data) {
  constexpr float large = 1e6f;  // what sensors report in their units is far below
  std::vector<std::string> sentences;
  for (std::size_t m = 0; m < data.modalities.size(); ++m) {
    const auto& values = data.modalities[m].values;
    const auto size = values.shape(1) * values.shape(2);
    float most = 0;
    for (std::size_t n = 0; n < values.shape(0); ++n)
      if (data.present.size() == 0 || data.present(n, m) != 0)
        for (std::size_t i = 0; i < size; ++i) most = std::max(most, std::abs(values.data()[n * size + i]));
    if (most <= large) continue;
    char text[16];
    std::snprintf(text, sizeof text, "%.3g", static_cast<double>(most));
    sentences.push_back("modality " + data.modalities[m].name + " has values up to " + text +
                        ", from which a network learns little as they are; try --standardize");
  }
  return sentences;
}

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

namespace {

/// Said before a long training rather than after it.
void require_instances(const mil::Bags<float>& bags) {
  for (Index n = 0; n < bags.count; ++n) {
    bool any = false;
    for (const auto& kind : bags.modalities)
      for (Index i = kind.first(n); !any && i < kind.last(n); ++i) any = kind.there(i);
    if (!any)
      throw std::invalid_argument(
          "bags: expected a modality that is present in each minute, got none in minute " +
          std::to_string(n) + " (from 0)");
  }
}

template<class Encoders>
Training train_with(const std::optional<mil::AnyModel>& init, data::DataSet& data,
                    const TrainingOptions& options, const std::function<void(TrainRun&)>& begin) {
  const auto split = split_minutes(data.size(), options);
  std::map<std::string, std::string> notes{{"user", data.user}};
  if (options.minutes)
    notes["tested"] = predict::tested_note({data.size(), split.test});
  else
    notes["split"] = predict::split_note(options.split);
  if (const auto fitted = standardization(data, init, split.train, options)) {
    data::standardize(data, *fitted, options.threads);
    notes["standardize"] = predict::standardization_note(*fitted);
  }
  if (options.windows > 1) notes["windows"] = std::to_string(options.windows);
  const auto cut = predict::window_bags_of(data, options.windows);
  const auto& bags = cut.bags;
  require_instances(bags);
  const auto start = start_network<Encoders>(init, data, bags, options);
  mil::BagTask<float, Encoders> task(start, bags, predict::labels_of(data), options.threads);
  task.set_sensor_dropout(options.sensor_dropout, options.train.seed);
  train::TrainState<Network<Encoders>> state(start, options.train.optimizer);
  TrainRun run{options.train};
  run.save = [&](const std::filesystem::path& file, const train::RunIdentity& identity) {
    // Of a run that diverged the last checkpoint from before that stays.
    if (can_go_on(state)) writing([&] { train::save_checkpoint(file.string(), state, identity); });
  };
  run.load = [&](const std::filesystem::path& file, const train::RunIdentity& identity) {
    train::load_checkpoint(file.string(), state, identity);
  };
  if (begin) begin(run);
  const auto status = train::train(task, split.train, split.valid, run.options, state);
  if (run.end) run.end();

  metrics::ConfusionMatrix test(task.classes());
  std::vector<Index> predicted;
  task.predict(state.best, split.test, predicted);
  for (std::size_t n = 0; n < split.test.size(); ++n) test.add(task.label(split.test[n]), predicted[n]);
  return {mil::BasicModel<float, Encoders>{state.best, data.classes, std::move(notes)},
          state.history,
          status,
          state.best_epoch,
          split,
          std::move(test),
          std::move(predicted),
          mil::evaluate(state.best, bags, split.valid, options.threads).log_probabilities,
          mil::evaluate(state.best, bags, split.test, options.threads).log_probabilities};
}

}  // namespace

Training train_network(data::DataSet& data, const TrainingOptions& options,
                       const std::function<void(TrainRun&)>& begin) {
  if (data.classes.size() < 2)
    throw std::invalid_argument("classes: expected minutes of at least two classes, got " +
                                (data.classes.empty() ? "none" : "one, '" + data.classes.front() + '\'') +
                                ": nothing to learn");
  const auto init = init_model(data, options);
  const auto train = [&]<class Encoders>(Encoders) {
    return train_with<Encoders>(init, data, options, begin);
  };
  if (!init) return mil::KnownEncoders::with(options.encoder, train);
  return std::visit(
      [&]<class Encoders>(const mil::BasicModel<float, Encoders>&) { return train(Encoders()); }, *init);
}

void save_meanwhile(TrainRun& run, double seconds, const std::function<void()>& save) {
  run.options.on_epoch = [seconds, save, watch = Stopwatch(),
                          then = run.options.on_epoch](const train::Epoch& epoch) mutable {
    if (watch.seconds() > seconds) {
      save();
      watch = Stopwatch();
    }
    return !then || then(epoch);
  };
  run.end = save;
}

Training train_person(data::DataSet& data, const TrainingOptions& options, const TrainingFiles& files,
                      const std::function<void(const train::Epoch&)>& seen,
                      const std::function<void(TrainRun&)>& begin) {
  const auto identity = run_identity(data, options);
  return train_network(data, options, [&](TrainRun& run) {
    if (options.resume && std::filesystem::exists(files.checkpoint))
      run.load(files.checkpoint, identity);
    else if (begin)
      begin(run);
    run.options.on_epoch = [&seen, then = run.options.on_epoch](const train::Epoch& epoch) {
      if (seen) seen(epoch);
      return !then || then(epoch);
    };
    save_meanwhile(run, options.checkpoint_seconds,
                   [&, write = run.save] { write(files.checkpoint, identity); });
  });
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

nlohmann::ordered_json counts_json(const metrics::ConfusionMatrix& confusion) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (Index t = 0; t < confusion.classes(); ++t) {
    std::vector<Index> row(confusion.counts().row(t).begin(), confusion.counts().row(t).end());
    rows.push_back(row);
  }
  return rows;
}

nlohmann::ordered_json training_metrics(const Training& training, const TrainingOptions& options) {
  const auto& test = training.test;
  nlohmann::ordered_json metrics{{"status", status_name(training.status)},
                                 {"epochs", training.history.size()},
                                 {"best_epoch", training.best_epoch},
                                 {"loss", nullptr},
                                 {"train_minutes", training.split.train.size()},
                                 {"valid_minutes", training.split.valid.size()},
                                 {"test_minutes", training.split.test.size()},
                                 {"classes", mil::class_names_of(training.model)},
                                 {"confusion", counts_json(test)}};
  if (!training.history.empty()) metrics["loss"] = training.history.back().loss;
  if (!training.split.test.empty()) {
    metrics["f1"] = test.macro_f1();
    metrics["study_f1"] = test.study_f1();
    metrics["accuracy"] = test.accuracy();
  }
  metrics["seed"] = options.train.seed;
  return metrics;
}

void write_training(const Training& training, const nlohmann::ordered_json& metrics,
                    const TrainingFiles& files) {
  std::string history = "epoch,loss,train_f1,train_accuracy,valid_f1,valid_accuracy\n";
  for (const auto& epoch : training.history) history += history_line(epoch) + '\n';
  std::visit([&](const auto& model) { writing([&] { mil::save_model(files.model.string(), model); }); },
             training.model);
  write_text(files.history, history);
  write_json(files.metrics, metrics);
}

mil::AnyModel train_sample(data::DataSet& data, const Program& program) {
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

importance::Faithfulness judge_faithfulness(const mil::AnyModel& model, const data::DataSet& data,
                                            const std::vector<Index>& rows, std::uint64_t seed, int threads) {
  importance::FaithfulnessOptions options;
  options.seed = seed;
  options.threads = threads;
  const auto cut = predict::window_bags_of(data, windows_of(model));
  return std::visit(
      [&](const auto& one) {
        return importance::faithfulness(one.network, cut.bags, predict::labels_of(data), rows, options);
      },
      model);
}

Index windows_of(const mil::AnyModel& model) {
  return std::visit([](const auto& one) { return predict::windows_of(one); }, model);
}

namespace {

/// Importance::when.
template<class Encoders>
RowMatrix<float> weights_in_time(const mil::BagNetwork<float, Encoders>& net, const mil::Bags<float>& bags,
                                 const std::vector<Index>& rows, Index windows, int threads) {
  RowMatrix<float> when = RowMatrix<float>::Zero(static_cast<Index>(rows.size()), net.modalities() * windows);
  mil::BagPass<float, Encoders> pass(net, bags, threads);
  for (Index n = 0; n < when.rows(); ++n) {
    const Index row = rows[static_cast<std::size_t>(n)];
    pass.forward(net, {row}, false);
    for (const auto& one : pass.instances(0)) {
      const auto& kind = bags.modalities[static_cast<std::size_t>(one.kind)];
      auto of_kind = when.row(n).segment(one.kind * windows, windows);
      if (kind.last(row) - kind.first(row) == windows)
        of_kind[one.instance - kind.first(row)] = one.weight;
      else
        of_kind.setConstant(one.weight / static_cast<float>(windows));
    }
  }
  return when;
}

}  // namespace

Importance modal_importance(const mil::AnyModel& model, data::DataSet& data, bool test_only, int threads) {
  require_modalities(model, data, "--model");
  const auto fitted = std::visit([](const auto& one) { return predict::standardization_of(one); }, model);
  if (fitted) data::standardize(data, *fitted, threads);
  Importance result;
  if (test_only) {
    result.rows = test_rows(model, data.size());
  } else {
    result.rows.resize(static_cast<std::size_t>(data.size()));
    std::iota(result.rows.begin(), result.rows.end(), Index{0});
  }
  const Index windows = windows_of(model);
  const auto cut = predict::window_bags_of(data, windows);
  auto outputs = std::visit(
      [&](const auto& one) {
        if (windows > 1) result.when = weights_in_time(one.network, cut.bags, result.rows, windows, threads);
        return mil::evaluate(one.network, cut.bags, result.rows, threads);
      },
      model);
  result.importance = std::move(outputs.importance);
  result.log_probabilities = std::move(outputs.log_probabilities);
  return result;
}

void require_numbers(const RowMatrix<float>& values, const std::vector<Index>& minutes) {
  for (Index n = 0; n < values.rows(); ++n)
    if (!values.row(n).allFinite())
      throw FlagError("--data: expected minutes that the model can weigh, got values in minute " +
                      std::to_string(minutes[static_cast<std::size_t>(n)]) +
                      " (from 0) of which it makes no numbers");
}

}  // namespace lifelog::examples
