// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "csv.hpp"
#include "table_description.hpp"
#include "table_files.hpp"

namespace lifelog::inline LIFELOG_ABI::readers {

/// What the cells of a table's rows are. Made of its first rows.
struct TableLayout {
  static constexpr int skipped = -1, time = -2, date = -3, person = -4;

  char delimiter = ',';
  bool decimal_comma = false;         ///< of numbers with a comma; those with a point are read too
  std::vector<int> roles;             ///< a column of the file: its channel, or one of the above
  std::size_t needed = 0;             ///< columns up to the last that is wanted
  std::vector<std::size_t> channels;  ///< a channel: its column in the file
  std::size_t time_column = CsvReader::none, date_column = CsvReader::none, person_column = CsvReader::none;
  bool repeated = false;    ///< whether a column is wanted for two things
  std::uint64_t begin = 0;  ///< byte of the first row of data
  Index line = 1;           ///< and its line
};

namespace detail {

/// Of `,` `;` and tab the one that a line has most of, quoted cells left out; `,` without any.
LIFELOG_LAZY char most_frequent_delimiter(std::string_view text) {
  Index commas = 0, semicolons = 0, tabs = 0;
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '\n' || c == '\r') break;
    commas += c == ',';
    semicolons += c == ';';
    tabs += c == '\t';
  }
  return tabs > commas && tabs > semicolons ? '\t' : semicolons > commas ? ';' : ',';
}

/// The first rows of a file; all of them, of one in an archive.
LIFELOG_LAZY std::string first_rows(const TableFile& file) {
  if (file.disk.empty()) return file.content();
  std::error_code unknown;
  RowChunks chunks(file.disk, {0, std::filesystem::file_size(file.disk, unknown)}, std::size_t{1} << 16);
  return std::string(chunks.next());
}

}  // namespace detail

/// text: the first rows, the header included; file: its name for errors. columns: of the channels. Throws format_error when
/// one of the columns is missing or there twice.
LIFELOG_LAZY TableLayout table_layout(std::string_view text, const std::string& file,
                                      const TableSource& source, const std::vector<std::string>& columns) {
  TableLayout layout;
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    throw format_error(file, "expected text in UTF-8, got UTF-16");
  const std::size_t mark = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  layout.delimiter =
      source.delimiter != 0 ? source.delimiter : detail::most_frequent_delimiter(text.substr(mark));
  layout.decimal_comma = source.decimal == ',' || (source.decimal == 0 && layout.delimiter == ';');
  if (layout.decimal_comma && layout.delimiter == ',')
    throw format_error(file, "expected another delimiter than the decimal comma");
  std::vector<std::string> names = source.header;
  const CsvReader csv(text, file, layout.delimiter);
  if (names.empty()) {
    for (const auto cell : csv.header()) names.push_back(cell_text(cell));
    if (names.empty()) throw format_error(file + ":1", "expected a header, got an empty file");
    layout.begin = static_cast<std::uint64_t>(csv.cursor().at - text.data());
    layout.line = csv.cursor().line;
  } else {
    layout.begin = mark;
  }
  layout.roles.assign(names.size(), TableLayout::skipped);
  const auto find = [&](const std::string& name, int role) {
    const auto at = std::find(names.begin(), names.end(), name);
    if (at == names.end() || std::find(at + 1, names.end(), name) != names.end()) {
      std::string got;
      for (const auto& other : names) got += (got.empty() ? "" : ", ") + lifelog::detail::shown(other, 40);
      throw format_error(file + ":1", "expected one column \"" + lifelog::detail::shown(name, 60) +
                                          "\", got " + lifelog::detail::shown(got, 200));
    }
    const auto index = static_cast<std::size_t>(at - names.begin());
    layout.repeated = layout.repeated || layout.roles[index] != TableLayout::skipped;
    layout.roles[index] = role;
    layout.needed = std::max(layout.needed, index + 1);
    return index;
  };
  for (std::size_t c = 0; c < columns.size(); ++c)
    layout.channels.push_back(find(columns[c], static_cast<int>(c)));
  if (!source.person_column.empty()) layout.person_column = find(source.person_column, TableLayout::person);
  if (!source.time_columns.empty()) {
    const bool two = source.time_columns.size() == 2;
    if (two) layout.date_column = find(source.time_columns[0], TableLayout::date);
    layout.time_column = find(source.time_columns.back(), TableLayout::time);
  }
  return layout;
}

}  // namespace lifelog::readers
