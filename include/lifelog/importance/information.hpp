// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "../core/quantile.hpp"
#include "coalitions.hpp"
#include "student.hpp"
#include "trust.hpp"

namespace lifelog::inline LIFELOG_ABI::importance {

/// How many bits each sensor tells of each bag's label.
struct BagInformation {
  RowMatrix<double> bits;   ///< [n, M]; 0 of what was not there
  RowMatrix<double> error;  ///< [n, M], standard errors of sampled Shapley values; 0 where they are exact

  /// [n]: by how much the network beats guessing; what a row of `bits` sums to.
  Eigen::VectorXd total() const { return bits.rowwise().sum(); }
};

/// How often each class occurs among some labels, [C]: what guesses when there is no sensor. A class that does not occur gets the
/// half of a count, as then all do (Krichevsky and Trofimov 1981).
LIFELOG_LAZY Eigen::VectorXd class_shares(const std::vector<Index>& labels, const std::vector<Index>& rows,
                                          Index classes) {
  Eigen::VectorXd counts = Eigen::VectorXd::Zero(classes);
  for (const Index row : rows) {
    const Index label = labels[static_cast<std::size_t>(row)];
    lifelog::detail::require(label >= 0 && label < classes, "labels: expected 0…", classes - 1, ", got ",
                             label);
    ++counts[label];
  }
  if (counts.size() > 0 && counts.minCoeff() == 0) counts.array() += 0.5;
  return counts / counts.sum();
}

namespace detail {

template<class T, class Encoders>
void check_asked(const mil::BagNetwork<T, Encoders>& net, const mil::Bags<T>& bags,
                 const std::vector<Index>& labels, const std::vector<Index>& rows,
                 const Eigen::VectorXd& shares) {
  using lifelog::detail::require;
  require(static_cast<Index>(labels.size()) == bags.count, "labels: expected one for each of ", bags.count,
          " bags, got ", labels.size());
  require(shares.size() == net.classes(), "shares: expected one for each of ", net.classes(),
          " classes, got ", shares.size());
  for (Index c = 0; c < shares.size(); ++c)
    require(shares[c] > 0 && shares[c] <= 1, "shares: expected above 0, at most 1, got ", shares[c],
            " for class ", c);
  for (const Index row : rows) {
    require(row >= 0 && row < bags.count, "rows: expected 0…", bags.count - 1, ", got ", row);
    const Index label = labels[static_cast<std::size_t>(row)];
    require(label >= 0 && label < net.classes(), "labels: expected 0…", net.classes() - 1, ", got ", label);
  }
}

/// The network's sensors that a coalition of a bag's kinds is.
LIFELOG_LAZY Coalition shown_of(Coalition players, const std::vector<Index>& kinds) {
  Coalition shown = 0;
  for (std::size_t j = 0; j < kinds.size(); ++j)
    if (players >> j & 1) shown |= Coalition{1} << kinds[j];
  return shown;
}

}  // namespace detail

/// By how much the labels of some bags speak for believing a network, whichever sensors it is shown: what the trust in it is to be
/// fitted by, for other bags than these. Arguments as `information`'s.
///
///     auto evidence = importance::trust_evidence(net, bags, labels, rows_of_another_fold, shares);
///     const auto bits = importance::information(net, bags, labels, rows, shares, {}, 0, evidence.fit());
template<class T, class Encoders>
TrustEvidence trust_evidence(const mil::BagNetwork<T, Encoders>& net, const mil::Bags<T>& bags,
                             const std::vector<Index>& labels, const std::vector<Index>& rows,
                             const Eigen::VectorXd& shares, const ShapleyOptions& options = {},
                             int threads = 0) {
  detail::check_asked(net, bags, labels, rows, shares);
  // Bags whose worths are kept, so that they add up in the same order on any threads.
  constexpr Index at_once = 64;
  const Eigen::RowVectorXd log_shares = shares.array().log().transpose();
  const auto count = static_cast<Index>(rows.size());
  TrustEvidence evidence(net.modalities());
  struct Seen {
    std::vector<Index> kinds;
    std::vector<Coalition> coalitions;
    RowMatrix<double> worth;
  };
  for (Index begin = 0; begin < count; begin += at_once) {
    const std::vector<Index> some(rows.begin() + begin, rows.begin() + std::min(begin + at_once, count));
    std::vector<Seen> seen(some.size());
    detail::for_each_game(
        net, bags, some, options, threads,
        [&](Index i, const std::vector<Index>& kinds, const Shapley& game, const RowMatrix<double>& worth) {
          seen[static_cast<std::size_t>(i)] = {kinds, game.coalitions(), worth};
        });
    for (std::size_t i = 0; i < seen.size(); ++i)
      for (std::size_t s = 1; s < seen[i].coalitions.size(); ++s)
        evidence.add(detail::shown_of(seen[i].coalitions[s], seen[i].kinds),
                     seen[i].worth.row(static_cast<Index>(s)), log_shares,
                     labels[static_cast<std::size_t>(some[i])]);
  }
  return evidence;
}

/// How much each sensor tells of the labels, in bits: the Shapley value of the label's log-likelihood over the sensors, those of a
/// coalition being shown to the network and the others left out (SAGE: Covert, Lundberg, Lee 2020, "Understanding global feature
/// contributions with additive importance measures"). With no sensor the classes' shares among the training labels guess.
///
/// A bag's bits sum to log₂ p(label) − log₂ share(label): to how much the network beats guessing. They are negative where a sensor
/// misleads. Their mean over bags that the network was not trained on is what a sensor tells on average. Meant for networks that
/// are at home with missing sensors (`mil::SensorDropout`).
///
/// labels: one a bag of all bags, 0…C−1; rows: bags, in the order of the result; shares: [C], above 0. threads: 0 for all there are;
/// results do not depend on it. trust: how far the network is believed, by what it is shown (`trust_evidence`). Throws
/// std::invalid_argument on what does not fit.
template<class T, class Encoders>
BagInformation information(const mil::BagNetwork<T, Encoders>& net, const mil::Bags<T>& bags,
                           const std::vector<Index>& labels, const std::vector<Index>& rows,
                           const Eigen::VectorXd& shares, const ShapleyOptions& options = {}, int threads = 0,
                           const SensorTrust& trust = {}) {
  detail::check_asked(net, bags, labels, rows, shares);
  const auto count = static_cast<Index>(rows.size());
  const Eigen::RowVectorXd log_shares = shares.array().log().transpose();
  BagInformation result{RowMatrix<double>::Zero(count, net.modalities()),
                        RowMatrix<double>::Zero(count, net.modalities())};
  detail::for_each_game(
      net, bags, rows, options, threads,
      [&](Index i, const std::vector<Index>& kinds, const Shapley& game, const RowMatrix<double>& worth) {
        const Index label = labels[static_cast<std::size_t>(rows[static_cast<std::size_t>(i)])];
        RowMatrix<double> bits(worth.rows(), 1);
        for (Index s = 1; s < worth.rows(); ++s) {
          const auto shown = detail::shown_of(game.coalitions()[static_cast<std::size_t>(s)], kinds);
          bits(s, 0) = believed(worth.row(s), log_shares, trust(shown))[label] / std::numbers::ln2;
        }
        bits(0, 0) = log_shares[label] / std::numbers::ln2;
        const auto shapley = game(bits);
        for (std::size_t j = 0; j < kinds.size(); ++j) {
          result.bits(i, kinds[j]) = shapley.values(static_cast<Index>(j), 0);
          result.error(i, kinds[j]) = shapley.error(static_cast<Index>(j), 0);
        }
      });
  return result;
}

/// | option    | default | description                                                                     |
/// |-----------|---------|---------------------------------------------------------------------------------|
/// | resamples | 2000    | of the bootstrap                                                                |
/// | level     | 0.95    | of the intervals, and of the verdict                                            |
/// | people    | 1       | people whose sensors are asked: with more of them chance has more opportunities |
/// | seed      | 1       | of the resampling                                                               |
struct IntervalOptions {
  Index resamples = 2000;
  double level = 0.95;
  Index people = 1;
  std::uint64_t seed = 1;
};

/// A figure and the interval that a bootstrap gives it.
struct Estimate {
  double value = 0, low = 0, high = 0;
};

/// What a person's sensors tell.
struct PersonInformation {
  std::vector<Estimate> bits;  ///< [M], a bag's on average
  Estimate total;              ///< by how much the networks beat guessing
  /// [M]: how likely so many bits or more would be if the sensor told nothing (one-sided t test over blocks and replicates).
  std::vector<double> p_value;
  /// [M]: whether the sensor tells anything: the intervals of the total and of the sensor lie above 0, and the p-value is below
  /// (1 − level) / 2, divided by how many sensors of how many people were asked (Bonferroni).
  std::vector<bool> identified;
  /// [resamples, M + 1]: how far the means could have come out otherwise; the last column is the total.
  RowMatrix<double> draws;

