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

#include "detail/person_sorter.hpp"
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

inline constexpr std::size_t most_people = 100'000, most_runs = 1'000'000;

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
  detail::PersonSorter sorter(sorted, layout);
  const detail::PersonScan scan(layout);
  detail::RowChunks chunks(file.disk, {layout.begin, bytes});
  for (auto text = chunks.next(); !text.empty(); text = chunks.next()) {
    sorter.add(text, scan);
    if (sorter.people() > detail::most_people)
      throw format_error(file.path, "expected a column of people, got more than " +
                                        std::to_string(detail::most_people) + " different values");
  }
  sorter.finish([&](const std::string& person, const std::filesystem::path& rows, std::uint64_t size) {
    people.rows[person].push_back({rows, {0, size}, 0});
  });
  people.nameless = sorter.nameless();
  return people;
}

}  // namespace lifelog::readers
