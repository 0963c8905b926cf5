// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../core/finite.hpp"
#include "../data/quality.hpp"
#include "detail/plain_row.hpp"
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
        plain_(layout, sensor.source.time, time_),
        channels_(sensor.columns.size()),
        values_(most_held * channels_),
        times_(most_held) {
    out.channels = channels_;
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
      if (held_ == most_held) settle();
      double* const row = values_.data() + held_ * channels_;
      if (const char* next = plain_.read(cursor.at, cursor.end, row, times_[held_])) {
        cursor.at = next;
        ++cursor.line;
        ++held_;
      } else {
        held_ += read_any(cursor, row, times_[held_]);
        cursor.end_line();
      }
    }
    settle();
    return numbered_ ? cursor.line : 0;
  }

 private:
  static constexpr std::size_t most_held = 256;

  /// Room for as many rows as there seem to be.
  void reserve(std::string_view text, std::uint64_t bytes) {
    constexpr std::size_t looked_at = 4096;
    const auto begin = text.substr(0, looked_at);
    const auto rows = static_cast<std::size_t>(std::count(begin.begin(), begin.end(), '\n'));
    if (rows == 0) return;
    const auto shortest = 2 * (channels_ + 1);  // bytes of a row
    const auto expected = std::min(static_cast<std::size_t>(bytes / begin.size() + 1) * (rows + 1),
                                   static_cast<std::size_t>(bytes) / shortest + 1);
    out_.time.reserve(expected);
    out_.values.reserve(expected * channels_);
  }

  /// Gives the rows held to the samples.
  void settle() {
    if (scaled_)
      for (std::size_t i = 0; i < held_ * channels_; ++i) {
        const auto& column = sensor_.columns[i % channels_];
        values_[i] = values_[i] * column.scale + column.offset;
      }
    const auto before = out_.values.size();
    out_.values.resize(before + held_ * channels_);
    float* to = out_.values.data() + before;
    for (std::size_t i = 0; i < held_ * channels_; ++i) to[i] = static_cast<float>(values_[i]);
    if (lifelog::detail::all_finite(to, static_cast<Index>(held_ * channels_)))
      out_.time.insert(out_.time.end(), times_.begin(), times_.begin() + static_cast<std::ptrdiff_t>(held_));
    else
      settle_finite(before);
    held_ = 0;
  }

  /// What a float does not hold is no number.
  void settle_finite(std::size_t to) {
    for (std::size_t i = 0, from = to; i < held_; ++i, from += channels_) {
      if (!lifelog::detail::all_finite(out_.values.data() + from, static_cast<Index>(channels_))) {
        out_.gaps.push_back({times_[i], data::CellKind::bad});
        ++quality_.defects["bad_cell"];
        continue;
      }
      std::copy_n(out_.values.data() + from, channels_, out_.values.data() + to);
      out_.time.push_back(times_[i]);
      to += channels_;
    }
    out_.values.resize(to);
  }

  /// Whether the row is a sample.
  bool read_any(CsvCursor& cursor, double* row, std::int64_t& when) {
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
      return false;
    }
    std::size_t missing = 0, bad = 0;
    for (std::size_t c = 0; c < channels_; ++c) {
      const auto shown = cell(layout_.channels[c]);
      const auto number = parse(shown);
      row[c] = number.value;
      missing += number.kind == data::CellKind::missing;
      if (number.kind != data::CellKind::bad) continue;
      ++bad;
      defect("bad_cell", line, sensor_.columns[c].column + ": expected a number", shown);
    }
    // In a table of several sensors, a row without a number of any channel is one of another sensor.
    if (missing > 0 && missing == channels_) return false;
    if (bad > 0 || missing > 0) {
      out_.gaps.push_back({*time, bad > 0 ? data::CellKind::bad : data::CellKind::missing});
      if (bad == 0) ++quality_.defects["missing_cell"];
      return false;
    }
    when = *time;
    return true;
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
  PlainRow plain_;
  std::size_t channels_, held_ = 0;
  std::vector<double> values_;       ///< [held, channels]
  std::vector<std::int64_t> times_;  ///< [held]
  std::vector<std::string_view> cells_;
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
