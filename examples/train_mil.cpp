// SPDX-License-Identifier: MIT

// Trains the study's network on one person's minutes.

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "common/program.hpp"
#include "steps/evaluating.hpp"
#include "steps/evaluation_flags.hpp"
#include "steps/evaluation_metrics.hpp"
#include "steps/sample_person.hpp"
#include "steps/training.hpp"
#include "steps/training_flags.hpp"

using namespace lifelog;
using namespace lifelog::examples;

namespace {

struct Flags {
  std::string data, out;
  TrainingFlags training;
  EvaluationFlags evaluation;
};

void add_flags(FlagSet& app, Flags& flags) {
  app.add_option("--data", flags.data, "data set of one person (.safetensors); a generated one when absent");
  app.add_option("--out", flags.out,
                 "model to write (.safetensors); history.csv and metrics.json go beside it");
  flags.training.add_to(app);
  flags.evaluation.add_to(app);
}

void print_summary(std::ostream& out, const data::DataSet& data, const Training& training,
                   const nlohmann::ordered_json& metrics, double seconds) {
  out << "person " << data.user << ": " << training.split.train.size() << " / " << training.split.valid.size()
      << " / " << training.split.test.size() << " minutes for training / validation / testing, "
      << data.classes.size() << " classes\n"
      << training.history.size() << " epochs in " << duration(seconds) << " (" << status_name(training.status)
      << "), weights of epoch " << training.best_epoch << " kept\n";
  if (training.split.test.empty()) return;
  const auto folds = metrics.at("evaluated_folds").get<int>();
  out << "test"
      << (folds > 1
              ? " (" + std::to_string(folds) + " folds, " + metrics.at("evaluate").get<std::string>() + ")"
              : "")
      << ": F1 " << fixed(metrics.at("f1"), 4) << ", accuracy " << fixed(metrics.at("accuracy"), 4)
      << " (study's F1 " << fixed(metrics.at("study_f1"), 4) << ")\n"
      << evaluation_table(metrics);
  if (folds > 1)
    out << "the model is that of fold 1, which holds out " << training.split.test.size() << " minutes\n";
}

void tell_of_baselines(const nlohmann::ordered_json& metrics, const Program& program) {
  if (!metrics.contains("beats_baselines") || metrics.at("beats_baselines")) return;
  const auto [name, f1] = best_baseline(metrics);
  program.out() << "warning: the network does not beat the baselines: F1 " << fixed(metrics.at("f1"), 3)
                << ", where '" << name << "' has " << fixed(f1, 3) << " on the same minutes\n";
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  return run_program(
      argc, argv, "train_mil", "Trains the study's attention network on one person's minutes.",
      [&](FlagSet& app) { add_flags(app, flags); },
      [&](const Program& program) {
        if (!flags.data.empty() && flags.out.empty())
          throw FlagError("--out: expected a file with --data, got none");
        auto options = flags.training.options(program);
        const auto evaluation =
            flags.evaluation.options(flags.training.study(), flags.training.shares_given());
        std::optional<TemporaryDirectory> temporary;
        if (flags.out.empty()) flags.out = (temporary.emplace().path() / "model.safetensors").string();
        const TrainingFiles files(flags.out);
        require_apart(
            {{"--data", flags.data}, {"--init", options.init}, {"--split-file", evaluation.split_file}},
            files.outputs());
        if (flags.data.empty() && flags.training.epochs_unset()) options.train.epochs = sample_epochs;
        auto data = load_or_sample(flags.data, program.seed);
        if (!options.standardize)
          for (const auto& sentence : oversized_modalities(data)) program.warn(sentence);
        if (files.model.has_parent_path()) make_directory(files.model.parent_path());
        const Stopwatch watch;
        auto progress = program.progress("training", options.train.epochs);
        const auto seen = [&](const train::Epoch& epoch) {
          progress.at(epoch.epoch, "loss " + fixed(epoch.loss, 4) + ", valid F1 " + fixed(epoch.valid_f1, 3));
        };
        std::unique_ptr<Progress> judging;
        const auto trained = train_and_judge(data, options, evaluation, files, seen, [&](double share) {
          if (!judging) {
            progress.finish();
            judging.reset(new Progress(program.progress("judging", 1)));
          }
          judging->at(share);
        });
        progress.finish();
        if (judging) judging->finish();
        const auto& training = trained.training;
        const auto& metrics = trained.metrics;
        if (!trained.plan.reason.empty()) program.out() << trained.plan.reason << '\n';
        print_summary(program.out(), data, training, metrics, watch.seconds());
        tell_of_baselines(metrics, program);
        if (training.status == train::TrainStatus::diverged)
          throw std::runtime_error("training diverged in epoch " +
                                   std::to_string(training.history.size() + 1) +
                                   "; try a smaller --lr or --standardize");
        if (worse_than_guessing(metrics))
          program.warn("the loss ended far above that of guessing, at " + metrics.at("loss").dump() +
                       ": values too large for the network; try --standardize");
      });
}
