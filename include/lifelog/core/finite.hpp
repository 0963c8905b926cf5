// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "config.hpp"

// Whether numbers are numbers, told from their bits. Under -ffast-math a compiler may take it that nothing is NaN or
// infinite: std::isnan, x != x and 0·x == 0 then answer the same whatever x is. Whatever the library promises about such
// numbers rests on these functions instead. They take references: a compiler may also assume it of arguments by value.

namespace lifelog::inline LIFELOG_ABI::detail {

template<class T>
concept real_number = std::is_same_v<T, float> || std::is_same_v<T, double>;

/// How float and double are laid out (IEEE 754): the exponent's bits, all of which are set in NaN and the infinities.
template<class T>
struct FloatBits {
  static_assert(real_number<T>, "expected float or double");
  using Type = std::conditional_t<std::is_same_v<T, float>, std::uint32_t, std::uint64_t>;
  static constexpr Type sign = Type{1} << (8 * sizeof(Type) - 1);
  static constexpr Type exponent =
      std::is_same_v<T, float> ? Type{0x7f800000} : static_cast<Type>(0x7ff0000000000000);
  static constexpr Type lowest_of_exponent = exponent & (~exponent + 1);
};

/// Neither NaN nor infinite.
template<class T>
constexpr bool is_finite(const T& x) {
  using Bits = FloatBits<T>;
  return (std::bit_cast<typename Bits::Type>(x) & Bits::exponent) != Bits::exponent;
}

template<class T>
constexpr bool is_nan(const T& x) {
  using Bits = FloatBits<T>;
  return (std::bit_cast<typename Bits::Type>(x) & ~Bits::sign) > Bits::exponent;
}

/// The lowest finite number for −∞, anything else as it is: for the logarithm of a probability too small for T.
template<class T>
constexpr T finite_log(const T& x) {
  using Bits = FloatBits<T>;
  const bool overflown = std::bit_cast<typename Bits::Type>(x) == (Bits::sign | Bits::exponent);
  return overflown ? std::numeric_limits<T>::lowest() : x;
}

/// Whether `count` numbers in a row are all finite; at the speed of memory.
template<class T>
constexpr bool all_finite(const T* x, Index count) {
  using Bits = FloatBits<T>;
  // A full exponent and 1 carry into the bit of the sign: no comparison, so that compilers take whole registers. The inner
  // loop's length is a constant for those that would not otherwise.
  constexpr Index block = 64;
  typename Bits::Type carried = 0;
  const auto look_at = [&](const T& value) {
    carried |= (std::bit_cast<typename Bits::Type>(value) & Bits::exponent) + Bits::lowest_of_exponent;
  };
  Index i = 0;
  for (; i + block <= count; i += block)
    for (Index j = 0; j < block; ++j) look_at(x[i + j]);
  const Index rest = count % block;
  for (Index j = 0; j < rest; ++j) look_at(x[i + j]);
  return (carried & Bits::sign) == 0;
}

/// Whether any of `count` numbers in a row is NaN.
template<class T>
constexpr bool any_nan(const T* x, Index count) {
  bool found = false;
  for (Index i = 0; i < count; ++i) found |= is_nan(x[i]);
  return found;
}

/// The same of an Eigen matrix, array or expression of float or double.
template<class Derived>
bool all_finite(const Eigen::DenseBase<Derived>& values) {
  const auto& x = values.derived();
  if constexpr ((Derived::Flags & Eigen::DirectAccessBit) != 0) {
    if (x.innerStride() == 1) {
      for (Index i = 0; i < x.outerSize(); ++i)
        if (!all_finite(x.data() + i * x.outerStride(), x.innerSize())) return false;
      return true;
    }
    for (Index i = 0; i < x.rows(); ++i)
      for (Index j = 0; j < x.cols(); ++j)
        if (!is_finite(x.coeffRef(i, j))) return false;
    return true;
  } else {
    const typename Derived::PlainObject evaluated = x;
    return all_finite(evaluated);
  }
}

}  // namespace lifelog::detail
