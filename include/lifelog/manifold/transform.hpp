// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "../core/finite.hpp"
#include "affinities.hpp"

namespace lifelog::inline LIFELOG_ABI::manifold {

enum class TransformStart {
  median,  ///< of the neighbours' places, in each coordinate
  mean,    ///< of the neighbours' places, weighted by their probabilities
};

struct TransformOptions {
  /// Of new points among the old, ≥ 1. Above n / 3 it is reduced to that (but not below 1).
  double perplexity = 5;
  int iterations = 100;
  double exaggeration = 1.5;
  double learning_rate = 0.1, momentum = 0.8;
  /// No point moves farther in one iteration.
  double longest_step = 0.25;
  TransformStart start = TransformStart::median;
  /// 0: all there are. Results do not depend on it.
  int threads = 0;
};

struct TransformResult {
  /// [m, dims], where the new points lie in the old map.
  RowMatrix<double> map;
  /// What was used.
  double perplexity = 0;
  bool perplexity_reduced = false;
};

namespace detail {

// New points, a few side by side, in search of their place among others that stay: each goes down KL(p ‖ q) of its
// own, with q_j = 1 / (1 + ‖y − y_j‖²) over their sum, the gradient of which is
//   2 Σ_j (p_j − q_j / Σ q) q_j (y − y_j)    (van der Maaten & Hinton 2008, with all y_j fixed).
template<class T, int dims>
class Placement {
  using Real = Double<T>;
  using Rows = RowMatrix<Real>;

 public:
  static constexpr Index lanes = 16;

  // T: in which pairs are computed; neighbours and probabilities: [m, k]
  Placement(const Rows& map, const RowMatrix<int>& neighbours, const Rows& probabilities,
            const TransformOptions& options)
      : map_(map),
        single_(map.template cast<T>()),
        neighbours_(neighbours),
        p_(probabilities),
        options_(options) {}

  // Writes rows [begin, end), at most `lanes` of them.
  void run(Index begin, Index end, Rows& out) const {
    Lanes y = Lanes::Zero(), step = y, gain = Lanes::Ones();
    for (Index i = begin; i < end; ++i) y.row(i - begin) = start(i);
    for (int iteration = 0; iteration < options_.iterations; ++iteration) {
      const Lanes slope = gradient(y, begin, end);
      gain = (step * slope < 0).select(gain + 0.2, gain * 0.8).max(0.01);
      step = options_.momentum * step - options_.learning_rate * gain * slope;
      const Eigen::Array<Real, lanes, 1> length = step.square().rowwise().sum().sqrt();
      step.colwise() *= (length > options_.longest_step).select(options_.longest_step / length, 1.0);
      y += step;
    }
    out.middleRows(begin, end - begin) = y.topRows(end - begin);
  }

 private:
  using Lanes = Eigen::Array<Real, lanes, dims>;
  using Place = Eigen::Array<Real, 1, dims>;

  Place start(Index i) const {
    const Index k = neighbours_.cols();
    Place place = Place::Zero();
    if (options_.start == TransformStart::mean) {
      for (Index r = 0; r < k; ++r) place += p_(i, r) * map_.row(neighbours_(i, r)).array();
      return place;
    }
    std::vector<double> along(static_cast<std::size_t>(k));
    for (Index c = 0; c < dims; ++c) {
      for (Index r = 0; r < k; ++r) along[static_cast<std::size_t>(r)] = map_(neighbours_(i, r), c);
      std::sort(along.begin(), along.end());
      place[c] = (along[static_cast<std::size_t>((k - 1) / 2)] + along[static_cast<std::size_t>(k / 2)]) / 2;
    }
    return place;
  }

  Lanes gradient(const Lanes& y, Index begin, Index end) const {
    Lanes slope = -repulsion(y);
    for (Index i = begin; i < end; ++i)
      for (Index r = 0; r < neighbours_.cols(); ++r) {
        const Place difference = y.row(i - begin) - map_.row(neighbours_(i, r)).array();
        slope.row(i - begin) +=
            options_.exaggeration * p_(i, r) / (1 + difference.square().sum()) * difference;
      }
    return 2 * slope;
  }

  // Σ_j q_j² (y − y_j) / Σ_j q_j, pairs in T, summed in double every few hundred.
  Lanes repulsion(const Lanes& y) const {
    using Column = Eigen::Array<T, lanes, 1>;
    const Eigen::Array<T, lanes, dims> at = y.template cast<T>();
    Lanes push = Lanes::Zero();
    Eigen::Array<Real, lanes, 1> z = Eigen::Array<Real, lanes, 1>::Zero();
    constexpr Index stretch = 512;
    for (Index first = 0; first < single_.rows(); first += stretch) {
      Eigen::Array<T, lanes, dims> sum = Eigen::Array<T, lanes, dims>::Zero();
      Column sum_z = Column::Zero();
      for (Index j = first; j < std::min(first + stretch, single_.rows()); ++j) {
        Eigen::Array<T, lanes, dims> difference;
        Column q = Column::Ones();
        for (Index c = 0; c < dims; ++c) {
          difference.col(c) = at.col(c) - single_(j, c);
          q += difference.col(c).square();
        }
        q = q.inverse();
        sum_z += q;
        q *= q;
        for (Index c = 0; c < dims; ++c) sum.col(c) += q * difference.col(c);
      }
      push += sum.template cast<Real>();
      z += sum_z.template cast<Real>();
    }
    return push.colwise() / z;
  }

