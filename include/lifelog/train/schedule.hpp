// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <span>

#include "../core/error.hpp"
#include "../core/finite.hpp"

// What the learning rate is multiplied by, step by step. A schedule is a function of how far a run is and of its scores, and
// has no state of its own: a run that is gone on with has the rates of one that never stopped.

namespace lifelog::inline LIFELOG_ABI::train {

/// How far a run is, before a step.
struct Progress {
  double epochs = 0;  ///< passes over the training rows behind it: 2.25 in the third, a quarter done
  std::span<const double>
      scores;  ///< of each epoch that is done, higher is better: validation's, without it −loss
};

/// The factor of the learning rate, finite and ≥ 0. Empty: 1 throughout. Any function of this shape will do.
using Schedule = std::function<double(const Progress&)>;

/// From `start` up to 1 in a straight line over the warm-up, then down along half a cosine (Loshchilov & Hutter 2017, eq. 5)
/// to `lowest`, where it stays. As PyTorch's SequentialLR of LinearLR and CosineAnnealingLR, which a step need not be an epoch
/// for.
///
/// | option  | default | description                                                           |
/// |---------|---------|-----------------------------------------------------------------------|
/// | total   | 1000    | epochs at whose end `lowest` is reached, above `warm_up`              |
/// | warm_up | 0       | epochs of rising, ≥ 0, fractions as well                              |
/// | start   | 0.01    | factor of the first step of a warm-up, in [0, 1]                      |
/// | lowest  | 0       | factor at the end, in [0, 1]                                          |
struct CosineSchedule {
  double total = 1000;
  double warm_up = 0;
  double start = 0.01;
  double lowest = 0;

  /// Throws std::invalid_argument on options out of range.
  double operator()(const Progress& at) const {
    using lifelog::detail::is_finite;
    using lifelog::detail::require;
    require(is_finite(warm_up) && warm_up >= 0, "cosine schedule: warm_up must be at least 0, got ", warm_up);
    require(is_finite(total) && total > warm_up, "cosine schedule: total must be above the warm-up of ",
            warm_up, ", got ", total);
    require(start >= 0 && start <= 1, "cosine schedule: start must be in 0…1, got ", start);
    require(lowest >= 0 && lowest <= 1, "cosine schedule: lowest must be in 0…1, got ", lowest);
    if (at.epochs < warm_up) return start + (1 - start) * at.epochs / warm_up;
    const double done = std::min(1.0, (at.epochs - warm_up) / (total - warm_up));
    return lowest + (1 - lowest) * (1 + std::cos(std::numbers::pi * done)) / 2;
  }
};

/// Multiplied by `factor` after every `every` epochs, as PyTorch's StepLR.
///
/// | option | default | description                   |
/// |--------|---------|-------------------------------|
/// | every  | 30      | epochs between two drops, ≥ 1 |
/// | factor | 0.1     | of each drop, in (0, 1]       |
struct StepSchedule {
  int every = 30;
  double factor = 0.1;

  /// Throws std::invalid_argument on options out of range.
  double operator()(const Progress& at) const {
    lifelog::detail::require(every >= 1, "step schedule: every must be at least 1, got ", every);
    lifelog::detail::require(factor > 0 && factor <= 1,
                             "step schedule: factor must be above 0, at most 1, got ", factor);
    return std::pow(factor, std::floor(at.epochs / every));
  }
};

/// Multiplied by `factor` when the score has not risen above its best by more than `threshold` for more than `patience`
/// epochs; as PyTorch's ReduceLROnPlateau with mode="max", threshold_mode="abs", eps=0. Worked out anew from all scores, so
/// that it needs no state.
///
/// | option    | default | description                                                         |
/// |-----------|---------|---------------------------------------------------------------------|
/// | factor    | 0.1     | of each drop, in (0, 1)                                             |
/// | patience  | 10      | epochs without a better score that are borne, ≥ 0                   |
/// | threshold | 1e-4    | how much higher a better score is, ≥ 0                              |
/// | cooldown  | 0       | epochs after a drop in which nothing is counted, ≥ 0                |
/// | lowest    | 0       | factor that is not gone below, in [0, 1]                            |
struct PlateauSchedule {
  double factor = 0.1;
  int patience = 10;
  double threshold = 1e-4;
  int cooldown = 0;
  double lowest = 0;

  /// Throws std::invalid_argument on options out of range.
  double operator()(const Progress& at) const {
    require_options();
    double rate = 1, best = std::numeric_limits<double>::lowest();
    int bad = 0, cooling = 0;
    for (const double& score : at.scores) {
      if (!lifelog::detail::is_nan(score) && score > best + threshold)
        best = score, bad = 0;
      else
        ++bad;
      if (cooling > 0) --cooling, bad = 0;
      if (bad <= patience) continue;
      rate = std::max(rate * factor, lowest);
      cooling = cooldown, bad = 0;
    }
    return rate;
  }

 private:
  void require_options() const {
    using lifelog::detail::require;
    require(factor > 0 && factor < 1, "plateau schedule: factor must be above 0 and below 1, got ", factor);
    require(patience >= 0, "plateau schedule: patience must be at least 0, got ", patience);
    require(threshold >= 0, "plateau schedule: threshold must be at least 0, got ", threshold);
    require(cooldown >= 0, "plateau schedule: cooldown must be at least 0, got ", cooldown);
    require(lowest >= 0 && lowest <= 1, "plateau schedule: lowest must be in 0…1, got ", lowest);
  }
};

}  // namespace lifelog::train
