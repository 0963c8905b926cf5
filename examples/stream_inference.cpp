// SPDX-License-Identifier: MIT

// Replays a recording sample by sample through the network, as a device on the wrist would.

#include <lifelog/io/npy.hpp>
#include <lifelog/mil/any_instances.hpp>
#include <lifelog/predict/dataset_bags.hpp>

#include "common/program.hpp"
#include "steps/sample_person.hpp"
#include "steps/training.hpp"

using namespace lifelog;
using namespace lifelog::examples;

namespace {

struct Flags {
  std::string model, data, out;
};

void add_flags(FlagSet& app, Flags& flags) {
  app.add_option("--model", flags.model,
                 "trained model (.safetensors); one is trained on a generated person when absent");
  app.add_option("--data", flags.data, "data set of the person (.safetensors)");
  app.add_option("--out", flags.out, "importance at the end of each minute to write, [N, M] float32 (.npy)");
}

/// What a replay found.
struct Replay {
  RowMatrix<float> importance;       ///< [N, M]
  std::vector<double> microseconds;  ///< of every push, ascending
  std::size_t state_bytes = 0;
};

/// Pushes a minute's samples in the order of their times, every modality at its own rate.
template<class Stream>
void replay_minute(const mil::Bags<float>& bags, Index minute, Stream& stream,
                   std::vector<double>& microseconds) {
  std::vector<Index> next(bags.modalities.size(), 0);
  std::vector<float> sample;
  for (;;) {
    std::size_t first = bags.modalities.size();
    double earliest = 1;
    for (std::size_t m = 0; m < next.size(); ++m) {
      if (!bags.modalities[m].there(minute)) continue;
      const double time = static_cast<double>(next[m]) / static_cast<double>(bags.modalities[m].length);
      if (time < earliest) earliest = time, first = m;
    }
    if (first == bags.modalities.size()) return;
    const auto& modality = bags.modalities[first];
    sample.clear();
    for (Index c = 0; c < std::max<Index>(1, modality.channels); ++c)
      sample.push_back(modality.instance(minute)[c * modality.length + next[first]]);
    const Stopwatch watch;
    stream.push(static_cast<Index>(first), sample.data());
    microseconds.push_back(1e6 * watch.seconds());
    ++next[first];
  }
}

template<class Encoders>
Replay replay(const mil::BasicModel<float, Encoders>& model, const mil::Bags<float>& bags,
              const Program& program) {
  mil::BagStream<float, Encoders> stream(model.network);
  Replay result{RowMatrix<float>(bags.count, model.network.modalities()), {}, stream.state_bytes()};
  auto progress = program.progress("replaying", static_cast<double>(bags.count));
  for (Index minute = 0; minute < bags.count; ++minute) {
    stream.reset();
    replay_minute(bags, minute, stream, result.microseconds);
    stream.evaluate();
    result.importance.row(minute) = stream.importance().transpose();
    progress.step();
  }
  std::sort(result.microseconds.begin(), result.microseconds.end());
  return result;
}

void print_summary(std::ostream& out, const mil::AnyModel& model, const Replay& result, double deviation) {
  const auto percentile = [&](double share) {
    const auto last = static_cast<double>(result.microseconds.size() - 1);
    return fixed(result.microseconds[static_cast<std::size_t>(share * last)], 3);
  };
  const auto shapes = mil::shapes_of(model);
  Table table({"modality", "mean importance"});
  for (Index m = 0; m < result.importance.cols(); ++m)
    table.row({shapes[static_cast<std::size_t>(m)].name,
               fixed(static_cast<double>(result.importance.col(m).mean()), 4)});
  out << table << count(result.importance.rows(), "minute", "minutes") << ", "
      << grouped(static_cast<long long>(result.microseconds.size()))
      << " samples; microseconds a sample: median " << percentile(0.5) << ", 99 % " << percentile(0.99)
      << ", 99.9 % " << percentile(0.999) << ", most " << percentile(1) << '\n'
      << "state: " << grouped(static_cast<long long>(result.state_bytes)) << " bytes\n"
      << "largest deviation from whole minutes at once: " << deviation << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  return run_program(
      argc, argv, "stream_inference", "Replays a recording sample by sample through a trained network.",
      [&](FlagSet& app) { add_flags(app, flags); },
      [&](const Program& program) {
        if (flags.model.empty() != flags.data.empty())
          throw FlagError("--model, --data: expected both or neither");
        require_apart({{"--model", flags.model}, {"--data", flags.data}}, {{"--out", flags.out}});
        auto data = load_or_sample(flags.data, program.seed);
        const auto model =
            flags.model.empty() ? train_sample(data, program) : mil::load_any_model(flags.model);
        if (windows_of(model) > 1)
          throw FlagError("--model: expected one of whole minutes, got one of minutes cut into " +
                          std::to_string(windows_of(model)) + " windows");
        const auto whole = modal_importance(model, data, false, program.threads);
        require_numbers(whole.importance, whole.rows);
        const auto bags = predict::bags_of(data);
        const auto result = std::visit([&](const auto& one) { return replay(one, bags, program); }, model);
        require_numbers(result.importance, whole.rows);
        if (!flags.out.empty()) writing([&] { io::save_npy(flags.out, result.importance); });
        const double deviation =
            static_cast<double>((result.importance - whole.importance).cwiseAbs().maxCoeff());
        print_summary(program.out(), model, result, deviation);
      });
}
