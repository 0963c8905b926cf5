// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "../mil/modal_importance.hpp"
#include "../train/pulled_task.hpp"

// One network for everybody, with heads of each person's own: what makes keys of instances stays everybody's, and its keys are
// computed once. What scores and values them is gone on with on a person's minutes, pulled towards everybody's.

namespace lifelog::inline LIFELOG_ABI::predict {

/// Encoders for bags whose instances are keys already.
template<Index size>
struct KeyEncoders {
  template<class T>
  struct Key {
    using Scalar = T;
    static constexpr Index channels = size;
    template<class Domain>
    struct Tape {};

    template<class Domain>
    void record(const Domain& domain, Tape<Domain>&, const T* x, T* y) const {
      std::copy_n(x, size * domain.stride(), y);
    }
    template<class Domain>
    void pull(const Domain& domain, Tape<Domain>&, const T*, const T*, const T* dy, T* dx, Key&) const {
      for (Index i = 0; dx != nullptr && i < size * domain.stride(); ++i) dx[i] += dy[i];
    }
    template<class Visitor, class... Nets>
    static void visit(Visitor&, const nn::Path&, Nets&...) {}
    void initialise(Random&) {}
  };

  template<class T>
  static Key<T> vector(Index inputs) {
    lifelog::detail::require(inputs == size, "keys: expected vectors of ", size, " numbers, got ", inputs);
    return {};
  }
};

/// What of a network comes after its encoders, as a network of its own: of bags of keys.
template<class T, Index keys = mil::key_size>
using HeadNetwork = mil::BagNetwork<T, KeyEncoders<keys>>;

/// Bags whose instances are what a network's encoders make of those of other bags, bag for bag.
template<class T>
struct BagKeys {
  std::vector<std::vector<T>> values;  ///< [modality], [instances × key], what the bags are of
  mil::Bags<T> bags;

