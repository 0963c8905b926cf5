// SPDX-License-Identifier: MIT
#pragma once

#include <variant>
#include <vector>

#include "../core/finite.hpp"
#include "bag_network.hpp"

namespace lifelog::inline LIFELOG_ABI::mil::detail {

/// From keys to log-probabilities: scores, weighs and mixes the instances of a batch of bags by a network's heads, and pulls the
/// gradient back. Planes are [row][lane]; a lane is an instance of a kind, or a bag. The same for all encoders with keys of
/// `keys_size`.
template<class T, Index keys_size, class Pools>
class PoolPass {
 public:
  using Value = ValueHead<T, keys_size>;
  /// What follows those of several pools that anything follows is the same; the last is one of them.
  using After =
      typename HeadAfter<std::variant_alternative_t<std::variant_size_v<Pools> - 1, Pools>, Value>::Type;
  using Heads = BagHeads<const Pools, const Value>;
  using Gradient = BagHeads<Pools, Value>;
  using Domain = nn::Samples<T>;
  using Batch = BagBatch<T>;
  using Plane = Eigen::Array<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

  /// keys: a plane [key_size] for each kind, of its instances.
  void forward(const Heads& net, const Batch& batch, const std::vector<const T*>& keys) {
    const auto rules = rules_of(net);
    const auto places = batch.places.size();
    importance.setZero(net.modalities(), batch.bags.stride());
    log_probabilities.setZero(net.classes(), batch.bags.stride());
    contributions.resize(rules.after ? 0 : static_cast<Index>(places), net.classes());
    weights.assign(places, T(0));
    std::visit([&](const auto& pool) { pass_of(pool).record(pool, batch, keys, weights.data()); }, net.pool);
    for (Index n = 0; n < batch.bags.count; ++n)
      rules.weigh(weights.data() + batch.first(n), batch.last(n) - batch.first(n));
    shares = weights;
    if (rules.after) {
      mix_keys(rules, batch, keys);
      rules.after->record(batch.bags, bag_value_, mixed_.data(), log_probabilities.data());
    } else {
      if (rules.form == Form::keys) scale_keys(batch, keys);
      values_.record(values_of(net), batch, rules.form == Form::keys ? views(scaled_) : keys);
      for (Index n = 0; n < batch.bags.count; ++n) {
        mix(rules, batch, n);
        normalise(log_probabilities.col(n));
      }
    }
    share_out(rules, batch);
  }

  /// dlog: the loss's derivative in `log_probabilities`. Adds to the gradient of the pool and of the value heads, and to dkeys,
  /// planes like keys.
  void backward(const Heads& net, const Batch& batch, const std::vector<const T*>& keys, const T* dlog,
                const std::vector<T*>& dkeys, const Gradient& gradient) {
    const auto rules = rules_of(net);
    dscores_.assign(batch.places.size(), T(0));
    if (rules.after) {
      dmixed_.setZero(mixed_.rows(), batch.bags.stride());
      rules.after->pull(batch.bags, bag_value_, mixed_.data(), log_probabilities.data(), dlog, dmixed_.data(),
                        *after_of(gradient));
      unmix_keys(rules, batch, keys, dkeys);
    } else {
      unmix_predictions(rules, net, batch, dlog);
      const auto heads = values_of(net);
      const auto gradients = [&](std::size_t m) -> auto& {
        return *gradient.values[m];
      };
      if (rules.form == Form::keys) {
        zero_like(batch, dscaled_);
        values_.pull(heads, batch, views(scaled_), pointers(dscaled_), gradients);
        unscale_keys(batch, keys, dkeys);
      } else {
        values_.pull(heads, batch, keys, dkeys, gradients);
      }
    }
    for (Index n = 0; rules.form != Form::predictions && n < batch.bags.count; ++n)
      rules.pull(weights.data() + batch.first(n), dscores_.data() + batch.first(n),
                 batch.last(n) - batch.first(n));
    std::visit(
        [&](const auto& pool) {
          using Pool = std::remove_cvref_t<decltype(pool)>;
          pass_of(pool).pull(pool, batch, keys, dscores_.data(), dkeys, std::get<Pool>(gradient.pool));
        },
        net.pool);
  }

  /// [kinds × bags]: weights of the instances of a kind, summed; those of a bag sum to 1.
  Plane importance;
  /// [classes × bags]
  Plane log_probabilities;

  /// [places × classes]: what an instance adds to its bag's prediction, before the log-softmax; none of embeddings, which have
  /// no such parts.
  Plane contributions;
  /// [places]: what is mixed by, and an instance's part of its bag: those of a bag sum to 1.
  std::vector<T> weights, shares;

 private:
  /// What a pool does beside scoring; everything here is compiled once for all of them.
  struct Rules {
    Form form;
    void (*weigh)(T*, Index);
    void (*pull)(const T*, T*, Index);
    T (*mix)(const T*, const T*, Index, T*);
    bool sums_to_one, weighted;
    const After* after;  ///< the head of embeddings, or none

