// SPDX-License-Identifier: MIT
#include <lifelog/importance/agreement.hpp>
#include <lifelog/importance/information.hpp>

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(importance_information)

using namespace lifelog;
using namespace lifelog::importance;

namespace {

/// `replicates` of 120 minutes in 12 blocks: the first sensor tells `bits`, the second nothing, the third misleads as much. Blocks
/// and replicates differ by a common part each.
std::vector<RowMatrix<double>> replicates_of(double bits, std::uint64_t seed, Index replicates = 5) {
  std::vector<RowMatrix<double>> result;
  Random random(seed);
  Eigen::VectorXd block(12);
  for (auto& b : block) b = 0.3 * random.normal();
  for (Index r = 0; r < replicates; ++r) {
    auto& one = result.emplace_back(120, 3);
    for (Index n = 0; n < 120; ++n)
      for (Index m = 0; m < 3; ++m)
        one(n, m) =
            bits * static_cast<double>(1 - m) + (m == 1 ? 1 : 0.3) * block[n / 10] + 0.5 * random.normal();
  }
  return result;
}

std::vector<Index> blocks_of_ten() {
  std::vector<Index> blocks;
  for (Index n = 0; n < 120; ++n) blocks.push_back(100 - n / 10);  // names are any numbers
  return blocks;
}

}  // namespace

BOOST_AUTO_TEST_CASE(figures_are_means_and_sum_to_the_total) {
  const auto replicates = replicates_of(1, 4);
  const auto person = summarize(replicates, blocks_of_ten());
  double sum = 0;
  for (Index m = 0; m < 3; ++m) {
    double mean = 0;
    for (const auto& replicate : replicates) mean += replicate.col(m).mean() / 5;
    const auto& estimate = person.bits[static_cast<std::size_t>(m)];
    BOOST_TEST(std::abs(estimate.value - mean) < 1e-12);
    BOOST_TEST(estimate.low < estimate.value);
    BOOST_TEST(estimate.value < estimate.high);
    sum += mean;
  }
  BOOST_TEST(std::abs(person.total.value - sum) < 1e-12);
}

// 95 % intervals hold what was planted; drawing single minutes instead of blocks, they would not.
BOOST_AUTO_TEST_CASE(intervals_cover) {
  int covered = 0, covered_alone = 0;
  std::vector<Index> alone(120);
  for (Index n = 0; n < 120; ++n) alone[static_cast<std::size_t>(n)] = n;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const auto replicates = replicates_of(1, seed);
    IntervalOptions options;
    options.resamples = 400;
    const auto blocked = summarize(replicates, blocks_of_ten(), options).bits[1];
    const auto single = summarize(replicates, alone, options).bits[1];
    covered += blocked.low <= 0 && 0 <= blocked.high;
    covered_alone += single.low <= 0 && 0 <= single.high;
  }
  BOOST_TEST(covered >= 87);
  BOOST_TEST(covered_alone <= 80);
}

BOOST_AUTO_TEST_CASE(what_tells_is_identified) {
  const auto strong = summarize(replicates_of(0.6, 1), blocks_of_ten());
  BOOST_TEST(!strong.identified[1]);
  BOOST_TEST(!strong.identified[2]);
  // The third misleads as much as the first tells: the total is not above guessing.
  BOOST_TEST(!strong.any());
  auto replicates = replicates_of(0.6, 1);
  for (auto& replicate : replicates) replicate.col(2).setZero();
  BOOST_TEST(summarize(replicates, blocks_of_ten()).identified[0]);
  BOOST_TEST(summarize(replicates, blocks_of_ten()).p_value[0] < 1e-3);
  const std::vector<Index> one_block(120, 7);
  BOOST_TEST(!summarize(replicates, one_block).any());
}

// Of 100 people of whom nothing is told, hardly one may have a sensor that is identified; of many, none that would not be of one.
BOOST_AUTO_TEST_CASE(chance_is_not_identified) {
  int alone = 0, of_twenty = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    IntervalOptions options;
    options.resamples = 200;
    const auto replicates = replicates_of(0, seed);
    const bool any = summarize(replicates, blocks_of_ten(), options).any();
    options.people = 20;
    const bool strict = summarize(replicates, blocks_of_ten(), options).any();
    BOOST_TEST((any || !strict));
    alone += any;
    of_twenty += strict;
  }
  BOOST_TEST(alone <= 10);
  BOOST_TEST(of_twenty <= 1);
}

