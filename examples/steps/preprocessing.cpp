// SPDX-License-Identifier: MIT
#include "preprocessing.hpp"

#include <lifelog/data/dataset_file.hpp>
#include <lifelog/readers/cache.hpp>
#include <lifelog/readers/etri_rows.hpp>
#include <lifelog/readers/rows_file.hpp>
#include <lifelog/readers/table_description_file.hpp>

#include "../common/quality_file.hpp"
#include "../common/table_tree.hpp"
#include "../common/zipped_sessions.hpp"

namespace lifelog::examples {

namespace {

void forbid_drops(const data::Quality& quality) {
  const auto dropped = quality.minutes_dropped();
  if (dropped > 0)
    throw format_error("person " + quality.user,
                       quality.first_drop + " (--strict: " + std::to_string(dropped) + " of " +
                           std::to_string(quality.minutes_seen) + " minutes would be dropped)");
  if (!quality.error.empty()) throw format_error("person " + quality.user, quality.error + " (--strict)");
}

std::vector<std::pair<std::string, Index>> classes_of(const data::DataSet& data) {
  std::vector<std::pair<std::string, Index>> classes;
  for (const auto& name : data.classes) classes.emplace_back(name, 0);
  for (const auto label : data.label) ++classes[static_cast<std::size_t>(label)].second;
  return classes;
}

}  // namespace

Layout layout_named(const std::string& name) {
  const auto at = std::find(layout_names.begin(), layout_names.end(), name);
  return static_cast<Layout>(at - layout_names.begin());
}

Preprocessor::Preprocessor(PreprocessOptions options) : options_(std::move(options)) {
  if (options_.layout == Layout::etri) {
    users_ = readers::etri_users(options_.in);
    ignored_ = readers::etri_strays(options_.in);
  } else if (options_.layout == Layout::empatica) {
    users_ = empatica_people(options_.in);
    labels_ = readers::read_empatica_labels(options_.labels);
  } else {
    find_tables();
  }
  if (users_.empty())
    throw format_error(options_.in.string(),
                       options_.layout == Layout::table
                           ? "expected files of a sensor of " + options_.sensors.string() + ", found none"
                           : "expected a folder per person, found none");
}

void Preprocessor::find_tables() {
  auto description = readers::read_table_description(options_.sensors);
  if (options_.window > 0) {
    // Windows that followed each other still do, unless --step says otherwise.
    if (description.step == description.seconds) description.step = options_.window;
    description.seconds = options_.window;
  }
  if (options_.step > 0) description.step = options_.step;
  try {
    readers::check_windows(description);
  } catch (const std::invalid_argument& error) {
    throw format_error(options_.sensors.string(), error.what());
  }
  sorted_ = std::make_shared<TemporaryDirectory>();
  auto files = table_tree(options_.in, ignored_);
  std::error_code unknown;
  std::erase_if(files, [&](const auto& file) {
    return std::filesystem::equivalent(file.disk, options_.sensors, unknown);
  });
  cohort_ = readers::table_cohort(std::move(files), std::move(description),
                                  {options_.label_name, sorted_->path() / "rows"});
  users_ = cohort_.people;
  ignored_.insert(ignored_.end(), cohort_.ignored.begin(), cohort_.ignored.end());
}

PreprocessedPerson Preprocessor::run(const std::string& user, const readers::ReadProgress& progress) const {
  auto recorded = read(user, progress);
  const auto& data = recorded.first;
  PreprocessedPerson person{tidy(std::move(recorded.second)), classes_of(data), 0, {}};
  if (options_.strict) forbid_drops(person.quality);
  const auto file = dataset_file(options_.out, user);
  writing([&] {
    if (person.quality.usable())
      data::save_dataset(file, data);
    else
      std::filesystem::remove(file);
  });
  recorded = {};
  if (options_.rows) write_row_table(user, progress, person);
  return person;
}

nlohmann::ordered_json Preprocessor::table_settings() const {
  const auto& description = cohort_.description;
  auto sensors = nlohmann::ordered_json::array();
  for (const auto& sensor : description.sensors) {
    std::vector<std::string> units;
    for (const auto& column : sensor.columns) units.push_back(column.channel.unit);
    sensors.push_back({{"name", sensor.name},
                       {"full_name", sensor.full_name},
                       {"units", units},
                       {"window", readers::table_window_names[static_cast<std::size_t>(sensor.window)]},
                       {"shape", {sensor.channels(), sensor.samples(description.seconds)}}});
  }
  return {{"layout", "table"},
          {"label", options_.label_name.empty() ? description.labels.front().name : options_.label_name},
          {"rules", options_.rules.name},
          {"allow_missing", options_.allow_missing},
          {"window", description.seconds},
          {"step", description.step},
          {"description", readers::settings_text(description)},
          {"sensors", sensors}};
}

nlohmann::ordered_json Preprocessor::settings() const {
  if (options_.layout == Layout::table) return table_settings();
  const bool etri = options_.layout == Layout::etri;
  return {{"layout", etri ? "etri" : "empatica"},
          {"label", etri ? readers::etri_label_column(options_.target) : "label"},
          {"rules", options_.rules.name},
          {"allow_missing", options_.allow_missing}};
}

/// `make()`, or what it came to when neither settings nor files below `folder()` were others.
template<class T, class Folder, class Make>
T Preprocessor::through_cache(const std::string& name, const std::string& options, Folder&& folder,
                              Make&& make) const {
  if (options_.cache.empty()) return make();
  const std::filesystem::path root = folder();
  const auto key = root.string() + '\n' + options + readers::tree_state(root) + '\n' +
                   readers::tree_state(zip_beside(root)) + '\n' + options_.labels.string() + '\n' +
                   readers::tree_state(options_.labels);
  return readers::cached<T>(options_.cache / name, key, make);
}

Preprocessor::Recorded Preprocessor::read(const std::string& user,
                                          const readers::ReadProgress& progress) const {
  if (options_.layout == Layout::etri) {
    readers::EtriOptions options;
    options.target = options_.target;
    options.rules = options_.rules;
    options.max_notes = options_.notes;
    options.allow_missing = options_.allow_missing;
    options.threads = options_.threads;
    options.progress = progress;
    auto person = through_cache<readers::EtriPerson>(
        user + ".minutes", readers::settings_text(options),
        [&] { return readers::etri_user_folder(options_.in, user); },
        [&] { return readers::read_etri_person(options_.in, user, options); });
    return {std::move(person.data), std::move(person.quality)};
  }
  if (options_.layout == Layout::table) {
    readers::TableOptions options;
    options.drop_implausible = options_.rules.drop_implausible;
    options.max_notes = options_.notes;
    options.allow_missing = options_.allow_missing;
    options.progress = progress;
    auto person = through_cache<readers::TablePerson>(
        user + ".minutes", readers::settings_text(cohort_.description, options_.label_name, options),
        [&] { return options_.in; }, [&] { return readers::read_table_person(cohort_, user, options); });
    return {std::move(person.data), std::move(person.quality)};
  }
  readers::EmpaticaOptions options;
  options.rules = options_.rules;
  options.max_notes = options_.notes;
  options.allow_missing = options_.allow_missing;
  options.progress = progress;
  auto person = through_cache<readers::EmpaticaPerson>(
      user + ".minutes", readers::settings_text(options), [&] { return options_.in / user; },
      [&] {
        return readers::read_empatica_person(user, person_sessions(options_.in, user), labels_, options);
      });
  return {std::move(person.data), std::move(person.quality)};
}

void Preprocessor::write_row_table(const std::string& user, const readers::ReadProgress& progress,
                                   PreprocessedPerson& person) const {
  readers::EtriRowOptions options;
  options.modalities = options_.rules.modalities;
  options.max_notes = options_.notes;
  options.threads = options_.threads;
  options.progress = progress;
  auto rows = through_cache<readers::EtriRows>(
      user + ".rows", readers::settings_text(options),
      [&] { return readers::etri_user_folder(options_.in, user); },
      [&] { return readers::read_etri_rows(options_.in, user, options); });
  const auto file = rows_file(options_.out, user);
  person.rows = static_cast<Index>(rows.table.size());
  person.rows_quality = tidy(std::move(rows.quality));
  writing([&] {
    if (person.rows > 0)
      readers::write_rows(file, rows.table);
    else
      std::filesystem::remove(file);
  });
}

/// Names files from the tree's root on, so that the same tree gives the same quality.json wherever it lies.
data::Quality Preprocessor::tidy(data::Quality quality) const {
  const auto root = (options_.in / "").string();
  const auto shorten = [&root](std::string& text) {
    for (std::size_t at = 0; (at = text.find(root, at)) != std::string::npos;) text.erase(at, root.size());
  };
  for (auto& note : quality.notes) shorten(note);
  shorten(quality.first_drop);
  shorten(quality.error);
  return quality;
}

std::vector<PreprocessedPerson> preprocess_all(
    const Preprocessor& preprocessor,
    const std::function<void(double people, const std::string& note)>& done) {
  const auto& out = preprocessor.options().out;
  make_directory(out);
  if (!preprocessor.options().cache.empty()) make_directory(preprocessor.options().cache);
  std::vector<PreprocessedPerson> people;
  std::vector<data::Quality> qualities, row_tables;
  for (const auto& user : preprocessor.users()) {
    const auto before = static_cast<double>(people.size());
    people.push_back(preprocessor.run(user, [&](Index read, Index total) {
      done(before + static_cast<double>(read) / static_cast<double>(total),
           "person " + user + ": " + std::to_string(read) + " of " + std::to_string(total));
    }));
    qualities.push_back(people.back().quality);
    if (preprocessor.options().rows) row_tables.push_back(people.back().rows_quality);
    done(before + 1, std::string());
  }
  write_quality(out / "quality.json", qualities, row_tables, preprocessor.ignored(), preprocessor.settings());
  write_text(out / "quality.csv", quality_csv(qualities));
  return people;
}

}  // namespace lifelog::examples
