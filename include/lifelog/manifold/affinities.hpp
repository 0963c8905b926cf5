// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>

#include "neighbours.hpp"

namespace lifelog::manifold {

/// t-SNE's joint probabilities P: symmetric, sparse, summing to 1, zero on the diagonal. Compressed rows:
/// those of row i are entries start[i] … start[i + 1] − 1, by ascending column.
struct Affinities {
  std::vector<Index> start;  ///< n + 1
  std::vector<int> column;
  std::vector<double> value;

  Index rows() const { return static_cast<Index>(start.size()) - 1; }
};

namespace detail {

// Entropy (nats) of p_r ∝ exp(−beta·d_r), which is written to p. d ≥ 0 with d_0 = 0, so the sum is at
// least 1.
inline double gaussian_row(const Eigen::VectorXd& d, double beta, Eigen::VectorXd& p) {
  p = (-beta * d.array()).exp();
  const double sum = p.sum();
  p /= sum;
  return std::log(sum) + beta * p.dot(d);
}

// Probabilities over the neighbours whose entropy is `target`, as nearly as their distances allow: when more
// than exp(target) of them are equally near the entropy stays above it, and when all are equally far it does
// not depend on beta. squared_distances: ascending.
inline Eigen::VectorXd conditional_row(const Eigen::VectorXd& squared_distances, double target) {
  Eigen::VectorXd d =
      squared_distances.array() - squared_distances[0];  // p does not change, exp cannot vanish
  Eigen::VectorXd p(d.size());
  const double scale = d.mean();
  if (!(scale > 0)) return Eigen::VectorXd::Constant(d.size(), 1.0 / static_cast<double>(d.size()));
  d /= scale;
  // Entropy falls as beta grows: bisection in log(beta), bracketed far beyond what doubles can tell apart.
  double low = -40, high = 40;
  for (int step = 0; step < 100; ++step) {
    const double middle = (low + high) / 2;
    const double excess = gaussian_row(d, std::exp(middle), p) - target;
    if (std::abs(excess) < 1e-12 || high - low < 1e-14) break;
    (excess > 0 ? low : high) = middle;
  }
  return p;
}

// (P + Pᵀ) / 2n from conditional probabilities over neighbours, both [n, k].
inline Affinities symmetric(const RowMatrix<int>& index, const RowMatrix<double>& conditional) {
  const Index n = index.rows();
  const auto at = [](Index i) { return static_cast<std::size_t>(i); };
  std::vector<std::vector<std::pair<int, double>>> rows(at(n));
  const double share = 0.5 / static_cast<double>(n);
  for (Index i = 0; i < n; ++i)
    for (Index r = 0; r < index.cols(); ++r) {
      rows[at(i)].emplace_back(index(i, r), conditional(i, r) * share);
      rows[at(index(i, r))].emplace_back(static_cast<int>(i), conditional(i, r) * share);
    }
  Affinities joint;
  joint.start.push_back(0);
  for (auto& row : rows) {
    // A column occurs at most twice, so the order of the two does not change their sum.
    std::sort(row.begin(), row.end());
    for (const auto& [column, value] : row) {
      if (static_cast<Index>(joint.column.size()) > joint.start.back() && joint.column.back() == column) {
        joint.value.back() += value;
      } else {
        joint.column.push_back(column);
        joint.value.push_back(value);
      }
    }
    joint.start.push_back(static_cast<Index>(joint.column.size()));
  }
  return joint;
}

}  // namespace detail

/// A perplexity that n rows can have: the given one, but at most (n − 1) / 3, and at least 1.
inline double usable_perplexity(double perplexity, Index n) {
  return std::min(perplexity, std::max(1.0, static_cast<double>(n - 1) / 3));
}

/// How many neighbours that perplexity asks for: 3 × perplexity (van der Maaten 2014, section 4.1), or all others.
inline Index neighbours_for(double perplexity, Index n) {
  return std::min(n - 1, static_cast<Index>(std::ceil(3 * perplexity)));
}

/// Joint probabilities of van der Maaten & Hinton, "Visualizing data using t-SNE" (2008), eq. 1 and
/// section 3.1, over given neighbours only (van der Maaten 2014, section 4.1): each row's Gaussian is as wide
/// as makes the entropy of its conditional probabilities ln(perplexity), found by bisection in double.
///
/// neighbours: k ≥ 1, customarily 3 × perplexity; 1 ≤ perplexity ≤ k. Rows with too many equally near
/// neighbours for the perplexity share their probability evenly among those. Neither the units of the data
/// nor duplicates matter.
inline Affinities joint_probabilities(const Neighbours& neighbours, double perplexity, int threads = 0) {
  const Index n = neighbours.index.rows(), k = neighbours.index.cols();
  detail::require(neighbours.squared_distance.rows() == n && neighbours.squared_distance.cols() == k,
                  "neighbours: expected distances ", n, " x ", k, ", got ",
                  neighbours.squared_distance.rows(), " x ", neighbours.squared_distance.cols());
  detail::require(k >= 1, "neighbours: expected at least one each, got ", k);
  detail::require(perplexity >= 1 && perplexity <= static_cast<double>(k), "perplexity: expected 1..", k,
                  " (the number of neighbours), got ", perplexity);
  RowMatrix<double> conditional(n, k);
  const double target = std::log(perplexity);
  constexpr Index size = 64;
  parallel_for(piece_count(size, n), threads, [&](Index p) {
    const auto [begin, end] = piece_of(p, size, n);
    for (Index i = begin; i < end; ++i)
      conditional.row(i) = detail::conditional_row(neighbours.squared_distance.row(i).transpose(), target);
  });
  return detail::symmetric(neighbours.index, conditional);
}

}  // namespace lifelog::manifold
