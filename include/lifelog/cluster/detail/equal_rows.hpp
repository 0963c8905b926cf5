// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "../../core/matrix.hpp"

namespace lifelog::inline LIFELOG_ABI::cluster::detail {

template<class T>
std::uint64_t hash_of(const T* row, Index cols) {
  std::uint64_t hash = 0;
  for (Index j = 0; j < cols; ++j) {
    const double x = row[j] == T(0) ? 0.0 : static_cast<double>(row[j]);  // −0 is 0
    hash = (hash ^ std::bit_cast<std::uint64_t>(x)) * 0x9E3779B97F4A7C15;
    hash ^= hash >> 32;
  }
  return hash;
}

/// [n], for each row the next one that is equal to it; -1: there is none.
template<class T>
std::vector<Index> next_equal_rows(const RowMatrixView<T>& rows) {
  const auto size = std::bit_ceil(2 * static_cast<std::size_t>(rows.rows()));
  std::vector<Index> next(static_cast<std::size_t>(rows.rows()), -1), last(size, -1);
  for (Index i = 0; i < rows.rows(); ++i) {
    const T* const row = rows.data() + i * rows.outerStride();
    const auto differs = [&](Index other) {
      return !std::equal(row, row + rows.cols(), rows.data() + other * rows.outerStride());
    };
    auto place = static_cast<std::size_t>(hash_of(row, rows.cols())) & (size - 1);
    while (last[place] >= 0 && differs(last[place])) place = (place + 1) & (size - 1);
    if (last[place] >= 0) next[static_cast<std::size_t>(last[place])] = i;
    last[place] = i;
  }
  return next;
}

}  // namespace lifelog::cluster::detail
