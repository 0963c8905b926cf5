// SPDX-License-Identifier: MIT
#pragma once

// The bridge between Eigen and xtensor, and the only header here that includes xtensor (0.24 to 0.27: its headers
// moved in 0.26). No function here copies unless its comment says so.

#if __has_include(<xtensor/containers/xtensor.hpp>)
#include <xtensor/containers/xadapt.hpp>
#include <xtensor/containers/xtensor.hpp>
#include <xtensor/views/xview.hpp>
#else
#include <xtensor/xadapt.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>
#endif

#include <array>

#include "channels.hpp"

namespace lifelog {

/// A two-dimensional row-major xtensor as an Eigen matrix on the same memory.
template<class T>
Eigen::Map<RowMatrix<T>> as_eigen(xt::xtensor<T, 2>& x) {
  return {x.data(), static_cast<Index>(x.shape(0)), static_cast<Index>(x.shape(1))};
}

template<class T>
Eigen::Map<const RowMatrix<T>> as_eigen(const xt::xtensor<T, 2>& x) {
  return {x.data(), static_cast<Index>(x.shape(0)), static_cast<Index>(x.shape(1))};
}

/// A one-dimensional xtensor as an Eigen column on the same memory.
template<class T>
Eigen::Map<Eigen::Matrix<T, Eigen::Dynamic, 1>> as_eigen(xt::xtensor<T, 1>& x) {
  return {x.data(), static_cast<Index>(x.size())};
}

template<class T>
Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, 1>> as_eigen(const xt::xtensor<T, 1>& x) {
  return {x.data(), static_cast<Index>(x.size())};
}

/// An Eigen vector or matrix with contiguous memory as an xtensor expression on that memory (one dimension for
/// vectors, two otherwise; strides follow Eigen's storage order). The matrix must outlive the result.
template<class Derived>
auto as_xtensor(Eigen::PlainObjectBase<Derived>& m) {
  const auto size = static_cast<std::size_t>(m.size());
  if constexpr (Derived::IsVectorAtCompileTime) {
    return xt::adapt(m.data(), size, xt::no_ownership(), std::array<std::size_t, 1>{size});
  } else {
    constexpr auto layout = Derived::IsRowMajor ? xt::layout_type::row_major : xt::layout_type::column_major;
    const std::array<std::size_t, 2> shape{static_cast<std::size_t>(m.rows()),
                                           static_cast<std::size_t>(m.cols())};
    return xt::adapt<layout>(m.data(), size, xt::no_ownership(), shape);
  }
}

/// Rows of any one-dimensional (a column) or two-dimensional xtensor expression. Row-major xtensors are viewed where
/// they lie; everything else is evaluated once.
template<class X>
struct RowAccess<X, std::enable_if_t<xt::is_xexpression<X>::value>> {
  using Scalar = std::remove_const_t<typename X::value_type>;

  static RowMatrixView<Scalar> view(const X& x, RowMatrix<Scalar>& storage) {
    detail::require(x.dimension() == 1 || x.dimension() == 2, "points: expected one or two dimensions, got ",
                    x.dimension());
    const auto rows = static_cast<Index>(x.shape()[0]);
    const auto cols = x.dimension() == 1 ? Index{1} : static_cast<Index>(x.shape()[1]);
    if constexpr (requires {
                    x.data();
                    x.strides();
                    x.data_offset();
                  }) {
      const bool unit = cols == 1 || x.strides()[1] == 1;
      const auto stride = static_cast<Index>(x.strides()[0]);
      if (unit && (rows == 1 || stride >= cols))
        return {x.data() + x.data_offset(), rows, cols, Eigen::OuterStride<>(rows == 1 ? cols : stride)};
    }
    storage.resize(rows, cols);
    auto out = storage.data();
    for (auto it = x.template begin<xt::layout_type::row_major>(); out != storage.data() + storage.size();
         ++it)
      *out++ = *it;
    return {storage.data(), rows, cols, Eigen::OuterStride<>(cols)};
  }
};

/// Channels × time of any two-dimensional xtensor expression, element by element.
template<class X>
struct ChannelAccess<X, std::enable_if_t<xt::is_xexpression<X>::value>> {
  using Scalar = std::remove_const_t<typename X::value_type>;
  static constexpr Index channels = Eigen::Dynamic;

  static Index channel_count(const X& x) {
    detail::require(x.dimension() == 2, "series: expected two dimensions, channels x time, got ",
                    x.dimension());
    return static_cast<Index>(x.shape()[0]);
  }
  static Index length(const X& x) { return static_cast<Index>(x.shape()[1]); }

  struct Reader {
    explicit Reader(const X& expression) : x(expression) {}
    template<class T>
    void read(Index channel, Index first, Index count, T* to) const {
      for (Index t = 0; t < count; ++t)
        to[t] = static_cast<T>(x(static_cast<std::size_t>(channel), static_cast<std::size_t>(first + t)));
    }
    const X& x;
  };
};

template<class T>
struct ChannelResult<xt::xtensor<T, 2>> {
  static xt::xtensor<T, 2> make(Index channels, Index length) {
    return xt::xtensor<T, 2>::from_shape(
        {static_cast<std::size_t>(channels), static_cast<std::size_t>(length)});
  }
  static auto map(xt::xtensor<T, 2>& y) { return as_eigen(y); }
};

}  // namespace lifelog
