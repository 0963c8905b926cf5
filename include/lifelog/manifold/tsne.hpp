// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <utility>

#include "../core/random.hpp"
#include "descent.hpp"
#include "gradient.hpp"
#include "pca.hpp"

namespace lifelog::manifold {

enum class TsneInit {
  pca,     ///< the two principal components, the first scaled to a standard deviation of 1e-4
  random,  ///< independent normals of standard deviation 1e-4
  given,   ///< `TsneOptions::start` as it is
};

enum class TsneStatus {
  iteration_limit,  ///< all `iterations` were done: the usual end
  converged,        ///< the gradient's norm fell to `min_gradient`
  stopped,          ///< by the callback
};

struct TsneOptions {
  /// Effective number of neighbours of a point, ≥ 1. Above (n − 1) / 3 it is reduced to that (but not below
  /// 1), which `TsneResult::perplexity_reduced` tells.
  double perplexity = 30;
  int iterations = 1000;
  /// P is multiplied by this in the first `exaggeration_iterations`.
  double exaggeration = 12;
  int exaggeration_iterations = 250;
  /// 0: max(n / exaggeration / 4, 50), the rule of Belkina et al., "Automated optimized parameters for
  /// T-distributed stochastic neighbor embedding" (2019), in the form scikit-learn gave it; the 4 because our
  /// gradient has the factor 4 of the paper.
  double learning_rate = 0;
  /// While exaggerated, and afterwards.
  double start_momentum = 0.5, final_momentum = 0.8;
  /// No point moves farther in one iteration.
  double longest_step = std::numeric_limits<double>::infinity();
  double min_gradient = 1e-7;
  Repulsion repulsion = Repulsion::automatic;
  TsneInit init = TsneInit::pca;
  /// [n, 2], for `TsneInit::given`; within ±1e6.
  RowMatrix<double> start = {};
  /// For random starts, and for the jitter of PCA starts (1 % of their scale) without which equal rows could
  /// never part.
  std::uint64_t seed = 0;
  /// 0: all there are. Results do not depend on it.
  int threads = 0;
  /// Called each `callback_every` iterations with the number of iterations done, KL(P ‖ Q) without
  /// exaggeration and the map [n, 2] (valid during the call); returning false stops.
  std::function<bool(int iteration, double kl_divergence, const RowMatrix<double>& map)> callback = {};
  int callback_every = 50;
};

struct TsneResult {
  /// [n, 2], centred.
  RowMatrix<double> map;
  /// KL(P ‖ Q) in nats, without exaggeration.
  double kl_divergence = 0;
  int iterations = 0;
  TsneStatus status = TsneStatus::iteration_limit;
  /// What was used.
  double perplexity = 0, learning_rate = 0;
  bool perplexity_reduced = false;
};

namespace detail {

inline void require_options(const TsneOptions& options) {
  const auto finite = [](double value, double lowest, const char* name) {
    require(std::isfinite(value) && value >= lowest, name, ": expected a number, at least ", lowest, ", got ",
            value);
  };
  finite(options.perplexity, 1, "perplexity");
  finite(options.exaggeration, 1, "exaggeration");
  finite(options.learning_rate, 0, "learning_rate");
  finite(options.min_gradient, 0, "min_gradient");
  require(options.longest_step > 0, "longest_step: expected a positive number, got ", options.longest_step);
  for (const double momentum : {options.start_momentum, options.final_momentum})
    require(momentum >= 0 && momentum < 1, "momentum: expected 0 <= momentum < 1, got ", momentum);
  require(options.iterations >= 0, "iterations: expected at least 0, got ", options.iterations);
  require(options.exaggeration_iterations >= 0, "exaggeration_iterations: expected at least 0, got ",
          options.exaggeration_iterations);
  require(options.callback_every >= 1, "callback_every: expected at least 1, got ", options.callback_every);
}

inline void fill_normal(Eigen::Ref<RowMatrix<double>, 0, Eigen::OuterStride<>> map, double deviation,
                        Random& random) {
  for (Index i = 0; i < map.rows(); ++i)
    for (Index c = 0; c < map.cols(); ++c) map(i, c) += random.normal(0, deviation);
}

template<class T>
RowMatrix<double> start_map(const RowMatrixView<T>& points, const TsneOptions& options) {
  constexpr double scale = 1e-4;
  Random random(options.seed);
  RowMatrix<double> map = RowMatrix<double>::Zero(points.rows(), 2);
  if (options.init == TsneInit::given) return options.start;
  if (options.init == TsneInit::random) {
    fill_normal(map, scale, random);
    return map;
  }
  const auto pca = principal_components(points, {.threads = options.threads});
  // What rounding leaves of a direction that is not there counts as nothing; normals stand in for it.
  const double largest = points.cwiseAbs().maxCoeff();
  const double noise = 1e-14 * std::max(pca.variance[0], largest * largest);
  for (Index c = 0; c < 2; ++c) {
    if (pca.variance[c] > noise)
      map.col(c) = pca.scores.col(c) * (scale / std::sqrt(pca.variance[0]));
    else
      fill_normal(map.middleCols(c, 1), scale, random);
  }
  fill_normal(map, scale / 100, random);
  return map;
}

}  // namespace detail

/// The iterations of `tsne` from given affinities and a given map [n, 2]; the options' perplexity, init,
/// start and seed do not matter here.
inline TsneResult tsne(const Affinities& joint, RowMatrix<double> map, const TsneOptions& options = {}) {
  detail::require_options(options);
  detail::require_map(joint, map);
  detail::require((map.array().abs() <= 1e6).all(), "start: expected numbers within ±1e6, got some beyond");
  map.rowwise() -= map.colwise().mean().eval();
  TsneResult result;
  result.learning_rate = options.learning_rate > 0
                             ? options.learning_rate
                             : std::max(static_cast<double>(map.rows()) / options.exaggeration / 4, 50.0);
  Gradient<> gradient(joint, {.repulsion = options.repulsion, .threads = options.threads});
  RowMatrix<double> slope;
  Descent descent(map.rows(), map.cols());
  while (result.iterations < options.iterations) {
    const bool early = result.iterations < options.exaggeration_iterations;
    gradient(map, early ? options.exaggeration : 1, slope);
    if (!early && slope.norm() <= options.min_gradient) {
      result.status = TsneStatus::converged;
      break;
    }
    descent.move(map, slope, early ? options.start_momentum : options.final_momentum, result.learning_rate,
                 options.longest_step);
    ++result.iterations;
    if (options.callback && result.iterations % options.callback_every == 0 &&
        !options.callback(result.iterations, gradient.divergence(map), map)) {
      result.status = TsneStatus::stopped;
      break;
    }
  }
  result.kl_divergence = gradient.divergence(map);
  result.map = std::move(map);
  return result;
}

/// t-SNE of van der Maaten & Hinton, "Visualizing data using t-SNE" (2008), in two dimensions, with exact
/// gradients: O(n²) time an iteration, O(n · perplexity) memory. P is restricted to the 3 × perplexity
/// nearest neighbours.
///
/// points: [n, d], finite, n ≥ 1. Small n reduces the perplexity (see there); equal rows and constant data
/// are fine (equal rows spread as neighbours do); one row maps to the origin. Repulsion is computed in float,
/// the rest in double.
///
///     Eigen::MatrixXf points = Eigen::MatrixXf::Random(500, 9);
///     auto result = lifelog::manifold::tsne(points, {.perplexity = 20});
///     // result.map.row(i) is where row i lies, result.kl_divergence how faithful that is
template<Rows X>
TsneResult tsne(const X& points, const TsneOptions& options = {}) {
  return detail::with_points(points, "points", [&](const auto& view) {
    detail::require_options(options);
    const Index n = view.rows();
    if (options.init == TsneInit::given)
      detail::require(options.start.rows() == n && options.start.cols() == 2, "start: expected ", n,
                      " x 2, got ", options.start.rows(), " x ", options.start.cols());
    const double others = static_cast<double>(n - 1);
    const double perplexity = std::min(options.perplexity, std::max(1.0, others / 3));
    const auto k = std::min(n - 1, static_cast<Index>(std::ceil(3 * perplexity)));
    TsneResult result;
    if (n == 1) {
      result.map = RowMatrix<double>::Zero(1, 2);
      result.status = TsneStatus::converged;
    } else {
      const auto joint = joint_probabilities(detail::nearest_neighbours(view, k, options.threads), perplexity,
                                             options.threads);
      result = tsne(joint, detail::start_map(view, options), options);
    }
    result.perplexity = perplexity;
    result.perplexity_reduced = perplexity < options.perplexity;
    return result;
  });
}

}  // namespace lifelog::manifold
