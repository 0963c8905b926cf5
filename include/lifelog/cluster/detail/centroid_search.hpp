// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "../../core/parallel.hpp"
#include "nearest.hpp"

namespace lifelog::cluster::detail {

/// Living clusters by the cost of merging: an exact search for the cheapest partner. Clusters are known by an id
/// in 0 … n−1. They lie in blocks of SIMD lanes, neighbours in space together (a k-d tree's order), and each block
/// has a box around it: where even the box is too far away, no distance is computed. O(n d) memory.
class CentroidSearch {
 public:
  struct Found {
    double cost;
    Index id;  ///< -1: none
  };

  /// Every row is a cluster of one, its id the row.
  template<class T>
  CentroidSearch(const RowMatrixView<T>& points, int threads)
      : cols_(points.cols()), alive_(points.rows()), threads_(threads), slot_(alive(), Index{-1}) {
    RowMatrix<double> centroids = points.template cast<double>();
    std::vector<Index> ids(alive());
    std::iota(ids.begin(), ids.end(), Index{0});
    build(centroids, std::vector<double>(alive(), 1), ids);
  }

  Index clusters() const { return alive_; }
  bool lives(Index id) const { return slot_[at(id)] >= 0; }

  /// The cheapest partner of a cluster: `before` (-1: none) if there is no cheaper one, else the lowest id of
  /// equals. The cost is the increase of the within-cluster sum of squares; it is symmetric to the bit.
  Found cheapest(Index id, Index before) {
    const Index slot = slot_[at(id)];
    query_.resize(static_cast<std::size_t>(cols_));
    for (Index j = 0; j < cols_; ++j) query_[at(j)] = value(slot, j);
    // Its own lane must not be found.
    value(slot, 0) = std::numeric_limits<double>::infinity();
    const double size = sizes_[at(slot)];
    Found best{std::numeric_limits<double>::infinity(), std::numeric_limits<Index>::max()};
    if (before >= 0) best = {cost_of(slot_[at(before)], size), -1};
    scan(slot / width, size, best);
    const Index groups = piece_count(lanes, blocks_);
    const Index share = std::max<Index>(1, 131072 / (lanes * width * cols_)),
                pieces = piece_count(share, groups);
    if (pieces == 1 || threads_ == 1) {
      for (Index g = 0; g < groups; ++g) scan_group(g, size, best);
    } else {
      scan_in_pieces(share, groups, size, best);
    }
    value(slot, 0) = query_[0];
    if (best.id == -1) best.id = before;
    // Costs beyond the largest number are all alike.
    if (best.id == std::numeric_limits<Index>::max()) best.id = before >= 0 ? before : lowest_but(id);
    return best;
  }

  /// `low` and `high` become one, under the id `high`.
  void merge(Index low, Index high) {
    const Index from = slot_[at(low)], to = slot_[at(high)];
    const double a = sizes_[at(from)], b = sizes_[at(to)];
    for (Index j = 0; j < cols_; ++j) {
      const double mean = (a * value(from, j) + b * value(to, j)) / (a + b);
      value(to, j) = mean;
      double& lowest = low_[box(to / width, j)];
      double& highest = high_[box(to / width, j)];
      lowest = std::min(lowest, mean);
      highest = std::max(highest, mean);
    }
    sizes_[at(to)] = a + b;
    value(from, 0) = std::numeric_limits<double>::infinity();
    ids_[at(from)] = slot_[at(low)] = -1;
    --alive_;
    if (3 * alive_ < 2 * built_ && built_ > width) rebuild();
  }

 private:
  using P = simd::Packet<double>;
  static constexpr int width = RowBlocks<double>::width;   // clusters in a block
  static constexpr int lanes = simd::packet_size<double>;  // boxes in a group

  static std::size_t at(Index i) { return static_cast<std::size_t>(i); }
  std::size_t alive() const { return at(alive_); }
  double& value(Index slot, Index col) {
    return values_[at((slot / width * cols_ + col) * width + slot % width)];
  }
  std::size_t box(Index block, Index col) const {
    return at((block / lanes * cols_ + col) * lanes + block % lanes);
  }

  Index lowest_but(Index id) const {
    for (Index other = 0;; ++other)
      if (other != id && lives(other)) return other;
  }

  void distances(Index block, double* out) const {
    P first = simd::broadcast(0.0), second = first;
    const double* from = values_.data() + block * width * cols_;
    for (Index j = 0; j < cols_; ++j, from += width) {
      const P coordinate = simd::broadcast(query_[at(j)]);
      const P left = simd::psub(simd::load(from), coordinate);
      const P right = simd::psub(simd::load(from + lanes), coordinate);
      first = simd::pmadd(left, left, first);
      second = simd::pmadd(right, right, second);
    }
    simd::store(out, first);
    simd::store(out + lanes, second);
  }

