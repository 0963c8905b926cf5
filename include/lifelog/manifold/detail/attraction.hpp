// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "../../core/parallel.hpp"
#include "../affinities.hpp"
#include "columns.hpp"

namespace lifelog::inline LIFELOG_ABI::manifold::detail {

/// Attraction along P's entries. Points are put into an order in which packets of consecutive ones have many
/// neighbours in common; P is kept as, for each packet, the list of everybody's neighbours and their affinities
/// to the packet's points (zero to those they are no neighbours of). A neighbour's position is then read once for
/// the whole packet, and nothing is gathered.
template<class T>
class Attraction {
 public:
  explicit Attraction(const Affinities& joint) : order_(neighbourly_order(joint)) {
    const Index n = joint.rows();
    std::vector<int> place(at(n));
    for (Index s = 0; s < n; ++s) place[at(order_[at(s)])] = static_cast<int>(s);
    first_.push_back(0);
    std::vector<Entry> entries;
    for (Index begin = 0; begin < n; begin += lanes) {
      entries.clear();
      for (Index s = begin; s < std::min(n, begin + lanes); ++s) {
        const auto i = at(order_[at(s)]);
        for (Index e = joint.start[i]; e < joint.start[i + 1]; ++e)
          entries.push_back({place[at(joint.column[at(e)])], static_cast<int>(s - begin),
                             static_cast<T>(joint.value[at(e)])});
      }
      append(entries);
    }
  }

  /// The point at each place of the order.
  const std::vector<int>& order() const { return order_; }

  /// Packets of consecutive places, of which the last may be filled up.
  Index packets() const { return static_cast<Index>(first_.size()) - 1; }

  /// pull: [dims], becomes Σ_j p_ij q_ij (y_i − y_j) for the points of a packet. positions: [padded n, dims], by place.
  template<int dims>
  void pull(Index packet, const Columns<T>& positions, simd::Packet<T> (&pull)[dims]) const {
    simd::Packet<T> here[dims];
    for (int c = 0; c < dims; ++c) {
      here[c] = simd::load(&positions(packet * lanes, c));
      pull[c] = simd::broadcast(T(0));
    }
    for (Index e = first_[at(packet)]; e < first_[at(packet + 1)]; ++e) {
      simd::Packet<T> offset[dims], distance = simd::broadcast(T(1));
      for (int c = 0; c < dims; ++c) {
        offset[c] = simd::psub(here[c], simd::broadcast(positions(neighbour_[at(e)], c)));
        distance = simd::pmadd(offset[c], offset[c], distance);
      }
      const auto strength = simd::pmul(simd::load(&affinity_[at(e * lanes)]), simd::reciprocal(distance));
      for (int c = 0; c < dims; ++c) pull[c] = simd::pmadd(strength, offset[c], pull[c]);
    }
  }

 private:
  static constexpr int lanes = simd::packet_size<T>;

  struct Entry {
    int place, lane;
    T affinity;
  };

  static std::size_t at(Index i) { return static_cast<std::size_t>(i); }

  void append(std::vector<Entry>& entries) {
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return a.place < b.place; });
    for (std::size_t e = 0; e < entries.size(); ++e) {
      if (e == 0 || entries[e].place != entries[e - 1].place) {
        neighbour_.push_back(entries[e].place);
        affinity_.resize(affinity_.size() + lanes, T(0));
      }
      affinity_[affinity_.size() - lanes + at(entries[e].lane)] = entries[e].affinity;
    }
    first_.push_back(static_cast<Index>(neighbour_.size()));
  }

  // A packet starts at the point most attached to the packet before, and takes in the point most attached to it until
  // it is full.
  static std::vector<int> neighbourly_order(const Affinities& joint) {
    const Index n = joint.rows();
    std::vector<int> order, near;  // near: those with any attachment
    std::vector<double> attachment(at(n), 0);
    std::vector<char> placed(at(n), 0);
    int next = 0;  // no one before it is left
    const auto most_attached = [&] {
      int best = -1;
      for (const int j : near)
        if (!placed[at(j)] && (best < 0 || attachment[at(j)] > attachment[at(best)])) best = j;
      if (best >= 0) return best;
      while (placed[at(next)]) ++next;
      return next;
    };
    while (static_cast<Index>(order.size()) < n) {
      const int i = most_attached();
      if (order.size() % lanes == 0) {
        for (const int j : near) attachment[at(j)] = 0;
        near.clear();
      }
      placed[at(i)] = 1;
      order.push_back(i);
      for (Index e = joint.start[at(i)]; e < joint.start[at(i) + 1]; ++e) {
        const auto j = at(joint.column[at(e)]);
        if (attachment[j] == 0) near.push_back(joint.column[at(e)]);
        attachment[j] += joint.value[at(e)];
      }
    }
    return order;
  }

  std::vector<int> order_;
  std::vector<Index> first_;    // of each packet's neighbours
  std::vector<int> neighbour_;  // places, ascending within a packet
  std::vector<T> affinity_;     // a packet for each
};

}  // namespace lifelog::manifold::detail
