// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "../core/matrix.hpp"

namespace lifelog::importance {

/// Ranks 0…n−1, equal values sharing their mean.
LIFELOG_LAZY Eigen::VectorXd ranks(const Eigen::VectorXd& values) {
  std::vector<Index> order(static_cast<std::size_t>(values.size()));
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return values[a] < values[b]; });
  Eigen::VectorXd ranks(values.size());
  for (std::size_t first = 0, last = 1; first < order.size(); first = last++) {
    while (last < order.size() && values[order[last]] == values[order[first]]) ++last;
    for (std::size_t i = first; i < last; ++i) ranks[order[i]] = static_cast<double>(first + last - 1) / 2;
  }
  return ranks;
}

/// Spearman's, −1…1: 0 where either is constant, NaN where a value is, which has no rank.
LIFELOG_LAZY double rank_correlation(const Eigen::VectorXd& a, const Eigen::VectorXd& b) {
  using lifelog::detail::any_nan;
  lifelog::detail::require(a.size() == b.size(), "rank_correlation: expected as many values, got ", a.size(),
                           " and ", b.size());
  if (any_nan(a.data(), a.size()) || any_nan(b.data(), b.size()))
    return std::numeric_limits<double>::quiet_NaN();
  const Eigen::VectorXd x = ranks(a).array() - ranks(a).mean(), y = ranks(b).array() - ranks(b).mean();
  const double size = x.norm() * y.norm();
  return size > 0 ? x.dot(y) / size : 0;
}

/// Whether an importance is of people or of the networks that were asked.
struct Agreement {
  /// Mean rank correlation over the sensors of one person's rows in two replicates, and of two persons'. What is of people is
  /// higher within.
  double within = 0, between = 0;
  /// How often the nearest row in another replicate is the same person's, and how often it would be by chance.
  double nearest = 0, chance = 0;
};

/// Compares replicates of people's importances (networks of other seeds, trained on other folds).
///
/// replicates: [P, M] each, a row a person; at least two, of at least two people. Throws std::invalid_argument on other shapes and
/// on values that are not finite.
LIFELOG_LAZY Agreement agreement(const std::vector<RowMatrix<double>>& replicates) {
  using lifelog::detail::require;
  require(replicates.size() >= 2, "replicates: expected at least two, got ", replicates.size());
  const Index people = replicates.front().rows(), modalities = replicates.front().cols();
  require(people >= 2 && modalities >= 1, "replicates: expected at least two people and a sensor, got ",
          people, " × ", modalities);
  for (const auto& replicate : replicates) {
    require(replicate.rows() == people && replicate.cols() == modalities, "replicates: expected all to be ",
            people, " × ", modalities, ", got ", replicate.rows(), " × ", replicate.cols());
    require(lifelog::detail::all_finite(replicate.data(), replicate.size()),
            "replicates: expected finite values, got others");
  }
  Agreement result;
  double within = 0, between = 0, same = 0;
  for (std::size_t a = 0; a < replicates.size(); ++a)
    for (std::size_t b = 0; b < replicates.size(); ++b) {
      if (a == b) continue;
      for (Index p = 0; p < people; ++p) {
        const Eigen::VectorXd own = replicates[a].row(p);
        Index nearest = 0;
        double least = std::numeric_limits<double>::infinity();
        for (Index q = 0; q < people; ++q) {
          const Eigen::VectorXd other = replicates[b].row(q);
          const double correlation = rank_correlation(own, other), distance = (own - other).squaredNorm();
          (p == q ? within : between) += correlation;
          if (distance < least) least = distance, nearest = q;
        }
        same += nearest == p;
      }
    }
  const auto pairs = static_cast<double>(replicates.size() * (replicates.size() - 1)),
             n = static_cast<double>(people);
  result.within = within / (pairs * n);
  result.between = between / (pairs * n * (n - 1));
  result.nearest = same / (pairs * n);
  result.chance = 1 / n;
  return result;
}

/// How often two people are of one group, [P, P], 1 on the diagonal. labels: [P] for each replicate, the names of groups being
/// those of the replicate alone. Throws std::invalid_argument without replicates or where their lengths differ.
LIFELOG_LAZY RowMatrix<double> co_assignment(const std::vector<std::vector<Index>>& labels) {
  using lifelog::detail::require;
  require(!labels.empty(), "labels: expected at least one replicate, got none");
  const auto people = static_cast<Index>(labels.front().size());
  RowMatrix<double> together = RowMatrix<double>::Zero(people, people);
  for (const auto& replicate : labels) {
    require(static_cast<Index>(replicate.size()) == people, "labels: expected ", people,
            " people in each replicate, got ", replicate.size());
    for (Index p = 0; p < people; ++p)
      for (Index q = 0; q < people; ++q)
        together(p, q) += replicate[static_cast<std::size_t>(p)] == replicate[static_cast<std::size_t>(q)];
  }
  return together / static_cast<double>(labels.size());
}

}  // namespace lifelog::importance
