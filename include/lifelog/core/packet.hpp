// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "config.hpp"

// The only place that names Eigen's packet primitives: one SIMD register of scalars, whatever the instruction set (a
// plain scalar where there is none). Multiply-adds are spelled out, so that results do not hang on a compiler's taste in
// contraction.

namespace lifelog::inline LIFELOG_ABI::detail::simd {

// A lambda that must dissolve into its caller: what it indexes by constants then stays in registers.
#if defined(__GNUC__)
#define LIFELOG_INLINED __attribute__((always_inline))
#else
#define LIFELOG_INLINED
#endif

template<class F, int... i>
EIGEN_ALWAYS_INLINE void unroll_over(F& f, std::integer_sequence<int, i...>) {
  (f(i), ...);
}

/// Calls f(0), …, f(N−1), written out. One function serves all of them: where f is inlined the argument is a constant to the
/// optimiser, while an f that is told the type of each is compiled N times.
template<int N, class F>
EIGEN_ALWAYS_INLINE void unroll(F&& f) {
  unroll_over(f, std::make_integer_sequence<int, N>{});
}

/// Calls f(integral_constant<int, 0>), …, f(integral_constant<int, N−1>), for what needs a constant of the language.
template<int N, class F>
EIGEN_ALWAYS_INLINE void unroll_constants(F&& f) {
  [&]<int... i>(std::integer_sequence<int, i...>) LIFELOG_INLINED {
    (f(std::integral_constant<int, i>{}), ...);
  }
  (std::make_integer_sequence<int, N>{});
}

template<class T>
using Packet = typename Eigen::internal::packet_traits<T>::type;

template<class T>
inline constexpr int packet_size = Eigen::internal::unpacket_traits<Packet<T>>::size;

template<class T>
EIGEN_ALWAYS_INLINE Packet<T> load(const T* from) {
  return Eigen::internal::ploadu<Packet<T>>(from);
}

template<class T>
EIGEN_ALWAYS_INLINE Packet<T> broadcast(T value) {
  return Eigen::internal::pset1<Packet<T>>(value);
}

template<class T>
EIGEN_ALWAYS_INLINE void store(T* to, const Packet<T>& value) {
  Eigen::internal::pstoreu(to, value);
}

/// Says of what was loaded and is used more than once that it stays in a register: GCC would load it anew for each use.
/// (clang++ does not, and would store it for such a barrier.)
template<class P>
EIGEN_ALWAYS_INLINE P kept(P loaded) {
#if defined(__GNUC__) && !defined(__clang__)
  EIGEN_OPTIMIZATION_BARRIER(loaded);
#endif
  return loaded;
}

/// x, a number or a register of them, as it is: compilers may not fuse the product it is with a sum it goes into, as
/// g++ does across statements and intrinsics wherever the machine has fused multiply-adds (-ffp-contract=fast is its
/// default, and #pragma STDC FP_CONTRACT unknown to it). Where that matters, results are the same bits on all machines.
template<class P>
EIGEN_ALWAYS_INLINE P rounded(P x) {
#if defined(__GNUC__) && defined(__AVX512F__)
  asm("" : "+v"(x));
#elif defined(__GNUC__) && defined(__SSE2__)
  asm("" : "+x"(x));
#elif defined(__GNUC__) && defined(__aarch64__)
  asm("" : "+w"(x));
#elif defined(__GNUC__)
  asm("" : "+m"(x));
#endif
  return x;
}

using Eigen::internal::pabs;
using Eigen::internal::padd;
using Eigen::internal::pdiv;
using Eigen::internal::pmadd;
using Eigen::internal::pmax;
using Eigen::internal::pmin;
using Eigen::internal::pmul;
using Eigen::internal::predux;
using Eigen::internal::predux_max;
using Eigen::internal::predux_min;
using Eigen::internal::psqrt;
using Eigen::internal::psub;

// Asks for memory before it is read. What wraps these must be inlined by force as well, and no loop may hold nothing else:
// GCC takes a function or a loop that only prefetches for one without effect, and drops it.
#if defined(__GNUC__)
EIGEN_ALWAYS_INLINE void prefetch(const void* from) {
  __builtin_prefetch(from);
}
#else
inline void prefetch(const void*) {}
#endif

/// exp(x) to a few units in the last place. Beyond the exponents that T has it is next to 0, or huge or infinite.
template<class T>
EIGEN_ALWAYS_INLINE Packet<T> exponential(const Packet<T>& x) {
  if constexpr (packet_size<T> == 1 || Eigen::internal::packet_traits<T>::HasExp) {
    return Eigen::internal::pexp(x);
  } else {
    alignas(64) T lanes[packet_size<T>];
    store<T>(lanes, x);
    for (T& lane : lanes) lane = std::exp(lane);
    return load(lanes);
  }
}

/// y where x is a number, else x: for functions that make a number of what is none.
template<class P>
EIGEN_ALWAYS_INLINE P numbers_of(const P& y, const P& x) {
  return Eigen::internal::pselect(Eigen::internal::pcmp_eq(x, x), y, x);
}

/// tanh(x) to a few units in the last place.
template<class T>
EIGEN_ALWAYS_INLINE Packet<T> hyperbolic_tangent(const Packet<T>& x) {
  if constexpr (packet_size < T >> 1 && Eigen::internal::packet_traits<T>::HasTanh) {
    return numbers_of(Eigen::internal::ptanh(x), x);
  } else {
    alignas(64) T lanes[packet_size<T>];
    store<T>(lanes, x);
    for (T& lane : lanes) lane = std::tanh(lane);
    return load(lanes);
  }
}

/// 1 / x to rounding, for x of ordinary size: neither 0 nor beyond 1e37.
template<class P>
EIGEN_ALWAYS_INLINE P reciprocal(const P& x) {
  return Eigen::internal::pdiv(
      Eigen::internal::pset1<P>(typename Eigen::internal::unpacket_traits<P>::type(1)), x);
}

/// Turns a square block of packets about its diagonal. (P is deduced: naming it draws a warning from GCC.)
template<class P>
EIGEN_ALWAYS_INLINE void transpose(P (&rows)[Eigen::internal::unpacket_traits<P>::size]) {
  constexpr int size = Eigen::internal::unpacket_traits<P>::size;
  if constexpr (size > 1) {
    Eigen::internal::PacketBlock<P, size> block;
    unroll<size>([&](int i) LIFELOG_INLINED { block.packet[i] = rows[i]; });
    Eigen::internal::ptranspose(block);
    unroll<size>([&](int i) LIFELOG_INLINED { rows[i] = block.packet[i]; });
  }
}

/// Lane i is the sum of all lanes of packets[i].
template<class P>
EIGEN_ALWAYS_INLINE P sums_of_lanes(P (&packets)[Eigen::internal::unpacket_traits<P>::size]) {
  constexpr int size = Eigen::internal::unpacket_traits<P>::size;
  transpose(packets);
  unroll<size / 2>([&](int i) LIFELOG_INLINED { packets[i] = padd(packets[i], packets[size - 1 - i]); });
  unroll<size / 4>([&](int i) LIFELOG_INLINED { packets[i] = padd(packets[i], packets[size / 2 - 1 - i]); });
  unroll<size / 8>([&](int i) LIFELOG_INLINED { packets[i] = padd(packets[i], packets[size / 4 - 1 - i]); });
  unroll<size / 16>([&](int i) LIFELOG_INLINED { packets[i] = padd(packets[i], packets[size / 8 - 1 - i]); });
  return packets[0];
}

/// Lane by lane a < b ? x : y. Eigen turns AVX-512's masks into vectors and back; these do not.
template<class P>
EIGEN_ALWAYS_INLINE P select_less(const P& a, const P& b, const P& x, const P& y) {
  return Eigen::internal::pselect(Eigen::internal::pcmp_lt(a, b), x, y);
}

/// Whether a < b in any lane; false where either is NaN.
template<class P>
EIGEN_ALWAYS_INLINE bool any_less(const P& a, const P& b) {
  return Eigen::internal::predux_any(Eigen::internal::pcmp_lt(a, b));
}

/// Bit i is set where a < b in lane i.
template<class P>
EIGEN_ALWAYS_INLINE unsigned less_mask(const P& a, const P& b) {
  using Lanes = Eigen::internal::unpacket_traits<P>;
  typename Lanes::type left[Lanes::size], right[Lanes::size];
  store(left, a);
  store(right, b);
  unsigned mask = 0;
  for (int i = 0; i < Lanes::size; ++i) mask |= unsigned{left[i] < right[i]} << i;
  return mask;
}

/// √x to the last bit or next to it, for finite x ≥ 0.
template<class P>
EIGEN_ALWAYS_INLINE P square_root(const P& x) {
  return psqrt(x);
}

#ifdef EIGEN_VECTORIZE_AVX512
// From a guess of 1/√x good to 14 bits by a series of the fourth order in its error: it shares the time of multiplications,
// while the instruction for roots holds up everything.
template<>
EIGEN_ALWAYS_INLINE Packet<double> square_root(const Packet<double>& x) {
  const auto guess = _mm512_rsqrt14_pd(_mm512_max_pd(x, _mm512_set1_pd(2.3e-308)));
  const auto root = _mm512_mul_pd(x, guess);
  const auto error = _mm512_fnmadd_pd(root, guess, _mm512_set1_pd(1));
  const auto series = _mm512_fmadd_pd(error, _mm512_set1_pd(0.3125), _mm512_set1_pd(0.375));
  return _mm512_fmadd_pd(_mm512_mul_pd(root, error), _mm512_fmadd_pd(error, series, _mm512_set1_pd(0.5)),
                         root);
}
// Turning the square takes three times as many instructions as adding while it is turned.
template<>
EIGEN_ALWAYS_INLINE Packet<float> sums_of_lanes(Packet<float> (&packets)[16]) {
  const auto doubles = [](const auto& x) LIFELOG_INLINED { return _mm512_castps_pd(x); };
  const auto floats = [](const auto& x) LIFELOG_INLINED { return _mm512_castpd_ps(x); };
  unroll<8>([&](int i) LIFELOG_INLINED {
    const auto &a = packets[2 * i], &b = packets[2 * i + 1];
    packets[i] = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
  });
  unroll<4>([&](int i) LIFELOG_INLINED {
    const auto a = doubles(packets[2 * i]), b = doubles(packets[2 * i + 1]);
    packets[i] = _mm512_add_ps(floats(_mm512_unpacklo_pd(a, b)), floats(_mm512_unpackhi_pd(a, b)));
  });
  const auto add_quarters = [](const auto& a, const auto& b) LIFELOG_INLINED {
    return _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xdd));
  };
  return add_quarters(add_quarters(packets[0], packets[1]), add_quarters(packets[2], packets[3]));
}
// A guess good to 14 bits and one step of Newton's method: a third of the time of a division.
template<>
EIGEN_ALWAYS_INLINE Packet<float> reciprocal(const Packet<float>& x) {
  const auto guess = _mm512_rcp14_ps(x);
  return _mm512_fmadd_ps(guess, _mm512_fnmadd_ps(x, guess, _mm512_set1_ps(1)), guess);
}
template<>
EIGEN_ALWAYS_INLINE Packet<float> select_less(const Packet<float>& a, const Packet<float>& b,
                                              const Packet<float>& x, const Packet<float>& y) {
  return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), y, x);
}
template<>
EIGEN_ALWAYS_INLINE Packet<double> select_less(const Packet<double>& a, const Packet<double>& b,
                                               const Packet<double>& x, const Packet<double>& y) {
  return _mm512_mask_blend_pd(_mm512_cmp_pd_mask(a, b, _CMP_LT_OQ), y, x);
}
template<>
EIGEN_ALWAYS_INLINE bool any_less(const Packet<float>& a, const Packet<float>& b) {
  return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ) != 0;
}
template<>
EIGEN_ALWAYS_INLINE bool any_less(const Packet<double>& a, const Packet<double>& b) {
  return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ) != 0;
}
template<>
EIGEN_ALWAYS_INLINE unsigned less_mask(const Packet<float>& a, const Packet<float>& b) {
  return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ);
}
template<>
EIGEN_ALWAYS_INLINE unsigned less_mask(const Packet<double>& a, const Packet<double>& b) {
  return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ);
}
#endif

