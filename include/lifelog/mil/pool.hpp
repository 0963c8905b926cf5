// SPDX-License-Identifier: MIT
#pragma once

#include <variant>
#include <vector>

#include "../nn/activation.hpp"
#include "../nn/linear.hpp"
#include "../nn/product.hpp"

namespace lifelog::mil {

/// Length of an instance's key, what every encoder ends in.
inline constexpr Index key_size = 32;

/// How a bag's instances are weighed: a = softmax of their scores.
///
///   self        the study's: of keys h_m, with q_m = Q(h_m) ∈ ℝᴹ and k_m = K(h_m), score j is Σ_i q_i[j] k_i / M
///   attention   wᵀ tanh(V h_m) (Ilse et al. 2018, "Attention-based deep multiple instance learning", eq. 8)
///   gated       wᵀ (tanh(V h_m) ⊙ sigmoid(U h_m)) (eq. 9)
enum class Pool { self, attention, gated };

/// Key → `outputs` numbers in (0, 1): queries and keys of the self-attention.
template<class T>
auto make_attention_head(Index outputs) {
  using namespace nn;
  return input<key_size, T> | leaky_relu | linear_to(outputs) | sigmoid;
}

/// Key → score.
template<class T>
auto make_score_head() {
  using namespace nn;
  return input<key_size, T> | linear<key_size> | nn::tanh | linear<1>;
}

/// Key → score, gated.
template<class T>
auto make_gated_score_head() {
  using namespace nn;
  return input<key_size, T> | product(linear<key_size> | nn::tanh, linear<key_size> | sigmoid) | linear<1>;
}

template<class T>
using AttentionHead = decltype(make_attention_head<T>(1));
template<class T>
using ScoreHead = decltype(make_score_head<T>());
template<class T>
using GatedScoreHead = decltype(make_gated_score_head<T>());

namespace detail {

/// Planes of every instance of a batch, [modalities] of [rows, samples], and what a head needs to differentiate them.
template<class T, class Head>
struct HeadPass {
  using Domain = nn::Samples<T>;
  struct Instance {
    typename Head::template Tape<Domain> tape;
    typename Domain::template Buffer<Head> output, gradient;
  };
  std::vector<Instance> instances;

  void record(const Head& head, const Domain& domain, const std::vector<const T*>& keys) {
    instances.resize(keys.size());
    for (std::size_t m = 0; m < keys.size(); ++m)
      head.record(domain, instances[m].tape, keys[m], instances[m].output.resize(domain, head));
  }

  void zero_gradient(const Head& head, const Domain& domain) {
    for (auto& instance : instances) {
      instance.gradient.resize(domain, head);
      instance.gradient.set_zero();
    }
  }

  void pull(const Head& head, const Domain& domain, const std::vector<const T*>& keys,
            const std::vector<T*>& dkeys, Head& gradient) {
    for (std::size_t m = 0; m < keys.size(); ++m)
      head.pull(domain, instances[m].tape, keys[m], instances[m].output.data(), instances[m].gradient.data(),
                dkeys[m], gradient);
  }
};

}  // namespace detail

/// Scores of a pool are planes [M × samples], `domain.stride()` apart. A pool's Pass records them for a batch and pulls
/// their gradient back to the pool's parameters and the keys.
template<class T>
struct SelfAttention {
  using Domain = nn::Samples<T>;
  AttentionHead<T> key, query;

  void initialise(Random& random) { key.initialise(random), query.initialise(random); }

  template<class Visitor, class... Pools>
  static void visit(Visitor& visitor, const nn::Path& path, Pools&... pools) {
    AttentionHead<T>::visit(visitor, path / "Kl", pools.key...);
    AttentionHead<T>::visit(visitor, path / "Ql", pools.query...);
  }

