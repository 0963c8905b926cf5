// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../evaluate/baselines.hpp"
#include "../mil/modal_importance.hpp"
#include "../mil/pool.hpp"
#include "../train/trainer.hpp"
#include "dataset_bags.hpp"
#include "pooled_people.hpp"

namespace lifelog::inline LIFELOG_ABI::predict {

/// | name | type | description | default |
/// |---|---|---|---|
/// | train | TrainOptions | of networks of everybody else | 60 epochs, batches of 64, patience 15 |
/// | tune_epochs, tune_rate | int, double | of what goes on with a person's own minutes, and its learning rate | 30, 0.002 |
/// | weight | Index | how many times an own minute counts in a logistic regression, where others' count once | 10 |
/// | minutes | vector<Index> | labelled minutes a person gives, one evaluation each; the most of them are nobody's test | 0, 5, 10, 20 |
/// | gap | double | minutes around those that are not tested either | 1 |
/// | valid | double | share of the other people who validate, at least one of them | 0.2 |
/// | networks | Index | from as many seeds, whose mean probability counts | 1 |
/// | groups | vector<Index> | [people], everybody's group, −1 for none; empty: no groups | |
/// | pool | mil::Pool | | self |
/// | threads | int | 0: all; results do not depend on it | 0 |
struct AcrossPeopleOptions {
  train::TrainOptions train = [] {
    train::TrainOptions options;
    options.epochs = 60;
    options.batch = 64;
    options.patience = 15;
    return options;
  }();
  int tune_epochs = 30;
  double tune_rate = 0.002;
  Index weight = 10;
  std::vector<Index> minutes{0, 5, 10, 20};
  double gap = 1;
  double valid = 0.2;
  Index networks = 1;
  std::vector<Index> groups = {};
  mil::Pool pool = mil::Pool::self;
  int threads = 0;
};

/// Who predicts somebody that nobody was trained on.
inline constexpr std::array<const char*, 4> across_names{"general", "tuned", "group", "logistic"};

/// What is said of the tested minutes of somebody held out, by one number of labelled minutes.
struct AcrossPrediction {
  Index person = 0, minutes = 0;  ///< minutes: asked for; fewer where there are not so many
  std::vector<Index> tested;      ///< rows of the pooled people
  /// [across_names], the class of each tested minute; none of `group` where no group can be assigned.
  std::array<std::vector<Index>, 4> predicted;
};

namespace detail {

/// A person's minutes to label, the first of each class in turn, at most half of a class; and those that are always tested.
struct AskedMinutes {
  std::vector<Index> asked, tested;
};

LIFELOG_LAZY AskedMinutes ask_minutes(const PooledPeople& people, Index person, Index most, double gap) {
  std::map<Index, std::vector<Index>> by_class;
  auto rows = people.rows_of(person);
  const auto time = [&](Index row) { return people.data.timestamp(static_cast<std::size_t>(row)); };
  std::stable_sort(rows.begin(), rows.end(), [&](Index a, Index b) { return time(a) < time(b); });
  for (const Index row : rows) by_class[people.data.label(static_cast<std::size_t>(row))].push_back(row);
  AskedMinutes result;
  for (std::size_t k = 0; static_cast<Index>(result.asked.size()) < most; ++k) {
    bool any = false;
    for (const auto& [label, own] : by_class)
      if (k < own.size() / 2 && static_cast<Index>(result.asked.size()) < most)
        result.asked.push_back(own[k]), any = true;
    if (!any) break;
  }
  for (const Index row : rows)
    if (std::none_of(result.asked.begin(), result.asked.end(), [&](Index asked) {
          return std::abs(static_cast<double>(time(row) - time(asked))) <= 60 * gap;
        }))
      result.tested.push_back(row);
  return result;
}

template<class T, class Encoders>
class AcrossPeople {
 public:
  using Network = mil::BagNetwork<T, Encoders>;

