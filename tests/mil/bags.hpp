// SPDX-License-Identifier: MIT
#pragma once

#include <lifelog/core/random.hpp>
#include <lifelog/mil/bags.hpp>

#include <cmath>
#include <vector>

/// Bags that own their values, for tests.
template<class T>
struct OwnedBags {
  std::vector<std::vector<T>> values;
  lifelog::mil::Bags<T> bags;

  OwnedBags() = default;
  OwnedBags(const OwnedBags&) = delete;
  OwnedBags& operator=(const OwnedBags&) = delete;
  OwnedBags(OwnedBags&&) = default;

  /// Standard normal series; scalars around 70.
  void add_noise(const char* name, lifelog::Index channels, lifelog::Index length, lifelog::Random& random) {
    lifelog::mil::Instances<T> instances{name, nullptr, channels, length};
    std::vector<T> noise(static_cast<std::size_t>(bags.count * instances.size()));
    for (auto& v : noise) v = static_cast<T>(channels ? random.normal() : random.normal(70, 8));
    add(instances, std::move(noise));
  }

  void add(lifelog::mil::Instances<T> instances, std::vector<T> own) {
    values.push_back(std::move(own));
    instances.values = values.back().data();
    bags.modalities.push_back(instances);
  }
};

/// Three series of different lengths, one of several channels, and a scalar.
template<class T>
OwnedBags<T> noisy_bags(lifelog::Index count, std::uint64_t seed) {
  OwnedBags<T> owned;
  lifelog::Random random(seed);
  owned.bags.count = count;
  owned.add_noise("acc", 3, 70, random);
  owned.add_noise("bvp", 1, 300, random);
  owned.add_noise("hr", 0, 1, random);
  owned.add_noise("temp", 1, 9, random);
  return owned;
}

/// Bags of two series of noise and one of oscillations, slow or fast by the label; a scalar of noise.
struct PlantedBags {
  OwnedBags<float> owned;
  std::vector<lifelog::Index> labels;

  explicit PlantedBags(lifelog::Index count) {
    lifelog::Random random(3);
    owned.bags.count = count;
    owned.add_noise("first", 1, 120, random);
    std::vector<float> waves;
    for (lifelog::Index n = 0; n < count; ++n) {
      labels.push_back(static_cast<lifelog::Index>(random.below(2)));
      const double frequency = labels.back() ? 1.1 : 0.25, phase = random.uniform(0, 6.28);
      for (lifelog::Index t = 0; t < 120; ++t)
        waves.push_back(
            static_cast<float>(std::sin(frequency * static_cast<double>(t) + phase) + 0.1 * random.normal()));
    }
    owned.add({"oscillating", nullptr, 1, 120}, std::move(waves));
    owned.add_noise("third", 2, 60, random);
  }
};
