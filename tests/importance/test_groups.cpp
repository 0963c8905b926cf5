// SPDX-License-Identifier: MIT
#include <lifelog/importance/groups.hpp>
#include <lifelog/metrics/agreement.hpp>

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(importance_groups)

using namespace lifelog;
using namespace lifelog::importance;

namespace {

struct Cohort {
  RowMatrix<double> bits;
  std::vector<RowMatrix<double>> draws;
  Eigen::VectorXi truth;
};

/// Bits of `people` by nine sensors. truth(p): the group; bits(p, m, random): what the sensor tells; a person's noise: exp(uneven · z).
template<class Bits>
Cohort cohort_of(Index people, Index groups, double uneven, std::uint64_t seed, const Bits& bits) {
  constexpr Index sensors = 9;
  Random random(seed);
  Cohort cohort{RowMatrix<double>(people, sensors), {}, Eigen::VectorXi(people)};
  for (Index p = 0; p < people; ++p) {
    cohort.truth[p] = static_cast<int>(p % groups);
    const double noise = 0.05 * std::exp(uneven * random.normal()), amount = std::exp(0.3 * random.normal());
    for (Index m = 0; m < sensors; ++m)
      cohort.bits(p, m) = amount * bits(cohort.truth[p], m) + noise * random.normal();
    auto& draws = cohort.draws.emplace_back(200, sensors);
    for (Index d = 0; d < draws.rows(); ++d)
      for (Index m = 0; m < sensors; ++m) draws(d, m) = cohort.bits(p, m) + noise * random.normal();
  }
  return cohort;
}

double planted(int group, Index m) {
  return (m + group) % 5 == 0 ? 0.4 : 0;
}

PeopleByInformation group(const Cohort& cohort, std::uint64_t seed) {
  GroupingOptions options;
  options.nulls = 199;
  options.seed = seed;
  return group_people(cohort.bits, cohort.draws, options);
}

double rand_index(const PeopleByInformation& found, const Cohort& cohort) {
  Eigen::VectorXi labels(cohort.truth.size());
  for (Index p = 0; p < labels.size(); ++p)
    labels[p] = static_cast<int>(found.group[static_cast<std::size_t>(p)]);
  return metrics::adjusted_rand(labels, cohort.truth);
}

}  // namespace

BOOST_AUTO_TEST_CASE(planted_groups_are_found) {
  for (const auto& [people, groups] : {std::pair<Index, Index>{8, 2}, {12, 2}, {12, 3}, {20, 4}}) {
    double agreement = 0;
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      const auto cohort = cohort_of(people, groups, 0, seed, planted);
      const auto found = group(cohort, seed);
      agreement += rand_index(found, cohort) / 10;
      BOOST_TEST(found.group.size() == static_cast<std::size_t>(people));
      if (found.k == 1) continue;
      BOOST_TEST(found.p_value <= 0.01);
      BOOST_TEST(found.membership.cols() == found.k);
      for (Index p = 0; p < people; ++p) BOOST_TEST(std::abs(found.membership.row(p).sum() - 1) < 1e-9);
      for (const double stability : found.stability) BOOST_TEST((stability > 0.5 && stability <= 1 + 1e-9));
    }
    // Of eight people only very clear groups are surer than chance.
    BOOST_TEST(agreement >= (people < 12 ? 0.5 : 0.85),
               people << " people in " << groups << " groups: " << agreement);
  }
}

// One group of people who differ, however they do: by chance, along one direction, skewed, with uneven uncertainty.
BOOST_AUTO_TEST_CASE(where_there_are_none_none_are_found) {
  const auto rate = [](Index people, double uneven, const auto& make) {
    int found = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      Random random(1000 + seed);
      auto cohort = cohort_of(people, 1, uneven, seed, [](int, Index) { return 0.0; });
      for (Index p = 0; p < people; ++p) {
        const auto add = make(random);
        cohort.bits.row(p) += add;
        cohort.draws[static_cast<std::size_t>(p)].rowwise() += add;
      }
      found += group(cohort, seed).k > 1;
    }
    return found;
  };
  using Row = Eigen::RowVectorXd;
  const Row direction = Row::LinSpaced(9, 0, 1);
  BOOST_TEST(rate(15, 0, [](Random&) -> Row { return Row::Zero(9); }) <= 5);
  BOOST_TEST(rate(15, 0.3, [&](Random& random) -> Row { return 0.2 * random.normal() * direction; }) <= 5);
  BOOST_TEST(rate(20, 0.3, [&](Random& random) -> Row {
               return -0.2 * std::log(1 - random.uniform()) * direction;
             }) <= 5);
}

BOOST_AUTO_TEST_CASE(threads_and_seeds) {
  const auto cohort = cohort_of(12, 3, 0.2, 3, planted);
  GroupingOptions options;
  options.nulls = 50;
  options.threads = 1;
  const auto one = group_people(cohort.bits, cohort.draws, options);
  options.threads = 2;
  const auto two = group_people(cohort.bits, cohort.draws, options);
  BOOST_TEST(one.p_value == two.p_value);
  BOOST_TEST((one.group == two.group));
  BOOST_TEST((one.co_assignment == two.co_assignment));
}

BOOST_AUTO_TEST_CASE(few_people_odd_values_and_what_does_not_fit) {
  const auto three = cohort_of(3, 3, 0, 1, planted);
  const auto few = group(three, 1);
  BOOST_TEST(few.k == 1);
  BOOST_TEST(few.reason != "");
  BOOST_TEST(few.membership.rows() == 3);
  // A sensor nobody has, people who are all the same, and no uncertainty at all.
  auto same = cohort_of(8, 1, 0, 1, planted);
  same.bits.setConstant(0.25);
  for (auto& draws : same.draws) draws.setConstant(0.25);
  BOOST_TEST(group(same, 1).k == 1);
  auto huge = cohort_of(8, 2, 0, 1, planted);
  huge.bits *= 1e100;
  for (auto& draws : huge.draws) draws *= 1e100;
  BOOST_TEST(group(huge, 1).k == 2);
  auto broken = cohort_of(8, 2, 0, 1, planted);
  broken.draws.pop_back();
  BOOST_CHECK_THROW(group(broken, 1), std::invalid_argument);
  broken = cohort_of(8, 2, 0, 1, planted);
  broken.bits(0, 0) = std::numeric_limits<double>::quiet_NaN();
  BOOST_CHECK_THROW(group(broken, 1), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
