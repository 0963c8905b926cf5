// SPDX-License-Identifier: MIT

#include "generating.hpp"

#include <lifelog/generator/generator.hpp>
#include <nlohmann/json.hpp>

namespace lifelog::examples {

namespace {

using nlohmann::ordered_json;

ordered_json counts(const std::array<Index, generator::defect_kinds>& by_kind) {
  auto table = ordered_json::object();
  for (std::size_t k = 0; k < by_kind.size(); ++k)
    if (by_kind[k] > 0) table[generator::name(static_cast<generator::DefectKind>(k))] = by_kind[k];
  return table;
}

ordered_json people_of(const generator::GeneratorTruth& truth) {
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

ordered_json groups_of(const generator::GeneratorTruth& truth) {
  auto groups = ordered_json::array();
  for (const auto& modalities : truth.groups) {
    auto users = ordered_json::array();
    for (const auto& person : truth.people)
      if (person.group == static_cast<Index>(groups.size())) users.push_back(person.user);
    const auto& correlated = truth.correlated[groups.size()];
    groups.push_back({{"group", groups.size()}, {"modalities", modalities}, {"users", users}});
    if (!correlated.empty()) groups.back()["correlated"] = correlated;
  }
  return groups;
}

ordered_json defects_of(const generator::GeneratorTruth& truth) {
  auto list = ordered_json::array();
  for (const auto& defect : truth.defects) {
    ordered_json entry{{"kind", defect.kind}, {"user", defect.user}, {"session", defect.session}};
    if (defect.timestamp >= 0) entry["timestamp"] = defect.timestamp;
    if (!defect.modality.empty()) entry["modality"] = defect.modality;
    list.push_back(std::move(entry));
  }
  return {{"total", list.size()}, {"by_kind", counts(truth.defect_count)}, {"list", list}};
}

ordered_json to_json(const generator::GeneratorTruth& truth) {
  return {{"format", "lifelog-truth"},
          {"version", 1},
          {"seed", truth.options.seed},
          {"strength", truth.options.strength},
          {"options", generator_settings(truth.options)},
          {"groups", groups_of(truth)},
          {"users", people_of(truth)},
          {"defects", defects_of(truth)},
          {"files", truth.files},
          {"bytes", truth.bytes}};
}

}  // namespace

ordered_json generator_settings(const generator::GeneratorOptions& options) {
  auto settings = ordered_json::object();
  const generator::GeneratorOptions usual;
  const auto tell = [&](const char* name, auto value, auto otherwise) {
    if (value != otherwise) settings[name] = value;
  };
  if (options.effect != usual.effect)
    settings["effect"] = generator::effect_names[static_cast<std::size_t>(options.effect)];
  tell("scalars", options.scalars, usual.scalars);
  tell("label_noise", options.label_noise, usual.label_noise);
  tell("imbalance", options.imbalance, usual.imbalance);
  tell("persistence", options.persistence, usual.persistence);
  tell("clock", options.clock, usual.clock);
  tell("drift", options.drift, usual.drift);
  tell("offsets", options.offsets, usual.offsets);
  tell("correlated", options.correlated, usual.correlated);
  tell("decoys", options.decoys, usual.decoys);
  tell("shared_rules", options.shared_rules, usual.shared_rules);
  return settings;
}

generator::GeneratorTruth generate_tree(const std::filesystem::path& dir,
                                        const generator::GeneratorPlan& plan, const Program& program) {
  auto bar = program.progress(
      "generating", static_cast<double>(plan.options.users * plan.options.sessions * plan.options.minutes));
  return writing([&] {
    return generator::write_etri_tree(
        dir, plan, [&](Index done, Index) { bar.at(static_cast<double>(done)); },
        [](const std::filesystem::path& folder, const generator::GeneratorTruth& truth) {
          write_json(folder / "truth.json", to_json(truth));
        });
  });
}

std::vector<PlantedPerson> read_truth(const std::filesystem::path& path) {
  std::vector<PlantedPerson> people;
  if (!std::filesystem::exists(path)) return people;
  const auto json = read_json(path);
  try {
    for (const auto& [user, person] : json.at("users").items())
      people.push_back({user, person.at("group"), person.at("planted")});
  } catch (const nlohmann::json::exception& error) {
    throw format_error(path.string(), std::string("expected a truth.json: ") + error.what());
  }
  return people;
}

}  // namespace lifelog::examples
