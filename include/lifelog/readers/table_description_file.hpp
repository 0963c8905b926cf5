// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <filesystem>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "../io/atomic_file.hpp"
#include "detail/json_keys.hpp"
#include "table_description.hpp"

// sensors.json: a TableDescription as a file. docs/your-own-recordings.md lists its keys.

namespace lifelog::inline LIFELOG_ABI::readers {

namespace detail {

inline constexpr double largest = std::numeric_limits<double>::max();

LIFELOG_LAZY class DescriptionParser {
 public:
  DescriptionParser(const io::Json& json, std::string file) : root_(json, file), file_(std::move(file)) {}

  TableDescription parse() {
    TableDescription description;
    if (root_.has("format") && root_.text("format") != "lifelog-sensors")
      root_.wrong("format", "\"lifelog-sensors\"", root_.at("format", ""));
    if (root_.has("version")) root_.number("version", 1, 1, "1");
    description.seconds = root_.number("window", 1, 86400 * 7, "seconds, 1 to 604800", 60);
    description.step = root_.number("step", 1, 86400 * 7, "seconds, 1 to 604800", description.seconds);
    zone_ = zone(root_, "UTC");
    for (auto& keys : root_.objects("sensors")) description.sensors.push_back(sensor(keys));
    for (auto& keys : root_.objects("labels")) description.labels.push_back(labels(keys));
    root_.end();
    distinct(description.sensors, "sensors");
    distinct(description.labels, "labels");
    return description;
  }

 private:
  std::string zone(JsonKeys& keys, const std::string& otherwise) const {
    if (!keys.has("zone")) return otherwise;
    const auto name = keys.text("zone");
    try {
      TimeZone::named(name);
    } catch (const std::invalid_argument& error) {
      keys.fail(keys.inside("zone") + ": " + error.what());
    }
    return name;
  }

  template<class List>
  void distinct(const List& list, const std::string& key) const {
    std::set<std::string> names;
    for (const auto& item : list)
      if (!names.insert(item.name).second)
        root_.fail(key + ": expected different names, got '" + lifelog::detail::shown(item.name, 60) +
                   "' twice");
  }

  static std::string name_of(JsonKeys& keys, const std::string& otherwise) {
    const std::string expected =
        "a name of letters, digits, '_', '-' and '.', that begins with a letter and is not label, timestamp "
        "or present";
    const auto name = otherwise.empty() ? keys.text("name") : keys.text("name", otherwise);
    const bool letter = (name[0] | 32) >= 'a' && (name[0] | 32) <= 'z';
    const bool good = letter && name.size() <= 60 && std::all_of(name.begin(), name.end(), [](char c) {
                        return ((c | 32) >= 'a' && (c | 32) <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
                               c == '-' || c == '.';
                      });
    const bool taken = otherwise.empty() && (name == "label" || name == "timestamp" || name == "present");
    if (!good || taken) keys.wrong("name", expected, keys.at("name", expected));
    return name;
  }

  TableSource source(JsonKeys& keys) const {
    TableSource source;
    source.files = keys.text("files");
    if (source.files.front() == '/' || source.files.find("..") != std::string::npos ||
        source.files.find('\\') != std::string::npos)
      keys.wrong("files", "a path below the cohort's folder, with /", keys.at("files", ""));
    source.person_column = keys.text("person_column", "");
    if (source.person_column.empty() && source.files.find("{person}") == std::string::npos)
      keys.fail(keys.inside("files") + ": expected {person} in it, or a \"person_column\" beside it; got '" +
                lifelog::detail::shown(source.files, 100) + "'");
    check_braces(keys, source.files);
    constexpr std::array delimiters{",", ";", "tab"};
    if (keys.has("delimiter")) source.delimiter = ",;\t"[keys.one_of("delimiter", delimiters)];
    constexpr std::array decimals{".", ","};
    if (keys.has("decimal")) source.decimal = ".,"[keys.one_of("decimal", decimals)];
    if (keys.has("header"))
      source.header = keys.texts("header", 10000, "the names of all columns of files that have no header");
    source.zone = zone(keys, zone_);
    return source;
  }

  static void check_braces(const JsonKeys& keys, const std::string& files) {
    auto rest = files;
    for (const std::string known : {"{person}", "{session}"})
      for (std::size_t at = 0; (at = rest.find(known)) != std::string::npos;) rest.erase(at, known.size());
    if (rest.find_first_of("{}") != std::string::npos)
      keys.fail(keys.inside("files") + ": expected {person} or {session} in braces, got '" +
                lifelog::detail::shown(files, 100) + "'");
  }

  /// Which column, and in what form.
  static void time(JsonKeys keys, TableSource& source, bool may_count) {
    source.time = static_cast<TimeForm>(keys.one_of("unit", time_form_names));
    if (source.time == TimeForm::start_and_rate) {
      if (!may_count || !source.person_column.empty())
        keys.fail(keys.inside("unit") + ": start+rate is for sensors with a file of their own");
      source.time_columns.clear();
    } else {
      source.time_columns =
          keys.texts("column", 2, "the name of a column, or of one of dates and one of times");
    }
    keys.end();
  }

  TableSensor sensor(JsonKeys& keys) const {
    TableSensor sensor;
    sensor.name = name_of(keys, "");
    sensor.full_name = keys.text("full_name", sensor.name);
    sensor.source = source(keys);
    time(keys.object("time"), sensor.source, true);
    columns(keys, sensor);
    rate(keys, sensor);
    window(keys, sensor);
    keys.end();
    if (sensor.columns.empty() && sensor.window != TableWindow::count)
      keys.fail(keys.inside("columns") + ": expected at least one, but for a window that is a count");
    return sensor;
  }

  static void rate(JsonKeys& keys, TableSensor& sensor) {
    const std::string expected = "samples a second, 1e-6 to 1e5, or \"irregular\"";
    const auto& value = keys.at("rate", expected);
    if (value.is_string() && value.get_ref<const std::string&>() == "irregular") return;
    sensor.rate = keys.number("rate", 1e-6, 1e5, expected);
  }

  /// unit, scale, offset and range of the sensor hold for the columns that say nothing else.
  static void columns(JsonKeys& keys, TableSensor& sensor) {
    const auto common = calibration(keys, {});
    if (!keys.has("columns")) return;
    const std::string expected = "a list of columns: names, or objects with \"column\"";
    const auto& list = keys.at("columns", expected);
    if (!list.is_array()) keys.wrong("columns", expected, list);
    std::set<std::string> names;
    for (std::size_t i = 0; i < list.size(); ++i) {
      auto column = common;
      const auto path = keys.inside("columns") + "[" + std::to_string(i) + "]";
      if (list[i].is_string()) {
        column.column = column.channel.name = list[i].get<std::string>();
      } else {
        JsonKeys own(list[i], keys.file(), path);
        column.column = own.text("column");
        column = calibration(own, column);
        column.channel.name = own.text("name", column.column);
        own.end();
      }
      if (column.column.empty() || !names.insert(column.column).second)
        keys.fail(path + ": expected a column that is not there yet, got '" +
                  lifelog::detail::shown(column.column, 60) + "'");
      sensor.columns.push_back(std::move(column));
    }
  }

  static TableColumn calibration(JsonKeys& keys, TableColumn column) {
    column.channel.unit = keys.text("unit", column.channel.unit);
    column.scale = keys.number("scale", -largest, largest, "a number", column.scale);
    if (column.scale == 0) keys.fail(keys.inside("scale") + ": expected a number other than 0, got 0");
    column.offset = keys.number("offset", -largest, largest, "a number", column.offset);
    if (keys.has("range")) {
      const auto range = keys.ascending("range", 2, 2, "the least and the greatest plausible number");
      column.channel.low = range[0];
      column.channel.high = range[1];
    }
    return column;
  }

  static void window(JsonKeys& parent, TableSensor& sensor) {
    sensor.window = sensor.rate > 0 ? TableWindow::series : TableWindow::mean;
    sensor.clock_rate = sensor.rate;
    sensor.gaps = data::GapPolicy::linear;
    if (sensor.rate > 0) sensor.max_gap = 2 / sensor.rate;
    if (!parent.has("window")) return;
    auto keys = parent.object("window");
    sensor.window = static_cast<TableWindow>(keys.one_of("as", table_window_names));
    if (sensor.window == TableWindow::series) {
      constexpr std::array gaps{"drop", "hold", "linear"};
      sensor.clock_rate = sensor.rate > 0 ? keys.number("rate", 1e-6, 1e5, "ticks a second", sensor.rate)
                                          : keys.number("rate", 1e-6, 1e5, "ticks a second");
      if (keys.has("gaps")) sensor.gaps = static_cast<data::GapPolicy>(keys.one_of("gaps", gaps));
      sensor.max_gap =
          keys.number("max_gap", 0, 86400 * 7, "seconds that are filled at most", 2 / sensor.clock_rate);
    } else if (sensor.window == TableWindow::cut) {
      const double length = keys.number("length", 1, 1e7, "samples of a window, 1 to 10000000");
      sensor.length = static_cast<Index>(length);
      if (static_cast<double>(sensor.length) != length)
        keys.wrong("length", "a whole number", keys.at("length", ""));
    } else if (keys.has("empty")) {
      sensor.empty = keys.number("empty", -3e38, 3e38, "the value of a window without samples");
    }
    keys.end();
  }

  TableLabels labels(JsonKeys& keys) const {
    TableLabels labels;
    labels.name = name_of(keys, "label");
    labels.source = source(keys);
    const bool interval = keys.has("start") || keys.has("end");
    if (interval == keys.has("time"))
      keys.fail(keys.inside(interval ? "start" : "time") +
                ": expected \"start\" and \"end\" of intervals, or \"time\" and \"before\" of instants");
    if (interval) {
      TableSource end = labels.source;
      time(keys.object("start"), labels.source, false);
      time(keys.object("end"), end, false);
      if (end.time != labels.source.time)
        keys.fail(keys.inside("end.unit") + ": expected that of start, " +
                  time_form_name(labels.source.time));
      labels.end_columns = end.time_columns;
    } else {
      time(keys.object("time"), labels.source, false);
      labels.before = keys.number("before", 1, 86400 * 7, "seconds before the time that a label holds for");
    }
    labels.column = keys.text("column");
    constexpr std::array types{"text", "number"};
    labels.numbers = keys.has("type") && keys.one_of("type", types) == 1;
    if (keys.has("bounds")) {
      if (!labels.numbers) keys.fail(keys.inside("bounds") + ": expected with \"type\": \"number\" only");
      labels.bounds = keys.ascending("bounds", 1, 1000, "numbers, ascending");
    }
    labels.cover = keys.number("cover", 1e-6, 1, "a share of the window, above 0 to 1", 0.5);
    keys.end();
    return labels;
  }

  JsonKeys root_;
  std::string file_, zone_ = "UTC";
};

}  // namespace detail

/// Reads the text of a sensors.json. file: its name. Throws format_error for what is no JSON, for a key that is missing,
/// unknown or wrong; the message names the key (`sensors[1].time.unit`), what was expected and what came.
LIFELOG_LAZY TableDescription parse_table_description(std::string_view text, const std::string& file) {
  const auto json = io::parse_json(file, text);
  return detail::DescriptionParser(json, file).parse();
}

/// As parse_table_description, of a file. Throws io_error too.
LIFELOG_LAZY TableDescription read_table_description(const std::filesystem::path& path) {
  return parse_table_description(io::read_file(path), path.string());
}

}  // namespace lifelog::readers
