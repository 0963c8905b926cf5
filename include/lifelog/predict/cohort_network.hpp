// SPDX-License-Identifier: MIT
#pragma once

#include <limits>
#include <utility>
#include <vector>

#include "dataset_bags.hpp"
#include "personal_heads.hpp"
#include "pooled_people.hpp"

namespace lifelog::inline LIFELOG_ABI::predict {

/// | name | type | description | default |
/// |---|---|---|---|
/// | train | TrainOptions | of the common network; the epoch is the one of the least validation loss | 20 epochs, batches of 64, patience 6, learning rate 0.002 |
/// | tune | TuneOptions | of everybody's own heads | |
/// | sensor_dropout | double | share of minutes that the common network is trained to miss a sensor in | 0 |
/// | pool | mil::Pool | | self |
/// | threads | int | 0: all; results do not depend on it | 0 |
struct CohortOptions {
  train::TrainOptions train = several_people_training();
  TuneOptions tune = {};
  double sensor_dropout = 0;
  mil::Pool pool = mil::Pool::self;
  int threads = 0;
};

/// One network for several people: encoders of all, and heads of each person's own.
template<class T, class Encoders = mil::StudyEncoders>
struct CohortNetwork {
  using Network = mil::BagNetwork<T, Encoders>;

  Network common;                                        ///< what they have in common, heads as well
  std::vector<HeadNetwork<T, Network::key_size>> heads;  ///< [people]
  double strength =
      std::numeric_limits<double>::infinity();  ///< of the pull; infinity: heads are the common ones
  train::TrainStatus status = train::TrainStatus::finished;  ///< of the common network
  int best_epoch = 0;

  /// A person's network, for bags in his own scale.
  Network of(Index person) const { return with_heads(common, heads[static_cast<std::size_t>(person)]); }
};

namespace detail {

/// Those of some rows that are a person's.
LIFELOG_LAZY std::vector<Index> rows_of_person(const PooledPeople& people, const std::vector<Index>& rows,
                                               Index person) {
  std::vector<Index> own;
  for (const Index row : rows)
    if (people.person[static_cast<std::size_t>(row)] == person) own.push_back(row);
  return own;
}

}  // namespace detail

/// Trains one network on everybody's training minutes, then everybody's heads on his own, pulled towards the common ones. One
/// strength serves all: that by which all validation minutes are likeliest, which may be not to tune at all. A person without
/// training minutes has the common heads; without validation minutes everybody has, and the latest epoch counts.
///
/// train, valid: rows of the pooled people. Throws std::invalid_argument as `train::train`.
///
///     const auto people = predict::pool_people(data_sets, 0, train_rows_of_each);
///     const auto cohort = predict::train_cohort<float>(people, train, valid);
///     mil::evaluate(cohort.of(2), predict::bags_of(people.data), test_rows_of_2);
template<class T, class Encoders = mil::StudyEncoders>
CohortNetwork<T, Encoders> train_cohort(const PooledPeople& people, const std::vector<Index>& train,
                                        const std::vector<Index>& valid, const CohortOptions& options = {}) {
  using Network = mil::BagNetwork<T, Encoders>;
  const auto bags = bags_of(people.data);
  const auto labels = labels_of(people.data);
  const auto start = mil::make_bag_network<T, Encoders>(
      bags.shapes(), static_cast<Index>(people.data.classes.size()), options.train.seed, options.pool);
  mil::BagTask<T, Encoders> task(start, bags, labels, options.threads);
  task.set_sensor_dropout(options.sensor_dropout, options.train.seed);
  train::TrainState<Network> state(start, options.train);
  const auto status = train::train(task, train, valid, options.train, state);

  auto rows = train;
  rows.insert(rows.end(), valid.begin(), valid.end());
  const auto keys = keys_of(state.best, bags, rows, options.threads);
  const auto common = heads_of(state.best);
  const auto strengths = strengths_of(options.tune);
  const auto count = static_cast<std::size_t>(people.people());
  std::vector<std::vector<HeadNetwork<T, Network::key_size>>> heads(count);
  std::vector<std::vector<double>> loss(count);
  parallel_for(people.people(), options.threads, [&](Index person) {
    const auto own_train = detail::rows_of_person(people, train, person),
               own_valid = detail::rows_of_person(people, valid, person);
    for (const double strength : strengths) {
      auto& own = heads[static_cast<std::size_t>(person)];
      own.push_back(tune_heads(common, keys.bags, labels, own_train, strength, options.tune));
      loss[static_cast<std::size_t>(person)].push_back(static_cast<double>(own_valid.size()) *
                                                       mean_loss(own.back(), keys.bags, labels, own_valid));
    }
  });
  CohortNetwork<T, Encoders> result{state.best, {}, strengths.back(), status, state.best_epoch};
  const std::size_t choice = least_of(loss, strengths.size());
  result.strength = strengths[choice];
  for (auto& own : heads) result.heads.push_back(std::move(own[choice]));
  return result;
}

}  // namespace lifelog::predict
