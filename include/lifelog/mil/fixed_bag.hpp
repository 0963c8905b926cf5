// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <type_traits>
#include <utility>

#include "../core/finite.hpp"
#include "../nn/stream.hpp"
#include "bag_network.hpp"

// The bag network for firmware: its shape is a constant of the type, so that network and stream are plain objects of fixed
// size; no heap, exceptions or run-time types.

namespace lifelog::mil {

namespace detail {

/// The folded encoder of a modality with so many channels; 0: a scalar.
template<class T, Index channels>
auto make_fixed_encoder() {
  using namespace nn;
  if constexpr (channels == 0)
    return make_scalar_encoder<T>().fold();
  else
    return (input<channels, T> | causal_block<8>(dilation<1>) | causal_block<8>(dilation<2>) |
            causal_block<16>(dilation<4>) | max_over_time | linear<key_size>)
        .fold();
}

template<class T, Index classes>
auto make_fixed_value_head() {
  using namespace nn;
  return input<key_size, T> | leaky_relu | linear<classes> | log_softmax;
}

template<class T, Index outputs>
auto make_fixed_attention_head() {
  using namespace nn;
  return input<key_size, T> | leaky_relu | linear<outputs> | sigmoid;
}

/// A network on feature vectors, at one of them.
template<class Net, class T = typename Net::Scalar>
void evaluate_one(const Net& net, const T* x, T* y) {
  typename Net::Memory none;
  net.push(none, x, y);
}

/// A pool's heads, and the score they give each of `modalities` keys (pool.hpp).
template<class T, Pool kind, Index modalities>
struct FixedPool {
  using Head = std::conditional_t<kind == Pool::attention, ScoreHead<T>, GatedScoreHead<T>>;
  Head score;

  void scores(const T (&keys)[modalities][key_size], T* out) const {
    for (Index m = 0; m < modalities; ++m) evaluate_one(score, keys[m], out + m);
  }

  template<class Visitor, class... Pools>
  static void visit(Visitor& visitor, const nn::Path& path, Pools&... pools) {
    Head::visit(visitor, path / "Al", pools.score...);
  }
};

template<class T, Index modalities>
struct FixedPool<T, Pool::self, modalities> {
  using Key = decltype(make_fixed_attention_head<T, 1>());
  using Query = decltype(make_fixed_attention_head<T, modalities>());
  Key key;
  Query query;

  void scores(const T (&keys)[modalities][key_size], T* out) const {
    std::fill_n(out, modalities, T(0));
    for (Index m = 0; m < modalities; ++m) {
      T k, q[modalities];
      evaluate_one(key, keys[m], &k);
      evaluate_one(query, keys[m], q);
      for (Index j = 0; j < modalities; ++j) out[j] += q[j] * k / static_cast<T>(modalities);
    }
  }

  template<class Visitor, class... Pools>
  static void visit(Visitor& visitor, const nn::Path& path, Pools&... pools) {
    Key::visit(visitor, path / "Kl", pools.key...);
    Query::visit(visitor, path / "Ql", pools.query...);
  }
};

/// What is remembered of a series between samples.
template<class Branch>
struct SeriesEar {
  using T = typename Branch::Encoder::Scalar;
  nn::Stream<typename Branch::Encoder> stream;
  Index samples = 0;

  void reset() { stream.reset(), samples = 0; }
  void push(const Branch& branch, const T* sample) {
    T x[Branch::inputs];
    branch.standardise(sample, x);
    stream.push(branch.encoder, x), ++samples;
  }
  void key(const Branch& branch, T* out) const { stream.features(branch.encoder, out); }
};

/// What is remembered of a scalar's samples: their mean.
template<class Branch>
struct ScalarEar {
  using T = typename Branch::Encoder::Scalar;
  T mean = 0;
  Index samples = 0;

