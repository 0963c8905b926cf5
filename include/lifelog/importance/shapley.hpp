// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <type_traits>
#include <utility>
#include <vector>

#include "../core/error.hpp"
#include "../core/matrix.hpp"
#include "../core/random.hpp"

namespace lifelog::inline LIFELOG_ABI::importance {

/// A set of players: bit i is set where player i is in it.
using Coalition = std::uint64_t;

/// | option       | default | description                                                            |
/// |--------------|---------|------------------------------------------------------------------------|
/// | exact_up_to  | 12      | players up to which all coalitions are valued, at most 20              |
/// | permutations | 128     | of more players: orders that are drawn, in pairs, each with its reverse |
/// | seed         | 1       | of the orders                                                          |
struct ShapleyOptions {
  Index exact_up_to = 12;
  Index permutations = 128;
  std::uint64_t seed = 1;
};

/// What each player is worth, for one or more outcomes of a game.
struct ShapleyValues {
  RowMatrix<double> values;  ///< [players, outcomes]; a column sums to what all players reach beyond none
  RowMatrix<double> error;   ///< [players, outcomes], standard error of the values; 0 where they are exact
};

/// Shapley values (Shapley 1953, "A value for n-person games"): a player's worth is what it adds to those before it, on average
/// over all orders in which players can arrive. Says which coalitions must be valued, and makes values of their worths:
///
///     const importance::Shapley game(2);                  // coalitions {}, {0}, {1}, {0, 1}
///     RowMatrix<double> worth(4, 1);
///     worth << 0, 1, 2, 5;
///     const auto values = game(worth).values;             // 2 and 3
///
/// Up to `exact_up_to` players all coalitions are valued and the values are exact. Of more, orders are drawn; an order and its
/// reverse together vary less than two that know nothing of each other (Mitchell et al. 2022, "Sampling permutations for Shapley
/// value estimation", § 4.2). Either way the values sum to what all players reach.
class Shapley {
 public:
  /// Throws std::invalid_argument for fewer than 0 or more than 64 players, and for options out of range.
  explicit Shapley(Index players, const ShapleyOptions& options = {}) : players_(players) {
    using lifelog::detail::require;
    require(players >= 0 && players <= 64, "players: expected 0…64, got ", players);
    require(options.exact_up_to >= 0 && options.exact_up_to <= 20, "exact_up_to: expected 0…20, got ",
            options.exact_up_to);
    if (players <= options.exact_up_to) {
      coalitions_.resize(std::size_t{1} << players);
      std::iota(coalitions_.begin(), coalitions_.end(), Coalition{0});
      return;
    }
    require(options.permutations >= 4, "permutations: expected at least 4, got ", options.permutations);
    draw_orders(options);
  }

  Index players() const { return players_; }
  bool exact() const { return orders_.empty(); }
  /// Those that must be valued, ascending; the first is the empty one.
  const std::vector<Coalition>& coalitions() const { return coalitions_; }

  /// worth: [coalitions, outcomes], of `coalitions()` in their order. Throws std::invalid_argument on another number of rows.
  template<class T = double>
  ShapleyValues operator()(const std::type_identity_t<RowMatrix<T>>& worth) const {
    lifelog::detail::require(worth.rows() == static_cast<Index>(coalitions_.size()),
                             "worth: expected a row for each of ", coalitions_.size(), " coalitions, got ",
                             worth.rows());
    return exact() ? from_all(worth) : from_orders(worth);
  }

 private:
  void draw_orders(const ShapleyOptions& options) {
    Random random(options.seed);
    std::vector<Index> order(static_cast<std::size_t>(players_));
    std::iota(order.begin(), order.end(), Index{0});
    for (Index pair = 0; pair < options.permutations / 2; ++pair) {
      random.shuffle(order.begin(), order.end());
      orders_.push_back(order);
      orders_.emplace_back(order.rbegin(), order.rend());
    }
    for (const auto& drawn : orders_) {
      Coalition before = 0;
      coalitions_.push_back(before);
      for (const Index player : drawn) coalitions_.push_back(before |= Coalition{1} << player);
    }
    std::sort(coalitions_.begin(), coalitions_.end());
    coalitions_.erase(std::unique(coalitions_.begin(), coalitions_.end()), coalitions_.end());
  }

  // Σ over coalitions S without i of |S|! (n − |S| − 1)! / n! · (worth(S ∪ {i}) − worth(S)).
  template<class T>
  ShapleyValues from_all(const RowMatrix<T>& worth) const {
    ShapleyValues result{RowMatrix<T>::Zero(players_, worth.cols()),
                         RowMatrix<T>::Zero(players_, worth.cols())};
    std::vector<double> weight(static_cast<std::size_t>(players_));
    for (Index size = 0; size < players_; ++size) {  // 1 / (n · (n − 1 choose size))
      double choices = 1;
      for (Index j = 0; j < size; ++j)
        choices *= static_cast<double>(players_ - 1 - j) / static_cast<double>(j + 1);
      weight[static_cast<std::size_t>(size)] = 1 / (static_cast<double>(players_) * choices);
    }
    for (Index with = 0; with < worth.rows(); ++with) {
      Index size = -1;  // of the coalition without one of its players
      for (Coalition rest = static_cast<Coalition>(with); rest != 0; rest &= rest - 1) ++size;
      for (Index i = 0; i < players_; ++i)
        if (with >> i & 1)
          result.values.row(i) +=
              weight[static_cast<std::size_t>(size)] * (worth.row(with) - worth.row(with ^ (Index{1} << i)));
    }
    return result;
  }

  Index place_of(Coalition coalition) const {
    return std::lower_bound(coalitions_.begin(), coalitions_.end(), coalition) - coalitions_.begin();
  }

  template<class T>
  ShapleyValues from_orders(const RowMatrix<T>& worth) const {
    const auto pairs = static_cast<double>(orders_.size() / 2);
    RowMatrix<T> sum = RowMatrix<T>::Zero(players_, worth.cols()), squares = sum, of_pair = sum;
    for (std::size_t o = 0; o < orders_.size(); ++o) {
      if (o % 2 == 0) of_pair.setZero();
      Coalition before = 0;
      for (const Index player : orders_[o]) {
        const Coalition with = before | Coalition{1} << player;
        of_pair.row(player) += (worth.row(place_of(with)) - worth.row(place_of(before))) / 2;
        before = with;
      }
      if (o % 2 == 0) continue;
      sum += of_pair;
      squares.array() += of_pair.array().square();
    }
    ShapleyValues result{sum / pairs, {}};
    result.error =
        ((squares.array() / pairs - result.values.array().square()).max(0) / (pairs - 1)).sqrt().matrix();
    return result;
  }

  Index players_;
  std::vector<Coalition> coalitions_;
  std::vector<std::vector<Index>>
      orders_;  ///< each even one is followed by its reverse; none where all coalitions are valued
};

}  // namespace lifelog::importance
