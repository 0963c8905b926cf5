// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "../../core/distance.hpp"
#include "../tree.hpp"

namespace lifelog::inline LIFELOG_ABI::cluster::detail {

using namespace lifelog::detail;

/// The order in which Prim's algorithm reaches rows, from the first on, and how far each was from those before: all that
/// single linkage needs of a minimum spanning tree. Rows wait in blocks of SIMD lanes; those reached are infinitely far
/// away and left out when half are. O(n d) memory.
LIFELOG_LAZY class SpanningChain {
 public:
  template<class T>
  explicit SpanningChain(const RowMatrixView<T>& points)
      : points_(points.template cast<double>()), blocks_(0, 0) {
    waiting_.resize(static_cast<std::size_t>(points_.rows()));
    std::iota(waiting_.begin(), waiting_.end(), Index{0});
    distance_.assign(waiting_.size(), infinity);
    arrange();
  }

  /// One for each step, in order: the row reached before, the row reached, and the distance to the nearest of all before.
  std::vector<Merge> merges() {
    std::vector<Merge> merges;
    Index last = take(0);
    while (left_ > 0) {
      const Index slot = nearest(last);
      const double height = std::sqrt(distance_[at(slot)]);
      const Index next = take(slot);
      merges.push_back({last, next, height, 0});
      last = next;
    }
    return merges;
  }

 private:
  static constexpr double infinity = std::numeric_limits<double>::infinity();
  static constexpr Index width = RowBlocks<double>::width, lanes = simd::packet_size<double>;

  static std::size_t at(Index i) { return static_cast<std::size_t>(i); }

  // Row of a slot, which waits no longer.
  Index take(Index slot) {
    const Index row = waiting_[at(slot)];
    waiting_[at(slot)] = -1;
    distance_[at(slot)] = infinity;
    const std::vector<double> nowhere(at(points_.cols()), infinity);
    blocks_.set_row(slot, nowhere.data());
    if (2 * --left_ < static_cast<Index>(waiting_.size()) && left_ > width) leave_out_reached();
    return row;
  }

  // Lets the rows that wait know of another one reached; the nearest of them, the first of equals.
  Index nearest(Index reached) {
    const double* const query = points_.row(reached).data();
    auto least = simd::broadcast(infinity);
    for (Index block = 0; block * width < static_cast<Index>(waiting_.size()); ++block) {
      const double* from = blocks_.block(block);
      simd::Packet<double> sum[2] = {simd::broadcast(0.0), simd::broadcast(0.0)};
      for (Index j = 0; j < points_.cols(); ++j, from += width)
        simd::unroll<2>([&](int r) LIFELOG_INLINED {
          const auto difference = simd::psub(simd::load(from + r * lanes), simd::broadcast(query[j]));
          sum[r] = RoundedSquares::add(sum[r], difference);
        });
      simd::unroll<2>([&](int r) LIFELOG_INLINED {
        double* const to = &distance_[at(block * width + r * lanes)];
        const auto distance = simd::pmin(simd::load(to), sum[r]);
        simd::store(to, distance);
        least = simd::pmin(least, distance);
      });
    }
    const double bound = last_of_root(simd::predux_min(least));
    return std::find_if(distance_.begin(), distance_.end(), [&](double x) { return x <= bound; }) -
           distance_.begin();
  }

  // The largest number whose root is that of x, one of the next three: rows at different squared distances may be equally
  // far away.
  static double last_of_root(double x) {
    const double root = std::sqrt(x);
    for (int i = 0; i < 3; ++i)
      if (const double next = std::nextafter(x, infinity); std::sqrt(next) == root && x > 0) x = next;
    return x;
  }

  void leave_out_reached() {
    std::size_t kept = 0;
    for (std::size_t slot = 0; slot < waiting_.size(); ++slot) {
      if (waiting_[slot] < 0) continue;
      waiting_[kept] = waiting_[slot];
      distance_[kept++] = distance_[slot];
    }
    waiting_.resize(kept);
    distance_.resize(kept);
    arrange();
  }

  void arrange() {
    left_ = static_cast<Index>(waiting_.size());
    const Index slots = (left_ + width - 1) / width * width;
    waiting_.resize(at(slots), -1);
    distance_.resize(at(slots), infinity);
    blocks_ = RowBlocks<double>(slots, points_.cols());
    const std::vector<double> nowhere(at(points_.cols()), infinity);
    for (Index slot = 0; slot < slots; ++slot)
      blocks_.set_row(slot, slot < left_ ? points_.row(waiting_[at(slot)]).data() : nowhere.data());
  }

  RowMatrix<double> points_;
  Index left_ = 0;
  std::vector<Index> waiting_;    // by slot, rows; -1 = none
  std::vector<double> distance_;  // by slot, squared, to the nearest row reached
  RowBlocks<double> blocks_;      // by slot
};

}  // namespace lifelog::cluster::detail
