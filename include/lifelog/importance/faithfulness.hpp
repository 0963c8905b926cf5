// SPDX-License-Identifier: MIT
#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "../core/random.hpp"
#include "../mil/modal_importance.hpp"
#include "agreement.hpp"
#include "coalitions.hpp"

namespace lifelog::inline LIFELOG_ABI::importance {

/// | option  | default | description                                     |
/// |---------|---------|-------------------------------------------------|
/// | repeats | 5       | exchanges a modality is judged by               |
/// | seed    | 1       | of the exchanges                                |
/// | threads | 0       | 0: all there are; results do not depend on them |
struct FaithfulnessOptions {
  int repeats = 5;
  std::uint64_t seed = 1;
  int threads = 0;
};

/// Whether attention weights tell what the network goes by.
struct Faithfulness {
  Eigen::VectorXd importance;  ///< [M], mean weight where the modality is there; NaN where it never is
  /// [M], mean fall (nats) of the labels' log-probability without the modality; NaN where fewer than two bags have it
  Eigen::VectorXd drop;
  /// Of their ranks (Spearman) over the modalities that have both, −1…1; 0 where either is constant, NaN where a
  /// log-probability is.
  double correlation = 0;
};

namespace detail {

template<class T>
double mean_log_probability(const RowMatrix<T>& log_probabilities, const std::vector<Index>& rows,
                            const std::vector<Index>& labels) {
  double total = 0;
  for (std::size_t i = 0; i < rows.size(); ++i)
    total += static_cast<double>(
        log_probabilities(static_cast<Index>(i), labels[static_cast<std::size_t>(rows[i])]));
  return total / static_cast<double>(rows.size());
}

}  // namespace detail

namespace detail {

/// A kind's instances, exchanged between bags: those of bag from[i] become bag to[i]'s.
template<class T>
struct ExchangedInstances {
  std::vector<T> values;
  mil::Instances<T> instances;

  ExchangedInstances(const mil::Instances<T>& own, Index bags, const std::vector<Index>& to,
                     const std::vector<Index>& from)
      : instances(own) {
    std::vector<Index> source(static_cast<std::size_t>(bags), -1);
    for (std::size_t i = 0; i < to.size(); ++i) source[static_cast<std::size_t>(to[i])] = from[i];
    instances.present = nullptr;
    instances.start.assign(1, 0);
    for (const Index bag : source) {
      Index count = instances.start.back();
      for (Index i = bag < 0 ? 0 : own.first(bag); bag >= 0 && i < own.last(bag); ++i) {
        if (!own.there(i)) continue;
        values.insert(values.end(), own.instance(i), own.instance(i) + own.size());
        ++count;
      }
      instances.start.push_back(count);
    }
    instances.values = values.data();
  }
};

template<class T>
bool has_instance(const mil::Instances<T>& kind, Index bag) {
  for (Index i = kind.first(bag); i < kind.last(bag); ++i)
    if (kind.there(i)) return true;
  return false;
}

}  // namespace detail

/// Compares the attention weights with what happens when a modality is taken away: its recordings are exchanged
/// between the bags (permutation importance, Breiman 2001, "Random forests", § 10), so that each is real and none
/// belongs to its bag, and the log-probability of the true labels is watched. A modality is judged by the bags that have it.
///
/// labels: one a bag of all bags, 0…C−1; rows: the bags that are judged, at least two.
template<class T, class Encoders>
Faithfulness faithfulness(const mil::BagNetwork<T, Encoders>& net, const mil::Bags<T>& bags,
                          const std::vector<Index>& labels, const std::vector<Index>& rows,
                          const FaithfulnessOptions& options = {}) {
  using lifelog::detail::require;
  require(rows.size() >= 2, "faithfulness: expected at least two bags, got ", rows.size());
  require(options.repeats >= 1, "faithfulness: repeats must be at least 1, got ", options.repeats);
  require(static_cast<Index>(labels.size()) == bags.count, "labels: expected one for each of ", bags.count,
          " bags, got ", labels.size());
  for (const Index row : rows) {
    require(row >= 0 && row < bags.count, "rows: expected 0…", bags.count - 1, ", got ", row);
    const Index label = labels[static_cast<std::size_t>(row)];
    require(label >= 0 && label < net.classes(), "labels: expected 0…", net.classes() - 1, ", got ", label);
  }
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  Faithfulness result{Eigen::VectorXd::Constant(net.modalities(), unknown),
                      Eigen::VectorXd::Constant(net.modalities(), unknown), 0};
  const auto all = mil::evaluate(net, bags, rows, options.threads);
  const Random random(options.seed);
  std::vector<Index> known;
  for (std::size_t m = 0; m < bags.modalities.size(); ++m) {
    const auto& own = bags.modalities[m];
    std::vector<Index> having;
    for (const Index row : rows)
      if (detail::has_instance(own, row)) having.push_back(row);
    if (having.empty()) continue;
    const auto kind = static_cast<Index>(m);
    std::optional<mil::BagOutputs<T>> some;
    if (having.size() != rows.size()) some = mil::evaluate(net, bags, having, options.threads);
    const auto& whole = some ? *some : all;
    result.importance[kind] = whole.importance.col(kind).template cast<double>().mean();
    if (having.size() < 2) continue;
    const double base = detail::mean_log_probability(whole.log_probabilities, having, labels);
    result.drop[kind] = 0;
    for (int repeat = 0; repeat < options.repeats; ++repeat) {
      auto source = having;
      auto own_random = random.fork(m * 1000003u + static_cast<std::uint64_t>(repeat));
      own_random.shuffle(source.begin(), source.end());
      const detail::ExchangedInstances<T> exchanged(own, bags.count, having, source);
      auto changed = bags;
      changed.modalities[m] = exchanged.instances;
      const auto without = mil::evaluate(net, changed, having, options.threads);
      result.drop[kind] +=
          (base - detail::mean_log_probability(without.log_probabilities, having, labels)) / options.repeats;
    }
    known.push_back(kind);
  }
  Eigen::VectorXd importance(static_cast<Index>(known.size())), drop(importance.size());
  for (Index i = 0; i < drop.size(); ++i) {
    importance[i] = result.importance[known[static_cast<std::size_t>(i)]];
    drop[i] = result.drop[known[static_cast<std::size_t>(i)]];
  }
  result.correlation = rank_correlation(importance, drop);
  return result;
}

/// What happens to a network's predictions when sensors are taken away in the order of a measure.
struct RemovalFaithfulness {
  /// Area over the perturbation curve beyond a random order's (Early et al. 2022, "Model agnostic interpretability for multiple
  /// instance learning", § 5): by how many nats more the log-probability of the predicted class falls on average when the sensors that
  /// the measure names first go first. 0 for a measure that knows nothing.
  double aopcr = 0;
  /// Share of bags in which the predicted class gets more likely without the sensor that the measure names first.
  double polarity = 0;
  Index bags = 0;  ///< judged: those of two to `ShapleyOptions::exact_up_to` sensors
};

namespace detail {

/// Sums of one bag's figures, which are divided by the number of bags in the end.
LIFELOG_LAZY void add_removal(const Eigen::VectorXd& log_probability, Index players,
                              const Eigen::VectorXd& measure, RemovalFaithfulness& result) {
  const Index everyone = log_probability.size() - 1;
  std::vector<Index> order(static_cast<std::size_t>(players));
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return measure[a] > measure[b]; });
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(players + 1), count = sum;  // by size of the coalition
  for (Index s = 0; s <= everyone; ++s) {
    Index size = 0;
    for (Index rest = s; rest != 0; rest &= rest - 1) ++size;
    sum[size] += log_probability[s];
    ++count[size];
  }
  Index left = everyone;
  for (Index gone = 1; gone < players; ++gone) {
    left &= ~(Index{1} << order[static_cast<std::size_t>(gone - 1)]);
    const Index size = players - gone;
    result.aopcr += (sum[size] / count[size] - log_probability[left]) / static_cast<double>(players - 1);
    if (gone == 1) result.polarity += log_probability[left] > log_probability[everyone];
  }
  ++result.bags;
}

}  // namespace detail

