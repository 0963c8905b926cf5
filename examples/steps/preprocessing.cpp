// SPDX-License-Identifier: MIT
#include "preprocessing.hpp"

#include <algorithm>
#include <exception>
#include <lifelog/core/version.hpp>
#include <lifelog/data/dataset_file.hpp>
#include <lifelog/readers/cache.hpp>
#include <lifelog/readers/etri_rows.hpp>
#include <lifelog/readers/rows_file.hpp>
#include <lifelog/readers/table_description_file.hpp>
#include <new>
#include <nlohmann/json.hpp>
#include <set>

#include "../common/empatica_files.hpp"
#include "../common/files.hpp"
#include "../common/output_lock.hpp"
#include "../common/quality_file.hpp"
#include "../common/table_tree.hpp"

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
  if (options_.layout == Layout::etri)
    look_for_etri();
  else if (options_.layout == Layout::empatica)
    look_for_empatica();
  else
    find_tables();
  find_lost_labels();
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
  auto files = table_tree(options_.in, ignored_, {options_.out, options_.cache});
  std::error_code unknown;
  other_files_ += static_cast<Index>(std::erase_if(files, [&](const auto& file) {
    return std::filesystem::equivalent(file.disk, options_.sensors, unknown);
  }));
  cohort_ = readers::table_cohort(std::move(files), std::move(description),
                                  {options_.label_name, sorted_->path() / "rows"});
  if (!options_.cache.empty())
    tables_state_ = readers::tree_state(options_.in, {options_.out, options_.cache});
  users_ = cohort_.people;
  other_files_ += cohort_.shared;
  for (const auto& finding : cohort_.findings) findings_.push_back(from_root(finding));
  for (auto& ignored : cohort_.ignored)
    ignored_.push_back({ignored.path, from_root(std::move(ignored.reason)), ignored.files});
}

void Preprocessor::look_for_etri() {
  users_ = readers::etri_users(options_.in);
  ignored_ = readers::etri_ignored(options_.in, {options_.out, options_.cache});
}

void Preprocessor::look_for_empatica() {
  namespace fs = std::filesystem;
  if (!options_.tags) labels_ = readers::read_empatica_labels(options_.labels);
  auto found = list_empatica_files(options_.in, {options_.out, options_.cache});
  std::erase_if(found.files, [&](const readers::EmpaticaFile& file) {
    std::error_code unknown;
    const bool labels = !options_.labels.empty() && file.on_disk() &&
                        fs::equivalent(options_.in / file.path(), options_.labels, unknown);
    other_files_ += labels;
    return labels;
  });
  auto tree = readers::arrange_empatica(found.files, options_.in, labels_,
                                        {readers::empatica_sensors(), options_.tags});
  empatica_ = std::move(tree.people);
  ignored_ = std::move(tree.ignored);
  ignored_.insert(ignored_.end(), found.not_entered.begin(), found.not_entered.end());
  for (const auto& fault : labels_.other_faults)
    findings_.push_back(data::Quality::place(options_.labels.filename().string(), fault.line) + ": " +
                        fault.message);
  name_labelled_only();
  for (const auto& person : empatica_) users_.push_back(person.user);
}

/// People with labels and no recording: unusable when they have a folder, a finding when not.
void Preprocessor::name_labelled_only() {
  const auto known = [&](const std::string& user) {
    return std::any_of(empatica_.begin(), empatica_.end(),
                       [&](const auto& person) { return person.user == user; });
  };
  for (const auto& [key, user] : labels_.spelling) {
    if (known(user)) continue;
    std::error_code unknown;
    if (std::filesystem::is_directory(options_.in / user, unknown))
      empatica_.push_back({user, {readers::empatica_folder(options_.in / user)}, {}, {}, 0});
    else
      findings_.push_back(options_.labels.filename().string() + ": labels of \"" + user +
                          "\", of whom there is no recording");
  }
  std::sort(empatica_.begin(), empatica_.end(),
            [](const auto& a, const auto& b) { return data::label_less(a.user, b.user); });
}

/// Rows of labels that say nothing usable would otherwise be told by their people's notes alone.
void Preprocessor::find_lost_labels() {
  Index rows = 0;
  std::string first;
  const auto add = [&](const auto& faults, const auto& text_of) {
    if (rows == 0) first = text_of(faults.front());
    rows += static_cast<Index>(faults.size());
  };
  for (const auto& [user, faults] : labels_.faults)
    add(faults, [this](const auto& fault) {
      return data::Quality::place(options_.labels.filename().string(), fault.line) + ": " + fault.message;
    });
  for (const auto& [user, faults] : cohort_.labels.faults)
    add(faults, [this](const auto& fault) { return from_root(fault.text()); });
  if (rows > 0)
    findings_.push_back("rows without a usable label: " + std::to_string(rows) + "; the first: " + first);
}