/// A register of whole numbers of 32 bits, which Eigen has for a few instruction sets only; each may also be a pair of
/// 16-bit ones, two of whose products take the time of one of floats. `keep_or` is (a & kept) | b; `add_products` adds those
/// of both halves to `sum`; bit i of `differ` is set where lane i is not the same.
struct Integers {
#if defined(EIGEN_VECTORIZE_AVX512) && defined(__AVX512BW__)
  using Register = __m512i;
  static Register load(const std::int32_t* from) {
    return _mm512_loadu_si512(from);
  }
  static void store(std::int32_t* to, Register a) {
    _mm512_storeu_si512(to, a);
  }
  static Register broadcast(std::int32_t value) {
    return _mm512_set1_epi32(value);
  }
  static Register min(Register a, Register b) {
    return _mm512_min_epi32(a, b);
  }
  static Register max(Register a, Register b) {
    return _mm512_max_epi32(a, b);
  }
  static Register keep_or(Register a, Register kept, Register b) {
    return _mm512_ternarylogic_epi32(a, kept, b, 0xEA);
  }
  static Register add_products(Register sum, Register a, Register b) {
#ifdef __AVX512VNNI__
    return _mm512_dpwssd_epi32(sum, a, b);
#else
    return _mm512_add_epi32(sum, _mm512_madd_epi16(a, b));
#endif
  }
  static unsigned differ(Register a, Register b) {
    return _mm512_cmpneq_epi32_mask(a, b);
  }
#elif defined(EIGEN_VECTORIZE_AVX2)
  using Register = __m256i;
  static Register load(const std::int32_t* from) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  }
  static void store(std::int32_t* to, Register a) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), a);
  }
  static Register broadcast(std::int32_t value) {
    return _mm256_set1_epi32(value);
  }
  static Register min(Register a, Register b) {
    return _mm256_min_epi32(a, b);
  }
  static Register max(Register a, Register b) {
    return _mm256_max_epi32(a, b);
  }
  static Register keep_or(Register a, Register kept, Register b) {
    return _mm256_or_si256(_mm256_and_si256(a, kept), b);
  }
  static Register add_products(Register sum, Register a, Register b) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
  }
  static unsigned differ(Register a, Register b) {
    return static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(a, b)))) ^ 0xFFU;
  }
