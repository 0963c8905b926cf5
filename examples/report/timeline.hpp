// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "report.hpp"

namespace lifelog::examples::report {

/// At most so many cells stand in a row of a timeline; of longer ones, each cell is several minutes.
inline constexpr std::size_t timeline_cells = 720;

/// Neighbouring minutes drawn as one cell of a timeline of n minutes.
std::size_t minutes_a_cell(std::size_t minutes);

/// Minutes from left to right, a gap where half an hour or more is missing: a row for the state, one for the prediction, and
/// one a sensor for what it says, in two colours. names: of the sensors, as people call them. Throws std::invalid_argument
/// when lengths or indices disagree.
std::string timeline_svg(const Timeline& timeline, const std::vector<std::string>& names);

/// The same with a line below that says, of the minute that is pointed at or reached by arrow keys, what it is; for a page
/// that holds timeline_script().
std::string timeline_figure(const Timeline& timeline, const std::vector<std::string>& names);
std::string timeline_style();
std::string timeline_script();

/// "2020-08-29 13:40", UTC.
std::string minute_text(std::int64_t seconds);

}  // namespace lifelog::examples::report
