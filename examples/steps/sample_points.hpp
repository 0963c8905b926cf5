// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <lifelog/core/matrix.hpp>
#include <lifelog/core/random.hpp>

namespace lifelog::examples {

/// Invented importances to try programs on.
struct SamplePoints {
  /// [n, 9], rows add up to 1.
  RowMatrix<double> points;
  /// [n], 101, 102, ...
  Eigen::VectorXi users;
  /// [n], the planted group.
  Eigen::VectorXi groups;
};

/// `people` people in `groups` groups, `minutes` rows each. Two modalities weigh most in a group.
inline SamplePoints sample_points(std::uint64_t seed, Index people = 20, Index groups = 5,
                                  Index minutes = 50) {
  constexpr Index modalities = 9;
  const Random root(seed);
  SamplePoints sample{RowMatrix<double>(people * minutes, modalities), Eigen::VectorXi(people * minutes),
                      Eigen::VectorXi(people * minutes)};
  for (Index p = 0; p < people; ++p) {
    auto random = root.fork(static_cast<std::uint64_t>(p));
    Eigen::Array<double, 1, modalities> own;
    for (Index m = 0; m < modalities; ++m) {
      const bool planted = m == p % groups || m == (2 * (p % groups) + 1) % modalities;
      own[m] = (planted ? 2.0 : 0.0) + 0.15 * random.normal();
    }
    for (Index i = 0; i < minutes; ++i) {
      Eigen::Array<double, 1, modalities> weight;
      for (Index m = 0; m < modalities; ++m) weight[m] = std::exp(own[m] + 0.2 * random.normal());
      const Index row = p * minutes + i;
      sample.points.row(row) = weight / weight.sum();
      sample.users[row] = static_cast<int>(101 + p);
      sample.groups[row] = static_cast<int>(p % groups);
    }
  }
  return sample;
}

}  // namespace lifelog::examples
