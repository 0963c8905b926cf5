// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "../nn/stream.hpp"
#include "pool_pass.hpp"

namespace lifelog::inline LIFELOG_ABI::mil {

/// A bag network that is fed sample by sample: what it holds of the past is a constant of the network, whatever the
/// rates of the sensors and however long a bag lasts.
///
///     mil::BagStream<float> stream(network);
///     stream.push(0, acceleration);            // modality 0: [channels]
///     stream.push(3, &heart_rate);             // a scalar modality: the bag's value is the mean of what is pushed
///     stream.evaluate();                       // at any time; a modality without a sample is absent
///     stream.importance();                     // [M]
///     stream.reset();                          // the next bag begins
///
/// The weights are taken over when the stream is made (convolutions folded), so the network need not outlive it.
template<class T, class Encoders = StudyEncoders>
class BagStream {
 public:
  using Network = BagNetwork<T, Encoders>;
  using Vector = Eigen::Array<T, Eigen::Dynamic, 1>;

  explicit BagStream(const Network& net);

  /// Begins a new bag.
  void reset() {
    for (auto& ear : ears_) std::visit([](auto& e) { e.reset(); }, ear);
  }

  /// One sample of a modality, [channels] ([inputs] of vectors, one number for a scalar).
  void push(Index modality, const T* sample);

  /// Whether a modality has had a sample in this bag.
  bool heard(Index modality) const {
    return std::visit([](const auto& e) { return e.samples > 0; }, ears_[static_cast<std::size_t>(modality)]);
  }

  /// Evaluates the bag as far as it has come. A modality without a sample is absent: its weight is 0. Throws
  /// std::invalid_argument when none has had a sample yet.
  void evaluate();

  /// [M] and [C] as of the last `evaluate`.
  Vector importance() const { return pass_.importance.col(0); }
  Vector log_probabilities() const { return pass_.log_probabilities.col(0); }

  /// Bytes of what is remembered between samples, weights not counted.
  std::size_t state_bytes() const {
    std::size_t total = 0;
    for (const auto& ear : ears_) std::visit([&](const auto& e) { total += e.state_bytes(); }, ear);
    return total;
  }

 private:
  using Branch = typename Network::Branch;

  template<class Series>
  struct SeriesEar {
    using Encoder = decltype(std::declval<Series>().fold());

    Encoder encoder;
    nn::Stream<Encoder> stream;
    Index samples = 0;

    explicit SeriesEar(const Series& from) : encoder(from.fold()) {}
    void reset() { stream.reset(), samples = 0; }
    void push(const T* sample) { stream.push(encoder, sample), ++samples; }
    void key(const Branch&, T* out) const { stream.features(encoder, out); }
    std::size_t state_bytes() const { return sizeof stream + sizeof samples; }
  };
  template<int none>
  struct SeriesEar<detail::NoEncoder<none>> {
    Index samples = 0;
    explicit SeriesEar(const detail::NoEncoder<none>&) {}
    void reset() {}
    void push(const T*) {}
    void key(const Branch&, T*) const {}
    std::size_t state_bytes() const { return 0; }
  };

  // The mean of what is pushed.
  struct VectorEar {
    std::vector<double> total;
    Index samples = 0;

    explicit VectorEar(Index inputs) : total(static_cast<std::size_t>(inputs)) {}
    void reset() { std::fill(total.begin(), total.end(), 0.0), samples = 0; }
    void push(const T* sample) {
      for (double& sum : total) sum += static_cast<double>(*sample++);
      ++samples;
    }
    void key(const Branch& branch, T* out) const {
      if constexpr (Network::has_vectors) {
        std::vector<T> mean;
        for (const double sum : total) mean.push_back(static_cast<T>(sum / static_cast<double>(samples)));
        typename Network::Vector::Memory none;
        std::get<1>(branch.encoder).push(none, mean.data(), out);
      }
    }
    std::size_t state_bytes() const { return total.size() * sizeof(double) + sizeof samples; }
  };

  using Ear = std::variant<VectorEar, SeriesEar<typename Network::Series>>;

  Network net_;
  std::vector<Ear> ears_;
  detail::BagBatch<T> batch_;
  Eigen::Array<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> keys_;
  detail::PoolPassOf<T, Encoders> pass_;
};

template<class T, class Encoders>
BagStream<T, Encoders>::BagStream(const Network& net) : net_(net) {
  for (const auto& branch : net.branches)
    if (const auto* series = std::get_if<0>(&branch.encoder))
      ears_.emplace_back(SeriesEar<typename Network::Series>(*series));
    else
      ears_.emplace_back(VectorEar(branch.shape.inputs));
  reset();
}

template<class T, class Encoders>
void BagStream<T, Encoders>::push(Index modality, const T* sample) {
  std::visit([&](auto& ear) { ear.push(sample); }, ears_[static_cast<std::size_t>(modality)]);
}

template<class T, class Encoders>
void BagStream<T, Encoders>::evaluate() {
  constexpr Index length = Network::key_size;
  batch_.bags = nn::Samples<T>{1, false};
  batch_.kinds.assign(ears_.size(), batch_.bags);
  batch_.places.clear();
  const Index stride = batch_.bags.stride();
  keys_.setZero(net_.modalities() * length, stride);
  std::vector<const T*> keys;
  for (std::size_t m = 0; m < ears_.size(); ++m) {
    const auto kind = static_cast<Index>(m);
    T* const plane = keys_.data() + kind * length * stride;
    keys.push_back(plane);
    batch_.kinds[m].count = heard(kind);
    if (!heard(kind)) continue;
    batch_.places.push_back({kind, 0});
    T key[length];
    std::visit([&](const auto& ear) { ear.key(net_.branches[m], key); }, ears_[m]);
    for (Index k = 0; k < length; ++k) plane[k * stride] = key[k];
  }
  lifelog::detail::require(!batch_.places.empty(),
                           "BagStream: expected a sample of some modality, got none yet");
  batch_.start = {0, static_cast<Index>(batch_.places.size())};
  pass_.forward(std::as_const(net_).heads(), batch_, keys);
}

}  // namespace lifelog::mil
