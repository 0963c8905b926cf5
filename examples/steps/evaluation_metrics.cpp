// SPDX-License-Identifier: MIT

#include "evaluation_metrics.hpp"

#include <algorithm>
#include <lifelog/evaluate/conformal.hpp>
#include <lifelog/evaluate/null_test.hpp>
#include <lifelog/readers/csv_numbers.hpp>
#include <sstream>

#include "../common/table.hpp"

namespace lifelog::examples {

namespace {

using nlohmann::ordered_json;

metrics::ConfusionMatrix confusion_of(const evaluate::Judged& judged, Index classes) {
  metrics::ConfusionMatrix confusion(classes);
  for (std::size_t k = 0; k < judged.truth.size(); ++k) confusion.add(judged.truth[k], judged.predicted[k]);
  return confusion;
}

/// Figures of one predictor, and its p-value where labels were shifted.
ordered_json predictor_json(const Predictions& predictions, Index classes, const TrainingOptions& training) {
  if (predictions.judged.truth.empty()) return nullptr;
  auto json = figures_json(predictions.judged, classes, training.train.seed, training.threads);
  if (!predictions.null_f1.empty()) {
    // What the null trainings are comparable with: the first seed alone.
    metrics::ConfusionMatrix first(classes);
    const auto& judged = predictions.judged;
    for (std::size_t k = 0; k < judged.truth.size(); ++k)
      if (judged.replicate[k] == 0) first.add(judged.truth[k], judged.predicted[k]);
    json["first_seed_f1"] = first.macro_f1();
    json["p_value"] = evaluate::null_p_value(first.macro_f1(), predictions.null_f1);
    json["null_f1"] = predictions.null_f1;
  }
  return json;
}

ordered_json leak_json(const ordered_json& figures, const Predictions& shuffled, Index classes,
                       const TrainingOptions& training) {
  const auto other = figures_json(shuffled.judged, classes, training.train.seed, training.threads);
  ordered_json leak;
  for (const char* figure : {"f1", "accuracy", "kappa"})
    leak[figure] = other.at(figure).get<double>() - figures.at(figure).get<double>();
  leak["shuffled"] = other;
  return leak;
}

/// Calibration of what networks say of minutes held out, as they say it and at the temperature that suits their validation
/// minutes, and conformal sets by the same. Null without such minutes, or where a network makes no numbers of them.
ordered_json calibration_json(const Said& valid, const Said& test) {
  if (valid.truth.empty() || test.truth.empty() || !valid.log_p.allFinite() || !test.log_p.allFinite())
    return nullptr;
  const auto labels_of = [](const Said& said) {
    return Eigen::VectorXi::NullaryExpr(
               static_cast<Index>(said.truth.size()),
               [&](Index n) { return static_cast<int>(said.truth[static_cast<std::size_t>(n)]); })
        .eval();
  };
  const auto valid_labels = labels_of(valid), test_labels = labels_of(test);
  const auto scores = [&](const RowMatrix<double>& log_p) {
    const auto found = evaluate::calibration_scores(log_p, test_labels);
    return ordered_json{{"ece", found.calibration_error},
                        {"nll", found.log_loss},
                        {"brier", found.brier},
                        {"confidence", found.confidence}};
  };
  // Validation minutes chose the epoch. That few of them are told wrongly makes nobody surer.
  const double temperature = evaluate::fit_temperature(valid.log_p, valid_labels, {.least = 1});
  const RowMatrix<double> after = evaluate::at_temperature(test.log_p, temperature);
  const evaluate::ConformalOptions conformal;
  const double threshold = evaluate::conformal_threshold(evaluate::at_temperature(valid.log_p, temperature),
                                                         valid_labels, conformal);
  const auto sets =
      evaluate::conformal_summary(evaluate::conformal_sets(after, threshold, conformal), test_labels);
  return {{"temperature", temperature},
          {"valid_minutes", valid.truth.size()},
          {"before", scores(test.log_p)},
          {"after", scores(after)},
          {"conformal",
           {{"level", conformal.level},
            {"coverage", sets.coverage},
            {"mean_size", sets.mean_size},
            {"single", sets.single},
            {"empty", sets.empty}}}};
}

}  // namespace

ordered_json figures_json(const evaluate::Judged& judged, Index classes, std::uint64_t seed, int threads) {
  evaluate::BootstrapOptions options;
  options.seed = seed;
  options.threads = threads;
  const auto figures = evaluate::judge(judged, classes, options);
  const auto interval = [&](const evaluate::Interval& of) {
    return ordered_json{{"low", of.low}, {"high", of.high}, {"level", options.level}};
  };
  return {{"f1", figures.f1.value},
          {"accuracy", figures.accuracy.value},
          {"kappa", figures.kappa.value},
          {"intervals",
           {{"f1", interval(figures.f1)},
            {"accuracy", interval(figures.accuracy)},
            {"kappa", interval(figures.kappa)}}}};
}

std::pair<std::string, double> best_baseline(const ordered_json& metrics) {
  std::pair<std::string, double> best{"", -1};
  for (const auto& [name, figures] : metrics.at("baselines").items())
    if (figures.is_object() && figures.at("f1").get<double>() > best.second)
      best = {name, figures.at("f1").get<double>()};
  return best;
}

void add_evaluation(ordered_json& metrics, const Judgement& judgement, const data::DataSet& data,
                    const TrainingOptions& training, const EvaluationOptions& options) {
  const auto classes = static_cast<Index>(data.classes.size());
  const auto& plan = judgement.plan;
  metrics["model"] = {{"fold", 1},
                      {"test_minutes", metrics.at("test_minutes")},
                      {"f1", metrics.at("f1")},
                      {"accuracy", metrics.at("accuracy")},
                      {"confusion", metrics.at("confusion")}};
  metrics["evaluate"] = plan.way;
  if (!plan.reason.empty()) metrics["evaluate_reason"] = plan.reason;
  metrics["folds"] = plan.folds.empty() ? 1 : plan.folds.size();
  metrics["gap"] = plan.gap;
  metrics["seeds"] = options.seeds;
  metrics["evaluated_folds"] = options.all_folds ? metrics["folds"].get<std::size_t>() : 1;
  const auto confusion = confusion_of(judgement.network.judged, classes);
  auto network = predictor_json(judgement.network, classes, training);
  metrics["confusion"] = counts_json(confusion);
  metrics["study_f1"] = confusion.study_f1();
  metrics.update(network);
  for (std::size_t c = 0; c < data.classes.size(); ++c)
    metrics["class_balance"][data.classes[c]] =
        std::count(data.label.begin(), data.label.end(), static_cast<std::int64_t>(c));
  for (const auto& baseline : judgement.baselines)
    metrics["baselines"][baseline.name] = predictor_json(baseline, classes, training);
  metrics["beats_baselines"] = metrics.at("f1").get<double>() > best_baseline(metrics).second;
  if (judgement.ensemble) {
    metrics["ensemble"] = predictor_json(*judgement.ensemble, classes, training);
    if (!metrics["ensemble"].is_null())
      metrics["ensemble"]["confusion"] = counts_json(confusion_of(judgement.ensemble->judged, classes));
    metrics["faithfulness"] = judgement.faithfulness;
  }
  if (judgement.shuffled_network) {
    metrics["leak"] = leak_json(network, *judgement.shuffled_network, classes, training);
    for (std::size_t b = 0; b < judgement.baselines.size(); ++b) {
      const auto& name = judgement.baselines[b].name;
      if (metrics["baselines"][name].is_null()) continue;
      metrics["leak"]["baselines"][name] =
          leak_json(metrics["baselines"][name], judgement.shuffled_baselines[b], classes, training);
    }
  }
  metrics["calibration"] = calibration_json(judgement.valid_said, judgement.test_said);
  metrics["replicates"] = judgement.replicates;
}

namespace {

/// The names of those who predicted, as predictions.csv has them behind its first columns.
const std::vector<std::string>& predictor_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all{"network"};
    all.insert(all.end(), std::begin(baseline_names), std::end(baseline_names));
    return all;
  }();
  return names;
}