BOOST_AUTO_TEST_CASE(the_same_seed_draws_the_same) {
  const auto a = summarize(replicates_of(1, 2), blocks_of_ten()),
             b = summarize(replicates_of(1, 2), blocks_of_ten());
  BOOST_TEST(a.total.low == b.total.low);
  IntervalOptions other;
  other.seed = 2;
  BOOST_TEST(a.total.low != summarize(replicates_of(1, 2), blocks_of_ten(), other).total.low);
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  auto replicates = replicates_of(1, 2);
  BOOST_CHECK_THROW(summarize({}, {}), std::invalid_argument);
  BOOST_CHECK_THROW(summarize(replicates, {1, 2}), std::invalid_argument);
  replicates[1].conservativeResize(119, 3);
  BOOST_CHECK_THROW(summarize(replicates, blocks_of_ten()), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(rows_of_people_agree_and_those_of_networks_do_not) {
  Random random(5);
  RowMatrix<double> people(10, 6);
  for (auto& value : people.reshaped()) value = random.normal();
  std::vector<RowMatrix<double>> of_people(4, people), of_networks(4, people);
  for (std::size_t r = 0; r < 4; ++r)
    for (Index i = 0; i < people.size(); ++i) {
      of_people[r].data()[i] += 0.1 * random.normal();
      of_networks[r].data()[i] = random.normal();
    }
  const auto real = agreement(of_people), noise = agreement(of_networks);
  BOOST_TEST(real.within > 0.8);
  BOOST_TEST(std::abs(real.between) < 0.3);
  BOOST_TEST(real.nearest > 0.95);
  BOOST_TEST(real.chance == 0.1);
  BOOST_TEST(std::abs(noise.within) < 0.2);
  BOOST_TEST(noise.nearest < 0.3);
  BOOST_TEST(real.p_value <= 0.002);
  BOOST_TEST(noise.p_value > 0.05);
  BOOST_TEST(real.own.size() == 10);
  BOOST_TEST(std::abs(real.own.mean() - real.within) < 1e-12);
  BOOST_TEST(std::abs(real.others.mean() - real.between) < 1e-12);
  const auto same = agreement({people, people});
  BOOST_TEST(std::abs(same.within - 1) < 1e-12);
  BOOST_TEST(same.nearest == 1);
  BOOST_CHECK_THROW(agreement({people}), std::invalid_argument);
  BOOST_CHECK_THROW(agreement({people.topRows(1), people.topRows(1)}), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(people_who_are_together_are_counted) {
  const auto together = co_assignment({{0, 0, 1}, {1, 1, 0}, {0, 1, 1}});
  BOOST_TEST(std::abs(together(0, 1) - 2.0 / 3) < 1e-15);
  BOOST_TEST(together(0, 2) == 0);
  BOOST_TEST(together(2, 2) == 1);
  BOOST_CHECK_THROW(co_assignment({{0, 1}, {0}}), std::invalid_argument);
}

// 0.1 + 0.2 − 0.3 is not 0 in binary, and alike in every bag: far from 0 in units of its spread, but no gain.
BOOST_AUTO_TEST_CASE(nothing_is_identified_by_a_gain_of_rounding) {
  RowMatrix<double> bits(120, 3);
  for (Index n = 0; n < bits.rows(); ++n) bits.row(n) << 0.1, 0.2, -0.3;
  BOOST_TEST(bits.row(0).sum() > 0);
  const auto person = summarize({bits, bits}, blocks_of_ten());
  BOOST_TEST(person.total.value == 0);
  BOOST_TEST(person.bits[0].low > 0);
  BOOST_TEST(!person.any());
  bits.col(2).setConstant(-0.2);
  BOOST_TEST(summarize({bits, bits}, blocks_of_ten()).any());
}

BOOST_AUTO_TEST_SUITE_END()
