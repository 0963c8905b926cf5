// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <limits>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

#include "../core/parallel.hpp"
#include "../core/points.hpp"

namespace lifelog::inline LIFELOG_ABI::evaluate {

/// Training rows in the axes of their own scatter Σ (x − mean)ᵀ(x − mean), and other rows with them. A penalty on the sum of
/// squared weights is the same in these axes, where the scatter is diagonal: linear models are fitted here once the axes are
/// known, however many features there are, for any labels.
struct PrincipalAxes {
  Eigen::RowVectorXd mean;  ///< [F] of the training rows; empty when made of products
  RowMatrix<double> axes;   ///< [F, r] orthonormal columns; empty when made of products
  Eigen::VectorXd squares;  ///< [r] the scatter along each axis, > 0, descending
  RowMatrix<double> train;  ///< [n, r] coordinates of the training rows

  Index rank() const { return squares.size(); }

  /// [N, r] coordinates of rows x [N, F].
  template<class T = double>
  RowMatrix<T> coordinates(const std::type_identity_t<RowMatrix<T>>& x) const {
    const OneThread serial;
    return (x.rowwise() - mean) * axes;
  }
};

namespace detail {

/// Eigenvalues that are not rounding, descending, and their vectors. largest_size: of the matrix that was multiplied.
template<class T>
std::pair<Eigen::VectorX<T>, RowMatrix<T>> kept_eigenpairs(const RowMatrix<T>& symmetric,
                                                           Index largest_size) {
  if (symmetric.size() == 0) return {Eigen::VectorX<T>(0), RowMatrix<T>(0, 0)};
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixX<T>> solver(symmetric);
  const auto& values = solver.eigenvalues();
  const Index n = values.size();
  const T least =
      n > 0 ? values[n - 1] * static_cast<T>(largest_size) * std::numeric_limits<T>::epsilon() : T(0);
  Index kept = 0;
  while (kept < n && values[n - 1 - kept] > std::max(least, std::numeric_limits<T>::min())) ++kept;
  return {values.tail(kept).reverse(), solver.eigenvectors().rightCols(kept).rowwise().reverse()};
}

}  // namespace detail

/// Axes of rows [n, F], of finite numbers, n ≥ 1; collinear and constant features and repeated rows give fewer axes. Costs
/// the products of all rows or of all features, whichever are fewer, and their eigenvectors.
template<class T>
PrincipalAxes principal_axes(const RowMatrix<T>& rows) {
  static_assert(std::is_same_v<T, double>, "axes are found in double");
  lifelog::detail::require(rows.rows() > 0, "rows: expected at least one");
  const OneThread serial;
  PrincipalAxes result;
  result.mean = rows.colwise().mean();
  const RowMatrix<T> centred = rows.rowwise() - result.mean;
  const Index larger = std::max(rows.rows(), rows.cols());
  if (rows.rows() > rows.cols()) {
    const RowMatrix<T> scatter = centred.transpose() * centred;
    std::tie(result.squares, result.axes) = detail::kept_eigenpairs(scatter, larger);
    result.train.noalias() = centred * result.axes;
  } else {
    const RowMatrix<T> products = centred * centred.transpose();
    RowMatrix<T> vectors;
    std::tie(result.squares, vectors) = detail::kept_eigenpairs(products, larger);
    const Eigen::RowVectorX<T> lengths = result.squares.cwiseSqrt().transpose();
    result.axes.noalias() = centred.transpose() * vectors;
    result.axes.array().rowwise() /= lengths.array();
    result.train = vectors.array().rowwise() * lengths.array();
  }
  return result;
}

/// The same from products of rows, made once for any choice of training rows.
///
/// products: [N, N], the product of every two rows, uncentred. train: numbers of the training rows. Returns the axes and
/// coordinates of all N rows. Throws std::invalid_argument for a row out of range or none.
template<class T>
std::pair<PrincipalAxes, RowMatrix<T>> principal_axes_of_products(const RowMatrix<T>& products,
                                                                  std::span<const Index> train) {
  const Index all = products.rows(), n = static_cast<Index>(train.size());
  lifelog::detail::require(products.cols() == all, "products: expected a square, got ", all, " x ",
                           products.cols());
  lifelog::detail::require(n > 0, "train: expected at least one row");
  const OneThread serial;
  RowMatrix<T> with_train(all, n);
  for (Index j = 0; j < n; ++j) {
    const Index row = train[static_cast<std::size_t>(j)];
    lifelog::detail::require(row >= 0 && row < all, "train: expected rows below ", all, ", got ", row);
    with_train.col(j) = products.col(row);
  }
  // (x − m)·(t − m) for the mean m of the training rows.
  const auto rows_of_train = [&] {
    RowMatrix<T> chosen(n, n);
    for (Index i = 0; i < n; ++i) chosen.row(i) = with_train.row(train[static_cast<std::size_t>(i)]);
    return chosen;
  };
  const Eigen::RowVectorX<T> mean_products = rows_of_train().colwise().mean();
  with_train.rowwise() -= mean_products;
  with_train.colwise() -= Eigen::VectorX<T>(with_train.rowwise().mean());
  const RowMatrix<T> chosen = rows_of_train();
  const RowMatrix<T> symmetric = (chosen + chosen.transpose()) / T(2);
  PrincipalAxes result;
  RowMatrix<T> vectors;
  std::tie(result.squares, vectors) = detail::kept_eigenpairs(symmetric, all);
  const Eigen::RowVectorX<T> lengths = result.squares.cwiseSqrt().transpose();
  result.train = vectors.array().rowwise() * lengths.array();
  vectors.array().rowwise() /= lengths.array();
  RowMatrix<T> coordinates = with_train * vectors;
  return {std::move(result), std::move(coordinates)};
}

}  // namespace lifelog::evaluate
