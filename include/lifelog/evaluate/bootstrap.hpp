// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "../core/parallel.hpp"
#include "../core/quantile.hpp"
#include "../core/random.hpp"
#include "../metrics/confusion.hpp"

namespace lifelog::inline LIFELOG_ABI::evaluate {

/// Predictions of held-out minutes. All lists are [n].
struct Judged {
  std::vector<Index> truth, predicted;
  std::vector<Index> person;  ///< empty: one person
  std::vector<Index> block;   ///< minutes that stand or fall together (`blocks_of`); empty: each for itself
  std::vector<Index> replicate;  ///< by which of several trainings, as with other seeds; empty: one

  void add(Index true_class, Index predicted_class, Index whose, Index of_block, Index of_replicate) {
    truth.push_back(true_class);
    predicted.push_back(predicted_class);
    person.push_back(whose);
    block.push_back(of_block);
    replicate.push_back(of_replicate);
  }
};

/// A figure and where it lies, at the level of the options.
struct Interval {
  double value = 0, low = 0, high = 0;
};

/// Of macro F1, accuracy and Cohen's kappa.
struct Figures {
  Interval f1, accuracy, kappa;
};

/// | name | type | description | default |
/// |---|---|---|---|
/// | resamples | Index | how often blocks are drawn anew, at least 1 | 1000 |
/// | level | double | share of the resamples within an interval, 0 … 1 excluded | 0.95 |
/// | seed | uint64 | of the draws | 1 |
/// | threads | int | 0: all; no influence on results | 0 |
struct BootstrapOptions {
  Index resamples = 1000;
  double level = 0.95;
  std::uint64_t seed = 1;
  int threads = 0;
};

namespace detail {

/// Counts of one block, one matrix a replicate.
using BlockCounts = std::vector<RowMatrix<Index>>;

struct JudgedPerson {
  /// Blocks of each true class: classes are drawn from separately, so that no resample lacks one.
  std::map<Index, std::vector<BlockCounts>> blocks;
};

struct Scores {
  double f1 = 0, accuracy = 0, kappa = 0;
};

LIFELOG_LAZY Scores scores_of(const BlockCounts& counts) {
  Scores mean;
  double some = 0;
  for (const auto& of_replicate : counts) {
    if (of_replicate.sum() == 0) continue;
    const auto confusion = metrics::ConfusionMatrix::of_counts(of_replicate);
    mean.f1 += confusion.macro_f1();
    mean.accuracy += confusion.accuracy();
    mean.kappa += confusion.kappa();
    ++some;
  }
  if (some > 0) mean.f1 /= some, mean.accuracy /= some, mean.kappa /= some;
  return mean;
}

LIFELOG_LAZY std::vector<JudgedPerson> judged_people(const Judged& judged, Index classes) {
  using lifelog::detail::require;
  const auto n = judged.truth.size();
  require(classes >= 1, "classes: expected at least 1, got ", classes);
  require(n > 0, "judged: expected at least one minute, got none");
  require(judged.predicted.size() == n, "judged: expected a prediction for each of ", n, " minutes, got ",
          judged.predicted.size());
  for (const auto* list : {&judged.person, &judged.block, &judged.replicate})
    require(list->empty() || list->size() == n, "judged: expected lists of ", n, " minutes, got one of ",
            list->size());
  const auto at = [](const std::vector<Index>& list, std::size_t i, Index otherwise) {
    return list.empty() ? otherwise : list[i];
  };
  std::map<Index, std::size_t> replicate;
  for (std::size_t i = 0; i < n; ++i) replicate.try_emplace(at(judged.replicate, i, 0), replicate.size());
  std::map<Index, std::map<std::pair<Index, Index>, BlockCounts>> counts;
  for (std::size_t i = 0; i < n; ++i) {
    const Index t = judged.truth[i], p = judged.predicted[i];
    require(t >= 0 && t < classes && p >= 0 && p < classes, "judged: expected classes below ", classes,
            ", got ", t, " and ", p);
    auto& block = counts[at(judged.person, i, 0)][{t, at(judged.block, i, static_cast<Index>(i))}];
    if (block.empty()) block.assign(replicate.size(), RowMatrix<Index>::Zero(classes, classes));
    ++block[replicate[at(judged.replicate, i, 0)]](t, p);
  }
  std::vector<JudgedPerson> people;
  for (auto& [person, blocks] : counts) {
    people.emplace_back();
    for (auto& [key, block] : blocks) people.back().blocks[key.first].push_back(std::move(block));
  }
  return people;
}

/// pick(n) is the number of a block, below n.
template<class Pick>
Scores person_scores(const JudgedPerson& person, Pick pick) {
  BlockCounts sum;
  for (const auto& [label, blocks] : person.blocks)
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      const auto& drawn = blocks[pick(b, blocks.size())];
      if (sum.empty()) {
        sum = drawn;
        continue;
      }
      for (std::size_t r = 0; r < sum.size(); ++r) sum[r] += drawn[r];
    }
  return scores_of(sum);
}

/// Figures as they are, and those of every resample. Of other predictions of the same minutes the same blocks are drawn.
struct Resampled {
  Scores value;
  std::vector<Scores> drawn;
};

LIFELOG_LAZY Resampled resample(const Judged& judged, Index classes, const BootstrapOptions& options) {
  using lifelog::detail::require;
  require(options.resamples >= 1, "resamples: expected at least 1, got ", options.resamples);
  require(options.level > 0 && options.level < 1, "level: expected a share above 0 and below 1, got ",
          options.level);
  const auto people = judged_people(judged, classes);
  const auto mean_over = [&](auto&& draw_person, auto&& draw_block) {
    Scores mean;
    for (std::size_t p = 0; p < people.size(); ++p) {
      const auto scores = person_scores(people[draw_person(p)], draw_block);
      mean.f1 += scores.f1, mean.accuracy += scores.accuracy, mean.kappa += scores.kappa;
    }
    const auto n = static_cast<double>(people.size());
    return Scores{mean.f1 / n, mean.accuracy / n, mean.kappa / n};
  };
  Resampled result{mean_over([](std::size_t p) { return p; }, [](std::size_t b, std::size_t) { return b; }),
                   std::vector<Scores>(static_cast<std::size_t>(options.resamples))};
  parallel_for(options.resamples, options.threads, [&](Index piece) {
    auto random = Random(options.seed).fork(static_cast<std::uint64_t>(piece));
    const auto draw = [&](std::size_t n) { return static_cast<std::size_t>(random.below(n)); };
    result.drawn[static_cast<std::size_t>(piece)] =
        mean_over([&](std::size_t) { return draw(people.size()); },
                  [&](std::size_t, std::size_t n) { return draw(n); });
  });
  return result;
}

LIFELOG_LAZY Figures figures_of(const Resampled& of, double level) {
  const auto interval = [&](double Scores::*which) {
    std::vector<double> sorted;
    for (const auto& scores : of.drawn) sorted.push_back(scores.*which);
    std::sort(sorted.begin(), sorted.end());
    const double outside = (1 - level) / 2, value = of.value.*which;
    // A resample repeats what is there, so the figure itself may lie beyond nearly all of them.
    return Interval{value, std::min(value, lifelog::detail::quantile(sorted, outside)),
                    std::max(value, lifelog::detail::quantile(sorted, 1 - outside))};
  };
  return {interval(&Scores::f1), interval(&Scores::accuracy), interval(&Scores::kappa)};
}

LIFELOG_LAZY Scores difference(const Scores& a, const Scores& b) {
  return {a.f1 - b.f1, a.accuracy - b.accuracy, a.kappa - b.kappa};
}

}  // namespace detail

