// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "../core/random.hpp"

namespace lifelog::inline LIFELOG_ABI::evaluate {

/// | name | type | description | default |
/// |---|---|---|---|
/// | train, valid, test | double | shares of the items; not negative, sum 1 | 0.7, 0.1, 0.2 |
/// | shuffle | bool | false: the first items train, the last test | true |
/// | seed | uint64 | of the shuffle | 0 |
struct SplitOptions {
  double train = 0.7;
  double valid = 0.1;
  double test = 0.2;
  bool shuffle = true;
  std::uint64_t seed = 0;
};

/// Item numbers; each of 0…n−1 is in exactly one of the three.
struct Split {
  std::vector<Index> train, valid, test;
};

namespace detail {

/// ⌈share · n⌉, where what is a hair above a whole number counts as that number: through rounding, or because the share was
/// written with six digits (0.340426 of 47 are 16).
LIFELOG_LAZY Index share_of(double share, Index n) {
  const double exact = share * static_cast<double>(n);
  const double hair = 1e-9 * (1 + exact) + std::min(5.5e-7 * static_cast<double>(n), 0.01);
  return std::min(n, static_cast<Index>(std::ceil(exact - hair)));
}

struct SplitSizes {
  Index train, valid, test;
};

LIFELOG_LAZY SplitSizes split_sizes(Index n, const SplitOptions& options) {
  const double sum = options.train + options.valid + options.test;
  const bool valid_shares = lifelog::detail::is_finite(sum) && options.train >= 0 && options.valid >= 0 &&
                            options.test >= 0 && std::abs(sum - 1) <= 1e-5;  // shares of six digits
  lifelog::detail::require(valid_shares,
                           "shares: expected train, valid, test of at least 0 that add up to 1, got ",
                           options.train, ", ", options.valid, ", ", options.test);
  const Index test = share_of(options.test, n);
  const double rest = options.train + options.valid;
  const Index valid = rest > 0 ? share_of(options.valid / rest, n - test) : 0;
  // With no training share, what rounding left over belongs to the last share that is there.
  if (options.train > 0) return {n - test - valid, valid, test};
  return options.valid > 0 ? SplitSizes{0, n - test, test} : SplitSizes{0, 0, n};
}

LIFELOG_LAZY void append_split(std::span<const Index> order, const SplitSizes& sizes, Split& split) {
  const auto valid = order.begin() + sizes.train;
  const auto test = valid + sizes.valid;
  split.train.insert(split.train.end(), order.begin(), valid);
  split.valid.insert(split.valid.end(), valid, test);
  split.test.insert(split.test.end(), test, order.end());
}

}  // namespace detail

/// Splits n items in two steps, as the study does with scikit-learn's train_test_split: ⌈test · n⌉ items for
/// testing, then ⌈valid / (train + valid) · rest⌉ for validation, the rest trains. 1844 items become 1290 /
/// 185 / 369.
///
/// The order within each part is the shuffled one. Throws std::invalid_argument for n < 0 or shares out of
/// range.
LIFELOG_LAZY Split split_items(Index n, const SplitOptions& options = {}) {
  lifelog::detail::require(n >= 0, "n: expected at least 0, got ", n);
  const auto sizes = detail::split_sizes(n, options);
  std::vector<Index> order(static_cast<std::size_t>(n));
  for (Index i = 0; i < n; ++i) order[static_cast<std::size_t>(i)] = i;
  Random random(options.seed);
  if (options.shuffle) random.shuffle(order.begin(), order.end());
  Split split;
  detail::append_split(order, sizes, split);
  return split;
}

namespace detail {

/// Gives `total` items to classes of the given sizes in proportion, largest remainders first, none beyond its
/// size.
LIFELOG_LAZY std::vector<Index> apportion(Index total, const std::vector<Index>& sizes) {
  Index n = 0;
  for (const auto size : sizes) n += size;
  std::vector<Index> given(sizes.size(), 0);
  if (n == 0) return given;
  std::vector<std::size_t> order(sizes.size());
  Index left = total;
  for (std::size_t c = 0; c < sizes.size(); ++c) {
    order[c] = c;
    given[c] = total * sizes[c] / n;
    left -= given[c];
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return total * sizes[a] % n > total * sizes[b] % n; });
  for (std::size_t c = 0; left > 0; c = (c + 1) % order.size())
    if (given[order[c]] < sizes[order[c]]) {
      ++given[order[c]];
      --left;
    }
  return given;
}

}  // namespace detail

/// As split_items, with each label's share of every part as near to its share of all as whole items allow
/// (largest remainders). The parts have the sizes that split_items gives.
///
/// labels: [n], any integers. Shuffled within each label, and each part as a whole; without shuffle each part
/// ascends.
LIFELOG_LAZY Split split_stratified(std::span<const std::int64_t> labels, const SplitOptions& options = {}) {
  const auto n = static_cast<Index>(labels.size());
  const auto sizes = detail::split_sizes(n, options);
  std::map<std::int64_t, std::vector<Index>> items;
  for (Index i = 0; i < n; ++i) items[labels[static_cast<std::size_t>(i)]].push_back(i);

  std::vector<Index> counts, rest;
  for (const auto& [label, members] : items) counts.push_back(static_cast<Index>(members.size()));
  const auto test = detail::apportion(sizes.test, counts);
  for (std::size_t c = 0; c < counts.size(); ++c) rest.push_back(counts[c] - test[c]);
  const auto valid = detail::apportion(sizes.valid, rest);

  Random random(options.seed);
  Split split;
  std::size_t c = 0;
  for (auto& [label, members] : items) {
    if (options.shuffle) random.shuffle(members.begin(), members.end());
    detail::append_split(members, {rest[c] - valid[c], valid[c], test[c]}, split);
    ++c;
  }
  for (auto* part : {&split.train, &split.valid, &split.test}) {
    if (options.shuffle)
      random.shuffle(part->begin(), part->end());
    else
      std::sort(part->begin(), part->end());
  }
  return split;
}

}  // namespace lifelog::evaluate
