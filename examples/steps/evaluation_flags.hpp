// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "../common/program.hpp"
#include "evaluating.hpp"

namespace lifelog::examples {

/// The flags of everything that is judged by minutes held out.
class EvaluationFlags {
 public:
  /// more: other words of --evaluate that a program has, and their description.
  void add_to(FlagSet& app, const std::vector<std::string>& more = {}, const std::string& about_more = {}) {
    std::vector<std::string> words(evaluate::scheme_names.begin(), evaluate::scheme_names.end());
    words.insert(words.end(), more.begin(), more.end());
    evaluate_ =
        app.add_option("--evaluate", scheme_,
                       ("hold out in turn, fold by fold: shuffled (minutes at random), blocked (a block of "
                        "each class in time), session, person" +
                        about_more)
                           .c_str())
            .check(one_of(std::move(words)));
    folds_given_ =
        app.add_option("--folds", folds_, "parts that are held out in turn").check(between(2, 1000));
    gap_given_ =
        app.add_option("--gap", gap_,
                       "minutes around what is tested that train nobody; when absent, so many around "
                       "blocks and sessions only")
            .check(at_least(0));
    app.add_option(
        "--split-file", split_file_,
        "a split of your own: CSV user,timestamp,part; part: train, valid, test or a fold's number");
    app.add_option("--null", nulls_, "repeat it all so many times with labels shifted in time, for p-values")
        .check(between(0, 100000));
    seeds_given_ =
        app.add_option("--seeds", seeds_, "train every fold from so many seeds").check(between(1, 10000));
  }

  /// The word of --evaluate; empty when absent.
  std::string word() const { return evaluate_.given() ? scheme_ : std::string(); }

  const std::string& split_file() const { return split_file_; }

  /// Makes every fold's networks replicates that are asked what sensors tell, unless minutes are split by shares. seeds, folds:
  /// unless --seeds and --folds say.
  void measure(Index seeds, Index folds, EvaluationOptions& options) const {
    if (options.shares) return;
    options.measure = true;
    // Shuffled folds besides cost as much as a seed: only where an evaluation is asked for.
    options.leak = options.all_folds;
    options.all_folds = true;
    if (!seeds_given_.given()) options.seeds = seeds;
    if (!folds_given_.given()) options.folds = folds;
  }

  /// study: whether to go by shares where nothing else is asked for. shares_given: whether --split is on the command line.
  /// Throws FlagError on flags that contradict each other.
  EvaluationOptions options(bool study, bool shares_given) const {
    EvaluationOptions options;
    const bool scheme_given =
        evaluate_.given() && std::find(evaluate::scheme_names.begin(), evaluate::scheme_names.end(),
                                       scheme_) != evaluate::scheme_names.end();
    const bool given = scheme_given || folds_given_.given() || !split_file_.empty();
    if (!split_file_.empty() && evaluate_.given())
      throw FlagError("--split-file, --evaluate: expected one of them, got both");
    if (!split_file_.empty() && folds_given_.given())
      throw FlagError(
          "--split-file, --folds: expected one of them, got both; a split file has its own folds");
    for (std::size_t s = 0; s < evaluate::scheme_names.size(); ++s)
      if (scheme_ == evaluate::scheme_names[s]) options.scheme = static_cast<evaluate::Scheme>(s);
    const bool shuffled_shares =
        options.scheme == evaluate::Scheme::shuffled && shares_given && !folds_given_.given();
    options.shares = split_file_.empty() && (given ? shuffled_shares : study || shares_given);
    options.folds = folds_;
    if (gap_given_.given()) options.gap = gap_;
    options.split_file = split_file_;
    options.nulls = nulls_;
    options.seeds = seeds_;
    options.all_folds = !options.shares && (given || nulls_ > 0 || seeds_ > 1);
    if (options.shares && options.gap)
      throw FlagError("--gap: expected with --evaluate or --split-file, got shares of shuffled minutes");
    return options;
  }

 private:
  std::string scheme_ = "blocked", split_file_;
  Index folds_ = 4, nulls_ = 0, seeds_ = 1;
  double gap_ = 1;
  Flag evaluate_, folds_given_, gap_given_, seeds_given_;
};

}  // namespace lifelog::examples
