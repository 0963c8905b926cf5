// SPDX-License-Identifier: MIT
#include <lifelog/core/random.hpp>
#include <lifelog/predict/dataset_sensors.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <vector>

#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(predict_baselines)

using namespace lifelog::evaluate;
using lifelog::Index;
using lifelog::data::DataSet;

namespace {

constexpr std::size_t minutes = 120;

/// Two classes that a series tells by the frequency of its movement, and nothing else does.
DataSet example(bool told = true) {
  DataSet data;
  lifelog::Random random(1);
  xt::xtensor<float, 3> acc = xt::xtensor<float, 3>::from_shape({minutes, 2, 120});
  xt::xtensor<float, 3> hr = xt::xtensor<float, 3>::from_shape({minutes, 1, 1});
  data.label.resize({minutes});
  data.timestamp.resize({minutes});
  for (std::size_t i = 0; i < minutes; ++i) {
    data.label(i) = static_cast<std::int64_t>(random.below(2));
    data.timestamp(i) = static_cast<std::int64_t>(60 * i);
    hr(i, 0, 0) = static_cast<float>(random.normal(70, 5));
    const double rate = told && data.label(i) == 1 ? 0.31 : 0.12, phase = random.uniform();
    for (std::size_t t = 0; t < 120; ++t) {
      acc(i, 0, t) = static_cast<float>(
          std::sin(2 * std::numbers::pi * (rate * static_cast<double>(t) + phase)) + 0.7 * random.normal());
      acc(i, 1, t) = static_cast<float>(random.normal(9.8, 1));
    }
  }
  data.modalities = {{"acc", acc, false}, {"hr", hr, true}};
  data.classes = {"calm", "tense"};
  return data;
}

struct Parts {
  std::vector<Index> train, test;
};

Parts halves() {
  Parts parts;
  for (Index i = 0; i < static_cast<Index>(minutes); ++i)
    (i % 3 == 0 ? parts.test : parts.train).push_back(i);
  return parts;
}

double accuracy(const BaselinePrediction& predicted, const DataSet& data, const std::vector<Index>& rows) {
  double right = 0;
  for (const Index i : rows) right += predicted.classes[std::size_t(i)] == data.label(std::size_t(i)) ? 1 : 0;
  return right / static_cast<double>(rows.size());
}

}  // namespace

BOOST_AUTO_TEST_CASE(sensors_know_their_rate_and_what_is_missing) {
  auto data = example();
  data.present = xt::ones<std::uint8_t>({minutes, std::size_t(2)});
  data.present(3, 1) = 0;
  const auto sensors = lifelog::predict::sensors_of(data);
  BOOST_TEST(sensors.size() == 2u);
  BOOST_TEST(sensors[0].name == "acc");
  BOOST_TEST(sensors[0].rate == 2);
  const auto table = statistics_features(sensors);
  BOOST_TEST(table.values.cols() == 2 * (15 + 14) + 2);
  BOOST_TEST(table.names.back() == "hr.finite");
  BOOST_TEST(std::isnan(table.values(3, table.values.cols() - 2)));
  check_throws<std::invalid_argument>([&] { lifelog::predict::sensors_of(data, 0); }, {"seconds", "got 0"});
}

BOOST_AUTO_TEST_CASE(the_guide_is_true) {
  const auto person = example();
  const auto split = halves();
  const auto sensors = lifelog::predict::sensors_of(person);           // nothing is copied
  const auto table = lifelog::evaluate::statistics_features(sensors);  // once a person
  const auto predicted = lifelog::evaluate::statistics_baseline(table.values, person.label, split.train);
  const auto products = lifelog::evaluate::minirocket_products(sensors);  // once a person
  const auto by_rocket = lifelog::evaluate::minirocket_baseline(products, person.label, split.train);
  BOOST_TEST(accuracy(predicted, person, split.test) > 0.9);
  BOOST_TEST(accuracy(by_rocket, person, split.test) > 0.9);
}

