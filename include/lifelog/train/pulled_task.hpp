// SPDX-License-Identifier: MIT
#pragma once

#include <utility>
#include <vector>

#include "../core/finite.hpp"
#include "../nn/parameters.hpp"
#include "trainer.hpp"

namespace lifelog::inline LIFELOG_ABI::train {

/// A task of classes whose loss has strength / 2 · ‖w − w₀‖² added, w₀ being the parameters of the network `towards`: a
/// network that is gone on with on a few items stays near the one that many have made (Evgeniou & Pontil 2004, "Regularized
/// multi-task learning"). Weight decay pulls towards 0, so train with none. The loss that is told is without the pull.
///
///     train::PulledTask pulled(task, network, 3.0);
///     train::train(pulled, rows, {}, options, state);
///
/// Task and network are the caller's. Throws std::invalid_argument for a strength that is negative or not finite.
template<class Task>
class PulledTask {
 public:
  using Network = typename Task::Network;

  PulledTask(Task& task, const Network& towards, double strength)
      : task_(task), towards_(towards), strength_(strength) {
    lifelog::detail::require(lifelog::detail::is_finite(strength) && strength >= 0,
                             "pull: expected a strength of at least 0, got ", strength);
  }

  Index classes() const { return task_.classes(); }
  Index label(Index row) const { return task_.label(row); }

  template<class Loss>
  double step(const Network& net, const std::vector<Index>& rows, const Loss& loss, Network& gradient,
              std::vector<Index>& predicted) {
    const double told = task_.step(net, rows, loss, gradient, predicted);
    nn::visit(
        [&]<lifelog::detail::real_number T>(const nn::Path&, const nn::Layout& layout, const T* w,
                                            const T* towards, T* slope) {
          if (layout.role != nn::Role::parameter) return;
          for (Index i = 0; i < layout.size(); ++i)
            slope[i] += static_cast<T>(strength_) * (w[i] - towards[i]);
        },
        net, towards_, gradient);
    return told;
  }

  void predict(const Network& net, const std::vector<Index>& rows, std::vector<Index>& predicted) {
    task_.predict(net, rows, predicted);
  }

 private:
  Task& task_;
  const Network& towards_;
  double strength_;
};

}  // namespace lifelog::train
