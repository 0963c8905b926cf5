// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <vector>

#include "../core/config.hpp"

namespace lifelog::data {

/// The reasons for which readers keep or drop a minute; stable, because they become keys of `quality.json`.
/// A reader may add its own.
namespace reason {
inline constexpr const char* complete = "complete";      ///< kept: every modality recorded
inline constexpr const char* partial = "partial";        ///< kept although a modality was missing (allowed)
inline constexpr const char* unlabelled = "unlabelled";  ///< dropped: no label, or none covers enough of it
inline constexpr const char* missing_modality =
    "missing_modality";                                ///< dropped: a modality has no sample in it
inline constexpr const char* short_minute = "short";   ///< dropped: a modality has too few samples
inline constexpr const char* bad_value = "bad_value";  ///< dropped: a sample could not be read as a number
inline constexpr const char* duplicate = "duplicate";  ///< dropped: the same minute came before
}  // namespace reason

/// What became of one person's recording: every minute seen is counted once, as kept or as dropped, by
/// reason.
struct Quality {
  std::string user;
  Index minutes_seen = 0;
  Index minutes_kept = 0;
  /// Minutes by reason; the counts of `kept` add up to `minutes_kept`, those of both to `minutes_seen`.
  std::map<std::string, Index> kept, dropped;
  /// Dirt that was survived (say "bad_cell", "duplicate_label"), counted by kind; not minutes, and complete
  /// even where `notes` were capped.
  std::map<std::string, Index> defects;
  /// The first `max_notes` notes, "file:line: message" or "file: message"; `notes_total` counts all of them.
  std::vector<std::string> notes;
  Index notes_total = 0;
  Index max_notes = 100;
  /// Why nothing of this person can be used; empty when something can.
  std::string error;

  void keep(const std::string& why = reason::complete) {
    ++minutes_seen;
    ++minutes_kept;
    ++kept[why];
  }

  void drop(const std::string& why) {
    ++minutes_seen;
    ++dropped[why];
  }

  /// Records a remark that says itself what it is about.
  void note(const std::string& text) {
    ++notes_total;
    if (static_cast<Index>(notes.size()) < max_notes) notes.push_back(text);
  }

  /// Records a remark on a file; `line` counts from 1, 0 speaks of the file as a whole.
  void note(const std::string& file, Index line, const std::string& message) {
    note(file + (line > 0 ? ":" + std::to_string(line) : std::string()) + ": " + message);
  }

  /// Counts one defect of a kind and notes where it is.
  void defect(const std::string& kind, const std::string& file, Index line, const std::string& message) {
    ++defects[kind];
    note(file, line, message);
  }

  Index minutes_dropped() const { return minutes_seen - minutes_kept; }
  bool usable() const { return error.empty() && minutes_kept > 0; }
};

}  // namespace lifelog::data
