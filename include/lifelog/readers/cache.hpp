// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "../data/dataset.hpp"
#include "../io/atomic_file.hpp"
#include "detail/archive.hpp"
#include "empatica.hpp"
#include "etri.hpp"
#include "etri_rows.hpp"
#include "listing.hpp"
#include "table.hpp"

// What reading a person came to, kept in a file, so that a second run does not parse.

namespace lifelog::inline LIFELOG_ABI::readers {

/// All that is in a tree without reading it: how many files below `path` (or the file itself), how many bytes,
/// and a checksum over the path from there on, size and time of last change of each, in order. Links are followed, as
/// readers follow them. A file that changes while its size and time stay the same is not noticed. What is not there counts
/// as no files; the folders `without` are passed by.
LIFELOG_LAZY std::string tree_state(const std::filesystem::path& path,
                                    const std::vector<std::filesystem::path>& without = {}) {
  const auto listing = list_files(path, without);
  detail::Checksum sum;
  std::uint64_t bytes = 0;
  for (const auto& file : listing.files) {
    sum.add(file.path);
    sum.add("", 1);
    sum.add(&file.size, sizeof file.size);
    sum.add(&file.time, sizeof file.time);
    bytes += file.size;
  }
  return std::to_string(listing.files.size()) + " files, " + std::to_string(bytes) + " bytes, " +
         std::to_string(sum.value());
}

namespace detail {

template<class Stream>
void describe(Stream& out, const data::Modality& m) {
  out << m.name << ' ' << static_cast<int>(m.kind) << ' ' << m.rows << ' ' << m.rate;
  for (const auto& c : m.channels) out << ',' << c.name << ' ' << c.low << ' ' << c.high;
  for (const auto& name : m.extra_columns) out << '+' << name;
  if (m.kind == data::WindowKind::custom)
    out << " by " << m.reduction.name << ' ' << m.reduction.channels << ' ' << m.reduction.length;
  out << '\n';
}

LIFELOG_LAZY std::ostringstream plain_stream() {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out.precision(17);
  return out;
}

template<class Stream>
void describe(Stream& out, const TableSource& source) {
  out << source.files << ' ' << source.person_column << ' ' << static_cast<int>(source.delimiter) << ' '
      << static_cast<int>(source.decimal) << ' ' << time_form_name(source.time) << ' ' << source.zone;
  for (const auto& name : source.time_columns) out << ',' << name;
  for (const auto& name : source.header) out << ';' << name;
  out << '\n';
}

template<class Stream>
void describe(Stream& out, const TableSensor& sensor) {
  out << sensor.name << ' ' << sensor.rate << ' ' << static_cast<int>(sensor.window) << ' '
      << sensor.clock_rate << ' ' << static_cast<int>(sensor.gaps) << ' ' << sensor.max_gap << ' '
      << sensor.length << ' ' << (sensor.empty ? 1 : 0) << ' ' << sensor.empty.value_or(0);
  for (const auto& c : sensor.columns)
    out << ',' << c.column << ' ' << c.channel.name << ' ' << c.channel.unit << ' ' << c.channel.low << ' '
        << c.channel.high << ' ' << c.scale << ' ' << c.offset;
  out << '\n';
  describe(out, sensor.source);
}

template<class Stream>
void describe(Stream& out, const TableLabels& labels) {
  out << labels.name << ' ' << labels.before << ' ' << labels.column << ' ' << labels.numbers << ' '
      << labels.cover;
  for (const auto& name : labels.end_columns) out << ',' << name;
  for (const auto bound : labels.bounds) out << ';' << bound;
  out << '\n';
  describe(out, labels.source);
}

template<class Stream>
void describe(Stream& out, const data::Rules& rules) {
  out << rules.name << ' ' << rules.drop_implausible << ' ' << rules.lowest_label << ' '
      << rules.highest_label << ' ' << static_cast<int>(rules.encoding) << '\n';
}

template<class A>
void fields(A& archive, data::Ignored& i) {
  archive(i.path, i.reason, i.files);
}

template<class A>
void fields(A& archive, data::Quality& q) {
  archive(q.user, q.minutes_seen, q.minutes_kept, q.kept, q.repaired, q.dropped, q.defects, q.notes,
          q.notes_total, q.max_notes, q.files, q.ignored, q.first_drop, q.error);
}

template<class A>
void fields(A& archive, data::ModalityValues& m) {
  archive(m.name, m.values, m.scalar);
}

template<class A>
void fields(A& archive, data::DataSet& d) {
  archive(d.user, d.modalities, d.label, d.timestamp, d.classes, d.present);
}

template<class A>
void fields(A& archive, EtriPerson& p) {
  archive(p.data, p.quality);
}

template<class A>
void fields(A& archive, EmpaticaPerson& p) {
  archive(p.data, p.quality);
}

template<class A>
void fields(A& archive, TablePerson& p) {
  archive(p.data, p.quality);
}

template<class A>
void fields(A& archive, data::LabelColumn& l) {
  archive(l.name, l.cells);
}

template<class A>
void fields(A& archive, EtriRows& r) {
  archive(r.table.user, r.table.columns, r.table.time, r.table.values, r.table.labels, r.quality);
}

inline constexpr std::string_view cache_magic = "lifelog cache 2\n";

/// The value of a cache file whose key is this one and whose bytes are those that were written.
template<class T>
std::optional<T> load_cached(const std::filesystem::path& file, const std::string& key) {
  std::string content;
  try {
    content = io::read_file(file);
  } catch (const io_error&) {
    return std::nullopt;
  }
  std::uint64_t expected = 0;
  if (content.size() < cache_magic.size() + sizeof expected || !content.starts_with(cache_magic))
    return std::nullopt;
  const auto end = content.size() - sizeof expected;
  std::memcpy(&expected, content.data() + end, sizeof expected);
  Checksum sum;
  sum.add(content.data(), end);
  if (sum.value() != expected) return std::nullopt;
  ArchiveReader reader(std::string_view(content).substr(cache_magic.size(), end - cache_magic.size()));
  std::string stored;
  reader(stored);
  if (!reader.good() || stored != key) return std::nullopt;
  std::optional<T> value(std::in_place);
  reader(*value);
  if (!reader.good() || !reader.at_end()) return std::nullopt;
  return value;
}

template<class T>
void save_cached(const std::filesystem::path& path, std::string key, T& value) {
  io::AtomicFile file(path);
  Checksum sum;
  const auto write = [&](const void* data, std::size_t bytes) {
    sum.add(data, bytes);
    file.write(data, bytes);
  };
  write(cache_magic.data(), cache_magic.size());
  ArchiveWriter writer(write);
  writer(key, value);
  const auto checksum = sum.value();
  file.write(&checksum, sizeof checksum);
  file.commit();
}

}  // namespace detail

/// Settings that a result of `read_etri_person` depends on, as text: part of a key. Reductions and rules are
/// in it by their names.
LIFELOG_LAZY std::string settings_text(const EtriOptions& options) {
  auto out = detail::plain_stream();
  out << "etri minutes " << static_cast<int>(options.target) << ' ' << options.allow_missing << ' '
      << options.max_notes << '\n';
  detail::describe(out, options.rules);
  for (const auto& modality : options.rules.modalities) detail::describe(out, modality);
  return out.str();
}

/// The same for `read_etri_rows`.
LIFELOG_LAZY std::string settings_text(const EtriRowOptions& options) {
  auto out = detail::plain_stream();
  out << "etri rows " << options.max_notes << '\n';
  for (const auto& modality : options.modalities) detail::describe(out, modality);
  return out.str();
}

/// The same for `read_empatica_person`.
LIFELOG_LAZY std::string settings_text(const EmpaticaOptions& options) {
  auto out = detail::plain_stream();
  out << "empatica minutes " << options.allow_missing << ' ' << options.tags << ' ' << options.label_seconds
      << ' ' << options.max_notes << '\n';
  detail::describe(out, options.rules);
  for (const auto& sensor : options.sensors) {
    out << sensor.file << ' ' << sensor.scale << ' ';
    detail::describe(out, sensor.modality);
  }
  return out.str();
}

/// The same of a description of tables.
LIFELOG_LAZY std::string settings_text(const TableDescription& description) {
  auto out = detail::plain_stream();
  out << "table " << description.seconds << ' ' << description.step << '\n';
  for (const auto& sensor : description.sensors) detail::describe(out, sensor);
  for (const auto& labels : description.labels) detail::describe(out, labels);
  return out.str();
}

/// The same for `read_table_person`. labels: name of those taken.
LIFELOG_LAZY std::string settings_text(const TableDescription& description, const std::string& labels,
                                       const TableOptions& options) {
  auto out = detail::plain_stream();
  out << "labels " << labels << ' ' << options.drop_implausible << ' ' << options.allow_missing << ' '
      << options.max_notes << '\n';
  return settings_text(description) + out.str();
}

/// The value that `make()` returns, out of `file` when it was put there under the same key, else made and put
/// there.
///
///     const auto key = user + '\n' + settings_text(options) + tree_state(folder);
///     const auto person = cached<EtriPerson>(cache / (user + ".minutes"), key,
///                                            [&] { return read_etri_person(dir, user, options); });
///
/// T: EtriPerson, EtriRows, EmpaticaPerson or TablePerson. key: everything that the value depends on. A file that is not
/// there, of another key or version, cut short, or changed in any byte (a checksum over all of it says so) is
/// made anew, never trusted. It is written atomically, in this machine's byte order: no format for exchange.
/// Throws what `make` throws; io_error when the file cannot be written.
template<class T, class Make>
T cached(const std::filesystem::path& file, const std::string& key, Make&& make) {
  if (auto value = detail::load_cached<T>(file, key)) return std::move(*value);
  T value = make();
  detail::save_cached(file, key, value);
  return value;
}

}  // namespace lifelog::readers
