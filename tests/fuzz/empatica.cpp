// SPDX-License-Identifier: MIT

// A sensor's file of a wristband export, and the minutes looked for in it. The first byte says which sensor.

#include <lifelog/readers/empatica.hpp>

#include <algorithm>
#include <cmath>

#include "fuzz.hpp"

using namespace lifelog::data;
using namespace lifelog::readers;
namespace readers = lifelog::readers;
using lifelog::Index;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto sensors = empatica_sensors();
  const auto& sensor = sensors[data[0] % sensors.size()];
  readers::detail::EmpaticaRecording recording{&sensor};
  const auto text = fuzz::text_of(data + 1, size - 1);
  const auto channels = static_cast<Index>(sensor.modality.channels.size());
  fuzz::refusable([&] {
    Quality quality;
    recording.stream = parse_empatica_stream(text, "fuzz", channels,
                                             sensor.modality.series() ? sensor.modality.rate : 0, quality);
    const auto& stream = *recording.stream;
    fuzz::check(stream.samples() > 0 && stream.values.size() % static_cast<std::size_t>(channels) == 0,
                "whole samples, at least one");
    const auto nan =
        std::count_if(stream.values.begin(), stream.values.end(), [](float x) { return std::isnan(x); });
    fuzz::check(nan == channels * quality.defects["bad_cell"], "a defect for each unreadable line");
    fuzz::check(stream.end() >= stream.start, "time goes forward");
    const auto first = stream.start / readers::detail::empatica_minute * readers::detail::empatica_minute;
    const auto last = stream.end() / readers::detail::empatica_minute * readers::detail::empatica_minute;
    for (const auto minute : {first - readers::detail::empatica_minute, first,
                              first + readers::detail::empatica_minute, last, last + 1})
      for (const auto& rules : {study_rules(), sensible_rules()}) {
        const auto window = readers::detail::find_window(recording, minute, rules);
        fuzz::check(window.begin >= 0 && window.begin <= window.end && window.end <= stream.samples(),
                    "a window inside the stream");
        if (window.why != nullptr) continue;
        fuzz::check(!sensor.modality.series() || window.end - window.begin == sensor.modality.rows,
                    "a whole minute of a series");
        std::vector<float> out;
        readers::detail::append_window(recording, window, out);
        fuzz::check(out.size() == static_cast<std::size_t>(channels * sensor.modality.window_length()) &&
                        std::none_of(out.begin(), out.end(), [](float x) { return std::isnan(x); }),
                    "a whole window of numbers");
      }
  });
  return 0;
}
