// SPDX-License-Identifier: MIT
#pragma once

#include "config.hpp"

#ifdef LIFELOG_NO_EXCEPTIONS
#include <cstdlib>
#ifndef LIFELOG_ERROR_HANDLER
#define LIFELOG_ERROR_HANDLER(text) (static_cast<void>(text), std::abort())
#endif
#else
#include <locale>
#include <sstream>
#include <stdexcept>
#include <string>

#include "shown.hpp"
#endif

namespace lifelog::inline LIFELOG_ABI {

#ifndef LIFELOG_NO_EXCEPTIONS

namespace detail {

/// "<where>: <reason>", on one line whatever is in a file: both may quote it. Longer than any path and any list that we
/// make is neither.
inline std::string file_message(const std::string& where, const std::string& reason) {
  return shown(where, 5000) + ": " + shown(reason, 8000);
}

}  // namespace detail

/// A file does not hold what its format demands. `what()` reads "<where>: <reason>", in printable UTF-8.
class format_error : public std::runtime_error {
 public:
  /// where: the file, with a line (`a.csv:12`) or a tensor (`m.safetensors: label`); reason: found and expected.
  format_error(const std::string& where, const std::string& reason)
      : std::runtime_error(detail::file_message(where, reason)) {}
};

/// A file cannot be opened, read or written. `what()` reads "<path>: <reason>", in printable UTF-8.
class io_error : public std::runtime_error {
 public:
  io_error(const std::string& path, const std::string& reason)
      : std::runtime_error(detail::file_message(path, reason)) {}
};

#endif

namespace detail {

#ifdef LIFELOG_NO_EXCEPTIONS

template<class... Parts>
[[noreturn]] LIFELOG_COLD void bad_argument(const char* text, const Parts&...) {
  LIFELOG_ERROR_HANDLER(text);
#if defined(__GNUC__)
  __builtin_unreachable();
#endif
}

#else

/// Throws std::invalid_argument with all parts streamed into one sentence:
/// which parameter, what was expected, what came; made printable as format_error's.
template<class... Parts>
[[noreturn]] LIFELOG_COLD void bad_argument(const char* text, const Parts&... parts) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out << text;
  static_cast<void>((out << ... << parts));  // there may be none
  throw std::invalid_argument(shown(out.str(), 8000));
}

#endif

/// Throws as bad_argument unless `ok`.
template<class... Parts>
inline void require(bool ok, const char* text, const Parts&... parts) {
  if (!ok) [[unlikely]]
    bad_argument(text, parts...);
}

}  // namespace detail
}  // namespace lifelog
