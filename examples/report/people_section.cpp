// SPDX-License-Identifier: MIT

// A part for each person: what sensors tell, minute by minute, and what the person's states were taken for.

#include <algorithm>
#include <numeric>

#include "../common/quality_file.hpp"
#include "../common/table.hpp"
#include "charts.hpp"
#include "page.hpp"
#include "sections.hpp"
#include "svg.hpp"
#include "timeline.hpp"
#include "words.hpp"

namespace lifelog::examples::report {

namespace {

using Cells = std::vector<std::string>;

template<class T>
const T* of_user(const std::vector<T>& all, const std::string& user) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const T& one) { return one.user == user; });
  return found == all.end() ? nullptr : &*found;
}

const Information* information_of(const Report& report, const std::string& user) {
  return report.information ? of_user(report.information->people, user) : nullptr;
}

/// Everybody of whom anything is shown, in the order of the data.
Cells users_of(const Report& report) {
  Cells users;
  const auto add = [&](const std::string& user) {
    if (std::find(users.begin(), users.end(), user) == users.end()) users.push_back(user);
  };
  for (const auto& quality : report.quality) add(quality.user);
  for (const auto& person : report.people) add(person.user);
  for (const auto* judged : judged_people(report)) add(judged->user);
  for (const auto& timeline : report.timelines) add(timeline.user);
  if (report.information)
    for (const auto& person : report.information->people) add(person.user);
  return users;
}

std::string sensors_part(const Report& report, const Information& information) {
  IntervalChart chart;
  chart.title = "What each sensor tells";
  chart.x_label = "bits a minute";
  std::vector<Cells> rows;
  for (const auto& sensor : information.sensors)
    rows.push_back(add_sensor(chart, report, sensor, sensor_and_unit(report, sensor.sensor)));
  const auto sensors = identified_sensors(report, information);
  const auto total = "All sensors together tell " + bits_words(information.total) + " a minute. ";
  return paragraph(total + (sensors.empty() ? "No single sensor is identified."
                                            : "Identified: " + listed(sensors) + ".")) +
         wide(interval_svg(chart)) +
         folded("The same in numbers", table_html({"sensor", "bits", "from", "to", "identified"}, rows));
}

/// Without information: what attention weighs.
std::string attention_part(const Report& report, const Person& person) {
  BarChart chart;
  chart.title = "Weight of attention, mean of " + count(person.minutes, "test minute", "test minutes");
  for (const auto& name : report.modalities) chart.names.push_back(sensor_and_unit(report, name));
  chart.parts = {{"weight", person.importance, "var(--accent)"}};
  chart.maximum = 1;
  chart.digits = 2;
  return bars_html(chart);
}

std::string timeline_part(const Report& report, const Timeline& timeline) {
  if (timeline.minute.empty()) return {};
  Cells names;
  for (const auto& sensor : timeline.sensors) names.push_back(sensor_name(report, sensor));
  std::string text =
      "Every minute that was held out: the state there was, and the one the network says that was not "
      "trained on it; "
      "black below: wrong.";
  if (!timeline.argument.empty()) text += " Blue sensors argue for the prediction, orange ones against it.";
  if (const auto together = minutes_a_cell(timeline.minute.size()); together > 1)
    text += " A cell is up to " + std::to_string(together) + " minutes.";
  return paragraph(text) + timeline_figure(timeline, names);
}

std::string confusion_part(const Judged& judged) {
  if (judged.confusion.empty()) return {};
  Cells header{"true state", "minutes"};
  for (const auto& name : judged.classes) header.push_back("called " + name);
  std::vector<Cells> rows;
  Index called = 0, minutes = 0;
  for (const Index n : judged.class_minutes) minutes += n;
  for (std::size_t t = 0; t < judged.confusion.size(); ++t) {
    called = std::accumulate(judged.confusion[t].begin(), judged.confusion[t].end(), called);
    Cells cells{judged.classes.at(t),
                t < judged.class_minutes.size() ? grouped(judged.class_minutes[t]) : ""};
    for (const Index count : judged.confusion[t]) cells.push_back(grouped(count));
    rows.push_back(std::move(cells));
  }
  return table_html(header, rows,
                    std::string("What minutes that were held out were taken for") +
                        (called > minutes ? ", by each seed's networks" : ""));
}

std::string figures_words(const Judged& judged) {
  if (judged.figures.empty()) return {};
  const auto& network = judged.figures.front();
  auto text = "Macro F1 " + with_interval(network.f1, network.low, network.high, 2);
  if (const auto* best = best_baseline(judged))
    text += judged.beats_baselines
                ? ", more than the best baseline's " + fixed(best->f1, 2) + " (" + best->name + ")"
                : ", no more than the best baseline's " + fixed(best->f1, 2) + " (" + best->name + ")";
  return text + ".";
}

/// What is said of a person while the part is closed.
std::string heading(const Report& report, const std::string& user) {
  Cells parts;
  if (const auto* quality = of_user(report.quality, user)) {
    parts.push_back(count(quality->minutes_kept, "minute", "minutes"));
    if (!quality->error.empty()) parts.push_back("unusable");
  }
  if (const auto* judged = of_user(report.evaluation, user); judged && !judged->figures.empty())
    parts.push_back("F1 " + fixed(judged->figures.front().f1, 2));
  else if (const auto* training = of_user(report.training, user))
    parts.push_back("F1 " + fixed(training->test_f1, 2));
  if (const auto* information = information_of(report, user)) {
    const auto sensors = identified_sensors(report, *information);
    parts.push_back(sensors.empty() ? "no sensor identified" : "told by " + listed(sensors));
  }
  if (const auto* person = of_user(report.people, user); person && report.groups_found())
    parts.push_back(person->group < 0
                        ? "in no group"
                        : "group " + report.groups[static_cast<std::size_t>(person->group)].name);
  return "<b>" + escape(user) + "</b>" + (parts.empty() ? "" : ": " + escape(joined(parts)));
}

std::string person_part(const Report& report, const std::string& user) {
  std::string body;
  if (const auto* quality = of_user(report.quality, user); quality && !quality->error.empty())
    body += paragraph("Nothing could be used: " + quality->error);
  const auto* judged = of_user(report.evaluation, user);
  if (judged) body += paragraph(figures_words(*judged));
  if (judged && !judged->reason.empty())
    body += paragraph("Held out otherwise than asked for: " + judged->reason + ".");
  if (const auto* information = information_of(report, user))
    body += sensors_part(report, *information);
  else if (const auto* person = of_user(report.people, user))
    body += attention_part(report, *person);
  if (const auto* timeline = of_user(report.timelines, user)) body += timeline_part(report, *timeline);
  if (judged) body += confusion_part(*judged);
  if (body.empty()) body = paragraph("Nothing is known of this person.");
  return "<details class=\"person\">\n<summary>" + heading(report, user) + "</summary>\n" + body +
         "</details>\n";
}

}  // namespace

std::string people_section(const Report& report) {
  std::string out;
  for (const auto& user : users_of(report)) out += person_part(report, user);
  return out;
}

}  // namespace lifelog::examples::report
