// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <type_traits>
#include <vector>

#include "../core/parallel.hpp"
#include "../core/points.hpp"
#include "../core/random.hpp"
#include "detail/moderate.hpp"

namespace lifelog::inline LIFELOG_ABI::manifold {

struct PcaOptions {
  /// 1 … 8
  Index components = 2;
  /// 0: all there are. Results do not depend on it.
  int threads = 0;
};

struct PcaResult {
  /// [n, components], rows along the directions of most variance, centred, in the unit of the data. A column is
  /// zero when there is no such direction. The largest loading of each direction is positive.
  RowMatrix<double> scores;
  /// [components], variances (÷ n) along them.
  Eigen::VectorXd variance;
};

namespace detail {

using namespace lifelog::detail;

// Subspace iteration with Rayleigh–Ritz (Saad, "Numerical methods for large eigenvalue problems", 2011, ch.
// 5): exact for up to 16 columns. The covariance matrix is made once where there are some hundred columns, and never
// for the thousands of columns of raw windows.
template<class T>
class Pca {
  using Real = Double<T>;
  using Row = Eigen::Matrix<Real, 1, Eigen::Dynamic>;
  using Vector = Eigen::Vector<Real, Eigen::Dynamic>;

 public:
  Pca(const RowMatrixView<T>& points, const PcaOptions& options)
      : points_(points), options_(options), mean_(mean_of(points)), left_(Row::Zero(points.cols())) {
    // What rounding of the mean leaves, far from 0.
    Row sum = left_;
    for (Index i = 0; i < points.rows(); ++i) sum += centred(i);
    left_ = sum / static_cast<double>(points.rows());
    if (points.cols() <= most_covariances) covariance_ = covariance();
  }

  PcaResult run() const {
    Block basis(points_.cols(), width);
    Random random;
    for (Index i = 0; i < basis.rows(); ++i)
      for (Index c = 0; c < width; ++c) basis(i, c) = random.normal();
    orthonormalise(basis);
    Vector variance = Vector::Zero(options_.components);
    const bool cheap = covariance_.size() > 0;
    for (int iteration = 0; iteration < (cheap ? 300 : 30); ++iteration) {
      Block image = cheap ? Block(covariance_.lazyProduct(basis)) : covariance_times(basis);
      Small projected = basis.transpose().lazyProduct(image);
      projected = ((projected + projected.transpose()) / 2).eval();
      const Small turn = diagonalise(projected);
      const Vector before = variance;
      variance = projected.diagonal().head(options_.components);
      basis = Block(basis.lazyProduct(turn));
      if ((variance - before).norm() <= (cheap ? 1e-15 : 1e-8) * variance[0]) break;
      basis = image.lazyProduct(turn);
      orthonormalise(basis);
    }
    return {scores(basis), variance.cwiseMax(0)};
  }

  static constexpr Index most_components = 8;

 private:
  static constexpr int width = 16;
  static constexpr Index most_covariances = 256;  // columns
  using Block = Eigen::Matrix<Real, Eigen::Dynamic, width, Eigen::RowMajor>;
  using Small = Eigen::Matrix<Real, width, width>;
  using Coordinates = Eigen::Matrix<Real, 1, width>;

  // Of a constant column, that constant: nothing is left of it then.
  static Row mean_of(const RowMatrixView<T>& points) {
    Row sum = Row::Zero(points.cols());
    for (Index i = 0; i < points.rows(); ++i) sum += points.row(i).template cast<double>();
    const auto first = points.row(0).array();
    const auto constant =
        (points.colwise().minCoeff().array() == first) && (points.colwise().maxCoeff().array() == first);
    return constant.select(first.template cast<double>(), sum.array() / static_cast<double>(points.rows()));
  }

  // Calls add(part, row) for every centred row, pieces of them side by side; returns the parts' sum / n.
  template<class Part, class Add>
  Part mean_of_rows(const Part& zero, const Add& add) const {
    const Index n = points_.rows(), size = std::max<Index>(64, (n + 31) / 32);
    std::vector<Part> parts(static_cast<std::size_t>(piece_count(size, n)));
    parallel_for(static_cast<Index>(parts.size()), options_.threads, [&](Index p) {
      auto& part = parts[static_cast<std::size_t>(p)];
      part = zero;
      const auto [begin, end] = piece_of(p, size, n);
      for (Index i = begin; i < end; ++i) add(part, centred(i));
    });
    for (std::size_t p = 1; p < parts.size(); ++p) parts[0] += parts[p];
    return parts[0] / static_cast<double>(n);
  }

  RowMatrix<Real> covariance() const {
    const Index d = points_.cols();
    RowMatrix<Real> upper =
        mean_of_rows<RowMatrix<Real>>(RowMatrix<Real>::Zero(d, d), [d](RowMatrix<Real>& sum, const Row& row) {
          for (Index j = 0; j < d; ++j) sum.row(j).tail(d - j) += row[j] * row.tail(d - j);
        });
    upper.template triangularView<Eigen::StrictlyLower>() = upper.transpose();
    return upper;
  }

  Row centred(Index row) const { return (points_.row(row).template cast<double>() - mean_) - left_; }

  static Coordinates project(const Row& row, const Block& basis) {
    Coordinates sum = Coordinates::Zero();
    for (Index j = 0; j < row.size(); ++j) sum += row[j] * basis.row(j);
    return sum;
  }

  Block covariance_times(const Block& basis) const {
    return mean_of_rows<Block>(Block::Zero(points_.cols(), width), [&](Block& sum, const Row& row) {
      const Coordinates along = project(row, basis);
      for (Index j = 0; j < row.size(); ++j) sum.row(j) += row[j] * along;
    });
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
    const Eigen::Matrix<Real, width, 1> turned = c * a.col(p) - s * a.col(q);
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

  RowMatrix<Real> scores(Block basis) const {
    const Index components = options_.components;
    for (Index c = 0; c < components; ++c) {
      Index largest = 0;
      basis.col(c).cwiseAbs().maxCoeff(&largest);
      if (basis(largest, c) < 0) basis.col(c) *= -1;
    }
    RowMatrix<Real> result(points_.rows(), components);
    constexpr Index size = 256;
    parallel_for(piece_count(size, points_.rows()), options_.threads, [&](Index p) {
      const auto [begin, end] = piece_of(p, size, points_.rows());
      for (Index i = begin; i < end; ++i) result.row(i) = project(centred(i), basis).head(components);
    });
    return result;
  }

  const RowMatrixView<T>& points_;
  PcaOptions options_;
  Row mean_, left_;             // the latter is the mean of what the former leaves
  RowMatrix<Real> covariance_;  // [d, d], or none
};

}  // namespace detail

/// The first principal components, in double. Up to 16 columns they are exact, up to 256 nearly so where variances
/// differ; of more, variances are right to 8 digits where they are well separated, fewer otherwise: good for pictures
/// and for t-SNE's start.
///
/// points: [n, d], finite, and their squared distances numbers in double. How far they lie from 0 does not matter.
template<Rows X>
PcaResult principal_components(const X& points, const PcaOptions& options = {}) {
  return detail::with_points(points, "points", [&]<class View>(const View& view) {
    using Pca = detail::Pca<typename View::Scalar>;
    detail::require(options.components >= 1 && options.components <= Pca::most_components,
                    "components: expected 1..", Pca::most_components, ", got ", options.components);
    if constexpr (std::is_same_v<typename View::Scalar, double>) detail::require_moderate(view, "points");
    return Pca(view, options).run();
  });
}

}  // namespace lifelog::manifold
