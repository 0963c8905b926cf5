// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <vector>

#include "../core/parallel.hpp"
#include "../core/points.hpp"
#include "../core/random.hpp"

namespace lifelog::manifold {

struct PcaResult {
  /// [n, 2], rows along the two directions of most variance, centred, in the unit of the data. A column is
  /// zero when there is no such direction. The largest loading of each direction is positive.
  RowMatrix<double> scores;
  /// [2], variances (÷ n) along them.
  Eigen::Vector2d variance;
};

namespace detail {

using namespace lifelog::detail;

// Subspace iteration with Rayleigh–Ritz (Saad, "Numerical methods for large eigenvalue problems", 2011, ch.
// 5): exact for up to 16 columns, and never a d × d matrix for the thousands of columns of raw windows.
template<class T>
class Pca {
 public:
  Pca(const RowMatrixView<T>& points, int threads) : points_(points), threads_(threads) {
    mean_ = Eigen::VectorXd::Zero(points.cols());
    for (Index i = 0; i < points.rows(); ++i) mean_ += points.row(i).template cast<double>().transpose();
    mean_ /= static_cast<double>(points.rows());
  }

  PcaResult run() const {
    Block basis(points_.cols(), width);
    Random random;
    for (Index i = 0; i < basis.rows(); ++i)
      for (Index c = 0; c < width; ++c) basis(i, c) = random.normal();
    orthonormalise(basis);
    Eigen::Vector2d variance = Eigen::Vector2d::Zero();
    for (int iteration = 0; iteration < 30; ++iteration) {
      Block image = covariance_times(basis);
      Small projected = basis.transpose().lazyProduct(image);
      projected = ((projected + projected.transpose()) / 2).eval();
      const Small turn = diagonalise(projected);
      const Eigen::Vector2d before = variance;
      variance = projected.diagonal().template head<2>();
      basis = Block(basis.lazyProduct(turn));
      if ((variance - before).norm() <= 1e-8 * variance[0]) break;
      basis = image.lazyProduct(turn);
      orthonormalise(basis);
    }
    return {scores(basis), variance.cwiseMax(0)};
  }

 private:
  static constexpr int width = 16;
  using Block = Eigen::Matrix<double, Eigen::Dynamic, width, Eigen::RowMajor>;
  using Small = Eigen::Matrix<double, width, width>;
  using Coordinates = Eigen::Matrix<double, 1, width>;

  Coordinates project(Index row, const Block& basis) const {
    Coordinates sum = Coordinates::Zero();
    for (Index j = 0; j < points_.cols(); ++j)
      sum += (static_cast<double>(points_(row, j)) - mean_[j]) * basis.row(j);
    return sum;
  }

  Block covariance_times(const Block& basis) const {
    const Index n = points_.rows(), size = std::max<Index>(64, (n + 31) / 32);
    std::vector<Block> parts(static_cast<std::size_t>(piece_count(size, n)));
    parallel_for(static_cast<Index>(parts.size()), threads_, [&](Index p) {
      auto& part = parts[static_cast<std::size_t>(p)];
      part = Block::Zero(points_.cols(), width);
      const auto [begin, end] = piece_of(p, size, n);
      for (Index i = begin; i < end; ++i) {
        const Coordinates along = project(i, basis);
        for (Index j = 0; j < points_.cols(); ++j)
          part.row(j) += (static_cast<double>(points_(i, j)) - mean_[j]) * along;
      }
    });
    for (std::size_t p = 1; p < parts.size(); ++p) parts[0] += parts[p];
    return parts[0] / static_cast<double>(n);
  }

  // Jacobi's rotations: `a` becomes its eigenvalues, largest first, on the diagonal; returns the
  // eigenvectors, one a column. (Eigen's solver would bring in blocked products, whose rounding depends on
  // the number of threads.)
  static Small diagonalise(Small& a) {
    Small vectors = Small::Identity();
    for (int sweep = 0; sweep < 50; ++sweep) {
      double kept = 0, left = 0;
      for (int p = 0; p < width; ++p)
        for (int q = 0; q < width; ++q) (p == q ? kept : left) += a(p, q) * a(p, q);
      if (left <= 1e-30 * kept) break;
      for (int p = 0; p < width; ++p)
        for (int q = p + 1; q < width; ++q) {
          if (a(p, q) == 0) continue;
          const double theta = (a(q, q) - a(p, p)) / (2 * a(p, q));
          const double t = std::copysign(1.0, theta) / (std::abs(theta) + std::hypot(1.0, theta));
          const double c = 1 / std::hypot(1.0, t), s = t * c;
          rotate(a, p, q, c, s);
          a.transposeInPlace();
          rotate(a, p, q, c, s);
          rotate(vectors, p, q, c, s);
        }
    }
    for (int i = 0; i < width; ++i) {
      Index largest = 0;
      a.diagonal().tail(width - i).maxCoeff(&largest);
      std::swap(a(i, i), a(i + largest, i + largest));
      vectors.col(i).swap(vectors.col(i + largest));
    }
    return vectors;
  }

  static void rotate(Small& a, int p, int q, double c, double s) {
    const Eigen::Matrix<double, width, 1> turned = c * a.col(p) - s * a.col(q);
    a.col(q) = s * a.col(p) + c * a.col(q);
    a.col(p) = turned;
  }

  // Gram–Schmidt, twice for accuracy; columns without anything of their own become zero.
  static void orthonormalise(Block& basis) {
    for (int c = 0; c < width; ++c) {
      const double original = basis.col(c).norm();
      for (int round = 0; round < 2; ++round)
        for (int b = 0; b < c; ++b) basis.col(c) -= basis.col(b).dot(basis.col(c)) * basis.col(b);
      const double left = basis.col(c).norm();
      if (left > 1e-10 * original)
        basis.col(c) /= left;
      else
        basis.col(c).setZero();
    }
  }

  RowMatrix<double> scores(Block basis) const {
    for (int c = 0; c < 2; ++c) {
      Index largest = 0;
      basis.col(c).cwiseAbs().maxCoeff(&largest);
      if (basis(largest, c) < 0) basis.col(c) *= -1;
    }
    RowMatrix<double> result(points_.rows(), 2);
    for (Index i = 0; i < points_.rows(); ++i) result.row(i) = project(i, basis).template head<2>();
    return result;
  }

  const RowMatrixView<T>& points_;
  int threads_;
  Eigen::VectorXd mean_;
};

}  // namespace detail

/// The first two principal components, in double. With more than 16 columns to 8 digits of the variances
/// where they are well separated, fewer otherwise: good for pictures and for t-SNE's start.
///
/// points: [n, d], finite; threads: 0 = all there are, results do not depend on it.
template<Rows X>
PcaResult principal_components(const X& points, int threads = 0) {
  return detail::with_points(points, "points",
                             [&](const auto& view) { return detail::Pca(view, threads).run(); });
}

}  // namespace lifelog::manifold