  AcrossPeople(const PooledPeople& people, const AcrossPeopleOptions& options)
      : people_(people), options_(options), bags_(bags_of(people.data)), labels_(labels_of(people.data)) {
    using lifelog::detail::require;
    require(!options.minutes.empty() &&
                std::all_of(options.minutes.begin(), options.minutes.end(), [](Index k) { return k >= 0; }),
            "minutes: expected numbers of at least 0");
    require(options.networks >= 1, "networks: expected at least 1, got ", options.networks);
    require(options.weight >= 1, "weight: expected at least 1, got ", options.weight);
    require(options.groups.empty() || static_cast<Index>(options.groups.size()) == people.people(),
            "groups: expected one for each of ", people.people(), " people, got ", options.groups.size());
  }

  /// Of a person whose minutes are too few to test any, nothing.
  std::vector<AcrossPrediction> hold_out(Index person) const {
    const auto most = *std::max_element(options_.minutes.begin(), options_.minutes.end());
    const auto asked = ask_minutes(people_, person, most, options_.gap);
    if (asked.tested.empty()) return {};
    const auto others = people_but(person, [](Index) { return true; });
    const auto general = train(others, person);
    std::map<Index, std::vector<Network>> of_groups;
    for (const Index g : options_.groups)
      if (g >= 0 && !of_groups.contains(g)) {
        const auto members = people_but(
            person, [&](Index one) { return options_.groups[static_cast<std::size_t>(one)] == g; });
        if (!members.empty()) of_groups.emplace(g, train(members, person));
      }
    std::vector<AcrossPrediction> result;
    for (const Index k : options_.minutes) {
      const std::vector<Index> own(
          asked.asked.begin(),
          asked.asked.begin() + std::min<Index>(k, static_cast<Index>(asked.asked.size())));
      AcrossPrediction one{person, k, asked.tested, {}};
      one.predicted[0] = classes(general, asked.tested);
      one.predicted[1] = own.empty() ? one.predicted[0] : classes(tune(general, own), asked.tested);
      if (const auto* group = assigned(of_groups, own)) one.predicted[2] = classes(*group, asked.tested);
      one.predicted[3] = logistic(others, own, asked.tested);
      result.push_back(std::move(one));
    }
    return result;
  }

 private:
  template<class Wanted>
  std::vector<Index> people_but(Index person, Wanted wanted) const {
    std::vector<Index> others;
    for (Index one = 0; one < people_.people(); ++one)
      if (one != person && wanted(one) && !people_.rows_of(one).empty()) others.push_back(one);
    return others;
  }

  std::vector<Index> rows_of(const std::vector<Index>& some) const {
    std::vector<Index> rows;
    for (const Index one : some) {
      const auto own = people_.rows_of(one);
      rows.insert(rows.end(), own.begin(), own.end());
    }
    return rows;
  }

  mil::BagTask<T, Encoders> task_of(const Network& net) const {
    return mil::BagTask<T, Encoders>(net, bags_, labels_, options_.threads);
  }

  /// Networks of some people, of whom others validate for each.
  std::vector<Network> train(const std::vector<Index>& some, Index person) const {
    std::vector<Network> networks;
    for (Index n = 0; n < options_.networks; ++n) {
      auto options = options_.train;
      options.seed += static_cast<std::uint64_t>(n);
      auto order = some;
      Random(options.seed).fork(1 + static_cast<std::uint64_t>(person)).shuffle(order.begin(), order.end());
      const auto count = static_cast<Index>(order.size());
      const auto validating =
          count < 2
              ? 0
              : std::clamp<Index>(std::llround(options_.valid * static_cast<double>(count)), 1, count - 1);
      const std::vector<Index> valid(order.begin(), order.begin() + validating),
          rest(order.begin() + validating, order.end());
      const auto start = mil::make_bag_network<T, Encoders>(
          bags_.shapes(), static_cast<Index>(people_.data.classes.size()), options.seed, options_.pool);
      auto task = task_of(start);
      train::TrainState<Network> state(start, options.optimizer);
      train::train(task, rows_of(rest), rows_of(valid), options, state);
      networks.push_back(state.best);
    }
    return networks;
  }

