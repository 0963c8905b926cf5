// SPDX-License-Identifier: MIT
#pragma once

#include <lifelog/core/matrix.hpp>
#include <lifelog/data/dataset.hpp>
#include <lifelog/evaluate/split.hpp>
#include <vector>

namespace lifelog::examples {

/// Baselines that look at sensors and learn nothing deep. Features are made once for a data set, for any labels and splits.
class FeatureBaselines {
 public:
  /// seed: of MiniRocket's kernels. Their biases are quantiles over all windows, whose labels are not looked at.
  FeatureBaselines(const data::DataSet& data, std::uint64_t seed, int threads);

  /// [split.test], by logistic regression on statistics and band powers of each channel, standardised by the training
  /// minutes. labels: of all minutes.
  std::vector<Index> statistics(const std::vector<Index>& labels, const evaluate::Split& split) const;

  /// [split.test], by a ridge classifier on MiniRocket's features.
  std::vector<Index> minirocket(const std::vector<Index>& labels, const evaluate::Split& split) const;

 private:
  Index classes_;
  RowMatrix<double> statistics_;  ///< [N, F]
  RowMatrix<double> products_;    ///< [N, N] of MiniRocket's features
};

}  // namespace lifelog::examples
