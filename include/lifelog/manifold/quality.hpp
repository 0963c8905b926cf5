// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "gradient.hpp"

namespace lifelog::inline LIFELOG_ABI::manifold {

struct MapQualityOptions {
  /// Of P, from the 3 × perplexity nearest neighbours; reduced for few rows as in `tsne`.
  double perplexity = 30;
  /// Of the two measures of neighbourhoods, 1 ≤ neighbours < n / 2.
  Index neighbours = 10;
  /// 0: all there are. Results do not depend on it.
  int threads = 0;
};

struct MapQuality {
  /// KL(P ‖ Q) in nats over all pairs, in double.
  double kl_divergence = 0;
  double neighbour_preservation = 0, trustworthiness = 0;
};

namespace detail {

template<class Y>
void require_rows(const RowMatrixView<Y>& map, Index n, Index k) {
  require(map.rows() == n, "map: expected ", n, " rows, one for each of points, got ", map.rows());
  require(k >= 1 && 2 * k < n, "neighbours: expected at least 1 and less than half of ", n, " rows, got ", k);
}

// For each row and each of some other rows: how many rows, itself counted, are nearer to it than that other one.
template<class T>
class Ranks {
 public:
  explicit Ranks(const RowMatrixView<T>& points)
      : points_(points), blocks_(points), tiles_(points.rows(), points.cols()) {
    for (Index i = 0; i < points.rows(); ++i) tiles_.set_row(i, points.row(i));
  }

  /// others: [n, k]; ranks: [n, k], of which the rows of a piece of `width` are written.
  void write(Index piece, const RowMatrix<int>& others, RowMatrix<int>& ranks) const {
    const auto [begin, end] = piece_of(piece, width, points_.rows());
    const Index k = others.cols();
    const T* const block = blocks_.block(piece);
    const auto limits = distances_to(block, others.middleRows(begin, end - begin));
    ranks.middleRows(begin, end - begin).setZero();
    constexpr Index stretch = 1 << 12;  // tiles, so that T can count
    std::vector<T> counts;
    for (Index tile = 0; tile < tile_count(); tile += stretch) {
      counts.assign(limits.size(), 0);
      for (Index t = tile; t < std::min(tile_count(), tile + stretch); ++t)
        add(block, t, limits.data(), counts.data(), k);
      for (Index i = begin; i < end; ++i)
        for (Index r = 0; r < k; ++r)
          ranks(i, r) += static_cast<int>(counts[static_cast<std::size_t>(r * width + i - begin)]);
    }
  }

  static constexpr int width = RowBlocks<T>::width;

 private:
  using P = simd::Packet<T>;
  static constexpr int half = simd::packet_size<T>, height = RowTiles<T>::height;

  Index tile_count() const { return piece_count(height, points_.rows()); }

  // [k, width], a query a lane.
  template<class Others>
  std::vector<T> distances_to(const T* block, const Others& others) const {
    std::vector<T> distances(static_cast<std::size_t>(others.cols() * width));
    T lanes[width];
    for (Index lane = 0; lane < others.rows(); ++lane)
      for (Index r = 0; r < others.cols(); ++r) {
        const RowTiles<T> other(points_.row(others(lane, r)));
        P sum[1][2];
        squared_distances<T, 1>(block, other.tile(0), points_.cols(), sum);
        simd::store(lanes, sum[0][0]);
        simd::store(lanes + half, sum[0][1]);
        distances[static_cast<std::size_t>(r * width + lane)] = lanes[lane];
      }
    return distances;
  }

  void add(const T* block, Index tile, const T* limits, T* counts, Index k) const {
    P sum[height][2];
    squared_distances<T, height>(block, tiles_.tile(tile), points_.cols(), sum);
    const P one = simd::broadcast(T(1)), zero = simd::broadcast(T(0));
    const Index rows = std::min<Index>(height, points_.rows() - tile * height);
    for (Index c = rows; c < height; ++c)
      sum[c][0] = sum[c][1] = simd::broadcast(std::numeric_limits<T>::infinity());
    for (Index r = 0; r < k; ++r, limits += width, counts += width)
      simd::unroll<2>([&](int h) LIFELOG_INLINED {
        const P limit = simd::load(limits + h * half);
        P count = simd::load(counts + h * half);
        simd::unroll<height>([&](int c) LIFELOG_INLINED {
          count = simd::padd(count, simd::select_less(sum[c][h], limit, one, zero));
        });
        simd::store(counts + h * half, count);
      });
  }

