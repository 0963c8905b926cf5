// SPDX-License-Identifier: MIT

// What must hold of an evaluation, tried on people of whom it is known what there is to find: a clock counts for nothing by
// blocks, probabilities are calibrated, sets hold what they promise, and no effect is found where there is none.

#include <boost/test/unit_test.hpp>
#include <lifelog/evaluate/conformal.hpp>
#include <lifelog/evaluate/folds.hpp>
#include <lifelog/evaluate/null_test.hpp>
#include <lifelog/generator/generator.hpp>
#include <lifelog/metrics/confusion.hpp>
#include <lifelog/predict/dataset_sensors.hpp>

BOOST_AUTO_TEST_SUITE(evaluate_generated_people)

namespace data = lifelog::data;
namespace evaluate = lifelog::evaluate;
namespace generator = lifelog::generator;
using lifelog::Index;
using lifelog::RowMatrix;

namespace {

generator::GeneratorOptions cohort(Index users, double strength, std::uint64_t seed) {
  generator::GeneratorOptions options;
  options.users = users;
  options.sessions = 2;
  options.minutes = 60;
  options.groups = 1;
  options.dirt = 0;
  options.strength = strength;
  options.effect = generator::GeneratorEffect::level;
  options.seed = seed;
  return options;
}

struct Person {
  evaluate::Items items;
  RowMatrix<double> features;
  Index classes = 0;
};

std::vector<Person> people_of(const generator::GeneratorOptions& options) {
  const auto plan = generator::plan_generator(options);
  std::vector<Person> people;
  for (Index p = 0; p < options.users; ++p) {
    const auto set = generator::generate_dataset(plan, p);
    Person person;
    person.items.label.assign(set.label.begin(), set.label.end());
    person.items.time.assign(set.timestamp.begin(), set.timestamp.end());
    person.features = evaluate::statistics_features(lifelog::predict::sensors_of(set)).values;
    person.classes = static_cast<Index>(set.classes.size());
    people.push_back(std::move(person));
  }
  return people;
}

Eigen::VectorXi labels_of(const std::vector<Index>& labels) {
  return Eigen::VectorXi::NullaryExpr(static_cast<Index>(labels.size()), [&](Index n) {
    return static_cast<int>(labels[static_cast<std::size_t>(n)]);
  });
}

std::vector<evaluate::Split> folds_of(const evaluate::Items& items, evaluate::Scheme scheme) {
  evaluate::FoldOptions options;
  options.scheme = scheme;
  options.gap = scheme == evaluate::Scheme::blocked ? 1 : 0;
  options.valid = 0.25;
  return evaluate::make_folds(items, options).folds;
}

/// Macro F1 over all folds of the label of the training minute whose sensors have the most similar means.
double by_neighbour(const Person& person, const std::vector<Index>& means, evaluate::Scheme scheme) {
  lifelog::metrics::ConfusionMatrix confusion(person.classes);
  for (const auto& fold : folds_of(person.items, scheme)) {
    const auto scaled = evaluate::fit_feature_scale(person.features, fold.train).scaled(person.features);
    for (const Index row : fold.test) {
      double least = INFINITY;
      Index said = 0;
      for (const Index other : fold.train) {
        double distance = 0;
        for (const Index j : means) distance += std::pow(scaled(row, j) - scaled(other, j), 2);
        if (distance < least) least = distance, said = person.items.label_of(other);
      }
      confusion.add(person.items.label_of(row), said);
    }
  }
  return confusion.macro_f1();
}

/// Macro F1 of the logistic regression over blocked folds.
double by_regression(const Person& person, const std::vector<Index>& labels) {
  auto items = person.items;
  items.label = labels;
  evaluate::LogisticOptions options;
  options.classes = person.classes;
  lifelog::metrics::ConfusionMatrix confusion(person.classes);
  for (const auto& fold : folds_of(items, evaluate::Scheme::blocked)) {
    const auto said = evaluate::statistics_baseline(person.features, labels_of(labels), fold.train, options);
    for (const Index row : fold.test)
      confusion.add(items.label_of(row), said.classes[static_cast<std::size_t>(row)]);
  }
  return confusion.macro_f1();
}

double p_value(const Person& person, std::uint64_t seed, int nulls) {
  std::vector<double> null_f1;
  for (int k = 0; k < nulls; ++k)
    null_f1.push_back(by_regression(
        person,
        evaluate::shifted_labels(person.items, lifelog::Random(seed).fork(static_cast<std::uint64_t>(k)))));
  return evaluate::null_p_value(by_regression(person, person.items.label), null_f1);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_clock_scores_high_shuffled_and_at_chance_blocked) {
  auto options = cohort(6, 0, 4);
  options.clock = 1;
  options.persistence = 2;
  double shuffled = 0, blocked = 0;
  for (const auto& person : people_of(options)) {
    std::vector<Index> means;
    // Statistics come sensor by sensor, a channel's mean first; those that rise along a recording are slow.
    for (Index j = 0; j < person.features.cols(); ++j) {
      double time = 0, own = 0, both = 0;
      const auto n = person.features.rows();
      const double centre = person.features.col(j).mean();
      for (Index i = 0; i < n; ++i) {
        const double at = static_cast<double>(i) - 0.5 * static_cast<double>(n - 1);
        const double value = person.features(i, j) - centre;
        time += at * at, own += value * value, both += at * value;
      }
      if (own > 0 && both * both > 0.95 * time * own) means.push_back(j);
    }
    BOOST_TEST_REQUIRE(!means.empty());
    shuffled += by_neighbour(person, means, evaluate::Scheme::shuffled) / 6;
    blocked += by_neighbour(person, means, evaluate::Scheme::blocked) / 6;
  }
  BOOST_TEST(shuffled > 0.4);
  BOOST_TEST(blocked < 0.3);  // of four or five classes
}

BOOST_AUTO_TEST_CASE(probabilities_are_calibrated_and_sets_hold_what_they_promise) {
  auto options = cohort(12, 0.5, 5);
  options.sessions = 4;
  double error = 0, before = 0, coverage = 0, minutes = 0;
  RowMatrix<double> all(0, 0);
  for (const auto& person : people_of(options)) {
    evaluate::LogisticOptions logistic;
    logistic.classes = person.classes;
    for (const auto& fold : folds_of(person.items, evaluate::Scheme::shuffled)) {
      const auto said =
          evaluate::statistics_baseline(person.features, labels_of(person.items.label), fold.train, logistic);
      const auto pick = [&](const std::vector<Index>& rows) {
        RowMatrix<double> own(static_cast<Index>(rows.size()), person.classes);
        std::vector<Index> labels;
        for (std::size_t k = 0; k < rows.size(); ++k) {
          own.row(static_cast<Index>(k)) = said.log_probabilities.row(rows[k]);
          labels.push_back(person.items.label_of(rows[k]));
        }
        return std::pair(own, labels_of(labels));
      };
      const auto [valid, valid_labels] = pick(fold.valid);
      const auto [test, test_labels] = pick(fold.test);
      const double t = evaluate::fit_temperature(valid, valid_labels);
      const auto after = evaluate::at_temperature(test, t);
      const auto n = static_cast<double>(fold.test.size());
      const auto summary = [&truth = test_labels](const RowMatrix<double>& log_p) {
        const auto scores = evaluate::calibration_scores(log_p, truth);
        return scores.confidence - scores.accuracy;
      };
      error += n * summary(after), before += n * summary(test), minutes += n;
      const double threshold =
          evaluate::conformal_threshold(evaluate::at_temperature(valid, t), valid_labels);
      coverage +=
          n * evaluate::conformal_summary(evaluate::conformal_sets(after, threshold), test_labels).coverage;
    }
  }
  BOOST_TEST(before / minutes > 0.1);  // too sure of itself
  BOOST_TEST(std::abs(error / minutes) < 0.05);
  BOOST_TEST(coverage / minutes > 0.87);
  BOOST_TEST(coverage / minutes < 0.93);
}

BOOST_AUTO_TEST_CASE(an_effect_is_found_where_there_is_one_and_not_elsewhere) {
  constexpr int nulls = 20;
  int found = 0, invented = 0;
  constexpr Index users = 20;
  for (const auto& person : people_of(cohort(users, 0, 6))) invented += p_value(person, 1, nulls) < 0.05;
  for (const auto& person : people_of(cohort(10, 1, 7))) found += p_value(person, 1, nulls) < 0.05;
  // One in 21 is expected; four or more of 20 would happen once in 70 times.
  BOOST_TEST(invented <= 3);
  BOOST_TEST(found >= 9);
}

BOOST_AUTO_TEST_SUITE_END()
