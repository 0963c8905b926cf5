// SPDX-License-Identifier: MIT
#include <lifelog/mil/instances.hpp>
#include <lifelog/predict/across_people.hpp>

#include <boost/test/unit_test.hpp>
#include <limits>
#include <set>
#include <stdexcept>

#include "../support/throws.hpp"

#include "levelled_person.hpp"

BOOST_AUTO_TEST_SUITE(predict_across_people)

using namespace lifelog;
using namespace lifelog::predict;

namespace {

data::DataSet person(const std::string& user, double level, Index minutes = 40) {
  return levelled_person(user, {level, 3, level, static_cast<std::size_t>(minutes), 5});
}

std::vector<data::DataSet> four() {
  return {person("a", 0), person("b", 100), person("c", -50), person("d", 1000)};
}

}  // namespace

BOOST_AUTO_TEST_CASE(everybody_stands_in_his_own_scale) {
  const auto people = pool_people(four());
  BOOST_TEST(people.people() == 4);
  BOOST_TEST(people.data.size() == 160);
  for (Index p = 0; p < 4; ++p) {
    double sum = 0, squares = 0, count = 0;
    for (const Index row : people.rows_of(p))
      for (std::size_t t = 0; t < 32; ++t) {
        const auto x =
            static_cast<double>(people.data.modalities[0].values(static_cast<std::size_t>(row), 0, t));
        sum += x, squares += x * x, ++count;
      }
    BOOST_TEST(std::abs(sum / count) < 1e-3);
    BOOST_TEST(std::abs(squares / count - 1) < 1e-2);
    RowMatrix<double> own(40, people.statistics.cols());
    for (Index i = 0; i < 40; ++i)
      own.row(i) = people.statistics.row(people.rows_of(p)[static_cast<std::size_t>(i)]);
    BOOST_TEST(own.colwise().mean().cwiseAbs().maxCoeff() < 1e-6);
  }
}

BOOST_AUTO_TEST_CASE(classes_are_told_apart_by_name_and_sensors_must_be_alike) {
  auto data = four();
  data[1].classes = {"tense", "wild"};
  const auto people = pool_people(data);
  BOOST_TEST((people.data.classes == std::vector<std::string>{"calm", "tense", "wild"}));
  BOOST_TEST(people.data.label(40) == 1);  // the first minute of b was of class 0: tense
  BOOST_TEST(people.data.label(45) == 2);
  data[2].modalities[1].name = "other";
  check_throws<std::invalid_argument>([&] { pool_people(data); }, {"c: expected sensor scalar", "got other"});
  data.resize(1);
  check_throws<std::invalid_argument>([&] { pool_people(data); }, {"people: expected at least 2, got 1"});
}

BOOST_AUTO_TEST_CASE(minutes_that_are_asked_for_are_the_first_of_each_class_and_stay_apart_from_the_tested) {
  const auto people = pool_people(four());
  const auto asked = lifelog::predict::detail::ask_minutes(people, 1, 8, 1);
  std::multiset<std::int64_t> labels;
  for (const Index row : asked.asked) {
    BOOST_TEST(people.person[static_cast<std::size_t>(row)] == 1);
    labels.insert(people.data.label(static_cast<std::size_t>(row)));
    for (const Index tested : asked.tested) BOOST_TEST_REQUIRE(std::abs(tested - row) > 1);
  }
  BOOST_TEST(labels.count(0) == 4u);
  BOOST_TEST(labels.count(1) == 4u);
  BOOST_TEST(lifelog::predict::detail::ask_minutes(people, 1, 0, 1).tested.size() == 40u);
  // Never more than half of a class.
  BOOST_TEST(lifelog::predict::detail::ask_minutes(people, 1, 1000, 0).asked.size() == 20u);
}

