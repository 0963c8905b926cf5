// SPDX-License-Identifier: MIT
#pragma once

#include "config.hpp"
#include "error.hpp"

namespace lifelog::inline LIFELOG_ABI {

/// Rows of points, row-major: what numpy, xtensor and our files hold. Owns its memory.
template<class T>
using RowMatrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Read-only view of row-major rows owned by somebody else; rows may be further apart than `cols()`.
template<class T>
using RowMatrixView = Eigen::Map<const RowMatrix<T>, Eigen::Unaligned, Eigen::OuterStride<>>;

/// double, for templates on float or double: what is done with it is not looked at before T is known. A compiler reads
/// expressions of plain doubles wherever their header is included, and each costs it some twenty milliseconds.
template<class T>
using Double = std::common_type_t<T, double>;

/// How an array-like argument is seen as rows: specialised for Eigen here, for xtensor in `core/xtensor.hpp`.
/// A specialisation has `using Scalar` and `static RowMatrixView<Scalar> view(const X&, RowMatrix<Scalar>& storage)`,
/// where `storage` is filled only when X is not row-major memory already, and outlives the view.
template<class X, class = void>
struct RowAccess;

namespace detail {

// Of some Eigen type, not always their own: VectorBlock (`v.head(3)`) derives from Block.
template<class Derived>
void take_eigen(const Eigen::EigenBase<Derived>&);

template<class X>
concept EigenExpression = requires(const X& x) {
  detail::take_eigen(x);
};

}  // namespace detail

template<class X>
struct RowAccess<X, std::enable_if_t<detail::EigenExpression<X>>> {
  using Scalar = std::remove_const_t<typename X::Scalar>;

  static RowMatrixView<Scalar> view(const X& x, RowMatrix<Scalar>& storage) {
    if constexpr ((X::Flags & Eigen::DirectAccessBit) != 0) {
      const bool rows_contiguous = X::IsVectorAtCompileTime ? x.cols() == 1 && x.innerStride() == 1
                                                            : bool(X::IsRowMajor) && x.innerStride() == 1;
      if (rows_contiguous)
        return {x.data(), x.rows(), x.cols(),
                Eigen::OuterStride<>(X::IsVectorAtCompileTime ? 1 : x.outerStride())};
    }
    storage = x;
    return {storage.data(), storage.rows(), storage.cols(), Eigen::OuterStride<>(storage.cols())};
  }
};

/// An Eigen matrix or expression, or (with `core/xtensor.hpp`) any one- or two-dimensional xtensor expression.
template<class X>
concept Rows = requires {
  typename RowAccess<std::remove_cvref_t<X>>::Scalar;
};

/// Holds an argument for the length of a call and shows it as rows; copies only what is not row-major memory.
///
///     template<lifelog::Rows X>
///     double mean(const X& points) { return lifelog::RowsOf(points).view().mean(); }
template<Rows X>
class RowsOf {
 public:
  using Scalar = typename RowAccess<X>::Scalar;

  explicit RowsOf(const X& x) : view_(RowAccess<X>::view(x, storage_)) {}
  RowsOf(const RowsOf&) = delete;
  RowsOf& operator=(const RowsOf&) = delete;

  const RowMatrixView<Scalar>& view() const { return view_; }

 private:
  RowMatrix<Scalar> storage_;
  RowMatrixView<Scalar> view_;
};

}  // namespace lifelog
