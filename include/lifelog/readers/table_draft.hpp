// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "../io/json.hpp"
#include "detail/table_look.hpp"
#include "table_files.hpp"

// A first sensors.json for a folder that nobody has described yet.

namespace lifelog::inline LIFELOG_ABI::readers {

/// A draft of a sensors.json, and on what grounds each guess in it was made, a sentence each.
struct TableDraft {
  io::Json json;
  std::vector<std::string> why;
};

namespace detail {

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
      if (passed_by(path) != nullptr) continue;
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
      const bool names_people = name == "id" || name == "pid" || name == "who" ||
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