  const Rows& map_;
  RowMatrix<T> single_;
  const RowMatrix<int>& neighbours_;
  const Rows& p_;
  const TransformOptions& options_;
};

template<class T, int dims>
void place(const RowMatrix<double>& map, const RowMatrix<int>& neighbours,
           const RowMatrix<double>& probabilities, const TransformOptions& options, RowMatrix<double>& out) {
  const Placement<T, dims> placement(map, neighbours, probabilities, options);
  constexpr Index lanes = Placement<T, dims>::lanes;
  parallel_for(piece_count(lanes, out.rows()), options.threads, [&](Index piece) {
    const auto [begin, end] = piece_of(piece, lanes, out.rows());
    placement.run(begin, end, out);
  });
}

LIFELOG_LAZY void require_options(const TransformOptions& options) {
  require(options.perplexity >= 1, "perplexity: expected at least 1, got ", options.perplexity);
  require(options.iterations >= 0, "iterations: expected at least 0, got ", options.iterations);
  require(options.exaggeration >= 1 && lifelog::detail::is_finite(options.exaggeration),
          "exaggeration: expected a number, at least 1, got ", options.exaggeration);
  require(options.learning_rate > 0 && lifelog::detail::is_finite(options.learning_rate),
          "learning_rate: expected a positive number, got ", options.learning_rate);
  require(!lifelog::detail::is_nan(options.momentum) && options.momentum >= 0 && options.momentum < 1,
          "momentum: expected 0 <= momentum < 1, got ", options.momentum);
  require(!lifelog::detail::is_nan(options.longest_step) && options.longest_step > 0,
          "longest_step: expected a positive number, got ", options.longest_step);
}

}  // namespace detail

/// Places new points in a map that stays as it is, each for itself (Poličar, Stražar & Zupan, "Embedding to reference
/// t-SNE space addresses batch effects in single-cell classification", 2021): from the middle of its nearest old
/// points' places a few steps down KL(p ‖ q). A new point's place does not depend on the other new points.
///
/// points: [n, d], the old ones, n ≥ 1; map: [n, dims], their places, dims 2 or 3, within ±1e6; queries: [m, d], the
/// new ones; all finite. O(m n) time an iteration.
///
///     auto map = lifelog::manifold::tsne(points).map;
///     auto places = lifelog::manifold::transform(points, map, new_points).map;
template<Rows X, Rows Y, Rows Q>
TransformResult transform(const X& points, const Y& map, const Q& queries,
                          const TransformOptions& options = {}) {
  detail::require_options(options);
  return detail::with_points(map, "map", [&](const auto& view) {
    RowMatrix<double> places = view.template cast<double>();
    const RowsOf<X> rows(points);
    const Index n = rows.view().rows(), dims = places.cols();
    detail::require(places.rows() == n && (dims == 2 || dims == 3), "map: expected ", n, " x 2 or 3, got ",
                    places.rows(), " x ", dims);
    detail::require((places.array().abs() <= 1e6).all(),
                    "map: expected numbers within ±1e6, got some beyond");
    // From the middle, so that float keeps the digits of a map far from 0, and no smaller than it can hold: where d²
    // is nothing beside 1 all steps grow in proportion to the map.
    const Eigen::RowVectorXd middle = (places.colwise().minCoeff() + places.colwise().maxCoeff()) / 2;
    places.rowwise() -= middle;
    const double extent = places.cwiseAbs().maxCoeff();
    constexpr int least = -40;
    const int exponent = extent > 0 && extent < std::exp2(least) ? least - std::ilogb(extent) : 0;
    const auto scale = [](RowMatrix<double>& of, int by) {
      if (by != 0) of = of.unaryExpr([by](double x) { return std::ldexp(x, by); }).eval();
    };
    scale(places, exponent);
    TransformResult result;
    result.perplexity = std::min(options.perplexity, std::max(1.0, static_cast<double>(n) / 3));
    result.perplexity_reduced = result.perplexity < options.perplexity;
    const Index k = std::min(n, static_cast<Index>(std::ceil(3 * result.perplexity)));
    const auto neighbours = nearest_neighbours_among(queries, points, k, options.threads);
    const auto probabilities =
        conditional_probabilities(neighbours, std::span(&result.perplexity, 1), options.threads);
    result.map.resize(neighbours.index.rows(), dims);
    const auto place = dims == 2 ? detail::place<float, 2> : detail::place<float, 3>;
    place(places, neighbours.index, probabilities, options, result.map);
    scale(result.map, -exponent);
    result.map.rowwise() += middle;
    return result;
  });
}

}  // namespace lifelog::manifold