/// What a predictor has in somebody's metrics.
const ordered_json& figures_of(const ordered_json& metrics, const std::string& name) {
  return name == "network" ? metrics : metrics.at("baselines").at(name);
}

/// p-value of the mean over people: their first seeds' F1 against the means of their repetitions, one of each.
ordered_json cohort_p_value(const std::vector<ordered_json>& people, const std::string& name) {
  std::vector<double> nulls;
  double observed = 0;
  for (const auto& metrics : people) {
    const auto& figures = figures_of(metrics, name);
    if (!figures.contains("null_f1")) return nullptr;
    const auto own = figures.at("null_f1").get<std::vector<double>>();
    nulls.resize(nulls.empty() ? own.size() : std::min(nulls.size(), own.size()), 0.0);
    for (std::size_t k = 0; k < nulls.size(); ++k) nulls[k] += own[k];
    observed += figures.at("first_seed_f1").get<double>();
  }
  return nulls.empty() ? ordered_json() : ordered_json(evaluate::null_p_value(observed, nulls));
}

double mean_of(const std::vector<ordered_json>& people,
               const std::function<double(const ordered_json&)>& value) {
  double total = 0;
  for (const auto& metrics : people) total += value(metrics);
  return total / static_cast<double>(people.size());
}

/// Means over those whose networks' probabilities are calibrated.
void add_mean_calibration(const std::vector<ordered_json>& people, ordered_json& cohort) {
  std::vector<ordered_json> known;
  for (const auto& metrics : people)
    if (metrics.contains("calibration") && metrics.at("calibration").is_object())
      known.push_back(metrics.at("calibration"));
  if (known.empty()) return;
  auto& all = cohort["calibration"];
  all["people"] = known.size();
  for (const char* part : {"before", "after", "conformal"})
    for (const auto& [name, value] : known.front().at(part).items())
      all[part][name] = mean_of(
          known, [&, &of = name](const ordered_json& own) { return own.at(part).at(of).get<double>(); });
}

