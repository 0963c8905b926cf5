// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "../core/xtensor.hpp"
#include "cells.hpp"

namespace lifelog::inline LIFELOG_ABI::data {

/// A label of every row, as text; empty where nothing is known.
struct LabelColumn {
  std::string name;
  std::vector<std::string> cells;  ///< [n]
};

/// All sensors of one person side by side, a row per 5 s.
struct RowTable {
  std::string user;
  /// `<modality>__<column>`, in the order of `values`.
  std::vector<std::string> columns;
  /// [n], unix seconds at which each row's bucket begins, ascending.
  std::vector<std::int64_t> time;
  /// [n, columns], in the sensors' units; NaN where nothing was recorded.
  xt::xtensor<double, 2> values;
  std::vector<LabelColumn> labels;

  std::size_t size() const { return time.size(); }
};

/// A label column as numbers: [n], NaN where the cell holds none. A table without that column is an
/// std::invalid_argument.
LIFELOG_LAZY xt::xtensor<double, 1> label_numbers(const RowTable& table, std::string_view name) {
  const auto it = std::find_if(table.labels.begin(), table.labels.end(),
                               [name](const LabelColumn& column) { return column.name == name; });
  detail::require(it != table.labels.end(), "name: expected a label column of the table of person ",
                  table.user, ", got \"", name, "\"");
  xt::xtensor<double, 1> numbers(std::array<std::size_t, 1>{it->cells.size()});
  for (std::size_t i = 0; i < it->cells.size(); ++i) numbers(i) = parse_number(it->cells[i]).value;
  return numbers;
}

}  // namespace lifelog::data
