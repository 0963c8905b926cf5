// SPDX-License-Identifier: MIT
#include <lifelog/evaluate/bootstrap.hpp>

#include <boost/test/unit_test.hpp>
#include <stdexcept>

#include "labelled_minutes.hpp"

BOOST_AUTO_TEST_SUITE(evaluate_bootstrap)

using namespace lifelog;
using namespace lifelog::evaluate;

namespace {

/// Predictions that are right in a share of blocks of `length` minutes, wholly, and wrong in the others.
Judged by_blocks(Index people, Index blocks, Index length, double right, std::uint64_t seed) {
  Judged judged;
  Random random(seed);
  for (Index p = 0; p < people; ++p)
    for (Index b = 0; b < blocks; ++b) {
      const bool hit = random.uniform() < right;
      for (Index i = 0; i < length; ++i) judged.add(b % 2, hit ? b % 2 : 1 - b % 2, p, b, 0);
    }
  return judged;
}

}  // namespace

BOOST_AUTO_TEST_CASE(figures_are_those_of_the_confusion) {
  Judged judged;
  judged.truth = {0, 0, 0, 1, 1, 2};
  judged.predicted = {0, 0, 1, 1, 0, 2};
  const auto figures = judge(judged, 3);
  const metrics::ConfusionMatrix confusion(Eigen::VectorXi{{0, 0, 0, 1, 1, 2}},
                                           Eigen::VectorXi{{0, 0, 1, 1, 0, 2}}, 3);
  BOOST_TEST(figures.f1.value == confusion.macro_f1());
  BOOST_TEST(figures.accuracy.value == confusion.accuracy());
  BOOST_TEST(figures.kappa.value == confusion.kappa());
  BOOST_TEST(figures.f1.low <= figures.f1.value);
  BOOST_TEST(figures.f1.high >= figures.f1.value);
}

// The whole point: minutes that stand and fall together are one observation.
BOOST_AUTO_TEST_CASE(intervals_of_blocks_cover_and_those_of_minutes_do_not) {
  const auto coverage = [](bool blocks) {
    int covered = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      auto judged = by_blocks(1, 40, 10, 0.7, seed);
      if (!blocks) judged.block.clear();
      const auto figures = judge(judged, 2, {.resamples = 300, .seed = seed});
      covered += figures.accuracy.low <= 0.7 && figures.accuracy.high >= 0.7;
    }
    return covered / 200.0;
  };
  BOOST_TEST(coverage(true) > 0.88);
  BOOST_TEST(coverage(false) < 0.6);
}

BOOST_AUTO_TEST_CASE(people_are_drawn_too) {
  // Each person wholly right or wholly wrong: blocks alone would leave no doubt.
  Judged judged;
  for (Index p = 0; p < 10; ++p)
    for (Index i = 0; i < 20; ++i) judged.add(i % 2, p < 5 ? i % 2 : 1 - i % 2, p, i / 5, 0);
  const auto figures = judge(judged, 2);
  BOOST_TEST(figures.accuracy.value == 0.5);
  BOOST_TEST(figures.accuracy.low < 0.25);
  BOOST_TEST(figures.accuracy.high > 0.75);
}

BOOST_AUTO_TEST_CASE(replicates_are_averaged) {
  Judged judged;
  for (Index r = 0; r < 2; ++r)
    for (Index i = 0; i < 8; ++i) judged.add(i % 2, r == 0 ? i % 2 : 0, 0, i / 2, r);
  BOOST_TEST(judge(judged, 2).accuracy.value == 0.75);
  BOOST_TEST(judge(judged, 2).f1.value == (1 + 1.0 / 3) / 2, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(threads_do_not_matter_and_seeds_do) {
  const auto judged = by_blocks(3, 20, 5, 0.6, 1);
  const auto low = [&](std::uint64_t seed, int threads) {
    return judge(judged, 2, {.resamples = 100, .seed = seed, .threads = threads}).f1.low;
  };
  BOOST_TEST(low(1, 1) == low(1, 4));
  BOOST_TEST(low(1, 1) != low(2, 1));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_judged_is_refused) {
  Judged judged;
  BOOST_CHECK_THROW(judge(judged, 2), std::invalid_argument);
  judged.truth = {0, 1};
  judged.predicted = {0};
  BOOST_CHECK_THROW(judge(judged, 2), std::invalid_argument);
  judged.predicted = {0, 2};
  BOOST_CHECK_THROW(judge(judged, 2), std::invalid_argument);
  judged.predicted = {0, 1};
  BOOST_CHECK_THROW(judge(judged, 2, {.resamples = 0}), std::invalid_argument);
  BOOST_CHECK_THROW(judge(judged, 2, {.level = 1}), std::invalid_argument);
}

// Blocks that are hard are so for both: the difference is surer than either figure.
BOOST_AUTO_TEST_CASE(differences_are_of_the_same_minutes) {
  const auto first = by_blocks(5, 12, 6, 0.6, 4);
  auto second = first;
  for (std::size_t i = 0; i < second.truth.size(); i += 12) second.predicted[i] = 1 - second.truth[i];
  const auto one = judge(first, 2), other = judge(second, 2), difference = judge_difference(first, second, 2);
  BOOST_TEST(std::abs(difference.f1.value - (one.f1.value - other.f1.value)) < 1e-15);
  BOOST_TEST(std::abs(difference.accuracy.value - (one.accuracy.value - other.accuracy.value)) < 1e-15);
  BOOST_TEST(difference.accuracy.low > 0);
  BOOST_TEST(one.accuracy.low < other.accuracy.high);
  BOOST_TEST(difference.accuracy.high - difference.accuracy.low < (one.accuracy.high - one.accuracy.low) / 2);
  const auto none = judge_difference(first, first, 2).f1;
  BOOST_TEST((none.value == 0 && none.low == 0 && none.high == 0));
  auto others = first;
  others.block[0] = 77;
  BOOST_CHECK_THROW(judge_difference(first, others, 2), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
