// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
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
#include "person_name.hpp"

// The files of an Empatica E4 session export, and the label file that goes with a folder of them.

namespace lifelog::inline LIFELOG_ABI::readers {

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
LIFELOG_LAZY std::string_view take_line(std::string_view& text) {
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
    const auto [stop, error] = data::detail::read_number(at, end, out[c]);
    if (error != std::errc() || !lifelog::detail::is_finite(out[c])) return false;
    at = stop;
    skip_blanks();
  }
  return at == end;
}

/// The number of a header line, which stands there once or once for every column.
LIFELOG_LAZY double header_number(std::string_view line, Index channels, const std::string& where,
                                  const char* what, double low, double high) {
  std::vector<double> values(static_cast<std::size_t>(channels));
  bool good = read_cells(line, channels, values.data());
  if (!good) {
    values.resize(1);
    good = read_cells(line, 1, values.data());
  }
  good = good && values[0] >= low && values[0] <= high &&
         std::all_of(values.begin(), values.end(), [&](double value) { return value == values[0]; });
  if (!good)
    throw format_error(where, std::string("expected ") + what + ", the same for every column, got \"" +
                                  lifelog::detail::shown(line, 40) + "\"");
  return values[0];
}

}  // namespace detail

/// Reads the text of a sensor's file. name: of the file, for errors. rate: what line 2 must say, 0 for any.
///
/// Lines that are not `channels` numbers become NaN and are counted in `quality` as "bad_cell".
/// Throws format_error (with the line) when the first two lines are wrong or no sample follows.
LIFELOG_LAZY EmpaticaStream parse_empatica_stream(std::string_view text, const std::string& name,
                                                  Index channels, double rate, data::Quality& quality) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);

  EmpaticaStream stream;
  stream.channels = channels;
  const double start = detail::header_number(detail::take_line(text), channels, name + ":1",
                                             "a start in unix seconds", 0, 1e11);
  stream.start = std::llround(1e6 * start);
  stream.rate =
      detail::header_number(detail::take_line(text), channels, name + ":2", "a rate in Hz", 1e-3, 1e4);
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
                       ", got \"" + lifelog::detail::shown(line, 40) + "\"");
  }
  return stream;
}

/// As `parse_empatica_stream`, of a file. Throws io_error too.
LIFELOG_LAZY EmpaticaStream read_empatica_stream(const std::filesystem::path& path, Index channels,
                                                 double rate, data::Quality& quality) {
  return parse_empatica_stream(io::read_file(path), path.string(), channels, rate, quality);
}

/// In microseconds of unix time.
using EmpaticaInterval = data::LabelInterval;

/// Reads the text of `tags.csv`, in which the wristband's button marks events: unix seconds, one a line. Microseconds,
/// ascending. Lines that are none are counted in `quality` as "bad_tag".
LIFELOG_LAZY std::vector<std::int64_t> parse_empatica_tags(std::string_view text, const std::string& name,
                                                           data::Quality& quality) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::vector<std::int64_t> tags;
  for (Index number = 1; !text.empty(); ++number) {
    const auto line = detail::take_line(text);
    double second = 0;
    if (data::trimmed(line).empty()) continue;
    if (detail::read_cells(line, 1, &second) && second >= 0 && second < 1e11)
      tags.push_back(std::llround(1e6 * second));
    else
      quality.defect("bad_tag", name, number,
                     "expected unix seconds, got \"" + lifelog::detail::shown(line, 40) + "\"");
  }
  std::sort(tags.begin(), tags.end());
  return tags;
}

/// A label file: CSV with the columns user, start, end (unix seconds), the label column, and any others.
struct EmpaticaLabels {
  struct Fault {
    Index line;
    std::string message;
  };

  std::string file;
  std::map<std::string, std::vector<EmpaticaInterval>> intervals;  ///< per user, ascending by start
  std::map<std::string, std::vector<Fault>> faults;                ///< rows that say nothing usable, per user
  std::vector<Fault> other_faults;                                 ///< rows that are of no user
  std::map<std::string, std::string> spelling;  ///< of each user's `name_key`, as the file has it first

  /// Whether any row is of that user, and how the file spells the name.
  const std::string* find(std::string_view user) const {
    const auto found = spelling.find(name_key(user));
    return found == spelling.end() ? nullptr : &found->second;
  }
};

namespace detail {

/// The user of a row, in the spelling that came first; null, and a fault, when it is no name.
LIFELOG_LAZY const std::string* labelled_user(EmpaticaLabels& labels, const std::string& name, Index line) {
  if (const auto fault = name_fault(name); !fault.empty()) {
    labels.other_faults.push_back({line, "user: " + fault});
    return nullptr;
  }
  const auto& first = labels.spelling.try_emplace(name_key(name), name).first->second;
  if (first != name)
    labels.other_faults.push_back({line, "two spellings of one person, \"" + first + "\" (" +
                                             code_points(first) + ") and (" + code_points(name) +
                                             "), read as one"});
  return &first;
}

}  // namespace detail

/// Reads the text of a label file. file: its name, for errors. Throws format_error when one of the columns is
/// missing, or there twice. Rows without a usable start, end or label (text in UTF-8 without commas) are kept as faults of their user.
LIFELOG_LAZY EmpaticaLabels parse_empatica_labels(std::string_view text, const std::string& file,
                                                  const std::string& column = "label") {
  CsvReader csv(text, file);
  const auto user = csv.only_column("user"), start = csv.only_column("start"), end = csv.only_column("end"),
             label = csv.only_column(column);
  EmpaticaLabels labels;
  labels.file = file;
  const auto quoted = [&csv](std::size_t at) { return '"' + lifelog::detail::shown(csv.cell(at), 40) + '"'; };
  while (csv.next()) {
    const auto* who = detail::labelled_user(labels, cell_text(csv.cell(user)), csv.line());
    if (who == nullptr) continue;
    const auto from = data::parse_number(csv.cell(start)), to = data::parse_number(csv.cell(end));
    const auto is_time = [](const data::CellNumber& n) {
      return n.kind == data::CellKind::number && n.value >= 0 && n.value < 1e11;
    };
    const auto text_of = cell_text(csv.cell(label));
    if (!is_time(from) || !is_time(to) || !(from.value < to.value))
      labels.faults[*who].push_back(
          {csv.line(), "expected unix seconds start < end, got " + quoted(start) + " and " + quoted(end)});
    else if (data::is_missing(text_of) || text_of.find(',') != std::string::npos ||
             !lifelog::detail::is_printable(text_of))
      labels.faults[*who].push_back(
          {csv.line(), "expected a label in UTF-8 without commas, got " + quoted(label)});
    else
      labels.intervals[*who].push_back(
          {std::llround(1e6 * from.value), std::llround(1e6 * to.value), text_of});
  }
  for (auto& [who, list] : labels.intervals)
    std::sort(list.begin(), list.end(), [](const EmpaticaInterval& a, const EmpaticaInterval& b) {
      return std::tie(a.start, a.end, a.label) < std::tie(b.start, b.end, b.label);
    });
  return labels;
}

/// As `parse_empatica_labels`, of a file. Throws io_error too.
LIFELOG_LAZY EmpaticaLabels read_empatica_labels(const std::filesystem::path& path,
                                                 const std::string& column = "label") {
  return parse_empatica_labels(io::read_file(path), path.string(), column);
}

using data::covering_label;

}  // namespace lifelog::readers
