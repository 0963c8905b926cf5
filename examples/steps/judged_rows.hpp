// SPDX-License-Identifier: MIT
#pragma once

#include <lifelog/evaluate/baselines.hpp>
#include <lifelog/evaluate/null_test.hpp>
#include <lifelog/evaluate/without_sensors.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "evaluation_metrics.hpp"
#include "predictor_folds.hpp"

namespace lifelog::examples {

/// What everybody's predictor and the baselines say of the rows that each fold tests.
struct SaidOfRows {
  std::vector<std::vector<Index>> tested;
  std::vector<std::pair<std::string, std::vector<std::vector<Index>>>> predicted;  ///< [predictors], [folds]

  /// Macro F1 over all folds.
  double f1(std::size_t predictor, const predict::RowInputs& inputs) const {
    metrics::ConfusionMatrix confusion(inputs.classes);
    for (std::size_t f = 0; f < tested.size(); ++f)
      for (std::size_t k = 0; k < tested[f].size(); ++k)
        confusion.add(inputs.labels[static_cast<std::size_t>(tested[f][k])],
                      predicted[predictor].second[f][k]);
    return confusion.macro_f1();
  }
};

/// general: of the folds, what a predictor of everybody says.
inline SaidOfRows said_of_rows(const predict::RowInputs& inputs, const std::vector<evaluate::Split>& folds,
                               std::vector<std::vector<Index>> general) {
  const auto items = items_of(inputs);
  SaidOfRows said;
  std::vector<std::vector<Index>> majority, clock, statistics;
  const Eigen::Map<const Eigen::Matrix<Index, Eigen::Dynamic, 1>> labels(
      inputs.labels.data(), static_cast<Index>(inputs.labels.size()));
  evaluate::LogisticOptions logistic;
  logistic.classes = inputs.classes;
  for (const auto& fold : folds) {
    said.tested.push_back(fold.test);
    majority.push_back(evaluate::predict_majority(items, fold.train, fold.test));
    clock.push_back(evaluate::predict_clock(items, fold.train, fold.test));
    const auto all =
        evaluate::statistics_baseline(inputs.rows, labels.cast<int>().eval(), fold.train, logistic).classes;
    auto& own = statistics.emplace_back();
    for (const Index row : fold.test) own.push_back(all[static_cast<std::size_t>(row)]);
  }
  said.predicted = {{"general", std::move(general)},
                    {"majority", std::move(majority)},
                    {"clock", std::move(clock)},
                    {"statistics", std::move(statistics)}};
  return said;
}

/// Everybody's predictor beside the baselines, with intervals and, where labels were shifted, p-values.
class JudgedRows {
 public:
  JudgedRows(const predict::RowInputs& inputs, const TrainingOptions& options)
      : inputs_(inputs), options_(options), items_(items_of(inputs)), blocks_(evaluate::blocks_of(items_)) {}

  void add(const SaidOfRows& said, Index seed) {
    judged_.resize(said.predicted.size());
    names_.clear();
    for (std::size_t p = 0; p < said.predicted.size(); ++p) {
      names_.push_back(said.predicted[p].first);
      for (std::size_t f = 0; f < said.tested.size(); ++f)
        for (std::size_t k = 0; k < said.tested[f].size(); ++k) {
          const Index row = said.tested[f][k];
          judged_[p].add(items_.label_of(row), said.predicted[p].second[f][k], items_.person_of(row),
                         blocks_[static_cast<std::size_t>(row)], seed);
        }
    }
    if (seed != 0) return;
    for (std::size_t p = 0; p < names_.size(); ++p) first_f1_.push_back(said.f1(p, inputs_));
  }

  /// inputs: with labels shifted.
  void add_null(const SaidOfRows& said, const predict::RowInputs& inputs) {
    nulls_.resize(said.predicted.size());
    for (std::size_t p = 0; p < nulls_.size(); ++p) nulls_[p].push_back(said.f1(p, inputs));
  }

  /// Null where nothing was tested.
  nlohmann::ordered_json json() const {
    if (judged_.empty() || judged_.front().truth.empty()) return nullptr;
    auto json = figures(0);
    // Of MiniRocket nothing: a row is one sample.
    for (std::size_t p = 1; p < names_.size(); ++p) json["baselines"][names_[p]] = figures(p);
    json["baselines"]["minirocket"] = nullptr;
    json["beats_baselines"] = json.at("f1").get<double>() > best_baseline(json).second;
    return json;
  }

 private:
  nlohmann::ordered_json figures(std::size_t p) const {
    auto json = figures_json(judged_[p], inputs_.classes, options_.train.seed, options_.threads);
    if (nulls_.empty()) return json;
    json["first_seed_f1"] = first_f1_[p];
    json["p_value"] = evaluate::null_p_value(first_f1_[p], nulls_[p]);
    json["null_f1"] = nulls_[p];
    return json;
  }

  const predict::RowInputs& inputs_;
  const TrainingOptions& options_;
  evaluate::Items items_;
  std::vector<Index> blocks_;
  std::vector<std::string> names_;
  std::vector<evaluate::Judged> judged_;
  std::vector<double> first_f1_;
  std::vector<std::vector<double>> nulls_;
};

}  // namespace lifelog::examples
