// SPDX-License-Identifier: MIT
#include "words.hpp"

#include <algorithm>

#include "../common/table.hpp"

namespace lifelog::examples::report {

namespace {

const Sensor* sensor_of(const Report& report, const std::string& name) {
  const auto found = std::find_if(report.sensors.begin(), report.sensors.end(),
                                  [&](const Sensor& sensor) { return sensor.name == name; });
  return found == report.sensors.end() ? nullptr : &*found;
}

}  // namespace

std::string sensor_name(const Report& report, const std::string& sensor) {
  const auto* known = sensor_of(report, sensor);
  return known && !known->full_name.empty() ? known->full_name : sensor;
}

std::string sensor_and_unit(const Report& report, const std::string& sensor) {
  const auto* known = sensor_of(report, sensor);
  const auto name = sensor_name(report, sensor);
  return known && !known->unit.empty() ? name + " (" + known->unit + ")" : name;
}

std::string listed(const std::vector<std::string>& words, std::size_t most) {
  const auto n = words.size();
  if (n == 0) return "";
  if (n == 1) return words.front();
  const auto shown = n > most ? most : n - 1;
  const std::vector<std::string> first(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(shown));
  return joined(first) + " and " + (n > most ? std::to_string(n - most) + " more" : words.back());
}

std::string with_interval(double value, double low, double high, int digits) {
  return fixed(value, digits) + " (" + fixed(low, digits) + " to " + fixed(high, digits) + ")";
}

std::string bits_words(const Bits& bits) {
  return fixed(bits.bits, 3) + " bits (" + fixed(bits.low, 3) + " to " + fixed(bits.high, 3) + ")";
}

std::vector<std::string> identified_sensors(const Report& report, const Information& information) {
  std::vector<const SensorBits*> known;
  for (const auto& sensor : information.sensors)
    if (sensor.identified) known.push_back(&sensor);
  std::stable_sort(known.begin(), known.end(),
                   [](const auto* a, const auto* b) { return a->of.bits > b->of.bits; });
  std::vector<std::string> names;
  for (const auto* sensor : known) names.push_back(sensor_name(report, sensor->sensor));
  return names;
}

const Judged* judged_everybody(const Report& report) {
  if (report.evaluation.empty() || !report.evaluation.front().classes.empty()) return nullptr;
  return &report.evaluation.front();
}

std::vector<const Judged*> judged_people(const Report& report) {
  std::vector<const Judged*> people;
  for (const auto& judged : report.evaluation)
    if (!judged.classes.empty()) people.push_back(&judged);
  return people;
}

const Figures* best_baseline(const Judged& judged) {
  const Figures* best = nullptr;
  for (std::size_t i = 1; i < judged.figures.size(); ++i)
    if (!best || judged.figures[i].f1 > best->f1) best = &judged.figures[i];
  return best;
}

std::string way_words(const std::string& way) {
  if (way == "blocked") return "in blocks of time";
  if (way == "session") return "session by session";
  if (way == "person") return "person by person";
  if (way == "shuffled") return "at random, neighbours of trained minutes among them";
  return way == "split-file" ? "as a file of splits says" : way;
}

}  // namespace lifelog::examples::report
