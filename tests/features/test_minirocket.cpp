// SPDX-License-Identifier: MIT
#include <lifelog/features/minirocket.hpp>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>
#include <string>

#include "../support/golden.hpp"
#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(features_minirocket)

using namespace lifelog::features;
using lifelog::Index;

namespace {

struct Golden {
  lifelog::RowMatrix<float> windows, features;
  MiniRocket fitted;
};

std::vector<Index> whole_numbers(const Eigen::VectorXd& x) {
  std::vector<Index> result;
  for (Index i = 0; i < x.size(); ++i) result.push_back(static_cast<Index>(x[i]));
  return result;
}

Golden golden_case(const std::string& name, Index channels) {
  const std::string path = "features/minirocket_" + name + "_";
  Golden result{golden::matrix(path + "windows.txt").cast<float>(),
                golden::matrix(path + "features.txt").cast<float>(),
                {}};
  auto& fitted = result.fitted;
  fitted.channels = channels;
  fitted.length = result.windows.cols();
  const auto dilations = golden::matrix(path + "dilations.txt");
  fitted.dilations = whole_numbers(dilations.row(0));
  fitted.biases_a_kernel = whole_numbers(dilations.row(1));
  fitted.channels_of = whole_numbers(golden::vector(path + "channel_counts.txt"));
  fitted.channel = whole_numbers(golden::vector(path + "channels.txt"));
  for (const double bias : golden::vector(path + "biases.txt"))
    fitted.biases.push_back(static_cast<float>(bias));
  return result;
}

WindowsView<float> view_of(const lifelog::RowMatrix<float>& rows, Index channels) {
  return {rows.data(), rows.rows() / channels, channels, rows.cols()};
}

lifelog::RowMatrix<float> noise(Index rows, Index cols) {
  lifelog::Random random(4);
  lifelog::RowMatrix<float> x(rows, cols);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(random.normal());
  return x;
}

}  // namespace

BOOST_AUTO_TEST_CASE(features_are_those_of_aeon_for_its_parameters) {
  for (const auto& [name, channels] : {std::pair<std::string, Index>{"one", 1}, {"many", 4}}) {
    BOOST_TEST_CONTEXT(name) {
      const auto golden = golden_case(name, channels);
      const auto features = minirocket_features(view_of(golden.windows, channels), golden.fitted);
      BOOST_TEST_REQUIRE(features.cols() == golden.features.cols());
      BOOST_TEST_REQUIRE(features.rows() == golden.features.rows());
      BOOST_TEST((features - golden.features).cwiseAbs().maxCoeff() < 1e-6f);
      BOOST_TEST(features.maxCoeff() - features.minCoeff() > 0.9f);
    }
  }
}

BOOST_AUTO_TEST_CASE(dilations_are_those_of_aeon) {
  const auto rows = golden::matrix("features/minirocket_dilations.txt");
  for (Index i = 0; i < rows.rows(); ++i) {
    const auto length = static_cast<Index>(rows(i, 0));
    BOOST_TEST_CONTEXT(length << " samples") {
      const std::vector<float> x(static_cast<std::size_t>(length), 0);
      const auto fitted = fit_minirocket(WindowsView<float>{x.data(), 1, 1, length}, {},
                                         {.features = static_cast<Index>(rows(i, 1))});
      for (std::size_t d = 0; d < fitted.dilations.size(); ++d) {
        BOOST_TEST(fitted.dilations[d] == static_cast<Index>(rows(i, static_cast<Index>(2 + d))));
        BOOST_TEST(fitted.biases_a_kernel[d] == static_cast<Index>(rows(i, static_cast<Index>(34 + d))));
      }
      if (fitted.dilations.size() < 32)
        BOOST_TEST(rows(i, static_cast<Index>(2 + fitted.dilations.size())) == -1);
    }
  }
}

BOOST_AUTO_TEST_CASE(biases_are_quantiles_of_the_window_they_come_from) {
  // Of one window every bias is of that window, so over all of it the share above is 1 − quantile.
  const auto x = noise(1, 400);
  const auto fitted = fit_minirocket(view_of(x, 1), {}, {.features = 840});
  const auto shares = minirocket_features(view_of(x, 1), fitted);
  Index at = 0;
  for (std::size_t d = 0; d < fitted.dilations.size(); ++d)
    for (int kernel = 0; kernel < minirocket_kernels; ++kernel)
      for (Index b = 0; b < fitted.biases_a_kernel[d]; ++b, ++at) {
        if ((static_cast<int>(d) + kernel) % 2 == 1) continue;
        const double quantile = std::fmod(static_cast<double>(at + 1) * (std::sqrt(5.0) + 1) / 2, 1.0);
        BOOST_TEST(std::abs(static_cast<double>(shares(0, at)) - (1 - quantile)) <= 1.01 / 400);
      }
  BOOST_TEST(at == fitted.size());
  BOOST_TEST(at == 840);
}

