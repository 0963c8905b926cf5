// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <lifelog/data/quality.hpp>
#include <lifelog/readers/rows_file.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "files.hpp"

namespace lifelog::examples {

/// Text of files and folders as JSON can hold it, however long: bytes that are not UTF-8 are escaped.
inline std::string text_for_json(const std::string& text) {
  return lifelog::detail::shown(text, 100'000);
}

inline nlohmann::ordered_json ignored_json(const std::vector<data::Ignored>& ignored) {
  auto json = nlohmann::ordered_json::array();
  for (const auto& [path, reason, files] : ignored)
    json.push_back({{"path", text_for_json(path)}, {"reason", text_for_json(reason)}, {"files", files}});
  return json;
}

inline nlohmann::ordered_json quality_json(const data::Quality& quality) {
  auto notes = nlohmann::ordered_json::array();
  for (const auto& note : quality.notes) notes.push_back(text_for_json(note));
  return {{"user", text_for_json(quality.user)},
          {"seen", quality.minutes_seen},
          {"kept", quality.minutes_kept},
          {"repaired", quality.minutes_repaired()},
          {"dropped", quality.minutes_dropped()},
          {"kept_by_reason", quality.kept},
          {"repaired_by_reason", quality.repaired},
          {"dropped_by_reason", quality.dropped},
          {"defects", quality.defects},
          {"notes", std::move(notes)},
          {"notes_total", quality.notes_total},
          {"files", quality.files},
          {"first_drop", text_for_json(quality.first_drop)},
          {"error", text_for_json(quality.error)}};
}

inline data::Quality quality_from(const nlohmann::ordered_json& json) {
  data::Quality quality;
  json.at("user").get_to(quality.user);
  json.at("seen").get_to(quality.minutes_seen);
  json.at("kept").get_to(quality.minutes_kept);
  json.at("kept_by_reason").get_to(quality.kept);
  json.at("repaired_by_reason").get_to(quality.repaired);
  json.at("dropped_by_reason").get_to(quality.dropped);
  json.at("defects").get_to(quality.defects);
  json.at("notes").get_to(quality.notes);
  json.at("notes_total").get_to(quality.notes_total);
  if (json.contains("files")) json.at("files").get_to(quality.files);
  json.at("first_drop").get_to(quality.first_drop);
  json.at("error").get_to(quality.error);
  return quality;
}

/// The sum of everybody's minutes, reasons and defects; no notes.
inline data::Quality total_quality(const std::vector<data::Quality>& people) {
  data::Quality total;
  total.user = "all";
  for (const auto& quality : people) {
    total.minutes_seen += quality.minutes_seen;
    total.minutes_kept += quality.minutes_kept;
    total.notes_total += quality.notes_total;
    total.files += quality.files;
    for (const auto& [why, n] : quality.kept) total.kept[why] += n;
    for (const auto& [why, n] : quality.repaired) total.repaired[why] += n;
    for (const auto& [why, n] : quality.dropped) total.dropped[why] += n;
    for (const auto& [kind, n] : quality.defects) total.defects[kind] += n;
  }
  return total;
}

/// A cell as RFC 4180 wants it.
inline std::string quoted_cell(const std::string& text) {
  std::string cell;
  readers::detail::append_text(cell, text);
  return cell;
}

/// The same as a table, `user,outcome,reason,minutes`: a line for every person and reason, outcome one of kept,
/// repaired, dropped. A person's lines add up to the minutes there are of them. Cells with commas or quotes are quoted (RFC
/// 4180).
inline std::string quality_csv(const std::vector<data::Quality>& people) {
  std::string text = "user,outcome,reason,minutes\n";
  for (const auto& quality : people)
    for (const auto& [outcome, reasons] :
         {std::pair{"kept", &quality.kept}, {"repaired", &quality.repaired}, {"dropped", &quality.dropped}})
      for (const auto& [why, minutes] : *reasons)
        text += quoted_cell(quality.user) + ',' + outcome + ',' + quoted_cell(why) + ',' +
                std::to_string(minutes) + '\n';
  return text;
}

/// What quality.json says beside its people.
struct QualityOfAll {
  std::vector<data::Quality> row_tables;  ///< of each person, when there are any
  std::vector<data::Ignored> ignored;     ///< files below the tree that were not read; those of people too
  Index other_files = 0;                  ///< that were read and are of no person
  std::vector<std::string> findings;      ///< on rows of the label file that are of no person
  std::vector<std::string> leftover;      ///< files in the output's folder that are not of this run
  nlohmann::ordered_json settings;
};

/// `quality.json`: what became of every minute of every person, by reason, and of every file: those read and those `ignored`
/// are all there are.
inline void write_quality(const std::filesystem::path& path, const std::vector<data::Quality>& people,
                          const QualityOfAll& all) {
  nlohmann::ordered_json json = {{"format", "lifelog-quality"}, {"version", 1}, {"settings", all.settings}};
  const auto total = total_quality(people);
  json["total"] = quality_json(total);
  const Index read = total.files + all.other_files;
  Index ignored = 0;
  for (const auto& what : all.ignored) ignored += what.files;
  json["files"] = {{"found", read + ignored}, {"read", read}, {"ignored", ignored}};
  json["ignored"] = ignored_json(all.ignored);
  for (const auto& [key, texts] : {std::pair{"findings", &all.findings}, {"leftover", &all.leftover}}) {
    json[key] = nlohmann::ordered_json::array();
    for (const auto& text : *texts) json[key].push_back(text_for_json(text));
  }
  json["people"] = nlohmann::ordered_json::array();
  for (const auto& quality : people) json["people"].push_back(quality_json(quality));
  for (const auto& quality : all.row_tables) json["row_tables"].push_back(quality_json(quality));
  write_json(path, json);
}

/// The people of a `quality.json`. Throws io_error; format_error for anything else.
inline std::vector<data::Quality> read_quality(const std::filesystem::path& path) {
  const auto json = read_json(path);
  try {
    std::vector<data::Quality> people;
    for (const auto& person : json.at("people")) people.push_back(quality_from(person));
    return people;
  } catch (const nlohmann::json::exception& error) {
    throw format_error(path.string(), std::string("expected a quality.json: ") + error.what());
  }
}

}  // namespace lifelog::examples
