// SPDX-License-Identifier: MIT

#include "measuring.hpp"

#include <algorithm>
#include <lifelog/data/standardize.hpp>
#include <lifelog/predict/dataset_bags.hpp>
#include <lifelog/predict/model_notes.hpp>
#include <limits>
#include <nlohmann/json.hpp>

namespace lifelog::examples {

namespace {

/// body(network, bags) of the minutes as the model sees them.
template<class Body>
auto with_bags(const mil::AnyModel& any, const data::DataSet& data, const Body& body) {
  return std::visit(
      [&](const auto& model) {
        const auto cut = predict::window_bags_of(data, predict::windows_of(model));
        return body(model.network, cut.bags);
      },
      any);
}

/// How often each class occurs among the minutes that are none of `rows`; among all where these are all.
Eigen::VectorXd other_shares(const data::DataSet& data, const std::vector<Index>& rows) {
  std::vector<Index> others;
  for (Index n = 0; n < data.size(); ++n)
    if (!std::binary_search(rows.begin(), rows.end(), n)) others.push_back(n);
  return importance::class_shares(predict::labels_of(data), others.empty() ? rows : others,
                                  static_cast<Index>(data.classes.size()));
}

nlohmann::ordered_json estimate_json(const importance::Estimate& estimate) {
  return {{"bits", estimate.value}, {"low", estimate.low}, {"high", estimate.high}};
}

}  // namespace

Eigen::VectorXd class_shares_of(const data::DataSet& data, const std::vector<Index>& rows) {
  return importance::class_shares(predict::labels_of(data), rows, static_cast<Index>(data.classes.size()));
}

RowMatrix<double> log_probabilities_of(const mil::AnyModel& model, const data::DataSet& data,
                                       const std::vector<Index>& rows, int threads) {
  return with_bags(model, data, [&](const auto& network, const auto& bags) -> RowMatrix<double> {
    return mil::evaluate(network, bags, rows, threads).log_probabilities.template cast<double>();
  });
}

importance::TrustEvidence trust_evidence_of(const mil::AnyModel& model, const data::DataSet& data,
                                            const std::vector<Index>& rows, const Eigen::VectorXd& shares,
                                            int threads) {
  const auto labels = predict::labels_of(data);
  return with_bags(model, data, [&](const auto& network, const auto& bags) {
    return importance::trust_evidence(network, bags, labels, rows, shares, {}, threads);
  });
}

void standardize_as(const mil::AnyModel& model, data::DataSet& data, int threads) {
  const auto fitted = std::visit([](const auto& one) { return predict::standardization_of(one); }, model);
  if (fitted) data::standardize(data, *fitted, threads);
}

namespace {

/// [n, M]: what each sensor says for the class that is predicted.
RowMatrix<double> for_predicted(const importance::Contributions<float>& contributions) {
  RowMatrix<double> result(contributions.values.rows(), contributions.modalities);
  for (Index n = 0; n < result.rows(); ++n) {
    const Eigen::Map<const RowMatrix<float>> own(contributions.values.row(n).data(), contributions.modalities,
                                                 contributions.classes);
    Index predicted = 0;
    own.colwise().sum().maxCoeff(&predicted);
    result.row(n) = own.col(predicted).cast<double>().transpose();
  }
  return result;
}

/// Of a measure's means and the fall without each sensor, over the sensors of which that is known.
double rank_correlation_with(const Eigen::VectorXd& drop, const RowMatrix<double>& measure) {
  std::vector<Index> known;
  for (Index m = 0; m < drop.size(); ++m)
    if (drop[m] == drop[m]) known.push_back(m);
  const Eigen::VectorXd means = measure.colwise().mean();
  return importance::rank_correlation(means(known), drop(known));
}

}  // namespace

ReplicateMeasures measure_replicate(const mil::AnyModel& model, const data::DataSet& data,
                                    const std::vector<Index>& rows, const Eigen::VectorXd& shares,
                                    const importance::SensorTrust& trust, std::uint64_t seed, int threads) {
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  const auto labels = predict::labels_of(data);
  return with_bags(model, data, [&](const auto& network, const auto& bags) {
    ReplicateMeasures result{
        importance::information(network, bags, labels, rows, shares, {}, threads, trust).bits,
        importance::contributions(network, bags, rows, {}, threads),
        {unknown, unknown, unknown},
        {unknown, unknown, unknown}};
    if (rows.size() < 2) return result;
    importance::FaithfulnessOptions options;
    options.seed = seed;
    options.threads = threads;
    const auto exchanged = importance::faithfulness(network, bags, labels, rows, options);
    const std::vector<RowMatrix<double>> measures{
        mil::evaluate(network, bags, rows, threads).importance.template cast<double>(),
        for_predicted(result.contributions)};
    const auto removed = importance::removal_faithfulness(network, bags, rows, measures, {}, threads);
    for (std::size_t k = 0; k < 2; ++k) {
      auto& of = k == 0 ? result.of_attention : result.of_contributions;
      of.rank_correlation = rank_correlation_with(exchanged.drop, measures[k]);
      if (removed[k].bags > 0) of.aopcr = removed[k].aopcr, of.polarity = removed[k].polarity;
    }
    return result;
  });
}

importance::Contributions<float> contributions_of(const mil::AnyModel& model, const data::DataSet& data,
                                                  const std::vector<Index>& rows, int threads) {
  return with_bags(model, data, [&](const auto& network, const auto& bags) {
    return importance::contributions(network, bags, rows, {}, threads);
  });
}

importance::BagInformation information_of(const mil::AnyModel& model, const data::DataSet& data,
                                          const std::vector<Index>& rows, int threads) {
  const auto labels = predict::labels_of(data);
  const auto shares = other_shares(data, rows);
  return with_bags(model, data, [&](const auto& network, const auto& bags) {
    return importance::information(network, bags, labels, rows, shares, {}, threads);
  });
}

std::vector<Index> information_blocks(const data::DataSet& data, const std::vector<Index>& rows) {
  constexpr std::int64_t pause = 3600;  // seconds after which minutes are no neighbours
  const auto longest = std::max<std::size_t>(1, rows.size() / 10);
  std::vector<Index> blocks;
  std::size_t length = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = static_cast<std::size_t>(rows[i]);
    const bool goes_on = i > 0 && length < longest &&
                         data.label(row) == data.label(static_cast<std::size_t>(rows[i - 1])) &&
                         data.timestamp(row) - data.timestamp(static_cast<std::size_t>(rows[i - 1])) <= pause;
    length = goes_on ? length + 1 : 1;
    blocks.push_back(blocks.empty() ? 0 : blocks.back() + (goes_on ? 0 : 1));
  }
  return blocks;
}

nlohmann::ordered_json information_json(const std::string& user, const std::vector<std::string>& modalities,
                                        const importance::PersonInformation& person, Index minutes,
                                        Index replicates) {
  nlohmann::ordered_json sensors = nlohmann::ordered_json::array();
  for (std::size_t m = 0; m < modalities.size(); ++m) {
    auto sensor = estimate_json(person.bits[m]);
    sensors.push_back({{"sensor", modalities[m]},
                       {"bits", sensor["bits"]},
                       {"low", sensor["low"]},
                       {"high", sensor["high"]},
                       {"p", person.p_value[m]},
                       {"identified", static_cast<bool>(person.identified[m])}});
  }
  return {{"user", user},
          {"minutes", minutes},
          {"replicates", replicates},
          {"level", importance::IntervalOptions{}.level},
          {"total", estimate_json(person.total)},
          {"sensors", sensors},
          {"identified", person.any()}};
}

}  // namespace lifelog::examples
