// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "../core/finite.hpp"
#include "../nn/activation.hpp"
#include "../nn/linear.hpp"
#include "../nn/product.hpp"
#include "bags.hpp"
#include "encoders.hpp"

// Pools: what makes one prediction of a bag's instances. A pool is a type that says
//
//   score      a number an instance makes of its key, by heads of its own; or none
//   Weighing   how the scores of a bag become weights: Softmax, Sigmoids, Even
//   form       what the weights mix: predictions, keys before their heads, or embeddings, which one head, `value`, follows; they
//              are added up, or a bag's kinds stand side by side
//   Mixing     of predictions: WeightedSum, Sum, LargestOf, LogSumExp
//
//   make       a pool for bags of so many kinds and classes, its parameters zero
//
// and everything else (batches, training, streams, firmware) follows from that. To add one, write its type here, its place in
// `AnyPool`, and its line in `pool_names`. One of your own needs neither: say `Pool` beside your encoders (bag_network.hpp).

namespace lifelog::inline LIFELOG_ABI::mil {

/// How a bag's instances m, of keys h_m and with value heads V_m, become its log-probabilities.
///
///   self                 the study's: log_softmax Σ a_m V_m(h_m), a = softmax of scores; with q_m = Q(h_m) ∈ ℝᴹ for M kinds and
///                        k_m = K(h_m), an instance of kind j scores Σ_i q_i[j] k_i / n
///   attention            the same, scored by wᵀ tanh(V h_m) (Ilse, Tomczak, Welling 2018, "Attention-based deep multiple
///                        instance learning", eq. 8)
///   gated                the same, scored by wᵀ (tanh(V h_m) ⊙ sigmoid(U h_m)) (eq. 9)
///   mean                 the same, all a_m equal
///   max                  log_softmax of the largest V_m(h_m) of each class
///   log_sum_exp          log_softmax of log 1/n Σ exp V_m(h_m)
///   conjunctive          log_softmax 1/n Σ a_m V_m(h_m), a_m = sigmoid of the gated score (Early et al. 2024, "Inherently
///                        interpretable time series classification via multiple instance learning")
///   additive             log_softmax Σ V_m(a_m h_m), a = softmax of gated scores (Javed et al. 2022, "Additive MIL")
///   embedding_attention  V(Σ a_m h_m), with attention's scores and one head for all kinds (Ilse et al.)
///   embedding_gated      the same with gated scores
enum class Pool {
  self,
  attention,
  gated,
  mean,
  max,
  log_sum_exp,
  conjunctive,
  additive,
  embedding_attention,
  embedding_gated
};

/// Names in model files and on command lines.
struct PoolName {
  Pool pool;
  const char* name;
};
inline constexpr std::array<PoolName, 10> pool_names{{{Pool::self, "self"},
                                                      {Pool::attention, "attention"},
                                                      {Pool::gated, "gated"},
                                                      {Pool::mean, "mean"},
                                                      {Pool::max, "max"},
                                                      {Pool::log_sum_exp, "log_sum_exp"},
                                                      {Pool::conjunctive, "conjunctive"},
                                                      {Pool::additive, "additive"},
                                                      {Pool::embedding_attention, "embedding_attention"},
                                                      {Pool::embedding_gated, "embedding_gated"}}};

constexpr const char* pool_name(Pool pool) {
  for (const auto& entry : pool_names)
    if (entry.pool == pool) return entry.name;
  return "";
}

constexpr std::optional<Pool> pool_named(std::string_view name) {
  for (const auto& entry : pool_names)
    if (name == entry.name) return entry.pool;
  return std::nullopt;
}

/// What a pool's weights mix.
enum class Form { predictions, embeddings, side_by_side, keys };

/// Whether one head, the pool's `value`, follows it in place of one for each kind before it.
constexpr bool value_follows(Form form) {
  return form == Form::embeddings || form == Form::side_by_side;
}

// --- from scores to weights, of one bag -------------------------------------------------------------------------------

struct Softmax {
  static constexpr bool sums_to_one = true;
  /// In place: the scores of a bag become weights.
  template<class T>
  static void weigh(T* a, Index count) {
    const T largest = *std::max_element(a, a + count);
    T sum = 0;
    for (Index m = 0; m < count; ++m) a[m] = std::exp(a[m] - largest), sum += a[m];
    for (Index m = 0; m < count; ++m) a[m] /= sum;
  }
  /// In place: derivatives in weights become those in scores.
  template<class T>
  static void pull(const T* a, T* slope, Index count) {
    T mean = 0;
    for (Index m = 0; m < count; ++m) mean += slope[m] * a[m];
    for (Index m = 0; m < count; ++m) slope[m] = a[m] * (slope[m] - mean);
  }
};

/// Each by itself, over their number.
struct Sigmoids {
  static constexpr bool sums_to_one = false;
  template<class T>
  static void weigh(T* a, Index count) {
    for (Index m = 0; m < count; ++m) a[m] = 1 / (1 + std::exp(-a[m])) / static_cast<T>(count);
  }
  template<class T>
  static void pull(const T* a, T* slope, Index count) {
    for (Index m = 0; m < count; ++m) slope[m] *= a[m] * (1 - a[m] * static_cast<T>(count));
  }
};

struct Even {
  static constexpr bool sums_to_one = true;
  template<class T>
  static void weigh(T* a, Index count) {
    std::fill_n(a, count, 1 / static_cast<T>(count));
  }
  template<class T>
  static void pull(const T*, T* slope, Index count) {
    std::fill_n(slope, count, T(0));
  }
};

// --- from weights and predictions to one prediction, of one bag and class ---------------------------------------------

struct WeightedSum {
  static constexpr bool weighted = true;
  /// value[m]: the m-th instance's. Returns the bag's; share[m] is by how much it grows with the m-th instance's.
  template<class T>
  static T mix(const T* a, const T* value, Index count, T* share) {
    T sum = 0;
    for (Index m = 0; m < count; ++m) share[m] = a[m], sum += a[m] * value[m];
    return sum;
  }
};

/// The plain sum.
struct Sum {
  static constexpr bool weighted = true;
  template<class T>
  static T mix(const T*, const T* value, Index count, T* share) {
    T sum = 0;
    for (Index m = 0; m < count; ++m) share[m] = 1, sum += value[m];
    return sum;
  }
};

/// The first of equals; of a number that is none, that.
struct LargestOf {
  static constexpr bool weighted = false;
  template<class T>
  static T mix(const T*, const T* value, Index count, T* share) {
    Index best = 0;
    for (Index m = 0; m < count; ++m) {
      share[m] = 0;
      if (lifelog::detail::is_nan(value[best])) continue;
      if (value[m] > value[best] || lifelog::detail::is_nan(value[m])) best = m;
    }
    share[best] = 1;
    return value[best];
  }
};

struct LogSumExp {
  static constexpr bool weighted = false;
  template<class T>
  static T mix(const T*, const T* value, Index count, T* share) {
    const T largest = *std::max_element(value, value + count);
    T sum = 0;
    for (Index m = 0; m < count; ++m) share[m] = std::exp(value[m] - largest), sum += share[m];
    for (Index m = 0; m < count; ++m) share[m] /= sum;
    return largest + std::log(sum / static_cast<T>(count));
  }
};

// --- heads ------------------------------------------------------------------------------------------------------------

/// Key → `outputs` numbers in (0, 1): queries and keys of the self-attention.
template<class T, Index keys = key_size>
auto make_attention_head(Index outputs) {
  using namespace nn;
  return input<keys, T> | leaky_relu | linear_to(outputs) | sigmoid;
}

/// Key → score.
template<class T, Index keys = key_size>
auto make_score_head() {
  using namespace nn;
  return input<keys, T> | linear<keys> | nn::tanh | linear<1>;
}

/// Key → score, gated.
template<class T, Index keys = key_size>
auto make_gated_score_head() {
  using namespace nn;
  return input<keys, T> | product(linear<keys> | nn::tanh, linear<keys> | sigmoid) | linear<1>;
}

/// Key → log-probabilities of the classes.
template<class T, Index keys = key_size>
auto make_value_head(Index classes) {
  using namespace nn;
  return input<keys, T> | leaky_relu | linear_to(classes) | log_softmax;
}

template<class T, Index keys = key_size>
using AttentionHead = decltype(make_attention_head<T, keys>(1));
template<class T, Index keys = key_size>
using ScoreHead = decltype(make_score_head<T, keys>());
template<class T, Index keys = key_size>
using GatedScoreHead = decltype(make_gated_score_head<T, keys>());
template<class T, Index keys = key_size>
using ValueHead = decltype(make_value_head<T, keys>(1));

namespace detail {

/// Planes of every kind of a batch, [kinds] of [rows, instances], and what a head needs to differentiate them.
template<class T, class Head>
struct HeadPass {
  using Domain = nn::Samples<T>;
  struct Kind {
    typename Head::template Tape<Domain> tape;
    typename Domain::template Buffer<Head> output, gradient;
  };
  std::vector<Kind> kinds;

