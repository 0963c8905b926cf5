// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <lifelog/data/rules.hpp>
#include <string>

#include "../common/program.hpp"
#include "predicting.hpp"

namespace lifelog::examples {

/// What predictors are to tell, and what they are judged on: flags of every program that trains them.
class PredictorFlags {
 public:
  Index assign_minutes = 10;
  bool regroup = false;

  void add_to(FlagSet& app) {
    app.add_option(
           "--bins", bins_,
           "classes of tension: study (0 and 1, the rest), three (0 and 1, 2 to 4, the rest); those of "
           "the rules when absent")
        .check(one_of({"study", "three"}));
    app.add_option("--assign-minutes", assign_minutes,
                   "labelled minutes by which a person held out gets a group")
        .check(between(1, 1e6));
    app.add_flag("--regroup", regroup,
                 "from the groups on, move people to the group whose predictor tells them best, and so on in "
                 "turns; judge that on people held out, --folds parts of them");
  }

  data::TensionBins bins(const data::Rules& rules) const {
    if (bins_.empty()) return rules.bins;
    return bins_ == "study" ? data::TensionBins::study : data::TensionBins::three;
  }

  /// The other words of --evaluate, for predictors, and what they mean.
  static std::vector<std::string> words() { return evaluation_names; }
  static std::string about_words() {
    return "; predictors also: split (as shuffled, by --split), stratified (labels in the same shares), "
           "leave-one-out (as person)";
  }

  /// word: of --evaluate, or empty. study: what the study did where it is empty. split_file: a split of somebody's own, in place
  /// of all that, or empty.
  static Evaluation evaluation(const std::string& word, bool study, const std::filesystem::path& split_file) {
    if (!split_file.empty()) return Evaluation::split_file;
    if (word.empty()) return study ? Evaluation::split : Evaluation::blocked;
    if (word == "shuffled") return Evaluation::split;
    if (word == "person") return Evaluation::leave_one_out;
    return evaluation_of(word);
  }

 private:
  std::string bins_;
};

}  // namespace lifelog::examples
