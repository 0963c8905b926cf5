// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "../core/parallel.hpp"
#include "../nn/max_over_time_gradient.hpp"
#include "../train/loss.hpp"
#include "attention.hpp"

namespace lifelog::mil {

/// Evaluates a bag network over a batch of bags, and its gradient. Holds the workspace of both; its size
/// depends on the batch, never on the length of the series.
///
/// Series are encoded sample by sample on all threads, in pieces that depend on the batch alone and are
/// summed in order: results are the same bits for any number of threads.
template<class T>
class BagPass {
 public:
  using Domain = nn::Samples<T>;
  using Plane = Eigen::Array<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

  /// threads: 0 for all there are. Throws std::invalid_argument when the bags do not fit the network.
  BagPass(const BagNetwork<T>& net, const Bags<T>& bags, int threads) : bags_(bags), threads_(threads) {
    require_fit(net, bags);
    branches_.resize(net.branches.size());
  }

  /// rows: the bags of this batch, in order. training: batch norm uses the batch's own statistics. step: which of training's
  /// steps this is, for dropout. Throws std::invalid_argument on a row that is none of the bags.
  void forward(const BagNetwork<T>& net, const std::vector<Index>& rows, bool training,
               std::uint64_t step = 0);

  /// What the last `forward` was: how many bags, in training or not, in which step.
  const Domain& domain() const { return domain_; }

  /// [C × batch], a padded row each class.
  const Plane& log_probabilities() const { return pool_.log_probabilities; }
  /// [M × batch], a padded row each modality: the attention weights of each bag.
  const Plane& importance() const { return pool_.importance; }

  /// A loss of the last `forward`: focal loss, or another of log-probabilities that is called in the same way. labels: one
  /// a bag of all bags. With `gradient`, also adds its derivative in every parameter to it.
  template<class Loss = train::FocalLossOptions>
  double loss(const BagNetwork<T>& net, const Index* labels, const Loss& options, BagNetwork<T>* gradient) {
    std::vector<Index> batch(rows_.size());
    for (std::size_t n = 0; n < rows_.size(); ++n) batch[n] = labels[rows_[n]];
    dlog_.resize(net.classes(), domain_.stride());
    const double loss = options(pool_.log_probabilities.data(), net.classes(), domain_.count,
                                domain_.stride(), batch.data(), gradient ? dlog_.data() : nullptr);
    if (gradient) backward(net, *gradient);
    return loss;
  }

 private:
  using Plain = decltype(std::declval<SeriesEncoder<T>>().signal.fold());
  using SeriesHead = decltype(SeriesEncoder<T>::head);
  static constexpr Index features = SeriesEncoder<T>::features;

  /// Bags a thread encodes at a time; bags of a piece of the gradient, at least, and how many pieces, at most. All are
  /// independent of the threads.
  static constexpr Index encode_bags = 8;
  static constexpr Index gradient_bags = 16;
  static constexpr Index gradient_pieces = 32;

  struct Branch {
    std::unique_ptr<Plain> plain;  ///< the folded signal of a series modality
    Plane input;                   ///< maxima of a series, or the scalars
    Plane dinput;
    std::vector<Index> times;  ///< [batch × features]: when each maximum was reached
    typename SeriesHead::template Tape<Domain> series_head;
    typename ScalarEncoder<T>::template Tape<Domain> scalar;
    Plane key, dkey, value, dvalue;
    typename ValueHead<T>::template Tape<Domain> value_tape;
  };

  static void require_fit(const BagNetwork<T>& net, const Bags<T>& bags) {
    lifelog::detail::require(net.branches.size() == bags.modalities.size(), "bags: expected ",
                             net.branches.size(), " modalities, got ", bags.modalities.size());
    for (std::size_t m = 0; m < net.branches.size(); ++m) {
      const auto &want = net.branches[m].shape,
                 got = ModalityShape{bags.modalities[m].name, bags.modalities[m].channels};
      lifelog::detail::require(want.name == got.name && want.channels == got.channels,
                               "bags: expected modality ", m, " to be '", want.name, "' with ", want.channels,
                               " channels, got '", got.name, "' with ", got.channels);
      lifelog::detail::require(bags.modalities[m].length > 0, "bags: modality '", want.name,
                               "' has no samples");
    }
  }

  void prepare(const typename BagNetwork<T>::Branch& branch, Branch& state) {
    if (const auto* series = std::get_if<SeriesEncoder<T>>(&branch.encoder)) {
      state.plain = std::make_unique<Plain>(series->signal.fold());
      state.input.setZero(features, domain_.stride());
      state.times.resize(rows_.size() * features);
    }
  }

  nn::Series<T> series(std::size_t m, Index n) const {
    const auto& values = bags_.modalities[m];
    return {values.bag(rows_[static_cast<std::size_t>(n)]), values.length, values.length};
  }

  /// Calls body(m, piece of the batch, index of the piece) for every series modality, on all threads.
  template<class Body>
  void for_series_pieces(Index size, Body body) {
    std::vector<std::size_t> series_modalities;
    for (std::size_t m = 0; m < branches_.size(); ++m)
      if (branches_[m].plain) series_modalities.push_back(m);
    const Index pieces = piece_count(size, domain_.count);
    parallel_for(pieces * static_cast<Index>(series_modalities.size()), threads_, [&](Index task) {
      const Index piece = task % pieces;
      body(series_modalities[static_cast<std::size_t>(task / pieces)], piece_of(piece, size, domain_.count),
           piece);
    });
  }

  void encode_series();

  const T* gather_scalars(std::size_t m) {
    auto& input = branches_[m].input;
    input.setZero(1, domain_.stride());
    for (Index n = 0; n < domain_.count; ++n)
      input(0, n) = *bags_.modalities[m].bag(rows_[static_cast<std::size_t>(n)]);
    return input.data();
  }

