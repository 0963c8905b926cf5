// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "../report/report.hpp"

namespace lifelog::examples {

// What a report reads of importance/, and of what was planted; see read_report.

/// importance/information.json and faithfulness.json. Throws format_error.
void read_information(const std::filesystem::path& out, report::Report& report);

/// The same of a file's content; file: what errors call it.
report::Informations information_from(const nlohmann::ordered_json& json, const std::string& file);

/// Minutes of each person that were held out: predictions.csv, and importance/contributions/<user>.npy where there is one.
/// The confusion matrix becomes that of the predictions. A person whose files cannot be read is left out, and told.
void read_timelines(const std::filesystem::path& out, const std::vector<std::string>& users,
                    report::Report& report);

/// What was planted in generated recordings, if they are.
void read_truth(const std::filesystem::path& out, report::Report& report);

/// Where there is information, groups are those by information; where it tells none, there are none.
void group_by_information(report::Report& report);

/// Groups and importances found against those planted.
void judge_by_truth(report::Report& report);

}  // namespace lifelog::examples
