// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "../../core/random.hpp"
#include "nearest_centres.hpp"

namespace lifelog::inline LIFELOG_ABI::cluster::detail {

/// Index of a row drawn in proportion to the differences of `cumulative`.
LIFELOG_LAZY Index draw(const Eigen::VectorXd& cumulative, Random& random) {
  const Index n = cumulative.size();
  const double total = cumulative[n - 1];
  if (!(total > 0)) return static_cast<Index>(random.below(static_cast<std::uint64_t>(n)));
  const double* end = cumulative.data() + n;
  const double* found = std::upper_bound(cumulative.data(), end, random.uniform() * total);
  return std::min<Index>(found - cumulative.data(), n - 1);
}

/// Greedy k-means++: squared distances of all rows to the nearest centre so far, and what a candidate would make
/// of them.
template<class T>
class PlusPlus {
 public:
  /// weights: [n] or empty. All must outlive this.
  PlusPlus(const RowMatrixView<T>& points, const Eigen::VectorXd& weights, int threads)
      : points_(points), blocks_(points), weights_(weights), threads_(threads) {}

  RowMatrix<double> centres(Index clusters, Random& random) {
    const Index n = points_.rows(), trials = 2 + static_cast<Index>(std::log(static_cast<double>(clusters)));
    RowMatrix<double> centres(clusters, points_.cols());
    Eigen::Matrix<T, Eigen::Dynamic, 1> closest =
        Eigen::Matrix<T, Eigen::Dynamic, 1>::Constant(n, std::numeric_limits<T>::infinity());
    RowMatrix<T> reduced;
    Eigen::VectorXd cumulative(n);
    double total = 0;
    for (Index i = 0; i < n; ++i) cumulative[i] = total += weight(i);
    for (Index c = 0; c < clusters; ++c) {
      RowMatrix<T> candidates(c == 0 ? 1 : trials, points_.cols());
      for (Index t = 0; t < candidates.rows(); ++t) candidates.row(t) = points_.row(draw(cumulative, random));
      const Index best = reduce(candidates, closest, reduced);
      centres.row(c) = candidates.row(best).template cast<double>();
      closest = reduced.row(best);
      double sum = 0;
      for (Index i = 0; i < n; ++i) cumulative[i] = sum += weight(i) * static_cast<double>(closest[i]);
    }
    return centres;
  }

 private:
  double weight(Index i) const { return weights_.size() > 0 ? weights_[i] : 1; }

  // reduced: [candidates, n], the smaller of `closest` and the distance to a candidate. Returns the candidate of
  // the lowest sum, the first of equals.
  template<class Closest>
  Index reduce(const RowMatrix<T>& candidates, const Closest& closest, RowMatrix<T>& reduced) const {
    reduced.resize(candidates.rows(), points_.rows());
    const Index size = labelling_piece(points_.rows()), pieces = piece_count(size, points_.rows());
    RowMatrix<double> sums = RowMatrix<double>::Zero(pieces, candidates.rows());
    parallel_for(pieces, threads_, [&](Index p) {
      const auto [begin, end] = piece_of(p, size, points_.rows());
      for (Index t = 0; t < candidates.rows(); ++t)
        for (Index row = begin; row < end; row += width) {
          T distance[width];
          squared_distances(blocks_.block(row / width), candidates.row(t).data(), distance);
          const Index lanes = std::min<Index>(width, end - row);
          for (Index lane = 0; lane < lanes; ++lane) {
            const T least = std::min(closest[row + lane], distance[lane]);
            reduced(t, row + lane) = least;
            sums(p, t) += weight(row + lane) * static_cast<double>(least);
          }
        }
    });
    for (Index p = 1; p < pieces; ++p) sums.row(0) += sums.row(p);
    Index best = 0;
    for (Index t = 1; t < candidates.rows(); ++t)
      if (sums(0, t) < sums(0, best)) best = t;
    return best;
  }

  static constexpr int width = RowBlocks<T>::width;

  void squared_distances(const T* block, const T* centre, T* distances) const {
    constexpr int size = simd::packet_size<T>;
    auto first = simd::broadcast(T(0)), second = first;
    for (Index j = 0; j < points_.cols(); ++j, block += width) {
      const auto coordinate = simd::broadcast(centre[j]);
      const auto left = simd::psub(simd::load(block), coordinate);
      const auto right = simd::psub(simd::load(block + size), coordinate);
      first = simd::pmadd(left, left, first);
      second = simd::pmadd(right, right, second);
    }
    simd::store(distances, first);
    simd::store(distances + size, second);
  }

  const RowMatrixView<T>& points_;
  RowBlocks<T> blocks_;
  const Eigen::VectorXd& weights_;
  int threads_;
};

}  // namespace lifelog::cluster::detail
