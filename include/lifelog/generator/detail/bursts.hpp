// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "../../core/xtensor.hpp"
#include "../plan.hpp"

namespace lifelog::inline LIFELOG_ABI::generator::detail {

/// A stretch of activity: the only place where a label can show. One thing about it tells labels apart (GeneratorEffect), such
/// as the oscillation's frequency (the rate of responses, in skin conductance); all else is drawn alike for all of them.
struct Burst {
  Index begin = 0, length = 0;
  double cycles = 0;  ///< a sample
  double phase = 0, amplitude = 0;
  double push = 0;  ///< constant part
  std::array<double, 3> direction{};
};

/// How far up the ladder of levels a level is, 0…1.
LIFELOG_LAZY double level_share(Index level, Index levels) {
  return levels > 1 ? static_cast<double>(level) / static_cast<double>(levels - 1) : 0.5;
}

/// Frequency of the `level`-th of `levels` levels in cycles a sample: a geometric ladder from 1/22 to 1/4,
/// so that the 29 samples an encoder sees hold at least a period, and steps differ in kind.
LIFELOG_LAZY double burst_cycles(Index level, Index levels) {
  return std::pow(22.0 / 4.0, level_share(level, levels)) / 22.0;
}

/// What drives the bursts of one modality in one minute.
struct BurstSource {
  BurstCode code;
  GeneratorEffect effect = GeneratorEffect::frequency;
  /// Share of the bursts that follow `label`; the others follow a label drawn for the minute and nothing else.
  double share = 1;
  Index label = 0;
  double amplitude = 1;
  std::array<double, 3> direction{};
};

/// Bursts in a minute of `rows` samples. Sources of different shares differ in nothing but this dependence.
LIFELOG_LAZY void draw_bursts(Random& random, Index rows, const BurstSource& source,
                              std::vector<Burst>& bursts) {
  bursts.clear();
  const Index slot = rows < 1000 ? 60 : 160, slots = rows / slot;
  const auto any_label = [&] {
    return static_cast<Index>(random.below(static_cast<std::uint64_t>(source.code.classes)));
  };
  const auto drawn = any_label();
  const auto sure = static_cast<Index>(random.below(static_cast<std::uint64_t>(slots)));
  const bool by_frequency =
      source.effect == GeneratorEffect::frequency || source.effect == GeneratorEffect::coupling;
  const auto idle = by_frequency ? drawn : any_label();  // of the frequency, where that tells nothing
  for (Index s = 0; s < slots; ++s) {
    const double lot = random.uniform();
    const bool follows = random.uniform() < source.share;
    Burst burst;
    burst.length = slot * 5 / 8 + static_cast<Index>(random.below(static_cast<std::uint64_t>(slot / 4)));
    burst.begin =
        s * slot + static_cast<Index>(random.below(static_cast<std::uint64_t>(slot - burst.length + 1)));
    const Index label = follows ? source.label : drawn;
    const double step = level_share(source.code.level(label), source.code.levels());
    const bool active = lot < (source.effect == GeneratorEffect::rate ? 0.2 + 0.7 * step : 0.6) || s == sure;
    burst.cycles = burst_cycles(source.code.level(by_frequency ? label : idle), source.code.levels()) *
                   random.uniform(0.94, 1.06);
    burst.phase = random.uniform();
    burst.amplitude = source.amplitude * random.uniform(0.75, 1.25);
    if (source.effect == GeneratorEffect::amplitude) burst.amplitude *= 0.5 + step;
    if (source.effect == GeneratorEffect::level) burst.push = 2 * step * source.amplitude;
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
inline double response(double turns) {
  const double at = turns - std::floor(turns);
  const double half =
      at < 0.3 ? std::sin(std::numbers::pi / 0.6 * at) : std::cos(std::numbers::pi / 1.4 * (at - 0.3));
  return half * half;
}

inline double oscillation(double turns) {
  return std::cos(2 * std::numbers::pi * turns);
}

/// Adds bursts to `channels` columns of a table, from column 1 on; a single channel takes the amplitude
/// undirected.
template<class Wave>
void add_bursts(const std::vector<Burst>& bursts, Index channels, xt::xtensor<double, 2>& table, Wave wave) {
  const auto width = static_cast<Index>(table.shape(1));
  for (const auto& burst : bursts)
    for (Index i = 0; i < burst.length; ++i) {
      const double swing = burst.amplitude * wave(burst.phase + burst.cycles * static_cast<double>(i));
      const double value = burst_envelope(burst, i) * (swing + burst.push);
      double* row = table.data() + (burst.begin + i) * width + 1;
      if (channels == 1) row[0] += value;
      for (Index c = 0; channels > 1 && c < channels; ++c)
        row[c] += value * burst.direction[static_cast<std::size_t>(c)];
    }
}

}  // namespace lifelog::generator::detail