  static double cost(double distance, double a, double b) { return distance * ((a * b) / (a + b)); }

  double cost_of(Index slot, double size) const {
    double distance[width];
    distances(slot / width, distance);
    return cost(distance[slot % width], sizes_[at(slot)], size);
  }

  // Whether distance · ab/(a+b) may be at most `best`, in `lanes` lanes: without a division, and generous by more
  // than rounding.
  static bool may_win(const double* distance, const double* sizes, double size, double best) {
    const P b = simd::load(sizes), a = simd::broadcast(size);
    const P left = simd::pmul(simd::load(distance), simd::pmul(a, b));
    const P tiny = simd::broadcast(std::numeric_limits<double>::min());
    return simd::any_less(left, simd::pmadd(simd::broadcast(best * (1 + 1e-12)), simd::padd(a, b), tiny));
  }

  void scan(Index block, double size, Found& best) const {
    double distance[width];
    distances(block, distance);
    for (Index half = 0; half < width; half += lanes) {
      const double* sizes = sizes_.data() + block * width + half;
      if (!may_win(distance + half, sizes, size, best.cost)) continue;
      for (Index lane = 0; lane < lanes; ++lane) {
        const double found = cost(distance[half + lane], sizes[lane], size);
        const Index id = ids_[at(block * width + half + lane)];
        if (found < best.cost || (found == best.cost && id < best.id && id >= 0)) best = {found, id};
      }
    }
  }

  void scan_group(Index group, double size, Found& best) const {
    P sum = simd::broadcast(0.0);
    const P zero = sum;
    const double* low = low_.data() + group * lanes * cols_;
    const double* high = high_.data() + group * lanes * cols_;
    for (Index j = 0; j < cols_; ++j, low += lanes, high += lanes) {
      const P q = simd::broadcast(query_[at(j)]);
      const P outside =
          simd::pmax(zero, simd::pmax(simd::psub(simd::load(low), q), simd::psub(q, simd::load(high))));
      sum = simd::pmadd(outside, outside, sum);
    }
    double distance[lanes];
    simd::store(distance, sum);
    const double* smallest = smallest_.data() + group * lanes;
    if (!may_win(distance, smallest, size, best.cost)) return;
    for (Index lane = 0; lane < lanes; ++lane) {
      // A box is no farther than anything in it, rounding included; best has a chance to shrink between boxes.
      const double bound = cost(distance[lane], smallest[lane], size);
      if (bound <= best.cost * (1 + 1e-12) && bound < std::numeric_limits<double>::infinity())
        scan(group * lanes + lane, size, best);
    }
  }

  void scan_in_pieces(Index share, Index groups, double size, Found& best) {
    found_.assign(at(piece_count(share, groups)), best);
    parallel_for(static_cast<Index>(found_.size()), threads_, [&](Index p) {
      const auto [begin, end] = piece_of(p, share, groups);
      for (Index g = begin; g < end; ++g) scan_group(g, size, found_[at(p)]);
    });
    for (const auto& found : found_)
      if (found.cost < best.cost || (found.cost == best.cost && found.id < best.id)) best = found;
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
    constexpr double infinity = std::numeric_limits<double>::infinity();
    std::vector<Index> order(ids.size());
    std::iota(order.begin(), order.end(), Index{0});
    arrange(centroids, order.data(), order.data() + order.size());
    built_ = alive_;
    blocks_ = piece_count(width, alive_);
    const std::size_t slots = at(blocks_ * width), boxes = at(piece_count(lanes, blocks_) * lanes);
    values_.assign(slots * at(cols_), infinity);
    sizes_.assign(slots, 1);
    ids_.assign(slots, -1);
    low_.assign(boxes * at(cols_), infinity);
    high_.assign(boxes * at(cols_), -infinity);
    smallest_.assign(boxes, 1);
    for (Index slot = 0; slot < alive_; ++slot) {
      const Index row = order[at(slot)], block = slot / width;
      for (Index j = 0; j < cols_; ++j) {
        const double x = value(slot, j) = centroids(row, j);
        low_[box(block, j)] = std::min(low_[box(block, j)], x);
        high_[box(block, j)] = std::max(high_[box(block, j)], x);
      }
      const double size = sizes_[at(slot)] = sizes[at(row)];
      smallest_[at(block)] = slot % width == 0 ? size : std::min(smallest_[at(block)], size);
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
  int threads_;
  std::vector<double> values_, sizes_;         // by slot; the dead are infinitely far away
  std::vector<Index> ids_, slot_;              // slot → id, id → slot; -1 = dead
  std::vector<double> low_, high_, smallest_;  // by block
  std::vector<double> query_;
  std::vector<Found> found_;
};

}  // namespace lifelog::cluster::detail
