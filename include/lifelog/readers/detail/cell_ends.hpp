// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#if defined(__x86_64__) || defined(__AVX2__)
#include <immintrin.h>
#endif

#include "plain_decimal.hpp"

namespace lifelog::inline LIFELOG_ABI::readers::detail {

/// Where the cells of a row end. Found for many characters at once, so that a processor begins with a cell before it is through
/// with the one before.
class CellEnds {
 public:
  /// How many characters of text there are from a cell's first to the text's end, at least, where an end is found.
  static constexpr std::ptrdiff_t reach = 96;

  /// end: of the text.
  CellEnds(const char* end, char delimiter) : end_(end), delimiter_(delimiter) {}

  /// The first delimiter, line end or quote from `at` on, which is behind all that were found before; null near the text's end.
  const char* next(const char* at) {
    if (marks_ == 0) {
      for (base_ = at; end_ - base_ >= reach && (marks_ = marks()) == 0;) base_ += 64;
      if (marks_ == 0) return nullptr;
    }
    const char* const found = base_ + std::countr_zero(marks_);
    marks_ &= marks_ - 1;
    return found;
  }

 private:
  /// A bit for each of 64 characters: whether a cell may end there.
  std::uint64_t marks() const {
#if defined(__AVX2__)
    const auto some = [this](int from) {
      const auto text = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(base_ + from));
      const auto is = [&](char c) { return _mm256_cmpeq_epi8(text, _mm256_set1_epi8(c)); };
      const auto all =
          _mm256_or_si256(_mm256_or_si256(is(delimiter_), is('\n')), _mm256_or_si256(is('\r'), is('"')));
      return std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(all))} << from;
    };
    return some(0) | some(32);
#elif defined(__x86_64__)
    const auto some = [this](int from) {
      const auto text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(base_ + from));
      const auto is = [&](char c) { return _mm_cmpeq_epi8(text, _mm_set1_epi8(c)); };
      const auto all = _mm_or_si128(_mm_or_si128(is(delimiter_), is('\n')), _mm_or_si128(is('\r'), is('"')));
      return std::uint64_t{static_cast<std::uint32_t>(_mm_movemask_epi8(all))} << from;
    };
    return some(0) | some(16) | some(32) | some(48);
#else
    std::uint64_t all = 0;
    for (int from = 0; from < 64; from += 8) {
      const auto text = EightBytes::load(base_ + from);
      const auto is = [&](char c) {
        return EightBytes::below(text ^ static_cast<unsigned char>(c) * EightBytes::ones, 1);
      };
      // The highest bits of eight bytes, side by side.
      all |= ((is(delimiter_) | is('\n') | is('\r') | is('"')) >> 7) * 0x0102040810204080 >> 56 << from;
    }
    return all;
#endif
  }

  const char* base_ = nullptr;
  std::uint64_t marks_ = 0;
  const char* end_;
  char delimiter_;
};

}  // namespace lifelog::readers::detail
