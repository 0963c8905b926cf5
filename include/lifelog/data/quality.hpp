// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "../core/config.hpp"
#include "../core/shown.hpp"

namespace lifelog::inline LIFELOG_ABI::data {

/// What may be said of a minute; stable, because these become keys of `quality.json`. A reader may add its
/// own.
namespace reason {
// Kept as it is.
inline constexpr const char* complete = "complete";        ///< every modality recorded
inline constexpr const char* partial = "partial";          ///< although a modality was unusable (allowed)
inline constexpr const char* implausible = "implausible";  ///< although a value is out of range (allowed)
// Kept after something was left out of it.
inline constexpr const char* duplicate_label = "duplicate_label";  ///< more label rows of the same time
inline constexpr const char* misspelt_action = "misspelt_action";  ///< its label in the usual spelling
inline constexpr const char* skipped_sample = "skipped_sample";    ///< a mean without its unreadable samples
// Dropped: what its label lacks …
inline constexpr const char* unlabelled = "unlabelled";    ///< no label, or none covers enough of it
inline constexpr const char* empty_label = "empty_label";  ///< a label row that says nothing
inline constexpr const char* bad_label = "bad_label";      ///< a label that cannot be read
inline constexpr const char* label_out_of_range =
    "label_out_of_range";  ///< a number that is not on the scale
// … what its files lack …
inline constexpr const char* missing_modality = "missing_modality";  ///< a modality has no sample in it
inline constexpr const char* bad_file = "bad_file";            ///< a file unreadable or without its columns
inline constexpr const char* short_minute = "short";           ///< a modality has too few samples
inline constexpr const char* long_minute = "long";             ///< a modality has too many samples
inline constexpr const char* missing_value = "missing_value";  ///< an empty cell, `NaN`, `null`, `na`, …
inline constexpr const char* bad_value = "bad_value";          ///< a cell with anything but a number
inline constexpr const char* out_of_range = "out_of_range";    ///< a value no sensor can report
// … or where it lies.
inline constexpr const char* duplicate = "duplicate";        ///< the same minute came before
inline constexpr const char* stray_folder = "stray_folder";  ///< in a folder that is no session
}  // namespace reason

/// A file, or a folder with all that is in it, of which nothing was read.
struct Ignored {
  std::string path;
  std::string reason;
  Index files = 1;  ///< that it stands for
};

/// What became of one person's recording: every minute seen is counted once, as kept, repaired or dropped, by
/// reason.
struct Quality {
  std::string user;
  Index minutes_seen = 0;
  /// Repaired ones included.
  Index minutes_kept = 0;
  /// Minutes by reason; the counts of all three add up to `minutes_seen`, those of the first two to
  /// `minutes_kept`.
  std::map<std::string, Index> kept, repaired, dropped;
  /// Dirt that was survived (say "bad_cell", "stray_file"), counted by kind; not minutes, and complete even
  /// where `notes` were capped.
  std::map<std::string, Index> defects;
  /// The first `max_notes` notes, "file:line: message" or "file: message"; `notes_total` counts all of them.
  std::vector<std::string> notes;
  Index notes_total = 0;
  Index max_notes = 100;
  /// Files that belong to the person's minutes, and what lies among them and was not read.
  Index files = 0;
  std::vector<Ignored> ignored;
  /// Where and why the first minute was dropped; empty while none was.
  std::string first_drop;
  /// Why nothing of this person can be used; empty when something can.
  std::string error;

  void keep(const std::string& why = reason::complete) {
    ++minutes_seen;
    ++minutes_kept;
    ++kept[why];
  }

  /// Keeps a minute of which something had to be left out or put right.
  void repair(const std::string& why) {
    ++minutes_seen;
    ++minutes_kept;
    ++repaired[why];
  }

  /// where: the minute or its file, for whoever asks after the first one dropped.
  void drop(const std::string& why, const std::string& where = {}) {
    ++minutes_seen;
    ++dropped[why];
    if (first_drop.empty()) first_drop = where.empty() ? why : where + ": " + why;
  }

  /// Records a remark that says itself what it is about. It may quote a file: what cannot be shown is kept escaped.
  void note(const std::string& text) {
    ++notes_total;
    if (static_cast<Index>(notes.size()) < max_notes) notes.push_back(lifelog::detail::shown(text, 2000));
  }

  /// Records a file or folder that is not read.
  void ignore(std::string path, std::string reason, Index of_files = 1) {
    ignored.push_back({std::move(path), std::move(reason), of_files});
  }

  /// Records a remark on a file; `line` counts from 1, 0 speaks of the file as a whole.
  void note(const std::string& file, Index line, const std::string& message) {
    note(place(file, line) + ": " + message);
  }

  /// Counts one defect of a kind and notes where it is.
  void defect(const std::string& kind, const std::string& file, Index line, const std::string& message) {
    ++defects[kind];
    note(file, line, message);
  }

  /// "file:line", or "file" for line 0.
  static std::string place(const std::string& file, Index line) {
    return file + (line > 0 ? ":" + std::to_string(line) : std::string());
  }

  Index minutes_dropped() const { return minutes_seen - minutes_kept; }
  Index minutes_repaired() const {
    Index sum = 0;
    for (const auto& [why, minutes] : repaired) sum += minutes;
    return sum;
  }
  bool usable() const { return error.empty() && minutes_kept > 0; }
};

}  // namespace lifelog::data