  /// head(m): that of kind m. Kinds without instances are passed over, here and in the others.
  template<class HeadOf>
  void record(const HeadOf& head, const BagBatch<T>& batch, const std::vector<const T*>& keys) {
    kinds.resize(keys.size());
    each(batch, [&](std::size_t m, const Domain& domain) {
      head(m).record(domain, kinds[m].tape, keys[m], kinds[m].output.resize(domain, head(m)));
    });
  }

  template<class HeadOf>
  void zero_gradient(const HeadOf& head, const BagBatch<T>& batch) {
    each(batch, [&](std::size_t m, const Domain& domain) {
      kinds[m].gradient.resize(domain, head(m));
      kinds[m].gradient.set_zero();
    });
  }

  /// gradient(m): of kind m's head.
  template<class HeadOf, class GradientOf>
  void pull(const HeadOf& head, const BagBatch<T>& batch, const std::vector<const T*>& keys,
            const std::vector<T*>& dkeys, const GradientOf& gradient) {
    each(batch, [&](std::size_t m, const Domain& domain) {
      head(m).pull(domain, kinds[m].tape, keys[m], kinds[m].output.data(), kinds[m].gradient.data(), dkeys[m],
                   gradient(m));
    });
  }

  T output(const BagBatch<T>& batch, Index kind, Index row, Index lane) const {
    const auto m = static_cast<std::size_t>(kind);
    return kinds[m].output.data()[row * batch.kinds[m].stride() + lane];
  }
  T& slope(const BagBatch<T>& batch, Index kind, Index row, Index lane) {
    const auto m = static_cast<std::size_t>(kind);
    return kinds[m].gradient.data()[row * batch.kinds[m].stride() + lane];
  }

