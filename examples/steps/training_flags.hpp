// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "../common/program.hpp"
#include "training.hpp"

namespace lifelog::examples {

/// How long and in which steps a program trains; gives the option `--epochs`.
inline Flag add_step_flags(FlagSet& app, train::TrainOptions& train) {
  app.add_option("--batch", train.batch, "items a step").check(between(1, 1e9));
  app.add_option("--lr", train.optimizer.learning_rate, "learning rate").check(positive());
  return app.add_option("--epochs", train.epochs, "passes over the training items").check(between(1, 1e7));
}

inline void add_standardize_flag(FlagSet& app, bool& standardize) {
  app.add_flag("--standardize", standardize, "standardise each channel by the training minutes");
}

/// What a bag network is made of, and what it is trained to miss.
class NetworkFlags {
 public:
  void add_to(FlagSet& app) {
    std::vector<std::string> names;
    for (const auto& entry : mil::pool_names) names.push_back(entry.name);
    app.add_option("--pool", pool_, "how instances are weighed").check(one_of(std::move(names)));
    app.add_option("--encoder", encoder_,
                   "what makes keys of recordings: the study's, a small one, or one of eight levels")
        .check(one_of(mil::KnownEncoders::names()));
    app.add_option("--windows", windows_,
                   "cut each minute of a series into so many instances: which sensor, and when")
        .check(between(1, 1000));
    app.add_option("--sensor-dropout", sensor_dropout_,
                   "in training, leave each modality out of a minute with this probability, never all")
        .check(share_below_one());
  }

  void set(TrainingOptions& options) const {
    options.pool = *mil::pool_named(pool_);
    options.encoder = encoder_;
    options.windows = windows_;
    options.sensor_dropout = sensor_dropout_;
  }

 private:
  std::string pool_ = "self", encoder_ = mil::StudyEncoders::name;
  Index windows_ = 1;
  double sensor_dropout_ = 0;
};

/// The flags of everything that trains, and the options they stand for.
class TrainingFlags {
 public:
  explicit TrainingFlags(train::TrainOptions defaults = {}) : train_(defaults) {}

  /// The flags of every trainer.
  void add_common_to(FlagSet& app) {
    epochs_ = add_step_flags(app, train_);
    app.add_option("--weight-decay", train_.optimizer.weight_decay, "decoupled decay").check(at_least(0));
    app.add_option("--gamma", train_.loss.gamma, "focusing exponent of the focal loss").check(at_least(0));
    app.add_option("--alpha", alpha_, "a weight for each class: a,b,…");
    app.add_option("--clip", train_.clip, "limit of the gradient's norm; inf: none")
        .check(positive_or_infinite());
    app.add_option("--patience", train_.patience,
                   "stop after so many epochs without a better validation F1; 0: never")
        .check(between(0, 1e7));
    app.add_flag("--no-shuffle", no_shuffle_, "keep the order of the data, in the split and in batches");
    app.add_option("--split", split_, "shares for training,validation,testing");
  }

  /// Those of the bag network as well.
  void add_to(FlagSet& app) {
    add_common_to(app);
    network_.add_to(app);
    add_standardize_flag(app, standardize_);
    app.add_flag("--resume", resume_,
                 "go on from the checkpoint beside the model, if it was made with the same data and options");
    app.add_option("--checkpoint-seconds", checkpoint_seconds_, "seconds between checkpoints")
        .check(at_least(0));
    app.add_option("--init", init_, "model to start from (.safetensors)");
  }

  bool epochs_unset() const { return !epochs_.given(); }

  /// Throws FlagError on a list that makes no sense.
  TrainingOptions options(const Program& program) const {
    TrainingOptions options;
    options.train = train_;
    options.train.seed = program.seed;
    options.train.shuffle = !no_shuffle_;
    if (!alpha_.empty()) {
      const auto alpha = number_list("--alpha", alpha_);
      for (const double weight : alpha)
        if (weight < 0) throw FlagError("--alpha: expected weights of at least 0, got '" + alpha_ + "'");
      options.train.loss.alpha =
          Eigen::Map<const Eigen::VectorXd>(alpha.data(), static_cast<Index>(alpha.size()));
    }
    options.split = split_options(program.seed);
    network_.set(options);
    options.standardize = standardize_;
    options.init = init_;
    options.resume = resume_;
    options.checkpoint_seconds = checkpoint_seconds_;
    options.threads = program.threads;
    return options;
  }

 private:
  evaluate::SplitOptions split_options(std::uint64_t seed) const {
    const auto shares = number_list("--split", split_);
    if (shares.size() != 3)
      throw FlagError("--split: expected three shares train,valid,test, got '" + split_ + "'");
    evaluate::SplitOptions split{shares[0], shares[1], shares[2], !no_shuffle_, seed};
    if (split.train <= 0 || split.valid < 0 || split.test < 0 ||
        std::abs(split.train + split.valid + split.test - 1) > 1e-6)
      throw FlagError("--split: expected shares of at least 0 that add up to 1, the first above 0, got '" +
                      split_ + "'");
    return split;
  }

  train::TrainOptions train_;
  std::string alpha_, split_ = "0.7,0.1,0.2", init_;
  NetworkFlags network_;
  bool no_shuffle_ = false, standardize_ = false, resume_ = false;
  double checkpoint_seconds_ = TrainingOptions().checkpoint_seconds;
  Flag epochs_;
};

}  // namespace lifelog::examples
