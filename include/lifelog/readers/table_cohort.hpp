// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "../data/labels.hpp"
#include "table_labels.hpp"
#include "table_samples.hpp"

// Which file of a folder is whose, and of which sensor.

namespace lifelog::inline LIFELOG_ABI::readers {

/// What a description finds in a folder.
struct TableCohort {
  /// Rows of a sensor: a file of one person, or that person's part of a table of many.
  struct Part {
    std::size_t file;                                 ///< of `files`
    std::optional<std::size_t> table = std::nullopt;  ///< of `layouts`, when it is one of many people
    std::vector<PersonRows> rows = {};                ///< then
  };

  TableDescription description;
  std::vector<TableFile> files;
  std::vector<TableLayout> layouts;
  std::map<std::string, std::vector<std::vector<Part>>> parts;  ///< a person's: a sensor, its parts
  TableLabelIntervals labels;
  double cover = 0.5;                ///< the share of a window that its label must cover
  std::vector<std::string> people;   ///< who has files of sensors, in the order of `label_less`
  std::vector<std::string> ignored;  ///< "path: why" of what was not read
};

/// | name        | description                                                                          |
/// |-------------|--------------------------------------------------------------------------------------|
/// | labels      | name of the labels to take; empty: the first                                         |
/// | sorted      | folder for rows of tables whose people lie mixed; empty: such tables are refused     |
struct TableCohortOptions {
  std::string labels;
  std::filesystem::path sorted;
};

namespace detail {

/// A name that can be one of a file.
LIFELOG_LAZY bool usable_person(const std::string& name) {
  return !name.empty() && name.size() <= 100 && name.front() != '.' &&
         name.find_first_of("/\\") == std::string::npos && lifelog::detail::shown(name) == name;
}

LIFELOG_LAZY class CohortFinder {
 public:
  CohortFinder(TableCohort& cohort, const TableCohortOptions& options) : cohort_(cohort), options_(options) {}

  void run() {
    used_.assign(cohort_.files.size(), false);
    const auto& sensors = cohort_.description.sensors;
    for (std::size_t s = 0; s < sensors.size(); ++s) find_sensor(s);
    const auto wanted = wanted_labels();
    for (const auto& labels : cohort_.description.labels) {
      find_labels(labels, labels.name == wanted);
      if (labels.name == wanted) cohort_.cover = labels.cover;
    }
    cohort_.labels.sort();
    for (const auto& [person, parts] : cohort_.parts) cohort_.people.push_back(person);
    std::sort(cohort_.people.begin(), cohort_.people.end(), data::label_less);
    for (const auto& [person, intervals] : cohort_.labels.intervals)
      if (!cohort_.parts.contains(person))
        ignore("labels of \"" + lifelog::detail::shown(person, 60) + "\"", "no recordings");
    for (std::size_t f = 0; f < cohort_.files.size(); ++f)
      if (!used_[f]) ignore(cohort_.files[f].path, "no sensor and no labels have such files");
  }

 private:
  std::string wanted_labels() const {
    const auto& all = cohort_.description.labels;
    if (options_.labels.empty()) return all.front().name;
    std::string names;
    for (const auto& labels : all) {
      if (labels.name == options_.labels) return labels.name;
      names += (names.empty() ? "" : ", ") + labels.name;
    }
    lifelog::detail::bad_argument("label: expected one of ", names, ", got '",
                                  lifelog::detail::shown(options_.labels, 60), "'");
  }

  void ignore(const std::string& what, const std::string& why) {
    if (std::find(cohort_.ignored.begin(), cohort_.ignored.end(), what + ": " + why) == cohort_.ignored.end())
      cohort_.ignored.push_back(what + ": " + why);
  }

  std::vector<std::vector<TableCohort::Part>>* parts_of(const std::string& person, const std::string& where) {
    if (!usable_person(person)) {
      ignore(where, "\"" + lifelog::detail::shown(person, 60) +
                        "\" cannot be a file's name; expected one of up to 100 characters without / and \\");
      return nullptr;
    }
    auto& parts = cohort_.parts[person];
    parts.resize(cohort_.description.sensors.size());
    return &parts;
  }

  void find_sensor(std::size_t s) {
    const auto& source = cohort_.description.sensors[s].source;
    const PathPattern pattern(source.files);
    for (std::size_t f = 0; f < cohort_.files.size(); ++f) {
      const auto person = pattern.match(cohort_.files[f].path);
      if (!person) continue;
      used_[f] = true;
      if (!source.person_column.empty())
        add_table(s, f);
      else if (auto* parts = parts_of(*person, cohort_.files[f].path))
        (*parts)[s].push_back({f});
    }
  }

  /// A table of many people.
  void add_table(std::size_t s, std::size_t f) {
    const auto& sensor = cohort_.description.sensors[s];
    auto& file = cohort_.files[f];
    const auto layout = table_layout(first_rows(file), file.path, sensor.source, column_names(sensor));
    const auto& people = people_of(f, layout);
    cohort_.layouts.push_back(layout);
    for (const auto& [person, rows] : people.rows)
      if (auto* parts = parts_of(person, file.path))
        (*parts)[s].push_back({f, cohort_.layouts.size() - 1, rows});
  }

  /// A table is looked through once, however many sensors are in it.
  const TablePeople& people_of(std::size_t f, const TableLayout& layout) {
    const std::tuple key(f, layout.person_column, layout.delimiter);
    if (const auto known = tables_.find(key); known != tables_.end()) return known->second;
    auto& file = cohort_.files[f];
    const auto folder =
        options_.sorted.empty() ? std::filesystem::path() : options_.sorted / std::to_string(tables_.size());
    if (file.disk.empty()) unpack(file, folder);
    const auto& people = tables_[key] = table_people(file, layout, folder);
    if (people.nameless > 0) ignore(file.path, "rows without a person: " + std::to_string(people.nameless));
    return people;
  }

  /// A table of many people is sought in, so that it must be a file.
  void unpack(TableFile& file, const std::filesystem::path& folder) const {
    if (folder.empty())
      throw format_error(file.path, "a table of many people in an archive; expected it unpacked");
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    io::write_text(folder / "unpacked", file.unpack());
    file.disk = folder / "unpacked";
  }

  void find_labels(const TableLabels& labels, bool wanted) {
    const PathPattern pattern(labels.source.files);
    bool any = false;
    for (std::size_t f = 0; f < cohort_.files.size(); ++f) {
      const auto& file = cohort_.files[f];
      const auto person = pattern.match(file.path);
      if (!person) continue;
      used_[f] = any = true;
      if (wanted) add_table_labels(file.content(), file.path, labels, *person, cohort_.labels);
    }
    if (wanted && !any)
      throw format_error(labels.source.files, "expected files of labels of this pattern, found none");
  }

  TableCohort& cohort_;
  const TableCohortOptions& options_;
  std::vector<bool> used_;
  std::map<std::tuple<std::size_t, std::size_t, char>, TablePeople> tables_;
};

}  // namespace detail

/// Looks which of `files` are whose, reads all labels, and goes through tables of many people once to find out whose rows are
/// where. Throws io_error; format_error for labels or a table of many people that cannot be read; std::invalid_argument for
/// labels that the description has not, and as check_windows.
LIFELOG_LAZY TableCohort table_cohort(std::vector<TableFile> files, TableDescription description,
                                      const TableCohortOptions& options = {}) {
  check_windows(description);
  TableCohort cohort;
  cohort.description = std::move(description);
  cohort.files = std::move(files);
  detail::CohortFinder(cohort, options).run();
  return cohort;
}

}  // namespace lifelog::readers
