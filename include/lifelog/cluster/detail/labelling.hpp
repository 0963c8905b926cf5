// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "../../core/parallel.hpp"
#include "nearest.hpp"
#include "sums.hpp"

namespace lifelog::cluster::detail {

/// Rows to a piece: at most 64 pieces, none too small to be worth a thread's while, none that shares a block of
/// lanes with another; a function of n alone.
inline Index labelling_piece(Index rows) {
  constexpr Index lanes = 64;
  return std::max<Index>(512, (rows + 64 * lanes - 1) / (64 * lanes) * lanes);
}

/// The nearest centre of each row while centres move. With bounds it is Hamerly's algorithm ("Making k-means
/// even faster", 2010): an upper bound on the distance to a row's own centre and a lower bound on that to any
/// other; rows whose bounds stay apart keep their label, the rest are gathered into blocks of lanes and searched
/// like all rows are without bounds. Bounds are widened by what rounding may do, so that a row is only skipped
/// when the search would have found the same label: labels do not depend on bounds.
template<class T>
class Labelling {
 public:
  /// points and blocks (the same rows) must outlive this.
  Labelling(const RowMatrixView<T>& points, const RowBlocks<T>& blocks, bool bounded)
      : points_(points), blocks_(blocks), size_(labelling_piece(points.rows())) {
    const auto padded = static_cast<std::size_t>(piece_count(width, points.rows()) * width);
    own_.resize(padded);
    std::fill_n(own_.begin(), points.rows(), T(-1));
    slack_ = static_cast<T>(points.cols() + 8) * std::numeric_limits<T>::epsilon();
    tiny_ = 2 * std::sqrt(static_cast<T>(points.cols()) * std::numeric_limits<T>::min());
    bounded_ = bounded && slack_ < T(0.05);
    if (!bounded_) return;
    upper_.resize(padded);
    lower_.resize(padded);
  }

  Index pieces() const { return piece_count(size_, points_.rows()); }

  /// Relabels all rows for new centres and calls `changed(piece, changes)` with those of each piece of rows, some at a
  /// time, in order; pieces side by side. Returns whether any label changed.
  template<class Changed>
  bool update(const RowMatrix<double>& centres, int threads, Changed&& changed) {
    RowTiles<T> tiles(centres);
    const bool first = tiles_.rows() == 0;
    if (bounded_ && !first) measure_moves(centres);
    if (bounded_) centres_ = centres.cast<T>();
    tiles_ = std::move(tiles);
    std::vector<char> any(static_cast<std::size_t>(pieces()));
    parallel_for(pieces(), threads, [&](Index p) {
      const auto [begin, end] = piece_of(p, size_, points_.rows());
      std::vector<Change> changes;
      constexpr Index some = 16 * width;  // while they are in the cache
      for (Index row = begin; row < end; row += some) {
        const Index last = std::min(end, row + some);
        bounded_ && !first ? relabel_doubtful(row, last, changes) : relabel_all(row, last, changes);
        any[static_cast<std::size_t>(p)] |= !changes.empty();
        changed(p, changes);
        changes.clear();
      }
    });
    return std::find(any.begin(), any.end(), 1) != any.end();
  }

  /// [n], −1 before the first update.
  Eigen::VectorXi labels() const {
    return Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, 1>>(own_.data(), points_.rows())
        .template cast<int>();
  }

 private:
  static constexpr int width = RowBlocks<T>::width;

  void relabel_all(Index begin, Index end, std::vector<Change>& changes) {
    for (Index row = begin; row < end; row += width)
      relabel_block(row, std::min<Index>(width, end - row), changes);
  }

  void relabel_block(Index row, Index count, std::vector<Change>& changes) {
    constexpr int size = simd::packet_size<T>;
    Nearest<T> found;
    search(blocks_.block(row / width), found);
    const auto at = static_cast<std::size_t>(row);
    for (int r = 0; r < width; r += size) {
      if (bounded_) {
        const auto bound = [&](const T* squared, T factor, T shift) LIFELOG_INLINED {
          return simd::pmadd(simd::psqrt(simd::load(squared + r)), simd::broadcast(factor),
                             simd::broadcast(shift));
        };
        simd::store(&upper_[at] + r, bound(found.first, 1 + slack_, tiny_));
        simd::store(&lower_[at] + r, bound(found.second, 1 - slack_, -tiny_));
      }
      const auto before = simd::load(&own_[at] + r), now = simd::load(found.index + r);
      for (unsigned differ = simd::less_mask(before, now) | simd::less_mask(now, before); differ != 0;
           differ &= differ - 1) {
        const Index lane = r + std::countr_zero(differ);
        if (lane < count) relabel(row + lane, found.index[lane], changes);
      }
    }
  }

  void relabel(Index row, T label, std::vector<Change>& changes) {
    T& own = own_[static_cast<std::size_t>(row)];
    changes.push_back({row, static_cast<int>(own), static_cast<int>(label)});
    own = label;
  }

  // To gather a coordinate of a row takes about as long as to compare it, among a register of others, with one and a half
  // times as many centres as a register has lanes.
  bool gathering_costs_more(Index doubtful, Index lanes) const {
    return doubtful * (2 * tiles_.rows() + 3 * simd::packet_size<T>) >= 2 * lanes * tiles_.rows();
  }

