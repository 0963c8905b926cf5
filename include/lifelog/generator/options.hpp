// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "../core/config.hpp"
#include "../core/error.hpp"
#include "../core/finite.hpp"

namespace lifelog::inline LIFELOG_ABI::generator {

/// By what planted series tell the label; all else about them is drawn whatever the label.
enum class GeneratorEffect {
  frequency,  ///< how fast bursts swing: mean and variance of a signal tell nothing
  amplitude,  ///< how far they swing, half to one and a half times the usual
  rate,       ///< how many of them there are
  level,      ///< how far the signal is pushed while a burst lasts
  coupling  ///< how fast bursts swing in all planted series taken together; each of them alone tells nothing
};

inline constexpr std::array<const char*, 5> effect_names{"frequency", "amplitude", "rate", "level",
                                                         "coupling"};

/// What `synthesize` is asked for. Everything generated is a function of these values.
struct GeneratorOptions {
  Index users = 20;
  /// Regular recordings a person; defects may add short ones.
  Index sessions = 3;
  /// Minutes a regular recording, consecutive.
  Index minutes = 120;
  /// Groups of people, as even as possible; at most `users` and the number of pairs of sensors: 21, or 36 with `scalars`.
  Index groups = 5;
  /// Defects as a share of the regular minutes, 0…1.
  double dirt = 0.02;
  /// Share of bursts in a planted modality that follow the label, 0 (no effect) … 1.
  double strength = 1;
  GeneratorEffect effect = GeneratorEffect::frequency;
  /// Tension may depend on e4Hr and mGps too, by their level (mGps: place, and with it accuracy).
  bool scalars = false;
  /// Share of minutes, 0…1, that report another label than the one their signals follow.
  double label_noise = 0;
  /// Each label lasts this share shorter than the one below it, 0 (all alike) … 0.9.
  double imbalance = 0;
  /// How many times as long labels last, at least 1: neighbouring minutes are the more alike.
  double persistence = 1;
  /// How exactly the level of sensors tells the time, 0…1: at 1 all of them rise from a person's first minute to the
  /// last without other wandering. Labels last, so who has seen the minutes next to a minute knows its label without any effect of it.
  double clock = 0;
  /// How far sensors wander within a recording, 0…10, in multiples of what they do from minute to minute.
  double drift = 0;
  /// How much people differ in the level of their sensors, 0…10, in such multiples, and in how far these swing.
  double offsets = 0;
  /// Share of bursts, 0…1, that follow the label in a sensor correlated with a planted one: there is one a group, which
  /// tells again what the first planted sensor tells.
  double correlated = 0;
  /// Share of bursts, 0…1, that in all sensors that are not planted follow a state of its own, which lasts like the label
  /// and has nothing to do with it.
  double decoys = 0;
  /// One rule a group: everybody has the same tensions, and bursts have a direction of the group. Without, every person
  /// has tensions and directions of his own, and predictors of a group have little to share.
  bool shared_rules = false;
  std::uint64_t seed = 0;
  /// Threads that write (0: all); no influence on what is written.
  int threads = 0;
};

namespace detail {

/// Throws std::invalid_argument that names an option out of its range.
LIFELOG_LAZY void check(const GeneratorOptions& options) {
  using lifelog::detail::require;
  const auto at_least_one = [](Index value, const char* name) {
    require(value >= 1, name, ": expected at least 1, got ", value);
  };
  const auto within = [](double value, double least, double most, const char* name) {
    require(!lifelog::detail::is_nan(value) && value >= least && value <= most, name,
            ": expected a number in [", least, ", ", most, "], got ", value);
  };
  at_least_one(options.users, "users");
  at_least_one(options.sessions, "sessions");
  at_least_one(options.minutes, "minutes");
  at_least_one(options.groups, "groups");
  require(options.users <= 10000, "users: expected at most 10000, got ", options.users);
  require(options.minutes <= 1080, "minutes: expected at most 1080 (18 hours of a day), got ",
          options.minutes);
  require(options.sessions <= 3650, "sessions: expected at most 3650, got ", options.sessions);
  require(options.minutes <= 10'000'000 / options.sessions / options.users,
          "users, sessions, minutes: expected a product of at most 10000000, got ", options.users, ", ",
          options.sessions, ", ", options.minutes);
  const Index most_groups = options.scalars ? 36 : 21;
  require(options.groups <= std::min(options.users, most_groups), "groups: expected at most users (",
          options.users, ") and ", most_groups, ", got ", options.groups);
  within(options.dirt, 0, 1, "dirt");
  within(options.strength, 0, 1, "strength");
  within(options.label_noise, 0, 1, "label_noise");
  within(options.imbalance, 0, 0.9, "imbalance");
  within(options.persistence, 1, 1000, "persistence");
  within(options.clock, 0, 1, "clock");
  within(options.drift, 0, 10, "drift");
  within(options.offsets, 0, 10, "offsets");
  within(options.correlated, 0, 1, "correlated");
  within(options.decoys, 0, 1, "decoys");
}

}  // namespace detail
}  // namespace lifelog::generator
