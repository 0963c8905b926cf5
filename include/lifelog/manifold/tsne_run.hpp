// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "approximate_neighbours.hpp"
#include "descent.hpp"
#include "gradient.hpp"

namespace lifelog::manifold {

enum class TsneInit {
  pca,     ///< the first principal components, the first of them scaled to a standard deviation of 1e-4
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
  /// 0: max(n / 4 / the exaggeration in force, 50), after Belkina et al., "Automated optimized parameters for
  /// T-distributed stochastic neighbor embedding" (2019); the 4 because our gradient has the factor 4 of the paper.
  /// Longer steps once nothing is exaggerated reach lower divergences in the same number of iterations.
  double learning_rate = 0;
  /// While exaggerated, and afterwards.
  double start_momentum = 0.5, final_momentum = 0.8;
  /// No point moves farther in one iteration.
  double longest_step = std::numeric_limits<double>::infinity();
  double min_gradient = 1e-7;
  /// How repulsion is summed, and how exactly: see `GradientOptions`.
  Repulsion repulsion = Repulsion::automatic;
  double theta = 0.5;
  TsneInit init = TsneInit::pca;
  /// [n, dims], for `TsneInit::given`; within ±1e6.
  RowMatrix<double> start = {};
  /// For random starts, and for the jitter of PCA starts (1 % of their scale) without which equal rows could
  /// never part.
  std::uint64_t seed = 0;
  /// 0: all there are. Results do not depend on it.
  int threads = 0;
  /// Called each `callback_every` iterations with the number of iterations done, KL(P ‖ Q) without
  /// exaggeration and the map [n, dims] (valid during the call); returning false stops.
  std::function<bool(int iteration, double kl_divergence, const RowMatrix<double>& map)> callback = {};
  int callback_every = 50;
  /// Of the map: 2 or 3.
  Index dims = 2;
  /// Perplexities beside `perplexity`, each reduced as that one: P is the mean over them all.
  std::vector<double> more_perplexities = {};
  NeighbourSearch search = NeighbourSearch::automatic;
};

struct TsneResult {
  /// [n, dims], centred.
  RowMatrix<double> map;
  /// KL(P ‖ Q) in nats, without exaggeration.
  double kl_divergence = 0;
  int iterations = 0;
  TsneStatus status = TsneStatus::iteration_limit;
  /// What was used, the learning rate in the first iteration.
  double perplexity = 0, learning_rate = 0;
  bool perplexity_reduced = false;
};

/// All that an iteration leaves to the next: enough, with the same P and options, to go on as if nothing had
/// happened. Plain numbers, to be written to whatever file.
struct TsneState {
  RowMatrix<double> map;     ///< [n, dims]
  Descent descent = {0, 0};  ///< two arrays [n, dims]
  int iterations = 0;        ///< done so far
};

/// The state before the first iteration: a start [n, dims], centred and at rest.
inline TsneState first_state(RowMatrix<double> start) {
  if (start.rows() > 0) start.rowwise() -= start.colwise().mean().eval();
  Descent still(start.rows(), start.cols());
  return {std::move(start), std::move(still), 0};
}

namespace detail {

inline void require_options(const TsneOptions& options) {
  const auto finite = [](double value, double lowest, const char* name) {
    require(std::isfinite(value) && value >= lowest, name, ": expected a number, at least ", lowest, ", got ",
            value);
  };
  finite(options.perplexity, 1, "perplexity");
  for (const double perplexity : options.more_perplexities) finite(perplexity, 1, "more_perplexities");
  finite(options.exaggeration, 1, "exaggeration");
  finite(options.learning_rate, 0, "learning_rate");
  finite(options.min_gradient, 0, "min_gradient");
  finite(options.theta, 0, "theta");
  require(options.longest_step > 0, "longest_step: expected a positive number, got ", options.longest_step);
  for (const double momentum : {options.start_momentum, options.final_momentum})
    require(momentum >= 0 && momentum < 1, "momentum: expected 0 <= momentum < 1, got ", momentum);
  require(options.iterations >= 0, "iterations: expected at least 0, got ", options.iterations);
  require(options.exaggeration_iterations >= 0, "exaggeration_iterations: expected at least 0, got ",
          options.exaggeration_iterations);
  require(options.callback_every >= 1, "callback_every: expected at least 1, got ", options.callback_every);
  require(options.dims == 2 || options.dims == 3, "dims: expected 2 or 3, got ", options.dims);
}

inline void require_shape(const RowMatrix<double>& array, Index rows, Index dims, const char* name) {
  require(array.rows() == rows && array.cols() == dims, name, ": expected ", rows, " x ", dims, ", got ",
          array.rows(), " x ", array.cols());
}

}  // namespace detail

/// t-SNE under way: the iterations of `tsne`, to be taken one by one, watched, laid aside and taken up again.
///
///     lifelog::manifold::TsneRun run(joint, start);
///     while (run.step()) {
///       if (run.state().iterations % 100 == 0) draw(run.state().map);
///     }
///     auto later = lifelog::manifold::TsneRun(joint, saved_state, options).run();
///
/// T: in which forces are computed; all else is in double.
template<class T = float>
class TsneRun {
 public:
  /// joint: P of n rows; start: [n, dims], within ±1e6; of the options, those that lead to P and to a start (perplexity,
  /// search, init, start, seed) do not matter here.
  TsneRun(Affinities joint, RowMatrix<double> start, const TsneOptions& options = {})
      : TsneRun(std::move(joint), first_state(std::move(start)), options) {}

