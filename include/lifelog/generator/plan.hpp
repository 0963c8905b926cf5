// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "../core/error.hpp"
#include "../core/random.hpp"
#include "options.hpp"
#include "truth.hpp"

namespace lifelog::inline LIFELOG_ABI::generator {

/// A generated recording of consecutive minutes.
struct GeneratedSession {
  /// Folder name; the start in unix seconds, unless that is the defect.
  std::string folder;
  /// Unix seconds, a multiple of 60.
  std::int64_t start = 0;
  /// Label of each minute: 0…C−1, in order of tension.
  std::vector<Index> level;
  /// What signals follow; empty where that is `level`.
  std::vector<Index> felt;
  /// A state of its own that decoys follow; empty without them.
  std::vector<Index> state;
  /// The recording stands for this defect alone, and is none of the regular ones.
  bool flawed = false;
  DefectKind flaw = DefectKind::missing_folder;
  /// Modality the flaw is about.
  Index flawed_modality = 0;
};

/// What stays the same about a person's body, phone and way of wearing things.
struct PersonTraits {
  /// Burst amplitude relative to the sensor's usual one, and burst direction (unit vector), per modality.
  std::array<double, 9> amplitude{};
  std::array<std::array<double, 3>, 9> direction{};
  /// Unit vector of gravity in wristband and phone, magnetic field in the phone (µT).
  std::array<double, 3> wrist_up{}, phone_up{}, field{};
  double resting_rate = 70, pulse = 8, skin_conductance = 2, skin_temperature = 33;
  double latitude = 36.37, longitude = 127.36;
  /// Constant parts of what wanders from minute to minute.
  std::array<double, 3> offset{};
  /// The phone's gyroscope file has roll, pitch and yaw too.
  bool angles = true;
};

/// How bursts of a modality stand for labels 0…classes−1: border k, between labels k−1 and k, shows in the
/// planted modality number (k − 1) mod `sharers`.
struct BurstCode {
  bool planted = false;
  Index sharers = 1, number = 0, classes = 1;

  /// Level of a label: how many of this modality's borders lie below it.
  Index level(Index label) const { return (label + sharers - 1 - number) / sharers; }
  Index levels() const { return level(classes - 1) + 1; }
};

struct GeneratedPerson {
  std::string user;
  Index group = 0;
  /// Tension of label 0, and the number of labels: tension = lowest + label.
  Index lowest = 1, classes = 4;
  PersonTraits traits;
  std::uint64_t seed = 0;
  std::vector<GeneratedSession> sessions;
};

/// Everything decided before the first sample is drawn.
struct GeneratorPlan {
  GeneratorOptions options;
  std::vector<GeneratedPerson> people;
  /// Modality indices on which the tension of each group depends, ascending.
  std::vector<std::vector<Index>> planted;
  /// [group]: the modality that tells again what the first planted one tells, −1: none.
  std::vector<Index> correlated;
  std::vector<PlantedDefect> defects;

  /// Modalities on which the tension of a person depends.
  const std::vector<Index>& planted_in(Index person) const {
    return planted[static_cast<std::size_t>(people[static_cast<std::size_t>(person)].group)];
  }

  /// What a modality makes of a person's labels. A planted one tells some of the borders between neighbouring
  /// labels; all planted ones together tell all, so none of them can be spared. Others tell borders of labels
  /// drawn at random. Where sensors are coupled, each has a level for each label.
  BurstCode burst_code(Index person, Index modality) const {
    const auto& own = planted_in(person);
    const auto found = std::find(own.begin(), own.end(), modality);
    const auto sets = static_cast<Index>(own.size());
    const bool is_planted = found != own.end();
    const Index classes = people[static_cast<std::size_t>(person)].classes;
    if (options.effect == GeneratorEffect::coupling) return {is_planted, 1, 0, classes};
    if (is_correlated(person, modality)) return {false, sets, 0, classes};
    return {is_planted, sets, is_planted ? found - own.begin() : modality % sets, classes};
  }

