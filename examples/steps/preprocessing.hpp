// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <functional>
#include <lifelog/readers/empatica.hpp>
#include <lifelog/readers/empatica_tree.hpp>
#include <lifelog/readers/etri.hpp>
#include <lifelog/readers/table.hpp>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "../common/files.hpp"

namespace lifelog::examples {

enum class Layout { etri, empatica, table };

/// The layouts by their names, in the order of the enumeration.
inline const std::vector<std::string> layout_names{"etri", "empatica", "table"};

/// name: one of them.
Layout layout_named(const std::string& name);

struct PreprocessOptions {
  Layout layout = Layout::etri;
  /// Raw tree, and where data sets, tables and quality.json go.
  std::filesystem::path in, out;
  /// Label file, for Layout::empatica.
  std::filesystem::path labels;
  /// For Layout::table: sensors.json; seconds of a window and from one to the next, 0: as sensors.json says; the name of the
  /// labels to take, empty: the first.
  std::filesystem::path sensors;
  double window = 0, step = 0;
  std::string label_name;
  /// For Layout::etri.
  readers::EtriTarget target = readers::EtriTarget::tension;
  data::Rules rules = data::study_rules();
  bool allow_missing = false;
  /// For Layout::empatica: labels are the events of tags.csv, and there is no label file.
  bool tags = false;
  /// Row tables too; for Layout::etri.
  bool rows = false;
  /// A minute that is dropped is an error.
  bool strict = false;
  /// Where what was read is kept, so that a second run does not parse; empty: nowhere.
  std::filesystem::path cache;
  /// Places of dirt named in quality.json for each person.
  Index notes = 100;
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

/// Turns a raw tree into data sets, one person after another: memory is that of one.
class Preprocessor {
 public:
  /// Looks who is there, and reads the label file of an Empatica tree. Throws io_error, format_error.
  explicit Preprocessor(PreprocessOptions options);

  const std::vector<std::string>& users() const { return users_; }
  const PreprocessOptions& options() const { return options_; }
  /// What lies beside the people of the tree.
  const std::vector<data::Ignored>& ignored() const { return ignored_; }
  /// Files that were read and are of no person, and what is to be said of such.
  Index other_files() const { return other_files_; }
  const std::vector<std::string>& findings() const { return findings_; }

  /// Reads one person and writes what can be used. What makes a person useless is in `quality.error`; files
  /// of that person from an earlier run are removed then. progress: told how far reading has come. Throws
  /// OutputError; where `strict`, format_error for the first minute dropped.
  PreprocessedPerson run(const std::string& user, const readers::ReadProgress& progress = {}) const;

  /// All that a result depends on, for quality.json.
  nlohmann::ordered_json settings() const;
  /// The same as metadata of a data set: rules, layout, window, options, lifelog_version.
  std::map<std::string, std::string> about() const;

  /// The text without the tree's root in it, so that the same tree gives the same quality.json wherever it lies.
  std::string from_root(std::string text) const;

 private:
  using Recorded = std::pair<data::DataSet, data::Quality>;

  void find_tables();
  nlohmann::ordered_json table_settings() const;
  void look_for_etri();
  void look_for_empatica();
  void name_labelled_only();
  void find_lost_labels();
  const readers::EmpaticaPersonFiles& empatica_files(const std::string& user) const;
  Recorded read(const std::string& user, const readers::ReadProgress& progress) const;
  std::string state_of(const std::string& user) const;
  template<class T, class Make>
  T through_cache(const std::string& user, const char* ending, const std::string& settings,
                  Make&& make) const;
  void write_row_table(const std::string& user, const readers::ReadProgress& progress,
                       PreprocessedPerson& person) const;
  data::Quality tidy(data::Quality quality) const;

  PreprocessOptions options_;
  std::vector<std::string> users_;
  std::vector<data::Ignored> ignored_;
  Index other_files_ = 0;
  std::vector<std::string> findings_;
  readers::EmpaticaLabels labels_;
  std::vector<readers::EmpaticaPersonFiles> empatica_;  ///< of users_
  std::shared_ptr<TemporaryDirectory> sorted_;          ///< for rows of tables whose people lie mixed
  readers::TableCohort cohort_;
  std::string tables_state_;  ///< of all files of a cohort of tables
};

/// Preprocesses everybody and writes quality.json and quality.csv, whatever happens to one person: that is in the person's
/// `quality.error`. `done(people, note)` is called as work goes on: people behind us, with the part of the present one, and
/// how far that one is. No other run may write to the folder at the same time. Throws OutputError, where it is about one
/// person's files after everybody was tried; where `strict`, what `run` throws.
std::vector<PreprocessedPerson> preprocess_all(
    const Preprocessor& preprocessor,
    const std::function<void(double people, const std::string& note)>& done);

/// Data sets and tables in the output's folder that this run did not write: of people who are in the tree no longer, or of
/// another tree. Nothing removes them.
std::vector<std::string> leftovers(const Preprocessor& preprocessor,
                                   const std::vector<PreprocessedPerson>& people);

}  // namespace lifelog::examples
