// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE4_1__)
#include <immintrin.h>
#endif

// Plain decimals, "-12.25", read to the bits that std::from_chars gives, in a fraction of the time: a whole number
// below 2^53 divided by a power of ten that a double holds, both exact, is rounded once (Clinger, "How to read floating
// point numbers accurately", 1990).

#include "../../core/abi.hpp"

namespace lifelog::inline LIFELOG_ABI::readers::detail {

/// False for anything else than a plain decimal of at most 18 digits; `at` is then where it was, else behind it.
inline bool plain_decimal(const char*& at, const char* end, double& value) {
  static constexpr double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
                                      1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
  const char* p = at;
  std::uint64_t digits = 0;
  const auto take_digits = [&] {
    const char* const begin = p;
    for (unsigned digit; p != end && (digit = static_cast<unsigned>(*p - '0')) < 10; ++p)
      digits = 10 * digits + digit;
    return p - begin;
  };
  const bool negative = p != end && *p == '-';
  p += negative;
  auto count = take_digits(), decimals = std::ptrdiff_t{0};
  if (p != end && *p == '.') {
    ++p;
    decimals = take_digits();
    count += decimals;
  }
  // 18 digits cannot overflow; beyond, `digits` is of no meaning.
  if (count == 0 || count > 18 || digits > std::uint64_t{1} << 53) return false;
  const double magnitude = static_cast<double>(digits) / powers[decimals];
  value = negative ? -magnitude : magnitude;
  at = p;
  return true;
}

/// Eight characters in a word, the first in its lowest byte: one step of arithmetic does for all of them.
struct EightBytes {
  static constexpr std::uint64_t ones = 0x0101010101010101, high_bits = 0x80 * ones;

  static std::uint64_t load(const char* at) {
    std::uint64_t word = 0;
    if constexpr (std::endian::native == std::endian::little)
      std::memcpy(&word, at, sizeof word);
    else
      for (int i = 7; i >= 0; --i) word = word << 8 | static_cast<unsigned char>(at[i]);
    return word;
  }

  /// Position of the first byte with a bit set; 8 without one.
  static std::ptrdiff_t first(std::uint64_t word) {
    return static_cast<std::ptrdiff_t>(static_cast<unsigned>(std::countr_zero(word)) / 8);
  }

  /// Marks each byte below `limit`, at most 128, in its highest bit.
  static std::uint64_t below(std::uint64_t word, unsigned limit) {
    return ~(((word & ~high_bits) + (128 - limit) * ones) | word) & high_bits;
  }

  /// Whether all are 0 to 9.
  static bool digits(std::uint64_t word) { return ((word | (word + (128 - 10) * ones)) & high_bits) == 0; }

  /// Marks each byte that is not 0 to 9 in its highest bit; of 8 digits none is.
  static std::uint64_t non_digits(std::uint64_t word) {
    return (((word & ~high_bits) + (128 - 10) * ones) | word) & high_bits;
  }

  /// The number that bytes of 0 to 9 spell: pairs of digits, then fours, then all eight.
  static std::uint64_t number(std::uint64_t digits) {
    constexpr std::uint64_t pairs = 0x000000FF000000FF, million = 1000000, ten_thousand = 10000;
    digits = 10 * digits + (digits >> 8);
    return ((digits & pairs) * (100 + (million << 32)) +
            (digits >> 16 & pairs) * (1 + (ten_thousand << 32))) >>
           32;
  }
};

/// How many characters there must be at `at` for `short_decimal`.
inline constexpr std::ptrdiff_t short_decimal_reach = 24;

inline constexpr double signed_powers[2][9] = {{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8},
                                               {-1e0, -1e1, -1e2, -1e3, -1e4, -1e5, -1e6, -1e7, -1e8}};

#if defined(__SSE4_1__)

/// [digits before the point][digits behind it]: where each of eight digits stands in the text, the last digit last; 128, for
/// none, before the first.
struct DigitPlaces {
  std::uint8_t of[9][9][8] = {};

  constexpr DigitPlaces() {
    for (int whole = 0; whole <= 8; ++whole)
      for (int decimals = 0; whole + decimals <= 8; ++decimals)
        for (int i = 0; i < 8; ++i) {
          const int digit = i - (8 - whole - decimals);
          of[whole][decimals][i] = static_cast<std::uint8_t>(digit < 0 ? 128 : digit + (digit >= whole));
        }
  }
};
inline constexpr DigitPlaces digit_places;

inline __m128i sixteen_characters(const char* at) {
  return _mm_sub_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)), _mm_set1_epi8('0'));
}

