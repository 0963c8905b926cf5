// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "../features/band_powers.hpp"
#include "../features/minirocket.hpp"
#include "../features/window_statistics.hpp"
#include "feature_scale.hpp"
#include "logistic.hpp"
#include "ridge.hpp"

namespace lifelog::inline LIFELOG_ABI::evaluate {

/// Windows of one sensor and how fast it samples.
template<class T>
struct Sensor {
  std::string name;
  features::WindowsView<T> windows;
  double rate = 1;  ///< samples a second
};

/// What a baseline says of each row.
struct BaselinePrediction {
  std::vector<Index> classes;           ///< [N]
  RowMatrix<double> log_probabilities;  ///< [N, C]; empty of models that have none
};

namespace detail {

/// labels [N] of the rows that train.
template<Rows Labels>
Eigen::VectorXi train_labels(const Labels& given, Index n, std::span<const Index> train) {
  const auto labels = lifelog::detail::labels_of(given, "labels");
  lifelog::detail::require(labels.size() == n, "labels: expected ", n, ", got ", labels.size());
  Eigen::VectorXi chosen(static_cast<Index>(train.size()));
  for (Index i = 0; i < chosen.size(); ++i) chosen[i] = labels[train[static_cast<std::size_t>(i)]];
  return chosen;
}

LIFELOG_LAZY void check_train(std::span<const Index> train, Index n) {
  lifelog::detail::require(!train.empty(), "train: expected at least one row");
  for (const Index row : train)
    lifelog::detail::require(row >= 0 && row < n, "train: expected rows below ", n, ", got ", row);
}

/// Of values [N, channels] of windows of one sample: whether each is above quantiles of the rows to fit on. MiniRocket's
/// share above a bias, of a kernel of one weight. What is missing is above none.
template<class T>
RowMatrix<float> thermometer(const features::WindowsView<T>& view, std::span<const Index> rows) {
  constexpr Index steps = 32;
  RowMatrix<float> result = RowMatrix<float>::Zero(view.count, view.channels * steps);
  for (Index c = 0; c < view.channels; ++c) {
    std::vector<float> known;
    for (const Index row : rows)
      if (view.is_present(row) && lifelog::detail::is_finite(*view.channel(row, c)))
        known.push_back(static_cast<float>(*view.channel(row, c)));
    std::sort(known.begin(), known.end());
    for (Index s = 0; s < steps && !known.empty(); ++s) {
      const float bias =
          features::detail::quantile_of(known, (static_cast<double>(s) + 0.5) / static_cast<double>(steps));
      for (Index i = 0; i < view.count; ++i)
        result(i, c * steps + s) =
            view.is_present(i) && static_cast<float>(*view.channel(i, c)) > bias ? 1 : 0;
    }
  }
  return result;
}

}  // namespace detail

/// Statistics of the windows of all sensors, and powers in bands of those of at least 16 samples: [N, F]. No window is
/// looked at for another. Throws std::invalid_argument for sensors of unlike numbers of windows.
template<class T>
features::FeatureTable<double> statistics_features(const std::vector<Sensor<T>>& sensors, int threads = 0) {
  features::FeatureTable<double> table;
  for (const auto& sensor : sensors) {
    append_features(
        table, features::window_statistics(sensor.windows,
                                           {.name = sensor.name, .rate = sensor.rate, .threads = threads}));
    if (sensor.windows.length >= 16)
      append_features(
          table,
          features::band_powers(
              sensor.windows,
              {.name = sensor.name, .rate = sensor.rate, .bands = {}, .floor = 1e-12, .threads = threads}));
  }
  return table;
}

/// Logistic regression on standardised features of the rows that train. What costs is done once, so that other labels (those
/// of null tests) cost a few milliseconds.
///
///     const auto table = evaluate::statistics_features(sensors);  // once a person
///     const evaluate::StatisticsBaseline baseline(table.values, split.train);
///     const auto predicted = baseline.fit(labels);
class StatisticsBaseline {
 public:
  /// features: [N, F], where what is not finite counts as the mean; train: the rows to fit on. std::invalid_argument.
  template<Rows X>
  StatisticsBaseline(const X& features, std::span<const Index> train) : train_(train.begin(), train.end()) {
    const RowsOf<X> held(features);
    detail::check_train(train, held.view().rows());
    const auto scaled = fit_feature_scale(features, train).scaled(features);
    RowMatrix<double> rows(static_cast<Index>(train.size()), scaled.cols());
    for (Index i = 0; i < rows.rows(); ++i) rows.row(i) = scaled.row(train_[static_cast<std::size_t>(i)]);
    axes_ = principal_axes(rows);
    coordinates_ = axes_.coordinates(scaled);
  }

  /// Predictions of all N rows. labels: [N], of which those of the rows that train are looked at.
  template<Rows Labels>
  BaselinePrediction fit(const Labels& labels, const LogisticOptions& options = {}) const {
    const auto chosen = detail::train_labels(labels, coordinates_.rows(), train_);
    auto log_p = fit_logistic(axes_, chosen, options).log_probabilities(coordinates_);
    auto classes = highest(log_p);
    return {std::move(classes), std::move(log_p)};
  }

