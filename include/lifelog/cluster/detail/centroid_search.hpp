// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "../../core/parallel.hpp"
#include "nearest.hpp"

namespace lifelog::inline LIFELOG_ABI::cluster::detail {

/// Boxes around some clusters each, tested `lanes` at a time.
class BoxTier {
 public:
  static constexpr Index lanes = simd::packet_size<double>;

  /// All boxes empty.
  void reset(Index boxes, Index cols) {
    cols_ = cols;
    groups_ = piece_count(lanes, boxes);
    const auto size = static_cast<std::size_t>(groups_ * lanes);
    low_.assign(size * static_cast<std::size_t>(cols), infinity);
    high_.assign(low_.size(), -infinity);
    smallest_.assign(size, infinity);
  }

  void include(Index box, Index col, double x) {
    const auto at = static_cast<std::size_t>((box / lanes * cols_ + col) * lanes + box % lanes);
    low_[at] = std::min(low_[at], x);
    high_[at] = std::max(high_[at], x);
  }
  void include_size(Index box, double size) {
    double& smallest = smallest_[static_cast<std::size_t>(box)];
    smallest = std::min(smallest, size);
  }

  Index groups() const { return groups_; }

  /// Of the boxes of a group: the size of the smallest cluster, or what it has been.
  const double* smallest(Index group) const { return smallest_.data() + group * lanes; }

  /// Squared distances from a point to the boxes of a group.
  void distances(Index group, const double* point, double* out) const {
    auto sum = simd::broadcast(0.0);
    const auto zero = sum;
    const double* low = low_.data() + group * lanes * cols_;
    const double* high = high_.data() + group * lanes * cols_;
    for (Index j = 0; j < cols_; ++j, low += lanes, high += lanes) {
      const auto x = simd::broadcast(point[j]);
      const auto outside =
          simd::pmax(zero, simd::pmax(simd::psub(simd::load(low), x), simd::psub(x, simd::load(high))));
      sum = simd::pmadd(outside, outside, sum);
    }
    simd::store(out, sum);
  }

 private:
  static constexpr double infinity = std::numeric_limits<double>::infinity();

