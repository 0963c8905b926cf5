// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "../../core/channels.hpp"

// Which arrays a lazy series reads, so that it is not written over what it still has to read.

namespace lifelog::inline LIFELOG_ABI::nn::detail {

/// An array where it lies: bytes from `begin` to `end`, its first element and how far apart its rows and columns are.
struct Place {
  const char *begin = nullptr, *end = nullptr, *first = nullptr;
  Index by_row = 0, by_column = 0;

  template<class T>
  Place(const T* data, Index rows, Index columns, Index row_step, Index column_step) {
    constexpr Index size = sizeof(T);
    first = begin = end = reinterpret_cast<const char*>(data);
    if (rows == 0 || columns == 0) return;
    end += size;
    if (rows > 1) by_row = row_step * size;
    if (columns > 1) by_column = column_step * size;
    for (const Index reach : {(rows - 1) * by_row, (columns - 1) * by_column})
      (reach > 0 ? end : begin) += reach;
  }

  bool overlaps(const Place& other) const { return begin < other.end && other.begin < end; }
  bool same_elements(const Place& other) const {
    return first == other.first && end == other.end && by_row == other.by_row && by_column == other.by_column;
  }
};

template<class X>
concept InMemory = (lifelog::detail::EigenExpression<X> &&
                    requires(const X& x) {
                      x.data();
                      x.innerStride();
                    }) ||
                   (!lifelog::detail::EigenExpression<X> && requires(const X& x) {
                     x.data();
                     x.data_offset();
                     x.strides();
                   });

template<InMemory X>
Place place_of(const X& x) {
  if constexpr (lifelog::detail::EigenExpression<X>) {
    const Index inner = x.innerStride(), outer = x.outerStride();
    return {x.data(), x.rows(), x.cols(), X::IsRowMajor ? outer : inner, X::IsRowMajor ? inner : outer};
  } else {
    const auto number = [](auto n) { return static_cast<Index>(n); };
    return {x.data() + x.data_offset(), number(x.shape()[0]), number(x.shape()[1]), number(x.strides()[0]),
            number(x.strides()[1])};
  }
}

template<class X>
inline constexpr bool element_by_element = false;
template<class Op, class X>
inline constexpr bool element_by_element<Eigen::CwiseUnaryOp<Op, X>> = true;
template<class Op, class X, class Y>
inline constexpr bool element_by_element<Eigen::CwiseBinaryOp<Op, X, Y>> = true;

/// Calls found(array, moved, part) for every array that x reads: an array in memory, or anything whose arrays cannot be told.
/// `moved`: not (only) where x has the same row and column. `part`: through a block, which does not see it resized.
template<class X, class Found>
void each_array(const X& x, Found found, bool moved = false, bool part = false) {
  if constexpr (requires { x.startRow(); })
    each_array(x.nestedExpression(), found, true, true);
  else if constexpr (requires { x.nestedExpression(); })
    each_array(x.nestedExpression(), found, moved || !element_by_element<X>, part);
  else if constexpr (requires { x.lhs(), x.rhs(); })
    each_array(x.lhs(), found, moved || !element_by_element<X>, part),
        each_array(x.rhs(), found, moved || !element_by_element<X>, part);
  else if constexpr (
      requires { x.arg1(); } || !requires { x.functor(); })  // not numbers that follow from their place
    found(x, moved, part);
}

/// What an x of parts of arrays was made of, as a number that is another one once they are resized.
template<class X>
std::uintptr_t fingerprint(const X& x) {
  std::uintptr_t print = 0;
  const auto add = [&](auto value) { print = print * 1000003 + static_cast<std::uintptr_t>(value); };
  each_array(x, [&](const auto& array, bool, bool part) {
    if constexpr (lifelog::detail::EigenExpression<std::remove_cvref_t<decltype(array)>>) {
      if (!part) return;
      add(array.rows()), add(array.cols());
      if constexpr (InMemory<std::remove_cvref_t<decltype(array)>>)
        add(reinterpret_cast<std::uintptr_t>(array.data()));
    }
  });
  return print;
}

/// Whether writing `to` in the order of time may change what is still to be read of x.
template<class To, class X>
bool may_overwrite(const To& to, const X& x) {
  if constexpr (InMemory<To>) {
    bool may = false;
    const Place written = place_of(to);
    each_array(x, [&](const auto& array, bool moved, bool) {
      if constexpr (InMemory<std::remove_cvref_t<decltype(array)>>) {
        const Place read = place_of(array);
        may = may || (read.overlaps(written) && (moved || !read.same_elements(written)));
      } else {
        may = true;
      }
    });
    return may;
  } else {
    return true;
  }
}

}  // namespace lifelog::nn::detail
