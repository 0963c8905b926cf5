// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>

#include "../core/matrix.hpp"

namespace lifelog::inline LIFELOG_ABI::manifold {

/// Steepest descent with momentum and a gain for each coordinate (Jacobs, "Increased rates of convergence
/// through learning rate adaptation", 1988) that grows while its direction lasts and shrinks when it turns.
/// Its two arrays are all it remembers.
struct Descent {
  RowMatrix<double> step;  ///< [n, dims], the latest
  RowMatrix<double> gain;  ///< [n, dims]

  Descent(Index rows, Index dims)
      : step(RowMatrix<double>::Zero(rows, dims)), gain(RowMatrix<double>::Ones(rows, dims)) {}

  /// Moves the rows of map [n, dims] against gradient [n, dims], none farther than `longest` (> 0), and
  /// centres them.
  void move(RowMatrix<double>& map, const RowMatrix<double>& gradient, double momentum, double rate,
            double longest) {
    for (Index i = 0; i < map.rows(); ++i) {
      double length = 0;
      for (Index c = 0; c < map.cols(); ++c) {
        const double slope = gradient(i, c);
        gain(i, c) = std::max(0.01, step(i, c) * slope < 0 ? gain(i, c) + 0.2 : gain(i, c) * 0.8);
        step(i, c) = momentum * step(i, c) - rate * gain(i, c) * slope;
        length += step(i, c) * step(i, c);
      }
      if (length > longest * longest) step.row(i) *= longest / std::sqrt(length);
    }
    map += step;
    map.rowwise() -= map.colwise().mean().eval();
  }
};

}  // namespace lifelog::manifold
