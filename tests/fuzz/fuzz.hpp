// SPDX-License-Identifier: MIT
#pragma once

#include <lifelog/core/error.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace fuzz {

/// Ends the run as a crash does when something that must hold of every input does not.
inline void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Calls `read()`; an input may be refused in the way that the library documents, and in no other: by a message of one
/// printable line.
template<class Read>
void refusable(Read&& read) {
  try {
    read();
  } catch (const lifelog::format_error& error) {
    const std::string_view text = error.what();
    check(text.size() < 60'000, "a bounded message");
    check(lifelog::detail::shown(text, text.size()) == text, "a printable message");
  }
}

}  // namespace fuzz
