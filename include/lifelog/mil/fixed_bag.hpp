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

namespace lifelog::inline LIFELOG_ABI::mil {

namespace detail {

/// The folded encoder of a modality with so many channels; 0: a scalar.
template<class T, class Encoders, Index channels>
auto make_fixed_encoder() {
  if constexpr (channels == 0) {
    return Encoders::template vector<T>(1).fold();
  } else {
    const auto encoder = Encoders::template series<T>(std::integral_constant<Index, channels>{});
    static_assert(decltype(encoder.signal)::input_channels == channels,
                  "for firmware, encoders of series take their channels as `auto`: series(auto channels)");
    return encoder.fold();
  }
}

template<class T, Index keys, Index classes>
auto make_fixed_value_head() {
  using namespace nn;
  return input<keys, T> | leaky_relu | linear<classes> | log_softmax;
}

template<class T, Index keys, Index outputs>
auto make_fixed_attention_head() {
  using namespace nn;
  return input<keys, T> | leaky_relu | linear<outputs> | sigmoid;
}

/// A network on feature vectors, at one of them.
template<class Net, class T = typename Net::Scalar>
void evaluate_one(const Net& net, const T* x, T* y) {
  typename Net::Memory none;
  net.push(none, x, y);
}

/// A pool's heads with sizes that are constants of the type, and the scores they give the keys of a bag (pool.hpp).
/// scores(kinds, keys, count, out): `count` keys, of those kinds.
template<class T, class Pool, Index modalities, Index classes>
struct FixedPool;

template<class T, Index size, Index modalities, Index classes>
struct FixedPool<T, SelfAttention<T, size>, modalities, classes> {
  using Key = decltype(make_fixed_attention_head<T, size, 1>());
  using Query = decltype(make_fixed_attention_head<T, size, modalities>());
  Key key;
  Query query;

  void scores(const Index* kinds, const T (*keys)[size], Index count, T* out) const {
    std::fill_n(out, count, T(0));
    for (Index m = 0; m < count; ++m) {
      T k, q[modalities];
      evaluate_one(key, keys[m], &k);
      evaluate_one(query, keys[m], q);
      for (Index j = 0; j < count; ++j) out[j] += q[kinds[j]] * k / static_cast<T>(count);
    }
  }

  template<class Visitor, class... Pools>
  static void visit(Visitor& visitor, const nn::Path& path, Pools&... pools) {
    Key::visit(visitor, path / "Kl", pools.key...);
    Query::visit(visitor, path / "Ql", pools.query...);
  }
};

template<class T, class Head, class Weighing, Form form, Index modalities, Index classes>
struct FixedPool<T, ScorePool<Head, Weighing, form>, modalities, classes> : ScorePool<Head, Weighing, form> {
  template<Index size>
  void scores(const Index*, const T (*keys)[size], Index count, T* out) const {
    for (Index m = 0; m < count; ++m) evaluate_one(this->score, keys[m], out + m);
  }
};

template<class T, class Mixing, Index modalities, Index classes>
struct FixedPool<T, PlainPool<T, Mixing>, modalities, classes> : PlainPool<T, Mixing> {
  template<Index size>
  void scores(const Index*, const T (*)[size], Index, T*) const {}
};

template<class T, class Head, class Value, Index modalities, Index classes>
struct FixedPool<T, EmbeddingPool<Head, Value>, modalities, classes> {
  using FixedValue = decltype(make_fixed_value_head<T, Head::input_channels, classes>());
  Head score;
  FixedValue value;

  template<Index size>
  void scores(const Index*, const T (*keys)[size], Index count, T* out) const {
    for (Index m = 0; m < count; ++m) evaluate_one(score, keys[m], out + m);
  }

