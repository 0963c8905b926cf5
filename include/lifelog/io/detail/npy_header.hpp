// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "shape.hpp"

// The header of numpy's array files, from the format's description in numpy/lib/format.py (NEP 1).

namespace lifelog::inline LIFELOG_ABI::io::detail {

/// numpy's name of an element type, without byte order: f4, i8, b1, …
template<class T>
std::string npy_type() {
  static_assert(std::is_arithmetic_v<T> && sizeof(T) <= 8,
                "npy: expected bool, integer, float or double elements");
  if constexpr (std::is_same_v<T, bool>) return "b1";
  const char kind = std::is_floating_point_v<T> ? 'f' : std::is_signed_v<T> ? 'i' : 'u';
  return kind + std::to_string(sizeof(T));
}

struct NpyHeader {
  std::string type;  ///< as npy_type, or f2
  bool big_endian = false;
  bool fortran = false;
  std::vector<std::size_t> shape;
  std::size_t data_offset = 0;
};

/// Reads the one Python dictionary literal that numpy writes: 'descr', 'fortran_order' and 'shape', in any
/// order.
LIFELOG_LAZY class NpyHeaderParser {
 public:
  NpyHeaderParser(const std::string& path, std::string_view text) : path_(path), text_(text) {}

  NpyHeader parse() {
    NpyHeader header;
    bool seen[3] = {false, false, false};
    expect('{');
    while (!accept('}')) {
      const auto key = quoted();
      expect(':');
      const int which = key == "descr" ? 0 : key == "fortran_order" ? 1 : key == "shape" ? 2 : -1;
      if (which < 0) fail("unknown header key '" + lifelog::detail::shown(key) + "'");
      if (std::exchange(seen[which], true)) fail("header key '" + key + "' twice");
      if (which == 0) read_type(header);
      if (which == 1) header.fortran = truth();
      if (which == 2) header.shape = shape();
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (!text_.empty()) fail("text after the header's dictionary");
    if (!seen[0] || !seen[1] || !seen[2]) fail("header lacks one of 'descr', 'fortran_order', 'shape'");
    return header;
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    throw format_error(path_, "npy header: " + reason);
  }

  void skip_space() {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\n' || text_[0] == '\t'))
      text_.remove_prefix(1);
  }

  bool accept(char c) {
    skip_space();
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  void expect(char c) {
    if (accept(c)) return;
    fail(std::string("expected '") + c + "', got " +
         (text_.empty() ? std::string("the end") : "'" + std::string(text_.substr(0, 1)) + "'"));
  }

  std::string quoted() {
    skip_space();
    const char quote = text_.empty() ? '\0' : text_[0];
    if (quote != '\'' && quote != '"') fail("expected a quoted string (structured dtypes are not supported)");
    const auto end = text_.find(quote, 1);
    if (end == std::string_view::npos) fail("unterminated string");
    auto content = std::string(text_.substr(1, end - 1));
    text_.remove_prefix(end + 1);
    return content;
  }

  /// Byte order (of no meaning where there is one byte) and type.
  void read_type(NpyHeader& header) {
    const auto descr = quoted();
    static constexpr const char* known[] = {"b1", "i1", "u1", "i2", "u2", "i4",
                                            "u4", "i8", "u8", "f2", "f4", "f8"};
    const char order = descr.empty() ? '\0' : descr[0];
    header.type = descr.empty() ? descr : descr.substr(1);
    header.big_endian = order == '>';
    const bool order_ok = order == '<' || order == '>' || (order == '|' && header.type.ends_with('1'));
    if (!order_ok || std::find(std::begin(known), std::end(known), header.type) == std::end(known))
      fail("expected bool, integers, float16, float32 or float64, got dtype '" +
           lifelog::detail::shown(descr) + "'");
  }

  bool truth() {
    skip_space();
    for (const auto& [word, value] : {std::pair{"True", true}, {"False", false}})
      if (text_.starts_with(word)) {
        text_.remove_prefix(std::strlen(word));
        return value;
      }
    fail("expected True or False for 'fortran_order'");
  }

  std::vector<std::size_t> shape() {
    std::vector<std::size_t> extents;
    expect('(');
    while (!accept(')')) {
      skip_space();
      std::size_t extent = 0;
      const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), extent);
      if (error != std::errc()) fail("expected a non-negative integer in 'shape'");
      text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
      extents.push_back(extent);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return extents;
  }

  std::string path_;
  std::string_view text_;
};

LIFELOG_LAZY NpyHeader read_npy_header(const std::string& path, const std::string& file) {
  if (file.size() < 10 || file.compare(0, 6, "\x93NUMPY") != 0)
    throw format_error(path, "expected a npy file (magic \\x93NUMPY), got something else");
  const auto byte = [&file](std::size_t i) { return std::size_t{static_cast<unsigned char>(file[i])}; };
  const auto major = byte(6);
  if (major < 1 || major > 3 || byte(7) != 0)
    throw format_error(path, "expected npy version 1.0, 2.0 or 3.0, got " + std::to_string(major) + "." +
                                 std::to_string(byte(7)));
  const std::size_t start = major == 1 ? 10 : 12;
  std::size_t length = byte(8) | byte(9) << 8;
  if (major > 1 && file.size() >= start) length |= byte(10) << 16 | byte(11) << 24;
  if (file.size() < start || file.size() - start < length)
    throw format_error(path, "truncated: the npy header should have " + std::to_string(length) +
                                 " bytes, the file has " + std::to_string(file.size()));
  auto header = NpyHeaderParser(path, std::string_view(file).substr(start, length)).parse();
  header.data_offset = start + length;
  const auto item = static_cast<std::size_t>(header.type[1] - '0');
  const auto expected = checked_bytes(path, header.shape, item);
  if (file.size() - header.data_offset != expected)
    throw format_error(path, "shape " + lifelog::detail::shown(shape_text(header.shape)) + " of '" +
                                 header.type + "' needs " + std::to_string(expected) +
                                 " bytes of data, the file has " +
                                 std::to_string(file.size() - header.data_offset));
  return header;
}

}  // namespace lifelog::io::detail
