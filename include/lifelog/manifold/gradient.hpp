// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <utility>
#include <vector>

#include "affinities.hpp"

namespace lifelog::manifold {

namespace detail {

constexpr int map_lanes = 16;

template<class T>
using MapLanes = Eigen::Array<T, map_lanes, 1>;

// What all points do to 16 of them, one a lane: z = Σ_j q, x and y = Σ_j q² (y_i − y_j), with q = 1 / (1 +
// ‖y_i − y_j‖²) and j ≠ i.
struct Push {
  MapLanes<double> z = MapLanes<double>::Zero(), x = z, y = z;
};

// A map's columns in the scalar of the pair computations, padded to whole tiles.
template<class T>
struct MapColumns {
  explicit MapColumns(const RowMatrix<double>& map) : n(map.rows()) {
    const Index tiles = piece_count(map_lanes, n);
    x = y = Eigen::Array<T, Eigen::Dynamic, 1>::Zero(tiles * map_lanes);
    x.head(n) = map.col(0).array().template cast<T>();
    y.head(n) = map.col(1).array().template cast<T>();
  }

  Index n;
  Eigen::Array<T, Eigen::Dynamic, 1> x, y;
};

// Adds points [begin, end), a stretch short enough for sums in T. With `self`, begin is the tile's first
// point and each lane skips its own.
template<bool self, class T>
void add_repulsion(const MapColumns<T>& map, Index tile, Index begin, Index end, Push& out) {
  const MapLanes<T> x = map.x.template segment<map_lanes>(tile * map_lanes);
  const MapLanes<T> y = map.y.template segment<map_lanes>(tile * map_lanes);
  MapLanes<T> sum_z = MapLanes<T>::Zero(), sum_x = sum_z, sum_y = sum_z;
  for (Index j = begin; j < end; ++j) {
    const MapLanes<T> dx = x - map.x[j], dy = y - map.y[j];
    MapLanes<T> q = (dx * dx + (dy * dy + T(1))).inverse();
    if constexpr (self) q[j - begin] = 0;
    sum_z += q;
    q *= q;
    sum_x += q * dx;
    sum_y += q * dy;
  }
  out.z += sum_z.template cast<double>();
  out.x += sum_x.template cast<double>();
  out.y += sum_y.template cast<double>();
}

template<class T>
Push repulsion_of(const MapColumns<T>& map, Index tile) {
  Push out;
  constexpr Index stretch = 512;
  const auto [first, last] = piece_of(tile, map_lanes, map.n);
  for (Index j = 0; j < first; j += stretch)
    add_repulsion<false>(map, tile, j, std::min(first, j + stretch), out);
  add_repulsion<true>(map, tile, first, last, out);
  for (Index j = last; j < map.n; j += stretch)
    add_repulsion<false>(map, tile, j, std::min(map.n, j + stretch), out);
  return out;
}

template<class T>
std::vector<Push> repulsion(const MapColumns<T>& map, int threads) {
  std::vector<Push> tiles(static_cast<std::size_t>(piece_count(map_lanes, map.n)));
  constexpr Index size = 4;
  const auto count = static_cast<Index>(tiles.size());
  parallel_for(piece_count(size, count), threads, [&](Index p) {
    const auto [begin, end] = piece_of(p, size, count);
    for (Index tile = begin; tile < end; ++tile)
      tiles[static_cast<std::size_t>(tile)] = repulsion_of(map, tile);
  });
  return tiles;
}

// Z = Σ_{i≠j} q_ij.
inline double normaliser(const std::vector<Push>& tiles, Index n) {
  double z = 0;
  for (Index i = 0; i < n; ++i) z += tiles[static_cast<std::size_t>(i / map_lanes)].z[i % map_lanes];
  return z;
}

inline void require_map(const Affinities& joint, const RowMatrix<double>& map) {
  require(map.rows() == joint.rows() && map.cols() == 2, "map: expected ", joint.rows(), " x 2, got ",
          map.rows(), " x ", map.cols());
}

}  // namespace detail

/// The gradient of KL(exaggeration·P ‖ Q) by the map, [n, 2] (van der Maaten & Hinton 2008, eq. 5):
///
///     ∂C/∂y_i = 4 Σ_j (exaggeration·p_ij − q_ij / Z) q_ij (y_i − y_j),   q_ij = 1 / (1 + ‖y_i − y_j‖²)
///
/// Attraction runs over P's entries in double; repulsion over all pairs in `T`, summed in double every few
/// hundred terms: O(n² + entries) time, O(n) memory. map: [n, 2]; threads: 0 = all there are, results do not
/// depend on it.
template<class T = float>
RowMatrix<double> tsne_gradient(const Affinities& joint, const RowMatrix<double>& map,
                                double exaggeration = 1, int threads = 0) {
  detail::require_map(joint, map);
  const Index n = map.rows();
  const auto tiles = detail::repulsion(detail::MapColumns<T>(map), threads);
  const double z = detail::normaliser(tiles, n);
  const double share = z > 0 ? 1 / z : 0;  // one point, or all infinitely far apart
  RowMatrix<double> gradient(n, 2);
  constexpr Index size = 64;
  parallel_for(piece_count(size, n), threads, [&](Index p) {
    const auto [begin, end] = piece_of(p, size, n);
    for (Index i = begin; i < end; ++i) {
      double x = 0, y = 0;
      const auto first = static_cast<std::size_t>(joint.start[static_cast<std::size_t>(i)]);
      const auto last = static_cast<std::size_t>(joint.start[static_cast<std::size_t>(i) + 1]);
      for (auto e = first; e < last; ++e) {
        const double dx = map(i, 0) - map(joint.column[e], 0), dy = map(i, 1) - map(joint.column[e], 1);
        const double pull = joint.value[e] / (1 + dx * dx + dy * dy);
        x += pull * dx;
        y += pull * dy;
      }
      const auto& push = tiles[static_cast<std::size_t>(i / detail::map_lanes)];
      gradient(i, 0) = 4 * (exaggeration * x - share * push.x[i % detail::map_lanes]);
      gradient(i, 1) = 4 * (exaggeration * y - share * push.y[i % detail::map_lanes]);
    }
  });
  return gradient;
}

/// KL(P ‖ Q) = Σ p_ij ln(p_ij / (q_ij / Z)) of a map [n, 2] (van der Maaten & Hinton 2008, eq. 2), nats,
/// without any exaggeration. Z in `T` as in `tsne_gradient`.
template<class T = double>
double tsne_divergence(const Affinities& joint, const RowMatrix<double>& map, int threads = 0) {
  detail::require_map(joint, map);
  const auto tiles = detail::repulsion(detail::MapColumns<T>(map), threads);
  const double z = detail::normaliser(tiles, map.rows());
  double sum = 0, mass = 0;
  for (Index i = 0; i < joint.rows(); ++i) {
    const auto first = static_cast<std::size_t>(joint.start[static_cast<std::size_t>(i)]);
    const auto last = static_cast<std::size_t>(joint.start[static_cast<std::size_t>(i) + 1]);
    for (auto e = first; e < last; ++e) {
      const double p = joint.value[e];
      if (!(p > 0)) continue;
      const double d = (map.row(i) - map.row(joint.column[e])).squaredNorm();
      sum += p * (std::log(p) + std::log1p(d));
      mass += p;
    }
  }
  return mass > 0 ? sum + mass * std::log(z) : 0;
}

/// How repulsion between all pairs is summed.
enum class Repulsion {
  automatic,     ///< whichever of the others is expected to be sooner
  exact,         ///< over all pairs: O(n²)
  interpolated,  ///< on a grid, by FFT
};

struct GradientOptions {
  Repulsion repulsion = Repulsion::automatic;
  /// 0: all there are. Results do not depend on it.
  int threads = 0;
};

/// The gradient and the divergence of maps for one P, with all that can be prepared once and the memory that
/// evaluations need. Not for two threads at a time.
template<class T = float>
class Gradient {
 public:
  explicit Gradient(Affinities joint, const GradientOptions& options = {})
      : joint_(std::move(joint)), options_(options) {}

  Index rows() const { return joint_.rows(); }

  /// The gradient of KL(exaggeration·P ‖ Q) at map [n, dims], written to gradient [n, dims].
  void operator()(const RowMatrix<double>& map, double exaggeration, RowMatrix<double>& gradient) {
    gradient = tsne_gradient<T>(joint_, map, exaggeration, options_.threads);
  }

  /// KL(P ‖ Q) at map [n, dims], nats, without any exaggeration.
  double divergence(const RowMatrix<double>& map) { return tsne_divergence(joint_, map, options_.threads); }

 private:
  Affinities joint_;
  GradientOptions options_;
};

}  // namespace lifelog::manifold
