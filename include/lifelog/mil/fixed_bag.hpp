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

/// A pool's heads with sizes that are constants of the type, and the scores they give the keys of a bag (pool.hpp).
/// scores(kinds, keys, count, out): `count` keys, of those kinds.
template<class T, class Pool, Index modalities, Index classes>
struct FixedPool;

template<class T, Index modalities, Index classes>
struct FixedPool<T, SelfAttention<T>, modalities, classes> {
  using Key = decltype(make_fixed_attention_head<T, 1>());
  using Query = decltype(make_fixed_attention_head<T, modalities>());
  Key key;
  Query query;

  void scores(const Index* kinds, const T (*keys)[key_size], Index count, T* out) const {
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
  void scores(const Index*, const T (*keys)[key_size], Index count, T* out) const {
    for (Index m = 0; m < count; ++m) evaluate_one(this->score, keys[m], out + m);
  }
};

template<class T, class Mixing, Index modalities, Index classes>
struct FixedPool<T, PlainPool<T, Mixing>, modalities, classes> : PlainPool<T, Mixing> {
  void scores(const Index*, const T (*)[key_size], Index, T*) const {}
};

template<class T, class Head, class Value, Index modalities, Index classes>
struct FixedPool<T, EmbeddingPool<Head, Value>, modalities, classes> {
  using FixedValue = decltype(make_fixed_value_head<T, classes>());
  Head score;
  FixedValue value;

  void scores(const Index*, const T (*keys)[key_size], Index count, T* out) const {
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
  /// What the pool does; its parameters are in `pool`.
  using Pooling = PoolOf<T, kind>;
  detail::FixedPool<T, Pooling, modalities, classes> pool = make_pool();

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
  static auto make_pool() {
    using Fixed = detail::FixedPool<T, Pooling, modalities, classes>;
    if constexpr (kind == Pool::self)
      return Fixed{detail::make_fixed_attention_head<T, 1>(),
                   detail::make_fixed_attention_head<T, modalities>()};
    else if constexpr (kind == Pool::embedding_attention)
      return Fixed{make_score_head<T>(), detail::make_fixed_value_head<T, classes>()};
    else if constexpr (kind == Pool::embedding_gated)
      return Fixed{make_gated_score_head<T>(), detail::make_fixed_value_head<T, classes>()};
    else if constexpr (kind == Pool::attention)
      return Fixed{{make_score_head<T>()}};
    else if constexpr (requires { Pooling::score; })
      return Fixed{{make_gated_score_head<T>()}};
    else
      return Fixed{};
  }

  template<class Visitor, class B>
  static void visit_branch(Visitor& visitor, const nn::Path& path, B& branch) {
    using Plain = std::remove_const_t<B>;
    const nn::Layout scale{nn::Role::statistic, 1, {Plain::inputs}, {1}};
    visitor(path / "mean", scale, branch.mean);
    visitor(path / "mean_rest", scale, branch.mean_rest);
    visitor(path / "deviation", scale, branch.deviation);
    Plain::Encoder::visit(visitor, path / "Encoder", branch.encoder);
    if constexpr (Pooling::form != Form::embeddings) Plain::Value::visit(visitor, path / "Vl", branch.value);
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
    T keys[Network::modalities][key_size], values[Network::modalities][classes], weights[Network::modalities];
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
    if constexpr (Pooling::form == Form::embeddings) {
      T mixed[key_size] = {};
      for (Index m = 0; m < count; ++m)
        for (Index k = 0; k < key_size; ++k) mixed[k] += weights[m] * keys[m][k];
      detail::evaluate_one(net.pool.value, mixed, log_probabilities);
    } else {
      Index next = 0;
      each_modality(net, [&](Index m, auto&, const auto& branch) {
        if (next == count || kinds[next] != m) return;
        if constexpr (Pooling::form == Form::keys)
          for (Index k = 0; k < key_size; ++k) keys[next][k] *= weights[next];
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
