// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

#include "packet.hpp"

// Where arrays lie whose sizes are constants of the type: inside the object as long as they are small, else on the heap.

namespace lifelog::nn::detail {

/// Eigen's own limit on arrays inside of objects, but never more than its default.
inline constexpr Index object_bytes = EIGEN_STACK_ALLOCATION_LIMIT > 0
                                          ? std::min<Index>(EIGEN_STACK_ALLOCATION_LIMIT, 128 << 10)
                                          : 128 << 10;

/// Layers' weights are copied with their network, which is made on the stack, by and by: a stricter limit.
inline constexpr Index weight_bytes = std::min<Index>(LIFELOG_STATIC_BYTES, object_bytes);

/// The number of columns as a constant where rows × columns scalars take at most `bytes`, else Eigen::Dynamic.
template<class T>
constexpr Index columns_within(Index bytes, Index rows, Index columns) {
  return rows > 0 && columns > 0 && rows * columns > bytes / static_cast<Index>(sizeof(T)) ? Eigen::Dynamic
                                                                                           : columns;
}

/// A layer's weights.
template<class T, Index rows, Index columns>
using Weights = Eigen::Matrix<T, rows, columns_within<T>(weight_bytes, rows, columns)>;

/// A matrix as the register blocks of `for_row_blocks<channels>` read it, column by column. What a block reads is then one
/// stretch of memory, whatever the number of rows.
template<class T, Index channels>
class RowBlocks {
 public:
  /// value(row, column) gives the elements.
  template<class Value>
  void assign(Index rows, Index columns, Value value) {
    columns_ = columns;
    values_.resize(rows * columns);
    T* to = values_.data();
    constexpr Index block = block_rows_of<channels>;
    const auto copy = [&](Index first, Index last) {
      for (Index c = 0; c < columns; ++c)
        for (Index r = first; r < last; ++r) *to++ = value(r, c);
    };
    for (Index first = 0; first < rows; first += block) copy(first, std::min(first + block, rows));
  }
  template<class Matrix>
  void assign(const Matrix& from) {
    assign(from.rows(), from.cols(), [&](Index r, Index c) { return from(r, c); });
  }

  /// The block that begins at `row`; its rows lie side by side.
  const T* at(Index row) const { return values_.data() + row * columns_; }

 private:
  Eigen::Array<T, Eigen::Dynamic, 1> values_;
  Index columns_ = 0;
};

}  // namespace lifelog::nn::detail