  void reset() { mean = 0, samples = 0; }
  void push(const Branch& branch, const T* sample) {
    T x;
    branch.standardise(sample, &x);
    mean += (x - mean) / static_cast<T>(++samples);
  }
  void key(const Branch& branch, T* out) const { evaluate_one(branch.encoder, &mean, out); }
};

}  // namespace detail

/// A bag network whose modalities have `channels…` channels (0: a scalar), its convolutions folded. Inputs are raw: each
/// channel is standardised on its way in, (x − mean) / deviation, which leaves it as it is at the start.
template<class T, Index classes_, Pool kind, Index... channels>
struct FixedBagNetwork {
  using Scalar = T;
  static constexpr Index modalities = sizeof...(channels);
  static constexpr Index classes = classes_;

  template<Index count>
  struct Branch {
    static constexpr Index inputs = count == 0 ? 1 : count;
    using Encoder = decltype(detail::make_fixed_encoder<T, count>());
    using Value = decltype(detail::make_fixed_value_head<T, classes>());

    T mean[inputs], mean_rest[inputs];  ///< their sum is the mean: one T may be too coarse for it
    T deviation[inputs];
    Encoder encoder = detail::make_fixed_encoder<T, count>();
    Value value = detail::make_fixed_value_head<T, classes>();

    Branch() {
      std::fill_n(mean, inputs, T(0));
      std::fill_n(mean_rest, inputs, T(0));
      std::fill_n(deviation, inputs, T(1));
    }

    void standardise(const T* x, T* y) const {
      for (Index c = 0; c < inputs; ++c) y[c] = ((x[c] - mean[c]) - mean_rest[c]) / deviation[c];
    }
  };

  std::tuple<Branch<channels>...> branches;
  detail::FixedPool<T, kind, modalities> pool;

  /// In the order in which `firmware_header` writes them.
  template<class Visitor, class Net>
  static void visit(Visitor& visitor, const nn::Path& path, Net& net) {
    Index m = 0;
    std::apply([&](auto&... branch) { (visit_branch(visitor, path / m++, branch), ...); }, net.branches);
    detail::FixedPool<T, kind, modalities>::visit(visitor, path, net.pool);
  }

  /// Number of scalars that `visit` meets.
  Index size() const {
    Index total = 0;
    nn::visit([&](const nn::Path&, const nn::Layout& layout, const auto*) { total += layout.size(); }, *this);
    return total;
  }

  /// Takes over all `count` weights, one after the other as `visit` meets them. Throws std::invalid_argument (calls the
  /// error handler) when they are not as many as there should be.
  void load(const T* weights, Index count) {
    lifelog::detail::require(count == size(), "weights: expected ", size(), ", got ", count);
    nn::visit(
        [&]<class To>(const nn::Path&, const nn::Layout& layout, To* to) {
          // A counter matters to training alone, and making a whole number of it would link doubles in software.
          if constexpr (std::is_same_v<To, T>) std::copy_n(weights, layout.size(), to);
          weights += layout.size();
        },
        *this);
  }
  template<std::size_t count>
  void load(const T (&weights)[count]) {
    load(weights, static_cast<Index>(count));
  }

 private:
  template<class Visitor, class B>
  static void visit_branch(Visitor& visitor, const nn::Path& path, B& branch) {
    using Plain = std::remove_const_t<B>;
    const nn::Layout scale{nn::Role::statistic, 1, {Plain::inputs}, {1}};
    visitor(path / "mean", scale, branch.mean);
    visitor(path / "mean_rest", scale, branch.mean_rest);
    visitor(path / "deviation", scale, branch.deviation);
    Plain::Encoder::visit(visitor, path / "Encoder", branch.encoder);
    Plain::Value::visit(visitor, path / "Vl", branch.value);
  }
};

/// A fixed bag network fed sample by sample, as `BagStream` is: what it holds of the past, a constant of the type.
///
///     stream.push(network, 0, acceleration);   // modality 0: [channels]
///     stream.push(network, 3, &heart_rate);    // a scalar modality: the bag's value is the mean of what is pushed
///     float importance[9], log_probabilities[4];
///     if (stream.evaluate(network, importance, log_probabilities)) …
///     stream.reset();                          // the next bag begins
template<class Network>
class FixedBagStream;

template<class T, Index classes, Pool kind, Index... channels>
class FixedBagStream<FixedBagNetwork<T, classes, kind, channels...>> {
 public:
  using Network = FixedBagNetwork<T, classes, kind, channels...>;

