// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
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
#include "table_samples.hpp"

// Rows of tables, read as samples.

namespace lifelog::inline LIFELOG_ABI::readers {

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
        time_(sensor.source.time, TimeZone::named(sensor.source.zone), true),
        row_(sensor.columns.size()),
        epoch_(sensor.source.time == TimeForm::seconds        ? 9
               : sensor.source.time == TimeForm::milliseconds ? 6
               : sensor.source.time == TimeForm::microseconds ? 3
               : sensor.source.time == TimeForm::nanoseconds  ? 0
                                                              : -1) {
    out.channels = sensor.columns.size();
    for (const auto& column : sensor.columns) scaled_ = scaled_ || column.scale != 1 || column.offset != 0;
  }

  /// text: whole rows, of `bytes` in all. line: of the first, 0 where unknown. Returns the line behind.
  Index read(std::string_view text, Index line, std::uint64_t bytes) {
    if (out_.time.empty()) reserve(text, bytes);
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
    return numbered_ ? cursor.line : 0;
  }

 private:
  /// Room for as many rows as there seem to be.
  void reserve(std::string_view text, std::uint64_t bytes) {
    constexpr std::size_t looked_at = 4096;
    const auto begin = text.substr(0, looked_at);
    const auto rows = static_cast<std::size_t>(std::count(begin.begin(), begin.end(), '\n'));
    if (rows == 0) return;
    const auto shortest = 2 * (out_.channels + 1);  // bytes of a row
    const auto expected = std::min(static_cast<std::size_t>(bytes / begin.size() + 1) * (rows + 1),
                                   static_cast<std::size_t>(bytes) / shortest + 1);
    out_.time.reserve(expected);
    out_.values.reserve(expected * out_.channels);
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
    const auto size = person_.size();
    if (size == 0 || static_cast<std::size_t>(end - at) <= size || at[size] != layout_.delimiter)
      return false;
    if (size < 8 || size > 16) return std::memcmp(at, person_.data(), size) == 0;
    const auto* name = person_.data();
    return EightBytes::load(at) == EightBytes::load(name) &&
           EightBytes::load(at + size - 8) == EightBytes::load(name + size - 8);
  }

  /// Digits behind the sixteenth of a time.
  static bool take_last(const char*& stop, const char* end, std::int64_t& whole) {
    for (int i = 0; i < 3 && stop != end && *stop >= '0' && *stop <= '9'; ++i, ++stop) {
      if (whole > std::numeric_limits<std::int64_t>::max() / 10 - 1) return false;
      whole = 10 * whole + (*stop - '0');
    }
    return true;
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
      static constexpr std::int64_t powers[] = {1,       10,        100,        1'000,      10'000,
                                                100'000, 1'000'000, 10'000'000, 100'000'000};
      const auto tail = EightBytes::load(stop) ^ '0' * EightBytes::ones;
      const auto more = EightBytes::first(EightBytes::non_digits(tail));
      const auto rest = more == 0 ? 0 : EightBytes::number(tail << (64 - 8 * more));
      whole = static_cast<std::int64_t>(eight) * powers[more] + static_cast<std::int64_t>(rest);
      stop += more;
      if (more == 8 && !take_last(stop, end, whole)) return false;
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
    if (scaled_)
      for (std::size_t c = 0; c < row_.size(); ++c)
        row_[c] = row_[c] * sensor_.columns[c].scale + sensor_.columns[c].offset;
    const auto before = out_.values.size();
    for (const double value : row_) out_.values.push_back(static_cast<float>(value));
    if (lifelog::detail::all_finite(out_.values.data() + before, static_cast<Index>(row_.size())))
      return out_.time.push_back(time);
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

/// A file that begins with its start and rate, as an Empatica E4 writes it.
LIFELOG_LAZY void read_start_and_rate(const TableFile& file, const TableSensor& sensor, TableSamples& out,
                                      data::Quality& quality) {
  out.channels = sensor.columns.size();
  const auto stream =
      parse_empatica_stream(file.content(), file.path, static_cast<Index>(out.channels), 0, quality);
  if (1e-6 * static_cast<double>(stream.start) + static_cast<double>(stream.samples()) / stream.rate >
      static_cast<double>(latest_second))
    throw format_error(file.path + ":1", "expected samples of before the year 2112");
  for (Index i = 0; i < stream.samples(); ++i) {
    const auto time = 1000 * stream.start + std::llround(1e9 * static_cast<double>(i) / stream.rate);
    const float* sample = stream.values.data() + i * stream.channels;
    const auto before = out.values.size();
    for (std::size_t c = 0; c < out.channels; ++c)
      out.values.push_back(static_cast<float>(static_cast<double>(sample[c]) * sensor.columns[c].scale +
                                              sensor.columns[c].offset));
    if (lifelog::detail::all_finite(out.values.data() + before, stream.channels)) {
      out.time.push_back(time);
      continue;
    }
    out.values.resize(before);
    out.gaps.push_back({time, data::CellKind::bad});
  }
}

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
  detail::RowReader(layout, sensor, file, out, quality).read(text, line, text.size());
}

/// The same of rows in a file on disk, a piece at a time.
LIFELOG_LAZY void read_table_rows(const PersonRows& rows, const TableLayout& layout,
                                  const TableSensor& sensor, const std::string& file, TableSamples& out,
                                  data::Quality& quality) {
  detail::RowReader reader(layout, sensor, file, out, quality);
  detail::RowChunks chunks(rows.disk, rows.bytes);
  Index line = rows.line;
  for (auto text = chunks.next(); !text.empty(); text = chunks.next())
    line = reader.read(text, line, rows.bytes.end - rows.bytes.begin);
}

/// Appends all samples of a file of one person. Throws io_error, format_error.
LIFELOG_LAZY void read_table_file(const TableFile& file, const TableSensor& sensor, TableSamples& out,
                                  data::Quality& quality) {
  if (sensor.source.time == TimeForm::start_and_rate)
    return detail::read_start_and_rate(file, sensor, out, quality);
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