  /// Whether any sensor does.
  bool any() const { return std::find(identified.begin(), identified.end(), true) != identified.end(); }
};

namespace detail {

/// Replicates' sums over blocks of bags: what is drawn from.
template<class T = double>
class BlockSums {
 public:
  /// As `summarize`, which says what throws.
  BlockSums(const std::vector<RowMatrix<T>>& replicates, const std::vector<Index>& blocks) {
    using lifelog::detail::require;
    require(!replicates.empty(), "replicates: expected at least one, got none");
    const Index bags = replicates.front().rows(), modalities = replicates.front().cols();
    require(bags > 0, "replicates: expected at least one bag, got none");
    require(static_cast<Index>(blocks.size()) == bags, "blocks: expected one for each of ", bags,
            " bags, got ", blocks.size());
    std::vector<Index> names = blocks;
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    sizes_ = Eigen::VectorX<T>::Zero(static_cast<Index>(names.size()));
    for (const auto& replicate : replicates) {
      require(replicate.rows() == bags && replicate.cols() == modalities, "replicates: expected all to be ",
              bags, " × ", modalities, ", got ", replicate.rows(), " × ", replicate.cols());
      auto& sum = sums_.emplace_back(RowMatrix<T>::Zero(sizes_.size(), modalities + 1));
      sizes_.setZero();
      for (Index n = 0; n < bags; ++n) {
        const auto block =
            std::lower_bound(names.begin(), names.end(), blocks[static_cast<std::size_t>(n)]) - names.begin();
        sum.row(block).head(modalities) += replicate.row(n);
        ++sizes_[block];
      }
      sum.col(modalities) = sum.leftCols(modalities).rowwise().sum();
      // A network that is not believed at all gains nothing, but its sensors' shares sum to 0 only nearly.
      for (Index b = 0; b < sum.rows(); ++b)
        if (std::abs(sum(b, modalities)) <= 1e-12 * sum.row(b).head(modalities).template lpNorm<1>())
          sum(b, modalities) = 0;
    }
  }

