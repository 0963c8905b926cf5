// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "matrix.hpp"
#include "packet.hpp"

namespace lifelog::inline LIFELOG_ABI::detail {

/// Rows side by side in SIMD lanes: block b holds rows [b·width, (b+1)·width), column by column. Lanes past the
/// last row are zero, unless said.
template<class T>
class RowBlocks {
 public:
  static constexpr int width = 2 * simd::packet_size<T>;

  RowBlocks(Index rows, Index cols, T fill = 0)
      : cols_(cols), values_(static_cast<std::size_t>((rows + width - 1) / width * width * cols), fill) {}

  explicit RowBlocks(const RowMatrixView<T>& rows) : RowBlocks(rows.rows(), rows.cols()) {
    for (Index i = 0; i < rows.rows(); ++i) set_row(i, rows.row(i).data());
  }

  /// Copies `cols` numbers.
  void set_row(Index row, const T* from) {
    T* to = values_.data() + row / width * width * cols_ + row % width;
    for (Index j = 0; j < cols_; ++j) to[j * width] = from[j];
  }

  Index cols() const { return cols_; }
  const T* block(Index b) const { return values_.data() + b * width * cols_; }

 private:
  Index cols_;
  std::vector<T> values_;
};

/// Rows four at a time, column by column, so that one row's worth of broadcasts is contiguous.
template<class T>
class RowTiles {
 public:
  static constexpr int height = 4;

  /// All zero.
  RowTiles(Index rows, Index cols)
      : rows_(rows),
        cols_(cols),
        values_(static_cast<std::size_t>((rows + height - 1) / height * height * cols)) {}

  template<class Derived>
  explicit RowTiles(const Eigen::MatrixBase<Derived>& rows) : RowTiles(rows.rows(), rows.cols()) {
    for (Index i = 0; i < rows_; ++i) set_row(i, rows.row(i));
  }

  template<class Derived>
  void set_row(Index row, const Eigen::MatrixBase<Derived>& from) {
    T* to = values_.data() + row / height * height * cols_ + row % height;
    for (Index j = 0; j < cols_; ++j) to[j * height] = static_cast<T>(from.coeff(0, j));
  }

  Index rows() const { return rows_; }
  Index cols() const { return cols_; }
  const T* tile(Index t) const { return values_.data() + t * height * cols_; }

 private:
  Index rows_, cols_;
  std::vector<T> values_;
};

/// How a square is added to a sum: with one rounding where the machine can, the fastest.
struct FusedSquares {
  template<class P>
  EIGEN_ALWAYS_INLINE static P add(const P& sum, const P& x) {
    return simd::pmadd(x, x, sum);
  }
};

/// With two roundings, whatever the machine and the compiler's flags: sums are the same bits everywhere.
struct RoundedSquares {
  template<class P>
  EIGEN_ALWAYS_INLINE static P add(const P& sum, const P& x) {
    return simd::padd(sum, simd::rounded(simd::pmul(x, x)));
  }
};

/// Adds to `sum` what `cols` columns contribute to the squared distances from the rows of a block to the first `count`
/// rows of a tile. Differences are squared and summed in column order (no ‖a‖² − 2ab + ‖b‖²), so that close points
/// lose no digits: the relative error is at most (d + 2) roundings, d(a, b) = d(b, a) to the bit, d(a, a) = 0, and no
/// part of the columns is farther than all of them.
template<class T, int count, class Squares = FusedSquares>
EIGEN_ALWAYS_INLINE void add_squared_distances(const T* block, const T* tile, Index cols,
                                               simd::Packet<T> (&sum)[count][2]) {
  using P = simd::Packet<T>;
  for (Index j = 0; j < cols; ++j) {
    const P x[2] = {simd::load(block), simd::load(block + simd::packet_size<T>)};
    simd::unroll<count>([&](int c) LIFELOG_INLINED {
      const P coordinate = simd::broadcast(tile[c]);
      simd::unroll<2>(
          [&](int r) LIFELOG_INLINED { sum[c][r] = Squares::add(sum[c][r], simd::psub(x[r], coordinate)); });
    });
    block += RowBlocks<T>::width;
    tile += RowTiles<T>::height;
  }
}

/// Squared distances from the rows of a block to the first `count` rows of a tile.
template<class T, int count, class Squares = FusedSquares>
EIGEN_ALWAYS_INLINE void squared_distances(const T* block, const T* tile, Index cols,
                                           simd::Packet<T> (&sum)[count][2]) {
  simd::unroll<count>([&](int c) LIFELOG_INLINED { sum[c][0] = sum[c][1] = simd::broadcast(T(0)); });
  add_squared_distances<T, count, Squares>(block, tile, cols, sum);
}

}  // namespace lifelog::detail