 private:
  std::vector<Index> train_;
  PrincipalAxes axes_;
  RowMatrix<double> coordinates_;
};

/// StatisticsBaseline for one split and one set of labels. classes: 0 for the greatest label and one.
template<Rows X, Rows Labels>
BaselinePrediction statistics_baseline(const X& features, const Labels& labels, std::span<const Index> train,
                                       const LogisticOptions& options = {}) {
  return StatisticsBaseline(features, train).fit(labels, options);
}

/// | name | type | description | default |
/// |---|---|---|---|
/// | features | Index | of a sensor's MiniRocket, at most | 2000 |
/// | seed | uint64 | of their choices | 0 |
/// | threads | int | 0: all; results do not depend on it | 0 |
struct MiniRocketBaselineOptions {
  Index features = 2000;
  std::uint64_t seed = 0;
  int threads = 0;
};

/// Products of every two windows' MiniRocket features, summed over sensors: [N, N], all that ridge regression asks of them.
///
/// rows: windows that biases may be taken from; none for all. No label is looked at, so one call may serve all splits of a
/// person: then biases are quantiles of some windows that are tested later, as good as drawn at random. Series shorter than
/// 16 samples count by each sample, as a scalar: by which of 32 quantiles it is above. Windows without a value
/// count 0. Throws std::invalid_argument for sensors of unlike numbers of windows, none, and a row out of range.
template<class T>
RowMatrix<double> minirocket_products(const std::vector<Sensor<T>>& sensors, std::span<const Index> rows = {},
                                      const MiniRocketBaselineOptions& options = {}) {
  lifelog::detail::require(!sensors.empty(), "sensors: expected at least one");
  const Index n = sensors.front().windows.count;
  std::vector<Index> all;
  for (Index i = 0; rows.empty() && i < n; ++i) all.push_back(i);
  const auto from = rows.empty() ? std::span<const Index>(all) : rows;
  if (!rows.empty()) detail::check_train(rows, n);
  RowMatrix<double> products = RowMatrix<double>::Zero(n, n);
  for (std::size_t s = 0; s < sensors.size(); ++s) {
    auto view = sensors[s].windows;
    lifelog::detail::require(view.count == n, sensors[s].name.c_str(), ": expected ", n, " windows, got ",
                             view.count);
    RowMatrix<float> shares;
    if (view.length >= 16) {
      const features::MiniRocketOptions choices{.features = options.features, .seed = options.seed + s};
      shares = minirocket_features(view, fit_minirocket(view, from, choices), options.threads);
      for (Index i = 0; i < shares.size(); ++i)
        if (!lifelog::detail::is_finite(shares.data()[i])) shares.data()[i] = 0;
    } else {
      view.channels *= view.length;
      view.length = 1;
      shares = detail::thermometer(view, from);
    }
    const RowMatrix<double> exact = shares.template cast<double>();
    // Rows in pieces of a fixed size: the same sums for any number of threads.
    constexpr Index size = 32;
    parallel_for(piece_count(size, n), options.threads, [&](Index piece) {
      const OneThread serial;
      const auto range = piece_of(piece, size, n);
      const Index count = range.end - range.begin;
      products.middleRows(range.begin, count).noalias() +=
          exact.middleRows(range.begin, count) * exact.transpose();
    });
  }
  return products;
}

/// Ridge classifier on MiniRocket features, from their products. They are shares, all in one scale, and only centred, by the
/// mean of the rows that train. It gives no probabilities.
///
///     const auto products = evaluate::minirocket_products(sensors);  // once a person
///     const evaluate::MiniRocketBaseline baseline(products, split.train);
///     const auto predicted = baseline.fit(labels);
class MiniRocketBaseline {
 public:
  /// products: [N, N]; train: the rows to fit on. Throws std::invalid_argument.
  template<class T>
  MiniRocketBaseline(const RowMatrix<T>& products, std::span<const Index> train)
      : train_(train.begin(), train.end()) {
    std::tie(axes_, coordinates_) = principal_axes_of_products(products, train);
  }

  /// Predictions of all N rows. labels: [N], of which those of the rows that train are looked at.
  template<Rows Labels>
  BaselinePrediction fit(const Labels& labels, const RidgeOptions& options = {}) const {
    const auto chosen = detail::train_labels(labels, coordinates_.rows(), train_);
    return {highest(fit_ridge(axes_, chosen, options).scores(coordinates_)), {}};
  }

 private:
  std::vector<Index> train_;
  PrincipalAxes axes_;
  RowMatrix<double> coordinates_;
};

/// MiniRocketBaseline for one split and one set of labels.
template<class T, Rows Labels>
BaselinePrediction minirocket_baseline(const RowMatrix<T>& products, const Labels& labels,
                                       std::span<const Index> train, const RidgeOptions& options = {}) {
  return MiniRocketBaseline(products, train).fit(labels, options);
}

}  // namespace lifelog::evaluate
