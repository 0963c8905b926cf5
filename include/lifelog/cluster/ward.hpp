// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "../core/distance.hpp"
#include "../core/parallel.hpp"
#include "../core/points.hpp"
#include "tree.hpp"

namespace lifelog::cluster {

struct WardOptions {
  /// 0: all there are. Results do not depend on it.
  int threads = 0;
};

namespace detail {

using namespace lifelog::detail;

// Nearest-neighbour chain on centroids. Clusters live in slots in order of their highest leaf, as in SciPy,
// so that ties fall alike; slots that have died are squeezed out when they are half of all.
class WardChain {
 public:
  template<class T>
  WardChain(const RowMatrixView<T>& points, int threads)
      : centroids_(points), cols_(points.cols()), active_(points.rows()), threads_(threads) {
    sizes_ = Eigen::ArrayXd::Zero(centroids_.panels() * width);
    sizes_.head(active_).setOnes();
    leaf_.resize(static_cast<std::size_t>(active_));
    std::iota(leaf_.begin(), leaf_.end(), Index{0});
  }

  std::vector<Merge> run() {
    std::vector<Merge> merges;
    while (active_ > 1) {
      if (chain_.empty()) chain_.push_back(first_alive());
      const Index last = chain_.back();
      const Index before = chain_.size() > 1 ? chain_[chain_.size() - 2] : -1;
      const auto [cost, nearest] = nearest_to(last, before);
      if (nearest != before) {
        chain_.push_back(nearest);
        continue;
      }
      chain_.resize(chain_.size() - 2);
      merges.push_back(merge(std::min(last, nearest), std::max(last, nearest), cost));
      if (2 * active_ < centroids_.rows() && centroids_.rows() > width) squeeze();
    }
    return merges;
  }

 private:
  using Packed = PackedRows<double, 8>;
  static constexpr int width = Packed::width;
  struct Found {
    double cost;
    Index slot;
  };

  Index first_alive() const {
    Index slot = 0;
    while (sizes_[slot] == 0) ++slot;
    return slot;
  }

  // Increase of the within-cluster sum of squares when `slot` is merged, per lane; symmetric to the bit.
  // Infinite for the dead.
  Packed::Lanes costs(Index panel, const double* centroid, double size) const {
    const Packed::Lanes sizes = sizes_.segment<width>(panel * width);
    const Packed::Lanes costs =
        centroids_.squared_distances(panel, centroid) * ((sizes * size) / (sizes + size));
    return (sizes > 0).select(costs, std::numeric_limits<double>::infinity());
  }

  // The cheapest partner of a slot: the one before it in the chain if there is none better, else the lowest.
  Found nearest_to(Index slot, Index before) {
    query_.resize(cols_);
    for (Index j = 0; j < cols_; ++j) query_[j] = centroids_(slot, j);
    Found best{std::numeric_limits<double>::infinity(), -1};
    if (before >= 0) best = {costs(before / width, query_.data(), sizes_[slot])[before % width], before};
    const Index size = std::max<Index>(1, 65536 / (width * cols_));  // panels worth a thread's while
    const Index pieces = piece_count(size, centroids_.panels());
    found_.assign(static_cast<std::size_t>(pieces), best);
    parallel_for(pieces, threads_, [&](Index p) {
      const auto [begin, end] = piece_of(p, size, centroids_.panels());
      auto& found = found_[static_cast<std::size_t>(p)];
      for (Index panel = begin; panel < end; ++panel) {
        auto lanes = costs(panel, query_.data(), sizes_[slot]);
        if (panel == slot / width) lanes[slot % width] = std::numeric_limits<double>::infinity();
        if (!(lanes.minCoeff() < found.cost)) continue;
        for (Index lane = 0; lane < width; ++lane)
          if (lanes[lane] < found.cost) found = {lanes[lane], panel * width + lane};
      }
    });
    for (const auto& found : found_)
      if (found.cost < best.cost) best = found;
    return best;
  }

  // The union takes the higher slot.
  Merge merge(Index low, Index high, double cost) {
    const double total = sizes_[low] + sizes_[high];
    for (Index j = 0; j < cols_; ++j)
      centroids_(high, j) = (sizes_[low] * centroids_(low, j) + sizes_[high] * centroids_(high, j)) / total;
    sizes_[low] = 0;
    sizes_[high] = total;
    --active_;
    return {leaf_[static_cast<std::size_t>(low)], leaf_[static_cast<std::size_t>(high)], std::sqrt(2 * cost),
            0};
  }

  void squeeze() {
    std::vector<Index> moved(leaf_.size(), -1);
    Packed packed(active_, cols_);
    Eigen::ArrayXd sizes = Eigen::ArrayXd::Zero(packed.panels() * width);
    Index next = 0;
    for (std::size_t slot = 0; slot < leaf_.size(); ++slot) {
      const auto old = static_cast<Index>(slot);
      if (sizes_[old] == 0) continue;
      for (Index j = 0; j < cols_; ++j) packed(next, j) = centroids_(old, j);
      sizes[next] = sizes_[old];
      leaf_[static_cast<std::size_t>(next)] = leaf_[slot];
      moved[slot] = next++;
    }
    leaf_.resize(static_cast<std::size_t>(active_));
    for (auto& slot : chain_) slot = moved[static_cast<std::size_t>(slot)];
    centroids_ = std::move(packed);
    sizes_ = std::move(sizes);
  }

  Packed centroids_;
  Index cols_, active_;
  int threads_;
  Eigen::ArrayXd sizes_;  // 0 = dead or padding
  std::vector<Index> leaf_, chain_;
  Eigen::VectorXd query_;
  std::vector<Found> found_;
};

}  // namespace detail

/// Ward's hierarchical clustering ("Hierarchical grouping to optimize an objective function", 1963) by the
/// nearest-neighbour chain (Murtagh, "A survey of recent advances in hierarchical clustering algorithms",
/// 1983) on centroids: O(n² d) time, O(n d) memory.
///
/// points: [n, d], finite, n ≥ 1. Heights are SciPy's, √(2ab/(a+b)) ‖centroid − centroid‖ for clusters of a
/// and b rows, in double; they ascend. Of equally near clusters the chain takes its own predecessor, then the
/// one in the lowest slot, as SciPy does (whose rounding may tell apart what is equal here).
///
///     Eigen::MatrixXf points = Eigen::MatrixXf::Random(100, 3);
///     auto tree = lifelog::cluster::ward(points);
///     Eigen::VectorXi five = tree.cut(5), six = tree.cut(6);  // one tree serves all
template<Rows X>
Tree ward(const X& points, const WardOptions& options = {}) {
  return detail::with_points(points, "points", [&](const auto& view) {
    return detail::tree_from(view.rows(), detail::WardChain(view, options.threads).run());
  });
}

}  // namespace lifelog::cluster