  /// Goes on with a person's own minutes, for a fixed time: none are left to choose an epoch by.
  std::vector<Network> tune(const std::vector<Network>& general, const std::vector<Index>& own) const {
    std::vector<Network> networks;
    for (const auto& start : general) {
      auto options = options_.train;
      options.epochs = options_.tune_epochs;
      options.patience = 0;
      options.optimizer.learning_rate = options_.tune_rate;
      auto task = task_of(start);
      train::TrainState<Network> state(start, options.optimizer);
      train::train(task, own, {}, options, state);
      networks.push_back(state.best);
    }
    return networks;
  }

  /// [rows, C], log of the mean probability over networks.
  RowMatrix<double> log_p(const std::vector<Network>& networks, const std::vector<Index>& rows) const {
    RowMatrix<double> p = RowMatrix<double>::Zero(static_cast<Index>(rows.size()),
                                                  static_cast<Index>(people_.data.classes.size()));
    for (const auto& net : networks)
      p += mil::evaluate(net, bags_, rows, options_.threads)
               .log_probabilities.template cast<double>()
               .array()
               .exp()
               .matrix();
    return (p / static_cast<double>(networks.size())).array().log().matrix();
  }

  std::vector<Index> classes(const std::vector<Network>& networks, const std::vector<Index>& rows) const {
    const auto said = log_p(networks, rows);
    std::vector<Index> result;
    for (Index n = 0; n < said.rows(); ++n) {
      Index best = 0;
      said.row(n).maxCoeff(&best);
      result.push_back(best);
    }
    return result;
  }

  /// The networks of the group by which a person's own minutes are likeliest.
  const std::vector<Network>* assigned(const std::map<Index, std::vector<Network>>& groups,
                                       const std::vector<Index>& own) const {
    const std::vector<Network>* best = nullptr;
    double least = std::numeric_limits<double>::infinity();
    for (const auto& [group, networks] : groups) {
      if (own.empty()) break;
      const auto said = log_p(networks, own);
      double loss = 0;
      for (std::size_t n = 0; n < own.size(); ++n)
        loss -= said(static_cast<Index>(n), labels_[static_cast<std::size_t>(own[n])]);
      if (loss < least) least = loss, best = &networks;
    }
    return best;
  }

  std::vector<Index> logistic(const std::vector<Index>& others, const std::vector<Index>& own,
                              const std::vector<Index>& tested) const {
    auto rows = rows_of(others);
    for (Index n = 0; n < options_.weight; ++n) rows.insert(rows.end(), own.begin(), own.end());
    Eigen::VectorXi labels(static_cast<Index>(labels_.size()));
    for (Index n = 0; n < labels.size(); ++n)
      labels[n] = static_cast<int>(labels_[static_cast<std::size_t>(n)]);
    evaluate::LogisticOptions options;
    options.classes = static_cast<Index>(people_.data.classes.size());
    const auto said = evaluate::statistics_baseline(people_.statistics, labels, rows, options).classes;
    std::vector<Index> result;
    for (const Index row : tested) result.push_back(said[static_cast<std::size_t>(row)]);
    return result;
  }

  const PooledPeople& people_;
  const AcrossPeopleOptions& options_;
  mil::Bags<float> bags_;
  std::vector<Index> labels_;
};

}  // namespace detail

/// Everybody held out in turn: what networks of everybody else say of him as they are, gone on with k of his own minutes,
/// or by the group that these minutes are likeliest by; and what a logistic regression of everybody else and the same
/// minutes says. Each person stands in his own scale (`pool_people`), which asks for minutes, not for labels.
///
/// The labelled minutes are the first of each class, the others are tested: the same ones for every k, and a gap apart.
/// seen(share): called after each person. Throws std::invalid_argument.
///
///     const auto people = predict::pool_people(data_sets);
///     for (const auto& one : predict::across_people<float>(people, options)) …
template<class T, class Encoders = mil::StudyEncoders, class Seen>
std::vector<AcrossPrediction> across_people(const PooledPeople& people, const AcrossPeopleOptions& options,
                                            Seen&& seen) {
  const detail::AcrossPeople<T, Encoders> across(people, options);
  std::vector<AcrossPrediction> result;
  for (Index person = 0; person < people.people(); ++person) {
    for (auto& one : across.hold_out(person)) result.push_back(std::move(one));
    seen(static_cast<double>(person + 1) / static_cast<double>(people.people()));
  }
  return result;
}

}  // namespace lifelog::predict
