// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "../core/config.hpp"
#include "options.hpp"

namespace lifelog::inline LIFELOG_ABI::generator {

/// The nine modalities in the study's order; their place here is their index in the generator.
inline constexpr std::array<const char*, 9> generated_modalities{"e4Acc", "e4Bvp", "e4Eda", "e4Hr", "e4Temp",
                                                                 "mAcc",  "mGps",  "mGyr",  "mMag"};

/// Ways in which a generated tree is spoilt, after those seen in real copies.
enum class DefectKind {
  // One minute each; a minute has at most one.
  missing_file,       ///< a modality's file of a labelled minute does not exist
  missing_minute,     ///< a labelled minute has no sensor file at all
  partial_minute,     ///< a series ends early in the minute
  unlabelled_minute,  ///< sensor files without a label row
  duplicate_ts,       ///< a second label row with the same `ts` and another tension follows
  cell_na,            ///< one cell of a sensor file is `na`
  cell_null,          ///< … `null`
  cell_nan,           ///< … `NaN`
  cell_empty,         ///< … empty
  empty_tension,      ///< the tension's cell of the label row is empty
  crlf_file,          ///< a sensor file with CRLF line ends
  misspelt_action,    ///< the label row's action reads `communitiy_interaction`
  implausible_value,  ///< one value of a sensor file is beyond what its sensor can give
  overflowing_value,  ///< one value of a sensor file is beyond what a float can hold
  // One regular session each; at most one of a kind a person.
  crlf_labels,  ///< label file with CRLF line ends
  stray_csv,    ///< `<modality>.csv` beside the modality folders
  // A short session of its own each, beyond the regular ones; at most one of a kind a person.
  missing_folder,      ///< a modality's folder does not exist
  empty_folder,        ///< a modality's folder is empty
  header_only_labels,  ///< label file with a header and no row
  non_numeric_folder,  ///< session folder whose name is no number
};

inline constexpr Index defect_kinds = 20;

/// The kind's name as above.
LIFELOG_LAZY const char* name(DefectKind kind) {
  constexpr std::array<const char*, defect_kinds> names{
      "missing_file", "missing_minute",  "partial_minute",    "unlabelled_minute",  "duplicate_ts",
      "cell_na",      "cell_null",       "cell_nan",          "cell_empty",         "empty_tension",
      "crlf_file",    "misspelt_action", "implausible_value", "overflowing_value",  "crlf_labels",
      "stray_csv",    "missing_folder",  "empty_folder",      "header_only_labels", "non_numeric_folder"};
  return names[static_cast<std::size_t>(kind)];
}

/// The kind is about a session as a whole.
LIFELOG_LAZY bool is_session_defect(DefectKind kind) {
  return kind >= DefectKind::crlf_labels;
}

/// The kind comes as a short session beyond the regular ones.
LIFELOG_LAZY bool is_extra_session(DefectKind kind) {
  return kind >= DefectKind::missing_folder;
}

/// A minute so spoilt is of no use to the study: a reader drops it.
LIFELOG_LAZY bool spoils_minute(DefectKind kind) {
  switch (kind) {
    case DefectKind::duplicate_ts:
    case DefectKind::crlf_file:
    case DefectKind::misspelt_action:
    case DefectKind::implausible_value:
      return false;
    default:
      return !is_session_defect(kind);
  }
}

/// One defect and its place.
struct PlantedDefect {
  DefectKind kind = DefectKind::missing_file;
  /// Person, session and minute as indices of the plan; minute −1: the session as a whole.
  Index person = 0, session = 0, minute = -1;
  /// Index of the modality it is about, −1: of none.
  Index modality = -1;
};

/// What is true of one generated person.
struct PersonTruth {
  std::string user;
  Index group = 0;
  /// Tensions that occur, ascending: what labels 0…C−1 stand for.
  std::vector<Index> tensions;
  /// Minutes of the regular sessions, and those of them that the study's rules keep: labelled, with all files
  /// whole and readable. Flawed sessions add none.
  Index minutes = 0, complete_minutes = 0;
  /// Defects by kind.
  std::array<Index, defect_kinds> defects{};
};

/// One defect, in words.
struct DefectTruth {
  std::string kind, user, session, modality;
  /// Unix second of the minute, −1: the session as a whole.
  std::int64_t timestamp = -1;
};

/// What an analysis of a generated tree ought to find.
struct GeneratorTruth {
  GeneratorOptions options;
  /// Names of the modalities on which the tension of each group depends.
  std::vector<std::vector<std::string>> groups;
  /// [group], name of the modality that tells again what the first of these tells; empty: none.
  std::vector<std::string> correlated;
  std::vector<PersonTruth> people;
  std::vector<DefectTruth> defects;
  std::array<Index, defect_kinds> defect_count{};
  /// What was written, truth file excluded.
  Index files = 0, bytes = 0;
};

}  // namespace lifelog::generator
