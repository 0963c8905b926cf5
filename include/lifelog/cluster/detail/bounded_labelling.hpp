// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <vector>

#include "labelling.hpp"
#include "scored_search.hpp"

namespace lifelog::inline LIFELOG_ABI::cluster::detail {

/// Labelling after Hamerly ("Making k-means even faster", 2010): it keeps a lower bound of how much farther any other centre
/// is than a row's own, instead of his two bounds. Rows where it stays above 0 while centres move keep their label; the
/// rest are gathered into blocks of lanes and searched, by scores instead of distances. Bounds are widened by what rounding may
/// do, so that a row is only skipped when the search would have found the same label: labels depend neither on bounds nor on
/// scores.
template<class T>
class BoundedLabelling {
 public:
  /// rows: the points; both must outlive this.
  BoundedLabelling(const RowMatrixView<T>& points, const QuantizedRows& rows)
      : points_(points),
        rows_(rows),
        search_(points, rows),
        labels_(points.rows(), width),
        gaps_(static_cast<std::size_t>(rows.blocks() * width)) {}

  /// As Labelling::update.
  template<class Changed>
  bool update(const RowMatrix<double>& centres, int threads, Changed&& changed) {
    const bool first = k_ == 0;
    k_ = centres.rows();
    const RowMatrix<T> rounded = centres.cast<T>();
    if (!first) measure_drifts(rounded);
    search_.set_centres(rounded);
    const auto relabel = [&](Index begin, Index end, std::vector<Change>& changes) {
      Desk desk(rows_);
      first ? relabel_all(begin, end, desk, changes) : relabel_doubtful(begin, end, desk, changes);
    };
    return relabel_pieces(points_.rows(), threads, relabel, changed);
  }

  /// [n], −1 before the first update.
  Eigen::VectorXi labels() const { return labels_.all(); }

 private:
  static constexpr int width = ScoredSearch<T>::width;

  /// What a thread works with.
  struct Desk {
    explicit Desk(const QuantizedRows& rows) : block(static_cast<std::size_t>(width * rows.pairs())) {}

    std::vector<std::int32_t> block;
    float norms[width];
    typename ScoredSearch<T>::Found found;
  };

  void relabel_all(Index begin, Index end, Desk& desk, std::vector<Change>& changes) {
    for (Index row = begin; row < end; row += width)
      relabel_block(row, std::min<Index>(width, end - row), desk, changes);
  }

  void relabel_block(Index row, Index lanes, Desk& desk, std::vector<Change>& changes) {
    search_.run(
        rows_.block(row / width), rows_.norms(row), lanes, [&](int lane) { return row + lane; }, desk.found);
    std::copy_n(desk.found.gap, width, gaps_.data() + row);
    labels_.set_block(row, lanes, desk.found.label, changes);
  }

  // To gather a pair of a row's coordinates takes about as long as to compare it, among a register of others, with
  // three times as many centres as a register has lanes.
  bool gathering_costs_more(Index doubtful, Index lanes) const {
    return doubtful * (k_ + 3 * simd::Integers::size) >= lanes * k_;
  }

  void relabel_doubtful(Index begin, Index end, Desk& desk, std::vector<Change>& changes) {
    Index doubtful[2 * width], count = 0;
    const auto flush = [&] {
      const Index lanes = std::min<Index>(count, width);
      for (Index lane = 0; lane < lanes; ++lane)
        rows_.gather(doubtful[lane], desk.block.data() + lane, desk.norms[lane]);
      search_.run(
          desk.block.data(), desk.norms, lanes, [&](int lane) { return doubtful[lane]; }, desk.found);
      for (Index lane = 0; lane < lanes; ++lane) {
        gaps_[static_cast<std::size_t>(doubtful[lane])] = desk.found.gap[lane];
        labels_.set(doubtful[lane], desk.found.label[lane], changes);
      }
      std::copy(doubtful + lanes, doubtful + count, doubtful);
      count -= lanes;
    };
    for (Index row = begin; row < end; row += width) {
      const Index lanes = std::min<Index>(width, end - row);
      unsigned mask = follow_centres(row) & ~0U >> (32 - lanes);
      if (gathering_costs_more(std::popcount(mask), lanes)) {
        relabel_block(row, lanes, desk, changes);
        continue;
      }
      for (; mask != 0; mask &= mask - 1) doubtful[count++] = row + std::countr_zero(mask);
      if (count >= width) flush();
    }
    if (count > 0) flush();
  }

  // Lets the gaps of a block follow the centres; tells which rows may get another label.
  unsigned follow_centres(Index row) {
    constexpr int size = simd::packet_size<float>;
    float drift[width];
    const std::int32_t* const labels = labels_.at(row);
    for (int lane = 0; lane < width; ++lane) drift[lane] = drifts_[static_cast<std::size_t>(labels[lane])];
    unsigned mask = 0;
    for (int r = 0; r < width; r += size) {
      float* const at = gaps_.data() + row + r;
      const auto gap = simd::psub(simd::load(at), simd::load(drift + r));
      simd::store(at, gap);
      mask |= simd::less_mask(gap, simd::broadcast(0.F)) << r;
    }
    return mask;
  }

  // How much closer another centre may have come to the rows of each, compared to their own.
  void measure_drifts(const RowMatrix<T>& next) {
    const Eigen::VectorXd moves =
        (next.template cast<double>() - search_.centres().template cast<double>()).rowwise().norm() /
        rows_.radius();
    double largest = 0, second = 0;
    for (const double move : moves) {
      second = std::max(second, std::min(largest, move));
      largest = std::max(largest, move);
    }
    drifts_.resize(static_cast<std::size_t>(moves.size()));
    for (Index c = 0; c < moves.size(); ++c) {
      const double drift = moves[c] + (moves[c] < largest ? largest : second);
      // A gap's own rounding, too, is below this.
      drifts_[static_cast<std::size_t>(c)] = static_cast<float>(drift * (1 + 1e-6) + 1e-6);
    }
  }

  const RowMatrixView<T>& points_;
  const QuantizedRows& rows_;
  Index k_ = 0;
  ScoredSearch<T> search_;
  std::vector<float> drifts_;  // by centre
  Labels labels_;
  // How much farther any other centre is than a row's own, at least, in units of the rows' radius; by row, to whole blocks.
  std::vector<float> gaps_;
};

}  // namespace lifelog::cluster::detail
