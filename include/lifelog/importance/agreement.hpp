// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "../core/matrix.hpp"
#include "../core/random.hpp"

namespace lifelog::inline LIFELOG_ABI::importance {

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
  /// How likely `within` would stand so far above `between` if rows were of nobody: of permutations of people, replicate by replicate.
  double p_value = 1;
  /// [P]: mean rank correlation of a person's rows with the same person's in other replicates, and with others'.
  Eigen::VectorXd own, others;
};

/// | option       | default | description                              |
/// |--------------|---------|------------------------------------------|
/// | permutations | 999     | of people, for the p-value; 0: none      |
/// | seed         | 1       | of these                                 |
struct AgreementOptions {
  Index permutations = 999;
  std::uint64_t seed = 1;
};

namespace detail {

/// [P, P] for each pair a ≠ b of replicates: rank correlations of the rows of a with those of b.
struct CorrelatedPair {
  std::size_t a, b;
  RowMatrix<double> correlation;
};

/// Mean over pairs of the correlations of people with themselves, whoever is whom in which replicate.
LIFELOG_LAZY double mean_within(const std::vector<CorrelatedPair>& pairs,
                                const std::vector<std::vector<Index>>& who) {
  double total = 0;
  for (const auto& pair : pairs)
    for (std::size_t p = 0; p < who[pair.a].size(); ++p)
      total += pair.correlation(who[pair.a][p], who[pair.b][p]);
  return total / static_cast<double>(pairs.size() * who.front().size());
}

}  // namespace detail

/// Compares replicates of people's importances (networks of other seeds, trained and asked on other folds). Replicates that were asked
/// about the same minutes agree on what is peculiar to these minutes, too.
///
/// replicates: [P, M] each, a row a person; at least two, of at least two people. Throws std::invalid_argument on other shapes and
/// on values that are not finite.
LIFELOG_LAZY Agreement agreement(const std::vector<RowMatrix<double>>& replicates,
                                 const AgreementOptions& options = {}) {
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
  const auto n = static_cast<double>(people);
  Agreement result;
  result.chance = 1 / n;
  result.own = result.others = Eigen::VectorXd::Zero(people);
  std::vector<detail::CorrelatedPair> pairs;
  for (std::size_t a = 0; a < replicates.size(); ++a)
    for (std::size_t b = 0; b < replicates.size(); ++b) {
      if (a == b) continue;
      auto& correlation =
          pairs.emplace_back(detail::CorrelatedPair{a, b, RowMatrix<double>(people, people)}).correlation;
      for (Index p = 0; p < people; ++p) {
        const Eigen::VectorXd own = replicates[a].row(p);
        Eigen::VectorXd distance(people);
        for (Index q = 0; q < people; ++q) {
          const Eigen::VectorXd other = replicates[b].row(q);
          correlation(p, q) = rank_correlation(own, other);
          distance[q] = (own - other).squaredNorm();
        }
        Index nearest = 0;
        distance.minCoeff(&nearest);
        result.nearest += nearest == p;
      }
      result.own += correlation.diagonal();
      result.others += (correlation.rowwise().sum() - correlation.diagonal()) / (n - 1);
    }
  const auto count = static_cast<double>(pairs.size());
  result.own /= count;
  result.others /= count;
  result.nearest /= count * n;
  result.within = result.own.mean();
  result.between = result.others.mean();
  // A permutation changes `within` alone: the sum over all pairs of people stays.
  std::vector<Index> order(static_cast<std::size_t>(people));
  std::iota(order.begin(), order.end(), Index{0});
  Random random(options.seed);
  Index as_high = 0;
  for (Index k = 0; k < options.permutations; ++k) {
    std::vector<std::vector<Index>> who(replicates.size(), order);
    for (auto& own : who) random.shuffle(own.begin(), own.end());
    as_high += detail::mean_within(pairs, who) >= result.within - 1e-12;
  }
  if (options.permutations > 0)
    result.p_value = static_cast<double>(1 + as_high) / static_cast<double>(1 + options.permutations);
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
