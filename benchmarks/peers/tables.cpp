// SPDX-License-Identifier: MIT

// One table of many people, read person by person as `preprocess --layout table` does: find out whose rows are where, then
// all samples of each. Compiled and called by tables.py.

#include <lifelog/readers/table_people.hpp>
#include <lifelog/readers/table_rows.hpp>

#include <cstdio>
#include <ctime>

using namespace lifelog;
using namespace lifelog::readers;

namespace {

double processor_seconds() {
  std::timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace

/// Prints the processor seconds of finding people and of reading them, how many there are, and the sum of all numbers.
int main(int argc, char** argv) {
  if (argc < 2) return 2;
  TableFile file{argv[1], argv[1]};
  TableSensor sensor;
  sensor.name = "acc";
  sensor.source.files = argv[1];
  sensor.source.person_column = "device_id";
  sensor.source.time = TimeForm::milliseconds;
  sensor.source.time_columns = {"timestamp"};
  for (const char* name : {"x", "y", "z"}) sensor.columns.push_back({name, {name, "g"}});
  const auto begin = processor_seconds();
  const auto layout = table_layout(readers::detail::first_rows(file), file.path, sensor.source,
                                   readers::detail::column_names(sensor));
  const auto people = table_people(file, layout, argc > 2 ? argv[2] : "");
  const auto found = processor_seconds();
  double sum = 0, reading = 0;
  for (const auto& [person, parts] : people.rows) {
    const auto before = processor_seconds();
    TableSamples samples;
    data::Quality quality;
    for (const auto& part : parts) read_table_rows(part, layout, sensor, file.path, samples, quality);
    samples.sort(quality);
    reading += processor_seconds() - before;
    for (const float value : samples.values) sum += static_cast<double>(value);
    for (const auto time : samples.time) sum += 1e-9 * static_cast<double>(time - 1'644'228'000'000'000'000);
  }
  std::printf("%.4f %.4f %zu %.6g\n", found - begin, reading, people.rows.size(), sum);
}
