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

#include <algorithm>
#include <array>

#include "channels.hpp"

namespace lifelog::inline LIFELOG_ABI {

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
struct RowAccess<X, std::enable_if_t<xt::is_xexpression<X>::value && !detail::EigenExpression<X>>> {
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
struct ChannelAccess<X, std::enable_if_t<xt::is_xexpression<X>::value && !detail::EigenExpression<X>>> {
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

/// A lazy array of channels × time as an xtensor expression, to be assigned to containers of any layout and to views, and to be
/// worked on by xtensor's functions, which see its values evaluated.
///
/// As all assignments of xtensor they go through a temporary, so that x may be assigned what is made of any part of it;
/// `xt::noalias(x) = …` of a container writes at once, where x is not read.
template<class Self>
struct ChannelExpression<Self, void> : xt::xexpression<Self> {
  std::array<std::size_t, 2> shape() const {
    const auto& self = static_cast<const Self&>(*this);
    return {static_cast<std::size_t>(self.rows()), static_cast<std::size_t>(self.cols())};
  }
  static constexpr std::size_t dimension() { return 2; }

  /// What xtensor's assignments end in, of a container of any layout. Throws std::invalid_argument where `result` cannot have
  /// the shape.
  template<class Y>
  void assign_to(xt::xexpression<Y>& result) const {
    Y& y = result.derived_cast();
    give_shape(y);
    auto* const start = y.data();
    // Along a dimension of one element xtensor's stride is 0.
    const auto by_channel = static_cast<Index>(y.strides()[0]), by_time = static_cast<Index>(y.strides()[1]);
    static_cast<const Self&>(*this).for_each_chunk([&](Index first, const auto& values) {
      for (Index c = 0; c < values.rows(); ++c) {
        const auto* const from = values.data() + c * values.outerStride();
        auto* const to = start + c * by_channel + first * by_time;
        if (by_time == 1)
          std::transform(from, from + values.cols(), to,
                         [](auto v) { return static_cast<typename Y::value_type>(v); });
        else
          for (Index t = 0; t < values.cols(); ++t)
            to[t * by_time] = static_cast<typename Y::value_type>(from[t]);
      }
    });
  }

 private:
  template<class Y>
  void give_shape(Y& y) const {
    const auto wanted = shape();
    constexpr bool resizable = requires {
      y.resize(wanted);
    };
    if constexpr (resizable) y.resize(wanted);
    detail::require(y.dimension() == 2 && y.shape()[0] == wanted[0] && y.shape()[1] == wanted[1],
                    "series: expected a result of ", wanted[0], " x ", wanted[1], ", got ", y.shape()[0],
                    " x ", y.dimension() > 1 ? y.shape()[1] : 1);
  }
};

}  // namespace lifelog

/// @cond xtensor's functions hold our expressions evaluated.
template<class E>
struct xt::const_xclosure<
    E, std::enable_if_t<std::is_base_of_v<lifelog::ChannelExpression<std::decay_t<E>>, std::decay_t<E>>>> {
  using type = xt::xtensor<typename std::decay_t<E>::Scalar, 2>;
};
/// @endcond
