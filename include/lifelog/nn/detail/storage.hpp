// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

#include "packet.hpp"

// Where arrays lie whose sizes are constants of the type: inside the object as long as they are small, else on the heap.

namespace lifelog::inline LIFELOG_ABI::nn::detail {

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

// What is done to arrays element by element. Eigen makes a type of each size and each expression, and those are most of what
// compiling a network costs; these are compiled once for a type of scalar.

template<class M>
void set_zero(M& array, Index rows, Index columns) {
  array.resize(rows, columns);
  std::fill_n(array.data(), rows * columns, typename M::Scalar(0));
}

/// to += from
template<class T>
void add(T* to, const T* from, Index count) {
  for (Index i = 0; i < count; ++i) to[i] += from[i];
}

/// to += a · b
template<class T>
EIGEN_ALWAYS_INLINE void add_product(T* to, const T* a, const T* b, Index count) {
  const Index whole = count - count % packet_size<T>;
  for (Index i = 0; i < whole; i += packet_size<T>)
    store<T>(to + i, pmadd(load(a + i), load(b + i), load(to + i)));
  for (Index i = whole; i < count; ++i) to[i] = pmadd(a[i], b[i], to[i]);
}

/// `size` numbers, 0 at first, inside the object where they are few; how many is told where it is no constant.
template<class T, Index size>
struct Numbers {
  alignas(64) T values[static_cast<std::size_t>(std::max<Index>(size, 1))];
  explicit Numbers(Index = size) { fill(T(0)); }
  static constexpr Index count() { return size; }
  T* data() { return values; }
  const T* data() const { return values; }
  T& operator[](Index i) { return values[i]; }
  const T& operator[](Index i) const { return values[i]; }
  void fill(T value) { std::fill_n(values, size, value); }
};
template<class T, Index size>
requires(size == Eigen::Dynamic ||
         size > object_bytes / static_cast<Index>(sizeof(T))) struct Numbers<T, size> {
  Eigen::Array<T, Eigen::Dynamic, 1> values;
  explicit Numbers(Index count) : values(count) { fill(T(0)); }
  Index count() const { return values.size(); }
  T* data() { return values.data(); }
  const T* data() const { return values.data(); }
  T& operator[](Index i) { return values.data()[i]; }
  const T& operator[](Index i) const { return values.data()[i]; }
  void fill(T value) { std::fill_n(values.data(), values.size(), value); }
};

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
    const auto copy = [&](Index first, Index last) {
      for (Index c = 0; c < columns; ++c)
        for (Index r = first; r < last; ++r) *to++ = value(r, c);
    };
    for_row_blocks<channels>(rows, [&](auto count, Index first) { copy(first, first + count); });
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
