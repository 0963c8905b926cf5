// SPDX-License-Identifier: MIT
#include <lifelog/predict/instances.hpp>
#include <lifelog/predict/regroup.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(predict_regroup)

using namespace lifelog;
using namespace lifelog::predict;

namespace {

using People = std::vector<std::vector<std::size_t>>;

/// People of 20 minutes with 12 rows each; the label is the sign of column (person mod rules).
RowInputs people_of_rules(std::size_t people, std::size_t rules) {
  RowInputs inputs;
  inputs.modalities = {{"acc", 3}};
  inputs.classes = 2;
  const Index each = 12 * 20;
  inputs.rows.resize(static_cast<Index>(people) * each, 3);
  Random random(1);
  for (Index n = 0; n < inputs.rows.rows(); ++n) {
    const auto user = static_cast<std::size_t>(n / each);
    for (Index c = 0; c < 3; ++c) inputs.rows(n, c) = static_cast<float>(random.normal());
    inputs.labels.push_back(inputs.rows(n, static_cast<Index>(user % rules)) > 0);
    inputs.user.push_back(user);
    inputs.time.push_back(1598713200 + 5 * (n % each));
  }
  return inputs;
}

RegroupOptions in_epochs(int epochs) {
  RegroupOptions options;
  options.comparison.train.epochs = epochs;
  options.comparison.train.batch = 256;
  options.comparison.threads = 1;
  return options;
}

double accuracy_by(const RegroupComparison& found, const RowInputs& inputs, std::size_t way) {
  double right = 0, all = 0;
  for (const auto& person : found.people)
    for (std::size_t k = 0; k < person.rows.size(); ++k, ++all)
      right += person.predicted[way][k] == inputs.labels[static_cast<std::size_t>(person.rows[k])];
  return right / all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(people_find_those_of_their_rule) {
  // Each group begins with a majority of one rule.
  const auto found = regroup(people_of_rules(9, 3), 9, {{0, 3, 1}, {4, 7, 2}, {5, 8, 6}}, in_epochs(20));
  BOOST_TEST((found.groups == People{{0, 3, 6}, {1, 4, 7}, {2, 5, 8}}));
  BOOST_TEST(found.settled);
  BOOST_TEST_REQUIRE(found.loss.size() >= 2u);
  BOOST_TEST(found.loss.back() < 0.7 * found.loss.front());
}

BOOST_AUTO_TEST_CASE(people_of_one_rule_need_no_second_group) {
  // Three people train a better predictor than one does.
  const auto found = regroup(people_of_rules(4, 1), 4, {{0, 1, 2}, {3}}, in_epochs(8));
  BOOST_TEST(found.settled);
  BOOST_TEST((found.groups == People{{0, 1, 2, 3}, {}}));
}

BOOST_AUTO_TEST_CASE(rounds_are_at_most_as_many_as_allowed) {
  auto options = in_epochs(20);
  options.rounds = 1;
  const auto found = regroup(people_of_rules(9, 3), 9, {{0, 3, 1}, {4, 7, 2}, {5, 8, 6}}, options);
  BOOST_TEST(found.loss.size() == 1u);
  BOOST_TEST(!found.settled);
}

BOOST_AUTO_TEST_CASE(groups_of_rules_serve_people_held_out) {
  const auto inputs = people_of_rules(12, 3);
  const People start = {{0, 3, 6, 9}, {1, 4, 7, 10}, {2, 5, 8, 11}};
  const auto found = compare_regrouping(inputs, 12, start, 4, 4, in_epochs(20));
  BOOST_TEST_REQUIRE(found.people.size() == 12u);
  BOOST_TEST(found.folds.size() == 4u);
  BOOST_TEST(found.left_out.empty());
  for (std::size_t u = 0; u < 12; ++u) {
    const auto& person = found.people[u];
    BOOST_TEST(person.user == u);
    BOOST_TEST(person.assign_minutes == 4);
    BOOST_TEST(person.rows.size() == 12u * 16);
    for (const auto& group : found.folds[person.fold].groups)
      BOOST_TEST((std::find(group.begin(), group.end(), u) == group.end()));
  }
  const double regrouped = accuracy_by(found, inputs, 0), general = accuracy_by(found, inputs, 1),
               random = accuracy_by(found, inputs, 2), own = accuracy_by(found, inputs, 3);
  BOOST_TEST(regrouped > 0.9);
  BOOST_TEST(general < 0.85);
  BOOST_TEST(random < regrouped - 0.05);
  BOOST_TEST(own < regrouped);
}

// Labels of somebody held out, turned round, move nobody else's predictions in that fold, nor the groups.
BOOST_AUTO_TEST_CASE(who_is_held_out_trains_nothing) {
  auto inputs = people_of_rules(6, 3);
  const People start = {{0, 3}, {1, 4}, {2, 5}};
  const auto before = compare_regrouping(inputs, 6, start, 3, 4, in_epochs(4));
  const auto fold = before.people[4].fold;
  for (std::size_t n = 0; n < inputs.labels.size(); ++n)
    if (inputs.user[n] == 4) inputs.labels[n] = 1 - inputs.labels[n];
  const auto after = compare_regrouping(inputs, 6, start, 3, 4, in_epochs(4));
  BOOST_TEST((before.folds[fold].groups == after.folds[fold].groups));
  BOOST_TEST((before.folds[fold].loss == after.folds[fold].loss));
  BOOST_TEST((before.people[4].predicted[1] == after.people[4].predicted[1]));
  BOOST_TEST((before.people[4].predicted[3] != after.people[4].predicted[3]));
  std::size_t moved = 0;
  for (const auto& person : before.people) {
    const bool same = person.predicted[1] == after.people[person.user].predicted[1];
    if (person.fold == fold) BOOST_TEST(same);
    moved += !same;
  }
  BOOST_TEST(moved > 0u);
}

BOOST_AUTO_TEST_CASE(threads_change_nothing) {
  const auto inputs = people_of_rules(6, 3);
  auto options = in_epochs(4);
  const auto one = compare_regrouping(inputs, 6, {{0, 3}, {1, 4}, {2, 5}}, 2, 4, options);
  options.comparison.threads = 3;
  const auto three = compare_regrouping(inputs, 6, {{0, 3}, {1, 4}, {2, 5}}, 2, 4, options);
  for (std::size_t p = 0; p < 6; ++p) BOOST_TEST((one.people[p].predicted == three.people[p].predicted));
  for (std::size_t f = 0; f < 2; ++f) BOOST_TEST((one.folds[f].loss == three.folds[f].loss));
}

BOOST_AUTO_TEST_CASE(who_has_one_minute_is_left_out) {
  auto inputs = people_of_rules(5, 1);
  for (Index n = 12; n < 240; ++n) inputs.time[static_cast<std::size_t>(n)] = inputs.time[0];
  const auto found = compare_regrouping(inputs, 5, {{0, 1}, {2, 3, 4}}, 2, 4, in_epochs(2));
  BOOST_TEST((found.left_out == std::vector<std::size_t>{0}));
  BOOST_TEST(found.people.size() == 4u);
}

BOOST_AUTO_TEST_CASE(bad_groups_are_refused) {
  const auto inputs = people_of_rules(4, 2);
  const auto options = in_epochs(1);
  check_throws<std::invalid_argument>(
      [&] {
        regroup(inputs, 4, {{0, 1}, {1}}, options);
      },
      {"each person once", "1 twice"});
  check_throws<std::invalid_argument>([&] { regroup(inputs, 4, {{0}, {4}}, options); }, {"below 4", "got 4"});
  check_throws<std::invalid_argument>([&] { regroup(inputs, 4, {{}, {}}, options); }, {"labelled rows"});
  check_throws<std::invalid_argument>(
      [&] {
        compare_regrouping(inputs, 4, {{0, 1}, {2, 3}}, 5, 4, options);
      },
      {"each of 4", "got 5"});
  check_throws<std::invalid_argument>(
      [&] {
        compare_regrouping(inputs, 4, {{0, 1}, {2, 3}}, 1, 4, options);
      },
      {"at least 2", "got 1"});
  check_throws<std::invalid_argument>(
      [&] {
        compare_regrouping(inputs, 4, {{0, 1}, {2, 3}}, 2, 0, options);
      },
      {"assign_minutes"});
  auto none = options;
  none.rounds = 0;
  check_throws<std::invalid_argument>([&] { regroup(inputs, 4, {{0, 1}, {2, 3}}, none); }, {"rounds"});
}

BOOST_AUTO_TEST_SUITE_END()
