// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <exception>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "../data/labels.hpp"
#include "person_name.hpp"
#include "table_labels.hpp"
#include "table_rows.hpp"

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
  double cover = 0.5;               ///< the share of a window that its label must cover
  std::vector<std::string> people;  ///< who has files of sensors, in the order of `label_less`
  std::map<std::string, std::vector<std::string>> notes;  ///< to be said of a person's files
  std::map<std::string, Index> personal;                  ///< files of sensors that are a person's alone
  Index shared = 0;                    ///< files that were read and are of no single person
  std::vector<data::Ignored> ignored;  ///< files that were not read, by path
  std::vector<std::string> findings;   ///< on rows and files that are of no person
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

LIFELOG_LAZY class CohortFinder {
 public:
  CohortFinder(TableCohort& cohort, const TableCohortOptions& options)
      : cohort_(cohort), options_(options), files_(cohort.files.size()) {}

  void run() {
    const auto& sensors = cohort_.description.sensors;
    for (std::size_t s = 0; s < sensors.size(); ++s) find_sensor(s);
    const auto wanted = wanted_labels();
    for (const auto& labels : cohort_.description.labels) {
      if (labels.name != wanted) {
        pass_by(labels);
        continue;
      }
      find_labels(labels);
      cohort_.cover = labels.cover;
    }
    for (const auto& [person, parts] : cohort_.parts) cohort_.people.push_back(person);
    std::sort(cohort_.people.begin(), cohort_.people.end(), data::label_less);
    settle_labels(wanted);
    for (const auto& [key, spellings] : spellings_)
      if (spellings.size() > 1) cohort_.notes[spellings.front()].push_back(spellings_note(spellings));
    account();
  }

 private:
  /// What became of a file.
  struct Fate {
    bool read = false;
    std::string owner;  ///< whose it is alone
    std::string why;    ///< it was not read
  };

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

  /// Says so once, and not without end.
  void find(const std::string& text) {
    constexpr std::size_t most = 1000;
    auto& all = cohort_.findings;
    const auto finding = lifelog::detail::shown(text, 2000);
    if (all.size() < most && std::find(all.begin(), all.end(), finding) == all.end()) all.push_back(finding);
  }

  /// The parts of a person who is named in a file; null when that is no name. All spellings of a name mean the one that came
  /// first.
  std::vector<std::vector<TableCohort::Part>>* parts_of(const std::string& name, std::size_t f) {
    if (const auto fault = name_fault(name); !fault.empty()) {
      if (files_[f].why.empty()) files_[f].why = fault;
      find(cohort_.files[f].path + ": " + fault);
      return nullptr;
    }
    files_[f].read = true;
    auto& spellings = spellings_[name_key(name)];
    if (std::find(spellings.begin(), spellings.end(), name) == spellings.end()) spellings.push_back(name);
    auto& parts = cohort_.parts[spellings.front()];
    parts.resize(cohort_.description.sensors.size());
    return &parts;
  }

  /// Calls use(file, person) for all files of a pattern. One of several that cannot be read is a finding, no error. Returns how
  /// many there are.
  template<class Use>
  std::size_t each_file(const TableSource& source, Use use) {
    const PathPattern pattern(source.files);
    std::size_t matching = 0, failed = 0;
    std::exception_ptr failure;
    for (std::size_t f = 0; f < cohort_.files.size(); ++f) {
      const auto& path = cohort_.files[f].path;
      const auto person = passed_by(path) == nullptr ? pattern.match(path) : std::nullopt;
      if (!person) continue;
      ++matching;
      try {
        use(f, *person);
      } catch (const std::runtime_error& error) {  // format_error, io_error
        if (!failure) failure = std::current_exception();
        ++failed;
        files_[f].why = error.what();
        find(error.what());
      }
    }
    if (failure && failed == matching) std::rethrow_exception(failure);
    return matching;
  }

  void find_sensor(std::size_t s) {
    const auto& source = cohort_.description.sensors[s].source;
    each_file(source, [&](std::size_t f, const std::string& person) {
      if (!source.person_column.empty()) return add_table(s, f);
      auto* parts = parts_of(person, f);
      if (parts == nullptr) return;
      (*parts)[s].push_back({f});
      if (files_[f].owner.empty()) files_[f].owner = spellings_[name_key(person)].front();
    });
  }

  /// A table of many people.
  void add_table(std::size_t s, std::size_t f) {
    const auto& sensor = cohort_.description.sensors[s];
    auto& file = cohort_.files[f];
    const auto layout = table_layout(first_rows(file), file.path, sensor.source, column_names(sensor));
    const auto& people = people_of(f, layout);
    cohort_.layouts.push_back(layout);
    for (const auto& [person, rows] : people.rows)
      if (auto* parts = parts_of(person, f)) (*parts)[s].push_back({f, cohort_.layouts.size() - 1, rows});
  }

  /// A table is looked through once, however many sensors are in it.
  const TablePeople& people_of(std::size_t f, const TableLayout& layout) {
    const std::tuple key(f, layout.person_column, layout.delimiter);
    if (const auto known = tables_.find(key); known != tables_.end()) return known->second;
    auto& file = cohort_.files[f];
    // One of its own, also after a table that could not be sorted to the end.
    const auto folder =
        options_.sorted.empty() ? std::filesystem::path() : options_.sorted / std::to_string(folders_++);
    if (file.disk.empty()) unpack(file, folder);
    const auto& people = tables_.emplace(key, table_people(file, layout, folder)).first->second;
    if (people.nameless > 0) find(file.path + ": rows without a person: " + std::to_string(people.nameless));
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

  /// Labels that are not asked for.
  void pass_by(const TableLabels& labels) {
    each_file(labels.source, [&](std::size_t f, const std::string&) {
      files_[f].why = "of other labels, \"" + labels.name + "\"";
    });
  }

  void find_labels(const TableLabels& labels) {
    const auto found = each_file(labels.source, [&](std::size_t f, const std::string& person) {
      const auto& file = cohort_.files[f];
      try {
        add_table_labels(file.content(), file.path, labels, person, cohort_.labels);
      } catch (const std::runtime_error& error) {
        if (person.empty()) throw;
        cohort_.labels.faults[person].push_back({"", 0, error.what()});
      }
      files_[f].read = true;
      if (files_[f].owner.empty()) files_[f].owner = person;
    });
    if (found == 0)
      throw format_error(labels.source.files, "expected files of labels of this pattern, found none");
  }

  /// Whose recordings a name in labels means; null when there are none.
  const std::string* recorded(const std::string& name) {
    const auto found = spellings_.find(name_key(name));
    if (found == spellings_.end()) return nullptr;
    auto& spellings = found->second;
    if (std::find(spellings.begin(), spellings.end(), name) == spellings.end()) spellings.push_back(name);
    return &spellings.front();
  }

  /// Gives labels to the people they mean; of others it is said that there are.
  void settle_labels(const std::string& wanted) {
    TableLabelIntervals settled;
    const auto add = [](auto& to, auto& from) {
      to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
    };
    for (auto& [name, intervals] : cohort_.labels.intervals) {
      if (const auto* person = recorded(name)) {
        add(settled.intervals[*person], intervals);
        continue;
      }
      const auto fault = name_fault(name);
      find("labels \"" + wanted +
           "\": " + (fault.empty() ? "some are of \"" + name + "\", of whom there is no recording" : fault));
    }
    for (auto& [name, faults] : cohort_.labels.faults) {
      if (const auto* person = recorded(name))
        add(settled.faults[*person], faults);
      else
        for (const auto& fault : faults) find(fault.text());
    }
    settled.sort();
    cohort_.labels = std::move(settled);
  }

  void account() {
    std::vector<std::string> paths;
    for (std::size_t f = 0; f < files_.size(); ++f) {
      const auto& path = paths.emplace_back(cohort_.files[f].path);
      auto& [read, owner, why] = files_[f];
      if (read) ++(cohort_.parts.contains(owner) ? cohort_.personal[owner] : cohort_.shared);
      if (const char* reason = passed_by(path)) why = reason;
      if (why.empty())
        why = is_foreign_archive(path) ? foreign_archive_reason
              : path.ends_with(".zip") && cohort_.files[f].disk.empty()
                  ? "a zip archive in an archive, which is not read"
                  : "no sensor and no labels have such files";
    }
    cohort_.ignored = ignored_files(
        paths, [this](std::size_t f) { return files_[f].read; },
        [this](std::size_t f) { return files_[f].why; });
  }

  TableCohort& cohort_;
  const TableCohortOptions& options_;
  std::vector<Fate> files_;  // of the cohort's
  std::map<std::string, std::vector<std::string>>
      spellings_;  // of people with recordings, by the key of their names
  std::map<std::tuple<std::size_t, std::size_t, char>, TablePeople> tables_;
  std::size_t folders_ = 0;  // for sorted rows
};

}  // namespace detail

/// Looks which of `files` are whose, reads all labels, and goes through tables of many people once to find out whose rows are
/// where. Throws io_error and format_error when none of the tables of labels, or of a sensor of many people, can be read, where
/// one of several is a finding; std::invalid_argument for labels that the description has not, and as check_windows.
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
