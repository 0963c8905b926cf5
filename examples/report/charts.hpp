// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lifelog::examples::report {

/// A line of a LineChart; values that are not finite leave gaps.
struct Series {
  std::string name;
  std::vector<double> x, y;
  int color = 0;
  bool dashed = false;
};

struct LineChart {
  std::string title, x_label;
  std::vector<Series> series;
  /// Of the y axis; from the data when empty.
  std::optional<std::pair<double, double>> range;
  /// A vertical line with a word beside it.
  std::optional<double> mark;
  std::string mark_label;
  /// A dot at every value: for few values.
  bool dots = false;
  bool legend = true;
  /// x counts something: no ticks between whole numbers.
  bool whole_x = false;
  double width = 520, height = 290;
};

/// Long series are thinned to about 300 values, each the mean of its neighbours.
std::string line_svg(const LineChart& chart);

/// A table of shades, a row per name, each row's `strongest` largest cells in bold.
struct HeatMap {
  std::string title;
  std::vector<std::string> rows, columns;
  /// rows × columns, row-major, negative ones in another colour; not finite: an empty cell.
  std::vector<double> values;
  /// rows × columns: which are known; the others have a number but no shade. Empty: all are.
  std::vector<bool> known = {};
  /// A gap and a heading before the row: (row, heading), ascending.
  std::vector<std::pair<std::size_t, std::string>> headings = {};
  std::size_t strongest = 3;
  int digits = 2;
};

std::string heat_svg(const HeatMap& map);

/// Values with their intervals, one below the other; filled where `known`, hollow where not.
struct IntervalChart {
  std::string title, x_label;
  std::vector<std::string> names;
  std::vector<double> value, low, high;
  std::vector<bool> known;
  int digits = 3;
  double width = 620;
};

std::string interval_svg(const IntervalChart& chart);

/// Two values per name, joined by a line: before (hollow) and after (filled).
struct PairChart {
  std::string title, before, after;
  std::vector<std::string> names;
  std::vector<double> from, to;
  /// Of the axis, so that several charts compare; from the data when empty.
  std::optional<std::pair<double, double>> range;
  double width = 520;
};

std::string pair_svg(const PairChart& chart);

}  // namespace lifelog::examples::report
