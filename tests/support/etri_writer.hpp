// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

namespace etri_writer {

namespace fs = std::filesystem;

/// A folder that is gone after the test.
struct TemporaryFolder {
  fs::path path;

  TemporaryFolder() {
    static std::atomic<int> count{0};
    path =
        fs::temp_directory_path() / ("lifelog_" + std::to_string(::getpid()) + "_" + std::to_string(count++));
    fs::create_directories(path);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

inline void write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

inline std::string label_header() {
  return "ts,action,actionOption,actionSub,actionSubOption,condition,conditionSub1Option,conditionSub2Option,"
         "place,"
         "emotionPositive,emotionTension,activity\n";
}

inline std::string label_row(std::int64_t ts, const std::string& positive, const std::string& tension,
                             const std::string& action = "sleep") {
  return std::to_string(ts) + ".0," + action + ",,,,ALONE,,,home," + positive + "," + tension + ",3\n";
}

/// A file of `rows` rows in which column c of row r is c + r / 1024.
inline std::string series(const std::string& header, int columns, int rows, double rate,
                          const std::string& line_end = "\n") {
  std::string text = header + line_end;
  for (int r = 0; r < rows; ++r) {
    text += std::to_string(r / rate);
    for (int c = 0; c < columns; ++c) text.append(1, ',').append(std::to_string(c + r / 1024.0));
    text += line_end;
  }
  return text;
}

/// All nine files of a complete minute.
inline void write_minute(const fs::path& session, std::int64_t minute, const std::string& line_end = "\n") {
  const auto name = std::to_string(minute) + ".csv";
  write(session / "e4Acc" / name, series("timestamp,x,y,z", 3, 1920, 32, line_end));
  write(session / "e4Bvp" / name, series("timestamp,value", 1, 3840, 64, line_end));
  write(session / "e4Eda" / name, series("timestamp,eda", 1, 240, 4, line_end));
  write(session / "e4Hr" / name,
        "timestamp,hr" + line_end + "1.5,60" + line_end + "30,70" + line_end + "58,95" + line_end);
  write(session / "e4Temp" / name, series("timestamp,temp", 1, 240, 4, line_end));
  write(session / "mAcc" / name, series("timestamp,x,y,z", 3, 1787, 29.8, line_end));
  write(session / "mGps" / name,
        "timestamp,lat,lon,accuracy" + line_end + "0,36,127,20" + line_end + "30,38,129,10" + line_end);
  write(session / "mGyr" / name, series("timestamp,x,y,z,roll,pitch,yaw", 6, 1786, 29.8, line_end));
  write(session / "mMag" / name, series("timestamp,x,y,z", 3, 1786, 29.8, line_end));
}

}  // namespace etri_writer