/// Macro F1, accuracy and kappa of held-out minutes, and percentile intervals by a bootstrap over blocks within people and
/// over people (Davison & Hinkley, "Bootstrap Methods and their Application", 1997, § 3.8): people are drawn with
/// replacement, and of each one drawn the blocks of each true class. Neighbouring minutes are alike, so minutes are never
/// drawn one by one unless each is a block.
///
/// Of several people a figure is the mean of theirs; of several replicates, the mean over them. classes: that labels are
/// below. Throws std::invalid_argument for lists that disagree, classes out of range, and options out of range.
LIFELOG_LAZY Figures judge(const Judged& judged, Index classes, const BootstrapOptions& options = {}) {
  return detail::figures_of(detail::resample(judged, classes, options), options.level);
}

/// By how much the first predictions of some minutes are better than the second: differences of the figures, and intervals of
/// the differences, the same people and blocks being drawn of both. What is hard in both then does not blur what differs.
///
/// Both: of the same minutes in the same order. Throws std::invalid_argument otherwise, and as `judge`.
LIFELOG_LAZY Figures judge_difference(const Judged& first, const Judged& second, Index classes,
                                      const BootstrapOptions& options = {}) {
  lifelog::detail::require(
      first.truth == second.truth && first.person == second.person && first.block == second.block,
      "judged: expected predictions of the same minutes, got others");
  auto both = detail::resample(first, classes, options);
  const auto other = detail::resample(second, classes, options);
  both.value = detail::difference(both.value, other.value);
  for (std::size_t r = 0; r < both.drawn.size(); ++r)
    both.drawn[r] = detail::difference(both.drawn[r], other.drawn[r]);
  return detail::figures_of(both, options.level);
}

}  // namespace lifelog::evaluate
