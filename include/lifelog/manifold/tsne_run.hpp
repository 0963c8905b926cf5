// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "../core/finite.hpp"
#include "../core/random.hpp"
#include "approximate_neighbours.hpp"
#include "descent.hpp"
#include "gradient.hpp"

namespace lifelog::inline LIFELOG_ABI::manifold {

enum class TsneInit {
  pca,     ///< the first principal components, the first of them scaled to a standard deviation of 1e-4
  random,  ///< independent normals of standard deviation 1e-4
  given,   ///< `TsneOptions::start` as it is
};

/// What ended a run.
enum class TsneStatus {
  iteration_limit,  ///< all `iterations` were done: the usual end
  converged,  ///< nothing is exaggerated any more and the map moves no more, see `TsneOptions::min_gradient`
  stopped,    ///< by the callback
  diverged,  ///< the next step would have left ±1e10: `learning_rate` is too long; the map is that before it
};

struct TsneOptions {
  /// Effective number of neighbours of a point, ≥ 1. Above (n − 1) / 3 it is reduced to that (but not below
  /// 1), which `TsneResult::perplexity_reduced` tells.
  double perplexity = 30;
  int iterations = 1000;
  /// P is multiplied by this at first, and by less from iteration to iteration, in equal ratios down to 1 after
  /// `exaggeration_iterations`: the map unfolds a structure at a time, the largest first (docs/embedding.md).
  double exaggeration = 12;
  int exaggeration_iterations = 250;
  /// 0: n / 4 / the exaggeration in force, after Belkina et al., "Automated optimized parameters for T-distributed
  /// stochastic neighbor embedding" (2019); the 4 because our gradient has the factor 4 of the paper. Longer steps
  /// once less is exaggerated reach lower divergences in the same number of iterations.
  double learning_rate = 0;
  /// While exaggerated, and afterwards.
  double start_momentum = 0.5, final_momentum = 0.8;
  /// No point moves farther in one iteration.
  double longest_step = std::numeric_limits<double>::infinity();
  /// A run has converged when, once nothing is exaggerated, both ‖g‖·r and ‖g‖·√n / (4 r) are at most this, g being the
  /// gradient and r the root mean square of the points' distances from the middle. The first is what a change by a
  /// share of the map's size could gain at most, in such shares; the second how far a step of rate n / 4 would go, in
  /// the same. Neither depends on the scale of the map alone: a gradient vanishes with the map, and where points are
  /// too far apart to feel each other.
  double min_gradient = 1e-6;
  /// How repulsion is summed, and how exactly: see `GradientOptions`.
  Repulsion repulsion = Repulsion::automatic;
  double theta = 0.5;
  TsneInit init = TsneInit::pca;
  /// [n, dims], for `TsneInit::given`; within ±1e6, otherwise of whatever size. Where points could not part for lack
  /// of a direction a little is added, see `first_state`.
  RowMatrix<double> start = {};
  /// For random starts, and for the jitter (1 % of their scale) of PCA starts and of starts where points could not
  /// part.
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
  /// Columns of the start that are random: with `TsneInit::pca` those for which the data have no component.
  Index random_columns = 0;
};

/// All that an iteration leaves to the next: enough, with the same P and options, to go on as if nothing had
/// happened. Plain numbers, to be written to whatever file.
struct TsneState {
  RowMatrix<double> map;     ///< [n, dims]
  Descent descent = {0, 0};  ///< two arrays [n, dims]
  int iterations = 0;        ///< done so far
};

namespace detail {

// Standard deviation of starts, and the share of a start's size that is enough for points to part.
constexpr double start_deviation = 1e-4, start_jitter = 0.01;

LIFELOG_LAZY void fill_normal(Eigen::Ref<RowMatrix<double>, 0, Eigen::OuterStride<>> map, double deviation,
                              Random& random) {
  for (Index i = 0; i < map.rows(); ++i)
    for (Index c = 0; c < map.cols(); ++c) map(i, c) += random.normal(0, deviation);
}

// Whether centred points have less in some direction than a millionth of what they have in another: forces, too, lie
// on a line when points do.
template<class T>
bool flat(const RowMatrix<T>& map) {
  const T size = map.cwiseAbs().maxCoeff();
  if (map.rows() <= map.cols() || !(size > 0)) return false;
  RowMatrix<T> moments = RowMatrix<T>::Zero(map.cols(), map.cols());
  for (Index i = 0; i < map.rows(); ++i)
    moments += (map.row(i) / size).transpose().lazyProduct(map.row(i) / size);
  // What is left of each direction without those before it, the largest first.
  double first = 0;
  for (Index c = 0; c < map.cols(); ++c) {
    Index largest = 0;
    const double left = moments.diagonal().maxCoeff(&largest);
    if (c == 0) first = left;
    if (left <= 1e-12 * first) return true;
    const Eigen::Vector<T, Eigen::Dynamic> along = moments.col(largest);
    moments -= along.lazyProduct(along.transpose()) / left;
  }
  return false;
}

// Rows that equal an earlier one.
LIFELOG_LAZY std::vector<Index> repeated_rows(const RowMatrix<double>& map) {
  std::vector<Index> order(static_cast<std::size_t>(map.rows())), repeated;
  std::iota(order.begin(), order.end(), Index(0));
  const auto before = [&](Index a, Index b) {
    for (Index c = 0; c < map.cols(); ++c)
      if (map(a, c) != map(b, c)) return map(a, c) < map(b, c);
    return false;
  };
  std::sort(order.begin(), order.end(),
            [&](Index a, Index b) { return before(a, b) || (!before(b, a) && a < b); });
  for (std::size_t s = 1; s < order.size(); ++s)
    if (!before(order[s - 1], order[s])) repeated.push_back(order[s]);
  std::sort(repeated.begin(), repeated.end());
  return repeated;
}

}  // namespace detail

/// The state before the first iteration: a start [n, dims], centred and at rest. Forces part neither points in the same
/// place nor, off their line, points on a line (or plane of three dimensions): such starts get normals of 1 % of their
/// standard deviation, or of 1e-4 where all points are in one place, added to the points that repeat another, or to all.
template<Rows X>
TsneState first_state(const X& start, std::uint64_t seed = 0) {
  using T = Double<typename RowsOf<X>::Scalar>;
  RowMatrix<T> map = RowsOf<X>(start).view().template cast<T>();
  Descent still(map.rows(), map.cols());
  if (map.rows() == 0) return {std::move(map), std::move(still), 0};
  map.rowwise() -= map.colwise().mean().eval();
  const T size = map.cwiseAbs().maxCoeff();
  const T deviation = size > 0 ? size * std::sqrt((map / size).squaredNorm() / static_cast<T>(map.size()))
                               : detail::start_deviation / detail::start_jitter;
  Random random(seed);
  const auto repeated = detail::repeated_rows(map);
  for (const Index i : repeated)
    detail::fill_normal(map.middleRows(i, 1), detail::start_jitter * deviation, random);
  const bool flat = detail::flat(map);
  if (flat) detail::fill_normal(map, detail::start_jitter * deviation, random);
  if (flat || !repeated.empty()) map.rowwise() -= map.colwise().mean().eval();
  return {std::move(map), std::move(still), 0};
}

namespace detail {

LIFELOG_LAZY void require_options(const TsneOptions& options) {
  const auto finite = [](double value, double lowest, const char* name) {
    require(lifelog::detail::is_finite(value) && value >= lowest, name, ": expected a number, at least ",
            lowest, ", got ", value);
  };
  finite(options.perplexity, 1, "perplexity");
  for (const double perplexity : options.more_perplexities) finite(perplexity, 1, "more_perplexities");
  finite(options.exaggeration, 1, "exaggeration");
  finite(options.learning_rate, 0, "learning_rate");
  finite(options.min_gradient, 0, "min_gradient");
  finite(options.theta, 0, "theta");
  require(!lifelog::detail::is_nan(options.longest_step) && options.longest_step > 0,
          "longest_step: expected a positive number, got ", options.longest_step);
  for (const double momentum : {options.start_momentum, options.final_momentum})
    require(!lifelog::detail::is_nan(momentum) && momentum >= 0 && momentum < 1,
            "momentum: expected 0 <= momentum < 1, got ", momentum);
  require(options.iterations >= 0, "iterations: expected at least 0, got ", options.iterations);
  require(options.exaggeration_iterations >= 0, "exaggeration_iterations: expected at least 0, got ",
          options.exaggeration_iterations);
  require(options.callback_every >= 1, "callback_every: expected at least 1, got ", options.callback_every);
  require(options.dims == 2 || options.dims == 3, "dims: expected 2 or 3, got ", options.dims);
}

LIFELOG_LAZY void require_shape(const RowMatrix<double>& array, Index rows, Index dims, const char* name) {
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
  /// joint: P of n rows; start: [n, dims], within ±1e6, see `first_state`; of the options, those that lead to P and to a
  /// start (perplexity, search, init, start) do not matter here.
  TsneRun(Affinities joint, RowMatrix<double> start, const TsneOptions& options = {})
      : TsneRun(std::move(joint), first_state(start, options.seed), options) {}

  /// Goes on from a state of the same P and options; `iterations` counts those done before too.
  TsneRun(Affinities joint, TsneState state, const TsneOptions& options = {})
      : options_(checked(options)),
        gradient_(std::move(joint),
                  {.repulsion = options.repulsion, .theta = options.theta, .threads = options.threads}),
        state_(std::move(state)) {
    detail::require_shape(state_.map, rows(), options.dims, "start");
    detail::require_shape(state_.descent.step, rows(), options.dims, "step");
    detail::require_shape(state_.descent.gain, rows(), options.dims, "gain");
    // A state may have gone farther than a start may lie.
    const double most = state_.iterations > 0 ? widest : 1e6;
    detail::require((state_.map.array().abs() <= most).all(), "start: expected numbers within ±", most,
                    ", got some beyond");
    detail::require(
        lifelog::detail::all_finite(state_.descent.step) && lifelog::detail::all_finite(state_.descent.gain),
        "state: expected finite steps and gains, got others");
    detail::require(rows() < 2 || (state_.map.rowwise() - state_.map.row(0)).cwiseAbs().maxCoeff() > 0,
                    "state: expected points in more than one place, got all in one");
  }

  /// One iteration; false, and nothing done, at the end.
  bool step() {
    if (state_.iterations >= options_.iterations || status_ == TsneStatus::converged ||
        status_ == TsneStatus::diverged)
      return false;
    const bool early = state_.iterations < options_.exaggeration_iterations;
    if (!(radius_ >= 0)) radius_ = radius();
    const double exaggeration = exaggeration_at(state_.iterations), size = radius_;
    gradient_(state_.map, exaggeration, slope_);
    if (rows() < 2 || (!early && settled(norm(slope_), size))) {
      status_ = TsneStatus::converged;
      return false;
    }
    before_ = state_.map;
    state_.descent.move(state_.map, slope_, early ? options_.start_momentum : options_.final_momentum,
                        learning_rate(exaggeration), options_.longest_step);
    radius_ = radius();
    // No point is farther out than the norm of them all; only where that is too much is there a need to look at each.
    if (!(radius_ <= widest / std::sqrt(static_cast<double>(rows()))) && !within(state_.map, widest)) {
      state_.map.swap(before_);
      radius_ = size;
      status_ = TsneStatus::diverged;
      return false;
    }
    keep_from_a_point(size);
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
    return {state_.map, divergence(), state_.iterations, status_, 0, learning_rate(), false, 0};
  }

  /// KL(P ‖ Q) in nats, without exaggeration.
  double divergence() { return gradient_.divergence(state_.map); }

  const TsneState& state() const { return state_; }
  TsneStatus status() const { return status_; }
  Index rows() const { return gradient_.rows(); }
  /// In the first iteration.
  double learning_rate() const { return learning_rate(exaggeration_at(0)); }

 private:
  static constexpr double widest = 1e10;

  double exaggeration_at(int iteration) const {
    const int most = options_.exaggeration_iterations;
    return iteration < most ? std::pow(options_.exaggeration, 1 - static_cast<double>(iteration) / most) : 1;
  }

  double learning_rate(double exaggeration) const {
    if (options_.learning_rate > 0) return options_.learning_rate;
    return static_cast<double>(rows()) / exaggeration / 4;
  }

  // The slow norm, whose squares neither vanish nor overflow, where it is needed.
  static double norm(const RowMatrix<double>& rows) {
    const double quick = rows.norm();
    return quick > 1e-140 && quick < 1e140 ? quick : rows.stableNorm();
  }

  // Root mean square of the points' distances from the middle.
  double radius() const {
    return norm(state_.map) / std::sqrt(static_cast<double>(std::max<Index>(rows(), 1)));
  }

  bool settled(double gradient, double radius) const {
    return gradient * radius <= options_.min_gradient &&
           gradient * std::sqrt(static_cast<double>(rows())) / 4 <= options_.min_gradient * radius;
  }

  // Exaggerated attraction between points of no structure contracts all of them to one place. While a map is small its
  // forces grow in proportion to it, so one that shrinks there, or can hardly be told from a point, may as well be made
  // larger by a power of two: the same structures grow in it, or shrink less than others.
  void keep_from_a_point(double before) {
    constexpr double small = 1.0 / 64, tiny = small / 4096;
    const double now = radius_;
    if (!(now > 0 && now < small && (now < before || now < tiny))) return;
    const int exponent = std::ilogb(small) - std::ilogb(now);
    const auto larger = [exponent](double x) { return std::ldexp(x, exponent); };
    state_.map = state_.map.unaryExpr(larger).eval();
    state_.descent.step = state_.descent.step.unaryExpr(larger).eval();
    radius_ = radius();
  }

  static bool within(const RowMatrix<double>& map, double limit) {
    return lifelog::detail::all_finite(map) && map.cwiseAbs().maxCoeff() <= limit;
  }

  static const TsneOptions& checked(const TsneOptions& options) {
    detail::require_options(options);
    return options;
  }

  TsneOptions options_;
  Gradient<T> gradient_;
  TsneState state_;
  RowMatrix<double> slope_, before_;
  double radius_ = -1;  ///< of the map, once known
  TsneStatus status_ = TsneStatus::iteration_limit;
};

}  // namespace lifelog::manifold
