// SPDX-License-Identifier: MIT
// lifelog's readers behind plain functions, for reading.py to call in its own process.
#include <lifelog/readers/etri.hpp>
#include <lifelog/readers/etri_rows.hpp>

#include <cstring>
#include <numeric>
#include <span>
#include <string>

using namespace lifelog::data;
using namespace lifelog::readers;
using lifelog::Index;

namespace {

/// What was read, so that it can be held against what others read.
struct Sum {
  double total = 0;
  Index numbers = 0;

  template<class Values>
  void add(const Values& values) {
    for (const auto value : values)
      if (!std::isnan(value)) {
        total += static_cast<double>(value);
        ++numbers;
      }
  }
};

}  // namespace

extern "C" {

/// Parses whole files, timestamps too. paths, headers: of each file, `count` lines.
double parse_files(const char* paths, const char* headers, Index count, int threads) {
  std::vector<std::string> path, header;
  for (auto [text, list] : {std::pair{paths, &path}, {headers, &header}})
    for (Index i = 0; i < count; ++i) {
      const char* end = std::strchr(text, '\n');
      list->emplace_back(text, end);
      text = end + 1;
    }
  std::vector<double> sums(static_cast<std::size_t>(count));
  constexpr Index piece_size = 64;
  lifelog::parallel_for(lifelog::piece_count(piece_size, count), threads, [&](Index piece) {
    const auto range = lifelog::piece_of(piece, piece_size, count);
    NumberTable numbers;
    std::string text;
    for (auto i = static_cast<std::size_t>(range.begin); i < static_cast<std::size_t>(range.end); ++i) {
      std::vector<std::string> names(1);
      for (const char c : header[i])
        if (c == ',')
          names.emplace_back();
        else
          names.back() += c;
      read_numbers(lifelog::io::read_file(path[i], text), path[i], names, numbers);
      Sum sum;
      sum.add(numbers.values);
      sums[i] = sum.total;
    }
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

/// Minutes kept of everybody in a tree.
Index read_minutes(const char* dir, int threads) {
  Index kept = 0;
  for (const auto& user : etri_users(dir))
    kept += read_etri_person(dir, user, {.threads = threads}).quality.minutes_kept;
  return kept;
}

/// Row tables of everybody in a tree: the sum of all values; numbers: how many there are.
double read_rows(const char* dir, int threads, Index* numbers) {
  Sum sum;
  for (const auto& user : etri_users(dir))
    sum.add(read_etri_rows(dir, user, {.threads = threads}).table.values);
  *numbers = sum.numbers;
  return sum.total;
}
}
