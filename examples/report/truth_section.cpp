// SPDX-License-Identifier: MIT

// Of generated recordings: what was planted, and whether it was found.

#include <algorithm>
#include <set>

#include "../common/table.hpp"
#include "page.hpp"
#include "sections.hpp"
#include "words.hpp"

namespace lifelog::examples::report {

namespace {

using Names = std::vector<std::string>;

/// Files' names of the sensors that are identified in a person; without information as many as were planted, by weight.
std::optional<Names> found_of(const Report& report, const Planted& planted) {
  Names names;
  if (report.information) {
    for (const auto& person : report.information->people)
      if (person.user == planted.user) {
        for (const auto& sensor : person.sensors)
          if (sensor.identified) names.push_back(sensor.sensor);
        return names;
      }
    return std::nullopt;
  }
  for (const auto& person : report.people)
    if (person.user == planted.user)
      return top_modalities(person.importance, report.modalities, planted.sensors.size());
  return std::nullopt;
}

std::size_t planted_groups(const Truth& truth) {
  std::set<int> groups;
  for (const auto& person : truth.people) groups.insert(person.group);
  return groups.size();
}

}  // namespace

std::vector<std::string> truth_words(const Report& report) {
  if (report.truth.people.empty()) return {};
  std::size_t planted = 0, hit = 0, wrong = 0;
  for (const auto& person : report.truth.people) {
    const auto found = found_of(report, person);
    if (!found) continue;
    planted += person.sensors.size();
    for (const auto& name : *found)
      std::count(person.sensors.begin(), person.sensors.end(), name) > 0 ? ++hit : ++wrong;
  }
  Names said;
  if (planted > 0)
    said.push_back(
        (report.information
             ? "Of " + count(static_cast<long long>(planted), "planted sensor", "planted sensors") + ", " +
                   std::to_string(hit) + " are identified; " + std::to_string(wrong) + " others are too."
             : "Of each person's weightiest sensors, as many as were planted, " + std::to_string(hit) +
                   " of " + std::to_string(planted) + " were planted."));
  if (report.truth.importance_auc)
    said.push_back("Planted sensors against the others: area under the ROC curve " +
                   fixed(*report.truth.importance_auc, 3) + ".");
  const auto groups = planted_groups(report.truth);
  if (report.groups_found() && report.truth.adjusted_rand)
    said.push_back(std::to_string(groups) +
                   " groups were planted; those found against them: adjusted Rand index " +
                   fixed(*report.truth.adjusted_rand, 3) + ".");
  if (!report.groups_found() && groups > 1)
    said.push_back(std::to_string(groups) + " groups were planted and not found.");
  return said;
}

std::string truth_section(const Report& report) {
  if (report.truth.people.empty()) return {};
  const bool groups = planted_groups(report.truth) > 1;
  std::vector<std::vector<std::string>> rows;
  for (const auto& person : report.truth.people) {
    const auto names = [&](Names files) {
      for (auto& name : files) name = sensor_name(report, name);
      return joined(files);
    };
    const auto found = found_of(report, person);
    rows.push_back({person.user});
    if (groups) rows.back().push_back(std::to_string(person.group + 1));
    rows.back().push_back(names(person.sensors));
    rows.back().push_back(!found ? "not known" : found->empty() ? "none" : names(*found));
  }
  Names header{"person"};
  if (groups) header.push_back("planted group");
  header.push_back("planted sensors");
  header.push_back(report.information ? "identified sensors" : "as many by weight of attention");
  return paragraph("These recordings are generated: it is known which sensors carry each person's state. " +
                   joined(truth_words(report), " ")) +
         table_html(header, rows);
}

}  // namespace lifelog::examples::report
