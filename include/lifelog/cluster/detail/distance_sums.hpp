// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <vector>

#include "../../core/distance.hpp"
#include "../../core/parallel.hpp"

namespace lifelog::inline LIFELOG_ABI::cluster::detail {

using namespace lifelog::detail;

/// Sums of the distances from every row to the rows of each cluster, a few dozen distances in T, the rest in double.
template<class T>
class DistanceSums {
 public:
  /// members: the rows of each cluster, at least one each; points must outlive the call.
  DistanceSums(const RowMatrixView<T>& points, const std::vector<std::vector<Index>>& members)
      : clusters_(static_cast<Index>(members.size())), blocks_(0, 0), tiles_(0, 0) {
    for (const auto& rows : members) {
      starts_.push_back(places_);
      ends_.push_back(places_ + static_cast<Index>(rows.size()));
      places_ = piece_count(height, ends_.back()) * height;
    }
    blocks_ = RowBlocks<T>(places_, points.cols());
    tiles_ = RowTiles<T>(places_, points.cols());
    rows_.assign(at(places_), -1);
    for (std::size_t c = 0; c < members.size(); ++c)
      for (std::size_t i = 0; i < members[c].size(); ++i) {
        const Index place = starts_[c] + static_cast<Index>(i), row = members[c][i];
        blocks_.set_row(place, points.row(row).data());
        tiles_.set_row(place, points.row(row));
        rows_[at(place)] = row;
      }
  }

  /// Calls use(row, sums) for each row, side by side; sums: [clusters]. O(n d) memory.
  template<class Use>
  void each(int threads, Use&& use) const {
    constexpr Index few = 32;  // clusters: their sums may be kept for all rows at once
    clusters_ <= few ? each_pair_once(threads, use) : each_block(threads, use);
  }

 private:
  using P = simd::Packet<T>;
  static constexpr int width = RowBlocks<T>::width, height = RowTiles<T>::height,
                       lanes = simd::packet_size<T>;

  template<class Use>
  void each_block(int threads, Use& use) const {
    parallel_for(piece_count(width, places_), threads, [&](Index p) {
      const Piece share = piece_of(p, width, places_);
      RowMatrix<double> sums = RowMatrix<double>::Zero(share.end - share.begin, clusters_);
      meet<false>(share, {0, places_}, sums, share.begin);
      hand_out(share, sums, share.begin, use);
    });
  }

  // Each distance is computed once and counts for both rows. Places are cut into shares; all pairs of shares meet in
  // rounds of pairs that have no share in common: pairs of one round may write at the same time, and what a row gets
  // comes in the same order whatever the number of threads.
  template<class Use>
  void each_pair_once(int threads, Use& use) const {
    constexpr Index most = 32;
    const Index size = piece_count(width, piece_count(most, places_)) * width;
    const Index shares = piece_count(size, places_), around = shares - 1 + shares % 2;
    const auto share = [&](Index s) { return piece_of(s, size, places_); };
    RowMatrix<double> sums = RowMatrix<double>::Zero(places_, clusters_);
    parallel_for(shares, threads, [&](Index s) { meet<false>(share(s), share(s), sums, 0); });
    for (Index round = 0; round < around; ++round)
      parallel_for((around + 1) / 2, threads, [&](Index p) {
        // The circle method of tournaments: one share stays where it is, the others go around.
        const Index a = (round + p) % around, b = p == 0 ? around : (round + around - p) % around;
        if (b < shares) meet<true>(share(a), share(b), sums, 0);
      });
    parallel_for(shares, threads, [&](Index s) { hand_out(share(s), sums, 0, use); });
  }

  template<class Use>
  void hand_out(Piece share, const RowMatrix<double>& sums, Index origin, Use& use) const {
    for (Index place = share.begin; place < share.end; ++place)
      if (rows_[at(place)] >= 0) use(rows_[at(place)], sums.row(place - origin));
  }

