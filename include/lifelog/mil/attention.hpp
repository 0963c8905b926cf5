// SPDX-License-Identifier: MIT
#pragma once

#include <variant>
#include <vector>

#include "../core/finite.hpp"
#include "bag_network.hpp"

namespace lifelog::mil::detail {

/// Weighs the instances of a batch of bags by a network's pool and mixes their values. Planes are [row][sample],
/// `domain.stride()` apart.
template<class T>
class AttentionPass {
 public:
  using Domain = nn::Samples<T>;

  /// keys, values: a plane of key_size and one of `classes` rows for each modality. Afterwards `importance`
  /// (M rows) and `log_probabilities` (`classes` rows) are set.
  void forward(const BagNetwork<T>& net, const Domain& domain, const std::vector<const T*>& keys,
               const std::vector<const T*>& values) {
    importance.setZero(net.modalities(), domain.stride());
    log_probabilities.setZero(net.classes(), domain.stride());
    std::visit([&](const auto& pool) { pass_of(pool).record(pool, domain, keys, importance.data()); },
               net.pool);
    for (Index n = 0; n < domain.count; ++n) {
      auto weights = importance.col(n);
      weights = (weights - weights.maxCoeff()).exp();
      weights /= weights.sum();
      mix(net, domain, values, n);
    }
  }

  /// dlog: the loss's derivative in log_probabilities. Adds to the gradient of the pool, and to dkeys and dvalues,
  /// planes like keys and values.
  void backward(const BagNetwork<T>& net, const Domain& domain, const std::vector<const T*>& keys,
                const std::vector<const T*>& values, const T* dlog, const std::vector<T*>& dkeys,
                const std::vector<T*>& dvalues, BagNetwork<T>& gradient) {
    const Index count = net.modalities(), stride = domain.stride();
    dscores_.setZero(count, stride);
    Eigen::Array<T, Eigen::Dynamic, 1> dmix(net.classes());
    for (Index n = 0; n < domain.count; ++n) {
      T total = 0;
      for (Index c = 0; c < net.classes(); ++c) total += dlog[c * stride + n];
      for (Index c = 0; c < net.classes(); ++c)
        dmix[c] = dlog[c * stride + n] - std::exp(log_probabilities(c, n)) * total;
      auto dscore = dscores_.col(n);
      for (Index m = 0; m < count; ++m) {
        const auto at = static_cast<std::size_t>(m);
        for (Index c = 0; c < net.classes(); ++c) {
          dscore[m] += dmix[c] * values[at][c * stride + n];
          dvalues[at][c * stride + n] += dmix[c] * importance(m, n);
        }
      }
      const T mean = (dscore * importance.col(n)).sum();
      dscore = importance.col(n) * (dscore - mean);
      if (!lifelog::detail::all_finite(dscore)) slopes_in_scale(dmix, domain, values, n);
    }
    std::visit(
        [&](const auto& pool) {
          using Kind = std::remove_cvref_t<decltype(pool)>;
          pass_of(pool).pull(pool, domain, keys, dscores_.data(), dkeys, std::get<Kind>(gradient.pool));
        },
        net.pool);
  }

  Eigen::Array<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> importance, log_probabilities;

 private:
  /// The pass that belongs to a pool, made when the pool is first seen.
  template<class Kind>
  typename Kind::Pass& pass_of(const Kind&) {
    using Pass = typename Kind::Pass;
    if (!std::holds_alternative<Pass>(pass_)) pass_.template emplace<Pass>();
    return std::get<Pass>(pass_);
  }

  void mix(const BagNetwork<T>& net, const Domain& domain, const std::vector<const T*>& values, Index n) {
    auto out = log_probabilities.col(n);
    for (Index m = 0; m < net.modalities(); ++m)
      for (Index c = 0; c < net.classes(); ++c)
        out[c] += importance(m, n) * values[static_cast<std::size_t>(m)][c * domain.stride() + n];
    const T largest = out.maxCoeff();
    out -= largest + std::log((out - largest).exp().sum());
    for (Index c = 0; c < net.classes(); ++c) out[c] = lifelog::detail::finite_log(out[c]);
  }

  /// The slopes of sample n's scores where a difference of log-probabilities is too large for T: of values a power of two
  /// smaller.
  void slopes_in_scale(const Eigen::Array<T, Eigen::Dynamic, 1>& dmix, const Domain& domain,
                       const std::vector<const T*>& values, Index n) {
    constexpr T scale = T(1) / (1 << 20);
    auto dscore = dscores_.col(n);
    for (Index m = 0; m < dscore.size(); ++m) {
      dscore[m] = 0;
      for (Index c = 0; c < dmix.size(); ++c)
        dscore[m] += dmix[c] * (values[static_cast<std::size_t>(m)][c * domain.stride() + n] * scale);
    }
    const T mean = (dscore * importance.col(n)).sum();
    dscore = importance.col(n) * (dscore - mean) / scale;
  }

  std::variant<typename SelfAttention<T>::Pass, typename ScorePool<ScoreHead<T>>::Pass,
               typename ScorePool<GatedScoreHead<T>>::Pass>
      pass_;
  Eigen::Array<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> dscores_;
};

}  // namespace lifelog::mil::detail
