// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cells.hpp"

namespace lifelog::inline LIFELOG_ABI::data {

/// A cell that held no number.
struct CellFault {
  Index row;           ///< in the table, from 0
  Index line;          ///< in the file, from 1
  std::size_t column;  ///< in the table, from 0
  CellKind kind;       ///< missing or bad
  std::string text;    ///< of the cell, its first 40 characters
};

/// Columns of numbers, as a file has them. Kept by the caller and filled again and again, so that memory is allocated once.
struct NumberTable {
  std::size_t columns = 0;
  Index rows = 0;
  std::vector<double> values;     ///< [rows, columns], row-major; NaN where a cell held no number
  std::vector<CellFault> faults;  ///< in file order
  /// Of a column that should ascend, where one was named: rows whose number is below, or as, that of the row before, and
  /// the line of the first.
  Index unsorted = 0, repeated = 0, unsorted_line = 0;

  double operator()(Index row, std::size_t column) const {
    return values[static_cast<std::size_t>(row) * columns + column];
  }
};

}  // namespace lifelog::data
