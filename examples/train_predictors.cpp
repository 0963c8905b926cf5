// SPDX-License-Identifier: MIT

// Does a predictor of one's own group beat a predictor of everybody?

#include <lifelog/generator/generator.hpp>
#include <optional>

#include "common/program.hpp"
#include "steps/evaluation_flags.hpp"
#include "steps/predicting.hpp"
#include "steps/predictor_flags.hpp"
#include "steps/preprocessing.hpp"
#include "steps/regrouping.hpp"
#include "steps/training_flags.hpp"

using namespace lifelog;
using namespace lifelog::examples;

namespace {

train::TrainOptions study_defaults() {
  train::TrainOptions options;
  options.batch = 52400;
  return options;
}

struct Flags {
  std::string rows, groups, out;
  PredictorFlags predictors;
  EvaluationFlags folds;
  TrainingFlags training{study_defaults()};
};

void add_flags(FlagSet& app, Flags& flags) {
  app.add_option("--rows", flags.rows, "folder of row tables, <user>.csv; generated ones when absent");
  app.add_option("--groups", flags.groups,
                 "who belongs together (groups.json); files number groups from 0, tables from 1");
  app.add_option("--out", flags.out, "folder for comparison.json or held_out.json, and histories");
  flags.predictors.add_to(app);
  flags.training.add_common_to(app);
  flags.folds.add_to(app, PredictorFlags::words(), PredictorFlags::about_words());
}

/// A few generated people in two groups, small enough to train at once.
UserLists generate_rows(const std::filesystem::path& dir, const Program& program) {
  generator::GeneratorOptions generator;
  generator.users = 4;
  generator.groups = 2;
  generator.sessions = 1;
  generator.minutes = 30;
  generator.seed = program.seed;
  generator.threads = program.threads;
  const auto truth = writing([&] { return generator::write_etri_tree(dir / "raw", generator); });
  PreprocessOptions options;
  options.in = dir / "raw";
  options.out = dir;
  options.rows = true;
  options.threads = program.threads;
  preprocess_all(Preprocessor(options), [](auto&&...) {});
  UserLists groups(truth.groups.size());
  for (const auto& person : truth.people)
    groups[static_cast<std::size_t>(person.group)].push_back(person.user);
  return groups;
}

/// What people held out are not judged by. flag: what asks for them, or empty.
void refuse_with_people_held_out(const EvaluationOptions& folds, const std::string& flag = {}) {
  for (const auto& [given, name] :
       {std::pair(folds.nulls > 0, "--null"), std::pair(folds.seeds > 1, "--seeds")})
    if (given)
      throw FlagError(
          flag.empty() ? name + std::string(": expected with rows, blocks or sessions held out, got people")
                       : flag + ": expected without " + name + ", which is of rows held out");
}

void refuse_with_regrouping(const EvaluationFlags& flags, const EvaluationOptions& folds) {
  const auto word = flags.word();
  if (!word.empty() && word != "person" && word != "leave-one-out")
    throw FlagError("--regroup: expected people held out, got --evaluate " + word);
  if (!folds.split_file.empty()) throw FlagError("--regroup: expected people held out, got --split-file");
  refuse_with_people_held_out(folds, "--regroup");
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  return run_program(
      argc, argv, "train_predictors", "Compares predictors trained per group with one trained on everybody.",
      [&](FlagSet& app) { add_flags(app, flags); },
      [&](const Program& program) {
        if (flags.rows.empty() != flags.groups.empty())
          throw FlagError("--rows, --groups: expected both or neither");
        if (!flags.rows.empty() && flags.out.empty())
          throw FlagError("--out: expected a folder with --rows, got none");
        const std::filesystem::path out = flags.out;
        require_apart(
            {{"--rows", flags.rows}, {"--groups", flags.groups}, {"--split-file", flags.folds.split_file()}},
            out.empty()
                ? std::vector<NamedPath>{}
                : std::vector<NamedPath>{{"--out", out},
                                         {"comparison.json of --out", out / "comparison.json"},
                                         {"metrics.json of --out", out / "metrics.json"},
                                         {"held_out.json of --out", out / "held_out.json"},
                                         {"regrouped.json of --out", out / "regrouped.json"},
                                         {"history.csv of --out", out / "history.csv"},
                                         {"held_out_history.csv of --out", out / "held_out_history.csv"}});
        auto options = flags.training.options(program);
        std::optional<TemporaryDirectory> temporary;
        UserLists groups;
        if (flags.rows.empty()) {
          groups = generate_rows(temporary.emplace().path(), program);
          flags.rows = temporary->path().string();
          if (flags.training.epochs_unset()) options.train.epochs = 100;
        } else {
          groups = read_groups(flags.groups);
        }
        const auto tables = read_row_tables(flags.rows, groups);
        const auto bins = flags.predictors.bins(data::study_rules());
        const auto folds = flags.folds.options(flags.training.study(), flags.training.shares_given());
        if (flags.predictors.regroup) {
          refuse_with_regrouping(flags.folds, folds);
          const auto results = regroup_people(tables, groups, bins, options, folds.folds,
                                              flags.predictors.assign_minutes, program);
          if (!flags.out.empty()) write_regrouped(flags.out, results);
          program.out() << regroup_table(results);
          return;
        }
        // Shares on the command line are those of shuffled rows.
        const auto evaluation = PredictorFlags::evaluation(
            flags.folds.word(), flags.training.study() || flags.training.shares_given(), folds.split_file);
        if (evaluation == Evaluation::leave_one_out) {
          refuse_with_people_held_out(folds);
          const auto results =
              hold_out_each(tables, groups, bins, options, flags.predictors.assign_minutes, program);
          if (!flags.out.empty()) write_held_out(flags.out, results);
          program.out() << held_out_table(results);
        } else {
          const auto results = compare_predictors(tables, groups, bins, options, evaluation, folds, program);
          if (!flags.out.empty()) write_predictors(flags.out, results);
          program.out() << predictor_table(results);
        }
      });
}
