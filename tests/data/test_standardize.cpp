// SPDX-License-Identifier: MIT
#include <lifelog/data/standardize.hpp>

#include <lifelog/core/random.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <stdexcept>
#include <vector>

BOOST_AUTO_TEST_SUITE(data_standardize)

using lifelog::Index;
using lifelog::data::DataSet;
using lifelog::data::fit_standardization;
using lifelog::data::standardize;

namespace {

/// Two minutes more than those fitted; channel 1 of acc is constant, hr a scalar far from zero.
DataSet example() {
  DataSet data;
  lifelog::Random random(1);
  xt::xtensor<float, 3> acc = xt::xtensor<float, 3>::from_shape({6, 2, 50});
  xt::xtensor<float, 3> hr = xt::xtensor<float, 3>::from_shape({6, 1, 1});
  for (std::size_t i = 0; i < 6; ++i) {
    for (std::size_t t = 0; t < 50; ++t) {
      acc(i, 0, t) = static_cast<float>(random.normal(3, 2));
      acc(i, 1, t) = 0.1f;
    }
    hr(i, 0, 0) = static_cast<float>(random.normal(1e4, 3));
  }
  data.modalities = {{"acc", acc, false}, {"hr", hr, true}};
  data.label = {0, 1, 0, 1, 0, 1};
  data.timestamp = {0, 60, 120, 180, 240, 300};
  data.classes = {"a", "b"};
  return data;
}

const std::vector<Index> fitted_rows{4, 0, 2, 1};

}  // namespace

BOOST_AUTO_TEST_CASE(fitted_rows_get_mean_0_and_deviation_1) {
  auto data = example();
  const auto untouched = example();
  const auto fitted = fit_standardization(data, fitted_rows);
  BOOST_TEST(fitted.scales.size() == 2u);
  BOOST_TEST(fitted.scales[0].modality == "acc");
  standardize(data, fitted);
  double sum = 0, squares = 0, hr_sum = 0, hr_squares = 0;
  for (const auto row : fitted_rows) {
    const auto i = static_cast<std::size_t>(row);
    for (std::size_t t = 0; t < 50; ++t) {
      const auto x = static_cast<double>(data.modalities[0].values(i, 0, t));
      sum += x;
      squares += x * x;
      BOOST_TEST(data.modalities[0].values(i, 1, t) == 0);
    }
    const auto x = static_cast<double>(data.modalities[1].values(i, 0, 0));
    hr_sum += x;
    hr_squares += x * x;
  }
  BOOST_TEST(std::abs(sum) < 1e-4);
  BOOST_TEST(squares / 200 == 1, boost::test_tools::tolerance(1e-5));
  BOOST_TEST(std::abs(hr_sum) < 1e-5);
  BOOST_TEST(hr_squares / 4 == 1, boost::test_tools::tolerance(1e-5));
  // Other rows are moved by the same amounts.
  const auto& scale = fitted.scales[0];
  BOOST_TEST(
      data.modalities[0].values(5, 0, 7) ==
          static_cast<float>((static_cast<double>(untouched.modalities[0].values(5, 0, 7)) - scale.mean[0]) /
                             scale.deviation[0]),
      boost::test_tools::tolerance(1e-6f));
}

BOOST_AUTO_TEST_CASE(moments_are_those_of_the_given_rows) {
  DataSet data = example();
  data.modalities[1].values = {{{1}}, {{3}}, {{100}}, {{-7}}, {{5}}, {{0}}};
  const auto fitted = fit_standardization(data, std::vector<Index>{0, 1, 4});
  BOOST_TEST(fitted.scales[1].mean[0] == 3);
  BOOST_TEST(fitted.scales[1].deviation[0] == std::sqrt(8.0 / 3), boost::test_tools::tolerance(1e-15));
  BOOST_TEST(fitted.scales[0].mean[1] == static_cast<double>(0.1f));
  BOOST_TEST(fitted.scales[0].deviation[1] == 1);
}

BOOST_AUTO_TEST_CASE(absent_modalities_neither_count_nor_change) {
  auto data = example();
  data.modalities[1].values = {{{1}}, {{1e30f}}, {{3}}, {{7}}, {{9}}, {{0}}};
  data.present = {{1, 1}, {1, 0}, {1, 1}, {0, 1}, {1, 0}, {1, 1}};
  const auto fitted = fit_standardization(data, std::vector<Index>{0, 1, 2, 4});
  BOOST_TEST(fitted.scales[1].mean[0] == 2);
  BOOST_TEST(fitted.scales[1].deviation[0] == 1);
  const auto before = data.modalities[0].values(3, 0, 0);
  standardize(data, fitted);
  BOOST_TEST(
      (data.modalities[1].values == xt::xtensor<float, 3>{{{-1}}, {{1e30f}}, {{1}}, {{5}}, {{9}}, {{-2}}}));
  BOOST_TEST(data.modalities[0].values(3, 0, 0) == before);
}

BOOST_AUTO_TEST_CASE(without_values_nothing_changes) {
  auto data = example();
  const auto fitted = fit_standardization(data, std::vector<Index>{});
  standardize(data, fitted);
  BOOST_TEST((data.modalities[0].values == example().modalities[0].values));
}

BOOST_AUTO_TEST_CASE(threads_do_not_change_a_bit) {
  const auto data = example();
  const auto one = fit_standardization(data, fitted_rows, 1);
  const auto three = fit_standardization(data, fitted_rows, 3);
  for (std::size_t m = 0; m < 2; ++m) {
    BOOST_TEST(one.scales[m].mean == three.scales[m].mean, boost::test_tools::per_element());
    BOOST_TEST(one.scales[m].deviation == three.scales[m].deviation, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(bad_arguments_are_refused) {
  auto data = example();
  BOOST_CHECK_THROW(fit_standardization(data, std::vector<Index>{6}), std::invalid_argument);
  BOOST_CHECK_THROW(fit_standardization(data, std::vector<Index>{-1}), std::invalid_argument);
  auto fitted = fit_standardization(data, fitted_rows);
  fitted.scales[1].modality = "eda";
  BOOST_CHECK_THROW(standardize(data, fitted), std::invalid_argument);
  fitted.scales.pop_back();
  BOOST_CHECK_THROW(standardize(data, fitted), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
