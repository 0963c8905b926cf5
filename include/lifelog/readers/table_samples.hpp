// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../core/finite.hpp"
#include "../data/quality.hpp"
#include "detail/plain_decimal.hpp"
#include "empatica_files.hpp"
#include "table_people.hpp"

namespace lifelog::inline LIFELOG_ABI::readers {

/// What one person has of one sensor.
struct TableSamples {
  /// A row that has a time, but of some channel no number.
  struct Gap {
    std::int64_t time;
    data::CellKind kind;  ///< missing or bad
  };

  std::size_t channels = 0;
  std::vector<std::int64_t> time;  ///< [n], nanoseconds of unix time
  std::vector<float> values;       ///< [n, channels], in the channel's unit
  std::vector<Gap> gaps;

  std::size_t size() const { return time.size(); }

  /// Forgets all but the first samples and gaps.
  void shrink(std::size_t samples, std::size_t first_gaps) {
    time.resize(samples);
    values.resize(samples * channels);
    gaps.resize(first_gaps, {0, data::CellKind::missing});
  }

  /// Puts samples in the order of their times; of equal times the first counts. What had to be done is counted.
  void sort(data::Quality& quality) {
    Index late = 0, twice = 0;
    for (std::size_t i = 1; i < time.size(); ++i) {
      late += time[i] < time[i - 1];
      twice += time[i] == time[i - 1];
    }
    std::stable_sort(gaps.begin(), gaps.end(), [](const Gap& a, const Gap& b) { return a.time < b.time; });
    if (late > 0) {
      quality.defects["unsorted_time"] += late;
      order();
      twice = 0;
      for (std::size_t i = 1; i < time.size(); ++i) twice += time[i] == time[i - 1];
    }
    if (twice == 0) return;
    quality.defects["double_time"] += twice;
    std::size_t kept = 1;
    for (std::size_t i = 1; i < time.size(); ++i)
      if (time[i] != time[kept - 1]) move(i, kept++);
    time.resize(kept);
    values.resize(kept * channels);
  }

 private:
  void move(std::size_t from, std::size_t to) {
    time[to] = time[from];
    std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(from * channels), channels,
                values.begin() + static_cast<std::ptrdiff_t>(to * channels));
  }

  void order() {
    std::vector<std::size_t> rank(time.size());
    for (std::size_t i = 0; i < rank.size(); ++i) rank[i] = i;
    std::stable_sort(rank.begin(), rank.end(),
                     [this](std::size_t a, std::size_t b) { return time[a] < time[b]; });
    TableSamples sorted;
    sorted.time.reserve(time.size());
    sorted.values.reserve(values.size());
    for (const auto i : rank) {
      sorted.time.push_back(time[i]);
      const auto row = values.begin() + static_cast<std::ptrdiff_t>(i * channels);
      sorted.values.insert(sorted.values.end(), row, row + static_cast<std::ptrdiff_t>(channels));
    }
    time = std::move(sorted.time);
    values = std::move(sorted.values);
  }
};