  class Pass {
   public:
    void record(const SelfAttention& pool, const Domain& domain, const std::vector<const T*>& keys,
                T* scores) {
      key_.record(pool.key, domain, keys);
      query_.record(pool.query, domain, keys);
      const auto count = static_cast<Index>(keys.size()), stride = domain.stride();
      for (Index j = 0; j < count; ++j)
        for (Index n = 0; n < domain.count; ++n) {
          T total = 0;
          for (const auto& [k, q] : pairs()) total += q->output.data()[j * stride + n] * k->output.data()[n];
          scores[j * stride + n] = total / static_cast<T>(count);
        }
    }

    void pull(const SelfAttention& pool, const Domain& domain, const std::vector<const T*>& keys,
              const T* dscores, const std::vector<T*>& dkeys, SelfAttention& gradient) {
      key_.zero_gradient(pool.key, domain);
      query_.zero_gradient(pool.query, domain);
      const auto count = static_cast<Index>(keys.size()), stride = domain.stride();
      for (const auto& [k, q] : pairs())
        for (Index j = 0; j < count; ++j)
          for (Index n = 0; n < domain.count; ++n) {
            const T slope = dscores[j * stride + n] / static_cast<T>(count);
            k->gradient.data()[n] += slope * q->output.data()[j * stride + n];
            q->gradient.data()[j * stride + n] += slope * k->output.data()[n];
          }
      key_.pull(pool.key, domain, keys, dkeys, gradient.key);
      query_.pull(pool.query, domain, keys, dkeys, gradient.query);
    }

   private:
    using Head = detail::HeadPass<T, AttentionHead<T>>;

    auto pairs() {
      std::vector<std::pair<typename Head::Instance*, typename Head::Instance*>> pairs;
      for (std::size_t m = 0; m < key_.instances.size(); ++m)
        pairs.emplace_back(&key_.instances[m], &query_.instances[m]);
      return pairs;
    }

    Head key_, query_;
  };
};

/// A pool that scores each instance by itself.
template<class Head>
struct ScorePool {
  using T = typename Head::Scalar;
  using Domain = nn::Samples<T>;
  Head score;

  void initialise(Random& random) { score.initialise(random); }

  template<class Visitor, class... Pools>
  static void visit(Visitor& visitor, const nn::Path& path, Pools&... pools) {
    Head::visit(visitor, path / "Al", pools.score...);
  }

  class Pass {
   public:
    void record(const ScorePool& pool, const Domain& domain, const std::vector<const T*>& keys, T* scores) {
      head_.record(pool.score, domain, keys);
      for (std::size_t m = 0; m < keys.size(); ++m)
        std::copy_n(head_.instances[m].output.data(), domain.stride(),
                    scores + static_cast<Index>(m) * domain.stride());
    }

    void pull(const ScorePool& pool, const Domain& domain, const std::vector<const T*>& keys,
              const T* dscores, const std::vector<T*>& dkeys, ScorePool& gradient) {
      head_.zero_gradient(pool.score, domain);
      for (std::size_t m = 0; m < keys.size(); ++m)
        std::copy_n(dscores + static_cast<Index>(m) * domain.stride(), domain.count,
                    head_.instances[m].gradient.data());
      head_.pull(pool.score, domain, keys, dkeys, gradient.score);
    }

   private:
    detail::HeadPass<T, Head> head_;
  };
};

/// Any of the pools, in the order of `Pool`.
template<class T>
using AnyPool = std::variant<SelfAttention<T>, ScorePool<ScoreHead<T>>, ScorePool<GatedScoreHead<T>>>;

/// A pool for bags of `modalities` instances, its parameters zero.
template<class T>
AnyPool<T> make_pool(Pool kind, Index modalities) {
  if (kind == Pool::attention) return ScorePool<ScoreHead<T>>{make_score_head<T>()};
  if (kind == Pool::gated) return ScorePool<GatedScoreHead<T>>{make_gated_score_head<T>()};
  return SelfAttention<T>{make_attention_head<T>(1), make_attention_head<T>(modalities)};
}

}  // namespace lifelog::mil
