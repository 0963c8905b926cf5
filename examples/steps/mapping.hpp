// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <lifelog/manifold/tsne.hpp>
#include <string>
#include <utility>
#include <vector>

#include "../common/program.hpp"
#include "../report/scatter.hpp"

namespace lifelog::examples {

/// Options that show on a bar what becomes of the map; the bar, which counts iterations, must outlive the run.
inline manifold::TsneOptions watched(manifold::TsneOptions options, Progress& progress) {
  options.callback = [&progress](int iteration, double kl_divergence, const RowMatrix<double>&) {
    progress.at(iteration, "KL " + fixed(kl_divergence, 3));
    return true;
  };
  return options;
}

/// t-SNE with a progress bar. points: [n, d].
template<Rows X>
manifold::TsneResult map_rows(const X& points, const manifold::TsneOptions& options, const Program& program,
                              const std::string& what) {
  auto progress = program.progress(what, options.iterations);
  return manifold::tsne(points, watched(options, progress));
}

/// Labels as a coloring: each different number is a class, ascending.
inline report::Coloring coloring_of(std::string name, const Eigen::VectorXi& labels) {
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

/// A map [n, 2] as a picture.
inline report::Scatter scatter_of(const RowMatrix<double>& map, std::string title,
                                  report::Coloring coloring) {
  report::Scatter scatter;
  scatter.title = std::move(title);
  for (Index i = 0; i < map.rows(); ++i) {
    scatter.x.push_back(static_cast<float>(map(i, 0)));
    scatter.y.push_back(static_cast<float>(map(i, 1)));
  }
  scatter.colorings.push_back(std::move(coloring));
  return scatter;
}

}  // namespace lifelog::examples
