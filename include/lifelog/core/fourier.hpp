// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <type_traits>
#include <vector>

#include "packet.hpp"

namespace lifelog::inline LIFELOG_ABI::detail {

/// One complex number in each lane.
template<class T>
struct ComplexLanes {
  simd::Packet<T> re, im;

  static ComplexLanes load(const T* from) {
    return {simd::load(from), simd::load(from + simd::packet_size<T>)};
  }
  static ComplexLanes zero() { return {simd::broadcast(T(0)), simd::broadcast(T(0))}; }
  void store(T* to) const {
    simd::store(to, re);
    simd::store(to + simd::packet_size<T>, im);
  }
  friend ComplexLanes operator+(const ComplexLanes& a, const ComplexLanes& b) {
    return {simd::padd(a.re, b.re), simd::padd(a.im, b.im)};
  }
  friend ComplexLanes operator-(const ComplexLanes& a, const ComplexLanes& b) {
    return {simd::psub(a.re, b.re), simd::psub(a.im, b.im)};
  }
  friend ComplexLanes operator*(const ComplexLanes& a, T b) { return a.scaled(simd::broadcast(b)); }
  ComplexLanes scaled(const simd::Packet<T>& by) const { return {simd::pmul(re, by), simd::pmul(im, by)}; }
  /// a·w, or a·w* when `conjugate`.
  template<bool conjugate>
  ComplexLanes turned(T w_re, T w_im) const {
    const auto real = simd::broadcast(w_re);
    const auto plus = simd::broadcast(conjugate ? -w_im : w_im);
    const auto minus = simd::broadcast(conjugate ? w_im : -w_im);
    return {simd::pmadd(im, minus, simd::pmul(re, real)), simd::pmadd(im, real, simd::pmul(re, plus))};
  }
  /// −i·a, or i·a when `conjugate`.
  template<bool conjugate>
  ComplexLanes quarter() const {
    const auto zero = simd::broadcast(T(0));
    if constexpr (conjugate) return {simd::psub(zero, im), re};
    return {im, simd::psub(zero, re)};
  }
};

/// Discrete Fourier transforms of several series side by side, one in each lane of a packet: element k of all of
/// them is a packet of real parts followed by one of imaginary parts. By decimation in frequency one way and in time
/// the other (Cooley & Tukey 1965; Gentleman & Sande 1966), so that nothing is ever reordered:
/// frequencies lie at `position`. Blocks that leave the nearest cache are halved before they are walked.
template<class T>
class Fourier {
 public:
  static constexpr int lanes = simd::packet_size<T>;

  /// size ≥ 1, with no prime factors but 2, 3 and 5.
  explicit Fourier(Index size) : size_(size) {
    for (Index length = size; length > 1;) {
      const int radix = length % 4 == 0 ? 4 : length % 5 == 0 ? 5 : length % 3 == 0 ? 3 : 2;
      levels_.push_back(level(radix, length));
      length /= radix;
    }
    position_.resize(static_cast<std::size_t>(size));
    for (Index k = 0; k < size; ++k) position_[static_cast<std::size_t>(k)] = position_of(k);
  }

  Index size() const { return size_; }

  /// Where frequency k lies in what `forward` leaves and `inverse` takes.
  Index position(Index frequency) const { return position_[static_cast<std::size_t>(frequency)]; }

  /// X_k = Σ_j x_j exp(−2πi jk / size), into x [size]. The first `filled` elements x_j are read from `from`, `step` scalars
  /// apart; the others are zero.
  void forward(const T* from, Index step, Index filled, T* x) const {
    if (levels_.empty()) return ComplexLanes<T>::load(from).store(x);
    const Level& level = levels_.front();
    each_radix(level.radix, [&](auto radix) {
      // Half of the elements or more are zero in an open convolution.
      if (radix == 4 && filled <= 2 * level.part)
        first_pass<radix, 2>(from, step, filled, x, level);
      else
        first_pass<radix, radix>(from, step, filled, x, level);
    });
    for (int t = 0; t < level.radix; ++t) forward(x + 2 * lanes * t * level.part, 1);
  }

