// SPDX-License-Identifier: MIT

#include "report_files.hpp"

#include <algorithm>
#include <lifelog/io/npy.hpp>
#include <lifelog/readers/csv_numbers.hpp>
#include <numeric>

#include "../common/files.hpp"
#include "../common/quality_file.hpp"
#include "../common/table.hpp"
#include "choosing.hpp"
#include "report_importance.hpp"
#include "report_sensors.hpp"
#include "report_settings.hpp"
#include "reporting.hpp"

namespace lifelog::examples {

namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

/// `read()`; where the JSON lacks something, the error names the file.
template<class Read>
auto reading(const fs::path& file, Read&& read) {
  const auto json = read_json(file);
  try {
    return read(json);
  } catch (const nlohmann::json::exception& error) {
    throw format_error(file.string(), std::string("expected what a pipeline writes: ") + error.what());
  }
}

/// Columns of a history.csv.
std::vector<std::vector<double>> read_history(const fs::path& path) {
  const std::vector<std::string> names{"epoch", "loss", "train_f1", "valid_f1"};
  data::NumberTable numbers;
  readers::read_numbers(io::read_file(path), path.string(), names, numbers);
  std::vector<std::vector<double>> columns(names.size());
  for (Index row = 0; row < numbers.rows; ++row)
    for (std::size_t c = 0; c < names.size(); ++c) columns[c].push_back(numbers(row, c));
  return columns;
}

report::Training read_training(const std::string& user, const fs::path& folder) {
  report::Training training;
  training.user = user;
  if (fs::exists(folder / "history.csv")) {
    auto history = read_history(folder / "history.csv");
    training.epoch = std::move(history[0]);
    training.loss = std::move(history[1]);
    training.train_f1 = std::move(history[2]);
    training.valid_f1 = std::move(history[3]);
  }
  return reading(folder / "metrics.json", [&](const ordered_json& metrics) {
    // Of all held-out minutes where there are folds; of the network that is kept, "model" has its own.
    const auto& own = metrics.contains("model") ? metrics.at("model") : metrics;
    training.best_epoch = metrics.at("best_epoch");
    training.test_f1 = own.at("f1");
    training.test_accuracy = own.at("accuracy");
    training.train_minutes = metrics.at("train_minutes");
    training.test_minutes = own.at("test_minutes");
    training.classes = metrics.at("classes").size();
    training.diverged = metrics.at("status") == "diverged";
    return training;
  });
}

report::Figures figures_from(const std::string& name, const ordered_json& json) {
  const auto& interval = json.at("intervals").at("f1");
  report::Figures of;
  of.name = name;
  of.f1 = json.at("f1");
  of.low = interval.at("low");
  of.high = interval.at("high");
  of.accuracy = json.at("accuracy");
  of.kappa = json.at("kappa");
  if (json.contains("p_value")) of.p_value = json.at("p_value").get<double>();
  return of;
}

/// What networks say of their own certainty, before and after it was adjusted to validation minutes, and sets of classes.
std::vector<std::pair<std::string, double>> calibration_from(const ordered_json& json) {
  struct Score {
    const char *part, *key, *name;
  };
  std::vector<std::pair<std::string, double>> scores;
  for (const auto& [part, key, name] : {Score{"before", "ece", "calibration error"},
                                        {"after", "ece", "adjusted"},
                                        {"before", "nll", "log loss"},
                                        {"after", "nll", "adjusted"},
                                        {"conformal", "level", "sets should hold"},
                                        {"conformal", "coverage", "they hold"},
                                        {"conformal", "mean_size", "classes a set"}})
    if (json.contains(part) && json.at(part).is_object() && json.at(part).contains(key) &&
        json.at(part).at(key).is_number())
      scores.emplace_back(name, json.at(part).at(key).get<double>());
  return scores;
}

report::Judged judged_from(const std::string& user, const ordered_json& metrics) {
  report::Judged one;
  one.user = user;
  one.beats_baselines = metrics.at("beats_baselines");
  one.figures.push_back(figures_from("network", metrics));
  for (const auto& [name, json] : metrics.at("baselines").items())
    if (json.is_object()) one.figures.push_back(figures_from(name, json));
  if (const auto found = metrics.find("ensemble"); found != metrics.end() && found->is_object())
    one.ensemble = figures_from("all together", *found);
  if (const auto found = metrics.find("calibration"); found != metrics.end() && found->is_object())
    one.calibration = calibration_from(*found);
  if (!metrics.contains("leak")) return one;
  const auto& leak = metrics.at("leak");
  one.figures[0].leak = leak.at("f1").get<double>();
  for (auto& of : one.figures)
    if (of.name != "network" && leak.at("baselines").contains(of.name))
      of.leak = leak.at("baselines").at(of.name).at("f1").get<double>();
  return one;
}

report::Judged judged_person(const std::string& user, const ordered_json& metrics) {
  auto one = judged_from(user, metrics);
  one.way = metrics.at("evaluate").get<std::string>();
  one.reason = metrics.value("evaluate_reason", std::string());
  metrics.at("classes").get_to(one.classes);
  metrics.at("confusion").get_to(one.confusion);
  for (const auto& [name, minutes] : metrics.at("class_balance").items())
    one.class_minutes.push_back(minutes.get<Index>());
  return one;
}

/// Repetitions of everybody side by side, one of each, as the cohort's p-value has them.
void add_nulls(const ordered_json& metrics, report::Nulls& nulls) {
  const auto own = metrics.at("null_f1").get<std::vector<double>>();
  nulls.f1.resize(nulls.f1.empty() ? own.size() : std::min(nulls.f1.size(), own.size()), 0.0);
  for (std::size_t k = 0; k < nulls.f1.size(); ++k) nulls.f1[k] += own[k];
  nulls.observed += metrics.at("first_seed_f1").get<double>();
}

void read_nulls(const fs::path& out, const std::vector<std::string>& users, report::Report& report) {
  if (report.evaluation.empty() || !report.evaluation.front().classes.empty()) return;
  const auto p_value = report.evaluation.front().figures.front().p_value;
  if (!p_value) return;
  report::Nulls nulls;
  nulls.p_value = *p_value;
  double people = 0;
  for (const auto& user : users)
    if (const auto file = out / "mil" / user / "metrics.json"; fs::exists(file))
      reading(file, [&](const ordered_json& metrics) {
        if (metrics.contains("null_f1")) add_nulls(metrics, nulls), ++people;
        return 0;
      });
  if (people == 0) return;
  for (double& f1 : nulls.f1) f1 /= people;
  nulls.observed /= people;
  report.nulls = std::move(nulls);
}

void read_networks(const fs::path& out, const std::vector<std::string>& users, report::Report& report) {
  if (const auto file = out / "metrics.json"; fs::exists(file))
    report.evaluation.push_back(
        reading(file, [](const ordered_json& metrics) { return judged_from("everybody", metrics); }));
  for (const auto& user : users) {
    const auto folder = out / "mil" / user;
    if (!fs::exists(folder / "metrics.json")) continue;
    report.training.push_back(read_training(user, folder));
    reading(folder / "metrics.json", [&](const ordered_json& metrics) {
      if (metrics.contains("baselines")) report.evaluation.push_back(judged_person(user, metrics));
      return 0;
    });
  }
}

void read_people_held_out(const fs::path& out, report::Report& report) {
  const auto file = out / "across" / "across.json";
  if (!fs::exists(file)) return;
  report.across = reading(file, [](const ordered_json& json) {
    report::Across across;
    across.people = json.at("people");
    const auto differences = [&](const char* key) {
      std::vector<report::Across::Difference> list;
      for (const auto& one : json.value(key, ordered_json::array()))
        list.push_back({one.at("predictor"), one.at("minutes"), one.at("f1"), one.at("low"), one.at("high")});
      return list;
    };
    across.gains = differences("gains");
    across.over_regression = differences("over_regression");
    for (const auto& row : json.at("figures")) {
      across.rows.push_back({row.at("minutes"), {}});
      for (const auto& [name, figures] : row.items())
        if (figures.is_object()) across.rows.back().figures.push_back(figures_from(name, figures));
    }
    return across;
  });
}

/// [minutes], the clusters of a sample of them; −1 of the others.
std::vector<int> clusters_from(const fs::path& file, const std::vector<Index>& sample, std::size_t minutes,
                               int k) {
  std::vector<int> clusters;
  if (!fs::exists(file)) return clusters;
  const auto labels = io::load_npy<int, 1>(file);
  if (labels.size() != sample.size() ||
      std::any_of(labels.begin(), labels.end(), [&](int label) { return label < 0 || label >= k; }))
    throw format_error(file.string(), "expected one of " + std::to_string(k) + " clusters of each of " +
                                          std::to_string(sample.size()) + " minutes");
  clusters.assign(minutes, -1);
  for (std::size_t i = 0; i < sample.size(); ++i) clusters[static_cast<std::size_t>(sample[i])] = labels(i);
  return clusters;
}

/// sample: the minutes that were clustered, which are also those of the raw map.
void read_clusters(const fs::path& out, const std::vector<Index>& sample, report::Report& report) {
  const auto folder = out / "clusters";
  if (!fs::exists(folder / "clusters.json")) return;
  report.clusters = reading(folder / "clusters.json", [](const ordered_json& json) {
    report::MinuteClusters clusters;
    json.at("k").get_to(clusters.k);
    json.at("minutes").get_to(clusters.minutes);
    for (const auto& row : json.at("rows"))
      clusters.rows.push_back({row.at("rows"), row.at("people"), row.at("labels")});
    return clusters;
  });
  const int k = report.clusters->k;
  std::vector<Index> all(sample.size());
  std::iota(all.begin(), all.end(), Index{0});
  report.importance_map.cluster =
      clusters_from(folder / "attention.npy", sample, report.importance_map.x.size(), k);
  report.raw_map.cluster = clusters_from(folder / "raw.npy", all, sample.size(), k);
}

/// Attention, its clusters, and maps.
void read_attention(const fs::path& out, report::Report& report) {
  if (!fs::exists(out / "importance" / "people.json")) return;
  const auto rows = load_minutes(out / "importance");
  const auto labels = out / "groups" / "labels.npy";
  const bool clustered = fs::exists(labels);
  const Eigen::VectorXi clusters = clustered ? Eigen::VectorXi(as_eigen(io::load_npy<int, 1>(labels)))
                                             : Eigen::VectorXi::Zero(rows.size()).eval();
  if (clusters.size() != rows.size())
    throw format_error(labels.string(), "expected " + std::to_string(rows.size()) + " rows, got " +
                                            std::to_string(clusters.size()));
  const auto groups = cluster::people_groups(cluster::user_groups(rows.users_of_rows(), clusters));
  report_groups(rows, groups, report);
  if (const auto file = out / "importance" / "when.json"; fs::exists(file))
    reading(file, [&](const ordered_json& strips) {
      for (const auto& strip : strips)
        report.strips.push_back(
            {strip.at("user"), strip.at("minute"), strip.at("windows"), strip.at("weight")});
      return 0;
    });
  if (const auto file = out / "groups" / "selection.json"; fs::exists(file))
    report.selection = read_selection(file);
  const auto file = out / "map" / "maps.json";
  if (!fs::exists(file)) return;
  const auto maps = read_json(file);
  const auto map_of = [&](const MinuteRows& some, const Eigen::VectorXi& of_some, const std::string& what) {
    const auto path = out / "map" / (what + ".npy");
    const auto points = io::load_npy<double, 2>(path);
    if (static_cast<Index>(points.shape(0)) != some.size() || points.shape(1) != 2)
      throw format_error(path.string(), "expected " + std::to_string(some.size()) + " places");
    return minute_map(some, as_eigen(points), maps.value(what + "_kl", 0.0), groups, of_some);
  };
  report.importance_map = map_of(rows, clusters, "importance");
  const auto sample = raw_sample(rows.size());
  report.raw_map = map_of(rows.pick(sample), clusters(sample), "raw");
  read_clusters(out, sample, report);
}

void read_predictors(const fs::path& out, report::Report& report) {
  const auto file = out / "predictors" / "comparison.json";
  if (fs::exists(file))
    reading(file, [&](const ordered_json& comparison) {
      for (const auto& group : comparison.at("groups")) {
        const auto &own = group.at("group"), &general = group.at("general");
        report.comparison.push_back({std::to_string(report.comparison.size() + 1), own.at("rows"),
                                     general.at("f1"), own.at("f1"), general.at("accuracy"),
                                     own.at("accuracy")});
      }
      return 0;
    });
  const auto regrouped = out / "predictors" / "regrouped.json";
  if (fs::exists(regrouped))
    reading(regrouped, [&](const ordered_json& json) {
      auto& found = report.regrouped.emplace();
      found.groups = json.at("groups").get<UserLists>();
      found.verdict = json.at("verdict");
      for (const char* way : {"regrouped", "general", "random", "own"}) {
        const auto& figures = json.at("people_held_out").at(way);
        const auto& f1 = figures.at("intervals").at("f1");
        found.ways.push_back({way, figures.at("f1"), f1.at("low"), f1.at("high"), figures.at("accuracy")});
      }
      return 0;
    });
  const auto held_out = out / "predictors" / "held_out.json";
  if (!fs::exists(held_out)) return;
  reading(held_out, [&](const ordered_json& json) {
    for (const auto& person : json.at("people")) {
      const auto &general = person.at("general"), &assigned = person.at("assigned_group");
      report.held_out.push_back({person.at("user"), person.at("group"), person.at("assigned"),
                                 general.at("rows"), general.at("f1"), assigned.at("f1")});
    }
    return 0;
  });
}

/// Why parts are not there.
void tell_what_is_missing(const fs::path& out, const std::string& layout, report::Report& report) {
  const auto say = [&](const char* part, const std::string& why) { report.left_out.emplace_back(part, why); };
  if (report.training.empty()) say("Networks", "none has been trained.");
  if (report.evaluation.empty() && !report.training.empty())
    say("Baselines", "networks were judged by one split of minutes at random, without baselines.");
  if (!report.information) say("What sensors tell", "information in bits was not measured.");
  if (!fs::exists(out / "importance" / "contributions"))
    say("What sensors argue for, minute by minute", "contributions were not kept.");
  if (report.faithfulness.empty())
    say("Which measure is what the networks go by", "it was not tried on minutes that were held out.");
  if (!report.evaluation.empty() &&
      std::all_of(report.evaluation.begin(), report.evaluation.end(),
                  [](const auto& judged) { return judged.calibration.empty(); }))
    say("Calibration", "no probabilities of minutes that were held out were kept.");
  if (report.information)
    for (const auto& [user, why] : report.information->untold)
      say("What sensors tell", (user == "everybody" ? "" : "of " + user + ": ") + why + ".");
  if (report.importance_map.x.empty()) say("Maps of minutes", "there are none, or too few minutes.");
  if (layout != "etri") say("Predictors of row tables", "only the ETRI layout has row tables.");
}

}  // namespace

