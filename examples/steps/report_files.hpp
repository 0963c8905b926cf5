// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <lifelog/data/quality.hpp>
#include <string>
#include <vector>

#include "../report/report.hpp"

namespace lifelog::examples {

/// Minutes below which one is not left for each of training, validation and testing.
inline constexpr Index fewest_minutes = 3;

/// Whose data sets can be trained on.
std::vector<std::string> usable_users(const std::vector<data::Quality>& people);

/// All that a report says of the folder of a pipeline, which must hold data/quality.json. What of the following is not there is
/// not shown, and the report says why:
///
///     data/quality.json, data/<user>.safetensors (whose minutes contributions are of)
///     mil/<user>/history.csv, metrics.json, predictions.csv
///     metrics.json
///     across/across.json
///     importance/people.json, importance.npy, users.npy, labels.npy, minutes.npy, when.json
///     importance/information.json, faithfulness.json, contributions/<user>.npy
///     groups/selection.json, labels.npy
///     map/importance.npy, raw.npy, maps.json
///     clusters/clusters.json, raw.npy, attention.npy
///     predictors/comparison.json, held_out.json
///     report/truth.json, else raw/truth.json: of generated people
///     .steps/<step>.json: settings, and how long it took
///
/// Throws io_error and format_error, naming the file. What of one person's cannot be read is left out, and told.
report::Report read_report(const std::filesystem::path& out);

/// Renders `out`/report/index.html. Throws OutputError.
void write_report(const std::filesystem::path& out, const report::Report& report);

}  // namespace lifelog::examples