/// Means over those whose figures leak at all: of people whose minutes had to be shuffled nothing is known.
void add_mean_leak(const std::vector<ordered_json>& people, ordered_json& cohort) {
  std::vector<ordered_json> leaks;
  for (const auto& metrics : people)
    if (metrics.contains("leak")) leaks.push_back(metrics.at("leak"));
  cohort["people_as_asked"] = std::count_if(
      people.begin(), people.end(), [](const auto& metrics) { return !metrics.contains("evaluate_reason"); });
  if (leaks.empty()) return;
  cohort["leak"]["people"] = leaks.size();
  for (const char* figure : {"f1", "accuracy", "kappa"}) {
    cohort["leak"][figure] =
        mean_of(leaks, [&](const ordered_json& leak) { return leak.at(figure).get<double>(); });
    for (const auto& [name, figures] : cohort.at("baselines").items())
      if (figures.is_object())
        cohort["leak"]["baselines"][name][figure] = mean_of(leaks, [&, &of = name](const ordered_json& leak) {
          return leak.at("baselines").at(of).at(figure).get<double>();
        });
  }
}

}  // namespace

ordered_json cohort_metrics(const std::vector<ordered_json>& people,
                            const std::vector<std::string>& predictions,
                            const std::vector<std::string>& files, std::uint64_t seed, int threads) {
  if (people.empty()) return nullptr;
  std::vector<std::string> columns{"seed", "block", "truth"};
  columns.insert(columns.end(), predictor_names().begin(), predictor_names().end());
  const bool together = std::all_of(people.begin(), people.end(), [](const auto& metrics) {
    return metrics.contains("ensemble") && metrics.at("ensemble").is_object();
  });
  if (together) columns.push_back("ensemble");
  std::vector<evaluate::Judged> judged(predictor_names().size());
  evaluate::Judged ensemble;
  Index classes = 2;
  for (std::size_t p = 0; p < people.size(); ++p) {
    data::NumberTable table;
    readers::read_numbers(predictions[p], files[p], columns, table);
    classes = std::max(classes, static_cast<Index>(people[p].at("classes").size()));
    // An empty cell is of a baseline that somebody has not; it is not shown.
    const auto at = [&](Index row, std::size_t column) {
      const double value = table(row, column);
      return lifelog::detail::is_finite(value) ? static_cast<Index>(value) : Index{0};
    };
    for (Index row = 0; row < table.rows; ++row)
      for (std::size_t k = 0; k < judged.size(); ++k)
        judged[k].add(at(row, 2), at(row, 3 + k), static_cast<Index>(p), at(row, 1), at(row, 0));
    for (Index row = 0; together && row < table.rows; ++row)
      if (at(row, 0) == 0)
        ensemble.add(at(row, 2), at(row, columns.size() - 1), static_cast<Index>(p), at(row, 1), 0);
  }
  ordered_json cohort{{"people", people.size()}};
  for (std::size_t k = 0; k < judged.size(); ++k) {
    const auto& name = predictor_names()[k];
    if (std::any_of(people.begin(), people.end(),
                    [&](const auto& metrics) { return figures_of(metrics, name).is_null(); })) {
      cohort["baselines"][name] = nullptr;
      continue;
    }
    auto figures = figures_json(judged[k], classes, seed, threads);
    if (const auto p = cohort_p_value(people, name); !p.is_null()) figures["p_value"] = p;
    if (k == 0)
      cohort.update(figures);
    else
      cohort["baselines"][name] = figures;
  }
  if (together) cohort["ensemble"] = figures_json(ensemble, classes, seed, threads);
  cohort["beats_baselines"] = cohort.at("f1").get<double>() > best_baseline(cohort).second;
  cohort["people_who_beat_baselines"] =
      static_cast<int>(std::count_if(people.begin(), people.end(), [](const auto& metrics) {
        return metrics.at("beats_baselines") == true;
      }));
  add_mean_leak(people, cohort);
  add_mean_calibration(people, cohort);
  return cohort;
}