  /// Goes on from a state of the same P and options; `iterations` counts those done before too.
  TsneRun(Affinities joint, TsneState state, const TsneOptions& options = {})
      : options_(checked(options)),
        gradient_(std::move(joint),
                  {.repulsion = options.repulsion, .theta = options.theta, .threads = options.threads}),
        state_(std::move(state)) {
    detail::require_shape(state_.map, rows(), options.dims, "start");
    detail::require_shape(state_.descent.step, rows(), options.dims, "step");
    detail::require_shape(state_.descent.gain, rows(), options.dims, "gain");
    detail::require((state_.map.array().abs() <= 1e6).all(),
                    "start: expected numbers within ±1e6, got some beyond");
    detail::require(state_.descent.step.allFinite() && state_.descent.gain.allFinite(),
                    "state: expected finite steps and gains, got others");
  }

  /// One iteration; false, and nothing done, at the end.
  bool step() {
    if (state_.iterations >= options_.iterations || status_ == TsneStatus::converged) return false;
    const bool early = state_.iterations < options_.exaggeration_iterations;
    const double exaggeration = early ? options_.exaggeration : 1;
    gradient_(state_.map, exaggeration, slope_);
    if (rows() < 2 || (!early && slope_.norm() <= options_.min_gradient)) {
      status_ = TsneStatus::converged;
      return false;
    }
    state_.descent.move(state_.map, slope_, early ? options_.start_momentum : options_.final_momentum,
                        learning_rate(exaggeration), options_.longest_step);
    ++state_.iterations;
    return true;
  }

  /// All iterations that are left, with the options' callback.
  TsneResult run() {
    while (step()) {
      if (!options_.callback || state_.iterations % options_.callback_every != 0) continue;
      if (!options_.callback(state_.iterations, divergence(), state_.map)) {
        status_ = TsneStatus::stopped;
        break;
      }
    }
    return {state_.map, divergence(), state_.iterations, status_, 0, learning_rate(), false};
  }

  /// KL(P ‖ Q) in nats, without exaggeration.
  double divergence() { return gradient_.divergence(state_.map); }

  const TsneState& state() const { return state_; }
  TsneStatus status() const { return status_; }
  Index rows() const { return gradient_.rows(); }
  /// In the first iteration.
  double learning_rate() const {
    return learning_rate(options_.exaggeration_iterations > 0 ? options_.exaggeration : 1);
  }

 private:
  double learning_rate(double exaggeration) const {
    if (options_.learning_rate > 0) return options_.learning_rate;
    return std::max(static_cast<double>(rows()) / exaggeration / 4, 50.0);
  }

  static const TsneOptions& checked(const TsneOptions& options) {
    detail::require_options(options);
    return options;
  }

  TsneOptions options_;
  Gradient<T> gradient_;
  TsneState state_;
  RowMatrix<double> slope_;
  TsneStatus status_ = TsneStatus::iteration_limit;
};

}  // namespace lifelog::manifold
