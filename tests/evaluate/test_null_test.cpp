// SPDX-License-Identifier: MIT
#include <lifelog/evaluate/null_test.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <lifelog/evaluate/folds.hpp>
#include <lifelog/metrics/confusion.hpp>
#include <stdexcept>

#include "labelled_minutes.hpp"

BOOST_AUTO_TEST_SUITE(evaluate_null_test)

using namespace lifelog;
using namespace lifelog::evaluate;

namespace {

/// A signal that follows the label with some strength, and drifts as signals do.
std::vector<double> drifting_signal(const Items& items, double strength, std::uint64_t seed) {
  std::vector<double> signal;
  Random random(seed);
  double drift = 0;
  for (Index i = 0; i < items.size(); ++i) {
    drift = 0.9 * drift + 0.4 * random.normal();
    signal.push_back(drift + strength * static_cast<double>(items.label_of(i)));
  }
  return signal;
}

/// Macro F1, over blocked folds, of the class whose mean over the training minutes is nearest.
double nearest_mean_f1(const Items& items, const std::vector<double>& signal) {
  metrics::ConfusionMatrix confusion(2);
  for (const auto& fold : make_folds(items, {.gap = 1, .valid = 0}).folds) {
    double sum[2] = {0, 0}, count[2] = {0, 0};
    for (const Index i : fold.train)
      sum[items.label_of(i)] += signal[static_cast<std::size_t>(i)], ++count[items.label_of(i)];
    for (const Index i : fold.test) {
      const double x = signal[static_cast<std::size_t>(i)];
      const double to_0 = std::abs(x - sum[0] / std::max(count[0], 1.0));
      const double to_1 = std::abs(x - sum[1] / std::max(count[1], 1.0));
      confusion.add(items.label_of(i), to_1 < to_0);
    }
  }
  return confusion.macro_f1();
}

/// Share of 100 people with p < 0.05 by 20 nulls.
double share_found(double strength) {
  int found = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const auto items = changing_labels(1, 120, 2, 8, 1000 + seed);
    const auto signal = drifting_signal(items, strength, seed);
    std::vector<double> nulls;
    for (std::uint64_t k = 0; k < 20; ++k) {
      auto shifted = items;
      shifted.label = shifted_labels(items, Random(seed).fork(k));
      nulls.push_back(nearest_mean_f1(shifted, signal));
    }
    found += null_p_value(nearest_mean_f1(items, signal), nulls) < 0.05;
  }
  return found / 100.0;
}

}  // namespace

BOOST_AUTO_TEST_CASE(labels_go_round_in_their_session) {
  Items items{{0, 0, 1, 1, 2, 5, 6}, {0, 60, 120, 180, 240, 100000, 100060}};
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto labels = shifted_labels(items, Random(seed));
    std::size_t shift = 1;
    while (shift < 5 && labels[shift] != items.label[0]) ++shift;
    const auto first = std::vector<Index>(labels.begin(), labels.begin() + 5);
    bool is_rotation = false;
    for (std::size_t s = 1; s < 5; ++s) {
      bool same = true;
      for (std::size_t k = 0; k < 5; ++k) same = same && first[(k + s) % 5] == items.label[k];
      is_rotation = is_rotation || same;
    }
    BOOST_TEST(is_rotation);
    BOOST_TEST(labels[5] == 6);
    BOOST_TEST(labels[6] == 5);
  }
  BOOST_TEST(shifted_labels({{3}, {0}}, Random(1)) == (std::vector<Index>{3}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(p_counts_nulls_as_good) {
  BOOST_TEST(null_p_value(0.5, {0.1, 0.5, 0.9}) == 0.75);
  BOOST_TEST(null_p_value(2, std::vector<double>(19, 0.0)) == 0.05);
  BOOST_TEST(null_p_value(2, {NAN}) == 1);
  BOOST_CHECK_THROW(null_p_value(0, {}), std::invalid_argument);
  BOOST_CHECK_THROW(null_p_value(NAN, {0}), std::invalid_argument);
}

// Signals that drift and labels that last look alike by chance; p must not fall for it, and must find what is there.
BOOST_AUTO_TEST_CASE(p_is_small_by_chance_as_often_as_it_says) {
  BOOST_TEST(share_found(0) <= 0.09);  // 5 expected of 100, 9 is within two standard deviations
  BOOST_TEST(share_found(4) >= 0.9);
}

BOOST_AUTO_TEST_SUITE_END()