  /// x_j = Σ_k X_k exp(2πi jk / size): `size` times what `forward` was given. The first `wanted` of them go to `to`, `step`
  /// scalars apart; what x holds afterwards is of no use.
  void inverse(T* x, T* to, Index step, Index wanted) const {
    if (levels_.empty()) return ComplexLanes<T>::load(x).store(to);
    const Level& level = levels_.front();
    for (int t = 0; t < level.radix; ++t) inverse(x + 2 * lanes * t * level.part, 1);
    each_radix(level.radix, [&](auto radix) {
      if (radix == 4 && wanted <= 2 * level.part)
        last_pass<radix, 2>(x, to, step, wanted, level);
      else
        last_pass<radix, radix>(x, to, step, wanted, level);
    });
  }

  /// A length that transforms well: the least of 8, 9, 10, 12 and 15 times powers of two that is at least as long.
  static Index good_size(Index at_least) {
    for (Index scale = 2;; scale *= 2)
      for (const Index size : {8, 9, 10, 12, 15})
        if (size * scale >= at_least) return size * scale;
  }

 private:
  struct Level {
    int radix;
    Index length, part;       // of a block at this level and of the blocks it falls into
    std::vector<T> twiddles;  // exp(−2πi jt / length) for each j < part, 1 ≤ t < radix
  };

  static Level level(int radix, Index length) {
    Level result{radix, length, length / radix, {}};
    for (Index j = 0; j < result.part; ++j)
      for (int t = 1; t < radix; ++t) {
        const double angle = -2 * std::numbers::pi * static_cast<double>(j * t) / static_cast<double>(length);
        result.twiddles.push_back(static_cast<T>(std::cos(angle)));
        result.twiddles.push_back(static_cast<T>(std::sin(angle)));
      }
    return result;
  }

  Index position_of(Index frequency) const {
    Index position = 0;
    for (const auto& level : levels_) {
      position += frequency % level.radix * level.part;
      frequency /= level.radix;
    }
    return position;
  }

  // Blocks this long are walked level by level; longer ones part by part.
  static constexpr Index near = 16384 / (2 * lanes * static_cast<Index>(sizeof(T)));

  void forward(T* x, std::size_t first) const {
    if (first == levels_.size()) return;
    const Index length = levels_[first].length;
    if (length > near) {
      pass<false>(x, levels_[first]);
      for (int t = 0; t < levels_[first].radix; ++t)
        forward(x + 2 * lanes * t * levels_[first].part, first + 1);
      return;
    }
    for (std::size_t i = first; i < levels_.size(); ++i)
      for (Index block = 0; block < length; block += levels_[i].length)
        pass<false>(x + 2 * lanes * block, levels_[i]);
  }

  void inverse(T* x, std::size_t first) const {
    if (first == levels_.size()) return;
    const Index length = levels_[first].length;
    if (length > near) {
      for (int t = 0; t < levels_[first].radix; ++t)
        inverse(x + 2 * lanes * t * levels_[first].part, first + 1);
      pass<true>(x, levels_[first]);
      return;
    }
    for (std::size_t i = levels_.size(); i-- > first;)
      for (Index block = 0; block < length; block += levels_[i].length)
        pass<true>(x + 2 * lanes * block, levels_[i]);
  }

  template<class F>
  static void each_radix(int radix, F f) {
    switch (radix) {
      case 2:
        return f(std::integral_constant<int, 2>());
      case 3:
        return f(std::integral_constant<int, 3>());
      case 4:
        return f(std::integral_constant<int, 4>());
      default:
        return f(std::integral_constant<int, 5>());
    }
  }

  template<bool inverse>
  static void pass(T* x, const Level& level) {
    each_radix(level.radix, [&](auto radix) { pass<radix, inverse>(x, level); });
  }

  // The first level forward, of which only the first `live` parts hold anything.
  template<int radix, int live>
  static void first_pass(const T* from, Index step, Index filled, T* x, const Level& level) {
    const T* w = level.twiddles.data();
    for (Index j = 0; j < level.part; ++j, w += 2 * (radix - 1)) {
      ComplexLanes<T> value[radix];
      for (int t = 0; t < radix; ++t) {
        const Index place = j + t * level.part;
        value[t] =
            t < live && place < filled ? ComplexLanes<T>::load(from + step * place) : ComplexLanes<T>::zero();
      }
      butterfly<false>(value);
      for (int t = 1; t < radix; ++t) value[t] = value[t].template turned<false>(w[2 * t - 2], w[2 * t - 1]);
      for (int t = 0; t < radix; ++t) value[t].store(x + 2 * lanes * (j + t * level.part));
    }
  }

