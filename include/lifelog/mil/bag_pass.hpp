// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "../core/parallel.hpp"
#include "../nn/over_time_gradient.hpp"
#include "../train/loss.hpp"
#include "pool_pass.hpp"

namespace lifelog::inline LIFELOG_ABI::mil {

/// Evaluates a bag network over a batch of bags, and its gradient. Holds the workspace of both; its size
/// depends on the batch, never on the length of the series.
///
/// Series are encoded sample by sample on all threads, in pieces that depend on the batch alone and are
/// summed in order: results are the same bits for any number of threads.
template<class T, class Encoders = StudyEncoders>
class BagPass {
 public:
  using Network = BagNetwork<T, Encoders>;
  using Domain = nn::Samples<T>;
  using Plane = Eigen::Array<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

  /// threads: 0 for all there are. Throws std::invalid_argument when the bags do not fit the network.
  BagPass(const Network& net, const Bags<T>& bags, int threads) : bags_(bags), threads_(threads) {
    require_fit(net, bags);
    branches_.resize(net.branches.size());
  }

  /// rows: the bags of this batch, in order. training: batch norm uses the batch's own statistics. Throws
  /// std::invalid_argument on a row that is none of the bags, and on a bag without an instance.
  void forward(const Network& net, const std::vector<Index>& rows, bool training,
               const SensorDropout& dropout = {});

  /// What the last `forward` was: how many bags, in training or not, in which step.
  const Domain& domain() const { return batch_.bags; }
  /// Which instances it saw, and their keys: a plane [key_size] for each kind, one lane an instance.
  const detail::BagBatch<T>& batch() const { return batch_; }
  const std::vector<const T*>& keys() const { return keys_; }

  /// [C × batch], a padded row each class.
  const Plane& log_probabilities() const { return pool_.log_probabilities; }
  /// [M × batch], a padded row each modality: the weights of a bag's instances, those of a kind summed; 0 where none was there.
  const Plane& importance() const { return pool_.importance; }

  /// One instance of a bag, as the last `forward` saw it.
  struct InstanceOutput {
    Index kind, instance;  ///< which one of its kind's `Instances`
    T weight;              ///< its part of its bag, those of a bag sum to 1
    std::vector<T>
        contributions;  ///< [C], what it adds to the prediction, before the log-softmax; none of embeddings
  };
  /// Those of bag n of the batch that were there, kind by kind, in input order.
  std::vector<InstanceOutput> instances(Index n) const;

  /// A loss of the last `forward`: focal loss, or another of log-probabilities that is called in the same way. labels: one
  /// a bag of all bags. With `gradient`, also adds its derivative in every parameter to it.
  template<class Loss = train::FocalLossOptions>
  double loss(const Network& net, const Index* labels, const Loss& options, Network* gradient) {
    std::vector<Index> batch(rows_.size());
    for (std::size_t n = 0; n < rows_.size(); ++n) batch[n] = labels[rows_[n]];
    dlog_.setZero(net.classes(), batch_.bags.stride());  // a loss need not know of the padding
    const double loss = options(pool_.log_probabilities.data(), net.classes(), batch_.bags.count,
                                batch_.bags.stride(), batch.data(), gradient ? dlog_.data() : nullptr);
    if (gradient) backward(net, *gradient);
    return loss;
  }

 private:
  using Series = typename Network::Series;
  using Vector = typename Network::Vector;
  static constexpr Index key_size = Network::key_size;

  /// Instances a thread encodes at a time; instances of a piece of the gradient, at least, and how many pieces, at most. All
  /// are independent of the threads.
  static constexpr Index encode_instances = 8;
  static constexpr Index gradient_instances = 16;
  static constexpr Index gradient_pieces = 32;

  /// What is kept of series encoders.
  template<class Encoder>
  struct SeriesState {
    using Plain = decltype(std::declval<Encoder>().signal.fold());
    using Trained = decltype(nn::detail::fold_training(std::declval<Encoder>().signal));
    static constexpr bool drops = !std::is_same_v<Plain, Trained>;
    using Reduced = typename Encoder::Reduced;
    static constexpr Index features = Encoder::features;
    static constexpr bool of_maxima = std::is_same_v<Reduced, nn::MaxOverTimeMaker>;

