// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "../nn/parameters.hpp"

namespace lifelog::inline LIFELOG_ABI::train {

/// Exponential moving average of a network's weights (Polyak & Juditsky 1992; Tarvainen & Valpola 2017):
/// average ← d · average + (1 − d) · weights after each step. The first update copies the weights, so that there is no bias
/// to correct; running statistics and counters are always the newest. As torch.optim.swa_utils.AveragedModel with
/// get_ema_multi_avg_fn(d).
///
///     train::WeightAverage average(net, 0.999);
///     for (…) optimizer.step(net, gradient), average.update(net);
///     evaluate(average.network(), …);
template<class Net>
class WeightAverage {
 public:
  /// decay: d in [0, 1). Throws std::invalid_argument on another.
  WeightAverage(const Net& net, double decay) : average_(net), decay_(decay) {
    lifelog::detail::require(lifelog::detail::is_finite(decay) && decay >= 0 && decay < 1,
                             "weight average: decay must be at least 0 and below 1, got ", decay);
  }

  /// The averaged network; the one given at first before there was an update.
  const Net& network() const { return average_; }
  /// Updates so far.
  std::int64_t updates() const { return updates_; }

  void update(const Net& net) {
    const bool first = updates_++ == 0;
    nn::visit(
        [&]<class T>(const nn::Path&, const nn::Layout& layout, T* average, const T* w) {
          T share = T(1);
          if constexpr (lifelog::detail::real_number<T>)
            if (!first && layout.role == nn::Role::parameter) share = static_cast<T>(1 - decay_);
          for (Index i = 0; i < layout.size(); ++i)
            average[i] = share == T(1) ? w[i] : average[i] + share * (w[i] - average[i]);
        },
        average_, net);
  }

  /// To go on from a file as if never stopped.
  void restore(std::int64_t updates, const Net& average) {
    updates_ = updates;
    average_ = average;
  }

 private:
  Net average_;
  double decay_;
  std::int64_t updates_ = 0;
};

}  // namespace lifelog::train
