// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../io/json.hpp"
#include "table_labels.hpp"
#include "table_samples.hpp"

// A first sensors.json for a folder that nobody has described yet.

namespace lifelog::inline LIFELOG_ABI::readers {

/// A draft of a sensors.json, and on what grounds each guess in it was made, a sentence each.
struct TableDraft {
  io::Json json;
  std::vector<std::string> why;
};

namespace detail {

/// The first rows of a file, looked at.
struct TableLook {
  std::vector<std::string> names;               ///< columns
  std::vector<std::vector<std::string>> cells;  ///< [rows][columns]
  char delimiter = ',';
  bool start_and_rate = false;

  std::vector<std::string> column(std::size_t c) const {
    std::vector<std::string> all;
    for (const auto& row : cells)
      if (c < row.size() && !data::is_missing(row[c])) all.push_back(row[c]);
    return all;
  }
};

LIFELOG_LAZY TableLook look_at(std::string_view text, const std::string& name) {
  constexpr std::size_t most_rows = 2000;
  TableLook look;
  look.delimiter = most_frequent_delimiter(text.substr(text.starts_with("\xEF\xBB\xBF") ? 3 : 0));
  CsvReader csv(text, name, look.delimiter);
  for (const auto cell : csv.header()) look.names.push_back(cell_text(cell));
  while (look.cells.size() < most_rows && csv.next()) {
    auto& row = look.cells.emplace_back();
    for (std::size_t c = 0; c < csv.cells(); ++c) row.push_back(cell_text(csv.cell(c)));
  }
  // A wristband's file has no header, but two lines of numbers: when it began, and how fast it was.
  const auto first =
      look.names.empty() ? data::CellNumber{data::CellKind::bad, 0} : data::parse_number(look.names[0]);
  const auto second = look.cells.empty() || look.cells[0].empty() ? data::CellNumber{data::CellKind::bad, 0}
                                                                  : data::parse_number(look.cells[0][0]);
  look.start_and_rate = first.kind == data::CellKind::number && first.value > 1e8 && first.value < 1e10 &&
                        second.kind == data::CellKind::number && second.value > 0 && second.value <= 1000;
  return look;
}

LIFELOG_LAZY std::string lower_case(std::string text) {
  for (auto& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return text;
}

LIFELOG_LAZY bool contains_any(const std::string& text, std::initializer_list<const char*> parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](const char* part) { return text.find(part) != std::string::npos; });
}

LIFELOG_LAZY double share_of_numbers(const std::vector<std::string>& cells) {
  if (cells.empty()) return 0;
  const auto numbers = std::count_if(cells.begin(), cells.end(), [](const std::string& cell) {
    std::string text = cell;
    if (text.find('.') == std::string::npos) std::replace(text.begin(), text.end(), ',', '.');
    return data::parse_number(text).kind == data::CellKind::number;
  });
  return static_cast<double>(numbers) / static_cast<double>(cells.size());
}

/// How cells write times, if most of them are times between 2000 and 2100.
LIFELOG_LAZY std::optional<TimeForm> guess_time(const std::vector<std::string>& cells) {
  constexpr auto oldest = 946'684'800 * nanosecond, newest = 4'102'444'800 * nanosecond;
  if (cells.empty()) return std::nullopt;
  for (const auto form : {TimeForm::iso, TimeForm::seconds, TimeForm::milliseconds, TimeForm::microseconds,
                          TimeForm::nanoseconds, TimeForm::month_day_year, TimeForm::day_month_year}) {
    TimeParser parser(form);
    const auto good = std::count_if(cells.begin(), cells.end(), [&](const std::string& cell) {
      const auto time = parser.parse(cell);
      return time && *time >= oldest && *time <= newest;
    });
    if (10 * good >= 9 * static_cast<std::ptrdiff_t>(cells.size())) return form;
  }
  return std::nullopt;
}

/// Samples a second; nothing when they come irregularly. text: what the times say.
LIFELOG_LAZY std::optional<double> guess_rate(const std::vector<std::string>& cells, TimeForm form,
                                              std::string& text) {
  TimeParser parser(form);
  std::vector<std::int64_t> times, apart;
  for (const auto& cell : cells)
    if (const auto time = parser.parse(cell)) times.push_back(*time);
  for (std::size_t i = 1; i < times.size(); ++i)
    if (times[i] > times[i - 1]) apart.push_back(times[i] - times[i - 1]);
  if (apart.size() < 8) {
    text = "too few rows to see a rate";
    return std::nullopt;
  }
  std::sort(apart.begin(), apart.end());
  const auto at = [&](double share) {
    return static_cast<double>(
        apart[static_cast<std::size_t>(share * static_cast<double>(apart.size() - 1))]);
  };
  const double span =
      static_cast<double>(times.back() - times.front()) / static_cast<double>(times.size() - 1);
  // Times with few digits come in bunches: then the mean tells more than the median.
  const double usual = at(0.5) > 1.5 * span || at(0.5) < span / 1.5 ? span : at(0.5);
  text = number_class(std::round(at(0.5) / 1e6) / 1e3) + " s from one row to the next (median), " +
         number_class(std::round(at(0.1) / 1e6) / 1e3) + " to " +
         number_class(std::round(at(0.9) / 1e6) / 1e3) + " s in 8 of 10";
  if (usual <= 0 || at(0.9) > 2 * at(0.1)) return std::nullopt;
  const double rate = 1e9 / usual;
  const double whole = std::round(rate);
  if (whole >= 1 && std::abs(rate - whole) < 0.02 * whole) return whole;
  const double seconds = std::round(usual / 1e9);
  if (seconds >= 1 && std::abs(usual / 1e9 - seconds) < 0.02 * seconds) return 1 / seconds;
  return std::round(rate * 100) / 100;
}

LIFELOG_LAZY class TableDrafter {
 public:
  explicit TableDrafter(const std::vector<TableFile>& files) : files_(files) {}

  TableDraft run() {
    draft_.json = {
        {"format", "lifelog-sensors"}, {"version", 1}, {"window", 60}, {"step", 60}, {"zone", "UTC"}};
    draft_.json["sensors"] = io::Json::array();
    for (const auto& [pattern, members] : groups()) add(pattern, members);
    if (draft_.json["sensors"].empty())
      say("no sensors found: no .csv, .tsv or .txt file with a time and numbers");
    if (!draft_.json.contains("labels")) {
      say("no labels found: put in where they are");
      draft_.json["labels"] = {{"files", "labels.csv"},
                               {"person_column", "user"},
                               {"start", {{"column", "start"}, {"unit", "s"}}},
                               {"end", {{"column", "end"}, {"unit", "s"}}},
                               {"column", "label"}};
    }
    return std::move(draft_);
  }

 private:
  using Groups = std::map<std::string, std::vector<std::size_t>>;

  void say(const std::string& sentence) { draft_.why.push_back(sentence); }

  /// Files by the pattern that they have in common: the outermost folder is a person's, one below a session's.
  Groups groups() const {
    Groups groups;
    std::map<std::string, std::size_t> endings;
    for (const auto& file : files_)
      if (const auto at = file.path.find('_');
          file.path.find('/') == std::string::npos && at != std::string::npos)
        ++endings[file.path.substr(at)];
    for (std::size_t f = 0; f < files_.size(); ++f) {
      const auto& path = files_[f].path;
      const auto name = lower_case(path);
      if (!name.ends_with(".csv") && !name.ends_with(".tsv") && !name.ends_with(".txt")) continue;
      const auto first = path.find('/'), last = path.rfind('/');
      std::string pattern = path;
      if (first != std::string::npos) {
        pattern = "{person}";
        const auto depth = std::count(path.begin() + static_cast<std::ptrdiff_t>(first) + 1, path.end(), '/');
        for (std::ptrdiff_t i = 0; i < depth; ++i) pattern += i == 0 ? "/{session}" : "/*";
        pattern += path.substr(last);
        // A file called after its folder.
        const auto person = path.substr(0, first);
        if (const auto at = pattern.find(person, pattern.rfind('/')); at != std::string::npos)
          pattern.replace(at, person.size(), "{person}");
      } else if (const auto at = path.find('_'); at != std::string::npos && endings[path.substr(at)] > 1) {
        pattern = "{person}" + path.substr(at);
      }
      groups[pattern].push_back(f);
    }
    return groups;
  }

  void add(const std::string& pattern, const std::vector<std::size_t>& members) {
    const auto& file = files_[members.front()];
    TableLook look;
    try {
      look = look_at(first_rows(file), file.path);
    } catch (const std::runtime_error& error) {
      return say(pattern + ": left out, " + error.what());
    }
    const auto among =
        pattern + " (" + std::to_string(members.size()) + (members.size() == 1 ? " file): " : " files): ");
    if (look.start_and_rate) return add_wristband(pattern, among, look);
    std::size_t person = CsvReader::none, time = CsvReader::none, end = CsvReader::none;
    TimeForm form = TimeForm::seconds;
    find_columns(look, person, time, end, form);
    if (time == CsvReader::none) return say(among + "left out: no column of times seen");
    const bool personal = pattern.find("{person}") != std::string::npos;
    if (!personal && person == CsvReader::none)
      return say(among + "left out: neither its name nor a column says whose it is");
    io::Json entry = {{"files", pattern}};
    if (!personal) {
      entry["person_column"] = look.names[person];
      say(among + "one table of many people, who are in the column " + look.names[person]);
    }
    if (look.delimiter != ',') entry["delimiter"] = look.delimiter == '\t' ? "tab" : ";";
    const auto cells = look.column(time);
    say(among + "times are in the column " + look.names[time] + ", written as " + time_form_name(form) +
        ", like " + lifelog::detail::shown(cells.front(), 40));
    std::set<std::size_t> taken{person, time, end};
    if (end != CsvReader::none ||
        contains_any(lower_case(pattern), {"label", "ema", "survey", "self_report", "mood"}))
      add_labels(std::move(entry), among, look, time, end, form, taken);
    else
      add_sensor(std::move(entry), pattern, among, look, cells, time, form, taken);
  }

  static void find_columns(const TableLook& look, std::size_t& person, std::size_t& time, std::size_t& end,
                           TimeForm& form) {
    for (std::size_t c = 0; c < look.names.size(); ++c) {
      const auto name = lower_case(look.names[c]);
      const auto guess = guess_time(look.column(c));
      if (guess && time != CsvReader::none && contains_any(name, {"end", "stop"})) end = c;
      if (guess && time == CsvReader::none) {
        time = c;
        form = *guess;
      }
      const bool names_people = name == "id" || name == "pid" ||
                                contains_any(name, {"user", "person", "participant", "subject", "device_id"});
      if (!guess && names_people && person == CsvReader::none) person = c;
    }
  }

  void add_wristband(const std::string& pattern, const std::string& among, const TableLook& look) {
    say(among + "no header, but a start in unix seconds (" + look.names[0] + ") and a rate (" +
        look.cells[0][0] + " Hz), as an Empatica E4 writes them");
    io::Json columns = io::Json::array();
    for (std::size_t c = 0; c < look.names.size(); ++c)
      columns.push_back(look.names.size() == 1
                            ? "value"
                            : std::string(1, "xyzuvw"[c % 6]) + (c < 6 ? "" : std::to_string(c)));
    draft_.json["sensors"].push_back({{"name", unused_name(pattern)},
                                      {"files", pattern},
                                      {"time", {{"unit", "start+rate"}}},
                                      {"columns", columns},
                                      {"rate", data::parse_number(look.cells[0][0]).value}});
  }

  void add_labels(io::Json entry, const std::string& among, const TableLook& look, std::size_t time,
                  std::size_t end, TimeForm form, const std::set<std::size_t>& taken) {
    std::size_t label = CsvReader::none;
    for (std::size_t c = 0; c < look.names.size(); ++c)
      if (!taken.contains(c) &&
          (label == CsvReader::none || contains_any(lower_case(look.names[c]), {"label"})))
        label = c;
    if (label == CsvReader::none) return say(among + "left out: no column that could be a label");
    const auto unit = time_form_name(form);
    if (end != CsvReader::none) {
      entry["start"] = {{"column", look.names[time]}, {"unit", unit}};
      entry["end"] = {{"column", look.names[end]}, {"unit", unit}};
    } else {
      entry["time"] = {{"column", look.names[time]}, {"unit", unit}};
      entry["before"] = 900;
    }
    entry["column"] = look.names[label];
    say(among + "taken for labels, " +
        (end != CsvReader::none ? "intervals" : "each for 900 s before its time") +
        "; the label is the column " + look.names[label]);
    if (draft_.json.contains("labels")) {
      entry["name"] = unused_name(look.names[label]);
      if (draft_.json["labels"].is_object()) draft_.json["labels"] = io::Json::array({draft_.json["labels"]});
      draft_.json["labels"].push_back(std::move(entry));
    } else {
      draft_.json["labels"] = std::move(entry);
    }
  }

  void add_sensor(io::Json entry, const std::string& pattern, const std::string& among, const TableLook& look,
                  const std::vector<std::string>& times, std::size_t time, TimeForm form,
                  const std::set<std::size_t>& taken) {
    io::Json columns = io::Json::array();
    for (std::size_t c = 0; c < look.names.size(); ++c) {
      const auto cells = look.column(c);
      const auto name = lower_case(look.names[c]);
      // Row numbers, accuracies and further times are no measurements.
      const bool beside = contains_any(name, {"timestamp", "accuracy", "_id", "index", "unnamed"}) ||
                          name.empty() || guess_time(cells).has_value();
      if (!taken.contains(c) && !beside && share_of_numbers(cells) > 0.9) columns.push_back(look.names[c]);
    }
    std::string spacing;
    const auto rate = guess_rate(times, form, spacing);
    entry["time"] = {{"column", look.names[time]}, {"unit", time_form_name(form)}};
    entry["columns"] = columns;
    entry["rate"] = rate ? io::Json(*rate) : io::Json("irregular");
    if (columns.empty())
      entry["window"] = {{"as", "count"}};
    else if (!rate || *rate < 1)
      entry["window"] = {{"as", "mean"}};
    say(among + (rate ? "rate " + number_class(*rate) + " Hz: " : "irregular: ") + spacing);
    io::Json sensor = {{"name", unused_name(pattern)}};
    for (auto& [key, value] : entry.items()) sensor[key] = value;
    draft_.json["sensors"].push_back(std::move(sensor));
  }

  /// A file's name, made one of a sensor.
  std::string unused_name(const std::string& pattern) {
    std::string name;
    const auto file = pattern.substr(pattern.rfind('/') + 1);
    for (const char c : file.substr(0, file.rfind('.'))) {
      const bool good = ((c | 32) >= 'a' && (c | 32) <= 'z') || (c >= '0' && c <= '9') || c == '_';
      if (good && (!name.empty() || (c | 32) >= 'a')) name += c;
    }
    if (name.starts_with("person_")) name.erase(0, 7);
    if (name.empty() || name == "label" || name == "timestamp" || name == "present") name = "sensor";
    name.resize(std::min<std::size_t>(name.size(), 50));
    auto unused = name;
    for (int i = 2; !names_.insert(unused).second; ++i) unused = name + std::to_string(i);
    return unused;
  }

  const std::vector<TableFile>& files_;
  TableDraft draft_;
  std::set<std::string> names_;
};

}  // namespace detail

/// Looks at the first rows of the tables of a cohort and drafts a description of them, for a person to put right: names of
/// columns, times by their magnitude, rates by medians. A draft is always one that `parse_table_description` reads, once
/// there is a sensor in it.
LIFELOG_LAZY TableDraft draft_table_description(const std::vector<TableFile>& files) {
  return detail::TableDrafter(files).run();
}

}  // namespace lifelog::readers