  /// Whether a modality tells again what the first planted one of a person tells.
  bool is_correlated(Index person, Index modality) const {
    return correlated[static_cast<std::size_t>(people[static_cast<std::size_t>(person)].group)] == modality;
  }
};

namespace detail {

using lifelog::detail::require;

/// Modalities that are series of a fixed rate; only in these can shape follow a label.
inline constexpr std::array<Index, 7> series_modalities{0, 1, 2, 4, 5, 7, 8};

/// Those in which tension may be planted, ascending.
LIFELOG_LAZY std::vector<Index> plantable(const GeneratorOptions& options) {
  if (options.scalars) return {0, 1, 2, 3, 4, 5, 6, 7, 8};
  return {series_modalities.begin(), series_modalities.end()};
}

/// A set of modalities per group: disjoint while they suffice (three for the first groups, then
/// two), after that pairs that differ from all others, every modality used about equally often.
LIFELOG_LAZY std::vector<std::vector<Index>> plant_groups(Random random, Index groups,
                                                          const std::vector<Index>& among) {
  std::array<Index, 9> used{};
  std::vector<std::vector<Index>> sets;
  const Index triples = std::max<Index>(0, static_cast<Index>(among.size()) - 2 * groups);
  for (Index group = 0; group < groups; ++group) {
    auto order = among;
    random.shuffle(order.begin(), order.end());
    const auto usage = [&used](Index m) { return used[static_cast<std::size_t>(m)]; };
    std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return usage(a) < usage(b); });
    std::vector<Index> chosen;
    if (group < triples) {
      chosen.assign(order.begin(), order.begin() + 3);
    } else {
      Index least = -1;
      for (std::size_t a = 0; a < order.size(); ++a)
        for (std::size_t b = a + 1; b < order.size(); ++b) {
          std::vector<Index> pair{std::min(order[a], order[b]), std::max(order[a], order[b])};
          const Index usages = usage(pair[0]) + usage(pair[1]);
          if ((least >= 0 && usages >= least) || std::find(sets.begin(), sets.end(), pair) != sets.end())
            continue;
          least = usages;
          chosen = pair;
        }
    }
    std::sort(chosen.begin(), chosen.end());
    for (const Index m : chosen) ++used[static_cast<std::size_t>(m)];
    sets.push_back(std::move(chosen));
  }
  return sets;
}

/// For each group a series that is not planted in it, other ones for other groups while they suffice.
LIFELOG_LAZY std::vector<Index> plant_correlated(Random random, const GeneratorOptions& options,
                                                 const std::vector<std::vector<Index>>& planted) {
  std::vector<Index> chosen(planted.size(), -1);
  if (options.correlated == 0 || options.effect == GeneratorEffect::coupling) return chosen;
  auto order = series_modalities;
  random.shuffle(order.begin(), order.end());
  for (std::size_t g = 0; g < planted.size(); ++g) {
    const auto free = std::find_if(order.begin(), order.end(), [&](Index m) {
      return std::find(planted[g].begin(), planted[g].end(), m) == planted[g].end();
    });
    if (free == order.end()) continue;
    chosen[g] = *free;
    std::rotate(free, free + 1, order.end());
  }
  return chosen;
}

LIFELOG_LAZY std::array<double, 3> unit_vector(Random& random) {
  for (;;) {
    std::array<double, 3> v{random.normal(), random.normal(), random.normal()};
    const double norm = std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    if (norm < 0.1) continue;
    for (auto& x : v) x /= norm;
    return v;
  }
}

/// group: where bursts of everybody in the group have one direction, the stream it comes from.
LIFELOG_LAZY PersonTraits draw_traits(Random random, const GeneratorOptions& options, Random group) {
  PersonTraits traits;
  for (auto& amplitude : traits.amplitude) amplitude = random.uniform(0.8, 1.25);
  for (auto& direction : traits.direction) direction = unit_vector(random);
  traits.wrist_up = unit_vector(random);
  traits.phone_up = unit_vector(random);
  traits.field = unit_vector(random);
  for (auto& x : traits.field) x = 30 * x + random.uniform(-8, 8);  // Earth's field and the phone's own iron
  traits.resting_rate = random.uniform(58, 84);
  traits.pulse = random.uniform(6, 10);
  traits.skin_conductance = random.uniform(0.6, 5);
  traits.skin_temperature = random.uniform(31.5, 34.5);
  traits.latitude += random.uniform(-0.06, 0.06);
  traits.longitude += random.uniform(-0.06, 0.06);
  traits.angles = random.uniform() < 0.75;
  if (options.shared_rules)
    for (auto& direction : traits.direction) direction = unit_vector(group);
  if (options.offsets > 0) {
    auto own = random.fork(1);
    for (auto& offset : traits.offset) offset = options.offsets * own.normal();
    for (auto& amplitude : traits.amplitude)
      amplitude *= std::exp(0.1 * options.offsets * std::clamp(own.normal(), -2.0, 2.0));
  }
  return traits;
}

