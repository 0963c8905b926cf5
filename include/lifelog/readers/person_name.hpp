// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "../core/shown.hpp"
#include "detail/decompositions.hpp"

// Names of people: which can be used, and which mean the same person.

namespace lifelog::inline LIFELOG_ABI::readers {

/// Why a text cannot be the name of a person; empty when it can. Names become names of files.
inline std::string name_fault(std::string_view name) {
  if (name.empty()) return "expected a name, got none";
  const auto what = [&](const char* expected) {
    return std::string("expected a name ") + expected + ", got \"" + lifelog::detail::shown(name, 80) + "\"";
  };
  if (!lifelog::detail::is_printable(name)) return what("in UTF-8, of characters that can be seen");
  if (name.front() == '.' || name.find_first_of("/\\") != std::string_view::npos)
    return what("without slashes, that does not begin with a dot");
  if (name.size() > 200) return what("of at most 200 bytes");
  return {};
}

namespace detail {

inline void decompose(std::uint32_t code, std::vector<std::uint32_t>& out) {
  constexpr std::uint32_t first_syllable = 0xac00, syllables = 11172, vowels = 21, tails = 28;
  if (code - first_syllable < syllables) {  // Hangul (Unicode, 3.12)
    const auto index = code - first_syllable;
    out.push_back(0x1100 + index / (vowels * tails));
    out.push_back(0x1161 + index % (vowels * tails) / tails);
    if (index % tails != 0) out.push_back(0x11a7 + index % tails);
    return;
  }
  const auto* found = std::lower_bound(decompositions.begin(), decompositions.end(), code,
                                       [](const Decomposition& d, std::uint32_t c) { return d.letter < c; });
  if (found == decompositions.end() || found->letter != code) return out.push_back(code);
  decompose(found->base, out);
  if (found->mark != 0) decompose(found->mark, out);
}

}  // namespace detail

/// A text that is the same for all spellings of a name: letters with accents, and Korean syllables, are one character or
/// several (Unicode's forms NFC and NFD; file systems and archives change one into the other). name: in UTF-8.
inline std::string name_key(std::string_view name) {
  const auto ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::all_of(name.begin(), name.end(), ascii)) return std::string(name);
  std::vector<std::uint32_t> codes;
  while (!name.empty()) {
    const auto [code, bytes] = lifelog::detail::utf8_character(name);
    if (bytes == 0)
      codes.push_back(0x110000 + static_cast<unsigned char>(name[0]));
    else
      detail::decompose(code, codes);
    name.remove_prefix(bytes > 0 ? bytes : 1);
  }
  // The order of several marks on one letter says nothing.
  const auto mark = [](std::uint32_t code) { return code >= 0x300 && code < 0x370; };
  for (auto at = codes.begin(); at != codes.end();) {
    const auto begin = std::find_if(at, codes.end(), mark);
    at = std::find_if_not(begin, codes.end(), mark);
    std::sort(begin, at);
  }
  std::string key;
  for (const auto code : codes)
    for (int shift = 24; shift >= 0; shift -= 8) key += static_cast<char>(code >> shift & 0xff);
  return key;
}

/// "U+005A U+006F U+00EB".
inline std::string code_points(std::string_view name) {
  std::string text;
  while (!name.empty()) {
    const auto [code, bytes] = lifelog::detail::utf8_character(name);
    const auto number = bytes > 0 ? code : static_cast<unsigned char>(name[0]);
    text += text.empty() ? "U+" : " U+";
    for (int shift = number > 0xffff ? 20 : 12; shift >= 0; shift -= 4)
      text += "0123456789ABCDEF"[number >> shift & 15];
    name.remove_prefix(bytes > 0 ? bytes : 1);
  }
  return text;
}

/// What to say of a person whose name is spelt in several ways.
template<class Names>
std::string spellings_note(const Names& spellings) {
  std::string text = "several spellings of one person's name, read as one:";
  for (const auto& spelling : spellings) text += " \"" + spelling + "\" (" + code_points(spelling) + ")";
  return text;
}

}  // namespace lifelog::readers
