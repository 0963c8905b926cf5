// SPDX-License-Identifier: MIT
#pragma once

#include <lifelog/manifold/tsne.hpp>
#include <string>
#include <utility>
#include <vector>

#include "../common/program.hpp"
#include "../report/scatter.hpp"

namespace lifelog::examples {

/// Options that show on a bar what becomes of the map; the bar, which counts iterations, must outlive the run.
manifold::TsneOptions watched(manifold::TsneOptions options, Progress& progress);

// What compiles t-SNE stands here and in mapping.cpp only.

manifold::TsneProblem map_problem(const RowMatrix<double>& points, const manifold::TsneOptions& options);

/// All iterations that are left of a map laid aside or at its start, and what to lay aside then.
struct MapRun {
  manifold::TsneResult result;
  manifold::TsneState state;
};
MapRun run_map(manifold::Affinities joint, manifold::TsneState from, const manifold::TsneOptions& options);

/// t-SNE with a progress bar. points: [n, d].
manifold::TsneResult map_rows(const RowMatrix<double>& points, const manifold::TsneOptions& options,
                              const Program& program, const std::string& what);
manifold::TsneResult map_rows(const RowMatrix<float>& points, const manifold::TsneOptions& options,
                              const Program& program, const std::string& what);

/// Labels as a coloring: each different number is a class, ascending.
report::Coloring coloring_of(std::string name, const Eigen::VectorXi& labels);

/// A map [n, 2] as a picture.
report::Scatter scatter_of(const RowMatrix<double>& map, std::string title, report::Coloring coloring);

}  // namespace lifelog::examples
