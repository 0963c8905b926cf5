// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "../core/finite.hpp"
#include "../nn/names.hpp"

namespace lifelog::inline LIFELOG_ABI::train {

/// One tensor's comparison of a gradient with central differences.
struct TensorCheck {
  std::string name;
  double norm;      ///< of the differences
  double absolute;  ///< ‖gradient − differences‖
  double error;     ///< absolute / norm; infinite where the differences vanish but the gradient does not
};

struct GradientCheck {
  std::vector<TensorCheck> tensors;

  /// The tensor with the largest error; a gradient that is zero on both sides proves nothing, and one that is
  /// not a number is no gradient: both count as infinitely wrong.
  TensorCheck worst() const {
    TensorCheck worst{"", 0, 0, -1};
    for (const auto& tensor : tensors) {
      const bool compared = tensor.norm > 0 && tensor.error >= 0;
      const double error = compared ? tensor.error : std::numeric_limits<double>::infinity();
      if (error > worst.error) worst = {tensor.name, tensor.norm, tensor.absolute, error};
    }
    return worst;
  }
};

/// Compares `gradient` (a network of the same type) with central differences of `loss(net)` in every trained
/// scalar. Use double: single precision cannot tell a wrong gradient from rounding.
///
///     auto check = train::gradient_check(net, gradient, [&](const auto& n) { return loss_of(n); });
///     assert(check.worst().error < 1e-6);
template<class Net, class Loss>
GradientCheck gradient_check(Net net, const Net& gradient, Loss loss, double step = 1e-5) {
  GradientCheck check;
  nn::visit(
      [&]<lifelog::detail::real_number T>(const nn::Path& path, const nn::Layout& layout, T* w, const T* g) {
        if (layout.role != nn::Role::parameter) return;
        double norm = 0, error = 0;
        for (Index i = 0; i < layout.size(); ++i) {
          const auto held = w[i];
          w[i] = held + step;
          const double above = loss(net);
          w[i] = held - step;
          const double below = loss(net);
          w[i] = held;
          const double difference = (above - below) / (2 * step);
          norm += difference * difference;
          error += (g[i] - difference) * (g[i] - difference);
        }
        norm = std::sqrt(norm);
        error = std::sqrt(error);
        check.tensors.push_back({nn::to_string(path), norm, error,
                                 error == 0 ? 0
                                 : norm > 0 ? error / norm
                                            : std::numeric_limits<double>::infinity()});
      },
      net, gradient);
  return check;
}

}  // namespace lifelog::train