/// Judges measures of what mattered in each bag by taking sensors away, exactly: against the mean over all orders.
///
/// measures: [n, M] each, of `rows`, higher for what mattered more. Returns one result a measure. threads: 0 for all there are;
/// results do not depend on it. Throws std::invalid_argument on other shapes.
template<class T, class Encoders>
std::vector<RemovalFaithfulness> removal_faithfulness(const mil::BagNetwork<T, Encoders>& net,
                                                      const mil::Bags<T>& bags,
                                                      const std::vector<Index>& rows,
                                                      const std::vector<RowMatrix<double>>& measures,
                                                      const ShapleyOptions& options = {}, int threads = 0) {
  const auto count = static_cast<Index>(rows.size());
  for (const auto& measure : measures)
    lifelog::detail::require(measure.rows() == count && measure.cols() == net.modalities(),
                             "measures: expected ", count, " × ", net.modalities(), ", got ", measure.rows(),
                             " × ", measure.cols());
  std::vector<std::vector<RemovalFaithfulness>> of_bags(
      measures.size(), std::vector<RemovalFaithfulness>(static_cast<std::size_t>(count)));
  detail::for_each_game(
      net, bags, rows, options, threads,
      [&](Index i, const std::vector<Index>& kinds, const Shapley& game, const RowMatrix<double>& worth) {
        if (kinds.size() < 2 || !game.exact()) return;
        Index predicted = 0;
        worth.row(worth.rows() - 1).maxCoeff(&predicted);
        for (std::size_t k = 0; k < measures.size(); ++k) {
          Eigen::VectorXd own(static_cast<Index>(kinds.size()));
          for (std::size_t j = 0; j < kinds.size(); ++j)
            own[static_cast<Index>(j)] = measures[k](i, kinds[j]);
          detail::add_removal(worth.col(predicted), own.size(), own, of_bags[k][static_cast<std::size_t>(i)]);
        }
      });
  std::vector<RemovalFaithfulness> result(measures.size());
  for (std::size_t k = 0; k < measures.size(); ++k) {
    for (const auto& bag : of_bags[k]) {
      result[k].aopcr += bag.aopcr;
      result[k].polarity += bag.polarity;
      result[k].bags += bag.bags;
    }
    const auto judged = static_cast<double>(std::max<Index>(1, result[k].bags));
    result[k].aopcr /= judged;
    result[k].polarity /= judged;
  }
  return result;
}

}  // namespace lifelog::importance
