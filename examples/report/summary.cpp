// SPDX-License-Identifier: MIT

// What the numbers come to, in words. Every sentence is chosen by the numbers it speaks of.

#include <algorithm>
#include <cmath>

#include "../common/quality_file.hpp"
#include "../common/table.hpp"
#include "page.hpp"
#include "sections.hpp"
#include "svg.hpp"
#include "words.hpp"

namespace lifelog::examples::report {

namespace {

using Sentences = std::vector<std::string>;

std::string people_words(std::size_t n) {
  return count(static_cast<long long>(n), "person", "people");
}

const Figures* figures_named(const Judged& judged, const std::string& name) {
  for (const auto& figures : judged.figures)
    if (figures.name == name) return &figures;
  return nullptr;
}

/// The networks beside the best baseline.
std::string verdict(const Figures& network, const Figures& best) {
  if (network.low > best.f1) return "Even the lower end of that interval is above the best of them.";
  if (network.f1 > best.f1) return "The networks are ahead, but their interval includes the best of them.";
  if (network.high < best.f1)
    return "The networks are worse: their whole interval is below the best of them.";
  return "The networks do not beat the best of them.";
}

std::string against_baselines(const Judged& everybody) {
  const auto* best = best_baseline(everybody);
  if (!best) return {};
  Sentences others;
  if (const auto* guess = figures_named(everybody, "majority"))
    others.push_back("always guessing the commonest state " + fixed(guess->f1, 3));
  if (const auto* clock = figures_named(everybody, "clock"))
    others.push_back("going by the clock alone " + fixed(clock->f1, 3));
  if (best->name != "majority" && best->name != "clock")
    others.push_back("the best baseline, " + best->name + ", " + fixed(best->f1, 3));
  auto text = listed(others) + ". ";
  text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
  const auto at = text.find_first_of("0123456789");
  text.insert(at, "reaches ");
  return text + verdict(everybody.figures.front(), *best);
}

std::string for_whom(const Report& report) {
  Sentences better, worse, guessing;
  for (const auto* judged : judged_people(report)) {
    if (judged->figures.empty()) continue;
    (judged->beats_baselines ? better : worse).push_back(judged->user);
    const auto* guess = figures_named(*judged, "majority");
    if (guess && judged->figures.front().low <= guess->f1) guessing.push_back(judged->user);
  }
  const auto n = better.size() + worse.size();
  if (n == 0) return {};
  std::string text = "The network beats every baseline for ";
  text += worse.empty()    ? (n == 1 ? "the one person" : "all " + std::to_string(n) + " people")
          : better.empty() ? "nobody"
                           : std::to_string(better.size()) + " of " + people_words(n) + ": " + listed(better);
  text += ". ";
  if (!guessing.empty())
    text += "It cannot be told from guessing the commonest state for " + people_words(guessing.size()) +
            ": " + listed(guessing) + ".";
  return text;
}

std::string leak_words(const Judged& everybody) {
  const auto& leak = everybody.figures.front().leak;
  if (!leak) return {};
  if (*leak <= 0) return "Shuffling minutes would not have shown a higher F1: nothing leaks.";
  return "Shuffling minutes would have shown an F1 higher by " + fixed(*leak, 3) +
         ", for neighbours of the minutes tested are then trained on.";
}

/// What was held out: the same of everybody, or nothing in particular.
std::string held_out_words(const std::vector<const Judged*>& people) {
  for (const auto* judged : people)
    if (judged->way != people.front()->way) return "In minutes that were held out";
  return "In minutes that were held out" + (people.empty() || people.front()->way.empty()
                                                ? std::string()
                                                : " " + way_words(people.front()->way));
}

Sentences judged_words(const Report& report, const std::vector<const Judged*>& people) {
  const auto* everybody = judged_everybody(report);
  const auto networks = held_out_words(people) + ", networks tell people's states with a macro F1 of ";
  const auto average = ", on average of " + people_words(people.size()) + ". ";
  if (!everybody) {
    double f1 = 0;
    for (const auto* judged : people) f1 += judged->figures.front().f1;
    return {networks + fixed(f1 / static_cast<double>(people.size()), 3) + average, for_whom(report)};
  }
  const auto& network = everybody->figures.front();
  Sentences said{networks + fixed(network.f1, 3) + " (95 % interval " + fixed(network.low, 2) + " to " +
                     fixed(network.high, 2) + ")" + average + against_baselines(*everybody),
                 for_whom(report), leak_words(*everybody)};
  if (everybody->ensemble)
    said.push_back(
        "All networks of a person together reach an F1 of " +
        with_interval(everybody->ensemble->f1, everybody->ensemble->low, everybody->ensemble->high, 3) + ".");
  if (network.p_value)
    said.push_back("Labels that have nothing to do with the minutes do as well with p = " +
                   fixed(*network.p_value, 3) + ".");
  return said;
}

Sentences prediction_words(const Report& report) {
  const auto people = judged_people(report);
  if (judged_everybody(report) || !people.empty()) return judged_words(report, people);
  if (report.training.empty()) return {};
  double f1 = 0;
  for (const auto& training : report.training) f1 += training.test_f1;
  const auto n = report.training.size();
  return {"On test minutes drawn at random, networks reach a mean F1 of " +
          fixed(f1 / static_cast<double>(n), 3) + " over " + people_words(n) +
          ". Neighbours of those minutes were trained on, and nothing was compared with guessing: how well "
          "states of other minutes are told is not known."};
}

std::string total_words(const Information& everybody) {
  const auto total = bits_words(everybody.total);
  if (everybody.total.low > 0)
    return "Together, sensors tell " + total + " a minute beyond what the shares of the states tell.";
  if (everybody.total.high < 0)
    return "Together, sensors mislead: " + total + " a minute, less than the shares of the states tell.";
  return "Whether sensors tell anything beyond the shares of the states is not known: " + total +
         " a minute.";
}

std::string cohort_sensors(const Report& report, const Information& everybody) {
  Sentences parts;
  auto sensors = everybody.sensors;
  std::stable_sort(sensors.begin(), sensors.end(),
                   [](const auto& a, const auto& b) { return a.of.bits > b.of.bits; });
  for (const auto& sensor : sensors)
    if (sensor.identified) parts.push_back(sensor_name(report, sensor.sensor) + ", " + bits_words(sensor.of));
  if (parts.empty()) return "On average of everybody, no single sensor is identified as informative.";
  return "Identified as informative on average of everybody: " + joined(parts, "; ") + ".";
}

/// Who has which sensors; and who none.
std::string sensors_of_people(const Report& report) {
  Sentences parts, none;
  for (const auto& person : report.information->people) {
    const auto sensors = identified_sensors(report, person);
    if (sensors.empty())
      none.push_back(person.user);
    else
      parts.push_back(person.user + " (" + listed(sensors) + ")");
  }
  const auto n = parts.size() + none.size();
  if (n == 0) return {};
  if (parts.empty()) return "Of none of " + people_words(n) + " can a sensor be said to be informative.";
  return "A sensor is identified for " + std::to_string(parts.size()) + " of " + people_words(n) + ": " +
         listed(parts, 20) + "." +
         (none.empty() ? "" : " For " + listed(none) + " none is: there the picture would be of chance.");
}

std::string agreement_words(const Agreement& agreement) {
  return std::string("Trained anew, networks of one person ") +
         (agreement.identified ? "agree on its sensors more than those of different people do"
                               : "agree on its sensors no more than those of different people do") +
         ": rank correlation " + fixed(agreement.within, 2) + " within, " + fixed(agreement.between, 2) +
         " between people. So differences between people are " +
         (agreement.identified ? "identified." : "not identified.");
}

Sentences sensor_words(const Report& report) {
  if (!report.information) return {};
  const auto& information = *report.information;
  Sentences said;
  if (information.everybody)
    said.push_back(total_words(*information.everybody) + " " +
                   cohort_sensors(report, *information.everybody));
  said.push_back(sensors_of_people(report));
  if (information.agreement) said.push_back(agreement_words(*information.agreement));
  return said;
}

Sentences group_words(const Report& report) {
  const auto* by_information =
      report.information && report.information->groups ? &*report.information->groups : nullptr;
  if (report.information && !by_information) return {};
  if (report.groups_found()) {
    Sentences parts;
    for (const auto& group : report.groups)
      parts.push_back("group " + group.name + ": " + listed(group.users));
    auto text =
        "People form " + std::to_string(report.groups.size()) + " groups: " + joined(parts, "; ") + ".";
    if (!by_information)
      return {text +
              " That is how attention weights of one training cluster; whether another training finds the "
              "same has not been tried."};
    if (by_information->p)
      text += " In data without groups, as clear ones come with p = " + fixed(*by_information->p, 3) + ".";
    return {text};
  }
  if (!by_information) return {};
  return {"No groups of people were found" +
          (by_information->p ? " (p = " + fixed(*by_information->p, 3) + ")" : std::string()) +
          (by_information->reason.empty() ? std::string() : ": " + by_information->reason) + "."};
}

/// Whether attention weighs most what informs most, where that is known.
Sentences disagreement_words(const Report& report) {
  if (!report.information) return {};
  Sentences other;
  std::size_t known = 0;
  for (const auto& person : report.information->people) {
    const auto weighed = std::find_if(report.people.begin(), report.people.end(),
                                      [&](const auto& p) { return p.user == person.user; });
    if (weighed == report.people.end() || identified_sensors(report, person).empty()) continue;
    ++known;
    const auto most = top_modalities(weighed->importance, report.modalities, 1);
    const bool same = std::any_of(person.sensors.begin(), person.sensors.end(), [&](const auto& sensor) {
      return sensor.identified && !most.empty() && sensor.sensor == most.front();
    });
    if (!same) other.push_back(person.user);
  }
  if (other.empty()) return {};
  return {"Warning: attention weighs most a sensor that is not identified as informative for " +
          std::to_string(other.size()) + " of the " + people_words(known) +
          " with one that is: " + listed(other) + ". Do not read attention as importance there."};
}

Sentences faithful_words(const Report& report) {
  if (report.faithfulness.empty()) return {};
  const auto& everybody = report.faithfulness.front();
  const auto of = [&](const char* name) -> const Faithful* {
    for (const auto& measure : everybody.measures)
      if (measure.measure == name) return &measure;
    return nullptr;
  };
  const auto *attention = of("attention"), *contributions = of("contributions");
  if (!attention || !contributions || !std::isfinite(attention->rank_correlation) ||
      !std::isfinite(contributions->rank_correlation))
    return {};
  const bool worse = attention->rank_correlation < contributions->rank_correlation;
  return {"What the network goes by is told " +
          std::string(worse ? "better by contributions than by attention"
                            : "no better by contributions than by attention") +
          ": rank correlation with what exchanging a sensor costs " +
          fixed(contributions->rank_correlation, 2) + " and " + fixed(attention->rank_correlation, 2) + "."};
}

Sentences data_words(const Report& report) {
  const auto all = total_quality(report.quality);
  if (all.minutes_seen <= 0) return {};
  const auto most = std::max_element(all.dropped.begin(), all.dropped.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  auto text = grouped(all.minutes_kept) + " of " + count(all.minutes_seen, "minute", "minutes") + " (" +
              fixed(100.0 * double(all.minutes_kept) / double(all.minutes_seen), 1) + "%) could be used";
  if (most != all.dropped.end() && most->second > 0)
    text += "; the commonest reason for dropping one is \"" + spoken(most->first) + "\" (" +
            grouped(most->second) + ")";
  Sentences lost;
  for (const auto& quality : report.quality)
    if (!quality.usable() || quality.minutes_kept == 0) lost.push_back(quality.user);
  text += ".";
  if (!lost.empty()) text += " Nothing of " + listed(lost) + " could be used.";
  return {text};
}

}  // namespace

std::string summary_section(const Report& report) {
  std::string items;
  for (const auto& words :
       {prediction_words(report), across_words(report), sensor_words(report), group_words(report),
        faithful_words(report), disagreement_words(report), truth_words(report), data_words(report)})
    for (const auto& sentence : words)
      if (!sentence.empty()) items += "<li>" + escape(sentence) + "</li>\n";
  return items.empty() ? items : "<ul>\n" + items + "</ul>\n";
}

}  // namespace lifelog::examples::report