std::vector<std::string> usable_users(const std::vector<data::Quality>& people) {
  std::vector<std::string> users;
  for (const auto& quality : people)
    if (quality.usable() && quality.minutes_kept >= fewest_minutes) users.push_back(quality.user);
  return users;
}

report::Report read_report(const fs::path& out) {
  const auto quality_file = out / "data" / "quality.json";
  if (!fs::exists(quality_file))
    throw format_error(out.string(), "expected the folder of a pipeline, with data/quality.json");
  report::Report report;
  report.quality = read_quality(quality_file);
  const auto settings = read_json(quality_file).value("settings", ordered_json::object());
  const auto layout = settings.value("layout", std::string());
  report.sensors = named_sensors(settings);
  const auto users = usable_users(report.quality);
  read_networks(out, users, report);
  read_nulls(out, users, report);
  read_people_held_out(out, report);
  read_attention(out, report);
  read_information(out, report);
  read_timelines(out, users, report);
  if (layout == "etri") read_predictors(out, report);
  read_truth(out, report);
  group_by_information(report);
  judge_by_truth(report);
  report.subtitle =
      (report.truth.people.empty() ? "Recordings of " : "Generated recordings of ") +
      count(static_cast<long long>(report.quality.size()), "person", "people") +
      (report.modalities.empty()
           ? ""
           : ", " + count(static_cast<long long>(report.modalities.size()), "sensor", "sensors"));
  report.settings = read_settings(out, layout);
  tell_what_is_missing(out, layout, report);
  return report;
}

void write_report(const fs::path& out, const report::Report& report) {
  const auto file = out / "report" / "index.html";
  make_directory(file.parent_path());
  write_text(file, report::to_html(report));
}

}  // namespace lifelog::examples
