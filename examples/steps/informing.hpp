// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "grouping.hpp"
#include "measured.hpp"

namespace lifelog::examples {

/// A person's replicates, or why there are none.
struct MeasuredPerson {
  std::string user;
  std::optional<Measured> measured;
  /// Of the minutes that were told of (`Measured::told`), as `information_blocks` makes them.
  std::vector<Index> blocks;
  std::string reason;
};

/// How the replicates were made, for the file.
struct InformationSettings {
  std::string evaluate;
  Index folds = 4, seeds = 5;
  std::uint64_t seed = 1;
  int threads = 0;
};

/// The content of information.json: what sensors tell of everybody and of the cohort, whether replicates agree, whether there are
/// groups. Parts that cannot be had are absent, and `reason` says why.
nlohmann::ordered_json cohort_information(const std::vector<MeasuredPerson>& people,
                                          const InformationSettings& settings);

/// The groups of an information.json; everybody in one where it tells of none.
UserLists information_groups(const nlohmann::ordered_json& information,
                             const std::vector<std::string>& users);

/// One line for people.
std::string information_summary(const nlohmann::ordered_json& information);

/// The content of faithfulness.json, of people's metrics.json by their names.
nlohmann::ordered_json cohort_faithfulness(
    const std::vector<std::pair<std::string, nlohmann::ordered_json>>& metrics);

}  // namespace lifelog::examples