  // Distances between the places of two shares; without `both` they count for those of the first alone: summed in lanes
  // beside those of other places. For the second each place has a register, whose lanes are summed in the end.
  // sums: [places from `origin` on, clusters].
  template<bool both>
  void meet(Piece first, Piece second, RowMatrix<double>& sums, Index origin) const {
    std::vector<T> across(both ? at((second.end - second.begin) * lanes) : 0);
    each_cluster(first, [&](Index a, Piece part) {
      std::fill(across.begin(), across.end(), T(0));
      for (Index block = part.begin / width; block * width < part.end; ++block) {
        const Index from = std::max(part.begin - block * width, Index{0});
        const Index to = std::min(part.end - block * width, Index{width});
        T mask[width];
        for (Index lane = 0; lane < width; ++lane) mask[lane] = T(lane >= from && lane < to);
        each_cluster(second, [&](Index b, Piece other) {
          double found[width] = {};
          T* const to_rows = across.data() + (both ? (other.begin - second.begin) * lanes : 0);
          if (to - from == width)
            strip<both, false>(blocks_.block(block), other, mask, found, to_rows);
          else
            strip<both, both>(blocks_.block(block), other, mask, found, to_rows);
          for (Index lane = from; lane < to; ++lane) sums(block * width + lane - origin, b) += found[lane];
        });
      }
      for (Index j = 0; both && j < second.end - second.begin; ++j) {
        double sum = 0;
        for (Index lane = j * lanes; lane < (j + 1) * lanes; ++lane)
          sum += static_cast<double>(across[at(lane)]);
        sums(second.begin + j - origin, a) += sum;
      }
    });
  }

  // Calls work(cluster, places of it) for each cluster that has places in a share.
  template<class Work>
  void each_cluster(Piece share, Work&& work) const {
    auto c = std::upper_bound(ends_.begin(), ends_.end(), share.begin) - ends_.begin();
    for (; c < clusters_ && starts_[at(c)] < share.end; ++c)
      work(c, Piece{std::max(share.begin, starts_[at(c)]), std::min(share.end, ends_[at(c)])});
  }

  // One block against places of one cluster; sums: [width], to_rows: [places × lanes], masked by lane.
  template<bool both, bool masked>
  void strip(const T* block, Piece places, const T* mask, double* sums, T* to_rows) const {
    constexpr Index flush = 8;  // tiles
    const Index whole = (places.end - places.begin) / height, rest = (places.end - places.begin) % height;
    for (Index begin = 0; begin < whole; begin += flush) {
      P part[2] = {simd::broadcast(T(0)), simd::broadcast(T(0))};
      for (Index t = begin; t < std::min(whole, begin + flush); ++t)
        add<height, both, masked>(block, tiles_.tile(places.begin / height + t), tiles_.cols(), mask, part,
                                  both ? to_rows + t * height * lanes : nullptr);
      collect(part, sums);
    }
    P part[2] = {simd::broadcast(T(0)), simd::broadcast(T(0))};
    simd::unroll_constants<height - 1>([&](auto c) {
      if (rest == c + 1)
        add<c + 1, both, masked>(block, tiles_.tile(places.begin / height + whole), tiles_.cols(), mask, part,
                                 both ? to_rows + whole * height * lanes : nullptr);
    });
    collect(part, sums);
  }

  template<int count, bool both, bool masked>
  EIGEN_ALWAYS_INLINE static void add(const T* block, const T* tile, Index cols, const T* mask, P (&part)[2],
                                      T* to_rows) {
    P sum[count][2];
    squared_distances<T, count>(block, tile, cols, sum);
    simd::unroll<count>([&](int c) LIFELOG_INLINED {
      P distance[2] = {simd::square_root(sum[c][0]), simd::square_root(sum[c][1])};
      simd::unroll<2>([&](int r) LIFELOG_INLINED {
        if (masked) distance[r] = simd::pmul(distance[r], simd::load(mask + r * lanes));
        part[r] = simd::padd(part[r], distance[r]);
      });
      if (!both) return;
      T* const to = to_rows + c * lanes;
      simd::store(to, simd::padd(simd::load(to), simd::padd(distance[0], distance[1])));
    });
  }

  static void collect(const P (&part)[2], double* sums) {
    T values[width];
    simd::store(values, part[0]);
    simd::store(values + lanes, part[1]);
    for (int lane = 0; lane < width; ++lane) sums[lane] += static_cast<double>(values[lane]);
  }

  static std::size_t at(Index i) { return static_cast<std::size_t>(i); }

  Index clusters_, places_ = 0;
  std::vector<Index> starts_, ends_;  // places of each cluster, from whole tiles on
  std::vector<Index> rows_;           // by place; -1 = none
  RowBlocks<T> blocks_;
  RowTiles<T> tiles_;
};

}  // namespace lifelog::cluster::detail
