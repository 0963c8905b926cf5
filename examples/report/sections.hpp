// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "report.hpp"

namespace lifelog::examples::report {

/// What stands where a step has not been run.
inline const std::string not_run = "<p class=\"empty\">Nothing to show: this step has not been run.</p>\n";

/// The sections of a report as HTML, each with a sentence of explanation; a sentence says so where there is nothing to
/// show.
std::string data_section(const Report& report);
std::string training_section(const Report& report);
std::string evaluation_section(const Report& report);
std::string importance_section(const Report& report);
std::string top_section(const Report& report);
std::string selection_section(const Report& report);
std::string maps_section(const Report& report);
std::string groups_section(const Report& report);
std::string comparison_section(const Report& report);
std::string settings_section(const Report& report);

}  // namespace lifelog::examples::report
