// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <sstream>
#include <string>

/// Exports of a wristband: a file's name and its text. Values are a known function of the sample's number and of `seed`.
struct E4Export {
  std::int64_t start = 1644227580;  ///< a multiple of 60
  int minutes = 3;
  int seed = 0;
  double acc_scale = 1;  ///< 1: in sixty-fourths of g

  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> out;
    const std::pair<const char*, int> sensors[] = {
        {"ACC", 32}, {"BVP", 64}, {"EDA", 4}, {"TEMP", 4}, {"HR", 1}};
    for (const auto& [name, rate] : sensors) {
      const bool acc = name[0] == 'A';
      std::ostringstream text;
      text << start << ".0" << (acc ? "," + std::to_string(start) + ".0," + std::to_string(start) + ".0" : "")
           << '\n'
           << rate << ".0" << (acc ? "," + std::to_string(rate) + ".0," + std::to_string(rate) + ".0" : "")
           << '\n';
      for (int i = 0; i < 60 * minutes * rate; ++i)
        if (acc)
          text << acc_scale * ((i + seed) % 8 - 4) << ',' << acc_scale * (i % 4 - 2) << ',' << acc_scale * 64
               << '\n';
        else
          text << (i + seed) % 90 + 40 << ".5\n";
      out[std::string(name) + ".csv"] = text.str();
    }
    return out;
  }

  /// "user,start,end,label" rows: the first minute one label, the others another.
  std::string labels(const std::string& user, std::int64_t shift = 0) const {
    const auto at = [&](int minute) { return std::to_string(start + shift + 60 * minute); };
    return user + ',' + at(0) + ',' + at(1) + ",stress\n" + user + ',' + at(1) + ',' + at(minutes) +
           ",calm\n";
  }
};
