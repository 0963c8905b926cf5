// SPDX-License-Identifier: MIT
#pragma once

#include <array>

#include "../../core/config.hpp"

namespace lifelog::inline LIFELOG_ABI::manifold::detail {

/// Cardinal B-splines (Schoenberg 1946; de Boor, "A practical guide to splines", 1978) of `order` pieces, degree
/// order − 1: at a position between grid points, the weights of the `order` grid points around it and their
/// derivatives. Weights lie side by side, with zeros up to eight.
template<class T, int order>
class SplineWeights {
 public:
  static constexpr int width = 8;
  static_assert(order >= 2 && order <= width);
  using Weights = Eigen::Array<T, width, 1>;

  // Weight t is a polynomial in u, by the recursion B_p(x) = (x B_{p−1}(x) + (p − x) B_{p−1}(x − 1)) / (p − 1) on
  // the pieces' coefficients: grid point t sees x = order − 1 − t + u.
  SplineWeights() {
    std::array<std::array<double, width>, width> piece{};  // [interval of x][power of u]
    piece[0][0] = 1;
    for (int p = 2; p <= order; ++p)
      for (int m = p - 1; m >= 0; --m) {
        std::array<double, width> next{};
        for (int k = 0; k < p; ++k) {
          const double here = m < p - 1 ? piece[at(m)][at(k)] : 0;
          const double before = m > 0 ? piece[at(m - 1)][at(k)] : 0;
          next[at(k)] += (m * here + (p - m) * before) / (p - 1);
          if (k + 1 < width) next[at(k + 1)] += (here - before) / (p - 1);
        }
        piece[at(m)] = next;
      }
    for (int k = 0; k < order; ++k) {
      value_[at(k)].setZero();
      for (int t = 0; t < order; ++t) value_[at(k)][t] = static_cast<T>(piece[at(order - 1 - t)][at(k)]);
    }
  }

  /// u: how far the position is beyond a grid point, 0 ≤ u < 1 spacings; that point has weight order / 2 − 1.
  Weights weights(T u) const {
    Weights sum = value_[order - 1];
    for (int k = order - 2; k >= 0; --k) sum = sum * u + value_[at(k)];
    return sum;
  }

  /// Derivatives of `weights` by u.
  Weights slopes(T u) const {
    Weights sum = value_[order - 1] * T(order - 1);
    for (int k = order - 2; k >= 1; --k) sum = sum * u + value_[at(k)] * T(k);
    return sum;
  }

 private:
  static constexpr std::size_t at(int i) { return static_cast<std::size_t>(i); }

  std::array<Weights, order> value_;  // coefficients of u^k
};

}  // namespace lifelog::manifold::detail
