// SPDX-License-Identifier: MIT
#pragma once

#include <lifelog/data/dataset.hpp>
#include <lifelog/importance/contributions.hpp>
#include <lifelog/importance/faithfulness.hpp>
#include <lifelog/importance/information.hpp>
#include <lifelog/mil/any_instances.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace lifelog::examples {

/// What each sensor says for and against each class in those minutes of a data set. data: standardised as the model was trained.
importance::Contributions<float> contributions_of(const mil::AnyModel& model, const data::DataSet& data,
                                                  const std::vector<Index>& rows, int threads);

/// How many bits each sensor tells of the labels of `rows`, beyond what the classes' shares among all other minutes tell.
importance::BagInformation information_of(const mil::AnyModel& model, const data::DataSet& data,
                                          const std::vector<Index>& rows, int threads);

/// How often each class occurs among some minutes.
Eigen::VectorXd class_shares_of(const data::DataSet& data, const std::vector<Index>& rows);

/// [n, C], natural logarithms: what a model says of some minutes. data: standardised as the model was trained.
RowMatrix<double> log_probabilities_of(const mil::AnyModel& model, const data::DataSet& data,
                                       const std::vector<Index>& rows, int threads);

/// What a model says of some minutes, whichever sensors it is shown, for and against believing it. data: standardised as the model
/// was trained; shares: of the classes among its training minutes.
importance::TrustEvidence trust_evidence_of(const mil::AnyModel& model, const data::DataSet& data,
                                            const std::vector<Index>& rows, const Eigen::VectorXd& shares,
                                            int threads);

/// Standardises a data set as the model was trained, where it was.
void standardize_as(const mil::AnyModel& model, data::DataSet& data, int threads);

/// How a measure stands against what happens when sensors are exchanged or taken away. NaN where that is not known.
struct MeasureFaithfulness {
  double rank_correlation, aopcr, polarity;
};

/// What a network tells of minutes that it was not trained on.
struct ReplicateMeasures {
  RowMatrix<double> bits;  ///< [n, M]
  importance::Contributions<float> contributions;
  MeasureFaithfulness of_attention, of_contributions;
};

/// data: standardised as the model was trained; shares: of the classes among its training minutes; trust: how far it is believed, by what
/// it is shown.
ReplicateMeasures measure_replicate(const mil::AnyModel& model, const data::DataSet& data,
                                    const std::vector<Index>& rows, const Eigen::VectorXd& shares,
                                    const importance::SensorTrust& trust, std::uint64_t seed, int threads);

/// [n], neighbouring minutes of one label as one block, cut where it would be longer than a tenth of all. rows: ascending.
std::vector<Index> information_blocks(const data::DataSet& data, const std::vector<Index>& rows);

/// A person of an information.json: bits of each sensor and in all, with intervals, and the verdict.
nlohmann::ordered_json information_json(const std::string& user, const std::vector<std::string>& modalities,
                                        const importance::PersonInformation& person, Index minutes,
                                        Index replicates);

}  // namespace lifelog::examples
