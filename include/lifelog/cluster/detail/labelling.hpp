// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "nearest_centres.hpp"
#include "scored_search.hpp"
#include "searched_rows.hpp"
#include "sums.hpp"

namespace lifelog::cluster::detail {

/// The nearest centre of each row while centres move. With bounds it is Hamerly's algorithm ("Making k-means
/// even faster", 2010): an upper bound on the distance to a row's own centre and a lower bound on that to any
/// other; rows whose bounds stay apart keep their label, the rest are gathered into blocks of lanes and searched, by
/// scores instead of distances. Bounds are widened by what rounding may do, so that a row is only skipped when the
/// search would have found the same label: labels depend neither on bounds nor on scores.
template<class T>
class Labelling {
 public:
  /// points and the same as rows must outlive this. Bounded where rows are made for scores.
  Labelling(const RowMatrixView<T>& points, const SearchedRows<T>& rows)
      : points_(points),
        rows_(rows),
        size_(labelling_piece(points.rows())),
        bounded_(rows.scored()),
        search_(points),
        own_(static_cast<std::size_t>(rows.blocks() * width)) {
    std::fill_n(own_.begin(), points.rows(), T(-1));
    if (!bounded_) return;
    upper_.resize(own_.size());
    lower_.resize(own_.size());
  }

  Index pieces() const { return piece_count(size_, points_.rows()); }

  /// Relabels all rows for new centres and calls `changed(piece, changes)` with those of each piece of rows, some at a
  /// time, in order; pieces side by side. Returns whether any label changed.
  template<class Changed>
  bool update(const RowMatrix<double>& centres, int threads, Changed&& changed) {
    const bool first = k_ == 0;
    k_ = centres.rows();
    if (!bounded_) tiles_ = RowTiles<T>(centres);
    if (bounded_ && !first) measure_moves(centres.cast<T>());
    if (bounded_) search_.set_centres(centres.cast<T>(), rows_.origin());
    std::vector<char> any(static_cast<std::size_t>(pieces()));
    parallel_for(pieces(), threads, [&](Index p) {
      const auto [begin, end] = piece_of(p, size_, points_.rows());
      std::vector<Change> changes;
      Desk desk = search_.desk();
      constexpr Index some = 16 * width;  // while they are in the cache
      for (Index row = begin; row < end; row += some) {
        const Index last = std::min(end, row + some);
        bounded_ && !first ? relabel_doubtful(row, last, desk, changes)
                           : relabel_all(row, last, desk, changes);
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
  using Desk = typename ScoredSearch<T>::Desk;

  void relabel_all(Index begin, Index end, Desk& desk, std::vector<Change>& changes) {
    for (Index row = begin; row < end; row += width)
      relabel_block(row, std::min<Index>(width, end - row), desk, changes);
  }

  void relabel_block(Index row, Index lanes, Desk& desk, std::vector<Change>& changes) {
    constexpr int size = simd::packet_size<T>;
    Nearest<T> found;
    const Index block = row / width;
    if (bounded_) {
      search_.run(
          rows_.block(block), rows_.block(std::min(block + 1, rows_.blocks() - 1)), rows_.half_norms(row),
          lanes, [&](int lane) { return row + lane; }, desk, found);
      std::copy_n(found.first, width, upper_.data() + row);
      std::copy_n(found.second, width, lower_.data() + row);
    } else {
      NearestKernel<T, false>::run(rows_.block(block), tiles_, found);
    }
    for (int r = 0; r < width; r += size) {
      const auto before = simd::load(own_.data() + row + r), now = simd::load(found.index + r);
      for (unsigned differ = simd::less_mask(before, now) | simd::less_mask(now, before); differ != 0;
           differ &= differ - 1) {
        const Index lane = r + std::countr_zero(differ);
        if (lane < lanes) relabel(row + lane, found.index[lane], changes);
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
    return doubtful * (2 * k_ + 3 * simd::packet_size<T>) >= 2 * lanes * k_;
  }

  void relabel_doubtful(Index begin, Index end, Desk& desk, std::vector<Change>& changes) {
    std::vector<T> gathered(static_cast<std::size_t>(width * points_.cols())), half_norms(width);
    Index doubtful[2 * width], count = 0;
    const auto flush = [&] {
      const Index lanes = std::min<Index>(count, width);
      for (Index lane = 0; lane < lanes; ++lane) {
        const T* const row = points_.row(doubtful[lane]).data();
        half_norms[static_cast<std::size_t>(lane)] = *rows_.half_norms(doubtful[lane]);
        for (Index j = 0; j < points_.cols(); ++j)
          gathered[static_cast<std::size_t>(j * width + lane)] = row[j] - rows_.origin()[j];
      }
      Nearest<T> found;
      search_.run(
          gathered.data(), gathered.data(), half_norms.data(), lanes,
          [&](int lane) { return doubtful[lane]; }, desk, found);
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
        relabel_block(row, lanes, desk, changes);
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

  // A row of a gathered block: its bounds are those that relabel_block would give it.
  void settle(Index row, const Nearest<T>& found, Index lane, std::vector<Change>& changes) {
    const auto i = static_cast<std::size_t>(row);
    upper_[i] = found.first[lane];
    lower_[i] = found.second[lane];
    if (own_[i] != found.index[lane]) relabel(row, found.index[lane], changes);
  }

  // How far each centre has moved, how far the others have at most, and half the distance to the nearest other.
  void measure_moves(const RowMatrix<T>& next) {
    const RowMatrix<T>& centres = search_.centres();
    moves_.resize(static_cast<std::size_t>(centres.rows()));
    T largest = 0, second = 0;
    for (Index c = 0; c < centres.rows(); ++c) {
      double sum = 0;
      for (Index j = 0; j < centres.cols(); ++j) {
        const double difference = static_cast<double>(next(c, j)) - static_cast<double>(centres(c, j));
        sum += difference * difference;
      }
      const T moved = static_cast<T>(std::sqrt(sum)) * (1 + search_.slack());
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
            std::sqrt(nearest.second[lane]) / 2 * (1 - 4 * search_.slack()) - search_.tiny();
    }
  }

  struct Move {
    T own, others, half_gap;
  };

  const RowMatrixView<T>& points_;
  const SearchedRows<T>& rows_;
  Index size_, k_ = 0;
  bool bounded_;
  RowTiles<T> tiles_{0, 0};  // without bounds
  ScoredSearch<T> search_;   // with them
  std::vector<Move> moves_;
  std::vector<T> own_, upper_, lower_;  // by row, to whole blocks; labels are whole numbers
};

}  // namespace lifelog::cluster::detail
