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

namespace lifelog::manifold {

namespace detail {

inline void fill_normal(Eigen::Ref<RowMatrix<double>, 0, Eigen::OuterStride<>> map, double deviation,
                        Random& random) {
  for (Index i = 0; i < map.rows(); ++i)
    for (Index c = 0; c < map.cols(); ++c) map(i, c) += random.normal(0, deviation);
}

constexpr double start_deviation = 1e-4;

template<class T>
void add_components(const RowMatrixView<T>& points, const TsneOptions& options, Random& random,
                    RowMatrix<double>& map) {
  const auto pca = principal_components(points, {.components = options.dims, .threads = options.threads});
  // What rounding leaves of a direction that is not there counts as nothing; normals stand in for it.
  const double largest = points.cwiseAbs().maxCoeff();
  const double noise = 1e-14 * std::max(pca.variance[0], largest * largest);
  for (Index c = 0; c < options.dims; ++c) {
    if (pca.variance[c] > noise)
      map.col(c) = pca.scores.col(c) * (start_deviation / std::sqrt(pca.variance[0]));
    else
      fill_normal(map.middleCols(c, 1), start_deviation, random);
  }
  fill_normal(map, start_deviation / 100, random);
}

// Of one row for each of the points, if there are any.
template<class T>
RowMatrix<double> start_map(const RowMatrixView<T>* points, Index rows, const TsneOptions& options) {
  if (options.init == TsneInit::given) {
    require_shape(options.start, rows, options.dims, "start");
    return options.start;
  }
  Random random(options.seed);
  RowMatrix<double> map = RowMatrix<double>::Zero(rows, options.dims);
  if (options.init == TsneInit::random) {
    fill_normal(map, start_deviation, random);
  } else {
    require(points != nullptr, "init: expected random or given where points are not known, got pca");
    add_components(*points, options, random, map);
  }
  return map;
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
};

namespace detail {

// The perplexities of the options, none above `most`.
inline std::vector<double> limited_perplexities(const TsneOptions& options, double most,
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
  require_options(options);
  const Index n = points.rows();
  TsneProblem problem;
  problem.start = start_map(&points, n, options);
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

inline TsneResult run(TsneProblem problem, const TsneOptions& options) {
  auto result = TsneRun<>(std::move(problem.joint), std::move(problem.start), options).run();
  result.perplexity = problem.perplexity;
  result.perplexity_reduced = problem.perplexity_reduced;
  return result;
}

}  // namespace detail

/// P and the start for points [n, d]: for who wants to take the steps himself.
///
///     auto problem = lifelog::manifold::tsne_problem(points, options);
///     lifelog::manifold::TsneRun run(problem.joint, problem.start, options);
template<Rows X>
TsneProblem tsne_problem(const X& points, const TsneOptions& options = {}) {
  return detail::with_points(points, "points",
                             [&](const auto& view) { return detail::tsne_problem(view, options); });
}

/// The same from neighbours that were found elsewhere, or by `neighbours_from_distances`. Perplexities above k / 3 are
/// reduced to that (but not below 1). `init` must be random or given: there are no points to take components of.
inline TsneProblem tsne_problem(const Neighbours& neighbours, const TsneOptions& options = {}) {
  detail::require_options(options);
  TsneProblem problem;
  problem.start = detail::start_map<double>(nullptr, neighbours.index.rows(), options);
  const double k = static_cast<double>(neighbours.index.cols());
  problem.joint = joint_probabilities(
      neighbours, detail::limited_perplexities(options, std::max(1.0, k / 3), problem), options.threads);
  return problem;
}

/// t-SNE of van der Maaten & Hinton, "Visualizing data using t-SNE" (2008), in two dimensions or three.
/// P is restricted to the 3 × perplexity nearest neighbours: O(n · perplexity) memory.
///
/// points: [n, d], finite, n ≥ 1. Small n reduces the perplexity (see there); equal rows and constant data
/// are fine (equal rows spread as neighbours do); one row maps to the origin.
///
///     Eigen::MatrixXf points = Eigen::MatrixXf::Random(500, 9);
///     auto result = lifelog::manifold::tsne(points, {.perplexity = 20});
///     // result.map.row(i) is where row i lies, result.kl_divergence how faithful that is
template<Rows X>
TsneResult tsne(const X& points, const TsneOptions& options = {}) {
  return detail::run(tsne_problem(points, options), options);
}

/// The same from neighbours, see `tsne_problem`.
inline TsneResult tsne(const Neighbours& neighbours, const TsneOptions& options = {}) {
  return detail::run(tsne_problem(neighbours, options), options);
}

/// The same from P and a start [n, dims]; the options' perplexities, init, start and seed do not matter here.
inline TsneResult tsne(const Affinities& joint, RowMatrix<double> start, const TsneOptions& options = {}) {
  return TsneRun<>(joint, std::move(start), options).run();
}

}  // namespace lifelog::manifold