  Index blocks() const { return sizes_.size(); }
  Index columns() const { return sums_.front().cols(); }

  Eigen::RowVectorX<T> mean() const {
    Eigen::RowVectorX<T> mean = Eigen::RowVectorX<T>::Zero(columns());
    for (const auto& sum : sums_) mean += sum.colwise().sum() / static_cast<double>(sums_.size());
    return mean / sizes_.sum();
  }

  /// [resamples, columns]: means of replicates and blocks drawn anew. A block stands for itself as often as it is drawn, in whichever
  /// replicates are drawn.
  RowMatrix<T> draw(Index resamples, std::uint64_t seed) const {
    RowMatrix<T> draws = RowMatrix<T>::Zero(resamples, columns());
    Random random(seed);
    for (Index resample = 0; resample < resamples; ++resample) {
      Eigen::VectorX<T> times = Eigen::VectorX<T>::Zero(blocks()),
                        chosen = Eigen::VectorX<T>::Zero(static_cast<Index>(sums_.size()));
      for (Index b = 0; b < blocks(); ++b)
        ++times[static_cast<Index>(random.below(static_cast<std::uint64_t>(blocks())))];
      for (std::size_t r = 0; r < sums_.size(); ++r) ++chosen[static_cast<Index>(random.below(sums_.size()))];
      for (std::size_t r = 0; r < sums_.size(); ++r)
        if (const double share = chosen[static_cast<Index>(r)]; share > 0)
          draws.row(resample) += share * (times.transpose() * sums_[r]);
      draws.row(resample) /= static_cast<double>(sums_.size()) * times.dot(sizes_);
    }
    return draws;
  }

