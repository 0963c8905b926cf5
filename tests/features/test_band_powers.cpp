// SPDX-License-Identifier: MIT
#include <lifelog/features/band_powers.hpp>

#include <lifelog/core/random.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>

#include "../support/golden.hpp"
#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(features_band_powers)

using namespace lifelog::features;
using lifelog::Index;

namespace {

const double missing = std::numeric_limits<double>::quiet_NaN();

/// Half a minute at 32 Hz of `amplitude` · sin(2π f t) + `offset`.
std::vector<double> sine(double frequency, double amplitude = 1, double offset = 0) {
  std::vector<double> x;
  for (int t = 0; t < 960; ++t)
    x.push_back(offset + amplitude * std::sin(2 * std::numbers::pi * frequency * t / 32));
  return x;
}

Eigen::RowVectorXd of(const std::vector<double>& x, const BandOptions& options) {
  return band_powers(WindowsView<double>{x.data(), 1, 1, static_cast<Index>(x.size())}, options).values;
}

}  // namespace

BOOST_AUTO_TEST_CASE(powers_are_those_of_a_periodogram_in_numpy) {
  const auto rows = golden::matrix("features/windows.txt");
  const auto expected = golden::matrix("features/bands.txt");
  const std::vector<Band> bands{{0, 0.5}, {0.5, 1}, {1, 2}, {2, 4}, {0.3, 3.1}};
  const auto table =
      band_powers(WindowsView<double>{rows.data(), 7, 2, 57}, {.name = "acc", .rate = 8, .bands = bands});
  BOOST_TEST_REQUIRE(table.values.size() == expected.size());
  for (Index i = 0; i < expected.size(); ++i)
    BOOST_TEST_CONTEXT("series " << i / 10 << ", feature " << i % 10)
  BOOST_TEST(table.values.data()[i] == expected.data()[i], boost::test_tools::tolerance(1e-9));
  BOOST_TEST(table.names.size() == 20u);
  BOOST_TEST(table.names[1] == "acc.0.power_0.5-1Hz");
  BOOST_TEST(table.names[19] == "acc.1.share_0.3-3.1Hz");
}

BOOST_AUTO_TEST_CASE(a_sine_lies_in_its_band) {
  const std::vector<Band> bands{{0, 2}, {2, 5}, {5, 16}};
  const auto x = of(sine(3, 2, 1000), {.rate = 32, .bands = bands});
  BOOST_TEST(x[1] == std::log10(2.0), boost::test_tools::tolerance(1e-3));  // amplitude 2: mean square 2
  BOOST_TEST(x[4] > 0.999);
  BOOST_TEST(x[3] + x[5] < 0.001);
}

BOOST_AUTO_TEST_CASE(octaves_share_all_power) {
  const auto bands = octave_bands(32, 5);
  BOOST_TEST_REQUIRE(bands.size() == 5u);
  BOOST_TEST(bands[0].low == 0);
  BOOST_TEST(bands[0].high == 1);
  BOOST_TEST(bands[4].low == 8);
  BOOST_TEST(bands[4].high == 16);
  lifelog::Random random(3);
  for (const std::size_t length : {2u, 3u, 17u, 240u, 1786u}) {
    std::vector<double> x(length);
    for (auto& value : x) value = random.normal();
    const auto features = of(x, {.rate = 32, .bands = bands});
    BOOST_TEST(features.tail(5).sum() == 1, boost::test_tools::tolerance(1e-12));
  }
}

BOOST_AUTO_TEST_CASE(powers_follow_the_unit_and_shares_do_not) {
  const BandOptions options{.rate = 32, .bands = {}, .floor = 1e-300};
  lifelog::Random random(5);
  std::vector<double> x(500), large;
  for (auto& value : x) value = random.normal();
  for (const double value : x) large.push_back(1e8 * value + 1e9);
  const auto a = of(x, options), b = of(large, options);
  for (Index i = 0; i < 7; ++i) {
    BOOST_TEST(b[i] == a[i] + 16, boost::test_tools::tolerance(1e-7));
    BOOST_TEST(b[7 + i] == a[7 + i], boost::test_tools::tolerance(1e-6));
  }
}

BOOST_AUTO_TEST_CASE(constant_windows_have_the_least_power_and_no_share) {
  const auto x = of(std::vector<double>(100, 1e6 + 0.1), {.rate = 4, .floor = 1e-9});
  for (Index i = 0; i < 7; ++i) {
    BOOST_TEST(x[i] == -9, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(x[7 + i] == 0);
  }
}

BOOST_AUTO_TEST_CASE(missing_windows_are_nan_and_others_do_not_notice) {
  auto good = sine(3);
  std::vector<double> windows = good;
  windows.insert(windows.end(), good.size(), missing);
  windows.insert(windows.end(), good.begin(), good.end());
  windows.insert(windows.end(), good.size(), missing);
  windows[3 * good.size() + 7] = 1;  // one sample is no series
  const std::vector<std::uint8_t> present{1, 1, 0, 1};
  const auto table =
      band_powers(WindowsView<double>{windows.data(), 4, 1, 960, present.data()}, {.rate = 32});
  const auto alone = of(good, {.rate = 32});
  for (Index i = 0; i < 14; ++i) {
    BOOST_TEST(table.values(0, i) == alone[i]);
    for (const Index row : {1, 2, 3}) BOOST_TEST(std::isnan(table.values(row, i)));
  }
}

BOOST_AUTO_TEST_CASE(a_series_does_not_depend_on_its_neighbours_nor_on_threads) {
  const auto rows = golden::matrix("features/windows.txt");
  lifelog::RowMatrix<double> many(70, 57);
  for (Index i = 0; i < 70; ++i) many.row(i) = rows.row(i % 14);
  const auto one = band_powers(WindowsView<double>{many.data(), 70, 1, 57}, {.threads = 1});
  const auto three = band_powers(WindowsView<double>{many.data(), 70, 1, 57}, {.threads = 3});
  BOOST_TEST((one.values.array() == three.values.array()).all());
  for (Index i = 0; i < 70; ++i)
    BOOST_TEST((one.values.row(i) - one.values.row(i % 14)).cwiseAbs().maxCoeff() < 1e-9);
}

BOOST_AUTO_TEST_CASE(bad_arguments_are_refused) {
  const auto x = sine(1);
  check_throws<std::invalid_argument>([&] { of(x, {.rate = -1}); }, {"rate", "-1"});
  check_throws<std::invalid_argument>([&] { of(x, {.floor = 0}); }, {"floor"});
  check_throws<std::invalid_argument>([&] { of(x, {.bands = {{2, 1}}}); }, {"bands", "2, 1"});
  check_throws<std::invalid_argument>([&] { of(x, {.bands = {{0, missing}}}); }, {"bands"});
  check_throws<std::invalid_argument>([&] { of({1}, {}); }, {"two samples", "got 1"});
}

BOOST_AUTO_TEST_SUITE_END()
