// SPDX-License-Identifier: MIT

// Label files of an ETRI session and of a folder of wristband recordings.

#include <lifelog/readers/empatica_files.hpp>
#include <lifelog/readers/etri_labels.hpp>

#include <string>

#include "fuzz.hpp"

using namespace lifelog::data;
using namespace lifelog::readers;

namespace {

void check_etri(std::string_view text) {
  Quality quality;
  const auto labels = parse_etri_labels(text, "fuzz", quality);
  fuzz::check(labels.cells.size() == labels.ts.size() * labels.columns.size(), "a cell a row and column");
  fuzz::check(labels.line.size() == labels.ts.size(), "a line a row");
  for (std::size_t i = 1; i < labels.ts.size(); ++i)
    fuzz::check(labels.ts[i - 1] < labels.ts[i], "each time once, ascending");
  const auto rules = study_rules();
  for (const auto& cell : labels.cells) {
    const auto label = usable_label(cell, EtriTarget::tension, rules).text;
    fuzz::check(label.empty() || (label >= "1" && label <= "7" && label.size() == 1), "a label on the scale");
  }
}

void check_empatica(std::string_view text) {
  const auto labels = parse_empatica_labels(text, "fuzz");
  for (const auto& [user, intervals] : labels.intervals) {
    for (std::size_t i = 0; i < intervals.size(); ++i) {
      fuzz::check(intervals[i].start <= intervals[i].end && !intervals[i].label.empty(), "a usable interval");
      fuzz::check(i == 0 || intervals[i - 1].start <= intervals[i].start, "intervals ascend");
    }
    const auto from = intervals.front().start, to = from + 60'000'000;
    covering_label(intervals, from, to, 30'000'000);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  fuzz::refusable([&] { check_etri(text); });
  fuzz::refusable([&] { check_empatica(text); });
  return 0;
}
