// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "../../core/xtensor.hpp"
#include "../plan.hpp"

namespace lifelog::generator::detail {

/// A stretch of activity: the only place where a label can show. Amplitude, length and number are drawn alike
/// for all labels; the oscillation's frequency (the rate of responses, in skin conductance) tells them apart.
struct Burst {
  Index begin = 0, length = 0;
  double cycles = 0;  ///< a sample
  double phase = 0, amplitude = 0;
  std::array<double, 3> direction{};
};

/// Frequency of the `level`-th of `levels` levels in cycles a sample: a geometric ladder from 1/22 to 1/4,
/// so that the 29 samples an encoder sees hold at least a period, and steps differ in kind.
LIFELOG_LAZY double burst_cycles(Index level, Index levels) {
  const double step = levels > 1 ? static_cast<double>(level) / static_cast<double>(levels - 1) : 0.5;
  return std::pow(22.0 / 4.0, step) / 22.0;
}

/// What drives the bursts of one modality in one minute.
struct BurstSource {
  BurstCode code;
  double strength = 1;
  Index label = 0;
  double amplitude = 1;
  std::array<double, 3> direction{};
};

/// Bursts in a minute of `rows` samples. Every burst follows the label if the modality is planted (and the
/// strength says so), else a level drawn for the minute and nothing else: the two differ in nothing but this
/// dependence.
LIFELOG_LAZY void draw_bursts(Random& random, Index rows, const BurstSource& source,
                              std::vector<Burst>& bursts) {
  bursts.clear();
  const Index slot = rows < 1000 ? 60 : 160, slots = rows / slot;
  const auto decoy = static_cast<Index>(random.below(static_cast<std::uint64_t>(source.code.classes)));
  const auto sure = static_cast<Index>(random.below(static_cast<std::uint64_t>(slots)));
  for (Index s = 0; s < slots; ++s) {
    const bool active = random.uniform() < 0.6 || s == sure;
    const bool follows = random.uniform() < source.strength;
    Burst burst;
    burst.length = slot * 5 / 8 + static_cast<Index>(random.below(static_cast<std::uint64_t>(slot / 4)));
    burst.begin =
        s * slot + static_cast<Index>(random.below(static_cast<std::uint64_t>(slot - burst.length + 1)));
    const Index label = source.code.planted && follows ? source.label : decoy;
    burst.cycles = burst_cycles(source.code.level(label), source.code.levels()) * random.uniform(0.94, 1.06);
    burst.phase = random.uniform();
    burst.amplitude = source.amplitude * random.uniform(0.75, 1.25);
    double norm = 0;
    for (std::size_t c = 0; c < 3; ++c) {
      burst.direction[c] = source.direction[c] + 0.3 * random.normal();
      norm += burst.direction[c] * burst.direction[c];
    }
    for (auto& x : burst.direction) x /= std::sqrt(norm);
    if (active) bursts.push_back(burst);
  }
}

/// Fades in and out over a sixth of the burst each.
LIFELOG_LAZY double burst_envelope(const Burst& burst, Index i) {
  const double at = (static_cast<double>(i) + 0.5) / static_cast<double>(burst.length);
  const double edge = std::min({6 * at, 6 * (1 - at), 1.0});
  return edge * edge * (3 - 2 * edge);
}

/// One skin conductance response a period: a rise of 30 % and a decay of 70 % of it, 0…1, mean ½ at every
/// rate.
LIFELOG_LAZY double response(double turns) {
  const double at = turns - std::floor(turns);
  const double half =
      at < 0.3 ? std::sin(std::numbers::pi / 0.6 * at) : std::cos(std::numbers::pi / 1.4 * (at - 0.3));
  return half * half;
}

LIFELOG_LAZY double oscillation(double turns) {
  return std::cos(2 * std::numbers::pi * turns);
}

/// Adds bursts to `channels` columns of a table, from column 1 on; a single channel takes the amplitude
/// undirected.
template<class Wave>
void add_bursts(const std::vector<Burst>& bursts, Index channels, xt::xtensor<double, 2>& table, Wave wave) {
  const auto width = static_cast<Index>(table.shape(1));
  for (const auto& burst : bursts)
    for (Index i = 0; i < burst.length; ++i) {
      const double value = burst.amplitude * burst_envelope(burst, i) *
                           wave(burst.phase + burst.cycles * static_cast<double>(i));
      double* row = table.data() + (burst.begin + i) * width + 1;
      if (channels == 1) row[0] += value;
      for (Index c = 0; channels > 1 && c < channels; ++c)
        row[c] += value * burst.direction[static_cast<std::size_t>(c)];
    }
}

}  // namespace lifelog::generator::detail
