// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "../core/finite.hpp"
#include "neighbours.hpp"

namespace lifelog::inline LIFELOG_ABI::manifold {

/// t-SNE's joint probabilities P: symmetric, sparse, summing to 1, zero on the diagonal. Compressed rows:
/// those of row i are entries start[i] … start[i + 1] − 1, by ascending column.
struct Affinities {
  std::vector<Index> start;  ///< n + 1
  std::vector<int> column;
  std::vector<double> value;

  Index rows() const { return static_cast<Index>(start.size()) - 1; }
};

namespace detail {

// One row's Gaussian over its neighbours, as wide as its perplexity asks for.
template<class T = double>
class GaussianRow {
 public:
  // squared_distances: ascending.
  template<class Derived>
  explicit GaussianRow(const Eigen::DenseBase<Derived>& squared_distances)
      : d_(squared_distances.derived().array().transpose() - squared_distances(0)), p_(d_.size()) {
    // Less the least, so that exp cannot vanish, and in units of their mean; p changes by neither. In units of the
    // largest first, whose sum neither overflows nor loses digits.
    const double largest = d_.maxCoeff();
    flat_ = !(largest > 0);
    if (flat_) return;
    d_ /= largest;
    d_ /= d_.mean();
  }

  // Probabilities whose entropy is `target` (nats), as nearly as the distances allow: where more than exp(target) of
  // them are equally near the entropy stays above it, and where all are equally far it does not depend on beta.
  const Eigen::ArrayX<T>& solve(double target) {
    if (flat_) return p_ = 1.0 / static_cast<double>(d_.size());
    // Entropy falls as beta grows: Newton's steps in ln(beta), bracketed far beyond what doubles can tell apart, and
    // bisection where they leave the bracket.
    double low = -40, high = 40, log_beta = 0;
    for (int step = 0; step < 120; ++step) {
      const auto [entropy, slope] = evaluate(std::exp(log_beta));
      const double excess = entropy - target;
      if (std::abs(excess) < 1e-12 || high - low < 1e-14) break;
      (excess > 0 ? low : high) = log_beta;
      const double next = log_beta - excess / slope;  // not a number where the slope is nought
      log_beta = next > low && next < high ? next : (low + high) / 2;
    }
    return p_;
  }

 private:
  // Entropy and its derivative by ln(beta) of p ∝ exp(−beta·d), which is left in p_.
  std::pair<double, double> evaluate(double beta) {
    p_ = (-beta * d_).exp();
    const double sum = p_.sum();  // at least 1, as d_[0] = 0
    p_ /= sum;
    const double mean = beta * (p_ * d_).sum();
    const double variance = (p_ * (beta * d_ - mean).square()).sum();
    return {std::log(sum) + mean, -variance};
  }

