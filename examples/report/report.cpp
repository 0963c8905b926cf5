// SPDX-License-Identifier: MIT
#include "report.hpp"

#include <algorithm>
#include <lifelog/core/error.hpp>

#include "../common/table.hpp"
#include "page.hpp"
#include "scatter.hpp"
#include "sections.hpp"
#include "timeline.hpp"
#include "words.hpp"

namespace lifelog::examples::report {

namespace {

std::vector<std::pair<std::string, std::string>> key_figures(const Report& report) {
  std::vector<std::pair<std::string, std::string>> figures;
  Index kept = 0;
  for (const auto& q : report.quality) kept += q.minutes_kept;
  const auto people = std::max(report.people.size(), report.quality.size());
  if (people > 0) figures.emplace_back(std::to_string(people), people == 1 ? "person" : "people");
  if (kept > 0) figures.emplace_back(grouped(kept), kept == 1 ? "minute kept" : "minutes kept");
  const auto sensors = report.modalities.size();
  if (sensors > 0) figures.emplace_back(std::to_string(sensors), sensors == 1 ? "sensor" : "sensors");
  if (report.groups_found()) figures.emplace_back(std::to_string(report.groups.size()), "groups of people");
  if (const auto* everybody = judged_everybody(report)) {
    figures.emplace_back(fixed(everybody->figures.front().f1, 3), "macro F1 of the networks");
    if (const auto* best = best_baseline(*everybody))
      figures.emplace_back(fixed(best->f1, 3), "of the best baseline, " + best->name);
    return figures;
  }
  if (report.training.empty()) return figures;
  double f1 = 0;
  for (const auto& t : report.training) f1 += t.test_f1;
  figures.emplace_back(fixed(f1 / static_cast<double>(report.training.size()), 3), "mean test F1");
  return figures;
}

void check_information(const Informations& information) {
  using lifelog::detail::require;
  if (!information.groups) return;
  const auto& groups = *information.groups;
  const auto n = groups.users.size();
  require(groups.k >= 1 && groups.group.size() == n && groups.membership.size() == n,
          "report: expected a group and memberships of ", n, " people, got ", groups.group.size(), " and ",
          groups.membership.size());
  for (const int group : groups.group)
    require(group < groups.k, "report: expected one of ", groups.k, " groups by information, got ", group);
}

void check(const Report& report) {
  if (report.information) check_information(*report.information);
  using lifelog::detail::require;
  const auto modalities = report.modalities.size();
  for (const auto& person : report.people) {
    require(person.importance.size() == modalities, "report: expected ", modalities,
            " importances of person ", person.user, ", got ", person.importance.size());
    require(person.group < static_cast<int>(report.groups.size()), "report: person ", person.user,
            ": expected one of ", report.groups.size(), " groups, got ", person.group);
  }
  for (const auto& judged : report.evaluation)
    require(!judged.figures.empty(), "report: expected figures of ", judged.user, ", got none");
  for (const auto& strip : report.strips)
    require(strip.windows > 0 && strip.weight.size() == modalities * strip.windows, "report: expected ",
            modalities, " x ", strip.windows, " weights of a minute of ", strip.user, ", got ",
            strip.weight.size());
  for (const auto& person : report.held_out)
    require(std::max(person.group, person.assigned) < static_cast<int>(report.groups.size()),
            "report: person held out ", person.user, ": expected groups below ", report.groups.size(),
            ", got ", person.group, " and ", person.assigned);
  for (const auto& group : report.groups)
    require(group.importance.size() == modalities, "report: expected ", modalities, " importances of group ",
            group.name, ", got ", group.importance.size());
}

}  // namespace

std::string to_html(const Report& report) {
  check(report);
  Page page;
  page.title = report.title;
  page.subtitle = report.subtitle;
  page.figures = key_figures(report);
  page.sections = {{"summary", "In short", summary_section(report)},
                   {"evaluation", "How well states are told", evaluation_section(report)},
                   {"across", "Somebody new", across_section(report)},
                   {"information", "What sensors tell", information_section(report)},
                   {"groups", "Groups of people", groups_section(report)},
                   {"people", "Person by person", people_section(report)},
                   {"predictors", "Group against general predictors", comparison_section(report)},
                   {"truth", "What was planted", truth_section(report)},
                   {"importance", "What attention weighs", importance_section(report)},
                   {"top", "Top three sensors by attention", top_section(report)},
                   {"selection", report.information ? "Whether there are groups" : "How many groups",
                    selection_section(report)},
                   {"maps", "Maps of all minutes", maps_section(report)},
                   {"training", "Training", training_section(report)},
                   {"data", "What was read and dropped", data_section(report)},
                   {"settings", "How it was made", settings_section(report)}};
  std::erase_if(page.sections, [](const Page::Section& section) { return section.body.empty(); });
  const auto most = std::max({report.people.size(), report.groups.size(),
                              report.importance_map.label_names.size(), report.raw_map.label_names.size(),
                              static_cast<std::size_t>(report.clusters ? report.clusters->k : 0)});
  page.style = scatter_style(static_cast<int>(most)) + timeline_style();
  page.script = scatter_script() + timeline_script();
  return page_html(page);
}

}  // namespace lifelog::examples::report
