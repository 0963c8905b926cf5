// SPDX-License-Identifier: MIT
#pragma once

#include <limits>
#include <vector>

#include "../../core/matrix.hpp"
#include "../../core/packet.hpp"

namespace lifelog::cluster::detail {

using namespace lifelog::detail;

/// Rows side by side in SIMD lanes: block b holds rows [b·width, (b+1)·width), column by column. Lanes past the
/// last row are zero.
template<class T>
class RowBlocks {
 public:
  static constexpr int width = 2 * simd::packet_size<T>;

  RowBlocks(Index rows, Index cols)
      : cols_(cols), values_(static_cast<std::size_t>((rows + width - 1) / width * width * cols)) {}

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

/// Centres four at a time, column by column, so that one row's worth of broadcasts is contiguous.
template<class T>
class CentreTiles {
 public:
  static constexpr int height = 4;

  template<class Derived>
  explicit CentreTiles(const Eigen::MatrixBase<Derived>& centres)
      : rows_(centres.rows()),
        cols_(centres.cols()),
        values_(static_cast<std::size_t>((rows_ + height - 1) / height * height * cols_)) {
    for (Index c = 0; c < rows_; ++c)
      for (Index j = 0; j < cols_; ++j)
        values_[static_cast<std::size_t>((c / height * cols_ + j) * height + c % height)] =
            static_cast<T>(centres.coeff(c, j));
  }

  Index rows() const { return rows_; }
  Index cols() const { return cols_; }
  const T* tile(Index t) const { return values_.data() + t * height * cols_; }

 private:
  Index rows_, cols_;
  std::vector<T> values_;
};

/// For each lane of a block: the nearest centre (the lowest of equals), and squared distances to it and to the
/// nearest of the others. `index` holds whole numbers.
template<class T>
struct Nearest {
  static constexpr int width = RowBlocks<T>::width;
  alignas(64) T first[width], second[width], index[width];
};

/// Squared distances from the rows of a block to the first `count` centres of a tile. Differences are squared and
/// summed in column order (no ‖a‖² − 2ab + ‖b‖²), so that close points lose no digits: the relative error is at
/// most (d + 2) roundings.
template<class T, int count>
EIGEN_ALWAYS_INLINE void squared_distances(const T* block, const T* tile, Index cols,
                                           simd::Packet<T> (&sum)[count][2]) {
  using P = simd::Packet<T>;
  simd::unroll<count>([&](auto c) { sum[c][0] = sum[c][1] = simd::broadcast(T(0)); });
  for (Index j = 0; j < cols; ++j) {
    const P x[2] = {simd::load(block), simd::load(block + simd::packet_size<T>)};
    simd::unroll<count>([&](auto c) {
      const P coordinate = simd::broadcast(tile[c]);
      simd::unroll<2>([&](auto r) {
        const P difference = simd::psub(x[r], coordinate);
        sum[c][r] = simd::pmadd(difference, difference, sum[c][r]);
      });
    });
    block += RowBlocks<T>::width;
    tile += CentreTiles<T>::height;
  }
}

template<class T, bool want_second>
class NearestKernel {
 public:
  static void run(const T* block, const CentreTiles<T>& centres, Nearest<T>& out) {
    Lanes lanes;
    const P infinity = simd::broadcast(std::numeric_limits<T>::infinity());
    simd::unroll<2>([&](auto r) { lanes.first[r] = lanes.second[r] = infinity; });
    simd::unroll<2>([&](auto r) { lanes.index[r] = simd::broadcast(T(0)); });
    constexpr int height = CentreTiles<T>::height;
    const Index whole = centres.rows() / height, rest = centres.rows() % height;
    for (Index t = 0; t < whole; ++t) tile<height>(block, centres, t, lanes);
    simd::unroll<height - 1>([&](auto c) {
      if (rest == c + 1) tile<c + 1>(block, centres, whole, lanes);
    });
    simd::unroll<2>([&](auto r) {
      constexpr int size = simd::packet_size<T>;
      simd::store(out.first + r * size, lanes.first[r]);
      simd::store(out.index + r * size, lanes.index[r]);
      if (want_second) simd::store(out.second + r * size, lanes.second[r]);
    });
  }

 private:
  using P = simd::Packet<T>;
  struct Lanes {
    P first[2], second[2], index[2];
  };

  template<int count>
  EIGEN_ALWAYS_INLINE static void tile(const T* block, const CentreTiles<T>& centres, Index t, Lanes& lanes) {
    P sum[count][2];
    squared_distances<T, count>(block, centres.tile(t), centres.cols(), sum);
    simd::unroll<count>([&](auto c) {
      const P number = simd::broadcast(static_cast<T>(t * CentreTiles<T>::height + c));
      simd::unroll<2>([&](auto r) {
        P& first = lanes.first[r];
        if (want_second) lanes.second[r] = simd::pmin(lanes.second[r], simd::pmax(first, sum[c][r]));
        lanes.index[r] = simd::select_less(sum[c][r], first, number, lanes.index[r]);
        first = simd::pmin(sum[c][r], first);
      });
    });
  }
};

}  // namespace lifelog::cluster::detail