  Eigen::ArrayX<T> d_, p_;
  bool flat_ = false;
};

LIFELOG_LAZY void require_neighbours(const Neighbours& neighbours) {
  const Index n = neighbours.index.rows(), k = neighbours.index.cols();
  const auto& distance = neighbours.squared_distance;
  require(distance.rows() == n && distance.cols() == k, "neighbours: expected distances ", n, " x ", k,
          ", got ", distance.rows(), " x ", distance.cols());
  require(k >= 1, "neighbours: expected at least one each, got ", k);
  for (Index i = 0; i < n; ++i)
    for (Index r = 0; r < k; ++r) {
      const double before = r > 0 ? distance(i, r - 1) : 0;
      require(lifelog::detail::is_finite(distance(i, r)) && distance(i, r) >= before,
              "neighbours: expected squared distances that ascend from 0, got ", distance(i, r), " in row ",
              i, ", column ", r);
    }
}

// A row's entries by ascending column.
struct Entry {
  int column;
  double value;
  bool operator<(const Entry& other) const { return column < other.column; }
};

// Conditional probabilities over neighbours, [n, k], with each row's by ascending column, and their transpose.
LIFELOG_LAZY class Conditionals {
 public:
  Conditionals(const RowMatrix<int>& index, const RowMatrix<double>& value, int threads)
      : k_(index.cols()), rows_(at(index.size())), start_(at(index.rows() + 1)), transposed_(rows_.size()) {
    const Index n = index.rows();
    parallel_for(piece_count(piece, n), threads, [&](Index p) {
      const auto [begin, end] = piece_of(p, piece, n);
      for (Index e = begin * k_; e < end * k_; ++e) rows_[at(e)] = {index.data()[e], value.data()[e]};
      for (Index i = begin; i < end; ++i) std::sort(rows_.begin() + i * k_, rows_.begin() + (i + 1) * k_);
    });
    for (const auto& entry : rows_) ++start_[at(entry.column + 1)];
    for (Index i = 0; i < n; ++i) start_[at(i + 1)] += start_[at(i)];
    auto next = start_;
    for (Index i = 0; i < n; ++i)
      for (const auto& entry : row(i))
        transposed_[at(next[at(entry.column)]++)] = {static_cast<int>(i), entry.value};
  }

  static constexpr Index piece = 256;

  // Calls entry(column, p_column|row + p_row|column) by ascending column.
  template<class Each>
  void each_of_row(Index i, const Each& entry) const {
    const auto a = row(i);
    const auto b = std::span(transposed_).subspan(at(start_[at(i)]), at(start_[at(i + 1)] - start_[at(i)]));
    std::size_t x = 0, y = 0;
    while (x < a.size() || y < b.size()) {
      const bool left = y == b.size() || (x < a.size() && a[x].column <= b[y].column);
      const bool right = x == a.size() || (y < b.size() && b[y].column <= a[x].column);
      const int column = left ? a[x].column : b[y].column;
      const double value = (left ? a[x].value : 0) + (right ? b[y].value : 0);
      x += left, y += right;
      entry(column, value);
    }
  }

 private:
  static std::size_t at(Index i) { return static_cast<std::size_t>(i); }
  std::span<const Entry> row(Index i) const { return std::span(rows_).subspan(at(i * k_), at(k_)); }

  Index k_;
  std::vector<Entry> rows_;
  std::vector<Index> start_;
  std::vector<Entry> transposed_;
};

// (P + Pᵀ) / 2n.
LIFELOG_LAZY Affinities symmetric(const RowMatrix<int>& index, const RowMatrix<double>& conditional,
                                  int threads) {
  const Index n = index.rows();
  const Conditionals<> conditionals(index, conditional, threads);
  Affinities joint;
  joint.start.assign(static_cast<std::size_t>(n) + 1, 0);
  constexpr Index piece = Conditionals<>::piece;
  const auto each_row = [&](const auto& work) {
    parallel_for(piece_count(piece, n), threads, [&](Index p) {
      const auto [begin, end] = piece_of(p, piece, n);
      for (Index i = begin; i < end; ++i) work(i, static_cast<std::size_t>(i));
    });
  };
  each_row([&](Index i, std::size_t row) {
    Index& count = joint.start[row + 1];
    conditionals.each_of_row(i, [&](int, double) { ++count; });
  });
  for (std::size_t row = 0; row < static_cast<std::size_t>(n); ++row)
    joint.start[row + 1] += joint.start[row];
  joint.column.resize(static_cast<std::size_t>(joint.start.back()));
  joint.value.resize(joint.column.size());
  const double share = 0.5 / static_cast<double>(n);
  each_row([&](Index i, std::size_t row) {
    auto e = static_cast<std::size_t>(joint.start[row]);
    conditionals.each_of_row(i, [&](int column, double value) {
      joint.column[e] = column;
      joint.value[e++] = value * share;
    });
  });
  return joint;
}

}  // namespace detail

/// A perplexity that n rows can have: the given one, but at most (n − 1) / 3, and at least 1.
LIFELOG_LAZY double usable_perplexity(double perplexity, Index n) {
  return std::min(perplexity, std::max(1.0, static_cast<double>(n - 1) / 3));
}

/// How many neighbours that perplexity asks for: 3 × perplexity (van der Maaten 2014, section 4.1), or all others.
LIFELOG_LAZY Index neighbours_for(double perplexity, Index n) {
  return std::min(n - 1, static_cast<Index>(std::ceil(3 * perplexity)));
}

/// Conditional probabilities p_j|i of van der Maaten & Hinton, "Visualizing data using t-SNE" (2008), eq. 1, over given
/// neighbours only: [n, k], rows sum to 1. Each row's Gaussian is as wide as makes the entropy of its probabilities
/// ln(perplexity), found in double. Of several perplexities the probabilities are averaged (Kobak & Berens, "The art
/// of using t-SNE for single-cell transcriptomics", 2019).
///
/// neighbours: k ≥ 1, customarily 3 × the largest perplexity; 1 ≤ perplexity ≤ k, at least one of them. Rows with
/// too many equally near neighbours for a perplexity share their probability evenly among those. Neither the units
/// of the data nor duplicates matter.
LIFELOG_LAZY RowMatrix<double> conditional_probabilities(const Neighbours& neighbours,
                                                         std::span<const double> perplexities,
                                                         int threads = 0) {
  detail::require_neighbours(neighbours);
  const Index n = neighbours.index.rows(), k = neighbours.index.cols();
  detail::require(!perplexities.empty(), "perplexity: expected at least one, got none");
  for (const double perplexity : perplexities)
    detail::require(perplexity >= 1 && perplexity <= static_cast<double>(k), "perplexity: expected 1..", k,
                    " (the number of neighbours), got ", perplexity);
  RowMatrix<double> conditional(n, k);
  constexpr Index size = 64;
  parallel_for(piece_count(size, n), threads, [&](Index p) {
    const auto [begin, end] = piece_of(p, size, n);
    for (Index i = begin; i < end; ++i) {
      detail::GaussianRow row(neighbours.squared_distance.row(i));
      conditional.row(i).setZero();
      for (const double perplexity : perplexities)
        conditional.row(i) += row.solve(std::log(perplexity)).matrix().transpose();
    }
  });
  if (perplexities.size() > 1) conditional /= static_cast<double>(perplexities.size());
  return conditional;
}

/// Joint probabilities (p_j|i + p_i|j) / 2n of van der Maaten & Hinton (2008), section 3.1, from conditional ones.
/// For the arguments see there; a neighbour is one of the n rows, but not the row itself, and occurs once.
LIFELOG_LAZY Affinities joint_probabilities(const Neighbours& neighbours,
                                            std::span<const double> perplexities, int threads = 0) {
  const Index n = neighbours.index.rows();
  for (Index i = 0; i < n; ++i) {
    const auto row = neighbours.index.row(i).array();
    detail::require(
        (row >= 0).all() && (row < static_cast<int>(n)).all() && (row != static_cast<int>(i)).all(),
        "neighbours: expected other rows of ", n, ", got itself or none of them in row ", i);
  }
  return detail::symmetric(neighbours.index, conditional_probabilities(neighbours, perplexities, threads),
                           threads);
}

/// The same for one perplexity.
LIFELOG_LAZY Affinities joint_probabilities(const Neighbours& neighbours, double perplexity,
                                            int threads = 0) {
  return joint_probabilities(neighbours, std::span(&perplexity, 1), threads);
}

}  // namespace lifelog::manifold
