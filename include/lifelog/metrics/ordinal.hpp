// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>

#include "confusion.hpp"

// How near predictions come where the classes 0 … C−1 are in an order: ratings, 1–7 scales.

namespace lifelog::inline LIFELOG_ABI::metrics {

/// Cohen's kappa with quadratic weights (Cohen 1968): 1 − Σ w O / Σ w E, where w = (truth − predicted)², O are the counts
/// and E those expected of independent labels with the same frequencies. 1 for equal labels, 0 for chance, at least −1;
/// as scikit-learn's cohen_kappa_score(weights="quadratic"). 1 where truth and prediction name one and the same class only,
/// 0 where there is nothing.
inline double quadratic_weighted_kappa(const ConfusionMatrix& confusion) {
  const auto& counts = confusion.counts();
  double observed = 0, expected = 0;
  for (Index t = 0; t < confusion.classes(); ++t)
    for (Index p = 0; p < confusion.classes(); ++p) {
      const double weight = static_cast<double>((t - p) * (t - p));
      observed += weight * static_cast<double>(counts(t, p));
      expected +=
          weight * static_cast<double>(counts.row(t).sum()) * static_cast<double>(counts.col(p).sum());
    }
  const double total = static_cast<double>(confusion.total());
  if (total == 0) return 0;
  return expected > 0 ? 1 - observed * total / expected : 1;
}

/// Mean of |truth − predicted|, in classes; 0 where there is nothing. Lower is better: a score to train by is its negative.
inline double mean_absolute_error(const ConfusionMatrix& confusion) {
  double error = 0;
  for (Index t = 0; t < confusion.classes(); ++t)
    for (Index p = 0; p < confusion.classes(); ++p)
      error += static_cast<double>(std::abs(t - p)) * static_cast<double>(confusion.counts()(t, p));
  return confusion.total() > 0 ? error / static_cast<double>(confusion.total()) : 0;
}

}  // namespace lifelog::metrics
