// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

#include "../core/points.hpp"

namespace lifelog::inline LIFELOG_ABI::metrics {

namespace detail {

using namespace lifelog::detail;

template<class T>
double roc_auc(const Eigen::VectorXi& truth, const RowMatrixView<T>& scores) {
  const Index n = truth.size();
  require(scores.size() == n && (scores.rows() == 1 || scores.cols() == 1),
          "scores: expected a vector with one for each of ", n, " truths, got ", scores.rows(), " x ",
          scores.cols());
  const auto score = [&](Index i) { return scores.cols() == 1 ? scores(i, 0) : scores(0, i); };
  std::vector<Index> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), Index{0});
  std::sort(order.begin(), order.end(), [&](Index a, Index b) { return score(a) < score(b); });

  const double positives = static_cast<double>(truth.sum()), negatives = static_cast<double>(n) - positives;
  require(positives > 0 && negatives > 0, "truth: expected both classes, got ", positives, " ones and ",
          negatives, " zeros");
  // Positives won against negatives, ties counting a half each.
  double won = 0, negatives_below = 0;
  for (auto first = order.begin(); first != order.end();) {
    double tied_positives = 0, tied_negatives = 0;
    auto last = first;
    for (; last != order.end() && score(*last) == score(*first); ++last)
      (truth[*last] == 1 ? tied_positives : tied_negatives) += 1;
    won += tied_positives * (negatives_below + tied_negatives / 2);
    negatives_below += tied_negatives;
    first = last;
  }
  return won / positives / negatives;
}

}  // namespace detail

/// Area under the receiver operating characteristic: the probability that a row of class 1 scores higher than
/// one of class 0, ties counting a half (Hanley & McNeil, "The meaning and use of the area under a ROC
/// curve", 1982).
///
/// truth: [n], 0 or 1, both must occur; scores: [n], finite, higher = more likely 1. Only their order
/// matters.
template<Rows T, Rows S>
double roc_auc(const T& truth, const S& scores) {
  return detail::with_points(scores, "scores", [&](const auto& view) {
    return detail::roc_auc(detail::labels_of(truth, "truth", 0, 1), view);
  });
}

}  // namespace lifelog::metrics
