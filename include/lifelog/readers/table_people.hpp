// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "table_layout.hpp"

// One table of many people: whose rows are where.

namespace lifelog::inline LIFELOG_ABI::readers {

/// Rows of one person that follow each other.
struct PersonRows {
  std::filesystem::path disk;  ///< the file they are in; empty: the content of one in an archive
  ByteRange bytes;
  Index line = 0;  ///< of the first; 0: unknown, for they were sorted
};

/// Whose rows are where in a table.
struct TablePeople {
  std::map<std::string, std::vector<PersonRows>> rows;
  Index nameless = 0;  ///< rows that do not say whose they are
};

namespace detail {

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
    while (!text.empty()) {
      const auto found = text.find('\n');
      const auto length = found == std::string_view::npos ? text.size() : found + 1;
      auto row = text.substr(0, length);
      text.remove_prefix(length);
      while (!row.empty() && (row.back() == '\n' || row.back() == '\r')) row.remove_suffix(1);
      if (!row.empty()) {
        const std::string_view whole(row.data(), length);
        if (!begins_with(row, before)) before = cell(row);
        take(before, whole, line);
      }
      ++line;
    }
  }

  /// Whether the row's first cell is the person's, and all of it.
  bool begins_with(std::string_view row, std::string_view person) const {
    return layout_.person_column == 0 && !person.empty() && row.size() > person.size() &&
           row[person.size()] == layout_.delimiter && row.starts_with(person);
  }

