// SPDX-License-Identifier: MIT
#pragma once

// What metrics.json says of networks and baselines, of one person and of everybody.

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "evaluating.hpp"

namespace lifelog::examples {

/// Adds to a metrics.json: figures over all held-out minutes in place of those of the kept network, intervals, baselines,
/// class balance, p-values, the leak, and whether the network beats the baselines.
void add_evaluation(nlohmann::ordered_json& metrics, const Judgement& judgement, const data::DataSet& data,
                    const TrainingOptions& training, const EvaluationOptions& options);

/// f1, accuracy, kappa and their intervals. classes: of the labels. Throws std::invalid_argument without minutes.
nlohmann::ordered_json figures_json(const evaluate::Judged& judged, Index classes, std::uint64_t seed,
                                    int threads);

/// The baseline of a metrics.json with the highest F1; its name and that.
std::pair<std::string, double> best_baseline(const nlohmann::ordered_json& metrics);

/// Figures of several people: the means of theirs, intervals over people and their blocks, p-values of the means, the mean
/// leak. people: their metrics.json; predictions: their predictions.csv, named by `files` in errors. None without a person
/// whose minutes were held out. Throws format_error.
nlohmann::ordered_json cohort_metrics(const std::vector<nlohmann::ordered_json>& people,
                                      const std::vector<std::string>& predictions,
                                      const std::vector<std::string>& files, std::uint64_t seed, int threads);

/// A table for people: the network and the baselines on the same minutes, with intervals; what leaked.
std::string evaluation_table(const nlohmann::ordered_json& metrics);

}  // namespace lifelog::examples