    /// The row of a kind's key among what is mixed.
    Index row(Index kind, Index k) const { return form == Form::side_by_side ? kind * keys_size + k : k; }
  };

  static Rules rules_of(const Heads& net) {
    Rules rules = std::visit(
        [](const auto& pool) {
          using Pool = std::remove_cvref_t<decltype(pool)>;
          using Weighing = typename Pool::Weighing;
          using Mixing = typename Pool::Mixing;
          return Rules{Pool::form,
                       Weighing::template weigh<T>,
                       Weighing::template pull<T>,
                       Mixing::template mix<T>,
                       Weighing::sums_to_one,
                       Mixing::weighted,
                       nullptr};
        },
        net.pool);
    rules.after = after_of<const After>(net);
    return rules;
  }

  template<class Head = After, class Net>
  static Head* after_of(const Net& heads) {
    return std::visit(
        [](auto& pool) -> Head* {
          if constexpr (value_follows(std::remove_cvref_t<decltype(pool)>::form))
            return &pool.value;
          else
            return nullptr;
        },
        heads.pool);
  }

  /// The pass that belongs to a pool, made when the pool is first seen.
  template<class Pool>
  typename Pool::Pass& pass_of(const Pool&) {
    using Pass = typename Pool::Pass;
    if (!std::holds_alternative<Pass>(pass_)) pass_.template emplace<Pass>();
    return std::get<Pass>(pass_);
  }

  static auto values_of(const Heads& net) {
    return [&net](std::size_t m) -> const auto& {
      return *net.values[m];
    };
  }

  // --- predictions ---

  // Of class c, the predictions of a bag's instances.
  const T* values_at(const Batch& batch, Index n, Index c) {
    row_.clear();
    for (Index p = batch.first(n); p < batch.last(n); ++p) row_.push_back(value_at(batch, p, c));
    return row_.data();
  }

  void mix(const Rules& rules, const Batch& batch, Index n) {
    const Index first = batch.first(n), count = batch.last(n) - first;
    share_.resize(at(count));
    for (Index c = 0; c < log_probabilities.rows(); ++c) {
      const T* const value = values_at(batch, n, c);
      log_probabilities(c, n) = rules.mix(weights.data() + first, value, count, share_.data());
      for (Index m = 0; m < count; ++m) contributions(first + m, c) = share_[at(m)] * value[m];
      if (!rules.weighted)  // a part of a bag is that of its classes, on average
        for (Index m = 0; m < count; ++m)
          shares[at(first + m)] = (c == 0 ? T(0) : shares[at(first + m)]) +
                                  share_[at(m)] / static_cast<T>(log_probabilities.rows());
    }
  }

  void unmix_predictions(const Rules& rules, const Heads& net, const Batch& batch, const T* dlog) {
    const Index classes = net.classes(), stride = batch.bags.stride();
    values_.zero_gradient(values_of(net), batch);
    std::vector<T> dmix(at(classes));
    for (Index n = 0; n < batch.bags.count; ++n) {
      T total = 0;
      for (Index c = 0; c < classes; ++c) total += dlog[c * stride + n];
      for (Index c = 0; c < classes; ++c)
        dmix[at(c)] = dlog[c * stride + n] - std::exp(log_probabilities(c, n)) * total;
      unmix(rules, batch, n, dmix);
    }
  }

  void unmix(const Rules& rules, const Batch& batch, Index n, const std::vector<T>& dmix) {
    const Index first = batch.first(n), count = batch.last(n) - first;
    share_.resize(at(count));
    for (Index c = 0; c < static_cast<Index>(dmix.size()); ++c) {
      rules.mix(weights.data() + first, values_at(batch, n, c), count, share_.data());
      for (Index m = 0; m < count; ++m) {
        const auto& place = batch.place(first + m);
        values_.slope(batch, place.kind, c, place.lane) += dmix[at(c)] * share_[at(m)];
      }
    }
    if (rules.form != Form::predictions || !rules.weighted) return;
    pull_weights(rules, batch, n, dmix, T(1));
    // A difference of log-probabilities may be too large for T: of values a power of two smaller, then.
    if (!lifelog::detail::all_finite(dscores_.data() + first, count))
      pull_weights(rules, batch, n, dmix, T(1) / (1 << 20));
  }

  void pull_weights(const Rules& rules, const Batch& batch, Index n, const std::vector<T>& dmix, T scale) {
    const Index first = batch.first(n), count = batch.last(n) - first;
    T* const slope = dscores_.data() + first;
    for (Index m = 0; m < count; ++m) {
      slope[m] = 0;
      for (Index c = 0; c < static_cast<Index>(dmix.size()); ++c)
        slope[m] += dmix[at(c)] * (value_at(batch, first + m, c) * scale);
    }
    rules.pull(weights.data() + first, slope, count);
    for (Index m = 0; m < count; ++m) slope[m] /= scale;
  }

