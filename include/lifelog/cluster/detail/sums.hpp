// SPDX-License-Identifier: MIT
#pragma once

#include <utility>
#include <vector>

#include "../../core/matrix.hpp"
#include "../../core/packet.hpp"

namespace lifelog::inline LIFELOG_ABI::cluster::detail {

using namespace lifelog::detail;

/// A row goes from one cluster to another; `from` is -1 when it comes from none.
struct Change {
  Index row;
  int from, to;
};

/// Sum, weight and number of the rows of each cluster.
struct ClusterTotals {
  RowMatrix<double> sum;
  Eigen::VectorXd weight;
  Eigen::VectorXi rows;  // of weight above 0
};

/// Sums of the rows of each cluster, kept up to date while rows change clusters: most of them never do. What adding
/// rounds away is collected beside the sum (Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher
/// Summen", 1974), so that a row can be taken out again without a trace.
template<class T>
class ClusterSums {
  using Array = Eigen::Array<Double<T>, Eigen::Dynamic, 1>;

 public:
  /// weights: [n] or empty. All must outlive this.
  ClusterSums(const RowMatrixView<T>& points, const Eigen::VectorXd& weights, Index clusters, Index pieces)
      : points_(points),
        weights_(weights),
        clusters_(clusters),
        stride_((points.cols() + lanes - 1) / lanes * lanes),
        parts_(static_cast<std::size_t>(pieces)) {}

  /// Different pieces may change at the same time; each has sums of its own.
  void apply(Index piece, const std::vector<Change>& changes) {
    auto& part = parts_[static_cast<std::size_t>(piece)];
    if (part.rows.size() == 0) part.reset(clusters_, stride_);
    constexpr std::size_t ahead = 8;
    for (std::size_t i = 0; i < changes.size(); ++i) {
      if (i + ahead < changes.size()) simd::prefetch(row(changes[i + ahead].row));
      const auto& change = changes[i];
      const double weight = weights_.size() > 0 ? weights_[change.row] : 1;
      if (change.from >= 0) put(change.from, change.row, -weight, part);
      put(change.to, change.row, weight, part);
    }
  }

  ClusterTotals totals() const {
    Part all;
    all.reset(clusters_, stride_);
    for (const auto& part : parts_) {
      if (part.rows.size() == 0) continue;
      all.sum.add(part.sum);
      all.weight.add(part.weight);
      all.rows += part.rows;
    }
    const Array sums = all.sum.high + all.sum.low;
    const Eigen::Map<const RowMatrix<double>> rows(sums.data(), clusters_, stride_);
    ClusterTotals totals{rows.leftCols(points_.cols()), all.weight.high + all.weight.low,
                         std::move(all.rows)};
    if (weights_.size() == 0) totals.weight = totals.rows.template cast<double>();
    return totals;
  }

 private:
  using P = simd::Packet<double>;
  static constexpr Index lanes = simd::packet_size<double>;

  // A sum is high + low: `high` is the rounded sum, `low` takes what was lost.
  struct Twofold {
    Array high, low;

    void reset(Index size) { high = low = Array::Zero(size); }
    void add(Index i, double x) {
      const double sum = high[i] + x, added = sum - high[i];
      low[i] += (high[i] - (sum - added)) + (x - added);
      high[i] = sum;
    }
    void add_lanes(Index i, const P& x) {
      const P before = simd::load(high.data() + i), sum = simd::padd(before, x),
              added = simd::psub(sum, before);
      const P lost = simd::padd(simd::psub(before, simd::psub(sum, added)), simd::psub(x, added));
      simd::store(low.data() + i, simd::padd(simd::load(low.data() + i), lost));
      simd::store(high.data() + i, sum);
    }
    void add(const Twofold& other) {
      Index i = 0;
      for (; i + lanes <= high.size(); i += lanes) add_lanes(i, simd::load(other.high.data() + i));
      for (; i < high.size(); ++i) add(i, other.high[i]);
      low += other.low;
    }
  };
  struct Part {
    Twofold sum, weight;
    Eigen::VectorXi rows;

    void reset(Index clusters, Index stride) {
      sum.reset(clusters * stride);
      weight.reset(clusters);
      rows = Eigen::VectorXi::Zero(clusters);
    }
  };

  const T* row(Index i) const { return points_.data() + i * points_.outerStride(); }

  // Adds `weight` times a row to a cluster.
  void put(int cluster, Index row, double weight, Part& part) const {
    const T* const from = this->row(row);
    const Index to = cluster * stride_;
    Index j = 0;
    for (; j + lanes <= points_.cols(); j += lanes)
      part.sum.add_lanes(to + j, simd::pmul(simd::load_doubles(from + j), simd::broadcast(weight)));
    for (; j < points_.cols(); ++j) part.sum.add(to + j, weight * static_cast<double>(from[j]));
    part.rows[cluster] += weight > 0 ? 1 : weight < 0 ? -1 : 0;
    if (weights_.size() > 0) part.weight.add(cluster, weight);
  }

  const RowMatrixView<T>& points_;
  const Eigen::VectorXd& weights_;
  Index clusters_, stride_;  // sums start at whole registers
  std::vector<Part> parts_;
};

}  // namespace lifelog::cluster::detail