BOOST_AUTO_TEST_CASE(both_baselines_find_what_is_there_and_nothing_where_nothing_is) {
  const auto parts = halves();
  for (const bool told : {true, false}) {
    const auto data = example(told);
    const auto sensors = lifelog::predict::sensors_of(data);
    const auto statistics = statistics_baseline(statistics_features(sensors).values, data.label, parts.train);
    const auto minirocket = minirocket_baseline(minirocket_products(sensors), data.label, parts.train);
    for (const auto* predicted : {&statistics, &minirocket}) {
      BOOST_TEST(accuracy(*predicted, data, parts.test) > (told ? 0.9 : 0.25));
      if (!told) BOOST_TEST(accuracy(*predicted, data, parts.test) < 0.75);
    }
    BOOST_TEST(minirocket.log_probabilities.size() == 0);
    BOOST_TEST((statistics.log_probabilities.array().exp().rowwise().sum() - 1).abs().maxCoeff() < 1e-12);
  }
}

BOOST_AUTO_TEST_CASE(rows_that_do_not_train_change_nothing_but_their_own) {
  auto data = example();
  const auto parts = halves();
  const auto sensors = lifelog::predict::sensors_of(data);
  const auto before = statistics_baseline(statistics_features(sensors).values, data.label, parts.train);
  const auto rocket_before =
      minirocket_baseline(minirocket_products(sensors, parts.train), data.label, parts.train);
  // Others' labels and values are another's.
  for (std::size_t i = 0; i < minutes; i += 3) {
    data.label(i) = 1 - data.label(i);
    if (i == 0) continue;
    xt::view(data.modalities[0].values, i) *= -50.0f;
    data.modalities[1].values(i, 0, 0) = std::numeric_limits<float>::quiet_NaN();
  }
  const auto after = statistics_baseline(statistics_features(sensors).values, data.label, parts.train);
  const auto rocket_after =
      minirocket_baseline(minirocket_products(sensors, parts.train), data.label, parts.train);
  BOOST_TEST((before.log_probabilities.row(0) - after.log_probabilities.row(0)).cwiseAbs().maxCoeff() < 1e-9);
  for (const Index i : parts.train) {
    BOOST_TEST((before.log_probabilities.row(i) - after.log_probabilities.row(i)).cwiseAbs().maxCoeff() <
               1e-9);
    BOOST_TEST(rocket_before.classes[std::size_t(i)] == rocket_after.classes[std::size_t(i)]);
  }
  BOOST_TEST(after.log_probabilities.allFinite());
}

BOOST_AUTO_TEST_CASE(threads_do_not_change_a_bit) {
  const auto data = example();
  const auto sensors = lifelog::predict::sensors_of(data);
  BOOST_TEST(
      (minirocket_products(sensors, {}, {.threads = 1}) == minirocket_products(sensors, {}, {.threads = 3})));
}

BOOST_AUTO_TEST_CASE(bad_arguments_are_refused) {
  const auto data = example();
  auto sensors = lifelog::predict::sensors_of(data);
  const auto table = statistics_features(sensors);
  const std::vector<Index> none, beyond{200};
  check_throws<std::invalid_argument>([&] { StatisticsBaseline(table.values, none); },
                                      {"train: expected at least one"});
  check_throws<std::invalid_argument>([&] { StatisticsBaseline(table.values, beyond); },
                                      {"train", "got 200"});
  check_throws<std::invalid_argument>([&] { minirocket_products(sensors, beyond); }, {"train", "got 200"});
  check_throws<std::invalid_argument>([&] { minirocket_products<float>({}); }, {"sensors"});
  check_throws<std::invalid_argument>(
      [&] {
        statistics_baseline(table.values, Eigen::VectorXi(Eigen::VectorXi::Zero(3)),
                            std::vector<Index>{0, 1});
      },
      {"labels: expected 120, got 3"});
  sensors[1].windows.count = 5;
  check_throws<std::invalid_argument>([&] { minirocket_products(sensors); }, {"hr", "expected 120", "got 5"});
}

BOOST_AUTO_TEST_SUITE_END()
