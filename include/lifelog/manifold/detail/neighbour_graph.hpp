// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "../../core/random.hpp"
#include "neighbour_tree.hpp"

namespace lifelog::inline LIFELOG_ABI::manifold::detail {

/// k neighbours of each of n rows that get better: first those that share leaves of random-projection trees (Dasgupta
/// & Freund, "Random projection trees and low dimensional manifolds", 2008), then neighbours of neighbours (Dong,
/// Charikar & Li, "Efficient k-nearest neighbor graph construction for generic similarity measures", 2011). Where
/// theirs hands each pair to both of its rows, here each row fetches for itself, from the graph as the last round left
/// it: twice the distances, but no two threads write to one row and the order of rows does not matter.
template<class T>
class NeighbourGraph {
 public:
  NeighbourGraph(const RowMatrixView<T>& points, Index k, int threads)
      : k_(k),
        threads_(threads),
        leaf_(std::max<Index>(128, k + 1)),
        order_(TreeOrder<T>::of(points, leaf_)) {
    // Rows that are near lie near in memory, each filled up to whole registers.
    constexpr Index lanes = simd::packet_size<T>;
    rows_ = RowMatrix<T>::Zero(points.rows(), piece_count(lanes, points.cols()) * lanes);
    for (Index slot = 0; slot < points.rows(); ++slot)
      rows_.row(slot).head(points.cols()) = points.row(order_[at(slot)]);
    links_.resize(at(rows() * k_), Link{std::numeric_limits<T>::infinity(), -1, false});
  }

  Index rows() const { return rows_.rows(); }

  /// Offers each other the rows of each leaf of a tree: of the one of the rows' own order (0, the first to be planted)
  /// or of a random one.
  void plant(int tree, const Random& root) {
    std::vector<int> order(at(rows()));
    std::iota(order.begin(), order.end(), 0);
    if (tree > 0)
      split_at_random(order.data(), order.data() + order.size(), root.fork(static_cast<std::uint64_t>(tree)));
    // Leaves as large as the others or a little larger, the last one too: all rows find k others in each.
    const Index leaves = std::max<Index>(1, rows() / leaf_);
    parallel_for(leaves, threads_, [&](Index p) {
      const Index begin = p * rows() / leaves, end = (p + 1) * rows() / leaves;
      join_leaf(order.data() + begin, end - begin);
    });
  }

  /// One round of neighbours of neighbours, over at most `most` new ones, old ones, and those who hold a row for either,
  /// each. Returns how many links changed.
  Index improve(Index most, const Random& round) {
    choose(most, round);
    constexpr Index size = 2048;
    std::vector<Index> changes(at(piece_count(size, rows())));
    std::vector<Link> next(links_.size());
    parallel_for(static_cast<Index>(changes.size()), threads_, [&](Index p) {
      const auto [begin, end] = piece_of(p, size, rows());
      std::vector<int> seen(at(rows()), -1);
      std::vector<Link> found;
      for (Index i = begin; i < end; ++i) {
        fetch(i, seen, found);
        changes[at(p)] += merge(i, found, next.data() + i * k_);
      }
    });
    links_.swap(next);
    return std::accumulate(changes.begin(), changes.end(), Index{0});
  }

  /// Calls found(row, entries) with the k neighbours of each row, nearest first.
  template<class Found>
  void each(const Found& found) const {
    parallel_for(piece_count(256, rows()), threads_, [&](Index p) {
      const auto [begin, end] = piece_of(p, 256, rows());
      std::vector<typename NearestList<T>::Entry> entries(at(k_));
      for (Index i = begin; i < end; ++i) {
        for (Index r = 0; r < k_; ++r) {
          const Link& link = links_[at(i * k_ + r)];
          entries[at(r)] = {link.distance, order_[at(link.slot)]};
        }
        std::sort(entries.begin(), entries.end());
        found(order_[at(i)], entries);
      }
    });
  }

 private:
  struct Link {
    T distance;
    int slot;  ///< -1: none yet
    bool fresh;

    bool operator<(const Link& other) const {
      return distance < other.distance || (distance == other.distance && slot < other.slot);
    }
  };

  static std::size_t at(Index i) { return static_cast<std::size_t>(i); }

  T distance(Index a, Index b) const {
    constexpr Index lanes = simd::packet_size<T>;
    const T *x = rows_.row(a).data(), *y = rows_.row(b).data();
    auto sum = simd::broadcast(T(0));
    for (Index j = 0; j < rows_.cols(); j += lanes) {
      const auto difference = simd::psub(simd::load(x + j), simd::load(y + j));
      sum = simd::pmadd(difference, difference, sum);
    }
    return simd::predux(sum);
  }

