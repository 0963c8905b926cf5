// SPDX-License-Identifier: MIT

// What matters: how much each modality tells, what it argues for in every minute, or how much attention it gets.

#include <lifelog/io/npy.hpp>
#include <nlohmann/json.hpp>
#include <optional>

#include "common/program.hpp"
#include "steps/measuring.hpp"
#include "steps/sample_person.hpp"
#include "steps/training.hpp"

using namespace lifelog;
using namespace lifelog::examples;

namespace {

struct Flags {
  std::string model, data, out, logp, when, subset, measure = "attention";
  bool faithfulness = false;

  bool information() const { return measure == "information"; }
  /// Of what a network was trained on, it tells too much.
  bool test_only() const { return subset.empty() ? information() : subset == "test"; }
};

void add_flags(FlagSet& app, Flags& flags) {
  app.add_option("--model", flags.model,
                 "trained model (.safetensors); one is trained on a generated person when absent");
  app.add_option("--data", flags.data, "data set of the person (.safetensors)");
  app.add_option("--measure", flags.measure,
                 "attention: the network's weights, as in the study; contributions: what each modality says "
                 "for and against "
                 "each class; information: how many bits it tells of labels that were held out")
      .check(one_of({"attention", "contributions", "information"}));
  app.add_option(
      "--out", flags.out,
      "what to write: [N, M] float32 (.npy); of contributions [N, M, C]; of information a .json file");
  app.add_option("--logp", flags.logp, "log-probabilities to write, [N, C] float32 (.npy)");
  app.add_option(
      "--when", flags.when,
      "of a model trained with --windows K: importance of each window to write, [N, M, K] float32 (.npy)");
  app.add_option("--subset", flags.subset,
                 "all minutes (the default, but for information), or those held out for testing")
      .check(one_of({"all", "test"}));
  app.add_flag("--faithfulness", flags.faithfulness,
               "judge the importances by exchanging each modality between minutes");
}

void print_summary(std::ostream& out, const mil::AnyModel& model, const Importance& result) {
  const auto shapes = mil::shapes_of(model);
  Table table({"modality", "mean", "least", "most"});
  for (Index m = 0; m < result.importance.cols(); ++m) {
    const auto column = result.importance.col(m);
    table.row({shapes[static_cast<std::size_t>(m)].name, fixed(column.mean(), 4), fixed(column.minCoeff(), 4),
               fixed(column.maxCoeff(), 4)});
  }
  out << table << count(result.importance.rows(), "minute", "minutes") << '\n';
}

void save_when(const std::string& file, const mil::AnyModel& model, const Importance& result) {
  if (result.when.size() == 0)
    throw FlagError("--when: expected a model trained with --windows, got one of whole minutes");
  const auto size = [](Index i) { return static_cast<std::size_t>(i); };
  const Index windows = windows_of(model);
  xt::xtensor<float, 3> when(std::array<std::size_t, 3>{size(result.when.rows()),
                                                        size(result.when.cols() / windows), size(windows)});
  std::copy_n(result.when.data(), result.when.size(), when.data());
  writing([&] { io::save_npy(file, when); });
}

xt::xtensor<float, 3> as_array(const importance::Contributions<float>& values) {
  const auto size = [](Index i) { return static_cast<std::size_t>(i); };
  xt::xtensor<float, 3> array(
      std::array<std::size_t, 3>{size(values.values.rows()), size(values.modalities), size(values.classes)});
  std::copy_n(values.values.data(), values.values.size(), array.data());
  return array;
}

std::string class_name(const mil::AnyModel& model, Index c) {
  const auto names = mil::class_names_of(model);
  return c < static_cast<Index>(names.size()) ? names[static_cast<std::size_t>(c)] : std::to_string(c);
}

void measure_contributions(const Flags& flags, const mil::AnyModel& model, const data::DataSet& data,
                           const Importance& result, const Program& program) {
  const auto values = contributions_of(model, data, result.rows, program.threads);
  require_numbers(values.values, result.rows);
  if (!flags.out.empty()) writing([&] { io::save_npy(flags.out, as_array(values)); });
  const auto shapes = mil::shapes_of(model);
  std::vector<std::string> head{"modality"};
  for (Index c = 0; c < values.classes; ++c) head.push_back("for " + class_name(model, c));
  Table table(head);
  for (Index m = 0; m < values.modalities; ++m) {
    std::vector<std::string> cells{shapes[static_cast<std::size_t>(m)].name};
    for (Index c = 0; c < values.classes; ++c)
      cells.push_back(fixed(values.values.col(m * values.classes + c).mean(), 4));
    table.row(std::move(cells));
  }
  program.out() << table << "mean evidence over " << count(values.values.rows(), "minute", "minutes")
                << "; a minute's sums to its logits less their mean\n";
  if (values.error.size() > 0 && values.error.maxCoeff() > 0)
    program.out() << "sampled, with a standard error of up to " << fixed(values.error.maxCoeff(), 4) << '\n';
}

void measure_information(const Flags& flags, const mil::AnyModel& model, const data::DataSet& data,
                         const Importance& result, const Program& program) {
  if (result.rows.empty())
    throw FlagError("--model: expected a model that held out minutes, got one that held out none");
  if (flags.subset == "all")
    program.warn("--subset all: of minutes that a network was trained on it tells more than of others");
  const auto bits = information_of(model, data, result.rows, program.threads).bits;
  importance::IntervalOptions options;
  options.seed = program.seed;
  const auto person = importance::summarize({bits}, information_blocks(data, result.rows), options);
  std::vector<std::string> names;
  for (const auto& shape : mil::shapes_of(model)) names.push_back(shape.name);
  if (!flags.out.empty()) write_json(flags.out, information_json(data.user, names, person, bits.rows(), 1));
  Table table({"modality", "bits", "95 % from", "to", "identified"});
  const auto row = [&](const std::string& name, const importance::Estimate& estimate,
                       const std::string& verdict) {
    table.row({name, fixed(estimate.value, 4), fixed(estimate.low, 4), fixed(estimate.high, 4), verdict});
  };
  for (std::size_t m = 0; m < names.size(); ++m)
    row(names[m], person.bits[m], person.identified[m] ? "yes" : "no");
  row("all", person.total, "");
  program.out() << table << "bits a minute beyond guessing by the classes' shares, over "
                << count(bits.rows(), "minute", "minutes")
                << " and one network; other networks may tell otherwise\n";
}

void print_faithfulness(std::ostream& out, const mil::AnyModel& model,
                        const importance::Faithfulness& faithfulness) {
  const auto shapes = mil::shapes_of(model);
  Table table({"modality", "importance", "log-probability lost without it"});
  for (Index m = 0; m < faithfulness.drop.size(); ++m)
    table.row({shapes[static_cast<std::size_t>(m)].name, fixed(faithfulness.importance[m], 4),
               fixed(faithfulness.drop[m], 4)});
  out << '\n' << table << "rank correlation " << fixed(faithfulness.correlation, 3) << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  return run_program(
      argc, argv, "modal_importance", "Writes how much each modality mattered in every minute.",
      [&](FlagSet& app) { add_flags(app, flags); },
      [&](const Program& program) {
        if (flags.model.empty() != flags.data.empty())
          throw FlagError("--model, --data: expected both or neither");
        if (!flags.model.empty() && flags.out.empty())
          throw FlagError("--out: expected a file with --model, got none");
        require_apart({{"--model", flags.model}, {"--data", flags.data}},
                      {{"--out", flags.out}, {"--logp", flags.logp}, {"--when", flags.when}});
        auto data = load_or_sample(flags.data, program.seed);
        const auto model =
            flags.model.empty() ? train_sample(data, program) : mil::load_any_model(flags.model);
        const auto result = modal_importance(model, data, flags.test_only(), program.threads);
        require_numbers(result.importance, result.rows);
        require_numbers(result.log_probabilities, result.rows);
        std::optional<importance::Faithfulness> faithfulness;
        if (flags.faithfulness)
          faithfulness = judge_faithfulness(model, data, result.rows, program.seed, program.threads);
        if (!flags.when.empty()) save_when(flags.when, model, result);
        if (!flags.logp.empty()) writing([&] { io::save_npy(flags.logp, result.log_probabilities); });
        if (flags.measure == "contributions") {
          measure_contributions(flags, model, data, result, program);
        } else if (flags.information()) {
          measure_information(flags, model, data, result, program);
        } else {
          if (!flags.out.empty()) writing([&] { io::save_npy(flags.out, result.importance); });
          print_summary(program.out(), model, result);
        }
        if (faithfulness) print_faithfulness(program.out(), model, *faithfulness);
      });
}
