// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "report.hpp"

namespace lifelog::examples::report {

/// "Skin conductance"; what files call it where nothing better is known.
std::string sensor_name(const Report& report, const std::string& sensor);

/// "Skin conductance (µS)".
std::string sensor_and_unit(const Report& report, const std::string& sensor);

/// "a", "a and b", "a, b and c"; of more than `most` the first of them, "and 7 more".
std::string listed(const std::vector<std::string>& words, std::size_t most = 12);

/// "0.123 (0.10 to 0.15)".
std::string with_interval(double value, double low, double high, int digits);

/// "0.123 bits (0.10 to 0.15)".
std::string bits_words(const Bits& bits);

/// Full names of the sensors that are identified, the most informative first.
std::vector<std::string> identified_sensors(const Report& report, const Information& information);

/// Everybody's figures; none where there are only people's.
const Judged* judged_everybody(const Report& report);

/// Those of people.
std::vector<const Judged*> judged_people(const Report& report);

/// The baseline with the highest F1; none without baselines.
const Figures* best_baseline(const Judged& judged);

/// What was held out: "in time, block by block".
std::string way_words(const std::string& way);

}  // namespace lifelog::examples::report