  void relabel_doubtful(Index begin, Index end, std::vector<Change>& changes) {
    std::vector<T> gathered(static_cast<std::size_t>(width * points_.cols()));
    Index doubtful[2 * width], count = 0;
    const auto flush = [&] {
      const Index lanes = std::min<Index>(count, width);
      for (Index lane = 0; lane < lanes; ++lane)
        for (Index j = 0; j < points_.cols(); ++j)
          gathered[static_cast<std::size_t>(j * width + lane)] = points_(doubtful[lane], j);
      Nearest<T> found;
      search(gathered.data(), found);
      for (Index lane = 0; lane < lanes; ++lane) settle(doubtful[lane], found, lane, changes);
      std::copy(doubtful + lanes, doubtful + count, doubtful);
      count -= lanes;
    };
    for (Index row = begin; row < end; row += width) {
      const Index lanes = std::min<Index>(width, end - row), before = count;
      bool keeps[width];
      follow_centres(row, keeps);
      for (Index lane = 0; lane < lanes; ++lane) {
        if (keeps[lane]) continue;
        doubtful[count++] = row + lane;
        const T* const next = points_.row(row + lane).data();
        simd::prefetch(next);
        simd::prefetch(next + points_.cols() - 1);
      }
      if (gathering_costs_more(count - before, lanes)) {
        count = before;
        relabel_block(row, lanes, changes);
      }
      if (count >= width) flush();
    }
    if (count > 0) flush();
  }

  // Lets the bounds of a block follow the centres; tells which rows surely keep their label.
  void follow_centres(Index row, bool (&keeps)[width]) {
    constexpr T rounding = 1 + 4 * std::numeric_limits<T>::epsilon();
    T* const upper = &upper_[static_cast<std::size_t>(row)];
    T* const lower = &lower_[static_cast<std::size_t>(row)];
    const T* const label = &own_[static_cast<std::size_t>(row)];
    T own[width], others[width], half_gap[width];
    for (int lane = 0; lane < width; ++lane) {
      const auto& move = moves_[static_cast<std::size_t>(static_cast<int>(label[lane]))];
      own[lane] = move.own;
      others[lane] = move.others;
      half_gap[lane] = move.half_gap;
    }
    for (int lane = 0; lane < width; ++lane) {
      const T above = (upper[lane] + own[lane]) * rounding,
              below = (lower[lane] - others[lane]) * (2 - rounding);
      keeps[lane] = above < std::max(below, half_gap[lane]);
      upper[lane] = above;
      lower[lane] = below;
    }
  }

  void search(const T* block, Nearest<T>& found) const {
    if (bounded_)
      NearestKernel<T, true>::run(block, tiles_, found);
    else
      NearestKernel<T, false>::run(block, tiles_, found);
  }

  // A row of a gathered block: its bounds are those that relabel_block would give it.
  void settle(Index row, const Nearest<T>& found, Index lane, std::vector<Change>& changes) {
    const auto i = static_cast<std::size_t>(row);
    upper_[i] = std::sqrt(found.first[lane]) * (1 + slack_) + tiny_;
    lower_[i] = std::sqrt(found.second[lane]) * (1 - slack_) - tiny_;
    if (own_[i] != found.index[lane]) relabel(row, found.index[lane], changes);
  }

  // How far each centre has moved, how far the others have at most, and half the distance to the nearest other.
  void measure_moves(const RowMatrix<double>& centres) {
    const RowMatrix<T> next = centres.template cast<T>();
    moves_.resize(static_cast<std::size_t>(centres.rows()));
    T largest = 0, second = 0;
    for (Index c = 0; c < centres.rows(); ++c) {
      double sum = 0;
      for (Index j = 0; j < centres.cols(); ++j) {
        const double difference = static_cast<double>(next(c, j)) - static_cast<double>(centres_(c, j));
        sum += difference * difference;
      }
      const T moved = static_cast<T>(std::sqrt(sum)) * (1 + slack_);
      moves_[static_cast<std::size_t>(c)].own = moved;
      second = std::max(second, std::min(largest, moved));
      largest = std::max(largest, moved);
    }
    for (auto& move : moves_) move.others = move.own < largest ? largest : second;
    measure_gaps(next);
  }

  void measure_gaps(const RowMatrix<T>& centres) {
    const RowTiles<T> tiles(centres);
    const RowBlocks<T> blocks(RowMatrixView<T>(centres.data(), centres.rows(), centres.cols(),
                                               Eigen::OuterStride<>(centres.cols())));
    for (Index c = 0; c < centres.rows(); c += width) {
      Nearest<T> nearest;  // the first is the centre itself, or its double
      NearestKernel<T, true>::run(blocks.block(c / width), tiles, nearest);
      for (Index lane = 0; lane < std::min<Index>(width, centres.rows() - c); ++lane)
        moves_[static_cast<std::size_t>(c + lane)].half_gap =
            std::sqrt(nearest.second[lane]) / 2 * (1 - 4 * slack_) - tiny_;
    }
  }

  struct Move {
    T own, others, half_gap;
  };

  const RowMatrixView<T>& points_;
  const RowBlocks<T>& blocks_;
  Index size_;
  bool bounded_;
  T slack_, tiny_;
  RowTiles<T> tiles_{RowMatrix<T>()};
  RowMatrix<T> centres_;
  std::vector<Move> moves_;
  std::vector<T> own_, upper_, lower_;  // by row, to whole blocks; labels are whole numbers
};

}  // namespace lifelog::cluster::detail
