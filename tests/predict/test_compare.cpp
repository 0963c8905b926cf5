// SPDX-License-Identifier: MIT
#include <lifelog/predict/compare.hpp>
#include <lifelog/predict/instances.hpp>

#include <boost/test/unit_test.hpp>

#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(predict_compare)

using namespace lifelog;
using namespace lifelog::predict;
using namespace lifelog::train;
using train::TrainStatus;

namespace {

/// Four people of 40 rows; the label is the sign of one column, which is the second for the last two people.
RowInputs four_people() {
  RowInputs inputs;
  inputs.modalities = {{"acc", 2}};
  inputs.classes = 2;
  inputs.rows.resize(160, 2);
  Random random(1);
  for (Index n = 0; n < 160; ++n) {
    const std::size_t user = static_cast<std::size_t>(n / 40);
    for (Index c = 0; c < 2; ++c) inputs.rows(n, c) = static_cast<float>(random.normal());
    inputs.labels.push_back(inputs.rows(n, user < 2 ? 0 : 1) > 0);
    inputs.user.push_back(user);
  }
  return inputs;
}

ComparisonOptions options_of(int epochs, double learning_rate) {
  ComparisonOptions options;
  options.train.epochs = epochs;
  options.train.batch = 64;
  options.train.optimizer.learning_rate = learning_rate;
  options.threads = 1;
  return options;
}

const std::vector<std::vector<std::size_t>> groups = {{0, 1}, {2, 3}};

}  // namespace

BOOST_AUTO_TEST_CASE(groups_that_differ_do_better_on_their_own) {
  const auto result = compare_predictors(four_people(), 4, groups, options_of(40, 1e-2));
  BOOST_TEST(result.general.rows == 32);
  BOOST_REQUIRE(result.groups.size() == 2u);
  for (const auto& group : result.groups) {
    BOOST_TEST(group.group.rows == 16);
    BOOST_TEST(group.general.rows == 16);
    BOOST_TEST(group.group.accuracy > 0.9);
    BOOST_TEST(group.group.accuracy > group.general.accuracy);
  }
  BOOST_TEST((result.statuses == std::vector<TrainStatus>(3, TrainStatus::finished)));
  BOOST_TEST(result.histories.size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_predictor_that_diverges_says_so_and_leaves_the_others_alone) {
  auto inputs = four_people();
  for (Index n = 80; n < 160; ++n)  // near the end of what is finite
    inputs.rows.row(n) = inputs.rows.row(n).cwiseMin(3.0f).cwiseMax(-3.0f) * 1e38f;
  const auto result = compare_predictors(inputs, 4, groups, options_of(5, 1));
  const std::vector<TrainStatus> expected = {TrainStatus::diverged, TrainStatus::finished,
                                             TrainStatus::diverged};
  BOOST_TEST((result.statuses == expected));
  BOOST_TEST(result.histories[1].size() == 5u);
  BOOST_TEST(result.histories[2].size() < 5u);
}

// One person of four has few rows of the rarer label: a plain split may leave a part without any.
BOOST_AUTO_TEST_CASE(stratified_parts_have_the_labels_of_the_whole) {
  auto inputs = four_people();
  for (Index n = 0; n < 160; ++n) inputs.labels[static_cast<std::size_t>(n)] = n % 40 < 10;
  evaluate::SplitOptions options;
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    options.seed = seed;
    const auto split = predict::detail::split_by_user(inputs, 4, options, true);
    for (const auto& [part, rows] : {std::pair{&split.train, 28}, {&split.valid, 4}, {&split.test, 8}})
      for (std::size_t user = 0; user < 4; ++user) {
        const auto own = predict::detail::rows_of(*part, inputs, {user});
        BOOST_TEST(static_cast<int>(own.size()) == rows);
        int rare = 0;
        for (const Index row : own) rare += inputs.labels[static_cast<std::size_t>(row)] == 1;
        BOOST_TEST(rare == rows / 4);
      }
  }
  auto comparison = options_of(2, 1e-2);
  comparison.stratified = true;
  BOOST_TEST(compare_predictors(inputs, 4, groups, comparison).general.rows == 32);
}

BOOST_AUTO_TEST_CASE(a_group_without_rows) {
  check_throws<std::invalid_argument>(
      [] {
        compare_predictors(four_people(), 5, {{0, 1}, {4}}, options_of(1, 1e-2));
      },
      {"group 1 has none"});
}

BOOST_AUTO_TEST_SUITE_END()