  /// Begins a new bag.
  void reset() {
    std::apply([](auto&... ear) { (ear.reset(), ...); }, ears_);
  }

  /// One sample of a modality, [channels] (one number for a scalar), as the sensor gives it.
  void push(const Network& net, Index modality, const T* sample) {
    each_modality(net, [&](Index m, auto& ear, const auto& branch) {
      if (m == modality) ear.push(branch, sample);
    });
  }

  /// importance: [modalities], log_probabilities: [classes], of the bag as far as it has come. False, and both untouched,
  /// when a modality has had no sample yet.
  bool evaluate(const Network& net, T* importance, T* log_probabilities) {
    constexpr Index count = Network::modalities;
    T keys[count][key_size], values[count][classes], scores[count];
    bool complete = true;
    each_modality(net, [&](Index m, auto& ear, const auto& branch) {
      if (ear.samples == 0) {
        complete = false;
        return;
      }
      ear.key(branch, keys[m]);
      detail::evaluate_one(branch.value, keys[m], values[m]);
    });
    if (!complete) return false;
    net.pool.scores(keys, scores);
    detail::evaluate_one(nn::LogSoftmax<T, count>(), scores, scores);
    T mixed[classes] = {};
    for (Index m = 0; m < count; ++m) {
      importance[m] = std::exp(scores[m]);
      for (Index c = 0; c < classes; ++c) mixed[c] += importance[m] * values[m][c];
    }
    detail::evaluate_one(nn::LogSoftmax<T, classes>(), mixed, log_probabilities);
    return true;
  }

 private:
  template<Index count>
  using Branch = typename Network::template Branch<count>;
  template<Index count>
  using Ear =
      std::conditional_t<count == 0, detail::ScalarEar<Branch<count>>, detail::SeriesEar<Branch<count>>>;

  template<class Visit, std::size_t... m>
  void each_modality(const Network& net, Visit visit, std::index_sequence<m...>) {
    (visit(static_cast<Index>(m), std::get<m>(ears_), std::get<m>(net.branches)), ...);
  }
  template<class Visit>
  void each_modality(const Network& net, Visit visit) {
    each_modality(net, visit, std::make_index_sequence<sizeof...(channels)>{});
  }

  std::tuple<Ear<channels>...> ears_;
};

/// Feeds a stream a bag of known outcome and returns the largest deviation from it: what the header that
/// `export_firmware` writes calls to see whether a device computes what the host does.
///
///   inputs              modality after modality: [samples][channels] of a series, one number of a scalar
///   importance          [modalities], what the host computed
///   log_probabilities   [classes]
template<class T, Index classes, Pool kind, Index... channels>
T self_test(const FixedBagNetwork<T, classes, kind, channels...>& net,
            FixedBagStream<FixedBagNetwork<T, classes, kind, channels...>>& stream, const T* inputs,
            Index samples, const T* importance, const T* log_probabilities) {
  constexpr Index count = sizeof...(channels);
  constexpr Index widths[] = {channels...};
  stream.reset();
  for (Index m = 0; m < count; ++m)
    for (Index n = 0; n < (widths[m] == 0 ? 1 : samples); ++n) {
      stream.push(net, m, inputs);
      inputs += std::max<Index>(widths[m], 1);
    }
  T got[count + classes], largest = 0;
  if (!stream.evaluate(net, got, got + count)) return std::numeric_limits<T>::infinity();
  for (Index i = 0; i < count + classes; ++i) {
    const T deviation = std::abs(got[i] - (i < count ? importance[i] : log_probabilities[i - count]));
    if (lifelog::detail::is_nan(deviation)) return deviation;
    largest = std::max(largest, deviation);
  }
  return largest;
}

}  // namespace lifelog::mil
