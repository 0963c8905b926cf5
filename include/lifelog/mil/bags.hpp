// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "../core/error.hpp"
#include "../core/matrix.hpp"
#include "../core/random.hpp"
#include "../nn/domain.hpp"

namespace lifelog::inline LIFELOG_ABI::mil {

/// What a network must know of a kind of instances (in the study, a modality): its tensors' name, and what one instance
/// is: a series of `channels` channels, or, of 0 channels, a vector of `inputs` numbers, one number being a scalar.
struct ModalityShape {
  std::string name;
  Index channels;
  Index inputs = 1;

  bool scalar() const { return channels == 0; }
};

/// All instances of one kind, owned by somebody else: [instances, channels, length], row-major; [instances, length] of
/// vectors. Unless `start` says otherwise each bag has one of them, instance n being bag n's.
template<class T>
struct Instances {
  std::string name;
  const T* values;
  Index channels;  ///< 0: vectors
  Index length;    ///< samples a channel; numbers of a vector, 1 for a scalar

  /// [bags + 1]: bag n has the instances start[n] … start[n + 1] − 1, which may be none. Empty: one each.
  std::vector<Index> start;
  /// One an instance, `present_stride` apart: 0 says that the instance is not there, and its values are never read. Null: all
  /// are there.
  const std::uint8_t* present;
  Index present_stride;

  Instances(std::string kind, const T* data, Index channel_count, Index sample_count,
            std::vector<Index> starts = {}, const std::uint8_t* there = nullptr, Index there_stride = 1)
      : name(std::move(kind)),
        values(data),
        channels(channel_count),
        length(sample_count),
        start(std::move(starts)),
        present(there),
        present_stride(there_stride) {}

  ModalityShape shape() const { return {name, channels, channels > 0 ? 1 : length}; }
  Index size() const { return std::max<Index>(channels, 1) * length; }
  const T* instance(Index i) const { return values + i * size(); }
  /// The instances of bag n: first(n) … last(n) − 1.
  Index first(Index n) const { return start.empty() ? n : start[static_cast<std::size_t>(n)]; }
  Index last(Index n) const { return start.empty() ? n + 1 : start[static_cast<std::size_t>(n) + 1]; }
  bool there(Index i) const { return present == nullptr || present[i * present_stride] != 0; }
};

/// Bags of instances of one or more kinds; the data stays where it is.
template<class T>
struct Bags {
  Index count = 0;
  std::vector<Instances<T>> modalities;

  std::vector<ModalityShape> shapes() const {
    std::vector<ModalityShape> shapes;
    for (const auto& m : modalities) shapes.push_back(m.shape());
    return shapes;
  }
};

/// In training, whole kinds are left out of bags at random, so that a network is at home with what is missing: each kind that
/// is there with `probability`, but never all of them. What is drawn depends on the seed, the step and the bag alone.
struct SensorDropout {
  double probability = 0;  ///< 0 … 1, 1 excluded
  std::uint64_t seed = 1;
  std::uint64_t step = 0;  ///< of training
};

namespace detail {

/// Which instances of some bags take part: those that are there and not dropped. An instance is a lane of its kind's planes.
template<class T>
struct BagBatch {
  struct Place {
    Index kind, lane;
  };

  nn::Samples<T> bags;                      ///< one lane a bag
  std::vector<nn::Samples<T>> kinds;        ///< [kind]: one lane an instance
  std::vector<std::vector<Index>> sources;  ///< [kind][lane]: which of the kind's instances it is
  std::vector<Place> places;                ///< bag by bag, in each kind by kind
  std::vector<Index> start;                 ///< [bags + 1]: where a bag's places are

  Index first(Index bag) const { return start[static_cast<std::size_t>(bag)]; }
  Index last(Index bag) const { return start[static_cast<std::size_t>(bag) + 1]; }
  const Place& place(Index p) const { return places[static_cast<std::size_t>(p)]; }

  /// rows: bags. Throws std::invalid_argument on a row that is none, and on a bag with no instance at all.
  void gather(const Bags<T>& from, const std::vector<Index>& rows, const nn::Samples<T>& domain,
              const SensorDropout& dropout) {
    const std::size_t count = from.modalities.size();
    sources.assign(count, {});
    places.clear();
    start.assign(1, 0);
    for (const Index row : rows) {
      lifelog::detail::require(row >= 0 && row < from.count, "rows: expected bags in 0…", from.count - 1,
                               ", got ", row);
      const auto keep = kept(from, row, dropout);
      for (std::size_t m = 0; m < count; ++m) {
        const auto& kind = from.modalities[m];
        for (Index i = kind.first(row); keep[m] && i < kind.last(row); ++i) {
          if (!kind.there(i)) continue;
          places.push_back({static_cast<Index>(m), static_cast<Index>(sources[m].size())});
          sources[m].push_back(i);
        }
      }
      start.push_back(static_cast<Index>(places.size()));
    }
    bags = domain;
    bags.count = static_cast<Index>(rows.size());
    kinds.assign(count, bags);
    for (std::size_t m = 0; m < count; ++m) kinds[m].count = static_cast<Index>(sources[m].size());
  }

 private:
  // [kind]: whether it takes part in a bag.
  static std::vector<bool> kept(const Bags<T>& from, Index row, const SensorDropout& dropout) {
    std::vector<bool> kept(from.modalities.size());
    std::vector<std::size_t> there;
    for (std::size_t m = 0; m < kept.size(); ++m) {
      const auto& kind = from.modalities[m];
      for (Index i = kind.first(row); !kept[m] && i < kind.last(row); ++i) kept[m] = kind.there(i);
      if (kept[m]) there.push_back(m);
    }
    lifelog::detail::require(!there.empty(), "bags: expected an instance in each, got none in bag ", row);
    if (dropout.probability == 0 || there.size() == 1) return kept;
    auto random = Random(dropout.seed).fork(dropout.step).fork(static_cast<std::uint64_t>(row));
    bool any = false;
    for (const auto m : there) {
      kept[m] = random.uniform() >= dropout.probability;
      any = any || kept[m];
    }
    if (!any) kept[there[static_cast<std::size_t>(random.below(there.size()))]] = true;
    return kept;
  }
};

}  // namespace detail

}  // namespace lifelog::mil