  Index cols_ = 0, groups_ = 0;
  std::vector<double> low_, high_, smallest_;
};

/// Living clusters by the cost of merging: an exact search for the cheapest partner. Clusters are known by an id
/// in 0 … n−1. They lie in blocks of SIMD lanes, neighbours in space together (a k-d tree's order), with boxes around
/// blocks and around groups of them: where even the box is too far away, no distance is computed. O(n d) memory.
LIFELOG_LAZY class CentroidSearch {
 public:
  struct Found {
    double cost;
    Index id;  ///< -1: none
  };

  /// A cluster of one for each row, its id the row; but of rows that are equal the last only, for all of them.
  /// next_equal: what next_equal_rows found.
  template<class T>
  CentroidSearch(const RowMatrixView<T>& points, const std::vector<Index>& next_equal)
      : cols_(points.cols()),
        alive_(std::count(next_equal.begin(), next_equal.end(), Index{-1})),
        slot_(next_equal.size(), Index{-1}) {
    RowMatrix<double> centroids(alive_, cols_);
    std::vector<double> sizes, equal(next_equal.size(), 1);
    std::vector<Index> ids;
    for (Index i = 0; i < points.rows(); ++i) {
      if (next_equal[at(i)] >= 0) {
        equal[at(next_equal[at(i)])] += equal[at(i)];
        continue;
      }
      centroids.row(static_cast<Index>(ids.size())) = points.row(i).template cast<double>();
      sizes.push_back(equal[at(i)]);
      ids.push_back(i);
    }
    build(centroids, sizes, ids);
  }

  Index clusters() const { return alive_; }
  bool lives(Index id) const { return slot_[at(id)] >= 0; }

  /// Near clusters have near places. -1: lives no more.
  Index place(Index id) const { return slot_[at(id)]; }

  /// What a search remembers between calls, of one thread.
  using Query = std::vector<double>;

  /// The cheapest partner of a cluster, the lowest id of equals. The cost is the increase of the within-cluster sum of
  /// squares, rounded to 40 bits: what is equal but for rounding is equal here, on machines with fused multiply-adds and
  /// without. It is symmetric to the bit. hint: some other cluster, best a near one, or -1. Searches may run side by
  /// side.
  Found cheapest(Index id, Index hint, Query& query) const {
    const Index slot = slot_[at(id)], own_group = slot / width / lanes;
    query.resize(at(cols_));
    for (Index j = 0; j < cols_; ++j) query[at(j)] = value(slot, j);
    Search search{query.data(), sizes_[at(slot)], id, {infinity, std::numeric_limits<Index>::max()}};
    if (hint >= 0) search.best = {cost_between(slot_[at(hint)], search), hint};
    scan(slot / width, search);
    scan_group<0>(own_group, search);
    search.done = own_group;
    for (Index g = 0; g < boxes_[1].groups(); ++g) scan_group<1>(g, search);
    return search.best;
  }

  /// Twice the cost of merging two clusters, not rounded.
  double twice_cost(Index a, Index b) const {
    double sum = 0;
    for (Index j = 0; j < cols_; ++j) {
      const double difference = value(slot_[at(a)], j) - value(slot_[at(b)], j);
      sum += difference * difference;
    }
    return 2 * cost(sum, sizes_[at(slot_[at(a)])], sizes_[at(slot_[at(b)])]);
  }

  /// `low` and `high` become one, under the id `high`.
  void merge(Index low, Index high) {
    const Index from = slot_[at(low)], to = slot_[at(high)];
    const double a = sizes_[at(from)], b = sizes_[at(to)];
    for (Index j = 0; j < cols_; ++j) {
      const double mean = (a * value(from, j) + b * value(to, j)) / (a + b);
      value(to, j) = mean;
      include(to, j, mean);
    }
    sizes_[at(to)] = a + b;
    value(from, 0) = infinity;
    ids_[at(from)] = slot_[at(low)] = -1;
    --alive_;
  }

  /// Closes the gaps that merges have left, if there are many.
  void tidy() {
    if (3 * alive_ < 2 * built_ && built_ > width) rebuild();
  }

 private:
  using P = simd::Packet<double>;
  static constexpr int width = RowBlocks<double>::width;   // clusters in a block
  static constexpr int lanes = simd::packet_size<double>;  // boxes in a group

  static constexpr double generous = 1 + 4e-12;
  static constexpr double infinity = std::numeric_limits<double>::infinity();

  struct Search {
    const double* centroid;
    double size;
    Index id;
    Found best;
    Index done = -1;  // group of boxes
  };

  static std::size_t at(Index i) { return static_cast<std::size_t>(i); }
  std::size_t alive() const { return at(alive_); }
  std::size_t coordinate(Index slot, Index col) const {
    return at((slot / width * cols_ + col) * width + slot % width);
  }
  double& value(Index slot, Index col) { return values_[coordinate(slot, col)]; }
  double value(Index slot, Index col) const { return values_[coordinate(slot, col)]; }
  void include(Index slot, Index col, double x) {
    boxes_[0].include(slot / width, col, x);
    boxes_[1].include(slot / width / lanes, col, x);
  }

  void distances(Index block, const Search& search, double* out) const {
    P first = simd::broadcast(0.0), second = first;
    const double* from = values_.data() + block * width * cols_;
    for (Index j = 0; j < cols_; ++j, from += width) {
      const P coordinate = simd::broadcast(search.centroid[j]);
      const P left = simd::psub(simd::load(from), coordinate);
      const P right = simd::psub(simd::load(from + lanes), coordinate);
      first = simd::pmadd(left, left, first);
      second = simd::pmadd(right, right, second);
    }
    simd::store(out, first);
    simd::store(out + lanes, second);
  }

  static double cost(double distance, double a, double b) { return distance * ((a * b) / (a + b)); }

  static double rounded_cost(double distance, double a, double b) {
    constexpr std::uint64_t unit = 1 << 12;
    return std::bit_cast<double>((std::bit_cast<std::uint64_t>(cost(distance, a, b)) + unit / 2) &
                                 ~(unit - 1));
  }

  double cost_between(Index slot, const Search& search) const {
    double distance[width];
    distances(slot / width, search, distance);
    return rounded_cost(distance[slot % width], sizes_[at(slot)], search.size);
  }

  // The lanes in which distance · ab/(a+b) may be at most `best`: without a division, and generous by more than what
  // rounding does.
  static unsigned candidates(const double* distance, const double* sizes, double size, double best) {
    const P b = simd::load(sizes), a = simd::broadcast(size);
    const P left = simd::pmul(simd::load(distance), simd::pmul(a, b));
    const P tiny = simd::broadcast(std::numeric_limits<double>::min());
    return simd::less_mask(left, simd::pmadd(simd::broadcast(best * generous), simd::padd(a, b), tiny));
  }

  void scan(Index block, Search& search) const {
    double distance[width];
    distances(block, search, distance);
    auto& best = search.best;
    for (Index half = 0; half < width; half += lanes) {
      const double* sizes = sizes_.data() + block * width + half;
      for (unsigned left = candidates(distance + half, sizes, search.size, best.cost); left != 0;
           left &= left - 1) {
        const Index lane = std::countr_zero(left), id = ids_[at(block * width + half + lane)];
        const double found = rounded_cost(distance[half + lane], sizes[lane], search.size);
        if (id < 0 || id == search.id) continue;
        if (found < best.cost || (found == best.cost && id < best.id)) best = {found, id};
      }
    }
  }

  // Boxes of blocks (tier 0) or of groups of those (tier 1). A box is no farther than anything in it, rounding included.
  template<int tier>
  void scan_group(Index group, Search& search) const {
    if (tier == 0 && group == search.done) return;
    double distance[lanes];
    boxes_[tier].distances(group, search.centroid, distance);
    const double* smallest = boxes_[tier].smallest(group);
    const auto open = [&] { return candidates(distance, smallest, search.size, search.best.cost); };
    // `best` shrinks on the way.
    for (unsigned left = open(); left != 0; left &= left - 1, left &= open()) {
      const Index box = group * lanes + std::countr_zero(left);
      if constexpr (tier == 0)
        scan(box, search);
      else
        scan_group<tier - 1>(box, search);
    }
  }

  void rebuild() {
    RowMatrix<double> centroids(alive_, cols_);
    std::vector<double> sizes;
    std::vector<Index> ids;
    for (std::size_t slot = 0; slot < ids_.size(); ++slot) {
      if (ids_[slot] < 0) continue;
      const auto row = static_cast<Index>(ids.size());
      for (Index j = 0; j < cols_; ++j) centroids(row, j) = value(static_cast<Index>(slot), j);
      sizes.push_back(sizes_[slot]);
      ids.push_back(ids_[slot]);
    }
    build(centroids, sizes, ids);
  }

  void build(const RowMatrix<double>& centroids, const std::vector<double>& sizes,
             const std::vector<Index>& ids) {
    std::vector<Index> order(ids.size());
    std::iota(order.begin(), order.end(), Index{0});
    arrange(centroids, order.data(), order.data() + order.size());
    built_ = alive_;
    blocks_ = piece_count(width, alive_);
    const std::size_t slots = at(blocks_ * width);
    boxes_[0].reset(blocks_, cols_);
    boxes_[1].reset(piece_count(lanes, blocks_), cols_);
    values_.assign(slots * at(cols_), infinity);
    sizes_.assign(slots, 1);
    ids_.assign(slots, -1);
    for (Index slot = 0; slot < alive_; ++slot) {
      const Index row = order[at(slot)];
      for (Index j = 0; j < cols_; ++j) include(slot, j, value(slot, j) = centroids(row, j));
      const double size = sizes_[at(slot)] = sizes[at(row)];
      boxes_[0].include_size(slot / width, size);
      boxes_[1].include_size(slot / width / lanes, size);
      ids_[at(slot)] = ids[at(row)];
      slot_[at(ids[at(row)])] = slot;
    }
  }

  // Halves rows across their widest column, at whole blocks, until a block is left.
  static void arrange(const RowMatrix<double>& centroids, Index* begin, Index* end) {
    while (end - begin > width) {
      Eigen::RowVectorXd low = centroids.row(*begin), high = low;
      for (const Index* i = begin; i < end; ++i) {
        low = low.cwiseMin(centroids.row(*i));
        high = high.cwiseMax(centroids.row(*i));
      }
      Index widest;
      (high - low).maxCoeff(&widest);
      Index* middle = begin + piece_count(width, (end - begin + 1) / 2) * width;
      if (middle >= end) middle = begin + width;
      std::nth_element(begin, middle, end,
                       [&](Index a, Index b) { return centroids(a, widest) < centroids(b, widest); });
      arrange(centroids, begin, middle);
      begin = middle;
    }
  }

  Index cols_, alive_, built_ = 0, blocks_ = 0;
  std::vector<double> values_, sizes_;  // by slot; the dead are infinitely far away
  std::vector<Index> ids_, slot_;       // slot → id, id → slot; -1 = dead
  BoxTier boxes_[2];                    // of blocks, and of groups of blocks
};

}  // namespace lifelog::cluster::detail
