// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "folds.hpp"

namespace lifelog::inline LIFELOG_ABI::evaluate {

/// What somebody else's split says of a minute: which part it belongs to, or the fold that tests it.
struct Part {
  enum class Kind { none, train, valid, test, fold };
  Kind kind = Kind::none;
  Index fold = 0;  ///< of Kind::fold, at least 0

  bool operator==(const Part& other) const { return kind == other.kind && fold == other.fold; }
};

/// `train`, `valid`, `test`, or a whole number of at least 0; nothing for another word.
LIFELOG_LAZY std::optional<Part> part_named(const std::string& word) {
  if (word == "train") return Part{Part::Kind::train, 0};
  if (word == "valid") return Part{Part::Kind::valid, 0};
  if (word == "test") return Part{Part::Kind::test, 0};
  if (word.empty() || word.size() > 6 || word.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  return Part{Part::Kind::fold, static_cast<Index>(std::stol(word))};
}

/// Folds as given, one part for each minute. With `test` there is one fold. With numbers there is a fold for each number, in
/// ascending order, that tests the minutes with it; those with other numbers train, but for the share `valid`, which
/// validates where nothing is `valid`; a minute of `train` trains in every fold. Minutes without a part are in no fold.
/// Training minutes that overlap a tested window or lie in its gap are left out as by `make_folds`.
///
/// parts: [n]. scheme and folds of the options mean nothing. Throws std::invalid_argument where nothing is tested or a fold
/// has nothing to train on, for one number only, and for `test` beside numbers.
LIFELOG_LAZY std::vector<Split> given_folds(const Items& items, const std::vector<Part>& parts,
                                            const FoldOptions& options = {}) {
  using lifelog::detail::require;
  auto own = options;
  own.scheme = Scheme::blocked;
  own.folds = 2;
  detail::require_fold_options(items, own);
  require(parts.size() == items.label.size(), "parts: expected one for each of ", items.label.size(),
          " minutes, got ", parts.size());
  std::vector<Index> always, valid, test;
  std::map<Index, std::vector<Index>> numbered;
  for (std::size_t n = 0; n < parts.size(); ++n) {
    const auto i = static_cast<Index>(n);
    if (parts[n].kind == Part::Kind::train) always.push_back(i);
    if (parts[n].kind == Part::Kind::valid) valid.push_back(i);
    if (parts[n].kind == Part::Kind::test) test.push_back(i);
    if (parts[n].kind == Part::Kind::fold) numbered[parts[n].fold].push_back(i);
  }
  require(test.empty() || numbered.empty(), "parts: expected test or numbers of folds, got both");
  require(!test.empty() || !numbered.empty(), "parts: expected minutes to test, got none");
  require(numbered.size() != 1 || !always.empty(),
          "parts: expected at least two folds, or minutes that train, got one fold only");
  const bool given_valid = !valid.empty() || numbered.empty();
  if (!test.empty()) numbered[0] = test;
  std::vector<Split> folds;
  for (const auto& [number, tested] : numbered) {
    Split split;
    split.test = tested;
    std::vector<Index> rest = always;
    for (const auto& [other, minutes] : numbered)
      if (other != number) rest.insert(rest.end(), minutes.begin(), minutes.end());
    std::sort(rest.begin(), rest.end());
    rest = detail::clear_of(items, rest, tested, options.window, options.gap);
    split.valid = detail::clear_of(items, valid, tested, options.window, 0);
    if (!given_valid) {
      std::vector<Index> of_fold(items.label.size(), -1);
      for (const Index i : tested) of_fold[static_cast<std::size_t>(i)] = 0;
      split.valid =
          detail::validation_of(items, rest, Scheme::blocked, options.valid, false, of_fold, 0, Random(0));
    }
    split.train = detail::clear_of(items, detail::without(rest, split.valid), split.valid, options.window, 0);
    require(!split.train.empty(), "parts: expected minutes that train, and are not near those of ",
            test.empty() ? "fold " + std::to_string(number) : std::string("test"), ", got none");
    folds.push_back(std::move(split));
  }
  return folds;
}

}  // namespace lifelog::evaluate
