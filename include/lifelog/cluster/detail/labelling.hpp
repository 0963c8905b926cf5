// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <vector>

#include "nearest_centres.hpp"
#include "sums.hpp"

namespace lifelog::inline LIFELOG_ABI::cluster::detail {

/// Which centre each row belongs to, and which rows change.
class Labels {
 public:
  /// width: rows to a block.
  Labels(Index rows, Index width)
      : rows_(rows), own_(static_cast<std::size_t>((rows + width - 1) / width * width)) {
    std::fill_n(own_.begin(), rows, -1);
  }

  const std::int32_t* at(Index row) const { return own_.data() + row; }

  void set(Index row, std::int32_t label, std::vector<Change>& changes) {
    std::int32_t& own = own_[static_cast<std::size_t>(row)];
    if (own == label) return;
    changes.push_back({row, own, label});
    own = label;
  }

  /// Those of a block of rows, of which `lanes` are there; labels: [width].
  template<int width>
  void set_block(Index row, Index lanes, const std::int32_t (&labels)[width], std::vector<Change>& changes) {
    using I = simd::Integers;
    static_assert(width <= 32);
    unsigned differ = 0;
    if constexpr (width % I::size == 0)
      for (int r = 0; r < width; r += I::size)
        differ |= I::differ(I::load(at(row + r)), I::load(labels + r)) << r;
    else
      for (int l = 0; l < width; ++l) differ |= unsigned{at(row)[l] != labels[l]} << l;
    for (differ &= ~0U >> (32 - lanes); differ != 0; differ &= differ - 1) {
      const int lane = std::countr_zero(differ);
      set(row + lane, labels[lane], changes);
    }
  }

  /// [n], −1 before the first were set.
  Eigen::VectorXi all() const { return Eigen::Map<const Eigen::VectorXi>(own_.data(), rows_); }

 private:
  Index rows_;
  std::vector<std::int32_t> own_;
};

/// Relabels all rows by relabel(begin, end, changes) for each piece of them, side by side, and calls changed(piece, changes)
/// after each. Returns whether any label changed.
template<class Relabel, class Changed>
bool relabel_pieces(Index rows, int threads, Relabel&& relabel, Changed&& changed) {
  const Index size = labelling_piece(rows);
  std::vector<char> any(static_cast<std::size_t>(piece_count(size, rows)));
  parallel_for(piece_count(size, rows), threads, [&](Index p) {
    const auto [begin, end] = piece_of(p, size, rows);
    std::vector<Change> changes;
    relabel(begin, end, changes);
    any[static_cast<std::size_t>(p)] = !changes.empty();
    changed(p, changes);
  });
  return std::find(any.begin(), any.end(), 1) != any.end();
}

/// The nearest centre of each row while centres move, by the distances to all of them.
template<class T>
class Labelling {
 public:
  /// rows: the points in SIMD order; must outlive this.
  Labelling(const RowMatrixView<T>& points, const RowBlocks<T>& rows)
      : rows_(rows), count_(points.rows()), labels_(points.rows(), width) {}

  /// Relabels all rows for new centres, see relabel_pieces.
  template<class Changed>
  bool update(const RowMatrix<double>& centres, int threads, Changed&& changed) {
    const RowTiles<T> tiles(centres);
    const auto relabel = [&](Index begin, Index end, std::vector<Change>& changes) {
      for (Index row = begin; row < end; row += width) {
        Nearest<T> found;
        NearestKernel<T>::run(rows_.block(row / width), tiles, found);
        std::int32_t labels[width];
        for (int l = 0; l < width; ++l) labels[l] = static_cast<std::int32_t>(found.index[l]);
        labels_.set_block(row, std::min<Index>(width, end - row), labels, changes);
      }
    };
    return relabel_pieces(count_, threads, relabel, changed);
  }

  /// [n], −1 before the first update.
  Eigen::VectorXi labels() const { return labels_.all(); }

 private:
  static constexpr int width = RowBlocks<T>::width;

  const RowBlocks<T>& rows_;
  Index count_;
  Labels labels_;
};

}  // namespace lifelog::cluster::detail
