// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "../core/matrix.hpp"
#include "detail/scaled_points.hpp"

namespace lifelog::inline LIFELOG_ABI::cluster {

/// Two clusters become one. Ids follow SciPy: leaves are 0 … n−1, the cluster made by merge m is n + m.
struct Merge {
  Index left, right;  ///< left < right
  double height;
  Index size;  ///< leaves below
};

namespace detail {

// Disjoint sets of leaves, each with the id its cluster has in a tree.
class LeafSets {
 public:
  explicit LeafSets(Index leaves) : parent_(static_cast<std::size_t>(leaves)) {
    std::iota(parent_.begin(), parent_.end(), Index{0});
  }

  Index find(Index i) {
    while (at(i) != i) i = at(i) = at(at(i));
    return i;
  }

  void join(Index root, Index other) { at(other) = root; }

 private:
  Index& at(Index i) { return parent_[static_cast<std::size_t>(i)]; }

  std::vector<Index> parent_;
};

}  // namespace detail

/// A hierarchy of `leaves` rows: leaves − 1 merges by ascending height.
struct Tree {
  Index leaves = 0;
  std::vector<Merge> merges;
  /// False: some heights are beyond the numbers there are; the largest number stands for them. Rows that are farther apart
  /// than that can be.
  bool heights_in_range = true;

  /// SciPy's linkage matrix: [leaves − 1, 4], columns left, right, height, size.
  RowMatrix<double> linkage() const {
    RowMatrix<double> matrix(static_cast<Index>(merges.size()), 4);
    for (Index m = 0; m < matrix.rows(); ++m) {
      const auto& merge = merges[static_cast<std::size_t>(m)];
      matrix.row(m) << static_cast<double>(merge.left), static_cast<double>(merge.right), merge.height,
          static_cast<double>(merge.size);
    }
    return matrix;
  }

  /// [leaves], the rows as they stand side by side below the tree when drawn: left subtrees first (SciPy's
  /// leaves_list).
  Eigen::Matrix<Index, Eigen::Dynamic, 1> leaf_order() const {
    Eigen::Matrix<Index, Eigen::Dynamic, 1> order(leaves);
    std::vector<Index> open(leaves > 0 ? 1 : 0, leaves + static_cast<Index>(merges.size()) - 1);
    for (Index next = 0; !open.empty();) {
      const Index id = open.back();
      open.pop_back();
      if (id < leaves) {
        order[next++] = id;
        continue;
      }
      const auto& merge = merges[static_cast<std::size_t>(id - leaves)];
      open.push_back(merge.right);
      open.push_back(merge.left);
    }
    return order;
  }

  /// Labels [leaves] of exactly `clusters` (1 … leaves) clusters, numbered 0, 1, … by first appearance.
  Eigen::VectorXi cut(Index clusters) const {
    lifelog::detail::require(clusters >= 1 && clusters <= leaves, "clusters: expected 1..", leaves,
                             " (the number of rows), got ", clusters);
    return labels_after(leaves - clusters);
  }

  /// Labels [leaves] of the clusters whose merges are no higher than `height`, numbered by first appearance.
  Eigen::VectorXi cut_height(double height) const {
    lifelog::detail::require(height == height, "height: expected a number, got ", height);
    const auto above = std::upper_bound(merges.begin(), merges.end(), height,
                                        [](double h, const Merge& merge) { return h < merge.height; });
    return labels_after(above - merges.begin());
  }

 private:
  // Labels when only the first `count` merges have happened.
  Eigen::VectorXi labels_after(Index count) const {
    std::vector<Index> id(static_cast<std::size_t>(leaves + count));
    std::iota(id.begin(), id.end(), Index{0});
    for (Index m = count - 1; m >= 0; --m) {
      const auto& merge = merges[static_cast<std::size_t>(m)];
      const Index top = id[static_cast<std::size_t>(leaves + m)];
      id[static_cast<std::size_t>(merge.left)] = id[static_cast<std::size_t>(merge.right)] = top;
    }
    std::vector<int> number(id.size(), -1);
    int next = 0;
    Eigen::VectorXi labels(leaves);
    for (Index i = 0; i < leaves; ++i) {
      int& label = number[static_cast<std::size_t>(id[static_cast<std::size_t>(i)])];
      if (label < 0) label = next++;
      labels[i] = label;
    }
    return labels;
  }
};

namespace detail {

// A tree from merges in any order, `left` and `right` being any leaf of either side: sorted by height
// (stable), then renamed to SciPy's ids.
LIFELOG_LAZY Tree tree_from(Index leaves, std::vector<Merge> merges) {
  std::stable_sort(merges.begin(), merges.end(),
                   [](const Merge& a, const Merge& b) { return a.height < b.height; });
  LeafSets sets(leaves);
  std::vector<Index> id(static_cast<std::size_t>(leaves)), size(id.size(), 1);
  std::iota(id.begin(), id.end(), Index{0});
  Index next = leaves;
  for (auto& merge : merges) {
    const auto root = static_cast<std::size_t>(sets.find(merge.left));
    const auto other = static_cast<std::size_t>(sets.find(merge.right));
    size[root] += size[other];
    merge = {std::min(id[root], id[other]), std::max(id[root], id[other]), merge.height, size[root]};
    id[root] = next++;
    sets.join(static_cast<Index>(root), static_cast<Index>(other));
  }
  return {leaves, std::move(merges)};
}

// The tree of rows as they are, from that of rows · 2^exponent.
LIFELOG_LAZY Tree unscaled(Tree tree, int exponent) {
  if (exponent == 0) return tree;
  for (auto& merge : tree.merges)
    if (scale_within_range(merge.height, -exponent)) tree.heights_in_range = false;
  return tree;
}

}  // namespace detail
}  // namespace lifelog::cluster
