// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "../core/random.hpp"
#include "approximate_neighbours.hpp"
#include "pca.hpp"
#include "tsne_run.hpp"

namespace lifelog::inline LIFELOG_ABI::manifold {

namespace detail {

// Returns how many columns are random.
template<class T>
Index add_components(const RowMatrixView<T>& points, const TsneOptions& options, Random& random,
                     RowMatrix<double>& map) {
  const auto pca = principal_components(points, {.components = options.dims, .threads = options.threads});
  // What rounding leaves of a direction that is not there counts as nothing; normals stand in for it.
  const double noise = 1e-14 * pca.variance[0];
  Index random_columns = 0;
  for (Index c = 0; c < options.dims; ++c) {
    if (pca.variance[c] > noise) {
      map.col(c) = pca.scores.col(c) * (start_deviation / std::sqrt(pca.variance[0]));
    } else {
      fill_normal(map.middleCols(c, 1), start_deviation, random);
      ++random_columns;
    }
  }
  fill_normal(map, start_jitter * start_deviation, random);
  return random_columns;
}

}  // namespace detail

/// What `tsne` makes of its input before it iterates.
struct TsneProblem {
  Affinities joint;
  /// [n, dims]
  RowMatrix<double> start;
  /// As used, and whether it or one of `more_perplexities` was reduced.
  double perplexity = 0;
  bool perplexity_reduced = false;
  /// See `TsneResult`.
  Index random_columns = 0;
};

namespace detail {

// A start that needs no points; false, and all zero, where it takes some.
LIFELOG_LAZY bool set_start(Index rows, const TsneOptions& options, Random& random, TsneProblem& problem) {
  if (options.init == TsneInit::given) {
    require_shape(options.start, rows, options.dims, "start");
    problem.start = options.start;
    return true;
  }
  problem.start.setZero(rows, options.dims);
  if (options.init == TsneInit::pca) return false;
  fill_normal(problem.start, start_deviation, random);
  problem.random_columns = options.dims;
  return true;
}

// The perplexities of the options, none above `most`.
LIFELOG_LAZY std::vector<double> limited_perplexities(const TsneOptions& options, double most,
                                                      TsneProblem& problem) {
  std::vector<double> perplexities = options.more_perplexities;
  perplexities.insert(perplexities.begin(), options.perplexity);
  for (double& perplexity : perplexities) {
    problem.perplexity_reduced |= perplexity > most;
    perplexity = std::min(perplexity, most);
  }
  problem.perplexity = perplexities.front();
  return perplexities;
}

template<class T>
TsneProblem tsne_problem(const RowMatrixView<T>& points, const TsneOptions& options) {
  const Index n = points.rows();
  TsneProblem problem;
  Random random(options.seed);
  if (!set_start(n, options, random, problem))
    problem.random_columns = add_components(points, options, random, problem.start);
  const auto perplexities =
      limited_perplexities(options, usable_perplexity(std::numeric_limits<double>::infinity(), n), problem);
  if (n == 1) {
    problem.joint.start = {0, 0};
    return problem;
  }
  const Index k = neighbours_for(*std::max_element(perplexities.begin(), perplexities.end()), n);
  problem.joint = joint_probabilities(neighbours_by(options.search, points, k, options.seed, options.threads),
                                      perplexities, options.threads);
  return problem;
}

template<class T>
TsneResult run(TsneProblem problem, const TsneOptions& options) {
  auto result = TsneRun<T>(std::move(problem.joint), std::move(problem.start), options).run();
  result.perplexity = problem.perplexity;
  result.perplexity_reduced = problem.perplexity_reduced;
  result.random_columns = problem.random_columns;
  return result;
}

}  // namespace detail

/// P and the start for points [n, d]: for who wants to take the steps himself.
///
///     auto problem = lifelog::manifold::tsne_problem(points, options);
///     lifelog::manifold::TsneRun run(problem.joint, problem.start, options);
template<Rows X>
TsneProblem tsne_problem(const X& points, const TsneOptions& options = {}) {
  detail::require_options(options);
  return detail::with_moderate_points(points, "points",
                                      [&](const auto& rows) { return detail::tsne_problem(rows, options); });
}

/// The same from neighbours that were found elsewhere, or by `neighbours_from_distances`. Perplexities above k / 3 are
/// reduced to that (but not below 1). `init` must be random or given: there are no points to take components of.
LIFELOG_LAZY TsneProblem tsne_problem(const Neighbours& neighbours, const TsneOptions& options = {}) {
  detail::require_options(options);
  TsneProblem problem;
  Random random(options.seed);
  detail::require(detail::set_start(neighbours.index.rows(), options, random, problem),
                  "init: expected random or given where points are not known, got pca");
  const double k = static_cast<double>(neighbours.index.cols());
  problem.joint = joint_probabilities(
      neighbours, detail::limited_perplexities(options, std::max(1.0, k / 3), problem), options.threads);
  return problem;
}

/// t-SNE of van der Maaten & Hinton, "Visualizing data using t-SNE" (2008), in two dimensions or three.
/// P is restricted to the 3 × perplexity nearest neighbours: O(n · perplexity) memory.
///
/// points: [n, d], finite, n ≥ 1, of whatever units and however far from 0. Small n reduces the perplexity (see
/// there); equal rows are fine and spread as neighbours do; where all rows are equally near, any small map is as good
/// as can be, and one of them comes out; one row maps to the origin.
///
///     Eigen::MatrixXf points = Eigen::MatrixXf::Random(500, 9);
///     auto result = lifelog::manifold::tsne(points, {.perplexity = 20});
///     // result.map.row(i) is where row i lies, result.kl_divergence how faithful that is
template<Rows X>
TsneResult tsne(const X& points, const TsneOptions& options = {}) {
  return detail::run<float>(tsne_problem(points, options), options);
}

/// The same from neighbours, see `tsne_problem`. T: in which forces are computed.
template<class T = float>
TsneResult tsne(const Neighbours& neighbours, const TsneOptions& options = {}) {
  return detail::run<T>(tsne_problem(neighbours, options), options);
}

/// The same from P and a start [n, dims]; the options' perplexities, init, start and seed do not matter here.
template<class T = float>
TsneResult tsne(const Affinities& joint, RowMatrix<double> start, const TsneOptions& options = {}) {
  return TsneRun<T>(joint, std::move(start), options).run();
}

}  // namespace lifelog::manifold
