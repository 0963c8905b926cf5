// SPDX-License-Identifier: MIT
#pragma once

#include <lifelog/core/matrix.hpp>
#include <lifelog/core/random.hpp>

namespace random_points {

/// Rows of standard normal numbers.
inline lifelog::RowMatrix<double> normals(lifelog::Index rows, lifelog::Index cols, lifelog::Random& random) {
  lifelog::RowMatrix<double> points(rows, cols);
  for (double& x : points.reshaped()) x = random.normal();
  return points;
}

inline lifelog::RowMatrix<double> normals(lifelog::Index rows, lifelog::Index cols, std::uint64_t seed) {
  lifelog::Random random(seed);
  return normals(rows, cols, random);
}

}  // namespace random_points