    std::unique_ptr<Plain> plain;      ///< the folded signal
    std::unique_ptr<Trained> trained;  ///< in training the same with what it drops, where it drops anything
    std::vector<Index> times;          ///< [instances × features]: when each maximum was reached
    typename decltype(Encoder::head)::template Tape<Domain> head;
  };
  template<int none>
  struct SeriesState<detail::NoEncoder<none>> {};
  template<class Encoder>
  struct VectorState {
    typename Encoder::template Tape<Domain> tape;
  };
  template<int none>
  struct VectorState<detail::NoEncoder<none>> {};

  struct Branch {
    SeriesState<Series> series;
    VectorState<Vector> vector;
    Plane input;  ///< what a series is reduced to, or the vectors
    Plane dinput, key, dkey;
  };

  static void require_fit(const Network& net, const Bags<T>& bags) {
    lifelog::detail::require(net.branches.size() == bags.modalities.size(), "bags: expected ",
                             net.branches.size(), " modalities, got ", bags.modalities.size());
    for (std::size_t m = 0; m < net.branches.size(); ++m) {
      const auto& want = net.branches[m].shape;
      const auto& given = bags.modalities[m];
      const auto got = given.shape();
      lifelog::detail::require(want.name == got.name && want.channels == got.channels,
                               "bags: expected modality ", m, " to be '", want.name, "' with ", want.channels,
                               " channels, got '", got.name, "' with ", got.channels);
      lifelog::detail::require(given.length > 0, "bags: modality '", want.name, "' has no samples");
      lifelog::detail::require(want.inputs == got.inputs, "bags: expected vectors of ", want.inputs,
                               " in modality '", want.name, "', got ", got.inputs);
      lifelog::detail::require(
          given.start.empty() || static_cast<Index>(given.start.size()) == bags.count + 1, "bags: expected ",
          bags.count + 1, " starts in modality '", want.name, "', got ", given.start.size());
    }
  }

  void prepare(const typename Network::Branch& branch, Branch& state, const Domain& domain) {
    if constexpr (Network::has_series)
      if (const auto* series = std::get_if<0>(&branch.encoder)) {
        using State = SeriesState<Series>;
        if (State::drops && domain.training)
          state.series.trained =
              std::make_unique<typename State::Trained>(nn::detail::fold_training(series->signal));
        else
          state.series.plain = std::make_unique<typename State::Plain>(series->signal.fold());
        state.input.setZero(State::features, domain.stride());
        if (State::of_maxima)
          state.series.times.resize(static_cast<std::size_t>(domain.count * State::features));
      }
  }

  nn::Series<T> series(std::size_t m, Index lane) const {
    const auto& values = bags_.modalities[m];
    return {values.instance(batch_.sources[m][static_cast<std::size_t>(lane)]), values.length, values.length};
  }

  /// Calls body(m, piece of the kind's instances, index of the piece) for every kind of series, on all threads.
  /// size(count): instances of a piece.
  template<class Size, class Body>
  void for_series_pieces(Size size, Body body) {
    struct Task {
      std::size_t m;
      Index piece, size;
    };
    std::vector<Task> tasks;
    for (std::size_t m = 0; m < branches_.size(); ++m) {
      if (bags_.modalities[m].channels == 0) continue;
      const Index count = batch_.kinds[m].count, each = size(count);
      for (Index piece = 0; piece < piece_count(each, count); ++piece) tasks.push_back({m, piece, each});
    }
    parallel_for(static_cast<Index>(tasks.size()), threads_, [&](Index i) {
      const auto& task = tasks[static_cast<std::size_t>(i)];
      body(task.m, piece_of(task.piece, task.size, batch_.kinds[task.m].count), task.piece);
    });
  }

  void encode_series();
  template<class Signal>
  void encode(std::size_t m, const Signal& signal, Piece piece);

  const T* gather_vectors(std::size_t m) {
    const auto& values = bags_.modalities[m];
    auto& input = branches_[m].input;
    input.setZero(values.length, batch_.kinds[m].stride());
    for (Index n = 0; n < batch_.kinds[m].count; ++n) {
      const T* const from = values.instance(batch_.sources[m][static_cast<std::size_t>(n)]);
      for (Index i = 0; i < values.length; ++i) input(i, n) = from[i];
    }
    return input.data();
  }