namespace detail {

/// Rows of text into samples.
LIFELOG_LAZY class RowReader {
 public:
  RowReader(const TableLayout& layout, const TableSensor& sensor, std::string file, TableSamples& out,
            data::Quality& quality)
      : layout_(layout),
        sensor_(sensor),
        file_(std::move(file)),
        out_(out),
        quality_(quality),
        time_(sensor.source.time, TimeZone::named(sensor.source.zone)),
        row_(sensor.columns.size()),
        epoch_(sensor.source.time == TimeForm::seconds        ? 9
               : sensor.source.time == TimeForm::milliseconds ? 6
               : sensor.source.time == TimeForm::microseconds ? 3
               : sensor.source.time == TimeForm::nanoseconds  ? 0
                                                              : -1) {
    out.channels = sensor.columns.size();
    for (const auto& column : sensor.columns) scaled_ = scaled_ || column.scale != 1 || column.offset != 0;
  }

  /// text: whole rows. line: of the first, 0 where unknown.
  void read(std::string_view text, Index line) {
    if (out_.time.empty()) reserve(text);
    CsvCursor cursor(text, layout_.delimiter);
    cursor.at = text.data();
    cursor.line = line;
    numbered_ = line > 0;
    while (cursor.find_row()) {
      std::int64_t time = 0;
      if (const char* next = read_plain(cursor.at, cursor.end, time)) {
        cursor.at = next;
        ++cursor.line;
        keep(time);
      } else {
        read_any(cursor);
        cursor.end_line();
      }
    }
  }

 private:
  void reserve(std::string_view text) {
    const auto row = std::max<std::size_t>(text.find('\n'), 1);
    if (row >= text.size()) return;
    out_.time.reserve(text.size() / row + 16);
    out_.values.reserve((text.size() / row + 16) * out_.channels);
  }

  /// Behind the cell that begins at `at`; null where that takes more than a look.
  const char* skip_plain(const char* at, const char* end) const {
    if (at != end && *at == '"') {
      at = static_cast<const char*>(std::memchr(at + 1, '"', static_cast<std::size_t>(end - at - 1)));
      if (at == nullptr) return nullptr;
      ++at;
      return at == end || *at == layout_.delimiter || *at == '\n' || *at == '\r' ? at : nullptr;
    }
    while (at != end && *at != layout_.delimiter && *at != '\n' && *at != '\r' && *at != '"') ++at;
    return at != end && *at == '"' ? nullptr : at;
  }

  /// Whether the cell at `at` is that of the person of the row before, as it nearly always is.
  bool starts_as_before(const char* at, const char* end) const {
    return !person_.empty() && static_cast<std::size_t>(end - at) > person_.size() &&
           at[person_.size()] == layout_.delimiter && std::memcmp(at, person_.data(), person_.size()) == 0;
  }

  bool plain_time(const char*& at, const char* end, std::int64_t& time) {
    const char* stop = at;
    if (epoch_ < 0) {
      while (stop != end && *stop != layout_.delimiter && *stop != '\n' && *stop != '\r' && *stop != '"')
        ++stop;
      const auto parsed = time_.parse({at, static_cast<std::size_t>(stop - at)});
      if (!parsed) return false;
      time = *parsed;
      at = stop;
      return true;
    }
    std::int64_t whole = 0;
    if (end - at > 16 && EightBytes::digits(EightBytes::load(at) ^ '0' * EightBytes::ones)) {
      const auto eight = EightBytes::number(EightBytes::load(at) ^ '0' * EightBytes::ones);
      stop += 8;
      std::int64_t rest = 0;
      static constexpr std::int64_t powers[] = {
          1,         10,         100,         1'000,         10'000,        100'000,
          1'000'000, 10'000'000, 100'000'000, 1'000'000'000, 10'000'000'000};
      const int more = take_digits(stop, end, 10, rest);
      whole = static_cast<std::int64_t>(eight) * powers[more] + rest;
    } else if (take_digits(stop, end, 19, whole) == 0) {
      return false;
    }
    if (stop != end && *stop != '.' && *stop != layout_.delimiter && *stop != '\n' && *stop != '\r')
      return false;
    if (stop != end && *stop == '.') {
      const char* const begin = at;
      while (++stop != end && *stop >= '0' && *stop <= '9') {
      }
      const auto parsed = parse_epoch({begin, static_cast<std::size_t>(stop - begin)}, epoch_);
      if (!parsed) return false;
      time = *parsed;
    } else {
      static constexpr std::int64_t units[] = {1, 0, 0, 1'000, 0, 0, 1'000'000, 0, 0, nanosecond};
      const auto unit = units[epoch_];
      if (whole > latest_second * (nanosecond / unit)) return false;
      time = whole * unit;
    }
    at = stop;
    return true;
  }

  /// What nearly all rows are. Where the next one begins; null for any other.
  const char* read_plain(const char* at, const char* end, std::int64_t& time) {
    if (layout_.date_column != CsvReader::none) return nullptr;
    const char* const far_from_end = end - std::min(short_decimal_reach, end - at);
    const int* const roles = layout_.roles.data();
    for (std::size_t column = 0;; ++at, ++column) {
      const int role = roles[column];
      if (role >= 0) {
        double& value = row_[static_cast<std::size_t>(role)];
        if (!(at < far_from_end && short_decimal(at, value)) && !plain_decimal(at, end, value))
          return nullptr;
      } else if (role == TableLayout::time) {
        if (!plain_time(at, end, time)) return nullptr;
      } else if (role == TableLayout::person && starts_as_before(at, end)) {
        at += person_.size();
      } else {
        const char* const begin = at;
        at = skip_plain(at, end);
        if (at == nullptr) return nullptr;
        if (role == TableLayout::person) person_.assign(begin, at);
      }
      if (column + 1 == layout_.needed) break;
      if (at == end || *at != layout_.delimiter) return nullptr;
    }
    if (at != end && *at != layout_.delimiter && *at != '\n' && *at != '\r') return nullptr;
    return end_of_row(at, end, layout_.needed < layout_.roles.size());
  }

  /// Behind the line's end; cells that are not wanted are looked at for quotes, which may hold line ends.
  static const char* end_of_row(const char* at, const char* end, bool more) {
    if (more) {
      const char* const begin = at;
      at = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
      if (at == nullptr) return nullptr;
      const auto length = static_cast<std::size_t>(at - begin);
      if (std::memchr(begin, '"', length) != nullptr) return nullptr;
      const auto* carriage = static_cast<const char*>(std::memchr(begin, '\r', length));
      return carriage == nullptr || carriage + 1 == at ? at + 1 : nullptr;
    }
    if (at != end && *at == '\r') ++at;
    return at != end && *at == '\n' ? at + 1 : nullptr;
  }

  void keep(std::int64_t time) {
    const auto before = out_.values.size();
    out_.values.resize(before + row_.size());
    float* const out = out_.values.data() + before;
    if (scaled_)
      for (std::size_t c = 0; c < row_.size(); ++c)
        row_[c] = row_[c] * sensor_.columns[c].scale + sensor_.columns[c].offset;
    for (std::size_t c = 0; c < row_.size(); ++c) out[c] = static_cast<float>(row_[c]);
    if (lifelog::detail::all_finite(out, static_cast<Index>(row_.size()))) return out_.time.push_back(time);
    out_.values.resize(before);
    out_.gaps.push_back({time, data::CellKind::bad});
    ++quality_.defects["bad_cell"];
  }

  void read_any(CsvCursor& cursor) {
    const auto line = cursor.line;
    cells_.clear();
    do cells_.push_back(cursor.cell());
    while (cursor.next_cell());
    const auto cell = [this](std::size_t column) {
      return column < cells_.size() ? cells_[column] : std::string_view();
    };
    std::string joined;
    auto text = cell(layout_.time_column);
    if (layout_.date_column != CsvReader::none) {
      joined = std::string(data::trimmed(cell(layout_.date_column))) + ' ' + std::string(data::trimmed(text));
      text = joined;
    }
    const auto time = time_.parse(text);
    if (!time) {
      defect("bad_time", line, "expected a time (" + time_form_name(sensor_.source.time) + ")", text);
      return;
    }
    std::size_t missing = 0, bad = 0;
    for (std::size_t c = 0; c < row_.size(); ++c) {
      const auto shown = cell(layout_.channels[c]);
      const auto number = parse(shown);
      row_[c] = number.value;
      missing += number.kind == data::CellKind::missing;
      if (number.kind != data::CellKind::bad) continue;
      ++bad;
      defect("bad_cell", line, sensor_.columns[c].column + ": expected a number", shown);
    }
    // In a table of several sensors, a row without a number of any channel is one of another sensor.
    if (missing > 0 && missing == row_.size()) return;
    if (bad > 0) return out_.gaps.push_back({*time, data::CellKind::bad});
    if (missing > 0) {
      ++quality_.defects["missing_cell"];
      return out_.gaps.push_back({*time, data::CellKind::missing});
    }
    keep(*time);
  }

  data::CellNumber parse(std::string_view cell) const {
    if (!layout_.decimal_comma || cell.find(',') == std::string_view::npos ||
        cell.find('.') != std::string_view::npos)
      return data::parse_number(cell);
    std::string text(cell);
    std::replace(text.begin(), text.end(), ',', '.');
    return data::parse_number(text);
  }

  void defect(const char* kind, Index line, const std::string& expected, std::string_view got) {
    quality_.defect(kind, file_, numbered_ ? line : 0,
                    expected + ", got \"" + lifelog::detail::shown(got, 40) + "\"");
  }

  const TableLayout& layout_;
  const TableSensor& sensor_;
  std::string file_;
  TableSamples& out_;
  data::Quality& quality_;
  TimeParser time_;
  std::vector<double> row_;
  std::vector<std::string_view> cells_;
  std::string person_;  ///< cell of the row before
  int epoch_;
  bool scaled_ = false, numbered_ = true;
};

LIFELOG_LAZY std::vector<std::string> column_names(const TableSensor& sensor) {
  std::vector<std::string> names;
  for (const auto& column : sensor.columns) names.push_back(column.column);
  return names;
}

}  // namespace detail

/// Appends the samples in rows of text to `out`. text: whole rows, without the header that `layout` was made of; file: its
/// name for notes; line: of the first row, 0 where unknown. Cells that are no numbers and times that are none are counted in
/// `quality` as bad_cell, missing_cell and bad_time.
LIFELOG_LAZY void read_table_rows(std::string_view text, const TableLayout& layout, const TableSensor& sensor,
                                  const std::string& file, Index line, TableSamples& out,
                                  data::Quality& quality) {
  detail::RowReader(layout, sensor, file, out, quality).read(text, line);
}

/// The same of rows in a file on disk, a piece at a time.
LIFELOG_LAZY void read_table_rows(const PersonRows& rows, const TableLayout& layout,
                                  const TableSensor& sensor, const std::string& file, TableSamples& out,
                                  data::Quality& quality) {
  detail::RowReader reader(layout, sensor, file, out, quality);
  detail::RowChunks chunks(rows.disk, rows.bytes);
  Index line = rows.line;
  for (auto text = chunks.next(); !text.empty(); text = chunks.next()) {
    reader.read(text, line);
    if (line > 0) line += std::count(text.begin(), text.end(), '\n');
  }
}

/// Appends all samples of a file of one person. Throws io_error, format_error.
LIFELOG_LAZY void read_table_file(const TableFile& file, const TableSensor& sensor, TableSamples& out,
                                  data::Quality& quality) {
  if (sensor.source.time == TimeForm::start_and_rate) {
    out.channels = sensor.columns.size();
    const auto stream =
        parse_empatica_stream(file.content(), file.path, static_cast<Index>(out.channels), 0, quality);
    for (Index i = 0; i < stream.samples(); ++i) {
      const auto time = 1000 * stream.start + std::llround(1e9 * static_cast<double>(i) / stream.rate);
      const float* sample = stream.values.data() + i * stream.channels;
      if (lifelog::detail::is_nan(sample[0])) {
        out.gaps.push_back({time, data::CellKind::bad});
        continue;
      }
      out.time.push_back(time);
      for (std::size_t c = 0; c < out.channels; ++c)
        out.values.push_back(static_cast<float>(static_cast<double>(sample[c]) * sensor.columns[c].scale +
                                                sensor.columns[c].offset));
    }
    return;
  }
  const auto columns = detail::column_names(sensor);
  const auto first = detail::first_rows(file);
  const auto layout = table_layout(first, file.path, sensor.source, columns);
  if (file.disk.empty())
    return read_table_rows(std::string_view(first).substr(layout.begin), layout, sensor, file.path,
                           layout.line, out, quality);
  std::error_code unknown;
  const auto bytes = std::filesystem::file_size(file.disk, unknown);
  read_table_rows({file.disk, {layout.begin, bytes}, layout.line}, layout, sensor, file.path, out, quality);
}

}  // namespace lifelog::readers
