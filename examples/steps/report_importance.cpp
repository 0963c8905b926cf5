// SPDX-License-Identifier: MIT

#include "report_importance.hpp"

#include <algorithm>
#include <cmath>
#include <lifelog/data/dataset_file.hpp>
#include <lifelog/io/npy.hpp>
#include <lifelog/metrics/agreement.hpp>
#include <lifelog/metrics/roc.hpp>
#include <lifelog/readers/csv_numbers.hpp>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "../common/files.hpp"
#include "generating.hpp"

namespace lifelog::examples {

namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

/// A number, or NaN for null, which is how JSON has one that is none.
double number_from(const ordered_json& json) {
  return json.is_number() ? json.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

std::optional<double> number_at(const ordered_json& json, const char* key) {
  if (!json.contains(key) || !json.at(key).is_number()) return std::nullopt;
  return json.at(key).get<double>();
}

report::Bits bits_from(const ordered_json& json) {
  return {number_from(json.at("bits")), number_from(json.at("low")), number_from(json.at("high"))};
}

report::Information person_from(const ordered_json& json) {
  report::Information person;
  person.user = json.value("user", std::string());
  person.minutes = json.value("minutes", Index{0});
  person.replicates = json.value("replicates", Index{0});
  person.total = bits_from(json.at("total"));
  for (const auto& sensor : json.at("sensors"))
    person.sensors.push_back(
        {sensor.at("sensor"), bits_from(sensor), sensor.at("identified"), sensor.value("people", Index{0})});
  person.identified = json.value("identified", false);
  if (const auto found = json.find("agreement"); found != json.end() && found->is_object()) {
    person.agreement = number_at(*found, "rank_correlation");
    person.others = number_at(*found, "others");
  }
  return person;
}

report::InformationGroups groups_from(const ordered_json& json) {
  report::InformationGroups groups;
  groups.k = std::max(1, json.value("k", 1));
  groups.p = number_at(json, "p");
  groups.silhouette = number_at(json, "silhouette");
  groups.reason = json.value("reason", std::string());
  for (const auto& person : json.value("people", ordered_json::array())) {
    groups.users.push_back(person.at("user"));
    const auto& group = person.at("group");
    groups.group.push_back(group.is_number_integer() && group.get<int>() < groups.k ? group.get<int>() : -1);
    groups.membership.push_back({});
    for (const auto& share : person.value("membership", ordered_json::array()))
      groups.membership.back().push_back(number_from(share));
  }
  for (const auto& share : json.value("stability", ordered_json::array()))
    groups.stability.push_back(number_from(share));
  groups.order = json.value("order", std::vector<std::string>());
  for (const auto& row : json.value("co_assignment", ordered_json::array())) {
    groups.together.push_back({});
    for (const auto& share : row) groups.together.back().push_back(number_from(share));
  }
  return groups;
}

report::FaithfulPerson faithful_from(const std::string& user, const ordered_json& json) {
  report::FaithfulPerson person{user, {}};
  for (const auto& [name, measure] : json.items())
    if (measure.is_object())
      person.measures.push_back({name, number_from(measure.value("rank_correlation", ordered_json())),
                                 number_from(measure.value("aopcr", ordered_json())),
                                 number_from(measure.value("polarity", ordered_json()))});
  return person;
}

[[noreturn]] void fail(const std::string& file, const std::exception& error) {
  throw format_error(file, std::string("expected what a pipeline writes: ") + error.what());
}

void read_faithfulness(const fs::path& file, report::Report& report) {
  const auto json = read_json(file);
  try {
    if (json.contains("cohort") && json.at("cohort").is_object())
      report.faithfulness.push_back(faithful_from("everybody", json.at("cohort")));
    for (const auto& person : json.at("people"))
      report.faithfulness.push_back(faithful_from(person.at("user"), person));
  } catch (const nlohmann::json::exception& error) {
    fail(file.string(), error);
  }
}

}  // namespace

report::Informations information_from(const ordered_json& json, const std::string& file) {
  try {
    report::Informations all;
    all.level = json.value("level", 0.95);
    all.way = json.value("evaluate", std::string());
    all.folds = json.value("folds", Index{0});
    all.seeds = json.value("seeds", Index{0});
    all.replicates = json.value("replicates", Index{0});
    all.sensors = json.value("sensors", std::vector<std::string>());
    for (const auto& person : json.value("people", ordered_json::array()))
      if (person.contains("total"))
        all.people.push_back(person_from(person));
      else
        all.untold.emplace_back(person.at("user"), person.value("reason", std::string("too few minutes")));
    if (const auto cohort = json.find("cohort"); cohort != json.end() && cohort->is_object()) {
      if (cohort->contains("total")) all.everybody = person_from(*cohort);
      for (const char* key : {"reason", "agreement_reason"})
        if (cohort->contains(key)) all.untold.emplace_back("everybody", cohort->at(key));
      if (const auto agreement = cohort->find("agreement");
          agreement != cohort->end() && agreement->is_object())
        all.agreement =
            report::Agreement{number_from(agreement->at("within")), number_from(agreement->at("between")),
                              number_from(agreement->at("nearest")), number_from(agreement->at("chance")),
                              agreement->at("identified")};
    }
    if (json.contains("reason")) all.untold.emplace_back("everybody", json.at("reason"));
    if (const auto groups = json.find("groups"); groups != json.end() && groups->is_object())
      all.groups = groups_from(*groups);
    return all;
  } catch (const nlohmann::json::exception& error) {
    fail(file, error);
  }
}

void read_information(const fs::path& out, report::Report& report) {
  const auto file = out / "importance" / "information.json";
  if (fs::exists(file)) report.information = information_from(read_json(file), file.string());
  if (const auto faithfulness = out / "importance" / "faithfulness.json"; fs::exists(faithfulness))
    read_faithfulness(faithfulness, report);
}

namespace {

/// What became of one minute over all seeds.
struct Votes {
  int truth = -1;
  std::map<int, int> said;

