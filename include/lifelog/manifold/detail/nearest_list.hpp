// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "../../core/matrix.hpp"

namespace lifelog::inline LIFELOG_ABI::manifold::detail {

/// The k nearest of the rows offered so far; of equally far ones, the lowest numbers. Offers collect in a buffer of
/// twice the size, of which the nearer half is kept whenever it is full: constant time an offer on average, where
/// a heap would take log k.
template<class T>
class NearestList {
 public:
  struct Entry {
    T distance;
    int row;

    // Without branches, which nobody could predict here.
    bool operator<(const Entry& other) const {
      return (distance < other.distance) | ((distance == other.distance) & (row < other.row));
    }
  };

  explicit NearestList(Index k) : k_(static_cast<std::size_t>(k)) { entries_.reserve(2 * k_); }

  /// Rows farther than this are of no use any more.
  T reach() const { return worst_.distance; }

  /// Whether `reach` may have changed.
  bool offer(T distance, int row) {
    const Entry entry{distance, row};
    if (!(entry < worst_)) return false;
    entries_.push_back(entry);
    if (entries_.size() < 2 * k_) return false;
    keep_nearest();
    return true;
  }

  /// All that were kept (k of them, if as many were offered), nearest first.
  const std::vector<Entry>& sorted() {
    if (entries_.size() > k_) keep_nearest();
    std::sort(entries_.begin(), entries_.end());
    return entries_;
  }

 private:
  // Hoare's selection ("Algorithm 65: Find", 1961) with a partition that does not branch. No two entries are equal,
  // but for offers of one row twice.
  void keep_nearest() {
    Entry *begin = entries_.data(), *end = begin + entries_.size(), *last = begin + k_ - 1;
    while (end - begin > 1) {
      Entry* middle = begin + (end - begin) / 2;
      if (*middle < *begin) std::swap(*middle, *begin);
      if (end[-1] < *middle) std::swap(end[-1], *middle);
      if (*middle < *begin) std::swap(*middle, *begin);
      std::swap(*middle, end[-1]);
      const Entry pivot = end[-1];
      Entry* low = begin;
      for (Entry* at = begin; at < end - 1; ++at) {
        const Entry entry = *at;
        *at = *low;
        *low = entry;
        low += entry < pivot;
      }
      std::swap(*low, end[-1]);
      if (low == last) break;
      low < last ? begin = low + 1 : end = low;
    }
    entries_.resize(k_);
    worst_ = entries_.back();
  }

  std::size_t k_;
  std::vector<Entry> entries_;
  Entry worst_{std::numeric_limits<T>::infinity(), std::numeric_limits<int>::max()};
};

}  // namespace lifelog::manifold::detail