  BagKeys() = default;
  BagKeys(BagKeys&&) = default;  // a copy's bags would be those of the other's values
  BagKeys& operator=(BagKeys&&) = default;
};

/// Keys of the instances of `rows`, the network evaluating; those of other bags are 0. What is present is told by the bags'
/// memory, which must outlive the result. threads: 0 for all; results do not depend on it.
template<class T, class Encoders>
BagKeys<T> keys_of(const mil::BagNetwork<T, Encoders>& net, const mil::Bags<T>& bags,
                   const std::vector<Index>& rows, int threads = 0) {
  constexpr Index size = mil::BagNetwork<T, Encoders>::key_size;
  BagKeys<T> result;
  result.bags.count = bags.count;
  for (const auto& kind : bags.modalities) {
    const Index instances = kind.start.empty() ? bags.count : kind.start.back();
    auto& values = result.values.emplace_back(static_cast<std::size_t>(instances * size));
    result.bags.modalities.push_back(
        {kind.name, values.data(), 0, size, kind.start, kind.present, kind.present_stride});
  }
  mil::BagPass<T, Encoders> pass(net, bags, threads);
  const auto count = static_cast<Index>(rows.size());
  for (Index i = 0; i < piece_count(mil::evaluation_batch, count); ++i) {
    const auto [begin, end] = piece_of(i, mil::evaluation_batch, count);
    pass.forward(net, {rows.begin() + begin, rows.begin() + end}, false);
    for (std::size_t m = 0; m < result.values.size(); ++m) {
      const auto& sources = pass.batch().sources[m];
      const Index stride = pass.batch().kinds[m].stride();
      for (std::size_t lane = 0; lane < sources.size(); ++lane)
        for (Index c = 0; c < size; ++c)
          result.values[m][static_cast<std::size_t>(sources[lane] * size + c)] =
              pass.keys()[m][c * stride + static_cast<Index>(lane)];
    }
  }
  return result;
}

/// A network's heads, for bags of its keys. Of the library's pools.
template<class T, class Encoders>
auto heads_of(const mil::BagNetwork<T, Encoders>& net) {
  using Network = mil::BagNetwork<T, Encoders>;
  static_assert(!Network::own_pool, "heads of a person's own are for the library's pools");
  std::vector<mil::ModalityShape> shapes;
  for (const auto& branch : net.branches) shapes.push_back({branch.shape.name, 0, Network::key_size});
  HeadNetwork<T, Network::key_size> heads(shapes, net.classes(), net.pool_kind());
  for (std::size_t m = 0; m < net.branches.size(); ++m) heads.branches[m].value = net.branches[m].value;
  heads.pool = net.pool;
  return heads;
}

/// The network with those heads in place of its own: a person's.
template<class T, class Encoders, Index keys>
mil::BagNetwork<T, Encoders> with_heads(mil::BagNetwork<T, Encoders> net, const HeadNetwork<T, keys>& heads) {
  for (std::size_t m = 0; m < net.branches.size(); ++m) net.branches[m].value = heads.branches[m].value;
  net.pool = heads.pool;
  return net;
}

/// | name | type | description | default |
/// |---|---|---|---|
/// | strengths | vector<double> | of the pull, from weak to strong, among which validation chooses; not to tune at all is always one | 3, 10, 30 |
/// | steps | int | of AdamW, each on all of a person's minutes | 60 |
/// | rate | double | its learning rate | 0.005 |
struct TuneOptions {
  std::vector<double> strengths{3, 10, 30};
  int steps = 60;
  double rate = 0.005;
};

/// Heads gone on with on some bags of keys, pulled towards what they were (`train::PulledTask`), for a fixed number of steps.
/// Infinite strength: as they were. No rows: as they were.
template<class T, Index keys>
HeadNetwork<T, keys> tune_heads(const HeadNetwork<T, keys>& heads, const mil::Bags<T>& bags,
                                const std::vector<Index>& labels, const std::vector<Index>& rows,
                                double strength, const TuneOptions& options = {}) {
  if (rows.empty() || strength == std::numeric_limits<double>::infinity()) return heads;
  train::TrainOptions train;
  train.epochs = options.steps;
  train.batch = static_cast<Index>(rows.size());
  train.patience = 0;
  train.shuffle = false;
  train.optimizer.learning_rate = options.rate;
  train.optimizer.weight_decay = 0;
  train.clip = std::numeric_limits<double>::infinity();
  mil::BagTask<T, KeyEncoders<keys>> task(heads, bags, labels, 1);
  train::PulledTask pulled(task, heads, strength);
  train::TrainState<HeadNetwork<T, keys>> state(heads, train);
  train::train(pulled, rows, {}, train, state);
  return state.best;
}

/// [rows, C], of each class.
template<class T, class Encoders>
RowMatrix<double> probabilities_of(const mil::BagNetwork<T, Encoders>& net, const mil::Bags<T>& bags,
                                   const std::vector<Index>& rows) {
  return mil::evaluate(net, bags, rows, 1).log_probabilities.template cast<double>().array().exp().matrix();
}

/// Mean of −log p of the labels of some bags; 0 of none.
template<class T, class Encoders>
double mean_loss(const mil::BagNetwork<T, Encoders>& net, const mil::Bags<T>& bags,
                 const std::vector<Index>& labels, const std::vector<Index>& rows) {
  if (rows.empty()) return 0;
  const auto said = mil::evaluate(net, bags, rows, 1).log_probabilities;
  double sum = 0;
  for (std::size_t n = 0; n < rows.size(); ++n)
    sum -= static_cast<double>(said(static_cast<Index>(n), labels[static_cast<std::size_t>(rows[n])]));
  return sum / static_cast<double>(rows.size());
}

/// The strengths to choose among: those of the options and, last, infinity.
LIFELOG_LAZY std::vector<double> strengths_of(const TuneOptions& options) {
  auto strengths = options.strengths;
  strengths.push_back(std::numeric_limits<double>::infinity());
  return strengths;
}

/// Which of the strengths has the least loss, summed over [anything][strengths]; of equals the strongest pull.
LIFELOG_LAZY std::size_t least_of(const std::vector<std::vector<double>>& loss, std::size_t strengths) {
  std::size_t best = strengths - 1;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t s = strengths; s-- > 0;) {
    double sum = 0;
    for (const auto& one : loss) sum += one[s];
    if (sum < least) least = sum, best = s;
  }
  return best;
}

/// How a network of several people's minutes is trained: an epoch is many steps, and few epochs are enough.
LIFELOG_LAZY train::TrainOptions several_people_training() {
  train::TrainOptions options;
  options.epochs = 20;
  options.batch = 64;
  options.patience = 6;
  options.optimizer.learning_rate = 0.002;
  // Of equal scores the least loss decides: a few people's F1 jumps from epoch to epoch.
  options.score = [](const metrics::ConfusionMatrix&) { return 0.0; };
  return options;
}

}  // namespace lifelog::predict
