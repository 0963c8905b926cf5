// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "modalities.hpp"
#include "tension.hpp"

namespace lifelog::inline LIFELOG_ABI::data {

/// Which classes a data set has.
enum class LabelEncoding {
  present,  ///< per person, those that occur in minutes kept, in sorted order: 0…C−1
  scale     ///< all of the scale, so that a class means the same for everybody; some may have no minute
};

/// What is done wherever there is a choice. Two sets of habits come with the library, side by side:
///
/// | | `study_rules()` | `sensible_rules()` |
/// |---|---|---|
/// | lengths of a minute | those of the study (`etri_2019()`) | the same |
/// | e4Hr in a minute | mean | mean |
/// | mGps in a minute | mean of lat, lon and accuracy together, a scalar | mean lat and mean lon, 2 channels |
/// | a value out of its channel's plausible range | kept, counted | the minute is dropped |
/// | standardisation before training | none | per channel, fitted on training minutes |
/// | classes | those present | those present |
/// | tension of the predictors | {0, 1} {rest} | {0, 1} {2, 3, 4} {rest} |
///
/// The study's mGps and bins of tension are slips of the original, kept for comparison with its figures.
///
/// Others are written by who needs them:
///
///     Rules mine = sensible_rules();
///     mine.name = "mine";
///     mine.modalities = {mine.modalities[0], {"ecg", {{"value", "mV", -10, 10}}, 128, WindowKind::exact, 7680}};
///     mine.encoding = LabelEncoding::scale;
///     read_etri_person(dir, "101", {.rules = mine});
struct Rules {
  /// Of the rules, for reports and caches: other rules, other name.
  std::string name;
  /// Sensors in order, and what a minute of each is: lengths, reductions, channels.
  std::vector<Modality> modalities;
  /// Whether a minute with a value out of its channel's plausible range goes.
  bool drop_implausible = false;
  /// The scale of self-reports; what is not on it is no label. The study's is 1 to 7. A 0, which can occur, is no step of it
  /// but stands for no answer: it drops its minute as an empty cell does. Row tables keep it, where it goes into the bin
  /// {0, 1} as in the original.
  int lowest_label = 1, highest_label = 7;
  LabelEncoding encoding = LabelEncoding::present;
  /// Whether values are standardised before a network sees them (`standardize.hpp`). Readers never do.
  bool standardize = false;
  TensionBins bins = TensionBins::study;
};

/// The study's habits, slips included.
LIFELOG_LAZY Rules study_rules() {
  return {.name = "study", .modalities = etri_2019()};
}

/// What we would do.
LIFELOG_LAZY Rules sensible_rules() {
  Rules rules{.name = "sensible",
              .modalities = etri_2019(),
              .drop_implausible = true,
              .standardize = true,
              .bins = TensionBins::three};
  for (auto& modality : rules.modalities)
    if (modality.name == "mGps") modality = located(std::move(modality));
  return rules;
}

}  // namespace lifelog::data
