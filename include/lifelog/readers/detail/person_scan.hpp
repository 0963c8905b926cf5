// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "../table_layout.hpp"
#include "plain_decimal.hpp"

// Whose the rows of a table are.

namespace lifelog::inline LIFELOG_ABI::readers::detail {

/// Goes through the rows of a text and says of each whose it is.
class PersonScan {
 public:
  explicit PersonScan(const TableLayout& layout) : layout_(layout) {}

  /// take(person, row, line): the person's name as a cell shows it, that of an earlier row when it is the same; the bytes of the
  /// row in `text`, its line end included.
  template<class Take>
  void scan(std::string_view text, Index& line, Take&& take) const {
    if (simple(text))
      scan_simple(text, line, take);
    else
      scan_any(text, line, take);
  }

 private:
  /// Neither quotes nor lines that end in CR alone.
  static bool simple(std::string_view text) {
    if (text.find('"') != std::string_view::npos) return false;
    for (auto at = text.find('\r'); at != std::string_view::npos; at = text.find('\r', at + 1))
      if (at + 1 == text.size() || text[at + 1] != '\n') return false;
    return true;
  }

  template<class Take>
  void scan_simple(std::string_view text, Index& line, Take& take) const {
    std::string_view before;  // the person of the last row
    const char *at = text.data(), *const end = at + text.size();
    while (at != end) {
      const char* const begin = at;
      const auto* stop = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
      at = stop == nullptr ? end : stop + 1;
      if (stop == nullptr) stop = end;
      if (stop != begin && stop[-1] == '\r') --stop;
      if (stop != begin) {
        const std::string_view row(begin, static_cast<std::size_t>(stop - begin));
        if (!begins_with(row, before)) before = cell(begin, stop, end);
        take(before, std::string_view(begin, static_cast<std::size_t>(at - begin)), line);
      }
      ++line;
    }
  }

  /// Whether the row's first cell is the person's, and all of it.
  bool begins_with(std::string_view row, std::string_view person) const {
    return layout_.person_column == 0 && !person.empty() && row.size() > person.size() &&
           row[person.size()] == layout_.delimiter &&
           row[person.size() - 1] == person.back() &&  // where names differ most often
           row.starts_with(person);
  }

  /// The cell of the person in a row, which may be read up to the end of the text.
  std::string_view cell(const char* at, const char* row_end, const char* text_end) const {
    for (auto skip = layout_.person_column; skip > 0; --skip) {
      at = find_delimiter(at, row_end, text_end);
      if (at == row_end) return {};
      ++at;
    }
    const auto* const stop = find_delimiter(at, row_end, text_end);
    return data::trimmed({at, static_cast<std::size_t>(stop - at)});
  }

  /// The next delimiter, or the row's end. A few steps of eight characters, as names and numbers are short.
  const char* find_delimiter(const char* at, const char* row_end, const char* text_end) const {
    const auto wanted = static_cast<unsigned char>(layout_.delimiter) * EightBytes::ones;
    for (; at < row_end && text_end - at >= 8; at += 8)
      if (const auto found = EightBytes::below(EightBytes::load(at) ^ wanted, 1); found != 0)
        return std::min(at + EightBytes::first(found), row_end);
    while (at < row_end && *at != layout_.delimiter) ++at;
    return std::min(at, row_end);
  }

  template<class Take>
  void scan_any(std::string_view text, Index& line, Take& take) const {
    CsvCursor cursor(text, layout_.delimiter);
    cursor.at = text.data();  // a mark of the byte order is none here
    cursor.line = line;
    while (cursor.find_row()) {
      const char* const begin = cursor.at;
      const auto at_line = cursor.line;
      std::string_view person;
      std::size_t column = 0;
      do {
        const auto cell = cursor.cell();
        if (column++ == layout_.person_column) person = cell;
      } while (cursor.next_cell());
      cursor.end_line();
      take(person, std::string_view(begin, static_cast<std::size_t>(cursor.at - begin)), at_line);
    }
    line = cursor.line;
  }

  const TableLayout& layout_;
};

/// A name's bytes, found without making a string of them.
struct NameHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
};

template<class T>
using ByName = std::unordered_map<std::string, T, NameHash, std::equal_to<>>;

/// What `people` has of a name as a cell shows it.
template<class T>
T& of_name(ByName<T>& people, std::string_view cell) {
  if (cell.find('"') != std::string_view::npos) return people[cell_text(cell)];
  const auto found = people.find(cell);
  return found != people.end() ? found->second : people[std::string(cell)];
}

}  // namespace lifelog::readers::detail
