// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "../core/finite.hpp"
#include "affinities.hpp"
#include "detail/attraction.hpp"
#include "detail/exact_repulsion.hpp"
#include "detail/interpolated_repulsion.hpp"
#include "detail/near_repulsion.hpp"

namespace lifelog::inline LIFELOG_ABI::manifold {

/// How repulsion between all pairs is summed.
enum class Repulsion {
  automatic,  ///< whichever of the others is expected to be sooner for the map at hand
  exact,      ///< over all pairs: O(n²)
  /// On a grid, by Fourier transforms: O(n + area of the map · log); two dimensions only. A map too wide for a grid
  /// of 4096 × 4096 squares that are fine enough is summed over all pairs.
  interpolated,
};

struct GradientOptions {
  Repulsion repulsion = Repulsion::automatic;
  /// What may be left of exactness for speed, ≥ 0: interpolation is on a grid of 0.6·theta map units (finer while
  /// the map is small). 0: exact. At 0.5 repulsion is off by less than a thousandth of its norm, at 1 by a few
  /// hundredths.
  double theta = 0.5;
  /// 0: all there are. Results do not depend on it.
  int threads = 0;
};

namespace detail {

LIFELOG_LAZY void require_map(const Affinities& joint, const RowMatrix<double>& map) {
  require(map.rows() == joint.rows() && (map.cols() == 2 || map.cols() == 3), "map: expected ", joint.rows(),
          " x 2 or 3, got ", map.rows(), " x ", map.cols());
}

}  // namespace detail

/// The gradient and the divergence of maps for one P, with everything that can be prepared once and the memory
/// that evaluations need; not for two threads at a time. Positions and pairs are computed in `T`, sums over more
/// than a few hundred points in double.
///
///     auto joint = lifelog::manifold::joint_probabilities(neighbours, 30);
///     lifelog::manifold::Gradient<> gradient(std::move(joint));
///     gradient(map, 12, slope);                  // of KL(12 P ‖ Q)
///     double kl = gradient.divergence(map);      // KL(P ‖ Q)
template<class T = float>
class Gradient {
 public:
  explicit Gradient(Affinities joint, const GradientOptions& options = {})
      : joint_(std::move(joint)), options_(options), attraction_(joint_) {
    detail::require(options.theta >= 0 && lifelog::detail::is_finite(options.theta),
                    "theta: expected a number, at least 0, got ", options.theta);
  }

  Index rows() const { return joint_.rows(); }
  const Affinities& affinities() const { return joint_; }

  /// The gradient of KL(exaggeration·P ‖ Q) by the map (van der Maaten & Hinton 2008, eq. 5):
  ///
  ///     ∂C/∂y_i = 4 Σ_j (exaggeration·p_ij − q_ij / Z) q_ij (y_i − y_j),   q_ij = 1 / (1 + ‖y_i − y_j‖²)
  ///
  /// map: [n, 2] or [n, 3], within ±1e10, however small; gradient: resized to the same and written.
  void operator()(const RowMatrix<double>& map, double exaggeration, RowMatrix<double>& gradient) {
    require_map(map);
    gradient.resize(map.rows(), map.cols());
    if (map.cols() == 2)
      evaluate(map, exaggeration, gradient, exact_plane_);
    else
      evaluate(map, exaggeration, gradient, exact_space_);
  }

  /// KL(P ‖ Q) = Σ p_ij ln(p_ij / (q_ij / Z)) of a map (eq. 2), nats, without any exaggeration; Z as in the gradient.
  double divergence(const RowMatrix<double>& map) {
    require_map(map);
    const double z = map.cols() == 2 ? repel(map, exact_plane_) : repel(map, exact_space_);
    constexpr Index size = 256;
    std::vector<std::pair<double, double>> parts(at(piece_count(size, rows())));
    parallel_for(static_cast<Index>(parts.size()), options_.threads, [&](Index p) {
      const auto [begin, end] = piece_of(p, size, rows());
      for (Index i = begin; i < end; ++i)
        for (Index e = joint_.start[at(i)]; e < joint_.start[at(i + 1)]; ++e) {
          const double p_ij = joint_.value[at(e)];
          if (!(p_ij > 0)) continue;
          const double distance = (map.row(i) - map.row(joint_.column[at(e)])).squaredNorm();
          parts[at(p)].first += p_ij * (std::log(p_ij) + std::log1p(distance));
          parts[at(p)].second += p_ij;
        }
    });
    double sum = 0, mass = 0;
    for (const auto& part : parts) sum += part.first, mass += part.second;
    return mass > 0 ? sum + mass * std::log(z) : 0;
  }

 private:
  static constexpr Index lanes = detail::simd::packet_size<T>;

  static std::size_t at(Index i) { return static_cast<std::size_t>(i); }

  void require_map(const RowMatrix<double>& map) const {
    detail::require_map(joint_, map);
    detail::require(options_.repulsion != Repulsion::interpolated || map.cols() == 2,
                    "repulsion: expected automatic or exact for a map of 3 dimensions, got interpolated");
  }

