// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>
#include <vector>

#include "detail/centroid_search.hpp"
#include "detail/equal_rows.hpp"
#include "tree.hpp"

namespace lifelog::inline LIFELOG_ABI::cluster {

struct WardOptions {
  /// 0: all there are. Results do not depend on it.
  int threads = 0;
};

namespace detail {

using namespace lifelog::detail;

// Merges every pair of clusters that are each other's cheapest partner, many at a time, in any order: pairs never get
// cheaper nor their ids lower by merges, so the tree is that of merging the first of all pairs again and again, by cost,
// lower id and higher id. A cluster is known by its highest leaf.
// A partner is searched only when some other cluster wants to know, as a nearest-neighbour chain does; here many chains
// grow side by side.
LIFELOG_LAZY class ReciprocalPairs {
 public:
  template<class T>
  ReciprocalPairs(const RowMatrixView<T>& points, int threads)
      : ReciprocalPairs(points, threads, 6 * points.rows()) {}

  /// wide: searches after which chains grow one at a time. Where each merge holds up many chains, letting all of them go
  /// on each time would take O(n²) searches instead of O(n). The tree does not depend on it.
  template<class T>
  ReciprocalPairs(const RowMatrixView<T>& points, int threads, Index wide)
      : ReciprocalPairs(points, threads, wide, next_equal_rows(points)) {}

  std::vector<Merge> merges() {
    while (search_.clusters() > 1) {
      const bool wide = searched_ < wide_;
      if (wanted_.empty() || (wide && searched_ > more_at_)) want_more(wide);
      search_wanted();
      merge_pairs();
    }
    return in_order();
  }

 private:
  // Equal rows come first of all pairs, one after the other: nothing needs to be searched for them.
  template<class T>
  ReciprocalPairs(const RowMatrixView<T>& points, int threads, Index wide,
                  const std::vector<Index>& next_equal)
      : search_(points, next_equal), threads_(threads), wide_(wide), clusters_(next_equal.size()) {
    for (Index i = 0; i < points.rows(); ++i)
      if (const Index next = next_equal[static_cast<std::size_t>(i)]; next >= 0)
        steps_.push_back({0, {i, next, 0, 0}});
  }

  // `partner` was the cheapest when it had merged `seen` times; `merged`: how often the cluster itself has.
  struct Cluster {
    Index partner = -1, into = -1;
    double cost = 0;
    int merged = 0, seen = 0;
    bool wanted = false;
  };

  struct Step {
    double cost;
    Merge merge;
  };

  // One in so many clusters begins a chain: with more, more partners merge away before they are asked for; with fewer,
  // less is done at a time.
  static constexpr Index spread = 16;

  Index size() const { return static_cast<Index>(clusters_.size()); }
  Cluster& at(Index id) { return clusters_[static_cast<std::size_t>(id)]; }

  bool known(Index id) {
    const Index partner = at(id).partner;
    return partner >= 0 && search_.lives(partner) && at(partner).merged == at(id).seen;
  }

  void want(Index id) {
    if (std::exchange(at(id).wanted, true)) return;
    wanted_.push_back(id);
  }

  // Chains that were held up by a merge go on; if there are few, others begin. Unless `wide`, only one of all.
  void want_more(bool wide) {
    more_at_ = searched_ + search_.clusters() / 4;
    std::vector<Index> idle;
    for (Index id = 0; id < size() && (wide || wanted_.empty()); ++id) {
      if (!search_.lives(id)) continue;
      if (!known(id))
        idle.push_back(id);
      else if (!known(at(id).partner))
        want(at(id).partner);
    }
    if (wanted_.empty() && !wide) return want(idle.front());
    if (!wide || spread * static_cast<Index>(wanted_.size()) > search_.clusters()) return;
    for (std::size_t i = 0; i < idle.size(); i += spread) want(idle[i]);
  }

  // The cluster that a partner of once is in now; -1 for none or the one that asks.
  Index hint(Index id) {
    Index other = at(id).partner;
    while (other >= 0 && !search_.lives(other)) other = at(other).into;
    return other == id ? -1 : other;
  }

  void search_wanted() {
    constexpr Index share = 8;
    std::sort(wanted_.begin(), wanted_.end(),
              [&](Index a, Index b) { return search_.place(a) < search_.place(b); });
    parallel_for(piece_count(share, static_cast<Index>(wanted_.size())), threads_, [&](Index p) {
      const auto [begin, end] = piece_of(p, share, static_cast<Index>(wanted_.size()));
      typename CentroidSearch<>::Query query;
      for (Index i = begin; i < end; ++i) {
        const Index id = wanted_[static_cast<std::size_t>(i)];
        const auto found = search_.cheapest(id, hint(id), query);
        at(id).partner = found.id;
        at(id).cost = found.cost;
      }
    });
    searched_ += static_cast<Index>(wanted_.size());
  }

  void merge_pairs() {
    std::vector<std::pair<Index, Index>> pairs;
    auto searched = std::exchange(wanted_, {});
    for (const Index id : searched) {
      at(id).wanted = false;
      at(id).seen = at(at(id).partner).merged;
    }
    for (const Index id : searched) {
      const Index partner = at(id).partner;
      if (!known(partner))
        want(partner);
      else if (at(partner).partner == id)
        pairs.emplace_back(std::min(id, partner), std::max(id, partner));
    }
    std::sort(pairs.begin(), pairs.end());
    pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
    for (const auto& [low, high] : pairs) {
      steps_.push_back({at(low).cost, {low, high, std::sqrt(search_.twice_cost(low, high)), 0}});
      search_.merge(low, high);
      at(low).into = high;
      ++at(high).merged;
      want(high);
    }
    search_.tidy();
  }

  std::vector<Merge> in_order() {
    std::sort(steps_.begin(), steps_.end(), [](const Step& a, const Step& b) {
      return std::tie(a.cost, a.merge.left, a.merge.right) < std::tie(b.cost, b.merge.left, b.merge.right);
    });
    std::vector<Merge> merges;
    double height = 0;  // must ascend where costs are equal but for rounding
    for (auto& step : steps_) {
      step.merge.height = height = std::max(height, step.merge.height);
      merges.push_back(step.merge);
    }
    return merges;
  }

  CentroidSearch<> search_;
  int threads_;
  Index wide_;
  std::vector<Cluster> clusters_;
  std::vector<Index> wanted_;
  Index searched_ = 0, more_at_ = 0;
  std::vector<Step> steps_;
};

}  // namespace detail

/// Ward's hierarchical clustering ("Hierarchical grouping to optimize an objective function", 1963) by reciprocal
/// nearest neighbours (Murtagh, "A survey of recent advances in hierarchical clustering algorithms", 1983) on
/// centroids: O(n d) memory; at most O(n² d) time, less where rows fill space unevenly or are of few dimensions, because
/// neighbours are searched by boxes.
///
/// points: [n, d], finite, n ≥ 1, of any size (see Tree::heights_in_range). Heights are SciPy's, √(2ab/(a+b)) ‖centroid − centroid‖ for clusters of a
/// and b rows, in double; they ascend. The tree is that of merging the cheapest pair of clusters again and again; of
/// pairs equal to 40 bits the one with the lowest id comes first, then the one whose other id is lowest, a cluster's id
/// being its highest row. Where costs are equal, SciPy goes by the order of its search and by how it rounds: that tree,
/// which may have other heights above a tie, is `linkage` with LinkageMethod::ward.
///
///     Eigen::MatrixXf points = Eigen::MatrixXf::Random(100, 3);
///     auto tree = lifelog::cluster::ward(points);
///     Eigen::VectorXi five = tree.cut(5), six = tree.cut(6);  // one tree serves all
template<Rows X>
Tree ward(const X& points, const WardOptions& options = {}) {
  return detail::with_scaled_points(points, "points", [&](const auto& view, int exponent) {
    auto merges = detail::ReciprocalPairs(view, options.threads).merges();
    return detail::unscaled(detail::tree_from(view.rows(), std::move(merges)), exponent);
  });
}

}  // namespace lifelog::cluster
