// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "steps/minute_rows.hpp"

namespace lifelog::examples {

/// `minutes` minutes of two modalities, a series [1, 3] and a scalar; labels alternate.
inline data::DataSet person_of(const std::string& user, std::size_t minutes, float value) {
  data::DataSet set;
  set.user = user;
  set.classes = {"2", "10"};
  set.modalities.push_back(
      {"e4Bvp", xt::xtensor<float, 3>(std::array<std::size_t, 3>{minutes, 1, 3}, value)});
  set.modalities.push_back(
      {"e4Hr", xt::xtensor<float, 3>(std::array<std::size_t, 3>{minutes, 1, 1}, -value), true});
  set.label.resize({minutes});
  set.timestamp.resize({minutes});
  for (std::size_t i = 0; i < minutes; ++i) {
    set.label(i) = static_cast<std::int64_t>(i % 2);
    set.timestamp(i) = static_cast<std::int64_t>(600 + 60 * i);
  }
  return set;
}

inline RowMatrix<float> rows_of(std::initializer_list<float> first_column) {
  RowMatrix<float> rows(static_cast<Index>(first_column.size()), 2);
  Index i = 0;
  for (const float value : first_column) rows.row(i++) << value, 1 - value;
  return rows;
}

/// A and C care for the first modality, B for the second.
inline MinuteRows three_people() {
  MinuteRows rows;
  rows.add(person_of("A", 4, 1), {0, 3}, rows_of({1, 0.5}));
  rows.add(person_of("B", 4, 2), {1}, rows_of({0}));
  rows.add(person_of("C", 4, 3), {2}, rows_of({0.75}));
  return rows;
}

}  // namespace lifelog::examples
