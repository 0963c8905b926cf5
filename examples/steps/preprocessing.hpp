// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <lifelog/data/empatica.hpp>
#include <lifelog/data/etri.hpp>
#include <lifelog/data/etri_rows.hpp>
#include <lifelog/io/dataset.hpp>
#include <string>
#include <utility>
#include <vector>

#include "../common/files.hpp"
#include "../common/quality_file.hpp"

namespace lifelog::examples {

enum class Layout { etri, empatica };

struct PreprocessOptions {
  Layout layout = Layout::etri;
  /// Raw tree, and where data sets, tables and quality.json go.
  std::filesystem::path in, out;
  /// Label file, for Layout::empatica.
  std::filesystem::path labels;
  /// For Layout::etri.
  data::EtriTarget target = data::EtriTarget::tension;
  data::Rules rules = data::Rules::study;
  bool allow_missing = false;
  /// Row tables too; for Layout::etri.
  bool rows = false;
  int threads = 0;
};

/// What preprocessing one person came to.
struct PreprocessedPerson {
  data::Quality quality;
  /// Minutes of each class kept, by the class's name.
  std::vector<std::pair<std::string, Index>> classes;
  /// Of the row table, when one was asked for.
  Index rows = 0;
  data::Quality rows_quality;
};

/// `<out>/<user>.safetensors` and `<out>/<user>.csv`.
inline std::filesystem::path dataset_file(const std::filesystem::path& out, const std::string& user) {
  return out / (user + ".safetensors");
}
inline std::filesystem::path rows_file(const std::filesystem::path& out, const std::string& user) {
  return out / (user + ".csv");
}

/// Turns a raw tree into data sets, one person after another.
class Preprocessor {
 public:
  /// Looks who is there, and reads the label file of an Empatica tree. Throws io_error, format_error.
  explicit Preprocessor(PreprocessOptions options) : options_(std::move(options)) {
    if (options_.layout == Layout::etri) {
      users_ = data::etri_users(options_.in);
    } else {
      users_ = data::empatica_users(options_.in);
      labels_ = data::read_empatica_labels(options_.labels);
    }
    if (users_.empty()) throw format_error(options_.in.string(), "expected a folder per person, found none");
  }

  const std::vector<std::string>& users() const { return users_; }
  const PreprocessOptions& options() const { return options_; }

  /// Reads one person and writes what can be used. What makes a person useless is in `quality.error`; files
  /// of that person from an earlier run are removed then. Throws OutputError.
  PreprocessedPerson run(const std::string& user) const {
    auto recorded = read(user);
    const auto& data = recorded.first;
    PreprocessedPerson person{tidy(std::move(recorded.second)), classes_of(data), 0, {}};
    const auto file = dataset_file(options_.out, user);
    writing([&] {
      if (person.quality.usable())
        io::save_dataset(file, data);
      else
        std::filesystem::remove(file);
    });
    if (options_.rows) write_row_table(user, person);
    return person;
  }

  /// All that a result depends on, for quality.json.
  nlohmann::ordered_json settings() const {
    const bool etri = options_.layout == Layout::etri;
    return {{"layout", etri ? "etri" : "empatica"},
            {"label", etri ? data::etri_label_column(options_.target) : "label"},
            {"rules", options_.rules == data::Rules::study ? "study" : "sensible"},
            {"allow_missing", options_.allow_missing}};
  }

 private:
  std::pair<data::DataSet, data::Quality> read(const std::string& user) const {
    if (options_.layout == Layout::etri) {
      data::EtriOptions options;
      options.target = options_.target;
      options.rules = options_.rules;
      options.allow_missing = options_.allow_missing;
      options.threads = options_.threads;
      auto person = data::read_etri_person(options_.in, user, options);
      return {std::move(person.data), std::move(person.quality)};
    }
    data::EmpaticaOptions options;
    options.rules = options_.rules;
    options.allow_missing = options_.allow_missing;
    auto person = data::read_empatica_person(options_.in, user, labels_, options);
    return {std::move(person.data), std::move(person.quality)};
  }

  static std::vector<std::pair<std::string, Index>> classes_of(const data::DataSet& data) {
    std::vector<std::pair<std::string, Index>> classes;
    for (const auto& name : data.classes) classes.emplace_back(name, 0);
    for (const auto label : data.label) ++classes[static_cast<std::size_t>(label)].second;
    return classes;
  }

  void write_row_table(const std::string& user, PreprocessedPerson& person) const {
    data::EtriRowOptions options;
    options.modalities = data::etri_2019(options_.rules);
    options.threads = options_.threads;
    auto rows = data::read_etri_rows(options_.in, user, options);
    const auto file = rows_file(options_.out, user);
    person.rows = static_cast<Index>(rows.table.size());
    person.rows_quality = tidy(std::move(rows.quality));
    writing([&] {
      if (person.rows > 0)
        data::write_rows(file, rows.table);
      else
        std::filesystem::remove(file);
    });
  }

  /// Names files from the tree's root on, so that the same tree gives the same quality.json wherever it lies.
  data::Quality tidy(data::Quality quality) const {
    const auto root = (options_.in / "").string();
    const auto shorten = [&root](std::string& text) {
      for (std::size_t at = 0; (at = text.find(root, at)) != std::string::npos;) text.erase(at, root.size());
    };
    for (auto& note : quality.notes) shorten(note);
    shorten(quality.error);
    return quality;
  }

  PreprocessOptions options_;
  std::vector<std::string> users_;
  data::EmpaticaLabels labels_;
};

/// Preprocesses everybody and writes quality.json. `done(people)` is called after each person.
template<class Done>
std::vector<PreprocessedPerson> preprocess_all(const Preprocessor& preprocessor, Done&& done) {
  const auto& out = preprocessor.options().out;
  make_directory(out);
  std::vector<PreprocessedPerson> people;
  std::vector<data::Quality> qualities, row_tables;
  for (const auto& user : preprocessor.users()) {
    people.push_back(preprocessor.run(user));
    qualities.push_back(people.back().quality);
    if (preprocessor.options().rows) row_tables.push_back(people.back().rows_quality);
    done(people.size());
  }
  write_quality(out / "quality.json", qualities, row_tables, preprocessor.settings());
  return people;
}

}  // namespace lifelog::examples
