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
