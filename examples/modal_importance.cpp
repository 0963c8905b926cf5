// SPDX-License-Identifier: MIT

// What matters: the attention weight of every modality in every minute.

#include <lifelog/io/npy.hpp>

#include "common/program.hpp"
#include "steps/sample_person.hpp"
#include "steps/training.hpp"

using namespace lifelog;
using namespace lifelog::examples;

namespace {

struct Flags {
  std::string model, data, out, logp, when, subset = "all";
  bool faithfulness = false;
};

void add_flags(FlagSet& app, Flags& flags) {
  app.add_option("--model", flags.model,
                 "trained model (.safetensors); one is trained on a generated person when absent");
  app.add_option("--data", flags.data, "data set of the person (.safetensors)");
  app.add_option("--out", flags.out, "importances to write, [N, M] float32 (.npy)");
  app.add_option("--logp", flags.logp, "log-probabilities to write, [N, C] float32 (.npy)");
  app.add_option(
      "--when", flags.when,
      "of a model trained with --windows K: importance of each window to write, [N, M, K] float32 (.npy)");
  app.add_option("--subset", flags.subset, "all minutes, or those held out for testing")
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
        const auto result = modal_importance(model, data, flags.subset == "test", program.threads);
        require_numbers(result.importance, result.rows);
        require_numbers(result.log_probabilities, result.rows);
        if (!flags.out.empty()) writing([&] { io::save_npy(flags.out, result.importance); });
        if (!flags.when.empty()) save_when(flags.when, model, result);
        if (!flags.logp.empty()) writing([&] { io::save_npy(flags.logp, result.log_probabilities); });
        print_summary(program.out(), model, result);
        if (flags.faithfulness)
          print_faithfulness(program.out(), model,
                             judge_faithfulness(model, data, result.rows, program.seed, program.threads));
      });
}