  const RowMatrixView<T>& points_;
  RowBlocks<T> blocks_;
  RowTiles<T> tiles_;
};

template<class T>
double trustworthiness(const RowMatrixView<T>& points, const RowMatrix<int>& map_neighbours, int threads) {
  const Index n = points.rows(), k = map_neighbours.cols();
  const Ranks<T> ranks_of(points);
  RowMatrix<int> ranks(n, k);
  parallel_for(piece_count(Ranks<T>::width, n), threads,
               [&](Index piece) { ranks_of.write(piece, map_neighbours, ranks); });
  double excess = 0;
  for (Index i = 0; i < ranks.size(); ++i)
    excess += std::max<double>(0, ranks.data()[i] - static_cast<double>(k));
  const double rows = static_cast<double>(n), near = static_cast<double>(k);
  return 1 - 2 * excess / (rows * near * (2 * rows - 3 * near - 1));
}

LIFELOG_LAZY double share_in_common(const RowMatrix<int>& a, const RowMatrix<int>& b) {
  Index common = 0;
  for (Index i = 0; i < a.rows(); ++i)
    for (Index r = 0; r < a.cols(); ++r) common += (b.row(i).array() == a(i, r)).any();
  return static_cast<double>(common) / static_cast<double>(a.size());
}

}  // namespace detail

/// The share of each row's k nearest neighbours that are among its k nearest in the map, on average: 0 … 1.
///
/// points: [n, d], map: [n, dims], both finite; 1 ≤ k < n / 2. O(n² d) time at most, see `nearest_neighbours`.
template<Rows X, Rows Y>
double neighbour_preservation(const X& points, const Y& map, Index k, int threads = 0) {
  return detail::with_moderate_points(points, "points", [&](const auto& x) {
    return detail::with_moderate_points(map, "map", [&](const auto& y) {
      detail::require_rows(y, x.rows(), k);
      return detail::share_in_common(detail::nearest_neighbours(x, k, threads).index,
                                     detail::nearest_neighbours(y, k, threads).index);
    });
  });
}

/// Trustworthiness (Venna & Kaski, "Neighborhood preservation in nonlinear projection methods: an experimental
/// study", 2001): 1 less what rows that are among a row's k nearest in the map, but not among its points, are
/// farther off in rank than k, scaled so that the worst map is at about 0. A row's rank is 1 + the number of
/// rows nearer: of equally near rows all have the best.
///
/// points: [n, d], map: [n, dims], both finite; 1 ≤ k < n / 2. O(n² (d + k)) time.
template<Rows X, Rows Y>
double trustworthiness(const X& points, const Y& map, Index k, int threads = 0) {
  return detail::with_moderate_points(points, "points", [&](const auto& x) {
    return detail::with_moderate_points(map, "map", [&](const auto& y) {
      detail::require_rows(y, x.rows(), k);
      return detail::trustworthiness(x, detail::nearest_neighbours(y, k, threads).index, threads);
    });
  });
}

/// How faithful a map is, by three measures that any map can be held to, whoever drew it.
///
/// points: [n, d], map: [n, dims], both finite. O(n²) time, O(n) memory.
///
///     auto map = lifelog::manifold::tsne(points).map;
///     auto quality = lifelog::manifold::map_quality(points, map, {.perplexity = 30});
///     // quality.kl_divergence, quality.neighbour_preservation, quality.trustworthiness
template<Rows X, Rows Y>
MapQuality map_quality(const X& points, const Y& map, const MapQualityOptions& options = {}) {
  return detail::with_moderate_points(points, "points", [&](const auto& x) {
    return detail::with_points(map, "map", [&](const auto& y) {
      const Index n = x.rows(), k = options.neighbours;
      const int threads = options.threads;
      detail::require_rows(y, n, k);
      const double perplexity = usable_perplexity(options.perplexity, n);
      const Index near = neighbours_for(perplexity, n);
      auto neighbours = detail::nearest_neighbours(x, std::max(near, k), threads);
      const auto map_neighbours = detail::with_moderate(
          y, [&](const auto& rows) { return detail::nearest_neighbours(rows, k, threads).index; });
      MapQuality quality;
      quality.neighbour_preservation =
          detail::share_in_common(neighbours.index.leftCols(k).eval(), map_neighbours);
      quality.trustworthiness = detail::trustworthiness(x, map_neighbours, threads);
      neighbours.index.conservativeResize(n, near);
      neighbours.squared_distance.conservativeResize(n, near);
      quality.kl_divergence = tsne_divergence(joint_probabilities(neighbours, perplexity, threads),
                                              y.template cast<double>().eval(), threads);
      return quality;
    });
  });
}

}  // namespace lifelog::manifold
