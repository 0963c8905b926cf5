// SPDX-License-Identifier: MIT
#pragma once

#include "matrix.hpp"

namespace lifelog::inline LIFELOG_ABI {

/// How an array of channels × time is read, a stretch of time at a time: specialised for Eigen here, for xtensor in
/// `core/xtensor.hpp`. A specialisation has
///
///   using Scalar
///   static constexpr Index channels                       where it is a constant, else Eigen::Dynamic
///   static Index channel_count(const X&), length(const X&)
///   struct Reader { explicit Reader(const X&); void read(Index channel, Index first, Index count, auto* to) const; }
///
/// A reader evaluates what it is asked for and no more.
template<class X, class = void>
struct ChannelAccess;

template<class X>
struct ChannelAccess<X, std::enable_if_t<detail::EigenExpression<X>>> {
  using Scalar = std::remove_const_t<typename X::Scalar>;
  static constexpr Index channels = X::RowsAtCompileTime;

  static Index channel_count(const X& x) { return x.rows(); }
  static Index length(const X& x) { return x.cols(); }

  // Eigen's evaluator rather than blocks of the expression: each of those would evaluate a product inside it anew.
  struct Reader {
    explicit Reader(const X& x) : evaluator(x) {}
    template<class T>
    void read(Index channel, Index first, Index count, T* to) const {
      for (Index t = 0; t < count; ++t) to[t] = static_cast<T>(evaluator.coeff(channel, first + t));
    }
    Eigen::internal::evaluator<X> evaluator;
  };
};

/// An Eigen matrix or expression, or (with `core/xtensor.hpp`) any two-dimensional xtensor expression.
template<class X>
concept Channels = requires {
  typename ChannelAccess<std::remove_cvref_t<X>>::Scalar;
};

/// What a lazy array of channels × time is besides one of Eigen's expressions: with `core/xtensor.hpp`, included before the
/// first of them is made, one of xtensor's. It has no members of its own.
template<class Self, class = void>
struct ChannelExpression {};

}  // namespace lifelog
