// SPDX-License-Identifier: MIT
#include <lifelog/features/window_statistics.hpp>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "../support/golden.hpp"
#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(features_window_statistics)

using namespace lifelog::features;
using lifelog::Index;

namespace {

constexpr Index each = static_cast<Index>(statistic_names.size());
const double missing = std::numeric_limits<double>::quiet_NaN();

xt::xtensor<float, 3> golden_windows() {
  const auto rows = golden::matrix("features/windows.txt");
  xt::xtensor<float, 3> windows = xt::xtensor<float, 3>::from_shape({7, 2, 57});
  for (Index i = 0; i < rows.size(); ++i) windows.data()[i] = static_cast<float>(rows.data()[i]);
  return windows;
}

/// The statistics of one series of one channel.
Eigen::RowVectorXd of(const std::vector<double>& x) {
  return window_statistics(WindowsView<double>{x.data(), 1, 1, static_cast<Index>(x.size())}).values;
}

bool same_bits(const lifelog::RowMatrix<double>& a, const lifelog::RowMatrix<double>& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() &&
         std::equal(a.data(), a.data() + a.size(), b.data(),
                    [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

}  // namespace

BOOST_AUTO_TEST_CASE(statistics_are_those_of_numpy_and_scipy) {
  const auto table = window_statistics(golden_windows(), {.name = "acc", .rate = 8});
  const auto expected = golden::matrix("features/statistics.txt");
  BOOST_TEST_REQUIRE(table.values.rows() == 7);
  BOOST_TEST_REQUIRE(table.values.cols() == 2 * each);
  BOOST_TEST(table.names.size() == 30u);
  BOOST_TEST(table.names[0] == "acc.0.mean");
  BOOST_TEST(table.names[29] == "acc.1.crossings");
  for (Index i = 0; i < expected.size(); ++i)
    BOOST_TEST_CONTEXT("series " << i / each << ", " << statistic_names[static_cast<std::size_t>(i % each)])
  BOOST_TEST(table.values.data()[i] == expected.data()[i], boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(expressions_and_views_give_the_same_bits_for_any_threads) {
  const auto windows = golden_windows();
  const auto table = window_statistics(windows, {.threads = 1});
  BOOST_TEST(same_bits(table.values, window_statistics(windows, {.threads = 3}).values));
  BOOST_TEST(same_bits(table.values, window_statistics(windows * 1.0f, {}).values));
  const WindowsView<float> view{windows.data(), 7, 2, 57};
  BOOST_TEST(same_bits(table.values, window_statistics(view).values));
  // Every other window, as an expression that does not lie in a row.
  const auto some = window_statistics(xt::view(windows, xt::range(0, 7, 2), xt::all(), xt::all()));
  BOOST_TEST(same_bits(some.values.row(1), table.values.row(2)));
}

BOOST_AUTO_TEST_CASE(constant_samples_have_no_spread_and_no_shape) {
  const auto x = of(std::vector<double>(100, 0.1));
  BOOST_TEST(x[0] == 0.1);
  BOOST_TEST(x[1] == 1);
  for (const Index i : {2, 10, 11, 12, 13, 14}) BOOST_TEST(x[i] == 0);
  for (const Index i : {3, 4, 5, 6, 7, 8, 9}) BOOST_TEST(x[i] == 0.1);
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_left_out) {
  const double infinity = std::numeric_limits<double>::infinity();
  const auto gaps = of({missing, 1, 2, infinity, 4, -infinity});
  BOOST_TEST(gaps[0] == 7.0 / 3);
  BOOST_TEST(gaps[1] == 0.5);
  BOOST_TEST(gaps[6] == 2);
  BOOST_TEST(gaps[12] == 1, boost::test_tools::tolerance(1e-12));  // slope: samples keep their times
  BOOST_TEST(gaps[13] == 1, boost::test_tools::tolerance(1e-12));  // one pair of neighbours
  const auto single = of({missing, 3, missing});
  BOOST_TEST(single[0] == 3);
  BOOST_TEST(single[2] == 0);
  BOOST_TEST(single[12] == 0);
  const auto none = of({missing, missing});
  BOOST_TEST(none[1] == 0);
  for (Index i = 0; i < each; ++i)
    if (i != 1) BOOST_TEST(std::isnan(none[i]));
  // No two samples are neighbours, no step is known.
  const auto alone = of({1, missing, 5});
  BOOST_TEST(alone[13] == 0);
  BOOST_TEST(alone[14] == 0);
  BOOST_TEST(alone[12] == 2);
}

BOOST_AUTO_TEST_CASE(absent_windows_are_nan) {
  const std::vector<float> values{1, 2, 3, 4, 5, 6, 7, 8};
  const std::vector<std::uint8_t> present{1, 9, 0, 9};
  const auto table = window_statistics(WindowsView<float>{values.data(), 2, 1, 4, present.data(), 2});
  BOOST_TEST(table.values(0, 0) == 2.5);
  BOOST_TEST(std::isnan(table.values(1, 0)));
  BOOST_TEST(table.values(1, 1) == 0);
  BOOST_TEST(std::isnan(table.values(1, 14)));
}

BOOST_AUTO_TEST_CASE(scalars_have_a_value_and_are_there_or_not) {
  const std::vector<float> values{70, std::numeric_limits<float>::quiet_NaN()};
  const auto table = window_statistics(WindowsView<float>{values.data(), 2, 1, 1}, {.name = "hr"});
  BOOST_TEST(table.names == (std::vector<std::string>{"hr.mean", "hr.finite"}),
             boost::test_tools::per_element());
  BOOST_TEST(table.values(0, 0) == 70);
  BOOST_TEST(table.values(0, 1) == 1);
  BOOST_TEST(std::isnan(table.values(1, 0)));
  BOOST_TEST(table.values(1, 1) == 0);
  const std::vector<std::uint8_t> present{0, 0};
  const auto absent = window_statistics(WindowsView<float>{values.data(), 2, 1, 1, present.data()});
  BOOST_TEST(absent.values.cols() == 2);
  BOOST_TEST(std::isnan(absent.values(0, 0)));
}

BOOST_AUTO_TEST_CASE(shape_does_not_hang_on_unit_or_offset) {
  std::vector<double> x, huge, tiny, far;
  for (int t = 0; t < 200; ++t) {
    x.push_back(std::sin(0.37 * t) + 0.2 * std::cos(1.9 * t * t));
    huge.push_back(x.back() * 1e250);
    tiny.push_back(x.back() * 1e-250);
    far.push_back(x.back() + 1e6);
  }
  const auto base = of(x);
  for (const auto& other : {of(huge), of(tiny), of(far)})
    for (const Index i : {10, 11, 14}) BOOST_TEST(other[i] == base[i], boost::test_tools::tolerance(1e-6));
  BOOST_TEST(of(huge)[2] == base[2] * 1e250, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(of(tiny)[12] == base[12] * 1e-250, boost::test_tools::tolerance(1e-10));
}

BOOST_AUTO_TEST_CASE(nothing_is_a_table_without_rows) {
  const auto table = window_statistics(WindowsView<float>{nullptr, 0, 3, 10});
  BOOST_TEST(table.values.rows() == 0);
  BOOST_TEST(table.values.cols() == 45);
  const auto empty = of({});
  BOOST_TEST(empty[1] == 0);
  BOOST_TEST(std::isnan(empty[0]));
}

BOOST_AUTO_TEST_CASE(tables_are_put_side_by_side) {
  FeatureTable<double> all;
  const auto one = window_statistics(golden_windows(), {.name = "a"});
  append_features(all, one);
  append_features(all, window_statistics(golden_windows(), {.name = "b"}));
  BOOST_TEST(all.names.size() == 60u);
  BOOST_TEST(all.names[30] == "b.0.mean");
  BOOST_TEST(same_bits(all.values.rightCols(30), one.values));
  const std::vector<float> x{1, 2};
  check_throws<std::invalid_argument>(
      [&] {
        append_features(all, window_statistics(WindowsView<float>{x.data(), 1, 1, 2}));
      },
      {"expected 7 rows", "got 1"});
}

BOOST_AUTO_TEST_CASE(bad_arguments_are_refused) {
  check_throws<std::invalid_argument>([] { window_statistics(golden_windows(), {.rate = 0}); },
                                      {"rate", "got 0"});
  check_throws<std::invalid_argument>([] { window_statistics(golden_windows(), {.rate = missing}); },
                                      {"rate"});
  check_throws<std::invalid_argument>(
      [] {
        window_statistics(WindowsView<float>{nullptr, -1, 1, 1});
      },
      {"-1"});
  const xt::xarray<double> flat = xt::ones<double>({4, 5});
  check_throws<std::invalid_argument>([&] { window_statistics(flat); }, {"three dimensions", "got 2"});
}

BOOST_AUTO_TEST_SUITE_END()