#elif defined(EIGEN_VECTORIZE_SSE)
  using Register = __m128i;
  static Register load(const std::int32_t* from) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  }
  static void store(std::int32_t* to, Register a) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), a);
  }
  static Register broadcast(std::int32_t value) {
    return _mm_set1_epi32(value);
  }
  static Register min(Register a, Register b) {
    return select(_mm_cmpgt_epi32(b, a), a, b);
  }
  static Register max(Register a, Register b) {
    return select(_mm_cmpgt_epi32(a, b), a, b);
  }
  static Register keep_or(Register a, Register kept, Register b) {
    return _mm_or_si128(_mm_and_si128(a, kept), b);
  }
  static Register add_products(Register sum, Register a, Register b) {
    return _mm_add_epi32(sum, _mm_madd_epi16(a, b));
  }
  static unsigned differ(Register a, Register b) {
    return static_cast<unsigned>(_mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(a, b)))) ^ 0xFU;
  }
  static Register select(Register mask, Register a, Register b) {
    return _mm_or_si128(_mm_and_si128(mask, a), _mm_andnot_si128(mask, b));
  }
#else
  struct Register {
    std::int32_t at[4];
  };
  static Register load(const std::int32_t* from) {
    return each([&](int i) { return from[i]; });
  }
  static void store(std::int32_t* to, Register a) {
    std::copy_n(a.at, size, to);
  }
  static Register broadcast(std::int32_t value) {
    return each([&](int) { return value; });
  }
  static Register min(Register a, Register b) {
    return each([&](int i) { return std::min(a.at[i], b.at[i]); });
  }
  static Register max(Register a, Register b) {
    return each([&](int i) { return std::max(a.at[i], b.at[i]); });
  }
  static Register keep_or(Register a, Register kept, Register b) {
    return each([&](int i) { return (a.at[i] & kept.at[i]) | b.at[i]; });
  }
  static Register add_products(Register sum, Register a, Register b) {
    return each([&](int i) {
      const auto product = [](int x, int y) {
        return static_cast<std::uint32_t>(static_cast<std::int16_t>(x) * static_cast<std::int16_t>(y));
      };
      return static_cast<std::int32_t>(static_cast<std::uint32_t>(sum.at[i]) + product(a.at[i], b.at[i]) +
                                       product(a.at[i] >> 16, b.at[i] >> 16));
    });
  }
  static unsigned differ(Register a, Register b) {
    unsigned mask = 0;
    for (int i = 0; i < size; ++i) mask |= unsigned{a.at[i] != b.at[i]} << i;
    return mask;
  }
  template<class F>
  static Register each(F f) {
    return {f(0), f(1), f(2), f(3)};
  }
#endif
  static constexpr int size = sizeof(Register) / 4;
};

/// As many doubles as a register holds, from as many numbers in memory.
EIGEN_ALWAYS_INLINE Packet<double> load_doubles(const double* from) {
  return load(from);
}
EIGEN_ALWAYS_INLINE Packet<double> load_doubles(const float* from) {
#if defined(EIGEN_VECTORIZE_AVX512)
  return _mm512_cvtps_pd(_mm256_loadu_ps(from));
#elif defined(EIGEN_VECTORIZE_AVX)
  return _mm256_cvtps_pd(_mm_loadu_ps(from));
#else
  constexpr int size = packet_size<double>;
  double x[size];
  for (int lane = 0; lane < size; ++lane) x[lane] = static_cast<double>(from[lane]);
  return load(x);
#endif
}

}  // namespace lifelog::detail::simd
