// SPDX-License-Identifier: MIT
#include <lifelog/predict/held_out.hpp>
#include <lifelog/predict/instances.hpp>

#include <boost/test/unit_test.hpp>
#include <set>

#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(predict_held_out)

using namespace lifelog;
using namespace lifelog::predict;
using namespace lifelog::train;

namespace {

using Groups = std::vector<std::vector<std::size_t>>;
const Groups pairs = {{0, 3}, {1, 4}, {2, 5}};

/// People of 20 minutes with 12 rows each; the label is the sign of column (person mod 3), so 0 and 3, 1 and 4, 2 and 5
/// are alike.
RowInputs six_people(Index minutes = 20) {
  RowInputs inputs;
  inputs.modalities = {{"acc", 3}};
  inputs.classes = 2;
  const Index each = 12 * minutes;
  inputs.rows.resize(6 * each, 3);
  Random random(1);
  for (Index n = 0; n < 6 * each; ++n) {
    const auto user = static_cast<std::size_t>(n / each);
    for (Index c = 0; c < 3; ++c) inputs.rows(n, c) = static_cast<float>(random.normal());
    inputs.labels.push_back(inputs.rows(n, static_cast<Index>(user % 3)) > 0);
    inputs.user.push_back(user);
    inputs.time.push_back(1598713200 + 5 * (n % each));
  }
  return inputs;
}

HeldOutOptions quick(int epochs = 25) {
  HeldOutOptions options;
  options.comparison.train.epochs = epochs;
  options.comparison.train.batch = 256;
  options.comparison.threads = 1;
  options.assign_minutes = 4;
  return options;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_few_minutes_find_the_group_whose_predictor_fits) {
  const auto result = leave_one_out(six_people(), 6, pairs, quick());
  BOOST_REQUIRE(result.people.size() == 6u);
  BOOST_TEST(result.left_out.empty());
  for (const auto& person : result.people) BOOST_TEST_CONTEXT("person " << person.user) {
      BOOST_TEST(person.group == person.user % 3);
      BOOST_TEST(person.assigned == person.group);
      BOOST_TEST(person.assign_minutes == 4);
      BOOST_TEST(person.general.rows == 12 * 16);
      BOOST_TEST(person.of_assigned.rows == 12 * 16);
      BOOST_TEST(person.of_assigned.accuracy > 0.9);
      BOOST_TEST(person.general.accuracy < 0.85);  // no single rule serves all three groups
      BOOST_REQUIRE(person.of_own.has_value());
      BOOST_TEST(person.of_own->f1 == person.of_assigned.f1);
      for (std::size_t g = 0; g < 3; ++g)
        BOOST_TEST((g == person.assigned || person.loss[g] > person.loss[person.assigned]));
    }
  // Three groups, and for each of six people everybody else and the rest of the group.
  BOOST_TEST(result.predictors.size() == 3u + 6 * 2);
  for (const auto& predictor : result.predictors) {
    BOOST_TEST((predictor.status == train::TrainStatus::finished));
    BOOST_TEST(predictor.history.size() == 25u);
  }
  BOOST_TEST(!result.predictors[0].user.has_value());
  BOOST_TEST((result.predictors[3].user == 0u && !result.predictors[3].group));
  BOOST_TEST((result.predictors[4].user == 0u && result.predictors[4].group == 0u));
}

// Labels of the person held out, turned round, must not move a single weight of the predictors that judge them.
BOOST_AUTO_TEST_CASE(the_person_held_out_trains_nothing) {
  auto inputs = six_people();
  const auto before = leave_one_out(inputs, 6, pairs, quick(4));
  for (std::size_t n = 0; n < inputs.labels.size(); ++n)
    if (inputs.user[n] == 4) inputs.labels[n] = 1 - inputs.labels[n];
  const auto after = leave_one_out(inputs, 6, pairs, quick(4));
  std::size_t same = 0;
  for (std::size_t p = 0; p < before.predictors.size(); ++p) {
    const auto& predictor = before.predictors[p];
    const bool alike = predictor.history.back().loss == after.predictors[p].history.back().loss;
    const bool blind = predictor.user == 4u || (predictor.group && predictor.group != 1u);
    BOOST_TEST(alike == blind, "predictor " << p);
    same += alike;
  }
  BOOST_TEST(same > 2);
}

BOOST_AUTO_TEST_CASE(who_is_alone_gets_another_group) {
  const Groups groups = {{0, 3}, {1}, {4, 2, 5}};
  const auto result = leave_one_out(six_people(), 6, groups, quick(6));
  const auto& alone = result.people[2];
  BOOST_TEST(alone.user == 1u);
  BOOST_TEST(std::isnan(alone.loss[1]));
  BOOST_TEST(alone.assigned == 2u);  // where 4 is, who is alike
  BOOST_TEST(!alone.of_own.has_value());
  BOOST_TEST(result.predictors.size() == 3u + 5 * 2 + 1);
}

BOOST_AUTO_TEST_CASE(who_has_too_little_is_left_out_and_nobody_else) {
  auto inputs = six_people();
  // Person 5 keeps one minute, person 2 none.
  RowInputs few = inputs;
  few.labels.clear(), few.user.clear(), few.time.clear();
  Index kept = 0;
  for (std::size_t n = 0; n < inputs.labels.size(); ++n) {
    if (inputs.user[n] == 2 || (inputs.user[n] == 5 && inputs.time[n] >= 1598713260)) continue;
    few.rows.row(kept++) = inputs.rows.row(static_cast<Index>(n));
    few.labels.push_back(inputs.labels[n]), few.user.push_back(inputs.user[n]),
        few.time.push_back(inputs.time[n]);
  }
  few.rows.conservativeResize(kept, 3);
  const auto result = leave_one_out(few, 6, pairs, quick(3));
  BOOST_TEST((result.left_out == std::vector<std::size_t>{2, 5}));
  BOOST_TEST(result.people.size() == 4u);
}

BOOST_AUTO_TEST_CASE(a_group_that_diverges_is_not_chosen) {
  auto inputs = six_people();
  for (std::size_t n = 0; n < inputs.labels.size(); ++n)
    if (inputs.user[n] % 3 == 2) inputs.rows.row(static_cast<Index>(n)) *= 1e37f;
  auto options = quick(4);
  options.comparison.train.optimizer.learning_rate = 1;
  const auto result = leave_one_out(inputs, 6, pairs, options);
  BOOST_TEST((result.predictors[0].status == train::TrainStatus::finished));
  BOOST_TEST((result.predictors[2].status == train::TrainStatus::diverged));
  BOOST_TEST(result.people.size() == 6u);
  for (const auto& person : result.people) BOOST_TEST(person.of_assigned.rows > 0);
}

BOOST_AUTO_TEST_CASE(minutes_asked_are_spread_and_the_rest_is_the_rest) {
  const auto inputs = six_people(21);
  const auto rows = predict::detail::rows_by_user(inputs, 6)[3];
  for (const Index wanted : {1, 4, 10, 99}) {
    const auto choice = predict::detail::choose_minutes(inputs, rows, wanted);
    BOOST_TEST(choice.minutes == std::min<Index>(wanted, 10));
    std::set<Index> minutes;
    for (const Index row : choice.asked) minutes.insert(inputs.time[static_cast<std::size_t>(row)] / 60);
    BOOST_TEST(static_cast<Index>(minutes.size()) == choice.minutes);
    BOOST_TEST(static_cast<Index>(choice.asked.size()) == 12 * choice.minutes);
    auto all = choice.asked;
    all.insert(all.end(), choice.rest.begin(), choice.rest.end());
    std::sort(all.begin(), all.end());
    BOOST_TEST((all == rows));
    // Distances between them, and to both ends, are alike.
    Index last = 1598713200 / 60 - 21 / (2 * choice.minutes) - 1;
    for (const Index minute : minutes) {
      BOOST_TEST(minute - last >= 21 / choice.minutes / 2);
      BOOST_TEST(minute - last <= 21 / choice.minutes + 1);
      last = minute;
    }
  }
}

BOOST_AUTO_TEST_CASE(threads_change_no_bit) {
  const auto inputs = six_people();
  auto options = quick(3);
  const auto one = leave_one_out(inputs, 6, pairs, options);
  options.comparison.threads = 2;
  const auto two = leave_one_out(inputs, 6, pairs, options);
  for (std::size_t p = 0; p < one.people.size(); ++p) {
    BOOST_TEST((one.people[p].loss == two.people[p].loss));
    BOOST_TEST(one.people[p].of_assigned.f1 == two.people[p].of_assigned.f1);
  }
}

BOOST_AUTO_TEST_CASE(bad_input) {
  const auto refuses = [](const Groups& groups, const std::vector<std::string>& parts, Index minutes = 4) {
    auto options = quick(1);
    options.assign_minutes = minutes;
    check_throws<std::invalid_argument>([&] { leave_one_out(six_people(), 6, groups, options); }, parts);
  };
  refuses({{0, 6}}, {"groups", "below 6", "got 6"});
  refuses({{0, 1}, {1, 2}}, {"groups", "1 twice"});
  refuses({{0}}, {"two people", "got 1"});
  refuses({}, {"two people", "got 0"});
  refuses(pairs, {"assign_minutes", "got 0"}, 0);
  auto inputs = six_people();
  inputs.time.pop_back();
  check_throws<std::invalid_argument>([&] { leave_one_out(inputs, 6, pairs, quick(1)); },
                                      {"time", "1440", "1439"});
}

BOOST_AUTO_TEST_SUITE_END()