const readers::EmpaticaPersonFiles& Preprocessor::empatica_files(const std::string& user) const {
  return *std::find_if(empatica_.begin(), empatica_.end(),
                       [&](const auto& person) { return person.user == user; });
}

PreprocessedPerson Preprocessor::run(const std::string& user, const readers::ReadProgress& progress) const {
  auto recorded = read(user, progress);
  const auto& data = recorded.first;
  PreprocessedPerson person{tidy(std::move(recorded.second)), classes_of(data), 0, {}};
  if (options_.strict) forbid_drops(person.quality);
  const auto file = dataset_file(options_.out, user);
  writing([&] {
    if (person.quality.usable())
      data::save_dataset(file, data, about());
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
          {"label", etri            ? readers::etri_label_column(options_.target)
                    : options_.tags ? "tags"
                                    : "label"},
          {"rules", options_.rules.name},
          {"allow_missing", options_.allow_missing}};
}

std::map<std::string, std::string> Preprocessor::about() const {
  auto options = settings();
  std::map<std::string, std::string> about{{"window", "60"}, {"lifelog_version", LIFELOG_VERSION}};
  if (options.contains("window"))
    about["window"] = readers::detail::number_class(options.at("window").get<double>());
  for (const char* key : {"layout", "rules"}) {
    about[key] = options.at(key);
    options.erase(key);
  }
  about["options"] = options.dump();
  return about;
}

/// The files that what is read of a person depends on.
std::string Preprocessor::state_of(const std::string& user) const {
  if (options_.layout == Layout::etri) {
    const auto folder = readers::etri_user_folder(options_.in, user);
    return folder.string() + '\n' + readers::tree_state(folder);
  }
  if (options_.layout == Layout::table) return tables_state_;
  std::string state = readers::tree_state(options_.labels) + '\n';
  const auto add = [&](const std::filesystem::path& file) {
    state += file.string() + '\n' + readers::tree_state(file) + '\n';
  };
  std::error_code unknown;
  if (std::filesystem::is_regular_file(options_.in, unknown))
    add(options_.in);
  else
    for (const auto& source : empatica_files(user).sources) add(options_.in / source);
  return state;
}

/// `make()`, or what it came to when neither settings nor files were others.
template<class T, class Make>
T Preprocessor::through_cache(const std::string& user, const char* ending, const std::string& settings,
                              Make&& make) const {
  if (options_.cache.empty()) return make();
  const auto key = user + '\n' + settings + state_of(user);
  return readers::cached<T>(options_.cache / (user + ending), key, make);
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
    auto person = through_cache<readers::EtriPerson>(user, ".minutes", readers::settings_text(options), [&] {
      return readers::read_etri_person(options_.in, user, options);
    });
    return {std::move(person.data), std::move(person.quality)};
  }
  if (options_.layout == Layout::table) {
    readers::TableOptions options;
    options.drop_implausible = options_.rules.drop_implausible;
    options.max_notes = options_.notes;
    options.allow_missing = options_.allow_missing;
    options.progress = progress;
    auto person = through_cache<readers::TablePerson>(
        user, ".minutes", readers::settings_text(cohort_.description, options_.label_name, options),
        [&] { return readers::read_table_person(cohort_, user, options); });
    return {std::move(person.data), std::move(person.quality)};
  }
  readers::EmpaticaOptions options;
  options.rules = options_.rules;
  options.max_notes = options_.notes;
  options.allow_missing = options_.allow_missing;
  options.tags = options_.tags;
  options.progress = progress;
  const auto& files = empatica_files(user);
  auto person = through_cache<readers::EmpaticaPerson>(
      user, ".minutes", readers::settings_text(options),
      [&] { return readers::read_empatica_person(user, files.sessions, labels_, options); });
  person.quality.files = files.files;
  for (const auto& note : files.notes) person.quality.note(note);
  return {std::move(person.data), std::move(person.quality)};
}

