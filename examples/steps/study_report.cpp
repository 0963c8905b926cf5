// SPDX-License-Identifier: MIT

// What a study found, read back from its files: the report and the summary.

#include <algorithm>
#include <lifelog/io/npy.hpp>
#include <lifelog/metrics/agreement.hpp>
#include <lifelog/metrics/roc.hpp>
#include <lifelog/readers/csv_numbers.hpp>

#include "../common/quality_file.hpp"
#include "choosing.hpp"
#include "generating.hpp"
#include "reporting.hpp"
#include "study.hpp"

namespace lifelog::examples {

namespace {

namespace fs = std::filesystem;

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

report::Training read_training(const std::string& user, const TrainingFiles& files) {
  auto history = read_history(files.history);
  const auto metrics = read_json(files.metrics);
  report::Training training;
  training.user = user;
  training.epoch = std::move(history[0]);
  training.loss = std::move(history[1]);
  training.train_f1 = std::move(history[2]);
  training.valid_f1 = std::move(history[3]);
  training.best_epoch = metrics.at("best_epoch");
  training.test_f1 = metrics.at("f1");
  training.test_accuracy = metrics.at("accuracy");
  training.train_minutes = metrics.at("train_minutes");
  training.test_minutes = metrics.at("test_minutes");
  training.classes = metrics.at("classes").size();
  training.diverged = metrics.at("status") == status_name(train::TrainStatus::diverged);
  return training;
}

/// A setting as people write it: text without quotes, lists without brackets.
std::string setting_text(const nlohmann::ordered_json& value) {
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  std::vector<std::string> parts;
  for (const auto& part : value) parts.push_back(setting_text(part));
  return joined(parts);
}

/// A row for each value, however deep it stands; what is no step's own is of all steps.
void add_settings(const std::string& step, const std::string& name, const nlohmann::ordered_json& value,
                  std::vector<report::Report::Setting>& rows) {
  if (!value.is_object()) {
    rows.push_back(name.empty() ? report::Report::Setting{"all", step, setting_text(value)}
                                : report::Report::Setting{step, name, setting_text(value)});
    return;
  }
  for (const auto& [key, inner] : value.items())
    add_settings(step, name.empty() ? key : name + ", " + key, inner, rows);
}

template<class T>
Eigen::Matrix<T, Eigen::Dynamic, 1> as_vector(const std::vector<T>& values) {
  return Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, 1>>(values.data(),
                                                               static_cast<Index>(values.size()));
}

}  // namespace

void Study::collect_training(report::Report& report) const {
  report.quality = read_quality(options_.out / "data" / "quality.json");
  for (const auto& user : usable_users())
    report.training.push_back(read_training(user, training_files(user)));
}

void Study::collect_evaluation(report::Report& report) const {
  const auto figures = [](const std::string& name, const nlohmann::ordered_json& json) {
    const auto& interval = json.at("intervals").at("f1");
    report::Figures of{name,
                       json.at("f1"),
                       interval.at("low"),
                       interval.at("high"),
                       json.at("accuracy"),
                       json.at("kappa"),
                       {},
                       {}};
    if (json.contains("p_value")) of.p_value = json.at("p_value").get<double>();
    return of;
  };
  const auto judged = [&](const std::string& user, const nlohmann::ordered_json& metrics) {
    report::Judged one;
    one.user = user;
    one.beats_baselines = metrics.at("beats_baselines");
    one.figures.push_back(figures("network", metrics));
    for (const auto& [name, json] : metrics.at("baselines").items())
      if (json.is_object()) one.figures.push_back(figures(name, json));
    if (!metrics.contains("leak")) return one;
    const auto& leak = metrics.at("leak");
    one.figures[0].leak = leak.at("f1").get<double>();
    for (auto& of : one.figures)
      if (of.name != "network") of.leak = leak.at("baselines").at(of.name).at("f1").get<double>();
    return one;
  };
  const auto file = options_.out / "metrics.json";
  if (fs::exists(file)) report.evaluation.push_back(judged("everybody", read_json(file)));
  for (const auto& user : usable_users()) {
    const auto metrics = read_json(training_files(user).metrics);
    if (!metrics.contains("baselines")) continue;
    auto one = judged(user, metrics);
    one.way = metrics.at("evaluate").get<std::string>();
    one.reason = metrics.value("evaluate_reason", std::string());
    metrics.at("classes").get_to(one.classes);
    metrics.at("confusion").get_to(one.confusion);
    for (const auto& [name, minutes] : metrics.at("class_balance").items())
      one.class_minutes.push_back(minutes.get<Index>());
    report.evaluation.push_back(std::move(one));
  }
}

void Study::collect_groups(report::Report& report) const {
  const auto& out = options_.out;
  const auto rows = minutes();
  const Eigen::VectorXi clusters = as_eigen(io::load_npy<int, 1>(out / "groups" / "labels.npy"));
  const auto groups = cluster::people_groups(cluster::user_groups(rows.users_of_rows(), clusters));
  report_groups(rows, groups, report);
  if (fs::exists(out / "importance" / "when.json"))
    for (const auto& strip : read_json(out / "importance" / "when.json"))
      report.strips.push_back(
          {strip.at("user"), strip.at("minute"), strip.at("windows"), strip.at("weight")});
  report.selection = read_selection(out / "groups" / "selection.json");
  if (!fs::exists(out / "map" / "maps.json")) return;
  const auto maps = read_json(out / "map" / "maps.json");
  const auto map_of = [&](const MinuteRows& some, const Eigen::VectorXi& of_some, const std::string& what) {
    const auto points = io::load_npy<double, 2>(out / "map" / (what + ".npy"));
    return minute_map(some, as_eigen(points), maps.at(what + "_kl"), groups, of_some);
  };
  report.importance_map = map_of(rows, clusters, "importance");
  const auto sample = raw_sample(rows.size());
  report.raw_map = map_of(rows.pick(sample), clusters(sample), "raw");
}

void Study::collect_comparison(report::Report& report) const {
  if (options_.layout != Layout::etri) return;
  const auto comparison = read_json(options_.out / "predictors" / "comparison.json");
  for (const auto& group : comparison.at("groups")) {
    const auto &own = group.at("group"), &general = group.at("general");
    report.comparison.push_back({report.groups.at(report.comparison.size()).name, own.at("rows"),
                                 general.at("f1"), own.at("f1"), general.at("accuracy"), own.at("accuracy")});
  }
}

void Study::collect_held_out(report::Report& report) const {
  if (options_.layout != Layout::etri || options_.evaluation != Evaluation::leave_one_out) return;
  const auto held_out = read_json(options_.out / "predictors" / "held_out.json");
  for (const auto& person : held_out.at("people")) {
    const auto &general = person.at("general"), &assigned = person.at("assigned_group");
    report.held_out.push_back({person.at("user"), person.at("group"), person.at("assigned"),
                               general.at("rows"), general.at("f1"), assigned.at("f1")});
  }
}

report::Report Study::collect() const {
  report::Report report;
  collect_training(report);
  collect_evaluation(report);
  collect_groups(report);
  collect_comparison(report);
  collect_held_out(report);
  report.subtitle =
      (fs::exists(options_.data / "truth.json") ? "Generated recordings of " : "Recordings of ") +
      count(static_cast<long long>(report.people.size()), "person", "people") + ", " +
      count(static_cast<long long>(report.modalities.size()), "modality", "modalities");
  for (const auto& [step, settings] : settings_.items()) add_settings(step, "", settings, report.settings);
  return report;
}

void Study::report() {
  const auto report = collect();
  const auto file = options_.out / "report" / "index.html";
  make_directory(file.parent_path());
  write_text(file, report::to_html(report));
  print_summary(report);
  print_truth(report);
  program_.out() << "report: " << file.string() << '\n';
}

void Study::print_summary(const report::Report& report) const {
  Table table({"person", "kept", "dropped", "classes", "test F1", "group", "matter most"});
  for (const auto& quality : report.quality) {
    std::vector<std::string> cells{quality.user, grouped(quality.minutes_kept),
                                   grouped(quality.minutes_dropped())};
    const auto person = std::find_if(report.people.begin(), report.people.end(),
                                     [&](const auto& p) { return p.user == quality.user; });
    if (person == report.people.end()) {
      const bool trained = std::any_of(report.training.begin(), report.training.end(),
                                       [&](const auto& t) { return t.user == quality.user; });
      const auto why = quality.error.empty() ? "too few minutes" : quality.error;
      cells.insert(cells.end(), {"", trained ? "diverged" : "", "", trained ? "" : "unusable: " + why});
    } else {
      const auto& training = *std::find_if(report.training.begin(), report.training.end(),
                                           [&](const auto& t) { return t.user == quality.user; });
      cells.insert(cells.end(), {std::to_string(training.classes),
                                 training.diverged ? "diverged" : fixed(training.test_f1, 3),
                                 report.groups[static_cast<std::size_t>(person->group)].name,
                                 joined(report::top_modalities(person->importance, report.modalities), " ")});
    }
    table.row(std::move(cells));
  }
  program_.out() << '\n' << table << report.selection.rule << '\n';
  double own = 0, general = 0;
  for (const auto& group : report.comparison) own += group.group_f1, general += group.general_f1;
  if (const auto groups = static_cast<double>(report.comparison.size()); groups > 0)
    program_.out() << "predictors: mean F1 of group predictors " << fixed(own / groups, 4)
                   << ", of everybody's on the same rows " << fixed(general / groups, 4) << '\n';
}

void Study::print_truth(const report::Report& report) const {
  const auto truth = read_truth(options_.data / "truth.json");
  if (truth.empty()) return;
  std::vector<int> found, planted, depends;
  std::vector<double> importance;
  for (const auto& person : report.people) {
    const auto known =
        std::find_if(truth.begin(), truth.end(), [&](const auto& t) { return t.user == person.user; });
    if (known == truth.end()) continue;
    found.push_back(person.group);
    planted.push_back(known->group);
    for (std::size_t m = 0; m < report.modalities.size(); ++m) {
      const auto& own = known->modalities;
      depends.push_back(std::find(own.begin(), own.end(), report.modalities[m]) != own.end());
      importance.push_back(person.importance[m]);
    }
  }
  if (found.empty()) return;
  const double rand = metrics::adjusted_rand(as_vector(found), as_vector(planted));
  const double auc = metrics::roc_auc(as_vector(depends), as_vector(importance));
  program_.out() << "groups found against planted: adjusted Rand index " << fixed(rand, 3)
                 << "; importance of planted modalities: area under the ROC curve " << fixed(auc, 3) << '\n';
  write_json(options_.out / "report" / "truth.json", {{"adjusted_rand", rand}, {"importance_auc", auc}});
}

}  // namespace lifelog::examples
