// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "../core/config.hpp"
#include "number_table.hpp"

namespace lifelog::inline LIFELOG_ABI::data {

/// How the rows of a minute become one value of a data set.
enum class WindowKind {
  exact,     ///< a series of exactly `rows` rows
  at_least,  ///< a series of `rows` rows or more, cut to the first `rows`
  mean,      ///< each channel's mean over any number of rows
  pooled,    ///< one mean over all channels and rows together
  custom     ///< whatever `Modality::reduction` makes of them
};

/// A column of a sensor's file.
struct Channel {
  std::string name;
  std::string unit;
  /// What the sensor can possibly report; beyond it a number is a fault of recording, not a measurement.
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};

/// A way of your own to make one value out of a minute's rows.
struct MinuteReduction {
  std::string name;  ///< for caches: another function, another name
  /// Extents of what it makes.
  Index channels = 1, length = 1;
  /// rows: [n ≥ 1, channels of the modality], all numbers. out: [channels, length], row-major. Called from
  /// several threads. A minute of which it makes anything not finite is dropped.
  std::function<void(const NumberTable& rows, float* out)> make;
};

/// A sensor: its columns, and what a minute of it is. Make your own tables; readers take any.
struct Modality {
  std::string name;  ///< of its folder or file, and in data sets and models
  std::vector<Channel> channels;
  double rate = 0;  ///< nominal, Hz; 0: irregular
  WindowKind kind = WindowKind::exact;
  Index rows = 0;  ///< for exact and at_least
  /// Further columns that files may have; they go into row tables only.
  std::vector<std::string> extra_columns = {};
  MinuteReduction reduction = {};  ///< for custom

  bool series() const { return kind == WindowKind::exact || kind == WindowKind::at_least; }
  /// Extents of one minute's value: [window_channels, window_length].
  Index window_channels() const {
    if (kind == WindowKind::custom) return reduction.channels;
    return kind == WindowKind::pooled ? 1 : static_cast<Index>(channels.size());
  }
  Index window_length() const {
    if (kind == WindowKind::custom) return reduction.length;
    return series() ? rows : 1;
  }
  /// One number a minute. A mean of several channels is a series of length 1 instead.
  bool scalar() const { return !series() && window_channels() == 1 && window_length() == 1; }
};

namespace detail {

LIFELOG_LAZY std::vector<Channel> axes(const std::string& unit, double limit) {
  return {{"x", unit, -limit, limit}, {"y", unit, -limit, limit}, {"z", unit, -limit, limit}};
}

}  // namespace detail

/// The Empatica E4 wristband's five sensors. Plausible ranges: the accelerometer's widest setting (±8 g),
/// twice the skin conductance and the whole skin temperature range of its data sheet, heart rates a living
/// person has.
LIFELOG_LAZY std::vector<Modality> empatica_e4() {
  return {{"e4Acc", detail::axes("g", 8), 32, WindowKind::exact, 1920},
          {"e4Bvp", {{"value", "nW", -1e5, 1e5}}, 64, WindowKind::exact, 3840},
          {"e4Eda", {{"eda", "uS", -1, 200}}, 4, WindowKind::exact, 240},
          {"e4Hr", {{"hr", "beats/min", 10, 300}}, 1, WindowKind::mean},
          {"e4Temp", {{"temp", "degC", -40, 115}}, 4, WindowKind::exact, 240}};
}

/// The nine sensors of the ETRI lifelog in the study's order, as the study makes minutes of them. Plausible
/// ranges of the phone's: the widest settings of common parts (±16 g, ±2000 degree/s, ±5 mT).
LIFELOG_LAZY std::vector<Modality> etri_2019() {
  auto table = empatica_e4();
  table.push_back({"mAcc", detail::axes("m/s^2", 160), 29.8, WindowKind::at_least, 1786});
  table.push_back({"mGps",
                   {{"lat", "degree", -90, 90}, {"lon", "degree", -180, 180}, {"accuracy", "m", 0, 1e6}},
                   0.2,
                   WindowKind::pooled});
  table.push_back(
      {"mGyr", detail::axes("rad/s", 40), 29.8, WindowKind::at_least, 1786, {"roll", "pitch", "yaw"}});
  table.push_back({"mMag", detail::axes("uT", 5000), 29.8, WindowKind::at_least, 1786});
  return table;
}

/// A sensor of places (`lat`, `lon`, anything more) as two channels of length 1, the mean latitude and the
/// mean longitude; its other columns go into row tables only.
LIFELOG_LAZY Modality located(Modality modality) {
  lifelog::detail::require(modality.channels.size() >= 2, "modality: expected lat and lon first, got ",
                           modality.channels.size(), " channels");
  for (auto c = modality.channels.begin() + 2; c != modality.channels.end(); ++c)
    modality.extra_columns.push_back(c->name);
  modality.channels.erase(modality.channels.begin() + 2, modality.channels.end());
  modality.kind = WindowKind::mean;
  return modality;
}

}  // namespace lifelog::data
