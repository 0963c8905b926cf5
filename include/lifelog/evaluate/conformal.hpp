// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "../core/random.hpp"
#include "calibration.hpp"

namespace lifelog::inline LIFELOG_ABI::evaluate {

/// How strange a class is for a row.
enum class ConformalScore {
  lac,  ///< 1 − p of the class (Sadinle, Lei & Wasserman 2019): the smallest sets on average; they may be empty
  aps,  ///< the probability of it and all likelier classes (Romano, Sesia & Candès 2020); sets hold the likeliest class
};

/// | name | type | description | default |
/// |---|---|---|---|
/// | level | double | share of rows whose set is to hold the true class, in (0, 1) | 0.9 |
/// | score | ConformalScore | | lac |
/// | randomised | bool | aps alone: less a random share of the class's own probability, so that sets cover no more than the level | false |
/// | seed | uint64 | of that share | 0 |
struct ConformalOptions {
  double level = 0.9;
  ConformalScore score = ConformalScore::lac;
  bool randomised = false;
  std::uint64_t seed = 0;
};

namespace detail {

/// Scores of all classes of one row of log-probabilities. share: of a class's own probability that does not count.
LIFELOG_LAZY void conformal_scores(const RowMatrix<double>& log_p, Index row, ConformalScore kind,
                                   double share, std::vector<double>& scores) {
  const auto classes = static_cast<std::size_t>(log_p.cols());
  scores.resize(classes);
  const auto p = [&](std::size_t c) { return std::exp(log_p(row, static_cast<Index>(c))); };
  if (kind == ConformalScore::lac) {
    for (std::size_t c = 0; c < classes; ++c) scores[c] = 1 - p(c);
    return;
  }
  std::vector<std::size_t> order(classes);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p(a) > p(b); });
  double sum = 0;
  for (const auto c : order) {
    sum += p(c);
    scores[c] = sum - share * p(c);
  }
}

LIFELOG_LAZY double own_share(const ConformalOptions& options, Random& random) {
  return options.score == ConformalScore::aps && options.randomised ? random.uniform() : 0;
}

}  // namespace detail

/// The greatest score a class may have to be in a set: the ⌈(n + 1) · level⌉-th of those of n labelled rows that did not
/// train, so that sets of further rows like them hold the true class with at least that probability, whatever the network
/// (Vovk, Gammerman & Shafer 2005). Infinite, so that sets hold every class, where n is too small for the level.
///
/// log_probabilities: [n, C]; labels: [n], 0…C−1. Throws std::invalid_argument.
template<Rows X, Rows Labels>
double conformal_threshold(const X& log_probabilities, const Labels& labels,
                           const ConformalOptions& options = {}) {
  lifelog::detail::require(options.level > 0 && options.level < 1,
                           "level: expected a number between 0 and 1, got ", options.level);
  const detail::LabelledRows data(log_probabilities, labels);
  const Index n = data.rows.rows();
  Random random(options.seed);
  std::vector<double> own, scores;
  for (Index i = 0; i < n; ++i) {
    detail::conformal_scores(data.rows, i, options.score, detail::own_share(options, random), scores);
    own.push_back(scores[static_cast<std::size_t>(data.labels[i])]);
  }
  const double exact = options.level * static_cast<double>(n + 1);
  const auto rank = static_cast<Index>(std::ceil(exact - 1e-9 * exact));
  if (rank > n) return std::numeric_limits<double>::infinity();
  const auto at = own.begin() + (rank - 1);
  std::nth_element(own.begin(), at, own.end());
  return *at;
}

/// Sets of classes for rows [N, C] of log-probabilities: [N, C], 1 for a class that is in the row's set.
///
///     const double threshold = evaluate::conformal_threshold(valid_log_p, valid_labels, {.level = 0.9});
///     const auto sets = evaluate::conformal_sets(test_log_p, threshold, {.level = 0.9});
template<Rows X>
RowMatrix<std::uint8_t> conformal_sets(const X& log_probabilities, double threshold,
                                       const ConformalOptions& options = {}) {
  const RowsOf<X> held(log_probabilities);
  const RowMatrix<double> rows = held.view().template cast<double>();
  detail::LabelledRows::check(rows);
  RowMatrix<std::uint8_t> sets = RowMatrix<std::uint8_t>::Zero(rows.rows(), rows.cols());
  auto random = Random(options.seed).fork(1);  // other numbers than those of the threshold's rows
  std::vector<double> scores;
  for (Index i = 0; i < rows.rows(); ++i) {
    detail::conformal_scores(rows, i, options.score, detail::own_share(options, random), scores);
    // Sums of probabilities that rounding alone parts count as equal.
    for (Index c = 0; c < rows.cols(); ++c)
      sets(i, c) = scores[static_cast<std::size_t>(c)] <= threshold + 1e-12;
    Index likeliest = 0;
    rows.row(i).maxCoeff(&likeliest);
    if (options.score == ConformalScore::aps) sets(i, likeliest) = 1;
  }
  return sets;
}

/// What sets came to on rows whose class is known.
struct ConformalSummary {
  double coverage = 0;   ///< share of rows whose set holds the true class
  double mean_size = 0;  ///< classes a set
  double empty = 0;      ///< share of empty sets
  double single = 0;     ///< share of sets of one class
};

/// sets: [N, C] of 0 and 1; labels: [N], 0…C−1. Without rows all is 0. Throws std::invalid_argument.
template<Rows Labels>
ConformalSummary conformal_summary(const RowMatrix<std::uint8_t>& sets, const Labels& given) {
  const auto labels = lifelog::detail::labels_of(given, "labels", 0, static_cast<int>(sets.cols()) - 1);
  lifelog::detail::require(labels.size() == sets.rows(), "labels: expected ", sets.rows(), ", got ",
                           labels.size());
  ConformalSummary result;
  const double n = static_cast<double>(std::max<Index>(sets.rows(), 1));
  for (Index i = 0; i < sets.rows(); ++i) {
    Index size = 0;
    for (Index c = 0; c < sets.cols(); ++c) size += sets(i, c);
    result.coverage += sets(i, labels[i]) / n;
    result.mean_size += static_cast<double>(size) / n;
    result.empty += size == 0 ? 1 / n : 0;
    result.single += size == 1 ? 1 / n : 0;
  }
  return result;
}

}  // namespace lifelog::evaluate