  // Positions from the middle of the map, so that T keeps the digits of a map far from 0, and made larger by a power
  // of two where T could not hold them or their forces: where d² is nothing beside 1 forces grow in proportion.
  template<int dims>
  void place(const RowMatrix<double>& map) {
    const auto& order = attraction_.order();
    positions_.setZero(detail::padded_rows<T>(rows()), dims);
    extent_ = 0;
    exponent_ = 0;
    if (rows() == 0) return;
    const double* const x = map.data();
    double low[dims], high[dims], middle[dims], widest = 0;
    for (int c = 0; c < dims; ++c) low[c] = high[c] = x[c];
    for (Index i = 1; i < rows(); ++i)
      for (int c = 0; c < dims; ++c) {
        low[c] = std::min(low[c], x[i * dims + c]);
        high[c] = std::max(high[c], x[i * dims + c]);
      }
    bool within = true;
    for (int c = 0; c < dims; ++c) {
      within = within && low[c] >= -1e10 && high[c] <= 1e10;
      middle[c] = low[c] + (high[c] - low[c]) / 2;
      widest = std::max(widest, high[c] - low[c]);
    }
    extent_ = widest * std::sqrt(static_cast<double>(dims));
    constexpr int least = -40;
    if (within && extent_ > 0 && extent_ < std::exp2(least)) exponent_ = least - std::ilogb(extent_);
    for (Index s = 0; s < rows(); ++s)
      for (int c = 0; c < dims; ++c) {
        const double position = x[order[at(s)] * dims + c] - middle[c];
        positions_(s, c) = static_cast<T>(exponent_ == 0 ? position : std::ldexp(position, exponent_));
      }
    // NaN is neither lowest nor highest of anything, but shows in its position.
    detail::require(within && lifelog::detail::all_finite(positions_),
                    "map: expected numbers within ±1e10, got some beyond");
  }

  // Places the map, leaves the sums of repulsion in push_, by place, and returns Z.
  template<int dims>
  double repel(const RowMatrix<double>& map, detail::ExactRepulsion<T, dims>& exact) {
    place<dims>(map);
    push_.resize(positions_.rows(), dims);
    if (detail::NearRepulsion<T, dims>::serves(extent_))
      return detail::NearRepulsion<T, dims>()(positions_, rows(), push_);
    if constexpr (dims == 2)
      if (options_.repulsion != Repulsion::exact && options_.theta > 0) {
        const double spacing = 0.6 * options_.theta;
        const auto layout = interpolated_.layout(positions_, rows(), spacing);
        // Coarser squares do where points are dense, but miss what lone neighbours do to each other.
        const bool dense = 20 * static_cast<double>(rows()) >= extent_ * extent_;
        const bool fine = layout.spacing <= (dense ? std::max(spacing, 0.6) : spacing);
        if (fine && (options_.repulsion == Repulsion::interpolated || sooner(layout)))
          return interpolated_(positions_, rows(), layout, options_.threads, push_);
      }
    return exact(positions_, rows(), options_.threads, push_);
  }

  // Whether the grid is expected to be sooner than all pairs: measured, in cycles of a machine with AVX-512.
  bool sooner(const typename detail::InterpolatedRepulsion<T>::Layout& layout) const {
    const auto n = static_cast<double>(rows()), area = static_cast<double>(layout.size[0] * layout.size[1]);
    return 6 * area + 250 * n < 0.35 * n * n;
  }

  template<int dims>
  void evaluate(const RowMatrix<double>& map, double exaggeration, RowMatrix<double>& gradient,
                detail::ExactRepulsion<T, dims>& exact) {
    const double z = repel(map, exact);
    const double share = z > 0 ? 1 / z : 0;  // one point, or all infinitely far apart
    constexpr Index size = 16;
    parallel_for(piece_count(size, attraction_.packets()), options_.threads, [&](Index p) {
      const auto [begin, end] = piece_of(p, size, attraction_.packets());
      for (Index packet = begin; packet < end; ++packet) {
        detail::simd::Packet<T> pull[dims];
        attraction_.pull(packet, positions_, pull);
        for (int c = 0; c < dims; ++c) {
          T values[lanes];
          detail::simd::store(values, pull[c]);
          for (Index s = packet * lanes; s < std::min(rows(), (packet + 1) * lanes); ++s)
            gradient(attraction_.order()[at(s)], c) =
                at_scale(4 * (exaggeration * static_cast<double>(values[s - packet * lanes]) -
                              share * static_cast<double>(push_(s, c))));
        }
      }
    });
  }

  double at_scale(double force) const { return exponent_ == 0 ? force : std::ldexp(force, -exponent_); }

  Affinities joint_;
  GradientOptions options_;
  detail::Attraction<T> attraction_;
  detail::ExactRepulsion<T, 2> exact_plane_;
  detail::ExactRepulsion<T, 3> exact_space_;
  detail::InterpolatedRepulsion<T> interpolated_;
  detail::Columns<T> positions_, push_;  // by place
  double extent_ = 0;                    // no two points of the map are farther apart
  int exponent_ = 0;                     // positions_ are 2^exponent_ times as large as the map
};

/// The exact gradient of one map, [n, 2] or [n, 3]; see `Gradient`.
template<class T = float>
RowMatrix<double> tsne_gradient(const Affinities& joint, const RowMatrix<double>& map,
                                double exaggeration = 1, int threads = 0) {
  RowMatrix<double> gradient;
  Gradient<T>(joint, {.repulsion = Repulsion::exact, .threads = threads})(map, exaggeration, gradient);
  return gradient;
}

/// The exact divergence of one map, [n, 2] or [n, 3]; see `Gradient`.
template<class T = double>
double tsne_divergence(const Affinities& joint, const RowMatrix<double>& map, int threads = 0) {
  return Gradient<T>(joint, {.repulsion = Repulsion::exact, .threads = threads}).divergence(map);
}

}  // namespace lifelog::manifold
