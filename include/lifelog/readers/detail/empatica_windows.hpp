// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "../../core/finite.hpp"
#include "../../data/quality.hpp"
#include "../../data/rules.hpp"
#include "../empatica_files.hpp"
#include "../empatica_sessions.hpp"

// What a sensor of a wristband has of a minute.

namespace lifelog::inline LIFELOG_ABI::readers::detail {

constexpr std::int64_t empatica_minute = 60'000'000;  // microseconds, as all times here

/// What there is of one sensor in one session.
struct EmpaticaRecording {
  const EmpaticaSensor* sensor;
  std::optional<EmpaticaStream> stream = std::nullopt;  ///< when its file was usable
  float scale = sensor->scale;                          ///< of what is in the file
};

/// Whether acceleration is in g already, not in the sixty-fourths that the wristband exports: gravity pulls at it with 1 g,
/// and it rests most of the time.
LIFELOG_LAZY bool already_in_g(const EmpaticaStream& stream) {
  std::vector<float> lengths;
  for (Index i = 0; i < stream.samples(); ++i) {
    const float* v = stream.values.data() + 3 * i;
    if (!lifelog::detail::is_nan(v[0])) lengths.push_back(std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]));
  }
  if (lengths.empty()) return false;
  const auto middle = lengths.begin() + static_cast<std::ptrdiff_t>(lengths.size() / 2);
  std::nth_element(lengths.begin(), middle, lengths.end());
  return *middle > 0.5f && *middle < 2.0f;
}

/// What one sensor has of one minute.
struct EmpaticaWindow {
  const char* why = nullptr;  ///< a `lifelog::data::reason`; null when usable
  Index begin = 0, end = 0;   ///< samples
  Index unreadable = 0;       ///< of them, those that are no numbers
  Index implausible = 0;      ///< values out of the plausible range, when usable or dropped for them
};

LIFELOG_LAZY EmpaticaWindow find_window(const EmpaticaRecording& recording, std::int64_t from,
                                        const data::Rules& rules) {
  EmpaticaWindow window{data::reason::missing_modality};
  if (!recording.stream) {
    window.why = data::reason::bad_file;
    return window;
  }
  const auto& sensor = *recording.sensor;
  const auto& stream = *recording.stream;
  const auto to = from + empatica_minute;
  window.begin = std::clamp<Index>(stream.first_at(from), 0, stream.samples());
  window.end = std::clamp<Index>(stream.first_at(to), 0, stream.samples());
  if (window.begin == window.end) return window;
  const bool series = sensor.modality.series();
  if (series && !stream.covers(from, to)) {
    window.why = data::reason::short_minute;
    return window;
  }
  for (Index i = window.begin; i < window.end; ++i) {
    const float* sample = stream.values.data() + i * stream.channels;
    window.unreadable += lifelog::detail::is_nan(sample[0]);
    for (Index c = 0; c < stream.channels; ++c) {
      const auto& channel = sensor.modality.channels[static_cast<std::size_t>(c)];
      const auto value = static_cast<double>(sample[c] * recording.scale);
      window.implausible += value < channel.low || value > channel.high;
    }
  }
  // A mean does without the samples that are not there; a series has no place to leave out.
  const auto allowed = series ? 0 : window.end - window.begin - 1;
  window.why = window.unreadable > allowed                        ? data::reason::bad_value
               : window.implausible > 0 && rules.drop_implausible ? data::reason::out_of_range
                                                                  : nullptr;
  return window;
}

/// Appends [channels, length] of one minute; zeros where it is not usable.
LIFELOG_LAZY void append_window(const EmpaticaRecording& recording, const EmpaticaWindow& window,
                                std::vector<float>& out) {
  const auto& modality = recording.sensor->modality;
  if (window.why != nullptr) {
    out.resize(out.size() + modality.channels.size() * static_cast<std::size_t>(modality.window_length()));
    return;
  }
  const auto& stream = *recording.stream;
  const float scale = recording.scale;
  for (Index c = 0; c < stream.channels; ++c) {
    double sum = 0;
    for (Index i = window.begin; i < window.end; ++i) {
      const float value = stream.values[static_cast<std::size_t>(i * stream.channels + c)];
      if (modality.series())
        out.push_back(value * scale);
      else if (!lifelog::detail::is_nan(value))
        sum += static_cast<double>(value);
    }
    const auto count = static_cast<double>(window.end - window.begin - window.unreadable);
    if (!modality.series()) out.push_back(static_cast<float>(sum / count) * scale);
  }
}

}  // namespace lifelog::readers::detail
