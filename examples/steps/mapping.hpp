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
