// SPDX-License-Identifier: MIT
#pragma once

#include "kmeans.hpp"

namespace lifelog::inline LIFELOG_ABI::cluster {

struct MiniBatchOptions {
  /// k, at least 1.
  int clusters = 8;
  std::uint64_t seed = 0;
  /// 0: all there are. Results do not depend on it.
  int threads = 0;
};

/// k-means for rows that come in batches (Sculley, "Web-scale k-means clustering", 2010): each centre is the mean of
/// all rows that were nearest to it when they came. Memory does not grow with the stream. The first batch chooses the
/// centres by greedy k-means++ and needs at least k rows; a centre that no row is nearest to stays where it is.
///
///     lifelog::cluster::MiniBatchKMeans stream({.clusters = 5});
///     for (int i = 0; i < 10; ++i) stream.update(Eigen::MatrixXf::Random(100, 3));
///     auto labels = lifelog::cluster::predict(Eigen::MatrixXf::Random(7, 3), stream.centres());
class MiniBatchKMeans {
 public:
  explicit MiniBatchKMeans(const MiniBatchOptions& options = {}) : options_(options) {
    detail::require(options.clusters >= 1, "clusters: expected at least 1, got ", options.clusters);
  }

  /// rows: [any number, d], finite, of any size, d as in the first batch.
  template<Rows X>
  void update(const X& rows) {
    detail::with_scaled_points(rows, "rows", detail::exponents_of(centres_),
                               [&](const auto& view, int exponent) { add(view, exponent); });
  }

  /// [k, d]; empty before the first batch.
  const RowMatrix<double>& centres() const { return centres_; }

  /// [k], rows that were nearest to each.
  const Eigen::VectorXd& counts() const { return counts_; }

 private:
  // rows · 2^exponent
  template<class T>
  void add(const RowMatrixView<T>& rows, int exponent) {
    detail::require(centres_.rows() == 0 || rows.cols() == centres_.cols(), "rows: expected ",
                    centres_.cols(), " columns, got ", rows.cols());
    RowMatrix<double> centres =
        centres_.rows() == 0 ? start(rows) : detail::times_power_of_two(centres_, exponent);
    const auto labels = detail::nearest_centres(rows, centres, options_.threads);
    RowMatrix<double> sums = centres.array().colwise() * counts_.array();
    for (Index i = 0; i < rows.rows(); ++i) {
      sums.row(labels[i]) += rows.row(i).template cast<double>();
      counts_[labels[i]] += 1;
    }
    for (Index c = 0; c < centres.rows(); ++c)
      if (counts_[c] > 0) centres.row(c) = sums.row(c) / counts_[c];
    centres_ = detail::times_power_of_two(std::move(centres), -exponent);
  }

  template<class T>
  RowMatrix<double> start(const RowMatrixView<T>& rows) {
    detail::require(rows.rows() >= options_.clusters, "rows: expected at least ", options_.clusters,
                    " in the first batch, got ", rows.rows());
    detail::require_countable<T>(options_.clusters);
    Random random(options_.seed);
    const Eigen::VectorXd unweighted;
    counts_ = Eigen::VectorXd::Zero(options_.clusters);
    return detail::PlusPlus<T>(rows, unweighted, options_.threads).centres(options_.clusters, random);
  }

  MiniBatchOptions options_;
  RowMatrix<double> centres_;
  Eigen::VectorXd counts_;
};

}  // namespace lifelog::cluster
