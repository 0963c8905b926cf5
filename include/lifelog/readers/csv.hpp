// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "../core/config.hpp"
#include "../core/error.hpp"
#include "../data/cells.hpp"

namespace lifelog::inline LIFELOG_ABI::readers {

namespace detail {

/// A place in CSV text; lines count from 1. Lines end with LF, CRLF or CR.
struct CsvCursor {
  const char *at, *end;
  Index line = 1;
  char delimiter;

  explicit CsvCursor(std::string_view text, char between = ',')
      : at(text.data()), end(text.data() + text.size()), delimiter(between) {
    if (text.starts_with("\xEF\xBB\xBF")) at += 3;
  }

  bool at_row_end() const { return at == end || *at == '\n' || *at == '\r'; }

  void end_line() {
    if (at == end) return;
    const bool carriage_return = *at++ == '\r';
    if (carriage_return && at != end && *at == '\n') ++at;
    ++line;
  }

  /// Moves to the next row that is not blank; false at the end of the text.
  bool find_row() {
    while (at != end && at_row_end()) end_line();
    return at != end;
  }

  /// The cell here without surrounding blanks and quotes (doubled quotes inside stay doubled); stops behind
  /// it.
  std::string_view cell() {
    while (at != end && *at != delimiter && (*at == ' ' || *at == '\t')) ++at;
    if (at != end && *at == '"') {
      if (const char* close = closing_quote(); close != end) {
        const std::string_view inside(at + 1, static_cast<std::size_t>(close - at - 1));
        line += static_cast<Index>(std::count(inside.begin(), inside.end(), '\n'));
        for (at = close; !at_row_end() && *at != delimiter;) ++at;
        return inside;
      }
    }
    const char* begin = at;
    while (!at_row_end() && *at != delimiter) ++at;
    return data::trimmed({begin, static_cast<std::size_t>(at - begin)});
  }

  /// Steps over a delimiter to the next cell of the row; false at the row's end.
  bool next_cell() {
    if (at == end || *at != delimiter) return false;
    ++at;
    return true;
  }

 private:
  // `end` when the quote is never closed: then it is a character like others, and does not swallow the file.
  const char* closing_quote() const {
    for (const char* p = at + 1; p != end; ++p)
      if (*p == '"') {
        if (p + 1 == end || p[1] != '"') return p;
        ++p;
      }
    return end;
  }
};

}  // namespace detail

/// The text of a cell as `CsvReader` shows it, with doubled quotes made single.
LIFELOG_LAZY std::string cell_text(std::string_view cell) {
  std::string text(cell);
  for (std::size_t at = 0; (at = text.find("\"\"", at)) != std::string::npos; ++at) text.erase(at, 1);
  return text;
}

/// Rows of CSV text with a header (RFC 4180: quotes may hold delimiters and line ends), split in place.
///
///     CsvReader csv(text, "a.csv");
///     const auto ts = csv.column("ts");
///     while (csv.next()) use(csv.line(), csv.cell(ts));
///
/// text: owned by the caller, must outlive the reader and the cells it shows. Blank lines are skipped.
class CsvReader {
 public:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  /// Reads the header; `file` names the text in errors; `delimiter` stands between cells. Text without a row has an empty
  /// header.
  explicit CsvReader(std::string_view text, std::string file = "csv", char delimiter = ',')
      : cursor_(text, delimiter), file_(std::move(file)) {
    if (next()) header_ = cells_;
  }

  const std::vector<std::string_view>& header() const { return header_; }

  /// Position of the first column of that name, `none` without one.
  std::size_t find(std::string_view name) const {
    const auto it = std::find(header_.begin(), header_.end(), name);
    return it == header_.end() ? none : static_cast<std::size_t>(it - header_.begin());
  }

  /// As `find`, but a column that is not there is a format_error.
  std::size_t column(std::string_view name) const {
    const auto at = find(name);
    if (at == none)
      throw format_error(file_ + ":1", "expected a column \"" + std::string(name) + "\"" + found());
    return at;
  }

  /// As `column`, but one that is there twice is a format_error too: which is meant?
  std::size_t only_column(std::string_view name) const {
    const auto at = column(name);
    if (std::find(header_.begin() + static_cast<std::ptrdiff_t>(at) + 1, header_.end(), name) !=
        header_.end())
      throw format_error(file_ + ":1", "expected one column \"" + std::string(name) + "\"" + found());
    return at;
  }

  /// Moves to the next row; false when there is none.
  bool next() {
    cells_.clear();
    if (!cursor_.find_row()) return false;
    line_ = cursor_.line;
    do cells_.push_back(cursor_.cell());
    while (cursor_.next_cell());
    cursor_.end_line();
    return true;
  }

  /// The cell of a column in the present row; empty where the row is too short.
  std::string_view cell(std::size_t column) const {
    return column < cells_.size() ? cells_[column] : std::string_view();
  }

  std::size_t cells() const { return cells_.size(); }

  /// The line on which the present row begins, from 1.
  Index line() const { return line_; }

  const std::string& file() const { return file_; }
  detail::CsvCursor cursor() const { return cursor_; }

 private:
  std::string found() const {
    if (header_.empty()) return ", got no header";
    std::string text = ", got ";
    for (std::size_t i = 0; i < header_.size(); ++i) text.append(i ? "," : "").append(header_[i]);
    return text.size() > 300 ? text.substr(0, 300) + "..." : text;
  }

  detail::CsvCursor cursor_;
  std::string file_;
  std::vector<std::string_view> header_, cells_;
  Index line_ = 0;
};

}  // namespace lifelog::readers