/// Labels that last for some minutes each; no label recurs before all others came, so that they stay
/// balanced.
LIFELOG_LAZY std::vector<Index> draw_levels(Random random, const GeneratorOptions& options, Index classes) {
  const Index minutes = options.minutes;
  const auto usual = static_cast<double>(std::clamp<Index>(minutes / (2 * classes), 1, 12));
  const auto longest =
      static_cast<Index>(std::min(static_cast<double>(minutes), usual * options.persistence));
  const Index shortest = std::max<Index>(1, longest / 4);
  std::vector<Index> cycle(static_cast<std::size_t>(classes)), levels;
  std::iota(cycle.begin(), cycle.end(), Index{0});
  Index last = -1;
  while (static_cast<Index>(levels.size()) < minutes) {
    random.shuffle(cycle.begin(), cycle.end());
    if (cycle.front() == last) std::swap(cycle.front(), cycle.back());
    last = cycle.back();
    for (const Index level : cycle) {
      const auto run =
          shortest + static_cast<Index>(random.below(static_cast<std::uint64_t>(longest - shortest + 1)));
      const double kept = std::pow(1 - options.imbalance, static_cast<double>(level));
      const auto lasts =
          std::max<Index>(1, static_cast<Index>(std::llround(static_cast<double>(run) * kept)));
      levels.insert(levels.end(), static_cast<std::size_t>(lasts), level);
    }
  }
  levels.resize(static_cast<std::size_t>(minutes));
  return levels;
}

/// Makes a share of the minutes report another label than the signals follow.
LIFELOG_LAZY void mislabel(Random random, double share, Index classes, GeneratedSession& session) {
  if (share == 0 || classes < 2) return;
  session.felt = session.level;
  for (auto& level : session.level)
    if (random.uniform() < share)
      level =
          (level + 1 + static_cast<Index>(random.below(static_cast<std::uint64_t>(classes - 1)))) % classes;
}

inline constexpr std::int64_t day_seconds = 86400;

/// Some minute of the morning, `day` days after the study began (2020-08-30, Korean time).
LIFELOG_LAZY std::int64_t session_start(Random& random, Index day) {
  const std::int64_t midnight = 1598713200 + day * day_seconds;
  return midnight + 60 * (330 + static_cast<std::int64_t>(random.below(30)));
}

/// shared: how many modalities tell the labels; each needs a border of its own.
LIFELOG_LAZY GeneratedPerson draw_person(const GeneratorOptions& options, Index index, Index group,
                                         Index shared) {
  GeneratedPerson person;
  const Random random = Random(options.seed).fork(1000 + static_cast<std::uint64_t>(index));
  person.user = std::to_string(101 + index);
  person.group = group;
  auto choice = random.fork(1);
  // With fewer labels the first sensor learnt leaves too little to learn for the others to matter.
  person.classes = std::max(shared + 1, 4 + static_cast<Index>(choice.below(2)));
  person.lowest = 1 + static_cast<Index>(choice.below(static_cast<std::uint64_t>(8 - person.classes)));
  if (options.shared_rules) person.classes = 5, person.lowest = 1;
  person.traits = draw_traits(random.fork(2), options,
                              Random(options.seed).fork(9).fork(static_cast<std::uint64_t>(group)));
  person.seed = random.fork(3)();
  auto days = random.fork(4);
  for (Index s = 0; s < options.sessions; ++s) {
    GeneratedSession session;
    session.start = session_start(days, s);
    session.folder = std::to_string(session.start);
    session.level = draw_levels(random.fork(100 + static_cast<std::uint64_t>(s)), options, person.classes);
    mislabel(random.fork(10000 + static_cast<std::uint64_t>(s)), options.label_noise, person.classes,
             session);
    if (options.decoys > 0)
      session.state =
          draw_levels(random.fork(20000 + static_cast<std::uint64_t>(s)), options, person.classes);
    person.sessions.push_back(std::move(session));
  }
  return person;
}

}  // namespace detail
}  // namespace lifelog::generator
