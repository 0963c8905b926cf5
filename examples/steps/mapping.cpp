// SPDX-License-Identifier: MIT
#include "mapping.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace lifelog::examples {

manifold::TsneOptions watched(manifold::TsneOptions options, Progress& progress) {
  options.callback = [&progress](int iteration, double kl_divergence, const RowMatrix<double>&) {
    progress.at(iteration, "KL " + fixed(kl_divergence, 3));
    return true;
  };
  return options;
}

report::Coloring coloring_of(std::string name, const Eigen::VectorXi& labels) {
  std::vector<int> values(labels.begin(), labels.end());
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  report::Coloring coloring{std::move(name), {}, {}};
  for (const int value : values) coloring.names.push_back(std::to_string(value));
  for (const int label : labels)
    coloring.of_point.push_back(
        static_cast<int>(std::lower_bound(values.begin(), values.end(), label) - values.begin()));
  return coloring;
}

report::Scatter scatter_of(const RowMatrix<double>& map, std::string title, report::Coloring coloring) {
  report::Scatter scatter;
  scatter.title = std::move(title);
  for (Index i = 0; i < map.rows(); ++i) {
    scatter.x.push_back(static_cast<float>(map(i, 0)));
    scatter.y.push_back(static_cast<float>(map(i, 1)));
  }
  scatter.colorings.push_back(std::move(coloring));
  return scatter;
}

manifold::TsneProblem map_problem(const RowMatrix<double>& points, const manifold::TsneOptions& options) {
  return manifold::tsne_problem(points, options);
}

MapRun run_map(manifold::Affinities joint, manifold::TsneState from, const manifold::TsneOptions& options) {
  manifold::TsneRun run(std::move(joint), std::move(from), options);
  auto result = run.run();
  return {std::move(result), run.state()};
}

namespace {

template<class T>
manifold::TsneResult map_any(const RowMatrix<T>& points, const manifold::TsneOptions& options,
                             const Program& program, const std::string& what) {
  auto progress = program.progress(what, options.iterations);
  return manifold::tsne(points, watched(options, progress));
}

}  // namespace

manifold::TsneResult map_rows(const RowMatrix<double>& points, const manifold::TsneOptions& options,
                              const Program& program, const std::string& what) {
  return map_any(points, options, program, what);
}

manifold::TsneResult map_rows(const RowMatrix<float>& points, const manifold::TsneOptions& options,
                              const Program& program, const std::string& what) {
  return map_any(points, options, program, what);
}

}  // namespace lifelog::examples
