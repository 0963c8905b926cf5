// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <utility>
#include <vector>

#include "../core/error.hpp"
#include "../core/matrix.hpp"
#include "shapley.hpp"

namespace lifelog::inline LIFELOG_ABI::importance {

/// What is left of a network's log-probabilities when it is believed only so far: trust 1 is what it says, 0 is the guess by the
/// classes' shares, and between them log p ∝ trust · log p_network + (1 − trust) · log share. Networks that are too sure of
/// themselves need less than 1; above 1 are those that are too modest.
///
/// log_probabilities, log_shares: [C], natural logarithms.
LIFELOG_LAZY Eigen::RowVectorXd believed(const Eigen::RowVectorXd& log_probabilities,
                                         const Eigen::RowVectorXd& log_shares, double trust) {
  if (trust == 1) return log_probabilities;
  if (trust == 0) return log_shares;
  const Eigen::RowVectorXd mixed = trust * log_probabilities + (1 - trust) * log_shares;
  const double most = mixed.maxCoeff();
  return mixed.array() - (most + std::log((mixed.array() - most).exp().sum()));
}

/// How much likelier labels become as predictions are believed more, from trust 0 to `most`, at values close together near 0. Of
/// more bags, networks or folds slopes add up, so that nothing else of them need be kept.
class TrustSlopes {
 public:
  static constexpr std::size_t steps = 32;
  static constexpr double most = 4;

  /// One bag's. log_probabilities, log_shares: [C], natural logarithms. A bag of which there are no numbers adds nothing.
  void add(const Eigen::RowVectorXd& log_probabilities, const Eigen::RowVectorXd& log_shares, Index label) {
    const Eigen::RowVectorXd difference = log_probabilities - log_shares;
    if (!difference.allFinite()) return;
    Eigen::RowVectorXd p(difference.size());
    for (std::size_t k = 0; k <= steps; ++k) {
      p = log_shares + trust_at(k) * difference;
      p = (p.array() - p.maxCoeff()).exp();
      slopes_[k] += difference[label] - p.dot(difference) / p.sum();
    }
    ++bags_;
  }

  /// Those of others, who are believed `stretch` times as far at each trust.
  void add(const TrustSlopes& other, double stretch = 1) {
    for (std::size_t k = 0; k <= steps; ++k)
      slopes_[k] += stretch == 1 ? other.slopes_[k] : stretch * other.at(stretch * trust_at(k));
    bags_ += other.bags_;
  }

  Index bags() const { return bags_; }

  /// The trust, 0 … `most`, under which the labels are most likely: a temperature that pulls towards the shares in place of equal
  /// probabilities (Guo et al. 2017, "On calibration of modern neural networks", § 4.2), so that who knows nothing loses nothing. Use
  /// it for other bags than those it was made of. 1 without bags.
  double best() const {
    if (bags_ == 0) return 1;
    if (!(slopes_[0] > 0)) return 0;
    for (std::size_t k = 1; k <= steps; ++k)
      if (slopes_[k] < 0)
        return trust_at(k - 1) +
               (trust_at(k) - trust_at(k - 1)) * slopes_[k - 1] / (slopes_[k - 1] - slopes_[k]);
    return most;
  }

 private:
  static constexpr double trust_at(std::size_t step) {
    const double share = static_cast<double>(step) / static_cast<double>(steps);
    return most * share * share;
  }

  /// At any trust, on the line between two values; beyond the last, that.
  double at(double trust) const {
    if (!(trust < most)) return slopes_[steps];
    const auto k = std::min(steps - 1, static_cast<std::size_t>(std::sqrt(trust / most) * steps));
    const double share = (trust - trust_at(k)) / (trust_at(k + 1) - trust_at(k));
    return slopes_[k] + share * (slopes_[k + 1] - slopes_[k]);
  }

  std::array<double, steps + 1> slopes_{};  // they fall as trust grows
  Index bags_ = 0;
};

namespace detail {

/// Up to so many sensors each set of them is told apart from all others; of more, sets of as many are one.
inline constexpr Index sets_up_to = 12;

LIFELOG_LAZY Index sets_of(Index sensors) {
  return sensors <= sets_up_to ? Index{1} << sensors : sensors + 1;
}

LIFELOG_LAZY std::size_t place_of(Coalition shown, Index sensors) {
  return sensors <= sets_up_to ? static_cast<std::size_t>(shown)
                               : static_cast<std::size_t>(std::popcount(shown));
}

}  // namespace detail

/// How far a network is believed, by the sensors it is shown.
class SensorTrust {
 public:
  /// Always as far: at least 0, or std::invalid_argument.
  SensorTrust(double always = 1) : always_(always) {
    lifelog::detail::require(always >= 0, "trust: expected at least 0, got ", always);
  }
  SensorTrust(Index sensors, std::vector<double> of_sets) : sensors_(sensors), of_sets_(std::move(of_sets)) {}