/// A bit for each of 16 characters that is no digit; those above them are set too.
inline unsigned non_digits(const char* at) {
  const auto text = sixteen_characters(at);
  return ~static_cast<unsigned>(
      _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(text, _mm_set1_epi8(9)), text)));
}

/// others: `non_digits` up to `stop`; all but the first and that at `point` are digits.
inline bool decimal_of(const char* at, unsigned others, int point, int stop, double& value) {
  const int negative = *at == '-', whole = point - negative, decimals = stop - point - 1;
  if (at[point] != '.' || whole == 0 || whole + decimals > 8 || static_cast<int>(others & 1) != negative)
    return false;
  const auto places = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(digit_places.of[whole][decimals]));
  const auto eight = _mm_shuffle_epi8(sixteen_characters(at + negative), places);
  const auto twos = _mm_maddubs_epi16(eight, _mm_set1_epi16(1 << 8 | 10));
  const auto fours = _mm_madd_epi16(twos, _mm_set1_epi32(1 << 16 | 100));
  const auto all = _mm_madd_epi16(_mm_packs_epi32(fours, fours), _mm_set1_epi32(1 << 16 | 10'000));
  value = _mm_cvtsd_f64(_mm_cvtepi32_pd(all)) / signed_powers[negative][decimals];
  return true;
}

/// A plain decimal that has a point and at most 8 digits, at least one before the point. Takes the same steps
/// however long the number is, so that no branch of it is hard to foretell.
inline bool short_decimal(const char*& at, double& value) {
  const auto others = non_digits(at);
  const auto behind_first = others & ~1u;  // which may be the sign
  const int point = std::countr_zero(behind_first);
  const int stop = std::countr_zero(behind_first & (behind_first - 1));
  if (!decimal_of(at, others, point, stop, value)) return false;
  at += stop;
  return true;
}

/// The same of a cell that is known to end at `stop`.
inline bool short_decimal(const char* at, const char* stop, double& value) {
  const auto length = stop - at;
  if (length > 10) return false;
  const auto others = non_digits(at) & ((1u << length) - 1);
  const auto behind_first = others & ~1u;
  return std::has_single_bit(behind_first) &&
         decimal_of(at, others, std::countr_zero(behind_first), static_cast<int>(length), value);
}

#else

/// A plain decimal that has a point and at most 8 digits, at least one before the point. Takes the same steps
/// however long the number is, so that no branch of it is hard to foretell.
inline bool short_decimal(const char*& at, double& value) {
  using Bytes = EightBytes;
  constexpr auto zeros = '0' * Bytes::ones;
  // Digits have this bit; sign, point, exponents, commas, blanks and line ends have not.
  constexpr auto digit_bit = 0x10 * Bytes::ones;
  const auto point =
      Bytes::first(~(Bytes::load(at) | 0xff) & digit_bit);  // not the first, it may be the sign
  if (at[point] != '.') return false;
  const char* const behind = at + point + 1;
  const auto tail = Bytes::load(behind);
  const auto decimals = Bytes::first(~tail & digit_bit);
  const std::ptrdiff_t negative = *at == '-', whole = point - negative;
  if (whole == 0 || whole + decimals > 8) return false;
  // Shifted to the word's high end, where the last digit belongs; what stands behind the digits drops out there.
  const auto upper = (Bytes::load(at + negative) ^ zeros) << (64 - 8 * whole) >> 8 * decimals;
  const auto lower = (tail ^ zeros) << (56 - 8 * decimals) << 8;
  if (!Bytes::digits(upper | lower)) return false;
  // In the mantissa of 2^52: a conversion as by static_cast, but one that waits for no earlier result (x86).
  const auto number = std::bit_cast<std::uint64_t>(0x1p52) + Bytes::number(upper | lower);
  value = (std::bit_cast<double>(number) - 0x1p52) / signed_powers[negative][decimals];
  at = behind + decimals;
  return true;
}

/// The same of a cell that is known to end at `stop`.
inline bool short_decimal(const char* at, const char* stop, double& value) {
  return short_decimal(at, value) && at == stop;
}

#endif

}  // namespace lifelog::readers::detail