void Preprocessor::write_row_table(const std::string& user, const readers::ReadProgress& progress,
                                   PreprocessedPerson& person) const {
  readers::EtriRowOptions options;
  options.modalities = options_.rules.modalities;
  options.max_notes = options_.notes;
  options.threads = options_.threads;
  options.progress = progress;
  auto rows = through_cache<readers::EtriRows>(user, ".rows", readers::settings_text(options), [&] {
    return readers::read_etri_rows(options_.in, user, options);
  });
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

std::string Preprocessor::from_root(std::string text) const {
  const auto root = (options_.in / "").string();
  for (std::size_t at = 0; (at = text.find(root, at)) != std::string::npos;) text.erase(at, root.size());
  return text;
}

data::Quality Preprocessor::tidy(data::Quality quality) const {
  for (auto& note : quality.notes) note = from_root(std::move(note));
  for (auto& ignored : quality.ignored) ignored.path = from_root(std::move(ignored.path));
  quality.first_drop = from_root(std::move(quality.first_drop));
  quality.error = from_root(std::move(quality.error));
  return quality;
}

namespace {

/// What there is to say of a person whom an exception ended.
PreprocessedPerson failed(const Preprocessor& preprocessor, const std::string& user, const std::string& why) {
  std::error_code ignored;
  std::filesystem::remove(dataset_file(preprocessor.options().out, user), ignored);
  PreprocessedPerson person;
  person.quality.user = user;
  person.quality.error = preprocessor.from_root(why);
  person.rows_quality = person.quality;
  return person;
}

/// What files say of a person is no reason to stop; what cannot be written is, once all were tried.
PreprocessedPerson attempt(const Preprocessor& preprocessor, const std::string& user,
                           const readers::ReadProgress& progress, std::exception_ptr& output) {
  try {
    return preprocessor.run(user, progress);
  } catch (const OutputError& error) {
    if (!output) output = std::current_exception();
    return failed(preprocessor, user, error.what());
  } catch (const std::bad_alloc&) {
    return failed(preprocessor, user, "more than fits into memory");
  } catch (const std::exception& error) {
    if (preprocessor.options().strict) throw;
    return failed(preprocessor, user, error.what());
  }
}

/// Results of an earlier run no longer say what is in the folder.
void forget(const std::filesystem::path& out) {
  for (const char* file : {"quality.json", "quality.csv"})
    writing([&] { std::filesystem::remove(out / file); });
}

}  // namespace

std::vector<std::string> leftovers(const Preprocessor& preprocessor,
                                   const std::vector<PreprocessedPerson>& people) {
  const auto& out = preprocessor.options().out;
  std::set<std::string> written{"quality.csv"};
  for (const auto& person : people) {
    if (person.quality.usable()) written.insert(dataset_file(out, person.quality.user).filename().string());
    if (person.rows > 0) written.insert(rows_file(out, person.quality.user).filename().string());
  }
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(out)) {
    const auto name = entry.path().filename().string();
    const auto extension = entry.path().extension();
    if ((extension == ".safetensors" || extension == ".csv") && entry.is_regular_file() &&
        !name.starts_with('.') && !written.contains(name))
      found.push_back(name);
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<PreprocessedPerson> preprocess_all(
    const Preprocessor& preprocessor,
    const std::function<void(double people, const std::string& note)>& done) {
  const auto& out = preprocessor.options().out;
  make_directory(out);
  const OutputLock lock(out);
  if (!preprocessor.options().cache.empty()) make_directory(preprocessor.options().cache);
  forget(out);
  std::vector<PreprocessedPerson> people;
  std::vector<data::Quality> qualities;
  QualityOfAll all;
  std::exception_ptr output;
  for (const auto& user : preprocessor.users()) {
    const auto before = static_cast<double>(people.size());
    const auto progress = [&](Index read, Index total) {
      done(before + static_cast<double>(read) / static_cast<double>(total),
           "person " + user + ": " + std::to_string(read) + " of " + std::to_string(total));
    };
    people.push_back(attempt(preprocessor, user, progress, output));
    qualities.push_back(people.back().quality);
    if (preprocessor.options().rows) all.row_tables.push_back(people.back().rows_quality);
    const auto& ignored = qualities.back().ignored;
    all.ignored.insert(all.ignored.end(), ignored.begin(), ignored.end());
    done(before + 1, std::string());
  }
  // Where nothing at all can be written it is not for a person's sake.
  const auto written = [](const PreprocessedPerson& person) { return person.quality.usable(); };
  if (output && std::none_of(people.begin(), people.end(), written)) std::rethrow_exception(output);
  all.ignored.insert(all.ignored.begin(), preprocessor.ignored().begin(), preprocessor.ignored().end());
  all.other_files = preprocessor.other_files();
  all.findings = preprocessor.findings();
  all.leftover = leftovers(preprocessor, people);
  all.settings = preprocessor.settings();
  write_quality(out / "quality.json", qualities, all);
  write_text(out / "quality.csv", quality_csv(qualities));
  if (output) std::rethrow_exception(output);
  return people;
}

}  // namespace lifelog::examples