BOOST_AUTO_TEST_CASE(channels_are_drawn_without_repeats) {
  const auto x = noise(2 * 12, 30);
  const auto fitted = fit_minirocket(view_of(x, 12), {}, {.features = 2000, .seed = 3});
  std::set<Index> counts, seen;
  std::size_t at = 0;
  for (const Index count : fitted.channels_of) {
    const std::set<Index> some(fitted.channel.begin() + static_cast<std::ptrdiff_t>(at),
                               fitted.channel.begin() + static_cast<std::ptrdiff_t>(at) + count);
    BOOST_TEST(static_cast<Index>(some.size()) == count);
    BOOST_TEST(*some.rbegin() < 12);
    counts.insert(count);
    seen.insert(some.begin(), some.end());
    at += static_cast<std::size_t>(count);
  }
  BOOST_TEST(at == fitted.channel.size());
  BOOST_TEST(*counts.begin() == 1);
  BOOST_TEST(*counts.rbegin() == 9);
  BOOST_TEST(seen.size() == 12u);
}

BOOST_AUTO_TEST_CASE(seeds_decide_and_threads_do_not) {
  const auto x = noise(20, 60);
  const auto view = view_of(x, 2);
  const auto a = fit_minirocket(view, {}, {.features = 500, .seed = 1}),
             b = fit_minirocket(view, {}, {.features = 500, .seed = 1}),
             c = fit_minirocket(view, {}, {.features = 500, .seed = 2});
  BOOST_TEST((a.biases == b.biases && a.channel == b.channel));
  BOOST_TEST((a.biases != c.biases));
  BOOST_TEST((minirocket_features(view, a, 1) == minirocket_features(view, a, 3)));
}

BOOST_AUTO_TEST_CASE(only_the_rows_given_are_looked_at) {
  auto x = noise(6, 60);
  const std::vector<Index> rows{4, 1, 2};
  const auto before = fit_minirocket(view_of(x, 1), rows);
  x.row(0).setConstant(1e6f);
  x.row(3).setConstant(std::numeric_limits<float>::quiet_NaN());
  x.row(5) *= 100;
  BOOST_TEST((fit_minirocket(view_of(x, 1), rows).biases == before.biases));
  check_throws<std::invalid_argument>([&] { fit_minirocket(view_of(x, 1), std::vector<Index>{6}); },
                                      {"rows", "got 6"});
}

BOOST_AUTO_TEST_CASE(level_and_unit_do_not_matter_where_nothing_is_outside) {
  const auto x = noise(3, 100);
  lifelog::RowMatrix<float> scaled = 4 * x;
  const auto fitted = fit_minirocket(view_of(x, 1), {}, {.features = 500, .seed = 5});
  auto other = fitted;
  for (float& bias : other.biases) bias *= 4;
  BOOST_TEST((minirocket_features(view_of(x, 1), fitted) == minirocket_features(view_of(scaled, 1), other)));
}

BOOST_AUTO_TEST_CASE(missing_and_constant_series_have_their_say) {
  auto x = noise(5, 40);
  const float gap = std::numeric_limits<float>::quiet_NaN();
  x.row(1).setConstant(7);
  x.row(2).setConstant(gap);
  x(3, 5) = gap;
  const std::vector<std::uint8_t> present{1, 1, 1, 1, 0};
  const WindowsView<float> view{x.data(), 5, 1, 40, present.data()};
  const auto fitted = fit_minirocket(view, {}, {.features = 500});
  BOOST_TEST(
      std::all_of(fitted.biases.begin(), fitted.biases.end(), [](float b) { return std::isfinite(b); }));
  const auto shares = minirocket_features(view, fitted);
  BOOST_TEST(shares.topRows(2).allFinite());
  BOOST_TEST(shares.row(3).allFinite());
  for (const Index row : {2, 4})
    for (Index f = 0; f < shares.cols(); ++f) BOOST_TEST_REQUIRE(std::isnan(shares(row, f)));
  // A gap is a straight line.
  x(3, 5) = (x(3, 4) + x(3, 6)) / 2;
  BOOST_TEST((minirocket_features(view, fitted).row(3) - shares.row(3)).cwiseAbs().maxCoeff() <= 1.0f / 8);
  const WindowsView<float> nobody{x.data() + 80, 1, 1, 40};
  for (const float bias : fit_minirocket(nobody).biases) BOOST_TEST_REQUIRE(bias == 0);
}

