// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <filesystem>
#include <lifelog/core/build_info.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "../common/table.hpp"
#include "../report/report.hpp"
#include "freshness.hpp"

namespace lifelog::examples {

namespace detail {

/// A setting as people write it: text without quotes, lists without brackets.
inline std::string setting_text(const nlohmann::ordered_json& value) {
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  std::vector<std::string> parts;
  for (const auto& part : value) parts.push_back(setting_text(part));
  return joined(parts);
}

/// A row for each value, however deep it stands.
inline void add_settings(const std::string& step, const std::string& name,
                         const nlohmann::ordered_json& value, std::vector<report::Report::Setting>& rows) {
  if (!value.is_object()) {
    rows.push_back({step, name, setting_text(value)});
    return;
  }
  for (const auto& [key, inner] : value.items())
    add_settings(step, name.empty() ? key : name + ", " + key, inner, rows);
}

}  // namespace detail

/// How a pipeline's folder was made, by what each of its steps noted. layout: of the recordings.
inline std::vector<report::Report::Setting> read_settings(const std::filesystem::path& out,
                                                          const std::string& layout) {
  static const std::vector<std::string> order = {"recordings",  "data",        "networks",
                                                 "importances", "information", "groups",
                                                 "maps",        "clusters",    "predictors"};
  std::vector<std::string> steps;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(out / ".steps", none))
    if (entry.path().extension() == ".json") steps.push_back(entry.path().stem().string());
  std::erase_if(steps, [&](const auto& step) { return step == "predictors" && layout != "etri"; });
  const auto rank = [](const std::string& step) { return std::find(order.begin(), order.end(), step); };
  std::sort(steps.begin(), steps.end(),
            [&](const auto& a, const auto& b) { return std::pair(rank(a), a) < std::pair(rank(b), b); });
  std::vector<report::Report::Setting> rows{{"all", "program", to_string(build_info())}}, of_steps;
  for (const auto& step : steps) {
    const auto stamp = read_stamp(out / ".steps" / (step + ".json"));
    if (!stamp || !stamp->contains("settings") || !stamp->at("settings").is_object()) continue;
    const auto& settings = stamp->at("settings");
    if (rows.size() == 1 && settings.contains("seed"))
      rows.push_back({"all", "seed", detail::setting_text(settings.at("seed"))});
    if (settings.contains(step)) detail::add_settings(step, "", settings.at(step), of_steps);
    if (stamp->contains("minutes") && stamp->at("minutes").is_number_integer()) {
      const auto minutes = stamp->at("minutes").get<long long>();
      of_steps.push_back(
          {step, "took", minutes < 1 ? "under a minute" : count(minutes, "minute", "minutes")});
    }
  }
  rows.insert(rows.end(), of_steps.begin(), of_steps.end());
  return rows;
}

}  // namespace lifelog::examples
