// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "../../core/distance.hpp"
#include "../../core/finite.hpp"
#include "../../core/parallel.hpp"
#include "nearest_list.hpp"

namespace lifelog::inline LIFELOG_ABI::manifold::detail {

using namespace lifelog::detail;

/// The order of rows [n, d] along a tree that halves them, at multiples of `leaf` rows, until a leaf is left: in few
/// dimensions across the widest column (a k-d tree: Bentley, "Multidimensional binary search trees used for
/// associative searching", 1975), in many across the direction of most variance, which keeps what belongs together
/// together.
template<class T>
class TreeOrder {
 public:
  static std::vector<int> of(const RowMatrixView<T>& points, Index leaf) {
    TreeOrder order(points, leaf);
    order.arrange(0, points.rows());
    return std::move(order.rows_);
  }

 private:
  using Row = Eigen::Matrix<T, 1, Eigen::Dynamic>;

  TreeOrder(const RowMatrixView<T>& points, Index leaf)
      : points_(points), leaf_(leaf), rows_(static_cast<std::size_t>(points.rows())), height_(rows_.size()) {
    std::iota(rows_.begin(), rows_.end(), 0);
  }

  void arrange(Index begin, Index end) {
    const Index leaves = piece_count(leaf_, end - begin);
    if (leaves <= 1) return;
    const Index middle = begin + leaves / 2 * leaf_;
    measure(begin, end);
    std::nth_element(rows_.begin() + begin, rows_.begin() + middle, rows_.begin() + end, [&](int a, int b) {
      const T left = height_[static_cast<std::size_t>(a)], right = height_[static_cast<std::size_t>(b)];
      return left < right || (left == right && a < b);
    });
    arrange(begin, middle);
    arrange(middle, end);
  }

  // Heights of rows along the direction to be halved.
  void measure(Index begin, Index end) {
    const auto each = [&](const auto& height) {
      for (Index i = begin; i < end; ++i) height_[at(i)] = height(points_.row(static_cast<Index>(at(i))));
    };
    const RowMatrix<T> some = sample(begin, end);
    if (points_.cols() < 16) {
      Index column = 0;
      (some.colwise().maxCoeff() - some.colwise().minCoeff()).maxCoeff(&column);
      each([column](const auto& row) { return row[column]; });
    } else {
      const Row direction = principal_direction(some);
      each([&](const auto& row) { return row.dot(direction); });
    }
  }

  std::size_t at(Index i) const { return static_cast<std::size_t>(rows_[static_cast<std::size_t>(i)]); }

  // Of many rows, some hundred tell.
  RowMatrix<T> sample(Index begin, Index end) const {
    const Index stride = std::max<Index>(1, (end - begin) / 256);
    RowMatrix<T> some(piece_count(stride, end - begin), points_.cols());
    for (Index i = 0; i < some.rows(); ++i)
      some.row(i) = points_.row(static_cast<Index>(at(begin + i * stride)));
    return some;
  }

  // A few steps of the power method.
  static Row principal_direction(RowMatrix<T> rows) {
    rows.rowwise() -= rows.colwise().mean().eval();
    Index farthest = 0;
    rows.rowwise().squaredNorm().maxCoeff(&farthest);
    Row direction = rows.row(farthest);
    for (int step = 0; step < 6; ++step) {
      Row next = Row::Zero(rows.cols());
      for (Index i = 0; i < rows.rows(); ++i) next += rows.row(i).dot(direction) * rows.row(i);
      const T norm = next.norm();
      if (!(norm > 0) || !lifelog::detail::is_finite(norm)) break;
      direction = next / norm;
    }
    return direction;
  }

  const RowMatrixView<T>& points_;
  Index leaf_;
  std::vector<int> rows_;
  std::vector<T> height_;
};

/// Exact nearest rows by a k-d tree. As many queries as two registers have lanes, near each other, descend at once;
/// what lies in a box that none of them reaches is passed over. In few dimensions that is nearly everything; in
/// many it is nothing, and the search compares all pairs, as fast as the registers do it.
template<class T>
class NeighbourTree {
 public:
  static constexpr int width = RowBlocks<T>::width;  ///< queries at once

