// SPDX-License-Identifier: MIT

#include "feature_baselines.hpp"

#include <lifelog/evaluate/baselines.hpp>
#include <lifelog/predict/dataset_sensors.hpp>

namespace lifelog::examples {

namespace {

Eigen::VectorXi as_vector(const std::vector<Index>& labels) {
  Eigen::VectorXi all(static_cast<Index>(labels.size()));
  for (std::size_t n = 0; n < labels.size(); ++n) all[static_cast<Index>(n)] = static_cast<int>(labels[n]);
  return all;
}

std::vector<Index> of_rows(const std::vector<Index>& classes, const std::vector<Index>& rows) {
  std::vector<Index> some;
  for (const Index row : rows) some.push_back(classes[static_cast<std::size_t>(row)]);
  return some;
}

}  // namespace

FeatureBaselines::FeatureBaselines(const data::DataSet& data, std::uint64_t seed, int threads)
    : classes_(static_cast<Index>(data.classes.size())) {
  const auto sensors = predict::sensors_of(data);
  evaluate::MiniRocketBaselineOptions options;
  options.seed = seed;
  options.threads = threads;
  statistics_ = evaluate::statistics_features(sensors, threads).values;
  products_ = evaluate::minirocket_products(sensors, {}, options);
}

std::vector<Index> FeatureBaselines::statistics(const std::vector<Index>& labels,
                                                const evaluate::Split& split) const {
  evaluate::LogisticOptions options;
  options.classes = classes_;
  const evaluate::StatisticsBaseline baseline(statistics_, split.train);
  return of_rows(baseline.fit(as_vector(labels), options).classes, split.test);
}

std::vector<Index> FeatureBaselines::minirocket(const std::vector<Index>& labels,
                                                const evaluate::Split& split) const {
  evaluate::RidgeOptions options;
  options.classes = classes_;
  const evaluate::MiniRocketBaseline baseline(products_, split.train);
  return of_rows(baseline.fit(as_vector(labels), options).classes, split.test);
}

}  // namespace lifelog::examples
