// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <lifelog/generator/options.hpp>
#include <string>

#include "../common/program.hpp"

namespace lifelog::examples {

/// The flags of how generated people are.
class GeneratorFlags {
 public:
  void add_to(FlagSet& app, generator::GeneratorOptions& options) {
    app.add_option("--strength", options.strength,
                   "share of bursts in planted sensors that follow tension, 0 = no effect")
        .check(between(0, 1));
    const auto& names = generator::effect_names;
    effect_ = names[static_cast<std::size_t>(options.effect)];
    app.add_option("--effect", effect_, "what about these bursts follows tension")
        .check(one_of({names.begin(), names.end()}));
    app.add_flag("--scalars", options.scalars, "let tension depend on e4Hr and mGps too");
    app.add_option("--label-noise", options.label_noise, "share of minutes that report another tension")
        .check(between(0, 1));
    app.add_option("--imbalance", options.imbalance, "how much shorter a tension lasts than the one below it")
        .check(between(0, 0.9));
    app.add_option("--persistence", options.persistence, "how many times as long a tension lasts")
        .check(between(1, 1000));
    app.add_option("--clock", options.clock, "how exactly the level of sensors tells the time")
        .check(between(0, 1));
    app.add_option("--drift", options.drift, "how far sensors wander in a recording").check(between(0, 10));
    app.add_option("--offsets", options.offsets, "how much people differ in the level of sensors")
        .check(between(0, 10));
    app.add_option(
           "--correlated", options.correlated,
           "share of bursts that follow tension in a sensor which tells again what a planted one tells")
        .check(between(0, 1));
    app.add_option("--decoys", options.decoys,
                   "share of bursts in other sensors that follow a state which lasts like tension")
        .check(between(0, 1));
    app.add_flag("--shared-rules", options.shared_rules, "one rule a group in place of one a person");
  }

  /// Once flags are read.
  void set(generator::GeneratorOptions& options) const {
    const auto& names = generator::effect_names;
    options.effect = static_cast<generator::GeneratorEffect>(std::find(names.begin(), names.end(), effect_) -
                                                             names.begin());
  }

 private:
  std::string effect_;
};

}  // namespace lifelog::examples
