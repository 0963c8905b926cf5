// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "../core/finite.hpp"
#include "../data/label_intervals.hpp"
#include "../data/quality.hpp"
#include "../io/atomic_file.hpp"
#include "csv.hpp"

// The files of an Empatica E4 session export, and the label file that goes with a folder of them.

namespace lifelog::readers {

/// One sensor's file: line 1 start in unix seconds, line 2 rate in Hz (both once per column), then a sample a
/// line. Sample i was taken at start + i / rate and stands for 1 / rate seconds.
struct EmpaticaStream {
  std::int64_t start = 0;  ///< microseconds of unix time, so that sample numbers come out exact
  double rate = 0;         ///< Hz
  Index channels = 1;
  std::vector<float> values;  ///< [samples, channels], as written; NaN in all channels of an unreadable line

  Index samples() const { return static_cast<Index>(values.size()) / channels; }

  /// Number of the first sample at or after a time (microseconds); may be out of [0, samples).
  Index first_at(std::int64_t time) const { return static_cast<Index>(std::ceil(position(time))); }

  /// Whether all of [from, to) was recorded.
  bool covers(std::int64_t from, std::int64_t to) const {
    return from >= start && position(to) <= static_cast<double>(samples());
  }

  /// First time after the recording, rounded up to a microsecond.
  std::int64_t end() const {
    return start + static_cast<std::int64_t>(std::ceil(1e6 * static_cast<double>(samples()) / rate));
  }

 private:
  // Exact where it is a whole number: the product is, and division rounds correctly.
  double position(std::int64_t time) const { return static_cast<double>(time - start) * rate / 1e6; }
};

namespace detail {

/// Takes the next line off `text`, without its end (LF or CRLF).
inline std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// Reads exactly `count` comma-separated finite numbers.
template<class T>
bool read_cells(std::string_view line, Index count, T* out) {
  const char *at = line.data(), *const end = at + line.size();
  const auto skip_blanks = [&] {
    while (at != end && (*at == ' ' || *at == '\t')) ++at;
  };
  for (Index c = 0; c < count; ++c) {
    if (c > 0 && (at == end || *at++ != ',')) return false;
    skip_blanks();
    const auto [stop, error] = std::from_chars(at, end, out[c]);
    if (error != std::errc() || !lifelog::detail::is_finite(out[c])) return false;
    at = stop;
    skip_blanks();
  }
  return at == end;
}

/// The first cell of a header line, which repeats one number for every column.
inline double header_number(std::string_view line, const std::string& where, const char* what, double low,
                            double high) {
  const auto cell = line.substr(0, line.find(','));
  double value = 0;
  if (!read_cells(cell, 1, &value) || !(value >= low) || !(value <= high))
    throw format_error(where,
                       std::string("expected ") + what + ", got \"" + std::string(line.substr(0, 40)) + "\"");
  return value;
}

}  // namespace detail

/// Reads the text of a sensor's file. name: of the file, for errors. rate: what line 2 must say, 0 for any.
///
/// Lines that are not `channels` numbers become NaN and are counted in `quality` as "bad_cell".
/// Throws format_error (with the line) when the first two lines are wrong or no sample follows.
inline EmpaticaStream parse_empatica_stream(std::string_view text, const std::string& name, Index channels,
                                            double rate, data::Quality& quality) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);

  EmpaticaStream stream;
  stream.channels = channels;
  const double start =
      detail::header_number(detail::take_line(text), name + ":1", "a start in unix seconds", 0, 1e11);
  stream.start = std::llround(1e6 * start);
  stream.rate = detail::header_number(detail::take_line(text), name + ":2", "a rate in Hz", 1e-3, 1e4);
  if (rate > 0 && stream.rate != rate)
    throw format_error(name + ":2", "expected a rate of " + std::to_string(rate) + " Hz, got " +
                                        std::to_string(stream.rate));
  if (text.empty()) throw format_error(name, "expected samples from line 3 on, got none");

  const auto samples = std::count(text.begin(), text.end(), '\n') + 1;
  stream.values.resize(static_cast<std::size_t>(samples * channels));
  float* out = stream.values.data();
  for (Index i = 0; i < samples; ++i, out += channels) {
    const auto line = detail::take_line(text);
    if (detail::read_cells(line, channels, out)) continue;
    std::fill(out, out + channels, std::numeric_limits<float>::quiet_NaN());
    quality.defect("bad_cell", name, i + 3,
                   "expected " + std::to_string(channels) + (channels == 1 ? " number" : " numbers") +
                       ", got \"" + std::string(line.substr(0, 40)) + "\"");
  }
  return stream;
}

/// As `parse_empatica_stream`, of a file. Throws io_error too.
inline EmpaticaStream read_empatica_stream(const std::filesystem::path& path, Index channels, double rate,
                                           data::Quality& quality) {
  return parse_empatica_stream(io::read_file(path), path.string(), channels, rate, quality);
}

/// In microseconds of unix time.
using EmpaticaInterval = data::LabelInterval;

/// A label file: CSV with the columns user, start, end (unix seconds), the label column, and any others.
struct EmpaticaLabels {
  struct Fault {
    Index line;
    std::string message;
  };

  std::string file;
  std::map<std::string, std::vector<EmpaticaInterval>> intervals;  ///< per user, ascending by start
  std::map<std::string, std::vector<Fault>> faults;                ///< rows that say nothing usable, per user
};

/// Reads the text of a label file. file: its name, for errors. Throws format_error when one of the columns is
/// missing. Rows without a usable start, end or label are kept as faults of their user.
inline EmpaticaLabels parse_empatica_labels(std::string_view text, const std::string& file,
                                            const std::string& column = "label") {
  CsvReader csv(text, file);
  const auto user = csv.column("user"), start = csv.column("start"), end = csv.column("end"),
             label = csv.column(column);
  EmpaticaLabels labels;
  labels.file = file;
  while (csv.next()) {
    const auto who = cell_text(csv.cell(user));
    const auto from = data::parse_number(csv.cell(start)), to = data::parse_number(csv.cell(end));
    const auto is_time = [](const data::CellNumber& n) {
      return n.kind == data::CellKind::number && n.value >= 0 && n.value < 1e11;
    };
    if (!is_time(from) || !is_time(to) || !(from.value < to.value))
      labels.faults[who].push_back({csv.line(), "expected unix seconds start < end, got \"" +
                                                    std::string(csv.cell(start).substr(0, 40)) + "\" and \"" +
                                                    std::string(csv.cell(end).substr(0, 40)) + "\""});
    else if (data::is_missing(csv.cell(label)) || csv.cell(label).find(',') != std::string_view::npos)
      labels.faults[who].push_back(
          {csv.line(), "expected a label without commas, got \"" + std::string(csv.cell(label)) + "\""});
    else
      labels.intervals[who].push_back(
          {std::llround(1e6 * from.value), std::llround(1e6 * to.value), cell_text(csv.cell(label))});
  }
  for (auto& [who, list] : labels.intervals)
    std::sort(list.begin(), list.end(), [](const EmpaticaInterval& a, const EmpaticaInterval& b) {
      return std::tie(a.start, a.end, a.label) < std::tie(b.start, b.end, b.label);
    });
  return labels;
}

/// As `parse_empatica_labels`, of a file. Throws io_error too.
inline EmpaticaLabels read_empatica_labels(const std::filesystem::path& path,
                                           const std::string& column = "label") {
  return parse_empatica_labels(io::read_file(path), path.string(), column);
}

using data::covering_label;

}  // namespace lifelog::readers
