// SPDX-License-Identifier: MIT

// A minute's file: split into cells, read as numbers, made a window, put on the grid of the row tables.

#include <lifelog/data/windows.hpp>
#include <lifelog/readers/csv_numbers.hpp>
#include <lifelog/readers/resample.hpp>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <string>
#include <vector>

#include "fuzz.hpp"

using namespace lifelog::data;
using namespace lifelog::readers;
namespace readers = lifelog::readers;
using lifelog::Index;

namespace {

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

/// What the short cuts read is what the standard's reader reads.
void check_plain(std::string_view cell) {
  const char *at = cell.data(), *const end = at + cell.size();
  double fast = 0, expected = 0;
  if (!readers::detail::plain_decimal(at, end, fast) || at != end) return;
  const auto [stop, error] = std::from_chars(cell.data(), end, expected);
  fuzz::check(stop == end && error == std::errc() && same_bits(fast, expected),
              "plain decimals are read as from_chars reads them");
}

void check_short(std::string_view text) {
  const char *at = text.data(), *plain_at = at, *const end = at + text.size();
  double fast = 0, expected = 0;
  if (end - at < readers::detail::short_decimal_reach || !readers::detail::short_decimal(at, fast)) return;
  fuzz::check(
      readers::detail::plain_decimal(plain_at, end, expected) && at == plain_at && same_bits(fast, expected),
      "short decimals are read as plain ones");
}

/// Numbers and faults are those of one cell after the other.
void check_cells(std::string_view text, const NumberTable& numbers, const std::vector<std::string>& names) {
  CsvReader csv(text);
  auto fault = numbers.faults.begin();
  for (Index row = 0; csv.next(); ++row)
    for (std::size_t c = 0; c < csv.header().size(); ++c) {
      const auto name = std::find(names.begin(), names.end(), csv.header()[c]);
      if (name == names.end() || csv.find(*name) != c) continue;
      const auto column = static_cast<std::size_t>(name - names.begin());
      const auto expected = parse_number(csv.cell(c));
      if (expected.kind == CellKind::number) {
        fuzz::check(same_bits(numbers(row, column), expected.value), "a cell's number");
        continue;
      }
      fuzz::check(std::isnan(numbers(row, column)), "NaN where there is no number");
      if (c >= csv.cells()) continue;  // of a row too short: told behind those of cells, in the table's order
      fault = std::find_if(fault, numbers.faults.end(), [&](const CellFault& f) {
        return f.row == row && f.column == column && f.kind == expected.kind && f.line >= csv.line();
      });
      fuzz::check(fault != numbers.faults.end(), "a fault where there is no number, in order");
    }
}

Index count_rows(std::string_view text) {
  CsvReader csv(text);
  Index rows = 0, line = 0;
  while (csv.next()) {
    ++rows;
    fuzz::check(csv.line() > line, "lines ascend");
    line = csv.line();
    for (std::size_t c = 0; c <= csv.cells(); ++c) {
      check_plain(csv.cell(c));
      const auto number = parse_number(csv.cell(c));
      fuzz::check((number.kind == CellKind::number) == std::isfinite(number.value), "a number is finite");
    }
  }
  return rows;
}

void check_window(WindowKind kind, const NumberTable& numbers) {
  const Modality modality{"m", {{"x", "", -10, 10}, {"y", ""}}, 1, kind, 3};
  const auto size = static_cast<std::size_t>(modality.window_channels() * modality.window_length());
  std::vector<float> out(size);
  if (make_window(modality, numbers, study_rules(), out.data()).good())
    fuzz::check(std::all_of(out.begin(), out.end(), [](float x) { return std::isfinite(x); }),
                "a good window is finite");
}

void check_numbers(std::string_view text) {
  NumberTable numbers;
  read_numbers(text, "fuzz", {"x", "y"}, numbers);
  const auto nan = std::count_if(numbers.values.begin(), numbers.values.end(),
                                 [](double value) { return std::isnan(value); });
  fuzz::check(numbers.values.size() == static_cast<std::size_t>(numbers.rows) * 2, "rows times columns");
  fuzz::check(nan == static_cast<std::ptrdiff_t>(numbers.faults.size()), "a fault for each NaN");
  fuzz::check(numbers.rows == count_rows(text), "as many rows as the splitter finds");
  check_cells(text, numbers, {"x", "y"});
  for (const auto kind : {WindowKind::exact, WindowKind::at_least, WindowKind::mean, WindowKind::pooled})
    check_window(kind, numbers);
}

/// What else is looked at changes no number.
void check_watched(std::string_view text) {
  NumberTable plain, watched;
  read_numbers(text, "fuzz", {"y"}, plain, 0);
  read_numbers(text, "fuzz", {"y"}, watched, 0, "x");
  fuzz::check(plain.rows == watched.rows && plain.faults.size() == watched.faults.size(),
              "the same rows and faults");
  for (std::size_t i = 0; i < plain.values.size(); ++i)
    fuzz::check(same_bits(plain.values[i], watched.values[i]), "the same numbers");
  fuzz::check(watched.unsorted + watched.repeated <= watched.rows, "at most one fault a row");
}

void check_resampled(std::string_view text) {
  NumberTable numbers;
  read_numbers(text, "fuzz", {"x", "y"}, numbers, 1);
  for (const std::int64_t minute : {0, 1598713200, 61}) {
    readers::detail::ResampledFile file;
    readers::detail::resample(numbers, minute, file);
    fuzz::check(file.rows.bucket.size() <= 13, "a minute touches at most 13 buckets");
    fuzz::check(file.rows.values.size() == file.rows.bucket.size() * file.rows.columns, "a value a bucket");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  count_rows(text);
  check_short(text);
  fuzz::refusable([&] { check_numbers(text); });
  fuzz::refusable([&] { check_watched(text); });
  fuzz::refusable([&] { check_resampled(text); });
  return 0;
}
