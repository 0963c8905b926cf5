// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "charts.hpp"
#include "report.hpp"

namespace lifelog::examples::report {

/// The sections of a report as HTML, each with a sentence of explanation; empty where there is nothing to show.
std::string summary_section(const Report& report);
std::string evaluation_section(const Report& report);
std::string across_section(const Report& report);
std::string information_section(const Report& report);
std::string people_section(const Report& report);
std::string groups_section(const Report& report);
std::string comparison_section(const Report& report);
std::string importance_section(const Report& report);
std::string selection_section(const Report& report);
std::string maps_section(const Report& report);
std::string top_section(const Report& report);
std::string truth_section(const Report& report);
std::string training_section(const Report& report);
std::string data_section(const Report& report);
std::string settings_section(const Report& report);

/// Sentences on people held out, for the summary too: what is told of somebody new, and whether labels of his help.
std::vector<std::string> across_words(const Report& report);

/// Sentences on what was planted, for the summary too.
std::vector<std::string> truth_words(const Report& report);

/// Groups of people by information: who is in which, how surely.
std::string information_groups(const Report& report);

/// Adds a sensor's bits to a chart, under `name`, and returns them as cells of a table: sensor, bits, from, to, identified.
std::vector<std::string> add_sensor(IntervalChart& chart, const Report& report, const SensorBits& sensor,
                                    const std::string& name);

/// "missing_modality" is a key for machines; people read "missing modality".
std::string spoken(std::string key);

}  // namespace lifelog::examples::report
