// SPDX-License-Identifier: MIT

#include "feature_baselines.hpp"

#include <algorithm>
#include <lifelog/evaluate/feature_scale.hpp>
#include <lifelog/evaluate/logistic.hpp>
#include <lifelog/evaluate/principal_axes.hpp>
#include <lifelog/evaluate/ridge.hpp>
#include <lifelog/features/band_powers.hpp>
#include <lifelog/features/minirocket.hpp>
#include <lifelog/features/window_statistics.hpp>

namespace lifelog::examples {

namespace {

/// Data sets do not say at which rate they were sampled; a window is a minute.
constexpr double window_seconds = 60;
/// A kernel has nine weights.
constexpr Index shortest_series = 9;

features::WindowsView<float> windows_of(const data::DataSet& data, std::size_t m) {
  const auto& values = data.modalities[m].values;
  features::WindowsView<float> view{values.data(), static_cast<Index>(values.shape(0)),
                                    static_cast<Index>(values.shape(1)), static_cast<Index>(values.shape(2))};
  if (data.present.size() > 0) {
    view.present = data.present.data() + m;
    view.present_stride = static_cast<Index>(data.modalities.size());
  }
  return view;
}

RowMatrix<double> rows_of(const RowMatrix<double>& all, const std::vector<Index>& rows) {
  RowMatrix<double> some(static_cast<Index>(rows.size()), all.cols());
  for (std::size_t k = 0; k < rows.size(); ++k) some.row(static_cast<Index>(k)) = all.row(rows[k]);
  return some;
}

Eigen::VectorXi labels_of_rows(const std::vector<Index>& labels, const std::vector<Index>& rows) {
  Eigen::VectorXi some(static_cast<Index>(rows.size()));
  for (std::size_t k = 0; k < rows.size(); ++k)
    some[static_cast<Index>(k)] = static_cast<int>(labels[static_cast<std::size_t>(rows[k])]);
  return some;
}

}  // namespace

FeatureBaselines::FeatureBaselines(const data::DataSet& data, std::uint64_t seed, int threads)
    : classes_(static_cast<Index>(data.classes.size())) {
  features::FeatureTable<double> table;
  const auto series = std::count_if(data.modalities.begin(), data.modalities.end(), [](const auto& modality) {
    return static_cast<Index>(modality.values.shape(2)) >= shortest_series;
  });
  for (std::size_t m = 0; m < data.modalities.size(); ++m) {
    const auto windows = windows_of(data, m);
    const double rate = static_cast<double>(windows.length) / window_seconds;
    features::append_features(table,
                              features::window_statistics(windows, {.rate = rate, .threads = threads}));
    if (windows.length >= 2)
      features::append_features(table, features::band_powers(windows, {.rate = rate, .threads = threads}));
    if (windows.length >= shortest_series) add_kernels(windows, series, seed, threads);
  }
  statistics_ = std::move(table.values);
}

/// The series share MiniRocket's ten thousand features.
void FeatureBaselines::add_kernels(const features::WindowsView<float>& windows, Index series,
                                   std::uint64_t seed, int threads) {
  features::MiniRocketOptions options;
  options.seed = seed;
  options.features = std::max<Index>(84, options.features / series);
  const auto fitted = features::fit_minirocket(windows, {}, options);
  // Of a minute without the sensor nothing is known: one half says so of a share.
  const RowMatrix<double> shares =
      features::minirocket_features(windows, fitted, threads).unaryExpr([](float x) {
        return lifelog::detail::is_finite(x) ? static_cast<double>(x) : 0.5;
      });
  if (products_.size() == 0) products_ = RowMatrix<double>::Zero(windows.count, windows.count);
  products_.noalias() += shares * shares.transpose();
}

std::vector<Index> FeatureBaselines::statistics(const std::vector<Index>& labels,
                                                const evaluate::Split& split) const {
  const auto scale = evaluate::fit_feature_scale(statistics_, split.train);
  evaluate::LogisticOptions options;
  options.classes = classes_;
  const auto model = evaluate::fit_logistic_regression(scale.scaled(rows_of(statistics_, split.train)),
                                                       labels_of_rows(labels, split.train), options);
  return evaluate::highest(model.log_probabilities(scale.scaled(rows_of(statistics_, split.test))));
}

std::vector<Index> FeatureBaselines::minirocket(const std::vector<Index>& labels,
                                                const evaluate::Split& split) const {
  if (!has_minirocket()) return {};
  const auto [axes, coordinates] = evaluate::principal_axes_of_products(products_, split.train);
  evaluate::RidgeOptions options;
  options.classes = classes_;
  const auto model = evaluate::fit_ridge(axes, labels_of_rows(labels, split.train), options);
  return evaluate::highest(model.scores(rows_of(coordinates, split.test)));
}

}  // namespace lifelog::examples
