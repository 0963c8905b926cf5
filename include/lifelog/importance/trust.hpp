// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <vector>

#include "../core/error.hpp"
#include "../core/matrix.hpp"

namespace lifelog::inline LIFELOG_ABI::importance {

/// What is left of a network's log-probabilities when it is believed only so far: trust 1 is what it says, 0 is the guess by the
/// classes' shares, and between them log p ∝ trust · log p_network + (1 − trust) · log share. Networks that are too sure of
/// themselves need less than 1; above 1 are those that are too modest.
///
/// log_probabilities, log_shares: [C], natural logarithms.
LIFELOG_LAZY Eigen::RowVectorXd believed(const Eigen::RowVectorXd& log_probabilities,
                                         const Eigen::RowVectorXd& log_shares, double trust) {
  if (trust == 1) return log_probabilities;
  const Eigen::RowVectorXd mixed = trust * log_probabilities + (1 - trust) * log_shares;
  const double most = mixed.maxCoeff();
  return mixed.array() - (most + std::log((mixed.array() - most).exp().sum()));
}

/// How far predictions are to be believed: the trust, 0 … `most`, under which some labels are most likely. A temperature that pulls
/// towards the shares in place of equal probabilities (Guo et al. 2017, "On calibration of modern neural networks", § 4.2), so that
/// who knows nothing loses nothing. Fit it on bags other than those it is then used for. 1 without bags.
///
/// log_probabilities, log_shares: [n, C]; labels: [n]. Throws std::invalid_argument on other shapes.
LIFELOG_LAZY double fit_trust(const RowMatrix<double>& log_probabilities, const RowMatrix<double>& log_shares,
                              const std::vector<Index>& labels, double most = 4) {
  using lifelog::detail::require;
  const Index count = log_probabilities.rows();
  require(log_shares.rows() == count && log_shares.cols() == log_probabilities.cols() &&
              static_cast<Index>(labels.size()) == count,
          "fit_trust: expected shares and labels of ", count, " bags, got ", log_shares.rows(), " and ",
          labels.size());
  if (count == 0) return 1;
  // The derivative of the log-likelihood by trust, which falls as trust grows.
  const auto slope = [&](double trust) {
    double total = 0;
    for (Index n = 0; n < count; ++n) {
      const Eigen::RowVectorXd difference = log_probabilities.row(n) - log_shares.row(n);
      const Eigen::RowVectorXd p = believed(log_probabilities.row(n), log_shares.row(n), trust).array().exp();
      total += difference[labels[static_cast<std::size_t>(n)]] - p.dot(difference);
    }
    return total;
  };
  if (!(slope(0) > 0)) return 0;
  if (slope(most) >= 0) return most;
  double low = 0, high = most;
  for (int step = 0; step < 40; ++step) {
    const double middle = (low + high) / 2;
    (slope(middle) > 0 ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace lifelog::importance
