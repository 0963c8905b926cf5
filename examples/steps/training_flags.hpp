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

/// Whether to standardise: as the rules do, unless told.
class StandardizeFlags {
 public:
  void add_to(FlagSet& app) {
    app.add_flag("--standardize", standardize_,
                 "standardise each channel by the training minutes; so by default, but by the study's rules");
    app.add_flag("--no-standardize", raw_, "give the network all values as they are");
  }

  /// study: by the study's rules. Throws FlagError when both are asked for.
  void set(TrainingOptions& options, bool study) const {
    if (standardize_ && raw_)
      throw FlagError("--standardize, --no-standardize: expected one of them, got both");
    options.standardize = standardize_ || (!study && !raw_);
    options.standardize_as_init = !standardize_ && !raw_;
  }

 private:
  bool standardize_ = false, raw_ = false;
};

/// How long to go on without a better validation score, and which epoch is kept.
class PatienceFlag {
 public:
  void add_to(FlagSet& app) {
    given_ =
        app.add_option("--patience", patience_,
                       "stop after so many epochs without a better validation score; 0: never, as the study")
            .check(between(0, 1e7));
  }

  void set(train::TrainOptions& train, bool study) const {
    train.ties = study ? train::Ties::latest : train::Ties::loss;
    train.patience = study && !given_.given() ? 0 : patience_;
  }

 private:
  int patience_ = train::TrainOptions().patience;
  Flag given_;
};

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
    dropout_given_ =
        app.add_option("--sensor-dropout", sensor_dropout_,
                       "in training, leave each modality out of a minute with this probability, never all")
            .check(share_below_one());
  }

  /// sensor_dropout: unless --sensor-dropout says.
  void set(TrainingOptions& options, double sensor_dropout = 0) const {
    options.pool = *mil::pool_named(pool_);
    options.encoder = encoder_;
    options.windows = windows_;
    options.sensor_dropout = dropout_given_.given() ? sensor_dropout_ : sensor_dropout;
  }

 private:
  std::string pool_ = "self", encoder_ = mil::StudyEncoders::name;
  Index windows_ = 1;
  double sensor_dropout_ = 0;
  Flag dropout_given_;
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
    patience_.add_to(app);
    app.add_option(
           "--rules", rules_,
           "sensible, or study: all epochs, the latest of equally good ones, values as they are, shuffled "
           "shares")
        .check(one_of({"study", "sensible"}));
    app.add_flag("--no-shuffle", no_shuffle_, "keep the order of the data, in the split and in batches");
    split_given_ = app.add_option("--split", split_, "shares for training,validation,testing");
  }

  /// Those of the bag network as well.
  void add_to(FlagSet& app) {
    add_common_to(app);
    network_.add_to(app);
    standardize_.add_to(app);
    app.add_flag("--resume", resume_,
                 "go on from the checkpoint beside the model, if it was made with the same data and options");
    app.add_option("--checkpoint-seconds", checkpoint_seconds_, "seconds between checkpoints")
        .check(at_least(0));
    app.add_option("--init", init_, "model to start from (.safetensors)");
  }

  bool epochs_unset() const { return !epochs_.given(); }
  bool study() const { return rules_ == "study"; }
  /// Minutes are split by shares: they are on the command line, or the order of the data is to be kept.
  bool shares_given() const { return split_given_.given() || no_shuffle_; }

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
    standardize_.set(options, study());
    patience_.set(options.train, study());
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
        std::abs(split.train + split.valid + split.test - 1) > 1e-5)
      throw FlagError("--split: expected shares of at least 0 that add up to 1, the first above 0, got '" +
                      split_ + "'");
    return split;
  }

  train::TrainOptions train_;
  std::string alpha_, split_ = "0.7,0.1,0.2", init_, rules_ = "sensible";
  NetworkFlags network_;
  StandardizeFlags standardize_;
  PatienceFlag patience_;
  bool no_shuffle_ = false, resume_ = false;
  double checkpoint_seconds_ = TrainingOptions().checkpoint_seconds;
  Flag epochs_, split_given_;
};

}  // namespace lifelog::examples
