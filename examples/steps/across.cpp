// SPDX-License-Identifier: MIT

#include "across.hpp"

#include <algorithm>
#include <cmath>
#include <lifelog/predict/across_people.hpp>
#include <sstream>
#include <string_view>

#include "../common/table.hpp"
#include "evaluation_metrics.hpp"

namespace lifelog::examples {

namespace {

using nlohmann::ordered_json;

/// Where one of predict::across_names is.
constexpr std::size_t place_of(std::string_view name) {
  return static_cast<std::size_t>(
      std::find(predict::across_names.begin(), predict::across_names.end(), name) -
      predict::across_names.begin());
}

constexpr std::size_t tuned = place_of("tuned"), regression = place_of("logistic"), both = place_of("both");
static_assert(std::max({tuned, regression, both}) < predict::across_names.size());

predict::AcrossPeopleOptions across_options(const AcrossOptions& options) {
  predict::AcrossPeopleOptions across;
  const auto& train = options.training.train;
  // Of many people's minutes an epoch is many steps: slower and fewer than of one person's.
  const double rate = std::min(train.optimizer.learning_rate, across.train.optimizer.learning_rate);
  across.train.optimizer = train.optimizer;
  across.train.optimizer.learning_rate = rate;
  across.train.loss = train.loss;
  across.train.clip = train.clip;
  across.train.seed = train.seed;
  across.train.epochs = std::min(train.epochs, across.train.epochs);
  across.networks = options.networks;
  across.groups = options.groups;
  across.minutes = options.minutes;
  across.pool = options.training.pool;
  across.threads = options.training.threads;
  return across;
}

std::vector<predict::AcrossPrediction> predictions_of(const predict::PooledPeople& people,
                                                      const AcrossOptions& options,
                                                      const std::function<void(double)>& seen) {
  const auto across = across_options(options);
  return mil::KnownEncoders::with(options.training.encoder, [&]<class Encoders>(Encoders) {
    return predict::across_people<float, Encoders>(people, across, seen);
  });
}

/// What one predictor says by some labelled minutes; none where it says nothing of somebody.
evaluate::Judged judged_of(const evaluate::Items& items,
                           const std::vector<predict::AcrossPrediction>& predictions, Index minutes,
                           std::size_t predictor) {
  const auto blocks = evaluate::blocks_of(items);
  evaluate::Judged judged;
  for (const auto& one : predictions) {
    if (one.minutes != minutes) continue;
    const auto& predicted = one.predicted[predictor];
    if (predicted.size() != one.tested.size()) return {};
    for (std::size_t k = 0; k < predicted.size(); ++k)
      judged.add(items.label_of(one.tested[k]), predicted[k], one.person,
                 blocks[static_cast<std::size_t>(one.tested[k])], 0);
  }
  return judged;
}

ordered_json difference_json(const char* name, Index minutes, const evaluate::Judged& first,
                             const evaluate::Judged& second, const AcrossOptions& options, Index classes) {
  evaluate::BootstrapOptions bootstrap;
  bootstrap.seed = options.training.train.seed;
  bootstrap.threads = options.training.threads;
  const auto f1 = evaluate::judge_difference(first, second, classes, bootstrap).f1;
  return {{"predictor", name}, {"minutes", minutes}, {"f1", f1.value}, {"low", f1.low}, {"high", f1.high}};
}

/// By how much labelled minutes of somebody raise the F1 of who predicts, over the same without any, on the same minutes.
ordered_json gains_json(const evaluate::Items& items,
                        const std::vector<predict::AcrossPrediction>& predictions,
                        const AcrossOptions& options, Index classes) {
  auto gains = ordered_json::array();
  for (const std::size_t p : {tuned, regression, both}) {
    const auto without = judged_of(items, predictions, 0, p);
    for (const Index minutes : options.minutes) {
      if (minutes == 0) continue;
      const auto with = judged_of(items, predictions, minutes, p);
      if (without.truth.empty() || with.truth != without.truth) continue;
      gains.push_back(difference_json(predict::across_names[p], minutes, with, without, options, classes));
    }
  }
  return gains;
}

/// By how much tuned networks are better than logistic regression with the same labelled minutes, on the same minutes.
ordered_json over_regression_json(const evaluate::Items& items,
                                  const std::vector<predict::AcrossPrediction>& predictions,
                                  const AcrossOptions& options, Index classes) {
  auto rows = ordered_json::array();
  for (const Index minutes : options.minutes) {
    const auto network = judged_of(items, predictions, minutes, tuned),
               other = judged_of(items, predictions, minutes, regression);
    if (network.truth.empty() || other.truth != network.truth) continue;
    rows.push_back(difference_json(predict::across_names[tuned], minutes, network, other, options, classes));
  }
  return rows;
}

/// F1 of each predictor of one person by some labelled minutes.
ordered_json each_of(const predict::PooledPeople& people, const predict::AcrossPrediction& one) {
  ordered_json json{{"user", people.users[static_cast<std::size_t>(one.person)]},
                    {"minutes", one.minutes},
                    {"tested", one.tested.size()},
                    {"pull", std::isfinite(one.strength) ? ordered_json(one.strength) : ordered_json()}};
  for (std::size_t p = 0; p < predict::across_names.size(); ++p) {
    json[predict::across_names[p]] = nullptr;
    if (one.predicted[p].size() != one.tested.size()) continue;
    metrics::ConfusionMatrix confusion(static_cast<Index>(people.data.classes.size()));
    for (std::size_t k = 0; k < one.tested.size(); ++k)
      confusion.add(people.data.label(static_cast<std::size_t>(one.tested[k])), one.predicted[p][k]);
    json[predict::across_names[p]] = confusion.macro_f1();
  }
  return json;
}

}  // namespace

ordered_json hold_people_out(const std::vector<data::DataSet>& data, const AcrossOptions& options,
                             const std::function<void(double)>& seen) {
  const auto people = predict::pool_people(data, options.training.threads);
  const auto predictions = predictions_of(people, options, seen);
  evaluate::Items items;
  items.label = predict::labels_of(people.data);
  items.time.assign(people.data.timestamp.begin(), people.data.timestamp.end());
  items.person = people.person;
  const auto classes = static_cast<Index>(people.data.classes.size());
  ordered_json across{
      {"people", people.people()}, {"classes", people.data.classes}, {"figures", ordered_json::array()}};
  for (const Index minutes : options.minutes) {
    ordered_json row{{"minutes", minutes}};
    for (std::size_t p = 0; p < predict::across_names.size(); ++p) {
      const auto judged = judged_of(items, predictions, minutes, p);
      row[predict::across_names[p]] =
          judged.truth.empty()
              ? ordered_json()
              : figures_json(judged, classes, options.training.train.seed, options.training.threads);
    }
    across["figures"].push_back(std::move(row));
  }
  across["gains"] = gains_json(items, predictions, options, classes);
  across["over_regression"] = over_regression_json(items, predictions, options, classes);
  across["each"] = ordered_json::array();
  for (const auto& one : predictions) across["each"].push_back(each_of(people, one));
  return across;
}

std::string across_table(const ordered_json& across) {
  Table table({"labelled minutes", "network", "tuned by them", "group's", "logistic regression",
               "network and regression"});
  for (const auto& row : across.at("figures")) {
    std::vector<std::string> cells{std::to_string(row.at("minutes").get<Index>())};
    for (const char* name : predict::across_names)
      cells.push_back(row.at(name).is_null() ? "" : fixed(row.at(name).at("f1"), 3));
    table.row(std::move(cells));
  }
  std::ostringstream out;
  out << "macro F1 of people held out, by labelled minutes of theirs\n" << table;
  return out.str();
}

}  // namespace lifelog::examples
