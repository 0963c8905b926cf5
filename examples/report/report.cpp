// SPDX-License-Identifier: MIT
#include "report.hpp"

#include <algorithm>
#include <lifelog/core/error.hpp>

#include "../common/table.hpp"
#include "page.hpp"
#include "scatter.hpp"
#include "sections.hpp"

namespace lifelog::examples::report {

namespace {

std::vector<std::pair<std::string, std::string>> key_figures(const Report& report) {
  std::vector<std::pair<std::string, std::string>> figures;
  Index kept = 0;
  for (const auto& q : report.quality) kept += q.minutes_kept;
  const auto people = std::max(report.people.size(), report.quality.size());
  if (people > 0) figures.emplace_back(std::to_string(people), "people");
  if (kept > 0) figures.emplace_back(grouped(kept), "minutes kept");
  if (!report.modalities.empty())
    figures.emplace_back(std::to_string(report.modalities.size()), "modalities");
  if (!report.groups.empty()) figures.emplace_back(std::to_string(report.groups.size()), "groups of people");
  if (report.training.empty()) return figures;
  double f1 = 0;
  for (const auto& t : report.training) f1 += t.test_f1;
  figures.emplace_back(fixed(f1 / static_cast<double>(report.training.size()), 3), "mean test F1");
  return figures;
}

void check(const Report& report) {
  using lifelog::detail::require;
  const auto modalities = report.modalities.size();
  for (const auto& person : report.people) {
    require(person.importance.size() == modalities, "report: expected ", modalities,
            " importances of person ", person.user, ", got ", person.importance.size());
    require(person.group < static_cast<int>(report.groups.size()), "report: person ", person.user,
            ": expected one of ", report.groups.size(), " groups, got ", person.group);
  }
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
  page.sections = {{"data", "What was read and dropped", data_section(report)},
                   {"training", "Training", training_section(report)},
                   {"evaluation", "What that is worth", evaluation_section(report)},
                   {"importance", "Importance per person", importance_section(report)},
                   {"selection", "How many groups", selection_section(report)},
                   {"maps", "Maps of all minutes", maps_section(report)},
                   {"groups", "Importance per group", groups_section(report)},
                   {"top", "Top three modalities", top_section(report)},
                   {"predictors", "Group against general predictors", comparison_section(report)},
                   {"settings", "Settings", settings_section(report)}};
  const auto most = std::max({report.people.size(), report.groups.size(),
                              report.importance_map.label_names.size(), report.raw_map.label_names.size()});
  page.style = scatter_style(static_cast<int>(most));
  page.script = scatter_script();
  return page_html(page);
}

}  // namespace lifelog::examples::report
