// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "../../core/points.hpp"

namespace lifelog::inline LIFELOG_ABI::cluster::detail {

using namespace lifelog::detail;

/// Exponents (std::ilogb) of the largest and the smallest of some numbers; zeros do not count. No number: largest < smallest.
struct Exponents {
  int largest = std::numeric_limits<int>::min(), smallest = std::numeric_limits<int>::max();

  bool any() const { return largest >= smallest; }
  Exponents with(const Exponents& other) const {
    return {std::max(largest, other.largest), std::min(smallest, other.smallest)};
  }
};

/// Bits of the largest and the smallest magnitude that is not 0, less 1, of many numbers: integers, so that not even
/// -ffast-math takes a number for finite that is not.
template<class T>
class Magnitudes {
 public:
  void include(const T* from, Index count) {
    Bits most = most_, least = least_;
    for (Index i = 0; i < count; ++i) {
      const Bits magnitude = std::bit_cast<Bits>(from[i]) & (~Bits{0} >> 1);
      most = std::max(most, magnitude);
      least = std::min<Bits>(least, magnitude - 1);  // of 0: the largest there is
    }
    most_ = most;
    least_ = least;
  }

  bool finite() const { return most_ < std::bit_cast<Bits>(std::numeric_limits<T>::infinity()); }

  Exponents exponents() const {
    if (most_ == 0 || !finite()) return {};
    return {std::ilogb(std::bit_cast<T>(most_)), std::ilogb(std::bit_cast<T>(static_cast<Bits>(least_ + 1)))};
  }

 private:
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  static_assert(sizeof(T) == sizeof(Bits));

  Bits most_ = 0, least_ = ~Bits{0};
};

template<class T>
Magnitudes<T> magnitudes_of(const RowMatrixView<T>& rows) {
  Magnitudes<T> magnitudes;
  if (rows.outerStride() == rows.cols())
    magnitudes.include(rows.data(), rows.size());
  else
    for (Index i = 0; i < rows.rows(); ++i) magnitudes.include(rows.row(i).data(), rows.cols());
  return magnitudes;
}

/// Of those that are finite.
LIFELOG_LAZY Exponents exponents_of(const RowMatrix<double>& rows) {
  return magnitudes_of(
             RowMatrixView<double>(rows.data(), rows.rows(), rows.cols(), Eigen::OuterStride<>(rows.cols())))
      .exponents();
}

/// x · 2^exponent, also where 2^exponent is no number.
LIFELOG_LAZY RowMatrix<double> times_power_of_two(RowMatrix<double> x, int exponent) {
  if (exponent != 0)
    for (double& value : x.reshaped()) value = std::ldexp(value, exponent);
  return x;
}

/// Exponents of numbers whose squared differences, summed over columns and rows and times numbers of rows, neither overflow
/// nor vanish in T.
template<class T>
struct SafeExponents {
  int lowest, highest;

  SafeExponents(Index rows, Index cols) {
    using Limits = std::numeric_limits<T>;
    const auto bits = [](Index count) {
      return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(count)));
    };
    // Long sums of floats are in double.
    const int sums = bits(cols) + (std::is_same_v<T, double> ? 2 * bits(rows) : 0);
    highest = (Limits::max_exponent - 12 - sums) / 2;
    lowest = (Limits::min_exponent - 1) / 2 + Limits::digits;
  }

  bool hold(const Exponents& found) const {
    return !found.any() || (found.largest <= highest && found.smallest >= lowest);
  }
};

/// Calls work(view, exponent), where the view holds rows · 2^exponent, if need be in double, such that squared distances
/// keep their digits. Rows of ordinary size are seen as they are, exponent 0. As powers of two are exact, and where the
/// largest number comes to lie does not depend on where it was, work does the same on rows · 2^i for any i.
///
/// Rows of double that span more than 10^280 or so do not fit: what is smaller than the largest by that counts as 0 where
/// it is squared.
///
/// others: of what the rows are compared with.
template<class T, class Work>
auto with_scaled(const RowMatrixView<T>& rows, const Exponents& own, const Exponents& others, Work&& work) {
  const Exponents all = own.with(others);
  const SafeExponents<T> safe(rows.rows(), rows.cols());
  if (safe.hold(all)) return work(rows, 0);
  const int exponent = safe.highest - all.largest;
  const auto scaled = [&]<class S>(S, int by) {
    const RowMatrix<S> copy = times_power_of_two(rows.template cast<double>(), by).template cast<S>();
    return work(RowMatrixView<S>(copy.data(), copy.rows(), copy.cols(), Eigen::OuterStride<>(copy.cols())),
                by);
  };
  if constexpr (std::is_same_v<T, float>) {
    if (own.any() && own.smallest + exponent < safe.lowest) {
      const SafeExponents<double> wide(rows.rows(), rows.cols());
      return scaled(double{}, wide.hold(all) ? 0 : wide.highest - all.largest);
    }
  }
  return scaled(T{}, exponent);
}

/// with_points, scaled.
template<Rows X, class Work>
auto with_scaled_points(const X& x, const char* name, const Exponents& others, Work&& work) {
  const RowsOf<X> rows(x);
  using T = typename RowsOf<X>::Scalar;
  const auto checked = [&]<class S>(const RowMatrixView<S>& view) {
    require(view.rows() > 0 && view.cols() > 0, name, ": expected at least one row and one column, got ",
            view.rows(), " x ", view.cols());
    const auto magnitudes = magnitudes_of(view);
    if (!magnitudes.finite()) require_finite(view, name);
    return with_scaled(view, magnitudes.exponents(), others, work);
  };
  if constexpr (std::is_same_v<T, float> || std::is_same_v<T, double>) {
    return checked(rows.view());
  } else {
    const RowMatrix<double> converted = rows.view().template cast<double>();
    return checked(RowMatrixView<double>(converted.data(), converted.rows(), converted.cols(),
                                         Eigen::OuterStride<>(converted.cols())));
  }
}

template<Rows X, class Work>
auto with_scaled_points(const X& x, const char* name, Work&& work) {
  return with_scaled_points(x, name, Exponents{}, std::forward<Work>(work));
}

/// Makes x ≥ 0 x · 2^exponent, but at most the largest number and, unless x is 0, at least the smallest. Tells whether
/// that changed it.
LIFELOG_LAZY bool scale_within_range(double& x, int exponent) {
  if (!(x > 0)) return false;
  const bool above = std::ilogb(x) + exponent >= std::numeric_limits<double>::max_exponent;
  const double value = above ? std::numeric_limits<double>::max() : std::ldexp(x, exponent);
  x = value > 0 ? value : std::numeric_limits<double>::denorm_min();
  return above || !(value > 0);
}

}  // namespace lifelog::cluster::detail