  T value_at(const Batch& batch, Index p, Index c) const {
    return values_.output(batch, batch.place(p).kind, c, batch.place(p).lane);
  }

  template<class Column>
  static void normalise(Column&& out) {
    T largest = out[0], sum = 0;
    for (Index c = 1; c < out.size(); ++c) largest = std::max<T>(largest, out[c]);
    for (Index c = 0; c < out.size(); ++c) sum += std::exp(out[c] - largest);
    const T all = largest + std::log(sum);
    for (Index c = 0; c < out.size(); ++c) out[c] = lifelog::detail::finite_log(T(out[c] - all));
  }

  // --- keys ---

  void mix_keys(const Rules& rules, const Batch& batch, const std::vector<const T*>& keys) {
    mixed_.setZero(rules.after->inputs(), batch.bags.stride());
    for_keys(batch, keys, [&](Index n, Index p, Index k, T key) {
      mixed_(rules.row(batch.place(p).kind, k), n) += weights[at(p)] * key;
    });
  }

  void unmix_keys(const Rules& rules, const Batch& batch, const std::vector<const T*>& keys,
                  const std::vector<T*>& dkeys) {
    for_keys(batch, keys, [&](Index n, Index p, Index k, T key) {
      const T slope = dmixed_(rules.row(batch.place(p).kind, k), n);
      dscores_[at(p)] += slope * key;
      slope_of(batch, dkeys, p, k) += weights[at(p)] * slope;
    });
  }

  void scale_keys(const Batch& batch, const std::vector<const T*>& keys) {
    zero_like(batch, scaled_);
    const auto planes = pointers(scaled_);
    for_keys(batch, keys,
             [&](Index, Index p, Index k, T key) { slope_of(batch, planes, p, k) = weights[at(p)] * key; });
  }

  void unscale_keys(const Batch& batch, const std::vector<const T*>& keys, const std::vector<T*>& dkeys) {
    const auto slopes = pointers(dscaled_);
    for_keys(batch, keys, [&](Index, Index p, Index k, T key) {
      const T slope = slope_of(batch, slopes, p, k);
      dscores_[at(p)] += slope * key;
      slope_of(batch, dkeys, p, k) += weights[at(p)] * slope;
    });
  }

  // body(bag, place, row of the key, its value): rows one after the other, since a row's lanes lie side by side.
  template<class Body>
  void for_keys(const Batch& batch, const std::vector<const T*>& keys, const Body& body) {
    for (Index n = 0; n < batch.bags.count; ++n)
      for (Index k = 0; k < keys_size; ++k)
        for (Index p = batch.first(n); p < batch.last(n); ++p) {
          const auto& place = batch.place(p);
          const auto m = static_cast<std::size_t>(place.kind);
          body(n, p, k, keys[m][k * batch.kinds[m].stride() + place.lane]);
        }
  }

  static T& slope_of(const Batch& batch, const std::vector<T*>& planes, Index p, Index k) {
    const auto& place = batch.place(p);
    const auto m = static_cast<std::size_t>(place.kind);
    return planes[m][k * batch.kinds[m].stride() + place.lane];
  }

  static void zero_like(const Batch& batch, std::vector<Plane>& planes) {
    planes.resize(batch.kinds.size());
    for (std::size_t m = 0; m < planes.size(); ++m) planes[m].setZero(keys_size, batch.kinds[m].stride());
  }
  static std::vector<T*> pointers(std::vector<Plane>& planes) {
    std::vector<T*> result;
    for (auto& plane : planes) result.push_back(plane.data());
    return result;
  }
  static std::vector<const T*> views(const std::vector<Plane>& planes) {
    std::vector<const T*> result;
    for (const auto& plane : planes) result.push_back(plane.data());
    return result;
  }

  void share_out(const Rules& rules, const Batch& batch) {
    for (Index n = 0; n < batch.bags.count; ++n) {
      T sum = 0;
      for (Index p = batch.first(n); p < batch.last(n); ++p) sum += shares[at(p)];
      for (Index p = batch.first(n); p < batch.last(n); ++p) {
        if (!rules.sums_to_one) shares[at(p)] /= sum;
        importance(batch.place(p).kind, n) += shares[at(p)];
      }
    }
  }

  static std::size_t at(Index i) { return static_cast<std::size_t>(i); }

  HeadPass<T, Value> values_;
  typename After::template Tape<Domain> bag_value_;
  Plane mixed_, dmixed_;
  std::vector<Plane> scaled_, dscaled_;
  std::vector<T> dscores_, share_, row_;

  template<class Variant>
  struct PassesOf;
  template<class... Any>
  struct PassesOf<std::variant<Any...>> {
    using Type = std::variant<std::monostate, typename Any::Pass...>;
  };
  typename PassesOf<Pools>::Type pass_;
};

template<class T, class Encoders>
using PoolPassOf = PoolPass<T, BagNetwork<T, Encoders>::key_size, typename BagNetwork<T, Encoders>::Pools>;

}  // namespace lifelog::mil::detail
