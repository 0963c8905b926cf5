// SPDX-License-Identifier: MIT

// Plain tables: whose rows, their samples and windows, labels, and a draft of their description. The first byte says how times
// are written, the second which window.

#include <lifelog/readers/table.hpp>
#include <lifelog/readers/table_draft.hpp>

#include <algorithm>
#include <cmath>

#include "fuzz.hpp"

using namespace lifelog::readers;
using lifelog::Index;

namespace {

TableSensor sensor_of(std::uint8_t time, std::uint8_t window) {
  TableSensor sensor;
  sensor.name = "s";
  sensor.source.files = "{person}.csv";
  sensor.source.time = static_cast<TimeForm>(time % 7);
  sensor.source.time_columns = {"t"};
  sensor.columns = {{"x", {"x", "g", -10, 10}}, {"y", {"y", "g"}, 0.5, 1}};
  sensor.window = static_cast<TableWindow>(window % 6);
  sensor.clock_rate = 2;
  sensor.gaps = static_cast<lifelog::data::GapPolicy>(window / 6 % 3);
  sensor.max_gap = 1;
  sensor.length = 3;
  return sensor;
}

void check_samples(const TableSamples& samples) {
  fuzz::check(samples.values.size() == samples.channels * samples.size(), "values for each sample");
  fuzz::check(std::adjacent_find(samples.time.begin(), samples.time.end(), std::greater_equal<>()) ==
                  samples.time.end(),
              "times ascending");
  fuzz::check(
      std::none_of(samples.values.begin(), samples.values.end(), [](float x) { return !std::isfinite(x); }),
      "numbers");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto sensor = sensor_of(data[0], data[1]);
  const auto text = fuzz::text_of(data + 2, size - 2);
  fuzz::refusable([&] {
    lifelog::data::Quality quality;
    TableSamples samples;
    const auto layout = table_layout(text, "fuzz", sensor.source, {"x", "y"});
    read_table_rows(text.substr(layout.begin), layout, sensor, "fuzz", layout.line, samples, quality);
    samples.sort(quality);
    check_samples(samples);
    std::vector<std::int64_t> starts;
    add_touched_windows(samples.time, 4'000'000'000, 2'000'000'000, starts);
    fuzz::check(std::is_sorted(starts.begin(), starts.end()), "windows ascending");
    const auto windows = table_windows(samples, sensor, 4, 2, starts, (data[1] & 64) != 0);
    for (std::size_t w = 0; w < windows.windows.size(); ++w)
      fuzz::check(windows.windows[w].why != nullptr ||
                      windows.values.size() ==
                          starts.size() * static_cast<std::size_t>(sensor.channels() * sensor.samples(4)),
                  "whole windows");
    fuzz::check(
        std::none_of(windows.values.begin(), windows.values.end(), [](float x) { return !std::isfinite(x); }),
        "numbers in windows");
  });
  fuzz::refusable([&] {
    auto wristband = sensor;
    wristband.source.time = TimeForm::start_and_rate;
    wristband.source.time_columns.clear();
    lifelog::data::Quality quality;
    TableSamples samples;
    read_table_file({"fuzz", {}, [&] { return std::string(text); }}, wristband, samples, quality);
    samples.sort(quality);
    check_samples(samples);
  });
  fuzz::refusable([&] {
    auto layout = table_layout(text, "fuzz", sensor.source, {});
    layout.person_column = layout.time_column;
    std::size_t bytes = 0;
    Index line = layout.line;
    detail::PersonScan(layout).scan(
        text.substr(layout.begin), line,
        [&](std::string_view, std::string_view row, Index) { bytes += row.size(); });
    fuzz::check(bytes <= text.size(), "each byte in one row");
  });
  fuzz::refusable([&] {
    TableLabels labels;
    labels.source = sensor.source;
    labels.column = "x";
    labels.before = 60;
    labels.numbers = (data[1] & 128) != 0;
    if ((data[1] & 64) != 0) labels.bounds = {1, 2};
    TableLabelIntervals out;
    add_table_labels(text, "fuzz", labels, "P", out);
    out.sort();
    for (const auto& [who, list] : out.intervals)
      for (const auto& interval : list)
        fuzz::check(interval.start < interval.end && !interval.label.empty(), "labels");
  });
  fuzz::refusable([&] {
    const std::vector<TableFile> files{{"P/a.csv", {}, [&] { return std::string(text); }}};
    const auto draft = draft_table_description(files);
    fuzz::check(draft.json.contains("labels"), "a draft");
  });
  return 0;
}
