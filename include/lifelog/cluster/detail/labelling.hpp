// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "../../core/parallel.hpp"
#include "nearest.hpp"

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
      : points_(points), blocks_(blocks), labels_(Eigen::VectorXi::Constant(points.rows(), -1)) {
    slack_ = static_cast<T>(points.cols() + 8) * std::numeric_limits<T>::epsilon();
    tiny_ = 2 * std::sqrt(static_cast<T>(points.cols()) * std::numeric_limits<T>::min());
    bounded_ = bounded && slack_ < T(0.05);
    if (!bounded_) return;
    upper_.resize(static_cast<std::size_t>(points.rows()));
    lower_.resize(upper_.size());
  }

  /// Relabels all rows for new centres; returns whether any label changed.
  bool update(const RowMatrix<double>& centres, int threads) {
    RowTiles<T> tiles(centres);
    const bool first = tiles_.rows() == 0;
    if (bounded_ && !first) measure_moves(centres);
    if (bounded_) centres_ = centres.cast<T>();
    tiles_ = std::move(tiles);
    const Index size = labelling_piece(points_.rows()), pieces = piece_count(size, points_.rows());
    std::vector<char> changed(static_cast<std::size_t>(pieces));
    parallel_for(pieces, threads, [&](Index p) {
      const auto [begin, end] = piece_of(p, size, points_.rows());
      changed[static_cast<std::size_t>(p)] =
          bounded_ && !first ? relabel_doubtful(begin, end) : relabel_all(begin, end);
    });
    return std::find(changed.begin(), changed.end(), 1) != changed.end();
  }

  const Eigen::VectorXi& labels() const { return labels_; }

 private:
  static constexpr int width = RowBlocks<T>::width;

  bool relabel_all(Index begin, Index end) {
    bool changed = false;
    for (Index row = begin; row < end; row += width)
      changed |= relabel_block(row, std::min<Index>(width, end - row));
    return changed;
  }

  bool relabel_block(Index row, Index count) {
    Nearest<T> found;
    search(blocks_.block(row / width), found);
    bool changed = false;
    for (Index lane = 0; lane < count; ++lane) changed |= settle(row + lane, found, lane);
    return changed;
  }

  bool relabel_doubtful(Index begin, Index end) {
    bool changed = false;
    std::vector<T> gathered(static_cast<std::size_t>(width * points_.cols()));
    Index doubtful[2 * width], count = 0;
    const auto flush = [&] {
      const Index lanes = std::min<Index>(count, width);
      for (Index lane = 0; lane < lanes; ++lane)
        for (Index j = 0; j < points_.cols(); ++j)
          gathered[static_cast<std::size_t>(j * width + lane)] = points_(doubtful[lane], j);
      Nearest<T> found;
      search(gathered.data(), found);
      for (Index lane = 0; lane < lanes; ++lane) changed |= settle(doubtful[lane], found, lane);
      std::copy(doubtful + lanes, doubtful + count, doubtful);
      count -= lanes;
    };
    for (Index row = begin; row < end; row += width) {
      const Index lanes = std::min<Index>(width, end - row), before = count;
      for (Index i = row; i < row + lanes; ++i) {
        doubtful[count] = i;
        count += !keeps_label(i);
      }
      if (4 * (count - before) >= 3 * lanes) {  // not worth gathering
        count = before;
        changed |= relabel_block(row, lanes);
      }
      if (count >= width) flush();
    }
    if (count > 0) flush();
    return changed;
  }

  // Lets the bounds of a row follow the centres.
  bool keeps_label(Index row) {
    const auto i = static_cast<std::size_t>(row);
    const auto& move = moves_[static_cast<std::size_t>(labels_[row])];
    constexpr T rounding = 1 + 4 * std::numeric_limits<T>::epsilon();
    upper_[i] = (upper_[i] + move.own) * rounding;
    lower_[i] = (lower_[i] - move.others) * (2 - rounding);
    return upper_[i] < std::max(lower_[i], move.half_gap);
  }

  void search(const T* block, Nearest<T>& found) const {
    if (bounded_)
      NearestKernel<T, true>::run(block, tiles_, found);
    else
      NearestKernel<T, false>::run(block, tiles_, found);
  }

  bool settle(Index row, const Nearest<T>& found, Index lane) {
    const int label = static_cast<int>(found.index[lane]);
    const bool changed = labels_[row] != label;
    labels_[row] = label;
    if (bounded_) {
      const auto i = static_cast<std::size_t>(row);
      upper_[i] = std::sqrt(found.first[lane]) * (1 + slack_) + tiny_;
      lower_[i] = std::sqrt(found.second[lane]) * (1 - slack_) - tiny_;
    }
    return changed;
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
  bool bounded_;
  T slack_, tiny_;
  Eigen::VectorXi labels_;
  RowTiles<T> tiles_{RowMatrix<T>()};
  RowMatrix<T> centres_;
  std::vector<Move> moves_;
  std::vector<T> upper_, lower_;
};

}  // namespace lifelog::cluster::detail
