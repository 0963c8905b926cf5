// SPDX-License-Identifier: MIT

// What a study found, read back from its files: the report and the summary.

#include <algorithm>

#include "generating.hpp"
#include "report_files.hpp"
#include "study.hpp"

namespace lifelog::examples {

namespace {

namespace fs = std::filesystem;

template<class T>
const T* of_user(const std::vector<T>& all, const std::string& user) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const T& one) { return one.user == user; });
  return found == all.end() ? nullptr : &*found;
}

/// What was planted, where the report looks for it; and how far it was found, once that is known.
void write_truth(const fs::path& file, const std::vector<PlantedPerson>& people,
                 const report::Truth& truth = {}) {
  auto json = nlohmann::ordered_json::object();
  if (truth.adjusted_rand) json["adjusted_rand"] = *truth.adjusted_rand;
  if (truth.importance_auc) json["importance_auc"] = *truth.importance_auc;
  json["people"] = nlohmann::ordered_json::array();
  for (const auto& person : people)
    json["people"].push_back(
        {{"user", person.user}, {"group", person.group}, {"planted", person.modalities}});
  write_json(file, json);
}

/// Of a person whose network is trained: F1, group, and what matters most.
std::vector<std::string> cells_of(const report::Report& report, const report::Person& person) {
  const auto* training = of_user(report.training, person.user);
  const auto* judged = of_user(report.evaluation, person.user);
  std::string f1;
  if (training)
    f1 = training->diverged ? "diverged" : fixed(judged ? judged->figures.front().f1 : training->test_f1, 3);
  std::string matter;
  if (!report.information)
    matter = joined(report::top_modalities(person.importance, report.modalities), " ");
  else if (const auto* information = of_user(report.information->people, person.user)) {
    std::vector<std::string> names;
    for (const auto& sensor : information->sensors)
      if (sensor.identified) names.push_back(sensor.sensor);
    matter = names.empty() ? "none identified" : joined(names, " ");
  }
  std::vector<std::string> cells{training ? std::to_string(training->classes) : "", f1};
  if (report.groups_found())
    cells.push_back(person.group < 0 ? "" : report.groups[static_cast<std::size_t>(person.group)].name);
  cells.push_back(matter);
  return cells;
}

}  // namespace

void Study::report() {
  const auto file = options_.out / "report" / "truth.json";
  make_directory(file.parent_path());
  const auto planted = read_truth(options_.data / "truth.json");
  if (planted.empty())
    writing([&] { fs::remove(file); });
  else
    write_truth(file, planted);
  // What an earlier run held people out for may be of other data by now.
  if (!options_.hold_people_out)
    writing([&] {
      fs::remove(stamp_file("people held out"));
      fs::remove_all(options_.out / "across");
    });
  const auto report = read_report(options_.out);
  if (!planted.empty()) write_truth(file, planted, report.truth);
  write_report(options_.out, report);
  print_summary(report);
  print_truth(report);
  program_.out() << "report: " << (options_.out / "report" / "index.html").string() << '\n';
}

void Study::print_summary(const report::Report& report) const {
  std::vector<std::string> header{"person", "kept", "dropped", "classes", "test F1"};
  if (report.groups_found()) header.push_back("group");
  header.push_back(report.information ? "identified" : "matter most");
  Table table(header);
  for (const auto& quality : report.quality) {
    std::vector<std::string> cells{quality.user, grouped(quality.minutes_kept),
                                   grouped(quality.minutes_dropped())};
    const auto* person = of_user(report.people, quality.user);
    if (person) {
      for (auto& cell : cells_of(report, *person)) cells.push_back(std::move(cell));
    } else {
      const bool trained = of_user(report.training, quality.user) != nullptr;
      const auto why = quality.error.empty() ? "too few minutes" : quality.error;
      cells.insert(cells.end(), {"", trained ? "diverged" : ""});
      cells.resize(header.size() - 1);
      cells.push_back(trained ? "" : "unusable: " + why);
    }
    table.row(std::move(cells));
  }
  program_.out() << '\n' << table;
  if (report.groups_found() && !report.selection.rule.empty())
    program_.out() << report.selection.rule << '\n';
  if (!report.groups_found() && report.information) program_.out() << "no groups of people were found\n";
  double own = 0, general = 0;
  for (const auto& group : report.comparison) own += group.group_f1, general += group.general_f1;
  if (const auto groups = static_cast<double>(report.comparison.size()); groups > 0)
    program_.out() << "predictors: mean F1 of group predictors " << fixed(own / groups, 4)
                   << ", of everybody's on the same rows " << fixed(general / groups, 4) << '\n';
}

void Study::print_truth(const report::Report& report) const {
  const auto& truth = report.truth;
  if (!truth.adjusted_rand) return;
  program_.out() << "groups found against planted: adjusted Rand index " << fixed(*truth.adjusted_rand, 3);
  if (truth.importance_auc)
    program_.out() << "; importance of planted modalities: area under the ROC curve "
                   << fixed(*truth.importance_auc, 3);
  program_.out() << '\n';
}

}  // namespace lifelog::examples
