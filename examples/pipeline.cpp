// SPDX-License-Identifier: MIT

// The whole study: from raw recordings to a report.

#include <iostream>

#include "common/program.hpp"
#include "steps/evaluation_flags.hpp"
#include "steps/generator_flags.hpp"
#include "steps/predictor_flags.hpp"
#include "steps/study.hpp"
#include "steps/training_flags.hpp"

using namespace lifelog;
using namespace lifelog::examples;

namespace {

/// Networks of each fold that sensors are measured by, and the share of minutes in which each is trained to miss a sensor.
constexpr Index replicate_seeds = 5, replicate_folds = 4;
constexpr double replicate_sensor_dropout = 0.3;

struct Flags {
  std::string layout = "etri", rules = "study";
  NetworkFlags network;
  PredictorFlags predictors;
  EvaluationFlags evaluation;
  StandardizeFlags standardize;
  PatienceFlag patience;
  GeneratorFlags generator;
  Flag rules_given;
  bool plan = false;
  StudyOptions study;
};

void add_flags(FlagSet& app, Flags& flags) {
  auto& study = flags.study;
  study.out = "out/study";
  study.training.train.epochs = 100;
  study.predictors.train.epochs = 150;
  study.predictors.train.batch = 52400;
  app.add_option("--data", study.data, "raw recordings; generated ones when absent");
  app.add_option("--layout", flags.layout, "how they are laid out").check(one_of(layout_names));
  app.add_option("--sensors", study.sensors, "description of a cohort of tables: sensors.json");
  app.add_option("--window", study.window, "seconds of a window of tables; as sensors.json says when absent")
      .check(between(1, 604800));
  app.add_option("--step", study.step, "seconds from one window of tables to the next")
      .check(between(1, 604800));
  app.add_option("--label", study.label_name,
                 "name of labels in sensors.json, the first when absent; tags: the events that wearers of an "
                 "empatica marked, in place of --labels");
  app.add_option("--labels", study.labels, "label file of an empatica tree: CSV user,start,end,...,label");
  app.add_option("--out", study.out, "folder for all results");
  flags.rules_given =
      app.add_option(
             "--rules", flags.rules,
             "the study's habits, or sensible ones; when absent, recordings are read by the study's, and "
             "networks trained and judged by the sensible ones")
          .check(one_of({"study", "sensible"}));
  app.add_flag("--allow-missing", study.allow_missing, "keep minutes that lack some modalities");
  add_step_flags(app, study.training.train);
  flags.standardize.add_to(app);
  flags.patience.add_to(app);
  flags.network.add_to(app);
  app.add_option("--predictor-epochs", study.predictors.train.epochs, "passes over the row tables")
      .check(between(1, 1e7));
  flags.predictors.add_to(app);
  flags.evaluation.add_to(app, PredictorFlags::words(), PredictorFlags::about_words());
  app.add_option("--perplexity", study.perplexity, "of the maps").check(at_least(1));
  app.add_option("--users", study.generator.users, "generated people").check(at_least(1));
  app.add_option("--sessions", study.generator.sessions, "recordings of a generated person")
      .check(at_least(1));
  app.add_option("--minutes", study.generator.minutes, "minutes of a generated recording").check(at_least(1));
  app.add_option("--groups", study.generator.groups, "groups of generated people").check(at_least(1));
  app.add_option("--dirt", study.generator.dirt, "defects as a share of the generated minutes")
      .check(between(0, 1));
  app.add_flag("--discard-raw", study.discard_raw,
               "remove generated recordings once they are data sets, a third as large");
  app.add_flag("--plan", flags.plan, "print the steps of these options as JSON, and do none");
  app.add_option(
      "--only", study.only,
      "do one step of the plan alone, STEP, STEP:PERSON or STEP:PERSON:REPLICATE; what it needs must "
      "be done");
  flags.generator.add_to(app, study.generator);
}

StudyOptions study_options(Flags& flags) {
  auto& study = flags.study;
  study.layout = layout_named(flags.layout);
  study.rules = flags.rules == "study" ? data::study_rules() : data::sensible_rules();
  const bool as_study = flags.rules_given.given() && flags.rules == "study";
  flags.generator.set(study.generator);
  flags.standardize.set(study.training, as_study);
  for (auto* training : {&study.training, &study.predictors}) flags.patience.set(training->train, as_study);
  study.judging = flags.evaluation.options(as_study, false);
  if (study.judging.scheme == evaluate::Scheme::person && !study.judging.shares) {
    // Of a network of one person no person can be held out: those are judged by blocks.
    study.hold_people_out = true;
    study.judging.scheme = evaluate::Scheme::blocked;
    study.judging.all_folds = study.judging.nulls > 0;
  }
  // Generated people are to be seen within minutes.
  if (!as_study)
    flags.evaluation.measure(study.data.empty() ? 1 : replicate_seeds,
                             study.data.empty() ? 2 : replicate_folds, study.judging);
  flags.network.set(study.training, study.judging.measure ? replicate_sensor_dropout : 0);
  study.rules.bins = flags.predictors.bins(study.rules);
  study.evaluation = PredictorFlags::evaluation(flags.evaluation.word(), as_study, study.judging.split_file);
  study.assign_minutes = flags.predictors.assign_minutes;
  study.regroup = flags.predictors.regroup;
  if (study.layout == Layout::empatica && !study.label_name.empty()) {
    if (study.label_name != "tags")
      throw FlagError("--label: expected tags, or nothing, with --layout empatica");
    if (!study.labels.empty()) throw FlagError("--labels: expected no file with --label tags");
    study.tags = true;
    study.label_name.clear();
  }
  if (study.layout == Layout::empatica && (study.data.empty() || (study.labels.empty() && !study.tags)))
    throw FlagError("--data, --labels: expected both with --layout empatica");
  const bool table = study.layout == Layout::table;
  if (table && (study.data.empty() || study.sensors.empty()))
    throw FlagError("--data, --sensors: expected both with --layout table");
  if (study.layout != Layout::empatica && !study.labels.empty())
    throw FlagError("--labels: expected with --layout empatica only");
  if (!table && (!study.sensors.empty() || study.window > 0 || study.step > 0 || !study.label_name.empty()))
    throw FlagError("--sensors, --window, --step, --label: expected with --layout table only");
  std::vector<NamedPath> outputs{{"--out", study.out}};
  for (const char* folder : {"data", "mil", "importance", "groups", "across", "map", "predictors", "report"})
    outputs.push_back({std::string("folder ") + folder + " of --out", study.out / folder});
  outputs.push_back({"metrics.json of --out", study.out / "metrics.json"});
  require_apart({{"--data", study.data},
                 {"--labels", study.labels},
                 {"--sensors", study.sensors},
                 {"--split-file", study.judging.split_file}},
                outputs);
  return study;
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  return run_program(
      argc, argv, "pipeline",
      "Runs the whole study, from raw recordings to a report; goes on where it stopped.",
      [&](FlagSet& app) { add_flags(app, flags); },
      [&](const Program& program) {
        auto options = study_options(flags);
        if (flags.plan) {
          std::cout << Study::plan(options).dump(1) << '\n';
          return;
        }
        Study(std::move(options), program).run();
      });
}