 private:
  template<class Body>
  void each(const BagBatch<T>& batch, const Body& body) {
    for (std::size_t m = 0; m < kinds.size(); ++m)
      if (batch.kinds[m].count > 0) body(m, batch.kinds[m]);
  }
};

/// The same head for all kinds.
template<class Head>
auto shared(Head& head) {
  return [&head](std::size_t) -> Head& { return head; };
}

}  // namespace detail

// --- the pools --------------------------------------------------------------------------------------------------------
//
// A pool's Pass scores the instances of a batch, and pulls the scores' derivatives back to its parameters and the keys.

/// Pool::self.
template<class T, Index keys = key_size>
struct SelfAttention {
  using Weighing = Softmax;
  using Mixing = WeightedSum;
  static constexpr Form form = Form::predictions;
  AttentionHead<T, keys> key, query;

  static SelfAttention make(Index kinds, Index) {
    return {make_attention_head<T, keys>(1), make_attention_head<T, keys>(kinds)};
  }
  void initialise(Random& random) { key.initialise(random), query.initialise(random); }

  template<class Visitor, class... Pools>
  static void visit(Visitor& visitor, const nn::Path& path, Pools&... pools) {
    AttentionHead<T, keys>::visit(visitor, path / "Kl", pools.key...);
    AttentionHead<T, keys>::visit(visitor, path / "Ql", pools.query...);
  }

  class Pass {
   public:
    using Batch = detail::BagBatch<T>;

    /// scores: one a place.
    void record(const SelfAttention& pool, const Batch& batch, const std::vector<const T*>& from, T* scores) {
      key_.record(detail::shared(pool.key), batch, from);
      query_.record(detail::shared(pool.query), batch, from);
      each_pair(batch, [&](Index p, Index scored, Index, const auto& i) {
        scores[p] += query_.output(batch, i.kind, scored, i.lane) * key_.output(batch, i.kind, 0, i.lane);
      });
      for (Index n = 0; n < batch.bags.count; ++n)
        for (Index p = batch.first(n); p < batch.last(n); ++p)
          scores[p] /= static_cast<T>(batch.last(n) - batch.first(n));
    }

    void pull(const SelfAttention& pool, const Batch& batch, const std::vector<const T*>& from,
              const T* dscores, const std::vector<T*>& dfrom, SelfAttention& gradient) {
      key_.zero_gradient(detail::shared(pool.key), batch);
      query_.zero_gradient(detail::shared(pool.query), batch);
      each_pair(batch, [&](Index p, Index scored, Index count, const auto& i) {
        const T slope = dscores[p] / static_cast<T>(count);
        key_.slope(batch, i.kind, 0, i.lane) += slope * query_.output(batch, i.kind, scored, i.lane);
        query_.slope(batch, i.kind, scored, i.lane) += slope * key_.output(batch, i.kind, 0, i.lane);
      });
      key_.pull(detail::shared(pool.key), batch, from, dfrom, detail::shared(gradient.key));
      query_.pull(detail::shared(pool.query), batch, from, dfrom, detail::shared(gradient.query));
    }

   private:
    // body(place p, its kind, how many places its bag has, another place or itself).
    template<class Body>
    static void each_pair(const Batch& batch, const Body& body) {
      for (Index n = 0; n < batch.bags.count; ++n)
        for (Index p = batch.first(n); p < batch.last(n); ++p)
          for (Index i = batch.first(n); i < batch.last(n); ++i)
            body(p, batch.place(p).kind, batch.last(n) - batch.first(n), batch.place(i));
    }