// Few dilations have many biases each; odd lengths leave samples over when registers are full.
BOOST_AUTO_TEST_CASE(shares_are_those_of_sums_one_by_one) {
  for (const Index length : {9, 31, 61, 130}) {
    BOOST_TEST_CONTEXT(length << " samples") {
      const Index channels = 3;
      const auto x = noise(channels, length);
      const auto view = view_of(x, channels);
      const auto fitted = fit_minirocket(view, {}, {.features = 84 * 41, .dilations = 3, .seed = 2});
      const auto shares = minirocket_features(view, fitted, 1);
      std::set<Index> biases_a_kernel;
      Index at = 0;
      std::size_t combination = 0, channel = 0;
      for (std::size_t d = 0; d < fitted.dilations.size(); ++d)
        for (int kernel = 0; kernel < minirocket_kernels; ++kernel, ++combination) {
          const auto count = static_cast<std::size_t>(fitted.channels_of[combination]);
          const Index dilation = fitted.dilations[d];
          std::vector<float> sums(static_cast<std::size_t>(length));
          for (Index t = 0; t < length; ++t)
            for (std::size_t c = channel; c < channel + count; ++c) {
              float sum = 0;
              for (const Index shift : {0, -4, -3, -2, -1, 1, 2, 3, 4})
                if (const Index from = t + shift * dilation; from >= 0 && from < length)
                  sum -= x(fitted.channel[c], from);
              for (const int place : detail::minirocket_places[static_cast<std::size_t>(kernel)])
                if (const Index from = t + (place - 4) * dilation; from >= 0 && from < length)
                  sum += 3 * x(fitted.channel[c], from);
              sums[static_cast<std::size_t>(t)] += sum;
            }
          channel += count;
          const bool whole = (static_cast<int>(d % 2) + kernel) % 2 == 0;
          const Index edge = whole ? 0 : 4 * dilation;
          biases_a_kernel.insert(fitted.biases_a_kernel[d]);
          for (Index b = 0; b < fitted.biases_a_kernel[d]; ++b, ++at) {
            const float bias = fitted.biases[static_cast<std::size_t>(at)];
            const auto above =
                std::count_if(sums.begin() + edge, sums.end() - edge, [&](float sum) { return sum > bias; });
            BOOST_TEST_REQUIRE(shares(0, at) == static_cast<float>(static_cast<double>(above) /
                                                                   static_cast<double>(length - 2 * edge)));
          }
        }
      BOOST_TEST(*biases_a_kernel.rbegin() > 8);
    }
  }
}

BOOST_AUTO_TEST_CASE(bad_arguments_are_refused) {
  const auto x = noise(2, 20);
  check_throws<std::invalid_argument>(
      [&] {
        fit_minirocket(WindowsView<float>{x.data(), 2, 1, 8});
      },
      {"at least 9", "got 8"});
  check_throws<std::invalid_argument>(
      [&] {
        fit_minirocket(WindowsView<float>{x.data(), 1, 1, (Index{1} << 24) + 1});
      },
      {"at most 16777216", "got 16777217"});
  check_throws<std::invalid_argument>([&] { fit_minirocket(view_of(x, 1), {}, {.features = 0}); },
                                      {"features"});
  check_throws<std::invalid_argument>([&] { fit_minirocket(view_of(x, 1), {}, {.dilations = 0}); },
                                      {"dilations"});
  check_throws<std::invalid_argument>(
      [&] {
        fit_minirocket(WindowsView<float>{x.data(), 2, 0, 20});
      },
      {"channel"});
  const auto fitted = fit_minirocket(view_of(x, 1));
  check_throws<std::invalid_argument>([&] { minirocket_features(view_of(x, 2), fitted); },
                                      {"1 x 20", "2 x 20"});
}

BOOST_AUTO_TEST_SUITE_END()
