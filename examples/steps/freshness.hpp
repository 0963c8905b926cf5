// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

// Whether files are still what they were when a step of the study was done.

namespace lifelog::examples {

/// What of a file's content is looked at.
struct StateRule {
  std::uint64_t largest = 0;   ///< files up to so many bytes by their content,
  std::uint64_t together = 0;  ///< the smallest first, until they are so many in all;
  bool times = false;          ///< others by their size, and the time of their last change
};

/// Recordings of people: more than can be read to see whether they are the same.
inline constexpr StateRule recordings_rule{1 << 20, 64 << 20, true};
/// Recordings that we generate, the same whenever we do.
inline constexpr StateRule generated_rule{1 << 20, 64 << 20, false};
/// Results of steps: all of their content.
inline constexpr StateRule results_rule{UINT64_MAX, UINT64_MAX, false};

/// Tells states of files; a file that is asked for again, and has not changed its size or time, is not read again.
class FileStates {
 public:
  /// An object: each file below `path` (or the file itself, by its name) and its state; where they are more than 2000,
  /// folders stand for the files in them. Hidden files and folders, checkpoints and the folders `without` do not count.
  nlohmann::ordered_json of(const std::filesystem::path& path, const StateRule& rule,
                            const std::vector<std::filesystem::path>& without = {});

 private:
  struct Seen {
    std::uint64_t size;
    std::int64_t time;
    std::string sum;
  };
  std::string sum_of(const std::filesystem::path& file, std::uint64_t size, std::int64_t time);

  std::map<std::string, Seen> seen_;
};

/// What of `now` is not as `before`, "a.csv changed", "b.csv is new", "c.csv is gone", the first three; empty when nothing.
std::string difference(const nlohmann::ordered_json& before, const nlohmann::ordered_json& now);

/// What was noted when a step was done; nothing when the file is missing, empty, cut, or no JSON object.
std::optional<nlohmann::ordered_json> read_stamp(const std::filesystem::path& file);

}  // namespace lifelog::examples
