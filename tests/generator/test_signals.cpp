// SPDX-License-Identifier: MIT

// Whether generated signals look like a body's and a phone's: statistics a reader of such recordings would check first.

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <complex>
#include <lifelog/generator/dirt.hpp>
#include <lifelog/generator/signals.hpp>
#include <numbers>
#include <set>

BOOST_AUTO_TEST_SUITE(data_generator_signals)

namespace generator = lifelog::generator;
using lifelog::Index;

namespace {

using Table = xt::xtensor<double, 2>;

generator::GeneratorPlan planned(Index users, Index minutes, Index groups) {
  generator::GeneratorOptions options;
  options.users = users;
  options.sessions = 1;
  options.minutes = minutes;
  options.groups = groups;
  options.dirt = 0;
  options.seed = 3;
  return generator::plan_generator(options);
}

/// Calls body(minute's tables) for all minutes of ten people in five groups, under the person's name.
template<class Body>
void for_minutes(Body body) {
  const auto plan = planned(10, 12, 5);
  generator::GeneratedMinute minute;
  for (Index person = 0; person < 10; ++person)
    for (Index i = 0; i < 12; ++i) {
      generator::generate_minute(plan, person, 0, i, minute);
      BOOST_TEST_CONTEXT("person " << person << ", minute " << i) {
        body(plan.people[static_cast<std::size_t>(person)], minute);
      }
    }
}

std::vector<double> column(const Table& table, std::size_t c) {
  std::vector<double> values;
  for (std::size_t r = 0; r < table.shape(0); ++r) values.push_back(table(r, c));
  return values;
}

/// Lengths of the vectors x, y, z.
std::vector<double> lengths(const Table& table) {
  std::vector<double> values;
  for (std::size_t r = 0; r < table.shape(0); ++r)
    values.push_back(std::hypot(table(r, 1), table(r, 2), table(r, 3)));
  return values;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

double deviation(const std::vector<double>& values) {
  const double centre = mean(values);
  double sum = 0;
  for (const double v : values) sum += (v - centre) * (v - centre);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

/// Power of the values about their mean at a frequency in Hz, under a Hann window.
double power(const std::vector<double>& values, double rate, double frequency) {
  const double centre = mean(values), turn = 2 * std::numbers::pi;
  std::complex<double> sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double at = static_cast<double>(i), n = static_cast<double>(values.size());
    const double hann = 0.5 - 0.5 * std::cos(turn * (at + 0.5) / n);
    sum += hann * (values[i] - centre) * std::polar(1.0, -turn * frequency * at / rate);
  }
  return std::norm(sum);
}

}  // namespace

BOOST_AUTO_TEST_CASE(minutes_have_the_rates_and_grids_of_the_sensors) {
  const auto plan = planned(8, 12, 2);
  std::set<std::size_t> phone_rows, fixes, beats, gyroscope_columns;
  generator::GeneratedMinute minute;
  for (Index p = 0; p < 8; ++p)
    for (Index i = 0; i < 12; ++i) {
      generator::generate_minute(plan, p, 0, i, minute);
      BOOST_TEST(minute[0].shape(0) == 1920u);
      BOOST_TEST(minute[1].shape(0) == 3840u);
      BOOST_TEST(minute[2].shape(0) == 240u);
      BOOST_TEST(minute[4].shape(0) == 240u);
      for (const std::size_t m : {5u, 7u, 8u}) phone_rows.insert(minute[m].shape(0));
      fixes.insert(minute[6].shape(0));
      beats.insert(minute[3].shape(0));
      gyroscope_columns.insert(minute[7].shape(1));
      for (const auto& table : minute)
        for (std::size_t r = 0; r < table.shape(0); ++r) {
          BOOST_REQUIRE((table(r, 0) >= 0 && table(r, 0) < 60));
          if (r > 0) BOOST_REQUIRE(table(r, 0) > table(r - 1, 0));
        }
      for (std::size_t r = 0; r < 1920; ++r)
        for (std::size_t c = 1; c < 4; ++c)
          BOOST_REQUIRE(minute[0](r, c) * 64 == std::nearbyint(minute[0](r, c) * 64));
      for (std::size_t r = 0; r < 240; ++r) {
        BOOST_REQUIRE((minute[2](r, 1) >= 0 && minute[2](r, 1) < 20));
        BOOST_REQUIRE((minute[4](r, 1) > 25 && minute[4](r, 1) < 42));
      }
    }
  BOOST_TEST((phone_rows == std::set<std::size_t>{1786, 1787}));
  BOOST_TEST(fixes.contains(1));
  BOOST_TEST(fixes.size() > 1);
  BOOST_TEST(beats.size() > 3);
  BOOST_TEST((gyroscope_columns == std::set<std::size_t>{4, 7}));
}

BOOST_AUTO_TEST_CASE(accelerometers_feel_gravity) {
  for_minutes([](const auto&, const generator::GeneratedMinute& minute) {
    BOOST_TEST(std::abs(mean(lengths(minute[0])) - 1) < 0.2);            // g, and what motion adds to it
    BOOST_TEST(std::abs(mean(lengths(minute[5])) - 9.81) < 0.1 * 9.81);  // m/s²
    const double field = mean(lengths(minute[8]));
    BOOST_TEST((field > 10 && field < 70));                  // µT: Earth's field and the phone's iron
    BOOST_TEST(std::abs(mean(column(minute[7], 1))) < 0.3);  // rad/s: nobody keeps turning
  });
}

BOOST_AUTO_TEST_CASE(motion_comes_in_bursts) {
  double moving = 0, seconds = 0;
  for_minutes([&](const auto&, const generator::GeneratedMinute& minute) {
    double own = 0;
    for (std::size_t second = 0; second < 60; ++second) {
      double most = 0;
      for (std::size_t c = 1; c <= 3; ++c) {
        const auto values = column(minute[0], c);
        const auto from = values.begin() + static_cast<std::ptrdiff_t>(32 * second);
        most = std::max(most, deviation({from, from + 32}));
      }
      own += most > 0.1;
    }
    BOOST_TEST((own >= 3 && own <= 55));
    moving += own, seconds += 60;
  });
  BOOST_TEST((moving / seconds > 0.3 && moving / seconds < 0.6));
}

BOOST_AUTO_TEST_CASE(pulse_has_its_spectral_peak_at_the_heart_rate) {
  for_minutes([](const auto&, const generator::GeneratedMinute& minute) {
    const double rate = mean(column(minute[3], 1));
    BOOST_TEST((rate > 40 && rate < 110));
    const auto pulse = column(minute[1], 1);
    double strongest = 0, at = 0;
    for (double frequency = 0.6; frequency < 2.5; frequency += 0.01)
      if (const double here = power(pulse, 64, frequency); here > strongest) strongest = here, at = frequency;
    BOOST_TEST(std::abs(60 * at - rate) < 6);  // the rate sways by up to 5 beats/min within the minute
  });
}

BOOST_AUTO_TEST_CASE(skin_conductance_is_slow_and_responds) {
  double responses = 0;
  for_minutes([&](const auto&, const generator::GeneratedMinute& minute) {
    const auto values = column(minute[2], 1);
    double slow = 0, fast = 0;
    for (double frequency = 1.0 / 60; frequency < 2; frequency += 1.0 / 60)
      (frequency < 1.2 ? slow : fast) += power(values, 4, frequency);
    BOOST_TEST(fast < 0.1 * slow);
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    BOOST_TEST((*low >= 0 && *high < 12));  // µS
    responses += *high - *low > 0.3;
  });
  BOOST_TEST(responses > 100);  // of 120 minutes; every one has a burst
}

BOOST_AUTO_TEST_CASE(skin_temperature_drifts) {
  double last = 0;
  std::string who;
  for_minutes([&](const auto& person, const generator::GeneratedMinute& minute) {
    const double now = mean(column(minute[4], 1));
    BOOST_TEST((now > 30 && now < 36));
    if (who == person.user) BOOST_TEST(std::abs(now - last) < 1.5);  // °C a minute, swings averaged
    last = now, who = person.user;
  });
}

BOOST_AUTO_TEST_CASE(positions_are_a_walk_around_home) {
  constexpr double metres = 111'320;  // a degree of latitude
  double fixes = 0;
  for_minutes([&](const auto& person, const generator::GeneratedMinute& minute) {
    const auto& table = minute[6];
    const double east = metres * std::cos(person.traits.latitude * std::numbers::pi / 180);
    for (std::size_t r = 0; r < table.shape(0); ++r) {
      BOOST_TEST(std::hypot(metres * (table(r, 1) - person.traits.latitude),
                            east * (table(r, 2) - person.traits.longitude)) < 800);
      BOOST_TEST(table(r, 3) > 0);
      if (r == 0) continue;
      const double step =
          std::hypot(metres * (table(r, 1) - table(r - 1, 1)), east * (table(r, 2) - table(r - 1, 2)));
      BOOST_TEST(step / (table(r, 0) - table(r - 1, 0)) < 12);  // m/s; fixes are a few metres off
      ++fixes;
    }
  });
  BOOST_TEST(fixes > 100);
}

BOOST_AUTO_TEST_SUITE_END()