  std::string_view cell(std::string_view row) const {
    for (auto skip = layout_.person_column; skip > 0; --skip) {
      const auto at = row.find(layout_.delimiter);
      if (at == std::string_view::npos) return {};
      row.remove_prefix(at + 1);
    }
    return data::trimmed(row.substr(0, row.find(layout_.delimiter)));
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

inline constexpr std::size_t most_people = 100'000, most_runs = 1'000'000;

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

/// Where each person's rows are; nothing when they are mixed so much that they must be sorted first: runs of rows of one
/// person shorter than `fewest_bytes` in the mean, or very many.
LIFELOG_LAZY std::optional<TablePeople> index_people(const std::filesystem::path& disk,
                                                     const TableLayout& layout, std::uint64_t bytes,
                                                     const std::string& name, std::uint64_t fewest_bytes) {
  struct Run {
    ByteRange bytes;
    Index line;
  };
  TablePeople people;
  ByName<std::vector<Run>> found;
  const PersonScan scan(layout);
  RowChunks chunks(disk, {layout.begin, bytes});
  Index line = layout.line;
  std::size_t runs = 0;
  std::string present;
  std::vector<Run>* of_present = nullptr;
  for (auto text = chunks.next(); !text.empty(); text = chunks.next()) {
    const auto base = chunks.position();
    // Where in the text the present person was read: most rows say it is there too.
    const char* shown = nullptr;
    scan.scan(text, line, [&](std::string_view person, std::string_view row, Index at_line) {
      const auto begin = base + static_cast<std::uint64_t>(row.data() - text.data());
      if (of_present == nullptr || person.empty() || (person.data() != shown && person != present)) {
        present = person;
        of_present = nullptr;
        if (data::is_missing(person)) {
          ++people.nameless;
          return;
        }
        of_present = &of_name(found, person);
        of_present->push_back({{begin, begin}, at_line});
        ++runs;
      }
      shown = person.data();
      of_present->back().bytes.end = begin + row.size();
    });
    if (found.size() > most_people)
      throw format_error(name, "expected a column of people, got more than " + std::to_string(most_people) +
                                   " different values");
    const bool hopeless = runs > 10 * found.size() + 1000 && (base + text.size()) / runs < fewest_bytes / 4;
    if (hopeless || runs > most_runs) return std::nullopt;
  }
  if (runs > found.size() && (bytes - layout.begin) / runs < fewest_bytes) return std::nullopt;
  for (const auto& [person, ranges] : found)
    for (const auto& run : ranges) people.rows[person].push_back({disk, run.bytes, run.line});
  return people;
}

/// A file per person, written in large pieces and never open for long.
LIFELOG_LAZY class PersonSorter {
 public:
  explicit PersonSorter(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// person: as a cell shows it.
  void add(std::string_view person, std::string_view row) {
    auto& out = of_name(people_, person);
    if (out.file.empty()) out.file = folder_ / (std::to_string(people_.size()) + ".rows");
    out.waiting += row;
    if (!row.ends_with('\n')) out.waiting += '\n';
    waiting_ += row.size();
    if (out.waiting.size() >= piece) flush(out);
    if (waiting_ >= most_waiting)
      for (auto& [name, other] : people_) flush(other);
  }

  std::size_t size() const { return people_.size(); }

  std::map<std::string, std::vector<PersonRows>> finish() {
    std::map<std::string, std::vector<PersonRows>> rows;
    for (auto& [person, out] : people_) {
      flush(out);
      rows[person].push_back({out.file, {0, out.bytes}, 0});
    }
    return rows;
  }

 private:
  static constexpr std::size_t piece = std::size_t{1} << 20, most_waiting = std::size_t{64} << 20;

  struct Output {
    std::filesystem::path file;
    std::string waiting;
    std::uint64_t bytes = 0;
  };

  void flush(Output& out) {
    if (out.waiting.empty()) return;
    errno = 0;
    std::FILE* file = std::fopen(out.file.c_str(), "ab");
    const bool written =
        file != nullptr && std::fwrite(out.waiting.data(), 1, out.waiting.size(), file) == out.waiting.size();
    const bool closed = file != nullptr && std::fclose(file) == 0;
    if (!written || !closed)
      throw io_error(out.file.string(), "cannot write: " + io::detail::error_text(errno));
    out.bytes += out.waiting.size();
    waiting_ -= std::min(waiting_, out.waiting.size());
    out.waiting.clear();
  }

  std::filesystem::path folder_;
  ByName<Output> people_;
  std::size_t waiting_ = 0;
};

}  // namespace detail

/// Whose rows are where in a table of many people, in the memory of a few megabytes however large it is.
///
/// file: on disk. sorted: a folder for rows sorted by person, used where rows of people lie so mixed that each would be
/// sought all over the file; empty: such a file is refused. Throws io_error; format_error for a refused file, one without
/// the column, or one whose column has more than 100,000 values.
LIFELOG_LAZY TablePeople table_people(const TableFile& file, const TableLayout& layout,
                                      const std::filesystem::path& sorted = {},
                                      std::uint64_t fewest_bytes = std::uint64_t{1} << 16) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(file.disk, error);
  if (error) throw io_error(file.disk.string(), "cannot read: " + error.message());
  if (auto people = detail::index_people(file.disk, layout, bytes, file.path, fewest_bytes)) return *people;
  if (sorted.empty())
    throw format_error(file.path, "rows of its people lie mixed; expected them sorted by person");
  std::filesystem::create_directories(sorted, error);
  if (error) throw io_error(sorted.string(), "cannot make: " + error.message());
  TablePeople people;
  detail::PersonSorter sorter(sorted);
  const detail::PersonScan scan(layout);
  detail::RowChunks chunks(file.disk, {layout.begin, bytes});
  Index line = layout.line;
  for (auto text = chunks.next(); !text.empty(); text = chunks.next()) {
    scan.scan(text, line, [&](std::string_view person, std::string_view row, Index) {
      if (data::is_missing(person))
        ++people.nameless;
      else
        sorter.add(person, row);
    });
    if (sorter.size() > detail::most_people)
      throw format_error(file.path, "expected a column of people, got more than " +
                                        std::to_string(detail::most_people) + " different values");
  }
  people.rows = sorter.finish();
  return people;
}

}  // namespace lifelog::readers
