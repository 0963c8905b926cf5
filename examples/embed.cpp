// SPDX-License-Identifier: MIT

// Draws a two-dimensional t-SNE map of the rows of an array.

#include <cmath>
#include <lifelog/io/npy.hpp>
#include <lifelog/readers/detail/archive.hpp>

#include "common/program.hpp"
#include "steps/map_state.hpp"
#include "steps/mapping.hpp"
#include "steps/sample_points.hpp"

using namespace lifelog;
using namespace lifelog::examples;

namespace {

struct Flags {
  std::string in, out, labels, svg, state, init = "pca";
  double perplexity = 30, theta = 0.5;
  int iterations = 1000;
  bool resume = false;
};

struct Input {
  RowMatrix<double> points;
  Eigen::VectorXi labels;
};

void add_flags(FlagSet& app, Flags& flags) {
  app.add_option("--in", flags.in, "[n, d] array (.npy); generated importances when absent");
  app.add_option("--out", flags.out, "map to write, [n, 2] float64 (.npy)");
  app.add_option("--perplexity", flags.perplexity, "effective number of neighbours").check(between(1, 1e6));
  app.add_option("--iterations", flags.iterations, "steps of descent").check(between(0, 1e6));
  app.add_option("--theta", flags.theta,
                 "exactness of gradients given up for speed: 0 sums over all pairs, more lets repulsion be "
                 "interpolated "
                 "on a grid of 0.6 theta map units where that is sooner")
      .check(between(0, 1));
  app.add_option("--init", flags.init, "pca, random, or an [n, 2] array (.npy) to start from");
  app.add_option("--labels", flags.labels, "[n] integers (.npy): colours of the picture");
  app.add_option("--svg", flags.svg, "picture to write");
  app.add_option("--state", flags.state, "where to lay the run aside when it ends (.safetensors)");
  app.add_flag("--resume", flags.resume, "go on from --state; --iterations counts those done before too");
}

Input read_input(const Flags& flags, const Program& program) {
  if (flags.resume && flags.state.empty()) throw FlagError("--resume: expected with --state only");
  if (flags.in.empty()) {
    if (!flags.labels.empty()) throw FlagError("--labels: expected with --in only");
    auto sample = sample_points(program.seed);
    return {std::move(sample.points), std::move(sample.users)};
  }
  Input input{as_eigen(io::load_npy<double, 2>(flags.in)), {}};
  if (flags.labels.empty()) return input;
  input.labels = as_eigen(io::load_npy<int, 1>(flags.labels));
  if (input.labels.size() != input.points.rows())
    throw format_error(flags.labels, "expected one label for each of the " +
                                         std::to_string(input.points.rows()) + " rows of " + flags.in +
                                         ", got " + std::to_string(input.labels.size()));
  return input;
}

manifold::TsneOptions tsne_options(const Flags& flags, const Program& program) {
  manifold::TsneOptions options;
  options.perplexity = flags.perplexity;
  options.iterations = flags.iterations;
  options.theta = flags.theta;
  options.seed = program.seed;
  options.threads = program.threads;
  if (flags.init == "random") {
    options.init = manifold::TsneInit::random;
  } else if (flags.init != "pca") {
    if (!std::filesystem::exists(flags.init))
      throw FlagError("--init: expected pca, random or a .npy file, found no file '" + flags.init + "'");
    options.init = manifold::TsneInit::given;
    options.start = as_eigen(io::load_npy<double, 2>(flags.init));
  }
  return options;
}

/// What a map laid aside was made of and with; how it began is in the map itself.
train::RunIdentity identity_of(const Input& input, const manifold::TsneOptions& options) {
  readers::detail::Checksum sum;
  const Index shape[] = {input.points.rows(), input.points.cols()};
  sum.add(shape, sizeof shape);
  sum.add(input.points.data(), static_cast<std::size_t>(input.points.size()) * sizeof(double));
  return {{"--in", std::to_string(sum.value())},
          {"--perplexity", std::to_string(options.perplexity)},
          {"--theta", std::to_string(options.theta)}};
}

manifold::TsneResult draw_map(const Flags& flags, const Input& input, const manifold::TsneOptions& options,
                              const Program& program) {
  auto progress = program.progress("t-SNE", options.iterations);
  const auto identity = identity_of(input, options);
  auto problem = map_problem(input.points, options);
  auto start = flags.resume ? load_state(flags.state) : manifold::first_state(problem.start);
  if (const auto& map = start.map; flags.resume && (map.rows() != input.points.rows() || map.cols() != 2))
    throw format_error(flags.state, "expected a map of " + std::to_string(input.points.rows()) +
                                        " x 2, got " + std::to_string(map.rows()) + " x " +
                                        std::to_string(map.cols()));
  if (flags.resume) require_same_run(flags.state, identity);
  auto run = run_map(std::move(problem.joint), std::move(start), watched(options, progress));
  auto& result = run.result;
  progress.finish();
  result.perplexity = problem.perplexity;
  result.perplexity_reduced = problem.perplexity_reduced;
  result.random_columns = flags.resume ? 0 : problem.random_columns;
  if (!result.map.allFinite() || !std::isfinite(result.kl_divergence))
    throw std::runtime_error("the map came to positions that are no numbers; nothing is written");
  if (!flags.state.empty()) writing([&] { save_state(flags.state, run.state, identity); });
  return std::move(result);
}

void write_results(const Flags& flags, const Input& input, const manifold::TsneResult& result) {
  if (!flags.out.empty()) writing([&] { io::save_npy(flags.out, result.map); });
  if (flags.svg.empty()) return;
  const auto title = "t-SNE of " + count(input.points.rows(), "row", "rows") + ", KL divergence " +
                     fixed(result.kl_divergence, 3);
  Eigen::VectorXi labels = Eigen::VectorXi::Zero(input.points.rows());
  if (input.labels.size() > 0) labels = input.labels;
  auto coloring = coloring_of("label", labels);
  write_text(flags.svg, report::scatter_svg(scatter_of(result.map, title, std::move(coloring))));
}

const char* ending(manifold::TsneStatus status) {
  switch (status) {
    case manifold::TsneStatus::converged:
      return " (converged: the map moves no more)";
    case manifold::TsneStatus::diverged:
      return " (diverged: the map grew without bound)";
    case manifold::TsneStatus::stopped:
      return " (stopped)";
    default:
      return " (all that were asked for)";
  }
}

void print_summary(std::ostream& out, const Input& input, const manifold::TsneResult& result,
                   double seconds) {
  out << "t-SNE, " << count(input.points.rows(), "row", "rows") << " of " << input.points.cols()
      << ", perplexity " << fixed(result.perplexity, 1)
      << (result.perplexity_reduced ? " (reduced: too few rows)" : "") << ", "
      << count(result.iterations, "iteration", "iterations") << ending(result.status) << ": KL divergence "
      << fixed(result.kl_divergence, 4) << " in " << fixed(seconds, 2) << " s\n";
  if (result.random_columns > 0)
    out << "Start: " << result.random_columns << " of " << count(result.map.cols(), "column", "columns")
        << " random\n";
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  return run_program(
      argc, argv, "embed", "Draws a two-dimensional t-SNE map of the rows of an array.",
      [&](FlagSet& app) { add_flags(app, flags); },
      [&](const Program& program) {
        const bool from_file = flags.init != "pca" && flags.init != "random";
        require_apart(
            {{"--in", flags.in}, {"--labels", flags.labels}, {"--init", from_file ? flags.init : ""}},
            {{"--out", flags.out}, {"--svg", flags.svg}, {"--state", flags.state}});
        const auto input = read_input(flags, program);
        const auto options = tsne_options(flags, program);
        const Stopwatch watch;
        const auto result = draw_map(flags, input, options, program);
        const double seconds = watch.seconds();
        write_results(flags, input, result);
        print_summary(program.out(), input, result, seconds);
      });
}
