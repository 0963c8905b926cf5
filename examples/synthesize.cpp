// SPDX-License-Identifier: MIT
#include <filesystem>
#include <lifelog/data/generator.hpp>
#include <nlohmann/json.hpp>

#include "common/program.hpp"

namespace {

using namespace lifelog;
using namespace lifelog::examples;
using nlohmann::ordered_json;

ordered_json counts(const std::array<Index, data::defect_kinds>& by_kind) {
  auto table = ordered_json::object();
  for (std::size_t k = 0; k < by_kind.size(); ++k)
    if (by_kind[k] > 0) table[data::name(static_cast<data::DefectKind>(k))] = by_kind[k];
  return table;
}

ordered_json people_of(const data::GeneratorTruth& truth) {
  auto people = ordered_json::object();
  for (const auto& person : truth.people)
    people[person.user] = {{"group", person.group},
                           {"planted", truth.groups[static_cast<std::size_t>(person.group)]},
                           {"tensions", person.tensions},
                           {"minutes", person.minutes},
                           {"complete_minutes", person.complete_minutes},
                           {"defects", counts(person.defects)}};
  return people;
}

ordered_json groups_of(const data::GeneratorTruth& truth) {
  auto groups = ordered_json::array();
  for (const auto& modalities : truth.groups) {
    auto users = ordered_json::array();
    for (const auto& person : truth.people)
      if (person.group == static_cast<Index>(groups.size())) users.push_back(person.user);
    groups.push_back({{"group", groups.size()}, {"modalities", modalities}, {"users", users}});
  }
  return groups;
}

ordered_json defects_of(const data::GeneratorTruth& truth) {
  auto list = ordered_json::array();
  for (const auto& defect : truth.defects) {
    ordered_json entry{{"kind", defect.kind}, {"user", defect.user}, {"session", defect.session}};
    if (defect.timestamp >= 0) entry["timestamp"] = defect.timestamp;
    if (!defect.modality.empty()) entry["modality"] = defect.modality;
    list.push_back(std::move(entry));
  }
  return {{"total", list.size()}, {"by_kind", counts(truth.defect_count)}, {"list", list}};
}

ordered_json to_json(const data::GeneratorTruth& truth) {
  return {{"format", "lifelog-truth"},    {"version", 1},
          {"seed", truth.seed},           {"strength", truth.strength},
          {"groups", groups_of(truth)},   {"users", people_of(truth)},
          {"defects", defects_of(truth)}, {"files", truth.files},
          {"bytes", truth.bytes}};
}

data::GeneratorTruth write_tree(const std::filesystem::path& dir, const data::GeneratorPlan& plan,
                                const Program& program) {
  auto bar = program.progress(
      "minutes", static_cast<double>(plan.options.users * plan.options.sessions * plan.options.minutes));
  return writing([&] {
    return data::write_etri_tree(dir, plan, [&](Index done, Index) { bar.at(static_cast<double>(done)); });
  });
}

void summarize(const data::GeneratorTruth& truth, const std::string& dir, double seconds, std::ostream& out) {
  Table table({"group", "people", "tension depends on"});
  for (std::size_t g = 0; g < truth.groups.size(); ++g) {
    std::string names;
    for (const auto& modality : truth.groups[g]) names += (names.empty() ? "" : ", ") + modality;
    Index people = 0;
    for (const auto& person : truth.people) people += person.group == static_cast<Index>(g);
    table.row({std::to_string(g), std::to_string(people), names});
  }
  const double megabytes = static_cast<double>(truth.bytes) / 1e6;
  out << table << count(truth.files, "file", "files") << ", " << fixed(megabytes, 1) << " MB, "
      << count(static_cast<long long>(truth.defects.size()), "defect", "defects") << " in "
      << duration(seconds) << " (" << fixed(megabytes / seconds, 0) << " MB/s)\n"
      << dir << "/truth.json says who depends on what\n";
}

}  // namespace

int main(int argc, char** argv) {
  data::GeneratorOptions options;
  std::string dir = "synthetic";
  return run_program(
      argc, argv, "synthesize",
      "Writes an ETRI-layout tree of generated people whose tension depends on known sensors, and "
      "truth.json.",
      [&](CLI::App& app) {
        app.add_option("--out", dir, "folder to write to; new or empty");
        app.add_option("--users", options.users, "people")->check(at_least(1));
        app.add_option("--sessions", options.sessions, "recordings of a person")->check(at_least(1));
        app.add_option("--minutes", options.minutes, "minutes of a recording")->check(at_least(1));
        app.add_option("--groups", options.groups, "groups of people with the same sensors")
            ->check(at_least(1));
        app.add_option("--dirt", options.dirt, "defects as a share of the minutes")->check(between(0, 1));
        app.add_option("--strength", options.strength,
                       "share of bursts in these sensors that follow tension, 0 = no effect")
            ->check(between(0, 1));
      },
      [&](const Program& program) {
        options.seed = program.seed;
        options.threads = program.threads;
        const auto plan = data::plan_generator(options);
        const Stopwatch watch;
        const auto truth = write_tree(dir, plan, program);
        write_json(std::filesystem::path(dir) / "truth.json", to_json(truth));
        summarize(truth, dir, watch.seconds(), program.out());
      });
}