std::string evaluation_table(const ordered_json& metrics) {
  const bool p = metrics.contains("p_value"), leak = metrics.contains("leak");
  std::vector<std::string> header{"", "F1", "95 %", "accuracy", "kappa"};
  if (p) header.push_back("p");
  if (leak) header.push_back("leak");
  Table table(header);
  const auto row = [&](const std::string& name, const ordered_json& figures, const ordered_json* leaked) {
    const auto& interval = figures.at("intervals").at("f1");
    std::vector<std::string> cells{name, fixed(figures.at("f1"), 3),
                                   fixed(interval.at("low"), 2) + "-" + fixed(interval.at("high"), 2),
                                   fixed(figures.at("accuracy"), 3), fixed(figures.at("kappa"), 3)};
    if (p) cells.push_back(fixed(figures.at("p_value"), 3));
    if (leak) cells.push_back(leaked ? fixed(leaked->at("f1"), 3) : "");
    table.row(std::move(cells));
  };
  row("network", metrics, leak ? &metrics.at("leak") : nullptr);
  for (const auto& [name, figures] : metrics.at("baselines").items())
    if (figures.is_object())
      row(name, figures, leak ? &metrics.at("leak").at("baselines").at(name) : nullptr);
  std::ostringstream out;
  out << table;
  if (const auto found = metrics.find("calibration"); found != metrics.end() && found->is_object()) {
    const auto& sets = found->at("conformal");
    out << "calibration error " << fixed(found->at("before").at("ece"), 3)
        << ", at the validation minutes' temperature " << fixed(found->at("after").at("ece"), 3)
        << "; sets for " << fixed(100 * sets.at("level").get<double>(), 0) << " % hold the class of "
        << fixed(100 * sets.at("coverage").get<double>(), 0) << " %, with " << fixed(sets.at("mean_size"), 2)
        << " classes each\n";
  }
  return out.str();
}

}  // namespace lifelog::examples