BOOST_AUTO_TEST_CASE(people_held_out_are_predicted_the_same_by_any_number_of_threads) {
  const auto people = pool_people(four());
  AcrossPeopleOptions options;
  options.train.epochs = 25;
  options.train.batch = 20;
  options.train.optimizer.learning_rate = 0.01;
  options.networks = 2;
  options.minutes = {0, 6};
  options.groups = {0, 0, 1, 1};
  options.threads = 1;
  double share = 0;
  const auto one = across_people<float>(people, options, [&](double s) { share = s; });
  BOOST_TEST(share == 1);
  BOOST_TEST_REQUIRE(one.size() == 8u);
  double right = 0, all = 0;
  for (const auto& prediction : one) {
    BOOST_TEST((prediction.tested == one[2 * static_cast<std::size_t>(prediction.person)].tested));
    for (const std::size_t p : {0u, 1u, 3u, 4u})
      BOOST_TEST_REQUIRE(prediction.predicted[p].size() == prediction.tested.size());
    // Without a minute nothing is tuned, and no group is likelier than another.
    if (prediction.minutes == 0) {
      BOOST_TEST((prediction.predicted[1] == prediction.predicted[0]));
      BOOST_TEST(prediction.strength == std::numeric_limits<double>::infinity());
    }
    BOOST_TEST(prediction.predicted[2].empty() == (prediction.minutes == 0));
    for (std::size_t k = 0; k < prediction.tested.size(); ++k) {
      const auto label = people.data.label(static_cast<std::size_t>(prediction.tested[k]));
      for (const std::size_t p : {1u, 3u, 4u}) right += prediction.predicted[p][k] == label;
      all += 3;
    }
  }
  BOOST_TEST(right > 0.9 * all);
  options.threads = 2;
  const auto two = across_people<float>(people, options, [](double) {});
  for (std::size_t i = 0; i < one.size(); ++i) {
    BOOST_TEST((one[i].predicted == two[i].predicted));
    BOOST_TEST(one[i].strength == two[i].strength);
  }
}

BOOST_AUTO_TEST_CASE(labels_of_tested_minutes_choose_nothing) {
  auto data = four();
  AcrossPeopleOptions options;
  options.train.epochs = 3;
  options.networks = 1;
  options.minutes = {6};
  const auto people = pool_people(data);
  const auto before = across_people<float>(people, options, [](double) {});
  // The first minutes of each class, which are asked for, stay as they are.
  for (std::size_t n = 20; n < 40; ++n) data[1].label(n) = 1 - data[1].label(n);
  const auto after = across_people<float>(pool_people(data), options, [](double) {});
  BOOST_TEST((after[1].predicted == before[1].predicted));
  BOOST_TEST(after[1].strength == before[1].strength);
}

BOOST_AUTO_TEST_CASE(two_people_are_enough_and_a_sensor_may_be_lacking) {
  std::vector<data::DataSet> two{person("a", 0), person("b", 100, 12)};
  two[1].present.resize({12, 2});
  for (std::size_t n = 0; n < 12; ++n) two[1].present(n, 0) = 1, two[1].present(n, 1) = 0;
  for (std::size_t n = 0; n < 12; ++n)
    two[1].modalities[1].values(n, 0, 0) = std::numeric_limits<float>::quiet_NaN();
  AcrossPeopleOptions options;
  options.train.epochs = 3;
  options.minutes = {0, 4};
  options.networks = 1;
  const auto said = across_people<float>(pool_people(two), options, [](double) {});
  BOOST_TEST_REQUIRE(said.size() == 4u);
  for (const auto& one : said)
    for (const std::size_t p : {0u, 1u, 3u, 4u}) BOOST_TEST(one.predicted[p].size() == one.tested.size());
  options.valid = 1;
  check_throws<std::invalid_argument>([&] { across_people<float>(pool_people(two), options, [](double) {}); },
                                      {"valid: expected a share above 0 and below 1, got 1"});
}

BOOST_AUTO_TEST_SUITE_END()
