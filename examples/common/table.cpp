// SPDX-License-Identifier: MIT
#include "table.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace lifelog::examples {

namespace {

/// Characters on a terminal: bytes that do not continue a UTF-8 sequence.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

bool numeric(const std::string& text) {
  return text == "-" || (!text.empty() && text.find_first_not_of("0123456789.,-+e% ") == std::string::npos);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Table& table) {
  const auto& lines = table.lines_;
  const auto columns = lines.front().size();
  std::vector<std::size_t> widths(columns, 0);
  std::vector<bool> right(columns, lines.size() > 1);
  for (std::size_t r = 0; r < lines.size(); ++r)
    for (std::size_t c = 0; c < columns; ++c) {
      widths[c] = std::max(widths[c], width(lines[r].at(c)));
      if (r > 0 && !numeric(lines[r][c])) right[c] = false;
    }
  for (const auto& line : lines) {
    std::string text;
    for (std::size_t c = 0; c < columns; ++c) {
      const std::string pad(widths[c] - width(line[c]), ' ');
      text += (c > 0 ? "  " : "") + (right[c] ? pad + line[c] : line[c] + pad);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out << "  " << text << '\n';
  }
  return out;
}

std::string fixed(double value, int digits) {
  if (!std::isfinite(value)) return "-";
  char buffer[512];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, digits).ptr;
  const std::string text(buffer, end);
  return text.find_first_of("123456789") == std::string::npos && text.front() == '-' ? text.substr(1) : text;
}

std::string grouped(long long value) {
  std::string digits = std::to_string(value);
  const std::ptrdiff_t first = value < 0 ? 1 : 0;
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > first; at -= 3)
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  return digits;
}

std::string duration(double seconds) {
  if (!std::isfinite(seconds)) return "-";
  if (seconds < 10) return fixed(seconds, 2) + " s";
  if (seconds < 60) return fixed(seconds, 1) + " s";
  const auto whole = std::llround(seconds);
  const auto two = [](long long n) { return std::string(n < 10 ? "0" : "").append(std::to_string(n)); };
  if (whole < 3600) return std::to_string(whole / 60) + " min " + two(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + two(whole % 3600 / 60) + " min";
}

std::string count(long long n, const std::string& one, const std::string& many) {
  return grouped(n) + ' ' + (n == 1 ? one : many);
}

std::string joined(const std::vector<std::string>& words, const std::string& between) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

}  // namespace lifelog::examples