  void backward(const Network& net, Network& gradient);

  void pull_series(const Network& net, Network& gradient);
  template<class Signal, class State>
  void pull_signals(std::unique_ptr<Signal> State::*made, const Network& net, Network& gradient);

  /// What is dropped of the n-th series of a kind: the same in evaluation and gradient, on any thread.
  nn::Draw draw(Index n) const { return {batch_.bags.step, static_cast<std::uint64_t>(n)}; }

  Bags<T> bags_;
  int threads_;
  std::vector<Index> rows_;
  detail::BagBatch<T> batch_;
  std::vector<Branch> branches_;
  std::vector<const T*> keys_;
  detail::PoolPassOf<T, Encoders> pool_;
  Plane dlog_;
};

template<class T, class Encoders>
void BagPass<T, Encoders>::forward(const Network& net, const std::vector<Index>& rows, bool training,
                                   const SensorDropout& dropout) {
  batch_.gather(bags_, rows, Domain{static_cast<Index>(rows.size()), training, threads_, dropout.step},
                dropout);
  rows_ = rows;
  for (std::size_t m = 0; m < branches_.size(); ++m) prepare(net.branches[m], branches_[m], batch_.kinds[m]);
  encode_series();
  keys_.clear();
  for (std::size_t m = 0; m < branches_.size(); ++m) {
    const auto& domain = batch_.kinds[m];
    auto& state = branches_[m];
    state.key.resize(key_size, domain.stride());
    T* const key = state.key.data();
    keys_.push_back(key);
    if (domain.count == 0) continue;
    if constexpr (Network::has_series)
      if (const auto* series = std::get_if<0>(&net.branches[m].encoder))
        series->head.record(domain, state.series.head, state.input.data(), key);
    if constexpr (Network::has_vectors)
      if (const auto* vector = std::get_if<1>(&net.branches[m].encoder))
        vector->record(domain, state.vector.tape, gather_vectors(m), key);
  }
  pool_.forward(net.heads(), batch_, keys_);
}

template<class T, class Encoders>
void BagPass<T, Encoders>::encode_series() {
  if constexpr (Network::has_series)
    for_series_pieces([](Index) { return encode_instances; },
                      [&](std::size_t m, Piece piece, Index) {
                        const auto& state = branches_[m].series;
                        if constexpr (SeriesState<Series>::drops)
                          if (batch_.bags.training) return encode(m, *state.trained, piece);
                        encode(m, *state.plain, piece);
                      });
}

template<class T, class Encoders>
template<class Signal>
void BagPass<T, Encoders>::encode(std::size_t m, const Signal& signal, Piece piece) {
  using State = SeriesState<Series>;
  using Evaluate = std::conditional_t<State::of_maxima, nn::MaxOverTime<Signal>,
                                      nn::ReduceOverTime<Signal, typename State::Reduced>>;
  auto& state = branches_[m];
  const auto evaluate = std::make_unique<Evaluate>(signal);
  for (Index n = piece.begin; n < piece.end; ++n) {
    T features[State::features];
    evaluate->draw(draw(n));
    if constexpr (State::of_maxima)
      (*evaluate)(signal, series(m, n), features, state.series.times.data() + n * State::features);
    else
      (*evaluate)(signal, series(m, n), features);
    for (Index c = 0; c < State::features; ++c) state.input(c, n) = features[c];
  }
}

template<class T, class Encoders>
void BagPass<T, Encoders>::backward(const Network& net, Network& gradient) {
  std::vector<T*> dkeys;
  for (std::size_t m = 0; m < branches_.size(); ++m) {
    branches_[m].dkey.setZero(key_size, batch_.kinds[m].stride());
    dkeys.push_back(branches_[m].dkey.data());
  }
  pool_.backward(net.heads(), batch_, keys_, dlog_.data(), dkeys, gradient.heads());
  for (std::size_t m = 0; m < branches_.size(); ++m) {
    const auto& domain = batch_.kinds[m];
    if (domain.count == 0) continue;
    auto& state = branches_[m];
    auto& to = gradient.branches[m];
    if constexpr (Network::has_series)
      if (const auto* series = std::get_if<0>(&net.branches[m].encoder)) {
        state.dinput.setZero(SeriesState<Series>::features, domain.stride());
        series->head.pull(domain, state.series.head, state.input.data(), keys_[m], dkeys[m],
                          state.dinput.data(), std::get<0>(to.encoder).head);
      }
    if constexpr (Network::has_vectors)
      if (const auto* vector = std::get_if<1>(&net.branches[m].encoder))
        vector->pull(domain, state.vector.tape, state.input.data(), keys_[m], dkeys[m],
                     static_cast<T*>(nullptr), std::get<1>(to.encoder));
  }
  pull_series(net, gradient);
}

template<class T, class Encoders>
void BagPass<T, Encoders>::pull_series(const Network& net, Network& gradient) {
  if constexpr (Network::has_series) {
    using State = SeriesState<Series>;
    if constexpr (State::drops)
      if (batch_.bags.training) return pull_signals(&State::trained, net, gradient);
    pull_signals(&State::plain, net, gradient);
  }
}

template<class T, class Encoders>
template<class Signal, class State>
void BagPass<T, Encoders>::pull_signals(std::unique_ptr<Signal> State::*made, const Network& net,
                                        Network& gradient) {
  const auto size = [](Index count) {
    return std::max(gradient_instances, piece_count(gradient_pieces, count));
  };
  std::vector<std::vector<Signal>> partial(branches_.size());
  for (std::size_t m = 0; m < branches_.size(); ++m)
    if (const Index count = batch_.kinds[m].count; bags_.modalities[m].channels > 0 && count > 0)
      partial[m].assign(static_cast<std::size_t>(piece_count(size(count), count)),
                        nn::zeros_like(*(branches_[m].series.*made)));
  for_series_pieces(size, [&](std::size_t m, Piece piece, Index index) {
    auto& state = branches_[m];
    const Signal& signal = *(state.series.*made);
    using Pull = std::conditional_t<State::of_maxima, nn::MaxOverTimeGradient<Signal>,
                                    nn::OverTimeGradient<Signal, typename State::Reduced>>;
    const auto pull = std::make_unique<Pull>(signal);
    auto& to = partial[m][static_cast<std::size_t>(index)];
    for (Index n = piece.begin; n < piece.end; ++n) {
      T slopes[State::features];
      for (Index c = 0; c < State::features; ++c) slopes[c] = state.dinput(c, n);
      pull->draw(draw(n));
      if constexpr (State::of_maxima) {
        (*pull)(signal, series(m, n), state.series.times.data() + n * State::features, slopes, to);
      } else {
        T features[State::features];
        pull->forward(signal, series(m, n), features);
        pull->backward(signal, slopes, to);
      }
    }
  });
  for (std::size_t m = 0; m < branches_.size(); ++m) {
    if (partial[m].empty()) continue;
    for (std::size_t i = 1; i < partial[m].size(); ++i) nn::add(partial[m][0], partial[m][i]);
    std::get<0>(net.branches[m].encoder)
        .signal.unfold(partial[m][0], std::get<0>(gradient.branches[m].encoder).signal);
  }
}

template<class T, class Encoders>
auto BagPass<T, Encoders>::instances(Index n) const -> std::vector<InstanceOutput> {
  std::vector<InstanceOutput> result;
  const auto& contributions = pool_.contributions;
  for (Index p = batch_.first(n); p < batch_.last(n); ++p) {
    const auto& place = batch_.place(p);
    const auto& source = batch_.sources[static_cast<std::size_t>(place.kind)];
    InstanceOutput one{place.kind,
                       source[static_cast<std::size_t>(place.lane)],
                       pool_.shares[static_cast<std::size_t>(p)],
                       {}};
    for (Index c = 0; contributions.rows() > 0 && c < contributions.cols(); ++c)
      one.contributions.push_back(contributions(p, c));
    result.push_back(std::move(one));
  }
  return result;
}

}  // namespace lifelog::mil
