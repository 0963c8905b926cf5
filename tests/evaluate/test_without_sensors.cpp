// SPDX-License-Identifier: MIT
#include <lifelog/evaluate/without_sensors.hpp>

#include <boost/test/unit_test.hpp>
#include <lifelog/evaluate/folds.hpp>
#include <lifelog/metrics/confusion.hpp>
#include <stdexcept>

#include "labelled_minutes.hpp"

BOOST_AUTO_TEST_SUITE(evaluate_baselines)

using namespace lifelog;
using namespace lifelog::evaluate;

namespace {

const auto per_element = boost::test_tools::per_element();
using Numbers = std::vector<Index>;

double clock_f1(const Items& items, Scheme scheme, Index classes) {
  metrics::ConfusionMatrix confusion(classes);
  for (const auto& fold :
       make_folds(items, {.scheme = scheme, .gap = scheme == Scheme::blocked ? 1. : 0.}).folds) {
    const auto predicted = predict_clock(items, fold.train, fold.test);
    for (std::size_t k = 0; k < predicted.size(); ++k)
      confusion.add(items.label_of(fold.test[k]), predicted[k]);
  }
  return confusion.macro_f1();
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_majority_is_counted) {
  const Items items{{2, 1, 1, 2, 0}, {0, 60, 120, 180, 240}};
  BOOST_TEST(majority_class(items, {0, 1, 2, 3, 4}) == 1);  // of equals the lowest
  BOOST_TEST(majority_class(items, {0, 3, 4}) == 2);
  BOOST_TEST(predict_majority(items, {4}, {0, 1}) == (Numbers{0, 0}), per_element);
  BOOST_CHECK_THROW(majority_class(items, {}), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(the_clock_takes_the_nearest_minute) {
  const Items items{{0, 1, 2, 3, 0, 3}, {0, 100, 200, 300, 300, 300}};
  BOOST_TEST(predict_clock(items, {0, 2}, {1}) == (Numbers{0}), per_element);  // the earlier of two
  BOOST_TEST(predict_clock(items, {0, 2}, {3}) == (Numbers{2}), per_element);
  BOOST_TEST(predict_clock(items, {0, 3, 4, 5}, {2}) == (Numbers{3}), per_element);  // most of one time
  BOOST_TEST(predict_clock(items, {3, 4}, {0}) == (Numbers{0}), per_element);        // of equals the lowest
}

BOOST_AUTO_TEST_CASE(the_clock_of_sessions_begins_with_them) {
  Items items{{0, 1, 1, 0}, {1000, 1060, 90000, 90060}, {0, 0, 1, 1}};
  BOOST_TEST(predict_clock(items, {0, 1}, {2, 3}, Clock::session_start) == (Numbers{0, 1}), per_element);
  // The absolute clock knows nothing of somebody new.
  BOOST_TEST(predict_clock(items, {0, 1}, {2, 3}) == (Numbers{0, 0}), per_element);
}

// What only tells the time scores high where neighbours in time train, and no better than chance where they do not.
BOOST_AUTO_TEST_CASE(a_clock_confound_is_worth_nothing_in_blocks) {
  for (const Index classes : {2, 3}) {
    double shuffled = 0, blocked = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const auto items = changing_labels(1, 240, classes, 12, seed);
      shuffled += clock_f1(items, Scheme::shuffled, classes) / 20;
      blocked += clock_f1(items, Scheme::blocked, classes) / 20;
    }
    BOOST_TEST(shuffled > 0.85);
    BOOST_TEST(blocked < 1.0 / double(classes) + 0.08);
  }
}

BOOST_AUTO_TEST_SUITE_END()