  // Halves [begin, end) at whole leaves, by which of two random rows is nearer.
  void split_at_random(int* begin, int* end, Random random) const {
    const Index count = end - begin, leaves = piece_count(leaf_, count);
    if (leaves <= 1) return;
    const auto pick = [&] { return rows_.row(begin[random.below(static_cast<std::uint64_t>(count))]); };
    const auto first = pick();
    const Eigen::Matrix<T, 1, Eigen::Dynamic> direction = pick() - first;
    std::vector<std::pair<T, int>> height(at(count));
    for (Index i = 0; i < count; ++i) height[at(i)] = {rows_.row(begin[i]).dot(direction), begin[i]};
    const Index middle = leaves / 2 * leaf_;
    std::nth_element(height.begin(), height.begin() + middle, height.end());
    for (Index i = 0; i < count; ++i) begin[i] = height[at(i)].second;
    split_at_random(begin, begin + middle, random.fork(0));
    split_at_random(begin + middle, end, random.fork(1));
  }

  void join_leaf(const int* slots, Index count) {
    std::vector<Link> found, merged(at(k_));
    for (Index a = 0; a < count; ++a) {
      const Index i = slots[a];
      found.clear();
      const T reach = links_[at((i + 1) * k_ - 1)].distance;
      for (Index b = 0; b < count; ++b) {
        const T away = distance(i, slots[b]);
        if (a != b && away <= reach) found.push_back({away, slots[b], true});
      }
      merge(i, found, merged.data());
      std::copy(merged.begin(), merged.end(), links_.begin() + i * k_);
    }
  }

  // Writes the k nearest of a row's links and of those found (which may be among the links, but not twice themselves)
  // to `out`; returns how many are new.
  Index merge(Index i, std::vector<Link>& found, Link* out) const {
    std::sort(found.begin(), found.end());
    const Link* own = links_.data() + i * k_;
    Index used = 0, taken = 0;
    auto next = found.begin();
    while (used + taken < k_) {
      const Link& mine = own[used];
      while (next != found.end() && next->slot == mine.slot) ++next;
      if (next != found.end() && *next < mine)
        out[used + taken] = *next++, ++taken;
      else
        out[used + taken] = mine, ++used;
    }
    return taken;
  }

  // For each row, some of its new links and some of the old, and of those who link to it; the new ones that are chosen
  // are old from then on.
  void choose(Index most, const Random& round) {
    fresh_.assign(rows(), most);
    old_.assign(rows(), most);
    Random random = round;
    for (Index i = 0; i < rows(); ++i) {
      Index budget = most;
      for (Index r = 0; r < k_; ++r) {
        Link& link = links_[at(i * k_ + r)];
        if (link.slot < 0) continue;
        if (!link.fresh) {
          if (r < most) old_.add(i, link.slot, random);
          continue;
        }
        if (budget-- <= 0) continue;
        link.fresh = false;
        fresh_.add(i, link.slot, random);
      }
    }
  }

  // Symmetric lists of limited length: a sample of all that were added (Vitter's algorithm R, 1985).
  class Lists {
   public:
    void assign(Index rows, Index most) {
      most_ = 2 * most;
      count_.assign(at(rows), 0);
      slots_.resize(at(rows * most_));
    }

    void add(Index a, Index b, Random& random) {
      add_to(a, static_cast<int>(b), random);
      add_to(b, static_cast<int>(a), random);
    }

    const int* begin(Index i) const { return slots_.data() + i * most_; }
    const int* end(Index i) const { return begin(i) + std::min(most_, count_[at(i)]); }

   private:
    void add_to(Index a, int b, Random& random) {
      const Index seen = count_[at(a)]++;
      const Index place =
          seen < most_ ? seen : static_cast<Index>(random.below(static_cast<std::uint64_t>(seen + 1)));
      if (place < most_) slots_[at(a * most_ + place)] = b;
    }

    Index most_ = 0;
    std::vector<Index> count_;
    std::vector<int> slots_;
  };

  // Neighbours of neighbours that are nearer than the row's farthest link: through new links all, through old links
  // the new ones. seen: i where a slot was met already.
  void fetch(Index i, std::vector<int>& seen, std::vector<Link>& found) const {
    found.clear();
    const int self = static_cast<int>(i);
    seen[at(i)] = self;
    for (Index r = 0; r < k_; ++r)
      if (const Link& link = links_[at(i * k_ + r)]; link.slot >= 0) seen[at(link.slot)] = self;
    const T reach = links_[at((i + 1) * k_ - 1)].distance;
    const auto visit = [&](const int* first, const int* last) {
      for (; first != last; ++first) {
        if (seen[at(*first)] == self) continue;
        seen[at(*first)] = self;
        const T away = distance(i, *first);
        if (away < reach) found.push_back({away, *first, true});
      }
    };
    for (const int* v = fresh_.begin(i); v != fresh_.end(i); ++v) {
      visit(v, v + 1);  // it may link here without being linked to
      visit(fresh_.begin(*v), fresh_.end(*v));
      visit(old_.begin(*v), old_.end(*v));
    }
    for (const int* v = old_.begin(i); v != old_.end(i); ++v) visit(fresh_.begin(*v), fresh_.end(*v));
  }

  Index k_;
  int threads_;
  Index leaf_;  ///< rows
  std::vector<int> order_;
  RowMatrix<T> rows_;
  std::vector<Link> links_;  ///< [n, k], nearest first
  Lists fresh_, old_;
};

}  // namespace lifelog::manifold::detail
