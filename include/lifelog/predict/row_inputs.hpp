// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "../core/finite.hpp"
#include "../data/modalities.hpp"
#include "../data/rows.hpp"
#include "../data/tension.hpp"
#include "../mil/bags.hpp"

namespace lifelog::inline LIFELOG_ABI::predict {

/// Row tables of several people as a predictor sees them.
struct RowInputs {
  std::vector<mil::ModalityShape> modalities;
  RowMatrix<float> rows;           ///< [n, columns]: the channels of all modalities, in order; no NaN
  std::vector<Index> labels;       ///< [n], 0…C−1
  std::vector<std::size_t> user;   ///< [n], index of the table a row came from
  std::vector<std::int64_t> time;  ///< [n], unix seconds
  Index classes = 0;
};

namespace detail {

/// Columns that tables hold and the study's predictors leave out.
LIFELOG_LAZY bool is_input(const std::string& channel) {
  static const std::set<std::string> left_out{"accuracy", "roll", "pitch", "yaw"};
  return !left_out.count(channel);
}

/// What a column's sensor can possibly report; anything for sensors that the tables of `data/modalities.hpp` do not hold.
LIFELOG_LAZY data::Channel channel_of(const std::string& modality, const std::string& channel) {
  for (const auto& known : data::etri_2019())
    if (known.name == modality)
      for (const auto& c : known.channels)
        if (c.name == channel) return c;
  return {channel, ""};
}

/// The value as an input; NaN where it is missing or a fault of recording.
LIFELOG_LAZY float input_value(double value, const data::Channel& channel) {
  return !lifelog::detail::is_nan(value) && value >= channel.low && value <= channel.high &&
                 std::abs(value) <= 1e30
             ? static_cast<float>(value)
             : std::numeric_limits<float>::quiet_NaN();
}

/// Replaces NaN by the mean of its column; a column without any number becomes 0.
LIFELOG_LAZY void fill_with_column_means(RowMatrix<float>& rows) {
  for (Index c = 0; c < rows.cols(); ++c) {
    double total = 0;
    Index count = 0;
    for (Index r = 0; r < rows.rows(); ++r)
      if (!lifelog::detail::is_nan(rows(r, c))) total += static_cast<double>(rows(r, c)), ++count;
    const auto mean = static_cast<float>(count > 0 ? total / static_cast<double>(count) : 0);
    for (Index r = 0; r < rows.rows(); ++r)
      if (lifelog::detail::is_nan(rows(r, c))) rows(r, c) = mean;
  }
}

}  // namespace detail

/// The study's inputs and labels (study's § 5): per modality its channels (of mGps latitude and longitude, of mGyr the
/// three rates), missing values replaced by column means, tension binned. Values beyond what their sensor can report
/// count as missing: one of them would outweigh all others in the gradient. Rows without a tension are left out.
///
/// Throws std::invalid_argument when there is no table or tables differ in their columns.
LIFELOG_LAZY RowInputs row_inputs(const std::vector<data::RowTable>& tables, data::TensionBins bins) {
  using lifelog::detail::require;
  require(!tables.empty(), "tables: expected at least one row table, got none");
  RowInputs inputs;
  inputs.classes = data::tension_bin_count(bins);
  const auto& columns = tables.front().columns;
  std::vector<std::size_t> chosen;
  std::vector<data::Channel> channels;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const auto bar = columns[c].find("__");
    require(bar != std::string::npos, "tables: expected columns named <modality>__<column>, got '",
            columns[c], "'");
    if (!detail::is_input(columns[c].substr(bar + 2))) continue;
    const auto modality = columns[c].substr(0, bar);
    if (inputs.modalities.empty() || inputs.modalities.back().name != modality)
      inputs.modalities.push_back({modality, 0});
    ++inputs.modalities.back().channels;
    chosen.push_back(c);
    channels.push_back(detail::channel_of(modality, columns[c].substr(bar + 2)));
  }
  std::vector<float> values;
  for (std::size_t t = 0; t < tables.size(); ++t) {
    require(tables[t].columns == columns, "tables: expected the columns of person ", tables.front().user,
            " in all, those of person ", tables[t].user, " differ");
    const auto tension = data::label_numbers(tables[t], "emotionTension");
    for (std::size_t r = 0; r < tables[t].size(); ++r) {
      if (lifelog::detail::is_nan(tension(r))) continue;
      for (std::size_t i = 0; i < chosen.size(); ++i)
        values.push_back(detail::input_value(tables[t].values(r, chosen[i]), channels[i]));
      inputs.labels.push_back(data::tension_bin(static_cast<int>(tension(r)), bins));
      inputs.user.push_back(t);
      inputs.time.push_back(tables[t].time[r]);
    }
  }
  inputs.rows = Eigen::Map<const RowMatrix<float>>(values.data(), static_cast<Index>(inputs.labels.size()),
                                                   static_cast<Index>(chosen.size()));
  detail::fill_with_column_means(inputs.rows);
  return inputs;
}

}  // namespace lifelog::predict