  template<class Visitor, class... Pools>
  static void visit(Visitor& visitor, const nn::Path& path, Pools&... pools) {
    Head::visit(visitor, path / "Al", pools.score...);
    FixedValue::visit(visitor, path / "Vl", pools.value...);
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
///
/// Encoders as BagNetwork's, of vectors of one number; of series with `auto channels` (encoders.hpp).
template<class T, class Encoders, Index classes_, Pool kind, Index... channels>
struct FixedBagNetworkOf {
  using Scalar = T;
  static constexpr Index key_size = BagNetwork<T, Encoders>::key_size;
  static constexpr Index modalities = sizeof...(channels);
  static constexpr Index classes = classes_;

  template<Index count>
  struct Branch {
    static constexpr Index inputs = count == 0 ? 1 : count;
    using Encoder = decltype(detail::make_fixed_encoder<T, Encoders, count>());
    using Value = decltype(detail::make_fixed_value_head<T, key_size, classes>());

    T mean[inputs], mean_rest[inputs];  ///< their sum is the mean: one T may be too coarse for it
    T deviation[inputs];
    Encoder encoder;
    Value value;

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
  /// What the pool does; its parameters are in `pool`.
  using Pooling = PoolOf<T, kind, key_size>;
  detail::FixedPool<T, Pooling, modalities, classes> pool;

  /// In the order in which `firmware_header` writes them.
  template<class Visitor, class Net>
  static void visit(Visitor& visitor, const nn::Path& path, Net& net) {
    Index m = 0;
    std::apply([&](auto&... branch) { (visit_branch(visitor, path / m++, branch), ...); }, net.branches);
    decltype(pool)::visit(visitor, path, net.pool);
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
    if constexpr (!value_follows(Pooling::form)) Plain::Value::visit(visitor, path / "Vl", branch.value);
  }
};

/// With the study's encoders.
template<class T, Index classes, Pool kind, Index... channels>
using FixedBagNetwork = FixedBagNetworkOf<T, StudyEncoders, classes, kind, channels...>;

/// A fixed bag network fed sample by sample, as `BagStream` is: what it holds of the past, a constant of the type.
///
///     stream.push(network, 0, acceleration);   // modality 0: [channels]
///     stream.push(network, 3, &heart_rate);    // a scalar modality: the bag's value is the mean of what is pushed
///     float importance[9], log_probabilities[4];
///     if (stream.evaluate(network, importance, log_probabilities)) …
///     stream.reset();                          // the next bag begins
template<class Network>
class FixedBagStream;

template<class T, class Encoders, Index classes, Pool kind, Index... channels>
class FixedBagStream<FixedBagNetworkOf<T, Encoders, classes, kind, channels...>> {
 public:
  using Network = FixedBagNetworkOf<T, Encoders, classes, kind, channels...>;

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

  /// Whether a modality has had a sample in this bag.
  bool heard(Index modality) const {
    bool result = false;
    Index m = 0;
    std::apply([&](const auto&... ear) { ((result = result || (m++ == modality && ear.samples > 0)), ...); },
               ears_);
    return result;
  }

  /// importance: [modalities], log_probabilities: [classes], of the bag as far as it has come. A modality without a sample is
  /// absent: its importance is 0. False, and both untouched, when none has had a sample yet.
  bool evaluate(const Network& net, T* importance, T* log_probabilities) {
    using Pooling = typename Network::Pooling;
    constexpr Index length = Network::key_size;
    T keys[Network::modalities][length], values[Network::modalities][classes], weights[Network::modalities];
    Index kinds[Network::modalities], count = 0;
    each_modality(net, [&](Index m, auto& ear, const auto& branch) {
      if (ear.samples == 0) return;
      ear.key(branch, keys[count]);
      kinds[count++] = m;
    });
    if (count == 0) return false;
    net.pool.scores(kinds, keys, count, weights);
    Pooling::Weighing::weigh(weights, count);
    T shares[Network::modalities];
    std::copy_n(weights, count, shares);
    if constexpr (value_follows(Pooling::form)) {
      T mixed[length] = {};
      for (Index m = 0; m < count; ++m)
        for (Index k = 0; k < length; ++k) mixed[k] += weights[m] * keys[m][k];
      detail::evaluate_one(net.pool.value, mixed, log_probabilities);
    } else {
      Index next = 0;
      each_modality(net, [&](Index m, auto&, const auto& branch) {
        if (next == count || kinds[next] != m) return;
        if constexpr (Pooling::form == Form::keys)
          for (Index k = 0; k < length; ++k) keys[next][k] *= weights[next];
        detail::evaluate_one(branch.value, keys[next], values[next]);
        ++next;
      });
      mix<Pooling>(weights, values, count, shares, log_probabilities);
    }
    T sum = 0;
    for (Index m = 0; m < count; ++m) sum += shares[m];
    std::fill_n(importance, Network::modalities, T(0));
    for (Index m = 0; m < count; ++m)
      importance[kinds[m]] = Pooling::Weighing::sums_to_one ? shares[m] : shares[m] / sum;
    return true;
  }

 private:
  template<Index count>
  using Branch = typename Network::template Branch<count>;
  template<Index count>
  using Ear =
      std::conditional_t<count == 0, detail::ScalarEar<Branch<count>>, detail::SeriesEar<Branch<count>>>;

  // As PoolPass does for a batch.
  template<class Pooling>
  static void mix(const T* weights, const T (*values)[classes], Index count, T* shares,
                  T* log_probabilities) {
    T mixed[classes], value[Network::modalities], share[Network::modalities];
    for (Index c = 0; c < classes; ++c) {
      for (Index m = 0; m < count; ++m) value[m] = values[m][c];
      mixed[c] = Pooling::Mixing::mix(weights, value, count, share);
      if constexpr (!Pooling::Mixing::weighted)
        for (Index m = 0; m < count; ++m)
          shares[m] = (c == 0 ? T(0) : shares[m]) + share[m] / static_cast<T>(classes);
    }
    detail::evaluate_one(nn::LogSoftmax<T, classes>(), mixed, log_probabilities);
  }

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
template<class T, class Encoders, Index classes, Pool kind, Index... channels>
T self_test(const FixedBagNetworkOf<T, Encoders, classes, kind, channels...>& net,
            FixedBagStream<FixedBagNetworkOf<T, Encoders, classes, kind, channels...>>& stream,
            const T* inputs, Index samples, const T* importance, const T* log_probabilities) {
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