  int commonest() const {
    if (said.empty()) return -1;
    return std::max_element(said.begin(), said.end(),
                            [](const auto& a, const auto& b) { return a.second < b.second; })
        ->first;
  }
};

using MinuteVotes = std::map<std::int64_t, Votes>;

/// Of a predictions.csv, by all networks together where it has that; counts each line in `confusion`, which has as many classes as there are.
MinuteVotes votes_of(const fs::path& file, std::vector<std::vector<Index>>& confusion) {
  const auto text = io::read_file(file);
  const bool together = text.substr(0, text.find('\n')).find(",ensemble") != std::string::npos;
  data::NumberTable table;
  readers::read_numbers(text, file.string(), {"timestamp", "truth", together ? "ensemble" : "network"},
                        table);
  MinuteVotes votes;
  const auto classes = static_cast<double>(confusion.size());
  for (Index row = 0; row < table.rows; ++row) {
    const double time = table(row, 0), truth = table(row, 1), said = table(row, 2);
    if (!(truth >= 0 && truth < classes && said >= 0 && said < classes && std::abs(time) < 1e15))
      throw format_error(file.string(), "line " + std::to_string(row + 2) +
                                            ": expected a time and classes below " +
                                            std::to_string(confusion.size()));
    auto& vote = votes[static_cast<std::int64_t>(time)];
    vote.truth = static_cast<int>(truth);
    ++vote.said[static_cast<int>(said)];
    ++confusion[static_cast<std::size_t>(truth)][static_cast<std::size_t>(said)];
  }
  return votes;
}

/// What sensors say of the class that is said, minute by minute.
void add_arguments(const fs::path& out, const std::string& user, report::Timeline& timeline) {
  const auto file = out / "importance" / "contributions" / (user + ".npy");
  if (!fs::exists(file)) return;
  const auto contributions = io::load_npy<float, 3>(file);
  const auto data = data::load_dataset(out / "data" / (user + ".safetensors"));
  const auto n = data.label.size(), sensors = data.modalities.size(), classes = data.classes.size();
  if (contributions.shape(0) != n || contributions.shape(1) != sensors || contributions.shape(2) != classes)
    throw format_error(file.string(), "expected " + std::to_string(n) + " x " + std::to_string(sensors) +
                                          " x " + std::to_string(classes) + " numbers");
  std::map<std::int64_t, std::size_t> row_of;
  for (std::size_t i = 0; i < n; ++i) row_of[data.timestamp(i)] = i;
  for (const auto& modality : data.modalities) timeline.sensors.push_back(modality.name);
  for (std::size_t i = 0; i < timeline.minute.size(); ++i) {
    const auto row = row_of.find(timeline.minute[i]);
    for (std::size_t s = 0; s < sensors; ++s)
      timeline.argument.push_back(
          row == row_of.end() || timeline.said[i] < 0
              ? std::numeric_limits<float>::quiet_NaN()
              : contributions(row->second, s, static_cast<std::size_t>(timeline.said[i])));
  }
}

}  // namespace

void read_timelines(const fs::path& out, const std::vector<std::string>& users, report::Report& report) {
  for (const auto& user : users) {
    const auto judged =
        std::find_if(report.evaluation.begin(), report.evaluation.end(),
                     [&](const auto& one) { return one.user == user && !one.classes.empty(); });
    const auto file = out / "mil" / user / "predictions.csv";
    if (judged == report.evaluation.end() || !fs::exists(file)) continue;
    try {
      const auto classes = judged->classes.size();
      std::vector<std::vector<Index>> confusion(classes, std::vector<Index>(classes, 0));
      report::Timeline timeline;
      timeline.user = user;
      timeline.classes = judged->classes;
      for (const auto& [time, vote] : votes_of(file, confusion)) {
        timeline.minute.push_back(time);
        timeline.truth.push_back(vote.truth);
        timeline.said.push_back(vote.commonest());
      }
      add_arguments(out, user, timeline);
      judged->confusion = std::move(confusion);
      report.timelines.push_back(std::move(timeline));
    } catch (const std::runtime_error& error) {  // format_error, io_error
      report.left_out.emplace_back("Minutes of " + user, error.what());
    }
  }
}

void read_truth(const fs::path& out, report::Report& report) {
  const auto own = out / "report" / "truth.json";
  const auto json = fs::exists(own) ? read_json(own) : ordered_json();
  if (json.is_object() && json.contains("people")) {
    try {
      for (const auto& person : json.at("people"))
        report.truth.people.push_back({person.at("user"), person.at("group"), person.at("planted")});
    } catch (const nlohmann::json::exception& error) {
      fail(own.string(), error);
    }
  } else if (fs::exists(own) || !fs::exists(out / "report")) {  // a page without it: nothing was planted
    for (auto& person : lifelog::examples::read_truth(out / "raw" / "truth.json"))
      report.truth.people.push_back({person.user, person.group, person.modalities});
  }
  std::erase_if(report.truth.people, [&](const auto& planted) {
    return std::none_of(report.quality.begin(), report.quality.end(),
                        [&](const auto& quality) { return quality.user == planted.user; });
  });
}

void group_by_information(report::Report& report) {
  const auto none = [](report::MinuteMap& map) { map.group.clear(); };
  const auto* groups =
      report.information && report.information->groups ? &*report.information->groups : nullptr;
  const bool found = groups && groups->k > 1;
  if (report.information ? !found : report.groups.size() < 2) {  // nothing to compare
    report.comparison.clear();
    report.held_out.clear();
  }
  if (!report.information) {
    if (report.groups.size() > 1) return;
    report.groups.clear();
    for (auto& person : report.people) person.group = -1;
    none(report.importance_map);
    none(report.raw_map);
    return;
  }
  report.groups.clear();
  std::map<std::string, int> group_of;
  if (found)
    for (std::size_t i = 0; i < groups->users.size(); ++i) group_of[groups->users[i]] = groups->group[i];
  for (int g = 0; found && g < groups->k; ++g)
    report.groups.push_back({std::to_string(g + 1), {}, std::vector<double>(report.modalities.size(), 0.0)});
  for (auto& person : report.people) {
    const auto own = group_of.find(person.user);
    person.group = own == group_of.end() ? -1 : own->second;
    if (person.group < 0) continue;
    auto& group = report.groups.at(static_cast<std::size_t>(person.group));
    group.users.push_back(person.user);
    for (std::size_t m = 0; m < group.importance.size(); ++m) group.importance[m] += person.importance[m];
  }
  for (auto& group : report.groups)
    for (double& value : group.importance)
      value /= std::max<double>(1, static_cast<double>(group.users.size()));
  for (auto* map : {&report.importance_map, &report.raw_map}) {
    none(*map);
    if (found)
      for (const int person : map->person)
        map->group.push_back(report.people[static_cast<std::size_t>(person)].group);
  }
}

namespace {

template<class T>
Eigen::Matrix<T, Eigen::Dynamic, 1> as_vector(const std::vector<T>& values) {
  return Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, 1>>(values.data(),
                                                               static_cast<Index>(values.size()));
}

/// How much a sensor was found to matter to a person: bits where there are any, else weight of attention.
std::optional<double> importance_of(const report::Report& report, const std::string& user,
                                    const std::string& sensor) {
  if (report.information) {
    for (const auto& person : report.information->people)
      if (person.user == user)
        for (const auto& bits : person.sensors)
          if (bits.sensor == sensor && std::isfinite(bits.of.bits)) return bits.of.bits;
    return std::nullopt;
  }
  for (const auto& person : report.people)
    if (person.user == user)
      for (std::size_t m = 0; m < report.modalities.size(); ++m)
        if (report.modalities[m] == sensor) return person.importance[m];
  return std::nullopt;
}

}  // namespace

void judge_by_truth(report::Report& report) {
  std::vector<int> found, planted, depends;
  std::vector<double> importance;
  for (const auto& known : report.truth.people) {
    const auto person = std::find_if(report.people.begin(), report.people.end(),
                                     [&](const auto& p) { return p.user == known.user; });
    if (person == report.people.end()) continue;
    found.push_back(person->group);
    planted.push_back(known.group);
    for (const auto& sensor : report.modalities)
      if (const auto value = importance_of(report, known.user, sensor)) {
        depends.push_back(std::find(known.sensors.begin(), known.sensors.end(), sensor) !=
                          known.sensors.end());
        importance.push_back(*value);
      }
  }
  if (found.empty()) return;
  report.truth.adjusted_rand = metrics::adjusted_rand(as_vector(found), as_vector(planted));
  if (std::count(depends.begin(), depends.end(), 1) > 0 && std::count(depends.begin(), depends.end(), 0) > 0)
    report.truth.importance_auc = metrics::roc_auc(as_vector(depends), as_vector(importance));
}

}  // namespace lifelog::examples
