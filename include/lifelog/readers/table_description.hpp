// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "../core/error.hpp"
#include "../data/fixed_rate.hpp"
#include "../data/modalities.hpp"
#include "table_time.hpp"

// A cohort of plain tables, described instead of programmed.

namespace lifelog::inline LIFELOG_ABI::readers {

/// Which files, and how they write rows and times. What `sensors` and `labels` have in common.
struct TableSource {
  /// Path below the cohort's folder, with `/`. `{person}` stands for a part of a name that says who, `{session}` and `*`
  /// for any part of one. A file in an archive, `a.zip`, lies in the folder `a`; of `b.csv.zip` with one file, that is `b.csv`.
  std::string files;
  /// The column that says who, where a file holds several people; empty: `{person}` says it.
  std::string person_column;
  /// Between cells: `,` `;` or a tab; 0: what the header has most of.
  char delimiter = 0;
  /// Of numbers: '.' or ','; 0: a point, but a comma where cells are separated by `;` and a number has one.
  char decimal = 0;
  /// Names of the columns where files have no header; empty: the first row names them.
  std::vector<std::string> header;
  TimeForm time = TimeForm::seconds;
  /// Of the time; of labels, of their start. Two columns are a date and a time of day.
  std::vector<std::string> time_columns = {"time"};
  /// Of calendar times that name none: UTC, +09:00, Asia/Seoul.
  std::string zone = "UTC";
};

/// What a window of a sensor becomes.
enum class TableWindow {
  series,  ///< the samples on a clock of fixed rate: as many as rate times seconds
  cut,     ///< the first `length` samples of the window, as they come; fewer are too few
  mean,    ///< one value a channel, of all samples of the window; so are all below
  last,
  sum,
  count  ///< how many samples there are: of events
};

inline constexpr std::array<const char*, 6> table_window_names{"series", "cut", "mean",
                                                               "last",   "sum", "count"};

/// A channel of a sensor: a column of its file and what it means.
struct TableColumn {
  std::string column;            ///< in the file; of start+rate files, any name
  data::Channel channel;         ///< name, unit and plausible range, after scale and offset
  double scale = 1, offset = 0;  ///< the file's number × scale + offset is in the channel's unit
};

/// | name       | description                                                                       |
/// |------------|-----------------------------------------------------------------------------------|
/// | name       | in data sets, models and reports                                                  |
/// | full_name  | for people to read                                                                |
/// | source     | its files                                                                         |
/// | columns    | its channels, in order; none for a window of kind `count`                         |
/// | rate       | expected samples a second; 0: irregular                                           |
/// | window     | what a window becomes                                                             |
/// | clock_rate | of a series: ticks a second                                                       |
/// | gaps       | of a series: what fills ticks without a sample; files: linear                     |
/// | max_gap    | of a series: seconds that are filled; files: two ticks                            |
/// | length     | of a cut series: samples                                                          |
/// | empty      | of one value: what it is where a window has no sample; none: the sensor is missing |
struct TableSensor {
  std::string name, full_name;
  TableSource source;
  std::vector<TableColumn> columns;
  double rate = 0;
  TableWindow window = TableWindow::mean;
  double clock_rate = 0;
  data::GapPolicy gaps = data::GapPolicy::drop;
  double max_gap = 0;
  Index length = 0;
  std::optional<double> empty;

  bool series() const { return window == TableWindow::series || window == TableWindow::cut; }
  Index channels() const { return window == TableWindow::count ? 1 : static_cast<Index>(columns.size()); }

  /// Values of a window of so many seconds: [channels, samples].
  Index samples(double seconds) const {
    if (window == TableWindow::series) return static_cast<Index>(std::llround(clock_rate * seconds));
    return window == TableWindow::cut ? length : 1;
  }

  bool scalar() const { return !series() && channels() == 1; }
};

/// Labels, from files of their own.
struct TableLabels {
  std::string name = "label";  ///< for people to choose by, where there are several
  TableSource source;          ///< the time is an interval's start, or an instant
  /// Of an interval's end; empty: labels are instants, and each holds for `before` seconds before it.
  std::vector<std::string> end_columns;
  double before = 0;
  std::string column = "label";
  /// Labels are numbers; 3, 3.0 and 03 are one.
  bool numbers = false;
  /// Of numbers: ascending bounds. A label is then the part of the scale that it lies in: below the first bound, from the
  /// first to below the second, and so on. None: each number is a class.
  std::vector<double> bounds;
  /// The share of a window that its label must cover at least.
  double cover = 0.5;
};

/// | name     | description                                          | default |
/// |----------|------------------------------------------------------|---------|
/// | seconds  | length of a window                                   | 60      |
/// | step     | seconds from one window's start to the next one's    | 60      |
/// | sensors  | at least one, of different names                     |         |
/// | labels   | at least one, of different names                     |         |
struct TableDescription {
  double seconds = 60, step = 60;
  std::vector<TableSensor> sensors;
  std::vector<TableLabels> labels;
};

/// Whether windows of so many seconds, so many apart, can be made of every sensor: a series must have a whole number of
/// ticks in each. Throws std::invalid_argument, naming the sensor.
LIFELOG_LAZY void check_windows(const TableDescription& description) {
  using lifelog::detail::require;
  const auto whole = [](double x) {
    return std::abs(x - std::round(x)) < 1e-9 * std::max(1.0, x) && x > 0.5;
  };
  require(whole(description.seconds) && description.seconds <= 604800,
          "window: expected whole seconds, 1 to 604800, got ", description.seconds);
  require(whole(description.step) && description.step <= 604800,
          "step: expected whole seconds, 1 to 604800, got ", description.step);
  require(description.seconds / description.step <= 1000,
          "step: expected at most 1000 windows at a time, got ", description.seconds / description.step);
  for (const auto& sensor : description.sensors) {
    if (sensor.window != TableWindow::series) continue;
    for (const double seconds : {description.seconds, description.step})
      require(whole(sensor.clock_rate * seconds) && sensor.clock_rate * description.seconds <= 1e7, "sensor ",
              sensor.name, ": expected a whole number of ticks, at most 10000000, in ", seconds, " s, got ",
              sensor.clock_rate * seconds, "; give its window another rate");
  }
}

}  // namespace lifelog::readers
