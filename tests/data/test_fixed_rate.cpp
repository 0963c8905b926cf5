// SPDX-License-Identifier: MIT
#include <lifelog/data/fixed_rate.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(data_fixed_rate)

using namespace lifelog;
using namespace lifelog::data;

namespace {

const double none = std::numeric_limits<double>::quiet_NaN();

struct Sample {
  double time, value;
};

/// Ticks of a clock with one channel: `first` and the values from there on, NaN where missing.
struct Ticks {
  std::int64_t first = 0;
  std::vector<double> values;
  Index bad = 0, late = 0;
};

Ticks run(const std::vector<Sample>& samples, const FixedRateOptions& options) {
  Ticks ticks;
  FixedRate clock(1, options);
  const auto sink = [&](std::int64_t tick, std::int64_t count, const double* values) {
    if (ticks.values.empty()) ticks.first = tick;
    BOOST_TEST(tick == ticks.first + static_cast<std::int64_t>(ticks.values.size()));  // no holes
    BOOST_TEST((values == nullptr || count == 1));
    ticks.values.insert(ticks.values.end(), static_cast<std::size_t>(count), values ? *values : none);
  };
  for (const auto& sample : samples) clock.push(sample.time, &sample.value, sink);
  clock.finish(sink);
  ticks.bad = clock.bad(), ticks.late = clock.late();
  return ticks;
}

void check(const Ticks& ticks, std::int64_t first, const std::vector<double>& values) {
  BOOST_TEST(ticks.first == first);
  BOOST_REQUIRE(ticks.values.size() == values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    if (std::isnan(values[i]))
      BOOST_TEST(std::isnan(ticks.values[i]), "tick " << i << " should be missing, is " << ticks.values[i]);
    else
      BOOST_TEST(ticks.values[i] == values[i], boost::test_tools::tolerance(1e-12));
}

}  // namespace

BOOST_AUTO_TEST_CASE(regular_samples_pass_unchanged) {
  for (const double rate : {1.0, 4.0, 10.0, 29.8, 32.0, 100.0})
    for (const double begin : {0.0, -3.0, 1598713200.0}) {
      std::vector<Sample> samples;
      std::vector<double> values;
      for (int i = 0; i < 300; ++i) {
        samples.push_back({begin + i / rate, 0.5 * i * i});
        values.push_back(0.5 * i * i);
      }
      check(run(samples, {rate, Reduction::mean, GapPolicy::drop, 0}),
            static_cast<std::int64_t>(std::floor(begin * rate + 0.5)), values);
    }
}

BOOST_AUTO_TEST_CASE(a_sample_goes_to_the_nearest_tick) {
  const std::vector<Sample> samples = {{0.49, 1}, {0.5, 2}, {1.2, 4}, {1.49, 9}, {1.5, 7}};
  check(run(samples, {1, Reduction::mean, GapPolicy::drop, 0}), 0, {1, 5, 7});
  check(run(samples, {1, Reduction::maximum, GapPolicy::drop, 0}), 0, {1, 9, 7});
}

BOOST_AUTO_TEST_CASE(gaps) {
  const std::vector<Sample> samples = {{0, 10}, {3, 40}, {4, 0}, {9, 100}};
  check(run(samples, {1, Reduction::mean, GapPolicy::drop, 9}), 0,
        {10, none, none, 40, 0, none, none, none, none, 100});
  check(run(samples, {1, Reduction::mean, GapPolicy::hold, 9}), 0, {10, 10, 10, 40, 0, 0, 0, 0, 0, 100});
  check(run(samples, {1, Reduction::mean, GapPolicy::hold, 2}), 0,
        {10, 10, 10, 40, 0, 0, 0, none, none, 100});
  check(run(samples, {1, Reduction::mean, GapPolicy::linear, 4}), 0,
        {10, 20, 30, 40, 0, 20, 40, 60, 80, 100});
  check(run(samples, {1, Reduction::mean, GapPolicy::linear, 3.9}), 0,
        {10, 20, 30, 40, 0, none, none, none, none, 100});
  // Seconds, not ticks.
  check(run({{0, 0}, {2, 4}}, {2, Reduction::mean, GapPolicy::linear, 1.5}), 0, {0, 1, 2, 3, 4});
  check(run({{0, 0}, {2, 4}}, {2, Reduction::mean, GapPolicy::linear, 1}), 0, {0, none, none, none, 4});
}

BOOST_AUTO_TEST_CASE(a_gap_of_years_costs_nothing) {
  const double year = 31'536'000;
  FixedRate clock(1, {64, Reduction::mean, GapPolicy::linear, 1});
  std::int64_t ticks = 0, calls = 0;
  const auto sink = [&](std::int64_t, std::int64_t count, const double*) { ticks += count, ++calls; };
  const double value = 1;
  for (const double time : {0.0, 40 * year}) clock.push(time, &value, sink);
  clock.finish(sink);
  BOOST_TEST(calls == 3);
  BOOST_TEST(ticks == static_cast<std::int64_t>(64 * 40 * year) + 1);
}

BOOST_AUTO_TEST_CASE(what_is_no_sample_is_counted) {
  const double inf = std::numeric_limits<double>::infinity();
  const auto ticks = run(
      {{none, 1}, {inf, 1}, {1e300, 1}, {5, none}, {5, 2}, {5.2, inf}, {6, 3}, {5.4, 9}, {4, 9}, {6.1, 5}},
      {1, Reduction::mean, GapPolicy::drop, 0});
  check(ticks, 5, {2, 4});  // within a tick order is free
  BOOST_TEST(ticks.bad == 5);
  BOOST_TEST(ticks.late == 2);
}

BOOST_AUTO_TEST_CASE(nothing_gives_nothing_and_finishing_begins_anew) {
  check(run({}, {}), 0, {});
  FixedRate clock(2, {});
  std::vector<std::int64_t> seen;
  const auto sink = [&](std::int64_t tick, std::int64_t, const double* values) {
    BOOST_REQUIRE(values != nullptr);
    seen.push_back(tick);
  };
  const double values[] = {1, 2};
  clock.finish(sink);
  clock.push(100, values, sink);
  clock.finish(sink);
  clock.push(3, values, sink);  // another recording: neither late nor a gap
  clock.finish(sink);
  BOOST_TEST((seen == std::vector<std::int64_t>{100, 3}));
  BOOST_TEST(clock.late() == 0);
}

BOOST_AUTO_TEST_CASE(bad_options_are_named) {
  using Error = std::invalid_argument;
  check_throws<Error>([] { FixedRate(0, {}); }, {"channels", "got 0"});
  for (const double rate : {0.0, -1.0, none, std::numeric_limits<double>::infinity()})
    check_throws<Error>([&] { FixedRate(1, {.rate = rate}); }, {"rate"});
  for (const double gap : {-1.0, none})
    check_throws<Error>([&] { FixedRate(1, {.max_gap = gap}); }, {"max_gap"});
}

BOOST_AUTO_TEST_SUITE_END()
