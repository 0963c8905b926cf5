// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <limits>

#include "columns.hpp"

namespace lifelog::inline LIFELOG_ABI::manifold::detail {

/// All points' repulsion where all of them are so near each other that q = 1 − d² and q² = 1 − 2d² to the last digit
/// of T: sums of polynomials, which need the points' moments only. O(n) time, and no smallest map.
template<class T, int dims>
struct NearRepulsion {
  /// Whether points at most `extent` apart are near enough: the next terms, d⁴ and 3d⁴, are less than T can tell.
  static bool serves(double extent) {
    return extent * extent <= std::sqrt(static_cast<double>(std::numeric_limits<T>::epsilon()) / 4);
  }

  /// positions: [padded n, dims]; push: the same, becomes Σ_j q² (y_i − y_j); returns Z = Σ_{i≠j} q.
  double operator()(const Columns<T>& positions, Index n, Columns<T>& push) const {
    // Σ_j (1 − 2‖y_i − y_j‖²)(y_i − y_j), with the points' sum s, second moments M, their trace m, and c = Σ ‖y‖² y.
    double s[dims] = {}, c[dims] = {}, moments[dims][dims] = {}, m = 0, y[dims];
    const auto load = [&](Index i) {
      double square = 0;
      for (int a = 0; a < dims; ++a) {
        y[a] = static_cast<double>(positions(i, a));
        square += y[a] * y[a];
      }
      return square;
    };
    for (Index i = 0; i < n; ++i) {
      const double square = load(i);
      m += square;
      for (int a = 0; a < dims; ++a) {
        s[a] += y[a];
        c[a] += square * y[a];
        for (int b = 0; b < dims; ++b) moments[a][b] += y[a] * y[b];
      }
    }
    const auto count = static_cast<double>(n);
    double sum_square = 0;
    for (int a = 0; a < dims; ++a) sum_square += s[a] * s[a];
    for (Index i = 0; i < n; ++i) {
      const double square = load(i);
      double along = 0;
      for (int a = 0; a < dims; ++a) along += y[a] * s[a];
      for (int a = 0; a < dims; ++a) {
        double cubic = (count * square + m - 2 * along) * y[a] - square * s[a] - c[a];
        for (int b = 0; b < dims; ++b) cubic += 2 * moments[a][b] * y[b];
        push(i, a) = static_cast<T>(count * y[a] - s[a] - 2 * cubic);
      }
    }
    return count * (count - 1) - 2 * (count * m - sum_square);
  }
};

}  // namespace lifelog::manifold::detail
