// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <lifelog/data/quality.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "files.hpp"

namespace lifelog::examples {

inline nlohmann::ordered_json quality_json(const data::Quality& quality) {
  return {{"user", quality.user},
          {"seen", quality.minutes_seen},
          {"kept", quality.minutes_kept},
          {"repaired", quality.minutes_repaired()},
          {"dropped", quality.minutes_dropped()},
          {"kept_by_reason", quality.kept},
          {"repaired_by_reason", quality.repaired},
          {"dropped_by_reason", quality.dropped},
          {"defects", quality.defects},
          {"notes", quality.notes},
          {"notes_total", quality.notes_total},
          {"first_drop", quality.first_drop},
          {"error", quality.error}};
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
    for (const auto& [why, n] : quality.kept) total.kept[why] += n;
    for (const auto& [why, n] : quality.repaired) total.repaired[why] += n;
    for (const auto& [why, n] : quality.dropped) total.dropped[why] += n;
    for (const auto& [kind, n] : quality.defects) total.defects[kind] += n;
  }
  return total;
}

/// The same as a table, `user,outcome,reason,minutes`: a line for every person and reason, outcome one of kept,
/// repaired, dropped. A person's lines add up to the minutes there are of them.
inline std::string quality_csv(const std::vector<data::Quality>& people) {
  std::string text = "user,outcome,reason,minutes\n";
  for (const auto& quality : people)
    for (const auto& [outcome, reasons] :
         {std::pair{"kept", &quality.kept}, {"repaired", &quality.repaired}, {"dropped", &quality.dropped}})
      for (const auto& [why, minutes] : *reasons)
        text += quality.user + ',' + outcome + ',' + why + ',' + std::to_string(minutes) + '\n';
  return text;
}

/// `quality.json`: what became of every minute of every person, by reason; `row_tables` the same for row
/// tables, where there are any; `ignored` names what lies beside the people and was not read. `settings` is kept
/// with it.
inline void write_quality(const std::filesystem::path& path, const std::vector<data::Quality>& people,
                          const std::vector<data::Quality>& row_tables,
                          const std::vector<std::string>& ignored, const nlohmann::ordered_json& settings) {
  nlohmann::ordered_json json = {{"format", "lifelog-quality"}, {"version", 1}, {"settings", settings}};
  json["total"] = quality_json(total_quality(people));
  json["ignored"] = ignored;
  json["people"] = nlohmann::ordered_json::array();
  for (const auto& quality : people) json["people"].push_back(quality_json(quality));
  for (const auto& quality : row_tables) json["row_tables"].push_back(quality_json(quality));
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
