// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "../nn/stream.hpp"
#include "attention.hpp"
#include "bag_network.hpp"

namespace lifelog::mil {

/// A bag network that is fed sample by sample: what it holds of the past is a constant of the network, whatever the
/// rates of the sensors and however long a bag lasts.
///
///     mil::BagStream<float> stream(network);
///     stream.push(0, acceleration);            // modality 0: [channels]
///     stream.push(3, &heart_rate);             // a scalar modality: the bag's value is the mean of what is pushed
///     stream.evaluate();                       // at any time, once every modality has had a sample
///     stream.importance();                     // [M]
///     stream.reset();                          // the next bag begins
///
/// The weights are taken over when the stream is made (convolutions folded), so the network need not outlive it.
template<class T>
class BagStream {
 public:
  using Vector = Eigen::Array<T, Eigen::Dynamic, 1>;

  explicit BagStream(const BagNetwork<T>& net);

  /// Begins a new bag.
  void reset() {
    for (auto& ear : ears_) std::visit([](auto& e) { e.reset(); }, ear);
  }

  /// One sample of a modality, [channels] (one number for a scalar).
  void push(Index modality, const T* sample);

  /// Evaluates the bag as far as it has come. Throws std::invalid_argument when a modality has had no sample yet.
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
  struct SeriesEar {
    using Encoder = decltype(std::declval<SeriesEncoder<T>>().fold());

    Encoder encoder;
    nn::Stream<Encoder> stream;
    Index samples = 0;

    explicit SeriesEar(const SeriesEncoder<T>& from) : encoder(from.fold()) {}
    void reset() { stream.reset(), samples = 0; }
    void push(const T* sample) { stream.push(encoder, sample), ++samples; }
    void key(const typename BagNetwork<T>::Branch&, T* out) const { stream.features(encoder, out); }
    std::size_t state_bytes() const { return sizeof stream + sizeof samples; }
  };

  struct ScalarEar {
    double total = 0;
    Index samples = 0;

    void reset() { total = 0, samples = 0; }
    void push(const T* sample) { total += static_cast<double>(*sample), ++samples; }
    void key(const typename BagNetwork<T>::Branch& branch, T* out) const {
      const T mean = static_cast<T>(total / static_cast<double>(samples));
      typename ScalarEncoder<T>::Memory none;
      std::get<ScalarEncoder<T>>(branch.encoder).push(none, &mean, out);
    }
    std::size_t state_bytes() const { return sizeof total + sizeof samples; }
  };

  using Ear = std::variant<ScalarEar, SeriesEar>;

  BagNetwork<T> net_;
  std::vector<Ear> ears_;
  nn::Samples<T> domain_{1, false};
  Eigen::Array<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> keys_, values_;
  typename ValueHead<T>::template Tape<nn::Samples<T>> value_tape_;
  detail::AttentionPass<T> pass_;
};

template<class T>
BagStream<T>::BagStream(const BagNetwork<T>& net) : net_(net) {
  for (const auto& branch : net.branches)
    if (const auto* series = std::get_if<SeriesEncoder<T>>(&branch.encoder))
      ears_.emplace_back(SeriesEar(*series));
    else
      ears_.emplace_back(ScalarEar{});
  reset();
}

template<class T>
void BagStream<T>::push(Index modality, const T* sample) {
  std::visit([&](auto& ear) { ear.push(sample); }, ears_[static_cast<std::size_t>(modality)]);
}

template<class T>
void BagStream<T>::evaluate() {
  keys_.setZero(net_.modalities() * key_size, domain_.stride());
  values_.setZero(net_.modalities() * net_.classes(), domain_.stride());
  std::vector<const T*> keys, values;
  for (std::size_t m = 0; m < ears_.size(); ++m) {
    T key[key_size];
    std::visit(
        [&](const auto& ear) {
          lifelog::detail::require(ear.samples > 0, "BagStream: modality '", net_.branches[m].shape.name,
                                   "' has had no sample yet");
          ear.key(net_.branches[m], key);
        },
        ears_[m]);
    T* const plane = keys_.data() + static_cast<Index>(m) * key_size * domain_.stride();
    T* const value = values_.data() + static_cast<Index>(m) * net_.classes() * domain_.stride();
    for (Index k = 0; k < key_size; ++k) plane[k * domain_.stride()] = key[k];
    net_.branches[m].value.record(domain_, value_tape_, plane, value);
    keys.push_back(plane);
    values.push_back(value);
  }
  pass_.forward(net_, domain_, keys, values);
}

}  // namespace lifelog::mil
