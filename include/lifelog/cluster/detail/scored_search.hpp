// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "scores.hpp"

namespace lifelog::cluster::detail {

/// The nearest centres of blocks of rows, by scores; where two scores are as close as what they may be wrong by, distances
/// decide: labels are those of NearestKernel on the rows themselves, ties and all.
template<class T>
class ScoredSearch {
 public:
  static constexpr int width = RowBlocks<T>::width;

  /// points must outlive this.
  explicit ScoredSearch(const RowMatrixView<T>& points)
      : points_(points),
        slack_(static_cast<T>(points.cols() + 8) * std::numeric_limits<T>::epsilon()),
        tiny_(2 * std::sqrt(static_cast<T>(points.cols()) * std::numeric_limits<T>::min())) {}

  /// What a distance may be wrong by, relative and absolute.
  T slack() const { return slack_; }
  T tiny() const { return tiny_; }

  /// origin: what the rows of blocks are relative to.
  void set_centres(const RowMatrix<T>& centres, const Eigen::RowVectorX<T>& origin) {
    centres_ = centres;
    tiles_ = RowTiles<T>(centres);
    scores_ = CentreScores<T>(centres, origin);
  }

  const RowMatrix<T>& centres() const { return centres_; }

  /// What a thread works with.
  struct Desk {
    std::vector<T> scores;
    RowBlocks<T> rows;
    alignas(64) T limit[width];  // scores above it are surely not the lowest
  };

  /// Takes no memory before there are centres.
  Desk desk() const {
    return {std::vector<T>(static_cast<std::size_t>(scores_.rows() * width)),
            RowBlocks<T>(width, centres_.cols()),
            {}};
  }

  /// half_norms: ‖x‖²/2 of each lane; row_of(lane): which row it is, for the first `lanes`; next: the block that comes next.
  /// found.index: labels. found.first, found.second: at least the distance to the label's centre, at most that to any other.
  template<class RowOf>
  void run(const T* block, const T* next, const T* half_norms, Index lanes, RowOf&& row_of, Desk& desk,
           Nearest<T>& found) const {
    scores_.search(block, next, desk.scores.data(), found);
    // A score is wrong by at most (d + 3)·ε·(‖x‖²/2 + ‖c‖²/2): d + 1 roundings of numbers that are nowhere more than
    // twice that sum, and those of the coordinates. Half a squared distance by differences is off by no more than that.
    // Infinite where a score may have overflowed.
    unsigned sure = 0;
    for (int r = 0; r < width; r += size) {
      const P norm = simd::load(half_norms + r), first = simd::load(found.first + r),
              second = simd::load(found.second + r);
      const P norms = simd::padd(norm, simd::broadcast(scores_.largest_half_norm()));
      const P error = simd::pmadd(simd::pmul(norms, simd::broadcast(T(4))), simd::broadcast(slack_ / 4),
                                  simd::broadcast(tiny_ * tiny_));
      const P limit = simd::pmadd(error, simd::broadcast(T(4)), first);
      sure |= simd::less_mask(limit, second) << r;
      simd::store(desk.limit + r, limit);
      // The label's score may be above the first by what is not sure, and that of another below the second.
      simd::store(found.first + r, distance(simd::padd(norm, first), error, 16, 1 + 4 * slack_, tiny_));
      simd::store(found.second + r, distance(simd::padd(norm, second), error, -16, 1 - 4 * slack_, -tiny_));
    }
    const unsigned unsure = ~sure & ~0u >> (32 - lanes);
    if (unsure != 0) decide(unsure, row_of, desk, found);
  }

 private:
  using P = simd::Packet<T>;
  static constexpr int size = simd::packet_size<T>;

  // √(2·half ± errors), widened.
  static P distance(const P& half, const P& error, T errors, T factor, T shift) {
    const P squared = simd::pmadd(error, simd::broadcast(errors), simd::padd(half, half));
    return simd::pmadd(simd::psqrt(simd::pmax(squared, simd::broadcast(T(0)))), simd::broadcast(factor),
                       simd::broadcast(shift));
  }

  template<class RowOf>
  void decide(unsigned unsure, RowOf&& row_of, Desk& desk, Nearest<T>& found) const {
    if (std::popcount(unsure) > width / 4) return decide_together(unsure, row_of, desk, found);
    for (; unsure != 0; unsure &= unsure - 1) {
      const int lane = std::countr_zero(unsure);
      T least = std::numeric_limits<T>::infinity();
      found.index[lane] = 0;
      for (Index c = 0; c < centres_.rows(); ++c) {
        if (desk.scores[static_cast<std::size_t>(c * width + lane)] > desk.limit[lane]) continue;
        const T distance = squared_distance(row_of(lane), c);
        if (!(distance < least)) continue;
        least = distance;
        found.index[lane] = static_cast<T>(c);
      }
    }
  }

  template<class RowOf>
  void decide_together(unsigned unsure, RowOf&& row_of, Desk& desk, Nearest<T>& found) const {
    Nearest<T> nearest;
    for (unsigned left = unsure; left != 0; left &= left - 1) {
      const int lane = std::countr_zero(left);
      desk.rows.set_row(lane, points_.row(row_of(lane)).data());
    }
    NearestKernel<T, false>::run(desk.rows.block(0), tiles_, nearest);
    for (; unsure != 0; unsure &= unsure - 1) {
      const int lane = std::countr_zero(unsure);
      found.index[lane] = nearest.index[lane];
    }
  }

  // As NearestKernel has it, to the bit.
  T squared_distance(Index row, Index centre) const {
    P sum = simd::broadcast(T(0));
    for (Index j = 0; j < points_.cols(); ++j) {
      const P difference = simd::psub(simd::broadcast(points_(row, j)), simd::broadcast(centres_(centre, j)));
      sum = simd::pmadd(difference, difference, sum);
    }
    T lanes[size];
    simd::store(lanes, sum);
    return lanes[0];
  }

  const RowMatrixView<T>& points_;
  T slack_, tiny_;
  RowMatrix<T> centres_;
  RowTiles<T> tiles_{0, 0};
  CentreScores<T> scores_;
};

}  // namespace lifelog::cluster::detail
