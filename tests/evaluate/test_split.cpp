// SPDX-License-Identifier: MIT
#include <lifelog/evaluate/split.hpp>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <vector>

BOOST_AUTO_TEST_SUITE(data_split)

using lifelog::Index;
using lifelog::evaluate::Split;
using lifelog::evaluate::split_items;
using lifelog::evaluate::split_stratified;
using lifelog::evaluate::SplitOptions;

namespace {

using Items = std::vector<Index>;

Items sizes(const Split& split) {
  return {static_cast<Index>(split.train.size()), static_cast<Index>(split.valid.size()),
          static_cast<Index>(split.test.size())};
}

bool covers_all(const Split& split, Index n) {
  Items all = split.train;
  all.insert(all.end(), split.valid.begin(), split.valid.end());
  all.insert(all.end(), split.test.begin(), split.test.end());
  std::sort(all.begin(), all.end());
  Items expected(static_cast<std::size_t>(n));
  std::iota(expected.begin(), expected.end(), 0);
  return all == expected;
}

const auto per_element = boost::test_tools::per_element();

}  // namespace

// 28, 3 and 16 of 47, whose shares written so add up to 1.000001.
BOOST_AUTO_TEST_CASE(shares_of_six_digits_are_whole_items) {
  const auto split = split_items(47, {0.595745, 0.063830, 0.340426});
  BOOST_TEST(split.train.size() == 28u);
  BOOST_TEST(split.valid.size() == 3u);
  BOOST_TEST(split.test.size() == 16u);
}

BOOST_AUTO_TEST_CASE(sizes_are_the_study_s) {
  BOOST_TEST(sizes(split_items(1844)) == (Items{1290, 185, 369}), per_element);
  BOOST_TEST(sizes(split_items(10)) == (Items{7, 1, 2}), per_element);
  BOOST_TEST(sizes(split_items(1000)) == (Items{700, 100, 200}), per_element);
}

// sizes of scikit-learn 1.9.1: train_test_split(test_size=.2), then (test_size=.125) of the rest
BOOST_AUTO_TEST_CASE(sizes_are_scikit_learn_s) {
  const Items expected[] = {{3, 1, 1},    {6, 1, 2},      {34, 5, 10},      {69, 10, 20},
                            {70, 11, 21}, {350, 51, 101}, {4319, 618, 1235}};
  for (const auto& e : expected)
    BOOST_TEST(sizes(split_items(std::accumulate(e.begin(), e.end(), Index{0}))) == e, per_element);
}

BOOST_AUTO_TEST_CASE(every_item_is_in_one_part) {
  for (Index n = 0; n < 60; ++n)
    for (const auto& shares :
         {SplitOptions{}, SplitOptions{1, 0, 0}, SplitOptions{0, 0, 1}, SplitOptions{0, 1, 0},
          SplitOptions{0, 0.5, 0.5}, SplitOptions{0.5, 0, 0.5}, SplitOptions{0.34, 0.33, 0.33}}) {
      const auto split = split_items(n, shares);
      BOOST_TEST(covers_all(split, n));
      if (shares.train == 0) BOOST_TEST(split.train.empty());
      if (shares.valid == 0) BOOST_TEST(split.valid.empty());
      if (shares.test == 0) BOOST_TEST(split.test.empty());
    }
  BOOST_TEST(sizes(split_items(7, {1, 0, 0})) == (Items{7, 0, 0}), per_element);
}

BOOST_AUTO_TEST_CASE(the_seed_decides_the_order) {
  const SplitOptions seeded{.seed = 5};
  BOOST_TEST(split_items(100, seeded).train == split_items(100, seeded).train, per_element);
  BOOST_TEST((split_items(100, seeded).train != split_items(100, {.seed = 6}).train));
  BOOST_TEST(!std::is_sorted(split_items(100, seeded).train.begin(), split_items(100, seeded).train.end()));
  const auto plain = split_items(10, {.shuffle = false});
  BOOST_TEST(plain.train == (Items{0, 1, 2, 3, 4, 5, 6}), per_element);
  BOOST_TEST(plain.valid == (Items{7}), per_element);
  BOOST_TEST(plain.test == (Items{8, 9}), per_element);
}

BOOST_AUTO_TEST_CASE(the_shuffle_is_fair) {
  std::vector<int> tested(20, 0);
  for (std::uint64_t seed = 0; seed < 2000; ++seed)
    for (const auto i : split_items(20, {.seed = seed}).test) ++tested[static_cast<std::size_t>(i)];
  // Each item is tested with probability 0.2: mean 400, standard deviation below 18.
  for (const int count : tested) BOOST_TEST(std::abs(count - 400) < 90);
}

BOOST_AUTO_TEST_CASE(bad_arguments_are_refused) {
  BOOST_CHECK_THROW(split_items(-1), std::invalid_argument);
  BOOST_CHECK_THROW(split_items(10, {0.7, 0.1, 0.1}), std::invalid_argument);
  BOOST_CHECK_THROW(split_items(10, {1.2, -0.2, 0}), std::invalid_argument);
  BOOST_CHECK_THROW(split_items(10, {std::nan(""), 0.5, 0.5}), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(stratified_parts_have_the_same_sizes_and_shares) {
  std::vector<std::int64_t> labels(1844);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = i < 1000 ? 0 : i < 1600 ? 1 : i < 1840 ? 5 : 7;
  const auto split = split_stratified(labels, {.seed = 3});
  BOOST_TEST(covers_all(split, 1844));
  BOOST_TEST(sizes(split) == (Items{1290, 185, 369}), per_element);
  for (const auto* part : {&split.train, &split.valid, &split.test}) {
    for (const std::int64_t label : {0, 1, 5, 7}) {
      const auto all = static_cast<double>(std::count(labels.begin(), labels.end(), label)) / 1844;
      const auto here = std::count_if(part->begin(), part->end(),
                                      [&](Index i) { return labels[static_cast<std::size_t>(i)] == label; });
      BOOST_TEST(std::abs(static_cast<double>(here) - all * static_cast<double>(part->size())) < 2);
    }
    BOOST_TEST(!std::is_sorted(part->begin(), part->end()));
  }
  BOOST_TEST(split_stratified(labels, {.seed = 3}).test == split.test, per_element);
  BOOST_TEST((split_stratified(labels, {.seed = 4}).test != split.test));
}

BOOST_AUTO_TEST_CASE(stratified_copes_with_rare_labels) {
  for (std::size_t n = 0; n < 40; ++n) {
    std::vector<std::int64_t> labels(n);
    for (std::size_t i = 0; i < n; ++i) labels[i] = static_cast<std::int64_t>(i % 13);
    for (const auto& shares :
         {SplitOptions{}, SplitOptions{1, 0, 0}, SplitOptions{0, 0, 1}, SplitOptions{0.2, 0.4, 0.4}}) {
      const auto split = split_stratified(labels, shares);
      BOOST_TEST(covers_all(split, static_cast<Index>(n)));
      BOOST_TEST(sizes(split) == sizes(split_items(static_cast<Index>(n), shares)), per_element);
    }
  }
  const auto plain =
      split_stratified(std::vector<std::int64_t>{1, 1, 1, 1, 0, 0, 0, 0}, {0.5, 0, 0.5, false});
  BOOST_TEST(plain.train == (Items{0, 1, 4, 5}), per_element);
  BOOST_TEST(plain.test == (Items{2, 3, 6, 7}), per_element);
}

BOOST_AUTO_TEST_SUITE_END()
