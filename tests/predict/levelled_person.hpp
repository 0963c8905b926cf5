// SPDX-License-Identifier: MIT
#pragma once

#include <lifelog/core/random.hpp>
#include <lifelog/data/dataset.hpp>

/// Minutes whose first sensor stands higher (by `effect`) in class 1, about a level of the person's own; classes change every
/// `run` minutes. The second sensor, a number about `scalar`, tells nothing.
struct Levelled {
  double level, effect, scalar;
  std::size_t minutes, run;
};

inline lifelog::data::DataSet levelled_person(const std::string& user, const Levelled& how) {
  const auto n = how.minutes;
  lifelog::data::DataSet data;
  data.user = user;
  data.classes = {"calm", "tense"};
  data.modalities = {{"series", xt::xtensor<float, 3>({n, 1, 32}), false},
                     {"scalar", xt::xtensor<float, 3>({n, 1, 1}), true}};
  data.label.resize({n});
  data.timestamp.resize({n});
  lifelog::Random random(static_cast<std::uint64_t>(how.level) + 7);
  for (std::size_t i = 0; i < n; ++i) {
    data.label(i) = static_cast<std::int64_t>(i / how.run % 2);
    data.timestamp(i) = static_cast<std::int64_t>(60 * i);
    for (std::size_t t = 0; t < 32; ++t)
      data.modalities[0].values(i, 0, t) =
          static_cast<float>(how.level + how.effect * static_cast<double>(data.label(i)) + random.normal());
    data.modalities[1].values(i, 0, 0) = static_cast<float>(how.scalar + random.normal());
  }
  return data;
}