  // The last level back, of which only the first `live` parts are wanted.
  template<int radix, int live>
  static void last_pass(const T* x, T* to, Index step, Index wanted, const Level& level) {
    const T* w = level.twiddles.data();
    for (Index j = 0; j < std::min(level.part, wanted); ++j, w += 2 * (radix - 1)) {
      ComplexLanes<T> value[radix];
      for (int t = 0; t < radix; ++t) value[t] = ComplexLanes<T>::load(x + 2 * lanes * (j + t * level.part));
      for (int t = 1; t < radix; ++t) value[t] = value[t].template turned<true>(w[2 * t - 2], w[2 * t - 1]);
      butterfly<true>(value);
      for (int t = 0; t < live; ++t)
        if (const Index place = j + t * level.part; place < wanted) value[t].store(to + step * place);
    }
  }

  template<int radix, bool inverse>
  static void pass(T* x, const Level& level) {
    const T* w = level.twiddles.data();
    for (Index j = 0; j < level.part; ++j, w += 2 * (radix - 1)) {
      T* const at = x + 2 * lanes * j;
      const Index apart = 2 * lanes * level.part;
      ComplexLanes<T> value[radix];
      for (int t = 0; t < radix; ++t) value[t] = ComplexLanes<T>::load(at + t * apart);
      if constexpr (inverse)
        for (int t = 1; t < radix; ++t) value[t] = value[t].template turned<true>(w[2 * t - 2], w[2 * t - 1]);
      butterfly<inverse>(value);
      if constexpr (!inverse)
        for (int t = 1; t < radix; ++t)
          value[t] = value[t].template turned<false>(w[2 * t - 2], w[2 * t - 1]);
      for (int t = 0; t < radix; ++t) value[t].store(at + t * apart);
    }
  }

  // Transforms of length 2, 3, 4 and 5.
  template<bool inverse>
  static void butterfly(ComplexLanes<T> (&x)[2]) {
    const auto sum = x[0] + x[1];
    x[1] = x[0] - x[1];
    x[0] = sum;
  }

  template<bool inverse>
  static void butterfly(ComplexLanes<T> (&x)[3]) {
    const auto sum = x[1] + x[2];
    const auto turn = ((x[1] - x[2]) * static_cast<T>(std::numbers::sqrt3 / 2)).template quarter<inverse>();
    const auto middle = x[0] - sum * T(0.5);
    x[0] = x[0] + sum;
    x[1] = middle + turn;
    x[2] = middle - turn;
  }

  template<bool inverse>
  static void butterfly(ComplexLanes<T> (&x)[4]) {
    const auto even = x[0] + x[2], even_turn = x[0] - x[2], odd = x[1] + x[3];
    const auto odd_turn = (x[1] - x[3]).template quarter<inverse>();
    x[0] = even + odd;
    x[1] = even_turn + odd_turn;
    x[2] = even - odd;
    x[3] = even_turn - odd_turn;
  }

  template<bool inverse>
  static void butterfly(ComplexLanes<T> (&x)[5]) {
    constexpr T c1 = T(0.30901699437494742410), c2 = T(-0.80901699437494742410);  // cos 2π/5, cos 4π/5
    constexpr T s1 = T(0.95105651629515357212), s2 = T(0.58778525229247312917);   // sin 2π/5, sin 4π/5
    const auto sum1 = x[1] + x[4], sum2 = x[2] + x[3], turn1 = x[1] - x[4], turn2 = x[2] - x[3];
    const auto middle1 = x[0] + sum1 * c1 + sum2 * c2, middle2 = x[0] + sum1 * c2 + sum2 * c1;
    const auto side1 = (turn1 * s1 + turn2 * s2).template quarter<inverse>();
    const auto side2 = (turn1 * s2 - turn2 * s1).template quarter<inverse>();
    x[0] = x[0] + sum1 + sum2;
    x[1] = middle1 + side1;
    x[2] = middle2 + side2;
    x[3] = middle2 - side2;
    x[4] = middle1 - side1;
  }

  Index size_;
  std::vector<Level> levels_;
  std::vector<Index> position_;
};

}  // namespace lifelog::detail
