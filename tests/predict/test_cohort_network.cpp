// SPDX-License-Identifier: MIT
#include <lifelog/mil/instances.hpp>
#include <lifelog/predict/cohort_folds.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "../support/throws.hpp"

#include "levelled_person.hpp"

BOOST_AUTO_TEST_SUITE(predict_cohort_network)

using namespace lifelog;
using namespace lifelog::predict;

namespace {

data::DataSet somebody(const std::string& user, double level, double effect, std::size_t n = 24) {
  return levelled_person(user, {level, effect, 0, n, 3});
}

/// Two folds of 24 minutes: each tests a half.
std::vector<evaluate::Split> halves() {
  std::vector<evaluate::Split> folds(2);
  for (Index n = 0; n < 24; ++n) {
    const auto tested = static_cast<std::size_t>(n / 12);
    folds[tested].test.push_back(n);
    (n % 6 == 5 || n % 6 == 2 ? folds[1 - tested].valid : folds[1 - tested].train).push_back(n);
  }
  return folds;
}

CohortOptions quick() {
  CohortOptions options;
  options.train.epochs = 12;
  options.train.batch = 16;
  options.train.optimizer.learning_rate = 0.01;
  options.tune.strengths = {0.03, 1, 10};
  return options;
}

double right(const CohortFolds& said, const RowMatrix<double>& p, Index person) {
  double right = 0, all = 0;
  for (std::size_t n = 0; n < said.person.size(); ++n) {
    if (said.person[n] != person) continue;
    Index best = 0;
    p.row(static_cast<Index>(n)).maxCoeff(&best);
    right += best == said.label[n], ++all;
  }
  return right / all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(people_alike_are_told_by_one_network_the_same_for_any_number_of_threads) {
  const std::vector<data::DataSet> people{somebody("a", 0, 3), somebody("b", 100, 3), somebody("c", -50, 3)};
  auto options = quick();
  options.threads = 1;
  double share = 0;
  const auto one =
      cohort_folds<float>(people, {halves(), halves(), halves()}, options, 2, [&](double s) { share = s; });
  BOOST_TEST(share == 1);
  BOOST_TEST(one.strengths.size() == 4u);
  BOOST_TEST((one.classes == std::vector<std::string>{"calm", "tense"}));
  for (Index p = 0; p < 3; ++p) BOOST_TEST(right(one, one.common, p) > 0.9);
  for (Index n = 0; n < 72; ++n) {
    BOOST_TEST(std::abs(one.common.row(n).sum() - 1) < 1e-5);
    BOOST_TEST(std::abs(one.personal.row(n).sum() - 1) < 1e-5);
  }
  options.threads = 2;
  const auto two = cohort_folds<float>(people, {halves(), halves(), halves()}, options, 2, [](double) {});
  BOOST_TEST((one.common == two.common));
  BOOST_TEST((one.personal == two.personal));
  BOOST_TEST((one.strengths == two.strengths));
}

BOOST_AUTO_TEST_CASE(somebody_unlike_the_others_is_told_by_heads_of_his_own) {
  std::vector<data::DataSet> people{somebody("a", 0, 3), somebody("b", 100, 3), somebody("c", -50, 3),
                                    somebody("d", 10, -3)};
  const std::vector<std::vector<evaluate::Split>> folds(4, halves());
  const auto said = cohort_folds<float>(people, folds, quick(), 1, [](double) {});
  BOOST_TEST(right(said, said.common, 3) < 0.3);
  BOOST_TEST(right(said, said.personal, 3) > 0.9);
  for (Index p = 0; p < 3; ++p) BOOST_TEST(right(said, said.personal, p) > 0.9);
}

BOOST_AUTO_TEST_CASE(heads_are_the_common_ones_of_whom_nothing_trains_and_where_nothing_validates) {
  const auto people = pool_people({somebody("a", 0, 3), somebody("b", 100, 3, 4)});
  std::vector<Index> train(24);
  for (Index n = 0; n < 24; ++n) train[static_cast<std::size_t>(n)] = n;
  const auto bags = bags_of(people.data);
  auto options = quick();
  const auto of_one = train_cohort<float>(people, train, {24, 27}, options);
  const std::vector<Index> of_other{24, 25, 26, 27};
  const auto said = mil::evaluate(of_one.of(1), bags, of_other, 1);
  BOOST_TEST((said.log_probabilities == mil::evaluate(of_one.common, bags, of_other, 1).log_probabilities));
  options.train.patience = 0;
  const auto unchecked = train_cohort<float>(people, train, {}, options);
  BOOST_TEST(unchecked.strength == std::numeric_limits<double>::infinity());
  BOOST_TEST(unchecked.best_epoch == options.train.epochs);
}

BOOST_AUTO_TEST_CASE(few_minutes_no_folds_and_a_lacking_sensor_are_borne) {
  std::vector<data::DataSet> people{somebody("a", 0, 3), somebody("b", 100, 3, 2), somebody("c", 5, 3)};
  people[2].present.resize({24, 2});
  for (std::size_t n = 0; n < 24; ++n) people[2].present(n, 0) = 1, people[2].present(n, 1) = 0;
  for (std::size_t n = 0; n < 24; ++n)
    people[2].modalities[1].values(n, 0, 0) = std::numeric_limits<float>::quiet_NaN();
  auto options = quick();
  options.train.epochs = 3;
  auto last = halves();
  last.pop_back();  // fewer folds than there are rounds
  const auto said = cohort_folds<float>(people, {halves(), {}, last}, options, 1, [](double) {});
  for (std::size_t n = 0; n < said.person.size(); ++n) {
    const bool tested = said.person[n] == 0 || (said.person[n] == 2 && n < 24 + 2 + 12);
    BOOST_TEST(said.common.row(static_cast<Index>(n)).allFinite() == tested);
    BOOST_TEST(said.personal.row(static_cast<Index>(n)).allFinite() == tested);
  }
  check_throws<std::invalid_argument>(
      [&] {
        cohort_folds<float>(people, {{}, {}, {}}, options, 1, [](double) {});
      },
      {"folds: expected some of somebody, got none"});
  check_throws<std::invalid_argument>(
      [&] { cohort_folds<float>(people, {halves()}, options, 1, [](double) {}); },
      {"folds: expected those of each of 3 people, got 1"});
  check_throws<std::invalid_argument>([&] { pool_people(people, 1, {{0}}); },
                                      {"scale: expected minutes of each of 3 people, got 1"});
}

BOOST_AUTO_TEST_SUITE_END()