  double operator()(Coalition shown) const {
    return of_sets_.empty() ? always_ : of_sets_[detail::place_of(shown, sensors_)];
  }

 private:
  double always_ = 1;
  Index sensors_ = 0;
  std::vector<double> of_sets_;
};

/// What the trust in each set of sensors is fitted by.
///
/// A network may be far too sure when it is shown little, and about right when it is shown all, or the other way round. Believed as
/// far whatever it is shown, it loses by some sensors what nobody need lose, and a sensor that says little wins by keeping it from
/// that: bits for calming the others, not for what it knows. What a set of sensors is worth is what they tell somebody who knows how
/// far they are to be believed (Covert, Lundberg, Lee 2020, § 3: the mutual information, for the best model of each set).
class TrustEvidence {
 public:
  /// sensors: of the network, 1…64.
  explicit TrustEvidence(Index sensors) : sensors_(sensors) {
    lifelog::detail::require(sensors >= 1 && sensors <= 64, "sensors: expected 1…64, got ", sensors);
    sets_.resize(static_cast<std::size_t>(detail::sets_of(sensors)));
  }

  /// Of a bag, as it is with some sensors shown: bit m of `shown` is the network's m-th.
  void add(Coalition shown, const Eigen::RowVectorXd& log_probabilities, const Eigen::RowVectorXd& log_shares,
           Index label) {
    auto& set = sets_[detail::place_of(shown, sensors_)];
    set.slopes.add(log_probabilities, log_shares, label);
    const Eigen::RowVectorXd difference = log_probabilities - log_shares;
    if (difference.allFinite()) set.squares += (difference.array() - difference.mean()).square().mean();
  }

  /// Of the same network, other bags. Throws std::invalid_argument on another number of sensors.
  void add(const TrustEvidence& other) {
    require_same(other);
    for (std::size_t s = 0; s < sets_.size(); ++s) sets_[s].add(other.sets_[s]);
  }

  /// Trust in this network. Each set by itself; one that no bag was seen with, by all sets of as many sensors.
  SensorTrust fit() const { return fit({this}); }

  /// Trust in this network by how right others were, of whose bags it may have seen the labels: networks of other folds. How sure of
  /// themselves networks become is an accident of when they stopped to learn, and a trust that fits one may be ten times what
  /// another deserves. So a network is believed that departs from guessing twice as far as another with the same sensors half as far.
  /// Of its own evidence only these distances count, not the labels. Throws std::invalid_argument on another number of sensors.
  SensorTrust fit(const std::vector<const TrustEvidence*>& others) const {
    std::vector<std::vector<Set>> of_sizes;
    for (const auto* other : others) {
      require_same(*other);
      auto& of_size = of_sizes.emplace_back(static_cast<std::size_t>(sensors_) + 1);
      for (std::size_t s = 0; s < sets_.size(); ++s) of_size[size_of(s)].add(other->sets_[s]);
    }
    std::vector<double> trust;
    for (std::size_t s = 0; s < sets_.size(); ++s) {
      TrustSlopes slopes, of_size;
      for (std::size_t i = 0; i < others.size(); ++i) {
        add_to(slopes, others[i]->sets_[s], sets_[s]);
        add_to(of_size, of_sizes[i][size_of(s)], sets_[s]);
      }
      trust.push_back((slopes.bags() > 0 ? slopes : of_size).best());
    }
    return {sensors_, std::move(trust)};
  }

 private:
  struct Set {
    TrustSlopes slopes;
    double squares = 0;  ///< of how far log-probabilities are from the guess, summed over bags

    void add(const Set& other) {
      slopes.add(other.slopes);
      squares += other.squares;
    }
    double spread() const {
      return squares > 0 ? std::sqrt(squares / static_cast<double>(slopes.bags())) : 0;
    }
  };

  static void add_to(TrustSlopes& slopes, const Set& other, const Set& own) {
    const double theirs = other.spread(), ours = own.spread();
    slopes.add(other.slopes, theirs > 0 && ours > 0 ? ours / theirs : 1);
  }

  /// How many sensors are in the set of a place.
  std::size_t size_of(std::size_t place) const {
    return sensors_ <= detail::sets_up_to ? static_cast<std::size_t>(std::popcount(place)) : place;
  }

  void require_same(const TrustEvidence& other) const {
    lifelog::detail::require(other.sensors_ == sensors_, "sensors: expected ", sensors_, ", got ",
                             other.sensors_);
  }

  Index sensors_;
  std::vector<Set> sets_;
};

}  // namespace lifelog::importance