  explicit NeighbourTree(const RowMatrixView<T>& points)
      : rows_(points.rows()),
        cols_(points.cols()),
        leaf_(width * (cols_ < 16 ? 1 : 4)),
        leaves_(piece_count(leaf_, points.rows())),
        order_(TreeOrder<T>::of(points, leaf_)),
        blocks_(rows_, cols_),
        tiles_(rows_, cols_),
        low_(2 * leaves_, cols_),
        high_(2 * leaves_, cols_) {
    for (Index slot = 0; slot < rows_; ++slot) {
      blocks_.set_row(slot, points.row(row_of(slot)).data());
      tiles_.set_row(slot, points.row(row_of(slot)));
    }
    box(0, 0, leaves_, points);
  }

  /// For each row of its own, calls found(row, entries) with the k nearest others, 1 ≤ k < n.
  template<class Found>
  void search_itself(Index k, int threads, const Found& found) const {
    parallel_for(piece_count(width, rows_), threads, [&](Index p) {
      const auto [begin, end] = piece_of(p, width, rows_);
      Queries queries(blocks_.block(p), order_.data() + begin, end - begin, k, begin / leaf_);
      run(queries, found);
    });
  }

  /// The same for other rows [m, d], 1 ≤ k ≤ n.
  template<class Found>
  void search(const RowMatrixView<T>& others, Index k, int threads, const Found& found) const {
    const auto order = TreeOrder<T>::of(others, width);
    parallel_for(piece_count(width, others.rows()), threads, [&](Index p) {
      const auto [begin, end] = piece_of(p, width, others.rows());
      RowBlocks<T> block(width, cols_);
      for (Index slot = begin; slot < end; ++slot)
        block.set_row(slot - begin, others.row(order[static_cast<std::size_t>(slot)]).data());
      Queries queries(block.block(0), order.data() + begin, end - begin, k, -1);
      run(queries, found);
    });
  }

 private:
  using P = simd::Packet<T>;
  static constexpr int half = simd::packet_size<T>;

  struct Queries {
    Queries(const T* lanes, const int* rows, Index count, Index k, Index leaf)
        : values(lanes),
          row(rows),
          own_leaf(leaf),
          lists(static_cast<std::size_t>(count), NearestList<T>(k)) {
      std::fill(limit, limit + width, T(-1));  // lanes without a query want nothing
      std::fill(limit, limit + count, std::numeric_limits<T>::infinity());
    }

    const T* values;
    const int* row;
    Index own_leaf;  ///< -1: they are none of the tree's own
    std::vector<NearestList<T>> lists;
    /// What is less than this far may still be among the nearest.
    alignas(64) T limit[width];
  };

  int row_of(Index slot) const { return order_[static_cast<std::size_t>(slot)]; }

  // Nodes are numbered in preorder: below a node of m leaves there are 2m − 2 others.
  static Index right_child(Index node, Index left_leaves) { return node + 2 * left_leaves; }

  void box(Index node, Index begin, Index end, const RowMatrixView<T>& points) {
    auto low = low_.row(node), high = high_.row(node);
    if (end - begin == 1) {
      low = high = points.row(row_of(begin * leaf_));
      for (Index slot = begin * leaf_; slot < std::min(rows_, end * leaf_); ++slot) {
        low = low.cwiseMin(points.row(row_of(slot)));
        high = high.cwiseMax(points.row(row_of(slot)));
      }
      return;
    }
    const Index middle = begin + (end - begin) / 2, left = node + 1,
                right = right_child(node, middle - begin);
    box(left, begin, middle, points);
    box(right, middle, end, points);
    low = low_.row(left).cwiseMin(low_.row(right));
    high = high_.row(left).cwiseMax(high_.row(right));
  }

  template<class Found>
  void run(Queries& queries, const Found& found) const {
    visit(0, 0, leaves_, queries);
    for (std::size_t lane = 0; lane < queries.lists.size(); ++lane)
      found(queries.row[lane], queries.lists[lane].sorted());
  }