  void backward(const BagNetwork<T>& net, BagNetwork<T>& gradient);

  void pull_series(const BagNetwork<T>& net, BagNetwork<T>& gradient);

  Bags<T> bags_;
  int threads_;
  Domain domain_;
  std::vector<Index> rows_;
  std::vector<Branch> branches_;
  std::vector<const T*> keys_, values_;
  detail::AttentionPass<T> pool_;
  Plane dlog_;
};

template<class T>
void BagPass<T>::forward(const BagNetwork<T>& net, const std::vector<Index>& rows, bool training,
                         std::uint64_t step) {
  for (const Index row : rows)
    lifelog::detail::require(row >= 0 && row < bags_.count, "rows: expected bags in 0…", bags_.count - 1,
                             ", got ", row);
  domain_ = Domain{static_cast<Index>(rows.size()), training, threads_, step};
  rows_ = rows;
  for (std::size_t m = 0; m < branches_.size(); ++m) prepare(net.branches[m], branches_[m]);
  encode_series();
  keys_.clear(), values_.clear();
  for (std::size_t m = 0; m < branches_.size(); ++m) {
    const auto& branch = net.branches[m];
    auto& state = branches_[m];
    state.key.resize(key_size, domain_.stride());
    state.value.resize(net.classes(), domain_.stride());
    T *const key = state.key.data(), *const value = state.value.data();
    if (const auto* series = std::get_if<SeriesEncoder<T>>(&branch.encoder))
      series->head.record(domain_, state.series_head, state.input.data(), key);
    else
      std::get<ScalarEncoder<T>>(branch.encoder).record(domain_, state.scalar, gather_scalars(m), key);
    branch.value.record(domain_, state.value_tape, key, value);
    keys_.push_back(key);
    values_.push_back(value);
  }
  pool_.forward(net, domain_, keys_, values_);
}

template<class T>
void BagPass<T>::encode_series() {
  for_series_pieces(encode_bags, [&](std::size_t m, Piece piece, Index) {
    auto& state = branches_[m];
    const auto evaluate = std::make_unique<nn::MaxOverTime<Plain>>(*state.plain);
    for (Index n = piece.begin; n < piece.end; ++n) {
      T maxima[features];
      (*evaluate)(*state.plain, series(m, n), maxima, state.times.data() + n * features);
      for (Index c = 0; c < features; ++c) state.input(c, n) = maxima[c];
    }
  });
}

template<class T>
void BagPass<T>::backward(const BagNetwork<T>& net, BagNetwork<T>& gradient) {
  std::vector<T*> dkeys, dvalues;
  for (std::size_t m = 0; m < branches_.size(); ++m) {
    auto& state = branches_[m];
    state.dkey.setZero(key_size, domain_.stride());
    state.dvalue.setZero(net.classes(), domain_.stride());
    dkeys.push_back(state.dkey.data());
    dvalues.push_back(state.dvalue.data());
  }
  pool_.backward(net, domain_, keys_, values_, dlog_.data(), dkeys, dvalues, gradient);
  for (std::size_t m = 0; m < branches_.size(); ++m) {
    const auto& branch = net.branches[m];
    auto& state = branches_[m];
    auto& to = gradient.branches[m];
    branch.value.pull(domain_, state.value_tape, keys_[m], values_[m], dvalues[m], dkeys[m], to.value);
    if (const auto* series = std::get_if<SeriesEncoder<T>>(&branch.encoder)) {
      state.dinput.setZero(features, domain_.stride());
      series->head.pull(domain_, state.series_head, state.input.data(), keys_[m], dkeys[m],
                        state.dinput.data(), std::get<SeriesEncoder<T>>(to.encoder).head);
    } else {
      std::get<ScalarEncoder<T>>(branch.encoder)
          .pull(domain_, state.scalar, state.input.data(), keys_[m], dkeys[m], static_cast<T*>(nullptr),
                std::get<ScalarEncoder<T>>(to.encoder));
    }
  }
  pull_series(net, gradient);
}

template<class T>
void BagPass<T>::pull_series(const BagNetwork<T>& net, BagNetwork<T>& gradient) {
  const Index size = std::max(gradient_bags, piece_count(gradient_pieces, domain_.count));
  std::vector<std::vector<Plain>> partial(branches_.size());
  for (std::size_t m = 0; m < branches_.size(); ++m)
    if (branches_[m].plain)
      partial[m].assign(static_cast<std::size_t>(piece_count(size, domain_.count)),
                        nn::zeros_like(*branches_[m].plain));
  for_series_pieces(size, [&](std::size_t m, Piece piece, Index index) {
    auto& state = branches_[m];
    const auto pull = std::make_unique<nn::MaxOverTimeGradient<Plain>>(*state.plain);
    for (Index n = piece.begin; n < piece.end; ++n) {
      T slopes[features];
      for (Index c = 0; c < features; ++c) slopes[c] = state.dinput(c, n);
      (*pull)(*state.plain, series(m, n), state.times.data() + n * features, slopes,
              partial[m][static_cast<std::size_t>(index)]);
    }
  });
  for (std::size_t m = 0; m < branches_.size(); ++m) {
    if (partial[m].empty()) continue;
    for (std::size_t i = 1; i < partial[m].size(); ++i) nn::add(partial[m][0], partial[m][i]);
    std::get<SeriesEncoder<T>>(net.branches[m].encoder)
        .signal.unfold(partial[m][0], std::get<SeriesEncoder<T>>(gradient.branches[m].encoder).signal);
  }
}

}  // namespace lifelog::mil