    detail::HeadPass<T, AttentionHead<T, keys>> key_, query_;
  };
};

/// A pool that scores each instance by itself.
template<class Head, class Weighing_ = Softmax, Form form_ = Form::predictions>
struct ScorePool {
  using T = typename Head::Scalar;
  using Weighing = Weighing_;
  using Mixing = std::conditional_t<form_ == Form::keys, Sum, WeightedSum>;
  static constexpr Form form = form_;
  Head score;

  static ScorePool make(Index, Index) { return {Head()}; }
  void initialise(Random& random) { score.initialise(random); }

  template<class Visitor, class... Pools>
  static void visit(Visitor& visitor, const nn::Path& path, Pools&... pools) {
    Head::visit(visitor, path / "Al", pools.score...);
  }

  class Pass {
   public:
    using Batch = detail::BagBatch<T>;

    void record(const ScorePool& pool, const Batch& batch, const std::vector<const T*>& keys, T* scores) {
      head_.record(detail::shared(pool.score), batch, keys);
      for (std::size_t p = 0; p < batch.places.size(); ++p)
        scores[p] = head_.output(batch, batch.places[p].kind, 0, batch.places[p].lane);
    }

    void pull(const ScorePool& pool, const Batch& batch, const std::vector<const T*>& keys, const T* dscores,
              const std::vector<T*>& dkeys, ScorePool& gradient) {
      head_.zero_gradient(detail::shared(pool.score), batch);
      for (std::size_t p = 0; p < batch.places.size(); ++p)
        head_.slope(batch, batch.places[p].kind, 0, batch.places[p].lane) = dscores[p];
      head_.pull(detail::shared(pool.score), batch, keys, dkeys, detail::shared(gradient.score));
    }

   private:
    detail::HeadPass<T, Head> head_;
  };
};

/// A pool without parameters, in which only values count.
template<class T, class Mixing_>
struct PlainPool {
  using Weighing = Even;
  using Mixing = Mixing_;
  static constexpr Form form = Form::predictions;

  static PlainPool make(Index, Index) { return {}; }
  void initialise(Random&) {}
  template<class Visitor, class... Pools>
  static void visit(Visitor&, const nn::Path&, Pools&...) {}

  struct Pass {
    using Batch = detail::BagBatch<T>;
    void record(const PlainPool&, const Batch&, const std::vector<const T*>&, T*) {}
    void pull(const PlainPool&, const Batch&, const std::vector<const T*>&, const T*, const std::vector<T*>&,
              PlainPool&) {}
  };
};

/// A pool of embeddings: Head's scores, and one value head for the mixed key.
template<class Head, class Value>
struct EmbeddingPool : ScorePool<Head, Softmax, Form::embeddings> {
  using Scored = ScorePool<Head, Softmax, Form::embeddings>;
  Value value;

  static EmbeddingPool make(Index, Index classes) {
    return {{Head()}, make_value_head<typename Head::Scalar, Head::input_channels>(classes)};
  }
  void initialise(Random& random) { Scored::initialise(random), value.initialise(random); }

  template<class Visitor, class... Pools>
  static void visit(Visitor& visitor, const nn::Path& path, Pools&... pools) {
    Scored::visit(visitor, path, pools...);
    Value::visit(visitor, path / "Vl", pools.value...);
  }
};

/// Any of the pools, in the order of `Pool`.
template<class T, Index keys = key_size>
using AnyPool =
    std::variant<SelfAttention<T, keys>, ScorePool<ScoreHead<T, keys>>, ScorePool<GatedScoreHead<T, keys>>,
                 PlainPool<T, WeightedSum>, PlainPool<T, LargestOf>, PlainPool<T, LogSumExp>,
                 ScorePool<GatedScoreHead<T, keys>, Sigmoids>,
                 ScorePool<GatedScoreHead<T, keys>, Softmax, Form::keys>,
                 EmbeddingPool<ScoreHead<T, keys>, ValueHead<T, keys>>,
                 EmbeddingPool<GatedScoreHead<T, keys>, ValueHead<T, keys>>>;

template<class T, Pool kind, Index keys = key_size>
using PoolOf = std::variant_alternative_t<static_cast<std::size_t>(kind), AnyPool<T, keys>>;

/// One of a variant's pools, by its place.
template<class Pools, std::size_t place = 0>
Pools make_pool(std::size_t kind, Index kinds, Index classes) {
  if constexpr (place < std::variant_size_v<Pools>) {
    if (kind == place) return std::variant_alternative_t<place, Pools>::make(kinds, classes);
    return make_pool<Pools, place + 1>(kind, kinds, classes);
  } else {
    lifelog::detail::require(false, "pool: expected one of Pool's, got ", kind);
    return std::variant_alternative_t<0, Pools>::make(kinds, classes);
  }
}

}  // namespace lifelog::mil
