// SPDX-License-Identifier: MIT
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace lifelog::examples {

/// A small table for summaries: columns as wide as they must be, numbers to the right, words to the left.
///
///     Table table({"user", "minutes", "F1"});
///     table.row({"101", "1844", fixed(0.85152, 3)});
///     std::cout << table;
class Table {
 public:
  explicit Table(std::vector<std::string> header) { lines_.push_back(std::move(header)); }

  /// One row, as many cells as the header has.
  void row(std::vector<std::string> cells) { lines_.push_back(std::move(cells)); }

  friend std::ostream& operator<<(std::ostream& out, const Table& table);

 private:
  std::vector<std::vector<std::string>> lines_;
};

/// `value` with `digits` after the point, whatever the locale; "-" when it is not finite.
std::string fixed(double value, int digits);

/// A whole number with thin grouping by commas: 37,732.
std::string grouped(long long value);

/// A time span for people: "0.42 s", "12.3 s", "3 min 05 s", "2 h 10 min".
std::string duration(double seconds);

/// "1 minute", "2 minutes": a grouped number and its noun.
std::string count(long long n, const std::string& one, const std::string& many);

/// "e4Acc, mMag".
std::string joined(const std::vector<std::string>& words, const std::string& between = ", ");

}  // namespace lifelog::examples
