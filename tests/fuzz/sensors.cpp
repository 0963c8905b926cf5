// SPDX-License-Identifier: MIT

// Descriptions of tables: sensors.json.

#include <lifelog/readers/table_description_file.hpp>
#include <lifelog/readers/table_files.hpp>

#include "fuzz.hpp"

using namespace lifelog::readers;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::refusable([&] {
    const auto description = parse_table_description(fuzz::text_of(data, size), "fuzz");
    fuzz::check(!description.sensors.empty() && !description.labels.empty(), "sensors and labels");
    for (const auto& sensor : description.sensors) {
      fuzz::check(sensor.window == TableWindow::count || !sensor.columns.empty(),
                  "columns where values are wanted");
      fuzz::check(sensor.window != TableWindow::series || sensor.clock_rate > 0, "a clock for a series");
      fuzz::check(sensor.window != TableWindow::cut || sensor.length > 0, "a length for a cut series");
      PathPattern(sensor.source.files).match("P01/2022/acc.csv");
    }
    try {
      check_windows(description);
    } catch (const std::invalid_argument&) {
      return;
    }
    for (const auto& sensor : description.sensors)
      fuzz::check(sensor.samples(description.seconds) >= 1, "at least one sample a window");
  });
  return 0;
}