  // The least squared distance from a query to a node's box, infinity if none of them reaches it. Summed as
  // distances are, so that rounding cannot make a box farther than what is in it.
  T gap(Index node, const Queries& queries) const {
    const P zero = simd::broadcast(T(0));
    P sum[2] = {zero, zero};
    const T *low = low_.row(node).data(), *high = high_.row(node).data(), *x = queries.values;
    for (Index j = 0; j < cols_; ++j, x += width) {
      const P lowest = simd::broadcast(low[j]), highest = simd::broadcast(high[j]);
      simd::unroll<2>([&](int r) LIFELOG_INLINED {
        const P at = simd::load(x + r * half);
        const P outside = simd::pmax(zero, simd::pmax(simd::psub(lowest, at), simd::psub(at, highest)));
        sum[r] = simd::pmadd(outside, outside, sum[r]);
      });
    }
    const P limit[2] = {simd::load(queries.limit), simd::load(queries.limit + half)};
    if (!simd::any_less(sum[0], limit[0]) && !simd::any_less(sum[1], limit[1]))
      return std::numeric_limits<T>::infinity();
    return std::min(simd::predux_min(sum[0]), simd::predux_min(sum[1]));
  }

  void visit(Index node, Index begin, Index end, Queries& queries) const {
    if (end - begin == 1) return scan(begin, queries);
    const Index middle = begin + (end - begin) / 2, left = node + 1,
                right = right_child(node, middle - begin);
    const Index own = queries.own_leaf;
    bool right_first = own >= middle && own < end;
    if (own < begin || own >= end) {
      const T to_left = gap(left, queries), to_right = gap(right, queries);
      if (!lifelog::detail::is_finite(std::min(to_left, to_right))) return;
      right_first = to_right < to_left;
    }
    // The nearer child may shorten what the other has to reach.
    const auto go = [&](bool to_right, bool sure) {
      const Index child = to_right ? right : left;
      if (!sure && !lifelog::detail::is_finite(gap(child, queries))) return;
      to_right ? visit(child, middle, end, queries) : visit(child, begin, middle, queries);
    };
    go(right_first, true);
    go(!right_first, false);
  }

  void scan(Index leaf, Queries& queries) const {
    constexpr int height = RowTiles<T>::height;
    const Index first = leaf * leaf_, last = std::min(rows_, first + leaf_);
    for (Index slot = first; slot < last; slot += height) {
      P sum[height][2];
      if (!distances_within(queries, tiles_.tile(slot / height), sum)) continue;
      const Index count = std::min<Index>(height, last - slot);
      simd::unroll<height>([&](int c) LIFELOG_INLINED {
        if (c >= count) return;
        simd::unroll<2>([&](int r) LIFELOG_INLINED {
          const P limit = simd::load(queries.limit + r * half);
          if (simd::any_less(sum[c][r], limit)) offer(sum[c][r], r * half, row_of(slot + c), limit, queries);
        });
      });
    }
  }

  // Distances to a tile's rows, or false as soon as some of the columns tell that all are too far.
  template<int height>
  EIGEN_ALWAYS_INLINE bool distances_within(const Queries& queries, const T* tile,
                                            P (&sum)[height][2]) const {
    constexpr Index stretch = 8;
    squared_distances<T, height>(queries.values, tile, std::min(stretch, cols_), sum);
    for (Index j = stretch; j < cols_; j += stretch) {
      const P limit[2] = {simd::load(queries.limit), simd::load(queries.limit + half)};
      bool near = false;
      simd::unroll<height>([&](int c) LIFELOG_INLINED {
        near = near || simd::any_less(sum[c][0], limit[0]) || simd::any_less(sum[c][1], limit[1]);
      });
      if (!near) return false;
      add_squared_distances<T, height>(queries.values + j * width, tile + j * height,
                                       std::min(stretch, cols_ - j), sum);
    }
    return true;
  }

  static void offer(const P& distances, int lane, int row, const P& limit, Queries& queries) {
    T distance[half];
    simd::store(distance, distances);
    for (unsigned mask = simd::less_mask(distances, limit); mask != 0; mask &= mask - 1) {
      const int i = std::countr_zero(mask);
      if (queries.own_leaf >= 0 && queries.row[lane + i] == row) continue;
      auto& list = queries.lists[static_cast<std::size_t>(lane + i)];
      // As far as the farthest, and of a lower number, is nearer still.
      if (list.offer(distance[i], row))
        queries.limit[lane + i] = std::nextafter(list.reach(), std::numeric_limits<T>::infinity());
    }
  }

  Index rows_, cols_;
  // Rows in a leaf: comparing queries with a box costs as much as with two rows or three.
  Index leaf_;
  Index leaves_;
  std::vector<int> order_;
  RowBlocks<T> blocks_;
  RowTiles<T> tiles_;
  RowMatrix<T> low_, high_;
};

}  // namespace lifelog::manifold::detail
