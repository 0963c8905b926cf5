// SPDX-License-Identifier: MIT
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "../core/config.hpp"

namespace lifelog::data {

/// Which of two sets of habits readers follow.
///
/// | | study | sensible |
/// |---|---|---|
/// | mGps in a minute | the mean over all values, lat, lon and accuracy together: one scalar (a slip of the
/// study) | mean lat and mean lon: two channels of length 1 | | values out of a channel's plausible range |
/// kept, counted as defects "implausible" | the minute is dropped, "out_of_range" |
enum class Rules { study, sensible };

/// How the rows of a minute become one value of a data set.
enum class WindowKind {
  exact,     ///< a series of exactly `rows` rows
  at_least,  ///< a series of `rows` rows or more, cut to the first `rows`
  mean,      ///< each channel's mean over any number of rows
  pooled     ///< one mean over all channels and rows together
};

/// A column of a sensor's file.
struct Channel {
  std::string name;
  std::string unit;
  /// What the sensor can possibly report; beyond it a number is a fault of recording, not a measurement.
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
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

  bool series() const { return kind == WindowKind::exact || kind == WindowKind::at_least; }
  /// Extents of one minute's value: [window_channels, window_length].
  Index window_channels() const {
    return kind == WindowKind::pooled ? 1 : static_cast<Index>(channels.size());
  }
  Index window_length() const { return series() ? rows : 1; }
  /// One number a minute. A mean of several channels is a series of length 1 instead.
  bool scalar() const { return !series() && window_channels() == 1; }
};

namespace detail {

inline std::vector<Channel> axes(const std::string& unit, double limit) {
  return {{"x", unit, -limit, limit}, {"y", unit, -limit, limit}, {"z", unit, -limit, limit}};
}

inline Modality location(Rules rules) {
  const Channel lat{"lat", "degree", -90, 90}, lon{"lon", "degree", -180, 180},
      accuracy{"accuracy", "m", 0, 1e6};
  if (rules == Rules::study) return {"mGps", {lat, lon, accuracy}, 0.2, WindowKind::pooled};
  return {"mGps", {lat, lon}, 0.2, WindowKind::mean, 0, {"accuracy"}};
}

}  // namespace detail

/// The Empatica E4 wristband's five sensors. Plausible ranges: the accelerometer's widest setting (±8 g),
/// twice the skin conductance and the whole skin temperature range of its data sheet, heart rates a living
/// person has.
inline std::vector<Modality> empatica_e4() {
  return {{"e4Acc", detail::axes("g", 8), 32, WindowKind::exact, 1920},
          {"e4Bvp", {{"value", "nW", -1e5, 1e5}}, 64, WindowKind::exact, 3840},
          {"e4Eda", {{"eda", "uS", -1, 200}}, 4, WindowKind::exact, 240},
          {"e4Hr", {{"hr", "beats/min", 10, 300}}, 1, WindowKind::mean},
          {"e4Temp", {{"temp", "degC", -40, 115}}, 4, WindowKind::exact, 240}};
}

/// The nine sensors of the 2019 part of the ETRI lifelog, in the study's order. Plausible ranges of the
/// phone's: the widest settings of common parts (±16 g, ±2000 degree/s, ±5 mT).
inline std::vector<Modality> etri_2019(Rules rules = Rules::study) {
  auto table = empatica_e4();
  table.push_back({"mAcc", detail::axes("m/s^2", 160), 29.8, WindowKind::at_least, 1786});
  table.push_back(detail::location(rules));
  table.push_back(
      {"mGyr", detail::axes("rad/s", 40), 29.8, WindowKind::at_least, 1786, {"roll", "pitch", "yaw"}});
  table.push_back({"mMag", detail::axes("uT", 5000), 29.8, WindowKind::at_least, 1786});
  return table;
}

}  // namespace lifelog::data