  /// [columns]: chance of a mean as high or higher if the truth were 0; 1 of a single block, which tells nothing of how blocks differ.
  std::vector<double> p_values() const {
    std::vector<double> result(static_cast<std::size_t>(columns()), 1);
    if (blocks() < 2) return result;
    const auto replicates = static_cast<double>(sums_.size()), count = static_cast<double>(blocks()),
               bags = sizes_.sum();
    const auto value = mean();
    for (Index m = 0; m < columns(); ++m) {
      Eigen::VectorX<T> of_blocks = Eigen::VectorX<T>::Zero(blocks());
      double between = 0;
      for (const auto& sum : sums_) {
        of_blocks += sum.col(m) / replicates;
        between += std::pow(sum.col(m).sum() / bags - value[m], 2);
      }
      double variance = (of_blocks - value[m] * sizes_).squaredNorm() * count / (count - 1) / (bags * bags);
      if (replicates > 1) variance += between / (replicates - 1) / replicates;
      auto& p = result[static_cast<std::size_t>(m)];
      p = variance > 0 ? student_tail(value[m] / std::sqrt(variance), blocks() - 1) : value[m] > 0 ? 0 : 1;
    }
    return result;
  }

 private:
  std::vector<RowMatrix<T>> sums_;  ///< [blocks, M + 1] a replicate; the last column is the total
  Eigen::VectorX<T> sizes_;         ///< [blocks], bags
};

}  // namespace detail

/// Sums up what replicates of a network tell of one person: the means over replicates and bags, and how far they could have come out
/// otherwise. The bootstrap draws replicates and blocks of bags, both anew each time, since neighbouring minutes are alike.
///
/// Of a cohort it does the same: people in place of bags, each a block.
///
/// replicates: [n, M] each, of the same bags in the same order (networks of other seeds or folds; a bag is never one that the network
/// was trained on). blocks: [n], which block a bag belongs to; those of a block are drawn together. Throws std::invalid_argument
/// without replicates, bags or agreement on their number.
LIFELOG_LAZY PersonInformation summarize(const std::vector<RowMatrix<double>>& replicates,
                                         const std::vector<Index>& blocks,
                                         const IntervalOptions& options = {}) {
  const detail::BlockSums sums(replicates, blocks);
  lifelog::detail::require(
      options.resamples >= 1 && options.level > 0 && options.level < 1 && options.people >= 1,
      "options: expected resamples and people of at least 1 and a level between 0 and 1, got ",
      options.resamples, ", ", options.people, " and ", options.level);
  const Index modalities = sums.columns() - 1;
  const double tail = (1 - options.level) / 2;
  const auto value = sums.mean();
  PersonInformation result;
  result.draws = sums.draw(options.resamples, options.seed);
  const auto estimate = [&](Index m) {
    std::vector<double> sorted(result.draws.col(m).begin(), result.draws.col(m).end());
    std::sort(sorted.begin(), sorted.end());
    return Estimate{value[m], lifelog::detail::quantile(sorted, tail),
                    lifelog::detail::quantile(sorted, 1 - tail)};
  };
  result.total = estimate(modalities);
  result.p_value = sums.p_values();
  result.p_value.pop_back();
  const double least = tail / static_cast<double>(modalities * options.people);
  for (Index m = 0; m < modalities; ++m) {
    result.bits.push_back(estimate(m));
    result.identified.push_back(sums.blocks() > 1 && result.total.low > 0 && result.bits.back().low > 0 &&
                                result.p_value[static_cast<std::size_t>(m)] < least);
  }
  return result;
}

}  // namespace lifelog::importance
