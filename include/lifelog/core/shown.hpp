// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Text of unknown origin, made fit to be read in a message.

#include "../core/abi.hpp"

namespace lifelog::inline LIFELOG_ABI::detail {

/// A character of UTF-8 (RFC 3629): its number and its bytes, 0 where there is none.
struct Utf8Character {
  std::uint32_t code = 0;
  std::size_t bytes = 0;
};

/// The one that `text`, which is not empty, begins with.
inline Utf8Character utf8_character(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
  };
  const auto first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < bytes) return {};
  auto code = first & (0x7fu >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3f);
  }
  const bool too_long = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
  if (too_long || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return {};
  return {code, bytes};
}

/// Whether a character is shown as it is: no control, and none that breaks lines or turns their direction.
inline bool printable(std::uint32_t code) {
  const auto among = [code](std::uint32_t from, std::uint32_t to) { return code >= from && code <= to; };
  return !among(0, 0x1f) && !among(0x7f, 0x9f) && !among(0x200e, 0x200f) && !among(0x2028, 0x202e) &&
         !among(0x2066, 0x2069) && code != 0xfeff;
}

/// Whether a text is UTF-8 of nothing but characters that can be seen.
inline bool is_printable(std::string_view text) {
  while (!text.empty()) {
    const auto [code, bytes] = utf8_character(text);
    if (bytes == 0 || !printable(code)) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

/// `text` as a message may show it, on one line: bytes that are not UTF-8, and characters that cannot be seen, as \x1b or
/// \u202e; what is longer than `limit` characters is cut and ends in "…".
inline std::string shown(std::string_view text, std::size_t limit = 200) {
  const auto hexadecimal = [](std::uint32_t number, int digits) {
    std::string out;
    while (digits-- > 0) out += "0123456789abcdef"[number >> (4 * digits) & 15];
    return out;
  };
  std::string out;
  std::size_t count = 0, cut = 0;  // characters so far; bytes of the last text that leaves room for "…"
  while (!text.empty()) {
    const auto [code, bytes] = utf8_character(text);
    std::string next(text.substr(0, bytes > 0 ? bytes : 1));
    std::size_t characters = 1;
    if (bytes == 0 || !printable(code)) {
      next = bytes == 0      ? "\\x" + hexadecimal(static_cast<unsigned char>(text[0]), 2)
             : code == '\n'  ? "\\n"
             : code == '\r'  ? "\\r"
             : code == '\t'  ? "\\t"
             : code < 0x100u ? "\\x" + hexadecimal(code, 2)
                             : "\\u" + hexadecimal(code, 4);
      characters = next.size();
    }
    if (count + characters > limit) return out.substr(0, cut) + "…";
    count += characters;
    out += next;
    if (count < limit) cut = out.size();
    text.remove_prefix(bytes > 0 ? bytes : 1);
  }
  return out;
}

}  // namespace lifelog::detail
