// SPDX-License-Identifier: MIT

#include "informing.hpp"

#include <algorithm>
#include <lifelog/importance/agreement.hpp>
#include <lifelog/importance/groups.hpp>
#include <lifelog/importance/information.hpp>
#include <map>

#include "../common/table.hpp"
#include "measuring.hpp"

namespace lifelog::examples {

namespace {

using nlohmann::ordered_json;

/// What is told of a person, and how sure.
struct Told {
  const MeasuredPerson* person = nullptr;
  std::vector<Index> rows;
  std::vector<RowMatrix<double>> bits;  ///< [seeds] of [rows, M]
  importance::PersonInformation information;
};

/// Why nothing can be told of somebody; empty where it can.
std::string why_not(const MeasuredPerson& person, const std::vector<std::string>& sensors) {
  if (!person.measured) return person.reason.empty() ? "no replicates" : person.reason;
  if (person.measured->modalities != sensors) return "other sensors than the first person's";
  if (person.measured->told().empty()) return "no minute of which all networks make numbers";
  return {};
}

/// [P, M]: people's means in one of the seeds.
RowMatrix<double> means_of_seed(const std::vector<Told>& people, std::size_t seed) {
  RowMatrix<double> means(static_cast<Index>(people.size()), people.front().bits.front().cols());
  for (std::size_t p = 0; p < people.size(); ++p)
    means.row(static_cast<Index>(p)) = people[p].bits[seed].colwise().mean();
  return means;
}

/// [folds] of [P, M]: people's means in one fold each, of seeds that no other fold has, while there are enough: two of them have
/// neither minutes nor seeds in common.
std::vector<RowMatrix<double>> apart(const std::vector<const Told*>& people, Index folds) {
  std::vector<RowMatrix<double>> replicates;
  for (Index fold = 0; fold < folds; ++fold) {
    auto& means = replicates.emplace_back(static_cast<Index>(people.size()), people.front()->bits[0].cols());
    for (std::size_t p = 0; p < people.size(); ++p) {
      const auto& measured = *people[p]->person->measured;
      const auto rows = measured.told(fold);
      const auto seeds = static_cast<Index>(measured.bits.size());
      Eigen::RowVectorXd sum = Eigen::RowVectorXd::Zero(means.cols());
      Index count = 0;
      for (Index seed = fold % seeds; seed < seeds; seed += folds, ++count)
        sum += measured.bits[static_cast<std::size_t>(seed)](rows, Eigen::all).colwise().mean();
      means.row(static_cast<Index>(p)) = sum / static_cast<double>(count);
    }
  }
  return replicates;
}

/// Sets `agreement` of people and cohort, or says in the cohort why not.
void add_agreement(const std::vector<Told>& people, std::uint64_t seed, std::vector<ordered_json>& of_people,
                   ordered_json& cohort) {
  std::vector<const Told*> with_folds;
  std::vector<std::size_t> places;
  Index folds = 1000;
  for (std::size_t p = 0; p < people.size(); ++p) {
    const auto& measured = *people[p].person->measured;
    Index own = 0;
    while (own < measured.folds() && !measured.told(own).empty()) ++own;
    if (own < 2 || own < measured.folds()) continue;
    folds = std::min(folds, own);
    with_folds.push_back(&people[p]);
    places.push_back(p);
  }
  if (with_folds.size() < 2) {
    cohort["agreement_reason"] = "fewer than two people with minutes in two folds";
    return;
  }
  const auto agreement = importance::agreement(apart(with_folds, folds), {.permutations = 999, .seed = seed});
  for (std::size_t i = 0; i < places.size(); ++i)
    of_people[places[i]]["agreement"] = {{"rank_correlation", agreement.own[static_cast<Index>(i)]},
                                         {"others", agreement.others[static_cast<Index>(i)]}};
  cohort["agreement"] = {{"within", agreement.within},
                         {"between", agreement.between},
                         {"nearest", agreement.nearest},
                         {"chance", agreement.chance},
                         {"p", agreement.p_value},
                         {"identified", agreement.within > agreement.between && agreement.p_value <= 0.05},
                         {"people", with_folds.size()},
                         {"replicates", folds}};
}

std::vector<std::vector<double>> lists(const RowMatrix<double>& matrix) {
  std::vector<std::vector<double>> rows;
  for (Index r = 0; r < matrix.rows(); ++r) rows.emplace_back(matrix.row(r).begin(), matrix.row(r).end());
  return rows;
}

ordered_json groups_json(const std::vector<Told>& people, const InformationSettings& settings) {
  const bool any =
      std::any_of(people.begin(), people.end(), [](const auto& p) { return p.information.any(); });
  const Index sensors = people.front().bits.front().cols();
  RowMatrix<double> bits(static_cast<Index>(people.size()), sensors);
  std::vector<RowMatrix<double>> draws;
  for (std::size_t p = 0; p < people.size(); ++p) {
    for (Index m = 0; m < sensors; ++m)
      bits(static_cast<Index>(p), m) = people[p].information.bits[static_cast<std::size_t>(m)].value;
    draws.push_back(people[p].information.draws.topRows(400).leftCols(sensors));
  }
  importance::GroupingOptions options;
  options.seed = settings.seed;
  options.threads = settings.threads;
  auto groups = importance::group_people(bits, draws, options);
  if (groups.k > 1 && !any) {
    groups.k = 1;
    groups.group.assign(people.size(), 0);
    groups.membership.setOnes(static_cast<Index>(people.size()), 1);
    groups.stability = {1};
    groups.reason = "nobody has a sensor that is identified";
  }
  ordered_json json{{"k", groups.k},
                    {"p", groups.p_value},
                    {"silhouette", groups.silhouette},
                    {"tried", groups.tried},
                    {"reason", groups.reason}};
  ordered_json of_people = ordered_json::array(), order = of_people;
  for (std::size_t p = 0; p < people.size(); ++p) {
    const auto membership = groups.membership.row(static_cast<Index>(p));
    const bool shown = groups.k == 1 || people[p].information.any();
    of_people.push_back({{"user", people[p].person->user},
                         {"group", shown ? ordered_json(groups.group[p]) : ordered_json()},
                         {"nearest", groups.group[p]},
                         {"membership", std::vector<double>(membership.begin(), membership.end())}});
  }
  for (const Index p : groups.order) order.push_back(people[static_cast<std::size_t>(p)].person->user);
  json["people"] = of_people;
  json["stability"] = groups.stability;
  json["co_assignment"] = lists(groups.co_assignment);
  json["order"] = order;
  json["silhouettes"] = {{"first", 2}, {"people", groups.silhouettes}, {"no_groups", groups.of_nulls}};
  return json;
}

ordered_json cohort_json(const std::vector<Told>& people, const std::vector<std::string>& sensors,
                         std::uint64_t seed) {
  std::vector<RowMatrix<double>> replicates;
  std::vector<Index> blocks;
  std::size_t seeds = people.front().bits.size();
  for (const auto& person : people) seeds = std::min(seeds, person.bits.size());
  for (std::size_t s = 0; s < seeds; ++s) replicates.push_back(means_of_seed(people, s));
  for (std::size_t p = 0; p < people.size(); ++p) blocks.push_back(static_cast<Index>(p));
  importance::IntervalOptions options;
  options.seed = seed;
  auto json = information_json("", sensors, importance::summarize(replicates, blocks, options), 0, 0);
  ordered_json cohort{{"people", people.size()},
                      {"total", json.at("total")},
                      {"sensors", json.at("sensors")},
                      {"identified", json.at("identified")}};
  for (std::size_t m = 0; m < sensors.size(); ++m)
    cohort["sensors"][m]["people"] = std::count_if(
        people.begin(), people.end(), [&](const Told& told) { return told.information.identified[m]; });
  return cohort;
}

}  // namespace

ordered_json cohort_information(const std::vector<MeasuredPerson>& people,
                                const InformationSettings& settings) {
  ordered_json json{{"level", importance::IntervalOptions().level},
                    {"evaluate", settings.evaluate},
                    {"folds", settings.folds},
                    {"seeds", settings.seeds},
                    {"replicates", settings.folds * settings.seeds}};
  std::vector<std::string> sensors;
  for (const auto& person : people)
    if (sensors.empty() && person.measured) sensors = person.measured->modalities;
  json["sensors"] = sensors;
  std::vector<Told> told;
  std::vector<std::string> reasons;
  for (const auto& person : people) {
    reasons.push_back(why_not(person, sensors));
    if (!reasons.back().empty()) continue;
    auto& one = told.emplace_back();
    one.person = &person;
    one.rows = person.measured->told();
    one.bits = person.measured->bits_of(one.rows);
  }
  importance::IntervalOptions options;
  options.people = std::max<Index>(1, static_cast<Index>(told.size()));
  options.seed = settings.seed;
  std::vector<ordered_json> of_people;
  for (auto& one : told) {
    const auto& measured = *one.person->measured;
    one.information = importance::summarize(one.bits, one.person->blocks, options);
    auto person =
        information_json(one.person->user, sensors, one.information, static_cast<Index>(one.rows.size()),
                         static_cast<Index>(measured.bits.size()) * measured.folds());
    person["trust"] = measured.trust;
    of_people.push_back(std::move(person));
  }
  ordered_json cohort;
  if (told.size() >= 2) {
    cohort = cohort_json(told, sensors, settings.seed);
    add_agreement(told, settings.seed, of_people, cohort);
  } else {
    cohort = {{"people", told.size()},
              {"identified", false},
              {"reason", "fewer than two people of whom sensors tell something"}};
  }
  auto all = ordered_json::array();
  for (std::size_t p = 0, next = 0; p < people.size(); ++p)
    all.push_back(reasons[p].empty() ? of_people[next++]
                                     : ordered_json{{"user", people[p].user},
                                                    {"minutes", 0},
                                                    {"replicates", 0},
                                                    {"identified", false},
                                                    {"reason", reasons[p]}});
  json["people"] = all;
  json["cohort"] = cohort;
  json["groups"] = told.empty() ? ordered_json{{"k", 1}, {"reason", "nobody's sensors tell anything"}}
                                : groups_json(told, settings);
  return json;
}

UserLists information_groups(const ordered_json& information, const std::vector<std::string>& users) {
  const auto& groups = information.at("groups");
  const auto k = groups.at("k").get<std::size_t>();
  if (k == 1) return {users};
  UserLists lists(k);
  for (const auto& person : groups.at("people"))
    lists.at(person.at("nearest").get<std::size_t>()).push_back(person.at("user").get<std::string>());
  return lists;
}

std::string information_summary(const ordered_json& information) {
  const auto& cohort = information.at("cohort");
  Index identified = 0, people = 0;
  for (const auto& person : information.at("people")) {
    identified += person.at("identified").get<bool>();
    people += !person.contains("reason");
  }
  std::string text;
  if (cohort.contains("total")) {
    const auto& total = cohort.at("total");
    text = fixed(total.at("bits"), 3) + " bits a minute (" + fixed(total.at("low"), 3) + " to " +
           fixed(total.at("high"), 3) + ") beyond guessing; ";
  }
  text += "sensors identified of " + std::to_string(identified) + " of " + count(people, "person", "people");
  if (cohort.contains("agreement"))
    text += std::string("; replicates ") + (cohort.at("agreement").at("identified").get<bool>()
                                                ? "tell people apart"
                                                : "do not tell people apart");
  return text;
}

ordered_json cohort_faithfulness(const std::vector<std::pair<std::string, ordered_json>>& metrics) {
  ordered_json json{{"people", ordered_json::array()}, {"cohort", ordered_json::object()}};
  std::map<std::pair<std::string, std::string>, std::pair<double, double>> sums;
  for (const auto& [user, of] : metrics) {
    if (!of.contains("faithfulness") || !of.at("faithfulness").is_object()) continue;
    ordered_json person{{"user", user}};
    person.update(of.at("faithfulness"));
    for (const auto& [measure, figures] : of.at("faithfulness").items())
      for (const auto& [name, value] : figures.items())
        if (value.is_number()) {
          auto& [sum, known] = sums[{measure, name}];
          sum += value.get<double>();
          ++known;
        }
    json["people"].push_back(std::move(person));
  }
  for (const char* measure : {"attention", "contributions"})
    for (const char* name : {"rank_correlation", "aopcr", "polarity"}) {
      const auto found = sums.find({measure, name});
      json["cohort"][measure][name] =
          found == sums.end() ? ordered_json() : ordered_json(found->second.first / found->second.second);
    }
  if (json["people"].empty()) json["reason"] = "nobody's replicates were asked";
  return json;
}

}  // namespace lifelog::examples
