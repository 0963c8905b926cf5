// SPDX-License-Identifier: MIT
#pragma once

#include <lifelog/data/modalities.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "../report/report.hpp"

namespace lifelog::examples {

/// "µS" of "uS", and the like.
inline std::string unit_of_people(const std::string& unit) {
  for (const auto& [files, people] : {std::pair{"uS", "\u00b5S"},
                                      {"uT", "\u00b5T"},
                                      {"degC", "\u00b0C"},
                                      {"degree", "\u00b0"},
                                      {"m/s^2", "m/s\u00b2"}})
    if (unit == files) return people;
  return unit;
}

/// Names and units of the sensors of a quality.json's settings; of layouts that have a fixed set, of those.
inline std::vector<report::Sensor> named_sensors(const nlohmann::ordered_json& settings) {
  static const std::vector<std::pair<std::string, std::string>> names = {
      {"e4Acc", "Acceleration of the wrist"}, {"e4Bvp", "Blood volume pulse"},
      {"e4Eda", "Skin conductance"},          {"e4Hr", "Heart rate"},
      {"e4Temp", "Skin temperature"},         {"mAcc", "Acceleration of the phone"},
      {"mGps", "Place of the phone"},         {"mGyr", "Rotation of the phone"},
      {"mMag", "Magnetic field at the phone"}};
  std::vector<report::Sensor> sensors;
  for (const auto& [name, full] : names)
    for (const auto& modality : data::etri_2019())
      if (modality.name == name)
        sensors.push_back({name, full, unit_of_people(modality.channels.front().unit)});
  const auto own = settings.find("sensors");
  if (own == settings.end() || !own->is_array()) return sensors;
  sensors.clear();
  for (const auto& sensor : *own) {
    if (!sensor.is_object()) continue;
    std::string unit;
    bool same = true;
    if (const auto units = sensor.find("units"); units != sensor.end() && units->is_array())
      for (const auto& of_column : *units) {
        if (!of_column.is_string()) continue;
        same = same && (unit.empty() || unit == of_column);
        unit = of_column;
      }
    const auto name = sensor.value("name", std::string());
    sensors.push_back({name, sensor.value("full_name", name), same ? unit_of_people(unit) : ""});
  }
  return sensors;
}

}  // namespace lifelog::examples
