// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <vector>

#include "../core/parallel.hpp"
#include "../mil/modal_importance.hpp"
#include "shapley.hpp"

namespace lifelog::inline LIFELOG_ABI::importance::detail {

/// The kinds of instances that a bag of a batch has, ascending: the players of its game.
template<class T>
std::vector<Index> kinds_of(const mil::detail::BagBatch<T>& batch, Index bag) {
  std::vector<Index> kinds;
  for (Index p = batch.first(bag); p < batch.last(bag); ++p)
    if (kinds.empty() || kinds.back() != batch.place(p).kind) kinds.push_back(batch.place(p).kind);
  return kinds;
}

/// Some bags of an encoded batch, each once for every coalition of its kinds but the empty one. Encoding is what costs; a
/// coalition costs no more than its pool.
template<class T, class Encoders>
class CoalitionBatch {
 public:
  using Plane = typename mil::detail::PoolPassOf<T, Encoders>::Plane;

  /// own_lanes: each coalition gets its instances anew, for pools that write on them.
  CoalitionBatch(const mil::detail::BagBatch<T>& from, const std::vector<const T*>& keys, bool own_lanes)
      : from_(from), keys_(keys), own_lanes_(own_lanes), sources_(from.kinds.size()) {
    batch_.start.assign(1, 0);
  }

  void add(Index bag, const std::vector<Index>& kinds, const std::vector<Coalition>& coalitions) {
    std::vector<Index> lanes;
    for (const Coalition coalition : coalitions) {
      if (coalition == 0) continue;
      if (own_lanes_ || lanes.empty()) lanes = lanes_of(bag);
      std::size_t player = 0;
      for (Index p = from_.first(bag); p < from_.last(bag); ++p) {
        const Index kind = from_.place(p).kind;
        while (kinds[player] != kind) ++player;
        if (coalition >> player & 1)
          batch_.places.push_back({kind, lanes[static_cast<std::size_t>(p - from_.first(bag))]});
      }
      batch_.start.push_back(static_cast<Index>(batch_.places.size()));
    }
  }

  const mil::detail::BagBatch<T>& finish() {
    batch_.bags = from_.bags;
    batch_.bags.threads = 1;
    batch_.bags.training = false;
    batch_.bags.count = static_cast<Index>(batch_.start.size()) - 1;
    batch_.kinds.assign(sources_.size(), batch_.bags);
    planes_.resize(sources_.size());
    for (std::size_t m = 0; m < sources_.size(); ++m) {
      auto& domain = batch_.kinds[m];
      domain.count = static_cast<Index>(sources_[m].size());
      planes_[m].setZero(mil::BagNetwork<T, Encoders>::key_size, domain.stride());
      for (Index k = 0; k < planes_[m].rows(); ++k)
        for (Index lane = 0; lane < domain.count; ++lane)
          planes_[m](k, lane) =
              keys_[m][k * from_.kinds[m].stride() + sources_[m][static_cast<std::size_t>(lane)]];
    }
    return batch_;
  }

  std::vector<const T*> keys() const {
    std::vector<const T*> keys;
    for (const auto& plane : planes_) keys.push_back(plane.data());
    return keys;
  }

 private:
  std::vector<Index> lanes_of(Index bag) {
    std::vector<Index> lanes;
    for (Index p = from_.first(bag); p < from_.last(bag); ++p) {
      auto& source = sources_[static_cast<std::size_t>(from_.place(p).kind)];
      lanes.push_back(static_cast<Index>(source.size()));
      source.push_back(from_.place(p).lane);
    }
    return lanes;
  }

  const mil::detail::BagBatch<T>& from_;
  const std::vector<const T*>& keys_;
  bool own_lanes_;
  std::vector<std::vector<Index>> sources_;  ///< [kind][lane]: the lane it is a copy of
  std::vector<Plane> planes_;
  mil::detail::BagBatch<T> batch_;
};

/// Shows a network each of `rows`' bags with every coalition of the sensors that are there, the others being left out.
///
/// Calls body(i, kinds, game, log_probabilities) for rows[i]: player j of the game is kinds[j]; log_probabilities, [coalitions, C],
/// are of the game's coalitions, the empty one's row being 0. Calls come from all threads, each bag's once, and the values do not
/// depend on how many there are.
template<class T, class Encoders, class Body>
void for_each_game(const mil::BagNetwork<T, Encoders>& net, const mil::Bags<T>& bags,
                   const std::vector<Index>& rows, const ShapleyOptions& options, int threads,
                   const Body& body) {
  const bool own_lanes = std::visit([](const auto& pool) { return pool.form == mil::Form::keys; }, net.pool);
  // Coalitions evaluated at a time: enough for vectors, few enough for the second cache.
  constexpr Index at_once = 2048;
  const Index most = static_cast<Index>(Shapley(net.modalities(), options).coalitions().size());
  const Index bags_at_once = std::clamp<Index>(at_once / most, 1, 64);
  mil::BagPass<T, Encoders> pass(net, bags, threads);
  const Index count = static_cast<Index>(rows.size());
  for (Index b = 0; b < piece_count(mil::evaluation_batch, count); ++b) {
    const auto [begin, end] = piece_of(b, mil::evaluation_batch, count);
    pass.forward(net, {rows.begin() + begin, rows.begin() + end}, false);
    const auto& batch = pass.batch();
    const Index first = begin, size = end - begin;
    parallel_for(piece_count(bags_at_once, size), threads, [&](Index p) {
      const auto piece = piece_of(p, bags_at_once, size);
      CoalitionBatch<T, Encoders> some(batch, pass.keys(), own_lanes);
      std::vector<std::vector<Index>> kinds;
      std::vector<Shapley> games;
      for (Index n = piece.begin; n < piece.end; ++n) {
        kinds.push_back(kinds_of(batch, n));
        games.emplace_back(static_cast<Index>(kinds.back().size()), options);
        some.add(n, kinds.back(), games.back().coalitions());
      }
      mil::detail::PoolPassOf<T, Encoders> pool;
      const auto& shown = some.finish();
      pool.forward(net.heads(), shown, some.keys());
      Index lane = 0;
      for (std::size_t n = 0; n < games.size(); ++n) {
        const auto coalitions = static_cast<Index>(games[n].coalitions().size());
        RowMatrix<double> worth = RowMatrix<double>::Zero(coalitions, net.classes());
        for (Index s = 1; s < coalitions; ++s, ++lane)
          worth.row(s) = pool.log_probabilities.col(lane).transpose().template cast<double>();
        body(first + piece.begin + static_cast<Index>(n), kinds[n], games[n], worth);
      }
    });
  }
}

}  // namespace lifelog::importance::detail
